//! Appeals: filed without signing in, decided by somebody else, carried out at once.

use serde_json::json;
use stanch_store::{StoreError, Tx};
use stanch_types::appeal::{
    Appeal, AppealChannel, AppealDue, AppealError, AppealOutcome, AppealState, Decision, Filing,
    Livelihood, Material, Reviewer,
};
use stanch_types::effect::EffectState;
use stanch_types::label::{EventLabel, LabelSource, Truth};
use stanch_types::measure::{LiftCause, Measure};
use stanch_types::terms::FairnessTerms;
use stanch_types::user::{Actor, User};
use stanch_types::{AppealId, Ctx, Duration, MeasureId, Timestamp};

use crate::error::CaseworkError;
use crate::fairness::JOB_APPEAL_TIMER;
use crate::measure::{ease_measure, enqueue, lift_measure, minor_hours, step};
use crate::record::{Change, tell};

/// The feed event of every change of an appeal.
const FEED_APPEAL: &str = "appeal.changed";

/// What somebody files.
#[derive(Debug, Clone)]
pub struct Filed {
    /// How it came in.
    pub channel: AppealChannel,
    /// What they say, 1 to 5,000 characters.
    pub says: String,
    /// What hangs on it.
    pub livelihood: Option<Livelihood>,
}

/// Files an appeal and acknowledges it; sets its timers.
///
/// # Errors
/// [`CaseworkError::AppealOpen`], [`CaseworkError::Appeal`], [`CaseworkError::Store`] if the measure is not stored.
pub async fn file_appeal(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    measure_id: MeasureId,
    filed: Filed,
) -> Result<Appeal, CaseworkError> {
    let measure = tx.lock_measure(measure_id).await?;
    let before = tx.appeals_of_measure(measure_id).await?;
    if before.iter().any(Appeal::is_open) {
        return Err(CaseworkError::AppealOpen);
    }
    let agent = filed.channel.agent();
    let actor = agent.map_or(Actor::Reporter, |id| Actor::User { id });
    let filing = Filing {
        id: ctx.new_id(),
        at: ctx.now(),
        channel: filed.channel,
        says: filed.says,
        livelihood: filed.livelihood,
    };
    let appeal = Appeal::file(&measure, filing, terms)?;
    tx.insert_appeal(&appeal).await.map_err(|error| {
        if matches!(error, StoreError::Exists { .. }) {
            CaseworkError::AppealOpen
        } else {
            error.into()
        }
    })?;
    let change = Change {
        actor,
        action: "appeal.filed",
        subject: appeal.id.to_string(),
        detail: json!({
            "measure_id": measure_id, "livelihood": appeal.livelihood, "deadlines": appeal.deadlines,
        }),
        personal: vec![("says", appeal.says.clone())],
        feed: FEED_APPEAL,
    };
    tell(tx, ctx, change).await?;
    // Whoever files it sees at once that it came in: by the page, or by the agent on the phone.
    let at = ctx.now();
    let acknowledged = appeal.acknowledge(at)?;
    keep(tx, ctx, &acknowledged, Actor::System, "appeal.acknowledged").await?;
    Ok(acknowledged)
}

/// Takes an appeal to review it, as `user`.
///
/// # Errors
/// [`CaseworkError::Appeal`]: no reviewer, a decider, or it is decided.
pub async fn take_appeal(
    tx: &mut Tx,
    ctx: &Ctx,
    id: AppealId,
    user: &User,
) -> Result<Appeal, CaseworkError> {
    let (appeal, reviewer) = reviewed(tx, id, user).await?;
    let taken = appeal.take(reviewer, ctx.now())?;
    let actor = Actor::User { id: user.id };
    keep(tx, ctx, &taken, actor, "appeal.taken").await?;
    Ok(taken)
}

/// Asks the filer for something, as the reviewer who has the appeal.
///
/// # Errors
/// [`CaseworkError::Appeal`].
pub async fn ask_materials(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: AppealId,
    user: &User,
    asked: String,
) -> Result<Appeal, CaseworkError> {
    let (appeal, reviewer) = reviewed(tx, id, user).await?;
    let asking = appeal.ask(reviewer, asked, ctx.now(), terms)?;
    let actor = Actor::User { id: user.id };
    keep(tx, ctx, &asking, actor, "appeal.materials_asked").await?;
    Ok(asking)
}

/// Adds a document to an open appeal.
///
/// # Errors
/// [`CaseworkError::Appeal`] if it is decided or has ten.
pub async fn add_material(
    tx: &mut Tx,
    ctx: &Ctx,
    id: AppealId,
    material: Material,
    actor: Actor,
) -> Result<Appeal, CaseworkError> {
    let appeal = tx.lock_appeal(id).await?.add_material(material)?;
    keep(tx, ctx, &appeal, actor, "appeal.material_added").await?;
    Ok(appeal)
}

