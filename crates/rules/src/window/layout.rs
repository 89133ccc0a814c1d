//! Where the values of a group's columns lie in a chunk, and an event on its way into one.

use std::sync::Arc;

use crate::ir::Aggregate;

use super::key::text_word;
use super::spec::{GroupSpec, Sample, ValueClass};

/// Lane of the events' times.
pub(super) const TIME_LANE: usize = 0;
/// "Never before" in a lane of previous occurrences.
pub(super) const NEVER: i64 = i64::MIN;

/// The lanes (a word for each event) and maps (a bit for each event) of a chunk.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) columns: Vec<ColumnLayout>,
    pub(super) lanes: usize,
    pub(super) maps: usize,
    pub(super) texts: usize,
    /// Columns whose different values are counted; each has a tag for every event.
    pub(super) distincts: usize,
}

/// Where one column lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnLayout {
    pub(super) class: ValueClass,
    /// Lane of the values: ints as they are, doubles in an order-preserving form, hashes of texts; none for truth values.
    pub(super) lane: Option<usize>,
    /// Map of the events whose value is known.
    pub(super) known: usize,
    /// Map of the events whose value is true.
    pub(super) truth: Option<usize>,
    /// What counting different values takes, if asked for.
    pub(super) distinct: Option<DistinctLayout>,
    /// Place of the texts themselves, if asked for.
    pub(super) text: Option<usize>,
    pub(super) sums: bool,
    /// Whether the lane holds, wrapping, the sum of the values up to each event instead of its value.
    pub(super) running: bool,
    pub(super) extremes: bool,
}

/// What counting different values takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct DistinctLayout {
    /// Lane of the values themselves.
    pub(super) lane: usize,
    /// Lane of the time at which the same value occurred before.
    pub(super) previous: usize,
    /// Map of the events that are the latest with their value.
    pub(super) live: usize,
    /// Which of the group's distinct columns it is.
    pub(super) ix: usize,
}

impl Layout {
    pub(super) fn new(spec: &GroupSpec) -> Self {
        let mut layout = Self {
            columns: Vec::with_capacity(spec.columns.len()),
            lanes: TIME_LANE + 1,
            maps: 0,
            texts: 0,
            distincts: 0,
        };
        for (ix, class) in spec.columns.iter().enumerate() {
            let asked = |wanted: &[Aggregate]| {
                let mut specs = spec.specs.iter();
                specs.any(|s| s.column == Some(ix) && wanted.contains(&s.aggregate))
            };
            let lane = (*class != ValueClass::Bool).then(|| next(&mut layout.lanes));
            let distinct = match lane {
                Some(lane) if asked(&[Aggregate::Distinct]) => Some(DistinctLayout {
                    lane,
                    previous: next(&mut layout.lanes),
                    live: next(&mut layout.maps),
                    ix: next(&mut layout.distincts),
                }),
                Some(_) | None => None,
            };
            let whole = *class == ValueClass::Text && asked(&[Aggregate::First, Aggregate::Last]);
            let sums = asked(&[Aggregate::Sum, Aggregate::Avg]);
            layout.columns.push(ColumnLayout {
                class: *class,
                lane,
                known: next(&mut layout.maps),
                truth: lane.is_none().then(|| next(&mut layout.maps)),
                distinct,
                text: whole.then(|| next(&mut layout.texts)),
                sums,
                running: sums && matches!(class, ValueClass::Int | ValueClass::Money),
                extremes: asked(&[Aggregate::Min, Aggregate::Max]),
            });
        }
        layout
    }

    /// The columns whose different values are counted.
    pub(super) fn distincts(&self) -> impl Iterator<Item = (usize, &ColumnLayout, DistinctLayout)> {
        let columns = self.columns.iter().enumerate();
        columns.filter_map(|(ix, column)| Some((ix, column, column.distinct?)))
    }

    /// The lanes that hold running sums.
    pub(super) fn running(&self) -> impl Iterator<Item = usize> {
        let running = self.columns.iter().filter(|column| column.running);
        running.filter_map(|column| column.lane)
    }
}

fn next(count: &mut usize) -> usize {
    *count += 1;
    *count - 1
}

/// An event as words and bits, ready to be put into a chunk.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// A word for each lane; those of previous occurrences are filled in by whoever finds them.
    pub(super) words: Vec<i64>,
    /// A bit for each map; those of latest occurrences likewise.
    pub(super) maps: u128,
    pub(super) texts: Vec<Option<Arc<str>>>,
}

impl Row {
    pub(super) fn at(&self) -> i64 {
        self.words.first().copied().unwrap_or(0)
    }

    pub(super) fn word(&self, lane: usize) -> i64 {
        self.words.get(lane).copied().unwrap_or(0)
    }

    pub(super) fn has(&self, map: usize) -> bool {
        self.maps >> map & 1 == 1
    }

    pub(super) fn set_word(&mut self, lane: usize, word: i64) {
        if let Some(place) = self.words.get_mut(lane) {
            *place = word;
        }
    }

    pub(super) fn set_map(&mut self, map: usize, bit: bool) {
        self.maps = self.maps & !(1 << map) | u128::from(bit) << map;
    }

    /// Makes an event without any known value.
    pub(super) fn blank(&mut self, layout: &Layout) {
        self.words.clear();
        self.words.resize(layout.lanes, 0);
        self.maps = 0;
        self.texts.clear();
        self.texts.resize(layout.texts, None);
    }

    /// Fills in an event; texts that are kept go through `intern`.
    pub(super) fn fill(
        &mut self,
        layout: &Layout,
        at_us: i64,
        values: &[Sample<'_>],
        mut intern: impl FnMut(i64, &str) -> Arc<str>,
    ) {
        self.blank(layout);
        self.set_word(TIME_LANE, at_us);
        for (column, sample) in layout.columns.iter().zip(values) {
            let word = match (column.class, sample) {
                (ValueClass::Int | ValueClass::Money, Sample::Int(value)) => *value,
                (ValueClass::Double, Sample::Double(value)) if value.is_finite() => {
                    ordered(value.to_bits().cast_signed() & !negative_zero(*value))
                }
                (ValueClass::Bool, Sample::Bool(value)) => i64::from(*value),
                (ValueClass::Text, Sample::Text(text)) => {
                    let word = text_word(text).cast_signed();
                    if let Some(place) = column.text.and_then(|ix| self.texts.get_mut(ix)) {
                        *place = Some(intern(word, text));
                    }
                    word
                }
                (
                    ValueClass::Int
                    | ValueClass::Money
                    | ValueClass::Double
                    | ValueClass::Bool
                    | ValueClass::Text,
                    Sample::Missing
                    | Sample::Int(_)
                    | Sample::Double(_)
                    | Sample::Bool(_)
                    | Sample::Text(_),
                ) => continue,
            };
            self.set_map(column.known, true);
            if let Some(truth) = column.truth {
                self.set_map(truth, word == 1);
            }
            if let Some(lane) = column.lane {
                self.set_word(lane, word);
            }
        }
    }
}

/// All bits when the value is a zero, so that both zeros become one.
fn negative_zero(value: f64) -> i64 {
    -i64::from(value == 0.0)
}

/// Bits of a double such that their order as integers is the order of the doubles; its own inverse.
fn ordered(bits: i64) -> i64 {
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The double of a word in a lane of doubles.
pub(super) fn double_of(word: i64) -> f64 {
    f64::from_bits(ordered(word).cast_unsigned())
}
