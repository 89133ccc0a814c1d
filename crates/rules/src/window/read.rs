//! Answering windows: one pass from the reader's time back through ever longer windows.

use crate::ir::Aggregate;

use super::error::WindowError;
use super::layout::{ColumnLayout, Layout};
use super::slot::{Back, Slot};
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
    /// Answered from totals.
    questions: Vec<Question>,
    /// Answered by looking for one event.
    sought: Vec<Question>,
}

impl Window {
    fn ask(&mut self, question: Question) {
        match question.aggregate {
            Aggregate::SinceLast | Aggregate::First | Aggregate::Last => self.sought.push(question),
            Aggregate::Count
            | Aggregate::Sum
            | Aggregate::Avg
            | Aggregate::Min
            | Aggregate::Max
            | Aggregate::Distinct
            | Aggregate::Ratio => self.questions.push(question),
        }
    }
}

/// One answer wanted.
#[derive(Debug, Clone, Copy)]
struct Question {
    aggregate: Aggregate,
    /// Any column when the aggregate has none.
    column: usize,
    /// What the column holds.
    class: ValueClass,
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
                class: spec
                    .columns
                    .get(column)
                    .map_or(ValueClass::Int, |class| *class),
                answer,
            };
            let length_us = wanted.window.as_micros();
            let windows = &mut set.windows;
            let at = windows.partition_point(|window| window.length_us < length_us);
            if windows
                .get(at)
                .is_none_or(|window| window.length_us > length_us)
            {
                let window = Window {
                    length_us,
                    questions: Vec::new(),
                    sought: Vec::new(),
                };
                windows.insert(at, window);
            }
            if let Some(window) = windows.get_mut(at) {
                window.ask(question);
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

    /// The longest window, in microseconds.
    pub(super) fn longest_us(&self) -> i64 {
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
        let mut back = Back::from(at_us);
        let mut complete = true;
        for window in &set.windows {
            let from_us = at_us.saturating_sub(window.length_us);
            if from_us < env.floor_us {
                complete = false;
                for question in window.questions.iter().chain(&window.sought) {
                    put(answers, question.answer, WindowValue::Missing);
                }
                continue;
            }
            if let Some(slot) = slot.as_deref_mut() {
                slot.events
                    .fold(env, from_us, &mut back, &set.wanted, &mut self.totals)?;
            }
            for question in &window.questions {
                put(answers, question.answer, self.answer(question, from_us));
            }
            for question in &window.sought {
                let found = match slot.as_deref_mut() {
                    Some(slot) => seek(env, slot, question, (from_us, at_us))?,
                    None => WindowValue::Missing,
                };
                put(answers, question.answer, found);
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

    /// Answers from the totals of the events after `from_us`.
    fn answer(&self, question: &Question, from_us: i64) -> WindowValue {
        let class = question.class;
        let total = match self.totals.columns.get(question.column) {
            Some(total) => total,
            None => &ColumnTotal::EMPTY,
        };
        match question.aggregate {
            Aggregate::Count => whole(i128::from(self.totals.rows)),
            Aggregate::Sum => total.sum(class),
            Aggregate::Avg => total.mean(class),
            Aggregate::Min => total.least(class),
            Aggregate::Max => total.greatest(class),
            Aggregate::Ratio => total.ratio(),
            Aggregate::Distinct => {
                let hidden = self.hidden.get(question.column);
                let hidden = hidden.map_or(0, |hidden| {
                    hidden.iter().filter(|time| **time > from_us).count() as u64
                });
                whole(i128::from(total.live + hidden))
            }
            // Found by `seek`.
            Aggregate::SinceLast | Aggregate::First | Aggregate::Last => WindowValue::Missing,
        }
    }
}

/// Answers a question that is about one event in `(from_us, to_us]`.
fn seek(
    env: &mut Env<'_>,
    slot: &mut Slot,
    question: &Question,
    (from_us, to_us): (i64, i64),
) -> Result<WindowValue, WindowError> {
    let layout = env.layout;
    if question.aggregate == Aggregate::SinceLast {
        let latest = slot.events.latest(env, to_us)?;
        let latest = latest.filter(|latest| *latest > from_us);
        return Ok(latest.map_or(WindowValue::Missing, |latest| {
            whole(i128::from(to_us) - i128::from(latest))
        }));
    }
    let Some(column) = layout.columns.get(question.column) else {
        return Ok(WindowValue::Missing);
    };
    let show = |chunk: &super::chunk::Chunk, row| value(layout, chunk, row, column);
    let (range, place) = ((from_us, to_us), (question.column, column));
    let found = match question.aggregate == Aggregate::First {
        true => slot.events.first_known(env, range, place, show)?,
        false => slot.events.last_known(env, range, place, show)?,
    };
    Ok(found.unwrap_or_default())
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
    let word = chunk.word(layout, column, row);
    word.map_or(WindowValue::Missing, |word| word_value(word, column.class))
}

fn put(answers: &mut [WindowValue], at: usize, answer: WindowValue) {
    if let Some(place) = answers.get_mut(at) {
        *place = answer;
    }
}
