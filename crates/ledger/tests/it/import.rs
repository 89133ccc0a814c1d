//! Formats, packing, resuming.

use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use stanch_ledger::{Format, ImportOptions, ImportSource, LedgerError, import};
use stanch_types::{AccountRef, Amount, Channel, Currency, Payment, Timestamp};

use super::{HEADER, T0, content, ctx, import_file, open, options, row};

fn csv(rows: std::ops::Range<u64>) -> String {
    std::iter::once(HEADER.to_owned())
        .chain(rows.map(row))
        .collect()
}

#[test]
fn plain_packed_and_piped_sources_give_the_same_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let text = csv(0..5_000);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    let forms = [
        text.clone().into_bytes(),
        gz.finish().unwrap(),
        zstd::encode_all(text.as_bytes(), 1).unwrap(),
    ];
    let mut seen = None;
    for form in forms {
        for piped in [false, true] {
            let home = tempfile::tempdir().unwrap();
            let ledger = open(home.path());
            let summary = if piped {
                let source =
                    ImportSource::stream("pipe", Box::new(std::io::Cursor::new(form.clone())));
                import(
                    &ledger,
                    &ctx(),
                    source,
                    None,
                    &options(home.path()),
                    &mut |_| {},
                )
                .unwrap()
            } else {
                let file = dir.path().join("any.name");
                std::fs::write(&file, &form).unwrap();
                import_file(&ledger, &file, home.path()).unwrap()
            };
            assert_eq!((summary.read, summary.stored), (5_000, 5_000));
            let content = content(&ledger);
            assert_eq!(*seen.get_or_insert(content.clone()), content);
        }
    }
}

#[test]
fn a_repeated_import_says_unchanged_and_adds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tx.csv");
    std::fs::write(&file, csv(0..1_000) + "bad line\n").unwrap();
    let ledger = open(dir.path());
    let first = import_file(&ledger, &file, dir.path()).unwrap();
    assert_eq!(
        (first.stored, first.refused, first.imported_before),
        (1_000, 1, false)
    );
    let version = ledger.version();
    for _ in 0..2 {
        let again = import_file(&ledger, &file, dir.path()).unwrap();
        assert_eq!(
            (again.read, again.stored, again.unchanged),
            (1_001, 0, 1_000)
        );
        assert_eq!(again.refused, 1);
        assert!(again.imported_before && again.resumed_after_line.is_none());
        assert_eq!(ledger.version(), version);
        let rejects = std::fs::read_to_string(again.rejects.unwrap()).unwrap();
        assert_eq!(rejects.lines().count(), 1);
    }
    std::fs::write(&file, csv(0..1_000)).unwrap();
    let clean = import_file(&ledger, &file, dir.path()).unwrap();
    assert_eq!(clean.rejects, None);
    assert!(!dir.path().join("rejects.ndjson").exists());
}

#[test]
fn the_format_is_told_by_name_or_content_or_option() {
    let dir = tempfile::tempdir().unwrap();
    let json = format!(
        "{{\"tx_id\":1,\"timestamp_ms\":{T0},\"from_account\":\"1\",\"to_account\":2,\"from_institution\":\"BK01\",\
         \"to_institution\":\"WL01\",\"amount_minor_units\":\"5\",\"currency\":\"CNY\",\"channel\":\"pos\"}}\n"
    );
    for (name, format) in [
        ("a.jsonl", None),
        ("a", None),
        ("a.csv", Some(Format::Ndjson)),
    ] {
        let home = tempfile::tempdir().unwrap();
        let ledger = open(home.path());
        std::fs::write(dir.path().join(name), &json).unwrap();
        let options = ImportOptions {
            format,
            ..options(home.path())
        };
        let source = ImportSource::file(&dir.path().join(name));
        let summary = import(&ledger, &ctx(), source, None, &options, &mut |_| {}).unwrap();
        assert_eq!(summary.stored, 1, "{name}");
    }
}

fn accounts_import(
    accounts: &str,
    dir: &Path,
) -> Result<stanch_ledger::ImportSummary, LedgerError> {
    let ledger = open(dir);
    std::fs::write(dir.join("accounts.csv"), accounts).unwrap();
    std::fs::write(dir.join("tx.csv"), csv(0..10)).unwrap();
    import(
        &ledger,
        &ctx(),
        ImportSource::file(&dir.join("tx.csv")),
        Some(ImportSource::file(&dir.join("accounts.csv"))),
        &options(dir),
        &mut |_| {},
    )
}

const ACCOUNTS: &str =
    "account,institution,kind,owner_account,opened_ms,device_id,opening_balance_minor_units\n";

#[test]
fn account_facts_are_imported_with_owners_that_stand_behind_them() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "9,FD01,fund_holding,A1,1772294400000,-1,100\n\
                A1,BK01,person,-1,1656826053932,0,1265390\n\
                7,BK02,cash,,,,\n";
    let summary = accounts_import(&format!("{ACCOUNTS}{rows}"), dir.path()).unwrap();
    let accounts = summary.accounts.unwrap();
    assert_eq!(
        (accounts.read, accounts.stored, accounts.refused),
        (3, 3, 0)
    );
    let ledger = open(dir.path());
    let graph = ledger.graph();
    let find = |institution: &str, number: &str| {
        let name = AccountRef {
            institution: institution.parse().unwrap(),
            account: number.parse().unwrap(),
        };
        graph.lookup_account(&name, Currency::CNY).unwrap()
    };
    let facts = graph.account(find("FD01", "9")).unwrap().facts;
    assert_eq!(facts.owner, Some(find("BK01", "A1")));
    assert_eq!(facts.opening_minor, 100);
}

