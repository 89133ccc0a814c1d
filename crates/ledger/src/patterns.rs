//! Laundering patterns of a ledger's payments as files: a table with a row of features for each payment, and what was
//! found (`docs/formats/patterns.md`).

mod table;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use stanch_graph::{Finding, PatternEngine, PatternKind, PatternStream};
use stanch_types::{AccountRef, Currency};

use crate::{Ledger, LedgerError};
use table::Table;

/// Form of the table of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values with a header.
    Csv,
    /// Apache Parquet, zstd.
    Parquet,
}

/// What to write, and where.
#[derive(Debug, Clone)]
pub struct PatternExport {
    /// The table of features.
    pub out: PathBuf,
    /// Its form.
    pub format: TableFormat,
    /// What was found, one JSON object a line.
    pub findings: Option<PathBuf>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PatternSummary {
    /// Rows of the table, one for each payment.
    pub payments: u64,
    /// Distinct accounts, whatever their currencies.
    pub accounts: usize,
    /// Columns of features.
    pub features: usize,
    /// Findings by kind.
    pub findings: BTreeMap<PatternKind, u64>,
    /// Most steps one payment took ([`PatternEngine::STEPS_MAX`] are allowed).
    pub steps_max: u32,
    /// Bytes of the table.
    pub bytes: u64,
}

/// A finding as written.
#[derive(Serialize)]
struct FindingLine<'a> {
    kind: PatternKind,
    accounts: Vec<AccountRef>,
    payments: Vec<PaymentLine>,
    total_minor: i64,
    currency: Option<Currency>,
    first_ms: i64,
    last_ms: i64,
    /// The payment that completed it.
    completed_by: &'a str,
}

/// A payment of a finding; `from` and `to` are places in its `accounts`.
#[derive(Serialize)]
struct PaymentLine {
    tx_id: String,
    at_ms: i64,
    from: usize,
    to: usize,
    amount_minor: i64,
    currency: Currency,
}

/// Takes all payments of `ledger` through a pattern engine, in order of booking, and writes the files. Each appears
/// whole or not at all: it is written beside its place and then moved there.
///
/// # Errors
/// [`LedgerError::Io`].
pub fn export_patterns(
    ledger: &Ledger,
    export: &PatternExport,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PatternSummary, LedgerError> {
    let graph = ledger.graph();
    let stream = graph.pattern_stream();
    let mut engine = PatternEngine::new();
    let table_new = beside(&export.out);
    let mut table = Table::create(&table_new, export.format)?;
    let mut told = match &export.findings {
        Some(path) => Some(Lines::create(path)?),
        None => None,
    };
    let mut summary = PatternSummary {
        payments: 0,
        accounts: 0,
        features: stanch_graph::FEATURE_COUNT,
        findings: BTreeMap::new(),
        steps_max: 0,
        bytes: 0,
    };
    let mut findings = Vec::new();
    let all = stream.len() as u64;
    for (view, payment) in stream.iter() {
        if summary.payments.is_multiple_of(65_536) {
            progress(summary.payments, all);
        }
        findings.clear();
        let features = engine.observe(&payment, &mut findings);
        summary.steps_max = summary.steps_max.max(engine.steps_last());
        summary.payments += 1;
        let (from, to) = (graph.account(view.from), graph.account(view.to));
        if let (Some(from), Some(to)) = (from, to) {
            table.add(&view, &from, &to, &features)?;
        }
        for finding in &findings {
            *summary.findings.entry(finding.kind).or_default() += 1;
            if let Some(told) = &mut told {
                told.add(&stream, finding, &view.tx_id.to_string())?;
            }
        }
    }
    progress(all, all);
    summary.accounts = engine.memory().accounts;
    summary.bytes = table.finish()?;
    if let Some(told) = told {
        told.finish()?;
    }
    place(&table_new, &export.out)?;
    Ok(summary)
}

/// Findings on their way to disk.
struct Lines {
    path: PathBuf,
    new: PathBuf,
    out: BufWriter<File>,
}

impl Lines {
    fn create(path: &Path) -> Result<Self, LedgerError> {
        let new = beside(path);
        let file = File::create(&new).map_err(LedgerError::io("write", &new))?;
        Ok(Self {
            path: path.to_owned(),
            new,
            out: BufWriter::new(file),
        })
    }

    fn add(
        &mut self,
        stream: &PatternStream<'_>,
        finding: &Finding,
        completed_by: &str,
    ) -> Result<(), LedgerError> {
        let line = line_of(stream, finding, completed_by);
        let failed = LedgerError::io("write", &self.new);
        serde_json::to_writer(&mut self.out, &line).map_err(|error| failed(error.into()))?;
        self.out.write_all(b"\n").map_err(failed)
    }

    fn finish(mut self) -> Result<(), LedgerError> {
        let failed = LedgerError::io("write", &self.new);
        self.out.flush().map_err(&failed)?;
        self.out.get_ref().sync_all().map_err(&failed)?;
        place(&self.new, &self.path)
    }
}

fn line_of<'a>(
    stream: &PatternStream<'_>,
    finding: &Finding,
    completed_by: &'a str,
) -> FindingLine<'a> {
    let member = |account: u32| finding.accounts.iter().position(|other| *other == account);
    let payments: Vec<PaymentLine> = finding
        .payments
        .iter()
        .filter_map(|number| {
            let (view, payment) = stream.payment(*number)?;
            Some(PaymentLine {
                tx_id: view.tx_id.to_string(),
                at_ms: view.at_ms,
                from: member(payment.from)?,
                to: member(payment.to)?,
                amount_minor: view.minor,
                currency: stream.currency(&view)?,
            })
        })
        .collect();
    let first = payments.first().map(|payment| payment.currency);
    FindingLine {
        kind: finding.kind,
        accounts: finding
            .accounts
            .iter()
            .filter_map(|account| Some(stream.account(*account)?.reference()))
            .collect(),
        currency: first.filter(|first| payments.iter().all(|payment| payment.currency == *first)),
        payments,
        total_minor: finding.minor,
        first_ms: finding.first_ms,
        last_ms: finding.last_ms,
        completed_by,
    }
}

/// `FILE.new` for `FILE`.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn place(new: &Path, path: &Path) -> Result<(), LedgerError> {
    std::fs::rename(new, path).map_err(LedgerError::io("write", path))
}
