//! Audit entries, feed events and jobs of casework.

use serde_json::{Value, json};
use stanch_store::{AuditEntry, FeedEvent, NewJob, Tx};
use stanch_types::plan::Plan;
use stanch_types::user::Actor;
use stanch_types::{CaseId, Ctx, Duration};

use crate::error::CaseworkError;
use crate::job::JOB_PLAN;

pub(crate) async fn audit(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: Actor,
    action: &'static str,
    subject: String,
    detail: Value,
) -> Result<(), CaseworkError> {
    let entry = AuditEntry {
        at: ctx.now(),
        actor,
        action,
        subject,
        detail,
        personal: Vec::new(),
    };
    tx.append_audit(&entry).await?;
    Ok(())
}

/// What is told about a change: to the audit tree, and to consoles.
pub(crate) struct Change<'a> {
    /// Who.
    pub actor: Actor,
    /// Audit action.
    pub action: &'static str,
    /// The record it is about.
    pub subject: String,
    /// Facts without personal data.
    pub detail: Value,
    /// Facts with personal data: only their salted commitments enter the tree.
    pub personal: Vec<(&'static str, String)>,
    /// The feed event that consoles are told of.
    pub feed: &'a str,
}

/// Puts a change on the audit record and tells consoles.
pub(crate) async fn tell(tx: &mut Tx, ctx: &Ctx, change: Change<'_>) -> Result<(), CaseworkError> {
    let at = ctx.now();
    let event = FeedEvent {
        kind: change.feed.to_owned(),
        subject: change.subject.clone(),
        at,
        data: json!({ "id": change.subject, "action": change.action }),
    };
    let entry = AuditEntry {
        at,
        actor: change.actor,
        action: change.action,
        subject: change.subject,
        detail: change.detail,
        personal: change.personal,
    };
    tx.append_audit(&entry).await?;
    tx.append_feed(&event).await?;
    Ok(())
}

/// Tells consoles that a case was opened or changed.
pub(crate) async fn feed_case(
    tx: &mut Tx,
    ctx: &Ctx,
    kind: &str,
    case_id: CaseId,
) -> Result<(), CaseworkError> {
    let event = FeedEvent {
        kind: kind.to_owned(),
        subject: case_id.to_string(),
        at: ctx.now(),
        data: json!({ "case_id": case_id }),
    };
    tx.append_feed(&event).await?;
    Ok(())
}

/// Tells consoles that a plan was made or moved.
pub(crate) async fn feed_plan(
    tx: &mut Tx,
    ctx: &Ctx,
    kind: &str,
    plan: &Plan,
) -> Result<(), CaseworkError> {
    let event = FeedEvent {
        kind: kind.to_owned(),
        subject: plan.id.to_string(),
        at: ctx.now(),
        data: json!({
            "case_id": plan.case_id, "plan_id": plan.id, "version": plan.version, "state": plan.state.as_str(),
        }),
    };
    tx.append_feed(&event).await?;
    Ok(())
}

/// Has the case planned `after` from now; at most one such job waits for a case.
pub(crate) async fn enqueue_plan(
    tx: &mut Tx,
    ctx: &Ctx,
    case_id: CaseId,
    after: Duration,
) -> Result<bool, CaseworkError> {
    let job = NewJob {
        id: ctx.new_id(),
        kind: JOB_PLAN.into(),
        payload: json!({ "case_id": case_id }),
        run_at: ctx.now().plus(after),
        unique_key: Some(format!("{JOB_PLAN}:{case_id}")),
    };
    Ok(tx.enqueue_job(&job).await?)
}
