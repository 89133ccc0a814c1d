//! Import and batch traces of a generated set, held against its ground truth, through the command line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::installation::Installation;

/// The shared inputs beside the repository, or where `STANCH_SHARED` says.
fn shared() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var_os("STANCH_SHARED").map_or(beside, PathBuf::from)
}

/// Generates a set of 20,000 payments and 30 cases, if generator and numpy are there.
fn generate(out: &Path) -> bool {
    let generator = shared().join("bench/fundflow_gen.py");
    let parameters = [
        "--accounts",
        "2000",
        "--tx",
        "20000",
        "--cases",
        "30",
        "--gangs",
        "8",
        "--seed",
        "5",
        "--out",
    ];
    generator.exists()
        && Command::new("python3")
            .arg(generator)
            .args(parameters)
            .arg(out)
            .output()
            .is_ok_and(|done| done.status.success())
}

/// Rows of a CSV without quotes, its header left out.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .skip(1)
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

type Stolen = BTreeMap<String, BTreeMap<String, i64>>;

/// Amounts other than zero by case and name.
fn truth(rows: &[Vec<String>], case: usize, name: usize, amount: usize) -> Stolen {
    let mut stolen = Stolen::new();
    for row in rows {
        let minor: i64 = row[amount].parse().unwrap();
        if minor != 0 {
            stolen
                .entry(row[case].clone())
                .or_default()
                .insert(row[name].clone(), minor);
        }
    }
    stolen
}

#[test]
fn every_case_of_a_generated_set_is_traced_exactly_by_both_methods() {
    let installation = Installation::new();
    let set = installation.file("set");
    if !generate(&set) {
        eprintln!("skipped: ../shared/data absent (or python3 without numpy)");
        return;
    }
    let path = |name: &str| set.join(name).to_str().unwrap().to_owned();
    let summary = installation.json(
        &[
            "import",
            "payments",
            &path("tx.csv"),
            "--accounts",
            &path("accounts.csv"),
        ],
        "",
    );
    assert_eq!(
        (summary["stored"].as_u64(), summary["refused"].as_u64()),
        (Some(20_000), Some(0)),
        "{summary}"
    );

    let mut victims: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(&set.join("truth_planted.csv")) {
        if row[3] == "victim_payment" {
            victims
                .entry(row[1].clone())
                .or_default()
                .push(row[0].clone());
        }
    }
    let (transfers, balances) = (
        rows(&set.join("truth_tx.csv")),
        rows(&set.join("truth_balance.csv")),
    );
    for (method, column) in [("fifo", 2), ("pro_rata", 3)] {
        let by_case = truth(&transfers, 1, 0, column);
        let mut moments: BTreeMap<(String, String), BTreeMap<String, i64>> = BTreeMap::new();
        for row in &balances {
            let minor: i64 = row[column + 2].parse().unwrap();
            let at = moments.entry((row[0].clone(), row[1].clone())).or_default();
            if minor != 0 {
                at.insert(row[2].clone(), minor);
            }
        }
        let mut requests = String::new();
        for (case, payments) in &victims {
            let line = serde_json::json!({ "id": case, "payments": payments, "method": method });
            writeln!(requests, "{line}").unwrap();
        }
        for (case, as_of_ms) in moments.keys() {
            let (payments, as_of): (_, i64) = (&victims[case], as_of_ms.parse().unwrap());
            let id = format!("{case}@{as_of}");
            let line = serde_json::json!({ "id": id, "payments": payments, "method": method, "as_of_ms": as_of });
            writeln!(requests, "{line}").unwrap();
        }
        let answers = answers(&installation, method, &requests);
        for case in victims.keys() {
            let found = amounts(&answers[case]["transfers"], "tx_id");
            assert_eq!(&found, &by_case[case], "{method}, case {case}");
        }
        for ((case, as_of), wanted) in &moments {
            let found = amounts(&answers[&format!("{case}@{as_of}")]["balances"], "account");
            assert_eq!(&found, wanted, "{method}, case {case} at {as_of}");
        }
    }
}

fn amounts(items: &Value, name: &str) -> BTreeMap<String, i64> {
    let pair = |item: &Value| {
        (
            item[name].as_str().unwrap().to_owned(),
            item["stolen_minor"].as_i64().unwrap(),
        )
    };
    items
        .as_array()
        .unwrap()
        .iter()
        .map(pair)
        .filter(|(_, minor)| *minor != 0)
        .collect()
}

fn answers(installation: &Installation, method: &str, requests: &str) -> BTreeMap<String, Value> {
    let (input, output) = (
        installation.file(&format!("{method}.in")),
        installation.file(&format!("{method}.out")),
    );
    std::fs::write(&input, requests).unwrap();
    let batch = [
        "trace",
        "--batch",
        input.to_str().unwrap(),
        "--out",
        output.to_str().unwrap(),
    ];
    let report = installation.json(&batch, "");
    assert_eq!(report["failed"].as_u64(), Some(0), "{report}");
    let lines = std::fs::read_to_string(output).unwrap();
    let answers = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    answers
        .map(|answer| (answer["id"].as_str().unwrap().to_owned(), answer))
        .collect()
}
