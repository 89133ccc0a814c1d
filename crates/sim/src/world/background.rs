//! Everyday payments: channels, hours, amounts and contacts in the proportions of `fundflow_gen`.

use stanch_types::Channel;

use super::laundering::YUAN;
use super::people::People;
use super::{CITY_OFFSET_MS, DAY_MS, HOUR_MS, WorldConfig, WorldPayment};
use crate::SimError;
use crate::dice::{Dice, mix01};

/// Share of each channel.
const CHANNELS: [(Channel, f64); 11] = [
    (Channel::QrPay, 0.36),
    (Channel::Transfer, 0.22),
    (Channel::Pos, 0.08),
    (Channel::B2b, 0.07),
    (Channel::Bill, 0.06),
    (Channel::Salary, 0.05),
    (Channel::AtmWithdraw, 0.05),
    (Channel::Payout, 0.04),
    (Channel::FundPurchase, 0.03),
    (Channel::FundRedeem, 0.02),
    (Channel::AtmDeposit, 0.02),
];
/// Payments by hour of the city's day.
pub(super) const HOURS: [f64; 24] = [
    1.0, 0.6, 0.4, 0.3, 0.3, 0.6, 1.5, 3.0, 5.0, 6.5, 7.0, 6.5, 7.0, 6.0, 5.5, 5.5, 5.5, 6.0, 7.0,
    7.5, 7.0, 5.5, 3.5, 2.0,
];
/// Days after the start on which salaries are paid.
const PAYDAYS: [i64; 6] = [4, 9, 14, 24, 34, 44];
/// People of one neighbourhood.
const NEIGHBOURS: usize = 150;

/// Accounts with cumulative weights, for drawing in proportion.
struct Urn {
    accounts: Vec<u32>,
    cumulative: Vec<f64>,
}

impl Urn {
    fn new(accounts: Vec<u32>, weights: &[f64]) -> Self {
        let mut sum = 0.0;
        let cumulative = accounts
            .iter()
            .map(|a| {
                sum += weights.get(*a as usize).copied().unwrap_or(0.0);
                sum
            })
            .collect();
        Self {
            accounts,
            cumulative,
        }
    }

    fn below(&self, index: usize) -> f64 {
        index
            .checked_sub(1)
            .and_then(|i| self.cumulative.get(i))
            .copied()
            .unwrap_or(0.0)
    }

    /// The account at share `unit` of the weight of accounts `from..until`.
    fn at(&self, unit: f64, from: usize, until: usize) -> u32 {
        let (low, high) = (self.below(from), self.below(until));
        let wanted = low + unit * (high - low);
        let index = self.cumulative.partition_point(|sum| *sum <= wanted);
        let last = self.accounts.len().saturating_sub(1);
        self.accounts
            .get(index.min(last))
            .copied()
            .unwrap_or_default()
    }

    fn draw(&self, dice: &mut Dice) -> u32 {
        self.at(dice.unit(), 0, self.accounts.len())
    }

    /// The same account for the same `key`.
    fn fixed(&self, key: u64) -> u32 {
        self.at(mix01(key), 0, self.accounts.len())
    }
}

/// Draws everyday payments.
pub(super) struct Background {
    dice: Dice,
    payers: Urn,
    payees: Urn,
    shops: Urn,
    firms: Urn,
    traders: Urn,
    /// Place of each person in `payees`.
    place: Vec<u32>,
    shares: Vec<f64>,
    start_ms: i64,
    end_ms: i64,
    days: i64,
}

