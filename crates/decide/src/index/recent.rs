//! What is not in the tables of the index yet. It is found like the rest; the tables are written behind it, in large
//! sorted parts, so that no answer waits for them. Lost with the process: the log has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use stanch_stream::Position;

use super::{Digest16, Known};
use crate::place::Place;

/// Rows that are written to the tables together; twice as many may be in memory. With fewer, tables are merged more often.
pub(super) const STORE_ROWS: usize = 96 << 10;
/// Bytes of packed decisions that are written together whatever the rows are: decisions may hold long texts.
pub(super) const STORE_BYTES: usize = 64 << 20;

/// Digest of field and value, time of the event, place.
pub(super) type KeyEntry = [u8; size_of::<Digest16>() + 8 + Place::LEN];

/// Rows in the form of the tables, in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The block after the last whole one.
    pub next: Position,
    /// Decisions and late notes.
    pub rows: usize,
    /// Packed decisions.
    pub bytes: usize,
    pub ids: HashMap<Arc<str>, Known>,
    pub records: BTreeMap<[u8; Place::LEN], Vec<u8>>,
    pub keys: BTreeMap<KeyEntry, u8>,
    pub marks: BTreeSet<Vec<u8>>,
    pub late: BTreeMap<String, u8>,
}

impl Run {
    fn is_full(&self) -> bool {
        self.rows >= STORE_ROWS || self.bytes >= STORE_BYTES
    }
}

#[derive(Debug, Default)]
struct State {
    growing: Run,
    /// What is being written to the tables.
    storing: Option<Arc<Run>>,
    /// Nobody writes the tables any more.
    closed: bool,
}

/// The rows that came last: one run that grows, and one that is being written to the tables.
#[derive(Debug, Default)]
pub(super) struct Recent {
    state: Mutex<State>,
    room: Condvar,
}

impl Recent {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the run that grows. Waits while that is full and the one before is not in the tables; false when nobody
    /// writes the tables any more.
    pub fn add(&self, change: impl FnOnce(&mut Run)) -> bool {
        let mut state = self.lock();
        while state.growing.is_full() && state.storing.is_some() && !state.closed {
            state = self
                .room
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        change(&mut state.growing);
        !state.closed
    }

    /// Whether there is enough to be written.
    pub fn is_full(&self) -> bool {
        self.lock().growing.is_full()
    }

    /// Starts a new run and gives the one that is to be written. It is found until [`Recent::stored`].
    pub fn freeze(&self) -> Arc<Run> {
        let mut state = self.lock();
        let next = state.growing.next;
        let fresh = Run {
            next,
            ..Run::default()
        };
        let run = Arc::new(std::mem::replace(&mut state.growing, fresh));
        state.storing = Some(Arc::clone(&run));
        run
    }

    /// The run that was frozen is in the tables.
    pub fn stored(&self) {
        // Thousands of small values: dropped when others may go on.
        let _run = self.lock().storing.take();
        self.room.notify_all();
    }

    /// Nobody writes the tables any more: nobody waits for room.
    pub fn close(&self) {
        self.lock().closed = true;
        self.room.notify_all();
    }

    /// Shows the runs, the latest first. What is in neither is in the tables by now.
    pub fn each(&self, mut look: impl FnMut(&Run)) {
        let state = self.lock();
        look(&state.growing);
        let storing = state.storing.clone();
        drop(state);
        if let Some(run) = storing {
            look(&run);
        }
    }

    /// The first answer, from the latest run to the earlier.
    pub fn find<T>(&self, look: impl Fn(&Run) -> Option<T>) -> Option<T> {
        let mut found = None;
        self.each(|run| {
            if found.is_none() {
                found = look(run);
            }
        });
        found
    }
}
