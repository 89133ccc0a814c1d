//! `stanch import`: payments and accounts from files.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use stanch_ledger::{
    Format, ImportOptions, ImportProgress, ImportSource, ImportStage, ImportSummary, LedgerMode,
};
use stanch_types::Ctx;

use crate::data_dir::DataDir;
use crate::output::Output;
use crate::progress::Progress;

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Store payments from a CSV or NDJSON file, plain, gzip or zstd; `-` reads standard input
    ///
    /// An interrupted import is taken up where it stopped when the same file is imported again. Refused rows go to
    /// the rejects file with line number, code and reason; the others are stored.
    Payments(Payments),
}

/// Arguments of `stanch import payments`.
#[derive(Debug, Args)]
pub struct Payments {
    /// The payments; `-` for standard input
    file: PathBuf,
    /// Accounts with institution, kind, owner and opening balance (CSV)
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// Format of the payments, if neither name nor content tells
    #[arg(long, value_enum)]
    format: Option<PaymentFormat>,
    /// Where refused rows are written [default: FILE.rejects.ndjson in the working folder]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// A format of payments.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PaymentFormat {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Ndjson,
    /// Transactions of AMLSim; --accounts takes its nodes file
    Amlsim,
    /// Transactions of IBM AML, or its patterns file
    IbmAml,
}

/// Runs `stanch import`.
pub fn run(command: &Import, data: &Path, output: &Output) -> anyhow::Result<()> {
    let Import::Payments(arguments) = command;
    let dir = DataDir::create(data)?;
    let _lock = dir.lock()?;
    let ledger = stanch_ledger::Ledger::open(&dir.payments(), LedgerMode::ReadWrite)?;
    let options = ImportOptions {
        format: arguments.format.map(|format| match format {
            PaymentFormat::Csv => Format::Csv,
            PaymentFormat::Ndjson => Format::Ndjson,
            PaymentFormat::Amlsim => Format::AmlSim,
            PaymentFormat::IbmAml => Format::IbmAml,
        }),
        rejects: arguments
            .rejects
            .clone()
            .unwrap_or_else(|| rejects_beside(&arguments.file)),
    };
    let accounts = arguments.accounts.as_deref().map(ImportSource::file);
    let mut bar = Progress::new(output, "bytes");
    let summary = stanch_ledger::import(
        &ledger,
        &Ctx::system(),
        source(&arguments.file),
        accounts,
        &options,
        &mut |progress| show(&mut bar, progress),
    );
    bar.finish();
    let summary = summary?;
    output.result(&summary, || describe(&summary))
}

fn source(file: &Path) -> ImportSource {
    if file == Path::new("-") {
        ImportSource::stdin()
    } else {
        ImportSource::file(file)
    }
}

fn rejects_beside(file: &Path) -> PathBuf {
    let name = file
        .file_name()
        .filter(|_| file != Path::new("-"))
        .map_or("stdin".into(), |name| name.to_string_lossy());
    PathBuf::from(format!("{name}.rejects.ndjson"))
}

fn show(bar: &mut Progress, progress: &ImportProgress) {
    if let Some(total) = progress.bytes_total {
        bar.at(progress.bytes_read, total);
    }
    let stage = match progress.stage {
        ImportStage::Accounts => "accounts",
        ImportStage::Resuming => "taking up",
        ImportStage::Payments => "payments",
    };
    bar.say(format!(
        "{stage}: {} stored, {} known, {} refused, {} rows/s",
        progress.stored, progress.unchanged, progress.refused, progress.rows_per_sec
    ));
}

fn describe(summary: &ImportSummary) -> String {
    let mut lines = Vec::new();
    if let Some(line) = summary.resumed_after_line {
        lines.push(format!(
            "taken up after line {line} of an interrupted import"
        ));
    }
    if summary.imported_before {
        lines.push("this file had been imported to its end before".to_owned());
    }
    if let Some(accounts) = &summary.accounts {
        lines.push(format!(
            "accounts: read {}, stored {}, unchanged {}, refused {}",
            accounts.read, accounts.stored, accounts.unchanged, accounts.refused
        ));
    }
    lines.push(format!(
        "payments: read {}, stored {}, unchanged {}, refused {}, in {:.1} s",
        summary.read,
        summary.stored,
        summary.unchanged,
        summary.refused,
        std::time::Duration::from_millis(summary.elapsed_ms.unsigned_abs()).as_secs_f64()
    ));
    for (code, count) in &summary.refused_by_code {
        lines.push(format!("  refused as {code}: {count}"));
    }
    if let Some(path) = &summary.rejects {
        lines.push(format!(
            "refused rows with line numbers and reasons: {}",
            path.display()
        ));
    }
    lines.extend(summary.notes.iter().cloned());
    lines.join("\n")
}
