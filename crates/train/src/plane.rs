//! The plane that separates a label from the rest.
//!
//! L2-regularised squared hinge loss by dual coordinate descent (Hsieh et al. 2008, "A Dual Coordinate Descent Method for
//! Large-scale Linear SVM", algorithm 1), the weights kept as they are used afterwards: multiplied by their buckets' factors.

use crate::random::Random;

/// Rows that planes are trained on. The value of a cell is `its number · factor of its bucket · norm of its row`.
pub trait Rows {
    /// Number of buckets.
    fn width(&self) -> usize;
    /// The square of a bucket's factor.
    fn square(&self, bucket: usize) -> f32;
    /// Buckets of a row, each once, and their numbers.
    fn cells(&self, row: usize) -> impl Iterator<Item = (usize, f32)>;
    /// What every cell of a row is multiplied by.
    fn norm(&self, row: usize) -> f32;
    /// The sum of the squares of a row's values.
    fn length(&self, row: usize) -> f32;
    /// A row's margin before anything is learnt.
    fn known(&self, _row: usize) -> f32 {
        0.0
    }
}

/// How far beyond its side an example rests.
const RESTING: f32 = 0.2;

/// A row's part in training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// Row of the corpus.
    pub row: usize,
    /// Whether it has the label.
    pub positive: bool,
    /// What an error on it costs, against other examples; above zero.
    pub weight: f32,
}

/// How to train.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaneOptions {
    /// What an error costs, against the size of the weights; greater follows the examples more closely.
    pub cost: f32,
    /// Most passes over the examples.
    pub passes_max: u32,
    /// Stops when no example asks for a greater change.
    pub tolerance: f32,
    /// Seed of the order of examples.
    pub seed: u64,
}

/// Weights of buckets, and what is added to their sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// One for each bucket; a row's margin is its norm times the sum of them.
    pub weights: Vec<f32>,
    /// Added to the sum.
    pub bias: f32,
}

impl Plane {
    /// Trains on examples. `keep_on` is asked after each pass, with its number from 1.
    pub fn train(
        rows: &impl Rows,
        examples: &[Example],
        options: PlaneOptions,
        mut keep_on: impl FnMut(u32) -> bool,
    ) -> Self {
        // A weight beside the square that its steps are multiplied by: both are wanted at once.
        let buckets = 0..rows.width();
        let mut weights: Vec<[f32; 2]> = buckets.map(|bucket| [0.0, rows.square(bucket)]).collect();
        let mut bias = 0.0_f32;
        let mut random = Random::new(options.seed);
        let mut multipliers = vec![0.0_f32; examples.len()];
        // The pass in which an example is looked at again: one that is far on its side seldom comes back.
        let mut again = vec![0_u32; examples.len()];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for pass in 1..=options.passes_max {
            random.shuffle(&mut order);
            let mut greatest = 0.0_f32;
            for ix in &order {
                let (Some(example), Some(multiplier), Some(again)) = (
                    examples.get(*ix),
                    multipliers.get_mut(*ix),
                    again.get_mut(*ix).filter(|again| **again <= pass),
                ) else {
                    continue;
                };
                let (row, norm) = (example.row, rows.norm(example.row));
                let mut sum = 0.0_f32;
                for (bucket, number) in rows.cells(row) {
                    if let Some([weight, _]) = weights.get(bucket) {
                        sum += weight * number;
                    }
                }
                let sign = if example.positive { 1.0 } else { -1.0 };
                let softness = 0.5 / (options.cost * example.weight);
                let gradient =
                    sign * (rows.known(row) + bias + norm * sum) - 1.0 + *multiplier * softness;
                if *multiplier == 0.0 && gradient >= 0.0 {
                    if gradient > RESTING {
                        *again = pass + 3;
                    }
                    continue;
                }
                greatest = greatest.max(gradient.abs());
                let length = 1.0 + rows.length(row) + softness;
                let moved = (*multiplier - gradient / length).max(0.0);
                let step = (moved - *multiplier) * sign;
                *multiplier = moved;
                for (bucket, number) in rows.cells(row) {
                    if let Some([weight, square]) = weights.get_mut(bucket) {
                        *weight += step * norm * number * *square;
                    }
                }
                bias += step;
            }
            if greatest < options.tolerance || !keep_on(pass) {
                break;
            }
        }
        Self {
            weights: weights.into_iter().map(|[weight, _]| weight).collect(),
            bias,
        }
    }

    /// Which side of the plane a row is on, and how far.
    #[must_use]
    pub fn margin(&self, rows: &impl Rows, row: usize) -> f32 {
        let weight = |bucket: usize| self.weights.get(bucket).copied().unwrap_or(0.0);
        let cells = rows.cells(row);
        let sum: f32 = cells.map(|(bucket, number)| weight(bucket) * number).sum();
        rows.known(row) + self.bias + rows.norm(row) * sum
    }

    /// Halfway between two planes.
    #[must_use]
    pub fn between(mut self, other: &Self) -> Self {
        for (weight, other) in self.weights.iter_mut().zip(&other.weights) {
            *weight = (*weight + other) / 2.0;
        }
        self.bias = (self.bias + other.bias) / 2.0;
        self
    }

    /// The weights as steps of one size, and the size.
    #[must_use]
    pub fn steps(&self) -> (f32, Vec<i8>) {
        // Nothing is cut off: the few great weights carry much of what a label is told by.
        let weights = &self.weights;
        let greatest = weights.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        let most = f32::from(i8::MAX);
        let scale = greatest.max(f32::MIN_POSITIVE) / most;
        let step = |weight: &f32| (weight / scale).round().clamp(-most, most) as i8;
        (scale, weights.iter().map(step).collect())
    }

    /// The plane as it is after its weights became steps.
    #[must_use]
    pub fn stepped(mut self) -> Self {
        let (scale, steps) = self.steps();
        for (weight, step) in self.weights.iter_mut().zip(steps) {
            *weight = f32::from(step) * scale;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, Weighing};

    const OPTIONS: PlaneOptions = PlaneOptions {
        cost: 1.0,
        passes_max: 50,
        tolerance: 0.01,
        seed: 1,
    };

    #[test]
    fn separable_examples_are_separated_and_a_seed_gives_the_same_plane() {
        let texts = [
            "刷单返利加我",
            "兼职刷单日结",
            "今天天气很好",
            "明天一起吃饭",
        ];
        for weighing in [Weighing::Counts, Weighing::Distinct] {
            let mut corpus = Corpus::new(14, weighing);
            for text in texts {
                corpus.add(text).expect("short");
            }
            corpus.weigh(|_| true);
            let examples: Vec<Example> = (0..4)
                .map(|row| Example {
                    row,
                    positive: row < 2,
                    weight: 1.0,
                })
                .collect();
            let plane = Plane::train(&corpus, &examples, OPTIONS, |_| true);
            let stepped = plane.clone().stepped();
            for example in &examples {
                let margin = plane.margin(&corpus, example.row);
                assert_eq!(margin > 0.0, example.positive, "{margin}");
                assert!((stepped.margin(&corpus, example.row) - margin).abs() < 0.05);
            }
            assert_eq!(plane, Plane::train(&corpus, &examples, OPTIONS, |_| true));
            assert_eq!(plane, plane.clone().between(&plane));
            let mut passes = 0;
            Plane::train(&corpus, &examples, OPTIONS, |pass| {
                passes = pass;
                pass < 2
            });
            assert_eq!(passes, 2);
        }
    }
}
