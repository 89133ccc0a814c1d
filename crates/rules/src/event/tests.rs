use proptest::prelude::*;
use stanch_types::{Currency, Duration, Money};

use super::json::{Cursor, Number};
use super::*;
use crate::ir::{EnumIx, Enumeration, Field, Scalar, Span};

fn field(name: &str, ty: Type, optional: bool) -> Field {
    Field {
        name: name.into(),
        doc: String::new(),
        ty,
        optional,
        key: name == "payer",
        personal: name == "payer",
        regional: false,
        span: Span::default(),
    }
}

fn schemas() -> EventSchemas {
    let channel = EnumIx(0);
    EventSchemas::new(&Program {
        enums: vec![Enumeration {
            words: vec!["bank".into(), "wallet".into()],
        }],
        events: vec![EventKind {
            name: "payment".into(),
            doc: String::new(),
            signals: Vec::new(),
            fields: vec![
                field("payer", Type::String, false),
                field("amount", Type::Money(Some(Currency::CNY)), false),
                field("channel", Type::Enum(channel), true),
                field("risk", Type::Double, true),
                field("count", Type::Int, true),
                field("flag", Type::Bool, true),
                field("opened_at", Type::Timestamp, true),
                field("age", Type::Duration, true),
                field("tags", Type::List(Scalar::String), true),
                field("extra", Type::Map(Scalar::Int), true),
            ],
            retention: Duration::from_days(90),
            span: Span::default(),
        }],
        ..Program::default()
    })
}

const HEAD: &str = r#"{"event_id":"e1","kind":"payment","occurred_at":1,"data":{"payer":"A1","amount":{"currency":"CNY","minor":5}"#;

fn decode(more: &str) -> Result<Event, EventError> {
    schemas().decode(format!("{HEAD}{more}}}}}").as_bytes())
}

