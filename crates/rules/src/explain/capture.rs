//! The operands of fired rules, as they were.

use super::plan::KindPlan;
use crate::row::Row;
use crate::row::index::{Index, Pass};
use crate::value::{Slot, Store, ValueRef};
use crate::verdict::RuleSet;

/// What fired rules saw: for each the alternative of its condition that was true, and the values of its operands.
/// An operand of several rules is kept once. It owns what it holds: the event may go.
///
/// Made to be used again and again ([`crate::Engine::decide_and_capture`]); once it has grown, keeping what an event
/// showed allocates nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Captured {
    /// Alternatives of the index, one for each rule that fired.
    taken: Vec<u64>,
    /// Operands by number.
    pub(super) operands: Vec<(usize, Slot)>,
    store: Store,
    needed: Vec<u64>,
}

impl Captured {
    /// Number of operands kept.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.operands.len()
    }

    /// Whether no rule fired.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.iter().all(|word| *word == 0)
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        (self.taken.capacity() + self.needed.capacity()) * size_of::<u64>()
            + self.operands.capacity() * size_of::<(usize, Slot)>()
            + self.store.bytes_used()
    }

    pub(super) fn clear(&mut self) {
        self.taken.clear();
        self.operands.clear();
        self.store.clear();
    }

    /// Keeps what the rules at these places, which fired, saw.
    pub(super) fn take(
        &mut self,
        plan: &KindPlan,
        index: &Index,
        row: &Row<'_>,
        pass: &Pass,
        places: &RuleSet,
    ) {
        let Self {
            taken,
            operands,
            store,
            needed,
        } = self;
        index.first_alternatives(pass, places, taken);
        plan.each_operand(taken, row, pass, needed, store, |number, slot| {
            operands.push((number, slot));
        });
    }

    /// Which of these alternatives was true.
    pub(super) fn alternative(&self, mut bits: impl Iterator<Item = usize>) -> Option<usize> {
        bits.position(|bit| crate::verdict::has(&self.taken, bit))
    }

    /// The value of an operand: the outer `None` when it was not kept, the inner when it was missing.
    pub(super) fn value(&self, number: usize) -> Option<Option<ValueRef<'_>>> {
        let by_number = self.operands.binary_search_by_key(&number, |(of, _)| *of);
        let (_, slot) = self.operands.get(by_number.ok()?)?;
        Some(self.store.get(*slot))
    }
}
