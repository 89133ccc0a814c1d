//! A sandbox institution: a bank, wallet or fund company as a process of its own, with its own ledger and its own
//! order endpoint, that behaves as real ones do: it takes its time, refuses, executes in part, goes down, answers
//! twice, late or not at all.
//!
//! Invariants: an order acknowledged is in the journal and survives `kill -9`; an application id takes effect once
//! and its duplicates get the first answer; held money is never paid out; executed debits reach Stanch at least once.
//! What it does not do: know anything of Stanch's code. It speaks the wire only.

mod books;
mod config;
mod deliver;
mod desk;
mod document;
mod http;
mod journal;
mod judge;
mod listener;
mod load;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use stanch_types::{Ctx, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use books::Verdict;
pub use config::{DownWindow, FaultConfig, LatencyConfig, MsRange, SandboxConfig};
pub(crate) use deliver::client;
pub use document::{AnswerMessage, Disputed, Hold, Officer, OrderDocument, Target};
pub(crate) use load::ACCOUNTS_HEADER;

use crate::SimError;
use desk::Desk;
use listener::{Cut, CuttableListener};

/// A sandbox institution running in this process. Dropping it is like [`RunningSandbox::kill`] without the wait.
#[derive(Debug)]
pub struct RunningSandbox {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), SimError>>,
}

impl RunningSandbox {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it after the requests in flight.
    ///
    /// # Errors
    /// What ended it, if it did not end by this call.
    pub async fn stop(mut self) -> Result<(), SimError> {
        self.stop.send_replace(true);
        ended((&mut self.task).await)
    }

    /// Ends it at once, like `kill -9`, and waits until its address is free.
    pub async fn kill(mut self) {
        self.task.abort();
        // Aborted is what was wanted.
        let _ = (&mut self.task).await;
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn ended(joined: Result<Result<(), SimError>, tokio::task::JoinError>) -> Result<(), SimError> {
    joined.unwrap_or_else(|error| Err(SimError::Task(error.to_string())))
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
    if let Some(parent) = config.parent_pid {
        die_with(parent)?;
    }
    let mut running = start(config, ctx).await?;
    tokio::select! {
        () = shutdown => running.stop().await,
        joined = &mut running.task => ended(joined),
    }
}

/// Starts one institution in this process; it listens when this returns.
///
/// # Errors
/// [`SimError`] when the config, the files or the address are unusable.
pub async fn start(config: SandboxConfig, ctx: Ctx) -> Result<RunningSandbox, SimError> {
    let desk = tokio::task::spawn_blocking(move || Desk::open(config, ctx))
        .await
        .map_err(|error| SimError::Task(error.to_string()))??;
    let desk = Arc::new(desk);
    let listener = bind(&desk.config).await?;
    let address = listener
        .local_addr()
        .map_err(SimError::io("read the address of", "listener"))?;
    let file = desk.config.state_dir.join("address");
    write_whole(&file, &address.to_string())?;
    let (stop, stopped) = watch::channel(false);
    let client = client()?;
    let task = tokio::spawn(async move {
        // All are dropped, and thereby stopped, when one of them ends.
        tokio::select! {
            error = deliver::carry_out(Arc::clone(&desk)) => Err(error),
            error = deliver::answer(Arc::clone(&desk), client.clone()) => Err(error),
            error = deliver::push(Arc::clone(&desk), client) => Err(error),
            served = serve(Arc::clone(&desk), listener, address, stopped) => served,
        }
    });
    Ok(RunningSandbox {
        address,
        stop,
        task,
    })
}

/// Binds the configured address, or with port 0 the one of the last start if it is still free.
async fn bind(config: &SandboxConfig) -> Result<TcpListener, SimError> {
    if config.listen.port() == 0
        && let Ok(text) = std::fs::read_to_string(config.state_dir.join("address"))
        && let Ok(last) = text.trim().parse::<SocketAddr>()
        && let Ok(listener) = TcpListener::bind(last).await
    {
        return Ok(listener);
    }
    bind_at(config.listen).await
}

async fn bind_at(address: SocketAddr) -> Result<TcpListener, SimError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| SimError::Listen {
            address: address.to_string(),
            source,
        })
}

/// Serves until stopped, and not at all during windows in which connections are refused.
async fn serve(
    desk: Arc<Desk>,
    listener: TcpListener,
    address: SocketAddr,
    stopped: watch::Receiver<bool>,
) -> Result<(), SimError> {
    let mut listener = Some(listener);
    while !*stopped.borrow() {
        let now = desk.ctx.now();
        let windows = desk
            .config
            .faults
            .down
            .iter()
            .filter(|w| w.refuse_connections);
        if let Some(window) = windows.clone().find(|window| window.contains(now)) {
            listener = None;
            sleep_until(&desk.ctx, window.until, stopped.clone()).await;
            continue;
        }
        let closes_at = windows
            .map(|window| window.from)
            .filter(|from| *from > now)
            .min();
        let open = match listener.take() {
            Some(listener) => listener,
            None => bind_at(address).await?,
        };
        let service = http::router(Arc::clone(&desk)).into_make_service_with_connect_info::<Cut>();
        let (ctx, stopped) = (desk.ctx.clone(), stopped.clone());
        let closing = async move {
            match closes_at {
                Some(at) => sleep_until(&ctx, at, stopped).await,
                None => wait_stopped(stopped).await,
            }
        };
        axum::serve(CuttableListener(open), service)
            .with_graceful_shutdown(closing)
            .await
            .map_err(|source| SimError::Listen {
                address: address.to_string(),
                source,
            })?;
    }
    Ok(())
}

async fn wait_stopped(mut stopped: watch::Receiver<bool>) {
    // An error means the handle is gone, which is as good as being stopped.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn sleep_until(ctx: &Ctx, at: Timestamp, stopped: watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(at.since(ctx.now()).to_std()) => {}
        () = wait_stopped(stopped) => {}
    }
}

/// Writes a small file so that a reader never sees half of it.
fn write_whole(path: &Path, text: &str) -> Result<(), SimError> {
    let draft = path.with_extension("new");
    std::fs::write(&draft, text)
        .and_then(|()| std::fs::rename(&draft, path))
        .map_err(SimError::io("write", path))
}

/// Asks the kernel to end this process with its parent, and checks that the parent still lives.
fn die_with(parent: u32) -> Result<(), SimError> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)
        .map_err(|errno| SimError::Task(format!("cannot follow the parent: {errno}")))?;
    if u32::try_from(nix::unistd::getppid().as_raw()) == Ok(parent) {
        Ok(())
    } else {
        Err(SimError::Task("the parent is gone".into()))
    }
}
