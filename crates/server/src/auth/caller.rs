//! The signed-in person behind a request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use stanch_types::purpose::Purpose;
use stanch_types::user::{Actor, Role, User};
use stanch_types::{Duration, ErrorCode, Timestamp, UserId};

use crate::auth::recent::Known;
use crate::auth::token::Token;
use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// Name of the session cookie.
pub const COOKIE: &str = "stanch_session";

/// The header in which a caller says what personal data is read for.
const PURPOSE_HEADER: &str = "stanch-purpose";
/// The cookie in which the console says it: browsers send it with downloads too.
const PURPOSE_COOKIE: &str = "stanch_purpose";

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
    /// What personal data is read for, as the caller says.
    pub purpose: Option<Purpose>,
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

    /// Whether the person works on cases or decisions, so needs personal data in full, and says what for; auditors do
    /// not. Everybody else sees it masked.
    #[must_use]
    pub fn sees_personal_data(&self) -> bool {
        let works = [
            Role::Analyst,
            Role::Approver,
            Role::Liaison,
            Role::RiskEngineer,
            Role::Reviewer,
        ]
        .into_iter()
        .any(|role| self.user.has(role));
        works && self.purpose.is_some()
    }

    /// What personal data is read for; asked for where it cannot be masked.
    ///
    /// # Errors
    /// [`ErrorCode::PurposeRequired`].
    pub fn must_say_purpose(&self) -> ApiResult<Purpose> {
        self.purpose
            .ok_or_else(|| ApiError::of(ErrorCode::PurposeRequired))
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
/// [`ErrorCode::SignInRequired`]; [`ErrorCode::RequestInvalid`] for a purpose that is none.
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
        purpose: purpose(headers)?,
    })
}

fn purpose(headers: &HeaderMap) -> ApiResult<Option<Purpose>> {
    let Some(value) = headers.get(PURPOSE_HEADER) else {
        return Ok(cookie(headers, PURPOSE_COOKIE).and_then(|word| word.parse().ok()));
    };
    let word = value.to_str().ok().and_then(|word| word.parse().ok());
    word.map(Some).ok_or_else(|| {
        let words: Vec<&str> = Purpose::ALL.iter().map(|one| one.as_str()).collect();
        let why = format!("`{PURPOSE_HEADER}` is one of {}", words.join(", "));
        ApiError::new(ErrorCode::RequestInvalid, why.clone()).at(PURPOSE_HEADER, why)
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
    cookie(headers, COOKIE)
        .and_then(Token::shown)
        .map(|token| (token, true))
}

fn cookie<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}
