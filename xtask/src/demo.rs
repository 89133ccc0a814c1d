//! `cargo xtask demo`: from a fresh clone to the console with a city around it.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::process::{Output, Program};
use crate::repo::Repo;
use crate::{packages, web};

/// Options of `cargo xtask demo`.
#[derive(Debug, Args)]
pub struct Options {
    /// State folder; the default is a new one under the build folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Passed on to `stanch demo`
    #[arg(last = true, value_name = "ARGUMENTS")]
    rest: Vec<String>,
}

/// Builds what is not built and runs `stanch demo`, which prints the console's address and runs until Ctrl-C.
pub fn run(repo: &Repo, options: &Options) -> Result<bool> {
    let terminal = Output::Inherit;
    // aws-lc needs a C compiler.
    packages::need("cc", &["gcc", "libc6-dev"], &terminal)?;
    println!("building the console …");
    web::build_when_stale(repo, &terminal)?;
    println!("building stanch (release; the first time takes minutes) …");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--release", "--locked", "--package", "stanch-cli"];
    Program::new(cargo, build, repo.root()).run(&terminal)?;
    let data = match &options.data {
        Some(given) => std::path::absolute(given)?,
        None => fresh_folder(repo)?,
    };
    println!("state folder: {}", data.display());
    let mut arguments = vec!["--data".into(), data.into_os_string(), "demo".into()];
    arguments.extend(options.rest.iter().map(Into::into));
    let status = Program::new(repo.release_binary(), arguments, repo.root())
        .with_stdin()
        .without_limit()
        .status(&terminal)?;
    Ok(status.success())
}

/// `demo-1`, `demo-2` … under the build folder: the first that is not there.
fn fresh_folder(repo: &Repo) -> Result<PathBuf> {
    std::fs::create_dir_all(repo.target(""))?;
    let mut number = 1_u32;
    loop {
        let folder = repo.target(&format!("demo-{number}"));
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error.into()),
        }
    }
}
