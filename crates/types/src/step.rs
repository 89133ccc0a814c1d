//! Steps that a state does not allow.

use thiserror::Error;

/// A record's state does not allow a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a {what} that is {from} cannot become {to}")]
pub struct InvalidStep {
    /// What kind of record: `report`, `lead`, `case`, `task` …
    pub what: &'static str,
    /// The word of its state.
    pub from: &'static str,
    /// The word of the state that was wanted.
    pub to: &'static str,
}
