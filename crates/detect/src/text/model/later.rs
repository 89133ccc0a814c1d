//! The weights of the labels after the first, a row of all of them for every bucket.

use super::LABELS_MAX;

/// Weights in a row; with this alignment a row never lies in two lines of cache.
const WIDTH: usize = 32;
/// Weights in a word of a row, each in a byte and raised by [`RAISED`], so that none is negative.
const IN_WORD: usize = 8;
/// Added to a weight.
const RAISED: i64 = 128;
/// The bytes of a word that are added in 16 bits each; the others are added after a shift.
const EVEN: u64 = 0x00FF_00FF_00FF_00FF;
/// Rows that can be added before 16 bits are full.
const ADDED_MAX: usize = 257;

/// Some weights of a bucket, and zeros where labels are fewer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(32))]
struct Row([u64; WIDTH / IN_WORD]);

/// The zeros of a row.
const NONE: Row = Row([0x8080_8080_8080_8080; WIDTH / IN_WORD]);

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
        let mut rows = vec![NONE; stride << bits];
        for (lane, weights) in weights.iter().enumerate() {
            let parts = rows.iter_mut().skip(lane / WIDTH).step_by(stride);
            for (Row(row), weight) in parts.zip(weights) {
                if let Some(word) = row.get_mut(lane % WIDTH / IN_WORD) {
                    // Raised by 128 is the sign turned.
                    let byte = u64::from(weight.cast_unsigned());
                    *word ^= byte << (8 * (lane % IN_WORD));
                }
            }
        }
        Self { rows, stride }
    }

    /// The weight of a label, counted from the first later one.
    #[inline]
    pub(super) fn weight(&self, bucket: u32, lane: usize) -> i8 {
        let row = self.rows.get(bucket as usize * self.stride + lane / WIDTH);
        let word = row.and_then(|Row(row)| row.get(lane % WIDTH / IN_WORD));
        word.map_or(0, |word| {
            let raised = (word >> (8 * (lane % IN_WORD))) & 0xFF;
            (raised.cast_signed() - RAISED) as i8
        })
    }

    /// The sums of all labels over these buckets.
    pub(super) fn add_up(&self, buckets: &[u32]) -> [i64; LABELS_MAX] {
        let mut sums = [0; LABELS_MAX];
        for part in buckets.chunks(ADDED_MAX) {
            for (half, sums) in (0..self.stride).zip(sums.chunks_exact_mut(WIDTH)) {
                let raised = RAISED * part.len() as i64;
                let words = self.add_up_part(part, half);
                for (sums, (even, odd)) in sums.chunks_exact_mut(IN_WORD).zip(words) {
                    for (lane, sum) in sums.iter_mut().enumerate() {
                        let word = if lane % 2 == 0 { even } else { odd };
                        let found = (word >> (16 * (lane / 2))) & 0xFFFF;
                        *sum += found.cast_signed() - raised;
                    }
                }
            }
        }
        sums
    }

    /// The sums of one row of each bucket: for every word those of its even and of its odd bytes, in 16 bits each.
    fn add_up_part(&self, buckets: &[u32], half: usize) -> [(u64, u64); WIDTH / IN_WORD] {
        let mut sums = [(0, 0); WIDTH / IN_WORD];
        for bucket in buckets {
            let row = self.rows.get(*bucket as usize * self.stride + half);
            let Row(row) = row.unwrap_or(&NONE);
            for ((even, odd), word) in sums.iter_mut().zip(row) {
                *even += word & EVEN;
                *odd += (word >> 8) & EVEN;
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
