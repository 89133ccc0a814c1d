//! Runs the institutions as child processes that die with this one.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration as StdDuration;

use stanch_types::institution::Institution;
use stanch_types::{Ctx, Duration};

use super::{DemoConfig, files};
use crate::SimError;
use crate::sandbox::SandboxConfig;

/// How long the institutions may take to come up.
const START_MAX: Duration = Duration::from_secs(30);
const POLL: StdDuration = StdDuration::from_millis(25);

/// The institutions' processes. They are spawned and kept by a thread of their own, because the kernel ends them
/// with the thread that spawned them, not with the process.
#[derive(Debug)]
pub(super) struct Children {
    process_ids: Vec<u32>,
    /// Dropped: the keeper ends the processes.
    keep: Option<SyncSender<()>>,
    keeper: Option<std::thread::JoinHandle<()>>,
}

impl Children {
    pub fn process_ids(&self) -> Vec<u32> {
        self.process_ids.clone()
    }

    /// Ends the processes and waits for them.
    pub async fn stop(&mut self) {
        self.keep = None;
        if let Some(keeper) = self.keeper.take() {
            // A keeper that panicked has no processes left to wait for.
            let _ = tokio::task::spawn_blocking(move || keeper.join()).await;
        }
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.keep = None;
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

/// Spawns one process per config and waits until each answers its health check.
pub(super) async fn spawn(
    config: &DemoConfig,
    sandboxes: &[SandboxConfig],
    ctx: &Ctx,
) -> Result<(Children, Vec<Institution>), SimError> {
    let commands: Vec<(String, Command)> = sandboxes
        .iter()
        .map(|sandbox| command(config, sandbox))
        .collect::<Result<_, _>>()?;
    let (keep, kept) = sync_channel(1);
    let (tell, told) = sync_channel(1);
    let keeper = std::thread::Builder::new()
        .name("institutions".into())
        .spawn(move || keep_children(commands, &tell, &kept))
        .map_err(|error| SimError::Task(error.to_string()))?;
    let mut children = Children {
        process_ids: Vec::new(),
        keep: Some(keep),
        keeper: Some(keeper),
    };
    let spawned = tokio::task::spawn_blocking(move || told.recv())
        .await
        .map_err(|error| SimError::Task(error.to_string()))?
        .map_err(|error| SimError::Task(error.to_string()))?;
    children.process_ids = spawned?;
    let client = crate::sandbox::client()?;
    let deadline = ctx.now().plus(START_MAX);
    let mut institutions = Vec::new();
    for sandbox in sandboxes {
        let address = loop {
            match healthy(&client, &sandbox.state_dir).await {
                Some(address) => break address,
                None if ctx.now() < deadline => tokio::time::sleep(POLL).await,
                None => {
                    return Err(SimError::Child {
                        code: sandbox.code.to_string(),
                        detail: "did not come up in time; see its log".into(),
                    });
                }
            }
        };
        institutions.push(Institution {
            code: sandbox.code.clone(),
            name: sandbox.name.clone(),
            kind: sandbox.kind,
            endpoint: Some(format!("http://{address}")),
            webhook_secret: Some(sandbox.webhook_secret.clone()),
            order_latency_ms: files::typical_ms(&sandbox.latency),
        });
    }
    Ok((children, institutions))
}

fn command(config: &DemoConfig, sandbox: &SandboxConfig) -> Result<(String, Command), SimError> {
    let dir = config.dir.join(sandbox.code.as_str());
    // A stale address of an earlier run must not be taken for this one.
    let address = sandbox.state_dir.join("address");
    if address.exists() {
        std::fs::remove_file(&address).map_err(SimError::io("remove", &address))?;
    }
    let log_path = dir.join("log");
    let log = std::fs::File::create(&log_path).map_err(SimError::io("create", &log_path))?;
    let mut command = Command::new(&config.executable);
    command
        .arg("sandbox")
        .arg("--config")
        .arg(dir.join("config.json"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    Ok((sandbox.code.to_string(), command))
}

async fn healthy(client: &reqwest::Client, state_dir: &Path) -> Option<SocketAddr> {
    let text = std::fs::read_to_string(state_dir.join("address")).ok()?;
    let address: SocketAddr = text.trim().parse().ok()?;
    let answer = client
        .get(format!("http://{address}/healthz"))
        .send()
        .await
        .ok()?;
    answer.status().is_success().then_some(address)
}

/// The keeper's life: spawn all, say so, wait to be let go, end all.
fn keep_children(
    commands: Vec<(String, Command)>,
    tell: &SyncSender<Result<Vec<u32>, SimError>>,
    kept: &Receiver<()>,
) {
    let mut children: Vec<Child> = Vec::new();
    let mut failed = None;
    for (code, mut command) in commands {
        match command.spawn() {
            Ok(child) => children.push(child),
            Err(error) => {
                failed = Some(SimError::Child {
                    code,
                    detail: format!("cannot start: {error}"),
                });
                break;
            }
        }
    }
    let answer = match failed {
        Some(error) => Err(error),
        None => Ok(children.iter().map(Child::id).collect()),
    };
    let started = answer.is_ok();
    if tell.send(answer).is_ok() && started {
        // Answers an error once the other side is dropped, which is the sign to end.
        let _ = kept.recv();
    }
    for child in &mut children {
        // Already dead is as good.
        let _ = child.kill();
    }
    for child in &mut children {
        let _ = child.wait();
    }
}
