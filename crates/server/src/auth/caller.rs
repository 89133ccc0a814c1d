//! The signed-in person behind a request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use stanch_types::user::{Actor, Role, User};
use stanch_types::{Duration, ErrorCode, Timestamp, UserId};

use crate::auth::recent::Known;
use crate::auth::token::Token;
use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// Name of the session cookie.
pub const COOKIE: &str = "stanch_session";

/// The signed-in person behind a request; put there by [`crate::guard`].
#[derive(Clone)]
pub struct Caller {
    /// Who.
    pub user: User,
    /// The session's token.
    pub token: Token,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
    /// Whether the token came as a cookie, so that a browser may have sent it unasked.
    pub by_cookie: bool,
}

impl Caller {
    /// Identifier of the person.
    #[must_use]
    pub const fn id(&self) -> UserId {
        self.user.id
    }

    /// The person as actor of what is recorded.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::User { id: self.user.id }
    }

    /// Whether the person works on cases or decisions and so needs personal data in full; auditors do not.
    #[must_use]
    pub fn sees_personal_data(&self) -> bool {
        [
            Role::Analyst,
            Role::Approver,
            Role::Liaison,
            Role::RiskEngineer,
            Role::Reviewer,
        ]
        .into_iter()
        .any(|role| self.user.has(role))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| ApiError::of(ErrorCode::SignInRequired))
    }
}

/// Finds out who sent a request.
///
/// # Errors
/// [`ErrorCode::SignInRequired`].
pub async fn authenticate(app: &App, headers: &HeaderMap) -> ApiResult<Caller> {
    let required = || ApiError::of(ErrorCode::SignInRequired);
    let (token, by_cookie) = shown_token(headers).ok_or_else(required)?;
    let digest = token.digest();
    let now = app.ctx().now();
    let Known { user, expires_at } = match app.recent().lookup(&digest, now) {
        Ok(known) => known,
        Err(epoch) => {
            let known = look_up(app, &digest).await?.ok_or_else(required)?;
            app.recent().keep(epoch, &digest, known.clone(), now);
            known
        }
    };
    let idle_max = Duration::from_mins(app.config().sessions.idle_minutes.into());
    if expires_at <= now || !app.idle().touch(&digest, idle_max, now) {
        return Err(required());
    }
    Ok(Caller {
        user,
        token,
        expires_at,
        by_cookie,
    })
}

/// The session of a token in the record and its owner; none if either may not sign in.
async fn look_up(app: &App, digest: &str) -> ApiResult<Option<Known>> {
    let mut tx = app.store().read().await?;
    let Some(session) = tx.lookup_session(digest).await? else {
        return Ok(None);
    };
    let user = tx.get_user(session.user_id).await?;
    Ok(user.disabled_at.is_none().then_some(Known {
        user,
        expires_at: session.expires_at,
    }))
}

/// The token of a request: the `Authorization` header if there is one, else the cookie.
fn shown_token(headers: &HeaderMap) -> Option<(Token, bool)> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| Token::shown(token.trim()))
            .flatten()
            .map(|token| (token, false));
    }
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, token)| Token::shown(token))
        .map(|token| (token, true))
}
