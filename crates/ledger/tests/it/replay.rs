//! Plans on recorded payments: they keep to their budget, never look ahead, and bad files are told by line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use stanch_ledger::{ReplaySummary, replay_plans};

/// A small generated stream, if the shared inputs are beside the repository or where `STANCH_SHARED` says.
fn set() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("STANCH_SHARED").map_or(beside, PathBuf::from);
    let dir = shared.join("data/fundflow-s1");
    dir.exists().then_some(dir)
}

fn unpack(dir: &Path, name: &str) -> String {
    let packed = std::fs::File::open(dir.join(format!("{name}.gz"))).unwrap();
    let mut text = String::new();
    let mut reader = flate2::read::GzDecoder::new(packed);
    reader.read_to_string(&mut text).unwrap();
    text
}

/// The set as a replay reads it, payments booked after `until_ms` cut off.
fn lay_out(from: &Path, to: &Path, until_ms: i64) {
    for name in ["accounts.csv", "cases.csv"] {
        std::fs::write(to.join(name), unpack(from, name)).unwrap();
    }
    let column = |line: &str, place: usize| line.split(',').nth(place).unwrap().to_owned();
    let mut reported = "case_id,tx_id\n".to_owned();
    let planted = unpack(from, "truth_planted.csv");
    for line in planted
        .lines()
        .filter(|line| line.ends_with("victim_payment"))
    {
        reported += &format!("{},{}\n", column(line, 1), column(line, 0));
    }
    std::fs::write(to.join("victim_payments.csv"), reported).unwrap();
    let payments = unpack(from, "tx.csv");
    let kept = payments
        .lines()
        .enumerate()
        .filter(|(place, line)| *place == 0 || column(line, 1).parse::<i64>().unwrap() <= until_ms);
    let kept: String = kept.map(|(_, line)| format!("{line}\n")).collect();
    std::fs::write(to.join("tx.csv"), kept).unwrap();
}

fn replay(dir: &Path, budget: Option<usize>) -> (ReplaySummary, Vec<[i64; 4]>) {
    let mut out = Vec::new();
    let summary = replay_plans(dir, budget, &mut out, &mut |_| {}).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("case_id,account,order_ms,hold_minor_units")
    );
    let orders = lines.map(|line| {
        let fields: Vec<i64> = line
            .split(',')
            .map(|field| field.parse().unwrap())
            .collect();
        fields.try_into().unwrap()
    });
    (summary, orders.collect())
}

#[test]
fn plans_keep_to_their_budget_and_never_look_ahead() {
    let Some(set) = set() else {
        eprintln!("skipped: ../shared/data absent");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    lay_out(&set, dir.path(), i64::MAX);
    let (summary, orders) = replay(dir.path(), Some(3));
    assert_eq!((summary.payments, summary.cases), (50_000, 30));
    assert_eq!(summary.orders, orders.len() as u64);
    let cases = unpack(&set, "cases.csv");
    let report_ms: BTreeMap<i64, i64> = cases
        .lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .map(|field| field.parse().unwrap())
                .collect()
        })
        .map(|row: Vec<i64>| (row[0], row[3]))
        .collect();
    let mut targets: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for [case, account, at_ms, hold] in &orders {
        assert!(
            *at_ms >= report_ms[case],
            "case {case} ordered before its report"
        );
        assert!(*hold > 0);
        let accounts = targets.entry(*case).or_default();
        assert!(
            accounts.insert(*account),
            "case {case}: {account} ordered twice"
        );
        assert!(accounts.len() <= 3, "case {case} over its budget");
    }
    assert!(
        targets.len() >= 25,
        "{} of 30 cases have orders",
        targets.len()
    );
    let (unlimited, _) = replay(dir.path(), None);
    assert!(unlimited.orders > summary.orders && unlimited.stolen_minor > summary.stolen_minor);

    // What comes later changes nothing of what was ordered before.
    let middle = orders[orders.len() / 2][2];
    let cut = tempfile::tempdir().unwrap();
    lay_out(&set, cut.path(), middle);
    let reports = std::fs::read_to_string(cut.path().join("cases.csv")).unwrap();
    let known: Vec<&str> = reports
        .lines()
        .filter(|line| line.split(',').nth(3).unwrap().parse().unwrap_or(0) <= middle)
        .collect();
    std::fs::write(cut.path().join("cases.csv"), known.join("\n")).unwrap();
    let (_, early) = replay(cut.path(), Some(3));
    let until = |orders: &[[i64; 4]]| -> Vec<[i64; 4]> {
        let until = orders.iter().filter(|order| order[2] <= middle);
        until.copied().collect()
    };
    assert_eq!(until(&early), until(&orders));
    assert!(!until(&orders).is_empty());
}

fn told(dir: &Path) -> String {
    let error = replay_plans(dir, None, &mut Vec::new(), &mut |_| {});
    error.unwrap_err().to_string()
}

fn row(tx_id: &str, at_ms: i64) -> String {
    format!("{tx_id},{at_ms},1,2,BK01,BK01,5000,CNY,transfer\n")
}

#[test]
fn missing_files_and_bad_accounts_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let error = told(dir.path());
    assert!(error.contains("victim_payments.csv"), "{error}");
    let accounts = "account,institution,kind\n1,BK01,nobody\n";
    std::fs::write(dir.path().join("accounts.csv"), accounts).unwrap();
    let error = told(dir.path());
    assert!(
        error.contains("accounts.csv cannot be imported: line 2:"),
        "{error}"
    );
}

#[test]
fn bad_files_are_told_by_name_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    let told = || told(dir.path());
    let header = crate::HEADER;
    write(
        "accounts.csv",
        "account,institution,kind\n1,BK01,person\n2,BK01,person\n",
    );
    write("cases.csv", "case_id,report_ms\n7,1772380900000\n");
    write("victim_payments.csv", "case_id,tx_id\n7,a\n");
    write(
        "tx.csv",
        &format!(
            "{header}{}{}",
            row("a", 1_772_380_800_001),
            row("b", 1_772_380_800_000)
        ),
    );
    assert!(
        told().contains("tx.csv cannot be imported: line 3: the payment was booked before"),
        "{}",
        told()
    );
    write(
        "tx.csv",
        &format!("{header}{}", row("b", 1_772_380_800_000)),
    );
    assert!(
        told().contains("case 7: payment `a` was not booked"),
        "{}",
        told()
    );
    write(
        "tx.csv",
        &format!("{header}{}x,1,2\n", row("a", 1_772_380_800_000)),
    );
    assert!(
        told().contains("tx.csv cannot be imported: line 3:"),
        "{}",
        told()
    );
    write(
        "tx.csv",
        &format!("{header}{}", row("a", 1_772_380_800_000)),
    );
    write("victim_payments.csv", "case_id,tx_id\n7,a\nseven,a\n");
    assert!(
        told().contains("victim_payments.csv cannot be imported: line 3: case_id"),
        "{}",
        told()
    );
    write("victim_payments.csv", "case_id,tx_id\n7,a\n");
    write(
        "institutions.csv",
        "institution,order_latency_ms\nBK01,-5\n",
    );
    assert!(
        told().contains("institutions.csv cannot be imported: line 2: order_latency_ms"),
        "{}",
        told()
    );
    write(
        "institutions.csv",
        "institution,order_latency_ms\nBK01,60000\n",
    );
    let (summary, orders) = replay(dir.path(), Some(1));
    assert_eq!(summary.orders, 1);
    assert_eq!(orders, [[7, 2, 1_772_380_900_000, 10_000]]);
}