impl Background {
    pub fn new(config: &WorldConfig, people: &People) -> Self {
        let mut place = vec![0; people.accounts.len()];
        for (index, person) in people.persons.iter().enumerate() {
            if let Some(slot) = place.get_mut(*person as usize) {
                *slot = index as u32;
            }
        }
        let traders = people
            .businesses
            .iter()
            .chain(&people.merchants)
            .copied()
            .collect();
        Self {
            dice: Dice::new(config.seed, "background"),
            payers: Urn::new(people.persons.clone(), &people.activity),
            payees: Urn::new(people.persons.clone(), &people.popularity),
            shops: Urn::new(people.merchants.clone(), &people.popularity),
            firms: Urn::new(people.businesses.clone(), &people.popularity),
            traders: Urn::new(traders, &people.popularity),
            place,
            shares: CHANNELS.iter().map(|(_, share)| *share).collect(),
            start_ms: config.start_ms(),
            end_ms: config.end.as_millis(),
            days: i64::from(config.days),
        }
    }

    /// A payment somewhere in history.
    pub fn past(&mut self, people: &mut People) -> Result<WorldPayment, SimError> {
        let channel = self.channel();
        let at_ms = if channel == Channel::Salary {
            self.payday()
        } else {
            self.moment()
        };
        self.payment(people, channel, at_ms)
    }

    /// A payment at a given instant.
    pub fn live(&mut self, people: &mut People, at_ms: i64) -> Result<WorldPayment, SimError> {
        let channel = self.channel();
        self.payment(people, channel, at_ms)
    }

    fn channel(&mut self) -> Channel {
        let index = self.dice.weighted(&self.shares);
        CHANNELS
            .get(index)
            .map_or(Channel::Transfer, |(channel, _)| *channel)
    }

    /// An instant of history by the hour's weight.
    fn moment(&mut self) -> i64 {
        moment(&mut self.dice, self.start_ms, self.end_ms, self.days)
    }

    fn payday(&mut self) -> i64 {
        let fitting = PAYDAYS
            .iter()
            .take_while(|day| **day < self.days)
            .count()
            .max(1);
        let day = PAYDAYS.get(self.dice.below(fitting)).copied().unwrap_or(0);
        let at_ms = midnight(self.start_ms) + DAY_MS * day + 9 * HOUR_MS;
        let at_ms = at_ms + self.dice.between(0, 2 * HOUR_MS);
        if (self.start_ms..self.end_ms).contains(&at_ms) {
            at_ms
        } else {
            self.moment()
        }
    }

    fn payment(
        &mut self,
        people: &mut People,
        channel: Channel,
        at_ms: i64,
    ) -> Result<WorldPayment, SimError> {
        let (from, to, minor) = self.parties(people, channel)?;
        let to = if from == to {
            self.next_person(from)
        } else {
            to
        };
        Ok(WorldPayment {
            at_ms,
            from,
            to,
            minor: minor.max(1),
            channel,
        })
    }

    /// Payer, payee and fen.
    fn parties(
        &mut self,
        people: &mut People,
        channel: Channel,
    ) -> Result<(u32, u32, i64), SimError> {
        let dice = &mut self.dice;
        let yuan = |dice: &mut Dice, median: f64, sigma: f64| {
            (dice.lognormal(median, sigma) * YUAN as f64) as i64
        };
        Ok(match channel {
            Channel::QrPay | Channel::Pos => {
                let from = self.payers.draw(dice);
                let shop = self
                    .shops
                    .fixed(u64::from(from) * 1_009 + dice.rank(1.7, 60));
                let median = if channel == Channel::QrPay {
                    38.0
                } else {
                    210.0
                };
                (from, shop, yuan(dice, median, 1.0))
            }
            Channel::Bill => {
                let from = self.payers.draw(dice);
                let firm = self.firms.fixed(u64::from(from) * 31 + dice.rank(1.5, 8));
                (from, firm, yuan(dice, 110.0, 0.8))
            }
            Channel::Salary => {
                let to = self.payers.draw(dice);
                let job = u64::from(dice.chance(0.1));
                (
                    self.firms.fixed(u64::from(to) * 65_537 + job),
                    to,
                    yuan(dice, 6_800.0, 0.5),
                )
            }
            Channel::B2b => (
                self.traders.draw(dice),
                self.firms.draw(dice),
                yuan(dice, 9_000.0, 1.3),
            ),
            Channel::Payout => (
                self.shops.draw(dice),
                self.payees.draw(dice),
                yuan(dice, 420.0, 1.3),
            ),
            Channel::AtmWithdraw | Channel::AtmDeposit => {
                let person = self.payers.draw(dice);
                let cash = cash_near(people, person, dice);
                let notes = dice.lognormal(8.0, 0.8).ceil().min(50.0) as i64;
                let minor = notes * 100 * YUAN;
                if channel == Channel::AtmWithdraw {
                    (person, cash, minor)
                } else {
                    (cash, person, minor)
                }
            }
            Channel::FundPurchase | Channel::FundRedeem => {
                let person = self.payers.draw(dice);
                let chosen = mix01(u64::from(person) * 97 + dice.below(2) as u64);
                let fund = (chosen * people.funds() as f64) as usize;
                let holding = people.holding(person, fund)?;
                let minor = ceil_to(yuan(dice, 900.0, 1.3), 10 * YUAN);
                if channel == Channel::FundPurchase {
                    (person, holding, minor)
                } else {
                    (holding, person, minor)
                }
            }
            Channel::Transfer | Channel::Other => self.between_persons(),
        })
    }

