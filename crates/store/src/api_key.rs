//! Keys of programs, known only by the SHA-256 of their text, and when each was last used.

use stanch_types::credential::ApiKey;
use stanch_types::{ApiKeyId, Timestamp, UserId};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "api_key.insert",
    "INSERT INTO api_keys (org_id, id, token_sha256, user_id, expires_at, revoked_at, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const LOOKUP: Sql = Sql(
    "api_key.lookup",
    "SELECT body FROM api_keys WHERE org_id = $1 AND token_sha256 = $2",
);
const LOCK: Sql = Sql(
    "api_key.lock",
    "UPDATE api_keys SET revoked_at = revoked_at WHERE org_id = $1 AND id = $2 RETURNING body, token_sha256",
);
const UPDATE: Sql = Sql(
    "api_key.update",
    "UPDATE api_keys SET revoked_at = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
const COUNT_LIVE: Sql = Sql(
    "api_key.count_live",
    "SELECT COUNT(*) FROM api_keys WHERE org_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3",
);
const LIST_NAME: &str = "api_keys";
const LIST: Sql = Sql(
    "api_key.list",
    "SELECT k.body, u.at FROM api_keys k LEFT JOIN api_key_uses u ON u.org_id = k.org_id AND u.key_id = k.id
     WHERE k.org_id = $1 AND ($2 IS NULL OR k.user_id = $2) AND ($3 IS NULL OR k.id < $3)
     ORDER BY k.id DESC LIMIT $4",
);
const USED: Sql = Sql(
    "api_key.used",
    "INSERT INTO api_key_uses (org_id, key_id, at) VALUES ($1, $2, $3)
     ON CONFLICT (org_id, key_id) DO UPDATE SET at = excluded.at",
);

/// A key and when it was last used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredApiKey {
    /// The key.
    pub key: ApiKey,
    /// When it was last used, to the minute; none: never.
    pub last_used_at: Option<Timestamp>,
}

fn read(row: &Row) -> Result<ApiKey, StoreError> {
    row.json(0, "api_key")
}

impl Tx {
    /// Stores a new key under the SHA-256 of its text.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] if the account is not stored.
    pub async fn insert_api_key(
        &mut self,
        key: &ApiKey,
        token_sha256: &str,
    ) -> Result<(), StoreError> {
        let (id, user) = (key.id.to_string(), key.user_id.to_string());
        let (revoked_at, body) = (key.revoked.map(|it| it.at), to_json(key, "api_key")?);
        self.change(
            INSERT,
            args![&id, token_sha256, &user, key.expires_at, revoked_at, &body],
        )
        .await
        .map(drop)
    }

    /// The key with this digest, if any, ended or not.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_api_key(
        &mut self,
        token_sha256: &str,
    ) -> Result<Option<ApiKey>, StoreError> {
        let row = self.one(LOOKUP, args![token_sha256]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The key `id` and its digest, to be changed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_api_key(&mut self, id: ApiKeyId) -> Result<(ApiKey, String), StoreError> {
        let text = id.to_string();
        match self.one(LOCK, args![&text]).await? {
            Some(row) => Ok((read(&row)?, row.text(1)?)),
            None => Err(StoreError::NotFound {
                what: "api_key",
                id: text,
            }),
        }
    }

    /// Stores the end of a key.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn update_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        let (id, body) = (key.id.to_string(), to_json(key, "api_key")?);
        self.change(UPDATE, args![&id, key.revoked.map(|it| it.at), &body])
            .await
            .map(drop)
    }

    /// How many keys of an account open anything at `now`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_live_api_keys(
        &mut self,
        user_id: UserId,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let user = user_id.to_string();
        let row = self.one(COUNT_LIVE, args![&user, now]).await?;
        row.map_or(Ok(0), |row| row.int(0))
    }

    /// Keys, newest first; of one account if `of` names it.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_api_keys(
        &mut self,
        of: Option<UserId>,
        page: &PageRequest,
    ) -> Result<Page<StoredApiKey>, StoreError> {
        let of = of.map(|user| user.to_string());
        let after = page.keys::<1>(LIST_NAME)?.map(|[id]| id);
        let rows = self
            .many(
                LIST,
                args![of.as_deref(), after.as_deref(), page.fetch_limit()],
            )
            .await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in &rows {
            keys.push(StoredApiKey {
                key: read(row)?,
                last_used_at: row.opt_at(1)?,
            });
        }
        Ok(page.page(LIST_NAME, keys, |it| vec![it.key.id.to_string()]))
    }

    /// Notes that a key was used.
    ///
    /// # Errors
    /// [`StoreError::Reference`] if there is no such key.
    pub async fn note_api_key_use(
        &mut self,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(USED, args![&id.to_string(), at])
            .await
            .map(drop)
    }
}
