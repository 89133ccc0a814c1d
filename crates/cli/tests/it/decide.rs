//! Decisions of the real binary: from a file, and from a server that is killed hard while events come in. Both give
//! the same answers, and nothing is lost or counted twice.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::installation::{Installation, PASSWORD, client};

const EVENTS: usize = 3_000;
const KILLS: usize = 15;
const BATCH: usize = 40;
/// Draws the pauses between kills.
const SEED: u64 = 20_261_122;

const POLICY: &str = r#"
event payee_added { retention 90d  account string key personal }
event payment { retention 90d  payer string key personal  payee string  amount money(CNY) }
feature payees_1d = count() of payee_added by account over 24h including self
feature paid_1h = sum(event.amount) of payment by event.payer over 1h including self
feature to_1d = distinct(event.payee) of payment by event.payer over 24h excluding self
rule new_payees on payment {
  when payees_1d(event.payer) > 60 then hold for 24h
  owner "t" reason zh "新收款人" en "{payees_1d(event.payer)} new payees"
}
rule much on payment {
  when paid_1h(event.payer) >= money("CNY", "9000") && (to_1d(event.payer) ?? 0) > 5
  then review
  owner "t" reason zh "多" en "much"
}
ruleset payments on payment { mode all use * }
"#;

fn events() -> Vec<Value> {
    let mut dice = StdRng::seed_from_u64(SEED);
    let mut event = |n: usize| {
        let who = format!("A-{}", dice.random_range(0..15));
        let late = if dice.random_range(0..12) == 0 {
            5_000
        } else {
            0
        };
        let at = (1_772_323_200 + i64::try_from(n).unwrap() * 9 - late) * 1_000_000;
        let (kind, data) = if dice.random_range(0..3) == 0 {
            ("payee_added", json!({ "account": who }))
        } else {
            let minor = dice.random_range(1..400_000);
            let payee = format!("M-{}", dice.random_range(0..30));
            let amount = json!({ "currency": "CNY", "minor": minor });
            (
                "payment",
                json!({ "payer": who, "payee": payee, "amount": amount }),
            )
        };
        json!({ "event_id": format!("e-{n}"), "kind": kind, "occurred_at": at, "data": data })
    };
    (0..EVENTS).map(&mut event).collect()
}

fn without_time(mut decision: Value) -> Value {
    decision.as_object_mut().unwrap().remove("decided_at");
    decision
}

/// Sends a batch until all of it is answered, as a source does that keeps what was not answered.
async fn decided(url: &str, token: &mut String, batch: &[Value]) -> Vec<Value> {
    let body: String = batch.iter().map(|event| format!("{event}\n")).collect();
    loop {
        let answer = client()
            .post(format!("{url}/v1/events"))
            .bearer_auth(&token)
            .header("content-type", "application/x-ndjson")
            .body(body.clone())
            .send()
            .await;
        if let Ok(answer) = answer {
            if answer.status() == 401 {
                *token = sign_in(url).await;
                continue;
            }
            let whole = answer.status().is_success();
            if let (true, Ok(text)) = (whole, answer.text().await) {
                let lines: Vec<Value> = text
                    .lines()
                    .filter_map(|line| serde_json::from_str(line).ok())
                    .collect();
                if lines.len() == batch.len() {
                    return lines;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn sign_in(url: &str) -> String {
    loop {
        let body = json!({ "login": "feed", "password": PASSWORD });
        let answer = client().post(format!("{url}/v1/tokens")).json(&body);
        if let Ok(answer) = answer.send().await
            && let Ok(token) = answer.json::<Value>().await
            && let Some(token) = token["token"].as_str()
        {
            return token.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_events_come_in_it_decides_as_from_a_file() {
    let installation = Installation::new();
    installation.json(
        &["user", "add", "feed", "--name", "Feed", "--role", "source"],
        PASSWORD,
    );
    let policy = installation.file("policy");
    std::fs::create_dir(&policy).unwrap();
    std::fs::write(policy.join("all.policy"), POLICY).unwrap();
    let policy = policy.to_str().unwrap().to_owned();
    let events = events();
    let input = installation.file("in.ndjson");
    let text: String = events.iter().map(|event| format!("{event}\n")).collect();
    std::fs::write(&input, text).unwrap();
    let output = installation.file("out.ndjson");
    let paths = (input.to_str().unwrap(), output.to_str().unwrap());
    let summary = installation.json(
        &[
            "decide", "--policy", &policy, "--events", paths.0, "--out", paths.1,
        ],
        "",
    );
    assert_eq!(summary["decided"], EVENTS);
    let offline: Vec<Value> = (std::fs::read_to_string(&output).unwrap().lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();

    let mut serving = installation.serve_with(&["--policy", &policy]).await;
    let url = installation.url.clone();
    let sending = tokio::spawn({
        let (url, events) = (url.clone(), events.clone());
        async move {
            let mut token = sign_in(&url).await;
            let mut answers = Vec::new();
            for batch in events.chunks(BATCH) {
                answers.extend(decided(&url, &mut token, batch).await);
            }
            answers
        }
    });
    let mut dice = StdRng::seed_from_u64(SEED + 1);
    for _ in 0..KILLS {
        let pause = dice.random_range(20..400);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        serving.kill();
        serving = installation.serve().await;
    }
    let live = sending.await.unwrap();
    assert_eq!(live.len(), offline.len());
    let mut words = std::collections::BTreeSet::new();
    for (live, offline) in live.into_iter().zip(offline) {
        words.insert(offline["decision"].as_str().unwrap().to_owned());
        assert_eq!(without_time(live), offline);
    }
    assert_eq!(words.len(), 3, "{words:?}");

    // A backtest over what was decided so, from the log while the server works, and from history.
    backtest_equals(&installation, &policy, &output);
    serving.kill();
    let exported = installation.json(&["history", "export"], "");
    assert_eq!(
        (&exported["events"], &exported["segments"]),
        (&json!(EVENTS), &json!(1))
    );
    backtest_equals(&installation, &policy, &output);
}

/// A backtest of the live policy gives the decisions in the file `offline`, and differs in nothing from what is live.
fn backtest_equals(installation: &Installation, policy: &str, offline: &std::path::Path) {
    let (report, decisions) = (
        installation.file("report.json"),
        installation.file("again.ndjson"),
    );
    let paths = (report.to_str().unwrap(), decisions.to_str().unwrap());
    installation.json(
        &[
            "backtest",
            "--policy",
            policy,
            "--against",
            "live",
            "--from",
            "2026-01-01T00:00:00Z",
            "--to",
            "2027-01-01T00:00:00Z",
            "--out",
            paths.0,
            "--decisions",
            paths.1,
        ],
        "",
    );
    let report: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    assert_eq!(report["events_judged"], EVENTS);
    assert_eq!(report["against"]["same"], EVENTS);
    assert_eq!(report["against"]["differs"], 0);
    let (again, offline) = (
        std::fs::read(&decisions).unwrap(),
        std::fs::read(offline).unwrap(),
    );
    assert!(again == offline, "decisions differ");
    std::fs::remove_file(&decisions).unwrap();
}
