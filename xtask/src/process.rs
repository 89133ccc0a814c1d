//! Running other programs: without stdin, with a log, within a time.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Where a program's output goes.
#[derive(Debug, Clone)]
pub enum Output {
    /// To the terminal.
    Inherit,
    /// To the end of a file.
    Log(PathBuf),
}

/// A program to run.
#[derive(Debug)]
pub struct Program {
    command: Command,
    shown: String,
    limit: Option<Duration>,
    input: Option<String>,
}

/// Longest run of a program that sets no limit of its own.
const LIMIT_DEFAULT: Duration = Duration::from_secs(45 * 60);
const POLL: Duration = Duration::from_millis(50);

impl Program {
    /// `name` with `arguments`, to be run in `folder`.
    pub fn new<A: AsRef<OsStr>>(
        name: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = A>,
        folder: &Path,
    ) -> Self {
        let mut command = Command::new(name.as_ref());
        command
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null());
        // What cargo set for this task would make nested builds think that their environment changed.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        let shown = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|part| part.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ");
        Self {
            command,
            shown,
            limit: Some(LIMIT_DEFAULT),
            input: None,
        }
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Ends the program if it runs longer than `limit`.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Lets the program run as long as it likes.
    pub fn without_limit(mut self) -> Self {
        self.limit = None;
        self
    }

    /// Gives the program `text` on its stdin. For texts that fit a pipe (64 KiB).
    pub fn input(mut self, text: &str) -> Self {
        self.command.stdin(Stdio::piped());
        self.input = Some(text.to_owned());
        self
    }

    /// Lets the program read this task's stdin.
    pub fn with_stdin(mut self) -> Self {
        self.command.stdin(Stdio::inherit());
        self
    }

    /// Runs it to its end.
    pub fn status(mut self, output: &Output) -> Result<ExitStatus> {
        let mut child = self.start(output)?;
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if let Some(limit) = self.limit.filter(|limit| start.elapsed() > *limit) {
                child.kill()?;
                child.wait()?;
                bail!("`{}` ran longer than {limit:?}", self.shown);
            }
            std::thread::sleep(POLL);
        }
    }

    /// Runs it to its end and asks for success.
    pub fn run(self, output: &Output) -> Result<()> {
        let shown = self.shown.clone();
        let status = self.status(output)?;
        if status.success() {
            Ok(())
        } else {
            bail!("`{shown}` ended with {status}")
        }
    }

    /// Starts it and lets it run until the answer is dropped.
    pub fn serve(mut self, output: &Output) -> Result<Server> {
        self.start(output).map(Server)
    }

    /// Its standard output, if it succeeds.
    pub fn read(mut self) -> Result<String> {
        let output = self
            .command
            .output()
            .with_context(|| format!("cannot run `{}`", self.shown))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            bail!("`{}` ended with {}: {message}", self.shown, output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn start(&mut self, output: &Output) -> Result<Child> {
        if let Output::Log(path) = output {
            let mut log = File::options().create(true).append(true).open(path)?;
            writeln!(log, "$ {}", self.shown)?;
            self.command.stdout(log.try_clone()?).stderr(log);
        }
        let mut child = self
            .command
            .spawn()
            .with_context(|| format!("cannot run `{}`", self.shown))?;
        if let (Some(mut stdin), Some(text)) = (child.stdin.take(), &self.input) {
            stdin.write_all(text.as_bytes())?;
        }
        Ok(child)
    }
}

/// A program that runs until this is dropped.
#[derive(Debug)]
pub struct Server(Child);

impl Server {
    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.0.id().to_string();
        // Ask first: a server then flushes and stops its own children.
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        let deadline = Instant::now() + Duration::from_secs(10);
        while asked.is_ok() && Instant::now() < deadline {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(POLL);
        }
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Whether `name` is on the search path.
pub fn is_installed(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// The last `lines` lines of a file; empty if it cannot be read. Reads at most 256 KiB.
pub fn tail(path: &Path, lines: usize) -> String {
    let read = || -> Result<String> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(256 * 1024)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..)
        .unwrap_or_default()
        .join("\n")
}

/// A TCP port of 127.0.0.1 that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_and_overrun_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let log = Output::Log(folder.path().join("log"));
        assert!(
            Program::new("false", [""; 0], folder.path())
                .run(&log)
                .is_err()
        );
        let overrun = Program::new("sleep", ["60"], folder.path()).limit(Duration::ZERO);
        assert!(
            overrun
                .run(&log)
                .unwrap_err()
                .to_string()
                .contains("longer")
        );
        assert!(
            Program::new("no-such-program", [""; 0], folder.path())
                .run(&log)
                .is_err()
        );
    }

    #[test]
    fn tail_gives_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(tail(&path, 2), "two\nthree");
        assert_eq!(tail(&folder.path().join("none"), 2), "");
    }
}
