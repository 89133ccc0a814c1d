//! Who may do what: every operation of the API with every role, of this organisation and of another, signed out, shut
//! out and timed out, and on records in every state. What is expected stands here, apart from the program's table.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use stanch_types::order::{Order, OrderState};
use stanch_types::report::Priority;
use stanch_types::user::Role;
use stanch_types::{Duration, OrderId};

use crate::sample;
use crate::world::World;

/// Who may, a letter a role: `a` analyst, `p` approver, `l` liaison, `u` auditor, `r` risk engineer, `s` source,
/// `v` reviewer, `m` administrator; `*` everybody without signing in, `=` an institution by its signature.
const EXPECTED: &[(&str, &str)] = &[
    ("GET /healthz", "*"),
    ("GET /readyz", "*"),
    ("GET /metrics", "*"),
    ("GET /openapi.json", "*"),
    ("POST /v1/session", "*"),
    ("POST /v1/tokens", "*"),
    ("GET /v1/session", "aplursvm"),
    ("DELETE /v1/session", "aplursvm"),
    ("GET /v1/sign-in-methods", "*"),
    ("GET /auth/oidc/start", "*"),
    ("GET /auth/oidc/callback", "*"),
    ("GET /v1/passkeys", "aplurvm"),
    ("POST /v1/passkeys", "aplurvm"),
    ("POST /v1/passkeys/challenge", "aplurvm"),
    ("DELETE /v1/passkeys/{id}", "aplurvm"),
    ("POST /v1/session/passkey-challenge", "*"),
    ("POST /v1/session/passkey", "*"),
    ("GET /v1/sessions", "aplursvm"),
    ("DELETE /v1/sessions", "aplursvm"),
    ("DELETE /v1/sessions/{id}", "aplursvm"),
    ("GET /v1/api-keys", "aplurvm"),
    ("POST /v1/api-keys", "m"),
    ("DELETE /v1/api-keys/{id}", "m"),
    ("GET /v1/users", "aplurvm"),
    ("GET /v1/keys", "aplu"),
    ("POST /v1/reports", "a"),
    ("GET /v1/reports", "apu"),
    ("GET /v1/reports/{id}", "apu"),
    ("GET /v1/cases", "apu"),
    ("GET /v1/cases/{id}", "apu"),
    ("POST /v1/cases/{id}/assign", "a"),
    ("GET /v1/cases/{id}/trace", "apu"),
    ("POST /v1/cases/{id}/plan", "a"),
    ("GET /v1/cases/{id}/plans", "apu"),
    ("GET /v1/plans/{id}", "apu"),
    ("POST /v1/plans/{id}/submit", "a"),
    ("POST /v1/plans/{id}/approve", "p"),
    ("POST /v1/plans/{id}/decline", "p"),
    ("GET /v1/orders", "aplu"),
    ("POST /v1/orders", "a"),
    ("GET /v1/orders/{id}", "aplu"),
    ("POST /v1/orders/{id}/approve", "p"),
    ("POST /v1/orders/{id}/withdraw", "ap"),
    ("GET /v1/orders/{id}/document", "apl"),
    ("GET /v1/institutions", "aplu"),
    ("GET /v1/institutions/{code}", "aplu"),
    ("PUT /v1/institutions/{code}", "l"),
    ("POST /v1/institutions/{code}/answers", "="),
    ("POST /v1/institutions/{code}/payments", "="),
    ("POST /v1/payments", "al"),
    ("POST /v1/trace", "ap"),
    ("POST /v1/events", "s"),
    ("POST /v1/scan", "ars"),
    ("GET /v1/decisions", "apur"),
    ("GET /v1/decisions/{event_id}", "apur"),
    ("POST /v1/entities/timeline", "apr"),
    ("GET /v1/entities/{field}/{value}/timeline", "apur"),
    ("GET /v1/policies", "apur"),
    ("POST /v1/policies", "r"),
    ("GET /v1/policies/deployment", "apur"),
    ("GET /v1/policies/language", "apur"),
    ("POST /v1/policies/check", "r"),
    ("POST /v1/policies/format", "r"),
    ("POST /v1/policies/test", "pr"),
    ("GET /v1/policies/{hash}", "apur"),
    ("GET /v1/policies/{hash}/outline", "apur"),
    ("GET /v1/policies/{hash}/diff", "apur"),
    ("POST /v1/policies/rollback", "pr"),
    ("GET /v1/policy-changes", "apur"),
    ("POST /v1/policy-changes", "r"),
    ("POST /v1/policy-changes/{id}/approve", "pr"),
    ("POST /v1/policy-changes/{id}/decline", "pr"),
    ("GET /v1/backtests", "apur"),
    ("POST /v1/backtests", "r"),
    ("GET /v1/backtests/{id}", "apur"),
    ("POST /v1/backtests/{id}/cancel", "r"),
    ("GET /v1/measures", "apluv"),
    ("POST /v1/measures", "a"),
    ("GET /v1/measures/{id}", "apluv"),
    ("POST /v1/measures/{id}/confirm", "p"),
    ("POST /v1/measures/{id}/lift", "ap"),
    ("POST /v1/measures/{id}/reexamine", "v"),
    ("POST /v1/measures/{id}/appeals", "al"),
    ("GET /v1/appeals", "apluv"),
    ("GET /v1/appeals/{id}", "apluv"),
    ("POST /v1/appeals/{id}/take", "v"),
    ("POST /v1/appeals/{id}/ask", "v"),
    ("POST /v1/appeals/{id}/ease", "v"),
    ("POST /v1/appeals/{id}/decide", "v"),
    ("POST /v1/appeals/{id}/external", "al"),
    ("GET /v1/appeals/{id}/materials/{nth}", "v"),
    ("GET /v1/measure-batches", "apluv"),
    ("POST /v1/measure-batches", "a"),
    ("GET /v1/measure-batches/{id}", "apluv"),
    ("GET /v1/measure-batches/{id}/subjects", "apluv"),
    ("POST /v1/measure-batches/{id}/approve", "p"),
    ("POST /v1/measure-batches/{id}/decline", "p"),
    ("POST /v1/measure-batches/{id}/rollback", "ap"),
    ("POST /v1/measure-batches/{id}/subjects/rollback", "ap"),
    ("POST /v1/public/appeals", "*"),
    ("POST /v1/public/appeals/status", "*"),
    ("POST /v1/public/appeals/documents", "*"),
    ("GET /v1/public/statements", "*"),
    ("GET /v1/public/statistics", "*"),
    ("GET /report", "*"),
    ("GET /report/done", "*"),
    ("GET /status", "*"),
    ("GET /appeal", "*"),
    ("GET /statistics", "*"),
    ("POST /appeal", "*"),
    ("POST /report", "*"),
    ("POST /status", "*"),
    ("POST /v1/public/reports", "*"),
    ("POST /v1/public/reports/additions", "*"),
    ("POST /v1/public/reports/attachments", "*"),
    ("POST /v1/public/reports/status", "*"),
    ("POST /v1/reports/bulk", "a"),
    ("POST /v1/reports/{id}/attachments", "a"),
    ("GET /v1/reports/{id}/attachment", "ap"),
    ("POST /v1/reports/{id}/claim", "a"),
    ("POST /v1/reports/{id}/steps", "a"),
    ("GET /v1/numbers", "apu"),
    ("GET /v1/numbers/table", "apu"),
    ("GET /v1/leads", "apu"),
    ("GET /v1/leads/funnel", "apu"),
    ("GET /v1/leads/{id}", "apu"),
    ("POST /v1/leads/{id}/steps", "a"),
    ("GET /v1/cases/{id}/evidence", "apu"),
    ("POST /v1/cases/{id}/evidence", "ap"),
    ("GET /v1/cases/{id}/evidence/package", "ap"),
    ("GET /v1/evidence/{id}/content", "ap"),
    ("POST /v1/evidence/{id}/hand-over", "ap"),
    ("GET /v1/cases/{id}/notes", "apu"),
    ("POST /v1/cases/{id}/notes", "ap"),
    ("GET /v1/cases/{id}/related", "apu"),
    ("GET /v1/cases/{id}/seizures", "apu"),
    ("POST /v1/cases/{id}/seizures", "ap"),
    ("POST /v1/seizures/{id}/steps", "ap"),
    ("GET /v1/cases/{id}/tasks", "apu"),
    ("POST /v1/cases/{id}/tasks", "ap"),
    ("GET /v1/cases/{id}/timeline", "apu"),
    ("POST /v1/cases/{id}/steps", "a"),
    ("POST /v1/cases/bulk", "a"),
    ("GET /v1/mentions", "ap"),
    ("POST /v1/notes/{id}/read", "ap"),
    ("POST /v1/search", "aplv"),
    ("GET /v1/views", "aplurvm"),
    ("POST /v1/views", "aplrvm"),
    ("DELETE /v1/views/{id}", "aplrvm"),
    ("GET /v1/operations", "apu"),
    ("POST /v1/operations", "ap"),
    ("GET /v1/operations/{id}", "apu"),
    ("POST /v1/operations/{id}/end", "ap"),
    ("GET /v1/queue", "apu"),
    ("POST /v1/queue/claim", "a"),
    ("GET /v1/tasks", "ap"),
    ("POST /v1/tasks/{id}/steps", "ap"),
    ("GET /v1/teams", "apu"),
    ("POST /v1/teams", "pm"),
    ("PUT /v1/teams/{id}", "pm"),
    ("GET /v1/teams/{id}/shifts", "apu"),
    ("POST /v1/teams/{id}/shifts", "ap"),
    ("POST /v1/shifts/{id}/hand-over", "ap"),
    ("GET /v1/labels", "ar"),
    ("POST /v1/labels", "ar"),
    ("GET /v1/labels/picks", "ar"),
    ("GET /v1/labels/export", "ar"),
    ("DELETE /v1/labels/{id}/text", "ar"),
    ("GET /v1/models", "apur"),
    ("GET /v1/audit/checkpoint", "apu"),
    // Without a subject: auditors alone.
    ("GET /v1/audit/entries", "u"),
    ("GET /v1/audit/entries/{seq}/proof", "apu"),
    ("GET /v1/audit/consistency", "u"),
    ("GET /v1/feed", "aplu"),
];

