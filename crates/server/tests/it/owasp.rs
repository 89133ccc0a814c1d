//! The OWASP API Security Top 10 of 2023, each tried on the running server.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use stanch_orders::webhook::WebhookSecret;
use stanch_types::report::Priority;
use stanch_types::{Duration, Timestamp};

use crate::golden_hour::{planned_case, report};
use crate::sample;
use crate::world::{PASSWORD, World};

fn in_an_hour(world: &World) -> Timestamp {
    world.ctx.now().plus(Duration::from_hours(1))
}

async fn code_of(world: &World, token: &str, method: Method, path: &str) -> String {
    let request = world.request(method, path).bearer_auth(token);
    World::code(request.send().await.unwrap()).await
}

/// Somebody of one organisation names the records of another.
#[tokio::test(flavor = "multi_thread")]
async fn api1_broken_object_level_authorization() {
    let (ours, theirs) = (World::start().await, World::start().await);
    let mut tx = theirs.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &theirs.ctx, Priority::P0).await;
    let order = sample::order(&theirs.ctx, case.id, "stop_payment", "6222");
    let step = sample::step(&theirs.ctx, &order, 1, None);
    tx.insert_order(&order, &step).await.unwrap();
    tx.commit().await.unwrap();
    let (here, there) = (in_an_hour(&ours), in_an_hour(&theirs));
    for (login, path, code) in [
        (
            "analyst",
            format!("/v1/cases/{}", case.id),
            "case.not_found",
        ),
        (
            "analyst",
            format!("/v1/cases/{}/trace", case.id),
            "case.not_found",
        ),
        (
            "auditor",
            format!("/v1/orders/{}", order.id),
            "order.not_found",
        ),
        (
            "liaison",
            format!("/v1/orders/{}/document", order.id),
            "order.not_found",
        ),
    ] {
        let own = theirs.session_until(login, there).await;
        let found = theirs
            .request(Method::GET, &path)
            .bearer_auth(&own)
            .send()
            .await
            .unwrap();
        assert_ne!(found.status(), 401, "{path}");
        let token = ours.session_until(login, here).await;
        assert_eq!(code_of(&ours, &token, Method::GET, &path).await, code);
        assert_eq!(
            code_of(&theirs, &token, Method::GET, &path).await,
            "auth.sign_in_required"
        );
    }
    let analyst = ours.session_until("analyst", here).await;
    let cases = ours.get(&analyst, "/v1/cases").await;
    assert_eq!(
        cases["items"],
        json!([]),
        "a list shows another organisation's cases"
    );
    // Everything about one record is for those who name it; everything about all is for auditors.
    assert_eq!(
        code_of(&ours, &analyst, Method::GET, "/v1/audit/entries").await,
        "auth.forbidden"
    );
}

/// Tokens guessed, cut, forged, put in other places, used after their end.
#[tokio::test(flavor = "multi_thread")]
async fn api2_broken_authentication() {
    let world = World::start().await;
    let token = world.session_until("analyst", in_an_hour(&world)).await;
    world.get(&token, "/v1/cases").await;
    let cut = token.get(1..).unwrap().to_owned();
    let forged = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmFseXN0In0.".to_owned();
    for shown in [
        cut,
        format!("{token}x"),
        token.to_uppercase(),
        forged,
        "0".repeat(43),
        String::new(),
    ] {
        let code = code_of(&world, &shown, Method::GET, "/v1/cases").await;
        assert_eq!(code, "auth.sign_in_required", "{shown}");
    }
    for request in [
        world.request(Method::GET, &format!("/v1/cases?access_token={token}")),
        world
            .request(Method::GET, "/v1/cases")
            .basic_auth("analyst", Some(PASSWORD)),
        world
            .request(Method::GET, "/v1/cases")
            .header("x-user", "analyst")
            .header("x-forwarded-user", "analyst"),
    ] {
        let refused = request.send().await.unwrap();
        assert_eq!(World::code(refused).await, "auth.sign_in_required");
    }
    let late = world.session_until("analyst", world.ctx.now()).await;
    assert_eq!(
        code_of(&world, &late, Method::GET, "/v1/cases").await,
        "auth.sign_in_required"
    );
    let gone = world
        .request(Method::DELETE, "/v1/session")
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(
        code_of(&world, &token, Method::GET, "/v1/cases").await,
        "auth.sign_in_required"
    );
}