/// Gives partial access now, as a reviewer, where livelihood hangs on it.
///
/// # Errors
/// [`CaseworkError::Appeal`].
pub async fn ease_now(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: AppealId,
    user: &User,
) -> Result<Appeal, CaseworkError> {
    let (appeal, _) = reviewed(tx, id, user).await?;
    if !appeal.is_open() || appeal.livelihood.is_none() {
        let (from, to) = (appeal.state.as_str(), "eased");
        return Err(AppealError::State { from, to }.into());
    }
    ease(tx, ctx, terms, appeal, Actor::User { id: user.id }).await
}

async fn ease(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    appeal: Appeal,
    actor: Actor,
) -> Result<Appeal, CaseworkError> {
    ease_measure(tx, ctx, terms, appeal.measure_id, appeal.id).await?;
    let eased = appeal.eased(ctx.now());
    keep(tx, ctx, &eased, actor, "appeal.eased").await?;
    Ok(eased)
}

/// Decides an appeal, as the reviewer who has it, and does what follows: the measure is lifted at all partners, its
/// like is put up for re-examination, and the models are told.
///
/// # Errors
/// [`CaseworkError::Appeal`].
pub async fn decide_appeal(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: AppealId,
    user: &User,
    outcome: AppealOutcome,
    reason: String,
) -> Result<Appeal, CaseworkError> {
    let (appeal, reviewer) = reviewed(tx, id, user).await?;
    let decided = appeal.decide(reviewer, outcome, reason, ctx.now())?;
    carry_out(tx, ctx, terms, decided, Actor::User { id: user.id }).await
}

/// The filer goes to another body.
///
/// # Errors
/// [`CaseworkError::Appeal`] unless it is decided.
pub async fn go_outside(
    tx: &mut Tx,
    ctx: &Ctx,
    id: AppealId,
    body: String,
    actor: Actor,
) -> Result<Appeal, CaseworkError> {
    let outside = tx.lock_appeal(id).await?.go_outside(body, ctx.now())?;
    keep(tx, ctx, &outside, actor, "appeal.went_outside").await?;
    Ok(outside)
}

/// Does what is due on an appeal; a timer that comes early is set anew.
pub(crate) async fn appeal_due(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: AppealId,
) -> Result<(), CaseworkError> {
    let mut appeal = tx.lock_appeal(id).await?;
    while let Some((at, due)) = appeal.next_due().filter(|(at, _)| *at <= ctx.now()) {
        appeal = match due {
            AppealDue::Acknowledge => {
                let acknowledged = appeal.acknowledge(at)?;
                keep(tx, ctx, &acknowledged, Actor::System, "appeal.acknowledged").await?;
                acknowledged
            }
            AppealDue::Ease => ease(tx, ctx, terms, appeal, Actor::System).await?,
            AppealDue::Materials => {
                let resumed = appeal.resume(at);
                keep(tx, ctx, &resumed, Actor::System, "appeal.resumed").await?;
                resumed
            }
            AppealDue::Decide => {
                let run_out = appeal.run_out(ctx.now())?;
                carry_out(tx, ctx, terms, run_out, Actor::System).await?
            }
        };
    }
    set_timer(tx, ctx, &appeal).await
}

/// Marks the decided appeals against a measure as executed once every partner knows what follows from them.
pub(crate) async fn finish_appeals(
    tx: &mut Tx,
    ctx: &Ctx,
    measure: &Measure,
) -> Result<(), CaseworkError> {
    if measure.is_in_force() {
        return Ok(());
    }
    let effects = tx.effects_of_measure(measure.id).await?;
    if effects
        .iter()
        .any(|effect| effect.state == EffectState::Pending)
    {
        return Ok(());
    }
    for appeal in tx.appeals_of_measure(measure.id).await? {
        if matches!(appeal.state, AppealState::Decided { .. }) {
            let executed = appeal.execute(ctx.now())?;
            keep(tx, ctx, &executed, Actor::System, "appeal.executed").await?;
        }
    }
    Ok(())
}

async fn reviewed(
    tx: &mut Tx,
    id: AppealId,
    user: &User,
) -> Result<(Appeal, Reviewer), CaseworkError> {
    let appeal = tx.lock_appeal(id).await?;
    let measure = tx.get_measure(appeal.measure_id).await?;
    let reviewer = Reviewer::of(user, &appeal, &measure)?;
    Ok((appeal, reviewer))
}

