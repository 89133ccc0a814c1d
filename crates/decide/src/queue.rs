//! The one writer of the decision log: takes what is queued, knows repetitions, seals blocks, makes them durable.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;

use bytes::Bytes;
use hashbrown::HashMap;
use stanch_stream::{EmbeddedLog, EventLog, NewBlock, Position};
use stanch_types::Ctx;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use zstd::bulk::Compressor;

use crate::block::{self, BLOCK_BYTES_MAX, BLOCK_EVENTS_MAX, LateNote};
use crate::core::Core;
use crate::deployment::Control;
use crate::door::{Checked, Fault, Refusal, check};
use crate::engine::Shared;
use crate::error::DecideError;
use crate::index::{Index, Known};
use crate::place::Place;
use crate::retention::RESTATE;
use crate::worker::{ControlWork, EventsWork, Pending, Slot, Work};

/// Most late notes written in one block.
const LATE_NOTES_MAX: usize = 4_096;

/// What the writer is asked to do.
pub(crate) enum Message {
    /// Decide about events.
    Events(Submission),
    /// Change what decides.
    Control(Box<ControlOrder>),
    /// Note that a caller was answered with a fallback.
    Late(LateNote),
    /// Take a snapshot and say when it is in place.
    Snapshot(oneshot::Sender<()>),
}

/// A change of what decides, with the policies it brings, their features computed as far as they got.
pub(crate) struct ControlOrder {
    pub control: Control,
    pub cores: Vec<Core>,
    /// Nothing is changed when something else was deployed after this block.
    pub seen: Option<Position>,
    /// Is told the block from which on the change holds; none when nothing was changed.
    pub done: oneshot::Sender<Result<Option<Position>, DecideError>>,
}

/// Events of one caller.
pub(crate) struct Submission {
    pub rows: Vec<Checked>,
    pub logged: oneshot::Sender<()>,
    pub done: oneshot::Sender<Vec<Answer>>,
    pub permit: OwnedSemaphorePermit,
}

/// What a caller is told about one event.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The decision, as JSON.
    Decided(Bytes),
    /// Why there is none.
    Refused(Refusal),
}

/// The writer's state.
pub(crate) struct Queue {
    pub log: Arc<EmbeddedLog>,
    pub index: Index,
    pub ctx: Ctx,
    pub shared: Arc<Shared>,
    pub work: SyncSender<Work>,
    /// Position of the next block.
    pub next: Position,
    /// Events that are in the log but not in the index yet.
    pub unrecorded: HashMap<Arc<str>, Known>,
    pub unrecorded_order: VecDeque<(Position, Vec<Arc<str>>)>,
    pub late: Vec<LateNote>,
    pub packer: Compressor<'static>,
}

/// What goes into one block.
#[derive(Default)]
struct Round {
    rows: Vec<Checked>,
    bytes: usize,
    pending: Vec<Pending>,
    logged: Vec<oneshot::Sender<()>>,
}

