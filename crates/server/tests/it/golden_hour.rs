//! The golden hour over HTTP: report, plan, two people, a signed order, the bank's answer, money held, proof.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{BANK_SECRET, World, start_bank};

const VICTIM: &str = "6222020000000000001";
const MULE: &str = "6222020000000000002";

/// A victim's report of one payment made at `at`.
pub fn report(at: &str) -> Value {
    json!({
        "reporter": {"name": "Li Xiaolong", "phone": "13800138000", "relation": "victim"},
        "narrative": "a voice said my account was in danger",
        "payments": [{
            "tx_id": "t1", "occurred_at": at, "amount": {"minor": 100_000, "currency": "CNY"},
            "from": {"institution": "BK01", "account": VICTIM},
            "to": {"institution": "BK01", "account": MULE},
        }],
        "consent": "matching",
    })
}

pub async fn until(
    world: &World,
    token: &str,
    path: &str,
    ready: impl Fn(&Value) -> bool,
) -> Value {
    // Waits on the feed, which tells of every change, and so never longer than needed.
    let feed = world.request(Method::GET, "/v1/feed").bearer_auth(token);
    let mut feed = feed.header("last-event-id", "0").send().await.unwrap();
    loop {
        let now = world.get(token, path).await;
        if ready(&now) {
            return now;
        }
        let told = tokio::time::timeout(std::time::Duration::from_secs(60), feed.chunk()).await;
        assert!(told.is_ok(), "nothing happened any more: {now}");
    }
}

