//! Pro rata (haircut): an outflow carries stolen money in proportion to the balance it is paid from.

use super::walk::{Outflow, Piece, Rule};
use crate::Standing;

/// The rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProRata {
    /// A smaller share stays where it is, unless it is all there is.
    pub(crate) min_minor: i64,
}

impl ProRata {
    /// What an outflow of `minor` from `balance` carries away of `share`: `floor(minor * share / balance)`; all of it,
    /// when the outflow takes the whole balance that is known.
    pub(crate) fn carried(self, share: i64, minor: i64, balance: i64) -> i64 {
        if minor >= balance {
            return share;
        }
        // Here 0 < minor < balance, so the quotient is less than the share and fits.
        let part = match minor.checked_mul(share) {
            Some(product) => product / balance,
            None => {
                let product = i128::from(minor) * i128::from(share);
                i64::try_from(product / i128::from(balance)).unwrap_or(share)
            }
        };
        if part >= self.min_minor || part == share {
            part
        } else {
            0
        }
    }
}

impl Rule for ProRata {
    type Stock = i64;
    const NEEDS_POSITION: bool = false;

    fn put(stock: &mut i64, _position: i64, pieces: &[Piece]) {
        *stock += pieces.iter().map(|piece| piece.minor).sum::<i64>();
    }

    fn take(&self, stock: &mut i64, outflow: &Outflow, pieces: &mut Vec<Piece>) {
        let minor = self.carried(*stock, outflow.minor, outflow.before.balance_minor());
        if minor > 0 {
            *stock -= minor;
            pieces.push(Piece { offset: 0, minor });
        }
    }

    /// Every outflow may carry a share.
    fn wanted(stock: &i64) -> Option<i64> {
        (*stock > 0).then_some(i64::MIN)
    }

    /// After the horizon a share stays where it is.
    fn held(stock: &i64, _now: Standing) -> i64 {
        *stock
    }

    fn stored(stock: &i64) -> i64 {
        *stock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(min_minor: i64, share: i64, balance: i64, minor: i64) -> i64 {
        ProRata { min_minor }.carried(share, minor, balance)
    }

    #[test]
    fn shares_round_down_and_small_ones_stay() {
        assert_eq!(carried(100, 1_000, 3_000, 1_000), 333);
        assert_eq!(
            carried(100, 1_000, 3_000, 299),
            0,
            "99 is below the minimum"
        );
        assert_eq!(carried(100, 1_000, 3_000, 300), 100);
        assert_eq!(carried(100, 50, 50, 50), 50, "all there is");
        assert_eq!(carried(100, 50, 20, 70), 50, "more than is known goes out");
        assert_eq!(carried(100, 50, 0, 70), 50);
    }

    #[test]
    fn products_beyond_64_bits_are_exact() {
        let third = i64::MAX / 3;
        assert_eq!(
            carried(100, third, i64::MAX - 1, third),
            1_024_819_115_206_086_200
        );
    }
}
