//! `Idempotency-Key`: the same key with the same body gives the first answer again, for 90 days.
//!
//! Key, effect and answer become durable in one transaction: a crash leaves all of them or none, and a refused
//! request leaves the key free. The key belongs to the caller and the endpoint.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use stanch_store::{IdempotencyBegin, StoredResponse, Tx};
use stanch_types::ErrorCode;

use crate::auth::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// Marks an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const KEY_CHARS_MAX: usize = 128;

/// The `Idempotency-Key` of a request, if it has one.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: Option<String>,
    endpoint: String,
}

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        let refuse = || {
            ApiError::new(
                ErrorCode::RequestInvalid,
                "`Idempotency-Key` has 1 to 128 printable ASCII characters without spaces",
            )
        };
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let key = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => {
                let text = value.to_str().map_err(|_| refuse())?;
                let plain = text.bytes().all(|b| b.is_ascii_graphic());
                if !plain || !(1..=KEY_CHARS_MAX).contains(&text.len()) {
                    return Err(refuse());
                }
                Some(text.to_owned())
            }
            (Some(_), Some(_)) => return Err(refuse()),
        };
        Ok(Self {
            key,
            endpoint: format!("{} {}", parts.method, parts.uri.path()),
        })
    }
}

/// What is to be done with a request.
pub enum Begun {
    /// Give this answer: it was given before.
    Replay(Response),
    /// Do it in this transaction, then [`Slot::reply`].
    Fresh(Tx, Slot),
}

/// The place where the answer is kept.
pub struct Slot(Option<(String, String)>);

impl IdempotencyKey {
    /// Begins the request's transaction and claims the key in it.
    ///
    /// # Errors
    /// [`ErrorCode::IdempotencyMismatch`], [`ErrorCode::IdempotencyInProgress`]; those of the record.
    pub async fn begin(
        self,
        app: &App,
        caller: &Caller,
        request_sha256: &[u8; 32],
    ) -> ApiResult<Begun> {
        let mut tx = app.store().begin().await?;
        let Some(key) = self.key else {
            return Ok(Begun::Fresh(tx, Slot(None)));
        };
        let scope = format!("{} {}", caller.id(), self.endpoint);
        let now = app.ctx().now();
        let digest = hex::encode(request_sha256);
        match tx.begin_idempotent(&scope, &key, &digest, now).await? {
            IdempotencyBegin::Fresh => Ok(Begun::Fresh(tx, Slot(Some((scope, key))))),
            IdempotencyBegin::Replay(stored) => replay(stored).map(Begun::Replay),
            IdempotencyBegin::Mismatch => Err(ApiError::of(ErrorCode::IdempotencyMismatch)),
            IdempotencyBegin::InProgress => {
                Err(ApiError::of(ErrorCode::IdempotencyInProgress).retry_after(1))
            }
        }
    }
}

impl Slot {
    /// Keeps the answer, makes everything durable, then answers.
    ///
    /// # Errors
    /// Those of the record.
    pub async fn reply<T: Serialize>(
        self,
        mut tx: Tx,
        status: StatusCode,
        value: &T,
    ) -> ApiResult<Response> {
        let body = serde_json::to_vec(value).map_err(ApiError::internal)?;
        if let Some((scope, key)) = self.0 {
            let stored = StoredResponse {
                status: status.as_u16(),
                content_type: "application/json".to_owned(),
                body: body.clone(),
            };
            tx.finish_idempotent(&scope, &key, &stored).await?;
        }
        tx.commit().await?;
        Ok((status, [(header::CONTENT_TYPE, "application/json")], body).into_response())
    }
}

fn replay(stored: StoredResponse) -> ApiResult<Response> {
    let status = StatusCode::from_u16(stored.status).map_err(ApiError::internal)?;
    let content_type = HeaderValue::from_str(&stored.content_type).map_err(ApiError::internal)?;
    let mut response = (status, stored.body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
