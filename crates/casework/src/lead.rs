//! The steps of leads. No lead ends without an outcome; a lead that was joined to another takes that one's.

use serde::Deserialize;
use serde_json::{Value, json};
use stanch_store::{NewJob, Tx};
use stanch_types::case::{Case, CaseState};
use stanch_types::lead::{Lead, LeadState, OutcomeKind};
use stanch_types::user::{Actor, Role};
use stanch_types::{CaseId, Ctx, Duration, LeadId, Timestamp, UserId};

use crate::error::CaseworkError;
use crate::key::{payment_keys, suspect_keys};
use crate::record::{audit, enqueue_plan, feed_case, feed_lead};
use crate::wording::Wording;

/// Escalates a referral whose answer is overdue.
pub const JOB_REFERRAL: &str = "lead.referral_due";
/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;
/// Longest outcome in words, in characters.
const DETAIL_CHARS_MAX: usize = 2_000;
/// Longest name of a unit or source, in characters.
const UNIT_CHARS_MAX: usize = 128;
/// A unit is given at most this long to answer.
const ANSWER_WITHIN_MAX: Duration = Duration::from_days(366);
/// Most reports that go over with a lead.
const REPORTS_MAX: i64 = 20_000;
/// Most leads joined to one that get its outcome in one go.
const MERGED_MAX: i64 = 10_000;

/// A step of a lead.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum LeadStep {
    /// Give it to a person, who is an analyst.
    Assign {
        /// To whom.
        to: UserId,
    },
    /// Begin to work on it; who does has it.
    Investigate {},
    /// Hand it to another unit, which must send the outcome back (Anti-Fraud Law art. 26).
    Refer {
        /// To which unit, 1 to 128 characters.
        to: String,
        /// By when it must have answered: in the future, within a year.
        due_at: Timestamp,
    },
    /// Nothing is to be done.
    NoAction {
        /// Why, 1 to 500 characters.
        reason: String,
    },
    /// Join it to another lead: its case's payments go over to that one's case.
    Merge {
        /// Which.
        into: LeadId,
    },
    /// Put on record what came of it.
    RecordOutcome {
        /// What.
        kind: OutcomeKind,
        /// In words, 1 to 2,000 characters.
        detail: String,
        /// Who said so, 1 to 128 characters.
        told_by: String,
    },
}

/// Takes a step with a lead.
///
/// # Errors
/// [`CaseworkError::StepInvalid`] with what is wrong with the step; [`CaseworkError::Step`] if the lead's state does not
/// allow it.
pub async fn step_lead(
    tx: &mut Tx,
    ctx: &Ctx,
    id: LeadId,
    step: LeadStep,
    by: UserId,
) -> Result<Lead, CaseworkError> {
    check(&step, ctx.now())?;
    let before = tx.lock_lead(id).await?;
    match &step {
        LeadStep::Merge { into } => return merge(tx, ctx, before, *into, by).await,
        LeadStep::Assign { to } => must_be_analyst(tx, *to).await?,
        LeadStep::Investigate {}
        | LeadStep::Refer { .. }
        | LeadStep::NoAction { .. }
        | LeadStep::RecordOutcome { .. } => {}
    }
    let (next, action, facts) = intended(&before, step, by, ctx.now())?;
    let lead = before.moved(next)?;
    let actor = Actor::User { id: by };
    keep(tx, ctx, &lead, actor, action, facts).await?;
    if let LeadState::Referred { due_at, .. } = &lead.state {
        remind(tx, ctx, lead.id, *due_at).await?;
    }
    if lead.has_ended() {
        pass_on(tx, ctx, &lead).await?;
    }
    Ok(lead)
}

