//! `stanch train` and `stanch scan`: a model from a set, and texts in, one line out for each.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn stanch(arguments: &[&str], folder: &Path, input: &[u8]) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stanch"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // Written beside the reading, or both would wait for ever on full pipes.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A folder with a trained model, `m`.
fn trained() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for ix in 0..60 {
        for (label, text) in [
            ("rebate", "做任务返利，兼职刷单日结"),
            ("loan", "无抵押贷款，秒到账低利息"),
            ("normal", "明天下午三点在老地方见"),
            ("normal", "你的快递放在门卫那里了"),
        ] {
            writeln!(lines, "{{\"t\":\"{text}{ix}\",\"k\":\"{label}\"}}").unwrap();
        }
    }
    std::fs::write(folder.path().join("a.jsonl"), lines).unwrap();
    let arguments = [
        "train",
        "--set",
        "a.jsonl:t:k",
        "--out",
        "m",
        "--report",
        "r.json",
    ];
    let (status, stdout, stderr) = stanch(&arguments, folder.path(), b"");
    assert_eq!(status, Some(0), "{stderr}");
    assert!(
        stdout.contains("rebate") && stdout.contains("240 rows"),
        "{stdout}"
    );
    let report = std::fs::read(folder.path().join("r.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["labels"][0]["name"], "unwanted");
    folder
}

fn scan(folder: &Path, input: &[u8]) -> Vec<Value> {
    let (status, stdout, stderr) = stanch(&["scan", "--model", "m", "--ndjson"], folder, input);
    assert_eq!(status, Some(0), "{stderr}");
    let lines = stdout.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[test]
fn each_line_is_answered_in_order_with_places_in_scalar_values() {
    let folder = trained();
    let input = concat!(
        "{\"id\":7,\"text\":\"😀做任务返利，兼职刷單，加薇信：abc_123456\"}\n",
        "no json\n",
        "{\"id\":\"b\",\"text\":\"快递放在门卫那里\"}\n",
        "{\"id\":null,\"text\":\"\"}\n",
    );
    let found = scan(folder.path(), input.as_bytes());
    assert_eq!(found.len(), 4);
    assert_eq!(found[0]["id"], 7);
    assert!(found[0]["score"].as_u64().unwrap() > 5_000, "{}", found[0]);
    let contact = &found[0]["contacts"][0];
    assert_eq!(
        (&contact["platform"], &contact["value"], &contact["start"]),
        (&"wechat".into(), &"abc_123456".into(), &16.into())
    );
    let spans = found[0]["spans"].as_array().unwrap();
    assert!(spans.iter().all(|span| span["end"].as_u64().unwrap() <= 26));
    assert!(
        spans.iter().any(|span| span["reason"] == "rebate"),
        "{}",
        found[0]
    );
    assert!(found[1]["error"].is_string());
    assert_eq!(found[2]["id"], "b");
    assert!(found[2]["score"].as_u64().unwrap() < 5_000, "{}", found[2]);
    assert_eq!(found[3]["contacts"], Value::Array(Vec::new()));
}

#[test]
fn hostile_lines_neither_stop_nor_hang_it() {
    let folder = trained();
    let long = "加微信".repeat(400_000);
    let marks = "e\u{301}".repeat(50_000);
    let turned = "\u{202e}刷单\u{202c}".repeat(1_000);
    let mut input = Vec::new();
    for text in [long, marks, turned, "😀".repeat(50_000)] {
        let line = serde_json::json!({ "id": 1, "text": text });
        writeln!(input, "{line}").unwrap();
    }
    input.extend_from_slice(b"{\"id\":2,\"text\":\"\xff\xfe\"}\n");
    input.extend_from_slice(&vec![b'['; 100_000]);
    let found = scan(folder.path(), &input);
    assert_eq!(found.len(), 6);
    assert!(found[..4].iter().all(|line| line["score"].is_u64()));
    assert!(found[4..].iter().all(|line| line["error"].is_string()));
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let bad = |arguments: &[&str], why: &str| {
        let (status, stdout, stderr) = stanch(arguments, folder.path(), b"");
        assert_ne!(status, Some(0), "{stdout}");
        assert!(stderr.contains(why), "{stderr}");
    };
    bad(&["scan", "--model", "absent"], "absent");
    std::fs::write(folder.path().join("text"), "hello").unwrap();
    bad(&["scan", "--model", "text"], "no text model");
    bad(
        &["train", "--set", "a:b", "--out", "m"],
        "label field is missing",
    );
    bad(&["train", "--set", "a.jsonl", "--out", "m"], "a.jsonl");
    assert!(!folder.path().join("m").exists());
}
