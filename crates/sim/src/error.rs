//! What can go wrong in the simulation.

use std::path::PathBuf;

use thiserror::Error;

/// Why a simulation step failed.
#[derive(Debug, Error)]
pub enum SimError {
    /// A configuration value is out of range; the text names it.
    #[error("bad simulation config: {0}")]
    Config(String),
    /// A file or folder could not be read or written.
    #[error("cannot {attempt} {}", path.display())]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file of the simulation does not have the expected content.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// An address could not be bound or served.
    #[error("cannot serve on {address}")]
    Listen {
        /// Which address.
        address: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A call to an institution or to Stanch failed.
    #[error("the call to {url} failed")]
    Http {
        /// Where.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// An institution's process did not start or died.
    #[error("institution {code}: {detail}")]
    Child {
        /// Which institution.
        code: String,
        /// What happened.
        detail: String,
    },
    /// A key or secret is malformed.
    #[error("bad key: {0}")]
    Key(#[from] crate::webhook::WebhookError),
    /// A background task ended before its time.
    #[error("a background task of the simulation ended: {0}")]
    Task(String),
}

impl SimError {
    /// Wraps an IO error with what was attempted on which path.
    pub(crate) fn io(
        attempt: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            attempt,
            path,
            source,
        }
    }

    /// Wraps an HTTP client error with the address called.
    pub(crate) fn http(url: &str) -> impl FnOnce(reqwest::Error) -> Self {
        let url = url.to_owned();
        move |source| Self::Http { url, source }
    }
}
