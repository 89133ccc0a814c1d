//! Bounded searches backwards in time: which inflow funded a payment, and whether a payment closes a cycle.
//!
//! An account with more than [`HUB_MAX`] payments in a day is a hub: searches end at it. An edge of a path must carry
//! a plausible share of the money: see [`funds`] and [`keeps`].

use stanch_types::Channel;

use super::edge::{Edge, before};
use super::recent::{DAY, DAY_MS, HOUR_MS, Recent};

/// Money passed on within this time is passed on fast: two hours, the order of a mule's dwell time.
pub(super) const FAST_MS: i64 = 2 * HOUR_MS;
/// Most payments in one direction in 24 h of an account that searches pass through.
pub(super) const HUB_MAX: u32 = 128;
/// Most inflows looked at for the funding of one payment.
const FUNDING_MAX: u32 = 32;
/// Most payments looked at for one cycle.
const CYCLE_STEPS_MAX: u32 = 192;
/// Most inflows looked at for each account of a cycle.
const CYCLE_BRANCH_MAX: u32 = 12;
/// Longest cycle found, in payments.
pub(super) const CYCLE_HOPS_MAX: usize = 8;
/// How far back the settlement of card sales reaches: sales of a day are settled the next.
pub(super) const SETTLEMENT_MS: i64 = 36 * HOUR_MS;
const REDEMPTION_MS: i64 = 7 * DAY_MS;

/// Work done for one payment, in payments and pairs looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Steps(pub u32);

/// Where the money of a payment plausibly came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Funding {
    /// The inflow that matches best.
    pub funder: Option<u64>,
    /// Its amount.
    pub minor: i64,
    /// Time since it was booked.
    pub age_ms: i64,
    /// Whether 90 to 100 % of it is passed on.
    pub whole: bool,
    /// Latest inflows that together cover the payment, when none alone does.
    pub gathered: u32,
    pub depth: u8,
    pub fast_depth: u8,
    /// Inflows of the last hour.
    pub hour_count: u32,
}

/// Whether `out` of `inflow` may be (part of) the same money: at least a sixteenth of it and not more.
fn funds(inflow: i64, out: i64) -> bool {
    inflow >= out && inflow / 16 <= out
}

/// Whether `out` is `inflow` less a mule's commission: 90 to 100 % of it.
pub(super) fn is_whole(inflow: i64, out: i64) -> bool {
    inflow >= out && inflow - inflow / 10 <= out
}

/// Whether two payments of a cycle may carry the same money: neither is more than twice the other.
pub(super) fn keeps(a: i64, b: i64) -> bool {
    a / 2 <= b && b / 2 <= a
}

/// How old an inflow may be that funds a payment of this kind; nothing funds notes paid in.
const fn reach_ms(channel: Channel) -> Option<i64> {
    match channel {
        Channel::FundRedeem => Some(REDEMPTION_MS),
        Channel::Payout => Some(SETTLEMENT_MS),
        Channel::AtmDeposit => None,
        Channel::Transfer
        | Channel::QrPay
        | Channel::Pos
        | Channel::B2b
        | Channel::Bill
        | Channel::Salary
        | Channel::AtmWithdraw
        | Channel::FundPurchase
        | Channel::Other => Some(DAY_MS),
    }
}

impl Recent {
    pub fn is_hub(&self, account: u32) -> bool {
        let day = self.account(account).flows[DAY];
        day.in_count > HUB_MAX || day.out_count > HUB_MAX
    }

