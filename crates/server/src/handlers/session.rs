//! Signing in and out: sessions for the console, tokens for scripts.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stanch_types::Timestamp;
use stanch_types::personal::Secret;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::people::UserView;

/// Sign-in name and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Sign-in name.
    #[schema(max_length = 64, example = "lin")]
    pub login: String,
    /// Password.
    #[schema(value_type = String, max_length = 256, example = "correct horse battery")]
    pub password: Secret,
}

/// The signed-in person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionView {
    /// Who.
    pub user: UserView,
    /// Send this as `x-csrf-token` with every request that is not a `GET`; bound to the session.
    pub csrf_token: String,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
}

/// A token for scripts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TokenView {
    /// Send as `Authorization: Bearer …`. Shown once; only its SHA-256 is stored.
    pub token: String,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// Sign in for the console: sets the cookie `stanch_session`.
#[utoipa::path(post, path = "/v1/session", tag = "session", request_body = Credentials, responses(
    (status = 200, body = SessionView, description = "Signed in; the cookie `stanch_session` is set"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "Login or password is wrong (`auth.sign_in_failed`)"),
))]
pub async fn sign_in() -> ApiResult<Json<SessionView>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/session", tag = "session", responses(
    (status = 200, body = SessionView, description = "The signed-in person"),
))]
pub async fn get_session() -> ApiResult<Json<SessionView>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Sign out: ends the session or token.
#[utoipa::path(delete, path = "/v1/session", tag = "session", responses(
    (status = 204, description = "Signed out"),
))]
pub async fn sign_out() -> ApiResult<StatusCode> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Get a bearer token for scripts.
#[utoipa::path(post, path = "/v1/tokens", tag = "session", request_body = Credentials, responses(
    (status = 201, body = TokenView, description = "A token; shown once"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "Login or password is wrong (`auth.sign_in_failed`)"),
))]
pub async fn create_token() -> ApiResult<(StatusCode, Json<TokenView>)> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
