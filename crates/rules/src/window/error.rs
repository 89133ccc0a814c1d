//! Why a window group cannot answer.

use std::io;

use thiserror::Error;

/// Why a window group cannot be made, changed, asked, saved or restored.
#[derive(Debug, Error)]
pub enum WindowError {
    /// The definition breaks a limit or contradicts itself.
    #[error("window group cannot be built: {0}")]
    Spec(String),
    /// A call brought another number of values, or room for another number of answers, than the group has.
    #[error("{what}: expected {expected}, got {got}")]
    Arity {
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there were.
        got: usize,
    },
    /// Cold chunks could not be written or read; the state in memory is no longer to be relied on.
    #[error("cold chunk {id} could not be moved")]
    Cold {
        /// Number of the chunk.
        id: u64,
        /// What the storage said.
        #[source]
        source: io::Error,
    },
    /// The bytes of a cold chunk or a snapshot are not what was written.
    #[error("damaged {what}")]
    Damaged {
        /// What was read, and what is wrong with it.
        what: String,
    },
    /// A snapshot could not be written or read.
    #[error("snapshot could not be moved")]
    Snapshot(#[source] io::Error),
}
