//! What is held on a person, from everywhere it lies: the record, the payments, the events.

use serde_json::{Value, json};

use crate::installation::{Installation, PASSWORD, client};

const ACCOUNT: &str = "6222021234567890128";
const POLICY: &str = "event payment { retention 90d  payer string key personal }\n";

/// Sends an event about a payer.
async fn send(installation: &Installation, token: &str, id: &str, payer: &str) {
    let event = json!({
        "event_id": id, "kind": "payment", "occurred_at": "2026-03-01T08:00:00Z", "data": { "payer": payer },
    });
    let answer = client()
        .post(format!("{}/v1/events", installation.url))
        .bearer_auth(token)
        .json(&event)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_and_events_of_a_person_are_given_out_and_an_erasure_says_that_they_stay() {
    let installation = Installation::new();
    installation.add_people();
    let feed = ["user", "add", "feed", "--name", "Feed", "--role", "source"];
    installation.json(&feed, PASSWORD);
    let payments = installation.file("tx.csv");
    let rows = format!(
        "tx_id,timestamp_ms,from_account,to_account,from_institution,to_institution,amount_minor_units,currency,channel\n\
         1,1795248000000,victim,{ACCOUNT},BK01,BK02,5000000,CNY,transfer\n\
         2,1795248060000,victim,{ACCOUNT}9,BK01,BK02,100,CNY,transfer\n"
    );
    std::fs::write(&payments, rows).unwrap();
    installation.json(&["import", "payments", payments.to_str().unwrap()], "");
    let policy = installation.file("policy");
    std::fs::create_dir(&policy).unwrap();
    std::fs::write(policy.join("all.policy"), POLICY).unwrap();
    let serving = installation
        .serve_with(&["--policy", policy.to_str().unwrap()])
        .await;
    let token = client()
        .post(format!("{}/v1/tokens", installation.url))
        .json(&json!({ "login": "feed", "password": PASSWORD }))
        .send()
        .await
        .unwrap();
    let token: Value = token.json().await.unwrap();
    let token = token["token"].as_str().unwrap();
    for (id, payer) in [("e-1", ACCOUNT), ("e-2", "another"), ("e-3", ACCOUNT)] {
        send(&installation, token, id, payer).await;
    }
    serving.kill();
    let out = installation.file("held.json");
    let export = [
        "privacy",
        "export",
        "--person",
        ACCOUNT,
        "--by",
        "chen",
        "--out",
        out.to_str().unwrap(),
    ];
    let counts = installation.json(&export, "");
    assert_eq!(
        (&counts["payments"], &counts["events"]),
        (&json!(1), &json!(2))
    );
    let held: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(held["payments"][0]["to"]["account"], ACCOUNT);
    let ids: Vec<&Value> = held["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["event_id"])
        .collect();
    assert_eq!(ids, ["e-1", "e-3"]);
    let erase = [
        "privacy", "erase", "--person", ACCOUNT, "--reason", "asked", "--by", "chen",
    ];
    let done = installation.json(&erase, "");
    let kept: Vec<&Value> = done["kept"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(kept, ["1 payments", "2 events"]);
    let whole = installation.json(&["audit", "verify"], "");
    assert_eq!(whole["whole"], true, "{whole}");
}
