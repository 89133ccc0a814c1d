//! Events in Parquet and what the log has after them are everything that arrived.

use std::path::Path;

use stanch_decide::{DecideError, History, backtest, live_at_end};
use stanch_stream::{EmbeddedLog, EventLog, LogConfig, LogError, NewBlock, Position};

use crate::backtest::{run, task};
use crate::house::{House, stream};

/// Small segments of the log, so that some can be given up.
const SMALL: LogConfig = LogConfig {
    segment_bytes: 16 << 10,
    block_bytes_max: 1 << 20,
    dedup_blocks: 0,
};

/// The blocks of some live decisions.
async fn blocks(dir: &Path) -> Vec<bytes::Bytes> {
    let house = House::with_policy(dir).await;
    for chunk in stream(4_000).chunks(90) {
        house.decide(chunk).await;
    }
    house.stop().await;
    let log = EmbeddedLog::open_read_only(&dir.join("log/decisions"), SMALL).unwrap();
    let blocks = log.read_from(Position::START).unwrap();
    blocks.map(|block| block.unwrap().payload).collect()
}

fn append(log: &EmbeddedLog, payloads: &[bytes::Bytes]) {
    for payload in payloads {
        let block = NewBlock {
            payload,
            expected: None,
            dedup: None,
        };
        log.append(block).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_and_the_end_of_the_log_are_everything_also_when_the_log_is_trimmed() {
    let live = tempfile::tempdir().unwrap();
    let blocks = blocks(live.path()).await;
    let expected = run(&task(live.path(), None));
    let dir = tempfile::tempdir().unwrap();
    let (log_dir, history_dir) = (
        dir.path().join("log/decisions"),
        dir.path().join("history/events"),
    );
    let log = EmbeddedLog::open(&log_dir, SMALL).unwrap();
    let history = History::at(&history_dir);
    let mut exported = 0;
    for part in blocks.chunks(blocks.len() / 3) {
        append(&log, part);
        // What was being written when a process died is not taken for a segment.
        std::fs::create_dir_all(&history_dir).unwrap();
        std::fs::write(history_dir.join("segment.new"), b"torn").unwrap();
        let done = history.export(&log, exported < 2, &mut |_| true).unwrap();
        exported += done.segments;
    }
    // Two segments; what came after them is too little for one.
    let segments = history.segments().unwrap();
    assert_eq!((exported, segments.len()), (2, 2));
    assert!(!history_dir.join("segment.new").exists());
    let first_kept = log.retain_from(segments[1].next).unwrap();
    assert!(segments[0].next < first_kept, "nothing was trimmed");
    assert!(matches!(
        log.read_from(Position::START).map(drop),
        Err(LogError::Gone { .. })
    ));
    assert_eq!(run(&task(dir.path(), None)), expected);
    let live_then = live_at_end(&log_dir, &history_dir).unwrap();
    assert_eq!(live_then, Some(expected.policy.clone()));

    // Taken up inside a segment, as after a crash.
    let mut parted = task(dir.path(), None);
    parted.checkpoint_dir = Some(dir.path().join("checkpoint"));
    parted.checkpoint_events = 300;
    let mut runs = 0;
    let report = loop {
        runs += 1;
        match backtest(&parted, &mut |_| false) {
            Ok(report) => break report,
            Err(error) => assert!(matches!(error, DecideError::Stopped(_)), "{error}"),
        }
    };
    assert!(runs > 1);
    assert_eq!(report, expected);

    // A gap is no history.
    std::fs::remove_file(&segments[1].path).unwrap();
    let error = backtest(&task(dir.path(), None), &mut |_| true).unwrap_err();
    assert!(
        matches!(error, DecideError::Log(LogError::Gone { .. })),
        "{error}"
    );
}
