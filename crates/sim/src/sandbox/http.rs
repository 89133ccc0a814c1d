//! The institution's HTTP endpoints.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::json;
use stanch_types::personal::AccountNumber;
use stanch_types::{ApplicationId, InstitutionCode, Payment};

use super::books::Verdict;
use super::desk::{Arrival, Desk, blocking, status};
use super::document::OrderDocument;
use super::listener::Cut;
use crate::webhook::{SignedHeaders, WebhookError};

/// Most bytes of an order document.
const ORDER_BYTES_MAX: usize = 64 << 10;
/// Most bytes of a body of payments.
const PAYMENTS_BYTES_MAX: usize = 4 << 20;
/// Most payments of one body.
const PAYMENTS_MAX: usize = 5_000;

pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route(
            "/orders",
            post(take_order).layer(DefaultBodyLimit::max(ORDER_BYTES_MAX)),
        )
        .route("/orders/{application_id}", get(order_status))
        .route(
            "/payments",
            post(pay).layer(DefaultBodyLimit::max(PAYMENTS_BYTES_MAX)),
        )
        .route("/accounts/{number}", get(account))
        .route("/healthz", get(health))
        .layer(from_fn_with_state(Arc::clone(&desk), down))
        .with_state(desk)
}

/// A problem document (RFC 9457).
fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = json!({ "title": code, "status": status.as_u16(), "code": code, "detail": detail });
    let media = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, media, body.to_string()).into_response()
}

fn json_response(status: StatusCode, body: &impl Serialize) -> Response {
    (status, axum::Json(body)).into_response()
}

/// During a down window nothing but the health check is answered.
async fn down(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let now = desk.ctx.now();
    let is_down = desk
        .config
        .faults
        .down
        .iter()
        .any(|window| window.contains(now));
    if is_down && request.uri().path() != "/healthz" {
        return problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "down",
            "closed for maintenance",
        );
    }
    next.run(request).await
}

/// Both signatures must fit: the shared secret's and Stanch's own.
fn verified(desk: &Desk, headers: &HeaderMap, body: &[u8]) -> Result<SignedHeaders, WebhookError> {
    let signed = SignedHeaders::read(|name| headers.get(name).and_then(|v| v.to_str().ok()))?;
    let now = desk.ctx.now();
    desk.shared_key.verify(&signed, body, now)?;
    desk.stanch_key.verify(&signed, body, now)?;
    Ok(signed)
}

fn unauthorised(error: WebhookError) -> Response {
    problem(
        StatusCode::UNAUTHORIZED,
        "signature_invalid",
        &error.to_string(),
    )
}

async fn take_order(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signed = match verified(&desk, &headers, &body) {
        Ok(signed) => signed,
        Err(error) => return unauthorised(error),
    };
    let document: OrderDocument = match serde_json::from_slice(&body) {
        Ok(document) => document,
        Err(error) => {
            return problem(StatusCode::BAD_REQUEST, "bad_format", &error.to_string());
        }
    };
    if signed.id != document.application_id.to_string() {
        return problem(
            StatusCode::BAD_REQUEST,
            "bad_format",
            "webhook-id is not application_id",
        );
    }
    if document.receiver != desk.config.code {
        return problem(
            StatusCode::NOT_FOUND,
            "not_us",
            "the receiver is another institution",
        );
    }
    let fate = desk.fate(document.application_id);
    let arrival = blocking(&desk, move |desk| desk.take(document)).await;
    tokio::time::sleep(fate.ack.to_std()).await;
    match arrival {
        Ok(Arrival::Duplicate(answer)) => json_response(StatusCode::CONFLICT, &answer),
        Ok(Arrival::Taken { .. } | Arrival::Done(_)) if fate.lose_receipt => {
            cut.now();
            StatusCode::ACCEPTED.into_response()
        }
        Ok(Arrival::Taken { receipt }) => {
            json_response(StatusCode::ACCEPTED, &json!({ "receipt": receipt }))
        }
        Ok(Arrival::Done(answer)) => json_response(StatusCode::OK, &answer),
        Err(error) => internal(&error),
    }
}

fn internal(error: &crate::SimError) -> Response {
    tracing::error!(error = %error, "the institution cannot record");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the books cannot be written",
    )
}

async fn order_status(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(error) = verified(&desk, &headers, b"") {
        return unauthorised(error);
    }
    let answer = id
        .parse::<ApplicationId>()
        .ok()
        .and_then(|id| desk.read(|b| status(b, &id)));
    match answer {
        Some(answer) => json_response(StatusCode::OK, &answer),
        None => problem(
            StatusCode::NOT_FOUND,
            "unknown_order",
            "no order of that id",
        ),
    }
}

/// What became of one payment of a body.
#[derive(Serialize)]
struct PaymentResult {
    tx_id: String,
    verdict: Verdict,
    duplicate: bool,
}

async fn pay(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let mut payments = Vec::new();
    let lines = body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty());
    for (index, line) in lines.enumerate() {
        if index >= PAYMENTS_MAX {
            return problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_many",
                "at most 5,000 payments",
            );
        }
        match serde_json::from_slice::<Payment>(line) {
            Ok(payment) => payments.push(payment),
            Err(error) => {
                let detail = format!("line {}: {error}", index + 1);
                return problem(StatusCode::BAD_REQUEST, "bad_format", &detail);
            }
        }
    }
    match blocking(&desk, move |desk| desk.pay(payments)).await {
        Ok(verdicts) => {
            let results: Vec<PaymentResult> = verdicts
                .into_iter()
                .map(|(tx_id, verdict, duplicate)| PaymentResult {
                    tx_id,
                    verdict,
                    duplicate,
                })
                .collect();
            json_response(StatusCode::OK, &json!({ "results": results }))
        }
        Err(error) => internal(&error),
    }
}

/// An account as `GET /accounts/{number}` shows it.
#[derive(Serialize)]
struct AccountView {
    institution: InstitutionCode,
    account: AccountNumber,
    kind: stanch_types::AccountKind,
    holder_name: stanch_types::personal::PersonName,
    balance_minor: i64,
    held_minor: i64,
    whole_account_held: bool,
    available_minor: i64,
}

async fn account(State(desk): State<Arc<Desk>>, Path(number): Path<String>) -> Response {
    let now = desk.ctx.now();
    let view = number.parse::<AccountNumber>().ok().and_then(|number| {
        desk.read(|books| {
            let account = books.account(&number)?;
            let (held_minor, whole_account_held) = books.held(account, now);
            Some(AccountView {
                institution: desk.config.code.clone(),
                kind: account.kind,
                holder_name: account.holder.clone(),
                balance_minor: account.balance_minor,
                held_minor,
                whole_account_held,
                available_minor: books.available(account, now),
                account: number.clone(),
            })
        })
    });
    match view {
        Some(view) => json_response(StatusCode::OK, &view),
        None => problem(
            StatusCode::NOT_FOUND,
            "account_not_found",
            "no such account",
        ),
    }
}

async fn health(State(desk): State<Arc<Desk>>) -> Response {
    let (orders, payments) = desk.read(|books| (books.orders_taken(), books.payments_known()));
    let code = &desk.config.code;
    let body = json!({ "status": "ok", "code": code, "orders": orders, "payments": payments });
    json_response(StatusCode::OK, &body)
}
