//! The one binary `stanch`: every capability as a command.
//!
//! Every command takes `--data DIR` (the state folder) and `--json` (machine output on stdout, messages on stderr).
//! Exit status: 0 ok, 1 refused or found wrong, 2 usage.

mod commands;
mod data_dir;
mod failure;
mod output;
mod progress;
mod record;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::output::Output;

/// Deciding makes and drops many small values on several threads, which this allocator does faster than the system's
/// (`bench/http.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit status of a command that was refused or found something wrong.
const EXIT_REFUSED: u8 = 1;

/// Stanch: detect fraud, follow the money, stop it.
#[derive(Debug, Parser)]
#[command(
    name = "stanch",
    version,
    max_term_width = 100,
    propagate_version = true
)]
struct Arguments {
    /// State folder; made if it does not exist
    #[arg(
        long,
        global = true,
        env = "STANCH_DATA",
        value_name = "DIR",
        default_value = "stanch-data"
    )]
    data: PathBuf,

    /// Machine output (JSON) on stdout, messages on stderr
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    init_tracing();
    let output = Output::new(arguments.json);
    match run(&arguments, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(EXIT_REFUSED)
        }
    }
}

fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(commands::run(&arguments.command, &arguments.data, output));
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

/// Logs go to stderr; `RUST_LOG` chooses what (default: warnings, and `info` of our own crates when serving).
fn init_tracing() {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
