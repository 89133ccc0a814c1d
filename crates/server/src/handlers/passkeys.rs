//! Passkeys: made by a person who shows their password once more, and signed in with afterwards.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stanch_store::StoreError;
use stanch_types::credential::{Passkey, PasskeyAlgorithm, SessionWay};
use stanch_types::personal::Secret;
use stanch_types::user::{Actor, Role, User};
use stanch_types::{ErrorCode, PasskeyId, Timestamp};
use utoipa::ToSchema;

use crate::auth::caller::Caller;
use crate::auth::passkey::{Made, Signed, challenge_of, check_made, check_signed};
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, JsonBody, Params, check_text};
use crate::handlers::session::{SessionView, begin_session, check_password, record, signed_in};
use crate::handlers::sessions::{WhoseParams, whose};
use crate::metrics::Metric;
use crate::page::PageView;
use crate::state::{App, Passkeys};

/// Most passkeys of a person.
const PASSKEYS_MAX: usize = 20;
/// How long the browser lets the person take, in milliseconds (Web Authentication Level 3, section 15.1).
const TAKES_MS: u64 = 300_000;
/// Most characters of a passkey's name.
const NAME_MAX: usize = 128;

/// A passkey of a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PasskeyView {
    /// Identifier.
    pub id: PasskeyId,
    /// What the person calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last let its owner in; null: never.
    #[schema(required = true)]
    pub last_used_at: Option<Timestamp>,
}

/// The password once more: whoever finds an open session may not make themselves a key to it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordAgain {
    /// One's own password.
    #[schema(value_type = String, max_length = 256)]
    pub password: Secret,
}

/// What the browser is given: `options` for `navigator.credentials.create` or `get`, in their JSON form.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PasskeyOptions {
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    pub options: Value,
}

/// What a device answered when it made a passkey. Bytes are base64url without padding.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyMade {
    /// What the person calls it.
    #[schema(min_length = 1, max_length = 128, example = "my phone")]
    pub name: String,
    /// `rawId`.
    #[schema(max_length = 1400)]
    pub credential_id: String,
    /// `response.getPublicKeyAlgorithm()`: -7, -8 or -257.
    pub algorithm: i64,
    /// `response.getPublicKey()`.
    #[schema(max_length = 4096)]
    pub public_key: String,
    /// `response.clientDataJSON`.
    #[schema(max_length = 4096)]
    pub client_data: String,
    /// `response.getAuthenticatorData()`.
    #[schema(max_length = 8192)]
    pub authenticator_data: String,
}

/// What a device signed. Bytes are base64url without padding.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeySigned {
    /// `rawId`.
    #[schema(max_length = 1400)]
    pub credential_id: String,
    /// `response.clientDataJSON`.
    #[schema(max_length = 4096)]
    pub client_data: String,
    /// `response.authenticatorData`.
    #[schema(max_length = 8192)]
    pub authenticator_data: String,
    /// `response.signature`.
    #[schema(max_length = 2048)]
    pub signature: String,
}

fn refused(why: &'static str) -> ApiError {
    tracing::info!(reason = why, "passkey refused");
    ApiError::new(
        ErrorCode::PasskeyRefused,
        format!("not accepted for its {why}"),
    )
}

fn passkeys(app: &App) -> ApiResult<&Passkeys> {
    app.passkeys().ok_or_else(|| {
        let why = "passkeys need `public_url` with https, or http://localhost";
        ApiError::new(ErrorCode::NotFound, why)
    })
}

fn bytes(pointer: &str, text: &str) -> ApiResult<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| {
        let why = "is not base64url without padding";
        ApiError::new(ErrorCode::RequestInvalid, why).at(pointer, why)
    })
}

fn challenge(app: &App) -> ([u8; 32], String) {
    let bytes = app.ctx().random_bytes::<32>();
    (bytes, URL_SAFE_NO_PAD.encode(bytes))
}

fn view(passkey: Passkey) -> PasskeyView {
    PasskeyView {
        id: passkey.id,
        name: passkey.name,
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
    }
}

/// The passkeys of a person, oldest first.
#[utoipa::path(get, path = "/v1/passkeys", tag = "session", params(WhoseParams), responses(
    (status = 200, body = PageView<PasskeyView>, description = "All of them: at most 20"),
))]
pub async fn list_passkeys(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<WhoseParams>,
) -> ApiResult<Json<PageView<PasskeyView>>> {
    let of = whose(&caller, &params)?;
    let found = app.store().read().await?.passkeys_of(of).await?;
    Ok(Json(PageView::whole(found.into_iter().map(view).collect())))
}

