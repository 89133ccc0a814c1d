//! A set of texts with ends: one block of text, and per entry 4 bytes for its place and about 5 for the hash
//! table, whatever the texts are.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::ir::ListEntry;

#[derive(Debug, Default)]
pub(crate) struct KeySet {
    text: String,
    /// Where each entry ends in `text`; it begins where the one before ends.
    ends: Vec<u32>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Ends of the entries that have one.
    until: HashMap<u32, i64>,
    /// Different lengths of entries in bytes, ascending.
    lengths: Vec<u32>,
}

impl KeySet {
    /// The entries in the form `normal` gives them. Of an entry given twice the later end counts. Entries past
    /// 4 GiB of text are left out.
    pub(crate) fn new<'a>(
        entries: &'a [ListEntry],
        normal: impl Fn(&'a str) -> Option<Cow<'a, str>>,
    ) -> Self {
        let mut set = Self {
            table: HashTable::with_capacity(entries.len()),
            ends: Vec::with_capacity(entries.len()),
            ..Self::default()
        };
        for entry in entries {
            if let Some(key) = normal(&entry.value) {
                set.insert(&key, entry.until_us);
            }
        }
        set.text.shrink_to_fit();
        set.ends.shrink_to_fit();
        set.lengths.sort_unstable();
        set.lengths.dedup();
        set
    }

    fn insert(&mut self, key: &str, until_us: Option<i64>) {
        if let Some(at) = self.find(key) {
            let old = self.until.get(&at).copied();
            match (old, until_us) {
                (Some(old), Some(new)) => self.until.insert(at, old.max(new)),
                (Some(_), None) => self.until.remove(&at),
                (None, _) => None,
            };
            return;
        }
        let (Ok(at), Ok(end)) = (
            u32::try_from(self.ends.len()),
            u32::try_from(self.text.len() + key.len()),
        ) else {
            return;
        };
        self.text.push_str(key);
        self.ends.push(end);
        if let Some(until_us) = until_us {
            self.until.insert(at, until_us);
        }
        if let Ok(length) = u32::try_from(key.len())
            && self.lengths.last() != Some(&length)
        {
            self.lengths.push(length);
            // Kept short while growing: entries of one kind have few lengths.
            if self.lengths.len() > 4_096 {
                self.lengths.sort_unstable();
                self.lengths.dedup();
            }
        }
        let hash = self.hasher.hash_one(key);
        let Self {
            table,
            text,
            ends,
            hasher,
            ..
        } = self;
        table.insert_unique(hash, at, |at| hasher.hash_one(entry_at(text, ends, *at)));
    }

    fn find(&self, key: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        let same = |at: &u32| entry_at(&self.text, &self.ends, *at) == key;
        self.table.find(hash, same).copied()
    }

    /// Whether `key` is an entry that holds at `at_us`.
    pub(crate) fn contains(&self, key: &str, at_us: i64) -> bool {
        self.find(key).is_some_and(|at| {
            self.until.is_empty() || self.until.get(&at).is_none_or(|until| at_us < *until)
        })
    }

    /// Whether `value` starts with an entry that holds at `at_us`: one look-up for each length of entries.
    pub(crate) fn contains_prefix_of(&self, value: &str, at_us: i64) -> bool {
        self.lengths
            .iter()
            .map_while(|length| (*length as usize <= value.len()).then_some(*length as usize))
            .filter_map(|length| value.get(..length))
            .any(|prefix| self.contains(prefix, at_us))
    }

    pub(crate) fn bytes_used(&self) -> usize {
        self.text.capacity()
            + self.ends.capacity() * size_of::<u32>()
            + self.table.allocation_size()
            + self.until.allocation_size()
    }
}

fn entry_at<'a>(text: &'a str, ends: &[u32], at: u32) -> &'a str {
    let at = at as usize;
    let start = match at.checked_sub(1) {
        Some(before) => ends.get(before).copied().unwrap_or_default(),
        None => 0,
    };
    let end = ends.get(at).copied().unwrap_or_default();
    text.get(start as usize..end as usize).unwrap_or("")
}
