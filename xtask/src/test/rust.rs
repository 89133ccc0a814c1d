//! Steps that call cargo.

use std::fs::File;
use std::io::Write;

use anyhow::Result;

use super::Scene;
use crate::process::{Program, is_installed};

/// `cargo` with `arguments` in the repository, as the toolchain that runs this.
pub fn cargo(scene: &Scene<'_>, arguments: &[&str]) -> Program {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Program::new(cargo, arguments, scene.repo.root()).env("CARGO_TERM_COLOR", "never")
}

/// Adds a component of the toolchain that minimal images leave out, where rustup can.
fn need_component(scene: &Scene<'_>, program: &str, component: &str) -> Result<()> {
    let works = cargo(scene, &[program, "--version"]).read().is_ok();
    if works || !is_installed("rustup") {
        return Ok(());
    }
    Program::new("rustup", ["component", "add", component], scene.repo.root()).run(&scene.output)
}

/// `cargo fmt --check`.
pub fn format(scene: &Scene<'_>) -> Result<()> {
    need_component(scene, "fmt", "rustfmt")?;
    cargo(scene, &["fmt", "--all", "--check"]).run(&scene.output)
}

/// `cargo clippy` with warnings refused.
pub fn clippy(scene: &Scene<'_>) -> Result<()> {
    need_component(scene, "clippy", "clippy")?;
    let arguments = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    cargo(scene, &arguments).run(&scene.output)
}

/// `cargo deny`, where it is installed. The licence check of `tidy` runs everywhere.
pub fn deny(scene: &Scene<'_>) -> Result<()> {
    if !is_installed("cargo-deny") {
        return note(
            scene,
            "cargo-deny is not installed: passed over\n0 passed, 0 failed, 1 skipped",
        );
    }
    cargo(
        scene,
        &["deny", "--offline", "check", "bans", "licenses", "sources"],
    )
    .run(&scene.output)
}

/// Which tests to run. Those that need PostgreSQL have this word in their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All that need no PostgreSQL.
    WithoutPostgres,
    /// Those that need it.
    OnlyPostgres,
    /// Those whose record is in PostgreSQL when a server is named, else in SQLite.
    EitherRecord,
}

/// The integration tests that run on either record.
const EITHER_RECORD: &str = "kind(test) and not test(postgres) and not test(truth) and \
    (package(stanch-orders) or package(stanch-casework) or package(stanch-server) or package(stanch-cli))";

/// Builds `stanch` as the tests did: `cargo build` would build every dependency again, with other features.
pub fn build_stanch(scene: &Scene<'_>) -> Result<()> {
    cargo(scene, &["test", "--locked", "--workspace", "--no-run"]).run(&scene.output)
}

/// Every crate's tests but those on PostgreSQL, and the examples in their docs.
pub fn tests(scene: &Scene<'_>) -> Result<()> {
    cargo(scene, &runner(Selection::WithoutPostgres)).run(&scene.output)?;
    if is_installed("cargo-nextest") {
        // nextest does not run examples in docs; `cargo test` did.
        cargo(scene, &["test", "--locked", "--workspace", "--doc"]).run(&scene.output)?;
    }
    Ok(())
}

/// Arguments of nextest where it is installed, else of `cargo test`.
pub fn runner(selection: Selection) -> Vec<&'static str> {
    let nextest = is_installed("cargo-nextest");
    let start: &[&str] = if nextest {
        &["nextest", "run"]
    } else {
        &["test"]
    };
    // The traces of `truth` touch no record.
    let filter: &[&str] = match (selection, nextest) {
        (Selection::WithoutPostgres, true) => &["-E", "not test(postgres)"],
        (Selection::OnlyPostgres, true) => &["-E", "test(postgres)"],
        (Selection::EitherRecord, true) => &["-E", EITHER_RECORD],
        (Selection::WithoutPostgres, false) => &["--", "--skip", "postgres"],
        (Selection::OnlyPostgres, false) => &["postgres"],
        // Those of other crates run once more: `cargo test` cannot leave them out without another build.
        (Selection::EitherRecord, false) => &[
            "--test", "it", "--", "--skip", "postgres", "--skip", "truth",
        ],
    };
    // Always the whole workspace: with a part of it, dependencies have other features and are all built again.
    [
        start,
        &["--workspace", "--locked", "--no-fail-fast"],
        filter,
    ]
    .concat()
}

/// Writes a line into the step's log.
pub fn note(scene: &Scene<'_>, text: &str) -> Result<()> {
    let mut log = File::options().append(true).open(&scene.log)?;
    writeln!(log, "{text}")?;
    Ok(())
}
