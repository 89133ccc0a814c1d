//! Signing in, cross-site request protection, throttling, headers, the console and stopping.

use reqwest::Method;
use serde_json::{Value, json};
use stanch_store::{VerifyOptions, verify_audit};

use crate::world::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_use_and_sign_out() {
    let world = World::start().await;
    let credentials = json!({"login": "analyst", "password": PASSWORD});
    let response = world
        .request(Method::POST, "/v1/session")
        .json(&credentials)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["user"]["login"], "analyst");
    let csrf = body["csrf_token"].as_str().unwrap();
    let send = |method: Method, path: &str, csrf: Option<&str>| {
        let mut request = world.request(method, path).header("cookie", &cookie);
        if let Some(csrf) = csrf {
            request = request.header("x-csrf-token", csrf);
        }
        request.send()
    };
    let seen = send(Method::GET, "/v1/session", None).await.unwrap();
    assert_eq!(seen.status(), 200);
    for wrong in [None, Some("x")] {
        let refused = send(Method::DELETE, "/v1/session", wrong).await.unwrap();
        assert_eq!(World::code(refused).await, "auth.csrf_invalid");
    }
    let gone = send(Method::DELETE, "/v1/session", Some(csrf))
        .await
        .unwrap();
    assert_eq!(gone.status(), 204);
    let after = send(Method::GET, "/v1/session", None).await.unwrap();
    assert_eq!(World::code(after).await, "auth.sign_in_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_and_unknown_people_are_told_alike_and_throttled() {
    let world = World::start_with(|config| config.limits.sign_in_failures_max = 3).await;
    let try_in = |login: &'static str| {
        let body = json!({"login": login, "password": "wrong horse battery"});
        world
            .request(Method::POST, "/v1/session")
            .json(&body)
            .send()
    };
    for login in ["nobody", "analyst", "NUL\0", "analyst", "analyst"] {
        let refused = try_in(login).await.unwrap();
        assert_eq!(World::code(refused).await, "auth.sign_in_failed", "{login}");
    }
    let braked = try_in("analyst").await.unwrap();
    assert!(braked.headers().contains_key("retry-after"));
    assert_eq!(World::code(braked).await, "request.too_many");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_carry_security_headers_and_the_console_is_served() {
    let world = World::start().await;
    for path in [
        "/",
        "/cases/x",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/v1/none",
    ] {
        let response = world.request(Method::GET, path).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            !policy.contains("script-src 'unsafe-inline'")
                && policy.contains("frame-ancestors 'none'")
        );
        assert!(headers.contains_key("x-request-id"));
    }
    let wrong = world
        .request(Method::POST, "/healthz")
        .send()
        .await
        .unwrap();
    assert!(wrong.headers()["allow"].to_str().unwrap().contains("GET"));
    assert_eq!(World::code(wrong).await, "request.method");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_open_feeds_and_leaves_a_sound_record() {
    let world = World::start().await;
    let token = world.token("analyst").await;
    let feed = world.request(Method::GET, "/v1/feed").bearer_auth(&token);
    let feed = feed.send().await.unwrap();
    assert_eq!(feed.headers()["content-type"], "text/event-stream");
    let base = world.base.clone();
    let left = world.stop().await;
    assert!(feed.text().await.is_ok(), "the feed ended cleanly");
    let gone = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(gone.get(format!("{base}/healthz")).send().await.is_err());
    let verdict = verify_audit(&left.store, &VerifyOptions::default(), &mut |_, _| {}).await;
    let verdict = verdict.unwrap();
    assert!(verdict.is_whole() && verdict.checkpoints > 0, "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_and_feeds_are_turned_away() {
    let world = World::start_with(|config| config.limits.feeds_max = 1).await;
    let token = world.token("analyst").await;
    let open = || {
        world
            .request(Method::GET, "/v1/feed")
            .bearer_auth(&token)
            .send()
    };
    let first = open().await.unwrap();
    assert_eq!(first.status(), 200);
    assert_eq!(
        World::code(open().await.unwrap()).await,
        "internal.unavailable"
    );
}
