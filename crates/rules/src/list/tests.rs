use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::ir::{List, Span};

fn entries(values: &[(&str, Option<i64>)]) -> Vec<ListEntry> {
    values
        .iter()
        .map(|(value, until_us)| ListEntry {
            value: (*value).into(),
            until_us: *until_us,
        })
        .collect()
}

/// Whether `value` is on a list of this kind at 100 µs.
fn on_list(kind: ListKind, values: &[(&str, Option<i64>)], value: &str) -> bool {
    let program = Program {
        lists: vec![List {
            name: "l".into(),
            doc: String::new(),
            kind,
            entries: entries(values).into(),
            span: Span::default(),
        }],
        ..Program::default()
    };
    let (lists, texts) = Lists::new(&program, &[]);
    lists.contains(&texts, ListIx(0), value, 100)
}

#[test]
fn each_kind_compares_in_its_way() {
    for (kind, entry, value, expected) in [
        (ListKind::Exact, "a b", "a b", true),
        (ListKind::Exact, "a b", "A b", false),
        (ListKind::Prefix, "170", "17012345678", true),
        (ListKind::Prefix, "170", "17", false),
        (ListKind::Prefix, "诈", "诈骗", true),
        (ListKind::Cidr, "203.0.113.0/24", "203.0.113.255", true),
        (ListKind::Cidr, "203.0.113.0/24", "203.0.114.0", false),
        (ListKind::Cidr, "203.0.113.7", "::ffff:203.0.113.7", true),
        (ListKind::Cidr, "2001:db8::/32", "2001:db8:1::1", true),
        (ListKind::Cidr, "203.0.113.0/24", "not an address", false),
        (ListKind::Phone, "138 0013 8000", "+8613800138000", true),
        (
            ListKind::Phone,
            "+8613800138000",
            "１３８－００１３－８０００",
            true,
        ),
        (ListKind::Phone, "13800138000", "hello", false),
        (
            ListKind::Account,
            "6222 0212 3456 7890 128",
            "6222021234567890128",
            true,
        ),
        (ListKind::Account, "AB-12", "ab-12", true),
        (ListKind::Domain, "example.com", "pay.EXAMPLE.com.", true),
        (ListKind::Domain, "example.com", "notexample.com", false),
        (ListKind::Domain, "例子.中国", "a.例子.中国", true),
        (ListKind::Text, "安全账户", "请转到安全账户", true),
        (ListKind::Text, "安全账户", "请转到安全的账户", false),
    ] {
        let found = on_list(kind, &[(entry, None)], value);
        assert_eq!(found, expected, "{kind:?} {entry} {value}");
    }
}

#[test]
fn entries_end_at_their_time() {
    for kind in [ListKind::Exact, ListKind::Prefix, ListKind::Text] {
        assert!(on_list(kind, &[("abc", Some(101))], "abc"), "{kind:?}");
        assert!(!on_list(kind, &[("abc", Some(100))], "abc"), "{kind:?}");
        assert!(
            on_list(kind, &[("abc", Some(100)), ("abc", None)], "abc"),
            "{kind:?}"
        );
        assert!(
            on_list(kind, &[("abc", None), ("abc", Some(100))], "abc"),
            "{kind:?}"
        );
    }
    let nets = [
        ("10.0.0.0/8", Some(100)),
        ("10.1.0.0/16", Some(101)),
        ("10.1.1.0/24", Some(1)),
    ];
    assert!(
        on_list(ListKind::Cidr, &nets, "10.1.1.1"),
        "inside two, one holds"
    );
    assert!(!on_list(ListKind::Cidr, &nets, "10.2.1.1"));
}

#[test]
fn one_pass_finds_overlapping_constants_and_lists() {
    let scam = entries(&[("转账", None), ("账户", Some(50))]);
    let parts: Vec<Box<str>> = vec!["安全账户".into(), "账户".into(), "x".into()];
    let index = TextIndex::new(&parts, &[&scam]);
    let hits = index.scan("转账到安全账户", 100);
    assert!(hits.bit(0) && hits.bit(1) && !hits.bit(2) && hits.list(0));
    let hits = index.scan("安全账户", 100);
    assert!(
        hits.bit(0) && hits.bit(1) && !hits.list(0),
        "the list's entry has ended"
    );
    assert!(!TextIndex::new(&[], &[]).scan("x", 0).bit(0));
}

fn network() -> impl Strategy<Value = (String, Option<i64>)> {
    let v4 = (0..64_u32, 24..=32_u8)
        .prop_map(|(low, bits)| format!("10.0.{}.{}/{bits}", low % 2, low * 4 % 256));
    let edge = prop_oneof![
        Just("255.255.255.255".to_owned()),
        Just("0.0.0.0/0".to_owned()),
        Just("255.255.255.0/24".to_owned())
    ];
    let v6 = (0..16_u32, 120..=128_u8).prop_map(|(low, bits)| format!("2001:db8::{low:x}/{bits}"));
    (
        prop_oneof![6 => v4, 1 => edge, 2 => v6],
        proptest::option::weighted(0.5, 0..5_i64),
    )
}

proptest! {
    #[test]
    fn networks_agree_with_a_scan(networks in proptest::collection::vec(network(), 0..12), low in 0..256_u32, at in 0..5_i64) {
        let entries: Vec<ListEntry> = networks.iter()
            .map(|(value, until_us)| ListEntry { value: value.as_str().into(), until_us: *until_us })
            .collect();
        let ready = Networks::new(&entries);
        for address in [format!("10.0.0.{low}"), format!("10.0.1.{low}"), "255.255.255.255".into(), "0.0.0.0".into(), format!("2001:db8::{low:x}")] {
            let address: IpAddr = address.parse().unwrap();
            let expected = networks.iter().any(|(value, until)| {
                let net: ipnet::IpNet = value.parse().or_else(|_| value.parse::<IpAddr>().map(Into::into)).unwrap();
                net.contains(&address) && until.is_none_or(|until| at < until)
            });
            prop_assert_eq!(ready.contains(address, at), expected, "{}", address);
        }
    }
}
