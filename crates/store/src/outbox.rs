//! Effects on the outside world, written with their cause and delivered afterwards.

use serde_json::Value;
use stanch_types::{OutboxId, Timestamp};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::PAGE_LIMIT_MAX;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "outbox.insert",
    "INSERT INTO outbox (org_id, id, kind, subject, payload, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
);
const INSERT_ONCE: Sql = Sql(
    "outbox.insert_once",
    "INSERT INTO outbox (org_id, id, kind, subject, payload, created_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (org_id, id) DO NOTHING",
);
const PENDING: Sql = Sql(
    "outbox.pending",
    "SELECT id, kind, subject, payload, created_at FROM outbox
     WHERE org_id = $1 AND sent_at IS NULL ORDER BY id LIMIT $2",
);
const MARK_SENT: Sql = Sql(
    "outbox.mark_sent",
    "UPDATE outbox SET sent_at = $3 WHERE org_id = $1 AND id = $2 AND sent_at IS NULL",
);

/// An effect to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOutbox {
    /// Identifier; the receiver's idempotency key.
    pub id: OutboxId,
    /// What kind of effect.
    pub kind: String,
    /// The record it is about.
    pub subject: String,
    /// What is to be delivered.
    pub payload: Value,
    /// When its cause happened.
    pub created_at: Timestamp,
}

/// A recorded effect that is not delivered yet.
pub type OutboxRecord = NewOutbox;

fn read(row: &Row) -> Result<OutboxRecord, StoreError> {
    Ok(OutboxRecord {
        id: row.parsed(0, "outbox")?,
        kind: row.text(1)?,
        subject: row.text(2)?,
        payload: row.json(3, "outbox")?,
        created_at: row.at(4)?,
    })
}

impl Tx {
    /// Records an effect.
    ///
    /// # Errors
    /// [`StoreError::Exists`].
    pub async fn insert_outbox(&mut self, effect: &NewOutbox) -> Result<(), StoreError> {
        self.put_outbox(INSERT, effect).await.map(drop)
    }

    /// Records an effect whose identifier follows from its cause; `false` if it was recorded before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn insert_outbox_once(&mut self, effect: &NewOutbox) -> Result<bool, StoreError> {
        Ok(self.put_outbox(INSERT_ONCE, effect).await? != 0)
    }

    async fn put_outbox(&mut self, sql: Sql, effect: &NewOutbox) -> Result<u64, StoreError> {
        let (id, payload) = (effect.id.to_string(), to_json(&effect.payload, "outbox")?);
        self.change(
            sql,
            args![
                &id,
                &effect.kind,
                &effect.subject,
                &payload,
                effect.created_at
            ],
        )
        .await
    }

    /// Effects not delivered yet, oldest first; at most `limit` (itself at most 200).
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_outbox_pending(
        &mut self,
        limit: i64,
    ) -> Result<Vec<OutboxRecord>, StoreError> {
        let rows = self
            .many(PENDING, args![limit.clamp(1, PAGE_LIMIT_MAX)])
            .await?;
        rows.iter().map(read).collect()
    }

    /// Marks an effect as delivered; `false` if it was already or is not recorded.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn mark_outbox_sent(
        &mut self,
        id: OutboxId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.change(MARK_SENT, args![&id.to_string(), at]).await? != 0)
    }
}
