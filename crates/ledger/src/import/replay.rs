//! Plans on a folder of recorded payments (`docs/formats/replay.md`): read once from top to bottom, nothing stored.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use stanch_graph::{
    AccountFacts, AccountIx, Graph, NewPayment, PlanReplay, ReplayError, ReplayRules,
};
use stanch_types::Duration;
use stanch_types::InstitutionCode;

use super::accounts;
use super::csv::{Columns, Header, split_quoted};
use super::ndjson::checked_text;
use super::payments::{self, Chunk, ChunkEnd, Reader, RecordEnd, Shape, record_end, trim_end};
use super::source::{Format, ImportSource, Opened, not_importable};
use crate::batch::NodeKey;
use crate::payment::parse_integer;
use crate::{AccountRecord, LedgerError};

/// How far a replay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayProgress {
    /// Bytes of the payments read.
    pub bytes_read: u64,
    /// Their length, if known.
    pub bytes_total: Option<u64>,
    /// Payments booked.
    pub payments: u64,
}

/// What a replay did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReplaySummary {
    /// Accounts that `accounts.csv` tells of.
    pub accounts: u64,
    /// Payments booked.
    pub payments: u64,
    /// Cases reported within the stream.
    pub cases: u64,
    /// Cases without a payment in `victim_payments.csv`: nothing was planned for them.
    pub cases_without_payments: u64,
    /// Orders made.
    pub orders: u64,
    /// Stolen money in the accounts when they were ordered, in minor units.
    pub stolen_minor: i64,
}

const CASES: Columns<2> = Columns {
    names: ["case_id", "report_ms"],
    optional: 0,
};
const VICTIM_PAYMENTS: Columns<2> = Columns {
    names: ["case_id", "tx_id"],
    optional: 0,
};
const LATENCIES: Columns<2> = Columns {
    names: ["institution", "order_latency_ms"],
    optional: 0,
};

/// Longest time an order may take to have an effect: a week.
const LATENCY_MS_MAX: i64 = 7 * 24 * 3_600_000;

/// Replays the payments of `dir` and writes to `out`, as CSV, the orders that plans of at most `orders_max` orders a
/// case would have made: `case_id,account,order_ms,hold_minor_units`.
///
/// # Errors
/// [`LedgerError::NotImportable`] for a file that cannot be read as it should, with its line;
/// [`LedgerError::Replay`]; [`LedgerError::Io`].
pub fn replay_plans(
    dir: &Path,
    orders_max: Option<usize>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(&ReplayProgress),
) -> Result<ReplaySummary, LedgerError> {
    let records = read_accounts(dir)?;
    let graph = graph_of(&records)?;
    let mut replay = PlanReplay::new(graph, rules(dir, orders_max)?);
    let (cases, without) = tell_reports(dir, &mut replay)?;
    let payments = book_payments(dir, &mut replay, progress)?;
    let (graph, orders) = replay.finish()?;
    let mut summary = ReplaySummary {
        accounts: records.len() as u64,
        payments,
        cases,
        cases_without_payments: without,
        orders: orders.len() as u64,
        stolen_minor: 0,
    };
    let written = io::Error::other;
    let mut write = || -> io::Result<()> {
        writeln!(out, "case_id,account,order_ms,hold_minor_units")?;
        for order in &orders {
            let account = graph
                .account(order.account)
                .ok_or_else(|| written("no such account"))?;
            let account = account.account.expose();
            let (case, at_ms, hold) = (order.case, order.at_ms, order.hold_minor);
            writeln!(out, "{case},{account},{at_ms},{hold}")?;
            summary.stolen_minor = summary.stolen_minor.saturating_add(order.stolen_minor);
        }
        out.flush()
    };
    write().map_err(LedgerError::io("write", Path::new("the plan")))?;
    Ok(summary)
}

/// The file of this name in `dir`, also packed.
fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    let names = [name.to_owned(), format!("{name}.gz"), format!("{name}.zst")];
    names
        .into_iter()
        .map(|name| dir.join(name))
        .find(|path| path.exists())
}

fn open(dir: &Path, name: &str) -> Result<Opened, LedgerError> {
    let path = find(dir, name).unwrap_or_else(|| dir.join(name));
    ImportSource::file(&path).open(Some(Format::Csv))
}

