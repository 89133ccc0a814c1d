//! Why a policy's files could not be taken, apart from what is written in them.

use std::path::PathBuf;

/// Why a policy's files could not be taken. What is wrong with their text is a
/// [`Diagnostic`](crate::diagnostic::Diagnostic) instead.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A file or folder could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A path leads out of the policy's folder, or is not one that every system can have.
    #[error("`{path}` is not a plain path inside the policy's folder")]
    Path {
        /// The refused path.
        path: String,
    },
    /// Two files have the same path.
    #[error("the policy has two files `{path}`")]
    SamePath {
        /// The path.
        path: String,
    },
    /// The policy or a file of it is larger than allowed.
    #[error("{what} is more than the {limit} allowed")]
    Limit {
        /// What is too large.
        what: String,
        /// The most that is allowed.
        limit: u64,
    },
    /// The text is not the hash of a policy.
    #[error("`{0}` is not `sha256:` and 64 hexadecimal digits")]
    BadHash(String),
}
