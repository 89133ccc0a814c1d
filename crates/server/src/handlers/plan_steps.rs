//! Putting a plan forward, and the second person's word on it.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_types::order::Authority;
use stanch_types::plan::Plan;
use stanch_types::{Amount, PlanId};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::orders::OrderSummary;

/// One line that is to become an order.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmittedLine {
    /// The line's rank in the plan.
    #[schema(minimum = 1)]
    pub rank: i32,
    /// How much to hold; default the plan's suggestion.
    #[serde(default)]
    pub hold: Option<Amount>,
    /// If the whole account is to be held: why a limited amount does not do.
    #[serde(default)]
    #[schema(min_length = 10, max_length = 500)]
    pub whole_account_reason: Option<String>,
}

/// Which lines of a plan become orders.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The lines, 1 to 200.
    #[schema(min_items = 1, max_items = 200)]
    pub lines: Vec<SubmittedLine>,
    /// The legal authority; needed unless it is an emergency.
    #[serde(default)]
    pub authority: Option<Authority>,
    /// An emergency stop of at most 48 h.
    #[serde(default)]
    pub emergency: bool,
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 500,
        example = "victim's money arrived four minutes ago"
    )]
    pub reason: String,
}

/// Why something is declined or taken back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 500,
        example = "the account is the victim's own"
    )]
    pub reason: String,
}

/// A plan and the orders made from it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanWithOrders {
    /// The plan.
    pub plan: Plan,
    /// Its orders.
    pub orders: Vec<OrderSummary>,
}

/// Put orders of a plan forward; a second person approves them.
#[utoipa::path(post, path = "/v1/plans/{id}/submit", tag = "plans",
    params(("id" = PlanId, Path, description = "The plan"), ("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")),
    request_body = Submission, responses(
    (status = 200, body = PlanWithOrders, description = "Submitted; the orders are drafts"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "A newer plan took this one's place or it is decided (`plan.state`); the account was stopped twice (`order.stop_limit`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "An order breaks a rule (`order.invalid`, `order.no_authority`)"),
))]
pub async fn submit_plan() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Approve a submitted plan as the second person; its orders are signed and sent.
#[utoipa::path(post, path = "/v1/plans/{id}/approve", tag = "plans", params(("id" = PlanId, Path, description = "The plan")), responses(
    (status = 200, body = PlanWithOrders, description = "Approved; orders are on their way"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller submitted it (`order.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Not submitted, or decided already (`plan.state`)"),
))]
pub async fn approve_plan() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Decline a submitted plan; its draft orders are withdrawn.
#[utoipa::path(post, path = "/v1/plans/{id}/decline", tag = "plans", params(("id" = PlanId, Path, description = "The plan")), request_body = Because, responses(
    (status = 200, body = PlanWithOrders, description = "Declined"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Not submitted, or decided already (`plan.state`)"),
))]
pub async fn decline_plan() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
