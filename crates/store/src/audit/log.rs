//! Writing the audit tree and signing its checkpoints.

use crate::audit::PendingEntry;
use crate::audit::canonical;
use crate::audit::note::Checkpoint;
use crate::audit::tree::{Frontier, Hash, leaf_hash};
use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::store::Store;
use crate::tx::{Committed, Tx};

/// A checkpoint is signed and stored at least every so many entries.
pub const CHECKPOINT_EVERY: u64 = 1024;

/// Takes the row's lock: on PostgreSQL a second appender waits here until the first has committed and then reads
/// the new ends.
const LOCK_HEADS: Sql = Sql(
    "heads.lock",
    "UPDATE log_heads SET audit_size = audit_size WHERE org_id = $1
     RETURNING audit_size, audit_frontier, feed_head",
);
const READ_HEADS: Sql = Sql(
    "heads.read",
    "SELECT audit_size, audit_frontier, feed_head FROM log_heads WHERE org_id = $1",
);
const SET_HEADS: Sql = Sql(
    "heads.set",
    "UPDATE log_heads SET audit_size = $2, audit_frontier = $3, feed_head = $4 WHERE org_id = $1",
);
const INSERT_ENTRY: Sql = Sql(
    "audit.insert",
    "INSERT INTO audit_entries (org_id, seq, at, actor, action, subject, body, leaf_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
const INSERT_NODE: Sql = Sql(
    "audit.insert_node",
    "INSERT INTO audit_nodes (org_id, level, ix, hash) VALUES ($1, $2, $3, $4)",
);
const INSERT_PERSONAL: Sql = Sql(
    "audit.insert_personal",
    "INSERT INTO audit_personal (org_id, seq, name, subject, salt, value) VALUES ($1, $2, $3, $4, $5, $6)",
);
const INSERT_CHECKPOINT: Sql = Sql(
    "audit.insert_checkpoint",
    "INSERT INTO audit_checkpoints (org_id, size, root, note) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org_id, size) DO NOTHING",
);
const CHECKPOINT_AT: Sql = Sql(
    "audit.checkpoint_at",
    "SELECT note FROM audit_checkpoints WHERE org_id = $1 AND size = $2",
);
const LATEST_CHECKPOINT: Sql = Sql(
    "audit.latest_checkpoint",
    "SELECT note FROM audit_checkpoints WHERE org_id = $1 ORDER BY size DESC LIMIT 1",
);

/// The ends of the audit tree and of the feed.
pub(super) struct Heads {
    pub frontier: Frontier,
    pub feed: i64,
}

impl Store {
    /// A signed checkpoint of everything committed so far, stored, as a C2SP note.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Contended`], [`StoreError::Database`].
    pub async fn audit_checkpoint(&self) -> Result<String, StoreError> {
        let mut tx = self.begin().await?;
        let note = tx.audit_checkpoint().await?;
        tx.commit().await?;
        Ok(note)
    }

    /// The public key of the checkpoints in the form other tools read: `name+keyid+key`.
    #[must_use]
    pub fn audit_verifier_key(&self) -> String {
        self.audit_key().verifier().to_string()
    }
}

impl Tx {
    /// A signed checkpoint of everything committed before, stored with this transaction, as a C2SP note. Entries
    /// of this transaction are not in it.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Contended`], [`StoreError::Database`].
    pub async fn audit_checkpoint(&mut self) -> Result<String, StoreError> {
        self.must_write()?;
        let heads = self.heads(LOCK_HEADS).await?;
        let size = to_i64(heads.frontier.size())?;
        match self.one(CHECKPOINT_AT, args![size]).await? {
            Some(row) => row.text(0),
            None => self.sign_checkpoint(&heads.frontier).await,
        }
    }

    /// The newest stored checkpoint, if there is any.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn latest_checkpoint(&mut self) -> Result<Option<String>, StoreError> {
        let row = self.one(LATEST_CHECKPOINT, args![]).await?;
        row.map(|row| row.text(0)).transpose()
    }

    /// Number of entries in the tree.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn audit_size(&mut self) -> Result<u64, StoreError> {
        Ok(self.read_heads().await?.frontier.size())
    }

    pub(super) async fn read_heads(&mut self) -> Result<Heads, StoreError> {
        self.heads(READ_HEADS).await
    }

    /// Numbers and writes the pending audit entries and feed events. The last step of a transaction, so that the
    /// lock of the heads is held as short as can be and always taken after all others (no deadlock through it).
    pub(crate) async fn write_logs(&mut self) -> Result<Committed, StoreError> {
        let Heads { mut frontier, feed } = self.heads(LOCK_HEADS).await?;
        let first = frontier.size();
        let pending = std::mem::take(&mut self.audit);
        let has_entries = !pending.is_empty();
        for entry in pending {
            self.write_entry(&mut frontier, entry).await?;
        }
        if first / CHECKPOINT_EVERY != frontier.size() / CHECKPOINT_EVERY {
            self.sign_checkpoint(&frontier).await?;
        }
        let has_events = !self.feed.is_empty();
        let feed = self.write_feed(feed).await?;
        let bytes = frontier.to_bytes();
        let size = to_i64(frontier.size())?;
        self.change(SET_HEADS, args![size, bytes.as_slice(), feed])
            .await?;
        Ok(Committed {
            first_audit_seq: has_entries.then_some(first),
            last_feed_id: has_events.then_some(feed),
        })
    }

    async fn write_entry(
        &mut self,
        frontier: &mut Frontier,
        mut entry: PendingEntry,
    ) -> Result<(), StoreError> {
        let seq = to_i64(frontier.size())?;
        entry.object.insert("seq".to_owned(), seq.into());
        let body =
            canonical::to_string(&entry.object.into()).map_err(|why| StoreError::AuditEntry {
                action: entry.action.to_owned(),
                why,
            })?;
        let leaf = leaf_hash(body.as_bytes());
        let hash = leaf.as_bytes().as_slice();
        let (actor, action, subject) = (&entry.actor, entry.action, &entry.subject);
        self.change(
            INSERT_ENTRY,
            args![seq, entry.at, actor, action, subject, &body, hash],
        )
        .await?;
        let mut nodes: Vec<(u32, u64, Hash)> = Vec::new();
        frontier.push(leaf, |level, ix, hash| nodes.push((level, ix, hash)));
        for (level, ix, hash) in nodes {
            let hash = hash.as_bytes().as_slice();
            self.change(INSERT_NODE, args![i64::from(level), to_i64(ix)?, hash])
                .await?;
        }
        for personal in &entry.personal {
            let salt = personal.salt.as_slice();
            self.change(
                INSERT_PERSONAL,
                args![seq, personal.name, subject, salt, &personal.value],
            )
            .await?;
        }
        Ok(())
    }

    async fn sign_checkpoint(&mut self, frontier: &Frontier) -> Result<String, StoreError> {
        let store = self.store().clone();
        let checkpoint = Checkpoint {
            origin: store.audit_key().verifier().name().to_owned(),
            size: frontier.size(),
            root: frontier.root(),
        };
        let note = checkpoint.sign(store.audit_key());
        let (size, root) = (to_i64(frontier.size())?, frontier.root());
        let root = root.as_bytes().as_slice();
        self.change(INSERT_CHECKPOINT, args![size, root, &note])
            .await?;
        Ok(note)
    }

    async fn heads(&mut self, sql: Sql) -> Result<Heads, StoreError> {
        let row = self
            .one(sql, args![])
            .await?
            .ok_or_else(|| StoreError::damaged("audit tree", "its end is missing"))?;
        let size =
            u64::try_from(row.int(0)?).map_err(|cause| StoreError::damaged("audit tree", cause))?;
        let frontier = Frontier::from_bytes(size, &row.bytes(1)?)
            .ok_or_else(|| StoreError::damaged("audit tree", "its edge does not fit its size"))?;
        Ok(Heads {
            frontier,
            feed: row.int(2)?,
        })
    }
}

pub(super) fn to_i64(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|cause| StoreError::damaged("audit tree", cause))
}
