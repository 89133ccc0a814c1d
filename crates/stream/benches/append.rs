//! Durable appends per second and time to acknowledgement at 1, 16 and 256 concurrent writers.
//!
//! `cargo bench -p stanch-stream` writes `bench/results/stream-append.json`; `BENCH_DIR` chooses the disk.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use stanch_stream::{EmbeddedLog, EventLog, LogConfig, NewBlock};

const BLOCK_BYTES: usize = 1_024;
const SECONDS: u64 = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo test --benches` passes `--test`; there is nothing to check then.
    if std::env::args().any(|word| word == "--test") {
        return Ok(());
    }
    let parent = std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let mut runs = Vec::new();
    for writers in [1_usize, 16, 256] {
        let dir = tempfile::tempdir_in(&parent)?;
        let log = EmbeddedLog::open(dir.path(), LogConfig::default())?;
        let run = measure(&log, writers);
        println!("{run}");
        runs.push(run);
    }
    let text = |program: &str, words: &[&str]| {
        let output = std::process::Command::new(program).args(words).output();
        output.map_or_else(
            |_| String::new(),
            |o| String::from_utf8_lossy(&o.stdout).trim().to_owned(),
        )
    };
    let result = serde_json::json!({
        "what": "EmbeddedLog::append of 1 KiB blocks, synced before acknowledgement",
        "command": "cargo bench -p stanch-stream",
        "machine": text("sh", &["-c", "uname -srm; nproc; grep -m1 'model name' /proc/cpuinfo"]),
        "commit": text("git", &["rev-parse", "--short", "HEAD"]),
        "load_average": text("cat", &["/proc/loadavg"]),
        "block_bytes": BLOCK_BYTES,
        "seconds_per_run": SECONDS,
        "runs": runs,
    });
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../bench/results/stream-append.json"
    );
    std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/results"))?;
    std::fs::write(path, serde_json::to_string_pretty(&result)? + "\n")?;
    Ok(())
}

fn measure(log: &EmbeddedLog, writers: usize) -> serde_json::Value {
    let appended = AtomicU64::new(0);
    let started = Instant::now();
    let until = started + Duration::from_secs(SECONDS);
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|_| {
                scope.spawn(|| {
                    let mut waits = Vec::new();
                    while Instant::now() < until {
                        let asked = Instant::now();
                        if log.append(NewBlock::new(&[7; BLOCK_BYTES])).is_err() {
                            break;
                        }
                        waits.push(asked.elapsed());
                        appended.fetch_add(1, Ordering::Relaxed);
                    }
                    waits
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_default())
            .collect()
    });
    let elapsed = started.elapsed();
    waits.sort_unstable();
    let at = |per_mille: usize| {
        let place = waits.len() * per_mille / 1_000;
        waits
            .get(place.min(waits.len().saturating_sub(1)))
            .map_or(0, Duration::as_micros)
    };
    let count = u128::from(appended.load(Ordering::Relaxed));
    serde_json::json!({
        "writers": writers,
        "appends": count as u64,
        "appends_per_s": (count * 1_000 / elapsed.as_millis().max(1)) as u64,
        "ack_p50_us": at(500) as u64,
        "ack_p99_us": at(990) as u64,
    })
}
