//! Effects on the outside world, written with their cause and delivered afterwards.

use std::sync::LazyLock;

use serde_json::Value;
use stanch_types::{OutboxId, Timestamp};

use crate::db::{Arg, Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::PAGE_LIMIT_MAX;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "outbox.insert",
    "INSERT INTO outbox (org_id, id, kind, subject, payload, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
);
/// Effects recorded by one statement: each statement is a message to the thread that has the file, and an answer.
const TOGETHER: usize = 32;
/// Columns of an effect besides the organisation.
const COLUMNS: usize = 5;

/// Records [`TOGETHER`] effects, or one.
static INSERT_TOGETHER: LazyLock<String> = LazyLock::new(|| insert_once(TOGETHER));
static INSERT_ONCE: LazyLock<String> = LazyLock::new(|| insert_once(1));

fn insert_once(effects: usize) -> String {
    let row = |nth: usize| {
        let first = 2 + nth * COLUMNS;
        let columns: Vec<String> = (first..first + COLUMNS).map(|n| format!("${n}")).collect();
        format!("($1, {})", columns.join(", "))
    };
    let rows: Vec<String> = (0..effects).map(row).collect();
    format!(
        "INSERT INTO outbox (org_id, id, kind, subject, payload, created_at) VALUES {}
         ON CONFLICT (org_id, id) DO NOTHING",
        rows.join(", ")
    )
}

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
        let (id, payload) = (effect.id.to_string(), to_json(&effect.payload, "outbox")?);
        let args = args![
            &id,
            &effect.kind,
            &effect.subject,
            &payload,
            effect.created_at
        ];
        self.change(INSERT, args).await.map(drop)
    }

    /// Records effects whose identifiers follow from their causes; those recorded before are passed over.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn insert_outbox_once(&mut self, effects: &[NewOutbox]) -> Result<(), StoreError> {
        let (together, rest) = effects.as_chunks::<TOGETHER>();
        for effects in together {
            let sql = Sql("outbox.insert_together", &INSERT_TOGETHER);
            self.put_outbox(sql, effects).await?;
        }
        for effect in rest {
            let sql = Sql("outbox.insert_once", &INSERT_ONCE);
            self.put_outbox(sql, std::slice::from_ref(effect)).await?;
        }
        Ok(())
    }

    async fn put_outbox(&mut self, sql: Sql, effects: &[NewOutbox]) -> Result<(), StoreError> {
        let mut texts = Vec::with_capacity(effects.len());
        for effect in effects {
            texts.push((effect.id.to_string(), to_json(&effect.payload, "outbox")?));
        }
        let mut args: Vec<Arg<'_>> = Vec::with_capacity(effects.len() * COLUMNS);
        for (effect, (id, payload)) in effects.iter().zip(&texts) {
            args.extend_from_slice(args![
                id,
                &effect.kind,
                &effect.subject,
                payload,
                effect.created_at
            ]);
        }
        self.change(sql, &args).await.map(drop)
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
