//! Taking measures and taking them back.

use serde_json::json;
use stanch_orders::Finding;
use stanch_store::{NewJob, Tx};
use stanch_types::effect::EffectVerb;
use stanch_types::measure::{
    Imposing, LiftCause, Measure, MeasureError, MeasureState, MeasureWish,
};
use stanch_types::terms::FairnessTerms;
use stanch_types::user::{Actor, Role, User};
use stanch_types::{
    Amount, ClaimCode, Ctx, Duration, MeasureBatchId, MeasureId, Timestamp, UserId,
};

use crate::desk::must_be_running;
use crate::effect::tell_partners;
use crate::error::CaseworkError;
use crate::fairness::JOB_MEASURE_TIMER;
use crate::record::{Change, tell};

/// The feed event of every change of a measure.
pub(crate) const FEED_MEASURE: &str = "measure.changed";

/// A measure that was taken, and the claim code that only its notice carries.
#[derive(Debug, Clone)]
pub struct Imposed {
    /// The measure.
    pub measure: Measure,
    /// Opens it without signing in. Given to the partner that shows the notice, and to nobody else.
    pub claim: ClaimCode,
}

/// Takes a measure: stores it with its notice, has every partner told, and sets the timer of its end.
///
/// # Errors
/// [`CaseworkError::MeasureInvalid`] with every broken rule, [`CaseworkError::Measure`],
/// [`CaseworkError::PartnerUnknown`].
pub async fn impose_measure(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    wish: MeasureWish,
    by: Actor,
) -> Result<Imposed, CaseworkError> {
    must_be_running(tx, wish.operation_id).await?;
    let part = Part {
        by,
        with: Vec::new(),
        batch_id: None,
    };
    impose(tx, ctx, terms, wish, part).await
}

/// Who has which part in a measure.
pub(crate) struct Part {
    /// Who decides.
    pub by: Actor,
    /// Who else had a part.
    pub with: Vec<UserId>,
    /// The batch it comes from.
    pub batch_id: Option<MeasureBatchId>,
}

pub(crate) async fn impose(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    wish: MeasureWish,
    part: Part,
) -> Result<Imposed, CaseworkError> {
    let faults = wish.faults();
    if !faults.is_empty() {
        return Err(CaseworkError::MeasureInvalid(
            faults.iter().map(finding).collect(),
        ));
    }
    for partner in wish.reaches() {
        if tx.lookup_institution(&partner).await?.is_none() {
            return Err(CaseworkError::PartnerUnknown(partner.to_string()));
        }
    }
    let claim = ClaimCode::new(ctx);
    let imposing = Imposing {
        id: ctx.new_id(),
        by: part.by.clone(),
        with: part.with,
        at: ctx.now(),
        claim: claim.digest(),
        batch_id: part.batch_id,
    };
    let measure = Measure::impose(wish, imposing, terms)?;
    tx.insert_measure(&measure).await?;
    tell_partners(tx, ctx, terms, &measure, EffectVerb::Apply, Some(&claim)).await?;
    set_timer(tx, ctx, &measure).await?;
    let wish = &measure.wish;
    let change = Change {
        actor: part.by,
        action: "measure.imposed",
        subject: measure.id.to_string(),
        detail: json!({
            "kind": wish.kind, "platform": wish.subject.platform, "state": measure.state.as_str(),
            "automation": wish.automation, "signals": wish.signals.len(),
            "detector": wish.detector.as_ref().map(|it| &it.name), "expires_at": measure.expires_at,
            "notice_at": measure.notice.made_at, "appeal_until": measure.notice.appeal_until,
            "batch_id": measure.batch_id, "case_id": wish.case_id,
        }),
        personal: vec![
            ("subject", wish.subject.reference.expose().to_owned()),
            ("facts", wish.facts.clone()),
        ],
        feed: FEED_MEASURE,
    };
    tell(tx, ctx, change).await?;
    Ok(Imposed { measure, claim })
}

/// What a fault is to whoever submitted the wish.
pub(crate) fn finding(fault: &MeasureError) -> Finding {
    match fault {
        MeasureError::Wish { field, why } => Finding::new(*field, *why),
        MeasureError::State { .. } | MeasureError::NotYet(_) => Finding::new("", fault.to_string()),
    }
}

/// Makes a provisional measure final, as `by`.
///
/// # Errors
/// [`CaseworkError::Measure`] unless it is provisional.
pub async fn confirm_measure(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: MeasureId,
    by: UserId,
) -> Result<Measure, CaseworkError> {
    let measure = tx.lock_measure(id).await?;
    // Its provisional time may be over though the timer has not run yet.
    if let MeasureState::Provisional { until } = measure.state
        && ctx.now() >= until
    {
        let (from, to) = ("expired", "active");
        return Err(MeasureError::State { from, to }.into());
    }
    let confirmed = measure.confirm(by)?;
    tx.update_measure(&confirmed).await?;
    tell_partners(tx, ctx, terms, &confirmed, EffectVerb::Confirm, None).await?;
    set_timer(tx, ctx, &confirmed).await?;
    let actor = Actor::User { id: by };
    step(tx, ctx, &confirmed, actor, "measure.confirmed", json!({})).await?;
    Ok(confirmed)
}

