//! Answers that institutions send by themselves.

use axum::Json;
use serde::{Deserialize, Serialize};
use stanch_types::order::AnswerOutcome;
use stanch_types::{ApplicationId, InstitutionCode, Timestamp};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};

/// An institution's answer to an order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerMessage {
    /// The order's id towards the institution.
    pub application_id: ApplicationId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What happened.
    pub outcome: AnswerOutcome,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct AnswerTaken {
    /// Whether it moved the order; no for late and repeated answers, which are kept all the same.
    pub applied: bool,
}

/// Take an institution's answer, signed by it (Standard Webhooks). The same `webhook-id` is the same message.
#[utoipa::path(post, path = "/v1/institutions/{code}/answers", tag = "institutions",
    params(("code" = InstitutionCode, Path, description = "The institution"),
        ("webhook-id" = String, Header, max_length = 128, description = "The message's id"),
        ("webhook-timestamp" = String, Header, pattern = "^[0-9]{1,12}$", description = "Seconds since 1970; at most 5 minutes off"),
        ("webhook-signature" = String, Header, max_length = 1024, description = "`v1,<base64 HMAC-SHA256>` over `id.timestamp.body`")),
    request_body = AnswerMessage, responses(
    (status = 200, body = AnswerTaken, description = "Kept"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "The signature is missing, wrong or too old (`auth.signature_invalid`)"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such institution, or no such order of it (`order.not_found`)"),
))]
pub async fn take_answer() -> ApiResult<Json<AnswerTaken>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
