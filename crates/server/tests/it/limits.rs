//! What the server does when there is too much, too slow or too broken.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use stanch_store::NewJob;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::world::World;

/// Far longer than anything here takes; only so that a failing test ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// The head of a request whose body is longer than what will be sent.
fn unfinished(token: &str) -> String {
    format!(
        "POST /v1/reports HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    )
}

async fn everything(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    assert!(read.is_ok(), "the connection stays open");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_many_is_turned_away_until_another_ends() {
    let world = World::start_with(|config| config.limits.requests_max = 1).await;
    let token = world.token("analyst").await;
    let list = || {
        world
            .request(Method::GET, "/v1/cases")
            .bearer_auth(&token)
            .send()
    };
    // Whichever of the two comes first takes the only place: a slow one that came second is sent again.
    let turned_away = async {
        loop {
            let slow = world.raw(&unfinished(&token)).await;
            let answer = list().await.unwrap();
            if answer.status() == 503 {
                return (slow, answer);
            }
        }
    };
    let (slow, answer) = tokio::time::timeout(PATIENCE, turned_away).await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(World::code(answer).await, "internal.unavailable");
    // What watches over the server is let in all the same.
    let health = world.request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(health.status(), 200);
    drop(slow);
    let room = async { while list().await.unwrap().status() != 200 {} };
    tokio::time::timeout(PATIENCE, room).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_ends_in_a_timeout() {
    let world = World::start_with(|config| config.limits.request_secs = 1).await;
    let token = world.token("analyst").await;
    let stream = world.raw(&unfinished(&token)).await;
    let answer = everything(stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"code\":\"request.timeout\""), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_ends_the_connection() {
    let world = World::start_with(|config| config.limits.header_secs = 1).await;
    for head in ["", "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let stream = world.raw(head).await;
        let answer = everything(stream).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_as_often_as_allowed_is_buried() {
    let world = World::start_with(|config| config.jobs.tries_max = 2).await;
    let mut ended = world.store.jobs_watch();
    let mut tx = world.store.begin().await.unwrap();
    let order: stanch_types::OrderId = world.ctx.new_id();
    let job = NewJob {
        id: world.ctx.new_id(),
        kind: "order.expire".to_owned(),
        payload: json!({ "order_id": order, "attempt": 0 }),
        run_at: stanch_types::Timestamp::EPOCH,
        unique_key: None,
    };
    tx.enqueue_job(&job).await.unwrap();
    tx.commit().await.unwrap();
    let buried = async {
        loop {
            let counts = world
                .store
                .read()
                .await
                .unwrap()
                .count_jobs()
                .await
                .unwrap();
            if counts.buried == 1 {
                return counts;
            }
            ended.changed().await.unwrap();
        }
    };
    let counts = tokio::time::timeout(PATIENCE, buried).await.unwrap();
    assert_eq!((counts.pending, counts.running, counts.done), (0, 0, 0));
    let metrics = world.request(Method::GET, "/metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "stanch_jobs_run_total{kind=\"order.expire\",result=\"retried\"} 1",
        "stanch_jobs_run_total{kind=\"order.expire\",result=\"buried\"} 1",
        "stanch_jobs{state=\"buried\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}
