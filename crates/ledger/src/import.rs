//! Import of payments and account facts from files (`docs/formats/import.md`).
//!
//! Bad rows are refused one by one into a rejects file and the rest goes on. Every block carries how far the source
//! had been read, so that the same command after a crash goes on from there.

mod accounts;
mod aml;
mod csv;
mod lines;
mod ndjson;
mod payments;
mod rejects;
mod replay;
mod source;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, sync_channel};

use serde::Serialize;
use stanch_types::{Ctx, ImportId, Timestamp};

use crate::batch::{ROWS_MAX, Row};
use crate::block::{Counts, ImportMark};
use crate::ledger::{Importing, Ledger};
use crate::reject::{Refusal, Reject, RejectCode};
use crate::state::Resolver;
use crate::{LedgerError, LedgerMode};
pub use ndjson::parse_ndjson_payments;
pub(crate) use payments::COLUMN_NAMES;
use payments::{Chunk, ChunkEnd, Reader, Shape};
use rejects::RejectsFile;
pub use replay::{ReplayProgress, ReplaySummary, replay_plans};
use source::Opened;
pub use source::{Format, ImportSource};

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Format of the payments; told by name and content if not given.
    pub format: Option<Format>,
    /// Where refused rows are written. The file is replaced; none is left when nothing was refused.
    pub rejects: PathBuf,
}

/// What an import is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportStage {
    /// Reading and storing account facts.
    Accounts,
    /// Passing what an interrupted import of the same file had read.
    Resuming,
    /// Reading and storing payments.
    Payments,
}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct ImportProgress {
    /// What it is doing.
    pub stage: ImportStage,
    /// Bytes read of the source as it lies on disk.
    pub bytes_read: u64,
    /// Its size, if known.
    pub bytes_total: Option<u64>,
    /// Lines read.
    pub lines: u64,
    /// Rows stored.
    pub stored: u64,
    /// Rows that were known.
    pub unchanged: u64,
    /// Rows refused.
    pub refused: u64,
    /// Rows read per second by this run.
    pub rows_per_sec: u64,
}

/// What an import did. Counts cover the whole source, also what an interrupted run had done before.
#[derive(Debug, Clone, Serialize)]
pub struct ImportSummary {
    /// This import.
    pub import_id: ImportId,
    /// The source's name.
    pub source: String,
    /// Line after which an interrupted import was taken up.
    pub resumed_after_line: Option<u64>,
    /// Whether the same source had been imported to its end before.
    pub imported_before: bool,
    /// Payments read, good and bad.
    pub read: u64,
    /// New payments stored.
    pub stored: u64,
    /// Payments that were known with the same content.
    pub unchanged: u64,
    /// Payments refused.
    pub refused: u64,
    /// Payments refused, by code.
    pub refused_by_code: BTreeMap<&'static str, u64>,
    /// What was done with the accounts file, if one was given.
    pub accounts: Option<AccountsSummary>,
    /// The rejects file, if anything was refused.
    pub rejects: Option<PathBuf>,
    /// What a person may want to know, such as ignored columns.
    pub notes: Vec<String>,
    /// How long this run took, in milliseconds.
    pub elapsed_ms: i64,
}

/// What was done with an accounts file.
#[derive(Debug, Clone, Serialize, Default)]
pub struct AccountsSummary {
    /// Records read, good and bad.
    pub read: u64,
    /// Records that said something new.
    pub stored: u64,
    /// Records that said what was known.
    pub unchanged: u64,
    /// Records refused.
    pub refused: u64,
    /// Records refused, by code.
    pub refused_by_code: BTreeMap<&'static str, u64>,
}

/// Chunks on their way from the reading to the storing thread.
const CHUNKS_AHEAD_MAX: usize = 4;

/// Imports `source`, after the account facts in `accounts` if given. `progress` is called at least once a block, on
/// this thread.
///
/// # Errors
/// [`LedgerError::NotImportable`] before anything is stored when a source as a whole cannot be read;
/// [`LedgerError::SourceBroken`] when it breaks off; [`LedgerError::Io`], [`LedgerError::Log`].
pub fn import(
    ledger: &Ledger,
    ctx: &Ctx,
    source: ImportSource,
    accounts: Option<ImportSource>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(&ImportProgress),
) -> Result<ImportSummary, LedgerError> {
    if ledger.mode() == LedgerMode::ReadOnly {
        return Err(LedgerError::ReadOnly);
    }
    let started = ctx.now();
    let path = source.path().map(std::path::Path::to_owned);
    let mut notes = Vec::new();
    let (mut opened, mut shape) = open(source, options, &mut notes)?;
    let last = ledger.last_mark(&opened.digest);
    let mut resumed = None;
    if let (Some(mark), Some(path)) = (last.as_ref().filter(|mark| !mark.complete), path) {
        progress(&ImportProgress::at(
            ImportStage::Resuming,
            &opened,
            &mark.counts,
            0,
        ));
        if same_until(&mut opened, mark) {
            opened.lines.line = mark.line;
            resumed = Some(mark.clone());
        } else {
            (opened, shape) = open(ImportSource::file(&path), options, &mut Vec::new())?;
        }
    }
    let kept_to = resumed.as_ref().map_or(0, |mark| mark.line);
    let mut run = Run {
        ledger,
        ctx,
        started,
        name: opened.name.clone(),
        read_before: resumed.as_ref().map_or(0, |mark| mark.counts.read),
        resumed_after_line: resumed.as_ref().map(|mark| mark.line),
        imported_before: last.is_some_and(|mark| mark.complete),
        rejects: RejectsFile::begin(options.rejects.clone(), &opened.name, kept_to)?,
        mark: resumed.unwrap_or_else(|| ImportMark {
            import_id: ctx.new_id(),
            digest: opened.digest,
            line: 0,
            offset: 0,
            crc: 0,
            counts: Counts::default(),
            complete: false,
        }),
        resolver: Resolver::default(),
        accounts: None,
        notes,
        progress,
    };
    if let Some(accounts) = accounts {
        run.import_accounts(accounts.open(None)?)?;
    }
    run.import_payments(opened, shape)
}

