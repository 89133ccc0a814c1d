//! The signed-in person behind a request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use stanch_types::credential::Scope;
use stanch_types::purpose::Purpose;
use stanch_types::user::{Actor, User};
use stanch_types::{ApiKeyId, ErrorCode, Timestamp, UserId};

use crate::auth::key::KeyGrant;
use crate::auth::recent::Known;
use crate::auth::token::Token;
use crate::authz::{self, Action, Asking, Person, Record};
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
    /// What the key opens, if it is one of a program.
    pub key: Option<Arc<KeyGrant>>,
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
        self.may(Action::SeePersonalData, true)
    }

    /// Whether the policies permit the person `action`, whatever record it is on; `in_scope`: the key's scopes name it.
    #[must_use]
    pub fn may(&self, action: Action, in_scope: bool) -> bool {
        self.may_on(action, in_scope, authz::ANY)
    }

    /// Whether the policies permit the owner of the key that is shown `action`, who would do it without the key.
    #[must_use]
    pub fn owner_may(&self, action: Action) -> bool {
        let asking = Asking {
            by_key: false,
            ..self.asking(true)
        };
        authz::permits(self.person(), asking, action, authz::ANY)
    }

    fn may_on(&self, action: Action, in_scope: bool, record: Record<'_>) -> bool {
        authz::permits(self.person(), self.asking(in_scope), action, record)
    }

    fn person(&self) -> Person<'_> {
        Person {
            id: self.user.id,
            roles: &self.user.roles,
        }
    }

    const fn asking(&self, in_scope: bool) -> Asking {
        Asking {
            by_key: self.key.is_some(),
            in_scope,
            has_purpose: self.purpose.is_some(),
        }
    }

    /// Whether the caller shows no key, or one with `scope`.
    #[must_use]
    pub fn has_scope(&self, scope: Option<Scope>) -> bool {
        let Some(key) = &self.key else {
            return true;
        };
        scope.is_some_and(|scope| key.has(scope))
    }

    /// Lets through who may give the second word on a record that `hands` put forward or decided on.
    ///
    /// # Errors
    /// `otherwise`.
    pub fn must_be_second(
        &self,
        action: Action,
        id: impl std::fmt::Display,
        hands: &[UserId],
        otherwise: ErrorCode,
    ) -> ApiResult<()> {
        let id = &id.to_string();
        if self.may_on(action, true, Record { id, hands }) {
            Ok(())
        } else {
            Err(ApiError::of(otherwise))
        }
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
pub async fn authenticate(app: &App, from: IpAddr, headers: &HeaderMap) -> ApiResult<Caller> {
    let required = || ApiError::of(ErrorCode::SignInRequired);
    let (token, by_cookie) = shown_token(headers).ok_or_else(required)?;
    let digest = token.digest();
    let now = app.ctx().now();
    let known = match app.recent().lookup(&digest, now) {
        Ok(known) => known,
        Err(epoch) => {
            let known = if token.is_key() {
                look_up_key(app, &digest).await?
            } else {
                look_up(app, &digest).await?
            };
            let known = known.ok_or_else(required)?;
            app.recent().keep(epoch, &digest, known.clone(), now);
            known
        }
    };
    let Known {
        user,
        expires_at,
        key,
    } = known;
    let awake = match &key {
        Some(key) => key.admits(from),
        None => app.idle().touch(&digest, app.config().idle_max(), now),
    };
    if expires_at <= now || !awake {
        return Err(required());
    }
    if let Some(key) = &key
        && app.key_uses().is_due(key.id, now)
    {
        note_use(app, key.id, now).await;
    }
    Ok(Caller {
        user,
        token,
        expires_at,
        by_cookie,
        key,
        purpose: purpose(headers)?,
    })
}

fn purpose(headers: &HeaderMap) -> ApiResult<Option<Purpose>> {
    let Some(value) = headers.get(PURPOSE_HEADER) else {
        return Ok(cookie_named(headers, PURPOSE_COOKIE).and_then(|word| word.parse().ok()));
    };
    let word = value.to_str().ok().and_then(|word| word.parse().ok());
    word.map(Some).ok_or_else(|| {
        let words: Vec<&str> = Purpose::ALL.iter().map(|one| one.as_str()).collect();
        let why = format!("`{PURPOSE_HEADER}` is one of {}", words.join(", "));
        ApiError::new(ErrorCode::RequestInvalid, why.clone()).at(PURPOSE_HEADER, why)
    })
}

/// Notes the use of a key. That it could not be noted is no reason to refuse the request.
async fn note_use(app: &App, id: ApiKeyId, now: Timestamp) {
    let noted = async {
        let mut tx = app.store().begin().await?;
        tx.note_api_key_use(id, now).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(api_key.id = %id, %error, "the use of a key was not noted");
    }
}

/// The key of a digest in the record and its owner; none if either opens nothing.
async fn look_up_key(app: &App, digest: &str) -> ApiResult<Option<Known>> {
    let mut tx = app.store().read().await?;
    let now = app.ctx().now();
    let found = tx.lookup_api_key(digest).await?;
    let Some(key) = found.filter(|key| key.is_live(now)) else {
        return Ok(None);
    };
    let user = tx.get_user(key.user_id).await?;
    let grant = KeyGrant::of(&key).filter(|_| user.disabled_at.is_none());
    Ok(grant.map(|grant| Known {
        user,
        expires_at: key.expires_at,
        key: Some(Arc::new(grant)),
    }))
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
        key: None,
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
    cookie_named(headers, COOKIE)
        .and_then(Token::shown)
        .filter(|token| !token.is_key())
        .map(|token| (token, true))
}

/// Value of the cookie `wanted`, if the browser sent it.
#[must_use]
pub fn cookie_named<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}
