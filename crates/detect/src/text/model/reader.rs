//! Scores of a text, and the parts of it that moved them.

use stanch_types::Score;

use super::grams::Grams;
use super::{Form, LANES, Label, Model};
use crate::text::fold::Folded;
use crate::text::span::Span;

/// A character whose share is below this part of the greatest says nothing.
const SILENT: f32 = 0.05;

/// Reads texts with a model; its buffers are used again and again.
#[derive(Debug)]
pub struct Reader<'m> {
    model: &'m Model,
    grams: Grams,
    scores: Vec<LabelScore>,
    /// What each n-gram of the text read last counts for.
    norm: f32,
}

/// What a model says about one label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelScore {
    /// Index into [`Model::labels`].
    pub label: usize,
    /// How far on the label's side, before calibration.
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

impl<'m> Reader<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        Self {
            grams: Grams::new(model.bits),
            scores: Vec::with_capacity(model.labels.len()),
            norm: 0.0,
            model,
        }
    }

    /// The model that is read with.
    #[must_use]
    pub const fn model(&self) -> &'m Model {
        self.model
    }

    /// Scores every label of a text, in the order of [`Model::labels`]. Where none of the first labels reaches the model's gate,
    /// the later ones are not looked at and score nothing.
    pub fn read(&mut self, text: &str, folded: &Folded) -> &[LabelScore] {
        let (buckets, norm) = self.grams.read_as(text, folded, &self.model.form);
        self.norm = norm;
        self.scores.clear();
        let blocks = self.model.blocks.iter();
        let blocks = blocks.zip(self.model.labels.chunks(LANES));
        for (ix, (weights, labels)) in blocks.enumerate() {
            let mut best = self.scores.iter().map(|score| score.score);
            let is_open = ix == 0 || best.any(|score| score >= self.model.gate);
            let sums = is_open.then(|| sum(weights, buckets));
            for (lane, label) in labels.iter().enumerate() {
                let sum = sums.map(|sums| sums.get(lane).copied().unwrap_or(0));
                let margin = sum.map_or(f32::MIN, |sum| label.margin(sum, norm));
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
        let unit = known.scale * self.norm;
        let once = matches!(self.model.form, Form::Distinct { .. });
        let shares = self.grams.shares(text, folded, once, |bucket| {
            let word = weights.get(bucket as usize);
            let weight = word.and_then(|word| word.get(label % LANES));
            f32::from(weight.copied().unwrap_or(0)) * unit
        });
        strongest(text, &shares, most)
    }
}

impl Label {
    fn margin(&self, sum: i32, norm: f32) -> f32 {
        self.bias + norm * self.scale * sum as f32
    }

    /// The calibrated probability of a margin.
    #[must_use]
    pub fn score(&self, margin: f32) -> Score {
        let probability = 1.0 / (1.0 + (-(self.slope * margin + self.offset)).exp());
        let parts = (probability * f32::from(Score::MAX.get())).round();
        // A float becomes the nearest integer there is, NaN zero.
        Score::new(parts as u16).unwrap_or(Score::MAX)
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
