//! The thread that writes what was decided: index, answers to callers, effects; in the order of the log.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use stanch_store::Store;
use stanch_stream::Position;
use stanch_types::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::block::LateNote;
use crate::effect::{self, BlockEffects, Effects};
use crate::engine::Shared;
use crate::error::DecideError;
use crate::index::Index;
use crate::queue::Answer;
use crate::record::Recorded;
use crate::snapshot::SnapshotDir;
use crate::watch::Alarm;
use crate::worker::{Pending, Slot};

/// The first wait before effects that could not be recorded are tried again; doubled up to [`RETRY_MAX`].
const RETRY_FIRST: std::time::Duration = std::time::Duration::from_millis(50);
/// The longest wait.
const RETRY_MAX: std::time::Duration = std::time::Duration::from_secs(5);

/// How long effects wait for those of the blocks that follow: the disk has as many syncs for blocks, which callers wait for.
const GATHER: std::time::Duration = std::time::Duration::from_millis(20);
/// Events whose effects are enough for one transaction: others wait for the record meanwhile.
const EVENTS_TOGETHER_MAX: usize = 1_024;

/// What was decided, on its way to be recorded.
pub(crate) struct Decided(pub Record);

/// What is to be recorded.
pub(crate) enum Record {
    Events {
        position: Option<Position>,
        sealed_at: Timestamp,
        rows: Vec<Recorded>,
        alarms: Vec<Alarm>,
        pending: Vec<Pending>,
    },
    Control {
        position: Position,
        done: Option<oneshot::Sender<Result<Option<Position>, DecideError>>>,
    },
    Late {
        position: Position,
        notes: Vec<LateNote>,
    },
    /// The state before a block is written beside; it is put in place when everything before is recorded.
    Snapshot(Snapshot),
}

/// Effects on their way into the record.
pub(crate) enum EffectsStep {
    Record(BlockEffects),
    Snapshot(Snapshot),
}

/// What the thread that writes the index's tables is asked to do.
pub(crate) enum TablesStep {
    /// Write what is in memory, if it is still that much.
    Store,
    /// Write all of it, then pass the snapshot on.
    Snapshot(Snapshot),
}

/// A snapshot to be put in place when all effects before `next` are recorded.
pub(crate) struct Snapshot {
    pub next: Position,
    /// Where it is written; none when that failed.
    pub staged: Option<PathBuf>,
    pub done: Option<oneshot::Sender<()>>,
}

/// The state of the thread.
pub(crate) struct Recorder {
    pub index: Index,
    pub shared: Arc<Shared>,
    pub effects: mpsc::Sender<EffectsStep>,
    /// The thread that writes the tables of the index.
    pub tables: SyncSender<TablesStep>,
    /// The first block that is not in the index.
    pub watermark: Position,
}

impl Recorder {
    /// Works until nobody can send any more or something fails.
    pub fn run(mut self, decided: &Receiver<Decided>) {
        while let Ok(Decided(record)) = decided.recv() {
            if let Err(error) = self.take(record) {
                self.shared.fail(&error);
                return;
            }
        }
    }

    fn take(&mut self, record: Record) -> Result<(), DecideError> {
        match record {
            Record::Events {
                position,
                sealed_at,
                mut rows,
                alarms,
                pending,
            } => {
                if let Some(position) = position {
                    if position >= self.watermark {
                        self.index.add(position, sealed_at, &rows)?;
                        self.recorded(position)?;
                    }
                    self.shared.count(&rows);
                }
                for caller in pending {
                    self.answer(caller, &rows)?;
                }
                match position {
                    Some(position) => self.pass_on(position, sealed_at, &mut rows, alarms),
                    None => Ok(()),
                }
            }
            Record::Control { position, done } => {
                self.add_bare(position, &[])?;
                if let Some(done) = done {
                    let _ = done.send(Ok(Some(position)));
                }
                Ok(())
            }
            Record::Late { position, notes } => self.add_bare(position, &notes),
            // Until its index is on disk a snapshot is of no use.
            Record::Snapshot(snapshot) => self.tell_tables(TablesStep::Snapshot(snapshot)),
        }
    }

    fn add_bare(&mut self, position: Position, notes: &[LateNote]) -> Result<(), DecideError> {
        if position >= self.watermark {
            self.index.add_late(position, notes)?;
            self.recorded(position)?;
        }
        Ok(())
    }

    fn recorded(&mut self, position: Position) -> Result<(), DecideError> {
        self.watermark = position.next();
        self.shared
            .recorded
            .store(self.watermark.0, Ordering::Release);
        match self.index.wants_store() {
            true => self.tell_tables(TablesStep::Store),
            false => Ok(()),
        }
    }

    fn tell_tables(&self, step: TablesStep) -> Result<(), DecideError> {
        self.tables
            .send(step)
            .map_err(|_| DecideError::Stopped("the index is not written any more".to_owned()))
    }

