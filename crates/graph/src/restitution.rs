//! Who gets how much of the money that was frozen in an account.
//!
//! After the rule of the banking regulator and the police ministry of 2016, art. 8: (a) a single inflow goes back to
//! the victim who paid it; (b) what can be traced goes back to the victims it was traced to; (c) what cannot is shared
//! by the victims in proportion to their losses. Cents that do not divide go by largest remainder.

use std::cmp::Reverse;

/// What a victim may have of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// What the victim lost and has not got back, in minor units; never negative.
    pub loss_minor: i64,
    /// How much of the victim's money was traced to the account, first in, first out; 0 where it was not traced.
    pub traced_minor: i64,
}

/// On what ground a share is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestitutionBasis {
    /// (a) The account had one inflow, and it was the victim's.
    OneInflow,
    /// (b) The money was traced to the victims.
    Traced,
    /// (c) It was not: in proportion to losses. Needs a public notice of 30 days before it is paid out.
    Proportional,
}

stanch_types::words! { RestitutionBasis {
    OneInflow = "one_inflow", Traced = "traced", Proportional = "proportional",
} }

/// A distribution. `shares` and `kept_minor` add up to what was frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restitution {
    /// The ground.
    pub basis: RestitutionBasis,
    /// One share a claim, in their order, in minor units.
    pub shares: Vec<i64>,
    /// What nobody here has a claim to; it stays frozen to its original end.
    pub kept_minor: i64,
}

/// Shares `frozen_minor` among the victims. `inflows` is the number of payments the account ever received.
///
/// No share exceeds its victim's loss. Traced money goes first in case (b), and what is left then stays frozen: it is
/// not these victims' money. Negative amounts count as 0.
#[must_use]
pub fn restitution(frozen_minor: i64, inflows: usize, claims: &[Claim]) -> Restitution {
    let frozen = frozen_minor.max(0);
    let loss = |claim: &Claim| claim.loss_minor.max(0);
    let traced = |claim: &Claim| claim.traced_minor.clamp(0, loss(claim));
    let any_traced = claims.iter().any(|claim| traced(claim) > 0);
    let (basis, caps): (_, Vec<i64>) = match claims {
        [only] if inflows == 1 => (RestitutionBasis::OneInflow, vec![loss(only)]),
        _ if any_traced => (
            RestitutionBasis::Traced,
            claims.iter().map(traced).collect(),
        ),
        _ => (
            RestitutionBasis::Proportional,
            claims.iter().map(loss).collect(),
        ),
    };
    let shares = divide(frozen, &caps);
    let given: i64 = shares.iter().sum();
    Restitution {
        basis,
        kept_minor: frozen - given,
        shares,
    }
}

/// Divides `pot` in proportion to `caps`, no part above its cap; what does not divide goes by largest remainder, the
/// earlier first among equals. The parts add up to `min(pot, sum of caps)`.
fn divide(pot: i64, caps: &[i64]) -> Vec<i64> {
    let total: i128 = caps.iter().map(|cap| i128::from(*cap)).sum();
    if total <= i128::from(pot) {
        return caps.to_vec();
    }
    // Here 0 <= pot < total, so each part is at most its cap and fits.
    let product = |cap: &i64| i128::from(pot) * i128::from(*cap);
    let mut parts: Vec<i64> = caps
        .iter()
        .map(|cap| i64::try_from(product(cap) / total).unwrap_or(*cap))
        .collect();
    let given: i64 = parts.iter().sum();
    let mut by_remainder: Vec<usize> = (0..caps.len()).collect();
    by_remainder
        .sort_by_key(|place| Reverse(caps.get(*place).map_or(0, |cap| product(cap) % total)));
    let left = usize::try_from(pot - given).unwrap_or(0);
    for place in by_remainder.into_iter().take(left) {
        if let Some(part) = parts.get_mut(place) {
            *part += 1;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claim(loss_minor: i64, traced_minor: i64) -> Claim {
        Claim {
            loss_minor,
            traced_minor,
        }
    }

    #[test]
    fn one_inflow_goes_back_and_no_more_than_was_lost() {
        let all = restitution(500, 1, &[claim(300, 0)]);
        assert_eq!(all.basis, RestitutionBasis::OneInflow);
        assert_eq!(
            (all.shares.as_slice(), all.kept_minor),
            ([300].as_slice(), 200)
        );
    }

    #[test]
    fn traced_money_goes_to_those_it_was_traced_to() {
        let traced = restitution(
            1_000,
            9,
            &[claim(800, 600), claim(5_000, 0), claim(100, 400)],
        );
        assert_eq!(traced.basis, RestitutionBasis::Traced);
        assert_eq!(traced.shares, [600, 0, 100]);
        assert_eq!(traced.kept_minor, 300);
    }

    #[test]
    fn what_cannot_be_traced_is_shared_by_loss_with_the_largest_remainders_first() {
        let shared = restitution(100, 3, &[claim(1, 0), claim(1, 0), claim(1, 0)]);
        assert_eq!(shared.shares, [1, 1, 1]);
        let shared = restitution(100, 3, &[claim(333, 0), claim(333, 0), claim(334, 0)]);
        assert_eq!(shared.basis, RestitutionBasis::Proportional);
        assert_eq!(shared.shares, [33, 33, 34]);
        let shared = restitution(10, 3, &[claim(10, 0), claim(10, 0), claim(10, 0)]);
        assert_eq!(shared.shares, [4, 3, 3]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nobody_gets_more_than_his_due(
            frozen in 0..=i64::MAX, inflows in 0_usize..4,
            claims in prop::collection::vec((0..=i64::MAX / 8, 0..=i64::MAX / 8), 0..8),
        ) {
            let claims: Vec<Claim> = claims.into_iter().map(|(loss, traced)| claim(loss, traced)).collect();
            let done = restitution(frozen, inflows, &claims);
            prop_assert_eq!(done.shares.iter().sum::<i64>() + done.kept_minor, frozen);
            prop_assert!(done.kept_minor >= 0);
            let traced = done.basis == RestitutionBasis::Traced;
            let due = |claim: &Claim| if traced { claim.traced_minor.min(claim.loss_minor) } else { claim.loss_minor };
            for (share, claim) in done.shares.iter().zip(&claims) {
                prop_assert!((0..=due(claim)).contains(share));
            }
            // Something is kept only when everybody has his due.
            if done.kept_minor > 0 {
                prop_assert!(done.shares.iter().zip(&claims).all(|(share, claim)| *share == due(claim)));
            }
            // Within one minor unit of the exact share.
            let total: i128 = claims.iter().map(|claim| i128::from(due(claim))).sum();
            for (share, claim) in done.shares.iter().zip(&claims) {
                if total > i128::from(frozen) {
                    let exact = i128::from(frozen) * i128::from(due(claim)) / total;
                    prop_assert!((0..=1).contains(&(i128::from(*share) - exact)));
                }
            }
        }
    }
}
