//! `stanch theme`: from a few posts about scarce goods to a rule that acts in the shipped policy, and to another installation.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn stanch(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stanch"));
    command
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

/// The shipped policy, to be changed.
fn policy(folder: &Path) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => copy(&entry.path(), &to),
                false => drop(std::fs::copy(entry.path(), to).unwrap()),
            }
        }
    }
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policy");
    copy(&shipped, &folder.join("policy"));
}

/// Posts that offer scarce goods for money in advance, and ordinary posts about the same goods.
fn examples() -> String {
    let mut lines = String::new();
    for good in ["N95口罩", "额温枪", "消毒酒精", "防护服"] {
        for offer in [
            "一手货源秒发，先款后货",
            "厂家直供，先款后货",
            "最后一批，定金先付",
            "一手货源，定金先付",
        ] {
            writeln!(
                lines,
                r#"{{"text":"{good}{offer}，要的抓紧","label":"epidemic"}}"#
            )
            .unwrap();
        }
        writeln!(
            lines,
            r#"{{"text":"社区今天给老人发了{good}","label":"normal"}}"#
        )
        .unwrap();
    }
    lines
}

#[test]
fn a_theme_is_made_acts_and_is_shared() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    policy(folder);
    std::fs::write(folder.join("e.jsonl"), examples()).unwrap();
    let new = [
        "theme",
        "new",
        "epidemic_goods",
        "--examples",
        "e.jsonl",
        "--zh",
        "疫情物资",
        "--en",
        "epidemic goods",
        "--out",
        "t.json",
        "--policy",
        "policy",
        "--report",
        "r.json",
    ];
    let told = done(folder, &new);
    assert!(
        told.contains("16 examples against 4 ordinary texts"),
        "{told}"
    );
    let report: Value =
        serde_json::from_slice(&std::fs::read(folder.join("r.json")).unwrap()).unwrap();
    assert!(
        report["label"]["unseen"]["recall"].as_f64().unwrap() > 0.7,
        "{report}"
    );
    assert!(report["words_false"].as_f64().unwrap() < 0.01, "{report}");

    // The rule is part of the policy, and its tests pass there.
    let tests = done(folder, &["policy", "test", "policy"]);
    assert!(
        tests.contains("theme_epidemic_goods: ") && tests.ends_with(" 0 failed\n"),
        "{tests}"
    );
    let event = r#"{"event_id":"1","kind":"post","occurred_at":"2026-11-22T04:00:00Z","data":{"account":"A","item":"I","text":"护目镜一手货源，先款后货"}}"#;
    std::fs::write(folder.join("in.ndjson"), event).unwrap();
    done(
        folder,
        &[
            "--data",
            "d",
            "decide",
            "--policy",
            "policy",
            "--events",
            "in.ndjson",
            "--out",
            "out.ndjson",
        ],
    );
    let decided = std::fs::read_to_string(folder.join("out.ndjson")).unwrap();
    assert!(decided.contains("theme_epidemic_goods"), "{decided}");
    share(folder);
}

/// Sealed, and opened where the key is trusted.
fn share(folder: &Path) {
    let sealed = done(
        folder,
        &[
            "--json", "--data", "d", "theme", "export", "t.json", "--out", "t.sealed",
        ],
    );
    let sealed: Value = serde_json::from_str(&sealed).unwrap();
    let key = sealed["public_key"].as_str().unwrap();
    done(
        folder,
        &[
            "theme",
            "import",
            "t.sealed",
            "--trust",
            key,
            "--out",
            "there.json",
            "--policy",
            "policy",
        ],
    );
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(bytes("there.json"), bytes("t.json"));
    let other = done(
        folder,
        &[
            "--json", "--data", "o", "theme", "export", "t.json", "--out", "o.sealed",
        ],
    );
    let other: Value = serde_json::from_str(&other).unwrap();
    let stranger = [
        "theme", "import", "o.sealed", "--trust", key, "--out", "no.json",
    ];
    refused(folder, &stranger, "not signed by the key");
    assert_ne!(other["public_key"], sealed["public_key"]);
    assert!(!folder.join("no.json").exists());
}

#[test]
fn what_cannot_be_a_theme_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("few.jsonl"), "{\"text\":\"口罩\"}\n").unwrap();
    let new = |name: &'static str, file: &'static str| {
        [
            "theme",
            "new",
            name,
            "--examples",
            file,
            "--zh",
            "疫",
            "--en",
            "e",
            "--out",
            "t.json",
        ]
    };
    refused(folder, &new("epidemic", "few.jsonl"), "1 examples");
    refused(folder, &new("Epidemic", "few.jsonl"), "no name of a theme");
    refused(folder, &new("epidemic", "none.jsonl"), "none.jsonl");
    assert!(!folder.join("t.json").exists());
}
