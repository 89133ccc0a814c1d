//! Scores of a text, and the parts of it that moved them.

use stanch_types::Score;

use super::grams::Grams;
use super::{Form, LANES, Label, Model, norm_of_squares};
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
    /// The later labels when they are not looked at.
    shut: Vec<LabelScore>,
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
            shut: (model.labels.iter().enumerate().skip(LANES))
                .map(|(ix, label)| label.scored(ix, f32::MIN))
                .collect(),
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
        let model = self.model;
        let all = self.grams.read(text, folded);
        let (buckets, totals, norm) = match &model.form {
            Form::Counts => (all, model.first.add_up(all), model.form.norm(all)),
            Form::Distinct { .. } => {
                let distinct = self.grams.distinct();
                let totals = model.first.add_up(distinct);
                (distinct, totals, norm_of_squares(totals.squares))
            }
        };
        self.norm = norm;
        self.scores.clear();
        let mut best = Score::MIN;
        let (first, later) = model.labels.split_at(model.labels.len().min(LANES));
        for (label, sum) in first.iter().zip(totals.weights) {
            let found = label.scored(self.scores.len(), label.margin(sum, norm));
            best = best.max(found.score);
            self.scores.push(found);
        }
        if best < model.gate {
            self.scores.extend_from_slice(&self.shut);
            return &self.scores;
        }
        for (label, sum) in later.iter().zip(model.later.add_up(buckets)) {
            let found = label.scored(self.scores.len(), label.margin(sum, norm));
            self.scores.push(found);
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
        let reasons = self.explain_all(text, folded, &[label], most);
        reasons.into_iter().map(|(_, reason)| reason).collect()
    }

    /// The same for several labels in one pass: each reason with its label, label by label.
    #[must_use]
    pub fn explain_all(
        &mut self,
        text: &str,
        folded: &Folded,
        labels: &[usize],
        most: usize,
    ) -> Vec<(usize, Reason)> {
        let model = self.model;
        let known = |label: &usize| Some((*label, model.labels.get(*label)?));
        let labels: Vec<_> = labels.iter().filter_map(known).collect();
        let weights: Vec<_> = labels
            .iter()
            .map(|(ix, label)| {
                let (ix, unit) = (*ix, label.scale * self.norm);
                move |bucket| f32::from(model.weight(ix, bucket)) * unit
            })
            .collect();
        if weights.is_empty() {
            return Vec::new();
        }
        let once = matches!(model.form, Form::Distinct { .. });
        let shares = self.grams.shares_of(text, folded, once, &weights);
        let mut reasons = Vec::new();
        for (row, (label, _)) in labels.iter().enumerate() {
            let parts = strongest(text, shares.of(row), most);
            reasons.extend(parts.into_iter().map(|part| (*label, part)));
        }
        reasons
    }
}

impl Label {
    fn scored(&self, label: usize, margin: f32) -> LabelScore {
        LabelScore {
            label,
            margin,
            score: self.score(margin),
        }
    }

    fn margin(&self, sum: i64, norm: f32) -> f32 {
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

/// Joins neighbouring characters that speak the same way, and keeps the strongest parts. What says next to nothing is silent.
fn strongest(text: &str, shares: impl Iterator<Item = f32>, most: usize) -> Vec<Reason> {
    let shares: Vec<f32> = shares.collect();
    let loudest = shares
        .iter()
        .fold(0.0_f32, |loudest, share| loudest.max(share.abs()));
    let side = |share: f32| match share.abs() <= loudest * SILENT {
        true => 0.0,
        false => share.signum(),
    };
    let mut parts: Vec<(f32, Reason)> = Vec::new();
    for ((byte, c), weight) in text.char_indices().zip(shares) {
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
