//! Health, metrics and the API's own description.

use axum::Json;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};

/// The server is alive.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// The program's version.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "system", responses(
    (status = 200, body = Health, description = "Alive"),
))]
pub async fn healthz() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Whether work can be taken: the record answers and the server is not stopping.
#[utoipa::path(get, path = "/readyz", tag = "system", responses(
    (status = 200, body = Health, description = "Ready"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "Not ready (`internal.unavailable`)"),
))]
pub async fn readyz() -> ApiResult<Json<Health>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Metrics for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "system", responses(
    (status = 200, body = String, content_type = "text/plain", description = "Prometheus text format 0.0.4"),
))]
pub async fn metrics() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "system", responses(
    (status = 200, body = Object, content_type = "application/json", description = "OpenAPI 3.1"),
))]
pub async fn openapi_json() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