/// What is known of the accounts; nothing if there is no file.
fn read_accounts(dir: &Path) -> Result<Vec<AccountRecord>, LedgerError> {
    if find(dir, "accounts.csv").is_none() {
        return Ok(Vec::new());
    }
    let source = open(dir, "accounts.csv")?;
    let name = source.name.clone();
    let parsed = accounts::parse(source)?;
    match parsed.rejects.first() {
        Some(reject) => Err(bad_line(&name, reject.line, &reject.reason)),
        None => Ok(parsed.records),
    }
}

fn graph_of(records: &[AccountRecord]) -> Result<Graph, LedgerError> {
    let mut graph = Graph::new();
    let refused = |source| LedgerError::Replay(ReplayError::Graph(source));
    for record in records {
        let currency = record.opening.currency();
        let AccountRecord { account, owner, .. } = record;
        let mut intern = |name: &stanch_types::AccountRef| {
            let ix = graph.intern_account(&name.institution, &name.account, currency);
            ix.map_err(refused)
        };
        let owner = owner.as_ref().map(&mut intern).transpose()?;
        let ix = intern(account)?;
        let facts = AccountFacts {
            kind: record.kind,
            owner,
            opening_minor: record.opening.minor(),
            opened_at: record.opened_at,
        };
        graph.set_account(ix, facts).map_err(refused)?;
    }
    Ok(graph)
}

fn rules(dir: &Path, orders_max: Option<usize>) -> Result<ReplayRules, LedgerError> {
    let mut latency: BTreeMap<InstitutionCode, Duration> = BTreeMap::new();
    if find(dir, "institutions.csv").is_some() {
        each_row(dir, "institutions.csv", &LATENCIES, |[institution, ms]| {
            let code = institution.parse();
            let code = code.map_err(|_| "institution is not an institution code")?;
            let ms = integer(ms).filter(|ms| (0..=LATENCY_MS_MAX).contains(ms));
            let ms = ms.ok_or("order_latency_ms is not whole milliseconds of at most a week")?;
            latency.insert(code, Duration::from_millis(ms));
            Ok(())
        })?;
    }
    Ok(ReplayRules {
        orders_max,
        latency,
        ..ReplayRules::default()
    })
}

/// Tells the replay of every report; gives how many there are, and how many name no payment.
fn tell_reports(dir: &Path, replay: &mut PlanReplay) -> Result<(u64, u64), LedgerError> {
    let mut payments: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    each_row(
        dir,
        "victim_payments.csv",
        &VICTIM_PAYMENTS,
        |[case, tx_id]| {
            let case = case.parse().map_err(|_| "case_id is not a whole number")?;
            payments.entry(case).or_default().push(tx_id.to_owned());
            Ok(())
        },
    )?;
    let (mut cases, mut without) = (0, 0);
    each_row(dir, "cases.csv", &CASES, |[case, report_ms]| {
        let case = case.parse().map_err(|_| "case_id is not a whole number")?;
        let at_ms = integer(report_ms).ok_or("report_ms is not whole milliseconds")?;
        match payments.remove(&case) {
            Some(tx_ids) => {
                replay.report(case, at_ms, tx_ids);
                cases += 1;
            }
            None => without += 1,
        }
        Ok(())
    })?;
    Ok((cases, without))
}

fn book_payments(
    dir: &Path,
    replay: &mut PlanReplay,
    progress: &mut dyn FnMut(&ReplayProgress),
) -> Result<u64, LedgerError> {
    let mut opened = open(dir, "tx.csv")?;
    let name = opened.name.clone();
    let header = accounts::header(&mut opened, &payments::COLUMNS)?;
    let (bytes_read, bytes_total) = (opened.bytes_read, opened.bytes_total);
    let mut reader = Reader::new(opened.lines, Shape::Csv(header));
    let mut accounts: Vec<AccountIx> = Vec::new();
    let (mut payments, mut last_ms) = (0, i64::MIN);
    loop {
        let chunk = reader.chunk();
        if let Some(reject) = chunk.rejects.first() {
            return Err(bad_line(&name, reject.line, &reject.reason));
        }
        intern(replay.graph_mut(), &chunk.accounts, &mut accounts)?;
        payments += book_chunk(&chunk, &name, &accounts, replay, &mut last_ms)?;
        progress(&ReplayProgress {
            bytes_read: bytes_read.load(Ordering::Relaxed),
            bytes_total,
            payments,
        });
        match chunk.end {
            ChunkEnd::More => {}
            ChunkEnd::Eof => return Ok(payments),
            ChunkEnd::Broken(error) => {
                return Err(LedgerError::io("read", Path::new(&name))(error));
            }
        }
    }
}

