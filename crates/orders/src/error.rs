//! What can go wrong with orders.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use stanch_store::StoreError;
use stanch_types::InstitutionCode;
use stanch_types::order::InvalidTransition;
use thiserror::Error;

/// One thing wrong with a submitted value: where (JSON pointer, RFC 6901) and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where, such as `/scope/amount`.
    pub pointer: Cow<'static, str>,
    /// What, fit for the person who submitted it.
    pub detail: String,
}

impl Finding {
    /// A finding at `pointer`.
    pub fn new(pointer: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.detail)
    }
}

/// Why an order workflow did not do what was asked.
#[derive(Debug, Error)]
pub enum OrdersError {
    /// The content breaks rules of form or of the domain.
    #[error("the order breaks {} rule(s)", .0.len())]
    Content(Vec<Finding>),
    /// The order's state or the two-person rule forbids the step.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// The account was stopped as often as the rules allow (rule 1).
    #[error("the account was stopped as often as the rules allow")]
    StopLimit,
    /// The institution is not registered or has no order endpoint.
    #[error("institution {0} is not registered or has no order endpoint")]
    InstitutionUnknown(InstitutionCode),
    /// No order of this id, or not one of this institution.
    #[error("no such order")]
    OrderNotFound,
    /// The case is closed or withdrawn.
    #[error("the case is {0}; no orders can be made for it")]
    CaseState(&'static str),
    /// An institution's answer is malformed.
    #[error("the answer breaks {} rule(s)", .0.len())]
    Answer(Vec<Finding>),
    /// The hold waits already for an order of the same kind.
    #[error("another order of this kind is under way for the same hold")]
    ParentBusy,
    /// The order has no signed document yet.
    #[error("the order is not signed yet")]
    NotSigned,
    /// A document would be larger than an institution must accept.
    #[error("the order document has {0} bytes, more than 20,000")]
    Document(usize),
    /// A document could not be written.
    #[error("the order document cannot be written")]
    DocumentJson(#[source] serde_json::Error),
    /// A job's payload is not what its kind needs.
    #[error("job payload of kind {0} cannot be read")]
    JobPayload(String),
    /// The record failed.
    #[error("the record failed")]
    Store(#[from] StoreError),
}
