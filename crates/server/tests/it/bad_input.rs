//! Malformed requests: a clear 4xx with a problem body, never a 5xx, and nothing stored.

use reqwest::Method;
use serde_json::json;

use crate::golden_hour::report;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn malformed_reports_are_refused() {
    let world = World::start().await;
    let token = world.token("analyst").await;
    let good = report(&world.now_text());
    let mut bodies: Vec<(String, &str)> = vec![
        (String::new(), "request.invalid"),
        ("{".to_owned(), "request.invalid"),
        ("null".to_owned(), "request.invalid"),
        ("[]".to_owned(), "request.invalid"),
        ("\0".to_owned(), "request.invalid"),
        ("{}{}".to_owned(), "request.invalid"),
        ("[".repeat(10_000), "request.invalid"),
    ];
    for (pointer, value) in [
        ("/payments/0/amount/minor", json!(-1)),
        ("/payments/0/amount/minor", json!(1.5)),
        ("/payments/0/amount/minor", json!("1")),
        (
            "/payments/0/amount/minor",
            json!(9_300_000_000_000_000_000_u64),
        ),
        ("/payments/0/amount/currency", json!("XXX")),
        ("/payments/0/occurred_at", json!("2026-02-30T00:00:00Z")),
        ("/payments/0/occurred_at", json!(0)),
        ("/payments/0/from/account", json!("a\0b")),
        ("/payments/0/from/institution", json!("lower")),
        ("/reporter/relation", json!("cousin")),
        ("/reporter/phone", json!("12")),
        ("/consent", json!(null)),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        bodies.push((body.to_string(), "request.invalid"));
    }
    for (pointer, value) in [
        ("/payments", json!([])),
        ("/narrative", json!("x".repeat(5_001))),
        ("/narrative", json!("a\0b")),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        bodies.push((body.to_string(), "report.invalid"));
    }
    let mut extra = good.clone();
    extra["colour"] = json!(1);
    bodies.push((extra.to_string(), "request.invalid"));
    for (body, code) in bodies {
        let request = world
            .request(Method::POST, "/v1/reports")
            .bearer_auth(&token)
            .header("content-type", "application/json");
        let shown: String = body.chars().take(200).collect();
        let response = request.body(body).send().await.unwrap();
        assert_eq!(World::code(response).await, code, "{shown}");
    }
    let reports = world.get(&token, "/v1/reports").await;
    assert_eq!(reports["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_queries_and_headers_are_refused() {
    let world = World::start().await;
    let token = world.token("analyst").await;
    for (path, status) in [
        ("/v1/cases/%00", 404),
        ("/v1/cases/case_%F0%9F%92%A9", 404),
        ("/v1/cases/%FF%FE", 404),
        ("/v1/cases/order_0198f0c0a0007000800000000000002a", 404),
        ("/v1/cases/case_0198f0c0a0007000800000000000002a", 404),
        ("/v1/institutions/%00", 404),
        ("/v1/audit/entries/-1/proof", 404),
        ("/v1/audit/entries/99999999/proof", 404),
        ("/v1/cases?limit=0", 400),
        ("/v1/cases?limit=201", 400),
        ("/v1/cases?limit=x", 400),
        ("/v1/cases?cursor=%00", 400),
        ("/v1/cases?state=burnt", 400),
        ("/v1/cases?colour=red", 400),
        ("/v1/cases?cursor=AAAA", 400),
        ("/v1/audit/entries?subject=%00", 400),
        ("/v1/orders?institution=%00", 400),
    ] {
        let response = world.request(Method::GET, path).bearer_auth(&token);
        let response = response.send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        World::code(response).await;
    }
    let post = |media_type: &str, body: Vec<u8>| {
        let request = world
            .request(Method::POST, "/v1/reports")
            .bearer_auth(&token);
        request.header("content-type", media_type).body(body).send()
    };
    let wrong_type = post("text/plain", b"{}".to_vec()).await.unwrap();
    assert_eq!(World::code(wrong_type).await, "request.media_type");
    let large = post("application/json", vec![b' '; (1 << 20) + 1])
        .await
        .unwrap();
    assert_eq!(World::code(large).await, "request.too_large");
    let last = world.request(Method::GET, "/v1/feed").bearer_auth(&token);
    let last = last.header("last-event-id", "x").send().await.unwrap();
    assert_eq!(World::code(last).await, "request.invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_payment_lines_are_refused_one_by_one() {
    let world = World::start().await;
    let token = world.token("analyst").await;
    let line = |tx: &str, minor: &str| {
        format!(
            r#"{{"tx_id":"{tx}","occurred_at":"2026-03-02T08:00:00Z","from":{{"institution":"BK01","account":"1"}},"to":{{"institution":"BK01","account":"2"}},"amount":{{"minor":{minor},"currency":"CNY"}},"channel":"transfer"}}"#
        )
    };
    let body = [
        line("t1", "100"),
        String::new(),
        line("t1", "100"),
        line("t1", "200"),
        line("t2", "-5"),
        "nonsense".to_owned(),
        line("t3", "7"),
    ]
    .join("\n");
    let request = world
        .request(Method::POST, "/v1/payments")
        .bearer_auth(&token);
    let request = request.header("content-type", "application/x-ndjson");
    let response = request.body(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let report: serde_json::Value = response.json().await.unwrap();
    assert_eq!(report["read"], 6, "{report}");
    assert_eq!(report["stored"], 2, "{report}");
    assert_eq!(report["unchanged"], 1, "{report}");
    let lines: Vec<u64> = report["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [4, 5, 6], "{report}");
    assert_eq!(report["refused"][0]["code"], "payment.conflict");
}
