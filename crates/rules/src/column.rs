//! The columnar back end: many events of one kind at once, over Arrow arrays, with the meaning of the row back end
//! (property-tested, verdict for verdict). Backtests run on it.
//!
//! Conditions become one list of operations in which every distinct expression stands once; each runs over a chunk
//! of [`CHUNK`] events before the next. Truth values are two bits an event: true, and false; neither is unknown.
//! What a condition is true by are its alternatives, as in the row back end; costly operations (calls, lists, texts)
//! run last and only for the events of which an alternative that needs them is left.

mod batch;
mod bits;
mod kernel;
mod plan;
mod search;

use crate::engine::{Engine, KindEngine};
use crate::event::Event;
use crate::row::FeatureValues;
use crate::verdict::Verdict;

use bits::Bits;

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
            let chunk = kernel::Chunk {
                env: &self.env,
                batch,
                from,
                rows,
                wanted: Bits::first(rows),
            };
            decide_chunk(kind, &chunk, &mut verdicts);
            from += rows;
        }
        verdicts
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

/// Adds the verdicts of a chunk.
fn decide_chunk(kind: &KindEngine, chunk: &kernel::Chunk<'_>, verdicts: &mut Vec<Verdict>) {
    let conditions = kind.columns.conditions(chunk);
    let any = conditions
        .iter()
        .fold(Bits::NONE, |any, bits| any.or(*bits));
    let mut holds = kind.deciding.none_hold();
    // Mostly nothing fires, and then nothing is to be found out.
    let nothing = kind.deciding.verdict(&holds);
    let mut squares = vec![[0; 64]; conditions.len().div_ceil(64)];
    for block in 0..chunk.rows.div_ceil(64) {
        let any = any.word(block);
        if any != 0 {
            for (square, conditions) in squares.iter_mut().zip(conditions.chunks(64)) {
                *square = [0; 64];
                for (word, condition) in square.iter_mut().zip(conditions) {
                    *word = condition.word(block);
                }
                bits::transpose(square);
            }
        }
        for row in 0..64.min(chunk.rows - block * 64) {
            if any >> row & 1 == 0 {
                verdicts.push(nothing.clone());
                continue;
            }
            for (word, square) in holds.words_mut().iter_mut().zip(&squares) {
                *word = square.get(row).copied().unwrap_or_default();
            }
            verdicts.push(kind.deciding.verdict(&holds));
        }
    }
}

#[cfg(test)]
mod tests;
