//! The job runner: claims due jobs, runs a bounded number at once, keeps their leases, gives failed ones back with a
//! growing wait and buries hopeless ones.
//!
//! A job's handler completes it in the transaction of its effects. If the process dies, the lease runs out and the
//! job is run again; handlers are made for that.

use std::time::Duration as StdDuration;

use stanch_decide::backtests;
use stanch_store::{Job, StoreError};
use stanch_types::Duration;
use tokio::task::JoinSet;

use crate::error::ApiError;
use crate::metrics::Metric;
use crate::state::App;

/// The wait before the second try; doubled for each further one.
const WAIT_FIRST: Duration = Duration::from_secs(1);
/// The longest wait between tries.
const WAIT_MAX: Duration = Duration::from_mins(10);
/// The wait after the record itself failed.
const RECORD_WAIT: StdDuration = StdDuration::from_secs(1);

/// Why a job is not done.
#[derive(Debug)]
pub enum JobFailure {
    /// Try again later.
    Retry(String),
    /// Never try again: the job cannot be understood.
    Bury(String),
}

impl JobFailure {
    fn new(hopeless: bool, error: impl Into<ApiError>) -> Self {
        let text = error.into().to_string();
        if hopeless {
            Self::Bury(text)
        } else {
            Self::Retry(text)
        }
    }
}

/// The name under which jobs are claimed when the installation has none.
const WORKER: &str = "server";

/// The name under which this process claims jobs: no other installation has it.
fn worker(app: &App) -> &str {
    app.store().instance_name().unwrap_or(WORKER)
}

