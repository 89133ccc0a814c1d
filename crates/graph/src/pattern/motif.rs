//! Bounded searches around a payment: middlemen of a scatter-gather, four-cycles, distinct payers and payees.

use super::edge::Edge;
use super::recent::{DAY_MS, Recent};
use super::search::{Steps, keeps};

/// Most origins of a payer's money looked at.
const ORIGINS_MAX: u32 = 8;
/// Most other payers of the payee looked at.
const MIDDLEMEN_MAX: u32 = 24;
/// Most inflows of each middleman looked at.
const MIDDLEMAN_INFLOWS_MAX: u32 = 6;
/// Most payers and payees looked at for four-cycles.
const SQUARE_SIDE_MAX: u32 = 8;
/// Most payments of an account looked at when payers or payees are gathered.
const STAR_MAX: u32 = 96;

/// Middlemen between one origin and the payee.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Scatter {
    pub origin: u32,
    /// Distinct middlemen, the present payer included.
    pub middlemen: u32,
    /// What came in through them, this payment included.
    pub minor: i64,
    /// Payments origin -> middleman -> payee, without this one.
    pub payments: Vec<u64>,
}

/// A payment that is about to be entered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    pub from: u32,
    pub to: u32,
    pub at_ms: i64,
    pub minor: i64,
}

impl Recent {
    /// The origin with the most middlemen (at least two) whose money meets at the payee.
    pub fn scatter_gather(&self, ahead: Ahead, steps: &mut Steps) -> Scatter {
        let mut best = Scatter::default();
        let span = (ahead.at_ms - DAY_MS, ahead.at_ms);
        if self.account(ahead.to).flows[1].payers == 0
            || self.is_hub(ahead.from)
            || self.is_hub(ahead.to)
        {
            return best;
        }
        let mut found: Vec<Scatter> = Vec::new();
        let mut walk = self.inflows(ahead.from, span, ORIGINS_MAX);
        for (number, edge) in walk.by_ref() {
            let known = found.iter().any(|scatter| scatter.origin == edge.from);
            if !known
                && edge.is_transfer()
                && edge.from != ahead.to
                && keeps(edge.minor, ahead.minor)
            {
                found.push(Scatter {
                    origin: edge.from,
                    middlemen: 1,
                    minor: ahead.minor,
                    payments: vec![number],
                });
            }
        }
        steps.0 += walk.steps;
        if found.is_empty() {
            return best;
        }
        let mut seen = [ahead.from; MIDDLEMEN_MAX as usize];
        let mut seen_count = 0;
        let mut walk = self.inflows(ahead.to, span, MIDDLEMEN_MAX);
        for (gathered, edge) in walk.by_ref() {
            let before = seen.iter().take(seen_count);
            if edge.from == ahead.from
                || !edge.is_transfer()
                || before.copied().any(|other| other == edge.from)
                || self.is_hub(edge.from)
            {
                continue;
            }
            if let Some(place) = seen.get_mut(seen_count) {
                *place = edge.from;
                seen_count += 1;
            }
            self.through(&edge, gathered, &mut found, steps);
        }
        steps.0 += walk.steps;
        for scatter in found {
            if scatter.middlemen > best.middlemen && scatter.middlemen > 1 {
                best = scatter;
            }
        }
        best
    }

    /// Adds the payer of `edge` to every origin that paid him before it.
    fn through(&self, edge: &Edge, gathered: u64, found: &mut [Scatter], steps: &mut Steps) {
        let span = (edge.at_ms - DAY_MS, edge.at_ms);
        let mut added = [false; ORIGINS_MAX as usize];
        let mut walk = self.inflows(edge.from, span, MIDDLEMAN_INFLOWS_MAX);
        for (number, scattered) in walk.by_ref() {
            if !keeps(scattered.minor, edge.minor) {
                continue;
            }
            for (scatter, added) in found.iter_mut().zip(&mut added) {
                if scatter.origin == scattered.from && !*added {
                    *added = true;
                    scatter.middlemen += 1;
                    scatter.minor = scatter.minor.saturating_add(edge.minor);
                    scatter.payments.extend([number, gathered]);
                }
            }
        }
        steps.0 += walk.steps;
    }

