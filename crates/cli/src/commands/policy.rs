//! `stanch policy`: check, test, lay out, compare and document a policy's folder.

mod test;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use stanch_rules::diagnostic::{Diagnostics, render};
use stanch_rules::syntax::print;
use stanch_rules::{Policy, PolicyFiles, diff, document, policy};
use stanch_types::ErrorCode;

use super::policy_life::{self, PolicyLife};
use crate::failure::refusal;
use crate::output::Output;

/// What can be done with a policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Find what is wrong with a policy
    Check(CheckArguments),
    /// Run the tests that a policy declares
    Test(test::Arguments),
    /// Lay policy files out the one way; says which it changed
    Fmt(FmtArguments),
    /// Show what changed from one policy to another, declaration by declaration
    Diff(DiffArguments),
    /// Print the policy's own reference (Markdown): event kinds, features, rules with owners
    Docs(DocsArguments),
    /// Versions and who lets them decide
    #[command(flatten)]
    Life(PolicyLife),
}

/// Arguments of `stanch policy check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The policy's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Arguments of `stanch policy fmt`.
#[derive(Debug, Args)]
pub struct FmtArguments {
    /// A policy's folder, or one file of it
    #[arg(value_name = "DIR|FILE")]
    path: PathBuf,

    /// Change nothing; exit 1 when a file is not laid out
    #[arg(long)]
    check: bool,
}

/// Arguments of `stanch policy diff`.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The old policy's folder
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The new policy's folder
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

/// Arguments of `stanch policy docs`.
#[derive(Debug, Args)]
pub struct DocsArguments {
    /// The policy's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs `command`.
pub async fn run(command: &PolicyCommand, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        PolicyCommand::Life(life) => policy_life::run(life, data, output).await,
        PolicyCommand::Check(arguments) => check(&arguments.folder, *output),
        PolicyCommand::Test(arguments) => test::run(arguments, *output),
        PolicyCommand::Fmt(arguments) => fmt(arguments, *output),
        PolicyCommand::Diff(arguments) => {
            let difference = diff::diff(&read(&arguments.old)?, &read(&arguments.new)?);
            output.result(&difference, || diff::to_text(&difference))
        }
        PolicyCommand::Docs(arguments) => {
            let files = read(&arguments.folder)?;
            match Policy::load(&files) {
                Ok(policy) => {
                    let page = document::page(&policy);
                    output.result(&Page { markdown: &page }, || page.clone())
                }
                Err(found) => refuse(&found, *output),
            }
        }
    }
}

/// The answer of `stanch policy docs --json`.
#[derive(Serialize)]
struct Page<'a> {
    markdown: &'a str,
}

/// The answer of `stanch policy check --json`.
#[derive(Serialize)]
struct Checked {
    policy: String,
    #[serde(flatten)]
    report: render::Report,
}

/// Reads the folder of a policy.
fn read(folder: &Path) -> anyhow::Result<PolicyFiles> {
    Ok(PolicyFiles::read(folder)?)
}

fn check(folder: &Path, output: Output) -> anyhow::Result<()> {
    let files = read(folder)?;
    let (program, found) = policy::check(&files);
    let checked = Checked {
        policy: files.hash().to_string(),
        report: render::to_report(&found),
    };
    if !found.items.is_empty() && !output.is_json() {
        output.note(render::to_text(&found).trim_end());
    }
    if found.has_errors() {
        if output.is_json() {
            output.result(&checked, String::new)?;
        }
        return Err(not_taken(&found));
    }
    output.result(&checked, || {
        format!(
            "ok: {} rules, {} scripts, {} features, {} lists on {} event kinds, {} tests\n{}",
            program.rules.len(),
            program.scripts.len(),
            program.declared_features().count(),
            program.lists.len(),
            program.events.len(),
            program.tests.len(),
            checked.policy
        )
    })
}

fn not_taken(found: &Diagnostics) -> anyhow::Error {
    let summary = render::summary(found);
    let detail = format!("the policy is not taken: {}", summary.trim_end());
    refusal(ErrorCode::RequestInvalid, detail)
}

/// Shows what is wrong and refuses.
fn refuse(found: &Diagnostics, output: Output) -> anyhow::Result<()> {
    output.note(render::to_text(found).trim_end());
    Err(not_taken(found))
}

/// The answer of `stanch policy fmt --json`.
#[derive(Serialize)]
struct Laid {
    /// Files that were laid out, or would be with `--check`.
    changed: Vec<PathBuf>,
}

fn fmt(arguments: &FmtArguments, output: Output) -> anyhow::Result<()> {
    let paths = if arguments.path.is_dir() {
        let files = read(&arguments.path)?;
        let policies = files.files().iter().filter(|file| file.is_policy());
        policies
            .map(|file| arguments.path.join(file.path()))
            .collect()
    } else {
        vec![arguments.path.clone()]
    };
    let mut changed = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let laid_out = match print::format(&text) {
            Ok(laid_out) => laid_out,
            Err(found) => {
                let mut sources = stanch_rules::source::SourceMap::default();
                sources.add(path.display().to_string(), text);
                return refuse(&Diagnostics::new(found, sources), output);
            }
        };
        if laid_out == text {
            continue;
        }
        if !arguments.check {
            std::fs::write(&path, laid_out)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        changed.push(path);
    }
    let is_refused = arguments.check && !changed.is_empty();
    let count = changed.len();
    let laid = Laid { changed };
    output.result(&laid, || {
        if laid.changed.is_empty() {
            return "every file is laid out".to_owned();
        }
        let lines = laid.changed.iter().map(|path| path.display().to_string());
        lines.collect::<Vec<_>>().join("\n")
    })?;
    if is_refused {
        let detail = format!("{count} files are not laid out; run `stanch policy fmt`");
        return Err(refusal(ErrorCode::RequestInvalid, detail));
    }
    Ok(())
}
