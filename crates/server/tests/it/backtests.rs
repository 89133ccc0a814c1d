//! Backtests over HTTP: asked for, worked on as a job, reported; who may.

use serde_json::{Value, json};

use crate::decisions::{POLICY, payment, put_to_work};
use crate::world::World;

async fn ended(world: &World, token: &str, id: &str) -> Value {
    for _ in 0..600 {
        let found = world.get(token, &format!("/v1/backtests/{id}")).await;
        let state = &found["state"]["state"];
        if state != "queued" && state != "running" {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the backtest did not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_tried_on_what_arrived() {
    let world = World::start_with(|config| config.decide.deadline_ms = 60_000).await;
    put_to_work(&world).await;
    let source = world.token("source").await;
    for number in 0..5 {
        let mut event = payment(&format!("p{number}"), number * 10);
        event["label"] = "fraud".into();
        world.done(&source, "/v1/events", &event).await;
    }
    let engineer = world.token("risk_engineer").await;
    let stricter = POLICY.replace("> 2", "> 1");
    let files = json!({ "files": [{ "path": "all.policy", "text": stricter }] });
    let version = world.done(&engineer, "/v1/policies", &files).await;
    let wish = json!({
        "policy": version["hash"], "against": "live", "capacity_a_day": 1,
        "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z",
    });
    let asked = world.done(&engineer, "/v1/backtests", &wish).await;
    let id = asked["id"].as_str().unwrap();
    let found = ended(&world, &engineer, id).await;
    assert_eq!(found["state"]["state"], "done", "{found}");
    let report = &found["report"];
    assert_eq!(
        (&report["events_judged"], &report["stopped"]["events"]),
        (&json!(5), &json!(4))
    );
    assert_eq!(report["stopped"]["recall_bp"], 8_000);
    assert_eq!(report["rules"][0]["amount_minor"]["CNY"], 400);
    assert_eq!(report["against"]["changed"]["allow->hold"]["events"], 1);
    assert_eq!(report["alerts"]["days_over_capacity"], 1);
    let listed = world.get(&engineer, "/v1/backtests").await;
    assert_eq!(listed["items"][0]["id"], asked["id"]);

    // What was found out since counts in the next one.
    let good = json!({ "event_id": "p4", "truth": "good" });
    world.done(&engineer, "/v1/labels", &good).await;
    let again = world.done(&engineer, "/v1/backtests", &wish).await;
    let again = ended(&world, &engineer, again["id"].as_str().unwrap()).await;
    assert_eq!(again["report"]["stopped"]["recall_bp"], 7_500, "{again}");

    let cancel = format!("/v1/backtests/{id}/cancel");
    let over = world.post(&engineer, &cancel, &json!({})).await;
    assert_eq!(World::code(over).await, "resource.conflict");
    let analyst = world.token("analyst").await;
    let refused = world.post(&analyst, "/v1/backtests", &wish).await;
    assert_eq!(World::code(refused).await, "auth.forbidden");
    let mut unknown = wish.clone();
    unknown["policy"] = "sha256:00".into();
    let unknown = world.post(&engineer, "/v1/backtests", &unknown).await;
    assert_eq!(World::code(unknown).await, "policy.not_found");
    let mut empty = wish.clone();
    empty["to"] = empty["from"].clone();
    let empty = world.post(&engineer, "/v1/backtests", &empty).await;
    assert_eq!(World::code(empty).await, "request.invalid");
    let mut odd = wish;
    odd["capacity_a_day"] = json!(-1);
    let odd = world.post(&engineer, "/v1/backtests", &odd).await;
    assert_eq!(World::code(odd).await, "request.invalid");
    let auditor = world.token("auditor").await;
    let entries = world
        .get(&auditor, &format!("/v1/audit/entries?subject={id}"))
        .await;
    let actions: Vec<&str> = (entries["items"].as_array().unwrap().iter())
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["backtest.requested", "backtest.done"]);
    world.stop().await;
}
