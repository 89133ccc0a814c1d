//! What surrounds every request: its id, span, log line and metrics, the body of errors and the security headers.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Response as HttpResponse, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::error::ApiError;
use crate::metrics::Metric;
use crate::state::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Nothing an API answer could load or run, should a browser show it as a page.
const API_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Surrounds a request.
pub async fn envelope(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = hex::encode(app.ctx().random_bytes::<8>());
    let method = request.method().clone();
    let started = Instant::now();
    let span = tracing::info_span!("http", request.id = %id, method = %method);
    let mut response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let route = response
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "console".to_owned(), |path| path.as_str().to_owned());
    if response.status().is_client_error() || response.status().is_server_error() {
        response = write_problem(response, &id);
    }
    secure(&mut response, &id);
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    Metric::HttpRequests.count(&[
        ("route", route.clone()),
        ("method", method.to_string()),
        ("status", status.to_string()),
    ]);
    Metric::HttpSeconds.observe(elapsed.as_secs_f64(), &[("route", route.clone())]);
    tracing::info!(
        route,
        status,
        duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        "request done"
    );
    response
}

/// Gives an error answer its body, whether it came from a handler or from a layer below.
fn write_problem(response: Response, id: &str) -> Response {
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == "application/problem+json");
    if is_problem {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let error = parts
        .extensions
        .remove::<Arc<ApiError>>()
        .unwrap_or_else(|| Arc::new(ApiError::from_status(parts.status)));
    if let Some(hidden) = error.hidden() {
        if error.status().is_server_error() {
            tracing::error!(code = %error.code(), cause = hidden, "request failed");
        } else {
            tracing::info!(code = %error.code(), cause = hidden, "request refused");
        }
    }
    let body = serde_json::to_vec(&error.problem(id)).unwrap_or_default();
    parts.status = error.status();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    HttpResponse::from_parts(parts, Body::from(body))
}

fn secure(response: &mut Response, id: &str) {
    let not_modified = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(API_POLICY);
    if !not_modified {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
}
