//! A wronged person's walk over HTTP: measure, notice at the platform, appeal by claim code, another reviewer, lift.

use std::time::Duration;

use axum::Json;
use axum::http::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stanch_orders::webhook::{WebhookSecret, verify};
use tokio::sync::mpsc;

use crate::intake::{in_parts, posted};
use crate::world::{BANK_SECRET, World};

const ACCOUNT: &str = "acc-7788990011";
const FACTS: &str = "paid 12 strangers within an hour";

/// A platform that takes measures and shows what it was told; it checks every signature.
async fn start_platform(world: &World) -> mpsc::Receiver<Value> {
    let (heard, hears) = mpsc::channel(64);
    let ctx = world.ctx.clone();
    let take = move |headers: HeaderMap, body: String| async move {
        let secret: WebhookSecret = BANK_SECRET.parse().unwrap();
        let signed = verify(&headers, body.as_bytes(), &secret, ctx.now());
        if signed.is_err() {
            return (StatusCode::UNAUTHORIZED, Json(json!({})));
        }
        heard
            .send(serde_json::from_str(&body).unwrap())
            .await
            .unwrap();
        (StatusCode::ACCEPTED, Json(json!({"receipt": "R1"})))
    };
    let router = axum::Router::new().route("/measures", axum::routing::post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let form = json!({"name": "Platform", "kind": "platform", "endpoint": format!("http://{address}"),
        "webhook_secret": BANK_SECRET, "order_latency_ms": 1_000});
    let liaison = world.token("liaison").await;
    let put = world
        .request(Method::PUT, "/v1/institutions/PF01")
        .bearer_auth(&liaison)
        .json(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 200);
    hears
}

async fn next(hears: &mut mpsc::Receiver<Value>) -> Value {
    tokio::time::timeout(Duration::from_secs(30), hears.recv())
        .await
        .unwrap()
        .unwrap()
}

fn wish(world: &World) -> Value {
    json!({
        "subject": {"platform": "PF01", "kind": "account", "reference": ACCOUNT},
        "kind": "suspend", "scope": "the whole account", "facts": FACTS, "lasts_hours": 720,
        "ground": {"basis": "illegal_content", "reference": "art. 18", "explanation": "part of a chain"},
        "signals": [{"kind": "payment", "detail": "fan-out", "seen_at": world.now_text()}],
        "automation": "not_automated", "money_held": {"minor": 500_000, "currency": "CNY"},
    })
}

async fn public(world: &World, path: &str, body: &Value) -> reqwest::Response {
    let request = world.request(Method::POST, path);
    request.json(body).send().await.unwrap()
}

/// Files an appeal by claim code, with a document.
async fn appeal(world: &World, claim: &str) {
    let filing = json!({"claim_code": claim.to_lowercase(), "says": "我卖的是自行车", "livelihood": "salary"});
    let filed = public(world, "/v1/public/appeals", &filing).await;
    assert_eq!(filed.status(), 201);
    let again = public(world, "/v1/public/appeals", &filing).await;
    assert_eq!(World::code(again).await, "appeal.state");
    let send = |bytes: &'static [u8]| {
        world
            .request(Method::POST, "/v1/public/appeals/documents")
            .header("content-type", "application/octet-stream")
            .header("stanch-claim-code", claim)
            .header("stanch-document-name", "slip.pdf")
            .body(bytes)
            .send()
    };
    assert_eq!(send(b"%PDF-1.4 slip").await.unwrap().status(), 201);
    let program = send(b"MZ\x90\x00").await.unwrap();
    assert_eq!(World::code(program).await, "appeal.invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wronged_person_is_heard_without_signing_in_and_another_person_lifts() {
    let world = World::start().await;
    let mut platform = start_platform(&world).await;
    let (analyst, reviewer) = (world.token("analyst").await, world.token("reviewer").await);
    let taken = world.done(&analyst, "/v1/measures", &wish(&world)).await;
    let path = format!("/v1/measures/{}", taken["id"].as_str().unwrap());
    let told = next(&mut platform).await;
    assert_eq!(
        (&told["verb"], &told["kind"]),
        (&json!("apply"), &json!("suspend"))
    );
    assert!(
        told["notice"]["zh"]["reason"]
            .as_str()
            .unwrap()
            .contains(FACTS)
    );
    let claim = told["claim_code"].as_str().unwrap();
    assert!(
        !taken.to_string().contains(claim),
        "nobody in the house can speak for the one it hits"
    );
    appeal(&world, claim).await;

    let queue = world.get(&reviewer, "/v1/appeals").await;
    let id = queue["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        queue["items"][0]["materials"][0]["media_type"],
        "application/pdf"
    );
    let take = format!("/v1/appeals/{id}/take");
    let refused = world.post(&analyst, &take, &json!({})).await;
    assert_eq!(World::code(refused).await, "auth.forbidden");
    world.done(&reviewer, &take, &json!({})).await;
    let decision = json!({"outcome": "upheld", "reason": "a bicycle was sold"});
    let decided = world
        .done(&reviewer, &format!("/v1/appeals/{id}/decide"), &decision)
        .await;
    assert_eq!(decided["stands"]["state"], "decided", "{decided}");
    assert_eq!(next(&mut platform).await["verb"], "lift");

    what_is_told_afterwards(&world, claim, &path).await;
    let over = world
        .post(
            &analyst,
            &format!("{path}/lift"),
            &json!({"reason": "again"}),
        )
        .await;
    assert_eq!(World::code(over).await, "measure.state");
}

/// The filer reads the reason, the public the numbers, and auditors nobody's name.
async fn what_is_told_afterwards(world: &World, claim: &str, path: &str) {
    let analyst = world.token("analyst").await;
    let status = public(
        world,
        "/v1/public/appeals/status",
        &json!({"claim_code": claim}),
    )
    .await;
    let status: Value = status.json().await.unwrap();
    assert_eq!(
        (&status["state"], &status["appeals"][0]["reason"]),
        (&json!("lifted"), &json!("a bicycle was sold"))
    );
    let statistics = world.get(&analyst, "/v1/public/statistics").await;
    assert_eq!(
        (&statistics["overturned"], &statistics["overturn_rate"]),
        (&json!(1), &json!(10_000))
    );
    let statements = world
        .get(&analyst, "/v1/public/statements")
        .await
        .to_string();
    assert!(
        !statements.contains(ACCOUNT) && !statements.contains(FACTS),
        "{statements}"
    );
    let auditor = world.token("auditor").await;
    let masked = world.get(&auditor, path).await.to_string();
    assert!(
        !masked.contains(ACCOUNT) && !masked.contains(FACTS) && !masked.contains("自行车"),
        "{masked}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measure_without_a_signal_of_its_own_is_refused_and_codes_are_not_guessed() {
    let world = World::start().await;
    let _platform = start_platform(&world).await;
    let analyst = world.token("analyst").await;
    let mut bare = wish(&world);
    bare["signals"] = json!([]);
    let refused = world.post(&analyst, "/v1/measures", &bare).await;
    assert_eq!(World::code(refused).await, "measure.invalid");
    let guess = json!({"claim_code": "0000-0000-0000-0000"});
    let refused = public(&world, "/v1/public/appeals/status", &guess).await;
    assert_eq!(World::code(refused).await, "measure.not_found");
    let elsewhere = json!({"claim_code": "0000-0000-0000-0000", "says": "x"});
    let refused = public(&world, "/v1/public/appeals", &elsewhere).await;
    assert_eq!(World::code(refused).await, "measure.not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_tried_dry_approved_by_another_and_taken_back() {
    let world = World::start().await;
    let mut platform = start_platform(&world).await;
    let (analyst, approver) = (world.token("analyst").await, world.token("approver").await);
    let signal = json!({"kind": "report", "detail": "named", "seen_at": world.now_text()});
    let subject = |nth: u32, signals: Value| json!({"subject": {"platform": "PF01", "kind": "account", "reference": format!("b{nth}")}, "signals": signals});
    let wish = json!({"kind": "limit_function", "scope": "paying out", "facts": "named in reports", "lasts_hours": 24,
        "ground": {"basis": "illegal_content", "reference": "art. 18", "explanation": "named"}, "hotline": "96110"});
    let body = [wish, subject(1, json!([signal])), subject(2, json!([]))]
        .map(|line| line.to_string())
        .join("\n");
    let asked = world
        .request(Method::POST, "/v1/measure-batches")
        .bearer_auth(&analyst);
    let asked = asked
        .header("content-type", "application/x-ndjson")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), 201);
    let batch: Value = asked.json().await.unwrap();
    assert_eq!(
        (
            &batch["dry_run"]["hit"],
            &batch["dry_run"]["without_signal"]
        ),
        (&json!(1), &json!(1))
    );
    let path = format!("/v1/measure-batches/{}", batch["id"].as_str().unwrap());
    let both = world.token("both").await;
    world
        .done(&approver, &format!("{path}/approve"), &json!({}))
        .await;
    let told = next(&mut platform).await;
    assert_eq!(told["subject"]["reference"], "b1");
    let twice = world
        .post(&both, &format!("{path}/approve"), &json!({}))
        .await;
    assert_eq!(World::code(twice).await, "batch.state");
    world
        .done(
            &analyst,
            &format!("{path}/rollback"),
            &json!({"reason": "a wrong list"}),
        )
        .await;
    assert_eq!(next(&mut platform).await["verb"], "lift");
    let excluded = world
        .get(&analyst, &format!("{path}/subjects?result=excluded"))
        .await;
    assert_eq!(excluded["items"][0]["line"], 2);
}

/// The text of a page and its status.
async fn read(answer: reqwest::Response) -> (u16, String) {
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_takes_an_appeal_and_tells_the_outcome() {
    let world = World::start().await;
    let mut platform = start_platform(&world).await;
    let (analyst, reviewer) = (world.token("analyst").await, world.token("reviewer").await);
    world.done(&analyst, "/v1/measures", &wish(&world)).await;
    let told = next(&mut platform).await;
    let code = told["claim_code"].as_str().unwrap();

    let unknown = read(posted(&world, "/appeal?lang=zh", &[("code", "0000")]).await).await;
    assert!(unknown.0 == 422 && unknown.1.contains("没有处置使用这个查询码"));
    let (status, page) = read(posted(&world, "/appeal?lang=zh", &[("code", code)]).await).await;
    assert!(
        status == 200 && page.contains(FACTS) && page.contains("生效中"),
        "{page}"
    );

    let fields = [
        ("code", code),
        ("says", "<b>我卖的是自行车</b>"),
        ("livelihood", "salary"),
    ];
    let files = [(b"%PDF-1.4 slip".as_slice(), "slip.pdf")];
    let sent = world
        .request(Method::POST, "/appeal?lang=en")
        .header("content-type", "multipart/form-data; boundary=XX")
        .body(in_parts(&fields, &files));
    let (status, page) = read(sent.send().await.unwrap()).await;
    assert!(
        status == 200 && page.contains("Your appeal has arrived"),
        "{page}"
    );
    assert!(!page.contains("<textarea"), "one appeal at a time");
    let again = [("code", code), ("says", "again")];
    let (status, page) = read(posted(&world, "/appeal?lang=en", &again).await).await;
    assert!(status == 422 && page.contains("An appeal is being worked on"));

    let queue = world.get(&reviewer, "/v1/appeals").await;
    let filed = &queue["items"][0];
    assert_eq!(
        (&filed["livelihood"], &filed["materials"][0]["name"]),
        (&json!("salary"), &json!("slip.pdf"))
    );
    let path = format!("/v1/appeals/{}", filed["id"].as_str().unwrap());
    world
        .done(&reviewer, &format!("{path}/take"), &json!({}))
        .await;
    let decision = json!({"outcome": "upheld", "reason": "a <bicycle> was sold"});
    world
        .done(&reviewer, &format!("{path}/decide"), &decision)
        .await;
    let (_, page) = read(posted(&world, "/appeal?lang=en", &[("code", code)]).await).await;
    assert!(page.contains("a &lt;bicycle&gt; was sold"), "{page}");
    let lifted = world
        .request(Method::GET, "/statistics?lang=en")
        .send()
        .await;
    let (_, page) = read(lifted.unwrap()).await;
    assert!(page.contains("100.00 %"), "{page}");
}
