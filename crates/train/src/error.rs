//! Why a model cannot be trained.

use std::io;
use std::path::PathBuf;

use stanch_detect::text::TextTooLong;
use stanch_detect::text::model::ModelError;
use stanch_detect::url::UrlModelError;
use thiserror::Error;

use crate::grammar::GrammarError;

/// Why a model cannot be trained.
#[derive(Debug, Error)]
pub enum TrainError {
    /// A set's description is not `FILE[:TEXT_FIELD:LABEL_FIELD[:POSITIVE,...]]`.
    #[error("`{spec}` is no set: {why}; expected FILE[:TEXT_FIELD:LABEL_FIELD[:POSITIVE,...]]")]
    Spec {
        /// What was given.
        spec: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A set could not be read.
    #[error("reading {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of a set is not as it must be.
    #[error("{}, line {line}: {why}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// There is nothing to tell apart.
    #[error("nothing to train on: {0}")]
    Nothing(String),
    /// A text is too long.
    #[error("a text of the training set is too long")]
    Text(#[from] TextTooLong),
    /// The model would break a limit.
    #[error("making the model")]
    Model(#[from] ModelError),
    /// Our own grammar is broken.
    #[error("reading the grammar")]
    Grammar(#[from] GrammarError),
    /// The model of links would break a limit.
    #[error("making the model of links")]
    Links(#[from] UrlModelError),
    /// A theme is not as it must be.
    #[error("{0}")]
    Theme(String),
    /// Somebody asked to stop.
    #[error("stopped")]
    Stopped,
}