    /// Pairs (other payer of the payee, other payee of the payer) joined by a payment of the last day: the
    /// four-cycles of a bipartite layer that a payment closes. Payments found are put into `payments`.
    pub fn squares(&self, ahead: Ahead, payments: &mut Vec<u64>, steps: &mut Steps) -> u32 {
        payments.clear();
        if self.is_hub(ahead.from) || self.is_hub(ahead.to) {
            return 0;
        }
        let span = (ahead.at_ms - DAY_MS, ahead.at_ms);
        let mut payees = [(0_u32, 0_u64); SQUARE_SIDE_MAX as usize];
        let mut walk = self.outflows(ahead.from, span, SQUARE_SIDE_MAX);
        let count = collect(walk.by_ref(), ahead.to, &mut payees, |edge| edge.to);
        steps.0 += walk.steps;
        if count == 0 {
            return 0;
        }
        let mut payers = [(0_u32, 0_u64); SQUARE_SIDE_MAX as usize];
        let mut walk = self.inflows(ahead.to, span, SQUARE_SIDE_MAX);
        let payer_count = collect(walk.by_ref(), ahead.from, &mut payers, |edge| edge.from);
        steps.0 += walk.steps;
        let mut squares = 0;
        for (payer, inflow) in payers.iter().take(payer_count) {
            for (payee, outflow) in payees.iter().take(count) {
                steps.0 += 1;
                if self.pair(*payer, *payee).day > 0 {
                    squares += 1;
                    for number in [*inflow, *outflow] {
                        if !payments.contains(&number) {
                            payments.push(number);
                        }
                    }
                }
            }
        }
        squares
    }

    /// Distinct payers by transfer in the last day, each with his last payment, and the sum of all of them.
    pub fn star_in(&self, account: u32, at_ms: i64, steps: &mut Steps) -> Star {
        let mut walk = self.inflows(account, (at_ms - DAY_MS, at_ms), STAR_MAX);
        let star = Star::of(walk.by_ref(), |edge| edge.from);
        steps.0 += walk.steps;
        star
    }

    /// As [`Recent::star_in`], of payees.
    pub fn star_out(&self, account: u32, at_ms: i64, steps: &mut Steps) -> Star {
        let mut walk = self.outflows(account, (at_ms - DAY_MS, at_ms), STAR_MAX);
        let star = Star::of(walk.by_ref(), |edge| edge.to);
        steps.0 += walk.steps;
        star
    }
}

/// Transfers of one direction around an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Star {
    pub others: u32,
    pub minor: i64,
    pub payments: Vec<u64>,
}

impl Star {
    fn of(walk: impl Iterator<Item = (u64, Edge)>, other: impl Fn(&Edge) -> u32) -> Self {
        let mut star = Self::default();
        let mut names = Vec::new();
        for (number, edge) in walk {
            if !edge.is_transfer() {
                continue;
            }
            star.minor = star.minor.saturating_add(edge.minor);
            star.payments.push(number);
            names.push(other(&edge));
        }
        names.sort_unstable();
        names.dedup();
        star.others = u32::try_from(names.len()).unwrap_or(u32::MAX);
        star.payments.sort_unstable();
        star
    }
}

/// Distinct others by transfer, but for `not`; how many.
fn collect(
    walk: impl Iterator<Item = (u64, Edge)>,
    not: u32,
    others: &mut [(u32, u64)],
    other: impl Fn(&Edge) -> u32,
) -> usize {
    let mut count = 0;
    for (number, edge) in walk {
        let name = other(&edge);
        let known = others.iter().take(count).any(|(known, _)| *known == name);
        if edge.is_transfer()
            && name != not
            && !known
            && let Some(place) = others.get_mut(count)
        {
            *place = (name, number);
            count += 1;
        }
    }
    count
}