/// The state that `step` leads to, the word for the audit record and the facts that go with it.
fn intended(
    before: &Lead,
    step: LeadStep,
    by: UserId,
    now: Timestamp,
) -> Result<(LeadState, &'static str, Value), CaseworkError> {
    Ok(match step {
        LeadStep::Assign { to } => {
            let facts = json!({ "to": to });
            (LeadState::Assigned { to }, "lead.assigned", facts)
        }
        LeadStep::Investigate {} => {
            if let LeadState::Assigned { to } = before.state
                && to != by
            {
                let why = "another person has it; give it to yourself first";
                return Err(Wording::refusal("/step", why));
            }
            let facts = json!({});
            (LeadState::Investigating { by }, "lead.investigated", facts)
        }
        LeadStep::Refer { to, due_at } => {
            let facts = json!({ "to": to, "due_at": due_at });
            let next = LeadState::Referred {
                to,
                by,
                due_at,
                escalated_at: None,
            };
            (next, "lead.referred", facts)
        }
        LeadStep::NoAction { reason } => {
            let facts = json!({ "reason": reason });
            (LeadState::NoAction { reason, by }, "lead.no_action", facts)
        }
        LeadStep::Merge { into } => {
            let facts = json!({ "into": into });
            (LeadState::Merged { into, by }, "lead.merged", facts)
        }
        LeadStep::RecordOutcome {
            kind,
            detail,
            told_by,
        } => {
            let facts = json!({ "kind": kind, "told_by": told_by });
            let next = LeadState::OutcomeRecorded {
                kind,
                detail,
                told_by,
                by: Actor::User { id: by },
                at: now,
            };
            (next, "lead.outcome_recorded", facts)
        }
    })
}

fn check(step: &LeadStep, now: Timestamp) -> Result<(), CaseworkError> {
    let mut wording = Wording::default();
    match step {
        LeadStep::Assign { .. } | LeadStep::Investigate {} | LeadStep::Merge { .. } => {}
        LeadStep::Refer { to, due_at } => {
            wording.text("/to", to, UNIT_CHARS_MAX);
            if *due_at <= now || *due_at > now.plus(ANSWER_WITHIN_MAX) {
                wording.add("/due_at", "it lies in the future, within a year");
            }
        }
        LeadStep::NoAction { reason } => wording.text("/reason", reason, REASON_CHARS_MAX),
        LeadStep::RecordOutcome {
            detail, told_by, ..
        } => {
            wording.text("/detail", detail, DETAIL_CHARS_MAX);
            wording.text("/told_by", told_by, UNIT_CHARS_MAX);
        }
    }
    wording.found()
}

async fn must_be_analyst(tx: &mut Tx, to: UserId) -> Result<(), CaseworkError> {
    let user = tx.get_user(to).await?;
    if user.disabled_at.is_none() && user.has(Role::Analyst) {
        Ok(())
    } else {
        Err(Wording::refusal("/to", "this person works on no leads"))
    }
}

async fn keep(
    tx: &mut Tx,
    ctx: &Ctx,
    lead: &Lead,
    actor: Actor,
    action: &'static str,
    facts: Value,
) -> Result<(), CaseworkError> {
    tx.update_lead(lead).await?;
    audit(tx, ctx, actor, action, lead.id.to_string(), facts).await?;
    feed_lead(tx, ctx, "lead.updated", lead).await
}

/// Joins `lead` to `into`: what its case knows of stolen money goes over, its case is withdrawn.
async fn merge(
    tx: &mut Tx,
    ctx: &Ctx,
    lead: Lead,
    into: LeadId,
    by: UserId,
) -> Result<Lead, CaseworkError> {
    if into == lead.id {
        return Err(Wording::refusal("/into", "it is the same lead"));
    }
    let target = tx.lock_lead(into).await?;
    if matches!(target.state, LeadState::Merged { .. }) {
        let why = "it was joined to another lead itself";
        return Err(Wording::refusal("/into", why));
    }
    let (next, action, facts) = intended(&lead, LeadStep::Merge { into }, by, ctx.now())?;
    let lead = lead.moved(next)?;
    let actor = Actor::User { id: by };
    keep(tx, ctx, &lead, actor, action, facts).await?;
    hand_over(tx, ctx, lead.case_id, target.case_id, by).await?;
    if target.has_ended() {
        pass_on(tx, ctx, &target).await?;
    }
    tx.get_lead(lead.id).await.map_err(CaseworkError::from)
}

