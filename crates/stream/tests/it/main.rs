//! The event log against crashes, damage, rivals and a model.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod crash;
mod kill;
mod model;
mod sharing;

use std::path::{Path, PathBuf};

use stanch_stream::{Block, EmbeddedLog, EventLog, LogConfig, LogError, NewBlock, Position};

/// Small enough that a few blocks fill a segment.
const SMALL: LogConfig = LogConfig {
    segment_bytes: 1_000,
    block_bytes_max: 4_096,
    dedup_blocks: 8,
};

fn payload(n: u64) -> Vec<u8> {
    let len = (n * 37 % 120) as usize;
    (0..len).map(|at| (at as u64 * 7 + n) as u8).collect()
}

fn append(log: &EmbeddedLog, payload: &[u8]) -> Position {
    log.append(NewBlock::new(payload)).unwrap().position
}

fn all(log: &EmbeddedLog) -> Vec<Vec<u8>> {
    read(log, Position::START).unwrap()
}

fn read(log: &EmbeddedLog, from: Position) -> Result<Vec<Vec<u8>>, LogError> {
    let blocks: Result<Vec<Block>, LogError> = log.read_from(from)?.collect();
    Ok(blocks?
        .into_iter()
        .map(|block| block.payload.to_vec())
        .collect())
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
        .collect();
    files.sort();
    files
}
