//! Casework: a report becomes a lead and a case, the case's money is followed, a plan is made and put forward.
//!
//! Every workflow takes the open transaction and writes record, audit entry, feed event and jobs in it. Graph work
//! happens under the ledger's read guard in plain functions and never across an `.await`.
//!
//! Invariants: nothing reported is dropped (a report ends in a case, payments that are not in the institutions'
//! records yet are looked for again with every plan); a plan that was put forward is never changed, a newer version
//! takes its place. Not here: sending orders (`orders`), tracing itself (`graph`), who may do what (`server`).

mod assign;
mod error;
mod job;
mod matching;
mod plan;
mod record;
mod report;
mod submit;
mod trace;
mod validate;
mod watch;

pub use assign::assign_case;
pub use error::{CaseworkError, Finding};
pub use job::{JOB_KINDS, JOB_PLAN, REPLAN_AFTER, run_job};
pub use matching::{MATCH_WINDOW, match_payments};
pub use plan::{held_amounts, plan_case};
pub use report::{Received, receive_report};
pub use submit::{
    LINES_MAX, PlanSubmission, SubmittedLine, approve_plan, decline_plan, submit_plan,
};
pub use trace::{
    CaseTrace, CaseTraceTotals, HeldAmounts, TraceEdge, TraceExit, TraceNode, trace_case,
};
pub use validate::check_report;
pub use watch::CaseWatch;
