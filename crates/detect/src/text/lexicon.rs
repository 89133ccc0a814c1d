//! Lexicons: hundreds of thousands of words and phrases found in one pass over a folded text.
//!
//! A pattern is folded as texts are, so it is found however it is disguised there: in other letters, frames and forms,
//! with separators put between its characters, and, if it asks, in characters that sound or look alike. What the
//! separators are decides whether that is a disguise or only a sentence that ends in between.

mod build;
mod file;
mod index;
mod joined;
mod judge;

use thiserror::Error;

pub use build::{LexiconBuilder, Pattern, PatternRefused};
pub use file::BadLexicon;

use super::fold::Folded;
use index::Index;

/// Most hits reported for one text; what comes later in it is left out, and [`Matches::is_cut`] says so.
pub const HITS_MAX: usize = 10_000;

/// Most characters that may stand between two characters of a pattern.
pub const GAP_CHARS_MAX: u32 = 8;

/// A compiled set of patterns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lexicon {
    sets: Vec<WordSet>,
    patterns: Vec<Entry>,
    words: View,
    sound: View,
    shape: View,
    joined: View,
}

/// One view's index, and which patterns each of its forms stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct View {
    index: Index,
    /// Where each form's patterns end in `patterns`; they begin where the one before ends.
    ends: Vec<u32>,
    patterns: Vec<u32>,
}

/// A named set of patterns that mean the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordSet {
    /// Its name, such as `loan-bait`.
    pub name: String,
    /// What a hit speaks for, such as a typology's word.
    pub label: String,
}

/// A compiled pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    set: u16,
    weight: u16,
    whole_word: bool,
    /// A benign word: it is no hit, but covers false ones.
    benign: bool,
    /// Bit i: the pattern itself has a separator after its character i.
    own_gaps: u64,
}

/// In which view a pattern was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundIn {
    /// Character by character.
    Words,
    /// By characters that sound alike.
    Sound,
    /// By characters that look alike.
    Shape,
    /// By characters whose parts stand side by side (力口 for 加).
    Joined,
}

stanch_types::words! { FoundIn { Words = "words", Sound = "sound", Shape = "shape", Joined = "joined" } }

/// A pattern found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// First character in the squeezed view.
    pub start: u32,
    /// The character after the last.
    pub end: u32,
    /// The pattern, numbered in the order of adding (benign words count too).
    pub pattern: u32,
    /// How it was found.
    pub found_in: FoundIn,
    /// How many places between its characters have something put in.
    pub gaps: u16,
}

/// A pattern's number is not one of this lexicon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no pattern {0}")]
pub struct NoSuchPattern(pub u32);

/// Buffers for hits, used again and again.
#[derive(Debug, Default)]
pub struct Matches {
    hits: Vec<Hit>,
    benign: Vec<(u32, u32)>,
    window: joined::Window,
    is_cut: bool,
}

impl Matches {
    /// The hits, by start, then end, then pattern.
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Whether there were more than [`HITS_MAX`].
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn clear(&mut self) {
        self.hits.clear();
        self.benign.clear();
        self.is_cut = false;
    }

    fn push(&mut self, hit: Hit) {
        if self.hits.len() < HITS_MAX {
            self.hits.push(hit);
        } else {
            self.is_cut = true;
        }
    }
}

impl Lexicon {
    /// The set of a pattern that was hit.
    ///
    /// # Errors
    /// If the pattern is not one of this lexicon's.
    pub fn set(&self, pattern: u32) -> Result<&WordSet, NoSuchPattern> {
        let entry = self.patterns.get(pattern as usize);
        entry
            .and_then(|entry| self.sets.get(usize::from(entry.set)))
            .ok_or(NoSuchPattern(pattern))
    }

    /// The weight of a pattern, 0 to 10,000.
    ///
    /// # Errors
    /// If the pattern is not one of this lexicon's.
    pub fn weight(&self, pattern: u32) -> Result<u16, NoSuchPattern> {
        let entry = self.patterns.get(pattern as usize);
        entry
            .map(|entry| entry.weight)
            .ok_or(NoSuchPattern(pattern))
    }

    /// Patterns and benign words together.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether it has no pattern at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether any pattern asks for the sound view; if not, texts need no such view.
    #[must_use]
    pub fn needs_sound(&self) -> bool {
        !self.sound.patterns.is_empty()
    }

    /// Whether any pattern asks for the shape view.
    #[must_use]
    pub fn needs_shape(&self) -> bool {
        !self.shape.patterns.is_empty()
    }

    /// Finds every pattern in `text`. A view that `text` was folded without is not looked at.
    pub fn find(&self, text: &Folded, matches: &mut Matches) {
        matches.clear();
        for found_in in FoundIn::ALL.iter().copied() {
            if self.view(found_in).patterns.is_empty() {
                continue;
            }
            self.find_in(found_in, text, matches);
            if found_in == FoundIn::Words {
                matches.benign.sort_unstable();
            }
        }
        matches.hits.sort_unstable();
        // Found by its characters as well as by their sound or shape: once is enough.
        matches
            .hits
            .dedup_by_key(|hit| (hit.start, hit.end, hit.pattern));
    }

    fn find_in(&self, found_in: FoundIn, text: &Folded, matches: &mut Matches) {
        let view = self.view(found_in);
        let hit = |start: usize, end: usize, form: u32| {
            for pattern in view.patterns_of(form) {
                self.judge(found_in, text, (start, end), *pattern, matches);
            }
        };
        match found_in {
            FoundIn::Words => view.index.find(text.squeezed(), hit),
            FoundIn::Sound => view.index.find(text.sound(), hit),
            FoundIn::Shape => view.index.find(text.shape(), hit),
            FoundIn::Joined => self.find_joined(text, matches),
        }
    }

    fn view(&self, found_in: FoundIn) -> &View {
        match found_in {
            FoundIn::Words => &self.words,
            FoundIn::Sound => &self.sound,
            FoundIn::Shape => &self.shape,
            FoundIn::Joined => &self.joined,
        }
    }
}

impl View {
    fn patterns_of(&self, form: u32) -> &[u32] {
        let form = form as usize;
        let start = match form.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(u32::MAX),
            None => 0,
        };
        let end = self.ends.get(form).copied().unwrap_or(0);
        self.patterns
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
