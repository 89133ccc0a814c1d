//! `cargo xtask openapi`: docs/openapi.json from the server's code, the web client's types from that.

use std::path::Path;

use anyhow::{Context, Result};

use crate::process::{Output, Program, free_port};
use crate::repo::Repo;
use crate::test::service::Service;
use crate::{http, web};

const FILE: &str = "docs/openapi.json";

/// Writes both anew. The server is started on an empty folder and asked for the description that it serves.
pub fn run(repo: &Repo) -> Result<()> {
    let terminal = Output::Inherit;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--locked", "--package", "stanch-cli"];
    Program::new(cargo, build, repo.root()).run(&terminal)?;
    let service = Service::start(repo, &terminal, free_port()?)?;
    let served = http::expect_success(service.port(), &http::Request::get("/openapi.json"))?;
    drop(service);
    let description: serde_json::Value =
        serde_json::from_str(&served).context("the served description is not JSON")?;
    let mut text = serde_json::to_string_pretty(&description)?;
    text.push('\n');
    std::fs::write(repo.path(FILE), text)?;
    println!("wrote {}", Path::new(FILE).display());
    web::install(repo, &terminal)?;
    web::npm(repo, &["run", "gen"], &terminal)
}