async fn with_bank_and_payment(world: &World, at: &str) {
    let liaison = world.token("liaison").await;
    let form = json!({"name": "First Bank", "kind": "bank", "endpoint": start_bank().await,
        "webhook_secret": BANK_SECRET, "order_latency_ms": 1_000});
    let put = world
        .request(Method::PUT, "/v1/institutions/BK01")
        .bearer_auth(&liaison);
    let put = put.json(&form).send().await.unwrap();
    let (status, text) = (put.status(), put.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    assert!(!text.contains("whsec_"), "{text}");
    let line = json!({"tx_id": "t1", "occurred_at": at, "channel": "transfer",
        "from": {"institution": "BK01", "account": VICTIM},
        "to": {"institution": "BK01", "account": MULE},
        "amount": {"minor": 100_000, "currency": "CNY"}});
    let path = "/v1/institutions/BK01/payments";
    let stored = world
        .signed(path, "m1", "application/x-ndjson", line.to_string())
        .await;
    assert_eq!(stored.json::<Value>().await.unwrap()["stored"], 1);
}

pub async fn planned_case(world: &World, analyst: &str) -> Value {
    let at = world.now_text();
    with_bank_and_payment(world, &at).await;
    let made = world.done(analyst, "/v1/reports", &report(&at)).await;
    assert_eq!(made["priority"], "p0");
    let path = format!("/v1/cases/{}", made["case_id"].as_str().unwrap());
    until(world, analyst, &path, |case| !case["plan"].is_null()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn report_to_held_money() {
    let world = World::start_with(|config| config.sender = "CN-XM".to_owned()).await;
    let (analyst, approver) = (world.token("analyst").await, world.token("approver").await);
    let case = planned_case(&world, &analyst).await;
    let case_id = case["id"].as_str().unwrap();
    let plan = case["plan"]["id"].as_str().unwrap();
    assert_eq!(case["plan"]["lines"][0]["target"]["account"], MULE);
    let trace = world
        .get(
            &analyst,
            &format!("/v1/cases/{case_id}/trace?method=pro_rata"),
        )
        .await;
    assert_eq!(trace["totals"]["still_there"]["minor"], 100_000);

    let submission = json!({"lines": [{"rank": 1}], "emergency": false, "reason": "money is there",
        "authority": {"body": "County bureau", "reference": "A-1"}});
    let submitted = world
        .done(&analyst, &format!("/v1/plans/{plan}/submit"), &submission)
        .await;
    let order = submitted["orders"][0]["id"].as_str().unwrap();
    let approve = format!("/v1/plans/{plan}/approve");
    let alone = world.post(&analyst, &approve, &json!({})).await;
    assert_eq!(World::code(alone).await, "auth.forbidden");
    world.done(&approver, &approve, &json!({})).await;
    let path = format!("/v1/orders/{order}");
    let sent = until(&world, &analyst, &path, |order| {
        order["state"]["state"] == "acked"
    })
    .await;
    let document = world.get(&analyst, &format!("{path}/document")).await;
    assert_eq!(document["order_id"], order);
    assert_eq!(document["sender"], "CN-XM");

    let answer = json!({"application_id": sent["application_id"], "occurred_at": world.now_text(),
        "outcome": {"outcome": "executed", "held": {"minor": 100_000, "currency": "CNY"}}});
    let path_answers = "/v1/institutions/BK01/answers";
    for _ in 0..2 {
        let taken = world
            .signed(path_answers, "a1", "application/json", answer.to_string())
            .await;
        assert_eq!(taken.json::<Value>().await.unwrap()["applied"], true);
    }
    let held = world.get(&analyst, &path).await;
    assert_eq!(held["state"]["state"], "active", "{held}");
    counts(&world, &held["state"]["held"]["minor"]).await;
    assert_eq!(
        held["answers"].as_array().unwrap().len(),
        2,
        "receipt and answer: {held}"
    );
    let case = world.get(&analyst, &format!("/v1/cases/{case_id}")).await;
    assert_eq!(case["held"]["minor"], 100_000);
    assert!(case["clock"]["executed_at"].is_string());
    let metrics = world.request(Method::GET, "/metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("stanch_orders{state=\"active\"} 1"),
        "{metrics}"
    );
    proves(&world, order).await;
    masks(&world, case_id, order, plan).await;
}

/// What is held is in the numbers, in the table and in Prometheus' text.
async fn counts(world: &World, minor: &Value) {
    let analyst = world.token("analyst").await;
    let numbers = world.get(&analyst, "/v1/numbers").await;
    for of in [&numbers["all"], &numbers["organisations"][0]] {
        let money = json!([{"currency": "CNY", "prevented_minor": 0, "intercepted_minor": 0, "stopped_minor": minor, "frozen_minor": 0,
            "returned_minor": 0}]);
        assert_eq!((&of["money"], &of["holds"]), (&money, &json!(1)), "{of}");
        assert!(of["held_within_p50_secs"].as_i64().unwrap() < 60, "{of}");
    }
    assert_eq!(
        (&numbers["reports"], &numbers["cases"]),
        (&json!(1), &json!(1))
    );
    let read = async |path: &str| {
        let request = world.request(Method::GET, path).bearer_auth(&analyst);
        request.send().await.unwrap().text().await.unwrap()
    };
    let table = read("/v1/numbers/table").await;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(
        lines[1].starts_with(&format!(",CNY,0,0,{minor},0,0,1,")),
        "{table}"
    );
    let metrics = read("/metrics").await;
    let line = format!("stanch_money_minor{{what=\"stopped\",currency=\"CNY\"}} {minor}");
    assert!(metrics.contains(&line), "{metrics}");
    let wrong = "/v1/numbers?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z";
    let refused = world.request(Method::GET, wrong).bearer_auth(&analyst);
    let refused = refused.send().await.unwrap();
    assert_eq!(World::code(refused).await, "request.invalid");
}

async fn proves(world: &World, order: &str) {
    let auditor = world.token("auditor").await;
    let entries = world
        .get(&auditor, &format!("/v1/audit/entries?subject={order}"))
        .await;
    let first = &entries["items"][0];
    assert!(
        first["action"].as_str().unwrap().starts_with("order."),
        "{first}"
    );
    let proof = world
        .get(
            &auditor,
            &format!("/v1/audit/entries/{}/proof", first["seq"]),
        )
        .await;
    assert_eq!(proof["leaf_hash"], first["leaf_hash"]);
    let size = proof["size"].as_u64().unwrap();
    let path = format!("/v1/audit/consistency?from=1&to={size}");
    assert_eq!(
        world.get(&auditor, &path).await["to_root_hash"],
        proof["root_hash"]
    );
}

/// Nothing that an auditor can read holds an account number, name, phone or word of the victim.
async fn masks(world: &World, case_id: &str, order: &str, plan: &str) {
    let auditor = world.token("auditor").await;
    let reports = world.get(&auditor, "/v1/reports").await;
    let report = reports["items"][0]["id"].as_str().unwrap().to_owned();
    for path in [
        "/v1/reports".to_owned(),
        format!("/v1/reports/{report}"),
        "/v1/cases".to_owned(),
        format!("/v1/cases/{case_id}"),
        format!("/v1/cases/{case_id}/trace"),
        format!("/v1/cases/{case_id}/plans"),
        format!("/v1/plans/{plan}"),
        "/v1/orders".to_owned(),
        format!("/v1/orders/{order}"),
        "/v1/audit/entries".to_owned(),
        "/v1/institutions".to_owned(),
    ] {
        let text = world.get(&auditor, &path).await.to_string();
        for hidden in [VICTIM, MULE, "Xiaolong", "13800138000", "a voice said"] {
            assert!(!text.contains(hidden), "{path} shows {hidden}: {text}");
        }
    }
    let reads = world
        .get(&auditor, &format!("/v1/audit/entries?subject={case_id}"))
        .await;
    assert!(reads.to_string().contains("personal.read"), "{reads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_cannot_approve() {
    let world = World::start().await;
    let both = world.token("both").await;
    let case = planned_case(&world, &both).await;
    let plan = case["plan"]["id"].as_str().unwrap();
    let submission = json!({"lines": [{"rank": 1}], "reason": "money is there",
        "authority": {"body": "County bureau", "reference": "A-1"}});
    world
        .done(&both, &format!("/v1/plans/{plan}/submit"), &submission)
        .await;
    let own = world
        .post(&both, &format!("/v1/plans/{plan}/approve"), &json!({}))
        .await;
    assert_eq!(World::code(own).await, "order.same_person");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gives_the_same_answer() {
    let world = World::start().await;
    let token = world.token("analyst").await;
    let body = report(&world.now_text());
    let send = |body: Value| {
        let request = world
            .request(Method::POST, "/v1/reports")
            .bearer_auth(&token);
        request.header("idempotency-key", "k1").json(&body).send()
    };
    let first = send(body.clone()).await.unwrap();
    assert_eq!(first.status(), 201);
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first = first.text().await.unwrap();
    let again = send(body.clone()).await.unwrap();
    assert_eq!(again.status(), 201);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.text().await.unwrap(), first);
    let mut other = body;
    other["narrative"] = json!("something else");
    assert_eq!(
        World::code(send(other).await.unwrap()).await,
        "idempotency.mismatch"
    );
    let reports = world.get(&token, "/v1/reports").await;
    assert_eq!(reports["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_resumes_where_it_was_left() {
    let world = World::start().await;
    let token = world.token("analyst").await;
    world
        .done(&token, "/v1/reports", &report(&world.now_text()))
        .await;
    let open = |after: &str| {
        let request = world.request(Method::GET, "/v1/feed").bearer_auth(&token);
        request.header("last-event-id", after).send()
    };
    let mut feed = open("0").await.unwrap();
    let mut text = String::new();
    while !text.contains("event: case.opened") {
        let chunk = feed.chunk().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let opened = text
        .split("\n\n")
        .find(|event| event.contains("case.opened"))
        .unwrap();
    let id = opened
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap();
    let mut later = report(&world.now_text());
    later["payments"][0]["tx_id"] = json!("t2");
    world.done(&token, "/v1/reports", &later).await;
    let mut resumed = open(id).await.unwrap();
    let chunk = resumed.chunk().await.unwrap().unwrap();
    let first = String::from_utf8(chunk.to_vec()).unwrap();
    let next: u64 = first
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(next, id.parse::<u64>().unwrap() + 1, "{first}");
}
