//! What can go wrong with a ledger as a whole. Bad rows are not errors; they are [`crate::Reject`]s.

use std::io;
use std::path::{Path, PathBuf};

use stanch_graph::{GraphError, ReplayError};
use stanch_stream::{LogError, Position};
use thiserror::Error;

use crate::ImportSummary;

/// Why an operation on a ledger failed.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The event log refused.
    #[error("the payment log failed")]
    Log(#[from] LogError),
    /// A block of the log is sound but is not what this version writes.
    #[error("block {position} of the payment log cannot be read: {why}")]
    BadBlock {
        /// The block.
        position: Position,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The graph cannot take what is in the log.
    #[error("the payment graph refused block {position}")]
    Graph {
        /// The block.
        position: Position,
        /// Why.
        #[source]
        source: GraphError,
    },
    /// The ledger was opened for reading only.
    #[error("the ledger is open for reading only")]
    ReadOnly,
    /// A file could not be read or written.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The source as a whole is not what an import reads. Nothing of it was stored.
    #[error("{name} cannot be imported: {why}")]
    NotImportable {
        /// The source.
        name: String,
        /// What is wrong with it, and what would mend it.
        why: String,
    },
    /// The source broke off. What the summary counts as stored stays stored; importing the whole source later
    /// goes on from there.
    #[error("{name} broke off after line {line}; {} payments before it are stored", summary.stored)]
    SourceBroken {
        /// The source.
        name: String,
        /// The last whole line.
        line: u64,
        /// What was done until then.
        summary: Box<ImportSummary>,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A replay of plans stopped.
    #[error("the replay stopped: {0}")]
    Replay(#[from] ReplayError),
}

impl LedgerError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path: path.clone(),
            source,
        }
    }
}
