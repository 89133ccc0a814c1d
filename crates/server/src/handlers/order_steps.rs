//! The second person's word on a single order.

use axum::response::Response;
use stanch_types::OrderId;

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::orders::OrderView;
use crate::handlers::plan_steps::Because;

/// Approve an order as the second person; it is signed and sent.
#[utoipa::path(post, path = "/v1/orders/{id}/approve", tag = "orders", params(("id" = OrderId, Path, description = "The order")), responses(
    (status = 200, body = OrderView, description = "Approved; it is on its way"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller drafted it (`order.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is not a draft (`order.state`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "No authority reference (`order.no_authority`)"),
))]
pub async fn approve_order() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Take back or decline an order that is not signed yet.
#[utoipa::path(post, path = "/v1/orders/{id}/withdraw", tag = "orders", params(("id" = OrderId, Path, description = "The order")), request_body = Because, responses(
    (status = 200, body = OrderView, description = "Withdrawn"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is signed already (`order.state`)"),
))]
pub async fn withdraw_order() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
