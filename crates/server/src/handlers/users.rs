//! The staff.

use axum::Json;

use crate::error::{ApiError, ApiResult};
use crate::handlers::people::UserView;
use crate::page::PageView;

/// Everybody who can sign in, by login.
#[utoipa::path(get, path = "/v1/users", tag = "session", responses(
    (status = 200, body = PageView<UserView>, description = "All users"),
))]
pub async fn list_users() -> ApiResult<Json<PageView<UserView>>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
