//! The thread that decides: block by block in the order of the log, features first, then rules.
//!
//! Its state is a function of the log. Replay at the start feeds it the same work, without callers.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use bytes::Bytes;
use hashbrown::HashMap;
use stanch_rules::event::Event;
use stanch_stream::{EmbeddedLog, EventLog, Position};
use stanch_types::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::backtest::first_kept;
use crate::block::{self, Entry, LateNote};
use crate::cold::ColdPlace;
use crate::core::Core;
use crate::deployment::{Control, Deployment};
use crate::door::Refusal;
use crate::engine::Shared;
use crate::error::DecideError;
use crate::index::Digest16;
use crate::place::Place;
use crate::queue::Answer;
use crate::record::Recorded;
use crate::recorder::{Decided, Record, Snapshot};
use crate::retention::RESTATE;
use crate::shelf::Shelf;
use crate::snapshot::{SnapshotDir, State};
use crate::staging::Staging;
use crate::watch::{Alarm, Outcome, Watch, WatchConfig};

/// Work in the order of the log.
pub(crate) enum Work {
    Events(Box<EventsWork>),
    Control(Box<ControlWork>),
    Late {
        position: Position,
        notes: Vec<LateNote>,
    },
    Snapshot(oneshot::Sender<()>),
}

/// Events of one block, and the callers that wait for them.
pub(crate) struct EventsWork {
    /// None when all were known before: nothing was written.
    pub position: Option<Position>,
    pub sealed_at: Timestamp,
    pub ids: Vec<Arc<str>>,
    pub events: Vec<Event>,
    pub lines: Vec<Bytes>,
    pub contents: Vec<Digest16>,
    pub pending: Vec<Pending>,
}

/// A change of what decides.
pub(crate) struct ControlWork {
    pub position: Position,
    pub control: Control,
    /// The policies it brings, as far as they were prepared.
    pub cores: Vec<Core>,
    pub done: Option<oneshot::Sender<Result<Option<Position>, DecideError>>>,
}

/// A caller that waits.
pub(crate) struct Pending {
    pub slots: Vec<Slot>,
    pub done: oneshot::Sender<Vec<Answer>>,
    /// Gives the room in the queue back when the caller is answered.
    pub _permit: OwnedSemaphorePermit,
}

/// Where a caller's answer comes from.
pub(crate) enum Slot {
    /// A row of the block at hand.
    Row(u32),
    /// An event decided before.
    Known(Place),
    /// Nowhere.
    Refused(Refusal),
}

/// The state of the thread.
pub(crate) struct Worker {
    pub log: Arc<EmbeddedLog>,
    pub shelf: Shelf,
    pub place: ColdPlace,
    pub shared: Arc<Shared>,
    pub snapshots: SnapshotDir,
    pub out: SyncSender<Decided>,
    pub cores: HashMap<String, Core>,
    pub deployment: Deployment,
    pub watch: Watch,
    pub watch_config: WatchConfig,
    /// The block after the last one worked on.
    pub next: Position,
    /// Blocks before it were decided before the start: they only enter features that do not have them.
    pub decided_until: Position,
    /// The snapshot being written.
    pub staging: Option<Staging>,
    /// Events decided since the last snapshot was begun.
    pub since_snapshot: u64,
    /// Events after which a snapshot is taken.
    pub snapshot_events: u64,
}

impl Worker {
    /// Works until nobody can send work any more or something fails.
    pub fn run(mut self, work: &Receiver<Work>) {
        while let Ok(work) = work.recv() {
            if let Err(error) = self.take(work) {
                self.shared.fail(&error);
                return;
            }
        }
    }

    fn take(&mut self, work: Work) -> Result<(), DecideError> {
        match work {
            Work::Events(events) => {
                self.decide(*events)?;
                self.write_some()
            }
            Work::Control(control) => self.control(*control),
            Work::Late { position, notes } => {
                self.next = position.next();
                self.send(Record::Late { position, notes })
            }
            Work::Snapshot(done) => self.snapshot(Some(done)),
        }
    }