/// Takes a measure back, as `actor`: at all partners within the terms' time.
///
/// # Errors
/// [`CaseworkError::Measure`] if it is over.
pub async fn lift_measure(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: MeasureId,
    cause: LiftCause,
    actor: Actor,
) -> Result<Measure, CaseworkError> {
    let measure = tx.lock_measure(id).await?;
    let facts = json!({ "cause": cause_word(&cause) });
    let mut lifted = measure.lift(ctx.now(), cause)?;
    lifted.reexamine = None;
    tx.update_measure(&lifted).await?;
    tell_partners(tx, ctx, terms, &lifted, EffectVerb::Lift, None).await?;
    step(tx, ctx, &lifted, actor, "measure.lifted", facts).await?;
    Ok(lifted)
}

/// Lets through what livelihood needs while an appeal is looked at. Nothing changes unless the measure is active.
pub(crate) async fn ease_measure(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: MeasureId,
    appeal_id: stanch_types::AppealId,
) -> Result<bool, CaseworkError> {
    let measure = tx.lock_measure(id).await?;
    let Ok(eased) = measure.ease(ctx.now(), appeal_id) else {
        return Ok(false);
    };
    tx.update_measure(&eased).await?;
    tell_partners(tx, ctx, terms, &eased, EffectVerb::Ease, None).await?;
    let facts = json!({ "appeal_id": appeal_id });
    step(tx, ctx, &eased, Actor::System, "measure.eased", facts).await?;
    Ok(true)
}

/// Ends a measure whose time is up, at its deadline whenever this runs; sets its timer anew if it is not.
pub(crate) async fn end_measure(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: MeasureId,
) -> Result<(), CaseworkError> {
    let measure = tx.lock_measure(id).await?;
    match measure.clone().expire(ctx.now()) {
        Ok(mut expired) => {
            expired.reexamine = None;
            tx.update_measure(&expired).await?;
            tell_partners(tx, ctx, terms, &expired, EffectVerb::Expire, None).await?;
            let facts =
                json!({ "provisional": matches!(measure.state, MeasureState::Provisional { .. }) });
            step(tx, ctx, &expired, Actor::System, "measure.expired", facts).await
        }
        Err(MeasureError::NotYet(_)) => set_timer(tx, ctx, &measure).await,
        Err(MeasureError::State { .. } | MeasureError::Wish { .. }) => Ok(()),
    }
}

/// Answers the wish to look at a measure again, because an appeal against its like was upheld: it stays, or it is
/// lifted. Whoever had a part in it does not answer.
///
/// # Errors
/// [`CaseworkError::Appeal`] for a decider or no reviewer, [`CaseworkError::Measure`] if nothing was asked.
pub async fn reexamine_measure(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: MeasureId,
    by: &User,
    lift: Option<String>,
) -> Result<Measure, CaseworkError> {
    use stanch_types::appeal::AppealError;
    let mut measure = tx.lock_measure(id).await?;
    if !by.has(Role::Reviewer) {
        return Err(AppealError::NotReviewer.into());
    }
    if measure.deciders().contains(&by.id) {
        return Err(AppealError::Decider.into());
    }
    if measure.reexamine.is_none() {
        let (from, to) = (measure.state.as_str(), "reexamined");
        return Err(MeasureError::State { from, to }.into());
    }
    let actor = Actor::User { id: by.id };
    if let Some(reason) = lift {
        let cause = LiftCause::Withdrawn { by: by.id, reason };
        return lift_measure(tx, ctx, terms, id, cause, actor).await;
    }
    measure.reexamine = None;
    tx.update_measure(&measure).await?;
    step(tx, ctx, &measure, actor, "measure.kept", json!({})).await?;
    Ok(measure)
}

/// Puts a step of a measure on record.
pub(crate) async fn step(
    tx: &mut Tx,
    ctx: &Ctx,
    measure: &Measure,
    actor: Actor,
    action: &'static str,
    facts: serde_json::Value,
) -> Result<(), CaseworkError> {
    let change = Change {
        actor,
        action,
        subject: measure.id.to_string(),
        detail: json!({ "state": measure.state.as_str(), "facts": facts }),
        personal: Vec::new(),
        feed: FEED_MEASURE,
    };
    tell(tx, ctx, change).await
}

async fn set_timer(tx: &mut Tx, ctx: &Ctx, measure: &Measure) -> Result<(), CaseworkError> {
    if let Some(at) = measure.ends_at() {
        let key = measure.id.to_string();
        let payload = json!({ "measure_id": measure.id });
        enqueue(tx, ctx, JOB_MEASURE_TIMER, &key, payload, at).await?;
    }
    Ok(())
}

/// Adds a job; at most one of its kind and key waits.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    ctx: &Ctx,
    kind: &'static str,
    key: &str,
    payload: serde_json::Value,
    run_at: Timestamp,
) -> Result<(), CaseworkError> {
    let job = NewJob {
        id: ctx.new_id(),
        kind: kind.into(),
        payload,
        run_at,
        unique_key: Some(format!("{kind}:{key}")),
    };
    tx.enqueue_job(&job).await?;
    Ok(())
}

/// Minor units of money times whole hours that a measure kept from its owner until `until`.
pub(crate) fn minor_hours(held: Amount, measure: &Measure, until: Timestamp) -> i64 {
    let time = until.since(measure.decided_at).max(Duration::ZERO);
    let hours = time.as_secs().saturating_add(3_599) / 3_600;
    held.minor().saturating_mul(hours)
}

const fn cause_word(cause: &LiftCause) -> &'static str {
    match cause {
        LiftCause::Appeal { .. } => "appeal",
        LiftCause::NotDecided { .. } => "not_decided",
        LiftCause::Withdrawn { .. } => "withdrawn",
        LiftCause::RolledBack { .. } => "rolled_back",
    }
}
