//! The live feed: what changed, as it changes.

use axum::response::Response;

use crate::error::{ApiError, ApiResult, Problem};

/// Server-sent events: `id: n`, `event: case.opened | case.updated | plan.ready | plan.updated | order.changed |
/// payments.arrived`, `data: {"subject":"…","case_id":"…"}`. A comment line every 15 s keeps the line open.
/// `Last-Event-ID` resumes after that event; without it the feed starts now.
#[utoipa::path(get, path = "/v1/feed", tag = "feed",
    params(("Last-Event-ID" = Option<String>, Header, pattern = "^[0-9]{1,18}$", description = "Resume after this event")), responses(
    (status = 200, body = String, content_type = "text/event-stream", description = "Events without end"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "Too many feeds are open, or the server stops (`internal.unavailable`)"),
))]
pub async fn open_feed() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
