//! One drill from its seed to its verdict.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stanch_casework::CaseworkError;
use stanch_store::StoreError;
use stanch_types::{Duration, Timestamp};
use thiserror::Error;

use crate::world::World;

/// Steps a day on average.
const STEPS_PER_DAY: u32 = 2;
/// Steps between two looks at the record; timers that were missed are still missing then.
const CHECK_EVERY: u32 = 6;
/// Most days of a drill.
pub(crate) const DAYS_MAX: u32 = 3_660;

/// What is drilled.
#[derive(Debug, Clone)]
pub struct DrillConfig {
    /// Everything follows from it.
    pub seed: u64,
    /// How many days, 1 to 3,660.
    pub days: u32,
    /// An empty or absent folder for the record.
    pub dir: PathBuf,
}

/// Why a drill did not end well.
#[derive(Debug, Error)]
pub enum DrillError {
    /// A promise was broken.
    #[error("seed {seed}, {at}: broken: {invariant}: {detail}")]
    Broken {
        /// The seed that replays it.
        seed: u64,
        /// When, by the drill's clock.
        at: Timestamp,
        /// Which promise.
        invariant: &'static str,
        /// How.
        detail: String,
    },
    /// The drill could not be set up.
    #[error("the drill could not be set up: {0}")]
    Setup(String),
    /// The record failed.
    #[error("the record failed")]
    Store(#[from] StoreError),
    /// A workflow failed where it must not.
    #[error("a workflow failed")]
    Casework(#[from] CaseworkError),
}

/// What happened in a drill that ended well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrillSummary {
    /// The seed.
    pub seed: u64,
    /// Days played.
    pub days: u32,
    /// Reports taken.
    pub reports: u64,
    /// Of them told before by somebody else.
    pub told_again: u64,
    /// Measures taken.
    pub measures: usize,
    /// Appeals filed.
    pub appeals: usize,
    /// Batches asked for.
    pub batches: usize,
    /// Leads opened, all with an outcome at the end.
    pub leads: usize,
    /// Shifts that handed over.
    pub shifts: u64,
    /// Jobs done.
    pub jobs: u64,
    /// Partners' outages.
    pub outages: u64,
    /// Times the program died.
    pub crashes: u64,
    /// Times the clock jumped.
    pub clock_jumps: u64,
    /// Steps that the rules refused, as they must.
    pub refused: u64,
    /// Entries of the audit tree, verified.
    pub audit_entries: u64,
}

impl World {
    /// The error that says which promise was broken.
    pub(crate) fn broken(&self, invariant: &'static str, detail: String) -> DrillError {
        DrillError::Broken {
            seed: 0,
            at: self.now(),
            invariant,
            detail,
        }
    }
}

/// Plays a drill and holds every promise against the record, after every few steps and at the end.
///
/// # Errors
/// [`DrillError::Broken`] names the promise; the folder is left as it is then.
pub async fn run_drill(config: &DrillConfig) -> Result<DrillSummary, DrillError> {
    play(config).await.map_err(|error| match error {
        DrillError::Broken {
            at,
            invariant,
            detail,
            ..
        } => DrillError::Broken {
            seed: config.seed,
            at,
            invariant,
            detail,
        },
        other @ (DrillError::Setup(_) | DrillError::Store(_) | DrillError::Casework(_)) => other,
    })
}

async fn play(config: &DrillConfig) -> Result<DrillSummary, DrillError> {
    if !(1..=DAYS_MAX).contains(&config.days) {
        return Err(DrillError::Setup(format!(
            "a drill has 1 to {DAYS_MAX} days"
        )));
    }
    make_empty(&config.dir)?;
    let mut world = World::new(&config.dir, config.seed).await?;
    let end = world
        .now()
        .plus(Duration::from_days(i64::from(config.days)));
    let gap_us = Duration::from_days(1).as_micros() / i64::from(STEPS_PER_DAY);
    let mut steps = config.days.saturating_mul(STEPS_PER_DAY);
    while world.now() < end && steps > 0 {
        steps -= 1;
        world.step().await?;
        if steps.is_multiple_of(CHECK_EVERY) {
            world.check().await?;
        }
        let gap = world.dice.between(0, gap_us.saturating_mul(2));
        let until = world.now().plus(Duration::from_micros(gap)).min(end);
        world.pass(until).await?;
    }
    // Partners come back and everything that is owed arrives.
    world.town.mend();
    let rest = world.now().plus(Duration::from_hours(1)).max(end);
    world.pass(rest).await?;
    world.check().await?;
    world.check_desk().await?;
    let audit_entries = world.check_end().await?;
    let summary = DrillSummary {
        seed: config.seed,
        days: config.days,
        reports: world.counts.reports,
        told_again: world.counts.told_again,
        measures: world.remembered.measures.len(),
        appeals: world.remembered.appeals.len(),
        batches: world.remembered.batches.len(),
        leads: world.remembered.leads.len(),
        shifts: world.counts.shifts,
        jobs: world.counts.jobs,
        outages: world.counts.outages,
        crashes: world.counts.crashes,
        clock_jumps: world.counts.clock_jumps,
        refused: world.counts.refused,
        audit_entries,
    };
    world.store.close().await?;
    Ok(summary)
}

fn make_empty(dir: &Path) -> Result<(), DrillError> {
    let fail = |error: std::io::Error| DrillError::Setup(format!("{}: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(fail)?;
    if std::fs::read_dir(dir).map_err(fail)?.next().is_some() {
        return Err(DrillError::Setup(format!("{} is not empty", dir.display())));
    }
    Ok(())
}
