//! Institutions: where orders go and which key signs messages.

use axum::Json;
use serde::{Deserialize, Serialize};
use stanch_types::institution::Institution;
use stanch_types::personal::Secret;
use stanch_types::{InstitutionCode, InstitutionKind};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};
use crate::page::PageView;

/// An institution. Its secret is never shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InstitutionView {
    /// Its code.
    pub code: InstitutionCode,
    /// Its name as shown to people.
    pub name: String,
    /// What it is.
    pub kind: InstitutionKind,
    /// Base address of its order endpoint.
    #[schema(required = true)]
    pub endpoint: Option<String>,
    /// Whether a shared secret is set; without one no message passes.
    pub has_webhook_secret: bool,
    /// Typical time from sending an order until it takes effect, in milliseconds.
    pub order_latency_ms: i64,
}

/// What a liaison officer sets.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstitutionForm {
    /// Its name as shown to people.
    #[schema(min_length = 1, max_length = 140, example = "First Bank of the City")]
    pub name: String,
    /// What it is.
    pub kind: InstitutionKind,
    /// Base address of its order endpoint, `https://…`.
    #[serde(default)]
    #[schema(max_length = 512, example = "https://bank.example/stanch")]
    pub endpoint: Option<String>,
    /// Shared secret, `whsec_` and base64 of 24 to 64 bytes; left out: the stored one stays.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128, example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub webhook_secret: Option<Secret>,
    /// Typical time from sending an order until it takes effect, in milliseconds, 0 to 86,400,000.
    #[schema(minimum = 0, maximum = 86_400_000, example = 60_000)]
    pub order_latency_ms: i64,
}

impl From<Institution> for InstitutionView {
    fn from(institution: Institution) -> Self {
        Self {
            code: institution.code,
            name: institution.name,
            kind: institution.kind,
            endpoint: institution.endpoint,
            has_webhook_secret: institution.webhook_secret.is_some(),
            order_latency_ms: institution.order_latency_ms,
        }
    }
}

/// All institutions, by code.
#[utoipa::path(get, path = "/v1/institutions", tag = "institutions", responses(
    (status = 200, body = PageView<InstitutionView>, description = "All institutions"),
))]
pub async fn list_institutions() -> ApiResult<Json<PageView<InstitutionView>>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// One institution.
#[utoipa::path(get, path = "/v1/institutions/{code}", tag = "institutions", params(("code" = InstitutionCode, Path, description = "Its code")), responses(
    (status = 200, body = InstitutionView, description = "The institution"),
))]
pub async fn get_institution() -> ApiResult<Json<InstitutionView>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Register or change an institution.
#[utoipa::path(put, path = "/v1/institutions/{code}", tag = "institutions", params(("code" = InstitutionCode, Path, description = "Its code")), request_body = InstitutionForm, responses(
    (status = 200, body = InstitutionView, description = "As stored"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The address is not allowed (`institution.endpoint`)"),
))]
pub async fn put_institution() -> ApiResult<Json<InstitutionView>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
