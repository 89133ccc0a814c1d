//! Signed-in sessions and script tokens, known only by the SHA-256 of their token.

use stanch_types::credential::SessionWay;
use stanch_types::{SessionId, Timestamp, UserId};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "session.insert",
    "INSERT INTO sessions (org_id, token_sha256, id, user_id, way, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const LOOKUP: Sql = Sql(
    "session.lookup",
    "SELECT token_sha256, id, user_id, way, created_at, expires_at FROM sessions
     WHERE org_id = $1 AND token_sha256 = $2",
);
const LOOKUP_BY_ID: Sql = Sql(
    "session.lookup_by_id",
    "SELECT token_sha256, id, user_id, way, created_at, expires_at FROM sessions WHERE org_id = $1 AND id = $2",
);
const LIST: Sql = Sql(
    "session.list",
    "SELECT token_sha256, id, user_id, way, created_at, expires_at FROM sessions
     WHERE org_id = $1 AND user_id = $2 AND expires_at > $3 ORDER BY created_at DESC, id DESC LIMIT $4",
);
const DELETE_OTHERS: Sql = Sql(
    "session.delete_others",
    "DELETE FROM sessions WHERE org_id = $1 AND user_id = $2 AND token_sha256 <> $3",
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

/// Most sessions of a person that are listed.
const LISTED_MAX: i64 = 200;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token, lower-case hexadecimal.
    pub token_sha256: String,
    /// Identifier, by which it can be named to others.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// How it was opened.
    pub way: SessionWay,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself. Whoever looks it up compares this with the clock.
    pub expires_at: Timestamp,
}

fn read(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        token_sha256: row.text(0)?,
        id: row.parsed(1, "session")?,
        user_id: row.parsed(2, "session")?,
        way: row.parsed(3, "session")?,
        created_at: row.at(4)?,
        expires_at: row.at(5)?,
    })
}

impl Tx {
    /// Stores a new session.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] if the person is not stored.
    pub async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let (id, user) = (session.id.to_string(), session.user_id.to_string());
        self.change(
            INSERT,
            args![
                &session.token_sha256,
                &id,
                &user,
                session.way.as_str(),
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
        let row = self.one(LOOKUP, args![token_sha256]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The session `id`, if any, expired or not.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_session_by_id(
        &mut self,
        id: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        let row = self.one(LOOKUP_BY_ID, args![&id.to_string()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The sessions of a person that have not ended by themselves, newest first; at most 200.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_sessions(
        &mut self,
        user_id: UserId,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let user = user_id.to_string();
        let rows = self.many(LIST, args![&user, now, LISTED_MAX]).await?;
        rows.iter().map(read).collect()
    }

    /// Ends all sessions of a person but the one with this token digest and gives their number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_other_sessions(
        &mut self,
        user_id: UserId,
        token_sha256: &str,
    ) -> Result<u64, StoreError> {
        self.change(DELETE_OTHERS, args![&user_id.to_string(), token_sha256])
            .await
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
