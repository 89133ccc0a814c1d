//! What changed since, by the audit tree, and what is searched of it: how a copy of the record keeps up with it.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use stanch_types::search::SearchKind;

use crate::db::{Arg, Sql, args};
use crate::error::StoreError;
use crate::store::Store;
use crate::tx::Tx;

const CHANGED: Sql = Sql(
    "changed.list",
    "SELECT seq, body FROM audit_entries WHERE org_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
);

/// Rows of the record that entries of the audit tree name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRows {
    /// Identifiers of the searched records among them, in the order of the entries; one may stand there several times.
    pub ids: Vec<String>,
    /// The entry after the last that was read.
    pub next_seq: u64,
}

/// The member of an entry that names rows: table, key, digest before and after.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    rows: Vec<(String, String, IgnoredAny, IgnoredAny)>,
}

/// Records whose bodies are read at once.
const AT_ONCE: usize = 16;

/// The table of a kind of record, all of which have `id` and `body`, and how [`AT_ONCE`] bodies are read.
const fn bodies_of(kind: SearchKind) -> (&'static str, Sql) {
    macro_rules! of {
        ($table:literal) => {
            (
                $table,
                Sql(
                    concat!("searched.", $table),
                    concat!(
                        "SELECT id, body FROM ",
                        $table,
                        " WHERE org_id = $1 AND id IN ($2, $3, $4, $5, $6, $7, $8, $9,
                            $10, $11, $12, $13, $14, $15, $16, $17)"
                    ),
                ),
            )
        };
    }
    match kind {
        SearchKind::Report => of!("reports"),
        SearchKind::Lead => of!("leads"),
        SearchKind::Case => of!("cases"),
        SearchKind::Order => of!("orders"),
        SearchKind::Measure => of!("measures"),
        SearchKind::Appeal => of!("appeals"),
        SearchKind::Evidence => of!("evidence_items"),
        SearchKind::Note => of!("notes"),
        SearchKind::Task => of!("tasks"),
        SearchKind::Operation => of!("operations"),
    }
}

impl Tx {
    /// The searched records that at most `entries_max` entries of the audit tree from number `seq` on changed.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Database`].
    pub async fn changed_since(
        &mut self,
        seq: u64,
        entries_max: i64,
    ) -> Result<ChangedRows, StoreError> {
        let from = i64::try_from(seq).unwrap_or(i64::MAX);
        let mut changed = ChangedRows {
            ids: Vec::new(),
            next_seq: seq,
        };
        for row in self.many(CHANGED, args![from, entries_max]).await? {
            let named: Named = row.json(1, "audit entry")?;
            let searched = named.rows.into_iter().filter(|(table, ..)| {
                let mut kinds = SearchKind::ALL.iter();
                kinds.any(|kind| bodies_of(*kind).0 == table)
            });
            changed.ids.extend(searched.map(|(_, key, ..)| key));
            changed.next_seq = u64::try_from(row.int(0)?).unwrap_or(0).saturating_add(1);
        }
        Ok(changed)
    }

    /// The bodies of searched records of a kind as JSON, by identifier; those that are not there are left out.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Database`].
    pub async fn searched_bodies(
        &mut self,
        kind: SearchKind,
        ids: &[&str],
    ) -> Result<HashMap<String, Value>, StoreError> {
        let mut bodies = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(AT_ONCE) {
            // What is left of the places names the last one again.
            let last = ids.iter().rev().take(1).cycle();
            let args: Vec<Arg<'_>> = ids
                .iter()
                .chain(last)
                .take(AT_ONCE)
                .map(|id| Arg::from(*id))
                .collect();
            for row in self.many(bodies_of(kind).1, &args).await? {
                bodies.insert(row.text(0)?, row.json(1, kind.as_str())?);
            }
        }
        Ok(bodies)
    }
}

impl Store {
    /// `text` encrypted under the organisation's data key, for a copy of the record that lies beside it. It opens until
    /// the key is rotated.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it could not be encrypted.
    pub fn seal_text(&self, text: String) -> Result<String, StoreError> {
        match self.keyring() {
            Some(keyring) => keyring.seal(text),
            None => Ok(text),
        }
    }

    /// What [`Store::seal_text`] encrypted.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if its key is gone or it was changed.
    pub fn open_sealed_text(&self, sealed: String) -> Result<String, StoreError> {
        match self.keyring() {
            Some(keyring) => keyring.open_text(sealed),
            None => Ok(sealed),
        }
    }
}