const ROLES: &[(char, Role)] = &[
    ('a', Role::Analyst),
    ('p', Role::Approver),
    ('l', Role::Liaison),
    ('u', Role::Auditor),
    ('r', Role::RiskEngineer),
    ('s', Role::Source),
    ('v', Role::Reviewer),
    ('m', Role::Admin),
];

const FORBIDDEN: &str = "auth.forbidden";
const SIGN_IN: &str = "auth.sign_in_required";

/// A path with something in each of its places. Nothing is stored under it.
fn filled(path: &str) -> String {
    let kind = path.split('/').nth(2).unwrap_or_default();
    let kind = match kind {
        "api-keys" => "apikey",
        "measure-batches" => "measurebatch",
        "policy-changes" => "policychange",
        other => other.trim_end_matches('s'),
    };
    let id = format!("{kind}_0198f0c0a0007000800000000000002a");
    let places = [
        ("id", id.as_str()),
        ("code", "BK01"),
        ("seq", "0"),
        ("nth", "0"),
    ];
    let mut path = path.to_owned();
    for (name, value) in places {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    path.replace("{hash}", "sha256:00").replace(['{', '}'], "")
}

/// The code of a refusal, empty if it is none.
async fn code(response: Response) -> String {
    let status = response.status();
    let page = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
    if !status.is_client_error() && !status.is_server_error() {
        String::new()
    } else if page {
        format!("a page with {status}")
    } else {
        World::code(response).await
    }
}

/// Cells looked at and those that differ.
#[derive(Default)]
struct Cells {
    seen: BTreeMap<&'static str, usize>,
    differ: Vec<String>,
}

impl Cells {
    fn see(&mut self, relation: &'static str, right: bool, cell: &str) {
        *self.seen.entry(relation).or_default() += 1;
        if !right {
            self.differ.push(format!("{relation}: {cell}"));
        }
    }

    fn told(self, what: &str) {
        let all: usize = self.seen.values().sum();
        println!(
            "{what}: {all} cells, {} differ: {:?}",
            self.differ.len(),
            self.seen
        );
        assert!(self.differ.is_empty(), "{:#?}", self.differ);
    }
}

async fn ask(world: &World, operation: &str, token: Option<&str>) -> String {
    let (method, path) = operation.split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    let mut request = world.request(method, &filled(path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    code(request.send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_expected() {
    let world = World::start().await;
    let response = world
        .request(Method::GET, "/openapi.json")
        .send()
        .await
        .unwrap();
    let document: Value = response.json().await.unwrap();
    let mut served = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "delete", "patch"] {
            if item.get(method).is_some() {
                served.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let expected: BTreeSet<String> = EXPECTED.iter().map(|(op, _)| (*op).to_owned()).collect();
    assert_eq!(
        expected.len(),
        EXPECTED.len(),
        "an operation is expected twice"
    );
    assert_eq!(
        served, expected,
        "every operation needs a line in EXPECTED, and no other has one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn role_by_operation_by_relation() {
    let (world, other) = (World::start().await, World::start().await);
    let now = world.ctx.now();
    let later = now.plus(Duration::from_hours(1));
    let mut cells = Cells::default();
    for (letter, role) in ROLES {
        let login = role.as_str();
        let foreign = other.session_until(login, later).await;
        let late = world.session_until(login, now).await;
        for (operation, who) in EXPECTED {
            let cell = format!("{login} {operation}");
            let own = world.session_until(login, later).await;
            let may = who.contains(*letter);
            let open = *who == "*" || *who == "=";
            // Named by nobody here: an institution shows a signature, not a session.
            let found = ask(&world, operation, Some(&own)).await;
            let right = match *who {
                "*" => found != FORBIDDEN && found != SIGN_IN,
                "=" => found == "auth.signature_invalid" || found == "request.media_type",
                _ if may => {
                    found != FORBIDDEN && found != SIGN_IN && !found.starts_with("internal.")
                }
                _ => found == FORBIDDEN,
            };
            cells.see("own organisation", right, &format!("{cell}: {found}"));
            for (relation, token) in [
                ("other organisation", &foreign),
                ("session timed out", &late),
            ] {
                let found = ask(&world, operation, Some(token)).await;
                let right = if open {
                    found != FORBIDDEN
                } else {
                    found == SIGN_IN
                };
                cells.see(relation, right, &format!("{cell}: {found}"));
            }
        }
    }
    for (operation, who) in EXPECTED {
        let found = ask(&world, operation, None).await;
        let open = *who == "*" || *who == "=";
        let right = if open {
            found != SIGN_IN
        } else {
            found == SIGN_IN
        };
        cells.see("signed out", right, &format!("{operation}: {found}"));
    }
    shut_out(&world, &mut cells).await;
    cells.told("role x operation x relation");
}

/// Everybody is shut out; what they were signed in with opens nothing.
async fn shut_out(world: &World, cells: &mut Cells) {
    let later = world.ctx.now().plus(Duration::from_hours(1));
    for (_, role) in ROLES {
        let login = role.as_str();
        let token = world.session_until(login, later).await;
        let mut tx = world.store.begin().await.unwrap();
        let mut user = tx.lookup_user_by_login(login).await.unwrap().unwrap();
        user.disabled_at = Some(world.ctx.now());
        tx.update_user(&user).await.unwrap();
        tx.commit().await.unwrap();
        for (operation, who) in EXPECTED {
            let found = ask(world, operation, Some(&token)).await;
            let open = *who == "*" || *who == "=";
            let right = if open {
                found != SIGN_IN
            } else {
                found == SIGN_IN
            };
            cells.see("shut out", right, &format!("{login} {operation}: {found}"));
        }
    }
}

/// Every state of an order, as the record holds it.
fn order_states(world: &World, of: OrderId) -> Vec<OrderState> {
    let (at, by) = (world.ctx.now(), sample::user_id(8));
    let amount = json!({"minor": 1, "currency": "CNY"});
    [
        json!({"state": "draft"}),
        json!({"state": "withdrawn", "by": by, "at": at, "reason": "x"}),
        json!({"state": "approved", "by": by, "at": at}),
        json!({"state": "signed", "at": at, "document_sha256": "x"}),
        json!({"state": "sent", "at": at}),
        json!({"state": "acked", "at": at, "receipt": "x"}),
        json!({"state": "executing", "at": at}),
        json!({"state": "executed", "at": at, "held": amount}),
        json!({"state": "partially_executed", "at": at, "held": amount}),
        json!({"state": "refused", "at": at, "reason": "mismatch", "detail": "x"}),
        json!({"state": "failed", "at": at, "detail": "x"}),
        json!({"state": "active", "since": at, "held": amount, "expires_at": at.plus(Duration::from_hours(9)), "extensions": 0}),
        json!({"state": "expired", "at": at}),
        json!({"state": "released", "at": at, "by": of}),
        json!({"state": "converted", "at": at, "into": of}),
        json!({"state": "returned", "at": at, "amount": amount}),
    ]
    .into_iter()
    .map(|state| serde_json::from_value(state).unwrap())
    .collect()
}

/// Steps of an order: what is expected of who may, by state. `author` made the order.
fn step_expected(step: &str, state: &str, author: bool) -> &'static str {
    match (step, state) {
        ("approve", "draft") if author => "order.same_person",
        ("approve", "draft") | ("withdraw", "draft" | "approved") | ("", _) => "",
        ("approve", _) if author => "order.same_person",
        _ => "order.state",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn role_by_step_by_state_of_an_order() {
    let (world, other) = (World::start().await, World::start().await);
    let later = world.ctx.now().plus(Duration::from_hours(1));
    let mut tx = world.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &world.ctx, Priority::P1).await;
    let author = sample::user(7, "author", world.ctx.now());
    tx.insert_user(&author).await.unwrap();
    tx.commit().await.unwrap();
    let mut cells = Cells::default();
    let people = [
        "analyst",
        "approver",
        "liaison",
        "auditor",
        "risk_engineer",
        "source",
        "reviewer",
        "admin",
        "both",
    ];
    for login in people {
        let token = world.session_until(login, later).await;
        let foreign = other.session_until(login, later).await;
        let mut tx = world.store.begin().await.unwrap();
        let me = tx.lookup_user_by_login(login).await.unwrap().unwrap();
        drop(tx);
        for state in order_states(&world, world.ctx.new_id()) {
            for (step, may) in [("", "aplu"), ("approve", "p"), ("withdraw", "ap")] {
                for author in [false, true] {
                    let by = if author { me.id } else { sample::user_id(7) };
                    let order = Order {
                        created_by: by,
                        state: state.clone(),
                        ..sample::order(&world.ctx, case.id, "stop_payment", "6222")
                    };
                    let mut tx = world.store.begin().await.unwrap();
                    tx.insert_order(&order, &sample::step(&world.ctx, &order, 1, None))
                        .await
                        .unwrap();
                    tx.commit().await.unwrap();
                    let may = ROLES
                        .iter()
                        .any(|(letter, role)| may.contains(*letter) && me.has(*role));
                    let word = state.as_str();
                    let expected = if may {
                        step_expected(step, word, author)
                    } else {
                        FORBIDDEN
                    };
                    let found = order_step(&world, &token, &order, step).await;
                    let cell =
                        format!("{login} {step} {word}, author {author}: {found} for {expected}");
                    cells.see("own organisation", found == expected, &cell);
                    let found = order_step(&world, &foreign, &order, step).await;
                    cells.see("other organisation's person", found == SIGN_IN, &cell);
                    let found = order_step(&other, &foreign, &order, step).await;
                    let expected = if may { "order.not_found" } else { FORBIDDEN };
                    cells.see(
                        "other organisation's record",
                        found == expected,
                        &format!("{cell} {found}"),
                    );
                }
            }
        }
    }
    cells.told("role x step x state x author");
}

async fn order_step(world: &World, token: &str, order: &Order, step: &str) -> String {
    let path = format!("/v1/orders/{}", order.id);
    let request = if step.is_empty() {
        world.request(Method::GET, &path)
    } else {
        world
            .request(Method::POST, &format!("{path}/{step}"))
            .json(&json!({"reason": "as the matrix asks"}))
    };
    code(request.bearer_auth(token).send().await.unwrap()).await
}
