//! `cargo xtask openapi`: docs/openapi.json from the server's code, the web client's types from that.

use anyhow::Result;

use crate::process::{Output, Program};
use crate::repo::Repo;
use crate::web;

/// Writes both anew. The test that compares the committed description with the served one can also write it.
pub fn run(repo: &Repo) -> Result<()> {
    let terminal = Output::Inherit;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let test = [
        "test",
        "--locked",
        "--package",
        "stanch-server",
        "--lib",
        "openapi",
    ];
    Program::new(cargo, test, repo.root())
        .env("UPDATE_OPENAPI", "1")
        .run(&terminal)?;
    web::install(repo, &terminal)?;
    web::npm(repo, &["run", "gen"], &terminal)
}
