//! What is on disk after a crash, a bad sector or a careless hand.

use std::fs;
use std::io::Write;

use stanch_stream::{EmbeddedLog, EventLog, LogConfig, LogError, Position};

use super::{SMALL, all, append, payload, segments};

/// A log of `count` blocks, each synced by itself, in one segment; the end of each block in the file.
fn one_segment(dir: &std::path::Path, count: u64) -> Vec<u64> {
    let log = EmbeddedLog::open(dir, LogConfig::default()).unwrap();
    let file = segments(dir).remove(0);
    let ends = (0..count).map(|n| {
        append(&log, &payload(n));
        fs::metadata(&file).unwrap().len()
    });
    ends.collect()
}

#[test]
fn a_log_cut_at_any_byte_keeps_every_whole_block_and_takes_more() {
    let dir = tempfile::tempdir().unwrap();
    let ends = one_segment(dir.path(), 6);
    let file = segments(dir.path()).remove(0);
    let bytes = fs::read(&file).unwrap();
    for len in 0..=bytes.len() {
        fs::write(&file, &bytes[..len]).unwrap();
        let whole = ends.iter().filter(|end| **end <= len as u64).count();
        let reader = EmbeddedLog::open_read_only(dir.path(), LogConfig::default()).unwrap();
        assert_eq!(all(&reader).len(), whole, "cut at {len}");
        let log = EmbeddedLog::open(dir.path(), LogConfig::default()).unwrap();
        let mut expected: Vec<_> = (0..whole as u64).map(payload).collect();
        assert_eq!(all(&log), expected, "cut at {len}");
        let torn = len as u64 - whole.checked_sub(1).map_or(0, |last| ends[last]);
        assert_eq!(log.recovered().map_or(0, |cut| cut.bytes_cut), torn);
        append(&log, b"after");
        expected.push(b"after".to_vec());
        drop(log);
        let log = EmbeddedLog::open(dir.path(), LogConfig::default()).unwrap();
        assert_eq!(all(&log), expected, "cut at {len}, then appended");
        assert_eq!(log.recovered(), None);
    }
}

#[test]
fn a_flipped_bit_is_never_read_and_never_cuts_acknowledged_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let ends = one_segment(dir.path(), 5);
    let file = segments(dir.path()).remove(0);
    let bytes = fs::read(&file).unwrap();
    let last_start = ends[3];
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&file, &flipped).unwrap();
        match EmbeddedLog::open(dir.path(), LogConfig::default()) {
            Err(LogError::Damaged {
                file: named,
                offset,
                ..
            }) => {
                assert!((at as u64) < last_start, "flip at {at}");
                assert_eq!(named, file);
                let block = ends.iter().position(|end| *end > at as u64).unwrap();
                let start = block.checked_sub(1).map_or(0, |before| ends[before]);
                assert_eq!(offset, start, "flip at {at}");
                assert_eq!(fs::read(&file).unwrap(), flipped, "damage is left as found");
            }
            Ok(log) => {
                // The last group cannot be told from a torn write.
                assert!(at as u64 >= last_start, "flip at {at} went unseen");
                let expected: Vec<_> = (0..4).map(payload).collect();
                assert_eq!(all(&log), expected);
            }
            Err(other) => panic!("flip at {at}: {other}"),
        }
    }
}

#[test]
fn damage_in_a_closed_segment_is_told_when_read() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    for n in 0..40 {
        append(&log, &payload(n));
    }
    let files = segments(dir.path());
    assert!(files.len() > 2, "{} segments", files.len());
    let mut bytes = fs::read(&files[0]).unwrap();
    let at = bytes.len() - 1;
    bytes[at] ^= 0x40;
    fs::write(&files[0], &bytes).unwrap();
    let error = log
        .read_from(Position::START)
        .unwrap()
        .find_map(Result::err)
        .unwrap();
    assert!(matches!(error, LogError::Damaged { file, .. } if file == files[0]));
    fs::remove_file(&files[1]).unwrap();
    fs::write(&files[0], &bytes[..0]).unwrap();
    assert!(log.read_from(Position::START).unwrap().any(|b| b.is_err()));
}

#[test]
fn a_garbage_tail_is_cut() {
    for garbage in [
        &b"x"[..],
        &[0; 5_000],
        b"SBK\x01 and then something else",
        &[0xff; 48],
    ] {
        let dir = tempfile::tempdir().unwrap();
        one_segment(dir.path(), 3);
        let file = segments(dir.path()).remove(0);
        let mut open = fs::OpenOptions::new().append(true).open(&file).unwrap();
        open.write_all(garbage).unwrap();
        let log = EmbeddedLog::open(dir.path(), LogConfig::default()).unwrap();
        let cut = log.recovered().unwrap();
        assert_eq!(cut.bytes_cut, garbage.len() as u64);
        assert_eq!(all(&log), (0..3).map(payload).collect::<Vec<_>>());
    }
}

#[test]
fn a_payload_that_holds_a_log_is_not_taken_for_blocks() {
    let inner = tempfile::tempdir().unwrap();
    one_segment(inner.path(), 4);
    let copy = fs::read(segments(inner.path()).remove(0)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), LogConfig::default()).unwrap();
    append(&log, &copy);
    drop(log);
    let file = segments(dir.path()).remove(0);
    let len = fs::metadata(&file).unwrap().len();
    fs::OpenOptions::new()
        .write(true)
        .open(&file)
        .unwrap()
        .set_len(len - 1)
        .unwrap();
    let log = EmbeddedLog::open(dir.path(), LogConfig::default()).unwrap();
    assert_eq!(log.end(), Position::START);
}

#[test]
fn a_segment_created_just_before_a_crash_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    append(&log, b"one");
    drop(log);
    fs::write(dir.path().join(format!("{:020}.log", 1)), b"").unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    assert_eq!(append(&log, b"two"), Position(1));
    assert_eq!(all(&log), [b"one".to_vec(), b"two".to_vec()]);
}
