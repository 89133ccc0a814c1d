//! Starting: the newest good snapshot, then the log after it, then callers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};

use hashbrown::HashMap;
use stanch_store::Store;
use stanch_stream::{EmbeddedLog, EventLog, LogConfig, Position};
use stanch_types::Ctx;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::backtest::first_kept;
use crate::block::{self, Entry, EventBlock};
use crate::cold::ColdPlace;
use crate::core::Core;
use crate::deployment::Deployment;
use crate::door::content_of;
use crate::effect::effects_watermark;
use crate::engine::{Engine, EngineConfig, Inner, Shared};
use crate::error::DecideError;
use crate::index::Index;
use crate::queue::Queue;
use crate::recorder::{Decided, Recorder, Tables, record_effects};
use crate::shelf::Shelf;
use crate::snapshot::{self, SnapshotDir};
use crate::watch::Watch;
use crate::worker::{ControlWork, EventsWork, Pending, Work, Worker};

/// Blocks that wait to be decided: enough to keep the thread busy.
const BLOCKS_AHEAD_MAX: usize = 4;
/// Blocks that wait for the index, which pauses when it writes its tables; the events in them are bounded by
/// [`EngineConfig::waiting_max`], those of a replay too.
const DECIDED_AHEAD_MAX: usize = 256;
/// Words to the thread that writes the index's tables.
const TABLES_STEPS_MAX: usize = 16;
/// Blocks whose effects wait to be recorded.
const EFFECTS_AHEAD_MAX: usize = 512;
/// Messages in the queue; the events in them are bounded by [`EngineConfig::waiting_max`].
const MESSAGES_MAX: usize = 16_384;

impl Engine {
    /// Opens the log and works through what was not recorded; returns when everything before is decided again.
    ///
    /// # Errors
    /// [`DecideError`]; also [`stanch_stream::LogError::Locked`] when another process has it open.
    pub async fn open(config: EngineConfig, store: Store, ctx: Ctx) -> Result<Self, DecideError> {
        let effects_done = effects_watermark(&store).await?;
        let runtime = Handle::current();
        let shelf = Shelf {
            store: store.clone(),
            runtime: runtime.clone(),
        };
        let shared = Arc::new(Shared::default());
        let (effects, steps) = mpsc::channel(EFFECTS_AHEAD_MAX);
        let snapshots = SnapshotDir::open(&config.state_dir.join("snapshots"))?;
        let place = ColdPlace::open(&config.state_dir.join("cold"), config.hot_bytes)?;
        runtime.spawn(record_effects(
            store,
            Arc::clone(&shared),
            snapshots.clone(),
            steps,
        ));
        let opening = Opening {
            config,
            ctx,
            shelf,
            place,
            shared,
            snapshots,
            effects_done,
            effects,
        };
        tokio::task::spawn_blocking(move || opening.run())
            .await
            .map_err(|error| DecideError::Stopped(error.to_string()))?
    }
}

struct Opening {
    config: EngineConfig,
    ctx: Ctx,
    shelf: Shelf,
    place: ColdPlace,
    shared: Arc<Shared>,
    snapshots: SnapshotDir,
    effects_done: Position,
    effects: mpsc::Sender<crate::recorder::EffectsStep>,
}