fn open(
    source: ImportSource,
    options: &ImportOptions,
    notes: &mut Vec<String>,
) -> Result<(Opened, Shape), LedgerError> {
    let mut opened = source.open(options.format)?;
    let shape = match opened.format {
        Format::Csv => {
            let header = accounts::header(&mut opened, &payments::COLUMNS)?;
            note_ignored(&opened.name, &header.ignored, notes);
            Shape::Csv(header)
        }
        Format::Ndjson => Shape::Ndjson,
        Format::AmlSim => Shape::Aml(aml::Source::new(aml::Set::AmlSim, &opened.digest)),
        Format::IbmAml => Shape::Aml(aml::Source::new(aml::Set::IbmAml, &opened.digest)),
    };
    Ok((opened, shape))
}

fn note_ignored(name: &str, ignored: &[String], notes: &mut Vec<String>) {
    if !ignored.is_empty() {
        notes.push(format!("{name}: ignored columns {}", ignored.join(", ")));
    }
}

/// Whether the source is, up to the mark, what the interrupted import read.
fn same_until(opened: &mut Opened, mark: &ImportMark) -> bool {
    opened.lines.offset <= mark.offset
        && matches!(opened.lines.take_until(mark.offset), Ok(true))
        && opened.lines.crc == mark.crc
}

/// An import under way.
struct Run<'a> {
    ledger: &'a Ledger,
    ctx: &'a Ctx,
    started: Timestamp,
    name: String,
    read_before: u64,
    resumed_after_line: Option<u64>,
    imported_before: bool,
    rejects: RejectsFile,
    mark: ImportMark,
    resolver: Resolver,
    accounts: Option<AccountsSummary>,
    notes: Vec<String>,
    progress: &'a mut dyn FnMut(&ImportProgress),
}

