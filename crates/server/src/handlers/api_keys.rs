//! Keys of programs: made and revoked by administrators, shown once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stanch_store::{AuditEntry, StoreError, StoredApiKey};
use stanch_types::credential::{ApiKey, Scope};
use stanch_types::user::Role;
use stanch_types::{ApiKeyId, Duration, ErrorCode, Timestamp, UserId};
use utoipa::ToSchema;

use crate::auth::caller::Caller;
use crate::auth::token::Token;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, JsonBody, Params, check_text};
use crate::handlers::people::{Names, PersonView};
use crate::page::{PageParams, PageView};
use crate::state::App;

/// Most characters of a key's name.
const NAME_CHARS_MAX: usize = 128;
/// Most days until a key ends by itself.
const DAYS_MAX: u16 = 366;
/// Most networks of a key.
const NETWORKS_MAX: usize = 16;
/// Most keys of one account that open anything.
const LIVE_MAX: i64 = 50;

/// A key to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyWish {
    /// Whose it is: what it may do is at most what this account may. Give every program an account of its own.
    pub user_id: UserId,
    /// What it is for.
    #[schema(min_length = 1, max_length = 128, example = "nightly import")]
    pub name: String,
    /// What it opens.
    #[schema(min_items = 1, max_items = 32)]
    pub scopes: Vec<Scope>,
    /// Days until it ends by itself.
    #[schema(minimum = 1, maximum = 366, example = 90)]
    pub days: u16,
    /// Networks it may be used from; none: from anywhere.
    #[serde(default)]
    #[schema(max_items = 16, example = json!(["192.0.2.0/24"]))]
    pub networks: Vec<String>,
}

/// A key, without its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyView {
    /// Identifier.
    pub id: ApiKeyId,
    /// Whose it is.
    pub user: PersonView,
    /// What it is for.
    pub name: String,
    /// What it opens.
    pub scopes: Vec<Scope>,
    /// Networks it may be used from; none: from anywhere.
    pub networks: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: PersonView,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was revoked.
    #[schema(required = true)]
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute; null: never.
    #[schema(required = true)]
    pub last_used_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyMade {
    /// Send as `Authorization: Bearer …`. Shown once; only its SHA-256 is stored. `stanch_` and 72 hexadecimal digits, so
    /// that scanners of code and logs find what got out.
    #[schema(pattern = "^stanch_[0-9a-f]{72}$")]
    pub token: String,
    /// The key.
    #[serde(flatten)]
    pub key: KeyView,
}

impl KeyView {
    fn new(stored: StoredApiKey, names: &Names) -> Self {
        let StoredApiKey { key, last_used_at } = stored;
        Self {
            id: key.id,
            user: names.person(key.user_id),
            name: key.name,
            scopes: key.scopes,
            networks: key.networks,
            created_at: key.created_at,
            created_by: names.person(key.created_by),
            expires_at: key.expires_at,
            revoked_at: key.revoked.map(|it| it.at),
            last_used_at,
        }
    }
}

impl KeyWish {
    /// The wish in its stored form, if it is within bounds.
    fn checked(mut self) -> ApiResult<Self> {
        let refuse = |pointer: &str, why: String| {
            ApiError::new(ErrorCode::RequestInvalid, format!("{pointer} {why}")).at(pointer, why)
        };
        check_text("/name", &self.name, NAME_CHARS_MAX)?;
        if !(1..=DAYS_MAX).contains(&self.days) {
            return Err(refuse("/days", format!("must be 1 to {DAYS_MAX}")));
        }
        self.scopes.sort_unstable();
        self.scopes.dedup();
        if self.scopes.is_empty() {
            return Err(refuse("/scopes", "is empty".to_owned()));
        }
        if self.networks.len() > NETWORKS_MAX {
            return Err(refuse("/networks", format!("has more than {NETWORKS_MAX}")));
        }
        for (place, text) in self.networks.iter_mut().enumerate() {
            let net: IpNet = text.parse().map_err(|_| {
                let why = "is not a network such as 192.0.2.0/24".to_owned();
                refuse(&format!("/networks/{place}"), why)
            })?;
            *text = net.trunc().to_string();
        }
        Ok(self)
    }
}

