//! The signed document of an order.

use axum::response::Response;
use stanch_types::OrderId;

use crate::error::{ApiError, ApiResult};

/// The order document as signed and sent, byte for byte; its schema is `docs/schemas/order.schema.json`.
#[utoipa::path(get, path = "/v1/orders/{id}/document", tag = "orders", params(("id" = OrderId, Path, description = "The order")), responses(
    (status = 200, body = Object, content_type = "application/json", description = "The document"),
    (status = 404, body = crate::error::Problem, content_type = "application/problem+json", description = "No such order, or it is not signed yet (`order.not_found`)"),
))]
pub async fn get_document() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
