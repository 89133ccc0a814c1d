//! The desk over HTTP: the queue, shifts, notes, tasks, operations.

use reqwest::Method;
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
    let me = world.get(&analyst, "/v1/session").await["user"]["id"].clone();
    for (token, assignee) in [(&approver, me), (&analyst, other)] {
        let given = json!({"step": "reassign", "assignee": assignee});
        let given = world.done(token, &steps, &given).await;
        assert_eq!(given["assignee"], assignee);
    }
    let waits = world.get(&analyst, "/v1/tasks").await;
    assert_eq!(waits["items"], json!([]), "it is no longer the analyst's");
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
    assert_eq!(actions, ["personal.read", "task.done", "task.reassigned"]);
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

#[tokio::test(flavor = "multi_thread")]
async fn goods_seized_for_a_case_are_held_until_they_have_an_end() {
    let world = World::start().await;
    let (analyst, auditor) = (world.token("analyst").await, world.token("auditor").await);
    let case = reported(&world, &analyst, "V1").await["case_id"].clone();
    let list = format!("/v1/cases/{}/seizures", case.as_str().unwrap());
    let goods = json!({
        "goods": "SIM box of Zhang San", "quantity": 3, "worth": {"minor": 900_000, "currency": "CNY"},
        "seized_at": world.now_text(), "reference": "Seizure 2026-77", "keeper": "Property room 2",
    });
    for (field, bad) in [
        ("goods", json!(" ")),
        ("quantity", json!(0)),
        ("keeper", json!("x".repeat(501))),
        ("seized_at", json!("2099-01-01T00:00:00Z")),
    ] {
        let mut wrong = goods.clone();
        wrong[field] = bad;
        let refused = world.post(&analyst, &list, &wrong).await;
        assert_eq!(World::code(refused).await, "request.invalid", "{field}");
    }
    let held = world.done(&analyst, &list, &goods).await;
    assert_eq!(held["state"], json!({"state": "held"}));
    let steps = format!("/v1/seizures/{}/steps", held["id"].as_str().unwrap());
    let end = json!({"step": "return", "facts": "to the owner, receipt 5"});
    let returned = world.done(&analyst, &steps, &end).await;
    assert_eq!(returned["state"]["state"], "returned");
    let twice = json!({"step": "forfeit", "facts": "judgment 9"});
    let twice = world.post(&analyst, &steps, &twice).await;
    assert_eq!(World::code(twice).await, "resource.conflict");
    let seen = world.get(&auditor, &list).await;
    assert_eq!(seen["items"][0]["content"]["goods"], "********");
    assert_eq!(seen["items"][0]["content"]["quantity"], 3);
    let timeline = format!("/v1/cases/{}/timeline?limit=3", case.as_str().unwrap());
    let timeline = world.get(&auditor, &timeline).await;
    let actions = timeline["items"].as_array().unwrap();
    let actions: Vec<&Value> = actions.iter().map(|one| &one["action"]).collect();
    assert_eq!(
        actions,
        ["personal.read", "seizure.returned", "seizure.recorded"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_listed_by_state_and_priority() {
    let world = World::start().await;
    let analyst = world.token("analyst").await;
    let first = reported(&world, &analyst, "V1").await;
    let count = async |query: &str| {
        let found = world.get(&analyst, &format!("/v1/reports?{query}")).await;
        found["items"].as_array().unwrap().len()
    };
    assert_eq!(count("state=lead_opened").await, 1);
    assert_eq!(count("state=closed").await, 0);
    let priority = first["priority"].as_str().unwrap();
    assert_eq!(
        count(&format!("priority={priority}&state=lead_opened")).await,
        1
    );
    assert_eq!(count("priority=p3").await, usize::from(priority == "p3"));
    let wrong = world.request(Method::GET, "/v1/reports?state=gone");
    let wrong = wrong.bearer_auth(&analyst).send().await.unwrap();
    assert_eq!(World::code(wrong).await, "request.invalid");
}
