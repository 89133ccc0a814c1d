//! Events over HTTP: one, many, again, wrong; policies by two persons.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::World;

pub const POLICY: &str = r#"
event payment { retention 90d  payer string key personal  amount money(CNY) }
feature paid_1h = count() of payment by event.payer over 1h including self
rule third on payment {
  when paid_1h(event.payer) > 2 then hold for 24h
  owner "t" reason zh "第三笔" en "third payment"
}
ruleset payments on payment { mode all use * }
"#;

pub fn payment(id: &str, at_secs: i64) -> Value {
    json!({
        "event_id": id, "kind": "payment", "occurred_at": (1_772_323_200 + at_secs) * 1_000_000,
        "data": { "payer": "A-1", "amount": { "currency": "CNY", "minor": 100 } },
    })
}

pub async fn put_to_work(world: &World) {
    let_decide(world, POLICY).await;
}

/// Lets a policy decide, on the word of two people.
pub async fn let_decide(world: &World, policy: &str) {
    let engineer = world.token("risk_engineer").await;
    let files = json!({ "files": [{ "path": "all.policy", "text": policy }], "note": "first" });
    let version = world.done(&engineer, "/v1/policies", &files).await;
    let wish = json!({ "policy": version["hash"], "stage": "live", "reason": "start" });
    let change = world.done(&engineer, "/v1/policy-changes", &wish).await;
    let path = format!(
        "/v1/policy-changes/{}/approve",
        change["id"].as_str().unwrap()
    );
    let own = world.post(&engineer, &path, &json!({})).await;
    assert_eq!(World::code(own).await, "policy.same_person");
    let approver = world.token("approver").await;
    world.done(&approver, &path, &json!({})).await;
    // A job lets it take effect.
    for _ in 0..600 {
        let at_work = world.get(&engineer, "/v1/policies/deployment").await;
        if at_work["live"] == version["hash"] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the policy did not take effect");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_decided_one_by_one_and_in_bulk() {
    let world = World::start_with(|config| config.decide.deadline_ms = 60_000).await;
    let source = world.token("source").await;
    let early = world.post(&source, "/v1/events", &payment("p0", 0)).await;
    assert_eq!(World::code(early).await, "policy.none_live");
    put_to_work(&world).await;
    let first = world.done(&source, "/v1/events", &payment("p1", 0)).await;
    assert_eq!(
        (&first["decision"], &first["late"]),
        (&json!("allow"), &json!(false))
    );
    let again = world.done(&source, "/v1/events", &payment("p1", 0)).await;
    assert_eq!(first, again);
    let other = world.post(&source, "/v1/events", &payment("p1", 1)).await;
    assert_eq!(World::code(other).await, "event.conflict");
    let wrong =
        json!({ "event_id": "x", "kind": "payment", "occurred_at": 0, "data": { "amount": 3 } });
    let wrong = world.post(&source, "/v1/events", &wrong).await;
    assert_eq!(World::code(wrong).await, "event.invalid");
    let lines = format!(
        "{}\nnot json\n\n{}\n{}",
        payment("p2", 10),
        payment("p3", 20),
        payment("p1", 0)
    );
    let bulk = world
        .request(Method::POST, "/v1/events")
        .bearer_auth(&source)
        .header("content-type", "application/x-ndjson")
        .body(lines);
    let bulk = bulk.send().await.unwrap();
    assert_eq!(bulk.status(), 200);
    let answers: Vec<Value> = (bulk.text().await.unwrap().lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert_eq!(answers[0]["decision"], "allow");
    assert_eq!(
        (&answers[1]["line"], &answers[1]["error"]["code"]),
        (&json!(2), &json!("event.invalid"))
    );
    assert_eq!(answers[2]["decision"], "hold");
    assert_eq!(answers[2]["rules"], json!(["third"]));
    assert_eq!(answers[2]["features"], json!({ "paid_1h(A-1)": 3 }));
    assert_eq!(
        answers[2]["explanation"]["rules"][0]["reason"]["en"],
        "third payment"
    );
    assert_eq!(answers[3], first);
}

/// Many clients send all of a body before they read: the answers wait for them.
#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_may_be_sent_whole_before_its_answers_are_read() {
    // More than fits on the way: answers and, with their blanks, events.
    const EVENTS: i64 = 12_000;
    const LINE: usize = 1_500;
    let world = World::start_with(|config| config.decide.deadline_ms = 60_000).await;
    put_to_work(&world).await;
    let source = world.token("source").await;
    let lines: Vec<String> = (0..EVENTS)
        .map(|n| {
            format!(
                "{:LINE$}",
                payment(&format!("whole-{n}"), n / 10).to_string()
            )
        })
        .collect();
    let body = lines.join("\n");
    let address = world.base.trim_start_matches("http://").parse().unwrap();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    // Little of the answers fits on the way.
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut connection = socket.connect(address).await.unwrap();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: stanch\r\nauthorization: Bearer {source}\r\n\
         content-type: application/x-ndjson\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:.200}");
    // Decided in the order of the lines: each payment counts those before it.
    let counts = answer.split("\"paid_1h(A-1)\":").skip(1);
    let counts = counts.map(|rest| {
        rest.split(['}', ','])
            .next()
            .unwrap()
            .parse::<i64>()
            .unwrap()
    });
    assert!(counts.eq(1..=EVENTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_found_and_auditors_see_no_persons() {
    let world = World::start_with(|config| config.decide.deadline_ms = 60_000).await;
    put_to_work(&world).await;
    let source = world.token("source").await;
    for n in 0..4 {
        world
            .done(&source, "/v1/events", &payment(&format!("p{n}"), n))
            .await;
    }
    let analyst = world.token("analyst").await;
    let held = world
        .get(&analyst, "/v1/decisions?decision=hold&limit=1")
        .await;
    assert_eq!(held["items"][0]["event_id"], "p3");
    let cursor = held["next_cursor"].as_str().unwrap();
    let more = world
        .get(
            &analyst,
            &format!("/v1/decisions?decision=hold&limit=1&cursor={cursor}"),
        )
        .await;
    assert_eq!(more["items"][0]["event_id"], "p2");
    let one = world.get(&analyst, "/v1/decisions/p3").await;
    assert_eq!(one["event"]["data"]["payer"], "A-1");
    let whose = json!({ "field": "payer", "value": "A-1", "limit": 3 });
    let timeline = world.done(&analyst, "/v1/entities/timeline", &whose).await;
    let ids: Vec<&str> = (timeline["items"].as_array().unwrap().iter())
        .map(|item| item["event_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["p3", "p2", "p1"]);
    let auditor = world.token("auditor").await;
    for path in [
        "/v1/decisions/p3",
        "/v1/decisions",
        "/v1/entities/payer/A-1/timeline",
    ] {
        let seen = world.get(&auditor, path).await.to_string();
        assert!(!seen.contains("A-1"), "{path}: {seen}");
    }
    let unknown = world
        .request(Method::GET, "/v1/decisions/nope")
        .bearer_auth(&analyst);
    assert_eq!(
        World::code(unknown.send().await.unwrap()).await,
        "event.not_found"
    );
    let entries = world
        .get(&auditor, "/v1/audit/entries?subject=event:p3")
        .await;
    assert_eq!(entries["items"][0]["action"], "personal.read");
}
