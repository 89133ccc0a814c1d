//! The embedded classifier: one sum of hashed n-grams for each label.
//!
//! A text is read as four streams of tokens (folded characters; words; syllables; runs as they were written), each stream as
//! n-grams, each n-gram as a bucket of a table of 8-bit weights. A label's margin is `bias + z · Σ weight`, with
//! `z = 4 / √(n + 8)` for `n` n-grams, and a logistic curve makes it a probability. Four labels lie in one 32-bit word, so
//! that a bucket is looked up once for four.
//!
//! The same streams are what `stanch-train` trains on ([`Grams`]). A model says which part of a text moved a score
//! ([`Reader::explain`]): what cannot be explained does not act.

mod file;
mod gram;
mod token;

use stanch_types::Score;
use thiserror::Error;

use super::fold::Folded;
use super::span::Span;
use gram::Order;
use token::Tokens;

pub use file::MODEL_BYTES_MAX;

/// Labels that share a word.
const LANES: usize = 4;
/// Bits of a bucket: 2^10 to 2^22 buckets.
pub const BITS: std::ops::RangeInclusive<u32> = 10..=22;
/// A character whose share is below this part of the greatest says nothing.
const SILENT: f32 = 0.05;
/// Most labels of a model.
pub const LABELS_MAX: usize = 64;

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

/// A trained classifier. Immutable; shared between threads.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Which training it came from, shown with every score.
    version: Box<str>,
    bits: u32,
    labels: Vec<Label>,
    /// Four labels each: a weight of each label for every bucket.
    blocks: Vec<Vec<[i8; LANES]>>,
}

/// The n-grams of a text as buckets.
#[derive(Debug)]
pub struct Grams {
    bits: u32,
    tokens: Tokens,
    buckets: Vec<u32>,
}

/// Reads texts with a model; its buffers are used again and again.
#[derive(Debug)]
pub struct Reader<'m> {
    model: &'m Model,
    grams: Grams,
    scores: Vec<LabelScore>,
}

/// What a model says about one label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelScore {
    /// Index into [`Model::labels`].
    pub label: usize,
    /// Above zero: more likely than not, before calibration.
    pub margin: f32,
    /// The calibrated probability.
    pub score: Score,
}

/// A part of the text that moved a label's score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// Where.
    pub span: Span,
    /// Its share of the margin; above zero speaks for the label.
    pub weight: f32,
}

impl Grams {
    /// For buckets of `bits` bits, which is brought into [`BITS`].
    #[must_use]
    pub fn new(bits: u32) -> Self {
        Self {
            bits: bits.clamp(*BITS.start(), *BITS.end()),
            tokens: Tokens::default(),
            buckets: Vec::new(),
        }
    }

    /// The buckets of all n-grams of a text, repeats included, and what each counts for: `z` above.
    pub fn read(&mut self, text: &str, folded: &Folded) -> (&[u32], f32) {
        self.tokens.read(text, folded);
        self.buckets.clear();
        let (bits, buckets) = (self.bits, &mut self.buckets);
        for (stream, order) in self.tokens.streams() {
            gram::each(stream, order, bits, |_, _, bucket| buckets.push(bucket));
        }
        (&self.buckets, norm(self.buckets.len()))
    }
}

fn norm(grams: usize) -> f32 {
    4.0 / (grams as f32 + 8.0).sqrt()
}

impl Tokens {
    fn streams(&self) -> [(&[u32], Order); 4] {
        [
            (&self.plain, gram::PLAIN),
            (&self.words, gram::WORDS),
            (&self.sounds, gram::SOUNDS),
            (&self.runs, gram::RUNS),
        ]
    }
}

impl Model {
    /// A model from weights: for each label one for every bucket.
    ///
    /// # Errors
    /// [`ModelError::Shape`] when there are no labels or too many, or weights do not fit the bits.
    pub fn new(
        version: &str,
        bits: u32,
        labels: Vec<Label>,
        weights: &[Vec<i8>],
    ) -> Result<Self, ModelError> {
        let fits = |weights: &Vec<i8>| weights.len() == 1 << bits;
        if !BITS.contains(&bits) {
            return Err(ModelError::Shape(format!("{bits} bits")));
        }
        if labels.is_empty() || labels.len() > LABELS_MAX || labels.len() != weights.len() {
            let (labels, weights) = (labels.len(), weights.len());
            return Err(ModelError::Shape(format!(
                "{labels} labels and weights of {weights}"
            )));
        }
        if !weights.iter().all(fits) {
            return Err(ModelError::Shape(format!("weights not of {bits} bits")));
        }
        let mut blocks = Vec::new();
        for lanes in weights.chunks(LANES) {
            let mut block = vec![[0_i8; LANES]; 1 << bits];
            for (lane, weights) in lanes.iter().enumerate() {
                for (word, weight) in block.iter_mut().zip(weights) {
                    if let Some(place) = word.get_mut(lane) {
                        *place = *weight;
                    }
                }
            }
            blocks.push(block);
        }
        Ok(Self {
            version: version.into(),
            bits,
            labels,
            blocks,
        })
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

    /// Something to read texts with.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            grams: Grams::new(self.bits),
            scores: Vec::with_capacity(self.labels.len()),
            model: self,
        }
    }
}

