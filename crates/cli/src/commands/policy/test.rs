//! `stanch policy test`: runs the tests that a policy declares.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use stanch_rules::Policy;
use stanch_rules::diagnostic::render;
use stanch_rules::explain::Place;
use stanch_rules::ir::Span;
use stanch_rules::source::SourceMap;
use stanch_rules::trial::{Failure, TestOutcome};
use stanch_types::ErrorCode;

use crate::failure::refusal;
use crate::output::Output;

/// Arguments of `stanch policy test`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The policy's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    policy: String,
    tests: usize,
    failed: usize,
    outcomes: &'a [TestOutcome],
}

/// Prints pass or fail of each test; fails when one does.
pub fn run(arguments: &Arguments, output: Output) -> anyhow::Result<()> {
    let files = super::read(&arguments.folder)?;
    let policy = match Policy::load(&files) {
        Ok(policy) => policy,
        Err(found) => return super::refuse(&found, output),
    };
    let outcomes = policy.run_tests();
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    let report = Report {
        policy: policy.hash().to_string(),
        tests: outcomes.len(),
        failed,
        outcomes: &outcomes,
    };
    let sources = &policy.warnings().sources;
    output.result(&report, || {
        let mut lines: Vec<String> = outcomes
            .iter()
            .map(|outcome| describe(outcome, sources))
            .collect();
        lines.push(format!("{} tests, {failed} failed", outcomes.len()));
        lines.join("\n")
    })?;
    if failed > 0 {
        let detail = format!("{failed} of {} tests of the policy failed", outcomes.len());
        return Err(refusal(ErrorCode::RequestInvalid, detail));
    }
    Ok(())
}

/// A line for a test, and one for each expectation that did not hold.
fn describe(outcome: &TestOutcome, sources: &SourceMap) -> String {
    let word = if outcome.passed() { "pass" } else { "FAIL" };
    let mut text = format!("{word}  {}", outcome.test);
    for failure in &outcome.failures {
        text.push_str(&format!(
            "\n      {}: {}",
            at(failure.place, sources),
            failure.message
        ));
        text.push_str(&why(failure));
    }
    text
}

/// How near a rule came that did not fire.
fn why(failure: &Failure) -> String {
    let conditions = failure.why.iter().flat_map(|why| &why.conditions);
    conditions
        .map(|because| {
            let held = match because.held {
                Some(true) => "true   ",
                Some(false) => "false  ",
                None => "unknown",
            };
            let saw: Vec<String> = because
                .saw
                .iter()
                .map(|operand| format!("{} = {}", operand.operand, operand.value))
                .collect();
            format!(
                "\n        {held} {}    [{}]",
                because.condition,
                saw.join(", ")
            )
        })
        .collect()
}

fn at(place: Place, sources: &SourceMap) -> String {
    let span = Span {
        file: place.file,
        start: place.start,
        end: place.end,
    };
    let place = render::place(span, sources);
    format!("{}:{}:{}", place.path, place.line, place.column)
}
