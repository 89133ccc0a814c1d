//! Many drills beside each other, each on a processor of its own.
//!
//! A drill is one thread and the database's thread, which take turns: on one processor a turn costs half of what it
//! costs across two. So each worker is bound to a processor, and so is every thread that it starts.

use std::fs::remove_dir_all;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::available_parallelism;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::run::{DrillConfig, DrillError, DrillSummary, run_drill};

/// What is drilled.
#[derive(Debug, Clone)]
pub struct DrillsConfig {
    /// The first seed.
    pub seed: u64,
    /// How many, one after the other.
    pub seeds: u32,
    /// How many days each, 1 to 3,660.
    pub days: u32,
    /// Where each seed has a folder, which is removed when all went well. In memory (`/dev/shm`) it is twice as fast.
    pub dir: PathBuf,
}

impl DrillsConfig {
    /// The folder of one seed.
    #[must_use]
    pub fn dir_of(&self, seed: u64) -> PathBuf {
        self.dir.join(format!("seed-{seed}"))
    }

    fn one(&self, seed: u64) -> DrillConfig {
        DrillConfig {
            seed,
            days: self.days,
            dir: self.dir_of(seed),
        }
    }
}

type Played = (u64, Result<DrillSummary, DrillError>);

/// Plays every seed on all processors; tells `played` how many are done. Summaries are in the order of the seeds.
///
/// # Errors
/// That of the lowest seed that did not end well, with its seed; its folder is left. No further ones are begun then.
pub fn run_drills(
    config: &DrillsConfig,
    played: &mut dyn FnMut(u64),
) -> Result<Vec<DrillSummary>, (u64, DrillError)> {
    let processors = processors();
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (tell, told) = sync_channel::<Played>(processors.len());
    let mut done: Vec<Played> = Vec::new();
    std::thread::scope(|scope| {
        for processor in processors {
            let (tell, next, stop) = (tell.clone(), &next, &stop);
            scope.spawn(move || work(config, processor, next, stop, &tell));
        }
        drop(tell);
        for one in told {
            done.push(one);
            played(done.len() as u64);
        }
    });
    done.sort_unstable_by_key(|(seed, _)| seed.wrapping_sub(config.seed));
    done.into_iter()
        .map(|(seed, outcome)| outcome.map_err(|error| (seed, error)))
        .collect()
}

/// The processors that this process may run on; none: as many workers as there are, bound to none.
fn processors() -> Vec<Option<usize>> {
    let bound: Vec<Option<usize>> = sched_getaffinity(None).map_or_else(
        |_| Vec::new(),
        |set| {
            (0..CpuSet::MAX_CPU)
                .filter(|nth| set.is_set(*nth))
                .map(Some)
                .collect()
        },
    );
    if bound.is_empty() {
        vec![None; available_parallelism().map_or(1, NonZeroUsize::get)]
    } else {
        bound
    }
}

fn work(
    config: &DrillsConfig,
    processor: Option<usize>,
    next: &AtomicU64,
    stop: &AtomicBool,
    tell: &SyncSender<Played>,
) {
    if let Some(processor) = processor {
        let mut set = CpuSet::new();
        set.set(processor);
        // Unbound it is slower, nothing else.
        sched_setaffinity(None, &set).unwrap_or_default();
    }
    while !stop.load(Ordering::Relaxed) {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if nth >= u64::from(config.seeds) {
            return;
        }
        let seed = config.seed.wrapping_add(nth);
        let outcome = play(&config.one(seed));
        if outcome.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        if tell.send((seed, outcome)).is_err() {
            return;
        }
    }
}

fn play(config: &DrillConfig) -> Result<DrillSummary, DrillError> {
    let setup = |what: &str, error: std::io::Error| {
        DrillError::Setup(format!("{what} {}: {error}", config.dir.display()))
    };
    if config.dir.exists() {
        remove_dir_all(&config.dir).map_err(|error| setup("cannot remove", error))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| setup("no runtime for", error))?;
    let summary = runtime.block_on(Box::pin(run_drill(config)))?;
    remove_dir_all(&config.dir).map_err(|error| setup("cannot remove", error))?;
    Ok(summary)
}
