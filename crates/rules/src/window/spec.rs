//! What a window group keeps and answers: its columns, its windows, its limits, and the values that go in and out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stanch_types::Duration;

use crate::ir::Aggregate;

use super::error::WindowError;

/// Shortest window.
pub const WINDOW_MIN: Duration = Duration::from_secs(1);
/// Longest window.
pub const WINDOW_MAX: Duration = Duration::from_days(90);
/// Most columns of a group.
pub const COLUMNS_MAX: usize = 32;
/// Most windows of a group.
pub const SPECS_MAX: usize = 512;

/// What the values of a column are, hence how they are added, compared and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueClass {
    /// 64-bit integers (also timestamps, durations and indices of words); their mean is a double.
    Int,
    /// Minor units of one currency; their mean is whole, rounded half to even.
    Money,
    /// Finite doubles; not finite is missing.
    Double,
    /// Truth values, for `ratio` alone.
    Bool,
    /// Text; different texts are told apart by a 64-bit hash (two among a million collide with a chance of 3e-8).
    Text,
}

/// One answer of a group: an aggregate over one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WindowSpec {
    /// What is computed.
    pub aggregate: Aggregate,
    /// Which column of [`GroupSpec::columns`] it is computed of; none for `count` and `since_last`.
    pub column: Option<usize>,
    /// Length of the window, [`WINDOW_MIN`] to [`WINDOW_MAX`].
    pub window: Duration,
}

/// The columns of a group and what is asked of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct GroupSpec {
    /// Values that every event brings, at most [`COLUMNS_MAX`].
    pub columns: Vec<ValueClass>,
    /// Answers, at most [`SPECS_MAX`].
    pub specs: Vec<WindowSpec>,
}

impl GroupSpec {
    /// Refuses definitions that break a limit or ask of a column what it cannot answer.
    pub(super) fn check(&self) -> Result<(), WindowError> {
        let refuse = |why: String| Err(WindowError::Spec(why));
        if self.columns.len() > COLUMNS_MAX || self.specs.len() > SPECS_MAX {
            return refuse(format!(
                "at most {COLUMNS_MAX} columns and {SPECS_MAX} windows fit a group"
            ));
        }
        for spec in &self.specs {
            if spec.window < WINDOW_MIN || spec.window > WINDOW_MAX {
                return refuse(format!("a window of {} us", spec.window.as_micros()));
            }
            let class = match spec.column {
                Some(column) => match self.columns.get(column) {
                    Some(class) => Some(*class),
                    None => return refuse(format!("there is no column {column}")),
                },
                None => None,
            };
            if !fits(spec.aggregate, class) {
                return refuse(format!("{:?} of a column of {class:?}", spec.aggregate));
            }
        }
        Ok(())
    }
}

fn fits(aggregate: Aggregate, class: Option<ValueClass>) -> bool {
    use ValueClass::{Bool, Double, Int, Money, Text};
    match aggregate {
        Aggregate::Count | Aggregate::SinceLast => class.is_none(),
        Aggregate::Sum | Aggregate::Avg | Aggregate::Min | Aggregate::Max => {
            matches!(class, Some(Int | Money | Double))
        }
        Aggregate::Distinct | Aggregate::First | Aggregate::Last => {
            matches!(class, Some(Int | Money | Double | Text))
        }
        Aggregate::Ratio => class == Some(Bool),
    }
}

/// Bounds of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// How far behind [`WindowGroup::advance`](super::WindowGroup::advance) a reader may be and still get a number. Events are kept this much
    /// longer than the longest window; an older reader gets missing and is counted.
    pub lateness: Duration,
    /// Bytes of raw events kept in memory when there is a place for cold chunks; the rest is out there.
    pub hot_bytes: usize,
}

impl Default for WindowLimits {
    /// A day of lateness, 256 MiB.
    fn default() -> Self {
        Self {
            lateness: Duration::from_days(1),
            hot_bytes: 256 << 20,
        }
    }
}

/// A value brought by an event.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Sample<'a> {
    /// Not known; also what does not fit the column's class.
    #[default]
    Missing,
    /// For [`ValueClass::Int`] and [`ValueClass::Money`].
    Int(i64),
    /// For [`ValueClass::Double`].
    Double(f64),
    /// For [`ValueClass::Bool`].
    Bool(bool),
    /// For [`ValueClass::Text`].
    Text(&'a str),
}

/// An answer of a window.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum WindowValue {
    /// Not known.
    #[default]
    Missing,
    /// count, distinct; since_last in microseconds; sum, min, max, first, last of ints and money; avg of money.
    Int(i64),
    /// ratio; avg of ints and doubles; sum, min, max, first, last of doubles.
    Double(f64),
    /// first, last of text.
    Text(Arc<str>),
}