fn intern(
    graph: &mut Graph,
    keys: &[NodeKey],
    accounts: &mut Vec<AccountIx>,
) -> Result<(), LedgerError> {
    for key in keys {
        let name = &key.account;
        let ix = graph.intern_account(&name.institution, &name.account, key.currency);
        accounts.push(ix.map_err(|source| LedgerError::Replay(ReplayError::Graph(source)))?);
    }
    Ok(())
}

fn book_chunk(
    chunk: &Chunk,
    name: &str,
    accounts: &[AccountIx],
    replay: &mut PlanReplay,
    last_ms: &mut i64,
) -> Result<u64, LedgerError> {
    let mut booked = 0;
    for (place, line) in (0..chunk.rows.len()).zip(&chunk.lines) {
        let Some(row) = chunk.rows.get(place) else {
            break;
        };
        let account = |local: u32| accounts.get(local as usize).copied();
        let (Some(from), Some(to)) = (account(row.from), account(row.to)) else {
            return Err(bad_line(name, *line, "an account is not known"));
        };
        if row.at_ms < *last_ms {
            let why = "the payment was booked before the one above it; sort by timestamp_ms, tx_id";
            return Err(bad_line(name, *line, why));
        }
        *last_ms = row.at_ms;
        let payment = NewPayment {
            tx_id: row.tx_id,
            at_ms: row.at_ms,
            from,
            to,
            minor: row.minor,
            channel: row.channel,
        };
        let paid = replay.pay(payment);
        paid.map_err(|error| match error {
            ReplayError::Graph(why) => bad_line(name, *line, &why.to_string()),
            other @ (ReplayError::UnknownPayment { .. }
            | ReplayError::Follow(_)
            | ReplayError::Trace { .. }) => LedgerError::Replay(other),
        })?;
        booked += 1;
    }
    Ok(booked)
}

/// Calls `take` with the wanted fields of each row of a CSV file.
fn each_row<const N: usize>(
    dir: &Path,
    name: &str,
    columns: &Columns<N>,
    mut take: impl FnMut([&str; N]) -> Result<(), &'static str>,
) -> Result<(), LedgerError> {
    let mut source = open(dir, name)?;
    let header = accounts::header(&mut source, columns)?;
    let name = source.name;
    let lines = &mut source.lines;
    loop {
        let line = lines.line + 1;
        let end = record_end(lines, true);
        let (len, count) = match end.map_err(LedgerError::io("read", Path::new(&name)))? {
            None => return Ok(()),
            Some(RecordEnd::At { len, lines, .. }) => (len, lines),
            Some(RecordEnd::TooLong) => return Err(bad_line(&name, line, "it is over 64 KiB")),
        };
        let record = trim_end(lines.rest(len));
        if !record.is_empty() {
            let taken = fields(record, &header)
                .and_then(|row| take(row.each_ref().map(AsRef::as_ref)).map_err(str::to_owned));
            taken.map_err(|why| bad_line(&name, line, &why))?;
        }
        lines.take(len, count);
    }
}

fn fields<const N: usize>(record: &[u8], header: &Header<N>) -> Result<[String; N], String> {
    let why = |(_, why): crate::reject::Refusal| why;
    let text = checked_text(record).map_err(why)?;
    let split = split_quoted(text).map_err(str::to_owned)?;
    Ok(header.pick(&split).map_err(why)?.map(str::to_owned))
}

fn integer(text: &str) -> Option<i64> {
    parse_integer(text).flatten()
}

fn bad_line(name: &str, line: u64, why: &str) -> LedgerError {
    not_importable(name.to_owned(), format!("line {line}: {why}"))
}
