//! A child process that is killed while it appends, and one whose disk is full.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use stanch_stream::{EmbeddedLog, EventLog, LogError};

use super::{SMALL, all, append};

const DIR: &str = "STANCH_STREAM_TEST_DIR";

fn child(wrapper: Option<&str>, test: &str, dir: &Path) -> Command {
    let me = std::env::current_exe().unwrap();
    let mut command = match wrapper {
        Some(script) => {
            let mut bash = Command::new("bash");
            bash.args(["-c", &format!("{script}; exec \"$0\" \"$@\"")])
                .arg(me);
            bash
        }
        None => Command::new(me),
    };
    command
        .args(["--ignored", "--exact", "--nocapture", test])
        .env(DIR, dir)
        .stdout(Stdio::piped());
    command
}

#[test]
#[ignore = "run as a child of the test below"]
fn child_appends_for_ever() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let log = EmbeddedLog::open(dir.as_ref(), SMALL).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4_u64 {
            let log = &log;
            scope.spawn(move || {
                for n in 0.. {
                    let block = format!("{writer} {n} {}", "x".repeat(n % 90));
                    let at = append(log, block.as_bytes());
                    println!("\nack {at} {block}");
                }
            });
        }
    });
}

#[test]
fn every_acknowledged_block_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut acked = std::collections::BTreeMap::new();
    for round in 0..8 {
        let mut child = child(None, "kill::child_appends_for_ever", dir.path())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acks = 0;
        for line in lines {
            let Ok(line) = line else { break };
            // A line cut by the kill is not an acknowledgement anybody saw whole; the block may still be there.
            if let Some((at, block)) = line.strip_prefix("ack ").and_then(|l| l.split_once(' ')) {
                acked.insert(at.parse::<usize>().unwrap(), block.to_owned());
                acks += 1;
            }
            if acks == 5 + round * 7 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
        let blocks = all(&log);
        for (at, block) in &acked {
            let stored = String::from_utf8_lossy(&blocks[*at]).into_owned();
            assert!(
                stored.starts_with(block.as_str()),
                "block {at} of round {round}"
            );
        }
    }
    assert!(acked.len() > 100, "{} acknowledgements", acked.len());
}

#[test]
#[ignore = "run as a child of the test below"]
fn child_fills_its_disk() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let config = stanch_stream::LogConfig::default();
    let log = EmbeddedLog::open(dir.as_ref(), config).unwrap();
    let mut acked = 0;
    let error = loop {
        match log.append(stanch_stream::NewBlock::new(&[7; 3_000])) {
            Ok(_) => acked += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, LogError::Poisoned { .. }), "{error}");
    let again = log.append(stanch_stream::NewBlock::new(b"x")).unwrap_err();
    assert!(matches!(again, LogError::Poisoned { .. }));
    assert_eq!(all(&log).len(), acked);
    println!("\nacked {acked}");
}

#[test]
fn a_full_disk_ends_appending_and_leaves_whole_blocks_only() {
    let dir = tempfile::tempdir().unwrap();
    // A file-size limit stands for the full disk: 20 KiB, with the signal ignored so that write() fails.
    let wrapper = "trap '' XFSZ; ulimit -f 20";
    let output = child(Some(wrapper), "kill::child_fills_its_disk", dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let acked: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("acked "))
        .unwrap()
        .parse()
        .unwrap();
    assert!((3..8).contains(&acked), "{acked}");
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    assert_eq!(all(&log).len(), acked);
    assert_eq!(
        log.recovered(),
        None,
        "what was not acknowledged was cut back"
    );
    append(&log, b"there is room again");
}
