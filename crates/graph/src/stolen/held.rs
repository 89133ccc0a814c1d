//! The stolen money of one account: lots by position (first in, first out) and shares (pro rata).

use std::collections::VecDeque;

use super::CaseIx;
use crate::trace::ProRata;

/// Positions of one account's money stream that hold a case's stolen money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lot {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) case: CaseIx,
}

/// A case's stolen money within a payment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Where it begins, counted from the payment's first minor unit.
    pub(super) offset: i64,
    pub(super) minor: i64,
    pub(super) case: CaseIx,
}

/// Everything stolen in one account, of all cases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Held {
    /// Ascending, apart from each other.
    pub(super) lots: VecDeque<Lot>,
    /// Ascending by case; none is zero.
    pub(super) shares: Vec<(CaseIx, i64)>,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.lots.is_empty() && self.shares.is_empty()
    }

    /// Uses up positions `from..to`; what was stolen there goes to `parts`.
    pub(super) fn take_lots(&mut self, from: i64, to: i64, parts: &mut Vec<Part>) {
        while let Some(lot) = self.lots.front_mut()
            && lot.start < to
        {
            debug_assert!(lot.start >= from, "an earlier outflow used this lot");
            let end = lot.end.min(to);
            parts.push(Part {
                offset: lot.start - from,
                minor: end - lot.start,
                case: lot.case,
            });
            lot.start = end;
            if lot.start == lot.end {
                self.lots.pop_front();
            }
        }
    }

    /// Lays parts of an inflow down that takes positions from `position`.
    pub(super) fn put_lots(&mut self, position: i64, parts: &[Part]) {
        for part in parts {
            let start = position + part.offset;
            let end = start + part.minor;
            match self.lots.back_mut() {
                Some(last) if last.end == start && last.case == part.case => last.end = end,
                _ => self.lots.push_back(Lot {
                    start,
                    end,
                    case: part.case,
                }),
            }
        }
    }

    /// Moves to `parts` what an outflow of `minor` from `balance` carries of each case that `may_move`.
    pub(super) fn take_shares(
        &mut self,
        minor: i64,
        balance: i64,
        mut rule_of: impl FnMut(CaseIx) -> Option<ProRata>,
        parts: &mut Vec<Part>,
    ) {
        for (case, share) in &mut self.shares {
            let Some(rule) = rule_of(*case) else { continue };
            let carried = rule.carried(*share, minor, balance);
            if carried > 0 {
                *share -= carried;
                parts.push(Part {
                    offset: 0,
                    minor: carried,
                    case: *case,
                });
            }
        }
        self.shares.retain(|(_, share)| *share > 0);
    }

    pub(super) fn put_share(&mut self, case: CaseIx, minor: i64) {
        match self.shares.binary_search_by_key(&case, |(case, _)| *case) {
            Ok(place) => {
                if let Some((_, share)) = self.shares.get_mut(place) {
                    *share += minor;
                }
            }
            Err(place) => self.shares.insert(place, (case, minor)),
        }
    }

    /// Stolen money of a case: lots, share.
    pub(super) fn of(&self, case: CaseIx) -> (i64, i64) {
        let lots = self.lots.iter().filter(|lot| lot.case == case);
        let share = self.shares.iter().find(|(other, _)| *other == case);
        (
            lots.map(|lot| lot.end - lot.start).sum(),
            share.map_or(0, |(_, share)| *share),
        )
    }

    pub(super) fn remove(&mut self, case: CaseIx) {
        self.lots.retain(|lot| lot.case != case);
        self.shares.retain(|(other, _)| *other != case);
    }

    /// Lays down lots that lie anywhere among the others.
    pub(super) fn merge_lots(&mut self, lots: impl Iterator<Item = Lot>) {
        self.lots.extend(lots);
        self.lots
            .make_contiguous()
            .sort_unstable_by_key(|lot| lot.start);
    }
}
