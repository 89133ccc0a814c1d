//! What can go wrong with casework.

use stanch_graph::TraceError;
use stanch_orders::OrdersError;
use stanch_store::StoreError;
use stanch_types::MoneyError;
use stanch_types::appeal::AppealError;
use stanch_types::batch::BatchError;
use stanch_types::measure::MeasureError;
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
    /// A measure breaks rules.
    #[error("the measure breaks {} rule(s)", .0.len())]
    MeasureInvalid(Vec<Finding>),
    /// A measure cannot be taken or cannot make the step.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// An appeal cannot be filed or cannot make the step.
    #[error(transparent)]
    Appeal(#[from] AppealError),
    /// Another appeal against the measure is open.
    #[error("an appeal against this measure is open already")]
    AppealOpen,
    /// A batch cannot make the step.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A partner is not registered.
    #[error("`{0}` is not a registered institution")]
    PartnerUnknown(String),
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
