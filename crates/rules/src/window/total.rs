//! What a run of events comes to, column by column; totals of neighbours merge.

use super::layout::{Layout, Row, double_of};
use super::spec::{ValueClass, WindowValue};
use super::sum::DoubleSum;

/// Totals of a run of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) rows: u64,
    pub(super) columns: Box<[ColumnTotal]>,
}

/// Totals of one column. What nobody asked for stays empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnTotal {
    /// Events whose value is known.
    pub(super) known: u64,
    /// Events whose value is true.
    pub(super) truth: u64,
    /// Different values that these events are the latest of.
    pub(super) live: u64,
    pub(super) int: i128,
    pub(super) double: DoubleSum,
    pub(super) min: i64,
    pub(super) max: i64,
}

impl ColumnTotal {
    pub(super) const EMPTY: Self = Self {
        known: 0,
        truth: 0,
        live: 0,
        int: 0,
        double: DoubleSum::EMPTY,
        min: i64::MAX,
        max: i64::MIN,
    };

    pub(super) fn clear(&mut self) {
        let Self {
            known,
            truth,
            live,
            int,
            double,
            min,
            max,
        } = self;
        (*known, *truth, *live, *int) = (0, 0, 0, 0);
        (*min, *max) = (Self::EMPTY.min, Self::EMPTY.max);
        double.clear();
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.known += other.known;
        self.truth += other.truth;
        self.live += other.live;
        self.int += other.int;
        self.double.merge(&other.double);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The sum; missing when it does not fit.
    pub(super) fn sum(&self, class: ValueClass) -> WindowValue {
        match class {
            ValueClass::Int | ValueClass::Money => whole(self.int),
            ValueClass::Double => finite(self.double.round()),
            ValueClass::Bool | ValueClass::Text => WindowValue::Missing,
        }
    }

    /// The mean; missing when there is nothing or the sum does not fit.
    pub(super) fn mean(&self, class: ValueClass) -> WindowValue {
        if self.known == 0 {
            return WindowValue::Missing;
        }
        match class {
            ValueClass::Int => WindowValue::Double(self.int as f64 / self.known as f64),
            ValueClass::Money => whole(half_even(self.int, i128::from(self.known))),
            ValueClass::Double => finite(self.double.round() / self.known as f64),
            ValueClass::Bool | ValueClass::Text => WindowValue::Missing,
        }
    }

    pub(super) fn least(&self, class: ValueClass) -> WindowValue {
        extreme(self.known, self.min, class)
    }

    pub(super) fn greatest(&self, class: ValueClass) -> WindowValue {
        extreme(self.known, self.max, class)
    }

    /// The share of known values that are true.
    pub(super) fn ratio(&self) -> WindowValue {
        match self.known {
            0 => WindowValue::Missing,
            known => WindowValue::Double(self.truth as f64 / known as f64),
        }
    }
}

impl Total {
    pub(super) fn empty(layout: &Layout) -> Self {
        Self {
            rows: 0,
            columns: vec![ColumnTotal::EMPTY; layout.columns.len()].into(),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.merge(theirs);
        }
    }

    /// Counts an event in. Whether it is the latest with its value is left to [`Total::live_mut`].
    pub(super) fn add(&mut self, layout: &Layout, row: &Row) {
        self.rows += 1;
        for (total, column) in self.columns.iter_mut().zip(&layout.columns) {
            if !row.has(column.known) {
                continue;
            }
            total.known += 1;
            total.truth += u64::from(column.truth.is_some_and(|truth| row.has(truth)));
            let word = column.lane.map_or(0, |lane| row.word(lane));
            if column.sums {
                match column.class {
                    ValueClass::Int | ValueClass::Money => total.int += i128::from(word),
                    ValueClass::Double => total.double.add(double_of(word)),
                    ValueClass::Bool | ValueClass::Text => {}
                }
            }
            if column.extremes {
                total.min = total.min.min(word);
                total.max = total.max.max(word);
            }
        }
    }

    /// The count of live values of a column.
    pub(super) fn live_mut(&mut self, column: usize) -> Option<&mut u64> {
        self.columns.get_mut(column).map(|total| &mut total.live)
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let sums = self.columns.iter().map(|column| column.double.bytes());
        size_of_val(&*self.columns) + sums.sum::<usize>()
    }
}

/// An integer answer, when it fits.
pub(super) fn whole(value: i128) -> WindowValue {
    i64::try_from(value).map_or(WindowValue::Missing, WindowValue::Int)
}

/// What a word of a lane stands for.
pub(super) fn word_value(word: i64, class: ValueClass) -> WindowValue {
    match class {
        ValueClass::Int | ValueClass::Money => WindowValue::Int(word),
        ValueClass::Double => WindowValue::Double(double_of(word)),
        ValueClass::Bool | ValueClass::Text => WindowValue::Missing,
    }
}

fn extreme(known: u64, word: i64, class: ValueClass) -> WindowValue {
    match known {
        0 => WindowValue::Missing,
        _ => word_value(word, class),
    }
}

fn finite(value: f64) -> WindowValue {
    match value.is_finite() {
        true => WindowValue::Double(value),
        false => WindowValue::Missing,
    }
}

/// `sum / count` to the nearest integer, halves to even.
fn half_even(sum: i128, count: i128) -> i128 {
    let (low, rest) = (sum.div_euclid(count), sum.rem_euclid(count));
    match (rest * 2).cmp(&count) {
        std::cmp::Ordering::Less => low,
        std::cmp::Ordering::Greater => low + 1,
        std::cmp::Ordering::Equal => low + low.rem_euclid(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_money_round_half_to_even() {
        let halves = [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (7, 4)];
        for (sum, mean) in halves {
            assert_eq!(half_even(sum, 2), mean, "{sum}/2");
        }
        assert_eq!(half_even(-5, 3), -2);
        assert_eq!(half_even(4, 3), 1);
    }
}
