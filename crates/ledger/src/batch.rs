//! Payments on their way into the ledger: columns of checked values, accounts as small local numbers.

use hashbrown::HashMap;
use stanch_types::{AccountRef, Channel, Currency};

/// Most payments in one block: bounds what a crash repeats and how long readers wait for a writer.
pub(crate) const ROWS_MAX: usize = 32_768;

/// What tells one node of the graph from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NodeKey {
    pub account: AccountRef,
    pub currency: Currency,
}

/// Short texts end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

/// Payments as columns of equal length. What `from` and `to` number depends on whose rows these are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub tx_ids: Texts,
    pub at_ms: Vec<i64>,
    pub from: Vec<u32>,
    pub to: Vec<u32>,
    pub minor: Vec<i64>,
    pub channels: Vec<Channel>,
}

/// One payment of [`Rows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub tx_id: &'a str,
    pub at_ms: i64,
    pub from: u32,
    pub to: u32,
    pub minor: i64,
    pub channel: Channel,
}

/// Numbers node keys 0, 1, 2 … in order of first sight. One per import or call.
#[derive(Debug, Default)]
pub(crate) struct LocalAccounts {
    numbers: HashMap<NodeKey, u32>,
    /// Keys numbered since they were last taken, in order.
    pub fresh: Vec<NodeKey>,
}

impl Texts {
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, place: usize) -> &str {
        let start = place
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.bytes
            .get(start.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }
}

impl Rows {
    pub fn len(&self) -> usize {
        self.at_ms.len()
    }

    pub fn push(&mut self, row: Row<'_>) {
        self.tx_ids.push(row.tx_id);
        self.at_ms.push(row.at_ms);
        self.from.push(row.from);
        self.to.push(row.to);
        self.minor.push(row.minor);
        self.channels.push(row.channel);
    }

    pub fn get(&self, place: usize) -> Option<Row<'_>> {
        Some(Row {
            tx_id: self.tx_ids.get(place),
            at_ms: *self.at_ms.get(place)?,
            from: *self.from.get(place)?,
            to: *self.to.get(place)?,
            minor: *self.minor.get(place)?,
            channel: *self.channels.get(place)?,
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

impl LocalAccounts {
    /// The number of `key`; `None` when 2^32-1 numbers are used up.
    pub fn number(&mut self, key: NodeKey) -> Option<u32> {
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        let number = u32::try_from(self.numbers.len())
            .ok()
            .filter(|n| *n < u32::MAX)?;
        self.fresh.push(key.clone());
        self.numbers.insert(key, number);
        Some(number)
    }
}
