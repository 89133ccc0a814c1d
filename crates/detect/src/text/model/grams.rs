//! A text as hashed n-grams of all its streams.

use super::BITS;
use super::gram;
use super::packed::{ADDED_MAX, Totals};
use super::shares::{Ranges, Shares};
use super::token::Tokens;
use crate::text::buffer::Buffer;
use crate::text::fold::Folded;

/// The n-grams of a text as buckets.
#[derive(Debug)]
pub struct Grams {
    bits: u32,
    tokens: Tokens,
    /// Of the text that was read last: stream by stream, place by place, the shortest first.
    all: Buffer<u32>,
    /// The same without repeats, if that was asked for.
    distinct: Buffer<u32>,
    /// A bit for each bucket, all unset between texts.
    seen: Vec<u64>,
}

impl Grams {
    /// For buckets of `bits` bits, which is brought into [`BITS`].
    #[must_use]
    pub fn new(bits: u32) -> Self {
        let bits = bits.clamp(*BITS.start(), *BITS.end());
        Self {
            bits,
            tokens: Tokens::default(),
            all: Buffer::default(),
            distinct: Buffer::default(),
            seen: vec![0; 1 << (bits - 6)],
        }
    }

    /// The buckets of all n-grams of a text, repeats included.
    pub fn read(&mut self, text: &str, folded: &Folded) -> &[u32] {
        self.tokens.read(text, folded);
        self.all.len = 0;
        self.distinct.len = 0;
        for (stream, order) in self.tokens.streams() {
            gram::append(stream, order, self.bits, &mut self.all);
        }
        self.all.get()
    }

    /// The buckets of the text that was read last without repeats, each where it stands first, and what their rows add up to.
    pub(super) fn distinct(&mut self, rows: &[u64]) -> (&[u32], Totals) {
        self.distinct.restart(self.all.len);
        let mut once = Once {
            seen: &mut self.seen,
            distinct: &mut self.distinct.items,
            kept: 0,
            totals: Totals::default(),
        };
        let all = self.all.get();
        // With a size that is known here no place needs to be checked; others are read by the same code with checks.
        match self.bits {
            18 => once.take_sized::<{ 1 << 12 }, { 1 << 18 }>(all, rows),
            20 => once.take_sized::<{ 1 << 14 }, { 1 << 20 }>(all, rows),
            _ => once.take_all(all, rows),
        }
        let (kept, totals) = (once.kept, once.totals);
        self.distinct.len = kept;
        let distinct = self.distinct.get();
        if distinct.len() > self.seen.len() / FEW {
            self.seen.fill(0);
        } else {
            for bucket in distinct {
                if let Some(word) = self.seen.get_mut(*bucket as usize / 64) {
                    *word = 0;
                }
            }
        }
        (distinct, totals)
    }

    /// For every byte of the text that was read last, the weight that its character has part in, at the first byte of each
    /// character. Every n-gram shares its weight evenly among its characters; with `once`, only where it stands first.
    #[must_use]
    pub fn shares(
        &mut self,
        text: &str,
        folded: &Folded,
        once: bool,
        weight: impl Fn(u32) -> f32,
    ) -> Vec<f32> {
        let shares = self.shares_of(text, folded, once, &[weight]);
        let mut bytes = vec![0.0; text.len()];
        for ((byte, _), share) in text.char_indices().zip(shares.of(0)) {
            if let Some(place) = bytes.get_mut(byte) {
                *place = share;
            }
        }
        bytes
    }

    /// The same for several weights at once, by character.
    pub(super) fn shares_of(
        &mut self,
        text: &str,
        folded: &Folded,
        once: bool,
        weights: &[impl Fn(u32) -> f32],
    ) -> Shares {
        self.tokens.read_with_places(text, folded);
        if once && self.distinct.len == 0 {
            self.distinct(&[]);
        }
        let ranges = Ranges::new(text, folded, &self.tokens.places);
        let mut shares = Shares::new(ranges.characters(), weights.len());
        let mut all = self.all.get().iter();
        let mut first = self.distinct.get().iter().peekable();
        for (stream, (tokens, order)) in self.tokens.streams().into_iter().enumerate() {
            for at in 0..tokens.len() {
                let longest = (order.most as usize).min(tokens.len() - at);
                for length in order.least as usize..=longest {
                    let Some(bucket) = all.next() else {
                        continue;
                    };
                    // The next one that was not there before can be no repeat, and a repeat cannot be it.
                    if once && first.next_if(|first| *first == bucket).is_none() {
                        continue;
                    }
                    let Some(range) = ranges.of(stream, at, length) else {
                        continue;
                    };
                    for (row, weight) in weights.iter().enumerate() {
                        shares.add(row, range, weight(*bucket));
                    }
                }
            }
        }
        shares
    }
}

