//! All conditions of an event kind decided together.
//!
//! Every condition is a few alternatives ([`super::normal`]); each alternative is one bit. Leaves over the same
//! operand form a group: its value is computed once, and a search among the constants it is compared with gives its
//! *position*. For each position there is a precomputed row of bits: the alternatives that this group does not
//! strike out. The rows of all groups and-ed together leave the alternatives that are true. A group none of whose
//! alternatives is left is not computed at all.

mod build;
mod operand;

use super::Row;
use crate::list::Hits;

pub(crate) use build::{build, collect_parts};
use operand::Operand;

/// The conditions of one event kind.
pub(crate) struct Index {
    /// Cheap operands first.
    groups: Vec<Group>,
    /// What text scans and list look-ups share.
    sources: Vec<operand::Source>,
    /// Bits of alternatives.
    words: usize,
    all: Vec<u64>,
    /// The condition each alternative belongs to, by its place.
    owners: Vec<u32>,
}

/// The leaves over one operand.
struct Group {
    operand: Operand,
    /// Words `from..from + width` of the alternatives that have a leaf here.
    from: usize,
    width: usize,
    uses: Vec<u64>,
    /// A row of `width` words for each position; row 0 is for a missing operand.
    rows: Vec<u64>,
}

/// What was found in texts and lists of the event at hand, as far as anybody asked.
pub(super) type Found = Vec<Option<Option<Hits>>>;

/// Alternatives that fit here need no allocation.
const WORDS_INLINE: usize = 16;

impl Index {
    /// Calls `fire` with the place of every condition that is true; with one place more than once when several of
    /// its alternatives are.
    pub(crate) fn each_true(&self, row: &Row<'_>, mut fire: impl FnMut(u32)) {
        let mut inline = [0; WORDS_INLINE];
        let mut heap;
        let left = match inline.get_mut(..self.words) {
            Some(left) => {
                left.copy_from_slice(&self.all);
                left
            }
            None => {
                heap = self.all.clone();
                heap.as_mut_slice()
            }
        };
        let mut found = Found::new();
        for group in &self.groups {
            group.strike(left, row, &self.sources, &mut found);
        }
        for (word, bits) in left.iter().enumerate() {
            let mut bits = *bits;
            while bits != 0 {
                let bit = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if let Some(owner) = self.owners.get(bit) {
                    fire(*owner);
                }
            }
        }
    }
}

impl Group {
    /// Takes away the alternatives that this group's operand makes not true.
    fn strike(
        &self,
        left: &mut [u64],
        row: &Row<'_>,
        sources: &[operand::Source],
        found: &mut Found,
    ) {
        let Some(left) = left.get_mut(self.from..self.from + self.width) else {
            return;
        };
        if left
            .iter()
            .zip(&self.uses)
            .all(|(left, uses)| left & uses == 0)
        {
            return;
        }
        let position = self.operand.position(row, sources, found);
        let start = position * self.width;
        if let Some(kept) = self.rows.get(start..start + self.width) {
            for (left, kept) in left.iter_mut().zip(kept) {
                *left &= kept;
            }
        }
    }
}

#[cfg(test)]
mod tests;
