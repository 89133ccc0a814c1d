//! The weights of the labels after the first, a row of all of them for every bucket.

use super::LABELS_MAX;

/// Weights in a row; with this alignment a row never lies in two lines of cache.
const WIDTH: usize = 32;

/// Rows that are added in 16 bits: 255 times -128 still fits.
const ADDED_MAX: usize = 255;

/// Some weights of a bucket, and zeros where labels are fewer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(32))]
struct Row([i8; WIDTH]);

/// For every bucket one row or two, so that all later labels cost about as much as one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Later {
    rows: Vec<Row>,
    /// Rows of a bucket, none when there are no later labels.
    stride: usize,
}

impl Later {
    /// From a weight for every bucket of `bits` bits of each label.
    pub(super) fn new(weights: &[Vec<i8>], bits: u32) -> Self {
        let stride = weights.len().div_ceil(WIDTH);
        let mut rows = vec![Row([0; WIDTH]); stride << bits];
        for (lane, weights) in weights.iter().enumerate() {
            let parts = rows.iter_mut().skip(lane / WIDTH).step_by(stride);
            for (Row(row), weight) in parts.zip(weights) {
                if let Some(place) = row.get_mut(lane % WIDTH) {
                    *place = *weight;
                }
            }
        }
        Self { rows, stride }
    }

    /// The weight of a label, counted from the first later one.
    #[inline]
    pub(super) fn weight(&self, bucket: u32, lane: usize) -> i8 {
        let row = self.rows.get(bucket as usize * self.stride + lane / WIDTH);
        row.and_then(|Row(row)| row.get(lane % WIDTH))
            .copied()
            .unwrap_or(0)
    }

    /// The sums of all labels over these buckets.
    pub(super) fn add_up(&self, buckets: &[u32]) -> [i64; LABELS_MAX] {
        let mut sums = [0; LABELS_MAX];
        for part in buckets.chunks(ADDED_MAX) {
            for (half, sums) in (0..self.stride).zip(sums.chunks_exact_mut(WIDTH)) {
                for (sum, more) in sums.iter_mut().zip(self.add_up_part(part, half)) {
                    *sum += i64::from(more);
                }
            }
        }
        sums
    }

    /// The sums of the labels in one row of each bucket.
    fn add_up_part(&self, buckets: &[u32], half: usize) -> [i16; WIDTH] {
        let mut sums = [0; WIDTH];
        for bucket in buckets {
            if let Some(Row(row)) = self.rows.get(*bucket as usize * self.stride + half) {
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum += i16::from(*weight);
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_rows_are_sums_of_weights() {
        for labels in [0, 1, 25, 32, 33, 60] {
            let weights: Vec<Vec<i8>> = (0..labels)
                .map(|label| {
                    (0..1024_i32)
                        .map(|bucket| match label {
                            0 => i8::MIN,
                            _ => (bucket * 31 + label * 7) as i8,
                        })
                        .collect()
                })
                .collect();
            let later = Later::new(&weights, 10);
            let buckets: Vec<u32> = (0..700).map(|at| at * at % 1024).collect();
            let sums = later.add_up(&buckets);
            for (lane, weights) in weights.iter().enumerate() {
                let expected: i64 = buckets
                    .iter()
                    .map(|bucket| i64::from(weights[*bucket as usize]))
                    .sum();
                assert_eq!(sums[lane], expected, "{labels} {lane}");
                assert_eq!(later.weight(5, lane), weights[5]);
            }
            assert!(sums.iter().skip(weights.len()).all(|sum| *sum == 0));
        }
    }
}
