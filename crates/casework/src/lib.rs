//! Casework: a report becomes a lead and a case, the case's money is followed, a plan is made and put forward.
//!
//! Every workflow takes the open transaction and writes record, audit entry, feed event and jobs in it. Graph work
//! happens under the ledger's read guard in plain functions and never across an `.await`.
//!
//! Invariants: nothing reported is dropped (a report ends in a case, payments that are not in the institutions'
//! records yet are looked for again with every plan); a plan that was put forward is never changed, a newer version
//! takes its place; a measure has a notice and an end, its lift reaches every partner, and who decided it does not
//! review it. Not here: sending orders (`orders`), tracing itself (`graph`), who may do what (`server`).

mod appeal;
mod assign;
mod attach;
mod batch;
mod bulk;
mod case;
mod claim;
mod desk;
mod effect;
mod error;
mod fairness;
mod job;
mod key;
mod lead;
mod matching;
mod measure;
mod person;
mod plan;
mod privacy;
mod record;
mod report;
mod report_step;
mod seizure;
mod submit;
mod trace;
mod validate;
mod watch;
mod wording;

pub use appeal::{
    Filed, add_material, ask_materials, decide_appeal, ease_now, file_appeal, go_outside,
    take_appeal,
};
pub use assign::{assign_case, assign_case_to};
pub use attach::{ATTACHMENT_BYTES_MAX, attach};
pub use batch::{Asked, approve_batch, ask_batch, decline_batch, roll_back_batch, roll_back_lines};
pub use bulk::{BULK_AT_ONCE, BulkOutcome, BulkReport, RefusedReport, read_bulk, take_bulk};
pub use case::{CaseStep, step_case};
pub use claim::{ReportStatus, claimed_report, give_claim};
pub use desk::{
    BULK_CASES_MAX, BulkAction, BulkResult, HandOverWish, JOB_WAITING, add_note, claim_next,
    do_with_cases, end_operation, end_task, escalate_waiting, give_task, hand_over, reassign_task,
    set_team, start_operation, start_shift, take_by,
};
pub use effect::{EFFECT_WAIT_MAX, Partners};
pub use error::{CaseworkError, Finding};
pub use fairness::{FAIRNESS_JOBS, run_fairness_job};
pub use job::{JOB_KINDS, JOB_PLAN, REPLAN_AFTER, run_job};
pub use lead::{JOB_REFERRAL, LeadStep, escalate_referral, step_lead};
pub use matching::{MATCH_WINDOW, match_payments};
pub use measure::{Imposed, confirm_measure, impose_measure, lift_measure, reexamine_measure};
pub use person::Person;
pub use plan::{held_amounts, plan_case};
pub use privacy::{Erased, Held, Kept, Over, erase, erase_over, held_on};
pub use report::{NewReport, Received, receive_new_report, receive_report};
pub use report_step::{ReportStep, add_to_report, step_report};
pub use seizure::{SeizureStep, add_seizure, end_seizure};
pub use submit::{
    LINES_MAX, PlanSubmission, SubmittedLine, approve_plan, decline_plan, submit_plan,
};
pub use trace::{
    CaseTrace, CaseTraceTotals, HeldAmounts, TraceEdge, TraceExit, TraceNode, trace_case,
};
pub use validate::check_report;
pub use watch::CaseWatch;
