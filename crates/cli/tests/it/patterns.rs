//! `stanch patterns`: from imported payments to features and findings.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn stanch(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stanch"))
        .args(["--data", "state"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = stanch(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &[&str], why: &str) {
    let output = stanch(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
    assert!(stderr.contains(why), "{stderr}");
}

#[test]
fn patterns_of_imported_payments_go_to_files() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let mut text =
        "Timestamp,From Bank,Account,To Bank,Account.1,Amount Received,Receiving Currency,\
                    Amount Paid,Payment Currency,Payment Format,Is Laundering\n"
            .to_owned();
    for (minute, bank, currency) in [
        (1, "01", "Euro"),
        (2, "001", "Euro"),
        (3, "0001", "Yen"),
        (4, "2", "Yen"),
        (5, "3", "Euro"),
    ] {
        text.push_str(&format!(
            "2022/09/01 00:0{minute},{bank},A,070,HUB,50.00,{currency},50.00,{currency},ACH,1\n"
        ));
    }
    std::fs::write(folder.join("trans.csv"), text).unwrap();
    done(folder, &["import", "payments", "trans.csv"]);
    let out = [
        "patterns",
        "--out",
        "f.parquet",
        "--findings",
        "found.ndjson",
    ];
    let summary: Value =
        serde_json::from_str(&done(folder, &[&["--json"], &out[..]].concat())).unwrap();
    assert_eq!(
        (&summary["payments"], &summary["accounts"]),
        (&5.into(), &6.into())
    );
    assert_eq!(summary["findings"]["fan_in"], 1);
    let table = std::fs::read(folder.join("f.parquet")).unwrap();
    assert!(table.starts_with(b"PAR1") && table.ends_with(b"PAR1"));
    let found = std::fs::read_to_string(folder.join("found.ndjson")).unwrap();
    let found: Value = serde_json::from_str(found.trim()).unwrap();
    assert_eq!(found["accounts"].as_array().unwrap().len(), 6);
    assert_eq!(found["accounts"][0]["institution"], "070");
    assert_eq!(found["currency"], Value::Null);

    let said = done(folder, &["patterns", "--out", "f.csv"]);
    assert!(said.contains("5 payments of 6 accounts"), "{said}");
    let table = std::fs::read_to_string(folder.join("f.csv")).unwrap();
    assert_eq!(table.lines().count(), 6);

    refused(folder, &["patterns", "--out", "f.txt"], "request.invalid");
    refused(
        folder,
        &["patterns", "--out", "no/f.csv"],
        "could not write no/f.csv.new",
    );
    refused(
        folder,
        &["patterns", "--out", "f.csv", "--findings", "f.csv"],
        "the same file",
    );
    let nowhere = ["--data", "nowhere", "patterns", "--out", "g.csv"];
    let output = Command::new(env!("CARGO_BIN_EXE_stanch"))
        .args(nowhere)
        .current_dir(folder)
        .output();
    assert_eq!(output.unwrap().status.code(), Some(1));
}
