//! Hashed n-grams of token streams.

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

/// Shows `visit` every n-gram: the index of its first token, how many tokens, and its bucket of `bits` bits.
#[inline]
pub(super) fn each(
    tokens: &[u32],
    order: Order,
    bits: u32,
    mut visit: impl FnMut(usize, u32, u32),
) {
    for (at, first) in tokens.iter().enumerate() {
        let mut hash = spread(first.wrapping_add(order.salt));
        if order.least == 1 {
            visit(at, 1, bucket(hash, bits));
        }
        let later = tokens.iter().skip(at + 1).zip(2..=order.most);
        for (token, length) in later {
            hash = (hash.rotate_left(5) ^ spread(*token)).wrapping_mul(0x85EB_CA6B);
            if length >= order.least {
                visit(at, length, bucket(hash, bits));
            }
        }
    }
}

#[inline]
const fn spread(token: u32) -> u32 {
    token.wrapping_mul(0x9E37_79B1)
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
}