/// Neither another spelling nor a claimed address makes new tries of old ones.
#[tokio::test(flavor = "multi_thread")]
async fn api2_passwords_guessed() {
    let world = World::start_with(|config| config.limits.sign_in_failures_max = 3).await;
    let mut answers = Vec::new();
    for n in 0..40 {
        let login = if n % 2 == 0 { "approver" } else { " approver " };
        let tried = world
            .request(
                Method::POST,
                if n % 3 == 0 {
                    "/v1/session"
                } else {
                    "/v1/tokens"
                },
            )
            .header("x-forwarded-for", format!("203.0.113.{n}"))
            .json(&json!({"login": login, "password": format!("guess number {n}")}));
        answers.push(tried.send().await.unwrap().status().as_u16());
    }
    let checked = answers.iter().filter(|status| **status == 401).count();
    assert!(
        checked <= 2 * 3,
        "{checked} guesses were looked at: {answers:?}"
    );
    assert!(
        answers
            .iter()
            .all(|status| [400, 401, 422, 429].contains(status)),
        "{answers:?}"
    );
    let right = json!({"login": "approver", "password": PASSWORD});
    let braked = world
        .request(Method::POST, "/v1/session")
        .json(&right)
        .send()
        .await
        .unwrap();
    assert_eq!(
        World::code(braked).await,
        "request.too_many",
        "the right password gets past the brake"
    );
}

/// Fields that the caller may not set, and fields that no caller may read.
#[tokio::test(flavor = "multi_thread")]
async fn api3_broken_object_property_level_authorization() {
    let world = World::start().await;
    let analyst = world.session_until("analyst", in_an_hour(&world)).await;
    let liaison = world.session_until("liaison", in_an_hour(&world)).await;
    for (name, value) in [
        ("id", json!("report_0198f0c0a0007000800000000000002a")),
        ("state", json!({"state": "closed", "answer": "x"})),
        ("priority", json!("p2")),
        ("org_id", json!("org_0198f0c0a0007000800000000000002a")),
        ("received_at", json!("2020-01-01T00:00:00Z")),
    ] {
        let mut body = report(&world.now_text());
        body[name] = value;
        let refused = world.post(&analyst, "/v1/reports", &body).await;
        assert_eq!(World::code(refused).await, "request.invalid", "{name}");
    }
    let case = planned_case(&world, &analyst).await;
    let path = format!("/v1/plans/{}/submit", case["plan"]["id"].as_str().unwrap());
    let refused = world
        .post(
            &analyst,
            &path,
            &json!({"approved_by": "me", "state": "approved"}),
        )
        .await;
    assert_eq!(World::code(refused).await, "request.invalid");
    let bank = world
        .get(&liaison, "/v1/institutions/BK01")
        .await
        .to_string();
    let people = world.get(&liaison, "/v1/users").await.to_string();
    for secret in [
        "whsec_",
        "webhook_secret",
        "argon2",
        "password",
        "token_sha256",
    ] {
        let shown = bank.contains(secret)
            && !(secret == "webhook_secret" && bank.contains("has_webhook_secret"));
        assert!(
            !shown && !people.contains(secret),
            "{secret}: {bank} {people}"
        );
    }
    // Auditors see that there was a reporter, not who.
    let auditor = world.session_until("auditor", in_an_hour(&world)).await;
    let seen = world.get(&auditor, "/v1/reports").await.to_string();
    let seen = seen
        + &world
            .get(
                &auditor,
                &format!("/v1/cases/{}", case["id"].as_str().unwrap()),
            )
            .await
            .to_string();
    assert!(
        !seen.contains("13800138000") && !seen.contains("Li Xiaolong"),
        "{seen}"
    );
}

