//! The audit tree: every change of the record and every reading of personal data, in a Merkle tree (RFC 6962)
//! whose signed checkpoints (C2SP tlog-checkpoint) prove later that nothing was changed, removed or put in.
//!
//! The form of leaves, commitments and checkpoints is fixed in `docs/formats/audit.md`. Personal values are kept
//! beside the tree under salted commitments; [`Tx::erase_personal`] removes them and the tree stays whole.

pub mod canonical;
pub(crate) mod key;
mod log;
pub mod note;
mod proof;
pub mod tree;
pub(crate) mod verify;

use serde_json::{Map, Value, json};
use stanch_types::Timestamp;
use stanch_types::user::Actor;

pub use log::CHECKPOINT_EVERY;
pub use proof::{ConsistencyProof, InclusionProof};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;
use tree::Hash;

const LIST: Sql = Sql(
    "audit.list",
    "SELECT seq, body, leaf_hash FROM audit_entries
     WHERE org_id = $1 AND ($2 IS NULL OR subject = $2) AND ($3 IS NULL OR action = $3)
       AND ($4 IS NULL OR actor = $4) AND seq > $5
     ORDER BY seq LIMIT $6",
);
const LOOKUP: Sql = Sql(
    "audit.lookup",
    "SELECT seq, body, leaf_hash FROM audit_entries WHERE org_id = $1 AND seq = $2",
);
const PERSONAL: Sql = Sql(
    "audit.personal",
    "SELECT name, value FROM audit_personal WHERE org_id = $1 AND seq = $2",
);
const ERASE: Sql = Sql(
    "audit.erase",
    "DELETE FROM audit_personal WHERE org_id = $1 AND subject = $2",
);
const LIST_NAME: &str = "audit";
/// Version of the entry's form.
const ENTRY_VERSION: i64 = 1;
/// Longest canonical entry, in bytes.
const ENTRY_LEN_MAX: usize = 64 * 1024;

/// Something to be recorded in the audit tree.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done, `area.what`, such as `order.approved`.
    pub action: &'static str,
    /// The record it was done to, by its id. No personal data.
    pub subject: String,
    /// Facts, as JSON without fractions. No personal data.
    pub detail: Value,
    /// Personal values by name: kept beside the tree under a salted commitment, erasable by `subject`.
    pub personal: Vec<(&'static str, String)>,
}

/// An entry as it stands in the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// Its number, from 0: the index of its leaf.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: String,
    /// The record it was done to.
    pub subject: String,
    /// Facts.
    pub detail: Value,
    /// Its personal values.
    pub personal: Vec<AuditPersonal>,
    /// Hash of its leaf.
    pub leaf_hash: Hash,
    /// The canonical text that the leaf hash covers.
    pub canonical: String,
}

/// A personal value of an entry.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditPersonal {
    /// Its name.
    pub name: String,
    /// SHA-256 of salt and value, as in the leaf, hexadecimal.
    pub commitment: String,
    /// The value, unless it was erased.
    pub value: Option<String>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those about this record.
    pub subject: Option<String>,
    /// Only those of this action.
    pub action: Option<String>,
    /// Only those of this actor.
    pub actor: Option<Actor>,
}

/// An entry that gets its number at the commit.
pub(crate) struct PendingEntry {
    at: Timestamp,
    actor: String,
    action: &'static str,
    subject: String,
    /// The entry's canonical object but for its `seq`.
    object: Map<String, Value>,
    personal: Vec<PendingPersonal>,
}

struct PendingPersonal {
    name: &'static str,
    value: String,
    salt: [u8; 32],
}