/// Runs jobs until the server stops; then waits for those running.
pub async fn run_jobs(app: App) {
    let mut running: JoinSet<()> = JoinSet::new();
    let mut enqueued = app.store().jobs_watch();
    let stopping = app.stopping().clone();
    if let Err(error) = release_leases(&app).await {
        let error = ApiError::from(error);
        tracing::error!(
            cause = error.hidden(),
            "jobs of the last run wait for their leases to run out"
        );
    }
    if let Err(error) = backtests::wake(app.store(), app.ctx()).await {
        let error = ApiError::from(error);
        tracing::error!(
            cause = error.hidden(),
            "backtests wait for the next request"
        );
    }
    while !stopping.is_cancelled() {
        enqueued.borrow_and_update();
        let wait = match claim(&app, &mut running).await {
            Ok(wait) => wait,
            Err(error) => {
                let error = ApiError::from(error);
                tracing::error!(cause = error.hidden(), "jobs cannot be claimed");
                RECORD_WAIT
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
            // Without room nothing can be claimed: wait for a job to end.
            changed = enqueued.changed(), if running.len() < app.config().jobs.running_max => {
                if changed.is_err() {
                    return;
                }
            }
            Some(_) = running.join_next(), if !running.is_empty() => {}
        }
    }
    while running.join_next().await.is_some() {}
}

/// The data folder's lock says that no other process works for this installation: what is still claimed under its name
/// was claimed by a process that died. Its jobs need not wait for their leases to run out. Those of another
/// installation on the same database do.
async fn release_leases(app: &App) -> Result<(), StoreError> {
    let mut tx = app.store().begin().await?;
    let released = tx.release_leases(worker(app), app.ctx().now()).await?;
    tx.commit().await?;
    if released > 0 {
        tracing::info!(jobs = released, "jobs of the last run are taken up again");
    }
    Ok(())
}

/// Claims what there is room for and gives how long to wait for more.
async fn claim(app: &App, running: &mut JoinSet<()>) -> Result<StdDuration, StoreError> {
    let limits = &app.config().jobs;
    let poll = StdDuration::from_millis(limits.poll_ms);
    let room = limits.running_max.saturating_sub(running.len());
    if room == 0 {
        return Ok(poll);
    }
    let now = app.ctx().now();
    let next = app.store().read().await?.next_job_at().await?;
    let due_in = next.map(|at| at.since(now).to_std());
    if due_in != Some(StdDuration::ZERO) {
        return Ok(due_in.map_or(poll, |wait| wait.min(poll)));
    }
    let lease = Duration::from_secs(i64::try_from(limits.lease_secs).unwrap_or(60));
    let limit = i64::try_from(room).unwrap_or(1);
    let mut tx = app.store().begin().await?;
    let jobs = tx.claim_jobs(worker(app), now, lease, limit).await?;
    tx.commit().await?;
    let claimed = jobs.len();
    for job in jobs {
        running.spawn(run_one(app.clone(), job, lease));
    }
    // A due job that cannot be claimed waits for one with its key; do not spin on it.
    Ok(if claimed == 0 {
        poll
    } else {
        StdDuration::ZERO
    })
}

async fn run_one(app: App, job: Job, lease: Duration) {
    let work = Box::pin(dispatch(&app, &job));
    let result = while_leased(&app, &job, lease, work).await;
    let (word, settled) = match result {
        Ok(()) => ("done", Ok(())),
        Err(failure) => settle(&app, &job, failure).await,
    };
    Metric::JobsRun.count(&[("kind", job.kind.clone()), ("result", word.to_owned())]);
    match settled {
        Ok(()) => tracing::debug!(job.id = %job.id, job.kind, result = word, "job run"),
        Err(error) => {
            let error = ApiError::from(error);
            tracing::warn!(job.id = %job.id, job.kind, cause = error.hidden(), "job not settled");
        }
    }
}

/// Runs `work`, prolonging the lease while it takes.
async fn while_leased(
    app: &App,
    job: &Job,
    lease: Duration,
    mut work: std::pin::Pin<Box<impl Future<Output = Result<(), JobFailure>>>>,
) -> Result<(), JobFailure> {
    let every = lease.to_std() / 3;
    loop {
        tokio::select! {
            result = &mut work => return result,
            () = tokio::time::sleep(every) => {}
        }
        let until = app.ctx().now().plus(lease);
        if let Err(error) = prolong(app, job, until).await {
            return Err(JobFailure::Retry(format!("the lease was lost: {error}")));
        }
    }
}

async fn prolong(app: &App, job: &Job, until: stanch_types::Timestamp) -> Result<(), StoreError> {
    let mut tx = app.store().begin().await?;
    tx.extend_lease(job.id, &job.lease_token, until).await?;
    tx.commit().await.map(drop)
}

/// Gives a failed job back or buries it.
async fn settle(
    app: &App,
    job: &Job,
    failure: JobFailure,
) -> (&'static str, Result<(), StoreError>) {
    let tries_max = i64::from(app.config().jobs.tries_max);
    let (word, error) = match failure {
        JobFailure::Bury(error) => ("buried", error),
        JobFailure::Retry(error) if job.attempts >= tries_max => ("buried", error),
        JobFailure::Retry(error) => ("retried", error),
    };
    tracing::warn!(job.id = %job.id, job.kind, job.attempts, cause = error, "job failed: {word}");
    let settled = async {
        let mut tx = app.store().begin().await?;
        if word == "buried" {
            tx.bury_job(job.id, &job.lease_token, &error).await?;
        } else {
            let run_at = app.ctx().now().plus(wait_after(job.attempts));
            tx.retry_job(job.id, &job.lease_token, run_at, &error)
                .await?;
        }
        tx.commit().await.map(drop)
    };
    (word, settled.await)
}

/// The wait after the `attempts`-th try: 1 s, 2 s, 4 s … 10 min.
fn wait_after(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 20)).unwrap_or(0);
    let micros = WAIT_FIRST.as_micros().saturating_mul(1 << doublings);
    Duration::from_micros(micros.min(WAIT_MAX.as_micros()))
}

