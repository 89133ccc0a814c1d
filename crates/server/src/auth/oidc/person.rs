//! Who somebody is here whom the identity provider named.

use serde_json::{Value, json};
use stanch_store::{Identity, Tx};
use stanch_types::ErrorCode;
use stanch_types::personal::PersonName;
use stanch_types::user::{Actor, Role, User};

use crate::auth::oidc::id_token::Claims;
use crate::auth::password;
use crate::config::OidcConfig;
use crate::error::{ApiError, ApiResult};
use crate::handlers::session::{is_login, record};
use crate::state::App;

/// Longest subject identifier (OpenID Connect Core 1.0, section 2).
const SUBJECT_MAX: usize = 255;

fn unknown(why: &'static str) -> ApiError {
    tracing::info!(
        reason = why,
        "nobody here for the identity provider's person"
    );
    ApiError::new(ErrorCode::OidcUnknown, why)
}

/// The account of the person: that of the subject; else, the first time, the one with the sign-in name; else, if groups
/// are mapped to roles, a new one.
///
/// # Errors
/// [`ErrorCode::OidcUnknown`]; those of the record.
pub async fn find(app: &App, config: &OidcConfig, claims: &Claims) -> ApiResult<User> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let subject = text("sub").unwrap_or_default();
    if subject.is_empty() || subject.len() > SUBJECT_MAX || subject.contains('\0') {
        return Err(unknown("the ID token names no subject"));
    }
    let login = text(&config.login_claim).unwrap_or_default().to_owned();
    let roles = mapped(config, claims);
    let mut tx = app.store().begin().await?;
    if let Some(identity) = tx.lookup_identity(&config.issuer, subject).await? {
        let user = tx.get_user(identity.user_id).await?;
        let user = may_sign_in(user)?;
        return if identity.is_made_by_groups && config.groups_claim.is_some() {
            with_roles(app, tx, user, roles).await
        } else {
            Ok(user)
        };
    }
    if !is_login(&login) {
        return Err(unknown("the ID token's sign-in name cannot be one here"));
    }
    let found = tx.lookup_user_by_login(&login).await?;
    let is_made_by_groups = found.is_none();
    let user = match found {
        Some(user) => may_sign_in(user)?,
        None if roles.is_empty() => {
            return Err(unknown("nobody here has this sign-in name"));
        }
        None => {
            drop(tx);
            let user = new_user(app, claims, login, roles).await?;
            tx = app.store().begin().await?;
            tx.insert_user(&user).await?;
            let words: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
            let detail = json!({ "login": user.login, "roles": words, "issuer": config.issuer });
            record(app, &mut tx, Actor::System, user.id, "user.created", detail).await?;
            user
        }
    };
    let identity = Identity {
        issuer: config.issuer.clone(),
        subject: subject.to_owned(),
        user_id: user.id,
        is_made_by_groups,
        linked_at: app.ctx().now(),
    };
    // One subject of the provider for each account: a sign-in name given to somebody else there opens nothing here.
    if tx.has_identity(&config.issuer, user.id).await? {
        return Err(unknown(
            "the account is that of another person at the provider",
        ));
    }
    tx.insert_identity(&identity).await?;
    let detail = json!({ "issuer": config.issuer });
    record(
        app,
        &mut tx,
        Actor::System,
        user.id,
        "identity.linked",
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(user)
}

fn may_sign_in(user: User) -> ApiResult<User> {
    if user.disabled_at.is_some() {
        return Err(unknown("the account is disabled"));
    }
    Ok(user)
}

/// The roles that the person's groups have here, sorted.
fn mapped(config: &OidcConfig, claims: &Claims) -> Vec<Role> {
    let groups = config.groups_claim.as_ref().and_then(|it| claims.get(it));
    let groups = groups.and_then(Value::as_array).into_iter().flatten();
    let mut roles: Vec<Role> = groups
        .filter_map(|group| config.roles.get(group.as_str()?))
        .flatten()
        .copied()
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// The person with the roles their groups have now.
async fn with_roles(app: &App, mut tx: Tx, mut user: User, roles: Vec<Role>) -> ApiResult<User> {
    const NO_ROLE: &str = "none of the person's groups has a role here";
    if user.roles == roles {
        return if roles.is_empty() {
            Err(unknown(NO_ROLE))
        } else {
            Ok(user)
        };
    }
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let detail = json!({ "roles": words });
    let nothing_left = roles.is_empty();
    user.roles = roles;
    tx.update_user(&user).await?;
    record(
        app,
        &mut tx,
        Actor::System,
        user.id,
        "user.roles_set",
        detail,
    )
    .await?;
    tx.commit().await?;
    app.recent().forget_all();
    if nothing_left {
        return Err(unknown(NO_ROLE));
    }
    Ok(user)
}

async fn new_user(app: &App, claims: &Claims, login: String, roles: Vec<Role>) -> ApiResult<User> {
    // Nobody knows this password: who comes from the provider signs in there.
    let ctx = app.ctx().clone();
    let hashed = tokio::task::spawn_blocking(move || {
        password::hash(&ctx, &hex::encode(ctx.random_bytes::<32>()))
    });
    let name = claims.get("name").and_then(Value::as_str);
    let name = name.and_then(|text| text.parse::<PersonName>().ok());
    Ok(User {
        id: app.ctx().new_id(),
        name: name.map_or_else(|| login.clone(), |name| name.expose().to_owned()),
        login,
        roles,
        password_hash: hashed
            .await
            .map_err(ApiError::internal)?
            .map_err(ApiError::internal)?,
        created_at: app.ctx().now(),
        disabled_at: None,
    })
}
