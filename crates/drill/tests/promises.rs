//! Many seeds, each of them ninety days.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a promise that is broken fails the test"
)]

use stanch_drill::{DrillConfig, DrillSummary, run_drill};

/// Seeds played here unless `STANCH_DRILL_SEEDS` says otherwise.
const SEEDS: u64 = 40;

/// A folder that forgets, if the machine has one: what is asked of the disk is tested elsewhere.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

async fn play(seed: u64, days: u32) -> DrillSummary {
    let folder = folder();
    let config = DrillConfig {
        seed,
        days,
        dir: folder.path().join("d"),
    };
    match Box::pin(run_drill(&config)).await {
        Ok(summary) => summary,
        Err(error) => panic!("seed {seed}: {error}: {error:?}"),
    }
}

fn played(part: u64) {
    let seeds = std::env::var("STANCH_DRILL_SEEDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let seeds = seeds.unwrap_or(SEEDS);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut refused = 0;
    for seed in (0..seeds).filter(|seed| seed % 2 == part) {
        refused += runtime.block_on(play(seed, 90)).refused;
    }
    println!(
        "{} seeds of 90 days, {refused} steps refused",
        seeds.div_ceil(2)
    );
    assert!(refused > 0, "the rules were never tried");
}

#[test]
fn promises_hold_for_even_seeds() {
    played(0);
}

#[test]
fn promises_hold_for_odd_seeds() {
    played(1);
}

#[test]
fn the_same_seed_plays_the_same_days() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let first = runtime.block_on(play(7, 30));
    println!("{first:?}");
    assert_eq!(first, runtime.block_on(play(7, 30)));
    assert!(first.measures > 5 && first.audit_entries > 100, "{first:?}");
}
