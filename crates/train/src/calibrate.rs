//! Margins as probabilities: Platt's curve, fitted as Lin, Lin and Weng (2007) say.

/// Highest exponent that the better half of what has the label is given: beyond it probabilities cannot be told apart any more, and
/// the order among the best is worth more than a promise of 99.9 %.
const EXPONENT_MAX: f64 = 6.0;

/// Flattest curve.
const SLOPE_MIN: f64 = 0.5;

/// What a plane says of a text that it did not see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    /// The margin.
    pub margin: f32,
    /// Whether the text has the label.
    pub positive: bool,
    /// Whether it was put in disguise before.
    pub disguised: bool,
}

/// `1 / (1 + exp(-(slope · margin + offset)))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// Steepness.
    pub slope: f64,
    /// Shift.
    pub offset: f64,
}

impl Curve {
    /// The curve of margins, even chances brought to where the fewest errors are made.
    ///
    /// Of the margins with about the fewest errors the one nearest to the fitted curve's even chance is taken, so that few texts
    /// move it little.
    #[must_use]
    pub fn decide(margins: &[Margin]) -> Self {
        let pairs: Vec<(f32, bool)> = margins.iter().map(|m| (m.margin, m.positive)).collect();
        let fitted = Self::fit(&pairs);
        let bar = best_bar(&pairs, fitted.decision());
        fitted.through(bar, margins)
    }

    /// The curve brought to even chances at a margin.
    #[must_use]
    pub fn at(bar: f64, margins: &[Margin]) -> Self {
        let pairs: Vec<(f32, bool)> = margins.iter().map(|m| (m.margin, m.positive)).collect();
        Self::fit(&pairs).through(bar, margins)
    }

    fn through(self, bar: f64, margins: &[Margin]) -> Self {
        let mut found: Vec<f64> = margins
            .iter()
            .filter(|m| m.positive)
            .map(|m| f64::from(m.margin))
            .collect();
        found.sort_unstable_by(f64::total_cmp);
        let high = found.get(found.len() * 9 / 10).copied().unwrap_or(bar);
        let steepest = EXPONENT_MAX / (high - bar).max(0.25);
        // Margins that say nothing, or the contrary, still rise.
        let slope = self.slope.clamp(SLOPE_MIN, steepest.max(SLOPE_MIN));
        Self {
            slope,
            offset: -slope * bar,
        }
    }

    /// The margin of even chances.
    #[must_use]
    pub fn decision(self) -> f64 {
        -self.offset / self.slope
    }

    /// Fits margins of texts that training did not see. With one side missing it is the steepest curve that says nothing more than
    /// the margin's sign.
    #[must_use]
    pub fn fit(margins: &[(f32, bool)]) -> Self {
        let positive = margins.iter().filter(|(_, positive)| *positive).count() as f64;
        let negative = margins.len() as f64 - positive;
        if positive == 0.0 || negative == 0.0 {
            return Self {
                slope: 2.0,
                offset: 0.0,
            };
        }
        // Targets a little inside 0 and 1, so that few examples do not promise certainty.
        let (high, low) = ((positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0));
        let points: Vec<(f64, f64)> = margins
            .iter()
            .map(|(margin, positive)| (f64::from(*margin), if *positive { high } else { low }))
            .collect();
        let mut curve = Self {
            slope: 0.0,
            offset: ((positive + 1.0) / (negative + 1.0)).ln(),
        };
        let mut loss = curve.loss(&points);
        for _ in 0..100 {
            let Some(step) = curve.newton(&points) else {
                break;
            };
            let mut size = 1.0;
            loop {
                let next = Self {
                    slope: curve.slope + size * step.slope,
                    offset: curve.offset + size * step.offset,
                };
                let reached = next.loss(&points);
                if reached < loss {
                    (curve, loss) = (next, reached);
                    break;
                }
                size /= 2.0;
                if size < 1e-10 {
                    return curve;
                }
            }
        }
        curve
    }

