//! The definition of a window in the fewest words: scan every event that arrived. What the engine is tested against.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::ir::Aggregate;

use super::key::KeyHash;
use super::spec::{GroupSpec, Sample, ValueClass, WindowSpec, WindowValue};

/// All events of a group in order of arrival.
#[derive(Debug)]
pub(super) struct NaiveGroup {
    pub(super) spec: GroupSpec,
    events: BTreeMap<KeyHash, Vec<(i64, Vec<Held>)>>,
}

/// A value that was brought, as it counts.
#[derive(Debug, Clone, PartialEq)]
enum Held {
    Missing,
    Int(i64, [u8; 8]),
    Double(f64, [u8; 8]),
    Bool(bool),
    Text(Arc<str>),
}

impl Held {
    fn new(class: ValueClass, sample: Sample<'_>) -> Self {
        match (class, sample) {
            (ValueClass::Int | ValueClass::Money, Sample::Int(value)) => {
                Self::Int(value, value.to_le_bytes())
            }
            (ValueClass::Double, Sample::Double(value)) if value.is_finite() => {
                Self::Double(value + 0.0, (value + 0.0).to_le_bytes())
            }
            (ValueClass::Bool, Sample::Bool(value)) => Self::Bool(value),
            (ValueClass::Text, Sample::Text(text)) => Self::Text(text.into()),
            _ => Self::Missing,
        }
    }

