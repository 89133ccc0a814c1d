//! What can go wrong with casework.

use stanch_graph::TraceError;
use stanch_orders::OrdersError;
use stanch_store::StoreError;
use stanch_types::MoneyError;
use thiserror::Error;

pub use stanch_orders::Finding;

/// Why a casework workflow did not do what was asked.
#[derive(Debug, Error)]
pub enum CaseworkError {
    /// The report breaks rules of the form.
    #[error("the report breaks {} rule(s)", .0.len())]
    ReportInvalid(Vec<Finding>),
    /// What was put forward from a plan breaks rules.
    #[error("the submission breaks {} rule(s)", .0.len())]
    SubmissionInvalid(Vec<Finding>),
    /// The case's state does not allow it.
    #[error("the case is {0}")]
    CaseState(&'static str),
    /// None of the case's payments is in the institutions' records yet.
    #[error("none of the case's payments is in the institutions' records")]
    NoPayments,
    /// The plan's state does not allow it, or a newer version took its place.
    #[error("the plan is {0}")]
    PlanState(&'static str),
    /// The money could not be followed.
    #[error("the money could not be followed")]
    Trace(#[from] TraceError),
    /// Amounts do not add up within 64 bits or mix currencies.
    #[error("the amounts cannot be added up")]
    Money(#[from] MoneyError),
    /// A job's payload is not what its kind needs.
    #[error("job payload of kind {0} cannot be read")]
    JobPayload(String),
    /// An order of the plan was refused by the rules of orders.
    #[error(transparent)]
    Orders(#[from] OrdersError),
    /// The record failed.
    #[error("the record failed")]
    Store(#[from] StoreError),
}
