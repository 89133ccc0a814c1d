//! `stanch patterns`: laundering patterns of the payments known, as features of each payment and as findings.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use stanch_ledger::{PatternExport, PatternSummary, TableFormat, export_patterns};
use stanch_types::ErrorCode;

use crate::failure::refusal;
use crate::output::Output;
use crate::progress::Progress;
use crate::record::read_ledger;

/// Arguments of `stanch patterns`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where the table goes: one row a payment, in order of booking, with its own columns and its features
    #[arg(long, value_name = "FEATURES.parquet|.csv")]
    out: PathBuf,
    /// Form of the table, if its name does not tell
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// Where completed patterns go, one JSON object a line: kind, accounts, payments, amounts, path, times
    #[arg(long, value_name = "FILE.ndjson")]
    findings: Option<PathBuf>,
}

/// A form of the table.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Form {
    /// Comma-separated values with a header
    Csv,
    /// Apache Parquet
    Parquet,
}

/// Runs `stanch patterns`.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    let export = PatternExport {
        out: arguments.out.clone(),
        format: format_of(arguments)?,
        findings: arguments.findings.clone(),
    };
    if export.findings.as_ref() == Some(&export.out) {
        let detail = "--out and --findings name the same file";
        return Err(refusal(ErrorCode::RequestInvalid, detail));
    }
    let ledger = read_ledger(data).await?;
    let mut bar = Progress::new(output, "payments");
    let work = move || -> anyhow::Result<PatternSummary> {
        let done = export_patterns(&ledger, &export, &mut |done, all| bar.at(done, all));
        bar.finish();
        Ok(done?)
    };
    let summary = tokio::task::spawn_blocking(work).await??;
    output.result(&summary, || describe(&summary))
}

fn format_of(arguments: &Arguments) -> anyhow::Result<TableFormat> {
    match arguments.format {
        Some(Form::Csv) => return Ok(TableFormat::Csv),
        Some(Form::Parquet) => return Ok(TableFormat::Parquet),
        None => {}
    }
    let ending = arguments.out.extension().and_then(|ending| ending.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => Ok(TableFormat::Csv),
        Some("parquet") => Ok(TableFormat::Parquet),
        Some(_) | None => Err(refusal(
            ErrorCode::RequestInvalid,
            format!(
                "{} ends neither in .parquet nor in .csv; say --format",
                arguments.out.display()
            ),
        )),
    }
}

fn describe(summary: &PatternSummary) -> String {
    let mut lines = vec![format!(
        "{} payments of {} accounts, {} features each, {} MB",
        summary.payments,
        summary.accounts,
        summary.features,
        summary.bytes >> 20
    )];
    for (kind, count) in &summary.findings {
        let word = serde_json::to_value(kind).unwrap_or_default();
        lines.push(format!("  {}: {count}", word.as_str().unwrap_or_default()));
    }
    lines.join("\n")
}
