//! Patterns as files.

use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use stanch_ledger::{Ledger, PatternExport, PatternSummary, TableFormat, export_patterns};

use super::{HEADER, T0, import_file, open};

/// A cycle of three payments, told out of order, and one of its accounts in a second currency.
fn ledger(home: &Path) -> Ledger {
    let row = |tx: &str, minutes: i64, from: &str, to: &str, minor: i64, currency: &str| {
        let at = T0 + minutes * 60_000;
        format!("{tx},{at},{from},{to},BK01,BK01,{minor},{currency},transfer\n")
    };
    let text = [
        HEADER.to_owned(),
        row("9", 30, "C", "A", 970_000, "CNY"),
        row("x", 0, "A", "B", 990_000, "CNY"),
        row("10", 20, "B", "C", 980_000, "CNY"),
        row("11", 40, "A", "D", 5_000, "USD"),
    ];
    let file = home.join("tx.csv");
    std::fs::write(&file, text.concat()).unwrap();
    let ledger = open(home);
    assert_eq!(import_file(&ledger, &file, home).unwrap().stored, 4);
    ledger
}

fn export(home: &Path, name: &str, format: TableFormat) -> PatternSummary {
    let export = PatternExport {
        out: home.join(name),
        format,
        findings: Some(home.join("findings.ndjson")),
    };
    export_patterns(&ledger(home), &export, &mut |_, _| {}).unwrap()
}

#[test]
fn a_table_has_a_row_for_each_payment_in_order_of_booking() {
    let home = tempfile::tempdir().unwrap();
    let summary = export(home.path(), "f.csv", TableFormat::Csv);
    assert_eq!((summary.payments, summary.accounts), (4, 4));
    let text = std::fs::read_to_string(home.path().join("f.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|column| *column == name).unwrap();
    let of = |name: &str| -> Vec<&str> { rows[1..].iter().map(|row| row[column(name)]).collect() };
    assert_eq!(rows[0][..9].join(",") + "\n", HEADER);
    assert_eq!(of("tx_id"), ["x", "10", "9", "11"]);
    assert_eq!(of("cycle_hops"), ["0", "0", "3", "0"]);
    // The account in dollars is the account in yuan.
    assert_eq!(of("from_in_count"), ["0", "1", "1", "1"]);
    assert!(rows.iter().all(|row| row.len() == 9 + summary.features));
    let left: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".new"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_finding_names_accounts_payments_and_amounts() {
    let home = tempfile::tempdir().unwrap();
    export(home.path(), "f.csv", TableFormat::Csv);
    let text = std::fs::read_to_string(home.path().join("findings.ndjson")).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let cycle = lines.iter().find(|line| line["kind"] == "cycle").unwrap();
    let names: Vec<_> = cycle["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["account"])
        .collect();
    assert_eq!(names, ["A", "B", "C"]);
    let path: Vec<_> = cycle["payments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            (
                p["tx_id"].as_str().unwrap(),
                p["from"].clone(),
                p["to"].clone(),
            )
        })
        .collect();
    assert_eq!(
        path,
        [
            ("x", 0.into(), 1.into()),
            ("10", 1.into(), 2.into()),
            ("9", 2.into(), 0.into())
        ]
    );
    assert_eq!(
        (&cycle["total_minor"], &cycle["currency"]),
        (&2_940_000.into(), &"CNY".into())
    );
    assert_eq!(
        (&cycle["first_ms"], &cycle["completed_by"]),
        (&T0.into(), &"9".into())
    );
}

#[test]
fn parquet_holds_what_csv_holds() {
    let home = tempfile::tempdir().unwrap();
    export(home.path(), "f.csv", TableFormat::Csv);
    let text = std::fs::read_to_string(home.path().join("f.csv")).unwrap();
    let other = tempfile::tempdir().unwrap();
    export(other.path(), "f.parquet", TableFormat::Parquet);
    let file = std::fs::File::open(other.path().join("f.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let values: Vec<String> = row
            .get_column_iter()
            .map(|(_, value)| {
                if let Field::Str(text) = value {
                    text.clone()
                } else if let Field::Long(number) | Field::TimestampMillis(number) = value {
                    number.to_string()
                } else {
                    panic!("{value:?}")
                }
            })
            .collect();
        assert_eq!(values.join(","), lines.next().unwrap());
        let columns: Vec<&String> = row.get_column_iter().map(|(name, _)| name).collect();
        assert_eq!(columns, names.iter().collect::<Vec<_>>());
    }
    assert_eq!(lines.next(), None);
}
