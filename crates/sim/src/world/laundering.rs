//! What a gang does with the money a victim paid: hops through mules by a pattern, then a way out.
//!
//! Money is moved as parcels. Each hop names the hops that brought its money, so that a stop anywhere cuts off
//! exactly what hangs on it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use stanch_types::Channel;

use super::gangs::Gang;
use super::people::People;
use super::{CITY_OFFSET_MS, DAY_MS, HOUR_MS, MIN_MS, Pattern, Role, WorldPayment};
use crate::SimError;
use crate::dice::Dice;

/// One yuan in fen.
pub(super) const YUAN: i64 = 100;
/// Most steps a case is followed.
const STEPS_MAX: usize = 4_000;
/// A parcel below this is not split or passed on further.
const SMALL_MINOR: i64 = 1_500 * YUAN;
/// Notes one card may draw a day.
const ATM_DAY_MINOR: i64 = 20_000 * YUAN;
/// More than this is not cashed at machines.
const ATM_ALL_MINOR: i64 = 60_000 * YUAN;

/// A planted payment before it has a place in the stream.
pub(super) struct Hop {
    pub row: WorldPayment,
    pub case: u32,
    pub tier: u32,
    pub role: Role,
    /// Indices of earlier hops in the same list.
    pub after: Vec<u32>,
}

/// How long money lies with a mule.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As in the past: lognormal minutes by gang and tier.
    History,
    /// As in the scene played live: one to four minutes a tier.
    Live,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Layer(Pattern),
    Exit,
    /// A second exit: no POS, no fund.
    SecondExit,
}

/// Money of a case lying at an account, to be moved on at `at_ms`.
struct Parcel {
    at_ms: i64,
    account: u32,
    minor: i64,
    tier: u32,
    mode: Mode,
    after: Vec<u32>,
}

/// One case while it is being made.
pub(super) struct Case<'w> {
    pub dice: &'w mut Dice,
    pub gang: &'w Gang,
    pub people: &'w mut People,
    pub hops: &'w mut Vec<Hop>,
    pub index: u32,
    pub pace: Pace,
    /// Weights of the exits for this case.
    pub exits: [f64; 5],
    /// Tiers before the exit.
    pub depth: u32,
    parcels: Vec<Parcel>,
    heap: BinaryHeap<Reverse<(i64, usize)>>,
}

