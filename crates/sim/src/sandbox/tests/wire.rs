//! The whole institution over real HTTP, with a listening counterpart in Stanch's place.

use std::sync::atomic::{AtomicU16, Ordering};

use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::mpsc;

use super::*;
use crate::webhook::{SharedKey, SignedHeaders};

/// What the listening counterpart received.
#[derive(Debug)]
struct Heard {
    what: String,
    message_id: String,
    body: Vec<u8>,
}

struct Counterpart {
    url: String,
    heard: mpsc::Receiver<Heard>,
    /// What it answers.
    status: Arc<AtomicU16>,
}

#[derive(Clone)]
struct CounterpartState {
    tell: mpsc::Sender<Heard>,
    status: Arc<AtomicU16>,
}

impl Counterpart {
    async fn listen() -> Self {
        let (tell, heard) = mpsc::channel(64);
        let status = Arc::new(AtomicU16::new(200));
        let state = CounterpartState {
            tell,
            status: status.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new()
            .route("/v1/institutions/{code}/{what}", axum::routing::post(hear))
            .with_state(state);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, heard, status }
    }

    async fn next(&mut self, what: &str) -> Heard {
        loop {
            let heard = self.heard.recv().await.unwrap();
            if heard.what == what {
                return heard;
            }
        }
    }
}

async fn hear(
    State(state): State<CounterpartState>,
    UrlPath((code, what)): UrlPath<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    assert_eq!(code, "BK01");
    let signed =
        SignedHeaders::read(|name| headers.get(name).and_then(|v| v.to_str().ok())).unwrap();
    let key = SharedKey::parse(&secret_text(&SECRET)).unwrap();
    key.verify(&signed, &body, Ctx::system().now()).unwrap();
    let heard = Heard {
        what,
        message_id: signed.id,
        body: body.to_vec(),
    };
    state.tell.send(heard).await.unwrap();
    StatusCode::from_u16(state.status.load(Ordering::SeqCst)).unwrap()
}

/// A signed request as Stanch makes it.
fn signed(request: reqwest::RequestBuilder, id: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
    let now = Ctx::system().now();
    let headers = SharedKey::parse(&secret_text(&SECRET))
        .unwrap()
        .sign(id, now, &body);
    let mut text = format!("{id}.{}.", headers.timestamp).into_bytes();
    text.extend_from_slice(&body);
    let v1a = STANDARD.encode(stanch_pair().sign(&text));
    request
        .header("webhook-id", id)
        .header("webhook-timestamp", headers.timestamp)
        .header(
            "webhook-signature",
            format!("{} v1a,{v1a}", headers.signature),
        )
        .body(body)
}

async fn send(sandbox: &RunningSandbox, value: &Value) -> reqwest::Result<reqwest::Response> {
    let url = format!("http://{}/orders", sandbox.address());
    let id = value["application_id"].as_str().unwrap();
    signed(
        client().unwrap().post(url),
        id,
        serde_json::to_vec(value).unwrap(),
    )
    .send()
    .await
}

async fn running(bench: &Bench, config: SandboxConfig) -> RunningSandbox {
    let _ = bench;
    start(config, Ctx::system()).await.unwrap()
}

#[tokio::test]
async fn an_order_is_acknowledged_carried_out_and_answered() {
    let bench = Bench::new();
    let mut stanch = Counterpart::listen().await;
    let config = SandboxConfig {
        stanch_url: stanch.url.clone(),
        ..bench.config()
    };
    let sandbox = running(&bench, config).await;
    let value = order(1, |_| {});
    let response = send(&sandbox, &value).await.unwrap();
    assert_eq!(response.status(), 202);
    assert_eq!(
        response.json::<Value>().await.unwrap(),
        json!({"receipt": "BK01-000001"})
    );
    let answer = stanch.next("answers").await;
    let message: AnswerMessage = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(held(&message.outcome), Some(200_000));
    let duplicate = send(&sandbox, &value).await.unwrap();
    assert_eq!(duplicate.status(), 409);
    assert_eq!(duplicate.json::<AnswerMessage>().await.unwrap(), message);
    let id = value["application_id"].as_str().unwrap();
    let url = format!("http://{}/orders/{id}", sandbox.address());
    let status = signed(client().unwrap().get(&url), id, Vec::new())
        .send()
        .await
        .unwrap();
    assert_eq!(status.json::<AnswerMessage>().await.unwrap(), message);
    let unsigned = client().unwrap().get(&url).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    let shown: Value = client()
        .unwrap()
        .get(format!("http://{}/accounts/mule", sandbox.address()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&shown["held_minor"], &shown["available_minor"]),
        (&json!(200_000), &json!(150_000))
    );
    sandbox.stop().await.unwrap();
}

