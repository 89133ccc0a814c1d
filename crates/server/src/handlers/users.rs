//! The staff.

use crate::state::App;
use axum::Json;
use axum::extract::State;

use crate::error::ApiResult;
use crate::handlers::people::UserView;
use crate::page::PageView;

/// Everybody who can sign in, by login.
#[utoipa::path(get, path = "/v1/users", tag = "session", responses(
    (status = 200, body = PageView<UserView>, description = "All users"),
))]
pub async fn list_users(State(app): State<App>) -> ApiResult<Json<PageView<UserView>>> {
    let users = app.store().read().await?.list_users().await?;
    Ok(Json(PageView::whole(
        users.into_iter().map(UserView::from).collect(),
    )))
}
