//! The job that plans a case.

use serde::Deserialize;
use stanch_ledger::Ledger;
use stanch_store::{Job, Store};
use stanch_types::{CaseId, Ctx, Duration};

use crate::error::CaseworkError;
use crate::plan::plan_case;
use crate::watch::CaseWatch;

/// Plans a case.
pub const JOB_PLAN: &str = "case.plan";
/// The kinds of job that [`run_job`] does.
pub const JOB_KINDS: &[&str] = &[JOB_PLAN];
/// How long after a payment its case is planned again; what arrives meanwhile is planned with it.
pub const REPLAN_AFTER: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct PlanJob {
    case_id: CaseId,
}

/// Does a claimed job of one of [`JOB_KINDS`] and completes it, in the transaction of its effects. When this answers
/// an error the job is still held: the caller gives it back with `retry_job`.
///
/// # Errors
/// [`CaseworkError::JobPayload`] for a job of another kind or form: bury it. Others: run it again.
pub async fn run_job(
    store: &Store,
    ctx: &Ctx,
    ledger: &Ledger,
    watch: &CaseWatch,
    job: &Job,
) -> Result<(), CaseworkError> {
    let bad = || CaseworkError::JobPayload(job.kind.clone());
    if job.kind != JOB_PLAN {
        return Err(bad());
    }
    let PlanJob { case_id } = serde_json::from_value(job.payload.clone()).map_err(|_| bad())?;
    let mut tx = store.begin().await?;
    let case = tx.get_case(case_id).await?;
    // Watched before and after: a payment that comes while the case is planned leads to another job.
    watch.refresh(&mut tx, ledger, &case).await?;
    match plan_case(&mut tx, ctx, ledger, case_id).await {
        // Nothing to plan yet: the case is watched and planned when its payments arrive.
        Ok(_) | Err(CaseworkError::NoPayments) => {
            let case = tx.get_case(case_id).await?;
            watch.refresh(&mut tx, ledger, &case).await?;
        }
        Err(CaseworkError::CaseState(_)) => watch.forget(case_id),
        Err(error) => return Err(error),
    }
    tx.complete_job(job.id, &job.lease_token).await?;
    tx.commit().await?;
    Ok(())
}