impl<'w> Case<'w> {
    pub fn new(
        dice: &'w mut Dice,
        gang: &'w Gang,
        people: &'w mut People,
        hops: &'w mut Vec<Hop>,
        index: u32,
        pace: Pace,
    ) -> Self {
        let (exits, depth) = (gang.exits, gang.depth);
        Self {
            dice,
            gang,
            people,
            hops,
            index,
            pace,
            exits,
            depth,
            parcels: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    /// Records the victim's payment to a tier-1 mule and what the gang will do with it.
    pub fn victim_pays(
        &mut self,
        at_ms: i64,
        victim: u32,
        mule: u32,
        minor: i64,
        pattern: Pattern,
    ) {
        let row = WorldPayment {
            at_ms,
            from: victim,
            to: mule,
            minor,
            channel: Channel::Transfer,
        };
        if let Some(paid) = self.hop(row, 0, Role::VictimPayment, &[]) {
            let due = at_ms + self.dwell(1, 4.0);
            self.lie(due, mule, minor, 1, Mode::Layer(pattern), vec![paid]);
        }
    }

    /// Moves everything until it has left or lies for good.
    pub fn launder(&mut self) -> Result<(), SimError> {
        for _ in 0..STEPS_MAX {
            let Some(Reverse((_, index))) = self.heap.pop() else {
                break;
            };
            let Some(slot) = self.parcels.get_mut(index) else {
                break;
            };
            let parcel = Parcel {
                after: std::mem::take(&mut slot.after),
                ..*slot
            };
            match parcel.mode {
                Mode::Exit | Mode::SecondExit => self.exit(&parcel)?,
                Mode::Layer(pattern) => self.layer(&parcel, pattern),
            }
        }
        Ok(())
    }

    /// Adds a hop; none when it would move nothing or nowhere.
    pub fn hop(&mut self, row: WorldPayment, tier: u32, role: Role, after: &[u32]) -> Option<u32> {
        if row.minor <= 0 || row.from == row.to {
            return None;
        }
        let index = u32::try_from(self.hops.len()).ok()?;
        self.hops.push(Hop {
            row,
            case: self.index,
            tier,
            role,
            after: after.to_vec(),
        });
        Some(index)
    }

    fn lie(
        &mut self,
        at_ms: i64,
        account: u32,
        minor: i64,
        tier: u32,
        mode: Mode,
        after: Vec<u32>,
    ) {
        self.heap.push(Reverse((at_ms, self.parcels.len())));
        self.parcels.push(Parcel {
            at_ms,
            account,
            minor,
            tier,
            mode,
            after,
        });
    }

    /// Milliseconds money lies at `tier`.
    fn dwell(&mut self, tier: u32, median_min: f64) -> i64 {
        match self.pace {
            Pace::History => {
                let median = median_min * MIN_MS as f64 * self.gang.speed;
                (self.dice.lognormal(median, 0.8) as i64).max(4_000)
            }
            Pace::Live if tier <= 1 => self.dice.between(130_000, 250_000),
            Pace::Live => self.dice.between(60_000, 200_000),
        }
    }

    /// A gap between two payments out of one parcel.
    fn gap(&mut self, low: i64, high: i64) -> i64 {
        self.dice.between(low, high)
    }

    fn layer(&mut self, parcel: &Parcel, pattern: Pattern) {
        let fee = self.gang.fee_of(parcel.minor);
        let send = parcel.minor - fee;
        if fee > 300 * YUAN && self.dice.chance(0.5) {
            let row = WorldPayment {
                at_ms: parcel.at_ms + self.dwell(parcel.tier, 200.0),
                from: parcel.account,
                to: self.some_cash(),
                minor: fee / (50 * YUAN) * (50 * YUAN),
                channel: Channel::AtmWithdraw,
            };
            self.hop(row, parcel.tier, Role::CommissionAtm, &parcel.after);
        }
        if parcel.tier >= self.depth || send < SMALL_MINOR {
            let after = parcel.after.clone();
            self.lie(
                parcel.at_ms,
                parcel.account,
                send,
                parcel.tier,
                Mode::Exit,
                after,
            );
            return;
        }
        match pattern {
            Pattern::ScatterGather if parcel.tier == 1 && send > 2 * SMALL_MINOR => {
                self.scatter_gather(parcel, send);
            }
            Pattern::Cycle if parcel.tier == 1 => self.cycle(parcel, send),
            Pattern::FanIn if parcel.tier == 1 => self.fan_in(parcel, send),
            Pattern::Chain => {
                let count = if self.dice.chance(0.3) { 2 } else { 1 };
                self.pass_on(parcel, send, count, Pattern::Chain);
            }
            Pattern::FanOut | Pattern::ScatterGather | Pattern::Cycle | Pattern::FanIn => {
                let count = 2 + self.dice.below(5);
                self.pass_on(parcel, send, count, Pattern::FanOut);
            }
        }
    }

    fn pass_on(&mut self, parcel: &Parcel, send: i64, count: usize, next: Pattern) {
        let tier = parcel.tier + 1;
        let mules = self.gang.mules(self.dice, tier, count, &[parcel.account]);
        let role = if count == 1 {
            Role::Layer
        } else {
            Role::FanOut
        };
        let mut at_ms = parcel.at_ms;
        let parts = self.split(send, mules.len());
        for (mule, part) in mules.into_iter().zip(parts) {
            at_ms += self.gap(3_000, 90_000);
            let moved = self.hop(
                transfer(at_ms, parcel.account, mule, part),
                parcel.tier,
                role,
                &parcel.after,
            );
            if let Some(moved) = moved {
                let due = at_ms + self.dwell(tier, 5.0);
                self.lie(due, mule, part, tier, Mode::Layer(next), vec![moved]);
            }
        }
    }

    fn scatter_gather(&mut self, parcel: &Parcel, send: i64) {
        let count = 3 + self.dice.below(6);
        let mids = self.gang.mules(self.dice, 2, count, &[parcel.account]);
        let Some(&gatherer) = self.gang.mules(self.dice, 3, 1, &[parcel.account]).first() else {
            return;
        };
        let (mut at_ms, mut last, mut total, mut after) =
            (parcel.at_ms, parcel.at_ms, 0, Vec::new());
        let parts = self.split(send, mids.len());
        for (mid, part) in mids.into_iter().zip(parts) {
            at_ms += self.gap(3_000, 60_000);
            let out = self.hop(
                transfer(at_ms, parcel.account, mid, part),
                1,
                Role::Scatter,
                &parcel.after,
            );
            let Some(out) = out else { continue };
            let (back_ms, rest) = (at_ms + self.dwell(2, 5.0), part - self.gang.fee_of(part));
            let back = self.hop(
                transfer(back_ms, mid, gatherer, rest),
                2,
                Role::Gather,
                &[out],
            );
            if let Some(back) = back {
                total += rest;
                last = last.max(back_ms);
                after.push(back);
            }
        }
        let due = last + self.dwell(3, 5.0);
        self.lie(due, gatherer, total, 3, Mode::Layer(Pattern::FanOut), after);
    }

    fn cycle(&mut self, parcel: &Parcel, send: i64) {
        let mut path = vec![parcel.account];
        let length = 3 + self.dice.below(4);
        while path.len() < length {
            let tier = 1 + path.len() as u32 % 5;
            let Some(&next) = self.gang.mules(self.dice, tier, 1, &path).first() else {
                break;
            };
            path.push(next);
        }
        let (mut at_ms, mut minor, mut after) = (parcel.at_ms, send, parcel.after.clone());
        for (place, from) in path.iter().copied().enumerate() {
            let to = path.get(place + 1).copied().unwrap_or(parcel.account);
            let Some(moved) = self.hop(transfer(at_ms, from, to, minor), 1, Role::Cycle, &after)
            else {
                return;
            };
            after = vec![moved];
            at_ms += self.dwell(2, 4.0);
            if place + 1 < path.len() {
                minor -= self.gang.fee_of(minor) / 2;
            }
        }
        self.lie(
            at_ms,
            parcel.account,
            minor,
            2,
            Mode::Layer(Pattern::FanOut),
            after,
        );
    }

    fn fan_in(&mut self, parcel: &Parcel, send: i64) {
        let Some(collector) = self.dice.pick(&self.gang.collectors).copied() else {
            return;
        };
        let count = 2 + self.dice.below(4);
        let mids = self.gang.mules(self.dice, 2, count, &[parcel.account]);
        let (mut at_ms, mut last, mut total, mut after) =
            (parcel.at_ms, parcel.at_ms, 0, Vec::new());
        let parts = self.split(send, mids.len());
        for (mid, part) in mids.into_iter().zip(parts) {
            at_ms += self.gap(5_000, 120_000);
            let out = self.hop(
                transfer(at_ms, parcel.account, mid, part),
                1,
                Role::FanOut,
                &parcel.after,
            );
            let next = self.gang.mules(self.dice, 3, 1, &[parcel.account, mid]);
            let (Some(out), Some(&next)) = (out, next.first()) else {
                continue;
            };
            let (on_ms, rest) = (at_ms + self.dwell(2, 5.0), part - self.gang.fee_of(part));
            let on = self.hop(transfer(on_ms, mid, next, rest), 2, Role::Layer, &[out]);
            let Some(on) = on else { continue };
            let (in_ms, rest) = (on_ms + self.dwell(3, 6.0), rest - self.gang.fee_of(rest));
            let inward = self.hop(
                transfer(in_ms, next, collector, rest),
                3,
                Role::FanIn,
                &[on],
            );
            if let Some(inward) = inward {
                total += rest;
                last = last.max(in_ms);
                after.push(inward);
            }
        }
        let due = last + self.dwell(4, 6.0);
        self.lie(due, collector, total, 4, Mode::Layer(Pattern::Chain), after);
    }

    /// Turns a parcel into cash, goods, fund units or coins, or leaves it lying.
    fn exit(&mut self, parcel: &Parcel) -> Result<(), SimError> {
        let mut weights = self.exits;
        if parcel.mode == Mode::SecondExit {
            (weights[1], weights[2]) = (0.0, 0.0);
        }
        match self.dice.weighted(&weights) {
            0 if parcel.minor > ATM_ALL_MINOR && self.dice.chance(0.8) => {
                self.sell_to_trader(parcel)
            }
            0 => self.draw_notes(parcel),
            1 => self.sham_purchase(parcel),
            2 => self.buy_units(parcel)?,
            3 => self.sell_to_trader(parcel),
            _ => {}
        }
        Ok(())
    }

    fn draw_notes(&mut self, parcel: &Parcel) {
        let note = 100 * YUAN;
        let cash = self.some_cash();
        let (mut left, mut at_ms, mut today) = (parcel.minor.min(ATM_ALL_MINOR), parcel.at_ms, 0);
        while left >= note {
            let minor = (left / note * note).min(self.dice.between(20, 51) * note);
            if today + minor > ATM_DAY_MINOR {
                at_ms += 20 * HOUR_MS;
                today = 0;
            }
            let row = WorldPayment {
                at_ms,
                from: parcel.account,
                to: cash,
                minor,
                channel: Channel::AtmWithdraw,
            };
            self.hop(row, parcel.tier, Role::CashoutAtm, &parcel.after);
            today += minor;
            left -= minor;
            at_ms += self.gap(40_000, 120_000);
        }
    }

    fn sham_purchase(&mut self, parcel: &Parcel) {
        let Some(shop) = self.dice.pick(&self.gang.merchants).copied() else {
            return;
        };
        let (mut at_ms, mut total, mut after) = (parcel.at_ms, 0, Vec::new());
        let count = 1 + self.dice.below(3);
        for part in self.split(parcel.minor, count) {
            let row = WorldPayment {
                at_ms,
                from: parcel.account,
                to: shop,
                minor: part,
                channel: Channel::Pos,
            };
            after.extend(self.hop(row, parcel.tier, Role::CashoutPos, &parcel.after));
            total += part;
            at_ms += self.gap(30_000, 300_000);
        }
        // The acquirer settles the next morning, less one per cent.
        let midnight = (at_ms + CITY_OFFSET_MS).div_euclid(DAY_MS) * DAY_MS - CITY_OFFSET_MS;
        let settled_ms = midnight + DAY_MS + 10 * HOUR_MS + self.dice.between(0, 2 * HOUR_MS);
        let Some(&mule) = self.gang.mules(self.dice, 5, 1, &[parcel.account]).first() else {
            return;
        };
        let minor = total - total / 100;
        let row = WorldPayment {
            at_ms: settled_ms,
            from: shop,
            to: mule,
            minor,
            channel: Channel::Payout,
        };
        if let Some(settled) = self.hop(row, parcel.tier + 1, Role::PosSettle, &after) {
            let due = settled_ms + self.dwell(5, 30.0);
            self.lie(
                due,
                mule,
                minor,
                parcel.tier + 2,
                Mode::SecondExit,
                vec![settled],
            );
        }
    }

    fn buy_units(&mut self, parcel: &Parcel) -> Result<(), SimError> {
        let fund = self.dice.below(self.people.funds());
        let holding = self.people.holding(parcel.account, fund)?;
        let minor = parcel.minor - parcel.minor % YUAN;
        let row = WorldPayment {
            at_ms: parcel.at_ms,
            from: parcel.account,
            to: holding,
            minor,
            channel: Channel::FundPurchase,
        };
        let bought = self.hop(row, parcel.tier, Role::CashoutFund, &parcel.after);
        let (Some(bought), true) = (bought, self.dice.chance(0.6)) else {
            return Ok(());
        };
        let other = self.gang.mules(self.dice, 5, 1, &[parcel.account]);
        let to = match other.first() {
            Some(&mule) if self.dice.chance(0.6) => mule,
            _ => parcel.account,
        };
        let at_ms = parcel.at_ms
            + match self.pace {
                Pace::History => self.dice.lognormal(9.0 * HOUR_MS as f64, 0.9) as i64,
                Pace::Live => self.dice.between(4 * MIN_MS, 15 * MIN_MS),
            };
        let row = WorldPayment {
            at_ms,
            from: holding,
            to,
            minor,
            channel: Channel::FundRedeem,
        };
        if let Some(sold) = self.hop(row, parcel.tier + 1, Role::FundRedeem, &[bought]) {
            let due = at_ms + self.dwell(5, 20.0);
            self.lie(
                due,
                to,
                minor,
                parcel.tier + 2,
                Mode::SecondExit,
                vec![sold],
            );
        }
        Ok(())
    }

    fn sell_to_trader(&mut self, parcel: &Parcel) {
        if let Some(trader) = self.dice.pick(&self.gang.otc).copied() {
            let (at_ms, minor) = (parcel.at_ms, parcel.minor);
            let role = Role::CashoutOtc;
            self.hop(
                transfer(at_ms, parcel.account, trader, minor),
                parcel.tier,
                role,
                &parcel.after,
            );
        }
    }

    fn some_cash(&mut self) -> u32 {
        let banks = self.people.banks;
        let index = self.dice.below(banks);
        self.people.cash.get(index).copied().unwrap_or_default()
    }

    /// `count` whole parts that add up to `minor`, most of them round; one part when it is little.
    pub fn split(&mut self, minor: i64, count: usize) -> Vec<i64> {
        if count <= 1 || minor < count as i64 * 200 * YUAN {
            return vec![minor];
        }
        let weights: Vec<f64> = (0..count).map(|_| 0.5 + self.dice.unit()).collect();
        let all: f64 = weights.iter().sum();
        let mut parts = Vec::with_capacity(count);
        let mut rest = minor;
        for weight in weights.iter().take(count - 1) {
            let unit = [YUAN / 100, YUAN, 10 * YUAN, 100 * YUAN][self.dice.below(4)];
            let share = (minor as f64 * weight / all) as i64;
            let part = (share - share % unit).max(YUAN);
            parts.push(part);
            rest -= part;
        }
        if rest <= 0 {
            return vec![minor];
        }
        parts.push(rest);
        parts
    }
}

const fn transfer(at_ms: i64, from: u32, to: u32, minor: i64) -> WorldPayment {
    WorldPayment {
        at_ms,
        from,
        to,
        minor,
        channel: Channel::Transfer,
    }
}
