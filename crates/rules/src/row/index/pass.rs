//! What one event's pass through the index leaves behind.

use super::WORDS_HERE;
use crate::value::Slot;

/// Words of finds that need no allocation: 1,024 constants, list entries and text lists.
const FINDS_HERE: usize = 16;
/// Computed operands whose values are kept.
pub(super) const COMPUTED_MAX: usize = 16;
/// Texts and lists that are searched; a bit of `Pass::searched` each.
pub(super) const SOURCES_MAX: usize = 64;

/// The alternatives that are true, and what was seen on the way. Lives on the stack while an event is decided.
pub(crate) struct Pass {
    words: usize,
    left: [u64; WORDS_HERE],
    left_wide: Vec<u64>,
    /// Sources that were searched, and those of them that were not missing.
    searched: u64,
    present: u64,
    finds: [u64; FINDS_HERE],
    finds_wide: Vec<u64>,
    /// Bit by bit: which of `values` are from this event.
    computed: u16,
    values: [Slot; COMPUTED_MAX],
}

impl Pass {
    pub(crate) const fn new() -> Self {
        Self {
            words: 0,
            left: [0; WORDS_HERE],
            left_wide: Vec::new(),
            searched: 0,
            present: 0,
            finds: [0; FINDS_HERE],
            finds_wide: Vec::new(),
            computed: 0,
            values: [Slot::Missing; COMPUTED_MAX],
        }
    }

    /// The alternatives that are true.
    #[inline]
    pub(crate) fn left(&self) -> &[u64] {
        self.left.get(..self.words).unwrap_or(&self.left_wide)
    }

    #[inline]
    pub(super) fn keep(&mut self, left: &[u64]) {
        self.words = left.len();
        match self.left.get_mut(..left.len()) {
            Some(here) => here.copy_from_slice(left),
            None => self.left_wide = left.to_vec(),
        }
    }

    /// The value of a computed operand: `None` when it was not asked for.
    #[inline]
    pub(crate) fn computed(&self, place: usize) -> Option<Slot> {
        let known = place < COMPUTED_MAX && self.computed >> place & 1 == 1;
        known.then(|| self.values.get(place).copied())?
    }

    /// Keeps the value of a computed operand.
    #[inline]
    pub(super) fn put_computed(&mut self, place: usize, value: Slot) {
        if let Some(kept) = self.values.get_mut(place) {
            *kept = value;
            self.computed |= 1 << place;
        }
    }

    /// What a source found, searched when first asked: its words of bits begin at `from`. `None` when it is missing.
    pub(super) fn finds(
        &mut self,
        source: usize,
        from: usize,
        words: usize,
        total: usize,
        search: impl FnOnce(&mut [u64]) -> Option<()>,
    ) -> Option<&[u64]> {
        let finds = if total <= FINDS_HERE {
            self.finds.as_mut_slice()
        } else {
            self.finds_wide.resize(total, 0);
            self.finds_wide.as_mut_slice()
        };
        let finds = finds.get_mut(from..from + words)?;
        let bit = 1_u64.checked_shl(u32::try_from(source).ok()?)?;
        if self.searched & bit == 0 {
            self.searched |= bit;
            if search(finds).is_some() {
                self.present |= bit;
            }
        }
        (self.present & bit != 0).then_some(&*finds)
    }
}
