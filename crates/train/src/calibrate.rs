//! Margins as probabilities: Platt's curve, fitted as Lin, Lin and Weng (2007) say.

/// `1 / (1 + exp(-(slope · margin + offset)))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// Steepness.
    pub slope: f64,
    /// Shift.
    pub offset: f64,
}

impl Curve {
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

#[cfg(test)]
mod tests {
    use super::*;

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
