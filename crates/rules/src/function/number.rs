//! Functions of numbers and money.

use stanch_types::{Currency, Money};

use super::form::{accepts, argument, functions, is_constant, is_regional, returns};
use crate::value::Value;

functions! {
    /// `part / whole` as a number; missing when `whole` is 0 or the currencies differ.
    SHARE = "share" ["share(1, 4)" => "0.25"] {
        (part: Double, whole: Double) -> Double = part / whole;
        (part: Money, whole: Money) -> Double = money_share(part, whole);
    }

    /// The lesser of two values; missing for money of two currencies.
    MIN = "min" ["min(2, 1)" => "1"] {
        (a: Int, b: Int) -> Int = a.min(b);
        (a: Double, b: Double) -> Double = a.min(b);
        (a: Money, b: Money) -> Money = same_currency(a, b, i64::min);
        (a: Timestamp, b: Timestamp) -> Timestamp = Value::Timestamp(a.min(b));
        (a: Duration, b: Duration) -> Duration = Value::Duration(a.min(b));
    }

    /// The greater of two values; missing for money of two currencies.
    MAX = "max" ["max(2, 1)" => "2"] {
        (a: Int, b: Int) -> Int = a.max(b);
        (a: Double, b: Double) -> Double = a.max(b);
        (a: Money, b: Money) -> Money = same_currency(a, b, i64::max);
        (a: Timestamp, b: Timestamp) -> Timestamp = Value::Timestamp(a.max(b));
        (a: Duration, b: Duration) -> Duration = Value::Duration(a.max(b));
    }

    /// The value without its sign; missing for the one int that has no positive counterpart.
    ABS = "abs" ["abs(-3)" => "3"] {
        (x: Int) -> Int = x.checked_abs();
        (x: Double) -> Double = x.abs();
        (x: Money) -> Money = x.minor.checked_abs().map(|minor| Money::new(minor, x.currency));
        (x: Duration) -> Duration = x.checked_abs().map(Value::Duration);
    }

    /// The nearest whole number, halves away from zero; missing outside the range of int.
    ROUND = "round" ["round(2.5)" => "3"] {
        (x: Double) -> Int = whole(x.round());
    }

    /// The greatest whole number not above; missing outside the range of int.
    FLOOR = "floor" ["floor(-2.5)" => "-3"] {
        (x: Double) -> Int = whole(x.floor());
    }

    /// A number without its fraction (towards zero), missing outside the range of int; `true` as 1, `false` as 0.
    INT = "int" ["int(true) + int(-2.5)" => "-1"] {
        (x: Bool) -> Int = i64::from(x);
        (x: Double) -> Int = whole(x.trunc());
    }

    /// An int as a double (to the nearest, halves to even, beyond 2^53).
    DOUBLE = "double" ["double(2)" => "2.0"] {
        (x: Double) -> Double = x;
    }

    /// Money from a constant currency and amount.
    MONEY = "money" ["money(\"CNY\", \"5000\") == money(\"CNY\", \"5000.00\")" => "true"] {
        (currency: Currency, amount: Decimal) -> MoneyIn0 = Money::parse_decimal(amount, currency).ok();
    }

    /// The same money when it is in `currency`, else missing: sums and thresholds need one currency.
    AMOUNT_IN = "amount_in" ["amount_in(money(\"CNY\", \"5\"), \"CNY\")" => "money(\"CNY\", \"5.00\")"] {
        (money: Money, currency: Currency) -> MoneyIn1 = (money.currency == currency).then_some(money);
    }

    /// Money in major units (yuan, not fen) as a number; exact below 2^53 minor units.
    MAJOR = "major" ["major(money(\"CNY\", \"12.50\"))" => "12.5"] {
        (money: Money) -> Double = money.minor as f64 / unit(money.currency) as f64;
    }

    /// The ISO 4217 code of money.
    CURRENCY = "currency" ["currency(money(\"CNY\", \"1\"))" => "\"CNY\""] {
        (money: Money) -> String = money.currency.code().to_owned();
    }

    /// Whether money is a whole multiple, other than zero, of `step` major units: people are told to send round
    /// amounts. Missing for a step below 1.
    IS_ROUND = "is_round" ["is_round(money(\"CNY\", \"30000.00\"), 10000)" => "true"] {
        (money: Money, step: Int) -> Bool = is_round(money, step);
    }
}

fn money_share(part: Money, whole: Money) -> Option<f64> {
    (part.currency == whole.currency && whole.minor != 0)
        .then(|| part.minor as f64 / whole.minor as f64)
}

fn same_currency(a: Money, b: Money, pick: fn(i64, i64) -> i64) -> Option<Money> {
    (a.currency == b.currency).then(|| Money::new(pick(a.minor, b.minor), a.currency))
}

/// A whole double as an int.
fn whole(x: f64) -> Option<i64> {
    // 2^63 is a double; the greatest i64 is not.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&x).then_some(x as i64)
}

/// Minor units in a major unit.
fn unit(currency: Currency) -> i64 {
    10_i64.pow(currency.decimals())
}

fn is_round(money: Money, step: i64) -> Option<bool> {
    if step < 1 {
        return None;
    }
    // A step too large for 64 bits of minor units divides no amount.
    let step = step.checked_mul(unit(money.currency));
    Some(money.minor != 0 && step.is_some_and(|step| money.minor % step == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_in_range() {
        assert_eq!(whole(9.3e18), None);
        assert_eq!(whole(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        assert_eq!(whole(f64::NAN), None);
        assert_eq!(whole(-0.0), Some(0));
    }

    #[test]
    fn round_amounts_are_multiples_other_than_zero() {
        let cny = |minor| Money::new(minor, Currency::CNY);
        assert_eq!(is_round(cny(1_000_000), 10_000), Some(true));
        assert_eq!(is_round(cny(1_000_001), 10_000), Some(false));
        assert_eq!(is_round(cny(0), 100), Some(false));
        assert_eq!(is_round(cny(100), 0), None);
        assert_eq!(is_round(cny(100), i64::MAX), Some(false));
    }
}
