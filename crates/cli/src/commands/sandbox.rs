//! `stanch sandbox`: one simulated institution.

use std::path::PathBuf;

use clap::Args;
use stanch_sim::sandbox;
use stanch_types::Ctx;

/// Arguments of `stanch sandbox`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The institution's configuration (JSON)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Serves one institution until it is told to stop.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = sandbox::SandboxConfig::read(&arguments.config)?;
    sandbox::run(config, Ctx::system(), super::stop_signal()).await?;
    Ok(())
}
