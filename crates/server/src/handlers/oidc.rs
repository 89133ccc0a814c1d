//! Signing in at the organisation's identity provider. Browsers come here by themselves, so every answer sends them on.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use stanch_types::ErrorCode;
use stanch_types::credential::SessionWay;
use stanch_types::view::is_own_path;
use url::Url;
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::cookie_named;
use crate::auth::oidc::pending::WAITS;
use crate::auth::oidc::{Answer, CALLBACK, Oidc, person};
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::Params;
use crate::handlers::session::{begin_session, cookie};
use crate::metrics::Metric;
use crate::state::App;

/// Name of the cookie that ties a sign-in to the browser that began it.
const COOKIE: &str = "stanch_oidc";
/// Longest address to go to afterwards.
const NEXT_MAX: usize = 2_048;

/// How people may sign in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignInMethods {
    /// With a password: always.
    pub password: bool,
    /// Host of the identity provider where people may sign in (`GET /auth/oidc/start`); null: none.
    #[schema(required = true, example = "login.example.org")]
    pub oidc: Option<String>,
    /// With a passkey, in a browser that has one.
    pub passkey: bool,
}

/// Where a sign-in ends.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StartParams {
    /// A page of the console, beginning with one `/`; the first page unless told.
    #[param(max_length = 2048)]
    pub next: Option<String>,
}

/// How people may sign in here.
#[utoipa::path(get, path = "/v1/sign-in-methods", tag = "session", responses(
    (status = 200, body = SignInMethods, description = "The ways"),
))]
pub async fn list_sign_in_methods(State(app): State<App>) -> Json<SignInMethods> {
    let host = app.oidc().and_then(|oidc| {
        let url = Url::parse(&oidc.config.issuer).ok()?;
        url.host_str().map(str::to_owned)
    });
    Json(SignInMethods {
        password: true,
        oidc: host,
        passkey: app.passkeys().is_some(),
    })
}

/// Sign in at the identity provider: sends the browser there.
#[utoipa::path(get, path = "/auth/oidc/start", tag = "session", params(StartParams), responses(
    (status = 303, description = "To the provider, or back to the sign-in page with the code of what went wrong as `problem`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No provider is configured (`resource.not_found`)"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too much from one address (`request.too_many`)"),
))]
pub async fn start_oidc(
    State(app): State<App>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Params(params): Params<StartParams>,
) -> ApiResult<(StatusCode, HeaderMap)> {
    let oidc = configured(&app)?;
    app.admit_public(from)?;
    let next = params.next.filter(|next| is_own_page(next));
    let next = next.unwrap_or_else(|| "/".to_owned());
    let departure = match oidc.begin(app.ctx(), next).await {
        Ok(departure) => departure,
        Err(error) => return told(error),
    };
    let mut headers = to(&departure.to)?;
    headers.append(
        header::SET_COOKIE,
        tie(&app, &departure.cookie, WAITS.as_secs())?,
    );
    Ok((StatusCode::SEE_OTHER, headers))
}

/// Where the provider sends the browser back to: begins the session.
#[utoipa::path(get, path = "/auth/oidc/callback", tag = "session", params(Answer), responses(
    (status = 303, description = "To the page asked for, with the cookie `stanch_session`; or to the sign-in page with the code of what went wrong as `problem`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No provider is configured (`resource.not_found`)"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too much from one address (`request.too_many`)"),
))]
pub async fn end_oidc(
    State(app): State<App>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Params(answer): Params<Answer>,
) -> ApiResult<(StatusCode, HeaderMap)> {
    let oidc = configured(&app)?;
    app.admit_public(from)?;
    let tied = cookie_named(&headers, COOKIE).unwrap_or_default();
    let (status, mut headers) = match sign_in(&app, oidc, answer, tied).await {
        Ok(headers) => (StatusCode::SEE_OTHER, headers),
        Err(error) => {
            Metric::SignInFailures.count(&[]);
            told(error)?
        }
    };
    headers.append(header::SET_COOKIE, tie(&app, "", 0)?);
    Ok((status, headers))
}

async fn sign_in(app: &App, oidc: &Oidc, answer: Answer, tied: &str) -> ApiResult<HeaderMap> {
    let (claims, next) = oidc.end(app.ctx().now(), answer, tied).await?;
    let user = person::find(app, &oidc.config, &claims).await?;
    let (token, expires_at) = begin_session(app, &user, SessionWay::Oidc).await?;
    let max_age_secs = expires_at.since(app.ctx().now()).as_secs();
    let mut headers = to(&next)?;
    headers.extend(cookie(app, token.expose(), max_age_secs)?);
    Ok(headers)
}

fn configured(app: &App) -> ApiResult<&Oidc> {
    app.oidc().ok_or_else(|| ApiError::of(ErrorCode::NotFound))
}

/// Whether an address is a page of this server and of no other.
fn is_own_page(next: &str) -> bool {
    next.len() <= NEXT_MAX && next.is_ascii() && is_own_path(next)
}

/// Sends the browser to the sign-in page, which tells what went wrong.
fn told(error: ApiError) -> ApiResult<(StatusCode, HeaderMap)> {
    if let Some(hidden) = error.hidden() {
        tracing::warn!(error = hidden, "the identity provider failed");
    }
    let page = format!("/sign-in?problem={}", error.code().as_str());
    Ok((StatusCode::SEE_OTHER, to(&page)?))
}

fn to(address: &str) -> ApiResult<HeaderMap> {
    let value = HeaderValue::from_str(address).map_err(ApiError::internal)?;
    let no_store = HeaderValue::from_static("no-store");
    Ok(HeaderMap::from_iter([
        (header::LOCATION, value),
        (header::CACHE_CONTROL, no_store),
    ]))
}

/// The cookie that ties the sign-in to the browser. `Lax`: the provider's page sends the browser back from outside.
fn tie(app: &App, value: &str, max_age_secs: i64) -> ApiResult<HeaderValue> {
    let secure = if app.config().cookie_is_secure() {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{COOKIE}={value}; HttpOnly; SameSite=Lax; Path={CALLBACK}; Max-Age={max_age_secs}{secure}"
    );
    HeaderValue::from_str(&text).map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_ins_end_on_own_pages_only() {
        for own in ["/", "/cases/case_1?tab=a"] {
            assert!(is_own_page(own), "{own}");
        }
        for foreign in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/\t/e",
        ] {
            assert!(!is_own_page(foreign), "{foreign}");
        }
    }
}
