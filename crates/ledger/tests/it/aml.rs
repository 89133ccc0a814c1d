//! The public laundering sets: AMLSim and IBM AML.

use std::path::{Path, PathBuf};

use stanch_ledger::{ImportSource, ImportSummary, import};

use super::{all_payments, content, ctx, import_file, open, options};

/// The shared inputs beside the repository, or where `STANCH_SHARED` says; `None`, said aloud, without them.
fn shared(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("STANCH_SHARED").map_or(beside, PathBuf::from);
    let path = shared.join("data").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is not there", path.display());
    None
}

fn imported(text: &str) -> (ImportSummary, Vec<String>, Vec<serde_json::Value>) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("set.csv");
    std::fs::write(&file, text).unwrap();
    let ledger = open(home.path());
    let summary = import_file(&ledger, &file, home.path()).unwrap();
    let rejects = std::fs::read_to_string(home.path().join("rejects.ndjson")).unwrap_or_default();
    let rejects = rejects
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let payments = all_payments(&ledger.graph());
    (summary, payments, rejects.collect())
}

const IBM_HEADER: &str = "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,\
                          Amount Paid,Payment Currency,Payment Format,Is Laundering\n";

#[test]
fn ibm_rows_keep_their_banks_zeros_and_their_currencies() {
    let rows = "2022/09/01 00:20,010,8000EBD30,00010,8000EBD31,3697.34,US Dollar,3697.34,US Dollar,Wire,0\n\
                2022/09/01 00:21,010,8000EBD30,0010,8000EBD30,892031.21,Yen,892031.21,Yen,ACH,1\n";
    let (summary, payments, rejects) = imported(&format!("{IBM_HEADER}{rows}"));
    assert_eq!((summary.read, summary.stored, rejects.len()), (2, 2, 0));
    let rests: Vec<_> = payments
        .iter()
        .map(|p| p.split_once(' ').unwrap())
        .collect();
    assert!(
        rests[0].0.starts_with("ibm-") && rests[0].0.ends_with("-000000002"),
        "{payments:?}"
    );
    assert_eq!(
        rests[0].1,
        "1661991600000 010/8000EBD30/USD 00010/8000EBD31/USD 369734 transfer"
    );
    assert_eq!(
        rests[1].1,
        "1661991660000 010/8000EBD30/JPY 0010/8000EBD30/JPY 892031 transfer"
    );
}

#[test]
fn what_ibm_rows_cannot_be_is_refused_with_its_code() {
    let row = |rest: &str| format!("2022/09/01 00:20,010,A1,020,A2,{rest},0\n");
    let text = [
        IBM_HEADER.to_owned(),
        row("10.00,Euro,11.00,US Dollar,ACH"),
        row("0.004,Bitcoin,0.004,Bitcoin,Bitcoin"),
        row("5.00,Euro,5.00,Euro,Barter"),
        row("x,Euro,x,Euro,ACH"),
        "2022/09/31 00:20,010,A1,020,A2,1,Euro,1,Euro,ACH,0\n".to_owned(),
        "2022/09/01 00:20,010,A1,010,A1,1,Euro,1,Euro,Reinvestment,0\n".to_owned(),
        "2022/09/01 00:20,010,A1\n".to_owned(),
        row("0.015,Euro,0.015,Euro,Cash"),
    ];
    let (summary, payments, rejects) = imported(&text.concat());
    let codes: Vec<_> = rejects
        .iter()
        .map(|r| r["code"].as_str().unwrap())
        .collect();
    let wanted = [
        "currencies_differ",
        "currency_unknown",
        "channel_unknown",
        "amount_invalid",
        "timestamp_invalid",
        "same_account",
        "column_count",
    ];
    assert_eq!(codes, wanted);
    assert_eq!(rejects[0]["line"], 2);
    assert_eq!((summary.read, summary.stored), (8, 1));
    assert!(payments[0].ends_with(" 2 other"), "half up: {payments:?}");
}

#[test]
fn the_ibm_patterns_file_is_read_whole() {
    let Some(file) = shared("ibm-aml-hi-small-patterns/HI-Small_Patterns.txt.gz") else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let ledger = open(home.path());
    let summary = import_file(&ledger, &file, home.path()).unwrap();
    assert_eq!(summary.read, 3_209);
    let refused: Vec<_> = summary
        .refused_by_code
        .iter()
        .map(|(c, n)| (*c, *n))
        .collect();
    assert_eq!(refused, [("currency_unknown", 1), ("same_account", 11)]);
    assert_eq!(summary.stored, 3_197);
    let again = import_file(&ledger, &file, home.path()).unwrap();
    assert_eq!((again.stored, again.unchanged), (0, 3_197));
}

#[test]
fn amlsim_is_read_with_its_nodes() {
    let (transactions, nodes) = (
        shared("amlsim-20k/cycle200_transactions.csv.gz"),
        shared("amlsim-20k/cycle200_nodes.csv.gz"),
    );
    let (Some(transactions), Some(nodes)) = (transactions, nodes) else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let ledger = open(home.path());
    let summary = import(
        &ledger,
        &ctx(),
        ImportSource::file(&transactions),
        Some(ImportSource::file(&nodes)),
        &options(home.path()),
        &mut |_| {},
    )
    .unwrap();
    let accounts = summary.accounts.unwrap();
    assert_eq!(
        (accounts.read, accounts.stored, accounts.refused),
        (20_000, 20_000, 0)
    );
    let refused: Vec<_> = summary
        .refused_by_code
        .iter()
        .map(|(c, n)| (*c, *n))
        .collect();
    assert_eq!(refused, [("same_account", 14)]);
    assert_eq!((summary.read, summary.stored), (117_805, 117_791));
    let all = content(&ledger);
    assert!(all.contains(&"AMLSIM 0 USD unknown 18444 None".to_owned()));
    let first = all
        .iter()
        .find(|line| line.contains("-000000002 "))
        .unwrap();
    // Step 1 of 2017: 280 pays 147.8 to 15349.
    assert!(
        first.ends_with("1483315200000 AMLSIM/280/USD AMLSIM/15349/USD 14780 transfer"),
        "{first}"
    );
}