#[test]
fn bad_account_rows_are_refused_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "1,BK01,person,-1,-1,-1,5\n\
                2,BK01,alien,-1,-1,-1,5\n\
                3,BK01,person,77,-1,-1,5\n\
                4,BK01,person,-1,yesterday,-1,5\n\
                5,BK01,person,-1,-1,-1,-5\n\
                6,bk01,person,-1,-1,-1,5\n\
                1,BK01,person,-1,-1,-1,6\n\
                ,BK01,person,-1,-1,-1,6\n\
                8,BK01,person,-1,-1,a b,6\n";
    let summary = accounts_import(&format!("{ACCOUNTS}{rows}"), dir.path()).unwrap();
    let accounts = summary.accounts.unwrap();
    assert_eq!(
        (accounts.read, accounts.stored, accounts.refused),
        (9, 1, 8)
    );
    let rejects = std::fs::read_to_string(summary.rejects.unwrap()).unwrap();
    let lines: Vec<serde_json::Value> = rejects
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let seen: Vec<(u64, &str)> = lines
        .iter()
        .map(|line| {
            (
                line["line"].as_u64().unwrap(),
                line["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (3, "kind_unknown"),
            (4, "owner_unknown"),
            (5, "timestamp_invalid"),
            (6, "amount_negative"),
            (7, "institution_invalid"),
            (8, "conflict"),
            (9, "field_missing"),
            (10, "field_invalid")
        ]
    );
}

#[test]
fn a_payments_file_that_cannot_be_read_leaves_the_accounts_unstored() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    std::fs::write(
        dir.path().join("accounts.csv"),
        format!("{ACCOUNTS}1,BK01,person,-1,-1,-1,5\n"),
    )
    .unwrap();
    std::fs::write(dir.path().join("tx.csv"), "not,a,header\n").unwrap();
    let error = import(
        &ledger,
        &ctx(),
        ImportSource::file(&dir.path().join("tx.csv")),
        Some(ImportSource::file(&dir.path().join("accounts.csv"))),
        &options(dir.path()),
        &mut |_| {},
    );
    assert!(matches!(error, Err(LedgerError::NotImportable { .. })));
    assert_eq!(ledger.version(), 0);
}

#[test]
fn progress_grows_to_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tx.csv");
    std::fs::write(&file, csv(0..70_000)).unwrap();
    let ledger = open(dir.path());
    let mut seen = Vec::new();
    let source = ImportSource::file(&file);
    import(
        &ledger,
        &ctx(),
        source,
        None,
        &options(dir.path()),
        &mut |at| seen.push(*at),
    )
    .unwrap();
    assert!(seen.len() >= 3);
    assert!(seen.windows(2).all(|pair| pair[0].stored <= pair[1].stored));
    let last = seen.last().unwrap();
    assert_eq!((last.stored, last.lines), (70_000, 70_001));
    assert_eq!(Some(last.bytes_read), last.bytes_total);
}

fn payment() -> impl Strategy<Value = Payment> {
    (
        0..300_u32,
        0..5_000_i64,
        0..9_u8,
        0..9_u8,
        1..1_000_i64,
        prop::sample::select(Channel::ALL),
    )
        .prop_filter("two accounts", |(_, _, from, to, _, _)| from != to)
        .prop_map(|(tx, at, from, to, minor, channel)| {
            let account = |n: u8| AccountRef {
                institution: format!("BK{}", n % 3).parse().unwrap(),
                account: format!("A{n}").parse().unwrap(),
            };
            Payment {
                tx_id: if tx % 2 == 0 {
                    tx.to_string()
                } else {
                    format!("t-{tx}")
                },
                occurred_at: Timestamp::from_millis(T0 + at),
                from: account(from),
                to: account(to),
                amount: Amount::new(minor, Currency::CNY).unwrap(),
                channel,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn importing_a_file_equals_appending_its_payments(payments in prop::collection::vec(payment(), 1..200)) {
        let dir = tempfile::tempdir().unwrap();
        let mut text = HEADER.to_owned();
        for payment in &payments {
            text += &format!(
                "{},{},{},{},{},{},{},CNY,{}\n",
                payment.tx_id,
                payment.occurred_at.as_millis(),
                payment.from.account.expose(),
                payment.to.account.expose(),
                payment.from.institution,
                payment.to.institution,
                payment.amount.minor(),
                payment.channel,
            );
        }
        let file = dir.path().join("tx.csv");
        std::fs::write(&file, text).unwrap();
        let imported = open(dir.path());
        let summary = import_file(&imported, &file, dir.path()).unwrap();
        let other = tempfile::tempdir().unwrap();
        let appended = open(other.path());
        let report = appended.append(&payments).unwrap();
        prop_assert_eq!(summary.stored, report.stored);
        prop_assert_eq!(summary.unchanged, report.unchanged);
        prop_assert_eq!(summary.refused, report.conflicts.len() as u64);
        prop_assert_eq!(content(&imported), content(&appended));
    }
}
