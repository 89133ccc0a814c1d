//! Scores of a text, and the parts of it that moved them.

use stanch_types::Score;

use super::grams::Grams;
use super::{Form, LABELS_MAX, LANES, Label, Model, WIDTH};
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
        let mut tell = |label: &Label, margin: f32| {
            self.scores.push(LabelScore {
                label: self.scores.len(),
                margin,
                score: label.score(margin),
            });
            self.scores.last().map(|score| score.score)
        };
        let (first, later) = self
            .model
            .labels
            .split_at(self.model.labels.len().min(LANES));
        let sums = sum(&self.model.first, buckets);
        let mut best = Score::MIN;
        for (label, sum) in first.iter().zip(sums) {
            best = best.max(tell(label, label.margin(sum, norm)).unwrap_or(best));
        }
        if later.is_empty() {
            return &self.scores;
        }
        let is_open = best >= self.model.gate;
        let mut sums = [0_i32; LABELS_MAX];
        if is_open {
            sum_rows(
                &self.model.later,
                super::stride(self.model.labels.len()),
                buckets,
                &mut sums,
            );
        }
        for (label, sum) in later.iter().zip(sums) {
            let margin = if is_open {
                label.margin(sum, norm)
            } else {
                f32::MIN
            };
            tell(label, margin);
        }
        &self.scores
    }

    /// Which parts of the text that was read last moved a label's score most, at most `most` of them, in the order of the
    /// text. Every n-gram shares its weight among its characters; neighbours that speak the same way are one part.
    #[must_use]
    pub fn explain(
        &mut self,
        text: &str,
        folded: &Folded,
        label: usize,
        most: usize,
    ) -> Vec<Reason> {
        let model = self.model;
        let Some(known) = model.labels.get(label) else {
            return Vec::new();
        };
        let unit = known.scale * self.norm;
        let once = matches!(model.form, Form::Distinct { .. });
        let weight = |bucket| f32::from(model.weight(label, bucket)) * unit;
        let shares = self.grams.shares(text, folded, once, weight);
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

/// Adds up the rows of a table whose rows have `stride` weights, a multiple of [`WIDTH`].
fn sum_rows(weights: &[i8], stride: usize, buckets: &[u32], sums: &mut [i32; LABELS_MAX]) {
    for bucket in buckets {
        let start = *bucket as usize * stride;
        let row = weights.get(start..start + stride).unwrap_or(&[]);
        for (sums, part) in sums.chunks_exact_mut(WIDTH).zip(row.chunks_exact(WIDTH)) {
            for (sum, weight) in sums.iter_mut().zip(part) {
                *sum += i32::from(*weight);
            }
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