    fn decide(&mut self, work: EventsWork) -> Result<(), DecideError> {
        if let Some(position) = work.position.filter(|at| *at < self.decided_until) {
            // Decided and recorded before the snapshot: only some features do not have it.
            for core in self.cores.values_mut() {
                core.observe_lines(&work.lines, position.next())?;
            }
            self.next = position.next();
            return Ok(());
        }
        let mut alarms = Vec::new();
        let rows = match work.position {
            None => Vec::new(),
            Some(position) => {
                let rows = self.decide_block(&work, &mut alarms)?;
                self.next = position.next();
                self.since_snapshot += u64::try_from(rows.len()).unwrap_or(0);
                rows
            }
        };
        let count = u64::try_from(alarms.len()).unwrap_or(0);
        self.shared.alarms.fetch_add(count, Ordering::Relaxed);
        self.send(Record::Events {
            position: work.position,
            sealed_at: work.sealed_at,
            rows,
            alarms,
            pending: work.pending,
        })
    }

    fn decide_block(
        &mut self,
        work: &EventsWork,
        alarms: &mut Vec<Alarm>,
    ) -> Result<Vec<Recorded>, DecideError> {
        let next = work.position.map_or(self.next, Position::next);
        let live = self.deployment.live.clone().ok_or(DecideError::NoPolicy)?;
        let mut rows = match self.cores.get_mut(&live) {
            Some(core) => {
                let judged = core.judge(&work.events, next)?;
                core.record(work, &judged)
            }
            None => return Err(DecideError::PolicyUnknown(live)),
        };
        let config = self.watch_config;
        let mine: Vec<Outcome> = rows.iter().map(Recorded::outcome).collect();
        self.watch.drift(&config, &mine, alarms);
        let trial = self.watch.trial.as_mut();
        let mut trial = trial.filter(|trial| trial.runs(&config));
        let canary = self.deployment.canary.clone();
        for (hash, core) in &mut self.cores {
            if *hash == live {
                continue;
            }
            if let Some(canary) = canary.as_ref().filter(|canary| canary.policy == *hash) {
                let pairs = core.judge_share(work, canary, next, &mut rows)?;
                if let Some(trial) = trial.as_mut().filter(|trial| trial.policy == *hash) {
                    trial.take(&config, &pairs, alarms);
                }
            } else if let Some(trial) = trial.as_mut().filter(|trial| trial.base == *hash) {
                let others = core.judge_again(&work.lines, next)?;
                let pairs = mine.iter().cloned().zip(others);
                let pairs = pairs.filter_map(|(mine, base)| Some((mine, base?)));
                trial.take(&config, &pairs.collect::<Vec<_>>(), alarms);
            } else if self.deployment.shadow.as_ref() == Some(hash) {
                let others = core.judge_again(&work.lines, next)?;
                let pairs = rows.iter().zip(others);
                let pairs = pairs.filter_map(|(row, other)| Some((row, other?)));
                let (mut decided, mut differs) = (0, 0);
                for (row, other) in pairs {
                    decided += 1;
                    differs += u64::from(other.decision != row.decision);
                }
                let shared = &self.shared;
                shared.shadow_decided.fetch_add(decided, Ordering::Relaxed);
                shared.shadow_differs.fetch_add(differs, Ordering::Relaxed);
            } else {
                core.observe_lines(&work.lines, next)?;
            }
        }
        Ok(rows)
    }

