//! The steps of cases. A case is closed only when what came of its lead is on record, and its reporters are answered
//! then.

use serde::Deserialize;
use serde_json::json;
use stanch_store::Tx;
use stanch_types::case::{Case, CaseState};
use stanch_types::report::ReportState;
use stanch_types::user::Actor;
use stanch_types::{CaseId, Ctx, Duration};

use crate::error::CaseworkError;
use crate::record::{audit, enqueue_plan, feed_case};
use crate::report_step::close_report;
use crate::wording::Wording;

/// Longest reason, reference or outcome, in characters.
const WORDS_CHARS_MAX: usize = 500;
/// Longest answer to a reporter, in characters.
pub(crate) const ANSWER_CHARS_MAX: usize = 2_000;
/// Most reports of a case that are answered when it is closed.
const REPORTS_MAX: i64 = 20_000;

/// A step of a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum CaseStep {
    /// Filed as a criminal case; also taken up again after a suspension.
    File {
        /// The authority's case number, 1 to 500 characters.
        reference: String,
    },
    /// Solved.
    Solve {},
    /// Suspended.
    Suspend {
        /// Why, 1 to 500 characters.
        reason: String,
    },
    /// Withdrawn.
    Withdraw {
        /// Why, 1 to 500 characters.
        reason: String,
    },
    /// Closed: its lead must have an outcome.
    Close {
        /// The outcome, 1 to 500 characters.
        outcome: String,
        /// What its reporters are told, 1 to 2,000 characters.
        answer: String,
    },
}

/// Takes a step with a case.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`CaseworkError::Step`] if the case's state does not allow it;
/// [`CaseworkError::LeadOpen`] if it is to be closed and its lead has no outcome.
pub async fn step_case(
    tx: &mut Tx,
    ctx: &Ctx,
    id: CaseId,
    step: CaseStep,
    actor: Actor,
) -> Result<Case, CaseworkError> {
    check(&step)?;
    let before = tx.lock_case(id).await?;
    let mut answer = None;
    let (next, action, facts) = match step {
        CaseStep::File { reference } => {
            let facts = json!({ "reference": reference });
            (CaseState::Filed { reference }, "case.filed", facts)
        }
        CaseStep::Solve {} => (CaseState::Solved, "case.solved", json!({})),
        CaseStep::Suspend { reason } => {
            let facts = json!({ "reason": reason });
            (CaseState::Suspended { reason }, "case.suspended", facts)
        }
        CaseStep::Withdraw { reason } => {
            let facts = json!({ "reason": reason });
            (CaseState::Withdrawn { reason }, "case.withdrawn", facts)
        }
        CaseStep::Close {
            outcome,
            answer: told,
        } => {
            let facts = json!({ "outcome": outcome });
            answer = Some((outcome.clone(), told));
            (CaseState::Closed { outcome }, "case.closed", facts)
        }
    };
    let case = before.moved(next)?;
    if answer.is_some() && !tx.lock_lead_of_case(id).await?.has_ended() {
        return Err(CaseworkError::LeadOpen);
    }
    tx.update_case(&case).await?;
    audit(tx, ctx, actor.clone(), action, id.to_string(), facts).await?;
    feed_case(tx, ctx, "case.updated", id).await?;
    if let Some((reason, answer)) = answer {
        answer_reporters(tx, ctx, id, &reason, &answer, &actor).await?;
    }
    if matches!(case.state, CaseState::Filed { .. }) {
        // Taken up again after a suspension, the money may have moved on.
        enqueue_plan(tx, ctx, id, Duration::ZERO).await?;
    }
    Ok(case)
}

fn check(step: &CaseStep) -> Result<(), CaseworkError> {
    let mut wording = Wording::default();
    match step {
        CaseStep::File { reference } => wording.text("/reference", reference, WORDS_CHARS_MAX),
        CaseStep::Solve {} => {}
        CaseStep::Suspend { reason } | CaseStep::Withdraw { reason } => {
            wording.text("/reason", reason, WORDS_CHARS_MAX);
        }
        CaseStep::Close { outcome, answer } => {
            wording.text("/outcome", outcome, WORDS_CHARS_MAX);
            wording.text("/answer", answer, ANSWER_CHARS_MAX);
        }
    }
    wording.found()
}

/// Answers and closes every report of the case that is not closed yet.
async fn answer_reporters(
    tx: &mut Tx,
    ctx: &Ctx,
    id: CaseId,
    reason: &str,
    answer: &str,
    actor: &Actor,
) -> Result<(), CaseworkError> {
    for report in tx.reports_of_case(id, REPORTS_MAX).await? {
        if matches!(report.state, ReportState::Closed { .. }) {
            continue;
        }
        close_report(tx, ctx, report.id, reason, answer, actor).await?;
    }
    Ok(())
}
