//! Evidence from the command line and over HTTP: two collectors, custody, a package, and what verify finds in it.

use serde_json::{Value, json};

use crate::city::report;
use crate::installation::Installation;

const PAYMENTS: &str = "\
tx_id,timestamp_ms,from_account,to_account,from_institution,to_institution,amount_minor_units,currency,channel
1,1795248000000,victim,mule1,BK01,BK02,5000000,CNY,transfer
2,1795248060000,mule1,mule2,BK02,BK03,4900000,CNY,transfer
3,1795248120000,mule2,cash,BK03,BK03,900000,CNY,atm_withdraw
";

/// A case with its plan; `lin` and `wu` collect, `chen` approves. The case's number.
fn case(installation: &Installation) -> String {
    installation.add_people();
    let wu = ["user", "add", "wu", "--name", "吴越", "--role", "analyst"];
    installation.json(&wu, crate::installation::PASSWORD);
    let payments = installation.file("tx.csv");
    std::fs::write(&payments, PAYMENTS).unwrap();
    installation.json(&["import", "payments", payments.to_str().unwrap()], "");
    let (victim, mule) = (("BK01", "victim"), ("BK02", "mule1"));
    let told = report("1", "2026-11-21T08:00:00Z", 5_000_000, victim, mule);
    let taken = installation.json(&["report", "create", "--as", "lin"], &told.to_string());
    let case = taken["case_number"].as_str().unwrap().to_owned();
    installation.json(&["plan", &case], "");
    case
}

fn collect(installation: &Installation, case: &str, name: &str, bytes: &[u8]) -> Value {
    let path = installation.file(name);
    std::fs::write(&path, bytes).unwrap();
    let arguments = collecting(case, path.to_str().unwrap(), "wu");
    installation.json(&arguments.each_ref().map(String::as_str), "")
}

fn collecting(case: &str, file: &str, second: &str) -> [String; 16] {
    [
        "evidence",
        "collect",
        "--case",
        case,
        "--file",
        file,
        "--collector",
        "lin",
        "--second",
        second,
        "--source",
        "受害人",
        "--method",
        "截图",
        "--place",
        "厦门市反诈中心",
    ]
    .map(str::to_owned)
}

/// Runs `verify` and gives whether it is whole, what it prints, and its messages.
fn verify(installation: &Installation, package: &str) -> (bool, Value, String) {
    let output = installation.run(&["evidence", "verify", package], "");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(
        [Some(0), Some(1)].contains(&output.status.code()),
        "{messages}"
    );
    (output.status.success(), printed, messages)
}

#[test]
fn evidence_is_collected_by_two_and_its_package_verifies_anywhere() {
    let installation = Installation::new();
    let case = case(&installation);
    let png = b"\x89PNG\r\n\x1a\n and more";
    let item = collect(&installation, &case, "聊天.png", png);
    assert_eq!(item["category"], json!("picture"), "{item}");
    collect(&installation, &case, "流水.csv", b"a,b\n1,2\n");
    let id = item["id"].as_str().unwrap();
    let file = installation.file("聊天.png");
    let alone = collecting(&case, file.to_str().unwrap(), "lin");
    let alone = alone.each_ref().map(String::as_str);
    assert_eq!(installation.refused(&alone, ""), "evidence.same_person");
    std::fs::write(&file, "no picture").unwrap();
    let other = collecting(&case, file.to_str().unwrap(), "wu");
    let other = other.each_ref().map(String::as_str);
    assert_eq!(installation.refused(&other, ""), "evidence.invalid");

    let hand = |from, to| {
        [
            "evidence",
            "hand-over",
            id,
            "--from",
            from,
            "--to",
            to,
            "--reason",
            "送检",
        ]
    };
    assert_eq!(
        installation.refused(&hand("wu", "chen"), ""),
        "evidence.state"
    );
    let moved = installation.json(&hand("lin", "chen"), "");
    assert_eq!(moved["state"]["state"], json!("in_custody"), "{moved}");
    let listed = installation.json(&["evidence", "list", "--case", &case], "");
    assert_eq!(listed[0]["chain"].as_array().unwrap().len(), 2, "{listed}");

    let package = installation.file("package.zip");
    let package = package.to_str().unwrap();
    let export = [
        "evidence", "export", "--case", &case, "--out", package, "--by", "lin",
    ];
    let made = installation.json(&export, "");
    assert_eq!(
        (&made["items"], &made["case_number"]),
        (&json!(2), &json!(case))
    );
    let (whole, verdict, _) = verify(&installation, package);
    assert!(whole && verdict["custody_events"] == json!(5), "{verdict}");
    assert_eq!(verdict["sha256"], made["sha256"]);
    let audit = installation.json(&["audit", "verify"], "");
    assert_eq!(audit["whole"], json!(true));

    changed_packages_are_found(&installation, package);
    away_from_the_record(
        &installation,
        package,
        made["verifier_key"].as_str().unwrap(),
    );
}

/// One changed byte in the item, in the directory, and one more at the end.
fn changed_packages_are_found(installation: &Installation, package: &str) {
    let good = std::fs::read(package).unwrap();
    let bad = installation.file("bad.zip");
    let bad = bad.to_str().unwrap();
    let find = |wanted: &[u8]| {
        good.windows(wanted.len())
            .position(|w| w == wanted)
            .unwrap()
    };
    let mut item = good.clone();
    item[find(b" and more") + 2] ^= 0x20;
    std::fs::write(bad, &item).unwrap();
    let (whole, verdict, messages) = verify(installation, bad);
    let difference = &verdict["difference"];
    assert!(!whole && verdict["whole"] == json!(false), "{verdict}");
    assert!(
        difference["file"]
            .as_str()
            .unwrap()
            .starts_with("items/evidence_"),
        "{verdict}"
    );
    assert!(messages.contains("evidence.broken"), "{messages}");
    let at = good.len() - 1;
    let mut end = good.clone();
    end[at] ^= 1;
    std::fs::write(bad, &end).unwrap();
    assert_eq!(
        verify(installation, bad).1["difference"]["offset"],
        json!(at)
    );
    std::fs::write(bad, [good.as_slice(), b"\0"].concat()).unwrap();
    assert_eq!(
        verify(installation, bad).1["difference"]["offset"],
        json!(good.len())
    );
}

/// The package needs no data folder, and another installation's key is told apart.
fn away_from_the_record(installation: &Installation, package: &str, key: &str) {
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_stanch"))
            .args(["--data", "/nonexistent", "evidence", "verify"])
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert_eq!(run(&[package]).0, Some(0));
    assert_eq!(run(&[package, "--key", key]).0, Some(0));
    let other = Installation::new();
    let other = other.json(&["audit", "checkpoint"], "");
    let (code, messages) = run(&[package, "--key", other["verifier_key"].as_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(messages.contains("verifier_key"), "{messages}");
    assert_eq!(
        run(&[installation.file("missing.zip").to_str().unwrap()]).0,
        Some(1)
    );
}
