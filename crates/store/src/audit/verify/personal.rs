//! Personal values against their commitments. One that is missing must have been erased, and an entry must say so.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use super::{Stop, at};
use crate::audit::log::to_i64;
use crate::audit::tree::commitment;
use crate::audit::{ERASED, commitments};
use crate::db::{Sql, args};
use crate::tx::Tx;

const PERSONAL: Sql = Sql(
    "verify.personal",
    "SELECT seq, name, subject, salt, value FROM audit_personal WHERE org_id = $1 AND seq >= $2 AND seq < $3
     ORDER BY seq, name",
);

/// What is known of personal values so far.
#[derive(Default)]
pub(super) struct Personal {
    /// Values that entries commit to.
    pub committed: u64,
    /// Of these, values that are still there.
    pub present: u64,
    /// Commitments of the batch at hand: (entry, name) -> (commitment, subject).
    named: HashMap<(u64, String), (String, String)>,
    /// Erasures in the batch at hand: (subject, entry).
    erased: Vec<(String, u64)>,
    /// The last entry about a subject whose value is missing without an erasure so far. One for each subject erased
    /// at most.
    missing: HashMap<String, u64>,
    /// Entries before this one did not say when values were erased.
    forgiven: u64,
}

impl Personal {
    /// Takes note of an entry.
    pub fn note(&mut self, seq: u64, object: &Value) {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("action") == ERASED {
            self.erased.push((text("subject").to_owned(), seq));
        }
        for personal in commitments(object) {
            self.committed += 1;
            let stands = (personal.commitment, text("subject").to_owned());
            self.named.insert((seq, personal.name), stands);
        }
    }

    /// Rows were bound by the entry `seq`; entries before it did not say when values were erased.
    pub fn forgive_before(&mut self, seq: u64) {
        self.missing.clear();
        self.forgiven = seq;
    }

    /// Holds the values stored for a batch of entries, all noted, against their commitments.
    pub async fn check(&mut self, tx: &mut Tx, batch: &Range<u64>) -> Result<(), Stop> {
        let bounds = args![to_i64(batch.start)?, to_i64(batch.end)?];
        for row in tx.many(PERSONAL, bounds).await? {
            let (seq, name) = (u64::try_from(row.int(0)?).unwrap_or(0), row.text(1)?);
            let value = row
                .opened(4)
                .map_err(|_| at(seq, format!("the personal value `{name}` cannot be opened")))?;
            let computed = commitment(&row.bytes(3)?, &value).to_string();
            let stands = self.named.remove(&(seq, name.clone()));
            if stands != Some((computed, row.text(2)?)) {
                return Err(at(
                    seq,
                    format!("the personal value `{name}` does not fit its commitment"),
                ));
            }
            self.present += 1;
        }
        for ((seq, _), (_, subject)) in self.named.drain() {
            if seq < self.forgiven {
                continue;
            }
            let last = self.missing.entry(subject).or_insert(seq);
            *last = seq.max(*last);
        }
        for (subject, seq) in self.erased.drain(..) {
            if self.missing.get(&subject).is_some_and(|last| *last < seq) {
                self.missing.remove(&subject);
            }
        }
        Ok(())
    }

    /// Whether every missing value was erased.
    pub fn finish(&self) -> Result<(), Stop> {
        match self.missing.values().min() {
            Some(seq) => Err(at(
                *seq,
                "a personal value is missing and no later entry says that it was erased",
            )),
            None => Ok(()),
        }
    }
}
