//! 128-bit hashes of keys: the same on every run and machine, so that they may be stored.

use twox_hash::{XxHash3_64, XxHash3_128};

/// A key tuple, as the first and only thing windows know of it.
///
/// XXH3-128 of the typed parts. Among 10^10 keys two collide with a chance of 1.5e-19; who knows the seed-less hash may
/// construct a collision, and then shares the counters of a key of his own choosing with another one of his own choosing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyHash(pub u128);

/// Collects the parts of a key and hashes them. Reusable; holds one growing buffer.
///
/// Parts carry their type and length, so that ("ab", "c") and ("a", "bc"), or 1 and 1.0, are different keys.
#[derive(Debug, Default)]
pub struct KeyHasher {
    bytes: Vec<u8>,
}

impl KeyHasher {
    /// A key without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn text(&mut self, part: &str) -> &mut Self {
        self.tagged(b's', &(part.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(part.as_bytes());
        self
    }

    /// Adds an integer, also of a timestamp or duration.
    pub fn int(&mut self, part: i64) -> &mut Self {
        self.tagged(b'i', &part.to_le_bytes())
    }

    /// Adds a double; both zeros are one key.
    pub fn double(&mut self, part: f64) -> &mut Self {
        self.tagged(b'd', &(part + 0.0).to_le_bytes())
    }

    /// Adds a truth value.
    pub fn bool(&mut self, part: bool) -> &mut Self {
        self.tagged(b'b', &[u8::from(part)])
    }

    /// Adds an amount of money in minor units of the currency with this code.
    pub fn money(&mut self, minor: i64, currency: &str) -> &mut Self {
        self.tagged(b'm', &minor.to_le_bytes()).text(currency)
    }

    /// The hash of the parts; the hasher is empty afterwards.
    pub fn finish(&mut self) -> KeyHash {
        let hash = XxHash3_128::oneshot(&self.bytes);
        self.bytes.clear();
        KeyHash(hash)
    }

    fn tagged(&mut self, tag: u8, part: &[u8]) -> &mut Self {
        self.bytes.push(tag);
        self.bytes.extend_from_slice(part);
        self
    }
}

/// The word a text is stored and told apart by.
pub(super) fn text_word(text: &str) -> u64 {
    XxHash3_64::oneshot(text.as_bytes())
}

/// Where a word goes in a hash table: a bijection that spreads small integers.
pub(super) fn spread(word: u64) -> u64 {
    let mut x = word ^ (word >> 32);
    x = x.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^ (x >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_and_hashes_never_change() {
        let mut hasher = KeyHasher::new();
        let ab_c = hasher.text("ab").text("c").finish();
        let a_bc = hasher.text("a").text("bc").finish();
        assert_ne!(ab_c, a_bc);
        assert_ne!(hasher.int(1).finish(), hasher.double(1.0).finish());
        assert_eq!(hasher.double(0.0).finish(), hasher.double(-0.0).finish());
        assert_eq!(ab_c, hasher.text("ab").text("c").finish());
    }
}
