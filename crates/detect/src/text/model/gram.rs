//! Hashed n-grams of token streams.

use crate::text::buffer::Buffer;

/// A stream of tokens, and the n-grams taken from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    /// Fewest tokens of an n-gram.
    pub(super) least: u32,
    /// Most.
    pub(super) most: u32,
    /// Keeps the n-grams of one stream apart from those of another.
    pub(super) salt: u32,
}

/// Folded characters.
pub(super) const PLAIN: Order = Order {
    least: 1,
    most: 4,
    salt: 11,
};
/// Characters and words, without what stands between them.
pub(super) const WORDS: Order = Order {
    least: 1,
    most: 3,
    salt: 23,
};
/// The same as syllables.
pub(super) const SOUNDS: Order = Order {
    least: 2,
    most: 4,
    salt: 37,
};
/// Runs of kinds of characters, as they were written.
pub(super) const RUNS: Order = Order {
    least: 1,
    most: 3,
    salt: 71,
};

/// Runs of kinds of characters alone, ideographs too: the outline of a text.
pub(super) const OUTLINE: Order = Order {
    least: 1,
    most: 5,
    salt: 83,
};

/// Shows `visit` every n-gram of tokens that are [`spread`]: the index of its first token, how many tokens, and its bucket of
/// `bits` bits.
#[inline]
pub(super) fn each(
    tokens: &[u32],
    order: Order,
    bits: u32,
    mut visit: impl FnMut(usize, u32, u32),
) {
    for (at, first) in tokens.iter().enumerate() {
        let mut hash = first.wrapping_add(spread(order.salt));
        if order.least == 1 {
            visit(at, 1, bucket(hash, bits));
        }
        let later = tokens.iter().skip(at + 1).zip(2..=order.most);
        for (token, length) in later {
            hash = join(hash, *token);
            if length >= order.least {
                visit(at, length, bucket(hash, bits));
            }
        }
    }
}

/// Adds the buckets of every n-gram, in the order of [`each`].
pub(super) fn append(tokens: &[u32], order: Order, bits: u32, buckets: &mut Buffer<u32>) {
    match (order.least, order.most) {
        (1, 3) => append_of::<1, 3>(tokens, order, bits, buckets),
        (1, 4) => append_of::<1, 4>(tokens, order, bits, buckets),
        (2, 4) => append_of::<2, 4>(tokens, order, bits, buckets),
        (1, 5) => append_of::<1, 5>(tokens, order, bits, buckets),
        (least, most) => {
            buckets.room(tokens.len() * (most + 1).saturating_sub(least) as usize);
            each(tokens, order, bits, |_, _, bucket| buckets.put(bucket));
        }
    }
}

/// [`append`] for an order known when this is compiled, so that the n-grams of a place need no branch.
fn append_of<const LEAST: usize, const MOST: usize>(
    tokens: &[u32],
    order: Order,
    bits: u32,
    buckets: &mut Buffer<u32>,
) {
    let count = MOST + 1 - LEAST;
    buckets.room(tokens.len() * count);
    let free = buckets.items.get_mut(buckets.len..).unwrap_or_default();
    let salt = spread(order.salt);
    let mut whole = 0;
    for (window, slots) in tokens.windows(MOST).zip(free.chunks_exact_mut(count)) {
        let mut hash = 0;
        for (at, token) in window.iter().enumerate() {
            hash = match at {
                0 => token.wrapping_add(salt),
                _ => join(hash, *token),
            };
            if let Some(slot) = (at + 1).checked_sub(LEAST).and_then(|at| slots.get_mut(at)) {
                *slot = bucket(hash, bits);
            }
        }
        whole += 1;
    }
    buckets.len += whole * count;
    // The last tokens begin fewer.
    let rest = tokens.get(whole..).unwrap_or_default();
    each(rest, order, bits, |_, _, bucket| buckets.put(bucket));
}

/// Mixes the bits of a token; one to one.
#[inline]
pub(super) const fn spread(token: u32) -> u32 {
    token.wrapping_mul(0x9E37_79B1)
}

/// The hash of an n-gram and one more token.
#[inline]
const fn join(hash: u32, token: u32) -> u32 {
    (hash.rotate_left(5) ^ token).wrapping_mul(0x85EB_CA6B)
}

#[inline]
const fn bucket(hash: u32, bits: u32) -> u32 {
    (hash ^ (hash >> 15)).wrapping_mul(0xC2B2_AE35) >> (32 - bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_of_tokens_is_seen_once() {
        let order = Order {
            least: 2,
            most: 3,
            salt: 5,
        };
        let mut seen = Vec::new();
        each(&[7, 8, 9], order, 18, |at, length, bucket| {
            assert!(bucket < 1 << 18);
            seen.push((at, length));
        });
        assert_eq!(seen, [(0, 2), (0, 3), (1, 2)]);
    }

    #[test]
    fn streams_and_orders_have_their_own_buckets() {
        let buckets = |tokens: &[u32], order: Order| {
            let mut found = Vec::new();
            each(tokens, order, 30, |_, _, bucket| found.push(bucket));
            found
        };
        let (plain, words) = (buckets(&[1, 2], WORDS), buckets(&[1, 2], RUNS));
        assert!(plain.iter().all(|bucket| !words.contains(bucket)));
        assert_ne!(buckets(&[1, 2], SOUNDS), buckets(&[2, 1], SOUNDS));
    }

    #[test]
    fn all_at_once_are_the_same_as_one_by_one() {
        let other = Order {
            least: 3,
            most: 6,
            salt: 5,
        };
        let mut appended = Buffer::default();
        for order in [PLAIN, WORDS, SOUNDS, RUNS, OUTLINE, other] {
            for length in 0..12_u32 {
                let tokens: Vec<u32> = (0..length).map(|at| spread(at * at)).collect();
                appended.len = 0;
                let mut expected = Vec::new();
                for _ in 0..2 {
                    append(&tokens, order, 20, &mut appended);
                    each(&tokens, order, 20, |_, _, bucket| expected.push(bucket));
                }
                assert_eq!(appended.get(), expected, "{order:?} {length}");
            }
        }
    }
}
