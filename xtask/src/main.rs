//! Repository tasks: `cargo xtask tidy | test | demo | web | openapi | tables`.
//!
//! `test` is everything that must hold before a change lands; `.ci/run` calls only that. `demo` is everything a
//! newcomer needs to see Stanch at work. Both install what is missing when they run as root, and else say exactly
//! what to install.

mod demo;
mod http;
mod openapi;
mod packages;
mod process;
mod repo;
mod tables;
mod test;
mod tidy;
mod web;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::repo::Repo;

/// Tasks of the Stanch repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Checks file and function length, crate edges, names, error pages, where SQL is, licences
    Tidy,
    /// Runs every check and test there is
    Test(test::Options),
    /// Builds everything and shows Stanch beside a simulated city
    Demo(demo::Options),
    /// Builds the console into web/dist
    Web,
    /// Writes docs/openapi.json and the web client's types anew
    Openapi,
    /// Writes the tables of text folding anew from open data
    Tables,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs `task`; `false` means that it found something wrong and has said what.
fn run(task: &Task) -> Result<bool> {
    let repo = Repo::find()?;
    match task {
        Task::Tidy => tidy::run(&repo),
        Task::Test(options) => test::run(&repo, options),
        Task::Demo(options) => demo::run(&repo, options),
        Task::Web => web::build(&repo, &process::Output::Inherit).map(|()| true),
        Task::Openapi => openapi::run(&repo).map(|()| true),
        Task::Tables => tables::run(&repo).map(|()| true),
    }
}