    /// A transfer to one of the payer's contacts, 60 % of whom live near.
    fn between_persons(&mut self) -> (u32, u32, i64) {
        let dice = &mut self.dice;
        let from = self.payers.draw(dice);
        let key = u64::from(from) * 7_919 + dice.rank(1.6, 300);
        let place = self.place.get(from as usize).copied().unwrap_or(0) as usize;
        let all = self.payees.accounts.len();
        let (low, high) = if mix01(key + 13) < 0.6 {
            let first = place / NEIGHBOURS * NEIGHBOURS;
            (first, (first + NEIGHBOURS).min(all))
        } else {
            (0, all)
        };
        let to = self.payees.at(mix01(key), low, high);
        let minor = (dice.lognormal(320.0, 1.4) * YUAN as f64) as i64;
        let minor = match dice.unit() {
            drawn if drawn < 0.45 => ceil_to(minor, 100 * YUAN),
            drawn if drawn < 0.60 => ceil_to(minor, 10 * YUAN),
            _ => minor,
        };
        (from, to, minor)
    }

    fn next_person(&self, from: u32) -> u32 {
        let place = self.place.get(from as usize).copied().unwrap_or(0) as usize;
        let accounts = &self.payees.accounts;
        let next = accounts.get(place + 1).filter(|next| **next != from);
        next.or_else(|| accounts.iter().find(|a| **a != from))
            .copied()
            .unwrap_or(from)
    }
}

fn cash_near(people: &People, person: u32, dice: &mut Dice) -> u32 {
    let own = people
        .accounts
        .get(person as usize)
        .map_or(0, |a| a.institution as usize);
    let index = if own < people.banks && dice.chance(0.75) {
        own
    } else {
        dice.below(people.banks)
    };
    people.cash.get(index).copied().unwrap_or_default()
}

fn ceil_to(minor: i64, unit: i64) -> i64 {
    (minor + unit - 1) / unit * unit
}

/// The city's midnight at or before `at_ms`.
fn midnight(at_ms: i64) -> i64 {
    (at_ms + CITY_OFFSET_MS).div_euclid(DAY_MS) * DAY_MS - CITY_OFFSET_MS
}

/// An instant in `start_ms..end_ms` by the hour's weight; uniform if the range is too short to hit.
pub(super) fn moment(dice: &mut Dice, start_ms: i64, end_ms: i64, days: i64) -> i64 {
    let first = midnight(start_ms);
    for _ in 0..32 {
        let day = dice.between(0, days + 1);
        let hour = dice.weighted(&HOURS) as i64;
        let at_ms = first + day * DAY_MS + hour * HOUR_MS + dice.between(0, HOUR_MS);
        if (start_ms..end_ms).contains(&at_ms) {
            return at_ms;
        }
    }
    dice.between(start_ms, end_ms)
}
