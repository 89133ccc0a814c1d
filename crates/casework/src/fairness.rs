//! The jobs of measures, appeals and batches: timers, deliveries and steps.

use serde::Deserialize;
use stanch_store::{Job, Store};
use stanch_types::terms::FairnessTerms;
use stanch_types::{AppealId, Ctx, InstitutionCode, MeasureBatchId, MeasureId};

use crate::appeal::appeal_due;
use crate::batch::batch_step;
use crate::effect::{Partners, deliver_effects};
use crate::error::CaseworkError;
use crate::measure::end_measure;

/// Ends a measure at its deadline.
pub(crate) const JOB_MEASURE_TIMER: &str = "measure.timer";
/// Tells a partner what waits for it about a measure.
pub(crate) const JOB_MEASURE_EFFECT: &str = "measure.effect";
/// Does what is due on an appeal.
pub(crate) const JOB_APPEAL_TIMER: &str = "appeal.timer";
/// Carries out the next subjects of a batch.
pub(crate) const JOB_BATCH_STEP: &str = "batch.step";
/// The kinds of job that [`run_fairness_job`] does.
pub const FAIRNESS_JOBS: &[&str] = &[
    JOB_MEASURE_TIMER,
    JOB_MEASURE_EFFECT,
    JOB_APPEAL_TIMER,
    JOB_BATCH_STEP,
];

#[derive(Deserialize)]
struct OfMeasure {
    measure_id: MeasureId,
}

#[derive(Deserialize)]
struct OfPartner {
    measure_id: MeasureId,
    partner: InstitutionCode,
}

#[derive(Deserialize)]
struct OfAppeal {
    appeal_id: AppealId,
}

#[derive(Deserialize)]
struct OfBatch {
    batch_id: MeasureBatchId,
}

/// Does a claimed job of one of [`FAIRNESS_JOBS`] and completes it, in the transaction of its effects. When this
/// answers an error the job is still held: the caller gives it back.
///
/// # Errors
/// [`CaseworkError::JobPayload`] for a job of another kind or form: bury it. Others: run it again.
pub async fn run_fairness_job<P: Partners>(
    store: &Store,
    ctx: &Ctx,
    terms: &FairnessTerms,
    partners: &P,
    job: &Job,
) -> Result<(), CaseworkError> {
    if job.kind == JOB_MEASURE_EFFECT {
        let OfPartner {
            measure_id,
            partner,
        } = payload(job)?;
        return deliver_effects(store, ctx, partners, job, measure_id, partner).await;
    }
    let mut tx = store.begin().await?;
    // Completed first: what it does may set the same timer anew.
    tx.complete_job(job.id, &job.lease_token).await?;
    match job.kind.as_str() {
        JOB_MEASURE_TIMER => {
            let OfMeasure { measure_id } = payload(job)?;
            end_measure(&mut tx, ctx, terms, measure_id).await?;
        }
        JOB_APPEAL_TIMER => {
            let OfAppeal { appeal_id } = payload(job)?;
            appeal_due(&mut tx, ctx, terms, appeal_id).await?;
        }
        JOB_BATCH_STEP => {
            let OfBatch { batch_id } = payload(job)?;
            batch_step(&mut tx, ctx, terms, batch_id).await?;
        }
        other => return Err(CaseworkError::JobPayload(other.to_owned())),
    }
    tx.commit().await?;
    Ok(())
}

fn payload<'de, T: Deserialize<'de>>(job: &'de Job) -> Result<T, CaseworkError> {
    T::deserialize(&job.payload).map_err(|_| CaseworkError::JobPayload(job.kind.clone()))
}
