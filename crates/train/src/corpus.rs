//! Texts as sparse rows of n-gram counts.

use stanch_detect::text::model::Grams;
use stanch_detect::text::{Folder, Views};

use crate::TrainError;

/// Characters of a text that are read; what a post says it says at its start, and long texts would outweigh short ones.
pub const CHARS_MAX: usize = 300;

/// Rows of (bucket, value), buckets rising.
#[derive(Debug, Default)]
pub struct Corpus {
    buckets: Vec<u32>,
    values: Vec<f32>,
    ends: Vec<usize>,
    bits: u32,
}

impl Corpus {
    /// An empty corpus of `bits` bits a bucket.
    #[must_use]
    pub fn new(bits: u32) -> Self {
        Self {
            bits,
            ..Self::default()
        }
    }

    /// Adds texts: each n-gram's value is how often it occurs, times the norm of its text.
    ///
    /// # Errors
    /// [`TrainError::Text`] for a text beyond the limit of folding.
    pub fn add<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> Result<(), TrainError> {
        let mut folder = Folder::new(Views::Plain);
        let mut grams = Grams::new(self.bits);
        let mut sorted: Vec<u32> = Vec::new();
        for text in texts {
            let text = beginning(text);
            let (buckets, norm) = grams.read(text, folder.fold(text)?);
            sorted.clear();
            sorted.extend_from_slice(buckets);
            sorted.sort_unstable();
            for same in sorted.chunk_by(|a, b| a == b) {
                if let Some(bucket) = same.first() {
                    self.buckets.push(*bucket);
                    self.values.push(same.len() as f32 * norm);
                }
            }
            self.ends.push(self.buckets.len());
        }
        Ok(())
    }

    /// Number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of buckets.
    #[must_use]
    pub fn width(&self) -> usize {
        1 << self.bits
    }

    /// The buckets and values of a text.
    #[must_use]
    pub fn row(&self, ix: usize) -> (&[u32], &[f32]) {
        let start = ix.checked_sub(1).and_then(|ix| self.ends.get(ix));
        let range = start.copied().unwrap_or(0)..self.ends.get(ix).copied().unwrap_or(0);
        (
            self.buckets.get(range.clone()).unwrap_or_default(),
            self.values.get(range).unwrap_or_default(),
        )
    }

    /// Multiplies every value by a factor of its bucket: rare n-grams count more. The factors are
    /// `sqrt(ln((1 + n) / (1 + texts with it)) + 1)`, the square root of the usual inverse document frequency.
    pub fn weigh(&mut self) -> Vec<f32> {
        let mut texts = vec![0_u32; self.width()];
        for bucket in &self.buckets {
            if let Some(count) = texts.get_mut(*bucket as usize) {
                *count += 1;
            }
        }
        let all = 1.0 + self.len() as f32;
        let factor = |count: &u32| ((all / (1.0 + *count as f32)).ln() + 1.0).sqrt();
        let factors: Vec<f32> = texts.iter().map(factor).collect();
        for (bucket, value) in self.buckets.iter().zip(&mut self.values) {
            *value *= factors.get(*bucket as usize).copied().unwrap_or(1.0);
        }
        factors
    }
}

/// The first [`CHARS_MAX`] characters.
fn beginning(text: &str) -> &str {
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counts_and_rare_grams_weigh_more() {
        let mut corpus = Corpus::new(18);
        let texts = ["啊啊啊啊", "好", "好", "好人"];
        corpus.add(texts.into_iter()).expect("short");
        assert_eq!((corpus.len(), corpus.width()), (4, 1 << 18));
        let (buckets, values) = corpus.row(0);
        assert!(buckets.is_sorted());
        let least = values.iter().copied().fold(f32::MAX, f32::min);
        assert!(
            values
                .iter()
                .any(|value| (value / least - 4.0).abs() < 1e-5)
        );
        assert_eq!(corpus.row(1), corpus.row(2));
        let factors = corpus.weigh();
        let common = corpus.row(1).0[0] as usize;
        let rare = corpus.row(0).0[0] as usize;
        assert!(factors[rare] > factors[common]);
        assert_eq!(corpus.row(9), (&[][..], &[][..]));
    }

    #[test]
    fn long_texts_are_read_to_a_bound() {
        let long = "长".repeat(CHARS_MAX + 50);
        let cut: String = long.chars().take(CHARS_MAX).collect();
        let mut corpus = Corpus::new(12);
        corpus
            .add([long.as_str(), cut.as_str()].into_iter())
            .expect("short");
        assert_eq!(corpus.row(0), corpus.row(1));
    }
}
