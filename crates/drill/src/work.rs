//! Time passes and jobs are done: every timer at its instant, every delivery when it is due.

use stanch_casework::{FAIRNESS_JOBS, run_fairness_job, run_job};
use stanch_store::Job;
use stanch_types::{Duration, Timestamp};

use crate::run::DrillError;
use crate::world::World;

/// The name under which the drill claims jobs.
pub(crate) const WORKER: &str = "drill";
const LEASE: Duration = Duration::from_mins(1);
/// Most jobs claimed at once.
const CLAIMED: i64 = 16;
/// More rounds than this without rest are a fault of ours.
const ROUNDS_MAX: u32 = 200_000;

impl World {
    /// Lets time pass until `until`, stopping at every instant at which a job is due.
    pub async fn pass(&mut self, until: Timestamp) -> Result<(), DrillError> {
        for _ in 0..ROUNDS_MAX {
            let next = self.store.read().await?.next_job_at().await?;
            let now = self.now();
            let Some(at) = next.filter(|at| *at <= until) else {
                self.clock.set(until.max(now));
                return Ok(());
            };
            self.clock.set(at.max(now));
            if self.do_due().await? == 0 {
                // A job that cannot be claimed at its time waits for a lease to run out.
                self.clock.set(self.now().plus(Duration::from_secs(1)));
            }
        }
        Err(self.broken("jobs come to rest", "they do not".to_owned()))
    }

    /// Does every job that is due now; gives how many.
    pub async fn do_due(&mut self) -> Result<usize, DrillError> {
        let mut done = 0;
        for _ in 0..ROUNDS_MAX {
            let mut tx = self.store.begin().await?;
            let jobs = tx.claim_jobs(WORKER, self.now(), LEASE, CLAIMED).await?;
            tx.commit().await?;
            if jobs.is_empty() {
                return Ok(done);
            }
            done += jobs.len();
            let crash_after = self.dice.chance(0.004).then(|| self.dice.below(jobs.len()));
            for (nth, job) in jobs.iter().enumerate() {
                if crash_after == Some(nth) {
                    // What was claimed and not done is done after the start.
                    self.crash().await?;
                    break;
                }
                self.do_job(job).await?;
            }
        }
        Err(self.broken("jobs come to rest", "one instant has no end".to_owned()))
    }

    async fn do_job(&mut self, job: &Job) -> Result<(), DrillError> {
        self.counts.jobs += 1;
        let done = if FAIRNESS_JOBS.contains(&job.kind.as_str()) {
            run_fairness_job(&self.store, &self.ctx, &self.terms, &self.town, job).await
        } else {
            run_job(&self.store, &self.ctx, &self.ledger, &self.watch, job).await
        };
        done.map_err(|error| self.broken("jobs are done", format!("{}: {error}", job.kind)))
    }
}
