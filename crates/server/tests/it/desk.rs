//! The desk over HTTP: the queue, shifts, notes, tasks, operations.

use serde_json::{Value, json};

use crate::world::World;

async fn reported(world: &World, token: &str, from: &str) -> Value {
    let body = json!({
        "reporter": {"relation": "victim"}, "narrative": "told", "consent": "this_case",
        "payments": [{"occurred_at": world.now_text(), "amount": {"minor": 5000, "currency": "CNY"},
            "from": {"institution": "BK01", "account": from}, "to": {"institution": "BK02", "account": "M1"}}],
    });
    world.done(token, "/v1/reports", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_takes_from_the_queue_works_and_hands_over() {
    let world = World::start().await;
    let (analyst, approver) = (world.token("analyst").await, world.token("approver").await);
    let me = world.get(&analyst, "/v1/session").await["user"]["id"].clone();
    let team = json!({"name": "night", "members": [me]});
    let team = world.done(&approver, "/v1/teams", &team).await;
    let shifts = format!("/v1/teams/{}/shifts", team["id"].as_str().unwrap());
    let shift = world.done(&analyst, &shifts, &json!({})).await;
    let again = world
        .post(&analyst, &shifts, &json!({"acknowledges": shift["id"]}))
        .await;
    assert_eq!(World::code(again).await, "resource.conflict");
    for from in ["V1", "V2"] {
        reported(&world, &analyst, from).await;
    }
    let queue = world.get(&analyst, "/v1/queue").await;
    assert_eq!(queue["items"].as_array().unwrap().len(), 2);
    let claimed = world.done(&analyst, "/v1/queue/claim", &json!({})).await;
    assert_eq!(claimed["case"]["id"], queue["items"][0]["id"]);
    let end = format!("/v1/shifts/{}/hand-over", shift["id"].as_str().unwrap());
    let skipped = world
        .post(&analyst, &end, &json!({"note": "quiet", "cases": []}))
        .await;
    assert_eq!(World::code(skipped).await, "request.invalid");
    let named = json!([{"case_id": claimed["case"]["id"], "note": "bank called"}]);
    let ended = world
        .done(&analyst, &end, &json!({"note": "busy", "cases": named}))
        .await;
    assert_eq!(ended["state"]["state"], "handed_over");
    let next = json!({"acknowledges": shift["id"]});
    assert_eq!(
        world.done(&analyst, &shifts, &next).await["after"],
        shift["id"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_tasks_and_the_timeline_of_a_case() {
    let world = World::start().await;
    let (analyst, approver) = (world.token("analyst").await, world.token("approver").await);
    let other = world.get(&approver, "/v1/session").await["user"]["id"].clone();
    let case = reported(&world, &analyst, "V1").await["case_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let note = json!({"text": "look at the second account", "mentions": [other]});
    let note = world
        .done(&analyst, &format!("/v1/cases/{case}/notes"), &note)
        .await;
    let mentions = world.get(&approver, "/v1/mentions").await;
    assert_eq!(mentions["items"][0]["id"], note["id"]);
    let read = format!("/v1/notes/{}/read", note["id"].as_str().unwrap());
    assert_eq!(world.post(&approver, &read, &json!({})).await.status(), 204);
    assert_eq!(world.post(&approver, &read, &json!({})).await.status(), 404);
    let task = json!({"text": "call the bank", "assignee": other});
    let task = world
        .done(&analyst, &format!("/v1/cases/{case}/tasks"), &task)
        .await;
    assert_eq!(
        world.get(&approver, "/v1/tasks").await["items"][0]["id"],
        task["id"]
    );
    let steps = format!("/v1/tasks/{}/steps", task["id"].as_str().unwrap());
    world
        .done(&approver, &steps, &json!({"step": "done"}))
        .await;
    let twice = world
        .post(&approver, &steps, &json!({"step": "done"}))
        .await;
    assert_eq!(World::code(twice).await, "resource.conflict");
    let auditor = world.token("auditor").await;
    let notes = world
        .get(&auditor, &format!("/v1/cases/{case}/notes"))
        .await;
    assert_eq!(
        notes["items"][0]["text"], "********",
        "words on cases are masked for auditors"
    );
    let timeline = world
        .get(&auditor, &format!("/v1/cases/{case}/timeline?limit=3"))
        .await;
    let actions: Vec<_> = timeline["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["personal.read", "task.done", "task.given"]);
    let operation = json!({"name": "thunder", "purpose": "rebates"});
    let operation = world.done(&analyst, "/v1/operations", &operation).await;
    let bulk = json!({"case_ids": [case], "reason": "one gang", "action": {"group": {"operation_id": operation["id"]}}});
    let done = world.done(&analyst, "/v1/cases/bulk", &bulk).await;
    assert_eq!(done["items"][0]["refused"], Value::Null);
    let view = world
        .get(
            &auditor,
            &format!("/v1/operations/{}", operation["id"].as_str().unwrap()),
        )
        .await;
    assert_eq!(view["cases"][0]["id"], case);
}
