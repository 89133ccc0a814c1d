//! A case's money flow.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_types::personal::AccountNumber;
use stanch_types::plan::TraceMethod;
use stanch_types::{AccountKind, Amount, CaseId, Channel, InstitutionCode, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, ApiResult, Problem};

/// How stolen money leaves an account for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExitKind {
    /// As notes.
    Cash,
    /// Into fund units.
    Fund,
    /// At a point of sale.
    Pos,
}

/// An account that stolen money reached.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TraceNode {
    /// Number of the node in this answer, from 0.
    pub id: u32,
    /// Where the account is held.
    pub institution: InstitutionCode,
    /// Its number.
    pub account: AccountNumber,
    /// What kind of account.
    pub kind: AccountKind,
    /// Hops from the victim, who is 0.
    pub tier: i32,
    /// Stolen money there now.
    pub stolen: Amount,
    /// Whole balance there now.
    pub balance: Amount,
    /// Stolen money that ever arrived.
    pub received_stolen: Amount,
    /// When the first stolen money arrived.
    #[schema(required = true)]
    pub first_arrival_at: Option<Timestamp>,
    /// When the last stolen money arrived.
    #[schema(required = true)]
    pub last_arrival_at: Option<Timestamp>,
    /// Whether it is a victim's.
    pub is_victim: bool,
    /// If the node stands for money that left.
    #[schema(required = true)]
    pub exit: Option<ExitKind>,
    /// What orders hold there now.
    pub held: Amount,
}

/// A payment that carried stolen money.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TraceEdge {
    /// The payment.
    pub tx_id: String,
    /// The paying node.
    pub from: u32,
    /// The receiving node.
    pub to: u32,
    /// When.
    pub occurred_at: Timestamp,
    /// How much was paid.
    pub amount: Amount,
    /// How much of it was stolen.
    pub stolen: Amount,
    /// How it was paid.
    pub channel: Channel,
}

/// Where the stolen money is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct TraceTotals {
    /// What the victims lost.
    pub loss: Amount,
    /// Still in accounts.
    pub still_there: Amount,
    /// Left as cash.
    pub cash_out: Amount,
    /// In fund units.
    pub fund_units: Amount,
}

/// A case's money flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TraceView {
    /// How the money was followed.
    pub method: TraceMethod,
    /// Payments up to this instant were known.
    pub as_of: Timestamp,
    /// Payments after this instant are not followed.
    pub horizon_ends_at: Timestamp,
    /// The accounts.
    pub nodes: Vec<TraceNode>,
    /// The payments.
    pub edges: Vec<TraceEdge>,
    /// The sums.
    pub totals: TraceTotals,
}

/// How to follow the money.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TraceParams {
    /// First in first out, or in proportion; default `fifo`.
    #[param(inline)]
    pub method: Option<TraceMethod>,
    /// Only payments up to this instant; default now.
    #[param(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
}

/// A case's money flow, exact to the minor unit.
#[utoipa::path(get, path = "/v1/cases/{id}/trace", tag = "cases",
    params(("id" = CaseId, Path, description = "The case"), TraceParams), responses(
    (status = 200, body = TraceView, description = "Accounts and payments"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "None of the case's payments is stored (`case.no_payments`)"),
))]
pub async fn trace_case() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