    fn answer(&self) -> WindowValue {
        match self {
            Self::Missing | Self::Bool(_) => WindowValue::Missing,
            Self::Int(value, _) => WindowValue::Int(*value),
            Self::Double(value, _) => WindowValue::Double(*value),
            Self::Text(text) => WindowValue::Text(text.clone()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Missing | Self::Bool(_) => &[],
            Self::Int(_, bytes) | Self::Double(_, bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }
}

impl NaiveGroup {
    pub(super) fn new(spec: GroupSpec) -> Self {
        Self {
            spec,
            events: BTreeMap::new(),
        }
    }

    /// Adds an event behind those of its time.
    pub(super) fn push(&mut self, key: KeyHash, at_us: i64, values: &[Sample<'_>]) {
        let held = self.spec.columns.iter().zip(values);
        let held = held
            .map(|(class, sample)| Held::new(*class, *sample))
            .collect();
        let events = self.events.entry(key).or_default();
        let place = events.partition_point(|(at, _)| *at <= at_us);
        events.insert(place, (at_us, held));
    }

    /// Removes what no answerable read needs, to keep tests quick.
    pub(super) fn forget(&mut self, floor_us: i64) {
        for events in self.events.values_mut() {
            events.drain(..events.partition_point(|(at, _)| *at <= floor_us));
        }
    }

    pub(super) fn read(&self, key: KeyHash, at_us: i64, spec: &WindowSpec) -> WindowValue {
        let from_us = at_us.saturating_sub(spec.window.as_micros());
        let all = self.events.get(&key).map(Vec::as_slice).unwrap_or_default();
        let from = all.partition_point(|(at, _)| *at <= from_us);
        let to = all.partition_point(|(at, _)| *at <= at_us);
        let inside = &all[from..to];
        let class = spec.column.and_then(|column| self.spec.columns.get(column));
        let column = spec.column.unwrap_or(usize::MAX);
        let values = inside.iter().filter_map(|(_, held)| held.get(column));
        let known: Vec<&Held> = values.filter(|held| **held != Held::Missing).collect();
        match spec.aggregate {
            Aggregate::Count => whole(inside.len() as i128),
            Aggregate::SinceLast => inside.last().map_or(WindowValue::Missing, |(at, _)| {
                whole(i128::from(at_us - at))
            }),
            Aggregate::Sum => sum(class, &known),
            Aggregate::Avg => avg(class, &known),
            Aggregate::Min => extreme(&known, |a, b| a < b),
            Aggregate::Max => extreme(&known, |a, b| a > b),
            Aggregate::Distinct => {
                let words: HashSet<&[u8]> = known.iter().map(|held| held.bytes()).collect();
                whole(words.len() as i128)
            }
            Aggregate::First => known
                .first()
                .map_or(WindowValue::Missing, |held| held.answer()),
            Aggregate::Last => known
                .last()
                .map_or(WindowValue::Missing, |held| held.answer()),
            Aggregate::Ratio => {
                let holds = known
                    .iter()
                    .filter(|held| ***held == Held::Bool(true))
                    .count();
                match known.len() {
                    0 => WindowValue::Missing,
                    of => WindowValue::Double(holds as f64 / of as f64),
                }
            }
        }
    }
}

fn whole(value: i128) -> WindowValue {
    i64::try_from(value).map_or(WindowValue::Missing, WindowValue::Int)
}

fn ints(known: &[&Held]) -> i128 {
    let int = |held: &&Held| match held {
        Held::Int(value, _) => i128::from(*value),
        Held::Missing | Held::Double(..) | Held::Bool(_) | Held::Text(_) => 0,
    };
    known.iter().map(int).sum()
}

/// Shewchuk's sum of non-overlapping parts, as Python's `fsum`: exact, rounded once.
fn doubles(known: &[&Held]) -> f64 {
    let mut parts: Vec<f64> = Vec::new();
    for held in known {
        let Held::Double(value, _) = held else {
            continue;
        };
        let mut x = *value;
        let mut kept = 0;
        for at in 0..parts.len() {
            let mut y = parts[at];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                parts[kept] = low;
                kept += 1;
            }
            x = high;
        }
        parts.truncate(kept);
        parts.push(x);
    }
    let Some(mut high) = parts.pop() else {
        return 0.0;
    };
    let mut low = 0.0;
    while let Some(part) = parts.pop() {
        let x = high;
        high = x + part;
        low = part - (high - x);
        if low != 0.0 {
            break;
        }
    }
    // A tie that parts further down decide.
    if let Some(next) = parts.last()
        && ((low < 0.0 && *next < 0.0) || (low > 0.0 && *next > 0.0))
    {
        let twice = low * 2.0;
        let up = high + twice;
        if twice == up - high {
            high = up;
        }
    }
    high + 0.0
}

fn sum(class: Option<&ValueClass>, known: &[&Held]) -> WindowValue {
    match class {
        Some(ValueClass::Double) => WindowValue::Double(doubles(known)),
        Some(ValueClass::Int | ValueClass::Money) => whole(ints(known)),
        Some(ValueClass::Bool | ValueClass::Text) | None => WindowValue::Missing,
    }
}

fn avg(class: Option<&ValueClass>, known: &[&Held]) -> WindowValue {
    let count = known.len() as i128;
    if count == 0 {
        return WindowValue::Missing;
    }
    match class {
        Some(ValueClass::Double) => WindowValue::Double(doubles(known) / count as f64),
        Some(ValueClass::Int) => WindowValue::Double(ints(known) as f64 / count as f64),
        Some(ValueClass::Money) => {
            let (low, rest) = (ints(known).div_euclid(count), ints(known).rem_euclid(count));
            let up = rest * 2 > count || (rest * 2 == count && low % 2 != 0);
            whole(low + i128::from(up))
        }
        Some(ValueClass::Bool | ValueClass::Text) | None => WindowValue::Missing,
    }
}

fn extreme(known: &[&Held], better: impl Fn(f64, f64) -> bool) -> WindowValue {
    let mut best: Option<&Held> = None;
    for held in known {
        let wins = match (best, held) {
            (None, _) => true,
            (Some(Held::Int(old, _)), Held::Int(new, _)) => {
                better((i128::from(*new) - i128::from(*old)) as f64, 0.0)
            }
            (Some(Held::Double(old, _)), Held::Double(new, _)) => better(*new, *old),
            _ => false,
        };
        if wins {
            best = Some(held);
        }
    }
    best.map_or(WindowValue::Missing, Held::answer)
}
