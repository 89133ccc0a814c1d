//! What can go wrong with a search.

use std::io;
use std::path::{Path, PathBuf};

use stanch_store::StoreError;
use thiserror::Error;

/// Why a search or the keeping of its index failed.
#[derive(Debug, Error)]
pub enum SearchError {
    /// Nothing can be found by these words.
    #[error("{0}")]
    Query(&'static str),
    /// The record refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index's own tables refused.
    #[error("the index of the search could not be read or written")]
    Index(#[source] Box<fjall::Error>),
    /// The index holds what it never wrote.
    #[error("the index of the search is damaged: {0}; delete the folder `search`, it is made anew")]
    Damaged(&'static str),
    /// The file system refused.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The work was broken off.
    #[error("the search was broken off")]
    Stopped,
}

impl SearchError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

impl From<fjall::Error> for SearchError {
    fn from(error: fjall::Error) -> Self {
        Self::Index(Box::new(error))
    }
}