/// One bucket for so many words of the bitmap is few enough to take them back one by one.
const FEW: usize = 8;

/// Takes every bucket once.
struct Once<'g> {
    seen: &'g mut [u64],
    distinct: &'g mut [u32],
    kept: usize,
    totals: Totals,
}

impl Once<'_> {
    /// [`Once::take_all`] for tables of `ROWS` rows and their bits in `WORDS` words.
    fn take_sized<const WORDS: usize, const ROWS: usize>(&mut self, all: &[u32], rows: &[u64]) {
        let (Some(rows), Some(seen)) = (
            rows.first_chunk::<ROWS>(),
            self.seen.first_chunk_mut::<WORDS>(),
        ) else {
            return self.take_all(all, rows);
        };
        let (parts, rest) = all.as_chunks::<ADDED_MAX>();
        for part in parts {
            let (kept, sum) = take(part, seen, self.distinct, self.kept, rows);
            self.kept = kept;
            self.totals.add(sum);
        }
        for bucket in rest {
            let (kept, sum) = take(&[*bucket], seen, self.distinct, self.kept, rows);
            self.kept = kept;
            self.totals.add(sum);
        }
    }

    /// Keeps of all buckets those not seen before and adds up their rows.
    fn take_all(&mut self, all: &[u32], rows: &[u64]) {
        for bucket in all {
            let ix = *bucket as usize;
            let row = rows.get(ix).copied().unwrap_or(0);
            if let (Some(word), Some(slot)) =
                (self.seen.get_mut(ix / 64), self.distinct.get_mut(self.kept))
                && *word >> (ix % 64) & 1 == 0
            {
                *word |= 1 << (ix % 64);
                *slot = *bucket;
                self.kept += 1;
                self.totals.add(row);
            }
        }
    }
}

/// Takes some buckets; how many are kept then, and the sum of the rows of those that are new.
///
/// Repeats are rare and come unforeseen, so there is no branch: what is repeated adds nothing and is written over. A function of
/// its own, so that all it needs stays in registers.
#[inline(never)]
fn take<const COUNT: usize, const WORDS: usize, const ROWS: usize>(
    part: &[u32; COUNT],
    seen: &mut [u64; WORDS],
    distinct: &mut [u32],
    mut kept: usize,
    rows: &[u64; ROWS],
) -> (usize, u64) {
    let mut sum = 0;
    for bucket in part {
        let ix = *bucket as usize % ROWS;
        if let (Some(word), Some(row), Some(slot)) =
            (seen.get_mut(ix / 64), rows.get(ix), distinct.get_mut(kept))
        {
            let fresh = !(*word >> (ix % 64)) & 1;
            *word |= 1 << (ix % 64);
            *slot = *bucket;
            kept += fresh as usize;
            sum += row & fresh.wrapping_neg();
        }
    }
    (kept, sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sized_tables_take_what_tables_of_any_size_take(
            buckets in proptest::collection::vec(0_u32..1 << 18, 0..300),
            again in 0_usize..300,
        ) {
            let mut all = buckets.clone();
            all.extend(buckets.iter().cycle().take(again.min(buckets.len())));
            let rows: Vec<u64> = (0..1_u64 << 18).map(|at| (at % 250) | ((at % 60_000) << 44)).collect();
            let taken = [true, false].map(|sized| {
                let (mut seen, mut distinct) = (vec![0; 1 << 12], vec![0; all.len()]);
                let mut once = Once {
                    seen: &mut seen,
                    distinct: &mut distinct,
                    kept: 0,
                    totals: Totals::default(),
                };
                match sized {
                    true => once.take_sized::<{ 1 << 12 }, { 1 << 18 }>(&all, &rows),
                    false => once.take_all(&all, &rows),
                }
                let (kept, totals) = (once.kept, once.totals);
                distinct.truncate(kept);
                (distinct, totals, seen)
            });
            let [sized, plain] = taken;
            let mut expected = buckets;
            let mut seen = std::collections::HashSet::new();
            expected.retain(|bucket| seen.insert(*bucket));
            prop_assert_eq!(&sized.0, &expected);
            prop_assert_eq!(sized, plain);
        }
    }
}