impl Queue {
    /// Works until every sender is gone or the log fails.
    pub fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        if let Err(error) = self.serve(&mut messages) {
            self.shared.fail(&error);
        }
    }

    fn serve(&mut self, messages: &mut mpsc::Receiver<Message>) -> Result<(), DecideError> {
        let mut held = None;
        while let Some(first) = held.take().or_else(|| messages.blocking_recv()) {
            match first {
                Message::Events(submission) => {
                    let mut round = Round::default();
                    self.forget_recorded();
                    self.add(&mut round, submission)?;
                    while round.rows.len() < BLOCK_EVENTS_MAX && round.bytes < BLOCK_BYTES_MAX {
                        match messages.try_recv() {
                            Ok(Message::Events(more))
                                if round.rows.len() + more.rows.len() <= BLOCK_EVENTS_MAX =>
                            {
                                self.add(&mut round, more)?;
                            }
                            Ok(Message::Late(note)) => self.late.push(note),
                            Ok(other) => {
                                held = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.seal(round)?;
                }
                Message::Control(order) => self.control(*order)?,
                Message::Late(note) => self.late.push(note),
                Message::Snapshot(done) => self.send(Work::Snapshot(done))?,
            }
            if self.late.len() >= LATE_NOTES_MAX || (messages.is_empty() && held.is_none()) {
                self.write_late()?;
            }
        }
        self.write_late()
    }

    /// Sorts the events of a caller into new ones, repetitions and conflicts.
    fn add(&mut self, round: &mut Round, submission: Submission) -> Result<(), DecideError> {
        let live = self.shared.live();
        let mut slots = Vec::with_capacity(submission.rows.len());
        for row in submission.rows {
            let known = match self.unrecorded.get(&row.event_id) {
                Some(known) => Some(*known),
                None => self.index.lookup(&row.event_id)?,
            };
            if let Some(known) = known {
                slots.push(if known.content == row.content {
                    Slot::Known(known.place)
                } else {
                    Slot::Refused(Refusal::conflict(&row.event_id))
                });
                continue;
            }
            // The policy may have changed since the event was checked at the door.
            let row = match &live {
                Some(live) if live.hash == row.live.hash => row,
                Some(live) => match check(live, &row.line) {
                    Ok(row) => row,
                    Err(refusal) => {
                        slots.push(Slot::Refused(refusal));
                        continue;
                    }
                },
                None => {
                    slots.push(Slot::Refused(Refusal {
                        fault: Fault::Invalid,
                        detail: "no policy is live any more".to_owned(),
                        event_id: Some(row.event_id.to_string()),
                    }));
                    continue;
                }
            };
            let place = Place {
                block: self.next,
                row: u32::try_from(round.rows.len()).unwrap_or(u32::MAX),
            };
            let known = Known {
                place,
                content: row.content,
            };
            self.unrecorded.insert(Arc::clone(&row.event_id), known);
            slots.push(Slot::Row(place.row));
            round.bytes += row.line.len();
            round.rows.push(row);
        }
        round.logged.push(submission.logged);
        round.pending.push(Pending {
            slots,
            done: submission.done,
            _permit: submission.permit,
        });
        Ok(())
    }

    /// Makes a round durable and hands it on.
    fn seal(&mut self, round: Round) -> Result<(), DecideError> {
        let sealed_at = self.ctx.now();
        let position = if round.rows.is_empty() {
            None
        } else {
            let lines = round.rows.iter().map(|row| &row.line[..]);
            let payload = block::encode_events(&mut self.packer, sealed_at, lines);
            Some(self.append(&payload)?)
        };
        for logged in round.logged {
            // A caller that has gone needs no word.
            let _ = logged.send(());
        }
        let (mut ids, mut events) = (Vec::new(), Vec::new());
        let (mut lines, mut contents) = (Vec::new(), Vec::new());
        for row in round.rows {
            ids.push(row.event_id);
            events.push(row.event);
            lines.push(row.line);
            contents.push(row.content);
        }
        if let Some(position) = position {
            self.unrecorded_order.push_back((position, ids.clone()));
        }
        self.send(Work::Events(Box::new(EventsWork {
            position,
            sealed_at,
            ids,
            events,
            lines,
            contents,
            pending: round.pending,
        })))
    }

    fn control(&mut self, order: ControlOrder) -> Result<(), DecideError> {
        // Every change so far has taken effect: this thread waited for it.
        let changed = self.shared.after_control.load(Ordering::Acquire);
        let control = &order.control;
        let is_of_before =
            control.step == RESTATE && control.deployment != self.shared.deployment();
        if is_of_before || order.seen.is_some_and(|seen| changed > seen.next().0) {
            // Who asked may be gone.
            let _ = order.done.send(Ok(None));
            return Ok(());
        }
        let payload = block::encode_control(&order.control)
            .map_err(|why| DecideError::bad_block(self.next, why))?;
        let position = self.append(&payload)?;
        self.send(Work::Control(Box::new(ControlWork {
            position,
            control: order.control,
            cores: order.cores,
            done: Some(order.done),
        })))?;
        // From here on events are checked against the policy that decides about them.
        self.shared.wait_for_control(position)
    }

    fn write_late(&mut self) -> Result<(), DecideError> {
        while !self.late.is_empty() {
            let rest = self.late.split_off(self.late.len().min(LATE_NOTES_MAX));
            let notes = std::mem::replace(&mut self.late, rest);
            let payload =
                block::encode_late(&notes).map_err(|why| DecideError::bad_block(self.next, why))?;
            let position = self.append(&payload)?;
            self.send(Work::Late { position, notes })?;
        }
        Ok(())
    }

    fn append(&mut self, payload: &[u8]) -> Result<Position, DecideError> {
        let position = self.next;
        self.log.append(NewBlock::new(payload).at(position))?;
        self.next = position.next();
        Ok(position)
    }

    fn send(&self, work: Work) -> Result<(), DecideError> {
        self.work
            .send(work)
            .map_err(|_| DecideError::Stopped("the thread that decides has ended".to_owned()))
    }

    /// Forgets what the index knows by now.
    fn forget_recorded(&mut self) {
        let recorded = Position(self.shared.recorded.load(Ordering::Acquire));
        while let Some((position, _)) = self.unrecorded_order.front() {
            if *position >= recorded {
                break;
            }
            if let Some((_, ids)) = self.unrecorded_order.pop_front() {
                for id in ids {
                    self.unrecorded.remove(&id);
                }
            }
        }
    }
}
