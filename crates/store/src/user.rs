//! People who sign in.

use stanch_types::UserId;
use stanch_types::personal::Secret;
use stanch_types::user::User;

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "user.insert",
    "INSERT INTO users (org_id, id, login, name, roles, password_hash, created_at, disabled_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
const LOOKUP: Sql = Sql(
    "user.lookup",
    "SELECT id, login, name, roles, password_hash, created_at, disabled_at FROM users WHERE org_id = $1 AND id = $2",
);
const LOOKUP_BY_LOGIN: Sql = Sql(
    "user.lookup_by_login",
    "SELECT id, login, name, roles, password_hash, created_at, disabled_at FROM users
     WHERE org_id = $1 AND login = $2",
);
const UPDATE: Sql = Sql(
    "user.update",
    "UPDATE users SET login = $3, name = $4, roles = $5, password_hash = $6, disabled_at = $7
     WHERE org_id = $1 AND id = $2",
);
const LIST: Sql = Sql(
    "user.list",
    "SELECT id, login, name, roles, password_hash, created_at, disabled_at FROM users
     WHERE org_id = $1 ORDER BY login LIMIT $2",
);
/// Most people of an installation.
const USERS_MAX: i64 = 10_000;

fn read(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.parsed(0, "user")?,
        login: row.text(1)?,
        name: row.text(2)?,
        roles: row.json(3, "user")?,
        password_hash: Secret::new(row.text(4)?),
        created_at: row.at(5)?,
        disabled_at: row.opt_at(6)?,
    })
}

impl Tx {
    /// Stores a new person.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the sign-in name is taken.
    pub async fn insert_user(&mut self, user: &User) -> Result<(), StoreError> {
        let (id, roles) = (user.id.to_string(), to_json(&user.roles, "user")?);
        self.change(
            INSERT,
            args![
                &id,
                &user.login,
                &user.name,
                &roles,
                user.password_hash.expose(),
                user.created_at,
                user.disabled_at
            ],
        )
        .await
        .map(drop)
    }

    /// The person `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_user(&mut self, id: UserId) -> Result<User, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// The person with this sign-in name, if any.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_user_by_login(&mut self, login: &str) -> Result<Option<User>, StoreError> {
        // PostgreSQL cannot hold a NUL in a text; no stored name has one.
        if login.contains('\0') {
            return Ok(None);
        }
        let row = self.one(LOOKUP_BY_LOGIN, args![login]).await?;
        row.as_ref().map(read).transpose()
    }

    /// Replaces a stored person; the time of creation stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Exists`] if the sign-in name is taken.
    pub async fn update_user(&mut self, user: &User) -> Result<(), StoreError> {
        let (id, roles) = (user.id.to_string(), to_json(&user.roles, "user")?);
        let changed = self
            .change(
                UPDATE,
                args![
                    &id,
                    &user.login,
                    &user.name,
                    &roles,
                    user.password_hash.expose(),
                    user.disabled_at
                ],
            )
            .await?;
        if changed == 0 {
            return Err(not_found(user.id));
        }
        Ok(())
    }

    /// All people by sign-in name; at most 10,000.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_users(&mut self) -> Result<Vec<User>, StoreError> {
        let rows = self.many(LIST, args![USERS_MAX]).await?;
        rows.iter().map(read).collect()
    }
}

fn not_found(id: UserId) -> StoreError {
    StoreError::NotFound {
        what: "user",
        id: id.to_string(),
    }
}
