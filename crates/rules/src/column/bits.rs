//! Bits of the rows of a chunk.

use super::CHUNK;

const WORDS: usize = CHUNK / 64;

/// One bit a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

impl Bits {
    pub(super) const NONE: Self = Self([0; WORDS]);

    /// The first `rows` rows.
    pub(super) fn first(rows: usize) -> Self {
        Self::collect(rows, |_| true)
    }

    /// The rows below `rows` for which `is_set`.
    pub(super) fn collect(rows: usize, mut is_set: impl FnMut(usize) -> bool) -> Self {
        let mut bits = Self::NONE;
        for (at, word) in bits.0.iter_mut().enumerate() {
            let start = at * 64;
            for bit in 0..64.min(rows.saturating_sub(start)) {
                *word |= u64::from(is_set(start + bit)) << bit;
            }
        }
        bits
    }

    /// The rows whose value `is_set`; values beyond the chunk do not count.
    pub(super) fn of<T: Copy>(values: &[T], is_set: impl Fn(T) -> bool) -> Self {
        let mut bits = Self::NONE;
        for (word, values) in bits.0.iter_mut().zip(values.chunks(64)) {
            for (bit, value) in values.iter().enumerate() {
                *word |= u64::from(is_set(*value)) << bit;
            }
        }
        bits
    }

    pub(super) fn get(&self, row: usize) -> bool {
        self.0
            .get(row / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    fn zip(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let mut bits = self;
        for (a, b) in bits.0.iter_mut().zip(other.0) {
            *a = join(*a, b);
        }
        bits
    }

    pub(super) fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// These without those.
    pub(super) fn without(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// The rows, ascending.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| at * 64 + left.trailing_zeros() as usize);
                left &= left.wrapping_sub(1);
                bit
            })
        })
    }
}
