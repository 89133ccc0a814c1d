//! The steps of a report after triage: asking the reporter, what they answer, money that was not sent, finding that it is
//! no fraud, closing.

use serde::Deserialize;
use serde_json::{Value, json};
use stanch_store::Tx;
use stanch_types::report::{ADDITIONS_MAX, Addition, Prevented, Report, ReportState};
use stanch_types::user::Actor;
use stanch_types::{Amount, Ctx, InstitutionCode, ReportId};

use crate::case::ANSWER_CHARS_MAX;
use crate::error::CaseworkError;
use crate::record::{audit, feed_report};
use crate::wording::Wording;

/// Longest question or reason, in characters.
const WORDS_CHARS_MAX: usize = 500;
/// Longest addition, in characters.
const ADDITION_CHARS_MAX: usize = 5_000;

/// A step of a report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReportStep {
    /// Ask the reporter for what is missing.
    Ask {
        /// What, 1 to 500 characters.
        question: String,
    },
    /// Write down what the reporter told later, asked or not.
    Add {
        /// The words, 1 to 5,000 characters.
        text: String,
    },
    /// Write down that money was not sent because somebody was warned in time; told again, the last word counts.
    Prevent {
        /// How much was about to be sent, more than nothing.
        amount: Amount,
        /// Where it stayed, if it is known.
        #[serde(default)]
        institution: Option<InstitutionCode>,
    },
    /// It is no fraud.
    NotFraud {
        /// Why, 1 to 500 characters.
        reason: String,
    },
    /// Answer the reporter and close it.
    Close {
        /// Why it is closed, 1 to 500 characters.
        reason: String,
        /// What the reporter is told, 1 to 2,000 characters.
        answer: String,
    },
}

/// Takes a step with a report.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`CaseworkError::Step`] if the report's state does not allow it.
pub async fn step_report(
    tx: &mut Tx,
    ctx: &Ctx,
    id: ReportId,
    step: ReportStep,
    actor: Actor,
) -> Result<Report, CaseworkError> {
    let mut wording = Wording::default();
    let (next, action) = match step {
        ReportStep::Ask { question } => {
            wording.text("/question", &question, WORDS_CHARS_MAX);
            (ReportState::NeedsInfo { question }, "report.needs_info")
        }
        ReportStep::Add { text } => return add_to_report(tx, ctx, id, text, actor).await,
        ReportStep::Prevent {
            amount,
            institution,
        } => {
            if amount.minor() <= 0 {
                return Err(Wording::refusal("/amount/minor", "more than nothing"));
            }
            return note_prevented(tx, ctx, id, amount, institution, actor).await;
        }
        ReportStep::NotFraud { reason } => {
            wording.text("/reason", &reason, WORDS_CHARS_MAX);
            (ReportState::NotFraud { reason }, "report.not_fraud")
        }
        ReportStep::Close { reason, answer } => {
            wording.text("/reason", &reason, WORDS_CHARS_MAX);
            wording.text("/answer", &answer, ANSWER_CHARS_MAX);
            wording.found()?;
            return close_report(tx, ctx, id, &reason, &answer, &actor).await;
        }
    };
    wording.found()?;
    let report = tx.lock_report(id).await?.moved(next)?;
    keep(tx, ctx, &report, actor, action, json!({})).await?;
    Ok(report)
}

/// Writes down what the reporter told later. A report that waited for it goes on where it was.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`CaseworkError::Step`] if the report is closed.
pub async fn add_to_report(
    tx: &mut Tx,
    ctx: &Ctx,
    id: ReportId,
    text: String,
    actor: Actor,
) -> Result<Report, CaseworkError> {
    let mut wording = Wording::default();
    wording.text("/text", &text, ADDITION_CHARS_MAX);
    wording.found()?;
    let mut report = tx.lock_report(id).await?;
    must_be_open(&report)?;
    if report.additions.len() >= ADDITIONS_MAX {
        let why = "the report has 50 additions already";
        return Err(Wording::refusal("/text", why));
    }
    report.additions.push(Addition {
        at: ctx.now(),
        by: actor.clone(),
        text,
    });
    let answered = matches!(report.state, ReportState::NeedsInfo { .. });
    if answered {
        report = report.moved(ReportState::Triaged)?;
        if let Some(case_id) = report.case_id {
            let lead = tx.lead_of_case(case_id).await?;
            let next = if lead.report_id == report.id {
                ReportState::LeadOpened { lead_id: lead.id }
            } else {
                ReportState::Merged { case_id }
            };
            report = report.moved(next)?;
        }
    }
    let facts = json!({ "additions": report.additions.len(), "answered": answered });
    keep(tx, ctx, &report, actor, "report.added_to", facts).await?;
    Ok(report)
}

async fn note_prevented(
    tx: &mut Tx,
    ctx: &Ctx,
    id: ReportId,
    amount: Amount,
    institution: Option<InstitutionCode>,
    actor: Actor,
) -> Result<Report, CaseworkError> {
    let mut report = tx.lock_report(id).await?;
    must_be_open(&report)?;
    let facts = json!({ "amount": amount, "institution": institution });
    report.prevented = Some(Prevented {
        at: ctx.now(),
        by: actor.clone(),
        amount,
        institution,
    });
    keep(tx, ctx, &report, actor, "report.prevented", facts).await?;
    Ok(report)
}

/// That the report is not closed.
pub(crate) fn must_be_open(report: &Report) -> Result<(), CaseworkError> {
    if let ReportState::Closed { .. } = report.state {
        return Err(CaseworkError::ReportClosed);
    }
    Ok(())
}

/// Answers the reporter and closes the report.
pub(crate) async fn close_report(
    tx: &mut Tx,
    ctx: &Ctx,
    id: ReportId,
    reason: &str,
    answer: &str,
    actor: &Actor,
) -> Result<Report, CaseworkError> {
    let next = ReportState::Closed {
        reason: reason.to_owned(),
        answer: answer.to_owned(),
    };
    let report = tx.lock_report(id).await?.moved(next)?;
    keep(tx, ctx, &report, actor.clone(), "report.closed", json!({})).await?;
    Ok(report)
}

async fn keep(
    tx: &mut Tx,
    ctx: &Ctx,
    report: &Report,
    actor: Actor,
    action: &'static str,
    facts: Value,
) -> Result<(), CaseworkError> {
    tx.update_report(report).await?;
    audit(tx, ctx, actor, action, report.id.to_string(), facts).await?;
    feed_report(tx, ctx, report).await
}
