//! Backtests asked for over the API: one after the other as a job, beside the events that are decided.

mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use stanch_rules::event::Label;
use stanch_store::{NewJob, Store, Tx};
use stanch_types::backtest::{Backtest, BacktestOver, BacktestReport, BacktestState};
use stanch_types::label::Truth;
use stanch_types::user::Actor;
use stanch_types::{BacktestId, Ctx, Timestamp, UserId};
use tokio_util::sync::CancellationToken;

use super::{BacktestRange, BacktestTask, CHECKPOINT_EVENTS, Labels, backtest, events_kept};
use crate::engine::Engine;
use crate::error::DecideError;
use crate::history::{History, HistoryKeeper};
use crate::lifecycle::audit;
pub use watch::{BacktestWatch, HowFar};

/// Kind of the job that works on backtests until none waits; it has no payload.
pub const BACKTEST_JOB: &str = "backtest.run";
/// Most backtests that wait.
pub const BACKTESTS_WAITING_MAX: i64 = 20;
/// Word for the policy that is live.
const LIVE: &str = "live";
/// Threads that decode and that judge: the events that arrive meanwhile come first.
const THREADS: usize = 1;
/// Events after which progress is told and a wish to stop is heeded: about a second of one thread.
const ORDER_LEG_EVENTS: u64 = 32_768;
/// Most labels of the record that a backtest knows, the latest.
const LABELS_MAX: u32 = 200_000;
/// Times a backtest is begun: if the process died in each of them, it is given up.
const BEGUN_MAX: u32 = 5;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacktestWish {
    /// Hash of the version that is tried.
    pub policy: String,
    /// `live`, or the hash of a version to compare with.
    pub against: Option<String>,
    /// Events that occurred at or after.
    pub from: Timestamp,
    /// Events that occurred before.
    pub to: Timestamp,
    /// Alerts that reviewers can look at in a day.
    pub capacity_a_day: Option<u64>,
}

/// Asks for a backtest.
///
/// # Errors
/// [`DecideError::PolicyUnknown`], [`DecideError::NoPolicy`] when none is live to compare with,
/// [`DecideError::BacktestRange`], [`DecideError::BacktestState`] when too many wait.
pub async fn request(
    engine: &Engine,
    store: &Store,
    ctx: &Ctx,
    wish: BacktestWish,
    by: UserId,
) -> Result<Backtest, DecideError> {
    if wish.from >= wish.to {
        return Err(DecideError::BacktestRange);
    }
    let against = match wish.against {
        Some(word) if word == LIVE => Some(engine.deployment().live.ok_or(DecideError::NoPolicy)?),
        other => other,
    };
    let mut tx = store.begin().await?;
    for hash in std::iter::once(&wish.policy).chain(&against) {
        if tx.lookup_policy(hash).await?.is_none() {
            return Err(DecideError::PolicyUnknown(hash.clone()));
        }
    }
    if tx.count_waiting_backtests().await? >= BACKTESTS_WAITING_MAX {
        let why = format!("{BACKTESTS_WAITING_MAX} backtests wait, which is the limit");
        return Err(DecideError::BacktestState(why));
    }
    let asked = Backtest {
        id: ctx.new_id(),
        policy: wish.policy,
        against,
        from: wish.from,
        to: wish.to,
        capacity_a_day: wish.capacity_a_day,
        requested_at: ctx.now(),
        requested_by: by,
        state: BacktestState::Queued,
    };
    tx.insert_backtest(&asked).await?;
    enqueue(&mut tx, ctx).await?;
    let detail = json!({
        "policy": asked.policy,
        "against": asked.against,
        "from": asked.from,
        "to": asked.to,
    });
    let (at, actor) = (asked.requested_at, Actor::User { id: by });
    let subject = asked.id.to_string();
    audit(&mut tx, at, actor, "backtest.requested", &subject, detail).await?;
    tx.commit().await?;
    Ok(asked)
}

