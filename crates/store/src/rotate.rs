//! The data keys in the database: the first is made when the record is opened, a new one on request; then everything
//! encrypted is written anew and the old keys are destroyed.

use crate::db::{Connection, Sql, args};
use crate::error::StoreError;
use crate::seal::mark_of;
use crate::store::Store;
use crate::tx::Tx;

/// Rows written anew in one transaction.
const BATCH: i64 = 500;
/// Most data keys that are read.
const KEYS_MAX: i64 = 10_000;

const LIST_KEYS: Sql = Sql(
    "data_key.list",
    "SELECT id, wrapped FROM data_keys WHERE org_id = $1 ORDER BY id LIMIT $2",
);
/// Another program that opens the same database may be first.
const INSERT_KEY: Sql = Sql(
    "data_key.insert",
    "INSERT INTO data_keys (org_id, id, wrapped, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org_id, id) DO NOTHING",
);
const DELETE_KEYS: Sql = Sql(
    "data_key.delete",
    "DELETE FROM data_keys WHERE org_id = $1 AND id < $2",
);
const LIST_PERSONAL: Sql = Sql(
    "seal.list.audit_personal",
    "SELECT seq, name, value FROM audit_personal
     WHERE org_id = $1 AND (seq > $2 OR (seq = $2 AND name > $3)) AND value NOT LIKE $4
     ORDER BY seq, name LIMIT $5",
);
const WRITE_PERSONAL: Sql = Sql(
    "seal.write.audit_personal",
    "UPDATE audit_personal SET value = $5 WHERE org_id = $1 AND seq = $2 AND name = $3 AND value = $4",
);

/// A table whose bodies are encrypted, with an id as its key.
struct Sealed {
    list: Sql,
    /// Changes a body only if it is still the one that was read.
    write: Sql,
}

macro_rules! sealed {
    ($($table:literal)*) => { &[$(Sealed {
        list: Sql(concat!("seal.list.", $table), concat!("SELECT id, body FROM ", $table,
            " WHERE org_id = $1 AND id > $2 AND body NOT LIKE $3 ORDER BY id LIMIT $4")),
        write: Sql(concat!("seal.write.", $table), concat!("UPDATE ", $table,
            " SET body = $4 WHERE org_id = $1 AND id = $2 AND body = $3")),
    }),*] };
}

const SEALED: &[Sealed] = sealed!("reports" "plans" "orders" "order_answers" "labels" "measures" "appeals" "evidence_items" "notes" "seizures" "files");

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRotation {
    /// Number of the key that encrypts now.
    pub key: i64,
    /// Rows written anew.
    pub rows: u64,
    /// Old keys destroyed.
    pub destroyed: u64,
}

impl Store {
    /// Reads the data keys; makes the first if there is none and the store may write.
    pub(crate) async fn load_data_keys(
        &self,
        connection: &mut Connection,
        writes: bool,
    ) -> Result<(), StoreError> {
        let Some(keyring) = self.keyring() else {
            return Ok(());
        };
        let mut rows = connection
            .all(LIST_KEYS, args![self.org_text(), KEYS_MAX])
            .await?;
        if rows.is_empty() && writes {
            let wrapped = keyring.new_wrapped(1, self.ctx())?;
            let now = self.ctx().now();
            connection
                .execute(INSERT_KEY, args![self.org_text(), 1, &wrapped, now])
                .await?;
            rows = connection
                .all(LIST_KEYS, args![self.org_text(), KEYS_MAX])
                .await?;
        }
        for row in rows {
            keyring.take(row.int(0)?, &row.text(1)?)?;
        }
        Ok(())
    }

    /// Makes a new data key, writes everything encrypted (and what is still plain) anew with it, and destroys the old
    /// keys. Broken off, it is taken up by the next rotation; all rows can be read at any time.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Contended`], [`StoreError::Database`], [`StoreError::Damaged`] if a row
    /// cannot be opened.
    pub async fn rotate_data_key(&self) -> Result<KeyRotation, StoreError> {
        let keyring = self.keyring().ok_or(StoreError::ReadOnly)?;
        let mut tx = self.begin().await?;
        let keys = tx.many(LIST_KEYS, args![KEYS_MAX]).await?;
        let newest = keys.last().map_or(Ok(0), |row| row.int(0))?;
        let key = newest.saturating_add(1);
        let wrapped = keyring.new_wrapped(key, self.ctx())?;
        let now = self.ctx().now();
        tx.change(INSERT_KEY, args![key, &wrapped, now]).await?;
        tx.commit().await?;
        keyring.take(key, &wrapped)?;

        let mut rows = 0;
        for table in SEALED {
            rows += self.write_anew(table, key).await?;
        }
        rows += self.write_personal_anew(key).await?;
        let mut tx = self.begin().await?;
        let destroyed = tx.change(DELETE_KEYS, args![key]).await?;
        tx.commit().await?;
        keyring.forget_below(key);
        self.clear_write_ahead_log().await?;
        Ok(KeyRotation {
            key,
            rows,
            destroyed,
        })
    }

    async fn write_anew(&self, table: &Sealed, key: i64) -> Result<u64, StoreError> {
        let like = format!("{}%", mark_of(key));
        let (mut after, mut done) = (String::new(), 0);
        loop {
            let mut tx = self.begin().await?;
            let rows = tx.many(table.list, args![&after, &like, BATCH]).await?;
            let Some(last) = rows.last() else {
                return Ok(done);
            };
            after = last.text(0)?;
            for row in &rows {
                let (id, old) = (row.text(0)?, row.text(1)?);
                let new = tx.sealed_text(row.opened(1)?)?;
                done += tx.change(table.write, args![&id, &old, &new]).await?;
            }
            tx.commit().await?;
        }
    }

    async fn write_personal_anew(&self, key: i64) -> Result<u64, StoreError> {
        let like = format!("{}%", mark_of(key));
        let (mut seq, mut name, mut done) = (-1, String::new(), 0);
        loop {
            let mut tx = self.begin().await?;
            let rows = tx
                .many(LIST_PERSONAL, args![seq, &name, &like, BATCH])
                .await?;
            let Some(last) = rows.last() else {
                return Ok(done);
            };
            (seq, name) = (last.int(0)?, last.text(1)?);
            for row in &rows {
                let (of, named, old) = (row.int(0)?, row.text(1)?, row.text(2)?);
                let new = tx.sealed_text(row.opened(2)?)?;
                done += tx
                    .change(WRITE_PERSONAL, args![of, &named, &old, &new])
                    .await?;
            }
            tx.commit().await?;
        }
    }
}

impl Tx {
    /// A record's JSON, encrypted.
    pub(crate) fn sealed<T: serde::Serialize>(
        &self,
        value: &T,
        what: &'static str,
    ) -> Result<String, StoreError> {
        self.sealed_text(crate::db::to_json(value, what)?)
    }

    /// A text, encrypted.
    pub(crate) fn sealed_text(&self, text: String) -> Result<String, StoreError> {
        match self.store().keyring() {
            Some(keyring) => keyring.seal(text),
            None => Ok(text),
        }
    }
}
