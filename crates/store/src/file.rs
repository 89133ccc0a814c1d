//! Files that people sent: each encrypted under a key of its own (AES-256-GCM), so that no two records share a blob and
//! whoever has a copy of the blob alone reads nothing. To erase a file its key is deleted, and then its blob.

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::seal::{open_bytes, seal_bytes};
use crate::store::Store;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "file.insert",
    "INSERT INTO files (org_id, id, owner, stored, body) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (org_id, id) DO NOTHING",
);
const LOOKUP: Sql = Sql(
    "file.lookup",
    "SELECT stored, body FROM files WHERE org_id = $1 AND id = $2",
);
const OF_OWNER: Sql = Sql(
    "file.of_owner",
    "SELECT stored FROM files WHERE org_id = $1 AND owner = $2 ORDER BY id",
);
const DELETE: Sql = Sql(
    "file.delete",
    "DELETE FROM files WHERE org_id = $1 AND owner = $2",
);

#[derive(Serialize, Deserialize)]
struct Body {
    key: String,
}

fn cipher(key: &[u8]) -> Result<RandomizedNonceKey, StoreError> {
    RandomizedNonceKey::new(&AES_256_GCM, key)
        .map_err(|_| StoreError::damaged("file", "its key does not have 32 bytes"))
}

/// The key of a file's row.
fn row_id(owner: &str, sha256: &str) -> String {
    format!("{owner}/{sha256}")
}

/// What a blob is bound to: that of another record or file does not open.
fn aad(id: &str) -> String {
    format!("stanch.file/1 {id}")
}

/// The SHA-256 by which a record names a file, lower-case hexadecimal.
#[must_use]
pub fn file_digest(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

impl Tx {
    /// Stores a file of the record `owner` and gives its SHA-256, lower-case hexadecimal. The same bytes again change
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Database`].
    pub async fn put_file(&mut self, owner: &str, bytes: &[u8]) -> Result<String, StoreError> {
        let sha256 = file_digest(bytes);
        let id = row_id(owner, &sha256);
        if self.one(LOOKUP, args![&id]).await?.is_some() {
            return Ok(sha256);
        }
        let key: [u8; 32] = self.store().ctx().random_bytes();
        let sealed = seal_bytes(&cipher(&key)?, &aad(&id), bytes)?;
        let stored = self.put_blob(&sealed).await?;
        let body = Body {
            key: hex::encode(key),
        };
        let body = self.sealed(&body, "file")?;
        self.change(INSERT, args![&id, owner, &stored, &body])
            .await?;
        Ok(sha256)
    }

    /// The bytes of a file of the record `owner`. Files of before 2026-11 are blobs by their own SHA-256.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Damaged`].
    pub async fn get_file(&mut self, owner: &str, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let id = row_id(owner, sha256);
        let Some(row) = self.one(LOOKUP, args![&id]).await? else {
            return self.get_blob(sha256).await;
        };
        let body: Body = row.json(1, "file")?;
        let sealed = self.get_blob(&row.text(0)?).await?;
        let key = hex::decode(&body.key).unwrap_or_default();
        let opened = open_bytes(&cipher(&key)?, &aad(&id), sealed);
        opened.ok_or_else(|| StoreError::damaged("file", "its key does not open it"))
    }

    /// Deletes the keys of all files of the record `owner`; gives the blobs to be deleted once this is committed, by
    /// [`Store::delete_blobs`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forget_files(&mut self, owner: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.many(OF_OWNER, args![owner]).await?;
        let stored = rows.iter().map(|row| row.text(0));
        let stored = stored.collect::<Result<Vec<_>, _>>()?;
        self.change(DELETE, args![owner]).await?;
        Ok(stored)
    }
}

impl Store {
    /// Deletes blobs that nothing refers to any more. What a crash leaves of them has no key.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Database`].
    pub async fn delete_blobs(&self, stored: &[String]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for sha256 in stored {
            tx.delete_blob(sha256).await?;
        }
        tx.commit().await.map(drop)
    }
}
