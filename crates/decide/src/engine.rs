//! The engine as others use it: give events, get decisions, look decisions up, change what decides.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration as StdDuration;

use hashbrown::HashMap;
use stanch_rules::ir::Decision;
use stanch_stream::{EmbeddedLog, Position};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::block::LateNote;
use crate::cold::ColdPlace;
use crate::core::Core;
use crate::deployment::{Control, Deployment};
use crate::door::{Checked, Live};
use crate::error::DecideError;
use crate::history::history_beside;
use crate::index::Index;
use crate::queue::{Answer, ControlOrder, Message, Submission};
use crate::record::{Fallback, Recorded, decision_byte};
use crate::shelf::Shelf;
use crate::snapshot::SnapshotDir;
use crate::watch::WatchConfig;
use crate::worker::catch_up;

/// Most events given to [`Engine::decide`] at once.
pub const SUBMISSION_EVENTS_MAX: usize = 1_024;

/// How an engine is run.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Folder of the decision log.
    pub log_dir: PathBuf,
    /// Folder of index and snapshots; both are made anew when missing.
    pub state_dir: PathBuf,
    /// Most events waiting to be decided; more are refused.
    pub waiting_max: usize,
    /// Events after which a snapshot is taken.
    pub snapshot_events: u64,
    /// Bytes of raw events of one policy's features that stay in memory, an equal part for each group of windows; the
    /// rest is in files.
    pub hot_bytes: usize,
    /// What callers are told, by kind, when the decision comes too late. Kinds not named: review.
    pub fallbacks: HashMap<String, Decision>,
    /// How shares of decisions are watched.
    pub watch: WatchConfig,
}

impl EngineConfig {
    /// Folder of the history of events: `history/events` beside the folder of logs.
    #[must_use]
    pub fn history_dir(&self) -> PathBuf {
        history_beside(&self.log_dir)
    }
}

/// Events that have their place in the order of arrival and wait to be decided.
#[derive(Debug)]
pub struct Queued {
    shared: Arc<Shared>,
    decided: oneshot::Receiver<Vec<Answer>>,
}

impl Queued {
    /// The answers, in the order of the events, however long they take.
    ///
    /// # Errors
    /// [`DecideError::Stopped`].
    pub async fn answers(self) -> Result<Vec<Answer>, DecideError> {
        self.decided.await.map_err(|_| self.shared.failed())
    }
}

/// What the engine has done since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events decided, by decision, in the order of [`crate::DECISIONS`].
    pub decided: [u64; 6],
    /// Events answered with their fallback.
    pub late: u64,
    /// Events waiting now.
    pub waiting: u64,
    /// Events on which the shadow policy came to another decision.
    pub shadow_differs: u64,
    /// Events the shadow policy decided about.
    pub shadow_decided: u64,
    /// Bytes of memory of all features, as of the last snapshot.
    pub features_bytes: u64,
    /// Alarms about shares of decisions that moved.
    pub alarms: u64,
}

/// The engine; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub config: EngineConfig,
    pub log: Arc<EmbeddedLog>,
    pub index: Index,
    pub shelf: Shelf,
    pub place: ColdPlace,
    pub snapshots: SnapshotDir,
    pub shared: Arc<Shared>,
    pub room: Arc<Semaphore>,
    pub queue: Mutex<Option<mpsc::Sender<Message>>>,
    pub threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

/// What the threads and the callers share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    live: RwLock<Option<Arc<Live>>>,
    deployment: RwLock<Deployment>,
    /// The last block of control worked on, and its bell.
    controlled: Mutex<Option<Position>>,
    /// The block after the last change of what decides; 0: there was none.
    pub after_control: AtomicU64,
    control_bell: Condvar,
    /// The first block that is not in the index.
    pub recorded: AtomicU64,
    decided: [AtomicU64; 6],
    late: AtomicU64,
    pub shadow_decided: AtomicU64,
    pub shadow_differs: AtomicU64,
    pub features_bytes: AtomicU64,
    pub alarms: AtomicU64,
    failure: OnceLock<String>,
    /// Done when the engine stops or has failed.
    pub stopping: CancellationToken,
}

