//! The weights of the first labels for a bucket, and what the bucket counts for, side by side.
//!
//! One load serves four labels and the norm. A row has five bytes, so that the rows of 2^18 buckets leave room in a second-level
//! cache of 2 MiB: most of the time of a scan goes into waiting for them. Every weight is raised by [`RAISED`], so that none is
//! negative and four are added in one word.

use super::LANES;

/// Bytes of a row: a weight of each label, and the rarity.
const ROW: usize = LANES + 1;
/// Bytes that are loaded for a row; those behind it are masked out.
const LOADED: usize = size_of::<u64>();
/// Behind the last row, so that it can be loaded as any other.
const PADDING: usize = LOADED - ROW;
/// Added to a weight.
const RAISED: i64 = 128;
/// The bytes of a row's even labels, which are added in 16 bits each; those of odd labels are moved above.
const EVEN: u64 = 0x00FF_00FF;
/// Rows that can be added before 16 bits are full.
const ADDED_MAX: usize = 257;

/// For every bucket a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct First {
    bytes: Vec<u8>,
}

/// What the rows of a text add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Totals {
    /// Of each label's weights.
    pub(super) weights: [i64; LANES],
    /// Of the rarities' squares.
    pub(super) squares: u64,
}

impl First {
    /// From the weights and the rarity of each bucket.
    pub(super) fn new(rows: impl ExactSizeIterator<Item = ([i8; LANES], u8)>) -> Self {
        let mut bytes = Vec::with_capacity(rows.len() * ROW + PADDING);
        for (weights, rarity) in rows {
            // Raised by 128 is the sign turned.
            bytes.extend(weights.map(|weight| weight.cast_unsigned() ^ 0x80));
            bytes.push(rarity);
        }
        bytes.resize(bytes.len() + PADDING, 0);
        Self { bytes }
    }

    /// The weight of a label.
    #[inline]
    pub(super) fn weight(&self, bucket: u32, lane: usize) -> i8 {
        let raised = self.bytes.get(bucket as usize * ROW + lane);
        raised.map_or(0, |raised| (raised ^ 0x80).cast_signed())
    }

    /// The sums over these buckets.
    pub(super) fn add_up(&self, buckets: &[u32]) -> Totals {
        let mut totals = Totals::default();
        for part in buckets.chunks(ADDED_MAX) {
            let (lanes, squares) = add_up(&self.bytes, part);
            // The even labels are in the lower half.
            let places = [0, 32, 16, 48];
            for (sum, place) in totals.weights.iter_mut().zip(places) {
                let raised = (lanes >> place & 0xFFFF).cast_signed();
                *sum += raised - RAISED * part.len() as i64;
            }
            totals.squares += squares;
        }
        totals
    }
}

/// The sums of up to [`ADDED_MAX`] rows: of the raised weights in 16 bits each, and of the squares. A function of its own, so that
/// all it needs stays in registers, and short, so that many rows are waited for at once.
#[inline(never)]
fn add_up(bytes: &[u8], buckets: &[u32]) -> (u64, u64) {
    let (mut lanes, mut squares) = (0, 0);
    for bucket in buckets {
        let at = *bucket as usize * ROW;
        let row = bytes.get(at..at + LOADED);
        if let Some(row) = row.and_then(<[u8]>::first_chunk::<LOADED>) {
            let row = u64::from_le_bytes(*row);
            lanes += row & EVEN | (row << 24) & (EVEN << 32);
            let rarity = row >> 32 & 0xFF;
            squares += rarity * rarity;
        }
    }
    (lanes, squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_rows_are_sums_of_weights() {
        let rows: Vec<([i8; LANES], u8)> = (0..1000_u32)
            .map(|at| match at % 3 {
                0 => ([i8::MIN; LANES], u8::MAX),
                1 => ([i8::MAX; LANES], 0),
                _ => ([at as i8, -5, 0, (at / 7) as i8], at as u8),
            })
            .collect();
        let first = First::new(rows.iter().copied());
        for (bucket, (row, _)) in (0..).zip(&rows) {
            for (lane, expected) in row.iter().enumerate() {
                assert_eq!(first.weight(bucket, lane), *expected);
            }
        }
        for step in [1, 3] {
            for count in [0, 1, 8, 257, 258, 1000 / step] {
                let buckets: Vec<u32> = (0..count).map(|at| at * step).collect();
                let mut expected = Totals::default();
                for bucket in &buckets {
                    let (row, rarity) = rows[*bucket as usize];
                    for (sum, weight) in expected.weights.iter_mut().zip(row) {
                        *sum += i64::from(weight);
                    }
                    expected.squares += u64::from(rarity) * u64::from(rarity);
                }
                assert_eq!(first.add_up(&buckets), expected, "{step} {count}");
            }
        }
    }
}
