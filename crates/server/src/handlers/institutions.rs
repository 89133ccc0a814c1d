//! Institutions: where orders go and which key signs messages.

use crate::auth::caller::Caller;
use crate::extract::{InPath, JsonBody, check_text, sha256};
use crate::state::App;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use stanch_orders::webhook::WebhookSecret;
use stanch_store::AuditEntry;
use stanch_types::ErrorCode;
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
    /// The first 16 hexadecimal digits of the shared secret's SHA-256 (over its text, `whsec_` included), so that both
    /// sides can see over the telephone that they hold the same one.
    #[schema(required = true, example = "5f7a3f0c9d21be04")]
    pub webhook_secret_fingerprint: Option<String>,
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
            webhook_secret_fingerprint: institution.webhook_secret.as_ref().map(fingerprint),
            order_latency_ms: institution.order_latency_ms,
        }
    }
}

/// All institutions, by code.
#[utoipa::path(get, path = "/v1/institutions", tag = "institutions", responses(
    (status = 200, body = PageView<InstitutionView>, description = "All institutions"),
))]
pub async fn list_institutions(
    State(app): State<App>,
) -> ApiResult<Json<PageView<InstitutionView>>> {
    let institutions = app.store().read().await?.list_institutions().await?;
    Ok(Json(PageView::whole(
        institutions
            .into_iter()
            .map(InstitutionView::from)
            .collect(),
    )))
}

/// One institution.
#[utoipa::path(get, path = "/v1/institutions/{code}", tag = "institutions", params(("code" = InstitutionCode, Path, description = "Its code")), responses(
    (status = 200, body = InstitutionView, description = "The institution"),
))]
pub async fn get_institution(
    State(app): State<App>,
    InPath(code): InPath<InstitutionCode>,
) -> ApiResult<Json<InstitutionView>> {
    let institution = app.store().read().await?.get_institution(&code).await?;
    Ok(Json(institution.into()))
}

/// Register or change an institution.
#[utoipa::path(put, path = "/v1/institutions/{code}", tag = "institutions", params(("code" = InstitutionCode, Path, description = "Its code")), request_body = InstitutionForm, responses(
    (status = 200, body = InstitutionView, description = "As stored"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The address is not allowed (`institution.endpoint`)"),
))]
pub async fn put_institution(
    State(app): State<App>,
    caller: Caller,
    InPath(code): InPath<InstitutionCode>,
    JsonBody { value: form, .. }: JsonBody<InstitutionForm>,
) -> ApiResult<Json<InstitutionView>> {
    form.check(&app)?;
    let mut tx = app.store().begin().await?;
    let known = tx.lookup_institution(&code).await?;
    let (is_new, old_secret) = (known.is_none(), known.and_then(|it| it.webhook_secret));
    let secret_changed = form.webhook_secret.is_some();
    let institution = Institution {
        code,
        name: form.name.trim().to_owned(),
        kind: form.kind,
        endpoint: form.endpoint,
        webhook_secret: form.webhook_secret.or(old_secret),
        order_latency_ms: form.order_latency_ms,
    };
    tx.upsert_institution(&institution).await?;
    tx.append_audit(&AuditEntry {
        at: app.ctx().now(),
        actor: caller.actor(),
        action: "institution.set",
        subject: institution.code.to_string(),
        detail: serde_json::json!({
            "new": is_new,
            "name": institution.name,
            "kind": institution.kind.as_str(),
            "endpoint": institution.endpoint,
            "order_latency_ms": institution.order_latency_ms,
            "secret_changed": secret_changed,
        }),
        personal: Vec::new(),
    })
    .await?;
    tx.commit().await?;
    Ok(Json(institution.into()))
}

fn fingerprint(secret: &Secret) -> String {
    let digest = sha256(secret.expose().as_bytes());
    hex::encode(digest.first_chunk::<8>().unwrap_or(&[0; 8]))
}

/// Longest latency that can be set: a day.
const LATENCY_MS_MAX: i64 = 86_400_000;

impl InstitutionForm {
    fn check(&self, app: &App) -> ApiResult<()> {
        check_text("/name", &self.name, 140)?;
        let refuse = |pointer: &str, why: String| {
            Err(
                ApiError::new(ErrorCode::RequestInvalid, format!("{pointer}: {why}"))
                    .at(pointer, why),
            )
        };
        if !(0..=LATENCY_MS_MAX).contains(&self.order_latency_ms) {
            return refuse("/order_latency_ms", "must be 0 to 86400000".to_owned());
        }
        if let Some(secret) = &self.webhook_secret
            && let Err(error) = secret.expose().parse::<WebhookSecret>()
        {
            return refuse("/webhook_secret", error.to_string());
        }
        if let Some(endpoint) = &self.endpoint {
            app.connector().policy().check(endpoint).map_err(|error| {
                ApiError::new(ErrorCode::InstitutionEndpoint, error.to_string())
                    .at("/endpoint", error.to_string())
            })?;
        }
        Ok(())
    }
}