impl Shared {
    /// The policy that checks what comes in.
    pub fn live(&self) -> Option<Arc<Live>> {
        self.live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn deployment(&self) -> Deployment {
        self.deployment
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes that a change of what decides took effect.
    pub fn deployed(&self, position: Position, deployment: Deployment, live: Option<Arc<Live>>) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
        *self
            .deployment
            .write()
            .unwrap_or_else(PoisonError::into_inner) = deployment;
        *self
            .controlled
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(position);
        self.control_bell.notify_all();
    }

    /// Waits until the control block at `position` took effect.
    pub fn wait_for_control(&self, position: Position) -> Result<(), DecideError> {
        let mut done = self
            .controlled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while done.is_none_or(|done| done < position) {
            if self.failure.get().is_some() {
                return Err(self.failed());
            }
            done = self
                .control_bell
                .wait(done)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Notes the first failure; the engine takes nothing more.
    pub fn fail(&self, error: &DecideError) {
        let text = error.with_causes();
        tracing::error!(cause = text, "the decision engine stops");
        // Only the first failure tells what happened.
        let _ = self.failure.set(text);
        self.stopping.cancel();
        // Under the lock, so that nobody misses the bell between looking and waiting.
        let _looked = self
            .controlled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.control_bell.notify_all();
    }

    pub fn failed(&self) -> DecideError {
        let why = self.failure.get().cloned();
        DecideError::Stopped(why.unwrap_or_else(|| "it is stopping".to_owned()))
    }

    pub fn has_failed(&self) -> bool {
        self.failure.get().is_some()
    }

    /// Counts decisions.
    pub fn count(&self, rows: &[Recorded]) {
        for row in rows {
            if let Some(counter) = self.decided.get(usize::from(decision_byte(row.decision))) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Engine {
    /// The policy that checks what comes in.
    ///
    /// # Errors
    /// [`DecideError::NoPolicy`].
    pub fn live(&self) -> Result<Arc<Live>, DecideError> {
        self.inner.shared.live().ok_or(DecideError::NoPolicy)
    }

    /// Which policies are at work.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        self.inner.shared.deployment()
    }

    /// What was done since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let shared = &self.inner.shared;
        let free = self.inner.room.available_permits();
        let waiting = self.inner.config.waiting_max.saturating_sub(free);
        let mut counts = Counts {
            late: shared.late.load(Ordering::Relaxed),
            waiting: u64::try_from(waiting).unwrap_or(u64::MAX),
            features_bytes: shared.features_bytes.load(Ordering::Relaxed),
            shadow_decided: shared.shadow_decided.load(Ordering::Relaxed),
            shadow_differs: shared.shadow_differs.load(Ordering::Relaxed),
            alarms: shared.alarms.load(Ordering::Relaxed),
            ..Counts::default()
        };
        for (count, counter) in counts.decided.iter_mut().zip(&shared.decided) {
            *count = counter.load(Ordering::Relaxed);
        }
        counts
    }

    /// Bytes of the index on disk.
    ///
    /// # Errors
    /// [`DecideError::Index`].
    pub fn index_bytes(&self) -> Result<u64, DecideError> {
        self.inner.index.bytes_on_disk()
    }

    /// Whether the engine still works.
    ///
    /// # Errors
    /// [`DecideError::Stopped`] with the cause.
    pub fn check_alive(&self) -> Result<(), DecideError> {
        if self.inner.shared.has_failed() {
            return Err(self.inner.shared.failed());
        }
        Ok(())
    }

    /// Decides about up to [`SUBMISSION_EVENTS_MAX`] events; answers in their order. When the decision is not there
    /// after `deadline`, the answer is the fallback of the event's kind, but never before the events are durable;
    /// the decision follows, is stored and has its effects.
    ///
    /// Refuses when too many events wait; [`Engine::queue_in_turn`] waits for room instead.
    ///
    /// # Errors
    /// [`DecideError::Busy`], [`DecideError::Stopped`].
    pub async fn decide(
        &self,
        rows: Vec<Checked>,
        deadline: StdDuration,
    ) -> Result<Vec<Answer>, DecideError> {
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.inner.room)
            .try_acquire_many_owned(count)
            .map_err(|_| DecideError::Busy {
                waiting: self.inner.config.waiting_max,
            })?;
        self.submit(rows, permit, deadline).await
    }

    /// As [`Engine::decide`], but waits for room and for the decisions however long they take: for bulk, which sets
    /// its own pace. When it returns, the events have their place in the order of arrival, before all that is queued
    /// later.
    ///
    /// # Errors
    /// [`DecideError::Stopped`].
    pub async fn queue_in_turn(&self, rows: Vec<Checked>) -> Result<Queued, DecideError> {
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.inner.room)
            .acquire_many_owned(count)
            .await
            .map_err(|_| self.inner.shared.failed())?;
        let (_, decided) = self.enqueue(rows, permit).await?;
        let shared = Arc::clone(&self.inner.shared);
        Ok(Queued { shared, decided })
    }

    /// Gives events their place in the order of arrival; tells when they are durable, and then what was decided.
    async fn enqueue(
        &self,
        rows: Vec<Checked>,
        permit: OwnedSemaphorePermit,
    ) -> Result<(oneshot::Receiver<()>, oneshot::Receiver<Vec<Answer>>), DecideError> {
        let (logged, was_logged) = oneshot::channel();
        let (done, decided) = oneshot::channel();
        let submission = Submission {
            rows,
            logged,
            done,
            permit,
        };
        self.send(Message::Events(submission)).await?;
        Ok((was_logged, decided))
    }

    async fn submit(
        &self,
        rows: Vec<Checked>,
        permit: OwnedSemaphorePermit,
        deadline: StdDuration,
    ) -> Result<Vec<Answer>, DecideError> {
        let fallbacks: Vec<_> = rows.iter().map(|row| self.fallback(row)).collect();
        let (was_logged, mut decided) = self.enqueue(rows, permit).await?;
        match tokio::time::timeout(deadline, &mut decided).await {
            Ok(answers) => answers.map_err(|_| self.inner.shared.failed()),
            Err(_) => {
                was_logged.await.map_err(|_| self.inner.shared.failed())?;
                match decided.try_recv() {
                    Ok(answers) => Ok(answers),
                    Err(oneshot::error::TryRecvError::Closed) => Err(self.inner.shared.failed()),
                    Err(oneshot::error::TryRecvError::Empty) => self.answer_late(fallbacks).await,
                }
            }
        }
    }

    async fn answer_late(&self, fallbacks: Vec<Fallback>) -> Result<Vec<Answer>, DecideError> {
        let mut answers = Vec::with_capacity(fallbacks.len());
        for fallback in fallbacks {
            self.inner.shared.late.fetch_add(1, Ordering::Relaxed);
            let note = LateNote {
                event_id: fallback.event_id.to_string(),
                answered: fallback.decision,
            };
            self.send(Message::Late(note)).await?;
            answers.push(Answer::Decided(fallback.to_json()));
        }
        Ok(answers)
    }

    fn fallback(&self, row: &Checked) -> Fallback {
        let decision = self.inner.config.fallbacks.get(row.kind()).copied();
        row.fallback(decision.unwrap_or(Decision::Review))
    }

    /// Changes what decides. The features of policies that are new are computed from the kept log first; events go
    /// on being decided meanwhile. Returns the block from which on the change holds.
    ///
    /// # Errors
    /// [`DecideError::PolicyUnknown`], [`DecideError::PolicyInvalid`], [`DecideError::Log`],
    /// [`DecideError::Stopped`].
    pub async fn deploy(&self, control: Control) -> Result<Position, DecideError> {
        let deployed = self.deploy_unless(control, None).await?;
        deployed.ok_or_else(|| self.inner.shared.failed())
    }

    /// As [`Engine::deploy`], unless something else was deployed after block `seen`, or `control` restates what is not at
    /// work any more: then nothing is done, and there is no block.
    ///
    /// # Errors
    /// As [`Engine::deploy`].
    pub(crate) async fn deploy_unless(
        &self,
        control: Control,
        seen: Option<Position>,
    ) -> Result<Option<Position>, DecideError> {
        let at_work = self.deployment();
        let fresh: Vec<String> = control
            .deployment
            .policies()
            .into_iter()
            .filter(|hash| !at_work.policies().contains(hash))
            .map(str::to_owned)
            .collect();
        let (shelf, log) = (self.inner.shelf.clone(), Arc::clone(&self.inner.log));
        let place = self.inner.place.clone();
        let prepare = move || -> Result<Vec<Core>, DecideError> {
            fresh
                .iter()
                .map(|hash| {
                    let mut core = Core::within(shelf.load(hash)?, &place)?;
                    let end = stanch_stream::EventLog::end(&*log);
                    catch_up(&log, &mut core, end)?;
                    Ok(core)
                })
                .collect()
        };
        let cores = tokio::task::spawn_blocking(prepare)
            .await
            .map_err(|error| DecideError::Stopped(error.to_string()))??;
        let (done, deployed) = oneshot::channel();
        let order = ControlOrder {
            control,
            cores,
            seen,
            done,
        };
        self.send(Message::Control(Box::new(order))).await?;
        let position = deployed.await.map_err(|_| self.inner.shared.failed())??;
        if position.is_some() {
            self.snapshot().await?;
        }
        Ok(position)
    }

    /// Takes a snapshot and returns when it is in place.
    ///
    /// # Errors
    /// [`DecideError::Stopped`].
    pub async fn snapshot(&self) -> Result<(), DecideError> {
        let (done, kept) = oneshot::channel();
        self.send(Message::Snapshot(done)).await?;
        kept.await.map_err(|_| self.inner.shared.failed())
    }

    async fn send(&self, message: Message) -> Result<(), DecideError> {
        let queue = self
            .inner
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let queue = queue.ok_or_else(|| self.inner.shared.failed())?;
        queue
            .send(message)
            .await
            .map_err(|_| self.inner.shared.failed())
    }

    /// Decides what is queued, takes a snapshot and ends the threads. What comes later is refused.
    ///
    /// # Errors
    /// [`DecideError::Stopped`] when the engine had failed.
    pub async fn stop(&self) -> Result<(), DecideError> {
        let snapshot = self.snapshot().await;
        drop(
            self.inner
                .queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let threads = std::mem::take(
            &mut *self
                .inner
                .threads
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().all(|thread| thread.join().is_ok())
        });
        let whole = joined.await.unwrap_or(false);
        self.inner.shared.stopping.cancel();
        if !whole {
            return Err(DecideError::Stopped("a thread panicked".to_owned()));
        }
        snapshot
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("deployment", &self.deployment())
            .finish_non_exhaustive()
    }
}
