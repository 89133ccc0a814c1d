//! All conditions of an event kind decided together.
//!
//! Every condition is a few alternatives ([`super::normal`]); each alternative is one bit. Leaves over the same
//! operand form a group: its value is computed once, and a search among the constants it is compared with gives its
//! *position*. For each position there is a precomputed row of bits: the alternatives that this group does not
//! strike out. The rows of all groups and-ed together leave the alternatives that are true. A group none of whose
//! alternatives is left is not computed at all.
//!
//! The first alternative of the condition at a place is the bit of that place, so that most conditions are read off
//! the bits; the alternatives beyond the first follow after all places.

mod build;
mod operand;
mod pass;
mod points;

use super::Row;
use crate::verdict::{RuleSet, has, set, word_bits};
use crate::window::DefinitionHash;

pub(crate) use build::{build, collect_parts, contains_constant};
use hashbrown::HashMap;
use operand::Operand;
pub(crate) use pass::Pass;

/// The conditions of one event kind.
pub(crate) struct Index {
    /// Cheap operands first.
    groups: Vec<Group>,
    /// What text scans and list look-ups share.
    sources: Vec<operand::Source>,
    /// Words of bits of alternatives: a power of two up to [`WORDS_HERE`].
    words: usize,
    all: Vec<u64>,
    /// Number of conditions.
    conditions: usize,
    /// The condition of each alternative beyond the first ones; those of one condition stand together.
    owners: Vec<u32>,
    /// Where in [`Pass`] the value of a computed operand is kept.
    computed: HashMap<DefinitionHash, usize>,
}

/// The leaves over one operand. Everything is in words of the index's alternatives.
struct Group {
    operand: Operand,
    uses: Vec<u64>,
    /// A row of words for each position; row 0 is for a missing operand.
    rows: Vec<u64>,
}

/// Alternatives that fit here need no allocation.
const WORDS_HERE: usize = 16;

/// Words that so many bits take: small numbers are rounded up to those that [`Index::run`] is compiled for.
fn words_of(bits: usize) -> usize {
    let words = bits.div_ceil(64).max(1);
    if words <= WORDS_HERE {
        words.next_power_of_two()
    } else {
        words
    }
}

impl Index {
    /// Strikes out, for an event, the alternatives that are not true.
    pub(crate) fn run(&self, row: &Row<'_>, pass: &mut Pass) {
        match self.words {
            1 => self.strike::<1>(row, pass),
            2 => self.strike::<2>(row, pass),
            4 => self.strike::<4>(row, pass),
            8 => self.strike::<8>(row, pass),
            16 => self.strike::<16>(row, pass),
            _ => self.strike_wide(row, pass),
        }
    }

    #[inline]
    fn strike<const WORDS: usize>(&self, row: &Row<'_>, pass: &mut Pass) {
        let Some(mut left) = self.all.first_chunk::<WORDS>().copied() else {
            return;
        };
        for group in &self.groups {
            let Some(uses) = group.uses.first_chunk::<WORDS>() else {
                continue;
            };
            // Without a branch for each word.
            let asked = (left.iter().zip(uses)).fold(0, |asked, (left, uses)| asked | left & uses);
            if asked == 0 {
                continue;
            }
            let position = group.operand.position(row, &self.sources, pass);
            let kept = group.rows.get(position * WORDS..);
            if let Some(kept) = kept.and_then(|rows| rows.first_chunk::<WORDS>()) {
                for (left, kept) in left.iter_mut().zip(kept) {
                    *left &= kept;
                }
            }
        }
        pass.keep(&left);
    }

    fn strike_wide(&self, row: &Row<'_>, pass: &mut Pass) {
        let mut left = self.all.clone();
        for group in &self.groups {
            if !crate::verdict::meet(&left, &group.uses) {
                continue;
            }
            let start = group.operand.position(row, &self.sources, pass) * self.words;
            let kept = group.rows.get(start..).unwrap_or_default();
            for (left, kept) in left.iter_mut().zip(kept) {
                *left &= kept;
            }
        }
        pass.keep(&left);
    }

    /// Puts the conditions that are true, by place, into `holds`, which is empty.
    pub(crate) fn conditions(&self, pass: &Pass, holds: &mut RuleSet) {
        let left = pass.left();
        for (holds, left) in holds.words_mut().iter_mut().zip(left) {
            *holds = *left;
        }
        // The last word may have begun with alternatives that are no first ones.
        if !self.conditions.is_multiple_of(64)
            && let Some(last) = holds.words_mut().last_mut()
        {
            *last &= (1 << (self.conditions % 64)) - 1;
        }
        for (_, owner) in self.extras(left) {
            holds.set(owner);
        }
    }

    /// Alternatives beyond the first ones that are in `left`, each with its condition.
    fn extras<'a>(&'a self, left: &'a [u64]) -> impl Iterator<Item = (usize, usize)> + 'a {
        let first = self.conditions / 64;
        let words = left.iter().enumerate().skip(first);
        words.flat_map(move |(at, word)| {
            let begun = if at == first {
                u64::MAX << (self.conditions % 64)
            } else {
                u64::MAX
            };
            word_bits(word & begun).filter_map(move |bit| {
                let bit = at * 64 + bit;
                let owner = self.owners.get(bit - self.conditions)?;
                Some((bit, *owner as usize))
            })
        })
    }

    /// Puts into `taken` the first true alternative of each of these conditions.
    pub(crate) fn first_alternatives(
        &self,
        pass: &Pass,
        conditions: &RuleSet,
        taken: &mut Vec<u64>,
    ) {
        taken.clear();
        taken.resize(self.words, 0);
        let left = pass.left();
        let both = left.iter().zip(conditions.words());
        for (taken, (left, condition)) in taken.iter_mut().zip(both) {
            // Places end where `conditions` does: nothing beyond them is in it.
            *taken = left & condition;
        }
        let mut last = None;
        for (extra, owner) in self.extras(left) {
            let is_first = !has(left, owner) && last != Some(owner);
            if is_first && has(conditions.words(), owner) {
                set(taken, extra);
                last = Some(owner);
            }
        }
    }

    /// Where the bits of a condition's alternatives are: the first, and those beyond it.
    pub(crate) fn alternative_bits(&self, condition: usize) -> impl Iterator<Item = usize> {
        let owned = move |owner: &u32| *owner as usize == condition;
        let from = self.owners.iter().position(owned);
        let extras = from.into_iter().flat_map(move |from| {
            let of = self.owners.get(from..).unwrap_or_default();
            let many = of.iter().take_while(|owner| owned(owner)).count();
            (from..from + many).map(|at| self.conditions + at)
        });
        std::iter::once(condition).chain(extras)
    }

    /// Number of words of bits of alternatives.
    pub(crate) const fn words(&self) -> usize {
        self.words
    }

    /// Where the value of a computed operand is kept.
    pub(crate) fn computed_place(&self, operand: DefinitionHash) -> Option<usize> {
        self.computed.get(&operand).copied()
    }
}

#[cfg(test)]
mod tests;
