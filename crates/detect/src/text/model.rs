//! The embedded classifier: one sum of hashed n-grams for each label.
//!
//! A text is read as five streams of tokens (folded characters; words; syllables; runs as they were written; the outline of
//! these runs), each stream as n-grams, each n-gram as a bucket of a table of 8-bit weights. A label's margin is
//! `bias + z · Σ weight`, where [`Form`] says what is summed and what `z` is, and a logistic curve makes it a probability. Four
//! labels lie in one 32-bit word, so that a bucket is looked up once for four.
//!
//! The same streams are what `stanch-train` trains on ([`Grams`]). A model says which part of a text moved a score
//! ([`Reader::explain`]): what cannot be explained does not act. [`Classifier`] reads texts of any length.

mod classifier;
mod file;
mod gram;
mod grams;
mod later;
mod packed;
mod reader;
mod shares;
mod shipped;
mod token;

use stanch_types::Score;
use thiserror::Error;

pub use classifier::{Classifier, PIECE_CHARS, pieces};
pub use file::MODEL_BYTES_MAX;
pub use grams::Grams;
pub use reader::{LabelScore, Reader, Reason};
pub use shipped::{CARD, REPORT};

use later::Later;
use packed::First;

/// Labels that share a word, and that are looked at first.
pub const LANES: usize = 4;
/// Bits of a bucket: 2^10 to 2^22 buckets.
pub const BITS: std::ops::RangeInclusive<u32> = 10..=22;
/// Most labels of a model.
pub const LABELS_MAX: usize = 64;
/// Steps of a bucket's rarity in one.
pub const RARITY_STEPS: f32 = 16.0;

/// Why a model cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// The bytes are no model of this version.
    #[error("no text model of version {0}")]
    Foreign(u32),
    /// The bytes are damaged, cut off, or have something after their end.
    #[error("the text model is damaged: {0}")]
    Damaged(&'static str),
    /// Labels, weights or bits break a limit.
    #[error("a text model cannot have {0}")]
    Shape(String),
}

/// One label with the numbers that turn a sum into a probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Its word, such as `task_rebate`.
    pub name: Box<str>,
    /// What one step of an 8-bit weight is worth.
    pub scale: f32,
    /// Added to the scaled sum.
    pub bias: f32,
    /// The probability is `1 / (1 + exp(-(slope · margin + offset)))` (Platt 1999).
    pub slope: f32,
    /// See `slope`.
    pub offset: f32,
}

/// What is summed, and what a sum is multiplied by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Every n-gram as often as it occurs; `4 / √(n + 8)` for `n` n-grams.
    Counts,
    /// Every bucket once; `1 / √Σ r²` with the rarities `r` of the buckets of the text.
    Distinct {
        /// For every bucket its rarity (inverse document frequency) in steps of 1 / [`RARITY_STEPS`].
        rarity: Box<[u8]>,
    },
}

/// A trained classifier. Immutable; shared between threads.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Which training it came from, shown with every score.
    version: Box<str>,
    bits: u32,
    form: Form,
    /// Labels after the first [`LANES`] are looked at when one of those has at least this score.
    gate: Score,
    labels: Vec<Label>,
    /// For every bucket the weights of the first labels and its rarity.
    first: First,
    /// For every bucket the weights of the later labels.
    later: Later,
}

/// What a model is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// Which training it came from.
    pub version: Box<str>,
    /// Bits of a bucket, in [`BITS`].
    pub bits: u32,
    /// What is summed.
    pub form: Form,
    /// Labels after the first [`LANES`] are looked at when one of those has at least this score.
    pub gate: Score,
    /// At most [`LABELS_MAX`].
    pub labels: Vec<Label>,
    /// For each label one for every bucket.
    pub weights: Vec<Vec<i8>>,
}

impl Form {
    /// What a sum over these buckets is multiplied by.
    #[must_use]
    pub fn norm(&self, buckets: &[u32]) -> f32 {
        match self {
            Self::Counts => 4.0 / (buckets.len() as f32 + 8.0).sqrt(),
            Self::Distinct { rarity } => {
                let square = |bucket: &u32| {
                    let steps = rarity.get(*bucket as usize).copied().unwrap_or(0);
                    u64::from(steps) * u64::from(steps)
                };
                norm_of_squares(buckets.iter().map(square).sum())
            }
        }
    }
}

/// What a sum over distinct buckets is multiplied by when this is the sum of the squares of their rarities, in steps.
fn norm_of_squares(sum: u64) -> f32 {
    RARITY_STEPS / (sum.max(1) as f32).sqrt()
}

impl Model {
    /// A model from its parts.
    ///
    /// # Errors
    /// [`ModelError::Shape`] when there are no labels or too many, or weights or rarities do not fit the bits.
    pub fn new(parts: Parts) -> Result<Self, ModelError> {
        let Parts { bits, labels, .. } = &parts;
        let (bits, weights) = (*bits, &parts.weights);
        if !BITS.contains(&bits) {
            return Err(ModelError::Shape(format!("{bits} bits")));
        }
        if labels.is_empty() || labels.len() > LABELS_MAX || labels.len() != weights.len() {
            let (labels, weights) = (labels.len(), weights.len());
            return Err(ModelError::Shape(format!(
                "{labels} labels and weights of {weights}"
            )));
        }
        let rarities = match &parts.form {
            Form::Counts => 1 << bits,
            Form::Distinct { rarity } => rarity.len(),
        };
        if rarities != 1 << bits || weights.iter().any(|weights| weights.len() != 1 << bits) {
            return Err(ModelError::Shape(format!("weights not of {bits} bits")));
        }
        let (start, rest) = weights.split_at(weights.len().min(LANES));
        let mut rows = vec![[0_i8; LANES]; 1 << bits];
        for (lane, weights) in start.iter().enumerate() {
            for (row, weight) in rows.iter_mut().zip(weights) {
                if let Some(place) = row.get_mut(lane) {
                    *place = *weight;
                }
            }
        }
        let rarity = |bucket: usize| match &parts.form {
            Form::Counts => 0,
            Form::Distinct { rarity } => rarity.get(bucket).copied().unwrap_or(0),
        };
        let rows = rows.into_iter().enumerate();
        let first = First::new(rows.map(|(bucket, row)| (row, rarity(bucket))));
        let later = Later::new(rest, bits);
        Ok(Self {
            version: parts.version,
            bits,
            form: parts.form,
            gate: parts.gate,
            labels: parts.labels,
            first,
            later,
        })
    }

    /// The weights of a label, bucket by bucket.
    fn weights(&self, label: usize) -> impl Iterator<Item = i8> {
        (0..1_u32 << self.bits).map(move |bucket| self.weight(label, bucket))
    }

    /// The weight of a label for a bucket.
    #[inline]
    fn weight(&self, label: usize, bucket: u32) -> i8 {
        match label.checked_sub(LANES) {
            None => self.first.weight(bucket, label),
            Some(lane) => self.later.weight(bucket, lane),
        }
    }

    /// Which training it came from.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The labels it tells, in the order of their indices.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The index of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<usize> {
        self.labels.iter().position(|label| &*label.name == name)
    }

    /// Something to read texts with.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(self)
    }
}

#[cfg(test)]
mod tests;
