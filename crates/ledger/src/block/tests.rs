use proptest::prelude::*;
use stanch_types::{AccountKind, Channel, Id};

use super::*;
use crate::reject::RejectCode;

fn node() -> impl Strategy<Value = NodeKey> {
    ("[A-Z0-9-]{1,34}", "[A-Za-z0-9_.-]{1,34}", 0..3_usize).prop_map(
        |(institution, account, currency)| NodeKey {
            account: AccountRef {
                institution: institution.parse().unwrap(),
                account: account.parse().unwrap(),
            },
            currency: ["CNY", "JPY", "KWD"][currency].parse().unwrap(),
        },
    )
}

fn facts(known: u32) -> impl Strategy<Value = Facts> {
    (
        0..known,
        prop::sample::select(AccountKind::ALL),
        prop::option::of(0..known),
        prop::option::of(any::<i64>()),
        prop::option::of("[!-~]{1,64}"),
        0..=payment::AMOUNT_MINOR_MAX,
    )
        .prop_map(
            |(account, kind, owner, opened_ms, device, opening_minor)| Facts {
                account,
                kind,
                owner,
                opened_ms,
                device_id: device.map(Into::into),
                opening_minor,
            },
        )
}

type RowParts = (String, i64, u32, u32, i64, Channel);

fn row(known: u32) -> impl Strategy<Value = RowParts> {
    (
        prop_oneof!["[!-~]{1,64}", "[0-9]{1,20}", "[1-9][0-9]{0,6}"],
        payment::AT_MS_MIN..payment::AT_MS_MAX,
        0..known,
        0..known,
        1..=payment::AMOUNT_MINOR_MAX,
        prop::sample::select(Channel::ALL),
    )
}

fn mark() -> impl Strategy<Value = ImportMark> {
    (
        any::<[u8; 16]>(),
        any::<[u8; 32]>(),
        any::<[u64; 5]>(),
        any::<u32>(),
        any::<bool>(),
    )
        .prop_map(
            |(id, digest, [line, offset, read, stored, unchanged], crc, complete)| {
                let mut counts = Counts {
                    read,
                    stored,
                    unchanged,
                    ..Counts::default()
                };
                counts.refuse(RejectCode::Conflict);
                counts.refuse(RejectCode::NulByte);
                ImportMark {
                    import_id: Id::from_bytes(id),
                    digest,
                    line,
                    offset,
                    crc,
                    counts,
                    complete,
                }
            },
        )
}

fn entry() -> impl Strategy<Value = Entry> {
    (0..1_000_u32, prop::collection::vec(node(), 1..8)).prop_flat_map(|(before, accounts)| {
        let known = before + accounts.len() as u32;
        (
            prop::option::of(mark()),
            prop::collection::vec(facts(known), 0..6),
            prop::collection::vec(row(known), 0..40),
        )
            .prop_map(move |(mark, facts, parts)| {
                let mut rows = Rows::default();
                for (tx_id, at_ms, from, to, minor, channel) in &parts {
                    rows.push(crate::batch::Row {
                        tx_id,
                        at_ms: *at_ms,
                        from: *from,
                        to: *to,
                        minor: *minor,
                        channel: *channel,
                    });
                }
                Entry {
                    mark,
                    accounts_before: before,
                    accounts: accounts.clone(),
                    facts,
                    rows,
                }
            })
    })
}

proptest! {
    #[test]
    fn an_entry_decodes_to_itself(entry in entry()) {
        prop_assert_eq!(Entry::decode(&entry.encode()), Ok(entry));
    }

    #[test]
    fn a_cut_or_lengthened_entry_is_refused(entry in entry(), at in any::<prop::sample::Index>()) {
        let bytes = entry.encode();
        let cut = at.index(bytes.len());
        prop_assert!(Entry::decode(&bytes[..cut]).is_err());
        let mut longer = bytes;
        longer.push(0);
        prop_assert!(Entry::decode(&longer).is_err());
    }

    #[test]
    fn any_bytes_are_refused_or_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = bytes;
        if let Some(version) = bytes.first_mut() {
            *version = VERSION;
        }
        drop(Entry::decode(&bytes));
    }

    #[test]
    fn a_decoded_entry_refers_only_to_known_accounts(entry in entry(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = entry.encode();
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(read) = Entry::decode(&bytes) {
            let known = read.accounts_before + read.accounts.len() as u32;
            prop_assert!(read.rows.iter().all(|row| row.from < known && row.to < known && row.minor > 0));
            prop_assert!(read.facts.iter().all(|facts| facts.account < known));
        }
    }
}

#[test]
fn bytes_of_words_are_in_order_and_never_change() {
    let channels: Vec<u8> = Channel::ALL.iter().map(|c| channel_byte(*c)).collect();
    assert_eq!(channels, (0..12).collect::<Vec<u8>>());
    let kinds: Vec<u8> = AccountKind::ALL
        .iter()
        .map(|kind| kind_byte(*kind))
        .collect();
    assert_eq!(kinds, (0..6).collect::<Vec<u8>>());
    assert!(channel_of_byte(12).is_err() && kind_of_byte(6).is_err());
}

#[test]
fn a_number_column_prints_as_it_was_written() {
    for number in [0, 7, 10, 99, 1_000, u64::MAX] {
        let mut text = String::new();
        push_decimal(&mut text, number);
        assert_eq!(text, number.to_string());
    }
    assert_eq!(decimal("0"), Some(0));
    for text in ["", "00", "01", "+1", "-1", "1a", "9223372036854775808"] {
        assert_eq!(decimal(text), None, "{text}");
    }
}