impl Tx {
    /// Adds an entry. It gets its number at the commit ([`crate::Committed::first_audit_seq`]) and cannot be read
    /// before.
    ///
    /// # Errors
    /// [`StoreError::AuditEntry`] if `detail` holds a fraction, the entry is over 64 KiB or a name repeats;
    /// [`StoreError::ReadOnly`].
    pub async fn append_audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.must_have_room()?;
        let pending = self.pending(entry)?;
        self.audit.push(pending);
        Ok(())
    }

    fn pending(&self, entry: &AuditEntry) -> Result<PendingEntry, StoreError> {
        let refuse = |why| StoreError::AuditEntry {
            action: entry.action.to_owned(),
            why,
        };
        let mut commitments = Map::new();
        let mut personal = Vec::with_capacity(entry.personal.len());
        for (name, value) in &entry.personal {
            if value.contains('\0') {
                return Err(refuse("a personal value holds a NUL"));
            }
            let salt: [u8; 32] = self.store().ctx().random_bytes();
            let commitment = tree::commitment(&salt, value).to_string();
            if commitments
                .insert((*name).to_owned(), Value::String(commitment))
                .is_some()
            {
                return Err(refuse("two personal values have one name"));
            }
            personal.push(PendingPersonal {
                name,
                value: value.clone(),
                salt,
            });
        }
        let actor = serde_json::to_value(&entry.actor)
            .map_err(|cause| StoreError::damaged("actor", cause))?;
        let object = json!({
            "action": entry.action,
            "actor": actor,
            "at_us": entry.at.as_micros(),
            "detail": entry.detail,
            "org": self.store().org_text(),
            "personal": commitments,
            "subject": entry.subject,
            "v": ENTRY_VERSION,
        });
        let length = canonical::to_string(&object).map_err(refuse)?.len();
        if length > ENTRY_LEN_MAX {
            return Err(refuse("it is longer than 64 KiB"));
        }
        let Value::Object(object) = object else {
            return Err(refuse("it is not an object"));
        };
        Ok(PendingEntry {
            at: entry.at,
            actor: actor_text(&entry.actor),
            action: entry.action,
            subject: entry.subject.clone(),
            object,
            personal,
        })
    }

    /// Entries in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_audit(
        &mut self,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, StoreError> {
        let after = match page.keys::<1>(LIST_NAME)? {
            Some([seq]) => page.number(&seq)?,
            None => -1,
        };
        let (subject, action) = (filter.subject.as_deref(), filter.action.as_deref());
        let actor = filter.actor.as_ref().map(actor_text);
        let rows = self
            .many(
                LIST,
                args![subject, action, &actor, after, page.fetch_limit()],
            )
            .await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            records.push(self.read_audit(row).await?);
        }
        Ok(page.page(LIST_NAME, records, |record| vec![record.seq.to_string()]))
    }

    /// The entry with number `seq`, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_audit(&mut self, seq: u64) -> Result<Option<AuditRecord>, StoreError> {
        let Ok(seq) = i64::try_from(seq) else {
            return Ok(None);
        };
        match self.one(LOOKUP, args![seq]).await? {
            Some(row) => self.read_audit(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Erases the personal values (and salts) of all entries about `subject` and gives their number. The entries
    /// and the tree stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn erase_personal(&mut self, subject: &str) -> Result<u64, StoreError> {
        self.change(ERASE, args![subject]).await
    }

    async fn read_audit(&mut self, row: &Row) -> Result<AuditRecord, StoreError> {
        let (seq, canonical) = (row.int(0)?, row.text(1)?);
        let damaged = |why: &str| StoreError::damaged("audit entry", format!("{seq}: {why}"));
        let object: Value =
            serde_json::from_str(&canonical).map_err(|_| damaged("it is not JSON"))?;
        let text = |name: &str| {
            let value = object.get(name).and_then(Value::as_str);
            value
                .map(str::to_owned)
                .ok_or_else(|| damaged("a field is missing"))
        };
        let micros = object.get("at_us").and_then(Value::as_i64);
        let actor = object.get("actor").cloned().unwrap_or_default();
        let mut record = AuditRecord {
            seq: u64::try_from(seq).map_err(|_| damaged("its number is negative"))?,
            at: Timestamp::from_micros(micros.ok_or_else(|| damaged("it has no time"))?),
            actor: serde_json::from_value(actor).map_err(|_| damaged("it has no actor"))?,
            action: text("action")?,
            subject: text("subject")?,
            detail: object.get("detail").cloned().unwrap_or_default(),
            personal: commitments(&object),
            leaf_hash: Hash::from_slice(&row.bytes(2)?)
                .ok_or_else(|| damaged("its hash is not 32 bytes"))?,
            canonical,
        };
        if !record.personal.is_empty() {
            for found in self.many(PERSONAL, args![seq]).await? {
                let (name, value) = (found.text(0)?, found.text(1)?);
                for personal in &mut record.personal {
                    if personal.name == name {
                        personal.value = Some(value.clone());
                    }
                }
            }
        }
        Ok(record)
    }
}

/// The personal values named in an entry, without the values.
fn commitments(object: &Value) -> Vec<AuditPersonal> {
    let named = object.get("personal").and_then(Value::as_object);
    named
        .into_iter()
        .flatten()
        .map(|(name, commitment)| AuditPersonal {
            name: name.clone(),
            commitment: commitment.as_str().unwrap_or_default().to_owned(),
            value: None,
        })
        .collect()
}

/// The actor as one text, for filters.
fn actor_text(actor: &Actor) -> String {
    match actor {
        Actor::User { id } => format!("user:{id}"),
        Actor::Institution { code } => format!("institution:{code}"),
        Actor::System => "system".to_owned(),
        Actor::Reporter => "reporter".to_owned(),
    }
}

impl std::fmt::Debug for AuditPersonal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditPersonal")
            .field("name", &self.name)
            .field("commitment", &self.commitment)
            .field("erased", &self.value.is_none())
            .finish_non_exhaustive()
    }
}