impl Label {
    fn margin(&self, sum: i32, norm: f32) -> f32 {
        self.bias + norm * self.scale * sum as f32
    }

    fn score(&self, margin: f32) -> Score {
        let probability = 1.0 / (1.0 + (-(self.slope * margin + self.offset)).exp());
        let parts = (probability * f32::from(Score::MAX.get())).round();
        // A float becomes the nearest integer there is, NaN zero.
        Score::new(parts as u16).unwrap_or(Score::MAX)
    }
}

impl Reader<'_> {
    /// Scores every label of a text, in the order of [`Model::labels`].
    pub fn read(&mut self, text: &str, folded: &Folded) -> &[LabelScore] {
        let (buckets, norm) = self.grams.read(text, folded);
        self.scores.clear();
        let blocks = self
            .model
            .blocks
            .iter()
            .zip(self.model.labels.chunks(LANES));
        for (weights, labels) in blocks {
            let sums = sum(weights, buckets);
            for (label, sum) in labels.iter().zip(sums) {
                let margin = label.margin(sum, norm);
                self.scores.push(LabelScore {
                    label: self.scores.len(),
                    margin,
                    score: label.score(margin),
                });
            }
        }
        &self.scores
    }

    /// Which parts of the text that was read last moved a label's score most, at most `most` of them, in the order of the
    /// text. Every n-gram shares its weight among its characters; neighbours that speak the same way are one part.
    #[must_use]
    pub fn explain(&self, text: &str, folded: &Folded, label: usize, most: usize) -> Vec<Reason> {
        let (Some(weights), Some(known)) = (
            self.model.blocks.get(label / LANES),
            self.model.labels.get(label),
        ) else {
            return Vec::new();
        };
        let mut shares = vec![0.0_f32; text.len()];
        let unit = known.scale * norm(self.grams.buckets.len());
        let tokens = &self.grams.tokens;
        for (stream, (tokens_of, order)) in tokens.streams().into_iter().enumerate() {
            gram::each(tokens_of, order, self.model.bits, |at, length, bucket| {
                let weight = weights
                    .get(bucket as usize)
                    .and_then(|w| w.get(label % LANES));
                let weight = f32::from(weight.copied().unwrap_or(0)) * unit;
                if let Some(span) = tokens.span(folded, stream, at, length as usize) {
                    share(&mut shares, text, span, weight);
                }
            });
        }
        strongest(text, &shares, most)
    }
}

/// The four sums of a block.
fn sum(weights: &[[i8; LANES]], buckets: &[u32]) -> [i32; LANES] {
    let mut sums = [0_i32; LANES];
    for bucket in buckets {
        if let Some(word) = weights.get(*bucket as usize) {
            for (sum, weight) in sums.iter_mut().zip(word) {
                *sum += i32::from(*weight);
            }
        }
    }
    sums
}

impl Tokens {
    /// Where `length` tokens of a stream, from `at` on, lie in the text.
    fn span(&self, folded: &Folded, stream: usize, at: usize, length: usize) -> Option<Span> {
        let last = at + length - 1;
        match stream {
            0 => folded.span(at, at + length),
            1 | 2 => {
                let (from, _) = *self.word_places.get(at)?;
                let (_, to) = *self.word_places.get(last)?;
                folded.span(from as usize, to as usize)
            }
            _ => Some(
                self.run_places
                    .get(at)?
                    .through(*self.run_places.get(last)?),
            ),
        }
    }
}

/// Spreads a weight evenly over the characters of a span.
fn share(shares: &mut [f32], text: &str, span: Span, weight: f32) {
    let part = span.of(text);
    let each = weight / part.chars().count().max(1) as f32;
    for (byte, _) in part.char_indices() {
        if let Some(share) = shares.get_mut(span.start as usize + byte) {
            *share += each;
        }
    }
}

/// Joins neighbouring characters that speak the same way, and keeps the strongest parts. What says next to nothing is silent.
fn strongest(text: &str, shares: &[f32], most: usize) -> Vec<Reason> {
    let loudest = shares
        .iter()
        .fold(0.0_f32, |loudest, share| loudest.max(share.abs()));
    let side = |share: f32| match share.abs() <= loudest * SILENT {
        true => 0.0,
        false => share.signum(),
    };
    let mut parts: Vec<(f32, Reason)> = Vec::new();
    for (byte, c) in text.char_indices() {
        let weight = shares.get(byte).copied().unwrap_or(0.0);
        let span = Span {
            start: byte as u32,
            end: (byte + c.len_utf8()) as u32,
        };
        match parts.last_mut() {
            Some((same, part)) if *same == side(weight) => {
                part.span.end = span.end;
                part.weight += weight;
            }
            Some(_) | None => parts.push((side(weight), Reason { span, weight })),
        }
    }
    let parts = parts.into_iter().filter(|(side, _)| *side != 0.0);
    let mut parts: Vec<Reason> = parts.map(|(_, part)| part).collect();
    parts.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    parts.truncate(most);
    parts.sort_by_key(|part| part.span);
    parts
}

#[cfg(test)]
mod tests;
