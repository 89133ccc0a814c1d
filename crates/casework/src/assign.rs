//! Who has a case.

use serde_json::json;
use stanch_store::Tx;
use stanch_types::case::{Case, CaseState};
use stanch_types::lead::LeadState;
use stanch_types::user::Actor;
use stanch_types::{CaseId, Ctx, UserId};

use crate::error::CaseworkError;
use crate::record::{audit, feed_case};

/// Gives a case to `to`, who takes it. Taking one's own case again changes nothing.
///
/// # Errors
/// [`CaseworkError::CaseState`] if the case is not worked on any more.
pub async fn assign_case(
    tx: &mut Tx,
    ctx: &Ctx,
    case_id: CaseId,
    to: UserId,
) -> Result<Case, CaseworkError> {
    let mut case = tx.lock_case(case_id).await?;
    if !matches!(case.state, CaseState::Open | CaseState::Filed { .. }) {
        return Err(CaseworkError::CaseState(case.state.as_str()));
    }
    if case.assigned_to == Some(to) {
        return Ok(case);
    }
    case.assigned_to = Some(to);
    tx.update_case(&case).await?;
    let mut lead = tx.lead_of_case(case_id).await?;
    let assigned = LeadState::Assigned { to };
    if lead.state.may_become(&assigned) {
        lead.state = assigned;
        tx.update_lead(&lead).await?;
    }
    let facts = json!({ "to": to });
    let actor = Actor::User { id: to };
    audit(tx, ctx, actor, "case.assigned", case_id.to_string(), facts).await?;
    feed_case(tx, ctx, "case.updated", case_id).await?;
    Ok(case)
}
