//! Bits of the rows of a chunk.

use super::CHUNK;
use crate::verdict::{bits, has};

const WORDS: usize = CHUNK / 64;

/// One bit a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

impl Bits {
    pub(super) const NONE: Self = Self([0; WORDS]);

    /// The first `rows` rows.
    pub(super) fn first(rows: usize) -> Self {
        let mut bits = Self::NONE;
        for (at, word) in bits.0.iter_mut().enumerate() {
            *word = match rows.saturating_sub(at * 64) {
                0 => 0,
                some @ 1..64 => (1 << some) - 1,
                64.. => u64::MAX,
            };
        }
        bits
    }

    /// From words of 64 rows; rows beyond the first `rows` do not count.
    pub(super) fn from_words(rows: usize, words: impl Iterator<Item = u64>) -> Self {
        let mut bits = Self::first(rows);
        let mut words = words.fuse();
        for word in &mut bits.0 {
            *word &= words.next().unwrap_or_default();
        }
        bits
    }

    /// The rows whose value `is_set`; values beyond the chunk do not count.
    #[inline]
    pub(super) fn of<T: Copy>(values: &[T], is_set: impl Fn(T) -> bool) -> Self {
        let mut bits = Self::NONE;
        for (word, values) in bits.0.iter_mut().zip(values.chunks(64)) {
            // A byte for each value first: that much the compiler turns into vector instructions, the more so when
            // it knows how many there are.
            let mut bytes = [0_u8; 64];
            match values.first_chunk::<64>() {
                Some(all) => mark(&mut bytes, all, &is_set),
                None => mark(&mut bytes, values, &is_set),
            }
            *word = pack(&bytes);
        }
        bits
    }

    /// As [`Bits::of`], for values that are not copied.
    pub(super) fn of_each<T>(values: &[T], is_set: impl Fn(&T) -> bool) -> Self {
        let mut bits = Self::NONE;
        for (row, value) in values.iter().enumerate() {
            if is_set(value) {
                bits.set(row);
            }
        }
        bits
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> bool {
        has(&self.0, row)
    }

    #[inline]
    pub(super) fn set(&mut self, row: usize) {
        crate::verdict::set(&mut self.0, row);
    }

    /// The bits of 64 rows.
    pub(super) fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or_default()
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
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
        bits(&self.0)
    }
}

#[inline(always)]
fn mark<T: Copy>(bytes: &mut [u8; 64], values: &[T], is_set: impl Fn(T) -> bool) {
    for (byte, value) in bytes.iter_mut().zip(values) {
        *byte = u8::from(is_set(*value));
    }
}

/// Bytes that are 0 or 1 as bits, the first lowest.
#[inline]
fn pack(bytes: &[u8; 64]) -> u64 {
    let (eights, _) = bytes.as_chunks::<8>();
    let mut word = 0;
    for (at, eight) in eights.iter().enumerate() {
        // Each product puts the eight lowest bits side by side in the highest byte.
        let packed = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word |= packed << (8 * at);
    }
    word
}

/// Turns 64 words of 64 bits: bit `i` of word `j` becomes bit `j` of word `i`.
pub(super) fn transpose(words: &mut [u64; 64]) {
    let mut width = 32;
    let mut low = 0x0000_0000_FFFF_FFFF_u64;
    while width > 0 {
        for square in words.chunks_exact_mut(2 * width) {
            let (above, below) = square.split_at_mut(width);
            for (a, b) in above.iter_mut().zip(below) {
                let swapped = ((*a >> width) ^ *b) & low;
                *b ^= swapped;
                *a ^= swapped << width;
            }
        }
        width /= 2;
        low ^= low << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: usize) -> Vec<u64> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn bits_are_the_rows_whose_values_are_set() {
        for rows in [0, 1, 63, 64, 65, 130, CHUNK] {
            let values = noise(rows);
            let is_set = |value: u64| value.is_multiple_of(3);
            let bits = Bits::of(&values, is_set);
            let expected: Vec<usize> = (0..rows).filter(|row| is_set(values[*row])).collect();
            assert_eq!(bits.rows().collect::<Vec<_>>(), expected);
            assert_eq!(Bits::first(rows).rows().count(), rows);
            let words = Bits::from_words(rows, std::iter::repeat(u64::MAX));
            assert_eq!(words, Bits::first(rows));
        }
    }

    #[test]
    fn rows_and_columns_change_places() {
        let before: [u64; 64] = noise(64).try_into().unwrap();
        let mut after = before;
        transpose(&mut after);
        for (row, word) in before.iter().enumerate() {
            for (column, turned) in after.iter().enumerate() {
                assert_eq!(word >> column & 1, turned >> row & 1);
            }
        }
    }
}
