//! Signed-in sessions and script tokens, known only by the SHA-256 of their token.

use stanch_types::{Timestamp, UserId};

use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "session.insert",
    "INSERT INTO sessions (org_id, token_sha256, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
);
const LOOKUP: Sql = Sql(
    "session.lookup",
    "SELECT token_sha256, user_id, created_at, expires_at FROM sessions WHERE org_id = $1 AND token_sha256 = $2",
);
const DELETE: Sql = Sql(
    "session.delete",
    "DELETE FROM sessions WHERE org_id = $1 AND token_sha256 = $2",
);
const DELETE_OF_USER: Sql = Sql(
    "session.delete_of_user",
    "DELETE FROM sessions WHERE org_id = $1 AND user_id = $2",
);
const DELETE_EXPIRED: Sql = Sql(
    "session.delete_expired",
    "DELETE FROM sessions WHERE org_id = $1 AND expires_at <= $2",
);

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token, lower-case hexadecimal.
    pub token_sha256: String,
    /// Whose it is.
    pub user_id: UserId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself. Whoever looks it up compares this with the clock.
    pub expires_at: Timestamp,
}

impl Tx {
    /// Stores a new session.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] if the person is not stored.
    pub async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let user = session.user_id.to_string();
        self.change(
            INSERT,
            args![
                &session.token_sha256,
                &user,
                session.created_at,
                session.expires_at
            ],
        )
        .await
        .map(drop)
    }

    /// The session with this token digest, if any, expired or not.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_session(
        &mut self,
        token_sha256: &str,
    ) -> Result<Option<Session>, StoreError> {
        let Some(row) = self.one(LOOKUP, args![token_sha256]).await? else {
            return Ok(None);
        };
        Ok(Some(Session {
            token_sha256: row.text(0)?,
            user_id: row.parsed(1, "session")?,
            created_at: row.at(2)?,
            expires_at: row.at(3)?,
        }))
    }

    /// Ends a session; `false` if there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_session(&mut self, token_sha256: &str) -> Result<bool, StoreError> {
        Ok(self.change(DELETE, args![token_sha256]).await? != 0)
    }

    /// Ends all sessions of a person and gives their number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_sessions_of_user(&mut self, user_id: UserId) -> Result<u64, StoreError> {
        self.change(DELETE_OF_USER, args![&user_id.to_string()])
            .await
    }

    /// Deletes sessions that ended by themselves and gives their number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_expired_sessions(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.change(DELETE_EXPIRED, args![now]).await
    }
}
