//! The job queue: work that must be done once its cause is committed, by whichever worker holds its lease.
//!
//! `pending -> running -> done | buried`, and back to `pending` for a retry. A lease that expires makes the job
//! claimable again; what the late worker then says is refused. Jobs with one `unique_key` never run at the same
//! time, and at most one of them waits.

use serde_json::Value;
use stanch_types::{Duration, JobId, Timestamp};

use crate::db::{Connection, Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::PAGE_LIMIT_MAX;
use crate::tx::Tx;

/// A job that was claimed this often without being completed is buried.
pub const JOB_ATTEMPTS_MAX: i64 = 25;
/// Longest error text kept with a job, in characters.
const ERROR_CHARS_MAX: usize = 2_000;

const ENQUEUE: Sql = Sql(
    "job.enqueue",
    "INSERT INTO jobs (org_id, id, kind, payload, unique_key, state, run_at) VALUES ($1, $2, $3, $4, $5, 'pending', $6)
     ON CONFLICT (org_id, unique_key) WHERE state = 'pending' DO UPDATE
       SET run_at = CASE WHEN excluded.run_at < jobs.run_at THEN excluded.run_at ELSE jobs.run_at END
     RETURNING id",
);
/// Jobs whose worker died once too often.
const BURY_WORN_OUT: Sql = Sql(
    "job.bury_worn_out",
    "UPDATE jobs SET state = 'buried', lease_token = NULL, lease_until = NULL, finished_at = $2,
       last_error = 'its lease expired at the last attempt'
     WHERE org_id = $1 AND state = 'running' AND lease_until <= $2 AND attempts >= $3",
);
/// A due job, or one whose lease expired. Of jobs with one key only one runs at a time.
macro_rules! due {
    () => {
        "SELECT j.org_id, j.id FROM jobs j WHERE j.org_id = $1
           AND ((j.state = 'pending' AND j.run_at <= $2
                 AND (j.unique_key IS NULL OR NOT EXISTS (SELECT 1 FROM jobs r
                   WHERE r.org_id = j.org_id AND r.unique_key = j.unique_key AND r.state = 'running')))
                OR (j.state = 'running' AND j.lease_until <= $2))
         ORDER BY j.run_at, j.id LIMIT $3"
    };
}
macro_rules! claimed {
    () => {
        "RETURNING jobs.id, jobs.kind, jobs.payload, jobs.run_at, jobs.unique_key, jobs.attempts, jobs.lease_token,
           jobs.lease_until"
    };
}
const CLAIM_SQLITE: Sql = Sql(
    "job.claim",
    concat!(
        "WITH due AS (",
        due!(),
        ") UPDATE jobs SET state = 'running', attempts = attempts + 1, worker = $4, lease_token = $5, lease_until = $6
         FROM due WHERE jobs.org_id = due.org_id AND jobs.id = due.id ",
        claimed!()
    ),
);
/// As above, leaving alone what another worker is claiming at this moment.
const CLAIM_POSTGRES: Sql = Sql(
    "job.claim",
    concat!(
        "WITH due AS MATERIALIZED (",
        due!(),
        " FOR UPDATE OF j SKIP LOCKED) UPDATE jobs
         SET state = 'running', attempts = attempts + 1, worker = $4, lease_token = $5, lease_until = $6
         FROM due WHERE jobs.org_id = due.org_id AND jobs.id = due.id ",
        claimed!()
    ),
);
/// Gives back what a worker that is no more had claimed.
const RELEASE: Sql = Sql(
    "job.release",
    "UPDATE jobs SET lease_until = $2 WHERE org_id = $1 AND state = 'running' AND worker = $3 AND lease_until > $2",
);
const EXTEND: Sql = Sql(
    "job.extend",
    "UPDATE jobs SET lease_until = $4 WHERE org_id = $1 AND id = $2 AND state = 'running' AND lease_token = $3",
);
const FINISH: Sql = Sql(
    "job.finish",
    "UPDATE jobs SET state = $4, lease_token = NULL, lease_until = NULL, finished_at = $5, last_error = $6
     WHERE org_id = $1 AND id = $2 AND state = 'running' AND lease_token = $3",
);
/// Fails to match when another job with the same key waits already: that one does the work then.
const RETRY: Sql = Sql(
    "job.retry",
    "UPDATE jobs SET state = 'pending', lease_token = NULL, lease_until = NULL, run_at = $4, last_error = $5
     WHERE org_id = $1 AND id = $2 AND state = 'running' AND lease_token = $3 AND attempts < $6
       AND NOT EXISTS (SELECT 1 FROM jobs p WHERE p.org_id = $1 AND p.unique_key = jobs.unique_key
         AND p.state = 'pending')",
);
const ATTEMPTS: Sql = Sql(
    "job.attempts",
    "SELECT attempts FROM jobs WHERE org_id = $1 AND id = $2 AND state = 'running' AND lease_token = $3",
);
const COUNTS: Sql = Sql(
    "job.counts",
    "SELECT state, COUNT(*) FROM jobs WHERE org_id = $1 GROUP BY state",
);
const NEXT_RUN: Sql = Sql(
    "job.next_run",
    "SELECT MIN(CASE WHEN j.state = 'pending' THEN j.run_at ELSE j.lease_until END) FROM jobs j
     WHERE j.org_id = $1 AND (j.state = 'running' OR (j.state = 'pending' AND NOT EXISTS (SELECT 1 FROM jobs r
       WHERE r.org_id = j.org_id AND r.unique_key = j.unique_key AND r.state = 'running')))",
);
const DELETE_FINISHED: Sql = Sql(
    "job.delete_finished",
    "DELETE FROM jobs WHERE org_id = $1 AND finished_at IS NOT NULL AND finished_at < $2 AND state = 'done'",
);

/// A job to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Identifier.
    pub id: JobId,
    /// What is to be done, such as `order.send`.
    pub kind: String,
    /// With what.
    pub payload: Value,
    /// Not before this instant.
    pub run_at: Timestamp,
    /// At most one job with this key waits, and at most one runs.
    pub unique_key: Option<String>,
}

