//! What a label's margins are worth on texts that training did not see.

use serde::Serialize;

use crate::calibrate::Margin;

/// Measures of one label on one set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measures {
    /// Texts with the label.
    pub positive: usize,
    /// Texts without it.
    pub negative: usize,
    /// Share of what was found that has the label, at the decision point.
    pub precision: f64,
    /// Share of what has the label that was found, at the decision point.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Share of what has not the label that was found all the same.
    pub false_positive_rate: f64,
    /// Recall where one of a thousand without the label is found.
    pub recall_at_fpr_0_001: f64,
    /// Recall where one of a hundred without the label is found.
    pub recall_at_fpr_0_01: f64,
}

impl Measures {
    /// Measures margins; what is above `bar` is found.
    #[must_use]
    pub fn of(margins: &[Margin], bar: f32) -> Self {
        let count = |found: bool, has: bool| {
            let same = |m: &&Margin| (m.margin > bar) == found && m.positive == has;
            margins.iter().filter(same).count()
        };
        let (caught, missed) = (count(true, true), count(false, true));
        let (alarms, passed) = (count(true, false), count(false, false));
        let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
        let mut benign: Vec<f32> = margins
            .iter()
            .filter(|m| !m.positive)
            .map(|m| m.margin)
            .collect();
        benign.sort_unstable_by(|a, b| b.total_cmp(a));
        let recall_at = |rate: f64| {
            let allowed = (benign.len() as f64 * rate) as usize;
            let bar = benign.get(allowed).copied().unwrap_or(f32::MIN);
            let over = margins
                .iter()
                .filter(|m| m.positive && m.margin > bar)
                .count();
            share(over, caught + missed)
        };
        Self {
            positive: caught + missed,
            negative: alarms + passed,
            precision: share(caught, caught + alarms),
            recall: share(caught, caught + missed),
            f1: share(2 * caught, 2 * caught + alarms + missed),
            false_positive_rate: share(alarms, alarms + passed),
            recall_at_fpr_0_001: recall_at(0.001),
            recall_at_fpr_0_01: recall_at(0.01),
        }
    }
}

/// Chance that a text with the label has a higher margin than one without; 0.5 where a side is missing.
#[must_use]
pub fn auc(margins: &[Margin]) -> f64 {
    let mut sorted: Vec<(f32, bool)> = margins.iter().map(|m| (m.margin, m.positive)).collect();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut lower, mut ordered, mut found) = (0.0_f64, 0.0_f64, 0.0_f64);
    for same in sorted.chunk_by(|a, b| a.0 == b.0) {
        let positive = same.iter().filter(|m| m.1).count() as f64;
        let negative = same.len() as f64 - positive;
        ordered += positive * (lower + negative / 2.0);
        lower += negative;
        found += positive;
    }
    match found * lower {
        0.0 => 0.5,
        pairs => ordered / pairs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_what_counting_by_hand_gives() {
        let margins = [
            (2.0, true),
            (0.5, true),
            (-0.5, true),
            (-2.0, true),
            (1.0, false),
            (-1.0, false),
            (-3.0, false),
        ]
        .map(|(margin, positive)| Margin {
            margin,
            positive,
            disguised: false,
        });
        let found = Measures::of(&margins, 0.0);
        assert_eq!((found.positive, found.negative), (4, 3));
        assert_eq!((found.precision, found.recall), (2.0 / 3.0, 0.5));
        assert_eq!(found.f1, 4.0 / 7.0);
        assert_eq!(found.false_positive_rate, 1.0 / 3.0);
        // Nothing of three may be found at 1 %: only what is above the highest benign margin counts.
        assert_eq!(found.recall_at_fpr_0_01, 0.25);
        assert_eq!(Measures::of(&[], 0.0).recall, 0.0);
        // Of twelve pairs eight are in order.
        assert_eq!(auc(&margins), 8.0 / 12.0);
        assert_eq!(auc(&[]), 0.5);
    }
}
