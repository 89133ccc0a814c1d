//! Payments that institutions push by themselves.

use axum::Json;
use stanch_types::{InstitutionCode, Payment};

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::payments::BulkReport;

/// Store payments pushed by an institution, signed by it (Standard Webhooks). It may only tell of payments from or
/// to its own accounts.
#[utoipa::path(post, path = "/v1/institutions/{code}/payments", tag = "institutions",
    params(("code" = InstitutionCode, Path, description = "The institution"),
        ("webhook-id" = String, Header, max_length = 128, description = "The message's id"),
        ("webhook-timestamp" = String, Header, pattern = "^[0-9]{1,12}$", description = "Seconds since 1970; at most 5 minutes off"),
        ("webhook-signature" = String, Header, max_length = 1024, description = "`v1,<base64 HMAC-SHA256>` over `id.timestamp.body`")),
    request_body(content = Payment, content_type = "application/x-ndjson", description = "One payment a line, at most 1 MiB in all"), responses(
    (status = 200, body = BulkReport, description = "What was stored and refused"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "The signature is missing, wrong or too old (`auth.signature_invalid`)"),
))]
pub async fn post_institution_payments() -> ApiResult<Json<BulkReport>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
