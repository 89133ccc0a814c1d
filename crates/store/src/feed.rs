//! The live feed: numbered events without gaps, in commit order, so that a reader resumes from the last number.

use serde_json::Value;
use stanch_types::Timestamp;

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "feed.insert",
    "INSERT INTO feed (org_id, id, kind, subject, at, data) VALUES ($1, $2, $3, $4, $5, $6)",
);
const AFTER: Sql = Sql(
    "feed.after",
    "SELECT id, kind, subject, at, data FROM feed WHERE org_id = $1 AND id > $2 ORDER BY id LIMIT $3",
);
const HEAD: Sql = Sql(
    "feed.head",
    "SELECT feed_head FROM log_heads WHERE org_id = $1",
);
const DELETE_BEFORE: Sql = Sql(
    "feed.delete_before",
    "DELETE FROM feed WHERE org_id = $1 AND at < $2",
);
/// Most events read in one go.
const READ_MAX: i64 = 1_000;

/// Something that happened, as told to consoles.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEvent {
    /// What kind of event, such as `order.changed`.
    pub kind: String,
    /// The record it is about.
    pub subject: String,
    /// When.
    pub at: Timestamp,
    /// Facts for the reader; no personal data.
    pub data: Value,
}

/// A stored event.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedRecord {
    /// Its number, from 1.
    pub id: i64,
    /// The event.
    pub event: FeedEvent,
}

fn read(row: &Row) -> Result<FeedRecord, StoreError> {
    Ok(FeedRecord {
        id: row.int(0)?,
        event: FeedEvent {
            kind: row.text(1)?,
            subject: row.text(2)?,
            at: row.at(3)?,
            data: row.json(4, "feed event")?,
        },
    })
}

impl Tx {
    /// Adds an event. It gets its number at the commit ([`crate::Committed::last_feed_id`]) and cannot be read
    /// before.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`].
    pub async fn append_feed(&mut self, event: &FeedEvent) -> Result<(), StoreError> {
        self.must_have_room()?;
        self.feed.push(event.clone());
        Ok(())
    }

    /// The events after number `id`, in order; at most `limit` (itself at most 1,000).
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_feed_after(
        &mut self,
        id: i64,
        limit: i64,
    ) -> Result<Vec<FeedRecord>, StoreError> {
        let rows = self
            .many(AFTER, args![id, limit.clamp(1, READ_MAX)])
            .await?;
        rows.iter().map(read).collect()
    }

    /// The number of the last event; 0 if there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn feed_head(&mut self) -> Result<i64, StoreError> {
        self.one(HEAD, args![])
            .await?
            .map_or(Ok(0), |row| row.int(0))
    }

    /// Deletes events older than `before` and gives their number. Readers that were away longer start afresh.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_feed_before(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        self.change(DELETE_BEFORE, args![before]).await
    }

    /// Writes the pending events after number `head` and gives the new head.
    pub(crate) async fn write_feed(&mut self, head: i64) -> Result<i64, StoreError> {
        let mut id = head;
        for event in std::mem::take(&mut self.feed) {
            id = id.saturating_add(1);
            let data = to_json(&event.data, "feed event")?;
            self.change(
                INSERT,
                args![id, &event.kind, &event.subject, event.at, &data],
            )
            .await?;
        }
        Ok(id)
    }
}
