//! `stanch policy`: exit statuses and answers that scripts rely on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const LOGIN: &str = "event login {\n  retention 30d\n  account string key\n}\n";

fn repository(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(inside)
}

/// Runs `stanch` in an empty folder.
fn stanch(arguments: &[&str], folder: &Path) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_stanch"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

#[test]
fn policy_check_says_what_is_wrong() {
    let here = tempfile::tempdir().unwrap();
    let bundle = repository("policy");
    let (status, stdout, stderr) =
        stanch(&["policy", "check", bundle.to_str().unwrap()], here.path());
    assert_eq!((status, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(
        stdout.starts_with("ok: ") && stdout.contains("sha256:"),
        "{stdout}"
    );

    let mistakes = repository("testdata/policy/mistakes");
    let mistakes = mistakes.to_str().unwrap();
    let (status, stdout, stderr) = stanch(&["policy", "check", mistakes], here.path());
    assert_eq!((status, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("error[policy.unknown_field]") && stderr.contains("hint: "));
    assert!(stderr.contains("01_unknown_field.policy:12:14"), "{stderr}");

    let (status, stdout, _) = stanch(&["--json", "policy", "check", mistakes], here.path());
    assert_eq!(status, Some(1));
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["ok"], false);
    let found = report["diagnostics"].as_array().unwrap();
    assert!(found.len() >= 50, "{}", found.len());
    assert!(
        found
            .iter()
            .all(|found| found["hint"].is_string() && found["line"].is_u64())
    );

    // A policy is read without a state folder, and leaves none behind.
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0);
    assert_eq!(stanch(&["policy", "check"], here.path()).0, Some(2));
    assert_eq!(
        stanch(&["policy", "check", "no-such-folder"], here.path()).0,
        Some(1)
    );
}

#[test]
fn policy_fmt_lays_out_and_checks() {
    let ragged = "event login{account string key\nretention 30d}";
    let here = folder(&[("a.policy", ragged), ("b.policy", LOGIN)]);
    let read = |path: &str| std::fs::read_to_string(here.path().join(path)).unwrap();
    let (status, stdout, _) = stanch(&["policy", "fmt", ".", "--check"], here.path());
    assert_eq!(status, Some(1));
    assert!(
        stdout.contains("a.policy") && !stdout.contains("b.policy"),
        "{stdout}"
    );
    assert_eq!(read("a.policy"), ragged);
    assert_eq!(stanch(&["policy", "fmt", "."], here.path()).0, Some(0));
    assert_eq!(
        read("a.policy"),
        "event login {\n  account string key\n  retention 30d\n}\n"
    );
    assert_eq!(read("b.policy"), LOGIN);
    assert_eq!(
        stanch(&["policy", "fmt", "a.policy", "--check"], here.path()).0,
        Some(0)
    );
    std::fs::write(here.path().join("c.policy"), "event {").unwrap();
    let (status, _, stderr) = stanch(&["policy", "fmt", "c.policy"], here.path());
    assert_eq!(status, Some(1));
    assert!(
        stderr.contains("error[policy.syntax]") && stderr.contains("c.policy:1:7"),
        "{stderr}"
    );
}

#[test]
fn policy_diff_and_docs_answer() {
    let old = folder(&[("a.policy", LOGIN)]);
    let changed = LOGIN.replace("30d", "60d");
    let new = folder(&[("other.policy", &changed)]);
    let (old_path, new_path) = (old.path().to_str().unwrap(), new.path().to_str().unwrap());
    let (status, stdout, _) = stanch(&["policy", "diff", old_path, new_path], old.path());
    assert_eq!(status, Some(0));
    assert_eq!(
        stdout,
        "~ event login\n    - retention: 30d\n    + retention: 60d\n"
    );
    let (_, stdout, _) = stanch(
        &["policy", "diff", old_path, new_path, "--json"],
        old.path(),
    );
    let answer: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(answer["changes"][0]["details"][0]["part"], "retention");
    let bundle = repository("policy");
    let (status, page, _) = stanch(&["policy", "docs", bundle.to_str().unwrap()], old.path());
    assert_eq!(status, Some(0));
    assert!(
        page.starts_with("# Policy\n")
            && page.contains("## Owners")
            && page.contains("### payment\n")
    );
}