/// Calls a backtest off.
///
/// # Errors
/// [`DecideError::BacktestState`] when it is over; those of the record.
pub async fn cancel(
    store: &Store,
    ctx: &Ctx,
    watch: &BacktestWatch,
    id: BacktestId,
    by: UserId,
) -> Result<Backtest, DecideError> {
    let now = ctx.now();
    let mut tx = store.begin().await?;
    let cancelled = tx.lock_backtest(id).await?.cancelled(now, by);
    let cancelled = cancelled.map_err(over)?;
    tx.update_backtest(&cancelled).await?;
    let actor = Actor::User { id: by };
    let subject = id.to_string();
    audit(
        &mut tx,
        now,
        actor,
        "backtest.cancelled",
        &subject,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    watch.cancel(id);
    Ok(cancelled)
}

/// The report of a backtest that is done.
///
/// # Errors
/// Those of the record; [`DecideError::Damaged`].
pub async fn report_of(
    store: &Store,
    backtest: &Backtest,
) -> Result<Option<BacktestReport>, DecideError> {
    let BacktestState::Done { report_sha256, .. } = &backtest.state else {
        return Ok(None);
    };
    let bytes = store.read().await?.get_blob(report_sha256).await?;
    let report = serde_json::from_slice(&bytes).map_err(|_| DecideError::Damaged {
        what: "the report of a backtest",
    })?;
    Ok(Some(report))
}

/// Sees to it that somebody works on the backtests that wait, whatever became of the job that should.
///
/// # Errors
/// Those of the record.
pub async fn wake(store: &Store, ctx: &Ctx) -> Result<(), DecideError> {
    let mut tx = store.begin().await?;
    if tx.count_waiting_backtests().await? > 0 {
        enqueue(&mut tx, ctx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What events were known to be when a backtest was asked for, so that it goes on with the same labels after a crash.
async fn labels_known(store: &Store, at: Timestamp) -> Result<Labels, DecideError> {
    let known = store.read().await?.truths(at, LABELS_MAX).await?;
    // The last label of an event counts, and it comes first.
    Ok(Labels::new(known.iter().rev().map(|(event_id, truth)| {
        let is = match truth {
            Truth::Fraud => Label::Fraud,
            Truth::Good => Label::Good,
        };
        (event_id.as_str(), is)
    })))
}

/// Works on backtests, oldest first, until none waits or `stopping` is done: what is cut off then goes on where it stood
/// with the next process; after a crash it goes on from its last checkpoint.
///
/// # Errors
/// Those of the record. A backtest that cannot be done is no error: it says so itself.
pub async fn run_waiting(
    engine: &Engine,
    store: &Store,
    ctx: &Ctx,
    watch: &Arc<BacktestWatch>,
    stopping: &CancellationToken,
) -> Result<(), DecideError> {
    while !stopping.is_cancelled() {
        let Some(running) = begin_next(store, ctx, watch).await? else {
            return Ok(());
        };
        let id = running.id;
        let outcome = work_on(engine, store, running, watch, stopping).await;
        watch.set(None);
        let cut_off = stopping.is_cancelled() && outcome.is_err();
        let is_over = if cut_off {
            postpone(store, ctx, id).await?
        } else {
            settle(store, ctx, id, outcome).await?;
            true
        };
        if is_over {
            engine.forget_backtest(id);
        }
    }
    Ok(())
}

async fn work_on(
    engine: &Engine,
    store: &Store,
    running: Backtest,
    watch: &Arc<BacktestWatch>,
    stopping: &CancellationToken,
) -> Result<BacktestReport, DecideError> {
    let labels = labels_known(store, running.requested_at).await?;
    let (engine, watch, stop) = (engine.clone(), Arc::clone(watch), stopping.clone());
    tokio::task::spawn_blocking(move || engine.backtest(&running, labels, &watch, &stop))
        .await
        .unwrap_or_else(|error| Err(DecideError::Stopped(error.to_string())))
}

/// Begins the oldest backtest that waits or was cut off. One that was begun too often is given up.
async fn begin_next(
    store: &Store,
    ctx: &Ctx,
    watch: &BacktestWatch,
) -> Result<Option<Backtest>, DecideError> {
    loop {
        let mut tx = store.begin().await?;
        let Some(next) = tx.next_backtest().await? else {
            return Ok(None);
        };
        // Somebody may have called it off meanwhile.
        let Ok(running) = tx.lock_backtest(next.id).await?.begin(ctx.now()) else {
            continue;
        };
        if matches!(running.state, BacktestState::Running { begun, .. } if begun > BEGUN_MAX) {
            drop(tx);
            let why = format!("it was begun {BEGUN_MAX} times and the process died each time");
            settle(store, ctx, running.id, Err(DecideError::BacktestState(why))).await?;
            continue;
        }
        tx.update_backtest(&running).await?;
        // Before others can know that it runs: who calls it off is heard.
        watch.set(Some(running.id));
        tx.commit().await?;
        return Ok(Some(running));
    }
}

/// The process stops: the next one goes on. True when somebody called it off meanwhile.
async fn postpone(store: &Store, ctx: &Ctx, id: BacktestId) -> Result<bool, DecideError> {
    let mut tx = store.begin().await?;
    let Ok(postponed) = tx.lock_backtest(id).await?.postponed() else {
        return Ok(true);
    };
    tx.update_backtest(&postponed).await?;
    enqueue(&mut tx, ctx).await?;
    tx.commit().await?;
    Ok(false)
}

/// Records what became of a backtest, unless somebody called it off meanwhile.
async fn settle(
    store: &Store,
    ctx: &Ctx,
    id: BacktestId,
    outcome: Result<BacktestReport, DecideError>,
) -> Result<(), DecideError> {
    let now = ctx.now();
    let mut tx = store.begin().await?;
    let running = tx.lock_backtest(id).await?;
    if matches!(running.state, BacktestState::Cancelled { .. }) {
        return Ok(());
    }
    let (settled, action, detail) = match outcome {
        Ok(report) => {
            let json = serde_json::to_vec(&report).map_err(|_| DecideError::Damaged {
                what: "the report of a backtest",
            })?;
            let report_sha256 = tx.put_blob(&json).await?;
            let detail = json!({ "policy": running.policy, "report_sha256": report_sha256 });
            (running.done(now, report_sha256), "backtest.done", detail)
        }
        Err(error) => {
            let why = told(&error);
            let cause = error.with_causes();
            tracing::warn!(cause, backtest.id = %id, "a backtest cannot be done");
            let detail = json!({ "policy": running.policy, "why": why });
            (running.failed(now, why), "backtest.failed", detail)
        }
    };
    tx.update_backtest(&settled.map_err(over)?).await?;
    let subject = id.to_string();
    audit(&mut tx, now, Actor::System, action, &subject, detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Why a backtest failed, for those who asked for it: no names of files.
fn told(error: &DecideError) -> String {
    match error {
        DecideError::Log(_)
        | DecideError::Store(_)
        | DecideError::Index(_)
        | DecideError::Parquet { .. }
        | DecideError::Io { .. } => {
            "events or checkpoints could not be read or written; the log of the server says more"
                .to_owned()
        }
        DecideError::Stopped(_) => {
            "the work on it broke off; the log of the server says more".to_owned()
        }
        DecideError::Busy { .. }
        | DecideError::NoPolicy
        | DecideError::NotFound(_)
        | DecideError::PolicyUnknown(_)
        | DecideError::PolicyInvalid(_)
        | DecideError::PolicyState(_)
        | DecideError::SamePerson
        | DecideError::BacktestState(_)
        | DecideError::BacktestRange
        | DecideError::BadLabel { .. }
        | DecideError::BadCursor(_)
        | DecideError::BadBlock { .. }
        | DecideError::Damaged { .. }
        | DecideError::HistoryInUse => error.to_string(),
    }
}

impl Engine {
    /// Keeps the history of this installation up; see [`HistoryKeeper::step`].
    #[must_use]
    pub fn history_keeper(&self) -> HistoryKeeper {
        let history = History::at(&self.inner.config.history_dir());
        HistoryKeeper::new(history, Arc::clone(&self.inner.log))
    }

    /// Runs a backtest over the events of this installation; its checkpoints are in the state folder.
    fn backtest(
        &self,
        asked: &Backtest,
        labels: Labels,
        watch: &BacktestWatch,
        stopping: &CancellationToken,
    ) -> Result<BacktestReport, DecideError> {
        let (shelf, config) = (&self.inner.shelf, &self.inner.config);
        let task = BacktestTask {
            log_dir: config.log_dir.clone(),
            history_dir: config.history_dir(),
            policy: shelf.load(&asked.policy)?,
            against: match &asked.against {
                Some(hash) => Some(shelf.load(hash)?),
                None => None,
            },
            range: BacktestRange {
                from: asked.from,
                to: asked.to,
                capacity_a_day: asked.capacity_a_day,
            },
            labels,
            checkpoint_dir: Some(self.backtest_dir(asked.id)),
            checkpoint_events: CHECKPOINT_EVENTS,
            leg_events: ORDER_LEG_EVENTS,
            hot_bytes: Some(config.hot_bytes),
            decisions: None,
            threads: Some(THREADS),
        };
        let total = events_kept(&task.log_dir, &History::at(&task.history_dir))?;
        backtest(&task, &mut |progress| {
            watch.tell(total, progress) && !stopping.is_cancelled()
        })
    }

    /// Removes what an ended backtest left.
    fn forget_backtest(&self, id: BacktestId) {
        let dir = self.backtest_dir(id);
        match std::fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, backtest.id = %id, "checkpoints could not be removed");
            }
            Ok(()) | Err(_) => {}
        }
    }

    fn backtest_dir(&self, id: BacktestId) -> PathBuf {
        let dir = self.inner.config.state_dir.join("backtests");
        dir.join(id.to_string())
    }
}

/// Asks for the job that works on backtests; at most one waits.
async fn enqueue(tx: &mut Tx, ctx: &Ctx) -> Result<(), DecideError> {
    let job = NewJob {
        id: ctx.new_id(),
        kind: BACKTEST_JOB.to_owned(),
        payload: json!({}),
        run_at: ctx.now(),
        unique_key: Some(BACKTEST_JOB.to_owned()),
    };
    tx.enqueue_job(&job).await?;
    Ok(())
}

fn over(refusal: BacktestOver) -> DecideError {
    DecideError::BacktestState(refusal.to_string())
}
