//! What can go wrong with evidence.

use stanch_casework::CaseworkError;
use stanch_orders::OrdersError;
use stanch_store::StoreError;
use stanch_types::evidence::EvidenceRefused;
use thiserror::Error;

/// Why a step with evidence was not taken.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// A rule of collecting or custody forbids it.
    #[error(transparent)]
    Refused(#[from] EvidenceRefused),
    /// The file is empty, too large, or of a format that is not taken.
    #[error("the file {0}")]
    File(&'static str),
    /// The case has as many items as it may have, or together they are too large for a package.
    #[error("the case has too much evidence: {0}")]
    TooMuch(&'static str),
    /// No such item.
    #[error("there is no such item of evidence")]
    NotFound,
    /// A part of the package cannot be written.
    #[error("the package cannot be written: {0}")]
    Package(&'static str),
    /// Following the money failed.
    #[error("the case could not be gathered")]
    Casework(#[from] CaseworkError),
    /// An order's document could not be read.
    #[error("an order's document could not be read")]
    Orders(#[from] OrdersError),
    /// The record failed.
    #[error("the record failed")]
    Store(#[from] StoreError),
}
