//! Sets of rules as bits.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ir::RuleIx;

/// Sets with room for 64 times this many rules need no memory of their own: a verdict allocates nothing.
const WORDS_HERE: usize = 4;

/// A set of rules of one program.
#[derive(Clone)]
pub struct RuleSet {
    words: Words,
}

#[derive(Clone)]
enum Words {
    /// The first `count` words.
    Here(usize, [u64; WORDS_HERE]),
    Apart(Vec<u64>),
}

impl RuleSet {
    /// A set with room for this many rules.
    #[must_use]
    pub fn with_room(rules: usize) -> Self {
        Self::with_words(rules.div_ceil(64))
    }

    fn with_words(count: usize) -> Self {
        let words = if count <= WORDS_HERE {
            Words::Here(count, [0; WORDS_HERE])
        } else {
            Words::Apart(vec![0; count])
        };
        Self { words }
    }

    /// Whether the rule is in it.
    #[must_use]
    pub fn contains(&self, rule: RuleIx) -> bool {
        has(self.words(), rule.ix())
    }

    /// The rules in it, by order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = RuleIx> {
        bits(self.words()).filter_map(|bit| u32::try_from(bit).ok().map(RuleIx))
    }

    /// Whether no rule is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words().iter().all(|word| *word == 0)
    }

    /// Number of rules in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words()
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Puts a rule in. One beyond the room is left out.
    pub fn insert(&mut self, rule: RuleIx) {
        self.set(rule.ix());
    }

    #[inline]
    pub(crate) fn set(&mut self, bit: usize) {
        if let Some(word) = self.words_mut().get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    /// Puts in what is in both of these.
    pub(crate) fn insert_both(&mut self, a: &Self, b: &Self) {
        let both = a.words().iter().zip(b.words());
        for (word, (a, b)) in self.words_mut().iter_mut().zip(both) {
            *word |= a & b;
        }
    }

    #[inline]
    pub(crate) fn words(&self) -> &[u64] {
        match &self.words {
            Words::Here(count, words) => words.get(..*count).unwrap_or_default(),
            Words::Apart(words) => words,
        }
    }

    #[inline]
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        match &mut self.words {
            Words::Here(count, words) => words.get_mut(..*count).unwrap_or_default(),
            Words::Apart(words) => words,
        }
    }
}

impl Default for RuleSet {
    fn default() -> Self {
        Self::with_words(0)
    }
}

impl PartialEq for RuleSet {
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words()
    }
}

impl Eq for RuleSet {}

impl Serialize for RuleSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.words().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RuleSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<u64>::deserialize(deserializer)?;
        let mut set = Self::with_words(words.len());
        set.words_mut().copy_from_slice(&words);
        Ok(set)
    }
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|rule| rule.0))
            .finish()
    }
}

/// The places of the bits that are set, ascending.
pub(crate) fn bits(words: &[u64]) -> impl Iterator<Item = usize> {
    let words = words.iter().enumerate();
    words.flat_map(|(at, word)| word_bits(*word).map(move |bit| at * 64 + bit))
}

/// The places of the bits of one word, ascending.
#[inline]
pub(crate) fn word_bits(word: u64) -> impl Iterator<Item = usize> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros() as usize);
        left &= left.wrapping_sub(1);
        bit
    })
}

/// Whether a bit is set; bits beyond the words are not.
#[inline]
pub(crate) fn has(words: &[u64], bit: usize) -> bool {
    words
        .get(bit / 64)
        .is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

/// Sets a bit; one beyond the words is left out.
#[inline]
pub(crate) fn set(words: &mut [u64], bit: usize) {
    if let Some(word) = words.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

/// Whether two sets have a bit in common.
#[inline]
pub(crate) fn meet(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_sets_are_the_same_to_their_users() {
        for room in [0, 1, 64, 65, 256, 257, 1_000] {
            let mut set = RuleSet::with_room(room);
            assert!(set.is_empty());
            let members: Vec<u32> = (0..1_100).step_by(37).collect();
            members.iter().for_each(|rule| set.insert(RuleIx(*rule)));
            let room = room.div_ceil(64) * 64;
            let inside: Vec<RuleIx> = (members.iter().map(|rule| RuleIx(*rule)))
                .filter(|rule| rule.ix() < room)
                .collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), inside);
            assert_eq!(set.len(), inside.len());
            assert!(!set.contains(RuleIx(1)));
            let text = serde_json::to_string(&set).unwrap();
            assert_eq!(serde_json::from_str::<RuleSet>(&text).unwrap(), set);
        }
    }
}