    /// Inflows of `account` booked in (`after_ms`, `until_ms`], last arrived first, at most `most` looked at.
    pub fn inflows(&self, account: u32, (after_ms, until_ms): (i64, i64), most: u32) -> Walk<'_> {
        Walk {
            recent: self,
            next: self.account(account).last_in(),
            inflows: true,
            after_ms,
            until_ms,
            left: most,
            steps: 0,
        }
    }

    /// As [`Recent::inflows`], of what it paid.
    pub fn outflows(&self, account: u32, (after_ms, until_ms): (i64, i64), most: u32) -> Walk<'_> {
        Walk {
            next: self.account(account).last_out(),
            inflows: false,
            ..self.inflows(account, (after_ms, until_ms), most)
        }
    }

    /// Where the money of a payment of `minor` by `account` at `at_ms` came from.
    pub fn funding(
        &self,
        account: u32,
        at_ms: i64,
        minor: i64,
        channel: Channel,
        steps: &mut Steps,
    ) -> Funding {
        let Some(reach_ms) = reach_ms(channel) else {
            return Funding::default();
        };
        let fast_ms = if reach_ms == DAY_MS {
            FAST_MS
        } else {
            reach_ms
        };
        let mut found = Funding::default();
        let (mut whole, mut cover, mut largest) = (None, None, None::<(u64, Edge)>);
        let (mut sum, mut count, mut gathered) = (0_i64, 0, 0);
        let mut walk = self.inflows(account, (at_ms - reach_ms, at_ms), FUNDING_MAX);
        for (number, edge) in walk.by_ref() {
            found.hour_count += u32::from(at_ms - edge.at_ms <= HOUR_MS);
            sum = sum.saturating_add(edge.minor);
            count += 1;
            if largest.is_none_or(|(_, other)| edge.minor > other.minor) {
                largest = Some((number, edge));
            }
            if is_whole(edge.minor, minor) {
                whole = Some((number, edge));
                break;
            }
            if cover.is_none() && funds(edge.minor, minor) {
                cover = Some((number, edge));
            }
            if gathered == 0 && sum / 20 * 21 >= minor {
                gathered = count;
            }
        }
        steps.0 += walk.steps;
        found.whole = whole.is_some();
        let picked = whole
            .or(cover)
            .or(if gathered > 1 { largest } else { None });
        if let Some((number, edge)) = picked {
            found.funder = Some(number);
            found.minor = edge.minor;
            found.age_ms = at_ms - edge.at_ms;
            found.gathered = if whole.or(cover).is_some() {
                1
            } else {
                gathered
            };
            if edge.channel != Channel::AtmDeposit && edge.channel != Channel::Salary {
                found.depth = edge.depth.saturating_add(1);
                if found.age_ms <= fast_ms {
                    found.fast_depth = edge.fast_depth.saturating_add(1);
                }
            }
        }
        found
    }

    /// The shortest path of payments from `to` back to `from`, booked in order within the day before `at_ms` and
    /// keeping the amount, that a payment `from` -> `to` of `minor` would close. Earliest payment first.
    pub fn cycle(
        &self,
        (from, to): (u32, u32),
        at_ms: i64,
        minor: i64,
        visits: &mut Vec<Visit>,
        steps: &mut Steps,
    ) -> Vec<u64> {
        visits.clear();
        let begun = self.account(to).flows[DAY].out_count > 0;
        if !begun || from == to || self.is_hub(from) || self.is_hub(to) {
            return Vec::new();
        }
        visits.push(Visit {
            account: from,
            number: self.ring.next(),
            at_ms,
            minor,
            parent: 0,
            hops: 1,
        });
        let (mut place, mut left) = (0, CYCLE_STEPS_MAX);
        while let Some(visit) = visits.get(place).copied() {
            let most = CYCLE_BRANCH_MAX.min(left);
            if most == 0 || usize::from(visit.hops) >= CYCLE_HOPS_MAX {
                break;
            }
            let mut walk = self.inflows(visit.account, (at_ms - DAY_MS, visit.at_ms), most);
            for (number, edge) in walk.by_ref() {
                let passed = edge.at_ms == visit.at_ms && number > visit.number;
                if passed || !keeps(edge.minor, visit.minor) || on_path(visits, place, edge.from) {
                    continue;
                }
                visits.push(Visit {
                    account: edge.from,
                    number,
                    at_ms: edge.at_ms,
                    minor: edge.minor,
                    parent: place,
                    hops: visit.hops + 1,
                });
                if edge.from == to {
                    steps.0 += walk.steps;
                    return path(visits);
                }
                if self.is_hub(edge.from) {
                    visits.pop();
                }
            }
            steps.0 += walk.steps;
            left -= walk.steps.min(left);
            place += 1;
        }
        Vec::new()
    }

    /// The chain of funders behind a payment funded by `funder`, earliest first, at most `most` long.
    pub fn chain(&self, funder: Option<u64>, most: usize) -> Vec<u64> {
        let mut chain = Vec::new();
        let mut next = funder;
        while let Some((number, edge)) = next.and_then(|n| Some((n, self.ring.get(n)?))) {
            if chain.len() == most {
                break;
            }
            chain.push(number);
            next = before(number, edge.back_funder);
        }
        chain.reverse();
        chain
    }
}

/// A payment reached by the search for a cycle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    account: u32,
    number: u64,
    at_ms: i64,
    minor: i64,
    parent: usize,
    hops: u8,
}

fn on_path(visits: &[Visit], mut place: usize, account: u32) -> bool {
    while let Some(visit) = visits.get(place) {
        if visit.account == account {
            return true;
        }
        if place == 0 {
            return false;
        }
        place = visit.parent;
    }
    false
}

/// The payments from the last visit to the first, which is the closing payment and left out.
fn path(visits: &[Visit]) -> Vec<u64> {
    let mut place = visits.len().saturating_sub(1);
    let mut numbers = Vec::new();
    while place > 0 {
        let Some(visit) = visits.get(place) else {
            break;
        };
        numbers.push(visit.number);
        place = visit.parent;
    }
    numbers
}

/// Payments of one account, last arrived first.
pub(super) struct Walk<'a> {
    recent: &'a Recent,
    next: Option<u64>,
    inflows: bool,
    after_ms: i64,
    until_ms: i64,
    left: u32,
    /// Payments looked at so far.
    pub steps: u32,
}

impl Iterator for Walk<'_> {
    type Item = (u64, Edge);

    fn next(&mut self) -> Option<Self::Item> {
        while self.left > 0 {
            let number = self.next?;
            let edge = *self.recent.ring.get(number)?;
            self.left -= 1;
            self.steps += 1;
            self.next = before(
                number,
                if self.inflows {
                    edge.back_in
                } else {
                    edge.back_out
                },
            );
            if edge.at_ms > self.after_ms && edge.at_ms <= self.until_ms {
                return Some((number, edge));
            }
            // What arrived before one that was in order is booked before it.
            if edge.at_ms <= self.after_ms && !edge.late {
                return None;
            }
        }
        None
    }
}
