//! What can go wrong while deciding.

use std::path::{Path, PathBuf};

use stanch_store::StoreError;
use stanch_stream::{LogError, Position};
use thiserror::Error;

/// Why events could not be decided, or what was decided not be found.
#[derive(Debug, Error)]
pub enum DecideError {
    /// As many events are waiting as the queue takes; try again in a moment.
    #[error("{waiting} events are waiting to be decided, which is the limit")]
    Busy {
        /// Events waiting.
        waiting: usize,
    },
    /// No policy is live, so nothing can be decided.
    #[error("no policy is live")]
    NoPolicy,
    /// The engine has stopped; what it had acknowledged is safe.
    #[error("the decision engine has stopped: {0}")]
    Stopped(String),
    /// No event with this id is known.
    #[error("no event `{0}` is known")]
    NotFound(String),
    /// A stored policy is not known.
    #[error("no policy `{0}` is stored")]
    PolicyUnknown(String),
    /// A policy does not load.
    #[error("the policy does not load: {0}")]
    PolicyInvalid(String),
    /// The step is not possible in the present state of the policies.
    #[error("{0}")]
    PolicyState(String),
    /// The person who asked for a change cannot approve it.
    #[error("the person who asked for a change of policy cannot approve it")]
    SamePerson,
    /// The step is not possible in the state of the backtest.
    #[error("{0}")]
    BacktestState(String),
    /// Nothing can be tried in a range that ends before it begins.
    #[error("the range is empty: `from` must be before `to`")]
    BacktestRange,
    /// A line of a file of labels is not an event id and `fraud` or `good`.
    #[error("line {line} of the labels is not an event id and `fraud` or `good`")]
    BadLabel {
        /// Its number, from 1.
        line: u64,
    },
    /// A cursor that this list did not give.
    #[error("`{0}` is not a cursor of this list")]
    BadCursor(String),
    /// A block of the log is not one of events or control.
    #[error("block {position} of the decision log is unreadable: {why}")]
    BadBlock {
        /// Its position.
        position: Position,
        /// What is wrong with it.
        why: String,
    },
    /// A stored value of the index or a snapshot is not what was written.
    #[error("{what} is damaged")]
    Damaged {
        /// What.
        what: &'static str,
    },
    /// The event log failed.
    #[error("the event log failed")]
    Log(#[from] LogError),
    /// The record failed.
    #[error("the record failed")]
    Store(#[from] StoreError),
    /// The index failed.
    #[error("the index of decisions failed")]
    Index(#[source] Box<fjall::Error>),
    /// Another process exports history.
    #[error("another process is writing to the history")]
    HistoryInUse,
    /// A file of history could not be written or read.
    #[error("could not {action} the history {}", path.display())]
    Parquet {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What was wrong.
        #[source]
        source: Box<parquet::errors::ParquetError>,
    },
    /// The file system refused.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl From<fjall::Error> for DecideError {
    fn from(error: fjall::Error) -> Self {
        Self::Index(Box::new(error))
    }
}

impl DecideError {
    /// What went wrong, with its causes: for the log of the server.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            text.push_str(&format!(": {inner}"));
            cause = inner.source();
        }
        text
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn bad_block(position: Position, why: impl Into<String>) -> Self {
        Self::BadBlock {
            position,
            why: why.into(),
        }
    }
}
