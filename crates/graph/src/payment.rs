//! Payments: one 32-byte row each, in order of insertion, and the index from `tx_id`.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use stanch_types::Channel;

use crate::tx_id::{Texts, TxKey};
use crate::{AccountIx, GraphError, PaymentIx, TxId};

/// A payment to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPayment<'a> {
    /// The payment's reference, 1 to 64 bytes; see [`TxId`] for its order.
    pub tx_id: &'a str,
    /// When it was booked, in Unix milliseconds.
    pub at_ms: i64,
    /// The paying account.
    pub from: AccountIx,
    /// The receiving account; may be the paying one.
    pub to: AccountIx,
    /// How much, in minor units of the accounts' currency; at least 1.
    pub minor: i64,
    /// How it was paid.
    pub channel: Channel,
}

/// What became of a payment that was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is new.
    New(PaymentIx),
    /// It was stored before with the same content.
    Unchanged(PaymentIx),
}

impl Inserted {
    /// Where it is stored.
    #[must_use]
    pub const fn ix(self) -> PaymentIx {
        match self {
            Self::New(ix) | Self::Unchanged(ix) => ix,
        }
    }
}

/// A payment as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentView<'g> {
    /// Its index.
    pub ix: PaymentIx,
    /// Its reference.
    pub tx_id: TxId<'g>,
    /// When it was booked, in Unix milliseconds.
    pub at_ms: i64,
    /// The paying account.
    pub from: AccountIx,
    /// The receiving account.
    pub to: AccountIx,
    /// How much, in minor units.
    pub minor: i64,
    /// How it was paid.
    pub channel: Channel,
}

/// What a trace reads of a payment: half a cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) at_ms: i64,
    pub(crate) minor: i64,
    pub(crate) tx: TxKey,
    pub(crate) from: AccountIx,
    pub(crate) to: AccountIx,
}

/// All payments.
#[derive(Debug, Default)]
pub(crate) struct Payments {
    rows: Vec<Row>,
    channels: Vec<Channel>,
    texts: Texts,
    by_tx_id: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Payments {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn reserve(&mut self, more: usize) {
        self.rows.reserve(more);
        self.channels.reserve(more);
        let (rows, texts, hasher) = (&self.rows, &self.texts, &self.hasher);
        self.by_tx_id
            .reserve(more, |ix| hash_stored(rows, texts, hasher, *ix));
    }

    pub(crate) fn find(&self, id: TxId<'_>) -> Option<PaymentIx> {
        self.by_tx_id
            .find(self.hasher.hash_one(id), |ix| self.holds(*ix, id))
            .map(|ix| PaymentIx(*ix))
    }

    /// Stores a payment whose `tx_id` is not stored yet.
    pub(crate) fn push(
        &mut self,
        id: TxId<'_>,
        new: &NewPayment<'_>,
    ) -> Result<PaymentIx, GraphError> {
        let ix = u32::try_from(self.rows.len())
            .ok()
            .filter(|ix| *ix < u32::MAX)
            .ok_or(GraphError::Full("payment"))?;
        let tx = self.texts.store(id)?;
        self.rows.push(Row {
            at_ms: new.at_ms,
            minor: new.minor,
            tx,
            from: new.from,
            to: new.to,
        });
        self.channels.push(new.channel);
        let (rows, texts, hasher) = (&self.rows, &self.texts, &self.hasher);
        self.by_tx_id
            .insert_unique(hasher.hash_one(id), ix, |other| {
                hash_stored(rows, texts, hasher, *other)
            });
        Ok(PaymentIx(ix))
    }

    pub(crate) fn get(&self, ix: PaymentIx) -> Option<&Row> {
        self.rows.get(ix.place())
    }

    /// The row of a payment known to be stored.
    pub(crate) fn row(&self, ix: PaymentIx) -> &Row {
        debug_assert!(ix.place() < self.rows.len(), "a payment of another graph");
        &self.rows[ix.place()]
    }

    pub(crate) fn view(&self, ix: PaymentIx) -> Option<PaymentView<'_>> {
        let row = self.rows.get(ix.place())?;
        Some(PaymentView {
            ix,
            tx_id: self.texts.get(row.tx),
            at_ms: row.at_ms,
            from: row.from,
            to: row.to,
            minor: row.minor,
            channel: *self.channels.get(ix.place())?,
        })
    }

    /// Order of booking: time, then `tx_id`.
    pub(crate) fn compare(&self, a: PaymentIx, b: PaymentIx) -> Ordering {
        let (a, b) = (self.row(a), self.row(b));
        self.compare_keys((a.at_ms, a.tx), (b.at_ms, b.tx))
    }

    pub(crate) fn compare_keys(&self, a: (i64, TxKey), b: (i64, TxKey)) -> Ordering {
        a.0.cmp(&b.0).then_with(|| self.texts.compare(a.1, b.1))
    }

    pub(crate) fn shrink(&mut self) {
        self.rows.shrink_to_fit();
        self.channels.shrink_to_fit();
        self.texts.shrink();
    }

    pub(crate) fn bytes_used(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
            + self.channels.capacity() * size_of::<Channel>()
            + self.texts.bytes_used()
            + self.by_tx_id.allocation_size()
    }

    fn holds(&self, ix: u32, id: TxId<'_>) -> bool {
        self.rows
            .get(ix as usize)
            .is_some_and(|row| self.texts.get(row.tx) == id)
    }
}

fn hash_stored(rows: &[Row], texts: &Texts, hasher: &DefaultHashBuilder, ix: u32) -> u64 {
    rows.get(ix as usize)
        .map_or(0, |row| hasher.hash_one(texts.get(row.tx)))
}
