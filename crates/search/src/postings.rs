//! Which documents have a term: for each block of [`BLOCK_DOCS`] documents the set of those that have it. Blocks are
//! ordered from the newest, so that what came last is found first.

use std::collections::{BTreeSet, HashMap, HashSet};

use fjall::{Keyspace, OwnedWriteBatch};
use roaring::RoaringBitmap;

use crate::error::SearchError;
use crate::key::Term;

/// Number of a document: a record's texts at one time. They are numbered as they are indexed.
pub(crate) type DocNumber = u32;

/// Documents of a block: a set has at most 2 KiB, so that adding one document to a frequent term writes no more.
pub(crate) const BLOCK_DOCS: DocNumber = 1 << 14;

pub(crate) const fn block_of(doc: DocNumber) -> u32 {
    doc / BLOCK_DOCS
}

/// Key of a term's set in a block.
fn key(term: Term, block: u32) -> [u8; 12] {
    let mut key = [0; 12];
    let bytes = term.into_iter().chain((!block).to_be_bytes());
    for (to, from) in key.iter_mut().zip(bytes) {
        *to = from;
    }
    key
}

fn set(bytes: &[u8]) -> Result<RoaringBitmap, SearchError> {
    RoaringBitmap::deserialize_from(bytes).map_err(|_| SearchError::Damaged("a set of documents"))
}

/// Documents to be added, by term and block.
#[derive(Default)]
pub(crate) struct Additions(HashMap<(Term, u32), RoaringBitmap>);

impl Additions {
    pub fn add(&mut self, doc: DocNumber, terms: &HashSet<Term>) {
        for term in terms {
            let set = self.0.entry((*term, block_of(doc))).or_default();
            set.insert(doc % BLOCK_DOCS);
        }
    }

    /// Puts the sets with the additions into `batch`.
    pub fn write(self, terms: &Keyspace, batch: &mut OwnedWriteBatch) -> Result<(), SearchError> {
        // In the order of the keys, so that the table's blocks are read one after the other.
        let mut additions: Vec<_> = self.0.into_iter().collect();
        additions.sort_unstable_by_key(|(place, _)| *place);
        for ((term, block), mut added) in additions {
            let key = key(term, block);
            if let Some(known) = terms.get(key)? {
                added |= set(&known)?;
            }
            let mut bytes = Vec::with_capacity(added.serialized_size());
            added
                .serialize_into(&mut bytes)
                .map_err(|_| SearchError::Damaged("a set of documents"))?;
            batch.insert(terms, key, bytes);
        }
        Ok(())
    }
}

/// Documents of `block` that have all of `wanted`, and one of `any` unless that is empty; the last first.
pub(crate) fn meet(
    terms: &Keyspace,
    wanted: &BTreeSet<Term>,
    any: &BTreeSet<Term>,
    block: u32,
) -> Result<Vec<DocNumber>, SearchError> {
    let read = |term: &Term| -> Result<RoaringBitmap, SearchError> {
        let bytes = terms.get(key(*term, block))?;
        bytes.map_or_else(|| Ok(RoaringBitmap::new()), |bytes| set(&bytes))
    };
    let mut met: Option<RoaringBitmap> = None;
    for term in wanted {
        let with = read(term)?;
        let both = met.map_or_else(|| with.clone(), |met| met & &with);
        if both.is_empty() {
            return Ok(Vec::new());
        }
        met = Some(both);
    }
    let mut met = met.unwrap_or_default();
    if !any.is_empty() {
        let mut either = RoaringBitmap::new();
        for term in any {
            either |= read(term)?;
        }
        met &= either;
    }
    let first = block.saturating_mul(BLOCK_DOCS);
    Ok(met.iter().rev().map(|doc| first + doc).collect())
}
