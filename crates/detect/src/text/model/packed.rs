//! The weights of the first labels for a bucket, and what the bucket counts for, in one word.
//!
//! One load serves four labels and the norm, and up to [`ADDED_MAX`] words are added as they are before they are taken apart: each
//! part has room for as many. Every label's weight is raised by [`RAISED`], so that no part is negative.

use super::LANES;

/// Bits of a label's part.
const LANE_BITS: u32 = 11;
/// Where the square of the rarity begins.
const SQUARE_AT: u32 = LANE_BITS * LANES as u32;
/// Added to a weight.
const RAISED: i64 = 128;
/// Most words that may be added before they are taken apart.
pub(super) const ADDED_MAX: usize = 8;

// A weight has eight bits, a square sixteen; the parts fill a word.
const _: () = assert!(255 * ADDED_MAX < 1 << LANE_BITS);
const _: () = assert!(255 * 255 * ADDED_MAX < 1 << (64 - SQUARE_AT));

/// The word of a bucket.
pub(super) fn pack(weights: [i8; LANES], rarity: u8) -> u64 {
    let square = (u64::from(rarity) * u64::from(rarity)) << SQUARE_AT;
    let weights = weights.iter().rev().fold(0, |word, weight| {
        word << LANE_BITS | (i64::from(*weight) + RAISED).cast_unsigned()
    });
    weights | square
}

/// The weight of a first label in a word.
pub(super) const fn weight(word: u64, lane: usize) -> i8 {
    let raised = (word >> (LANE_BITS * lane as u32)) & 0xff;
    (raised.cast_signed() - RAISED) as i8
}

/// What the words of a text add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Totals {
    raised: [u64; LANES],
    /// Of the rarities' squares.
    pub(super) squares: u64,
}

impl Totals {
    /// Adds the sum of up to [`ADDED_MAX`] words.
    #[inline]
    pub(super) fn add(&mut self, mut sum: u64) {
        for raised in &mut self.raised {
            *raised += sum & ((1 << LANE_BITS) - 1);
            sum >>= LANE_BITS;
        }
        self.squares += sum;
    }

    /// The words of all buckets.
    pub(super) fn of(words: &[u64], buckets: &[u32]) -> Self {
        let mut totals = Self::default();
        for part in buckets.chunks(ADDED_MAX) {
            let found = part.iter().filter_map(|bucket| words.get(*bucket as usize));
            totals.add(found.sum());
        }
        totals
    }

    /// The sums of the weights, of `count` words.
    pub(super) fn weights(&self, count: usize) -> [i64; LANES] {
        let all = RAISED * count as i64;
        self.raised.map(|raised| raised.cast_signed() - all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_words_are_sums_of_weights() {
        let rows: Vec<([i8; LANES], u8)> = (0..100_u8)
            .map(|at| match at % 3 {
                0 => ([i8::MIN; LANES], u8::MAX),
                1 => ([i8::MAX; LANES], 0),
                _ => ([at as i8, -5, 0, -(at as i8)], at),
            })
            .collect();
        let words: Vec<u64> = rows
            .iter()
            .map(|(row, rarity)| pack(*row, *rarity))
            .collect();
        for (word, (row, _)) in words.iter().zip(&rows) {
            for (lane, expected) in row.iter().enumerate() {
                assert_eq!(weight(*word, lane), *expected);
            }
        }
        for count in [0, 1, 8, 9, 100] {
            let buckets: Vec<u32> = (0..count).collect();
            let totals = Totals::of(&words, &buckets);
            let counted = rows.get(..count as usize).expect("rows");
            let sums = [0, 1, 2, 3].map(|lane| {
                counted
                    .iter()
                    .map(|(row, _)| i64::from(row[lane]))
                    .sum::<i64>()
            });
            assert_eq!(totals.weights(count as usize), sums);
            let square = |rarity: u8| u64::from(rarity) * u64::from(rarity);
            let squares: u64 = counted.iter().map(|(_, rarity)| square(*rarity)).sum();
            assert_eq!(totals.squares, squares);
        }
    }
}
