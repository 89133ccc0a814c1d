//! Searching, saved lists, and what personal data is read for, over HTTP.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

/// A report with this narrative; gives its identifier.
async fn report(world: &World, token: &str, narrative: &str) -> String {
    let body = json!({
        "reporter": {"name": "李小龙", "phone": "13800138000", "relation": "victim"},
        "narrative": narrative, "consent": "matching", "counterpart": "@fast_gold",
        "payments": [{"occurred_at": world.now_text(), "amount": {"minor": 5000, "currency": "CNY"},
            "from": {"institution": "BK01", "account": "V1"}, "to": {"institution": "BK02", "account": "M1"}}],
    });
    let received = world.done(token, "/v1/reports", &body).await;
    received["id"].as_str().unwrap().to_owned()
}

/// Searches once everything is indexed.
async fn search(world: &World, token: &str, wish: &Value) -> Value {
    let mut found = world.done(token, "/v1/search", wish).await;
    let mut tries = 0;
    // Each search is an entry of its own: as many of the last ones as were tried here may be missing.
    while found["behind"].as_u64().unwrap() > tries {
        assert!(tries < 200, "the search does not keep up");
        tokio::time::sleep(Duration::from_millis(50)).await;
        found = world.done(token, "/v1/search", wish).await;
        tries += 1;
    }
    found
}

