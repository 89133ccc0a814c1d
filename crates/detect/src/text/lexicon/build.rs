//! From patterns as people write them to a compiled lexicon.

use thiserror::Error;

use super::super::fold::{Folder, Views};
use super::index::{Index, SYMBOLS_MAX};
use super::{Entry, Lexicon, View, WordSet};

/// Most patterns of a lexicon, benign words included.
const PATTERNS_MAX: usize = 4_000_000;

/// A word or phrase to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern<'a> {
    /// As people write it; disguise does not matter, separators at its ends are dropped.
    pub text: &'a str,
    /// How much a hit speaks for its set's label, 0 to 10,000.
    pub weight: u16,
    /// No letter or digit may touch it; for words in Latin script.
    pub whole_word: bool,
    /// Also where characters that sound alike stand for its own.
    pub sound: bool,
    /// Also where characters that look alike stand for its own.
    pub shape: bool,
    /// Also where its characters are taken apart (力口 for 加).
    pub joined: bool,
}

impl<'a> Pattern<'a> {
    /// `text` as it is, with weight 10,000. A pattern without ideographs matches whole words only.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            weight: Self::WEIGHT_MAX,
            whole_word: text.chars().all(|c| u32::from(c) < 0x2e80),
            sound: false,
            shape: false,
            joined: false,
        }
    }

    /// Most weight.
    pub const WEIGHT_MAX: u16 = 10_000;
}

/// Why a pattern is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PatternRefused {
    /// Nothing but separators.
    #[error("the pattern has no letter, digit or ideograph")]
    Empty,
    /// More characters than one may have.
    #[error("the pattern has more than {SYMBOLS_MAX} characters")]
    TooLong,
    /// One character sounds and looks like too many others, or is made of common words.
    #[error("a pattern found by sound, shape or parts has at least two characters")]
    TooShort,
    /// A weight over 10,000.
    #[error("a weight is 0 to 10000")]
    Weight,
    /// No such set was made.
    #[error("the set does not exist")]
    NoSuchSet,
    /// Too many patterns or sets.
    #[error("the lexicon is full")]
    Full,
}

/// The number of a set in its builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetNumber(u16);

/// Takes patterns and compiles them.
#[derive(Debug)]
pub struct LexiconBuilder {
    folder: Folder,
    sets: Vec<WordSet>,
    patterns: Vec<Entry>,
    words: Vec<(Vec<u32>, u32)>,
    sound: Vec<(Vec<u32>, u32)>,
    shape: Vec<(Vec<u32>, u32)>,
    joined: Vec<(Vec<u32>, u32)>,
}

impl Default for LexiconBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl LexiconBuilder {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            folder: Folder::new(Views::All),
            sets: Vec::new(),
            patterns: Vec::new(),
            words: Vec::new(),
            sound: Vec::new(),
            shape: Vec::new(),
            joined: Vec::new(),
        }
    }

    /// Makes a set.
    ///
    /// # Errors
    /// If there are 65,535 already.
    pub fn set(&mut self, name: &str, label: &str) -> Result<SetNumber, PatternRefused> {
        let number = u16::try_from(self.sets.len()).map_err(|_| PatternRefused::Full)?;
        self.sets.push(WordSet {
            name: name.to_owned(),
            label: label.to_owned(),
        });
        Ok(SetNumber(number))
    }

    /// Adds a pattern to a set; gives its number.
    ///
    /// # Errors
    /// If it is refused; the lexicon is as before.
    pub fn add(&mut self, set: SetNumber, pattern: &Pattern<'_>) -> Result<u32, PatternRefused> {
        if usize::from(set.0) >= self.sets.len() {
            return Err(PatternRefused::NoSuchSet);
        }
        self.take(set.0, pattern, false)
    }

    /// Adds a word that is no hit, and under which nothing is found by sound or shape alone: 维新 keeps a pattern for
    /// 微信 from being found in it.
    ///
    /// # Errors
    /// If it is refused; the lexicon is as before.
    pub fn benign(&mut self, text: &str) -> Result<(), PatternRefused> {
        let pattern = Pattern {
            whole_word: false,
            ..Pattern::new(text)
        };
        self.take(u16::MAX, &pattern, true).map(|_| ())
    }

    fn take(
        &mut self,
        set: u16,
        pattern: &Pattern<'_>,
        benign: bool,
    ) -> Result<u32, PatternRefused> {
        if pattern.weight > Pattern::WEIGHT_MAX {
            return Err(PatternRefused::Weight);
        }
        if self.patterns.len() >= PATTERNS_MAX {
            return Err(PatternRefused::Full);
        }
        let folded = self
            .folder
            .fold(pattern.text)
            .map_err(|_| PatternRefused::TooLong)?;
        let length = folded.squeezed().len();
        if length == 0 {
            return Err(PatternRefused::Empty);
        }
        if length > SYMBOLS_MAX {
            return Err(PatternRefused::TooLong);
        }
        if length < 2 && (pattern.sound || pattern.shape || pattern.joined) {
            return Err(PatternRefused::TooShort);
        }
        let number = self.patterns.len() as u32;
        let gaps = folded.positions().windows(2).enumerate();
        let own_gaps = gaps
            .filter(|(_, pair)| !matches!(pair, [before, after] if after - before == 1))
            .fold(0, |all, (at, _)| all | 1 << at);
        let words: Vec<u32> = folded.squeezed().iter().map(|c| u32::from(*c)).collect();
        if pattern.joined {
            self.joined.push((words.clone(), number));
        }
        self.words.push((words, number));
        if pattern.sound {
            self.sound.push((
                folded.sound().iter().map(|s| u32::from(*s)).collect(),
                number,
            ));
        }
        if pattern.shape {
            self.shape.push((
                folded.shape().iter().map(|c| u32::from(*c)).collect(),
                number,
            ));
        }
        self.patterns.push(Entry {
            set,
            weight: pattern.weight,
            whole_word: pattern.whole_word,
            benign,
            own_gaps,
        });
        Ok(number)
    }

    /// The compiled lexicon. O(n log n) in all characters.
    #[must_use]
    pub fn build(self) -> Lexicon {
        Lexicon {
            sets: self.sets,
            patterns: self.patterns,
            words: view(self.words),
            sound: view(self.sound),
            shape: view(self.shape),
            joined: view(self.joined),
        }
    }
}

fn view(mut rows: Vec<(Vec<u32>, u32)>) -> View {
    rows.sort_unstable();
    let mut forms: Vec<Vec<u32>> = Vec::new();
    let (mut ends, mut patterns) = (Vec::new(), Vec::new());
    for (form, pattern) in rows {
        if forms.last() != Some(&form) {
            forms.push(form);
            ends.push(0);
        }
        patterns.push(pattern);
        if let Some(end) = ends.last_mut() {
            *end = patterns.len() as u32;
        }
    }
    View {
        index: Index::build(&forms),
        ends,
        patterns,
    }
}
