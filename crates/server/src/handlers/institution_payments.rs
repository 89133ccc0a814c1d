//! Payments that institutions push by themselves.

use crate::extract::{InPath, expect_media_type, whole_body};
use crate::handlers::answers::signed_by;
use crate::handlers::payments::{Bulk, NDJSON};
use crate::state::App;
use axum::Json;
use axum::extract::{Request, State};
use stanch_types::{InstitutionCode, Payment};

use crate::error::{ApiResult, Problem};
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
pub async fn post_institution_payments(
    State(app): State<App>,
    InPath(code): InPath<InstitutionCode>,
    request: Request,
) -> ApiResult<Json<BulkReport>> {
    expect_media_type(&request, NDJSON)?;
    let headers = request.headers().clone();
    let body = whole_body(request.into_body(), app.config().limits.body_bytes).await?;
    // A message sent again stores nothing new: a payment is known by its `tx_id`.
    signed_by(&app, &code, &headers, &body).await?;
    let mut bulk = Bulk::new(app, Some(code));
    bulk.take_chunk(body.to_vec()).await?;
    Ok(Json(bulk.report))
}
