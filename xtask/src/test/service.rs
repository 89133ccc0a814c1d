//! A `stanch serve` of our own on an empty folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http;
use crate::process::{Output, Program, Server};
use crate::repo::Repo;

/// The demo makes its city first.
const READY_LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(100);

/// A running server; stopped, and its folder removed, when dropped.
pub struct Service {
    server: Option<Server>,
    data: PathBuf,
    binary: PathBuf,
    port: u16,
    output: Output,
}

impl Service {
    /// An empty state folder with no server yet: [`Service::stanch`] fills it, [`Service::serve`] serves it.
    pub fn prepare(repo: &Repo, output: &Output, port: u16) -> Result<Self> {
        let data = std::env::temp_dir().join(format!("stanch-xtask-{}-{port}", std::process::id()));
        std::fs::create_dir(&data).with_context(|| format!("cannot make {}", data.display()))?;
        Ok(Self {
            server: None,
            data,
            binary: repo.dev_binary(),
            port,
            output: output.clone(),
        })
    }

    /// Runs a `stanch` command on the folder.
    pub fn stanch(&self, arguments: &[&str]) -> Result<()> {
        self.program(arguments).run(&self.output)
    }

    /// A `stanch` command on the folder, not yet run.
    pub fn program(&self, arguments: &[&str]) -> Program {
        let data = self.data.display().to_string();
        let start = ["--data", &data];
        Program::new(&self.binary, [&start, arguments].concat(), Path::new("/"))
    }

    /// Starts the server and waits until it is ready.
    pub fn serve(&mut self) -> Result<()> {
        self.run(&["serve"])
    }

    /// Starts `serve`, or another command that serves, and waits until it is ready.
    pub fn run(&mut self, command: &[&str]) -> Result<()> {
        let listen = format!("127.0.0.1:{}", self.port);
        let listen = ["--listen", &listen];
        let mut server = self
            .program(&[command, &listen].concat())
            .serve(&self.output)?;
        let deadline = Instant::now() + READY_LIMIT;
        let probe = http::Request::get("/readyz");
        while let Err(error) = http::expect_success(self.port, &probe) {
            if let Some(status) = server.ended()? {
                bail!("stanch {} ended with {status}", command.join(" "));
            }
            if Instant::now() > deadline {
                return Err(error.context(format!("not ready after {READY_LIMIT:?}")));
            }
            std::thread::sleep(POLL);
        }
        self.server = Some(server);
        Ok(())
    }

    /// Where its programs' output goes.
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> Result<bool> {
        match &mut self.server {
            Some(server) => Ok(server.ended()?.is_none()),
            None => Ok(false),
        }
    }

    /// The port it listens on.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A path inside the state folder.
    pub fn path(&self, name: &str) -> String {
        self.data.join(name).display().to_string()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.server.take());
        drop(std::fs::remove_dir_all(&self.data));
    }
}
