//! The plane that separates a label from the rest.
//!
//! L2-regularised squared hinge loss by dual coordinate descent (Hsieh et al. 2008, "A Dual Coordinate Descent Method for
//! Large-scale Linear SVM", algorithm 1).

use crate::corpus::Corpus;
use crate::random::Random;

/// A row's part in training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// Row of the corpus.
    pub row: usize,
    /// Whether it has the label.
    pub positive: bool,
    /// How much it counts, above zero; 1 is a whole row.
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
    /// One for each bucket.
    pub weights: Vec<f32>,
    /// Added to the sum.
    pub bias: f32,
}

impl Plane {
    /// Trains on examples. `keep_on` is asked after each pass, with its number from 1.
    pub fn train(
        corpus: &Corpus,
        examples: &[Example],
        options: PlaneOptions,
        mut keep_on: impl FnMut(u32) -> bool,
    ) -> Self {
        let mut plane = Self {
            weights: vec![0.0; corpus.width()],
            bias: 0.0,
        };
        let mut random = Random::new(options.seed);
        let mut multipliers = vec![0.0_f32; examples.len()];
        let softness = |example: &Example| 0.5 / (options.cost * example.weight);
        let length = |example: &Example| {
            let (_, values) = corpus.row(example.row);
            1.0 + values.iter().map(|value| value * value).sum::<f32>() + softness(example)
        };
        let lengths: Vec<f32> = examples.iter().map(length).collect();
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for pass in 1..=options.passes_max {
            random.shuffle(&mut order);
            let mut greatest = 0.0_f32;
            for ix in &order {
                let (Some(example), Some(multiplier), Some(length)) = (
                    examples.get(*ix),
                    multipliers.get_mut(*ix),
                    lengths.get(*ix),
                ) else {
                    continue;
                };
                let sign = if example.positive { 1.0 } else { -1.0 };
                let margin = plane.margin(corpus, example.row);
                let gradient = sign * margin - 1.0 + *multiplier * softness(example);
                if *multiplier == 0.0 && gradient >= 0.0 {
                    continue;
                }
                greatest = greatest.max(gradient.abs());
                let moved = (*multiplier - gradient / length).max(0.0);
                plane.add(corpus, example.row, (moved - *multiplier) * sign);
                *multiplier = moved;
            }
            if greatest < options.tolerance || !keep_on(pass) {
                break;
            }
        }
        plane
    }

    /// Which side of the plane a row is on, and how far.
    #[must_use]
    pub fn margin(&self, corpus: &Corpus, row: usize) -> f32 {
        let (buckets, values) = corpus.row(row);
        let mut sum = self.bias;
        for (bucket, value) in buckets.iter().zip(values) {
            sum += self.weights.get(*bucket as usize).copied().unwrap_or(0.0) * value;
        }
        sum
    }

    fn add(&mut self, corpus: &Corpus, row: usize, step: f32) {
        let (buckets, values) = corpus.row(row);
        for (bucket, value) in buckets.iter().zip(values) {
            if let Some(weight) = self.weights.get_mut(*bucket as usize) {
                *weight += step * value;
            }
        }
        self.bias += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut corpus = Corpus::new(14);
        corpus.add(texts.into_iter()).expect("short");
        corpus.weigh();
        let examples: Vec<Example> = (0..4)
            .map(|row| Example {
                row,
                positive: row < 2,
                weight: 1.0,
            })
            .collect();
        let plane = Plane::train(&corpus, &examples, OPTIONS, |_| true);
        for example in &examples {
            let margin = plane.margin(&corpus, example.row);
            assert_eq!(margin > 0.0, example.positive, "{margin}");
        }
        assert_eq!(plane, Plane::train(&corpus, &examples, OPTIONS, |_| true));
        let mut passes = 0;
        Plane::train(&corpus, &examples, OPTIONS, |pass| {
            passes = pass;
            pass < 2
        });
        assert_eq!(passes, 2);
    }
}