/// A claimed job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Identifier.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// With what.
    pub payload: Value,
    /// When it was due.
    pub run_at: Timestamp,
    /// Its unique key, if it has one.
    pub unique_key: Option<String>,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    /// Proves that the worker holds the job; must be given to complete, retry or bury it.
    pub lease_token: String,
    /// Until when the worker holds it.
    pub lease_until: Timestamp,
}

/// Number of jobs by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Waiting.
    pub pending: u64,
    /// Claimed by a worker, alive or not.
    pub running: u64,
    /// Done (until they are deleted).
    pub done: u64,
    /// Given up.
    pub buried: u64,
}

fn read(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.parsed(0, "job")?,
        kind: row.text(1)?,
        payload: row.json(2, "job")?,
        run_at: row.at(3)?,
        unique_key: row.opt_text(4)?,
        attempts: row.int(5)?,
        lease_token: row.text(6)?,
        lease_until: row.at(7)?,
    })
}

fn cut(error: &str) -> String {
    error
        .chars()
        .filter(|c| *c != '\0')
        .take(ERROR_CHARS_MAX)
        .collect()
}

impl Tx {
    /// Adds a job; `false` if one with the same unique key waits already. That one stays as it is, but runs at the
    /// earlier of both times.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the identifier is taken.
    pub async fn enqueue_job(&mut self, job: &NewJob) -> Result<bool, StoreError> {
        self.must_write()?;
        let (id, payload) = (job.id.to_string(), to_json(&job.payload, "job")?);
        let row = self
            .one(
                ENQUEUE,
                args![&id, &job.kind, &payload, &job.unique_key, job.run_at],
            )
            .await?
            .ok_or_else(|| StoreError::damaged("job", "enqueuing gave nothing"))?;
        self.jobs = true;
        Ok(row.text(0)? == id)
    }

