//! Making the people who sign in; used by the command line.

use serde_json::json;
use stanch_store::{AuditEntry, Store, StoreError};
use stanch_types::personal::PersonName;
use stanch_types::user::{Actor, Role, User};
use stanch_types::{Ctx, UserId};

use crate::auth::password;
use crate::error::ServeError;
use crate::handlers::session::is_login;

/// A person to be.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Sign-in name, 1 to 64 of `a-z 0-9 . _ -`.
    pub login: String,
    /// Name shown to colleagues, 1 to 140 characters.
    pub name: String,
    /// Roles, at least one.
    pub roles: Vec<Role>,
    /// Password, 12 characters to 256 bytes.
    pub password: stanch_types::personal::Secret,
}

/// Stores a new person, recorded as done by Stanch itself. Hashing takes about 20 ms of the calling thread.
///
/// # Errors
/// [`ServeError::User`] when a rule is broken or the login is taken; [`ServeError::Store`].
pub async fn create_user(store: &Store, ctx: &Ctx, new: NewUser) -> Result<UserId, ServeError> {
    if !is_login(&new.login) {
        return Err(ServeError::User(
            "a login has 1 to 64 of a-z, 0-9, `.`, `_` and `-`".to_owned(),
        ));
    }
    let name: PersonName =
        new.name
            .parse()
            .map_err(|error: stanch_types::personal::BadPersonalData| {
                ServeError::User(error.to_string())
            })?;
    let mut roles = new.roles;
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        return Err(ServeError::User(
            "a person has at least one role".to_owned(),
        ));
    }
    let password_hash = password::hash(ctx, new.password.expose())
        .map_err(|error| ServeError::User(error.to_string()))?;
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let detail = json!({ "login": new.login, "roles": words });
    let user = User {
        id: ctx.new_id(),
        login: new.login,
        name: name.expose().to_owned(),
        roles,
        password_hash,
        created_at: ctx.now(),
        disabled_at: None,
    };
    let mut tx = store.begin().await?;
    if let Err(error) = tx.insert_user(&user).await {
        return Err(if matches!(error, StoreError::Exists { .. }) {
            ServeError::User(format!("`{}` is taken", user.login))
        } else {
            error.into()
        });
    }
    tx.append_audit(&AuditEntry {
        at: user.created_at,
        actor: Actor::System,
        action: "user.created",
        subject: user.id.to_string(),
        detail,
        personal: Vec::new(),
    })
    .await?;
    tx.commit().await?;
    Ok(user.id)
}
