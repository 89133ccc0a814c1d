//! What texts say, asked over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const SCAM: &str = "兼职刷单，日赚三百，先垫付后返佣金，加微信：abc①②③④，官网 alipay-login[.]top/a";

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_scanned_one_or_many_and_nothing_is_decided() {
    let world = World::start().await;
    let analyst = world.token("analyst").await;
    let body = json!({ "id": 7, "text": SCAM });
    let one = world.done(&analyst, "/v1/scan", &body).await;
    assert_eq!(one["id"], 7);
    assert!(one["score"].as_u64().unwrap() > 5_000, "{one}");
    assert_eq!(one["contacts"][0]["platform"], "wechat");
    let url = &one["urls"][0];
    assert_eq!(url["url"], "http://alipay-login.top/a");
    assert_eq!(
        url["reasons"][0],
        json!({ "reason": "lookalike", "says": "alipay.com" })
    );
    let from = url["start"].as_u64().unwrap() as usize;
    let written: String = SCAM.chars().skip(from).take(20).collect();
    assert_eq!(written, "alipay-login[.]top/a");

    let lines = format!(
        "{body}\n\nnothing\n{}\n{{\"text\":1}}",
        json!({ "text": "明天一起吃饭吧" })
    );
    let many = |lines: String| {
        world
            .request(Method::POST, "/v1/scan")
            .bearer_auth(&analyst)
            .header("content-type", "application/x-ndjson")
            .body(lines)
            .send()
    };
    let answers = many(lines).await.unwrap();
    assert_eq!(answers.status(), 200);
    let answers: Vec<Value> = (answers.text().await.unwrap().lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert_eq!(answers[0], one);
    assert_eq!(
        (&answers[1]["line"], &answers[1]["error"]["code"]),
        (&json!(3), &json!("request.invalid"))
    );
    assert_eq!(answers[2]["id"], Value::Null);
    assert!(answers[2]["score"].as_u64().unwrap() < 5_000, "{answers:?}");
    assert_eq!(answers[3]["line"], 5);
    let refused = many("{\"text\":\"\"}\n".repeat(2_001)).await.unwrap();
    assert_eq!(World::code(refused).await, "request.too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_scanned_is_told() {
    let world = World::start().await;
    let (analyst, approver) = (world.token("analyst").await, world.token("approver").await);
    let refused = world
        .post(&approver, "/v1/scan", &json!({ "text": "" }))
        .await;
    assert_eq!(World::code(refused).await, "auth.forbidden");
    for body in [
        json!({}),
        json!({ "text": 1 }),
        json!({ "text": "", "more": 1 }),
    ] {
        let refused = world.post(&analyst, "/v1/scan", &body).await;
        assert_eq!(World::code(refused).await, "request.invalid", "{body}");
    }
    let large = json!({ "text": "好".repeat(400_000) });
    let refused = world.post(&analyst, "/v1/scan", &large).await;
    assert_eq!(World::code(refused).await, "request.too_large");
    let plain = world
        .request(Method::POST, "/v1/scan")
        .bearer_auth(&analyst)
        .header("content-type", "text/plain")
        .body("好");
    assert_eq!(
        World::code(plain.send().await.unwrap()).await,
        "request.media_type"
    );
}