async fn carry_out(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    appeal: Appeal,
    actor: Actor,
) -> Result<Appeal, CaseworkError> {
    let decision = appeal.state.decision().cloned();
    keep(tx, ctx, &appeal, actor.clone(), "appeal.decided").await?;
    let measure = tx.lock_measure(appeal.measure_id).await?;
    let Some(decision) = decision.filter(|decision| decision.outcome.lifts()) else {
        let executed = appeal.execute(ctx.now())?;
        keep(tx, ctx, &executed, Actor::System, "appeal.executed").await?;
        return Ok(executed);
    };
    if decision.outcome != AppealOutcome::NotDecided {
        let until = measure.ends_at().unwrap_or(decision.at).min(decision.at);
        if let Some(held) = measure.wish.money_held {
            let hours = minor_hours(held, &measure, until);
            tx.set_wrongly_held(appeal.id, held.currency(), hours)
                .await?;
        }
        learn(tx, ctx, &appeal, &decision, &measure).await?;
    }
    if measure.is_in_force() {
        let cause = match decision.outcome {
            AppealOutcome::NotDecided => LiftCause::NotDecided {
                appeal_id: appeal.id,
            },
            AppealOutcome::Upheld | AppealOutcome::Partly | AppealOutcome::Rejected => {
                LiftCause::Appeal {
                    appeal_id: appeal.id,
                }
            }
        };
        lift_measure(tx, ctx, terms, measure.id, cause, actor).await?;
    } else {
        finish_appeals(tx, ctx, &measure).await?;
    }
    Ok(tx.get_appeal(appeal.id).await?)
}

/// What an overturned measure teaches: its like of the same day is to be looked at again, and the event behind it was
/// a good one.
async fn learn(
    tx: &mut Tx,
    ctx: &Ctx,
    appeal: &Appeal,
    decision: &Decision,
    measure: &Measure,
) -> Result<(), CaseworkError> {
    if decision.outcome != AppealOutcome::Upheld {
        return Ok(());
    }
    if let Some(detector) = &measure.wish.detector {
        let (from, to) = day_of(measure.decided_at);
        let siblings = tx
            .sibling_measures(&detector.name, from, to, measure.id)
            .await?;
        for sibling in siblings {
            let mut sibling = tx.lock_measure(sibling.id).await?;
            sibling.reexamine = Some(appeal.id);
            tx.update_measure(&sibling).await?;
            let facts = json!({ "appeal_id": appeal.id, "detector": detector.name });
            step(
                tx,
                ctx,
                &sibling,
                Actor::System,
                "measure.to_reexamine",
                facts,
            )
            .await?;
        }
    }
    if let Some(event) = &measure.wish.event {
        let label = EventLabel {
            id: ctx.new_id(),
            event_id: event.event_id.clone(),
            kind: event.kind.clone(),
            truth: Truth::Good,
            scenes: Vec::new(),
            source: LabelSource::Appeal {
                reference: appeal.id.to_string(),
            },
            decision: event.decision.clone(),
            policy: event.policy.clone(),
            text: None,
            labelled_at: ctx.now(),
            labelled_by: decision.by.map_or(Actor::System, |id| Actor::User { id }),
            note: String::new(),
        };
        tx.insert_label(&label).await?;
    }
    Ok(())
}

/// The 24 hours of UTC+8 that `at` lies in: the day of the people who work with it.
fn day_of(at: Timestamp) -> (Timestamp, Timestamp) {
    let offset = Duration::from_hours(8);
    let day = at.plus(offset).as_secs().div_euclid(86_400);
    let from = Timestamp::from_secs(day.saturating_mul(86_400)).minus(offset);
    (from, from.plus(Duration::from_days(1)))
}

/// Stores a changed appeal, puts it on record and sets its timer.
async fn keep(
    tx: &mut Tx,
    ctx: &Ctx,
    appeal: &Appeal,
    actor: Actor,
    action: &'static str,
) -> Result<(), CaseworkError> {
    tx.update_appeal(appeal).await?;
    let change = Change {
        actor,
        action,
        subject: appeal.id.to_string(),
        detail: json!({ "measure_id": appeal.measure_id, "state": appeal.state.as_str() }),
        personal: Vec::new(),
        feed: FEED_APPEAL,
    };
    tell(tx, ctx, change).await?;
    set_timer(tx, ctx, appeal).await
}

async fn set_timer(tx: &mut Tx, ctx: &Ctx, appeal: &Appeal) -> Result<(), CaseworkError> {
    if let Some((at, _)) = appeal.next_due() {
        let payload = json!({ "appeal_id": appeal.id });
        enqueue(
            tx,
            ctx,
            JOB_APPEAL_TIMER,
            &appeal.id.to_string(),
            payload,
            at,
        )
        .await?;
    }
    Ok(())
}
