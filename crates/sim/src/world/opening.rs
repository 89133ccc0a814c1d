//! Opening balances: drawn, then raised so that no account is ever overdrawn.

use stanch_types::AccountKind;

use super::laundering::YUAN;
use super::{GangMember, WorldAccount, WorldPayment};
use crate::dice::Dice;

/// Sets every account's opening balance for `payments`, which are in order.
pub(super) fn fund(
    seed: u64,
    accounts: &mut [WorldAccount],
    members: &[GangMember],
    payments: &[WorldPayment],
) {
    let mut balance = vec![0_i64; accounts.len()];
    let mut lowest = vec![0_i64; accounts.len()];
    for row in payments {
        if let (Some(left), Some(low)) = (
            balance.get_mut(row.from as usize),
            lowest.get_mut(row.from as usize),
        ) {
            *left -= row.minor;
            *low = (*low).min(*left);
        }
        if let Some(left) = balance.get_mut(row.to as usize) {
            *left += row.minor;
        }
    }
    let mut mule = vec![false; accounts.len()];
    for member in members {
        if let Some(slot) = mule.get_mut(member.account as usize) {
            *slot = true;
        }
    }
    let mut dice = Dice::new(seed, "opening");
    for ((account, low), mule) in accounts.iter_mut().zip(lowest).zip(mule) {
        let median = match account.kind {
            AccountKind::Person if mule => 0.0,
            AccountKind::Person => 6_000.0,
            AccountKind::Merchant => 30_000.0,
            AccountKind::Business => 200_000.0,
            AccountKind::FundHolding | AccountKind::Cash | AccountKind::Unknown => 0.0,
        };
        let drawn = if median > 0.0 {
            (dice.lognormal(median, 1.3) * YUAN as f64) as i64
        } else if mule {
            dice.between(0, 300 * YUAN)
        } else {
            0
        };
        let needed = -low;
        let spare = if account.kind == AccountKind::FundHolding {
            0
        } else {
            dice.between(0, 500 * YUAN)
        };
        account.opening_minor = if needed > drawn {
            needed + spare
        } else {
            drawn
        };
    }
}
