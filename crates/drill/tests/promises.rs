//! Many seeds, each of them ninety days.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a promise that is broken fails the test"
)]

use stanch_drill::{DrillConfig, DrillSummary, DrillsConfig, run_drill, run_drills};

/// Seeds played here unless `STANCH_DRILL_SEEDS` says otherwise.
const SEEDS: u32 = 100;

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

#[test]
fn promises_hold_for_every_seed() {
    let seeds = std::env::var("STANCH_DRILL_SEEDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let folder = folder();
    let config = DrillsConfig {
        seed: 0,
        seeds: seeds.unwrap_or(SEEDS),
        days: 90,
        dir: folder.path().to_owned(),
    };
    let mut told = 0;
    let played = match run_drills(&config, &mut |done| told = done) {
        Ok(played) => played,
        Err((seed, error)) => panic!("seed {seed}: {error}: {error:?}"),
    };
    let refused: u64 = played.iter().map(|one| one.refused).sum();
    println!("{told} seeds of 90 days, {refused} steps refused");
    assert_eq!(
        (told, played.len()),
        (u64::from(config.seeds), config.seeds as usize)
    );
    assert!(played.is_sorted_by_key(|one| one.seed));
    assert!(refused > 0, "the rules were never tried");
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
