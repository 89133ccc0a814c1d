//! What stands before every handler: access by the table, cross-site request protection, time and number limits.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use stanch_types::ErrorCode;
use stanch_types::credential::Scope;

use crate::access::{self, Access, Rule, Weight};
use crate::auth::caller::{self, Caller};
use crate::error::{ApiError, ApiResult};
use crate::scopes;
use crate::state::App;

/// Bulk requests may take this many times as long as others.
const BULK_TIME_FACTOR: u32 = 10;

/// Lets a request through to its handler, or answers why not.
pub async fn guard(
    State(app): State<App>,
    matched: MatchedPath,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let admitted = admit(&app, &matched, from, request.method(), request.headers());
    let mut response = match admitted.await {
        Err(refusal) => refusal.into_response(),
        Ok(Admitted {
            rule,
            caller,
            permit,
        }) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            let response = within_time(&app, rule, next.run(request)).await;
            drop(permit);
            response
        }
    };
    response.extensions_mut().insert(matched);
    response
}

struct Admitted {
    rule: &'static Rule,
    caller: Option<Caller>,
    permit: Option<tokio::sync::OwnedSemaphorePermit>,
}

async fn admit(
    app: &App,
    matched: &MatchedPath,
    from: SocketAddr,
    method: &Method,
    headers: &HeaderMap,
) -> ApiResult<Admitted> {
    let rule = access::lookup(method, matched.as_str())
        .ok_or_else(|| ApiError::of(ErrorCode::NotFound))?;
    if rule.method == "POST" && is_public(rule.path) {
        app.admit_public(from)?;
    }
    let api = ["/v1/", "/auth/"]
        .iter()
        .any(|it| rule.path.starts_with(it))
        || is_public(rule.path);
    let counted = api && rule.weight != Weight::Stream;
    let permit = if counted {
        Some(app.request_permit()?)
    } else {
        None
    };
    let caller = match rule.access {
        Access::Public | Access::InstitutionSignature => None,
        Access::Person(action) => {
            let caller = caller::authenticate(app, from.ip(), headers).await?;
            let scope = scopes::scope_of(rule.method, rule.path);
            let in_scope = caller.has_scope(scope);
            if !caller.may(action, in_scope) {
                // Whoever may without the key is told what the key lacks.
                return Err(if caller.owner_may(action) {
                    scope_missing(scope)
                } else {
                    ApiError::of(ErrorCode::Forbidden)
                });
            }
            check_csrf(&caller, method, headers)?;
            Some(caller)
        }
    };
    Ok(Admitted {
        rule,
        caller,
        permit,
    })
}

/// What anybody may send to without signing in.
pub fn is_public(path: &str) -> bool {
    path.starts_with("/v1/public/") || crate::public::PAGES.contains(&path)
}

fn scope_missing(scope: Option<Scope>) -> ApiError {
    let why = match scope {
        Some(scope) => format!("the key lacks the scope `{scope}`"),
        None => "this is open to people only, not to keys".to_owned(),
    };
    ApiError::new(ErrorCode::ScopeMissing, why)
}

fn check_csrf(caller: &Caller, method: &Method, headers: &HeaderMap) -> ApiResult<()> {
    if !caller.by_cookie || method == Method::GET || method == Method::HEAD {
        return Ok(());
    }
    let shown = headers
        .get("x-csrf-token")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if caller.token.csrf_matches(shown) {
        Ok(())
    } else {
        Err(ApiError::of(ErrorCode::CsrfInvalid))
    }
}

async fn within_time(app: &App, rule: &Rule, work: impl Future<Output = Response>) -> Response {
    let time = Duration::from_secs(app.config().limits.request_secs);
    let time = match rule.weight {
        Weight::Normal | Weight::Stream => time,
        Weight::Bulk => time.saturating_mul(BULK_TIME_FACTOR),
    };
    tokio::time::timeout(time, work)
        .await
        .unwrap_or_else(|_| ApiError::of(ErrorCode::RequestTimeout).into_response())
}
