use proptest::prelude::*;

use super::*;

fn cny(minor: i64) -> Amount {
    Amount::new(minor, Currency::CNY).unwrap()
}

#[test]
fn code_table_is_sorted_and_unique() {
    assert!(TWO_DECIMALS.is_sorted_by(|a, b| a < b));
    assert!(
        EXPONENTS
            .iter()
            .flat_map(|(_, codes)| codes.iter())
            .all(|code| !TWO_DECIMALS.contains(code))
    );
}

#[test]
fn refuses_unknown_currencies() {
    for code in ["", "cny", "XXX", "RMB", "CNYY", "元"] {
        assert!(code.parse::<Currency>().is_err(), "{code}");
    }
    assert_eq!("KWD".parse::<Currency>().unwrap().decimals(), 3);
    assert_eq!("JPY".parse::<Currency>().unwrap().decimals(), 0);
}

#[test]
fn currencies_never_mix() {
    let usd = Amount::new(1, "USD".parse().unwrap()).unwrap();
    assert!(matches!(
        cny(1).checked_add(usd),
        Err(MoneyError::CurrencyMismatch { .. })
    ));
    assert!(matches!(
        cny(1).min(usd),
        Err(MoneyError::CurrencyMismatch { .. })
    ));
}

#[test]
fn arithmetic_is_checked() {
    assert_eq!(cny(i64::MAX).checked_add(cny(1)), Err(MoneyError::Overflow));
    assert_eq!(cny(1).checked_sub(cny(2)), Err(MoneyError::Negative(-1)));
    assert_eq!(
        Amount::new(-1, Currency::CNY),
        Err(MoneyError::Negative(-1))
    );
}

#[test]
fn decimal_text() {
    let parse = |text| Money::parse_decimal(text, Currency::CNY);
    assert_eq!(parse("12.5").unwrap().minor, 1250);
    assert_eq!(parse("-0.01").unwrap().minor, -1);
    for bad in [
        "", ".", "1.", ".5", "1.234", "1,000", "1e3", "+1", "--1", "１２", "NaN", "1 ",
    ] {
        assert!(
            matches!(parse(bad), Err(MoneyError::BadDecimal { .. })),
            "{bad}"
        );
    }
    assert_eq!(parse("92233720368547758.08"), Err(MoneyError::Overflow));
    assert_eq!(Money::new(-5, Currency::CNY).to_string(), "CNY -0.05");
    assert_eq!(
        Money::new(1_234, "KWD".parse().unwrap()).to_string(),
        "KWD 1.234"
    );
}

#[test]
fn largest_remainder_gives_the_odd_units_to_the_largest_fractions() {
    let parts = cny(100).split(&[1, 1, 1]).unwrap();
    assert_eq!(
        parts.iter().map(|p| p.minor()).collect::<Vec<_>>(),
        [34, 33, 33]
    );
    assert_eq!(cny(1).split(&[0, 0]), Err(MoneyError::NoWeight));
}

#[test]
fn json_form() {
    let json = serde_json::to_string(&cny(1250)).unwrap();
    assert_eq!(json, r#"{"minor":1250,"currency":"CNY"}"#);
    assert!(serde_json::from_str::<Amount>(r#"{"minor":-1,"currency":"CNY"}"#).is_err());
    assert!(serde_json::from_str::<Money>(r#"{"minor":1.5,"currency":"CNY"}"#).is_err());
}

proptest! {
    #[test]
    fn split_adds_up_and_stays_within_one_unit(
        minor in 0..=i64::MAX,
        weights in prop::collection::vec(0..=u64::MAX, 1..40),
    ) {
        prop_assume!(weights.iter().any(|w| *w > 0));
        let parts = cny(minor).split(&weights).unwrap();
        let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
        prop_assert_eq!(parts.iter().map(|p| i128::from(p.minor())).sum::<i128>(), i128::from(minor));
        for (part, weight) in parts.iter().zip(&weights) {
            // |part - minor * weight / total| < 1, without leaving the integers.
            let exact_times_total = u128::from(minor.unsigned_abs()) * u128::from(*weight) / total;
            prop_assert!(u128::from(part.minor().unsigned_abs()).abs_diff(exact_times_total) <= 1);
        }
    }

    #[test]
    fn display_parses_back(minor in i64::MIN + 1..=i64::MAX, code in prop::sample::select(&["CNY", "JPY", "KWD"][..])) {
        let currency: Currency = code.parse().unwrap();
        let money = Money::new(minor, currency);
        let text = money.to_string();
        prop_assert_eq!(Money::parse_decimal(&text[4..], currency), Ok(money));
    }
}
