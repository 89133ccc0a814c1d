//! What a reporter may see and do with a claim code.

use serde_json::json;
use stanch_store::Tx;
use stanch_types::report::{Report, ReportState};
use stanch_types::user::Actor;
use stanch_types::{ClaimCode, Ctx, ReportId, Timestamp};

use crate::error::CaseworkError;
use crate::record::audit;

/// What the reporter is told: where the report stands, what is asked, what was answered. Nothing else.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ReportStatus {
    /// When the report was received.
    pub received_at: Timestamp,
    /// The word of its state.
    #[schema(example = "lead_opened")]
    pub state: &'static str,
    /// What the reporter is asked for, if anything.
    #[schema(required = true)]
    pub question: Option<String>,
    /// The answer, once it is closed.
    #[schema(required = true)]
    pub answer: Option<String>,
    /// How many things were told later.
    pub additions: usize,
    /// How many pictures and documents arrived.
    pub attachments: usize,
}

impl From<&Report> for ReportStatus {
    fn from(report: &Report) -> Self {
        let (question, answer) = match &report.state {
            ReportState::NeedsInfo { question } => (Some(question.clone()), None),
            ReportState::Closed { answer, .. } => (None, Some(answer.clone())),
            ReportState::Received
            | ReportState::Triaged
            | ReportState::Merged { .. }
            | ReportState::LeadOpened { .. }
            | ReportState::NotFraud { .. } => (None, None),
        };
        Self {
            received_at: report.received_at,
            state: report.state.as_str(),
            question,
            answer,
            additions: report.additions.len(),
            attachments: report.attachments.len(),
        }
    }
}

/// Gives the report a claim code, which is shown once; an earlier one opens it no more.
///
/// # Errors
/// Those of the record.
pub async fn give_claim(
    tx: &mut Tx,
    ctx: &Ctx,
    id: ReportId,
    actor: Actor,
) -> Result<ClaimCode, CaseworkError> {
    let code = ClaimCode::new(ctx);
    tx.set_report_claim(id, &code.digest()).await?;
    let subject = id.to_string();
    audit(tx, ctx, actor, "report.claim_given", subject, json!({})).await?;
    Ok(code)
}

/// The report that a claim code opens.
///
/// # Errors
/// [`CaseworkError::NoSuchClaim`].
pub async fn claimed_report(tx: &mut Tx, code: &ClaimCode) -> Result<Report, CaseworkError> {
    let found = tx.lookup_report_by_claim(&code.digest()).await?;
    found.ok_or(CaseworkError::NoSuchClaim)
}
