//! The weights of the labels after the first, a row of all of them for every bucket.

use super::LABELS_MAX;

/// Weights in a row; with this alignment a row never lies in two lines of cache.
const WIDTH: usize = 32;
/// Added to a weight, so that none is negative.
const RAISED: i64 = 128;
/// Rows that can be added before 16 bits are full.
const ADDED_MAX: usize = 257;

/// Some raised weights of a bucket, and raised zeros where labels are fewer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(32))]
struct Row([u8; WIDTH]);

/// The zeros of a row.
const NONE: Row = Row([0x80; WIDTH]);

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
                if let Some(place) = row.get_mut(lane % WIDTH) {
                    // Raised by 128 is the sign turned.
                    *place = weight.cast_unsigned() ^ 0x80;
                }
            }
        }
        Self { rows, stride }
    }

    /// The weight of a label, counted from the first later one.
    #[inline]
    pub(super) fn weight(&self, bucket: u32, lane: usize) -> i8 {
        let row = self.rows.get(bucket as usize * self.stride + lane / WIDTH);
        let raised = row.and_then(|Row(row)| row.get(lane % WIDTH));
        raised.map_or(0, |raised| (raised ^ 0x80).cast_signed())
    }

    /// The sums of all labels over these buckets.
    pub(super) fn add_up(&self, buckets: &[u32]) -> [i64; LABELS_MAX] {
        let mut sums = [0; LABELS_MAX];
        for part in buckets.chunks(ADDED_MAX) {
            for (half, sums) in (0..self.stride).zip(sums.chunks_exact_mut(WIDTH)) {
                let raised = RAISED * part.len() as i64;
                for (sum, found) in sums.iter_mut().zip(self.add_up_part(part, half)) {
                    *sum += i64::from(found) - raised;
                }
            }
        }
        sums
    }

    /// The sums of one row of each bucket, of up to [`ADDED_MAX`]. A function of its own, so that all it needs stays in registers.
    #[inline(never)]
    fn add_up_part(&self, buckets: &[u32], half: usize) -> [u16; WIDTH] {
        let mut sums = [0_u16; WIDTH];
        for bucket in buckets {
            let row = self.rows.get(*bucket as usize * self.stride + half);
            if let Some(Row(row)) = row {
                for (sum, raised) in sums.iter_mut().zip(row) {
                    *sum += u16::from(*raised);
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