impl Run<'_> {
    fn import_accounts(&mut self, source: Opened) -> Result<(), LedgerError> {
        let name = source.name.clone();
        let mut at = ImportProgress::at(ImportStage::Accounts, &source, &Counts::default(), 0);
        (self.progress)(&at);
        let parsed = accounts::parse(source)?;
        note_ignored(&name, &parsed.ignored, &mut self.notes);
        at.bytes_read = at.bytes_total.unwrap_or(at.bytes_read);
        let mut summary = AccountsSummary {
            read: parsed.read,
            ..AccountsSummary::default()
        };
        let mut rejects = parsed.rejects;
        let chunks = parsed.records.chunks(ROWS_MAX);
        for (records, lines) in chunks.zip(parsed.lines.chunks(ROWS_MAX)) {
            let report = self.ledger.set_accounts(records)?;
            summary.stored += report.stored;
            summary.unchanged += report.unchanged;
            for refused in report.invalid {
                if let (Some(record), Some(line)) =
                    (records.get(refused.index), lines.get(refused.index))
                {
                    let refusal = (refused.code, refused.reason);
                    rejects.push(accounts::reject_of(*line, refusal, record));
                }
            }
            at.lines = lines.last().copied().unwrap_or(at.lines);
            (at.stored, at.unchanged) = (summary.stored, summary.unchanged);
            (self.progress)(&at);
        }
        rejects.sort_by_key(|reject| reject.line);
        for reject in &rejects {
            summary.refused += 1;
            *summary
                .refused_by_code
                .entry(reject.code.as_str())
                .or_default() += 1;
        }
        self.rejects.add(&name, &rejects)?;
        self.rejects.sync()?;
        self.accounts = Some(summary);
        Ok(())
    }

    fn import_payments(
        mut self,
        opened: Opened,
        shape: Shape,
    ) -> Result<ImportSummary, LedgerError> {
        let at = ImportProgress::at(ImportStage::Payments, &opened, &self.mark.counts, 0);
        let bytes_read = opened.bytes_read;
        let mut reader = Reader::new(opened.lines, shape);
        let broken = std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(CHUNKS_AHEAD_MAX);
            scope.spawn(move || {
                loop {
                    let chunk = reader.chunk();
                    let more = matches!(chunk.end, ChunkEnd::More);
                    // The other side hangs up after its first error; this side stops with it.
                    if sender.send(chunk).is_err() || !more {
                        break;
                    }
                }
            });
            self.store_all(&receiver, |run| {
                let rows = run.mark.counts.read - run.read_before;
                let elapsed_ms = run.ctx.now().since(run.started).as_millis().max(1);
                let per_sec = rows * 1_000 / u64::try_from(elapsed_ms).unwrap_or(1);
                (run.progress)(&ImportProgress {
                    bytes_read: bytes_read.load(Ordering::Relaxed),
                    lines: run.mark.line,
                    ..at.with(&run.mark.counts, per_sec)
                });
            })
        })?;
        if let Some(source) = broken {
            let (name, line) = (self.name.clone(), self.mark.line);
            return Err(LedgerError::SourceBroken {
                name,
                line,
                summary: Box::new(self.summary()),
                source,
            });
        }
        // A source that gave nothing new leaves no trace in the log.
        if self.mark.counts.stored > 0 {
            self.mark.complete = true;
            self.ledger.commit_mark(&self.mark)?;
        }
        self.ledger.settle();
        Ok(self.summary())
    }

    /// Stores chunks until the source ends; gives the error if it broke off.
    fn store_all(
        &mut self,
        chunks: &Receiver<Chunk>,
        mut tell: impl FnMut(&mut Self),
    ) -> Result<Option<std::io::Error>, LedgerError> {
        for mut chunk in chunks {
            let end = std::mem::replace(&mut chunk.end, ChunkEnd::More);
            self.store(chunk)?;
            tell(self);
            match end {
                ChunkEnd::More => {}
                ChunkEnd::Eof => return Ok(None),
                ChunkEnd::Broken(error) => return Ok(Some(error)),
            }
        }
        Ok(None)
    }

    fn store(&mut self, chunk: Chunk) -> Result<(), LedgerError> {
        let mark = &mut self.mark;
        (mark.line, mark.offset, mark.crc) = (chunk.line, chunk.offset, chunk.crc);
        mark.counts.read += chunk.read;
        for reject in &chunk.rejects {
            mark.counts.refuse(reject.code);
        }
        self.resolver.extend(chunk.accounts);
        let mut rejects = chunk.rejects;
        let (file, name, rows, lines) = (&mut self.rejects, &self.name, &chunk.rows, &chunk.lines);
        let reject = |(place, refusal): &(usize, Refusal)| {
            let row = excerpt_of(rows.get(*place)?);
            let line = *lines.get(*place)?;
            Some(Reject::new(line, refusal.clone(), row.as_bytes()))
        };
        // Refusals are durable before the mark that says they were met.
        let mut before = |refused: &[(usize, Refusal)]| {
            rejects.extend(refused.iter().filter_map(reject));
            rejects.sort_by_key(|reject| reject.line);
            file.add(name, &rejects)?;
            file.sync()
        };
        let import = Importing {
            mark: &mut self.mark,
            before: &mut before,
        };
        let commit = self.ledger.commit(&mut self.resolver, rows, Some(import))?;
        // What the graph left out is known only now.
        let left_out = commit
            .refused
            .iter()
            .filter(|(_, (code, _))| *code == RejectCode::AmountOverflow);
        let late: Vec<Reject> = left_out.filter_map(reject).collect();
        self.rejects.add(&self.name, &late)?;
        self.rejects.sync()
    }

    fn summary(self) -> ImportSummary {
        let counts = self.mark.counts;
        ImportSummary {
            import_id: self.mark.import_id,
            source: self.name,
            resumed_after_line: self.resumed_after_line,
            imported_before: self.imported_before,
            read: counts.read,
            stored: counts.stored,
            unchanged: counts.unchanged,
            refused: counts.refused_total(),
            refused_by_code: counts
                .refused_by_code()
                .map(|(code, count)| (code.as_str(), count))
                .collect(),
            accounts: self.accounts,
            rejects: self.rejects.path(),
            notes: self.notes,
            elapsed_ms: self.ctx.now().since(self.started).as_millis(),
        }
    }
}

impl ImportProgress {
    fn at(stage: ImportStage, source: &Opened, counts: &Counts, rows_per_sec: u64) -> Self {
        Self {
            stage,
            bytes_read: source.bytes_read.load(Ordering::Relaxed),
            bytes_total: source.bytes_total,
            lines: source.lines.line,
            stored: counts.stored,
            unchanged: counts.unchanged,
            refused: counts.refused_total(),
            rows_per_sec,
        }
    }

    fn with(self, counts: &Counts, rows_per_sec: u64) -> Self {
        Self {
            stored: counts.stored,
            unchanged: counts.unchanged,
            refused: counts.refused_total(),
            rows_per_sec,
            ..self
        }
    }
}

fn excerpt_of(row: Row<'_>) -> String {
    let Row {
        tx_id,
        at_ms,
        minor,
        channel,
        ..
    } = row;
    format!("tx_id={tx_id} timestamp_ms={at_ms} amount_minor_units={minor} channel={channel}")
}