    fn answer(&self, caller: Pending, rows: &[Recorded]) -> Result<(), DecideError> {
        let mut answers = Vec::with_capacity(caller.slots.len());
        for slot in caller.slots {
            answers.push(match slot {
                Slot::Row(row) => {
                    let row = usize::try_from(row).ok().and_then(|row| rows.get(row));
                    let row = row.ok_or(DecideError::Damaged {
                        what: "a caller's place in its block",
                    })?;
                    Answer::Decided(row.json.clone())
                }
                Slot::Known(place) => Answer::Decided(self.index.record(place)?),
                Slot::Refused(refusal) => Answer::Refused(refusal),
            });
        }
        // A caller that has gone needs no answer; the decision is stored.
        let _ = caller.done.send(answers);
        Ok(())
    }

    fn pass_on(
        &self,
        position: Position,
        at: Timestamp,
        rows: &mut [Recorded],
        alarms: Vec<Alarm>,
    ) -> Result<(), DecideError> {
        let effects: Vec<Effects> = rows
            .iter_mut()
            .filter(|row| !row.effects.is_empty())
            .map(|row| Effects {
                event_id: Arc::clone(&row.event_id),
                rules: std::mem::take(&mut row.rules),
                effects: std::mem::take(&mut row.effects),
            })
            .collect();
        if effects.is_empty() && alarms.is_empty() {
            return Ok(());
        }
        self.send(EffectsStep::Record(BlockEffects {
            position,
            at,
            effects,
            alarms,
        }))
    }

    fn send(&self, step: EffectsStep) -> Result<(), DecideError> {
        self.effects
            .blocking_send(step)
            .map_err(|_| effects_ended())
    }
}

/// The thread that writes the index's tables, behind the one that records.
pub(crate) struct Tables {
    pub index: Index,
    pub shared: Arc<Shared>,
    pub effects: mpsc::Sender<EffectsStep>,
}

impl Tables {
    /// Works until nobody can send any more or something fails.
    pub fn run(self, steps: &Receiver<TablesStep>) {
        while let Ok(step) = steps.recv() {
            if let Err(error) = self.take(step) {
                self.shared.fail(&error);
                return;
            }
        }
    }

    fn take(&self, step: TablesStep) -> Result<(), DecideError> {
        match step {
            TablesStep::Store if self.index.wants_store() => self.index.store(),
            TablesStep::Store => Ok(()),
            TablesStep::Snapshot(snapshot) => {
                self.index.store()?;
                self.effects
                    .blocking_send(EffectsStep::Snapshot(snapshot))
                    .map_err(|_| effects_ended())
            }
        }
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        // Also when this thread panics: who adds to the index must not wait for it.
        self.index.close();
    }
}

fn effects_ended() -> DecideError {
    DecideError::Stopped("effects are not recorded any more".to_owned())
}

/// Records effects until nobody can send any more; those of blocks that wait go into one transaction, so that the disk is
/// waited for once. A record that fails for a while holds everything up, and nothing is lost: the queue fills and callers
/// are sent away.
pub(crate) async fn record_effects(
    store: Store,
    shared: Arc<Shared>,
    snapshots: SnapshotDir,
    mut steps: mpsc::Receiver<EffectsStep>,
) {
    while let Some(first) = steps.recv().await {
        if matches!(first, EffectsStep::Record(_)) {
            tokio::time::sleep(GATHER).await;
        }
        let (blocks, snapshot) = together(first, &mut steps);
        // Everything before a snapshot's block has been decided, and all its effects have come before the snapshot; those of
        // later blocks may have, too.
        let before = snapshot
            .as_ref()
            .and_then(|snapshot| snapshot.next.0.checked_sub(1));
        let last = before
            .map(Position)
            .max(blocks.last().map(|block| block.position));
        if let Some(last) = last {
            let mut wait = RETRY_FIRST;
            while let Err(error) = effect::record_effects(&store, last, &blocks).await {
                tracing::error!(%error, block.position = last.0, "effects could not be recorded");
                if shared.stopping.is_cancelled() {
                    return;
                }
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2).min(RETRY_MAX);
            }
        }
        if let Some(snapshot) = snapshot {
            keep(&snapshots, snapshot).await;
        }
    }
}

/// The steps that wait, up to a snapshot or as many as go into one transaction.
fn together(
    first: EffectsStep,
    steps: &mut mpsc::Receiver<EffectsStep>,
) -> (Vec<BlockEffects>, Option<Snapshot>) {
    let (mut blocks, mut events) = (Vec::new(), 0);
    let mut step = Some(first);
    while let Some(EffectsStep::Record(block)) = step {
        events += block.effects.len();
        blocks.push(block);
        step = match events < EVENTS_TOGETHER_MAX {
            true => steps.try_recv().ok(),
            false => None,
        };
    }
    match step {
        Some(EffectsStep::Snapshot(snapshot)) => (blocks, Some(snapshot)),
        Some(EffectsStep::Record(_)) | None => (blocks, None),
    }
}

async fn keep(snapshots: &SnapshotDir, snapshot: Snapshot) {
    let snapshots = snapshots.clone();
    let Snapshot { next, staged, done } = snapshot;
    let keep = move || staged.map_or(Ok(()), |staged| snapshots.keep(next, &staged));
    // Syncing takes as long as the disk wants.
    let kept = tokio::task::spawn_blocking(keep).await;
    let kept = kept.unwrap_or_else(|error| Err(DecideError::Stopped(error.to_string())));
    if let Err(error) = kept {
        tracing::error!(%error, "a snapshot could not be put in place");
    }
    if let Some(done) = done {
        let _ = done.send(());
    }
}