    /// The probability of a margin.
    #[must_use]
    pub fn probability(self, margin: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * margin + self.offset)).exp())
    }

    fn loss(self, points: &[(f64, f64)]) -> f64 {
        let each = |(margin, target): &(f64, f64)| {
            let x = self.slope * margin + self.offset;
            // ln(1 + e^x) - target x, without overflow.
            x.max(0.0) + (-x.abs()).exp().ln_1p() - target * x
        };
        points.iter().map(each).sum()
    }

    /// The step to take; `None` when there is nothing more to gain.
    fn newton(self, points: &[(f64, f64)]) -> Option<Self> {
        let (mut h11, mut h12, mut h22) = (1e-12, 0.0, 1e-12);
        let (mut g1, mut g2) = (0.0, 0.0);
        for (margin, target) in points {
            let p = self.probability(*margin);
            let (weight, error) = (p * (1.0 - p), p - target);
            h11 += margin * margin * weight;
            h12 += margin * weight;
            h22 += weight;
            g1 += margin * error;
            g2 += error;
        }
        if g1.abs() < 1e-5 && g2.abs() < 1e-5 {
            return None;
        }
        let determinant = h11 * h22 - h12 * h12;
        Some(Self {
            slope: -(h22 * g1 - h12 * g2) / determinant,
            offset: -(h11 * g2 - h12 * g1) / determinant,
        })
    }
}

/// The margin nearest to `near` at which about the fewest errors are made: chance alone moves the fewest by a part of its root.
fn best_bar(margins: &[(f32, bool)], near: f64) -> f64 {
    let mut sorted = margins.to_vec();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    // A bar below everything finds all: every text without the label is an error.
    let mut errors = sorted.iter().filter(|m| !m.1).count();
    let mut bars = Vec::with_capacity(sorted.len() + 1);
    let mut before = sorted.first().map_or(0.0, |m| m.0 - 0.1);
    for (margin, positive) in &sorted {
        bars.push((errors, f64::from(before + margin) / 2.0));
        before = *margin;
        errors = if *positive { errors + 1 } else { errors - 1 };
    }
    bars.push((errors, f64::from(before) + 0.1));
    let fewest = bars.iter().map(|bar| bar.0).min().unwrap_or(0) as f64;
    let enough = fewest + 0.25 * fewest.sqrt();
    let good = bars.into_iter().filter(|bar| bar.0 as f64 <= enough);
    let nearest = good.min_by(|a, b| (a.1 - near).abs().total_cmp(&(b.1 - near).abs()));
    nearest.map_or(near, |bar| bar.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_chances_are_where_the_fewest_errors_are() {
        let margin = |(ix, positive): (usize, bool)| Margin {
            margin: ix as f32 / 100.0,
            positive,
            disguised: false,
        };
        // Six of ten have the label above 0.3, none below.
        let of = |ix: usize| ix > 30 && ix % 10 < 6;
        let margins: Vec<Margin> = (0..100).map(|ix| margin((ix, of(ix)))).collect();
        let curve = Curve::decide(&margins);
        assert!((curve.decision() - 0.3).abs() < 0.12, "{curve:?}");
        // Far apart, and yet the order of the best is kept.
        let apart: Vec<Margin> = (0..2_000)
            .map(|ix| margin((ix, ix > 1_000)))
            .map(|m| Margin {
                margin: m.margin - 10.0,
                ..m
            })
            .collect();
        let curve = Curve::decide(&apart);
        assert!(curve.probability(9.0) < 0.9995, "{curve:?}");
        assert!(Curve::decide(&[]).slope > 0.0);
    }

    #[test]
    fn the_curve_that_made_the_labels_is_found() {
        let truth = Curve {
            slope: 3.0,
            offset: -1.0,
        };
        let mut random = crate::random::Random::new(3);
        let mut unit = || (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let points: Vec<(f32, bool)> = (0..20_000)
            .map(|_| {
                let margin = unit() * 4.0 - 2.0;
                (margin as f32, unit() < truth.probability(margin))
            })
            .collect();
        let found = Curve::fit(&points);
        assert!((found.slope - 3.0).abs() < 0.15, "{found:?}");
        assert!((found.offset + 1.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn few_or_one_sided_examples_do_no_harm() {
        for points in [
            vec![],
            vec![(1.0, true)],
            vec![(-1.0, false), (1.0, true)],
            vec![(5.0, true); 3],
        ] {
            let curve = Curve::fit(&points);
            assert!(
                curve.slope.is_finite() && curve.offset.is_finite(),
                "{curve:?}"
            );
            assert!(curve.probability(1.0) > curve.probability(-1.0));
        }
    }
}
