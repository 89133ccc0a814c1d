//! Batches of measures: tried dry, approved by somebody else, carried out and taken back in steps.

use serde_json::json;
use stanch_orders::Finding;
use stanch_store::{BatchLine, Tx};
use stanch_types::batch::{
    BATCH_SUBJECTS_MAX, BatchState, BatchSubject, BatchWish, DryRun, MeasureBatch, SubjectResult,
};
use stanch_types::measure::LiftCause;
use stanch_types::terms::FairnessTerms;
use stanch_types::user::Actor;
use stanch_types::{Ctx, MeasureBatchId, UserId};

use crate::desk::must_be_running;
use crate::error::CaseworkError;
use crate::fairness::JOB_BATCH_STEP;
use crate::measure::{Part, enqueue, finding, impose, lift_measure};
use crate::record::{Change, tell};

const FEED_BATCH: &str = "measure_batch.changed";
/// Most lines taken back by one request.
pub(crate) const ROLL_BACK_LINES_MAX: usize = 1_000;

/// What is asked for, and by whom.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is to be done.
    pub wish: BatchWish,
    /// To whom.
    pub subjects: Vec<BatchSubject>,
    /// Who asks.
    pub by: UserId,
}

/// Tries a batch dry: stores it with what would become of each subject. Nothing is done to anybody.
///
/// # Errors
/// [`CaseworkError::MeasureInvalid`] with every broken rule.
pub async fn ask_batch(
    tx: &mut Tx,
    ctx: &Ctx,
    asked: Asked,
) -> Result<MeasureBatch, CaseworkError> {
    let Asked { wish, subjects, by } = asked;
    let mut findings: Vec<Finding> = wish.faults().iter().map(finding).collect();
    if !(1..=BATCH_SUBJECTS_MAX).contains(&subjects.len()) {
        findings.push(Finding::new(
            "/subjects",
            "a batch has 1 to 1,000,000 subjects",
        ));
    }
    // What all subjects share is wrong for all or for none.
    if let Some(first) = subjects.iter().find(|subject| !subject.signals.is_empty()) {
        findings.extend(wish.measure(first).faults().iter().map(finding));
    }
    if !findings.is_empty() {
        return Err(CaseworkError::MeasureInvalid(findings));
    }
    must_be_running(tx, wish.operation_id).await?;
    let now = ctx.now();
    let mut run = DryRun::default();
    let lines: Vec<BatchLine> = subjects
        .into_iter()
        .zip(1u64..)
        .map(|(subject, line)| {
            let dry = wish.dry_line(&subject, now);
            run.add(dry);
            let result = if dry.has_signal && dry.in_area {
                SubjectResult::Waiting
            } else {
                SubjectResult::Excluded
            };
            BatchLine {
                line,
                subject,
                dry,
                result,
            }
        })
        .collect();
    let batch = MeasureBatch::asked(ctx.new_id(), wish, by, now, run);
    tx.insert_batch(&batch).await?;
    for line in &lines {
        tx.insert_batch_line(batch.id, line).await?;
    }
    let actor = Actor::User { id: by };
    keep(tx, ctx, &batch, actor, "measure_batch.asked").await?;
    Ok(batch)
}

/// Approves a batch as `by`, who did not ask for it, and has it carried out.
///
/// # Errors
/// [`CaseworkError::Batch`]: the same person, or its state (a refused batch is not approved).
pub async fn approve_batch(
    tx: &mut Tx,
    ctx: &Ctx,
    id: MeasureBatchId,
    by: UserId,
) -> Result<MeasureBatch, CaseworkError> {
    let batch = tx.lock_batch(id).await?.approve(by, ctx.now())?;
    tx.update_batch(&batch).await?;
    let actor = Actor::User { id: by };
    keep(tx, ctx, &batch, actor, "measure_batch.approved").await?;
    next_step(tx, ctx, id).await?;
    Ok(batch)
}

/// Says no to a batch as `by`.
///
/// # Errors
/// [`CaseworkError::Batch`].
pub async fn decline_batch(
    tx: &mut Tx,
    ctx: &Ctx,
    id: MeasureBatchId,
    by: UserId,
    reason: String,
) -> Result<MeasureBatch, CaseworkError> {
    let batch = tx.lock_batch(id).await?.decline(by, ctx.now(), reason)?;
    tx.update_batch(&batch).await?;
    let actor = Actor::User { id: by };
    keep(tx, ctx, &batch, actor, "measure_batch.declined").await?;
    Ok(batch)
}

/// Takes a whole batch back as `by`: what is not done yet is not done, what was done is lifted.
///
/// # Errors
/// [`CaseworkError::Batch`].
pub async fn roll_back_batch(
    tx: &mut Tx,
    ctx: &Ctx,
    id: MeasureBatchId,
    by: UserId,
    reason: String,
) -> Result<MeasureBatch, CaseworkError> {
    let batch = tx.lock_batch(id).await?.roll_back(by, ctx.now(), reason)?;
    tx.update_batch(&batch).await?;
    let actor = Actor::User { id: by };
    keep(tx, ctx, &batch, actor, "measure_batch.rolled_back").await?;
    next_step(tx, ctx, id).await?;
    Ok(batch)
}