impl Opening {
    fn run(self) -> Result<Engine, DecideError> {
        let log = Arc::new(EmbeddedLog::open(
            &self.config.log_dir,
            LogConfig::default(),
        )?);
        let index = self.open_index(&log)?;
        let watermark = index.watermark()?;
        self.shared.recorded.store(watermark.0, Ordering::Release);
        let restored = self.restore(&log, watermark.min(self.effects_done))?;
        self.announce(&restored);
        let (out, decided) = sync_channel(DECIDED_AHEAD_MAX);
        let (work, work_in) = sync_channel(BLOCKS_AHEAD_MAX);
        let start = restored.next;
        let worker = self.worker(Arc::clone(&log), out, restored);
        let (to_tables, tables_in) = sync_channel(TABLES_STEPS_MAX);
        let tables = Tables {
            index: index.clone(),
            shared: Arc::clone(&self.shared),
            effects: self.effects.clone(),
        };
        let recorder = Recorder {
            index: index.clone(),
            shared: Arc::clone(&self.shared),
            effects: self.effects.clone(),
            tables: to_tables,
            watermark,
        };
        let mut threads = vec![
            spawn("stanch-decide", move || worker.run(&work_in))?,
            spawn("stanch-record", move || recorder.run(&decided))?,
            spawn("stanch-index", move || tables.run(&tables_in))?,
        ];
        let room = Arc::new(Semaphore::new(self.config.waiting_max));
        Replay {
            log: &log,
            work: &work,
            shared: &self.shared,
            room: &room,
            room_max: self.config.waiting_max,
            runtime: &self.shelf.runtime,
        }
        .run(start)?;
        let (sender, messages) = mpsc::channel(MESSAGES_MAX);
        let queue = self.queue(Arc::clone(&log), index.clone(), work)?;
        threads.insert(0, spawn("stanch-log", move || queue.run(messages))?);
        let engine = Engine {
            inner: Arc::new(Inner {
                room,
                config: self.config,
                log,
                index,
                shelf: self.shelf,
                place: self.place,
                snapshots: self.snapshots,
                shared: self.shared,
                queue: std::sync::Mutex::new(Some(sender)),
                threads: std::sync::Mutex::new(threads),
            }),
        };
        // Everything replayed is recorded when a message behind it is answered.
        engine
            .inner
            .shelf
            .runtime
            .clone()
            .block_on(engine.snapshot())?;
        Ok(engine)
    }

    /// The thread that takes what callers send, from the end of the log on.
    fn queue(
        &self,
        log: Arc<EmbeddedLog>,
        index: Index,
        work: SyncSender<Work>,
    ) -> Result<Queue, DecideError> {
        Ok(Queue {
            next: log.end(),
            log,
            index,
            ctx: self.ctx.clone(),
            shared: Arc::clone(&self.shared),
            work,
            unrecorded: HashMap::new(),
            unrecorded_order: Default::default(),
            late: Vec::new(),
            packer: block::packer().map_err(DecideError::io("compress", &self.config.log_dir))?,
        })
    }

    /// The thread that decides, from the state `restored` on.
    fn worker(
        &self,
        log: Arc<EmbeddedLog>,
        out: SyncSender<Decided>,
        restored: Restored,
    ) -> Worker {
        Worker {
            log,
            shelf: self.shelf.clone(),
            place: self.place.clone(),
            shared: Arc::clone(&self.shared),
            snapshots: self.snapshots.clone(),
            out,
            cores: restored.cores,
            deployment: restored.deployment,
            watch: restored.watch,
            watch_config: self.config.watch,
            next: restored.next,
            decided_until: restored.decided_until,
            staging: None,
            since_snapshot: 0,
            snapshot_events: self.config.snapshot_events,
        }
    }

    /// Says at the door which policies the state to start from has.
    fn announce(&self, state: &Restored) {
        let deployment = state.deployment.clone();
        self.shared
            .after_control
            .store(state.after_control, Ordering::Release);
        let live = deployment.live.as_ref();
        let live = live.and_then(|hash| state.cores.get(hash)).map(Core::live);
        if let Some(before) = state.next.0.checked_sub(1) {
            self.shared.deployed(Position(before), deployment, live);
        }
    }

    /// The index of decisions; one of another log, or of a log that lost its end, is made anew: it is derived.
    fn open_index(&self, log: &EmbeddedLog) -> Result<Index, DecideError> {
        let dir = self.config.state_dir.join("index");
        let index = Index::open(&dir)?;
        if index.reach()? <= log.end() {
            return Ok(index);
        }
        tracing::warn!("the index of decisions is ahead of the log and is made anew");
        drop(index);
        std::fs::remove_dir_all(&dir).map_err(DecideError::io("remove", &dir))?;
        Index::open(&dir)
    }