/// Moves the victims' payments and the reports of a case to the one its lead was joined to, and withdraws it.
async fn hand_over(
    tx: &mut Tx,
    ctx: &Ctx,
    from: CaseId,
    to: CaseId,
    by: UserId,
) -> Result<(), CaseworkError> {
    if from == to {
        return Ok(());
    }
    // Locked in the order of their ids, so that two such steps never wait for each other.
    let (source, mut target) = if from < to {
        let source = tx.lock_case(from).await?;
        (source, tx.lock_case(to).await?)
    } else {
        let target = tx.lock_case(to).await?;
        (tx.lock_case(from).await?, target)
    };
    let worked_on = |case: &Case| matches!(case.state, CaseState::Open | CaseState::Filed { .. });
    if !worked_on(&target) {
        return Err(CaseworkError::CaseState(target.state.as_str()));
    }
    if !worked_on(&source) {
        return Ok(());
    }
    add_up(&mut target, &source)?;
    let reason = format!("joined to {}", target.number);
    let source = source.moved(CaseState::Withdrawn { reason })?;
    tx.update_case(&source).await?;
    tx.update_case(&target).await?;
    tx.add_case_keys(to, &payment_keys(&target.victim_payments))
        .await?;
    for mut report in tx.reports_of_case(from, REPORTS_MAX).await? {
        report.case_id = Some(to);
        tx.update_report(&report).await?;
        tx.add_case_keys(to, &suspect_keys(&report.content)).await?;
    }
    let actor = Actor::User { id: by };
    let (left, taken) = ("case.withdrawn", "case.case_joined");
    let facts = json!({ "into": to, "number": target.number });
    audit(tx, ctx, actor.clone(), left, from.to_string(), facts).await?;
    let facts = json!({ "case_id": from, "number": source.number });
    audit(tx, ctx, actor, taken, to.to_string(), facts).await?;
    feed_case(tx, ctx, "case.updated", from).await?;
    feed_case(tx, ctx, "case.updated", to).await?;
    enqueue_plan(tx, ctx, to, Duration::ZERO).await?;
    Ok(())
}

/// Adds what `source` knows of stolen money to `target`.
fn add_up(target: &mut Case, source: &Case) -> Result<(), CaseworkError> {
    let mut fresh = source.victim_payments.clone();
    fresh.retain(|tx_id| !target.victim_payments.contains(tx_id));
    // Where the cases tell of the same payments, their sum would count them twice.
    let disjoint = fresh.len() == source.victim_payments.len();
    if disjoint && source.loss.currency() == target.loss.currency() {
        target.loss = target.loss.checked_add(source.loss)?;
    }
    target.victim_payments.append(&mut fresh);
    target.priority = target.priority.min(source.priority);
    target.clock.transfer_at = target.clock.transfer_at.max(source.clock.transfer_at);
    Ok(())
}

/// Gives the outcome of `lead` to the leads that were joined to it, and to those joined to them.
async fn pass_on(tx: &mut Tx, ctx: &Ctx, lead: &Lead) -> Result<(), CaseworkError> {
    let mut waiting = tx.leads_merged_into(lead.id, MERGED_MAX).await?;
    while let Some(merged) = waiting.pop() {
        let LeadState::OutcomeRecorded { kind, detail, .. } = &lead.state else {
            return Ok(());
        };
        let ended = tx
            .lock_lead(merged.id)
            .await?
            .moved(LeadState::OutcomeRecorded {
                kind: *kind,
                detail: detail.clone(),
                told_by: lead.id.to_string(),
                by: Actor::System,
                at: ctx.now(),
            })?;
        let facts = json!({ "kind": kind, "told_by": lead.id });
        keep(
            tx,
            ctx,
            &ended,
            Actor::System,
            "lead.outcome_recorded",
            facts,
        )
        .await?;
        waiting.extend(tx.leads_merged_into(ended.id, MERGED_MAX).await?);
    }
    Ok(())
}

async fn remind(
    tx: &mut Tx,
    ctx: &Ctx,
    id: LeadId,
    due_at: Timestamp,
) -> Result<(), CaseworkError> {
    let job = NewJob {
        id: ctx.new_id(),
        kind: JOB_REFERRAL.into(),
        payload: json!({ "lead_id": id }),
        run_at: due_at,
        unique_key: Some(format!("{JOB_REFERRAL}:{id}")),
    };
    tx.enqueue_job(&job).await?;
    Ok(())
}

/// Marks a referral whose answer did not come in time, and tells consoles. Does nothing when the answer came, or when
/// the mark is there.
///
/// # Errors
/// Those of the record.
pub async fn escalate_referral(tx: &mut Tx, ctx: &Ctx, id: LeadId) -> Result<bool, CaseworkError> {
    let lead = tx.lock_lead(id).await?;
    let Some(lead) = lead.escalated(ctx.now()) else {
        return Ok(false);
    };
    let mut facts = json!({});
    if let LeadState::Referred { to, due_at, .. } = &lead.state {
        facts = json!({ "to": to, "due_at": due_at });
    }
    tx.update_lead(&lead).await?;
    let subject = lead.id.to_string();
    audit(tx, ctx, Actor::System, "lead.escalated", subject, facts).await?;
    feed_lead(tx, ctx, "lead.overdue", &lead).await?;
    Ok(true)
}
