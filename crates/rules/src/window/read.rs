//! Answering windows: one pass from the reader's time back through ever longer windows.

use crate::ir::Aggregate;

use super::error::WindowError;
use super::layout::{ColumnLayout, Layout};
use super::slot::Slot;
use super::spec::{GroupSpec, ValueClass, WindowValue};
use super::total::{ColumnTotal, Total, whole, word_value};
use super::tree::Env;

/// A choice of a group's answers, prepared for reading many times.
#[derive(Debug, Clone)]
pub struct ReadSet {
    /// By length, shortest first.
    windows: Vec<Window>,
    /// Columns of which totals are needed.
    wanted: Vec<usize>,
    /// Of these, columns whose different values are counted.
    distincts: Vec<usize>,
    answers: usize,
}

#[derive(Debug, Clone)]
struct Window {
    length_us: i64,
    questions: Vec<Question>,
}

/// One answer wanted.
#[derive(Debug, Clone, Copy)]
struct Question {
    aggregate: Aggregate,
    /// Any column when the aggregate has none.
    column: usize,
    /// Where the answer goes.
    answer: usize,
}

/// Room for the work of a read, used again and again.
#[derive(Debug)]
pub(super) struct Scratch {
    totals: Total,
    /// For each column counted: times before the reader's at which values of later events occurred last.
    hidden: Vec<Vec<i64>>,
}

impl ReadSet {
    /// Prepares reading these of the group's specs, by index, in this order.
    pub(super) fn new(spec: &GroupSpec, specs: &[usize]) -> Result<Self, WindowError> {
        let mut set = Self {
            windows: Vec::new(),
            wanted: Vec::new(),
            distincts: Vec::new(),
            answers: specs.len(),
        };
        for (answer, ix) in specs.iter().enumerate() {
            let wanted = spec.specs.get(*ix).ok_or(WindowError::Arity {
                what: "specs of the group",
                expected: spec.specs.len(),
                got: *ix,
            })?;
            let column = wanted.column.unwrap_or(0);
            match wanted.aggregate {
                Aggregate::Count | Aggregate::SinceLast | Aggregate::First | Aggregate::Last => {}
                Aggregate::Distinct => {
                    set.wanted.push(column);
                    set.distincts.push(column);
                }
                Aggregate::Sum
                | Aggregate::Avg
                | Aggregate::Min
                | Aggregate::Max
                | Aggregate::Ratio => set.wanted.push(column),
            }
            let question = Question {
                aggregate: wanted.aggregate,
                column,
                answer,
            };
            let length_us = wanted.window.as_micros();
            match set
                .windows
                .binary_search_by_key(&length_us, |window| window.length_us)
            {
                Ok(at) => {
                    let window = set.windows.get_mut(at);
                    window.into_iter().for_each(|w| w.questions.push(question));
                }
                Err(at) => {
                    let questions = vec![question];
                    set.windows.insert(
                        at,
                        Window {
                            length_us,
                            questions,
                        },
                    );
                }
            }
        }
        for columns in [&mut set.wanted, &mut set.distincts] {
            columns.sort_unstable();
            columns.dedup();
        }
        Ok(set)
    }

    /// Number of answers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.answers
    }

    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.answers == 0
    }

    fn longest_us(&self) -> i64 {
        self.windows.last().map_or(0, |window| window.length_us)
    }
}

