//! First in, first out (Clayton's case).
//!
//! An account's money is a stream of positions: the opening balance takes the first, each inflow the next, each
//! outflow uses the oldest. A stolen lot is an interval of positions, so clean money needs no book-keeping at all and
//! the outflow that uses a lot is found by its position, not by walking up to it.

use std::collections::VecDeque;
use std::ops::Range;

use super::walk::{Outflow, Piece, Rule};
use crate::Standing;

/// The rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fifo;

/// Stolen positions of one account: ascending, apart from each other.
#[derive(Debug, Default)]
pub(super) struct Lots(pub(super) VecDeque<Range<i64>>);

impl Rule for Fifo {
    type Stock = Lots;
    const NEEDS_POSITION: bool = true;

    fn put(stock: &mut Lots, position: i64, pieces: &[Piece]) {
        for piece in pieces {
            let start = position + piece.offset;
            let end = start + piece.minor;
            match stock.0.back_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => stock.0.push_back(start..end),
            }
        }
    }

    fn take(&self, stock: &mut Lots, outflow: &Outflow, pieces: &mut Vec<Piece>) {
        let used = outflow.positions();
        while let Some(lot) = stock.0.front_mut()
            && lot.start < used.end
        {
            debug_assert!(lot.start >= used.start, "an earlier outflow used this lot");
            let end = lot.end.min(used.end);
            pieces.push(Piece {
                offset: lot.start - used.start,
                minor: end - lot.start,
            });
            lot.start = end;
            if lot.is_empty() {
                stock.0.pop_front();
            }
        }
    }

    fn wanted(stock: &Lots) -> Option<i64> {
        stock.0.front().map(|lot| lot.start)
    }

    /// Outflows past the horizon used up their lots without a label.
    fn held(stock: &Lots, now: Standing) -> i64 {
        stock
            .0
            .iter()
            .map(|lot| (lot.end - lot.start.max(now.outflow_minor)).max(0))
            .sum()
    }

    fn stored(stock: &Lots) -> i64 {
        stock.0.iter().map(|lot| lot.end - lot.start).sum()
    }
}