/// Takes the measures on some subjects of a batch back as `by`; gives how many were lifted. Lines without a measure in
/// force are passed over.
///
/// # Errors
/// [`CaseworkError::MeasureInvalid`] for more than 1,000 lines, [`CaseworkError::Store`] for a line it has not.
pub async fn roll_back_lines(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: MeasureBatchId,
    lines: &[u64],
    by: UserId,
) -> Result<u64, CaseworkError> {
    if !(1..=ROLL_BACK_LINES_MAX).contains(&lines.len()) {
        let finding = Finding::new("/lines", "1 to 1,000 lines are taken back at once");
        return Err(CaseworkError::MeasureInvalid(vec![finding]));
    }
    tx.lock_batch(id).await?;
    let mut lifted = 0;
    for line in lines {
        let line = tx.get_batch_line(id, *line).await?;
        lifted += u64::from(lift_line(tx, ctx, terms, id, line, by).await?);
    }
    let change = Change {
        actor: Actor::User { id: by },
        action: "measure_batch.lines_rolled_back",
        subject: id.to_string(),
        detail: json!({ "lines": lines.len(), "lifted": lifted }),
        personal: Vec::new(),
        feed: FEED_BATCH,
    };
    tell(tx, ctx, change).await?;
    Ok(lifted)
}

/// Carries out the next subjects of a batch, or takes the next ones back; has itself done again while there are more.
pub(crate) async fn batch_step(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: MeasureBatchId,
) -> Result<(), CaseworkError> {
    let batch = tx.lock_batch(id).await?;
    match batch.state {
        BatchState::Applying { approved_by, .. } => {
            let waiting = tx.next_batch_lines(id, "waiting", 0).await?;
            if waiting.is_empty() {
                let applied = batch.finish(ctx.now())?;
                tx.update_batch(&applied).await?;
                return keep(tx, ctx, &applied, Actor::System, "measure_batch.applied").await;
            }
            for line in waiting {
                impose_line(tx, ctx, terms, &batch, approved_by, line).await?;
            }
            next_step(tx, ctx, id).await
        }
        BatchState::RolledBack { by, .. } => {
            let imposed = tx.next_batch_lines(id, "imposed", 0).await?;
            if imposed.is_empty() {
                return Ok(());
            }
            for line in imposed {
                lift_line(tx, ctx, terms, id, line, by).await?;
            }
            next_step(tx, ctx, id).await
        }
        BatchState::DryRun
        | BatchState::Refused { .. }
        | BatchState::Declined { .. }
        | BatchState::Applied { .. } => Ok(()),
    }
}

async fn impose_line(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    batch: &MeasureBatch,
    approved_by: UserId,
    mut line: BatchLine,
) -> Result<(), CaseworkError> {
    let part = Part {
        by: Actor::User { id: approved_by },
        with: vec![batch.asked_by],
        batch_id: Some(batch.id),
    };
    let wish = batch.wish.measure(&line.subject);
    line.result = match impose(tx, ctx, terms, wish, part).await {
        Ok(imposed) => SubjectResult::Imposed {
            measure_id: imposed.measure.id,
        },
        Err(CaseworkError::MeasureInvalid(findings)) => SubjectResult::Failed {
            why: findings
                .first()
                .map(ToString::to_string)
                .unwrap_or_default(),
        },
        Err(error @ (CaseworkError::PartnerUnknown(_) | CaseworkError::Measure(_))) => {
            SubjectResult::Failed {
                why: error.to_string(),
            }
        }
        Err(other) => return Err(other),
    };
    tx.update_batch_line(batch.id, &line).await?;
    Ok(())
}

async fn lift_line(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: &FairnessTerms,
    id: MeasureBatchId,
    mut line: BatchLine,
    by: UserId,
) -> Result<bool, CaseworkError> {
    let SubjectResult::Imposed { measure_id } = line.result else {
        return Ok(false);
    };
    let cause = LiftCause::RolledBack { batch_id: id, by };
    let actor = Actor::User { id: by };
    let lifted = match lift_measure(tx, ctx, terms, measure_id, cause, actor).await {
        Ok(_) => true,
        // It is over already.
        Err(CaseworkError::Measure(_)) => false,
        Err(other) => return Err(other),
    };
    line.result = SubjectResult::RolledBack { measure_id };
    tx.update_batch_line(id, &line).await?;
    Ok(lifted)
}

async fn next_step(tx: &mut Tx, ctx: &Ctx, id: MeasureBatchId) -> Result<(), CaseworkError> {
    let payload = json!({ "batch_id": id });
    enqueue(tx, ctx, JOB_BATCH_STEP, &id.to_string(), payload, ctx.now()).await
}

async fn keep(
    tx: &mut Tx,
    ctx: &Ctx,
    batch: &MeasureBatch,
    actor: Actor,
    action: &'static str,
) -> Result<(), CaseworkError> {
    let change = Change {
        actor,
        action,
        subject: batch.id.to_string(),
        detail: json!({
            "kind": batch.wish.kind, "state": batch.state.as_str(), "dry_run": batch.dry_run,
            "area": batch.wish.area.is_some(),
        }),
        personal: Vec::new(),
        feed: FEED_BATCH,
    };
    tell(tx, ctx, change).await
}