fn ids(found: &Value) -> Vec<String> {
    let items = found["items"].as_array().unwrap().iter();
    items
        .map(|hit| hit["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Entries of the audit tree about `subject` with this action.
async fn entries_of(world: &World, token: &str, subject: &str, action: &str) -> Vec<Value> {
    let path = format!("/v1/audit/entries?limit=200&subject={subject}");
    let entries = world.get(token, &path).await;
    let entries = entries["items"].as_array().unwrap().iter();
    entries
        .filter(|entry| entry["action"] == action)
        .cloned()
        .collect()
}

async fn without_purpose(
    world: &World,
    token: &str,
    method: Method,
    path: &str,
) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .request(method, format!("{}{path}", world.base))
        .bearer_auth(token);
    request
        .json(&json!({"words": "刷单返利"}))
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_record_is_found_by_those_who_may_open_it() {
    let world = World::start().await;
    let analyst = world.token("analyst").await;
    let one = report(&world, &analyst, "群里教我刷单返利，账号 ＷＸ8899").await;
    let two = report(&world, &analyst, "刷单返利被骗").await;
    let found = search(
        &world,
        &analyst,
        &json!({"words": "刷单返利", "kinds": ["report"]}),
    )
    .await;
    assert_eq!(ids(&found), [two.clone(), one.clone()]);
    assert!(
        found["items"][0]["case_id"]
            .as_str()
            .unwrap()
            .starts_with("case_")
    );
    let found = search(&world, &analyst, &json!({"words": "wx8899 刷单"})).await;
    assert_eq!(ids(&found), [one.as_str()]);
    let places = &found["items"][0]["excerpts"];
    assert_eq!(places[0]["found"], "ＷＸ8899");
    assert_eq!(places[0]["field"], "content.narrative");
    assert_eq!(
        ids(&search(&world, &analyst, &json!({"words": one})).await),
        [one.as_str()]
    );
    // Reviewers open no report; liaisons neither.
    for login in ["reviewer", "liaison"] {
        let token = world.token(login).await;
        let found = search(&world, &token, &json!({"words": "刷单返利"})).await;
        assert_eq!(ids(&found), [""; 0], "{login}");
        assert_eq!(
            ids(&search(&world, &token, &json!({"words": one})).await),
            [""; 0]
        );
    }
    for bad in [
        json!({"words": "刷"}),
        json!({"words": "刷单", "limit": 0}),
        json!({"words": "刷单", "cursor": "x"}),
        json!({"words": "刷单", "kinds": ["user"]}),
    ] {
        let refused = world.post(&analyst, "/v1/search", &bad).await;
        assert_eq!(World::code(refused).await, "request.invalid", "{bad}");
    }
    let auditor = world.token("auditor").await;
    let me = world.get(&analyst, "/v1/session").await;
    let me = me["user"]["id"].as_str().unwrap();
    let entries = entries_of(&world, &auditor, me, "personal.searched").await;
    let entry = &entries[0];
    assert_eq!(entry["detail"]["purpose"], "case_work");
    assert!(
        !entry.to_string().contains("刷单"),
        "the words are beside the tree: {entry}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_masked_unless_it_is_said_what_for() {
    let world = World::start().await;
    let analyst = world.token("analyst").await;
    let id = report(&world, &analyst, "刷单返利").await;
    let path = format!("/v1/reports/{id}");
    let seen = world.get(&analyst, &path).await.to_string();
    let masked = without_purpose(&world, &analyst, Method::GET, &path).await;
    let masked = masked.text().await.unwrap();
    assert!(
        seen.contains("刷单返利") && !masked.contains("刷单返利"),
        "{masked}"
    );
    assert!(
        !masked.contains("fast_gold") && !masked.contains("13800138000"),
        "{masked}"
    );
    for (method, path) in [
        (Method::POST, "/v1/search".to_owned()),
        (
            Method::GET,
            format!("{path}/attachment?sha256={}", "0".repeat(64)),
        ),
        (Method::GET, "/v1/labels/export?form=texts".to_owned()),
    ] {
        let refused = without_purpose(&world, &analyst, method, &path).await;
        assert_eq!(
            World::code(refused).await,
            "auth.purpose_required",
            "{path}"
        );
    }
    let request = world.request(Method::GET, &path).bearer_auth(&analyst);
    // The header is there twice then, and the first one counts.
    let fine = request
        .header("stanch-purpose", "curiosity")
        .send()
        .await
        .unwrap();
    assert_eq!(fine.status(), 200);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .get(format!("{}{path}", world.base))
        .bearer_auth(&analyst);
    let refused = request
        .header("stanch-purpose", "curiosity")
        .send()
        .await
        .unwrap();
    assert_eq!(World::code(refused).await, "request.invalid");
    let cookies = format!("stanch_session={analyst}; stanch_purpose=case_work");
    let request = client
        .get(format!("{}{path}", world.base))
        .header("cookie", cookies);
    let by_cookie = request.send().await.unwrap().text().await.unwrap();
    assert!(by_cookie.contains("刷单返利"), "{by_cookie}");
    let auditor = world.token("auditor").await;
    let entries = entries_of(&world, &auditor, &id, "personal.read").await;
    let told: Vec<&Value> = entries.iter().map(|entry| &entry["detail"]).collect();
    assert_eq!(
        told,
        [
            &json!({"masked": false, "purpose": "case_work"}),
            &json!({"masked": true, "purpose": null}),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn saved_lists_are_ones_own_or_shared() {
    let world = World::start().await;
    let (one, two) = (world.token("analyst").await, world.token("approver").await);
    let own = json!({"name": "今晚超时", "path": "/cases?state=open"});
    let own = world.done(&one, "/v1/views", &own).await;
    let shared = json!({"name": "全组", "path": "/leads", "shared": true});
    let shared = world.done(&one, "/v1/views", &shared).await;
    assert_eq!(ids(&world.get(&one, "/v1/views").await).len(), 2);
    assert_eq!(
        ids(&world.get(&two, "/v1/views").await),
        [shared["id"].as_str().unwrap()]
    );
    for path in ["//evil.example/", "https://evil.example", "/a b", "/\\evil"] {
        let refused = world
            .post(&one, "/v1/views", &json!({"name": "x", "path": path}))
            .await;
        assert_eq!(World::code(refused).await, "request.invalid", "{path}");
    }
    let path = format!("/v1/views/{}", own["id"].as_str().unwrap());
    let delete = |token: &str| {
        world
            .request(Method::DELETE, &path)
            .bearer_auth(token)
            .send()
    };
    assert_eq!(
        World::code(delete(&two).await.unwrap()).await,
        "resource.not_found"
    );
    assert_eq!(delete(&one).await.unwrap().status(), 204);
    assert_eq!(ids(&world.get(&one, "/v1/views").await).len(), 1);
    for n in 0..99 {
        let view = json!({"name": format!("{n}"), "path": "/"});
        world.done(&one, "/v1/views", &view).await;
    }
    let refused = world
        .post(&one, "/v1/views", &json!({"name": "101", "path": "/"}))
        .await;
    assert_eq!(World::code(refused).await, "resource.conflict");
}
