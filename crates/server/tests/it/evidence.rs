//! Evidence over HTTP: taken in by two, listed, looked at, handed over, exported; what auditors see of it.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use stanch_evidence::verify;

use crate::golden_hour::report;
use crate::world::World;

const CSV: &str = "a,b\n1,2\n";
const TEXTS: &str = "source=%E7%8E%8B%E5%B0%8F%E6%98%8E&method=%E6%88%AA%E5%9B%BE&place=Xiamen";

async fn upload(world: &World, token: &str, case: &str, query: &str, kind: &str) -> Response {
    let path = format!("/v1/cases/{case}/evidence?{query}");
    let request = world.request(Method::POST, &path).bearer_auth(token);
    let request = request.header("content-type", kind).body(CSV);
    request.send().await.unwrap()
}

async fn bytes(world: &World, token: &str, path: &str) -> Vec<u8> {
    let request = world.request(Method::GET, path).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let how = answer.headers()["content-disposition"].to_str().unwrap();
    assert!(how.starts_with("attachment; "), "{how}");
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_taken_in_by_two_and_leaves_as_a_package() {
    let world = World::start().await;
    let analyst = world.token("analyst").await;
    let told = report(&world.now_text());
    let taken = world.done(&analyst, "/v1/reports", &told).await;
    let case = taken["case_id"].as_str().unwrap();
    let query = |second: &str| format!("name=flow.csv&second={second}&{TEXTS}");

    let alone = upload(&world, &analyst, case, &query("analyst"), "text/csv").await;
    assert_eq!(World::code(alone).await, "evidence.same_person");
    let auditor = upload(&world, &analyst, case, &query("auditor"), "text/csv").await;
    assert_eq!(World::code(auditor).await, "evidence.invalid");
    let disguised = upload(&world, &analyst, case, &query("approver"), "image/png").await;
    assert_eq!(World::code(disguised).await, "evidence.invalid");
    let program = upload(
        &world,
        &analyst,
        case,
        &query("approver"),
        "application/x-sh",
    )
    .await;
    assert_eq!(World::code(program).await, "request.media_type");
    let item = upload(&world, &analyst, case, &query("approver"), "text/csv").await;
    assert_eq!(item.status(), 201);
    let item: Value = item.json().await.unwrap();
    assert_eq!(
        (&item["size"], &item["category"]),
        (&json!(8), &json!("records"))
    );
    let id = item["id"].as_str().unwrap();

    let content = format!("/v1/evidence/{id}/content?purpose=court");
    assert_eq!(bytes(&world, &analyst, &content).await, CSV.as_bytes());
    let hand = format!("/v1/evidence/{id}/hand-over");
    let approver = world.token("approver").await;
    let wish = json!({"to": "analyst", "reason": "back"});
    let refused = world.post(&approver, &hand, &wish).await;
    assert_eq!(World::code(refused).await, "evidence.state");
    let wish = json!({"to": "approver", "reason": "court"});
    let moved = world.done(&analyst, &hand, &wish).await;
    assert_eq!(moved["chain"].as_array().unwrap().len(), 3, "{moved}");

    let package = format!("/v1/cases/{case}/evidence/package");
    let package = bytes(&world, &approver, &package).await;
    let whole = verify(&package, None).unwrap();
    assert_eq!((whole.items, whole.custody_events), (1, 4));
    auditors_see_no_names(&world, case).await;
}

/// An auditor reads digests and steps, not what people wrote, and gets no bytes.
async fn auditors_see_no_names(world: &World, case: &str) {
    let auditor = world.token("auditor").await;
    let listed = world
        .get(&auditor, &format!("/v1/cases/{case}/evidence"))
        .await;
    assert_eq!(listed[0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(listed[0]["chain"][3]["action"], "exported");
    let text = listed.to_string();
    assert!(
        !text.contains("王小明") && !text.contains("flow.csv"),
        "{text}"
    );
    let id = listed[0]["id"].as_str().unwrap();
    let path = format!("/v1/evidence/{id}/content?purpose=x");
    let request = world.request(Method::GET, &path).bearer_auth(&auditor);
    let answer = request.send().await.unwrap();
    assert_eq!(World::code(answer).await, "auth.forbidden");
}