    fn control(&mut self, work: ControlWork) -> Result<(), DecideError> {
        if self.staging.is_some() {
            // All of a snapshot is of one deployment.
            self.snapshot(None)?;
        }
        for core in work.cores {
            self.cores.insert(core.hash().to_owned(), core);
        }
        let wanted: Vec<String> = work
            .control
            .deployment
            .policies()
            .into_iter()
            .map(str::to_owned)
            .collect();
        for hash in &wanted {
            let mut core = match self.cores.remove(hash) {
                Some(core) => core,
                None => Core::within(self.shelf.load(hash)?, &self.place)?,
            };
            catch_up(&self.log, &mut core, work.position)?;
            core.at(work.position.next());
            self.cores.insert(hash.clone(), core);
        }
        self.cores.retain(|hash, _| wanted.contains(hash));
        self.deployment = work.control.deployment.clone();
        self.next = work.position.next();
        let rules = |hash: &str| {
            self.cores
                .get(hash)
                .map(Core::watched_names)
                .unwrap_or_default()
        };
        self.watch
            .deployed(&work.control.step, &self.deployment, rules);
        if work.control.step != RESTATE {
            self.shared
                .after_control
                .store(self.next.0, Ordering::Release);
        }
        let live = self.deployment.live.as_ref();
        let live = live.and_then(|hash| self.cores.get(hash)).map(Core::live);
        self.shared
            .deployed(work.position, self.deployment.clone(), live);
        self.send(Record::Control {
            position: work.position,
            done: work.done,
        })
    }

    /// Writes some of a snapshot, beginning one when it is time.
    fn write_some(&mut self) -> Result<(), DecideError> {
        if self.staging.is_none() && self.since_snapshot < self.snapshot_events {
            return Ok(());
        }
        match self.stage(false) {
            Ok(None) => Ok(()),
            Ok(Some(staged)) => self.send(Record::Snapshot(Snapshot {
                next: self.next,
                staged: Some(staged),
                done: None,
            })),
            // Without a new snapshot the next start works through more of the log, which is no reason to stop.
            Err(error) => {
                self.give_up(&error);
                Ok(())
            }
        }
    }

    /// Writes the rest of a snapshot, or all of one.
    fn snapshot(&mut self, done: Option<oneshot::Sender<()>>) -> Result<(), DecideError> {
        let staged = self.stage(true).unwrap_or_else(|error| {
            self.give_up(&error);
            None
        });
        self.send(Record::Snapshot(Snapshot {
            next: self.next,
            staged,
            done,
        }))
    }

    /// Writes on a snapshot, to its end if `whole`; gives its folder when it is finished.
    fn stage(&mut self, whole: bool) -> Result<Option<PathBuf>, DecideError> {
        let mut staging = match self.staging.take() {
            Some(staging) => staging,
            None => {
                self.since_snapshot = 0;
                Staging::begin(self.snapshots.staged(), self.next, &self.cores)?
            }
        };
        while !staging.advance(self.next, &mut self.cores)? {
            if !whole {
                self.staging = Some(staging);
                return Ok(None);
            }
        }
        let after_control = self.shared.after_control.load(Ordering::Acquire);
        let state = State::new(self.next, &self.deployment, after_control, &self.watch);
        let (staged, bytes) = staging.finish(state)?;
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.shared.features_bytes.store(bytes, Ordering::Relaxed);
        Ok(Some(staged))
    }

    fn give_up(&mut self, error: &DecideError) {
        self.staging = None;
        self.since_snapshot = 0;
        tracing::warn!(%error, "no snapshot could be written");
    }

    fn send(&self, record: Record) -> Result<(), DecideError> {
        self.out
            .send(Decided(record))
            .map_err(|_| DecideError::Stopped("the thread that records has ended".to_owned()))
    }
}

/// Feeds `core` the events of the log from where it stands up to `end`. Events that do not fit its schema are
/// passed over, as they are when they arrive while it runs beside another policy.
///
/// # Errors
/// [`DecideError::Log`], [`DecideError::BadBlock`].
pub(crate) fn catch_up(
    log: &EmbeddedLog,
    core: &mut Core,
    end: Position,
) -> Result<(), DecideError> {
    if core.next() >= end {
        return Ok(());
    }
    for block in log.read_from(core.next().max(first_kept(log)?))? {
        let block = block?;
        if block.position >= end {
            break;
        }
        let next = block.position.next();
        match block::decode(&block.payload)
            .map_err(|why| DecideError::bad_block(block.position, why))?
        {
            Entry::Events(events) => core.observe_lines(&events.lines, next)?,
            Entry::Control(_) | Entry::Late(_) => core.at(next),
        }
    }
    Ok(())
}
