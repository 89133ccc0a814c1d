//! All text lists and all constants of `contains`, found in one pass over a text.

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder, MatchKind};
use hashbrown::HashMap;

use crate::ir::ListEntry;
use crate::verdict::{has, set};

/// The automaton, and whose each of its patterns is.
pub(crate) struct TextIndex {
    automaton: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    /// Where the owners of each pattern end in `owners`.
    ends: Vec<u32>,
    owners: Vec<Owner>,
    parts: usize,
    bits: usize,
}

/// Somebody who asks for a pattern: the bit to set, and until when.
#[derive(Debug, Clone, Copy)]
struct Owner {
    bit: u32,
    until_us: i64,
}

/// What was found in a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hits {
    /// A bit for each constant, then one for each text list.
    words: Vec<u64>,
    parts: usize,
}

impl Hits {
    /// Whether an entry of the text list at this place occurs.
    pub(crate) fn list(&self, place: usize) -> bool {
        self.bit(self.parts + place)
    }

    pub(crate) fn bit(&self, bit: usize) -> bool {
        has(&self.words, bit)
    }
}

impl TextIndex {
    /// An automaton for constants and the entries of text lists. Empty texts occur nowhere.
    pub(crate) fn new(parts: &[Box<str>], lists: &[&[ListEntry]]) -> Self {
        let mut places: HashMap<&str, u32> = HashMap::new();
        let mut patterns: Vec<&str> = Vec::new();
        let mut owned: Vec<(u32, Owner)> = Vec::new();
        let constants = parts.iter().enumerate();
        let constants = constants.map(|(bit, part)| (&**part, bit, None));
        let entries = lists.iter().enumerate().flat_map(|(list, entries)| {
            let bit = parts.len() + list;
            entries
                .iter()
                .map(move |entry| (&*entry.value, bit, entry.until_us))
        });
        for (pattern, bit, until_us) in constants.chain(entries) {
            let (Ok(next), Ok(bit)) = (u32::try_from(patterns.len()), u32::try_from(bit)) else {
                continue;
            };
            if pattern.is_empty() {
                continue;
            }
            let at = *places.entry(pattern).or_insert_with(|| {
                patterns.push(pattern);
                next
            });
            let until_us = until_us.unwrap_or(i64::MAX);
            owned.push((at, Owner { bit, until_us }));
        }
        drop(places);
        owned.sort_by_key(|(at, _)| *at);
        let mut ends = vec![0; patterns.len()];
        for (at, _) in &owned {
            if let Some(end) = ends.get_mut(*at as usize) {
                *end += 1;
            }
        }
        let mut total = 0;
        for end in &mut ends {
            total += *end;
            *end = total;
        }
        let values = patterns
            .iter()
            .zip(0_u32..)
            .map(|(pattern, at)| (*pattern, at));
        // Fails for no pattern (nothing to find) and beyond 2^24 states or so; the checker bounds lists below.
        let automaton = CharwiseDoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::Standard)
            .build_with_values(values)
            .ok();
        Self {
            automaton,
            ends,
            owners: owned.into_iter().map(|(_, owner)| owner).collect(),
            parts: parts.len(),
            bits: parts.len() + lists.len(),
        }
    }

    /// The bit of a constant in [`Hits`].
    pub(crate) const fn part_bit(place: usize) -> usize {
        place
    }

    /// The bit of a text list in [`Hits`].
    pub(crate) const fn list_bit(&self, place: usize) -> usize {
        self.parts + place
    }

    /// Finds everything that occurs in `text` and holds at `at_us`, in time linear in the text and the finds.
    pub(crate) fn scan(&self, text: &str, at_us: i64) -> Hits {
        let mut hits = Hits {
            words: vec![0; self.words()],
            parts: self.parts,
        };
        self.scan_into(text, at_us, &mut hits.words);
        hits
    }

    /// As [`TextIndex::scan`], into words of bits that are clear.
    pub(crate) fn scan_into(&self, text: &str, at_us: i64, finds: &mut [u64]) {
        let Some(automaton) = &self.automaton else {
            return;
        };
        for found in automaton.find_overlapping_iter(text) {
            for owner in self.owners_of(found.value()) {
                if at_us < owner.until_us {
                    set(finds, owner.bit as usize);
                }
            }
        }
    }

    /// Words of bits that a scan fills.
    pub(crate) const fn words(&self) -> usize {
        self.bits.div_ceil(64)
    }

    fn owners_of(&self, pattern: u32) -> &[Owner] {
        let at = pattern as usize;
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or_default(),
            None => 0,
        };
        let end = self.ends.get(at).copied().unwrap_or_default();
        self.owners
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    pub(crate) fn bytes_used(&self) -> usize {
        let automaton = self.automaton.as_ref();
        automaton.map_or(0, CharwiseDoubleArrayAhoCorasick::heap_bytes)
            + self.ends.capacity() * size_of::<u32>()
            + self.owners.capacity() * size_of::<Owner>()
    }
}

impl std::fmt::Debug for TextIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextIndex")
            .field("patterns", &self.ends.len())
            .finish_non_exhaustive()
    }
}
