//! Money flow: every known payment in a time-ordered adjacency, exact tracing of stolen money through it, and the
//! recovery plan that follows from a trace.
//!
//! Pure: no IO, no clock, no randomness, no floats. A graph is a function of the payments and account facts put in,
//! in whatever order they came: payments are ordered by ([`NewPayment::at_ms`], [`TxId`]), never by arrival.
//!
//! Invariants:
//! - what is stored never changes and never goes; a payment repeated with other content is refused;
//! - money is conserved: what the victims paid equals what lies in accounts, left as cash, left the horizon and was
//!   paid in again by the victims ([`TraceTotals`]);
//! - a trace costs the payments that carry stolen money, not the history of the accounts they pass.
//!
//! Layout, rules and costs: `docs/adr/0002-money-flow-graph.md`.

mod account;
mod error;
mod graph;
mod history;
mod index;
mod pattern;
mod payment;
mod plan;
mod replay;
mod restitution;
mod stolen;
mod trace;
mod tx_id;

pub use account::{AccountFacts, AccountView};
pub use error::{GraphError, TraceError};
pub use graph::Graph;
pub use history::Standing;
pub use index::{AccountIx, PaymentIx};
pub use pattern::{
    BadSnapshot, FEATURE_COUNT, FEATURES, Feature, Features, Finding, PatternEngine, PatternKind,
    PatternMemory, PatternPayment, PatternStream, name_pattern,
};
pub use payment::{Inserted, NewPayment, PaymentView};
pub use plan::{PlanDraft, PlanRequest, plan};
pub use replay::{PlanReplay, ReplayError, ReplayOrder, ReplayRules};
pub use restitution::{Claim, Restitution, RestitutionBasis, restitution};
pub use stolen::{Carried, CaseIx, CaughtUp, StolenHolding, StolenLedger};
pub use trace::{
    ExitKind, Trace, TraceRequest, TraceTotals, TraceWork, TracedBalance, TracedExit,
    TracedTransfer,
};
pub use tx_id::TxId;
