//! An import that is killed and run again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use stanch_ledger::{ImportSource, ImportSummary, import};

use super::{HEADER, content, ctx, import_file, open, options, row};

const DIR: &str = "STANCH_LEDGER_TEST_DIR";
const ROWS: u64 = 300_000;

#[test]
#[ignore = "run as a child of the test below"]
fn child_imports() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let dir = Path::new(&dir);
    let ledger = open(dir);
    let source = ImportSource::file(&dir.join("tx.csv"));
    let tell = &mut |at: &stanch_ledger::ImportProgress| println!("\nstored {}", at.stored);
    import(&ledger, &ctx(), source, None, &options(dir), tell).unwrap();
}

/// Every hundredth line is bad, and some repeat an earlier reference with other content.
fn write_source(dir: &Path) {
    let mut text = HEADER.to_owned();
    for n in 0..ROWS {
        text += &row(n);
        if n % 100 == 7 {
            text += "bad\n";
        }
        if n % 1_000 == 500 {
            text += &row(n / 2).replace("transfer", "pos");
        }
    }
    std::fs::write(dir.join("tx.csv"), text).unwrap();
}

fn rejects(dir: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(dir.join("rejects.ndjson")).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let name = dir.display().to_string();
    lines
        .iter_mut()
        .for_each(|line| *line = line.replace(&name, ""));
    lines
}

fn counts(summary: &ImportSummary) -> [u64; 4] {
    [
        summary.read,
        summary.stored,
        summary.unchanged,
        summary.refused,
    ]
}

#[test]
fn an_import_killed_again_and_again_ends_like_one_that_was_not() {
    let whole = tempfile::tempdir().unwrap();
    write_source(whole.path());
    let ledger = open(whole.path());
    let expected = import_file(&ledger, &whole.path().join("tx.csv"), whole.path()).unwrap();
    assert_eq!(expected.refused, 3_300);

    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(whole.path().join("tx.csv"), dir.path().join("tx.csv")).unwrap();
    for kills in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "kill::child_imports"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let stored = line
                .ok()
                .and_then(|line| line.strip_prefix("stored ")?.parse::<u64>().ok());
            if stored.is_some_and(|stored| stored > kills * 60_000) {
                child.kill().unwrap();
                break;
            }
        }
        child.wait().unwrap();
    }
    let resumed = open(dir.path());
    let summary = import_file(&resumed, &dir.path().join("tx.csv"), dir.path()).unwrap();
    assert!(
        summary
            .resumed_after_line
            .is_some_and(|line| line > 180_000),
        "{summary:?}"
    );
    assert_eq!(counts(&summary), counts(&expected));
    assert_eq!(content(&resumed), content(&ledger));
    assert_eq!(rejects(dir.path()), rejects(whole.path()));
}

#[test]
fn a_file_changed_in_its_middle_is_not_taken_up_but_read_from_its_start() {
    let dir = tempfile::tempdir().unwrap();
    write_source(dir.path());
    let file = dir.path().join("tx.csv");
    let text = std::fs::read_to_string(&file).unwrap();
    let ledger = open(dir.path());
    // The progress function stops the import as a crash would, after the second block.
    let stop = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let source = ImportSource::file(&file);
        import(
            &ledger,
            &ctx(),
            source,
            None,
            &options(dir.path()),
            &mut |at| {
                assert!(at.stored < 60_000, "stopped");
            },
        )
    }));
    assert!(stop.is_err());
    drop(ledger);
    let at = text.find("\n50000,").unwrap() + 1;
    let mut other = text.into_bytes();
    other[at] = b'6';
    std::fs::write(&file, &other).unwrap();
    let ledger = open(dir.path());
    let stored_before = ledger.graph().payment_count() as u64;
    let summary = import_file(&ledger, &file, dir.path()).unwrap();
    assert_eq!(summary.resumed_after_line, None);
    assert!(summary.unchanged >= stored_before - 1);
    assert_eq!(
        summary.read,
        summary.stored + summary.unchanged + summary.refused
    );
}
