//! `stanch trace`: follow a case's stolen money, or answer a file of requests.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use stanch_casework::{CaseTrace, held_amounts, trace_case};
use stanch_ledger::{Ledger, LedgerMode};
use stanch_types::plan::TraceMethod;
use stanch_types::{Ctx, ErrorCode};

use crate::data_dir::DataDir;
use crate::failure::refusal;
use crate::output::Output;
use crate::record::{read_ledger, read_store};

/// Arguments of `stanch trace`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The case: its id or its number
    #[arg(required_unless_present = "batch")]
    case: Option<String>,
    /// How money is followed through a mixed account: fifo or pro_rata
    #[arg(long, default_value = "fifo")]
    method: TraceMethod,
    /// Requests, one JSON object a line: {"id","payments":[tx_id],"method","horizon_h","as_of_ms"}
    #[arg(
        long,
        value_name = "IN.ndjson",
        requires = "out",
        conflicts_with = "case"
    )]
    batch: Option<PathBuf>,
    /// Where the answers to --batch go
    #[arg(long, value_name = "OUT.ndjson", requires = "batch")]
    out: Option<PathBuf>,
}

/// Runs `stanch trace`.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    match (&arguments.batch, &arguments.out, &arguments.case) {
        (Some(input), Some(answers), _) => batch(input, answers, data, output),
        (_, _, Some(case)) => one(case, arguments.method, data, output).await,
        _ => Err(refusal(
            ErrorCode::RequestInvalid,
            "name a case, or --batch and --out",
        )),
    }
}

fn batch(input: &Path, answers: &Path, data: &Path, output: &Output) -> anyhow::Result<()> {
    let dir = DataDir::existing(data)?;
    let read = File::open(input).with_context(|| format!("cannot read {}", input.display()))?;
    let ledger = Ledger::open(&dir.payments(), LedgerMode::ReadOnly)?;
    let write =
        File::create(answers).with_context(|| format!("cannot write {}", answers.display()))?;
    let report = stanch_ledger::trace_batch(&ledger, BufReader::new(read), BufWriter::new(write))
        .with_context(|| format!("cannot answer {}", input.display()))?;
    output.result(&report, || {
        format!(
            "{} answered, {} failed, {} us of CPU",
            report.answered, report.failed, report.cpu_us
        )
    })?;
    if report.failed == 0 {
        return Ok(());
    }
    Err(refusal(
        ErrorCode::RequestInvalid,
        format!(
            "{} requests were not answered; see {}",
            report.failed,
            answers.display()
        ),
    ))
}

async fn one(name: &str, method: TraceMethod, data: &Path, output: &Output) -> anyhow::Result<()> {
    let store = read_store(data).await?;
    let ledger = read_ledger(data).await?;
    let mut tx = store.read().await?;
    let case = super::case::find(&mut tx, name).await?;
    let held = held_amounts(&mut tx, case.id)
        .await
        .map_err(crate::failure::casework)?;
    let trace = trace_case(&case, &ledger, method, Ctx::system().now(), &held)
        .map_err(crate::failure::casework)?;
    output.result(&trace, || describe(&trace))
}

fn describe(trace: &CaseTrace) -> String {
    let mut lines = vec![format!(
        "loss {}, still there {}, cash {}, fund units {}",
        trace.totals.loss, trace.totals.still_there, trace.totals.cash_out, trace.totals.fund_units
    )];
    for node in &trace.nodes {
        lines.push(format!(
            "tier {}  {} {}  stolen {} of {}",
            node.tier,
            node.institution,
            node.account.masked(),
            node.stolen,
            node.balance
        ));
    }
    lines.join("\n")
}
