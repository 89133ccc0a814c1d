//! Signing in and out: sessions for the console, tokens for scripts.

use crate::auth::caller::{COOKIE, Caller};
use crate::auth::token::Token;
use crate::extract::JsonBody;
use crate::metrics::Metric;
use crate::state::App;
use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stanch_store::{AuditEntry, Session};
use stanch_types::Timestamp;
use stanch_types::credential::SessionWay;
use stanch_types::personal::Secret;
use stanch_types::user::{Actor, User};
use stanch_types::{Duration, ErrorCode, UserId};
use std::net::SocketAddr;
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
    /// The address at which the public reaches this installation, without a slash at its end; none if it is not configured.
    #[schema(example = "https://stanch.example.org")]
    pub public_url: Option<String>,
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
pub async fn sign_in(
    State(app): State<App>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    JsonBody { value, .. }: JsonBody<Credentials>,
) -> ApiResult<(HeaderMap, Json<SessionView>)> {
    let (user, token, expires_at) = open_session(&app, from, value, SessionWay::Password).await?;
    signed_in(&app, user, &token, expires_at)
}

/// What the console is told of a session that was just opened, and the cookie with its token.
///
/// # Errors
/// [`ErrorCode::Internal`].
pub fn signed_in(
    app: &App,
    user: User,
    token: &Token,
    expires_at: Timestamp,
) -> ApiResult<(HeaderMap, Json<SessionView>)> {
    let max_age_secs = expires_at.since(app.ctx().now()).as_secs();
    let headers = cookie(app, token.expose(), max_age_secs)?;
    let view = SessionView {
        user: user.into(),
        csrf_token: token.csrf(),
        expires_at,
        public_url: public_url(app),
    };
    Ok((headers, Json(view)))
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/session", tag = "session", responses(
    (status = 200, body = SessionView, description = "The signed-in person"),
))]
pub async fn get_session(State(app): State<App>, caller: Caller) -> Json<SessionView> {
    Json(SessionView {
        csrf_token: caller.token.csrf(),
        expires_at: caller.expires_at,
        user: caller.user.into(),
        public_url: public_url(&app),
    })
}

fn public_url(app: &App) -> Option<String> {
    let url = app.config().public_url.as_deref()?;
    Some(url.trim_end_matches('/').to_owned())
}

/// Sign out: ends the session or token.
#[utoipa::path(delete, path = "/v1/session", tag = "session", responses(
    (status = 204, description = "Signed out"),
))]
pub async fn sign_out(
    State(app): State<App>,
    caller: Caller,
) -> ApiResult<(StatusCode, HeaderMap)> {
    let digest = caller.token.digest();
    let mut tx = app.store().begin().await?;
    tx.delete_session(&digest).await?;
    record(
        &app,
        &mut tx,
        caller.actor(),
        caller.id(),
        "session.closed",
        json!({}),
    )
    .await?;
    tx.commit().await?;
    app.recent().forget(&digest);
    app.idle().forget(&digest);
    Ok((StatusCode::NO_CONTENT, cookie(&app, "", 0)?))
}

/// Get a bearer token for scripts.
#[utoipa::path(post, path = "/v1/tokens", tag = "session", request_body = Credentials, responses(
    (status = 201, body = TokenView, description = "A token; shown once"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "Login or password is wrong (`auth.sign_in_failed`)"),
))]
pub async fn create_token(
    State(app): State<App>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    JsonBody { value, .. }: JsonBody<Credentials>,
) -> ApiResult<(StatusCode, Json<TokenView>)> {
    let (_, token, expires_at) = open_session(&app, from, value, SessionWay::Token).await?;
    let view = TokenView {
        token: token.expose().to_owned(),
        expires_at,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Checks the password and stores a new session. An unknown login and a wrong password are told alike and take
/// equally long.
async fn open_session(
    app: &App,
    from: SocketAddr,
    credentials: Credentials,
    way: SessionWay,
) -> ApiResult<(User, Token, Timestamp)> {
    let login = credentials.login;
    let known = if is_login(&login) {
        app.store()
            .read()
            .await?
            .lookup_user_by_login(&login)
            .await?
    } else {
        None
    };
    let known = known.filter(|user| user.disabled_at.is_none());
    let stored = known.as_ref().map(|user| user.password_hash.clone());
    check_password(app, from, &login, &credentials.password, stored).await?;
    let user = known.ok_or_else(|| ApiError::of(ErrorCode::SignInFailed))?;
    let (token, expires_at) = begin_session(app, &user, way).await?;
    Ok((user, token, expires_at))
}

/// Checks a password against its stored form, at a bounded rate; without one as long as with one.
///
/// # Errors
/// [`ErrorCode::SignInFailed`], [`ErrorCode::RequestTooMany`].
pub async fn check_password(
    app: &App,
    from: SocketAddr,
    login: &str,
    password: &Secret,
    stored: Option<Secret>,
) -> ApiResult<()> {
    let (now, throttle) = (app.ctx().now(), app.throttle());
    throttle
        .admit(login, from.ip(), now)
        .map_err(|secs| ApiError::of(ErrorCode::RequestTooMany).retry_after(secs))?;
    let good = app.passwords().check(password.expose().to_owned(), stored);
    if good.await? {
        throttle.succeeded(login, from.ip());
        return Ok(());
    }
    throttle.failed(login, from.ip(), now);
    Metric::SignInFailures.count(&[]);
    tracing::info!(address = %from.ip(), "sign-in failed");
    Err(ApiError::of(ErrorCode::SignInFailed))
}

/// Stores a new session of somebody who has shown who they are; gives its token and its end.
///
/// # Errors
/// Those of the record.
pub async fn begin_session(
    app: &App,
    user: &User,
    way: SessionWay,
) -> ApiResult<(Token, Timestamp)> {
    let now = app.ctx().now();
    let token = Token::new(app.ctx());
    let hours = app.config().sessions.absolute_hours;
    let session = Session {
        token_sha256: token.digest(),
        id: app.ctx().new_id(),
        user_id: user.id,
        way,
        created_at: now,
        expires_at: now.plus(Duration::from_hours(hours.into())),
    };
    let action = match way {
        SessionWay::Password | SessionWay::Oidc | SessionWay::Passkey => "session.opened",
        SessionWay::Token => "token.opened",
    };
    let mut tx = app.store().begin().await?;
    tx.insert_session(&session).await?;
    let by = Actor::User { id: user.id };
    record(app, &mut tx, by, user.id, action, json!({ "way": way })).await?;
    tx.commit().await?;
    Ok((token, session.expires_at))
}

/// Whether a text can be a sign-in name: 1 to 64 of `a-z 0-9 . _ -`.
#[must_use]
pub fn is_login(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Records what `by` did with the account `of`.
///
/// # Errors
/// Those of the record.
pub async fn record(
    app: &App,
    tx: &mut stanch_store::Tx,
    by: Actor,
    of: UserId,
    action: &'static str,
    detail: serde_json::Value,
) -> ApiResult<()> {
    let entry = AuditEntry {
        at: app.ctx().now(),
        actor: by,
        action,
        subject: of.to_string(),
        detail,
        personal: Vec::new(),
    };
    Ok(tx.append_audit(&entry).await?)
}

/// The headers that set the session's cookie; an empty token and 0 seconds take it away.
///
/// # Errors
/// [`ErrorCode::Internal`].
pub fn cookie(app: &App, token: &str, max_age_secs: i64) -> ApiResult<HeaderMap> {
    let secure = if app.config().cookie_is_secure() {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={max_age_secs}{secure}"
    );
    let value = HeaderValue::from_str(&text).map_err(ApiError::internal)?;
    Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}