/// Bodies, pages and nesting without measure.
#[tokio::test(flavor = "multi_thread")]
async fn api4_unrestricted_resource_consumption() {
    let world = World::start_with(|config| config.limits.feeds_max = 2).await;
    let token = world.session_until("analyst", in_an_hour(&world)).await;
    let post = |path: &str, body: Vec<u8>| {
        let request = world.request(Method::POST, path).bearer_auth(&token);
        request
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    let large = post("/v1/reports", vec![b' '; (1 << 20) + 1])
        .await
        .unwrap();
    assert_eq!(World::code(large).await, "request.too_large");
    let deep = post("/v1/reports", "[".repeat(1 << 19).into_bytes())
        .await
        .unwrap();
    assert_eq!(World::code(deep).await, "request.invalid");
    for path in [
        "/v1/public/appeals",
        "/v1/public/appeals/status",
        "/v1/session",
        "/v1/tokens",
    ] {
        let request = world
            .request(Method::POST, path)
            .header("content-type", "application/json");
        let large = request.body(vec![b' '; (64 << 20) + 1]).send().await;
        // Cut off or answered; never taken in.
        if let Ok(answer) = large {
            assert_eq!(World::code(answer).await, "request.too_large", "{path}");
        }
    }
    for list in [
        "cases",
        "orders",
        "reports",
        "measures",
        "appeals",
        "measure-batches",
        "decisions",
    ] {
        for limit in ["0", "-1", "100000", "99999999999999999999"] {
            let path = format!("/v1/{list}?limit={limit}");
            let code = code_of(&world, &token, Method::GET, &path).await;
            assert_eq!(code, "request.invalid", "{path}");
        }
    }
    let feed = || {
        world
            .request(Method::GET, "/v1/feed")
            .bearer_auth(&token)
            .send()
    };
    let open = (feed().await.unwrap(), feed().await.unwrap());
    assert_eq!(
        World::code(feed().await.unwrap()).await,
        "internal.unavailable"
    );
    drop(open);
}

/// Functions of other roles, asked for directly and by detours.
#[tokio::test(flavor = "multi_thread")]
async fn api5_broken_function_level_authorization() {
    let world = World::start().await;
    let source = world.session_until("source", in_an_hour(&world)).await;
    let auditor = world.session_until("auditor", in_an_hour(&world)).await;
    let order = "/v1/orders/order_0198f0c0a0007000800000000000002a/approve";
    for token in [&source, &auditor] {
        assert_eq!(
            code_of(&world, token, Method::POST, order).await,
            "auth.forbidden"
        );
        for header in [
            "x-http-method-override",
            "x-method-override",
            "x-original-method",
        ] {
            let request = world
                .request(Method::GET, order)
                .bearer_auth(token)
                .header(header, "POST");
            let refused = request.send().await.unwrap();
            assert_eq!(World::code(refused).await, "request.method", "{header}");
        }
        let request = world.request(Method::GET, "/healthz").bearer_auth(token);
        let answer = request
            .header("x-original-url", "/v1/reports")
            .header("x-rewrite-url", "/v1/reports");
        assert!(
            !answer
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap()
                .contains("items")
        );
    }
    for path in [
        "/v1//reports",
        "/v1/reports/",
        "/V1/reports",
        "/v1/./reports",
        "/v1/%72eports",
        "/v1/reports%2f",
        "/v1/x/..%2freports",
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {source}\r\nconnection: close\r\n\r\n"
        );
        let mut stream = world.raw(&request).await;
        let mut text = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut text)
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(!text.contains("\"items\""), "{path}: {text}");
    }
}

/// The flows that money and rights hang on, run through by one person, twice at once, and by guessing.
#[tokio::test(flavor = "multi_thread")]
async fn api6_unrestricted_access_to_sensitive_business_flows() {
    let world = World::start().await;
    let both = world.session_until("both", in_an_hour(&world)).await;
    let case = planned_case(&world, &both).await;
    let plan = case["plan"]["id"].as_str().unwrap().to_owned();
    let lines = json!({"lines": [{"rank": 1}], "emergency": false, "reason": "money is there",
        "authority": {"body": "County bureau", "reference": "A-1"}});
    world
        .done(&both, &format!("/v1/plans/{plan}/submit"), &lines)
        .await;
    let approved = world
        .post(&both, &format!("/v1/plans/{plan}/approve"), &json!({}))
        .await;
    assert_eq!(
        World::code(approved).await,
        "order.same_person",
        "one person did both halves"
    );
    // The same request sent by many at once is one.
    let body = report(&world.now_text());
    let send = || {
        let request = world
            .request(Method::POST, "/v1/reports")
            .bearer_auth(&both);
        request.header("idempotency-key", "k1").json(&body).send()
    };
    let (a, b, c) = tokio::join!(send(), send(), send());
    let mut ids = std::collections::BTreeSet::new();
    for answer in [a, b, c] {
        let answer = answer.unwrap();
        if answer.status().is_success() {
            let made: Value = answer.json().await.unwrap();
            ids.insert(made["id"].to_string());
        } else {
            assert_eq!(World::code(answer).await, "idempotency.in_progress");
        }
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
    // A claim code has 80 bits; wrong ones say nothing but that they are wrong.
    for n in 0..50 {
        let guess = json!({"claim_code": format!("{n:016}")});
        let answer = world
            .request(Method::POST, "/v1/public/appeals/status")
            .json(&guess);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), 404);
        World::code(answer).await;
    }
}

