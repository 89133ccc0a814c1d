//! Answers that institutions send by themselves.

use crate::extract::{InPath, expect_media_type, parse_json, whole_body};
use crate::state::App;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use stanch_orders::webhook::{WebhookSecret, verify};
use stanch_orders::{OrderAnswerMessage, receive_answer};
use stanch_types::ErrorCode;
use stanch_types::institution::Institution;
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
pub async fn take_answer(
    State(app): State<App>,
    InPath(code): InPath<InstitutionCode>,
    request: Request,
) -> ApiResult<Json<AnswerTaken>> {
    expect_media_type(&request, "application/json")?;
    let headers = request.headers().clone();
    let body = whole_body(request.into_body(), app.config().limits.body_bytes).await?;
    let (institution, message_id) = signed_by(&app, &code, &headers, &body).await?;
    let message: AnswerMessage = parse_json(&body)?;
    let message = OrderAnswerMessage {
        application_id: message.application_id,
        occurred_at: message.occurred_at,
        outcome: message.outcome,
    };
    let mut tx = app.store().begin().await?;
    let receipt = receive_answer(&mut tx, app.ctx(), &institution, &message_id, message).await?;
    tx.commit().await?;
    Ok(Json(AnswerTaken {
        applied: receipt.applied,
    }))
}

/// The institution that signed a message, and the message's id. An unknown institution and a wrong signature are
/// told alike.
///
/// # Errors
/// [`ErrorCode::SignatureInvalid`].
pub async fn signed_by(
    app: &App,
    code: &InstitutionCode,
    headers: &HeaderMap,
    body: &[u8],
) -> ApiResult<(Institution, String)> {
    let refuse = || ApiError::of(ErrorCode::SignatureInvalid);
    let institution = app
        .store()
        .read()
        .await?
        .lookup_institution(code)
        .await?
        .ok_or_else(|| refuse().hiding("unknown institution"))?;
    let secret: WebhookSecret = institution
        .webhook_secret
        .as_ref()
        .ok_or_else(|| refuse().hiding("no secret is set"))?
        .expose()
        .parse()
        .map_err(|error| refuse().hiding(error))?;
    let message_id =
        verify(headers, body, &secret, app.ctx().now()).map_err(|error| refuse().hiding(error))?;
    Ok((institution, message_id))
}
