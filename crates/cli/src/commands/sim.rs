//! `stanch sim`: a simulated world as files.

use std::path::PathBuf;

use clap::Args;
use stanch_sim::world::{self, WorldConfig};
use stanch_types::{Ctx, Timestamp};

use crate::output::Output;

/// Arguments of `stanch sim`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder to write tx.csv, accounts.csv, cases.csv and the truth files into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
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

/// Generates the world and says what was written.
pub fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let end = arguments.end.unwrap_or_else(|| Ctx::system().now());
    let config = WorldConfig {
        accounts: arguments.accounts,
        payments: arguments.payments,
        cases: arguments.cases,
        ..WorldConfig::new(arguments.seed, end)
    };
    let world = world::generate(&config)?;
    let files = world.write_csv(&arguments.out)?;
    output.result(&files, || {
        format!(
            "wrote {}, {} and the truth beside them",
            files.tx.display(),
            files.accounts.display()
        )
    })
}
