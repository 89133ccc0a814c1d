//! Every folder of `testdata/ledger/malformed` is a source that is wrong in one way.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use stanch_ledger::{LedgerError, Reject};

use super::{HEADER, all_payments, content, import_file, open, row};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// References of the payments the ledger holds afterwards.
    stored: Vec<String>,
    #[serde(default)]
    unchanged: u64,
    #[serde(default)]
    rejects: Vec<ExpectedReject>,
    /// Part of the error, if the source as a whole is refused; `*` for any.
    #[serde(default)]
    error: Option<String>,
    /// Part of a note.
    #[serde(default)]
    note: Option<String>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct ExpectedReject {
    line: u64,
    code: String,
}

#[derive(Deserialize)]
struct WrittenReject {
    line: u64,
    code: String,
    reason: String,
    excerpt: String,
}

fn cases() -> Vec<PathBuf> {
    let root = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/ledger/malformed"
    );
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    cases
}

#[test]
fn every_malformed_source_is_refused_row_by_row_and_the_good_rows_are_stored() {
    let cases = cases();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let expected = std::fs::read(case.join("expected.json")).unwrap();
        let expected: Expected = serde_json::from_slice(&expected).unwrap();
        check(&name, &case, &expected);
    }
}

fn check(name: &str, case: &Path, expected: &Expected) {
    let input = ["input.csv", "input.ndjson"]
        .map(|file| case.join(file))
        .into_iter()
        .find(|file| file.exists())
        .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let summary = import_file(&ledger, &input, dir.path());
    match (&summary, &expected.error) {
        (Ok(summary), None) => {
            assert_eq!(summary.stored, expected.stored.len() as u64, "{name}");
            assert_eq!(summary.unchanged, expected.unchanged, "{name}");
            assert_eq!(summary.refused, expected.rejects.len() as u64, "{name}");
            assert_eq!(
                summary.read,
                summary.stored + summary.unchanged + summary.refused,
                "{name}"
            );
            if let Some(note) = &expected.note {
                assert!(summary.notes.iter().any(|n| n.contains(note)), "{name}");
            }
        }
        (Err(error), Some(part)) => {
            let text = error.to_string();
            assert!(part == "*" || text.contains(part), "{name}: {text}");
        }
        (outcome, _) => unreachable!("{name}: {outcome:?}"),
    }
    let rejects = std::fs::read_to_string(dir.path().join("rejects.ndjson")).unwrap_or_default();
    let rejects: Vec<ExpectedReject> = rejects
        .lines()
        .map(|line| {
            let reject: WrittenReject = serde_json::from_str(line).unwrap();
            assert!(!reject.reason.is_empty(), "{name}");
            assert!(
                reject.excerpt.chars().count() <= Reject::EXCERPT_CHARS_MAX,
                "{name}"
            );
            ExpectedReject {
                line: reject.line,
                code: reject.code,
            }
        })
        .collect();
    assert_eq!(rejects, expected.rejects, "{name}");
    let stored = |ledger: &stanch_ledger::Ledger| -> Vec<String> {
        let payments = all_payments(&ledger.graph());
        let ids = payments.iter().filter_map(|text| text.split(' ').next());
        ids.map(str::to_owned).collect()
    };
    assert_eq!(stored(&ledger), expected.stored, "{name}");
    let before = content(&ledger);
    drop(ledger);
    assert_eq!(content(&open(dir.path())), before, "{name} after reopening");
}

#[test]
fn a_line_of_ten_megabytes_is_refused_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    for quote in ["", "\""] {
        let long = format!("{quote}{}", "x".repeat(10 << 20));
        let text = [HEADER, &row(1), &long, "\n", &row(2)].concat();
        let file = dir.path().join("long.csv");
        std::fs::write(&file, text).unwrap();
        let home = tempfile::tempdir().unwrap();
        let ledger = open(home.path());
        let summary = import_file(&ledger, &file, home.path()).unwrap();
        assert_eq!((summary.stored, summary.refused), (2, 1));
        assert_eq!(summary.refused_by_code["line_too_long"], 1);
        let rejects = std::fs::metadata(home.path().join("rejects.ndjson")).unwrap();
        assert!(rejects.len() < 2_000, "{} bytes", rejects.len());
    }
}

#[test]
fn a_stray_quote_does_not_swallow_the_lines_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let good: String = (2..200).map(row).collect();
    let text = format!("{HEADER}{}\"open,1,2\n{good}", row(1));
    let file = dir.path().join("stray.csv");
    std::fs::write(&file, text).unwrap();
    let ledger = open(dir.path());
    let summary = import_file(&ledger, &file, dir.path()).unwrap();
    assert_eq!((summary.stored, summary.refused), (199, 1));
}

#[test]
fn a_source_that_breaks_off_keeps_and_names_what_was_stored() {
    let dir = tempfile::tempdir().unwrap();
    let text: String = std::iter::once(HEADER.to_owned())
        .chain((0..100_000).map(row))
        .collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let file = dir.path().join("cut.csv.gz");
    std::fs::write(&file, &packed[..packed.len() * 2 / 3]).unwrap();
    let ledger = open(dir.path());
    match import_file(&ledger, &file, dir.path()) {
        Err(LedgerError::SourceBroken { line, summary, .. }) => {
            assert!(summary.stored > 50_000, "{}", summary.stored);
            assert_eq!(summary.stored, line - 1);
            assert_eq!(ledger.graph().payment_count() as u64, summary.stored);
        }
        other => panic!("{other:?}"),
    }
    std::fs::write(&file, &packed).unwrap();
    let summary = import_file(&ledger, &file, dir.path()).unwrap();
    assert_eq!(summary.stored + summary.unchanged, 100_000);
    assert_eq!(ledger.graph().payment_count(), 100_000);
}
