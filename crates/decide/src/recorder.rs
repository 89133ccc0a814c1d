//! The thread that writes what was decided: index, answers to callers, effects; in the order of the log.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use stanch_store::Store;
use stanch_stream::Position;
use stanch_types::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::block::LateNote;
use crate::effect::{self, Effects};
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
    /// The state before `next` is written beside; it is put in place when everything before `next` is recorded.
    Snapshot {
        next: Position,
        staged: Option<PathBuf>,
        done: Option<oneshot::Sender<()>>,
    },
}

/// Effects on their way into the record.
pub(crate) enum EffectsStep {
    Record {
        position: Position,
        at: Timestamp,
        effects: Vec<Effects>,
        alarms: Vec<Alarm>,
    },
    Snapshot {
        next: Position,
        staged: Option<PathBuf>,
        done: Option<oneshot::Sender<()>>,
    },
}

/// The state of the thread.
pub(crate) struct Recorder {
    pub index: Index,
    pub shared: Arc<Shared>,
    pub effects: mpsc::Sender<EffectsStep>,
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
                        self.recorded(position);
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
            Record::Snapshot { next, staged, done } => {
                self.index.sync()?;
                self.send(EffectsStep::Snapshot { next, staged, done })
            }
        }
    }

    fn add_bare(&mut self, position: Position, notes: &[LateNote]) -> Result<(), DecideError> {
        if position >= self.watermark {
            self.index.add_late(position, notes)?;
            self.recorded(position);
        }
        Ok(())
    }

    fn recorded(&mut self, position: Position) {
        self.watermark = position.next();
        self.shared
            .recorded
            .store(self.watermark.0, Ordering::Release);
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
        self.send(EffectsStep::Record {
            position,
            at,
            effects,
            alarms,
        })
    }

    fn send(&self, step: EffectsStep) -> Result<(), DecideError> {
        self.effects
            .blocking_send(step)
            .map_err(|_| DecideError::Stopped("effects are not recorded any more".to_owned()))
    }
}

/// Records effects until nobody can send any more. A record that fails for a while holds everything up, and nothing
/// is lost: the queue fills and callers are sent away.
pub(crate) async fn record_effects(
    store: Store,
    shared: Arc<Shared>,
    snapshots: SnapshotDir,
    mut steps: mpsc::Receiver<EffectsStep>,
) {
    while let Some(step) = steps.recv().await {
        let rows = match &step {
            EffectsStep::Record {
                position,
                at,
                effects,
                alarms,
            } => Some((*position, *at, effects.as_slice(), alarms.as_slice())),
            // Everything before `next` has been decided: its effects are those recorded so far.
            EffectsStep::Snapshot { next, .. } => next
                .0
                .checked_sub(1)
                .map(|last| (Position(last), Timestamp::EPOCH, &[][..], &[][..])),
        };
        if let Some((position, at, effects, alarms)) = rows {
            let mut wait = RETRY_FIRST;
            while let Err(error) =
                effect::record_effects(&store, position, at, effects, alarms).await
            {
                tracing::error!(%error, block.position = position.0, "effects could not be recorded");
                if shared.stopping.is_cancelled() {
                    return;
                }
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2).min(RETRY_MAX);
            }
        }
        if let EffectsStep::Snapshot { next, staged, done } = step {
            let snapshots = snapshots.clone();
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
    }
}