fn refused(line: &str) -> String {
    schemas().decode(line.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_whole_event_is_read() {
    let event = decode(
        r#","channel":"wallet","risk":2,"count":-9223372036854775808,"flag":true,"opened_at":"2026-03-01T00:00:00Z",
        "age":"1h30m","tags":["a","\u4e2d\ud83d\ude00"],"extra":{"x":1,"y":2}"#,
    )
    .unwrap();
    assert_eq!(event.event_id(), "e1");
    assert_eq!(event.occurred_at_us(), 1);
    let get = |name| event.get_named(name).unwrap();
    assert_eq!(get("payer"), ValueRef::String("A1"));
    assert_eq!(get("amount"), ValueRef::Money(Money::new(5, Currency::CNY)));
    assert_eq!(get("channel"), ValueRef::Enum(EnumIx(0), 1));
    assert_eq!(get("risk"), ValueRef::Double(2.0));
    assert_eq!(get("count"), ValueRef::Int(i64::MIN));
    assert_eq!(get("age"), ValueRef::Duration(5_400_000_000));
    let (ValueRef::List(tags), ValueRef::Map(extra)) = (get("tags"), get("extra")) else {
        panic!("{event:?}");
    };
    assert_eq!(tags.get(1), Some(ValueRef::String("中😀")));
    assert_eq!((tags.get(2), tags.get(-1)), (None, None));
    assert_eq!(extra.get("y"), Some(ValueRef::Int(2)));
    assert_eq!(
        event.keys().collect::<Vec<_>>(),
        [("payer", ValueRef::String("A1"))]
    );
}

#[test]
fn data_may_come_before_the_kind() {
    let line = r#"{"data":{"payer":"}\"{","amount":{"amount":"12.5","currency":"CNY"},"tags":["]"]},"label":"fraud","occurred_at":"2026-01-01T00:00:00+08:00","kind":"payment","event_id":"e"}"#;
    let event = schemas().decode(line.as_bytes()).unwrap();
    assert_eq!(event.get_named("payer"), Some(ValueRef::String("}\"{")));
    assert_eq!(
        event.get_named("amount"),
        Some(ValueRef::Money(Money::new(1250, Currency::CNY)))
    );
    assert_eq!(event.label(), Some(Label::Fraud));
    assert_eq!(event.occurred_at().to_string(), "2025-12-31T16:00:00Z");
}

#[test]
fn null_and_nothing_are_the_same() {
    let event = decode(r#","risk":null"#).unwrap();
    assert_eq!(event.get_named("risk"), None);
    assert_eq!(
        refused(
            r#"{"event_id":"e","kind":"payment","occurred_at":1,"data":{"payer":null,"amount":{"currency":"CNY","minor":5}}}"#
        ),
        "field `payer` is missing"
    );
}

#[test]
fn personal_fields_are_masked() {
    let shown = format!("{:?}", decode("").unwrap());
    assert!(
        shown.contains("payer: ***") && !shown.contains("A1"),
        "{shown}"
    );
}

#[test]
fn what_the_schema_does_not_say_is_refused_by_name() {
    for (more, message) in [
        (
            r#","amuont":1"#,
            "field `amuont` is not declared; did you mean `amount`?",
        ),
        (r#","zzz":1"#, "field `zzz` is not declared"),
        (r#","payer":"B""#, "field `payer` is given twice"),
        (r#","risk":"1""#, "field `risk`: a number was expected"),
        (r#","risk":1e999"#, "field `risk`: the number is too large"),
        (
            r#","count":1.0"#,
            "field `count`: a whole number of 64 bits was expected",
        ),
        (
            r#","count":9223372036854775808"#,
            "field `count`: a whole number of 64 bits was expected",
        ),
        (
            r#","count":true"#,
            "field `count`: a whole number of 64 bits was expected",
        ),
        (r#","flag":1"#, "field `flag`: true or false was expected"),
        (
            r#","channel":"Bank""#,
            "field `channel`: not a word of the enumeration",
        ),
        (r#","tags":"a""#, "field `tags`: a list was expected"),
        (
            r#","tags":["a",null]"#,
            "field `tags`: a string was expected",
        ),
        (r#","tags":[["a"]]"#, "field `tags`: a string was expected"),
        (
            r#","extra":{"x":1,"x":2}"#,
            "field `extra`: the map has a key twice",
        ),
        (
            r#","opened_at":"yesterday""#,
            "field `opened_at`: an RFC 3339 instant or whole microseconds since 1970, in the years 1 to 9999, was expected",
        ),
        (
            r#","opened_at":9223372036854775807"#,
            "field `opened_at`: an RFC 3339 instant or whole microseconds since 1970, in the years 1 to 9999, was expected",
        ),
    ] {
        assert_eq!(decode(more).unwrap_err().to_string(), message, "{more}");
    }
}

#[test]
fn money_is_exact_or_refused() {
    for (money, message) in [
        (
            r#"{"currency":"CNY","amount":"1.234"}"#,
            "field `amount`: the amount is no decimal with the currency's decimals",
        ),
        (
            r#"{"currency":"USD","minor":1}"#,
            "field `amount`: the field takes another currency",
        ),
        (
            r#"{"currency":"RMB","minor":1}"#,
            "field `amount`: the currency is no active ISO 4217 code",
        ),
        (
            r#"{"currency":"CNY"}"#,
            "field `amount`: `minor` or `amount` is missing",
        ),
        (
            r#"{"currency":"CNY","minor":1,"amount":"1"}"#,
            "field `amount`: either `minor` or `amount`, not both",
        ),
        (
            r#"{"currency":"CNY","minor":1.5}"#,
            "field `amount`: a whole number of 64 bits was expected",
        ),
        (r#"{"minor":1}"#, "field `amount`: the currency is missing"),
        (
            r#"{"currency":"CNY","amount":"99999999999999999999"}"#,
            "field `amount`: the amount is no decimal with the currency's decimals",
        ),
    ] {
        let line = format!(
            r#"{{"event_id":"e","kind":"payment","occurred_at":1,"data":{{"payer":"A","amount":{money}}}}}"#
        );
        assert_eq!(refused(&line), message);
    }
}

#[test]
fn the_envelope_is_strict() {
    let good = format!("{HEAD}}}}}");
    for (from, to, message) in [
        (r#""event_id":"e1","#, "", "`event_id` is missing"),
        (
            r#""event_id":"e1""#,
            r#""event_id":"a b""#,
            "field `event_id`: 1 to 128 visible ASCII characters were expected",
        ),
        (
            r#""kind":"payment""#,
            r#""kind":"paymnet""#,
            "no event kind is named `paymnet`; did you mean `payment`?",
        ),
        (
            r#""occurred_at":1"#,
            r#""occured_at":1"#,
            "field `occured_at` is not declared; did you mean `occurred_at`?",
        ),
        (
            r#""occurred_at":1"#,
            r#""occurred_at":1,"occurred_at":2"#,
            "field `occurred_at` is given twice",
        ),
        (
            r#""A1""#,
            r#""\ud800""#,
            "not an event: a lone surrogate in a string, at byte 73",
        ),
        (
            r#""A1""#,
            "\"\u{1}\"",
            "not an event: a control character in a string, at byte 67",
        ),
    ] {
        assert_eq!(refused(&good.replacen(from, to, 1)), message);
    }
    assert!(refused(&format!("{good} x")).contains("something follows the event"));
    assert!(refused(&good[..good.len() - 1]).contains("not an event"));
    assert!(refused("[]").contains("an object was expected"));
    assert!(
        schemas()
            .decode(b"{\"event_id\":\"\xff\"}")
            .unwrap_err()
            .to_string()
            .contains("not UTF-8")
    );
    let long = format!(r#"{HEAD},"tags":["{}"]}}}}"#, "x".repeat(LINE_BYTES_MAX));
    assert!(refused(&long).contains("at most 65536 bytes"));
    let long = format!(
        r#"{HEAD},"tags":["{}"]}}}}"#,
        "x".repeat(TEXT_BYTES_MAX + 1)
    );
    assert!(refused(&long).contains("more than 16384 bytes"));
}

/// Strings full of what JSON treats specially.
fn awkward() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just("\\"),
            Just("\""),
            Just("u"),
            Just("d800"),
            Just("\\ud83d"),
            Just("\\ude00"),
            Just("\\u00e9"),
            Just("é"),
            Just("😀"),
            Just("\\n"),
            Just("\n"),
            Just("a"),
            Just("/"),
            Just("\\/"),
            Just("\\x"),
            Just(" "),
        ],
        0..8,
    )
    .prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn number_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just("-"),
            Just("0"),
            Just("1"),
            Just("9223372036854775807"),
            Just("9223372036854775808"),
            Just("."),
            Just("e"),
            Just("E"),
            Just("+"),
            Just("25"),
        ],
        1..6,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn strings_are_read_as_serde_json_reads_them(text in awkward()) {
        let mut cursor = Cursor::new(&text);
        let ours = cursor.string().and_then(|string| cursor.end().map(|()| string.into_owned())).ok();
        prop_assert_eq!(ours, serde_json::from_str::<String>(&text).ok());
    }

    #[test]
    fn numbers_are_read_as_serde_json_reads_them(text in number_text()) {
        let mut cursor = Cursor::new(&text);
        let ours = cursor.number().and_then(|number| cursor.end().map(|()| number)).ok();
        let theirs = serde_json::from_str::<serde_json::Number>(&text).ok();
        match ours {
            // They read `-0` as a double.
            Some(Number::Int(0)) => prop_assert_eq!(theirs.and_then(|n| n.as_f64()), Some(0.0)),
            Some(Number::Int(value)) => prop_assert_eq!(theirs.and_then(|n| n.as_i64()), Some(value)),
            Some(Number::Other(text)) => {
                let value: f64 = text.parse().unwrap();
                // They refuse what is too large while they read, we do after; and they round less carefully.
                match theirs.and_then(|n| n.as_f64()) {
                    Some(theirs) => prop_assert!((theirs - value).abs() <= value.abs() * 1e-15),
                    None => prop_assert!(!value.is_finite()),
                }
            }
            None => prop_assert!(theirs.is_none(), "{text}"),
        }
    }

    #[test]
    fn any_bytes_are_an_event_or_an_error(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = schemas().decode(&line);
    }
}
