//! Where a number stands among constants.

/// Constants that a number is compared with, ascending, each once.
pub(super) struct Points<T> {
    points: Vec<T>,
    /// The last point of each block of [`BLOCK`].
    heads: Vec<T>,
}

/// Points counted without a branch: two or four comparisons an instruction.
const BLOCK: usize = 8;
/// Up to this many points are counted straight through.
const COUNTED_MAX: usize = 2 * BLOCK;

impl<T: Copy + PartialOrd> Points<T> {
    pub(super) fn new(points: Vec<T>) -> Self {
        let heads = points.chunks_exact(BLOCK);
        Self {
            heads: heads.filter_map(|block| block.last().copied()).collect(),
            points,
        }
    }

    /// 1 is below the first point, 2 at it, 3 between it and the second …
    #[inline]
    pub(super) fn position(&self, value: T) -> usize {
        let below = if self.points.len() <= COUNTED_MAX {
            count_below(&self.points, value)
        } else if self.heads.len() <= COUNTED_MAX {
            let start = count_below(&self.heads, value) * BLOCK;
            let rest = self.points.get(start..).unwrap_or_default();
            let block = rest.first_chunk::<BLOCK>();
            start
                + block.map_or_else(
                    || count_below(rest, value),
                    |block| count_below(block, value),
                )
        } else {
            self.points.partition_point(|point| *point < value)
        };
        let at_point = self.points.get(below).is_some_and(|point| *point == value);
        2 * below + 1 + usize::from(at_point)
    }

    /// The position of the point that equals `value`.
    pub(super) fn position_of(&self, value: T) -> Option<usize> {
        let at = self.points.iter().position(|point| *point == value)?;
        Some(2 * at + 2)
    }

    /// The greatest position.
    pub(super) const fn position_max(&self) -> usize {
        2 * self.points.len() + 1
    }
}

#[inline]
fn count_below<T: Copy + PartialOrd>(points: &[T], value: T) -> usize {
    points.iter().map(|point| usize::from(*point < value)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_counting_finds_the_same_position() {
        for count in [
            0, 1, 7, 8, 9, 16, 17, 63, 64, 65, 127, 128, 129, 143, 144, 300,
        ] {
            let wholes: Vec<i64> = (0..count).map(|n| 10 * n).collect();
            let reals: Vec<f64> = wholes.iter().map(|n| *n as f64).collect();
            let (whole, real) = (Points::new(wholes.clone()), Points::new(reals));
            for value in -3..=10 * count + 3 {
                let below = wholes.partition_point(|point| *point < value);
                let at = usize::from(wholes.get(below) == Some(&value));
                let position = 2 * below + 1 + at;
                assert_eq!(whole.position(value), position, "{value} of {count}");
                assert_eq!(real.position(value as f64), position, "{value} of {count}");
                assert!(position <= whole.position_max());
                assert_eq!(whole.position_of(value), (at == 1).then_some(position));
            }
        }
    }
}