    /// Takes up to `limit` (at most 200) due jobs for `lease`, longest due first. Jobs whose lease expired are due.
    /// Commit before working on them.
    ///
    /// # Errors
    /// [`StoreError::Contended`].
    pub async fn claim_jobs(
        &mut self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Job>, StoreError> {
        self.change(BURY_WORN_OUT, args![now, JOB_ATTEMPTS_MAX])
            .await?;
        let token = hex::encode(self.store().ctx().random_bytes::<16>());
        let sql = match self.connection() {
            Connection::Sqlite(_) => CLAIM_SQLITE,
            Connection::Postgres(_) => CLAIM_POSTGRES,
        };
        let limit = limit.clamp(1, PAGE_LIMIT_MAX);
        let rows = self
            .many(sql, args![now, limit, worker, &token, now.plus(lease)])
            .await?;
        let mut jobs = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        jobs.sort_by_key(|job| (job.run_at, job.id));
        Ok(jobs)
    }

    /// Ends the leases of `worker`, so that its jobs are claimable at `now`. For a worker that is known to be gone:
    /// at the start of the only process that works under this name. Returns how many jobs it had.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Database`].
    pub async fn release_leases(
        &mut self,
        worker: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.change(RELEASE, args![now, worker]).await
    }

    /// Prolongs the lease of a running job.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn extend_lease(
        &mut self,
        id: JobId,
        lease_token: &str,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = self
            .change(EXTEND, args![&id.to_string(), lease_token, until])
            .await?;
        held(id, changed)
    }

    /// Marks a job as done.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]: somebody else has the job; undo what was done for it in this transaction.
    pub async fn complete_job(&mut self, id: JobId, lease_token: &str) -> Result<(), StoreError> {
        self.finish(id, lease_token, "done", None).await
    }

    /// Gives a job back to run again at `run_at`; buries it after [`JOB_ATTEMPTS_MAX`] attempts. If a job with the
    /// same key waits already, that one does the work and this one is done.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn retry_job(
        &mut self,
        id: JobId,
        lease_token: &str,
        run_at: Timestamp,
        error: &str,
    ) -> Result<(), StoreError> {
        let (text, error) = (id.to_string(), cut(error));
        let changed = self
            .change(
                RETRY,
                args![&text, lease_token, run_at, &error, JOB_ATTEMPTS_MAX],
            )
            .await?;
        if changed != 0 {
            self.jobs = true;
            return Ok(());
        }
        let attempts = self
            .one(ATTEMPTS, args![&text, lease_token])
            .await?
            .ok_or_else(|| StoreError::LeaseLost(text.clone()))?
            .int(0)?;
        let state = if attempts >= JOB_ATTEMPTS_MAX {
            "buried"
        } else {
            "done"
        };
        self.finish(id, lease_token, state, Some(&error)).await
    }

    /// Gives a job up. It stays on record with its error.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn bury_job(
        &mut self,
        id: JobId,
        lease_token: &str,
        error: &str,
    ) -> Result<(), StoreError> {
        self.finish(id, lease_token, "buried", Some(&cut(error)))
            .await
    }

    /// Number of jobs by state.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_jobs(&mut self) -> Result<JobCounts, StoreError> {
        let mut counts = JobCounts::default();
        for row in self.many(COUNTS, args![]).await? {
            let count = u64::try_from(row.int(1)?)
                .map_err(|cause| StoreError::damaged("job count", cause))?;
            match row.text(0)?.as_str() {
                "pending" => counts.pending = count,
                "running" => counts.running = count,
                "done" => counts.done = count,
                "buried" => counts.buried = count,
                other => return Err(StoreError::damaged("job state", other)),
            }
        }
        Ok(counts)
    }

    /// When the next job is due (or a lease expires), if there is any; may lie in the past. A job that waits for
    /// another one with its key does not count: the end of that one is told by [`crate::Store::jobs_watch`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_job_at(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.one(NEXT_RUN, args![])
            .await?
            .map_or(Ok(None), |row| row.opt_at(0))
    }

    /// Deletes jobs done before `before` and gives their number. Buried ones stay.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_done_jobs(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        self.change(DELETE_FINISHED, args![before]).await
    }

    async fn finish(
        &mut self,
        id: JobId,
        lease_token: &str,
        state: &'static str,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = self.store().ctx().now();
        let changed = self
            .change(
                FINISH,
                args![&id.to_string(), lease_token, state, now, error],
            )
            .await?;
        // A job with the same key may run now.
        self.jobs = true;
        held(id, changed)
    }
}

fn held(id: JobId, changed: u64) -> Result<(), StoreError> {
    if changed == 0 {
        return Err(StoreError::LeaseLost(id.to_string()));
    }
    Ok(())
}
