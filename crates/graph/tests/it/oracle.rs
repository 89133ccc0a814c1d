//! The tracing rules once more, plainly: every payment is booked in turn, every fen is in some lot. Shares no code
//! with the crate, not even the order of payments.

use std::collections::{BTreeMap, VecDeque};

/// A payment of a small world; accounts are places in [`World::accounts`].
#[derive(Debug, Clone)]
pub struct Pay {
    pub tx_id: String,
    pub at_ms: i64,
    pub from: usize,
    pub to: usize,
    pub minor: i64,
    pub by_victim: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub opening_minor: i64,
    pub is_cash: bool,
}

#[derive(Debug, Clone)]
pub struct World {
    pub accounts: Vec<Account>,
    pub payments: Vec<Pay>,
    pub horizon_ms: i64,
    pub haircut_min_minor: i64,
}

/// What a trace must answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Stolen part of each payment.
    pub transfers: BTreeMap<String, i64>,
    /// Balance and stolen part of each account that holds stolen money.
    pub balances: BTreeMap<usize, (i64, i64)>,
    pub past_horizon: i64,
    pub paid_again: i64,
}

impl World {
    /// Payments booked before `as_of_ms`, in order, with the end of the horizon.
    fn booked(&self, as_of_ms: i64) -> (Vec<&Pay>, i64) {
        let key = |pay: &Pay| match pay.tx_id.parse::<u64>() {
            Ok(number) => (pay.at_ms, false, number, String::new()),
            Err(_) => (pay.at_ms, true, 0, pay.tx_id.clone()),
        };
        let first = self
            .payments
            .iter()
            .filter(|p| p.by_victim)
            .map(|p| p.at_ms)
            .min();
        let mut booked: Vec<&Pay> = self
            .payments
            .iter()
            .filter(|p| p.at_ms < as_of_ms)
            .collect();
        booked.sort_by_key(|pay| key(pay));
        (booked, first.unwrap_or(0) + self.horizon_ms)
    }

    /// The balance of every account: an overdraft was money nobody told us of.
    fn balances(&self, booked: &[&Pay]) -> Vec<i64> {
        let mut balances: Vec<i64> = self.accounts.iter().map(|a| a.opening_minor).collect();
        for pay in booked {
            balances[pay.from] -= pay.minor;
            if balances[pay.from] < 0 && !self.accounts[pay.from].is_cash {
                balances[pay.from] = 0;
            }
            balances[pay.to] += pay.minor;
        }
        balances
    }

    fn answer(&self, booked: &[&Pay], mut answer: Answer, stolen: &[i64]) -> Answer {
        for (account, balance) in self.balances(booked).into_iter().enumerate() {
            if stolen[account] > 0 {
                answer.balances.insert(account, (balance, stolen[account]));
            }
        }
        answer
    }

    /// Explicit queues of lots (minor units, stolen or not).
    pub fn fifo(&self, as_of_ms: i64) -> Answer {
        let (booked, end_ms) = self.booked(as_of_ms);
        let mut lots: Vec<VecDeque<(i64, bool)>> = self
            .accounts
            .iter()
            .map(|a| VecDeque::from([(a.opening_minor, false)]))
            .collect();
        let mut answer = Answer::default();
        for pay in &booked {
            let mut moved = Vec::new();
            if self.accounts[pay.from].is_cash {
                moved.push((pay.minor, false));
            } else {
                let mut need = pay.minor;
                while need > 0 {
                    let Some((left, stolen)) = lots[pay.from].front_mut() else {
                        moved.push((need, false));
                        break;
                    };
                    let used = need.min(*left);
                    moved.push((used, *stolen));
                    *left -= used;
                    need -= used;
                    if *left == 0 {
                        lots[pay.from].pop_front();
                    }
                }
            }
            let stolen: i64 = moved.iter().filter(|lot| lot.1).map(|lot| lot.0).sum();
            if pay.at_ms > end_ms {
                answer.past_horizon += stolen;
                moved = vec![(pay.minor, false)];
            } else if pay.by_victim {
                answer.paid_again += stolen;
            }
            if pay.by_victim {
                moved = vec![(pay.minor, true)];
            }
            let stolen: i64 = moved.iter().filter(|lot| lot.1).map(|lot| lot.0).sum();
            if stolen > 0 {
                answer.transfers.insert(pay.tx_id.clone(), stolen);
            }
            lots[pay.to].extend(moved);
        }
        let stolen: Vec<i64> = lots
            .iter()
            .map(|lots| lots.iter().filter(|lot| lot.1).map(|lot| lot.0).sum())
            .collect();
        self.answer(&booked, answer, &stolen)
    }

    /// One share per account, step by step.
    pub fn pro_rata(&self, as_of_ms: i64) -> Answer {
        let (booked, end_ms) = self.booked(as_of_ms);
        let mut shares = vec![0_i64; self.accounts.len()];
        let mut answer = Answer::default();
        for (place, pay) in booked.iter().enumerate() {
            let mut moved = 0;
            let payer = self.accounts[pay.from];
            if !payer.is_cash && pay.at_ms <= end_ms {
                let share = shares[pay.from];
                let balance = self.balances(&booked[..place])[pay.from];
                let part = if pay.minor >= balance {
                    share
                } else {
                    i64::try_from(i128::from(pay.minor) * i128::from(share) / i128::from(balance))
                        .unwrap()
                };
                if part == share || part >= self.haircut_min_minor {
                    moved = part;
                    shares[pay.from] -= part;
                }
            }
            if pay.by_victim {
                answer.paid_again += moved;
                moved = pay.minor;
            }
            if moved > 0 {
                answer.transfers.insert(pay.tx_id.clone(), moved);
                shares[pay.to] += moved;
            }
        }
        self.answer(&booked, answer, &shares)
    }
}
