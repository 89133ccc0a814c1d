//! Lists as people saved them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stanch_types::view::{
    SavedView, VIEW_NAME_CHARS_MAX, VIEW_PATH_CHARS_MAX, VIEWS_MAX, is_own_path,
};
use stanch_types::{ErrorCode, ViewId};
use utoipa::ToSchema;

use crate::auth::caller::Caller;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, JsonBody, check_text};
use crate::page::PageView;
use crate::state::App;

/// A list to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewWish {
    /// Name, 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64, example = "今晚超时")]
    pub name: String,
    /// The screen's path with its filters.
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = "^/[^/\\\\\\s]?[^\\\\\\s]*$",
        example = "/cases?state=open"
    )]
    pub path: String,
    /// Whether everybody shall see it.
    #[serde(default)]
    pub shared: bool,
}

/// The caller's saved lists, and those that others share.
#[utoipa::path(get, path = "/v1/views", tag = "desk", responses(
    (status = 200, body = PageView<SavedView>, description = "The caller's by name, then others', at most 300"),
))]
pub async fn list_views(
    State(app): State<App>,
    caller: Caller,
) -> ApiResult<Json<PageView<SavedView>>> {
    let views = app.store().read().await?.list_views(caller.id()).await?;
    Ok(Json(PageView::whole(views)))
}

/// Save a list.
#[utoipa::path(post, path = "/v1/views", tag = "desk", request_body = ViewWish, responses(
    (status = 201, body = SavedView, description = "Saved"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The caller has 100 already (`resource.conflict`)"),
))]
pub async fn save_view(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<ViewWish>,
) -> ApiResult<(StatusCode, Json<SavedView>)> {
    check_text("/name", &value.name, VIEW_NAME_CHARS_MAX)?;
    check_text("/path", &value.path, VIEW_PATH_CHARS_MAX)?;
    if !is_own_path(&value.path) {
        let why = "is a path of the console: it begins with one slash";
        return Err(ApiError::of(ErrorCode::RequestInvalid).at("/path", why));
    }
    let mut tx = app.store().begin().await?;
    let own = tx.list_views(caller.id()).await?.into_iter();
    if own.filter(|view| view.user_id == caller.id()).count() >= VIEWS_MAX {
        let why = "a person saves at most 100 lists";
        return Err(ApiError::new(ErrorCode::Conflict, why));
    }
    let view = SavedView {
        id: app.ctx().new_id(),
        user_id: caller.id(),
        name: value.name,
        path: value.path,
        shared: value.shared,
        saved_at: app.ctx().now(),
    };
    tx.insert_view(&view).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Remove a list that the caller saved.
#[utoipa::path(delete, path = "/v1/views/{id}", tag = "desk", params(("id" = ViewId, Path, description = "The saved list")), responses(
    (status = 204, description = "Removed"),
))]
pub async fn delete_view(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ViewId>,
) -> ApiResult<StatusCode> {
    let mut tx = app.store().begin().await?;
    if !tx.delete_view(id, caller.id()).await? {
        return Err(ApiError::of(ErrorCode::NotFound));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