    /// The state to start from: of the newest snapshot up to `end`, else empty.
    fn restore(&self, log: &EmbeddedLog, end: Position) -> Result<Restored, DecideError> {
        if let Some(found) = self.snapshots.newest(end)? {
            let mut cores = HashMap::new();
            let next = Position(found.state.from);
            for (hash, path) in found.policies {
                let mut core = Core::within(self.shelf.load(&hash)?, &self.place)?;
                core.read_features(&mut snapshot::open(&path)?)?;
                core.at(next);
                cores.insert(hash, core);
            }
            tracing::info!(snapshot.position = next.0, "features read from a snapshot");
            return Ok(Restored {
                next,
                deployment: found.state.deployment,
                cores,
                after_control: found.state.after_control,
                decided_until: Position(found.state.next),
                watch: found.state.watch,
            });
        }
        Ok(Restored {
            next: first_control(log)?,
            deployment: Deployment::default(),
            cores: HashMap::new(),
            after_control: 0,
            decided_until: Position::START,
            watch: Watch::default(),
        })
    }
}

/// The first block of the log that says what is at work: nothing before it can be decided.
fn first_control(log: &EmbeddedLog) -> Result<Position, DecideError> {
    let first = first_kept(log)?;
    for block in log.read_from(first)? {
        let block = block?;
        if block::is_control(&block.payload) {
            return Ok(block.position);
        }
    }
    Ok(first)
}

struct Restored {
    next: Position,
    deployment: Deployment,
    cores: HashMap<String, Core>,
    after_control: u64,
    /// Blocks from `next` to here were decided before the snapshot was finished.
    decided_until: Position,
    watch: Watch,
}

/// Feeds blocks of the log to the thread that decides.
struct Replay<'a> {
    log: &'a EmbeddedLog,
    work: &'a SyncSender<Work>,
    shared: &'a Shared,
    /// Room for events that are not recorded yet, as callers take it.
    room: &'a Arc<Semaphore>,
    room_max: usize,
    runtime: &'a Handle,
}

impl Replay<'_> {
    /// Feeds those from `start` to the end there is now.
    fn run(&self, start: Position) -> Result<(), DecideError> {
        let end = self.log.end();
        if start >= end {
            return Ok(());
        }
        tracing::info!(
            blocks = end.0 - start.0,
            "the end of the decision log is worked through"
        );
        for block in self.log.read_from(start)? {
            let block = block?;
            let position = block.position;
            let entry = block::decode(&block.payload)
                .map_err(|why| DecideError::bad_block(position, why))?;
            let step = match entry {
                Entry::Late(notes) => Work::Late { position, notes },
                Entry::Control(control) => Work::Control(Box::new(ControlWork {
                    position,
                    control: *control,
                    cores: Vec::new(),
                    done: None,
                })),
                Entry::Events(events) => Work::Events(Box::new(self.events(position, events)?)),
            };
            let control = matches!(step, Work::Control(_));
            self.work.send(step).map_err(|_| self.shared.failed())?;
            if control {
                self.shared.wait_for_control(position)?;
            }
        }
        Ok(())
    }

    /// A block of events, read again; waits until there is room for them.
    fn events(&self, position: Position, block: EventBlock) -> Result<EventsWork, DecideError> {
        let bad = |why: String| DecideError::bad_block(position, why);
        let live = self
            .shared
            .live()
            .ok_or_else(|| bad("events before any policy was live".to_owned()))?;
        let (mut ids, mut typed) = (Vec::new(), Vec::new());
        let mut contents = Vec::new();
        for line in &block.lines {
            let event = live
                .policy
                .decode(line)
                .map_err(|error| bad(error.to_string()))?;
            ids.push(event.event_id().into());
            contents.push(content_of(&live.policy, &event));
            typed.push(event);
        }
        Ok(EventsWork {
            position: Some(position),
            sealed_at: block.sealed_at,
            pending: vec![self.caller(typed.len())?],
            ids,
            events: typed,
            lines: block.lines,
            contents,
        })
    }

    /// A caller who asks nothing and holds room for `events` until they are recorded.
    fn caller(&self, events: usize) -> Result<Pending, DecideError> {
        // A block may be larger than all the room there is now; then it goes alone.
        let room = u32::try_from(events.min(self.room_max)).unwrap_or(u32::MAX);
        let permit = Arc::clone(self.room).acquire_many_owned(room);
        Ok(Pending {
            slots: Vec::new(),
            done: oneshot::channel().0,
            _permit: self
                .runtime
                .block_on(permit)
                .map_err(|_| self.shared.failed())?,
        })
    }
}

fn spawn(
    name: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<std::thread::JoinHandle<()>, DecideError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| DecideError::Stopped(format!("no thread could be started: {error}")))
}

#[cfg(test)]
mod tests;
