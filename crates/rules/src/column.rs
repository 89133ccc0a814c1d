//! The columnar back end: many events of one kind at once, over Arrow arrays, with the meaning of the row back end
//! (property-tested, verdict for verdict). Backtests run on it.
//!
//! Conditions become one list of operations in which every distinct expression stands once; each runs over a chunk
//! of [`CHUNK`] events before the next. Truth values are two bits an event: true, and false; neither is unknown.

mod batch;
mod bits;
mod kernel;
mod plan;

use crate::engine::{Engine, KindEngine};
use crate::event::Event;
use crate::row::FeatureValues;
use crate::verdict::Verdict;

pub use batch::{BatchError, EventBatch, array_type};
pub(crate) use plan::ColumnPlan;

/// Events that one operation runs over before the next: their columns stay in the cache.
pub(crate) const CHUNK: usize = 1_024;

impl Engine {
    /// Decides about every event of a batch: what [`Engine::decide`] says of each.
    #[must_use]
    pub fn decide_batch(&self, batch: &EventBatch) -> Vec<Verdict> {
        let Some(kind) = self.kinds.get(batch.kind().ix()) else {
            return vec![Verdict::default(); batch.rows()];
        };
        let mut verdicts = Vec::with_capacity(batch.rows());
        let mut from = 0;
        while from < batch.rows() {
            let rows = CHUNK.min(batch.rows() - from);
            verdicts.extend(self.decide_chunk(kind, batch, from, rows));
            from += rows;
        }
        verdicts
    }

    fn decide_chunk(
        &self,
        kind: &KindEngine,
        batch: &EventBatch,
        from: usize,
        rows: usize,
    ) -> Vec<Verdict> {
        let chunk = kernel::Chunk {
            env: &self.env,
            batch,
            from,
            rows,
        };
        let mut holds = vec![kind.deciding.none_hold(); rows];
        kind.columns.each_true(&chunk, |rule, row| {
            if let Some(holds) = holds.get_mut(row) {
                holds.set(rule);
            }
        });
        holds
            .iter()
            .map(|holds| kind.deciding.verdict(holds))
            .collect()
    }

    /// A batch of events of one kind with their features.
    ///
    /// # Errors
    /// [`BatchError::Kind`] when an event is of another kind.
    pub fn batch(
        &self,
        kind: crate::ir::EventIx,
        events: &[(Event, FeatureValues)],
    ) -> Result<EventBatch, BatchError> {
        EventBatch::from_rows(self, kind, events)
    }
}

#[cfg(test)]
mod tests;
