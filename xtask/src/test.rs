//! `cargo xtask test`: every check and test there is, in order, each with a log of its own.

mod api;
mod browser;
mod postgres;
mod rust;
mod service;
mod tally;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::process::{Output, tail};
use crate::repo::Repo;
use crate::{tidy, web};
use tally::Tally;

/// Options of `cargo xtask test`.
#[derive(Debug, Args)]
pub struct Options {
    /// Runs only this step; may be given more than once
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Passes over this step; may be given more than once
    #[arg(long, value_name = "STEP")]
    skip: Vec<String>,
    /// Says which steps there are, and runs none
    #[arg(long)]
    list: bool,
}

/// One step.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&Scene<'_>) -> Result<()>,
}

/// What a step works with.
struct Scene<'a> {
    repo: &'a Repo,
    log: PathBuf,
    output: Output,
}

/// In this order: what is fast and what the others need comes first. The server embeds the console, so that is
/// built before any Rust.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "Rust is formatted",
        run: rust::format,
    },
    Step {
        name: "tidy",
        about: "the repository's own rules, licences included",
        run: rules,
    },
    Step {
        name: "web",
        about: "the console: lint, types, unit tests, build",
        run: console,
    },
    Step {
        name: "clippy",
        about: "no warning from clippy",
        run: rust::clippy,
    },
    Step {
        name: "deny",
        about: "cargo-deny, where it is installed",
        run: rust::deny,
    },
    Step {
        name: "rust",
        about: "unit and integration tests of every crate",
        run: rust::tests,
    },
    Step {
        name: "postgres",
        about: "the record, and all that works on it, on a private PostgreSQL",
        run: postgres::run,
    },
    Step {
        name: "browser",
        about: "the console in Chromium against a running server",
        run: browser::run,
    },
    Step {
        name: "api",
        about: "schemathesis against a running server",
        run: api::run,
    },
];

/// Lines of a failed step's log that are printed.
const TAIL_LINES: usize = 80;

/// Runs the wanted steps, prints what came of them and says whether all passed.
pub fn run(repo: &Repo, options: &Options) -> Result<bool> {
    let names = || STEPS.iter().map(|step| step.name).collect::<Vec<_>>();
    if let Some(unknown) = options
        .only
        .iter()
        .chain(&options.skip)
        .find(|name| !names().contains(&name.as_str()))
    {
        bail!(
            "no step is called `{unknown}`; there are {}",
            names().join(", ")
        );
    }
    if options.list {
        for step in STEPS {
            println!("{:10} {}", step.name, step.about);
        }
        return Ok(true);
    }
    let logs = repo.target("xtask-logs");
    std::fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
    let start = Instant::now();
    let mut total = Tally::default();
    for step in STEPS {
        let wanted = options.only.is_empty() || options.only.iter().any(|name| name == step.name);
        if !wanted || options.skip.iter().any(|name| name == step.name) {
            continue;
        }
        total.add(run_step(
            repo,
            step,
            logs.join(format!("{}.log", step.name)),
        )?);
    }
    println!(
        "all steps took {}; logs are in {}",
        shown(start.elapsed()),
        logs.display()
    );
    println!("{total}");
    Ok(total.failed == 0)
}

fn run_step(repo: &Repo, step: &Step, log: PathBuf) -> Result<Tally> {
    println!("{:10} {} …", step.name, step.about);
    std::fs::write(&log, "").with_context(|| format!("cannot write {}", log.display()))?;
    let context = Scene {
        repo,
        output: Output::Log(log.clone()),
        log,
    };
    let start = Instant::now();
    let outcome = (step.run)(&context);
    let text = std::fs::read(&context.log).unwrap_or_default();
    let tally = Tally::of_step(&String::from_utf8_lossy(&text), outcome.is_ok());
    let took = shown(start.elapsed());
    match outcome {
        Ok(()) => println!("{:10} ok in {took}: {tally}", ""),
        Err(error) => {
            println!("{}", tail(&context.log, TAIL_LINES));
            println!(
                "{:10} FAILED in {took}: {error:#} (log: {})",
                step.name,
                context.log.display()
            );
        }
    }
    Ok(tally)
}

fn shown(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// The repository's rules run in this very program; their findings go to the log like any other output.
fn rules(context: &Scene<'_>) -> Result<()> {
    let (clean, report) = tidy::report(context.repo)?;
    std::fs::write(&context.log, report)?;
    anyhow::ensure!(clean, "tidy found something to mend");
    Ok(())
}

fn console(context: &Scene<'_>) -> Result<()> {
    web::install(context.repo, &context.output)?;
    for script in ["lint", "test", "build"] {
        web::npm(context.repo, &["run", script], &context.output)?;
    }
    Ok(())
}
