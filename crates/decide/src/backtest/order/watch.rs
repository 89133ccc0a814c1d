//! The backtest that is worked on: how far it is, and whether somebody called it off.

use std::sync::{Mutex, MutexGuard, PoisonError};

use stanch_types::BacktestId;

use super::super::BacktestProgress;

/// How far a backtest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HowFar {
    /// Events done.
    pub events: u64,
    /// Events that were there when it was begun; none while they are counted.
    pub events_total: Option<u64>,
    /// Of those done, the ones of before the process died or stopped.
    pub resumed_events: u64,
}

/// The backtest at work in this process, and how far it is.
#[derive(Debug, Default)]
pub struct BacktestWatch {
    at_work: Mutex<Option<AtWork>>,
}

#[derive(Debug, Clone, Copy)]
struct AtWork {
    id: BacktestId,
    how_far: HowFar,
    is_cancelled: bool,
}

impl BacktestWatch {
    /// How far `id` is, while it is worked on.
    #[must_use]
    pub fn how_far(&self, id: BacktestId) -> Option<HowFar> {
        let at_work = *self.lock();
        at_work
            .filter(|at_work| at_work.id == id)
            .map(|at_work| at_work.how_far)
    }

    pub(super) fn cancel(&self, id: BacktestId) {
        if let Some(at_work) = self.lock().as_mut().filter(|at_work| at_work.id == id) {
            at_work.is_cancelled = true;
        }
    }

    /// Work on `id` begins, or on none.
    pub(super) fn set(&self, id: Option<BacktestId>) {
        *self.lock() = id.map(|id| AtWork {
            id,
            how_far: HowFar::default(),
            is_cancelled: false,
        });
    }

    /// Notes how far it is; whether to go on.
    pub(super) fn tell(&self, events_total: u64, progress: BacktestProgress) -> bool {
        self.lock().as_mut().is_some_and(|at_work| {
            at_work.how_far = HowFar {
                events: progress.events,
                // Those that arrived since then are done too.
                events_total: Some(events_total.max(progress.events)),
                resumed_events: progress.resumed_events,
            };
            !at_work.is_cancelled
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<AtWork>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
