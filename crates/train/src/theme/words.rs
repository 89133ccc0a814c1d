//! Words of a theme: what its examples say and other texts do not.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Most words of a theme.
pub const WORDS_MAX: usize = 40;
/// Characters of a word of ideographs, and of one of letters.
const IDEOGRAPHS: std::ops::RangeInclusive<usize> = 2..=8;
const LETTERS: std::ops::RangeInclusive<usize> = 4..=24;
/// A word occurs in so many examples, or in this share of them.
const EXAMPLES_WITH_MIN: usize = 2;
const EXAMPLES_SHARE_MIN: f64 = 0.05;
/// A word occurs in at most this share of the other texts.
const OTHERS_SHARE_MAX: f64 = 0.001;
/// A shorter word that occurs nearly as often inside a longer one says nothing of its own.
const WITHIN_MAX: f64 = 0.8;

/// A word of a theme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThemeWord {
    /// The word, as it is written.
    pub word: String,
    /// Examples that hold it.
    pub examples: usize,
    /// Other texts that hold it.
    pub others: usize,
}

impl ThemeWord {
    /// Whether a text holds it as it is written.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        text.contains(&self.word)
    }
}

/// The words of some examples, the strongest first.
///
/// # Errors
/// [`TrainError::Nothing`] when they have none in common that other texts do not have.
pub fn of(examples: &[&str], others: &[&str]) -> Result<Vec<ThemeWord>, TrainError> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in examples {
        for word in candidates(text) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let least = (examples.len() as f64 * EXAMPLES_SHARE_MIN).ceil() as usize;
    counts.retain(|_, count| *count >= least.max(EXAMPLES_WITH_MIN));
    let most = (others.len() as f64 * OTHERS_SHARE_MAX) as usize;
    let mut elsewhere: BTreeMap<&str, usize> = BTreeMap::new();
    for text in others {
        for word in candidates(text) {
            if let Some((word, _)) = counts.get_key_value(&word) {
                *elsewhere.entry(word).or_default() += 1;
            }
        }
    }
    let elsewhere = |word: &str| elsewhere.get(word).copied().unwrap_or(0);
    let mut words: Vec<ThemeWord> = counts
        .iter()
        .filter(|(word, _)| elsewhere(word) <= most)
        .map(|(word, count)| ThemeWord {
            word: word.clone(),
            examples: *count,
            others: elsewhere(word),
        })
        .collect();
    if words.is_empty() {
        let what = "the examples have no words in common that ordinary texts do not have";
        return Err(TrainError::Nothing(what.to_owned()));
    }
    words.sort_by(|one, other| {
        let longer = other.word.chars().count().cmp(&one.word.chars().count());
        (other.examples.cmp(&one.examples))
            .then(longer)
            .then_with(|| one.word.cmp(&other.word))
    });
    let mut kept: Vec<ThemeWord> = Vec::new();
    for word in words {
        let says_nothing = |longer: &ThemeWord| {
            let (one, other) = (longer.word.as_str(), word.word.as_str());
            let within = one.contains(other) || other.contains(one);
            within && longer.examples as f64 >= word.examples as f64 * WITHIN_MAX
        };
        if kept.len() < WORDS_MAX && !kept.iter().any(says_nothing) {
            kept.push(word);
        }
    }
    Ok(kept)
}

/// Every word that could be one: parts of runs of ideographs, and whole runs of letters.
fn candidates(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let is_run = |of: fn(char) -> bool| move |c: char| !of(c);
    for run in text.split(is_run(is_ideograph)) {
        let starts: Vec<usize> = run
            .char_indices()
            .map(|(at, _)| at)
            .chain([run.len()])
            .collect();
        for length in IDEOGRAPHS {
            for ends in starts.windows(length + 1) {
                if let (Some(start), Some(end)) = (ends.first(), ends.last())
                    && let Some(word) = run.get(*start..*end)
                {
                    found.insert(word.to_owned());
                }
            }
        }
    }
    for run in text.split(is_run(|c| c.is_ascii_alphabetic())) {
        if LETTERS.contains(&run.len()) {
            found.insert(run.to_owned());
        }
    }
    found
}

/// Unified ideographs of the basic plane and extension A.
const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}