impl Scratch {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            totals: Total::empty(layout),
            hidden: vec![Vec::new(); layout.columns.len()],
        }
    }

    fn clear(&mut self, set: &ReadSet) {
        self.totals.rows = 0;
        for column in &set.wanted {
            let total = self.totals.columns.get_mut(*column);
            total.into_iter().for_each(ColumnTotal::clear);
        }
        self.hidden.iter_mut().for_each(Vec::clear);
    }

    /// Answers everything in the set whose window does not reach below the floor, the rest with missing. Answers whether all could be.
    pub(super) fn read(
        &mut self,
        env: &mut Env<'_>,
        slot: Option<&mut Slot>,
        (set, at_us): (&ReadSet, i64),
        answers: &mut [WindowValue],
    ) -> Result<bool, WindowError> {
        self.clear(set);
        let mut slot = slot;
        if let Some(slot) = slot.as_deref_mut().filter(|slot| slot.newest_us > at_us) {
            self.find_hidden(env, slot, set, at_us)?;
        }
        let mut to_us = at_us;
        let mut complete = true;
        for window in &set.windows {
            let from_us = at_us.saturating_sub(window.length_us);
            if from_us < env.floor_us {
                complete = false;
                for question in &window.questions {
                    put(answers, question.answer, WindowValue::Missing);
                }
                continue;
            }
            if let Some(slot) = slot.as_deref_mut() {
                let range = (from_us, to_us);
                slot.events
                    .fold(env, range, &set.wanted, &mut self.totals)?;
            }
            to_us = from_us;
            for question in &window.questions {
                let range = (from_us, at_us);
                let answer = self.answer(env, slot.as_deref_mut(), *question, range)?;
                put(answers, question.answer, answer);
            }
        }
        Ok(complete)
    }

    /// Notes which values of events after the reader's time occurred before it: their latest event is not live.
    fn find_hidden(
        &mut self,
        env: &mut Env<'_>,
        slot: &mut Slot,
        set: &ReadSet,
        at_us: i64,
    ) -> Result<(), WindowError> {
        let layout = env.layout;
        let from_us = at_us.saturating_sub(set.longest_us());
        for ix in &set.distincts {
            let distinct = layout.columns.get(*ix).and_then(|column| column.distinct);
            let (Some(distinct), Some(hidden)) = (distinct, self.hidden.get_mut(*ix)) else {
                continue;
            };
            slot.events.scan_after(env, at_us, |chunk, row| {
                let previous = chunk.lane(layout, distinct.previous);
                let previous = previous.get(row..).unwrap_or_default().iter();
                hidden.extend(previous.filter(|time| from_us < **time && **time <= at_us));
            })?;
        }
        Ok(())
    }

    /// Answers one question about `(from_us, to_us]`, whose totals are there.
    fn answer(
        &self,
        env: &mut Env<'_>,
        slot: Option<&mut Slot>,
        question: Question,
        (from_us, to_us): (i64, i64),
    ) -> Result<WindowValue, WindowError> {
        let layout = env.layout;
        let column = layout.columns.get(question.column);
        let class = column.map_or(ValueClass::Int, |column| column.class);
        let total = self.totals.columns.get(question.column);
        let of = |answer: fn(&ColumnTotal, ValueClass) -> WindowValue| {
            total.map_or(WindowValue::Missing, |total| answer(total, class))
        };
        Ok(match question.aggregate {
            Aggregate::Count => whole(i128::from(self.totals.rows)),
            Aggregate::Sum => of(ColumnTotal::sum),
            Aggregate::Avg => of(ColumnTotal::mean),
            Aggregate::Min => of(ColumnTotal::least),
            Aggregate::Max => of(ColumnTotal::greatest),
            Aggregate::Ratio => of(|total, _| total.ratio()),
            Aggregate::Distinct => {
                let live = total.map_or(0, |total| total.live);
                let hidden = self.hidden.get(question.column).map_or(0, |hidden| {
                    hidden.iter().filter(|time| **time > from_us).count() as u64
                });
                whole(i128::from(live + hidden))
            }
            Aggregate::SinceLast => {
                let latest = match slot {
                    Some(slot) => slot.events.latest(env, to_us)?,
                    None => None,
                };
                let latest = latest.filter(|latest| *latest > from_us);
                latest.map_or(WindowValue::Missing, |latest| {
                    whole(i128::from(to_us) - i128::from(latest))
                })
            }
            Aggregate::First | Aggregate::Last => {
                let (Some(column), Some(slot)) = (column, slot) else {
                    return Ok(WindowValue::Missing);
                };
                let column = (question.column, column);
                let show = |chunk: &super::chunk::Chunk, row| value(layout, chunk, row, column.1);
                let range = (from_us, to_us);
                let found = match question.aggregate == Aggregate::First {
                    true => slot.events.first_known(env, range, column, show)?,
                    false => slot.events.last_known(env, range, column, show)?,
                };
                found.unwrap_or_default()
            }
        })
    }
}

fn value(
    layout: &Layout,
    chunk: &super::chunk::Chunk,
    row: usize,
    column: &ColumnLayout,
) -> WindowValue {
    if let Some(text) = column.text {
        return chunk
            .text(text, row)
            .map_or(WindowValue::Missing, WindowValue::Text);
    }
    let word = column
        .lane
        .and_then(|lane| chunk.lane(layout, lane).get(row));
    word.map_or(WindowValue::Missing, |word| word_value(*word, column.class))
}

fn put(answers: &mut [WindowValue], at: usize, answer: WindowValue) {
    if let Some(place) = answers.get_mut(at) {
        *place = answer;
    }
}
