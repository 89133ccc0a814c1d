//! The suites that need PostgreSQL, on a private server: its own folder, a free port, gone afterwards.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Scene, rust};
use crate::packages::{self, is_root};
use crate::process::{Output, Program, free_port, is_installed};

/// Where the suites look for the server.
const URL_VARIABLE: &str = "STANCH_TEST_POSTGRES_URL";
/// The account that Debian's package makes; the server refuses to run as root.
const ACCOUNT: &str = "postgres";

/// Starts a server, or takes the one that the variable names, and runs the suites.
pub fn run(scene: &Scene<'_>) -> Result<()> {
    if let Ok(url) = std::env::var(URL_VARIABLE) {
        return suites(scene, &url);
    }
    let server = Server::start(scene)?;
    suites(scene, &server.url())
}

fn suites(scene: &Scene<'_>, url: &str) -> Result<()> {
    for selection in [rust::Selection::OnlyPostgres, rust::Selection::EitherRecord] {
        rust::cargo(scene, &rust::runner(selection))
            .env(URL_VARIABLE, url)
            .run(&scene.output)?;
    }
    Ok(())
}

/// A running private server; stopped when dropped.
struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    output: Output,
}

impl Server {
    fn start(scene: &Scene<'_>) -> Result<Self> {
        let output = &scene.output;
        let programs = match programs() {
            Some(found) => found,
            None => {
                packages::install("PostgreSQL", &["postgresql"], output)?;
                programs().context("the package postgresql brought no initdb")?
            }
        };
        if is_root() {
            packages::need("runuser", &["util-linux"], output)?;
        }
        let server = Self {
            programs,
            folder: folder(scene),
            port: free_port()?,
            output: output.clone(),
        };
        // An earlier run that was killed may have left a server behind.
        server.stop();
        std::fs::create_dir(&server.folder)
            .with_context(|| format!("cannot make {}", server.folder.display()))?;
        if is_root() {
            let folder = server.folder.as_os_str();
            Program::new("chown", [ACCOUNT.as_ref(), folder], Path::new("/")).run(output)?;
        }
        let data = server.data();
        let initdb = [
            "-D",
            &data,
            "-U",
            ACCOUNT,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ];
        server.program("initdb", &initdb).run(output)?;
        server.pg_ctl_start()?;
        Ok(server)
    }

    fn pg_ctl_start(&self) -> Result<()> {
        let Self { port, folder, .. } = self;
        let folder = folder.display();
        // Nothing here outlives the tests, so nothing need reach the disk.
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} \
             -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300"
        );
        let log = format!("{folder}/server.log");
        let data = self.data();
        let start = [
            "-D", &data, "-w", "-t", "60", "-l", &log, "-o", &options, "start",
        ];
        self.program("pg_ctl", &start).run(&self.output)
    }

    fn url(&self) -> String {
        format!("postgres://{ACCOUNT}@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    /// One of the server's programs, as an account that is not root.
    fn program(&self, name: &str, arguments: &[&str]) -> Program {
        let path = self.programs.join(name).display().to_string();
        let root = Path::new("/");
        if is_root() {
            let start = ["-u", ACCOUNT, "--", &path];
            Program::new("runuser", [&start, arguments].concat(), root)
        } else {
            Program::new(path, arguments, root)
        }
    }

    fn stop(&self) {
        if self.folder.join("data/postmaster.pid").exists() {
            let data = self.data();
            let stop = ["-D", &data, "-w", "-m", "immediate", "stop"];
            drop(self.program("pg_ctl", &stop).run(&self.output));
        }
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A folder that the server's account can reach, the same for every run with one build folder.
fn folder(scene: &Scene<'_>) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    scene.repo.target("").hash(&mut hasher);
    std::env::temp_dir().join(format!("stanch-postgres-{:016x}", hasher.finish()))
}

/// The folder of `initdb`: Debian keeps it off the search path; the newest version is taken.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let newest = versions
        .filter_map(|entry| entry.ok())
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| programs_of(*version).join("initdb").is_file())
        .max();
    if newest.is_none() && is_installed("initdb") {
        let path = std::env::var_os("PATH")?;
        return std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file());
    }
    newest.map(programs_of)
}

fn programs_of(version: u32) -> PathBuf {
    PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))
}
