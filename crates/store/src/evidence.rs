//! Items of evidence and their chains of custody.

use stanch_types::evidence::{CustodyEvent, EvidenceItem};
use stanch_types::{CaseId, EvidenceId};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::tx::Tx;

/// Most items of one case.
pub const EVIDENCE_ITEMS_MAX: i64 = 1_000;
/// Most links of one chain that are read.
const CUSTODY_MAX: i64 = 100_000;

const INSERT: Sql = Sql(
    "evidence.insert",
    "INSERT INTO evidence_items (org_id, id, case_id, state, acquired_at, body) VALUES ($1, $2, $3, $4, $5, $6)",
);
const LOOKUP: Sql = Sql(
    "evidence.lookup",
    "SELECT body FROM evidence_items WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "evidence.lock",
    "UPDATE evidence_items SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "evidence.update",
    "UPDATE evidence_items SET state = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
const OF_CASE: Sql = Sql(
    "evidence.of_case",
    "SELECT body FROM evidence_items WHERE org_id = $1 AND case_id = $2 ORDER BY acquired_at, id LIMIT $3",
);
const INSERT_EVENT: Sql = Sql(
    "custody.insert",
    "INSERT INTO custody_events (org_id, item_id, seq, at, sha256, body) VALUES ($1, $2, $3, $4, $5, $6)",
);
const LAST_EVENT: Sql = Sql(
    "custody.last",
    "SELECT body, sha256 FROM custody_events WHERE org_id = $1 AND item_id = $2 ORDER BY seq DESC LIMIT 1",
);
const EVENTS: Sql = Sql(
    "custody.list",
    "SELECT body, sha256 FROM custody_events WHERE org_id = $1 AND item_id = $2 ORDER BY seq LIMIT $3",
);

/// A link of a chain of custody with the digest that the next one holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyLink {
    /// What happened.
    pub event: CustodyEvent,
    /// SHA-256 of the event's canonical JSON, hexadecimal.
    pub sha256: String,
}

fn item(row: &Row) -> Result<EvidenceItem, StoreError> {
    row.json(0, "evidence item")
}

fn link(row: &Row) -> Result<CustodyLink, StoreError> {
    Ok(CustodyLink {
        event: row.json(0, "custody event")?,
        sha256: row.text(1)?,
    })
}

impl Tx {
    /// Stores a new item.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] if its case is not stored.
    pub async fn insert_evidence(&mut self, new: &EvidenceItem) -> Result<(), StoreError> {
        let (id, body) = (new.id.to_string(), self.sealed(new, "evidence item")?);
        let case = new.case_id.to_string();
        self.change(
            INSERT,
            args![&id, &case, new.state.as_str(), new.acquired_at, &body],
        )
        .await
        .map(drop)
    }

    /// The item `id`, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_evidence(
        &mut self,
        id: EvidenceId,
    ) -> Result<Option<EvidenceItem>, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(item).transpose()
    }

    /// The item `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_evidence(&mut self, id: EvidenceId) -> Result<EvidenceItem, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(item).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored item's state.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_evidence(&mut self, changed: &EvidenceItem) -> Result<(), StoreError> {
        let (id, body) = (
            changed.id.to_string(),
            self.sealed(changed, "evidence item")?,
        );
        match self
            .change(UPDATE, args![&id, changed.state.as_str(), &body])
            .await?
        {
            0 => Err(not_found(changed.id)),
            _ => Ok(()),
        }
    }

    /// The items of a case, in the order they were collected; at most [`EVIDENCE_ITEMS_MAX`].
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_evidence(
        &mut self,
        case_id: CaseId,
    ) -> Result<Vec<EvidenceItem>, StoreError> {
        let rows = self
            .many(OF_CASE, args![&case_id.to_string(), EVIDENCE_ITEMS_MAX])
            .await?;
        rows.iter().map(item).collect()
    }

    /// Adds a link to an item's chain. There is no way to change or remove one.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the chain has that number, [`StoreError::Reference`] if the item is not stored.
    pub async fn insert_custody(&mut self, new: &CustodyLink) -> Result<(), StoreError> {
        let event = &new.event;
        let (id, body) = (event.item_id.to_string(), to_json(event, "custody event")?);
        self.change(
            INSERT_EVENT,
            args![&id, event.seq, event.at, &new.sha256, &body],
        )
        .await
        .map(drop)
    }

    /// The newest link of an item's chain, if it has any.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn last_custody(
        &mut self,
        id: EvidenceId,
    ) -> Result<Option<CustodyLink>, StoreError> {
        let row = self.one(LAST_EVENT, args![&id.to_string()]).await?;
        row.as_ref().map(link).transpose()
    }

    /// An item's chain of custody, from the collection on.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_custody(&mut self, id: EvidenceId) -> Result<Vec<CustodyLink>, StoreError> {
        let rows = self
            .many(EVENTS, args![&id.to_string(), CUSTODY_MAX])
            .await?;
        rows.iter().map(link).collect()
    }
}

fn not_found(id: EvidenceId) -> StoreError {
    StoreError::NotFound {
        what: "evidence item",
        id: id.to_string(),
    }
}
