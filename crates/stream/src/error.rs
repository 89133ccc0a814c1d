//! What can go wrong with a log.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::block::Position;

/// Why an operation on a log failed.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file system refused.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process writes to this log.
    #[error("the log in {} is locked by another writer", dir.display())]
    Locked {
        /// The log's folder.
        dir: PathBuf,
    },
    /// Stored bytes are not what was written. Needs a human or a backup; nothing was changed.
    #[error("damaged log: {why} at byte {offset} of {}", file.display())]
    Damaged {
        /// The segment file.
        file: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// Another block was appended first.
    #[error("the next block of the log is {actual}, not {expected}")]
    NotExpected {
        /// What the caller expected.
        expected: Position,
        /// The log's next position.
        actual: Position,
    },
    /// The block is larger than the log takes.
    #[error("a block of {bytes} bytes is over the limit of {bytes_max}")]
    BlockTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Retention has removed the wanted blocks.
    #[error("blocks before {first} are no longer kept")]
    Gone {
        /// The first position still kept.
        first: Position,
    },
    /// A write or sync failed earlier: what is on disk behind the last acknowledged block is unknown. Reopen
    /// the log when the cause is mended.
    #[error("the log takes no more blocks after a failed write: {cause}")]
    Poisoned {
        /// The first failure.
        cause: String,
    },
    /// The log was opened for reading only.
    #[error("the log is open for reading only")]
    ReadOnly,
}

impl LogError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn damaged(file: &Path, offset: u64, why: &'static str) -> Self {
        Self::Damaged {
            file: file.to_owned(),
            offset,
            why,
        }
    }
}
