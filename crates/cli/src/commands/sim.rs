//! `stanch sim`: a simulated world as files, or days of casework played against the promises.

use std::path::{Path, PathBuf};

use clap::Args;
use stanch_drill::{DrillError, DrillSummary, DrillsConfig, run_drills};
use stanch_sim::world::{self, WorldConfig};
use stanch_types::{Ctx, ErrorCode, Timestamp};

use crate::failure::refusal;
use crate::output::Output;
use crate::progress::Progress;

/// Arguments of `stanch sim`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder to write tx.csv, accounts.csv, cases.csv and the truth files into
    #[arg(long, value_name = "DIR", required_unless_present = "days")]
    out: Option<PathBuf>,
    /// Play this many days of reports, measures and appeals, with outages, crashes and jumping clocks, and hold every
    /// promise against the record; exit status 1 and the broken promise if one does not hold
    #[arg(long, value_name = "DAYS", conflicts_with = "out", value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: Option<u32>,
    /// With --days: play so many seeds, from --seed on
    #[arg(long, default_value_t = 1, requires = "days", value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// The same seed and parameters give the same bytes
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Accounts of persons, merchants and businesses
    #[arg(long, default_value_t = 20_000)]
    accounts: u32,
    /// Payments, planted ones included
    #[arg(long, default_value_t = 200_000)]
    payments: u32,
    /// Planted fraud cases
    #[arg(long, default_value_t = 120)]
    cases: u32,
    /// When the stream ends, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    end: Option<Timestamp>,
}

/// Generates the world and says what was written, or plays the days.
pub fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    match (&arguments.out, arguments.days) {
        (Some(out), _) => generate(arguments, out, output),
        (None, Some(days)) => drill(arguments, days, data, output),
        // The parser asks for one of them.
        (None, None) => Ok(()),
    }
}

/// Plays `days` for each seed, in a folder of its own below the state folder, which is removed when all went well.
fn drill(arguments: &Arguments, days: u32, data: &Path, output: &Output) -> anyhow::Result<()> {
    let config = DrillsConfig {
        seed: arguments.seed,
        seeds: arguments.seeds,
        days,
        dir: data.join("drill"),
    };
    let mut progress = Progress::new(output, "seeds");
    let all = u64::from(arguments.seeds);
    let played =
        tokio::task::block_in_place(|| run_drills(&config, &mut |done| progress.at(done, all)));
    let played = played.map_err(|(seed, error)| match error {
        DrillError::Broken { .. } => {
            let dir = config.dir_of(seed);
            let detail = format!("{error}; the record is in {}", dir.display());
            refusal(ErrorCode::DrillBroken, detail)
        }
        DrillError::Setup(_) | DrillError::Store(_) | DrillError::Casework(_) => {
            anyhow::Error::from(error).context(format!("seed {seed}"))
        }
    })?;
    progress.finish();
    // Other drills may be under way beside this one.
    drop(std::fs::remove_dir(&config.dir));
    output.result(&played, || told(&played, days))
}

fn told(played: &[DrillSummary], days: u32) -> String {
    let sum = |of: fn(&DrillSummary) -> u64| played.iter().map(of).sum::<u64>();
    format!(
        "every promise held over {days} days, {} seed(s): {} reports, {} leads to their outcome, {} shifts, {} measures, \
         {} appeals, {} jobs, {} outages, {} crashes, {} clock jumps, {} steps refused; {} audit entries verified",
        played.len(),
        sum(|it| it.reports),
        sum(|it| it.leads as u64),
        sum(|it| it.shifts),
        sum(|it| it.measures as u64),
        sum(|it| it.appeals as u64),
        sum(|it| it.jobs),
        sum(|it| it.outages),
        sum(|it| it.crashes),
        sum(|it| it.clock_jumps),
        sum(|it| it.refused),
        sum(|it| it.audit_entries),
    )
}

fn generate(arguments: &Arguments, out: &Path, output: &Output) -> anyhow::Result<()> {
    let end = arguments.end.unwrap_or_else(|| Ctx::system().now());
    let config = WorldConfig {
        accounts: arguments.accounts,
        payments: arguments.payments,
        cases: arguments.cases,
        ..WorldConfig::new(arguments.seed, end)
    };
    let world = world::generate(&config)?;
    let files = world.write_csv(out)?;
    output.result(&files, || {
        format!(
            "wrote {}, {} and the truth beside them",
            files.tx.display(),
            files.accounts.display()
        )
    })
}