/// Keys, newest first, ended ones too. Administrators and auditors see all, others those of their own account.
#[utoipa::path(get, path = "/v1/api-keys", tag = "session", params(PageParams), responses(
    (status = 200, body = PageView<KeyView>, description = "A page of keys"),
))]
pub async fn list_api_keys(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<PageView<KeyView>>> {
    let all = caller.user.has(Role::Admin) || caller.user.has(Role::Auditor);
    let of = (!all).then(|| caller.id());
    let mut tx = app.store().read().await?;
    let page = tx.list_api_keys(of, &params.page()?).await?;
    let names = Names::of(&tx.list_users().await?);
    let keys = page.items.into_iter();
    Ok(Json(PageView::new(
        keys.map(|key| KeyView::new(key, &names)).collect(),
        page.next,
    )))
}

/// Make a key for an account. Its text is shown this once.
#[utoipa::path(post, path = "/v1/api-keys", tag = "session", request_body = KeyWish, responses(
    (status = 201, body = KeyMade, description = "Made"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such account, or it is disabled (`resource.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The account has 50 keys that open something (`resource.conflict`)"),
))]
pub async fn create_api_key(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<KeyWish>,
) -> ApiResult<(StatusCode, Json<KeyMade>)> {
    let wish = value.checked()?;
    let now = app.ctx().now();
    let mut tx = app.store().begin().await?;
    let owner = match tx.get_user(wish.user_id).await {
        Ok(user) if user.disabled_at.is_none() => user,
        Ok(_) | Err(StoreError::NotFound { .. }) => {
            let why = "there is no such account, or it is disabled";
            return Err(ApiError::new(ErrorCode::NotFound, why));
        }
        Err(error) => return Err(error.into()),
    };
    if tx.count_live_api_keys(owner.id, now).await? >= LIVE_MAX {
        let why = format!("{} has {LIVE_MAX} keys: revoke one", owner.login);
        return Err(ApiError::new(ErrorCode::Conflict, why));
    }
    let key = ApiKey {
        id: app.ctx().new_id(),
        user_id: owner.id,
        name: wish.name,
        scopes: wish.scopes,
        networks: wish.networks,
        created_at: now,
        created_by: caller.id(),
        expires_at: now.plus(Duration::from_days(wish.days.into())),
        revoked: None,
    };
    let token = Token::new_key(app.ctx());
    tx.insert_api_key(&key, &token.digest()).await?;
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    tx.append_audit(&AuditEntry {
        at: now,
        actor: caller.actor(),
        action: "api_key.created",
        subject: key.id.to_string(),
        detail: json!({ "user_id": owner.id, "scopes": scopes, "networks": key.networks, "expires_at": key.expires_at }),
        personal: Vec::new(),
    })
    .await?;
    tx.commit().await?;
    let names = Names::of(&[owner, caller.user]);
    let stored = StoredApiKey {
        key,
        last_used_at: None,
    };
    let made = KeyMade {
        token: token.expose().to_owned(),
        key: KeyView::new(stored, &names),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revoke a key: it opens nothing from now on. Revoking it again changes nothing.
#[utoipa::path(delete, path = "/v1/api-keys/{id}", tag = "session", params(("id" = ApiKeyId, Path, description = "The key")), responses(
    (status = 204, description = "Revoked"),
))]
pub async fn revoke_api_key(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ApiKeyId>,
) -> ApiResult<StatusCode> {
    let now = app.ctx().now();
    let mut tx = app.store().begin().await?;
    let (key, digest) = tx.lock_api_key(id).await?;
    if key.revoked.is_none() {
        let user_id = key.user_id;
        tx.update_api_key(&key.revoke(now, caller.id())).await?;
        tx.append_audit(&AuditEntry {
            at: now,
            actor: caller.actor(),
            action: "api_key.revoked",
            subject: id.to_string(),
            detail: json!({ "user_id": user_id }),
            personal: Vec::new(),
        })
        .await?;
        tx.commit().await?;
    }
    app.recent().forget(&digest);
    Ok(StatusCode::NO_CONTENT)
}
