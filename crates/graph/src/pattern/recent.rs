//! What is remembered: payments of the last seven days, counters of each account and of each pair of accounts.
//!
//! A window of length W at clock `now` holds every payment that has arrived and is booked in (now-W, now]. Every
//! payment enters and leaves each window once; that is all the upkeep there is.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::edge::{Edge, Ring, distance};

pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// Lengths of the windows: 1 h, 24 h, 7 d.
pub(super) const WINDOWS_MS: [i64; WINDOWS] = [HOUR_MS, DAY_MS, 7 * DAY_MS];
pub(super) const WINDOWS: usize = 3;
/// The day among [`WINDOWS_MS`].
pub(super) const DAY: usize = 1;
/// The week among [`WINDOWS_MS`]: what leaves it is forgotten.
pub(super) const WEEK: usize = 2;

/// Payments in and out of an account within one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flow {
    pub in_minor: i64,
    pub out_minor: i64,
    pub in_count: u32,
    pub out_count: u32,
    /// Distinct payers; kept for the day and the week.
    pub payers: u32,
    /// Distinct payees; kept for the day and the week.
    pub payees: u32,
}

/// What is known of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Account {
    pub flows: [Flow; WINDOWS],
    /// Number of the last inflow that arrived, plus one; 0 before the first.
    pub last_in: u64,
    /// Number of the last outflow that arrived, plus one.
    pub last_out: u64,
    /// Booking time of the first payment seen.
    pub first_ms: i64,
    pub last_in_ms: i64,
    pub last_out_ms: i64,
    /// Inflows less outflows, ever.
    pub net_minor: i64,
    /// The lowest `net_minor` ever was: what lies above it certainly came in while we looked.
    pub low_minor: i64,
    pub in_count: u32,
    pub out_count: u32,
    /// Outflows ever that passed on an inflow within [`super::search::FAST_MS`].
    pub fast_out: u32,
    /// Inflows ever that had themselves been passed on so.
    pub fast_in: u32,
    /// The largest payment out and in, ever.
    pub out_max: i64,
    pub in_max: i64,
}

impl Account {
    pub fn is_new(&self) -> bool {
        self.in_count == 0 && self.out_count == 0
    }

    /// Money that came in while we looked and has not gone.
    pub fn above_low(&self) -> i64 {
        self.net_minor.saturating_sub(self.low_minor)
    }

    pub fn last_in(&self) -> Option<u64> {
        self.last_in.checked_sub(1)
    }

    pub fn last_out(&self) -> Option<u64> {
        self.last_out.checked_sub(1)
    }
}

/// Payments from one account to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pair {
    pub day: u32,
    pub week: u32,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(super) struct Recent {
    pub ring: Ring,
    pub accounts: Vec<Account>,
    pub pairs: HashMap<(u32, u32), Pair>,
    /// The latest booking time seen.
    pub now_ms: i64,
    /// For each window, the number of the first payment in it (late ones apart).
    pub cursors: [u64; WINDOWS],
    /// For each window, the late payments in it by booking time.
    pub late: [BTreeSet<(i64, u64)>; WINDOWS],
}

impl Recent {
    pub fn account(&self, account: u32) -> Account {
        self.accounts
            .get(account as usize)
            .copied()
            .unwrap_or_default()
    }