/// Begin to make a passkey, with one's password.
#[utoipa::path(post, path = "/v1/passkeys/challenge", tag = "session", request_body = PasswordAgain, responses(
    (status = 200, body = PasskeyOptions, description = "For the browser; good for five minutes, once"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "The password is wrong (`auth.sign_in_failed`)"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There are no passkeys at this address (`resource.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "There are 20 already (`resource.conflict`)"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many tries (`request.too_many`)"),
))]
pub async fn begin_passkey(
    State(app): State<App>,
    caller: Caller,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    JsonBody { value, .. }: JsonBody<PasswordAgain>,
) -> ApiResult<Json<PasskeyOptions>> {
    let passkeys = passkeys(&app)?;
    let (login, stored) = (&caller.user.login, caller.user.password_hash.clone());
    check_password(&app, from, login, &value.password, Some(stored)).await?;
    let known = app.store().read().await?.passkeys_of(caller.id()).await?;
    if known.len() >= PASSKEYS_MAX {
        let why = format!("there are {PASSKEYS_MAX} already: remove one");
        return Err(ApiError::new(ErrorCode::Conflict, why));
    }
    let (bytes, text) = challenge(&app);
    let exclude = known.iter().filter_map(|one| {
        let id = hex::decode(&one.credential_id).ok()?;
        Some(json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id) }))
    });
    let algorithms = PasskeyAlgorithm::ALL.iter();
    let options = json!({
        "rp": { "id": passkeys.site.id, "name": "Stanch" },
        "user": {
            "id": URL_SAFE_NO_PAD.encode(caller.id().as_bytes()),
            "name": caller.user.login, "displayName": caller.user.name,
        },
        "challenge": text,
        "pubKeyCredParams": algorithms
            .map(|one| json!({ "type": "public-key", "alg": one.cose() }))
            .collect::<Vec<Value>>(),
        "timeout": TAKES_MS,
        "excludeCredentials": exclude.collect::<Vec<Value>>(),
        "authenticatorSelection": { "residentKey": "required", "requireResidentKey": true, "userVerification": "required" },
        "attestation": "none",
    });
    let now = app.ctx().now();
    passkeys.making.add(text, (caller.id(), bytes), now);
    Ok(Json(PasskeyOptions { options }))
}

/// Keep the passkey that the device made.
#[utoipa::path(post, path = "/v1/passkeys", tag = "session", request_body = PasskeyMade, responses(
    (status = 201, body = PasskeyView, description = "It lets its owner in from now on"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "It is not what was begun here (`auth.passkey_refused`)"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There are no passkeys at this address (`resource.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is kept already (`resource.conflict`)"),
))]
pub async fn add_passkey(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<PasskeyMade>,
) -> ApiResult<(StatusCode, Json<PasskeyView>)> {
    check_text("/name", &value.name, NAME_MAX)?;
    let passkeys = passkeys(&app)?;
    let client_data = bytes("/client_data", &value.client_data)?;
    let authenticator_data = bytes("/authenticator_data", &value.authenticator_data)?;
    let credential_id = bytes("/credential_id", &value.credential_id)?;
    let public_key = bytes("/public_key", &value.public_key)?;
    let mut algorithms = PasskeyAlgorithm::ALL.iter().copied();
    let algorithm = algorithms.find(|one| one.cose() == value.algorithm);
    let algorithm = algorithm.ok_or_else(|| refused("algorithm"))?;
    let now = app.ctx().now();
    let begun = challenge_of(&client_data).and_then(|it| passkeys.making.take(&it, now));
    let (_, challenge) = begun
        .filter(|(of, _)| *of == caller.id())
        .ok_or_else(|| refused("challenge"))?;
    let made = Made {
        client_data: &client_data,
        authenticator_data: &authenticator_data,
        credential_id: &credential_id,
        algorithm,
        public_key: &public_key,
    };
    let signatures = check_made(&passkeys.site, &made, &challenge).map_err(refused)?;
    let passkey = Passkey {
        id: app.ctx().new_id(),
        user_id: caller.id(),
        name: value.name,
        credential_id: hex::encode(&credential_id),
        algorithm,
        public_key: hex::encode(&public_key),
        signatures,
        created_at: now,
        last_used_at: None,
    };
    let mut tx = app.store().begin().await?;
    tx.insert_passkey(&passkey).await.map_err(|error| {
        if matches!(error, StoreError::Exists { .. }) {
            ApiError::new(ErrorCode::Conflict, "it is kept already")
        } else {
            error.into()
        }
    })?;
    let detail = json!({ "passkey_id": passkey.id });
    record(
        &app,
        &mut tx,
        caller.actor(),
        caller.id(),
        "passkey.added",
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view(passkey))))
}