/// Addresses that the server is to be made to call.
#[tokio::test(flavor = "multi_thread")]
async fn api7_server_side_request_forgery() {
    let world = World::start_with(|config| config.institutions_allowed.clear()).await;
    let token = world.session_until("liaison", in_an_hour(&world)).await;
    for endpoint in [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "http://127.0.0.1:7480/v1",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "file:///etc/passwd",
        "gopher://bank.example/",
        "https://user:secret@bank.example/",
        "not an address",
    ] {
        let form = json!({"name": "Bank", "kind": "bank", "endpoint": endpoint, "order_latency_ms": 1_000});
        let put = world
            .request(Method::PUT, "/v1/institutions/BK01")
            .bearer_auth(&token);
        let refused = put.json(&form).send().await.unwrap();
        assert_eq!(refused.status(), 422, "{endpoint}");
        assert_eq!(
            World::code(refused).await,
            "institution.endpoint",
            "{endpoint}"
        );
    }
}

/// Headers, methods and error texts.
#[tokio::test(flavor = "multi_thread")]
async fn api8_security_misconfiguration() {
    let world = World::start().await;
    let token = world.session_until("analyst", in_an_hour(&world)).await;
    for (method, path) in [
        (Method::GET, "/v1/cases"),
        (Method::GET, "/v1/cases/%ff"),
        (Method::POST, "/v1/reports"),
        (Method::TRACE, "/v1/cases"),
        (Method::OPTIONS, "/v1/cases"),
    ] {
        let request = world.request(method.clone(), path).bearer_auth(&token);
        let answer = request
            .header("origin", "https://evil.example")
            .send()
            .await
            .unwrap();
        let headers = answer.headers().clone();
        for absent in [
            "access-control-allow-origin",
            "access-control-allow-credentials",
            "server",
            "x-powered-by",
        ] {
            assert!(!headers.contains_key(absent), "{method} {path}: {absent}");
        }
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(
            method == Method::GET || method == Method::POST || !answer.status().is_success(),
            "{method}"
        );
        let text = answer.text().await.unwrap();
        for inner in [
            "panicked",
            "src/",
            "sqlx",
            "SELECT ",
            "stanch.db",
            "/root",
            "RUST_",
        ] {
            assert!(!text.contains(inner), "{method} {path}: {text}");
        }
        assert!(!text.contains(&token), "the answer repeats the token");
    }
    let cookie = world
        .request(Method::POST, "/v1/session")
        .json(&json!({"login": "analyst", "password": PASSWORD}))
        .send()
        .await
        .unwrap();
    assert_eq!(cookie.headers()["cache-control"], "no-store");
}

/// Routes that nobody wrote down: older versions, debug pages, other methods.
#[tokio::test(flavor = "multi_thread")]
async fn api9_improper_inventory_management() {
    let world = World::start().await;
    let token = world.session_until("both", in_an_hour(&world)).await;
    for path in [
        "/v1/debug",
        "/v1/admin",
        "/v1/config",
        "/v1/internal/users",
        "/v1/swagger",
        "/v1/graphql",
    ] {
        assert_eq!(
            code_of(&world, &token, Method::GET, path).await,
            "resource.not_found",
            "{path}"
        );
    }
    for path in [
        "/v0/cases",
        "/v2/cases",
        "/api/cases",
        "/debug/pprof",
        "/actuator/env",
        "/.env",
        "/.git/config",
        "/stanch.db",
    ] {
        let answer = world
            .request(Method::GET, path)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        let text = answer.text().await.unwrap();
        assert!(
            !text.contains("items") && !text.contains("[core]") && !text.contains("SQLite format"),
            "{path}"
        );
    }
    let document = world
        .request(Method::GET, "/openapi.json")
        .send()
        .await
        .unwrap();
    let document: Value = document.json().await.unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH"] {
            if item.get(method.to_lowercase()).is_none() && !path.contains('{') {
                let method: Method = method.parse().unwrap();
                let code = code_of(&world, &token, method.clone(), path).await;
                assert_eq!(
                    code, "request.method",
                    "{method} {path} is served and not written down"
                );
            }
        }
    }
}