    pub fn pair(&self, from: u32, to: u32) -> Pair {
        self.pairs.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Moves the clock to `at_ms` if that is later, and lets go of what has left each window.
    pub fn advance(&mut self, at_ms: i64) {
        if self.ring.next() == 0 {
            self.now_ms = at_ms;
        }
        self.now_ms = self.now_ms.max(at_ms);
        for (window, length_ms) in WINDOWS_MS.into_iter().enumerate() {
            let end_ms = self.now_ms.saturating_sub(length_ms);
            while let Some((_, number)) = self.late[window]
                .first()
                .copied()
                .filter(|(at_ms, _)| *at_ms <= end_ms)
            {
                self.late[window].pop_first();
                self.leave(window, number);
            }
            while let Some(edge) = self.ring.get(self.cursors[window]).copied() {
                if !edge.late {
                    if edge.at_ms > end_ms {
                        break;
                    }
                    self.leave(window, self.cursors[window]);
                }
                self.cursors[window] += 1;
            }
        }
        while self.ring.base() < self.cursors[WEEK] {
            self.ring.pop();
        }
    }

    /// Remembers a payment; its links are set here. Returns its number.
    pub fn enter(&mut self, mut edge: Edge) -> u64 {
        let number = self.ring.next();
        let reach = edge.from.max(edge.to) as usize + 1;
        if self.accounts.len() < reach {
            self.accounts.resize(reach, Account::default());
        }
        edge.late = edge.at_ms < self.now_ms;
        let (from, to) = (edge.from as usize, edge.to as usize);
        edge.back_out = distance(number, self.accounts[from].last_out());
        edge.back_in = distance(number, self.accounts[to].last_in());
        for (window, length_ms) in WINDOWS_MS.into_iter().enumerate() {
            if edge.at_ms > self.now_ms.saturating_sub(length_ms) {
                self.count(window, &edge);
                if edge.late {
                    self.late[window].insert((edge.at_ms, number));
                }
            }
        }
        self.count_for_life(&edge, number);
        self.ring.push(edge);
        number
    }

    fn count_for_life(&mut self, edge: &Edge, number: u64) {
        let fast = u32::from(edge.fast_depth > 0);
        if let Some(payer) = self.accounts.get_mut(edge.from as usize) {
            if payer.is_new() {
                payer.first_ms = edge.at_ms;
            }
            payer.last_out = number + 1;
            payer.last_out_ms = payer.last_out_ms.max(edge.at_ms);
            payer.out_count = payer.out_count.saturating_add(1);
            payer.fast_out = payer.fast_out.saturating_add(fast);
            payer.out_max = payer.out_max.max(edge.minor);
            payer.net_minor = payer.net_minor.saturating_sub(edge.minor);
            payer.low_minor = payer.low_minor.min(payer.net_minor);
        }
        if let Some(payee) = self.accounts.get_mut(edge.to as usize) {
            if payee.is_new() {
                payee.first_ms = edge.at_ms;
            }
            payee.last_in = number + 1;
            payee.last_in_ms = payee.last_in_ms.max(edge.at_ms);
            payee.in_count = payee.in_count.saturating_add(1);
            payee.fast_in = payee.fast_in.saturating_add(fast);
            payee.in_max = payee.in_max.max(edge.minor);
            payee.net_minor = payee.net_minor.saturating_add(edge.minor);
        }
    }

    /// Counts a payment into one window. Sums wrap, so that what entered leaves without a trace.
    pub fn count(&mut self, window: usize, edge: &Edge) {
        let mut first = false;
        if window != 0 {
            let pair = self.pairs.entry((edge.from, edge.to)).or_default();
            let count = if window == DAY {
                &mut pair.day
            } else {
                &mut pair.week
            };
            first = *count == 0;
            *count += 1;
        }
        let first = u32::from(first);
        if let Some(payer) = self.accounts.get_mut(edge.from as usize) {
            let flow = &mut payer.flows[window];
            flow.out_count += 1;
            flow.out_minor = flow.out_minor.wrapping_add(edge.minor);
            flow.payees += first;
        }
        if let Some(payee) = self.accounts.get_mut(edge.to as usize) {
            let flow = &mut payee.flows[window];
            flow.in_count += 1;
            flow.in_minor = flow.in_minor.wrapping_add(edge.minor);
            flow.payers += first;
        }
    }

    /// Takes a payment out of one window.
    fn leave(&mut self, window: usize, number: u64) {
        let Some(edge) = self.ring.get(number).copied() else {
            return;
        };
        let mut last = false;
        if window != 0 {
            let key = (edge.from, edge.to);
            if let Some(pair) = self.pairs.get_mut(&key) {
                let count = if window == DAY {
                    &mut pair.day
                } else {
                    &mut pair.week
                };
                *count = count.saturating_sub(1);
                last = *count == 0;
                if pair.week == 0 {
                    self.pairs.remove(&key);
                }
            }
        }
        let last = u32::from(last);
        if let Some(payer) = self.accounts.get_mut(edge.from as usize) {
            let flow = &mut payer.flows[window];
            flow.out_count = flow.out_count.saturating_sub(1);
            flow.out_minor = flow.out_minor.wrapping_sub(edge.minor);
            flow.payees = flow.payees.saturating_sub(last);
        }
        if let Some(payee) = self.accounts.get_mut(edge.to as usize) {
            let flow = &mut payee.flows[window];
            flow.in_count = flow.in_count.saturating_sub(1);
            flow.in_minor = flow.in_minor.wrapping_sub(edge.minor);
            flow.payers = flow.payers.saturating_sub(last);
        }
    }

    /// Bytes on the heap, of what is remembered about payments and about accounts.
    pub fn bytes_used(&self) -> (usize, usize) {
        let late: usize = self.late.iter().map(|set| set.len() * 24).sum();
        (
            self.ring.bytes_used() + self.pairs.allocation_size() + late,
            self.accounts.capacity() * size_of::<Account>(),
        )
    }
}