#[tokio::test]
async fn orders_need_both_signatures() {
    let bench = Bench::new();
    let sandbox = running(&bench, bench.config()).await;
    let url = format!("http://{}/orders", sandbox.address());
    let value = order(1, |_| {});
    let id = value["application_id"].as_str().unwrap();
    let body = serde_json::to_vec(&value).unwrap();
    let good = signed(client().unwrap().post(&url), id, body.clone())
        .build()
        .unwrap();
    let signature = good.headers()["webhook-signature"]
        .to_str()
        .unwrap()
        .to_owned();
    let (v1, v1a) = signature.split_once(' ').unwrap();
    for bad in [v1, v1a, "v1,AAAA v1a,AAAA"] {
        let mut request = signed(client().unwrap().post(&url), id, body.clone())
            .build()
            .unwrap();
        request
            .headers_mut()
            .insert("webhook-signature", bad.parse().unwrap());
        assert_eq!(
            client().unwrap().execute(request).await.unwrap().status(),
            401,
            "{bad}"
        );
    }
    let other_id = signed(client().unwrap().post(&url), "application_x", body)
        .send()
        .await
        .unwrap();
    assert_eq!(other_id.status(), 400);
    let garbage = signed(client().unwrap().post(&url), id, b"{}".to_vec())
        .send()
        .await
        .unwrap();
    assert_eq!(garbage.status(), 400);
    let other = order(1, |o| o["receiver"] = json!("BK02"));
    assert_eq!(send(&sandbox, &other).await.unwrap().status(), 404);
    assert_eq!(send(&sandbox, &value).await.unwrap().status(), 202);
}

#[tokio::test]
async fn a_lost_receipt_is_found_again() {
    let bench = Bench::new();
    let mut stanch = Counterpart::listen().await;
    let faults = FaultConfig {
        lose_answer_per_mille: 1_000,
        ..FaultConfig::default()
    };
    let config = SandboxConfig {
        stanch_url: stanch.url.clone(),
        faults,
        ..bench.config()
    };
    let sandbox = running(&bench, config).await;
    let value = order(1, |_| {});
    assert!(send(&sandbox, &value).await.is_err());
    stanch.next("answers").await;
    assert_eq!(send(&sandbox, &value).await.unwrap().status(), 409);
}

#[tokio::test]
async fn answers_and_debits_survive_a_crash_until_stanch_takes_them() {
    let bench = Bench::new();
    let mut stanch = Counterpart::listen().await;
    stanch.status.store(500, Ordering::SeqCst);
    let config = SandboxConfig {
        stanch_url: stanch.url.clone(),
        ..bench.config()
    };
    let sandbox = running(&bench, config.clone()).await;
    send(&sandbox, &order(1, |_| {})).await.unwrap();
    let first = stanch.next("answers").await;
    let url = format!("http://{}/payments", sandbox.address());
    let mut body = serde_json::to_vec(&payment("A", "mule", "other", 100)).unwrap();
    body.push(b'\n');
    body.extend(serde_json::to_vec(&payment("B", "other", "mule", 100)).unwrap());
    let results: Value = client()
        .unwrap()
        .post(url)
        .body(body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        results["results"][0],
        json!({"tx_id": "A", "verdict": "booked", "duplicate": false})
    );
    stanch.next("payments").await;
    let address = sandbox.address();
    sandbox.kill().await;
    stanch.status.store(200, Ordering::SeqCst);
    let sandbox = running(&bench, config).await;
    assert_eq!(sandbox.address(), address);
    let again = stanch.next("answers").await;
    assert_eq!(
        (again.message_id, again.body),
        (first.message_id, first.body)
    );
    let pushed = stanch.next("payments").await;
    let lines: Vec<Payment> = String::from_utf8(pushed.body)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, [payment("A", "mule", "other", 100)]);
    assert_eq!(
        send(&sandbox, &order(1, |_| {})).await.unwrap().status(),
        409
    );
}

#[tokio::test]
async fn answers_may_come_at_once_and_may_come_twice() {
    let bench = Bench::new();
    let config = SandboxConfig {
        answer_inline: true,
        ..bench.config()
    };
    let sandbox = running(&bench, config).await;
    let response = send(&sandbox, &order(1, |_| {})).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        held(&response.json::<AnswerMessage>().await.unwrap().outcome),
        Some(200_000)
    );
    drop(sandbox);

    let bench = Bench::new();
    let mut stanch = Counterpart::listen().await;
    let faults = FaultConfig {
        answer_twice_per_mille: 1_000,
        ..FaultConfig::default()
    };
    let config = SandboxConfig {
        stanch_url: stanch.url.clone(),
        faults,
        ..bench.config()
    };
    let sandbox = running(&bench, config).await;
    send(&sandbox, &order(1, |_| {})).await.unwrap();
    let (one, two) = (stanch.next("answers").await, stanch.next("answers").await);
    assert_eq!((one.message_id, one.body), (two.message_id, two.body));
}

#[tokio::test]
async fn an_institution_that_is_down_answers_503_or_not_at_all() {
    let bench = Bench::new();
    let now = Ctx::system().now();
    let down = |refuse_connections| FaultConfig {
        down: vec![DownWindow {
            from: now,
            until: now.plus(Duration::from_hours(1)),
            refuse_connections,
        }],
        ..FaultConfig::default()
    };
    let sandbox = running(
        &bench,
        SandboxConfig {
            faults: down(false),
            ..bench.config()
        },
    )
    .await;
    assert_eq!(
        send(&sandbox, &order(1, |_| {})).await.unwrap().status(),
        503
    );
    sandbox.stop().await.unwrap();
    let sandbox = running(
        &bench,
        SandboxConfig {
            faults: down(true),
            ..bench.config()
        },
    )
    .await;
    // The listener of the start may still hold a connection in its queue; it is closed unanswered either way.
    assert!(send(&sandbox, &order(1, |_| {})).await.is_err());
    sandbox.stop().await.unwrap();
}