/// What a bank sends, with the number and time of its message.
struct BankSays<'a> {
    path: &'a str,
    id: &'a str,
    at: i64,
    body: &'a str,
}

impl<'a> BankSays<'a> {
    fn of(at: i64, id: &'a str, body: &'a str) -> Self {
        let path = BANK_PAYMENTS;
        Self { path, id, at, body }
    }

    async fn send(&self, world: &World, signature: &str) -> Response {
        let request = world
            .request(Method::POST, self.path)
            .header("content-type", "application/x-ndjson")
            .header("webhook-id", self.id)
            .header("webhook-timestamp", self.at.to_string())
            .header("webhook-signature", signature)
            .body(self.body.to_owned());
        request.send().await.unwrap()
    }

    fn signed(&self, secret: &str) -> String {
        let secret: WebhookSecret = secret.parse().unwrap();
        secret.sign(self.id, self.at, self.body.as_bytes())
    }

    async fn taken(&self, world: &World) -> Value {
        let signature = self.signed(crate::world::BANK_SECRET);
        self.send(world, &signature).await.json().await.unwrap()
    }
}

const BANK_PAYMENTS: &str = "/v1/institutions/BK01/payments";

/// A world with a case, and a payment that its bank may tell.
async fn world_with_a_payment() -> (World, Value) {
    let world = World::start().await;
    let analyst = world.session_until("analyst", in_an_hour(&world)).await;
    planned_case(&world, &analyst).await;
    let line = json!({"tx_id": "t9", "occurred_at": world.now_text(), "channel": "transfer",
        "from": {"institution": "BK01", "account": "6222020000000000001"},
        "to": {"institution": "BK01", "account": "6222020000000000002"},
        "amount": {"minor": 5, "currency": "CNY"}});
    (world, line)
}

/// Somebody sends in a bank's name.
#[tokio::test(flavor = "multi_thread")]
async fn api10_unsafe_consumption_of_apis() {
    let (world, line) = world_with_a_payment().await;
    let body = line.to_string();
    let good = BankSays {
        path: BANK_PAYMENTS,
        id: "m7",
        at: world.ctx.now().as_secs(),
        body: &body,
    };
    let signature = good.signed(crate::world::BANK_SECRET);
    let stale = BankSays {
        at: good.at - 86_400,
        ..good
    };
    let other_key = good.signed("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let of_yesterday = stale.signed(crate::world::BANK_SECRET);
    let other_number = BankSays { id: "m8", ..good };
    let other_time = BankSays {
        at: good.at + 1,
        ..good
    };
    let other_body = BankSays { body: "{}", ..good };
    let other_bank = BankSays {
        path: "/v1/institutions/BK02/payments",
        ..good
    };
    for (why, says, signature) in [
        ("no signature", &good, ""),
        ("other key", &good, other_key.as_str()),
        ("other number", &other_number, signature.as_str()),
        ("other time", &other_time, &signature),
        ("yesterday's", &stale, &of_yesterday),
        ("other body", &other_body, &signature),
        ("other bank", &other_bank, &signature),
    ] {
        let refused = says.send(&world, signature).await;
        assert_eq!(
            World::code(refused).await,
            "auth.signature_invalid",
            "{why}"
        );
    }
}

/// A bank sends the same twice, and what cannot be.
#[tokio::test(flavor = "multi_thread")]
async fn api10_messages_of_a_partner_that_errs() {
    let (world, line) = world_with_a_payment().await;
    let at = world.ctx.now().as_secs();
    let body = line.to_string();
    let taken = BankSays::of(at, "m7", &body).taken(&world).await;
    assert_eq!(taken["stored"], 1, "{taken}");
    let again = BankSays::of(at, "m7", &body).taken(&world).await;
    assert_eq!(again["stored"], 0, "the same message twice: {again}");
    for (pointer, value) in [
        ("/amount/minor", json!(-5)),
        ("/amount/minor", json!(9_300_000_000_000_000_000_u64)),
        ("/from/account", json!("a\0b")),
        ("/occurred_at", json!("<script>")),
    ] {
        let mut bad = line.clone();
        bad["tx_id"] = json!("t10");
        *bad.pointer_mut(pointer).unwrap() = value;
        let bad = bad.to_string();
        let told = BankSays::of(at, "m10", &bad).taken(&world).await;
        assert!(told["stored"] != 1, "{pointer}: {told}");
    }
}
