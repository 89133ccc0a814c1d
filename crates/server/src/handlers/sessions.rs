//! Sessions that are open: everybody sees and ends their own, administrators anybody's.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stanch_store::Session;
use stanch_types::credential::SessionWay;
use stanch_types::user::Role;
use stanch_types::{ErrorCode, SessionId, Timestamp, UserId};
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::extract::{InPath, Params};
use crate::handlers::session::record;
use crate::page::PageView;
use crate::state::App;

/// Whose sessions.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhoseParams {
    /// Whose; one's own unless told. Others' are open to administrators.
    pub user_id: Option<UserId>,
}

/// An open session or token.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OpenSession {
    /// Identifier.
    pub id: SessionId,
    /// How it was opened.
    pub way: SessionWay,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// When it was last used; null: not since the server started.
    #[schema(required = true)]
    pub last_used_at: Option<Timestamp>,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// How many sessions were ended.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Ended {
    /// Their number.
    pub sessions: u64,
}

/// Whose sessions or passkeys are asked for.
///
/// # Errors
/// [`ErrorCode::Forbidden`] for those of others.
pub fn whose(caller: &Caller, params: &WhoseParams) -> ApiResult<UserId> {
    let of = params.user_id.unwrap_or(caller.id());
    if of == caller.id() || caller.user.has(Role::Admin) {
        Ok(of)
    } else {
        let why = "the sessions of others are open to administrators";
        Err(ApiError::new(ErrorCode::Forbidden, why))
    }
}

/// Open sessions and tokens, newest first.
#[utoipa::path(get, path = "/v1/sessions", tag = "session", params(WhoseParams), responses(
    (status = 200, body = PageView<OpenSession>, description = "At most 200"),
))]
pub async fn list_sessions(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<WhoseParams>,
) -> ApiResult<Json<PageView<OpenSession>>> {
    let of = whose(&caller, &params)?;
    let now = app.ctx().now();
    let sessions = app.store().read().await?.list_sessions(of, now).await?;
    let this = caller.token.digest();
    let open = sessions.into_iter().filter_map(|session| {
        let last_used_at = app.idle().last(&session.token_sha256);
        let idle = last_used_at.is_some_and(|last| now.since(last) >= app.config().idle_max());
        (!idle).then(|| OpenSession {
            id: session.id,
            way: session.way,
            created_at: session.created_at,
            expires_at: session.expires_at,
            last_used_at,
            is_this: session.token_sha256 == this,
        })
    });
    Ok(Json(PageView::whole(open.collect())))
}

/// End one session or token.
#[utoipa::path(delete, path = "/v1/sessions/{id}", tag = "session", params(("id" = SessionId, Path, description = "The session")), responses(
    (status = 204, description = "Ended"),
))]
pub async fn end_session(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<SessionId>,
) -> ApiResult<StatusCode> {
    let mut tx = app.store().begin().await?;
    let mine = |session: &Session| session.user_id == caller.id() || caller.user.has(Role::Admin);
    let session = tx.lookup_session_by_id(id).await?.filter(mine);
    let session = session.ok_or_else(|| ApiError::of(ErrorCode::NotFound))?;
    tx.delete_session(&session.token_sha256).await?;
    let detail = json!({ "sessions": 1 });
    record(
        &app,
        &mut tx,
        caller.actor(),
        session.user_id,
        "session.ended",
        detail,
    )
    .await?;
    tx.commit().await?;
    app.recent().forget(&session.token_sha256);
    app.idle().forget(&session.token_sha256);
    Ok(StatusCode::NO_CONTENT)
}

/// End all sessions and tokens but the one that asks.
#[utoipa::path(delete, path = "/v1/sessions", tag = "session", params(WhoseParams), responses(
    (status = 200, body = Ended, description = "Ended"),
))]
pub async fn end_sessions(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<WhoseParams>,
) -> ApiResult<Json<Ended>> {
    let of = whose(&caller, &params)?;
    let mut tx = app.store().begin().await?;
    let sessions = tx.delete_other_sessions(of, &caller.token.digest()).await?;
    if sessions > 0 {
        let detail = json!({ "sessions": sessions });
        record(&app, &mut tx, caller.actor(), of, "session.ended", detail).await?;
        tx.commit().await?;
        app.recent().forget_all();
    }
    Ok(Json(Ended { sessions }))
}
