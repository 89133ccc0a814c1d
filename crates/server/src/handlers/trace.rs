//! A trace without a case: the same question and answer as a line of `stanch trace --batch`.

use crate::extract::JsonBody;
use crate::state::App;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use stanch_ledger::answer_trace;
use stanch_types::plan::TraceMethod;
use stanch_types::{ErrorCode, InstitutionCode};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};

/// Follow the money of these payments.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceQuestion {
    /// The caller's own name for the question, given back.
    #[schema(max_length = 64, example = "q1")]
    pub id: String,
    /// `tx_id` of the stolen payments, 1 to 10,000.
    #[schema(min_items = 1, max_items = 10_000)]
    pub payments: Vec<String>,
    /// How to follow it.
    pub method: TraceMethod,
    /// Hours after the last of these payments to follow; default 72.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 87_600)]
    pub horizon_h: Option<u32>,
    /// Only payments up to this instant, in milliseconds since 1970.
    #[serde(default)]
    pub as_of_ms: Option<i64>,
}

/// A payment that carried stolen money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TransferShare {
    /// The payment.
    pub tx_id: String,
    /// How much of it was stolen, in minor units.
    pub stolen_minor: i64,
}

/// Stolen money in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BalanceShare {
    /// Where the account is held.
    pub institution: InstitutionCode,
    /// The account's number.
    pub account: String,
    /// Whole balance in minor units.
    pub balance_minor: i64,
    /// Stolen part in minor units.
    pub stolen_minor: i64,
}

/// Where the money went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TraceAnswer {
    /// The caller's name for the question.
    pub id: String,
    /// Payments that carried stolen money.
    pub transfers: Vec<TransferShare>,
    /// Accounts where stolen money is.
    pub balances: Vec<BalanceShare>,
    /// Time of one core it took, in microseconds.
    pub cpu_us: u64,
}

/// Follow the money of some payments.
#[utoipa::path(post, path = "/v1/trace", tag = "payments", request_body = TraceQuestion, responses(
    (status = 200, body = TraceAnswer, description = "Where the money went"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "A payment named is not stored (`payment.not_found`)"),
))]
pub async fn trace_payments(
    State(app): State<App>,
    JsonBody { value, .. }: JsonBody<TraceQuestion>,
) -> ApiResult<Response> {
    let ledger = std::sync::Arc::clone(app.ledger());
    let answer = tokio::task::spawn_blocking(move || {
        let question = serde_json::to_vec(&value).map_err(ApiError::internal)?;
        let answer = answer_trace(&ledger.graph(), &question).map_err(|error| {
            let code = match error.code {
                "payment.not_found" => ErrorCode::PaymentNotFound,
                "request.invalid" => ErrorCode::RequestInvalid,
                _ => ErrorCode::Internal,
            };
            ApiError::new(code, error.detail)
        })?;
        serde_json::to_vec(&answer).map_err(ApiError::internal)
    })
    .await
    .map_err(ApiError::internal)??;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response())
}