/// Remove a passkey: one's own, or as an administrator anybody's.
#[utoipa::path(delete, path = "/v1/passkeys/{id}", tag = "session", params(("id" = PasskeyId, Path, description = "The passkey")), responses(
    (status = 204, description = "It lets nobody in any more"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such passkey (`resource.not_found`)"),
))]
pub async fn remove_passkey(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<PasskeyId>,
) -> ApiResult<StatusCode> {
    let mut tx = app.store().begin().await?;
    let passkey = tx.lock_passkey(id).await?;
    if passkey.user_id != caller.id() && !caller.user.has(Role::Admin) {
        return Err(ApiError::of(ErrorCode::NotFound));
    }
    tx.delete_passkey(id).await?;
    let detail = json!({ "passkey_id": id });
    record(
        &app,
        &mut tx,
        caller.actor(),
        passkey.user_id,
        "passkey.removed",
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin to sign in with a passkey.
#[utoipa::path(post, path = "/v1/session/passkey-challenge", tag = "session", responses(
    (status = 200, body = PasskeyOptions, description = "For the browser; good for five minutes, once"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There are no passkeys at this address (`resource.not_found`)"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too much from one address (`request.too_many`)"),
))]
pub async fn begin_sign_in(
    State(app): State<App>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
) -> ApiResult<Json<PasskeyOptions>> {
    let passkeys = passkeys(&app)?;
    app.admit_public(from)?;
    let (bytes, text) = challenge(&app);
    let options = json!({
        "challenge": text, "rpId": passkeys.site.id, "timeout": TAKES_MS, "userVerification": "required",
    });
    passkeys.signing_in.add(text, bytes, app.ctx().now());
    Ok(Json(PasskeyOptions { options }))
}

/// Sign in with a passkey: sets the cookie `stanch_session`.
#[utoipa::path(post, path = "/v1/session/passkey", tag = "session", request_body = PasskeySigned, responses(
    (status = 200, body = SessionView, description = "Signed in; the cookie `stanch_session` is set"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "Not a passkey of anybody here, or not what was begun (`auth.passkey_refused`)"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There are no passkeys at this address (`resource.not_found`)"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too much from one address (`request.too_many`)"),
))]
pub async fn sign_in_with_passkey(
    State(app): State<App>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    JsonBody { value, .. }: JsonBody<PasskeySigned>,
) -> ApiResult<(HeaderMap, Json<SessionView>)> {
    let passkeys = passkeys(&app)?;
    app.admit_public(from)?;
    let user = shown(&app, passkeys, &value).await.inspect_err(|_| {
        Metric::SignInFailures.count(&[]);
    })?;
    let (token, expires_at) = begin_session(&app, &user, SessionWay::Passkey).await?;
    signed_in(&app, user, &token, expires_at)
}

/// The person whose passkey signed.
async fn shown(app: &App, passkeys: &Passkeys, value: &PasskeySigned) -> ApiResult<User> {
    let client_data = bytes("/client_data", &value.client_data)?;
    let authenticator_data = bytes("/authenticator_data", &value.authenticator_data)?;
    let credential_id = hex::encode(bytes("/credential_id", &value.credential_id)?);
    let signature = bytes("/signature", &value.signature)?;
    let now = app.ctx().now();
    let begun = challenge_of(&client_data).and_then(|it| passkeys.signing_in.take(&it, now));
    let challenge = begun.ok_or_else(|| refused("challenge"))?;
    let mut tx = app.store().begin().await?;
    let known = tx.lock_passkey_of_device(&credential_id).await?;
    let mut passkey = known.ok_or_else(|| refused("credential"))?;
    let user = tx.get_user(passkey.user_id).await?;
    if user.disabled_at.is_some() {
        return Err(refused("owner"));
    }
    let signed = Signed {
        client_data: &client_data,
        authenticator_data: &authenticator_data,
        signature: &signature,
    };
    match check_signed(&passkeys.site, &signed, &challenge, &passkey) {
        Ok(count) => passkey.signatures = count,
        Err(why) => {
            if why == "count" {
                // There may be a copy of the device: its owner and the auditors are told.
                let detail = json!({ "passkey_id": passkey.id });
                let by = Actor::User { id: user.id };
                record(app, &mut tx, by, user.id, "passkey.copied", detail).await?;
                tx.commit().await?;
            }
            return Err(refused(why));
        }
    }
    passkey.last_used_at = Some(now);
    tx.update_passkey(&passkey).await?;
    tx.commit().await?;
    Ok(user)
}
