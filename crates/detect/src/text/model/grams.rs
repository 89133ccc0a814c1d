//! A text as hashed n-grams of all its streams.

use super::BITS;
use super::gram;
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

    /// The buckets of the text that was read last without repeats, each where it stands first.
    pub(super) fn distinct(&mut self) -> &[u32] {
        self.distinct.restart(self.all.len);
        let (all, distinct) = (self.all.get(), &mut self.distinct.items);
        // With a size that is known here no place needs to be checked.
        let seen = self.seen.as_mut_slice();
        let kept = match (seen.first_chunk_mut::<{ 1 << 12 }>(), self.bits) {
            (Some(seen), 18) => take(all, seen, distinct),
            _ => take(all, &mut self.seen, distinct),
        };
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
        distinct
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
            self.distinct();
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

/// Keeps of all buckets those not seen before, for each of which `distinct` has room; how many are kept.
///
/// Repeats come unforeseen, so there is no branch: what is repeated is written over by the next.
#[inline]
fn take(all: &[u32], seen: &mut [u64], distinct: &mut [u32]) -> usize {
    let last = (seen.len() * 64).wrapping_sub(1);
    let mut kept = 0;
    for bucket in all {
        let ix = *bucket as usize & last;
        if let (Some(word), Some(slot)) = (seen.get_mut(ix / 64), distinct.get_mut(kept)) {
            let fresh = !(*word >> (ix % 64)) & 1;
            *word |= 1 << (ix % 64);
            *slot = *bucket;
            kept += fresh as usize;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_bucket_is_taken_once(
            buckets in proptest::collection::vec(0_u32..1 << 18, 0..300),
            again in 0_usize..300,
        ) {
            let mut all = buckets.clone();
            all.extend(buckets.iter().cycle().take(again.min(buckets.len())));
            let (mut seen, mut distinct) = (vec![0; 1 << 12], vec![0; all.len()]);
            let kept = take(&all, &mut seen, &mut distinct);
            distinct.truncate(kept);
            let mut expected = buckets;
            let mut known = std::collections::HashSet::new();
            expected.retain(|bucket| known.insert(*bucket));
            prop_assert_eq!(distinct, expected);
        }
    }
}
