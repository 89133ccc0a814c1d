//! Payments in bulk.

use axum::Json;
use serde::Serialize;
use stanch_types::Payment;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};

/// Most refused lines that are listed; all are counted.
pub const REFUSED_LISTED_MAX: usize = 1_000;

/// A line that was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusedLine {
    /// From 1.
    pub line: u64,
    /// Stable code, such as `payment.conflict`.
    pub code: String,
    /// What is wrong.
    pub detail: String,
}

/// What became of a bulk of payments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct BulkReport {
    /// Lines read, empty ones aside.
    pub read: u64,
    /// Payments stored; durable when this answer arrives.
    pub stored: u64,
    /// Payments that were stored before with the same content.
    pub unchanged: u64,
    /// Lines refused.
    pub refused_count: u64,
    /// The first 1,000 lines refused.
    pub refused: Vec<RefusedLine>,
}

/// Store payments: one `Payment` a line. Good lines are stored even if others are refused; sending again is safe.
#[utoipa::path(post, path = "/v1/payments", tag = "payments",
    request_body(content = Payment, content_type = "application/x-ndjson", description = "One payment a line, at most 64 MiB; a line at most 64 KiB"), responses(
    (status = 200, body = BulkReport, description = "What was stored and refused"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 64 MiB; lines before were stored (`request.too_large`)"),
))]
pub async fn post_payments() -> ApiResult<Json<BulkReport>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