/// Hands a job to the crate whose kind it is.
async fn dispatch(app: &App, job: &Job) -> Result<(), JobFailure> {
    if stanch_orders::JOB_KINDS.contains(&job.kind.as_str()) {
        return stanch_orders::run_job(app.store(), app.ctx(), app.connector(), job)
            .await
            .map_err(|error| {
                let hopeless = matches!(error, stanch_orders::OrdersError::JobPayload(_));
                JobFailure::new(hopeless, error)
            });
    }
    if stanch_casework::JOB_KINDS.contains(&job.kind.as_str()) {
        return stanch_casework::run_job(app.store(), app.ctx(), app.ledger(), app.watch(), job)
            .await
            .map_err(|error| {
                let hopeless = matches!(error, stanch_casework::CaseworkError::JobPayload(_));
                JobFailure::new(hopeless, error)
            });
    }
    if stanch_casework::FAIRNESS_JOBS.contains(&job.kind.as_str()) {
        let terms = &app.config().fairness;
        let (store, ctx, partners) = (app.store(), app.ctx(), app.connector());
        return stanch_casework::run_fairness_job(store, ctx, terms, partners, job)
            .await
            .map_err(|error| {
                let hopeless = matches!(error, stanch_casework::CaseworkError::JobPayload(_));
                JobFailure::new(hopeless, error)
            });
    }
    if job.kind == stanch_decide::lifecycle::DEPLOY_JOB {
        return deploy_policy(app, job).await;
    }
    if job.kind == stanch_decide::lifecycle::DEMOTE_JOB {
        return demote_policy(app, job).await;
    }
    if job.kind == backtests::BACKTEST_JOB {
        let (engine, store) = (app.engine(), app.store());
        let (watch, stopping) = (app.backtests(), app.stopping());
        backtests::run_waiting(engine, store, app.ctx(), watch, stopping)
            .await
            .map_err(|error| JobFailure::new(false, error))?;
        return complete(app, job).await;
    }
    Err(JobFailure::Bury(format!("no handler for `{}`", job.kind)))
}

/// Lets an approved change of policy take effect.
async fn deploy_policy(app: &App, job: &Job) -> Result<(), JobFailure> {
    use stanch_decide::lifecycle;
    let id = job.payload.get("change_id").and_then(|id| id.as_str());
    let Some(Ok(id)) = id.map(str::parse) else {
        return Err(JobFailure::Bury("the payload names no change".to_owned()));
    };
    lifecycle::carry_out(app.engine(), app.store(), app.ctx(), id)
        .await
        .map_err(policy_failure)?;
    complete(app, job).await
}

/// Takes a policy back that an alarm is about.
async fn demote_policy(app: &App, job: &Job) -> Result<(), JobFailure> {
    use stanch_decide::lifecycle;
    let demoted = lifecycle::demote(app.engine(), app.store(), app.ctx(), &job.payload)
        .await
        .map_err(policy_failure)?;
    if let Some(deployment) = demoted {
        tracing::warn!(
            policy.live = deployment.live,
            "a policy was demoted after an alarm"
        );
    }
    complete(app, job).await
}

fn policy_failure(error: stanch_decide::DecideError) -> JobFailure {
    use stanch_decide::DecideError;
    let hopeless = matches!(
        error,
        DecideError::PolicyUnknown(_) | DecideError::PolicyInvalid(_) | DecideError::PolicyState(_)
    );
    JobFailure::new(hopeless, error)
}

/// Notes that a job is done.
async fn complete(app: &App, job: &Job) -> Result<(), JobFailure> {
    let mut tx = app
        .store()
        .begin()
        .await
        .map_err(|error| JobFailure::new(false, error))?;
    tx.complete_job(job.id, &job.lease_token)
        .await
        .map_err(|error| JobFailure::new(false, error))?;
    tx.commit()
        .await
        .map_err(|error| JobFailure::new(false, error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_ten_minutes() {
        assert_eq!(wait_after(1), Duration::from_secs(1));
        assert_eq!(wait_after(4), Duration::from_secs(8));
        assert_eq!(wait_after(11), WAIT_MAX);
        assert_eq!(wait_after(i64::MAX), WAIT_MAX);
    }
}
