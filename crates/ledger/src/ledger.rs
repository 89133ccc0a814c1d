//! The ledger: durable, then visible.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use stanch_graph::{AccountIx, Graph};
use stanch_stream::{EmbeddedLog, EventLog, LogConfig, NewBlock, Position};
use stanch_types::{AccountRef, Currency, Payment};
use tokio::sync::watch;

use crate::LedgerError;
use crate::batch::{LocalAccounts, NodeKey, ROWS_MAX, Row, Rows};
use crate::block::{Entry, ImportMark, SourceDigest};
use crate::payment::{AccountRecord, check_payment};
use crate::reject::{Refusal, RejectCode};
use crate::state::{ApplyError, LeftOut, Plan, Resolver, State, check_record};

/// How a ledger is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerMode {
    /// To append; one process at a time.
    ReadWrite,
    /// To look; shows what was there when it was opened, also while another process writes.
    ReadOnly,
}

/// Payments and account facts: an event log, and the graph that follows from it. Shared by threads.
pub struct Ledger {
    dir: PathBuf,
    mode: LedgerMode,
    log: EmbeddedLog,
    state: RwLock<State>,
    /// Held from sorting a batch against the graph until it is visible: appenders go one by one.
    writing: Mutex<()>,
    version: watch::Sender<u64>,
}

/// The graph as it now is; writers wait while it is held.
pub struct GraphGuard<'a>(RwLockReadGuard<'a, State>);

impl Deref for GraphGuard<'_> {
    type Target = Graph;
    fn deref(&self) -> &Graph {
        &self.0.graph
    }
}

/// One payment or record that was not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its place in the slice given.
    pub index: usize,
    /// Stable code; [`RejectCode::Conflict`] when its `tx_id` is known with other content.
    pub code: RejectCode,
    /// What is wrong with it.
    pub reason: String,
}

/// What became of payments given to [`Ledger::append`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppendReport {
    /// How many are new and now durable.
    pub stored: u64,
    /// How many were known with the same content.
    pub unchanged: u64,
    /// Those that break a rule, in order.
    pub invalid: Vec<Refused>,
    /// Those whose `tx_id` is known with other content, in order.
    pub conflicts: Vec<Refused>,
}

/// What became of records given to [`Ledger::set_accounts`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountsReport {
    /// How many say something new and are now durable.
    pub stored: u64,
    /// How many say what was known.
    pub unchanged: u64,
    /// Those that break a rule, in order.
    pub invalid: Vec<Refused>,
}

/// What became of one batch.
pub(crate) struct Commit {
    pub stored: u64,
    pub unchanged: u64,
    /// By place in the batch, in order.
    pub refused: Vec<(usize, Refusal)>,
}

/// The import that a batch is part of.
pub(crate) struct Importing<'a> {
    /// Where the source stands behind the batch; its counts take in the batch before it is written.
    pub mark: &'a mut ImportMark,
    /// Called with what is refused before anything is stored.
    pub before: &'a mut BeforeStoring<'a>,
}

type BeforeStoring<'a> = dyn FnMut(&[(usize, Refusal)]) -> Result<(), LedgerError> + 'a;

/// Decoded blocks on their way from the reading to the applying thread.
const REPLAY_AHEAD_MAX: usize = 4;

impl Ledger {
    /// Opens the ledger whose log is in `dir` and replays the log: 0.7 s for a million payments, 9 s for ten
    /// million (`bench/results/import-*.json`).
    ///
    /// # Errors
    /// [`LedgerError::Log`] (also [`stanch_stream::LogError::Locked`] when another process has it open to write),
    /// [`LedgerError::BadBlock`], [`LedgerError::Graph`].
    pub fn open(dir: &Path, mode: LedgerMode) -> Result<Self, LedgerError> {
        let config = LogConfig::default();
        let log = match mode {
            LedgerMode::ReadWrite => EmbeddedLog::open(dir, config)?,
            LedgerMode::ReadOnly => EmbeddedLog::open_read_only(dir, config)?,
        };
        let mut state = State::default();
        replay(&log, &mut state, log_bytes(dir))?;
        if mode == LedgerMode::ReadWrite {
            // A reader is gone before giving back memory pays.
            state.graph.settle();
        }
        let (version, _) = watch::channel(log.end().0);
        Ok(Self {
            dir: dir.to_owned(),
            mode,
            log,
            state: RwLock::new(state),
            writing: Mutex::new(()),
            version,
        })
    }

    /// Stores payments. Durable and visible when it returns; each block of 32,768 at once and whole. Times are kept
    /// to the millisecond.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`]; [`LedgerError::Log`] when the disk fails: what this call would have stored
    /// from then on is not stored, and giving it again after the ledger was reopened is harmless.
    pub fn append(&self, payments: &[Payment]) -> Result<AppendReport, LedgerError> {
        let mut report = AppendReport::default();
        let mut local = LocalAccounts::default();
        let mut resolver = Resolver::default();
        for (chunk, first) in payments.chunks(ROWS_MAX).zip((0..).step_by(ROWS_MAX)) {
            let mut rows = Rows::default();
            let mut origins = Vec::with_capacity(chunk.len());
            for (payment, index) in chunk.iter().zip(first..) {
                match row_of(payment, &mut local) {
                    Ok(row) => {
                        rows.push(row);
                        origins.push(index);
                    }
                    Err(refusal) => report.invalid.push(refused(index, refusal)),
                }
            }
            resolver.extend(std::mem::take(&mut local.fresh));
            let commit = self.commit(&mut resolver, &rows, None)?;
            report.stored += commit.stored;
            report.unchanged += commit.unchanged;
            for (place, refusal) in commit.refused {
                let index = origins.get(place).copied().unwrap_or_default();
                let refused = refused(index, refusal);
                if refused.code == RejectCode::Conflict {
                    report.conflicts.push(refused);
                } else {
                    report.invalid.push(refused);
                }
            }
        }
        report.invalid.sort_by_key(|refused| refused.index);
        Ok(report)
    }

    /// Stores what institutions say of accounts; a later record replaces an earlier one. Durable and visible when
    /// it returns.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn set_accounts(&self, records: &[AccountRecord]) -> Result<AccountsReport, LedgerError> {
        let mut report = AccountsReport::default();
        let mut local = LocalAccounts::default();
        let mut resolver = Resolver::default();
        for (chunk, first) in records.chunks(ROWS_MAX).zip((0..).step_by(ROWS_MAX)) {
            let mut facts = Vec::with_capacity(chunk.len());
            let mut origins = Vec::with_capacity(chunk.len());
            for (record, index) in chunk.iter().zip(first..) {
                let currency = record.opening.currency();
                let checked = number(&mut local, &record.account, currency).and_then(|account| {
                    let owner = record.owner.as_ref();
                    let owner = owner
                        .map(|owner| number(&mut local, owner, currency))
                        .transpose()?;
                    check_record(record, account, owner)
                });
                match checked {
                    Ok(checked) => {
                        facts.push(checked);
                        origins.push(index);
                    }
                    Err(refusal) => report.invalid.push(refused(index, refusal)),
                }
            }
            resolver.extend(std::mem::take(&mut local.fresh));
            let commit = self.commit_plan(&mut resolver, None, |resolver, state| {
                resolver.plan_facts(state, facts)
            })?;
            report.stored += commit.stored;
            report.unchanged += commit.unchanged;
            for (place, refusal) in commit.refused {
                let index = origins.get(place).copied().unwrap_or_default();
                report.invalid.push(refused(index, refusal));
            }
        }
        report.invalid.sort_by_key(|refused| refused.index);
        Ok(report)
    }

    /// The graph as it now is. Do not hold the guard across waiting: appenders wait for it.
    pub fn graph(&self) -> GraphGuard<'_> {
        GraphGuard(self.read())
    }

    /// The device an institution named for an account.
    #[must_use]
    pub fn device_of(&self, account: AccountIx) -> Option<String> {
        self.read().devices.get(account.get()).map(str::to_owned)
    }

    /// Grows by one with every block that became visible; what was visible at a version stays so.
    #[must_use]
    pub fn version(&self) -> u64 {
        *self.version.borrow()
    }

    /// Tells of new versions.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// How it was opened.
    #[must_use]
    pub const fn mode(&self) -> LedgerMode {
        self.mode
    }

    /// The folder of the log.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Gives back memory that growing left over; call it after storing much.
    pub fn settle(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.graph.settle();
    }

    pub(crate) fn last_mark(&self, digest: &SourceDigest) -> Option<ImportMark> {
        self.read().marks.get(digest).cloned()
    }

    /// Stores rows with local account numbers.
    pub(crate) fn commit(
        &self,
        resolver: &mut Resolver,
        rows: &Rows,
        import: Option<Importing<'_>>,
    ) -> Result<Commit, LedgerError> {
        self.commit_plan(resolver, import, |resolver, state| {
            resolver.plan_rows(state, rows)
        })
    }

    /// Writes the mark of an import by itself.
    pub(crate) fn commit_mark(&self, mark: &ImportMark) -> Result<(), LedgerError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let accounts = self.read().accounts.len();
        self.store(&Entry {
            mark: Some(mark.clone()),
            accounts_before: u32::try_from(accounts).unwrap_or(u32::MAX),
            ..Entry::default()
        })?;
        Ok(())
    }

    fn commit_plan(
        &self,
        resolver: &mut Resolver,
        mut import: Option<Importing<'_>>,
        plan: impl FnOnce(&mut Resolver, &State) -> Plan,
    ) -> Result<Commit, LedgerError> {
        if self.mode == LedgerMode::ReadOnly {
            return Err(LedgerError::ReadOnly);
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Plan {
            mut entry,
            origins,
            unchanged,
            mut refused,
        } = plan(resolver, &self.read());
        let fresh = entry.rows.len() + entry.facts.len();
        let mut stored = u64::try_from(fresh).unwrap_or(u64::MAX);
        if let Some(Importing { mark, before }) = &mut import {
            mark.counts.stored += stored;
            mark.counts.unchanged += unchanged;
            for (_, (code, _)) in &refused {
                mark.counts.refuse(*code);
            }
            entry.mark = Some(mark.clone());
            before(&refused)?;
        }
        if fresh > 0 {
            let left_out = self.store(&entry).inspect_err(|_| resolver.abandon())?;
            for place in left_out.rows.into_iter().chain(left_out.facts) {
                let origin = origins.get(place).copied().unwrap_or_default();
                refused.push((origin, Plan::overflow()));
                stored -= 1;
                if let Some(Importing { mark, .. }) = &mut import {
                    mark.counts.stored -= 1;
                    mark.counts.refuse(RejectCode::AmountOverflow);
                }
            }
            refused.sort_by_key(|(place, _)| *place);
        }
        Ok(Commit {
            stored,
            unchanged,
            refused,
        })
    }

    /// Makes an entry durable, then visible. The caller holds `writing`.
    fn store(&self, entry: &Entry) -> Result<LeftOut, LedgerError> {
        let payload = entry.encode();
        let next = Position(self.version());
        let appended = self.log.append(NewBlock::new(&payload).at(next))?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let left_out = state
            .apply(entry)
            .map_err(|error| bad_block(appended.position, error))?;
        drop(state);
        self.version.send_replace(appended.position.next().0);
        Ok(left_out)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads, checks and decodes on one thread while another applies.
fn replay(log: &EmbeddedLog, state: &mut State, log_bytes: u64) -> Result<(), LedgerError> {
    let blocks = log.read_from(Position::START)?;
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(REPLAY_AHEAD_MAX);
        scope.spawn(move || {
            for block in blocks {
                let entry = block.map_err(LedgerError::from).and_then(|block| {
                    let position = block.position;
                    let bytes = block.payload.len();
                    let entry = Entry::decode(&block.payload);
                    entry
                        .map(|entry| (position, bytes, entry))
                        .map_err(|why| LedgerError::BadBlock { position, why })
                });
                // The other side hangs up after its first error; this side stops with it.
                if sender.send(entry).is_err() {
                    break;
                }
            }
        });
        for entry in receiver {
            let (position, bytes, entry) = entry?;
            if state.graph.payment_count() == 0 && entry.rows.len() > RESERVE_ROWS_MIN {
                // The first large block tells how many payments the log holds, near enough.
                let blocks = usize::try_from(log_bytes).unwrap_or(usize::MAX) / bytes.max(1);
                state.graph.reserve(blocks.saturating_mul(entry.rows.len()));
            }
            state
                .apply(&entry)
                .map_err(|error| bad_block(position, error))?;
        }
        Ok(())
    })
}

/// A block with fewer rows says too little of the others.
const RESERVE_ROWS_MIN: usize = 1_000;

/// Size of the log, for an estimate; 0 if the folder cannot be read.
fn log_bytes(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let sizes = entries
        .filter_map(|entry| entry.metadata().ok())
        .map(|file| file.len());
    sizes.sum()
}

fn bad_block(position: Position, error: ApplyError) -> LedgerError {
    match error {
        ApplyError::Misfit(why) => LedgerError::BadBlock { position, why },
        ApplyError::Graph(source) => LedgerError::Graph { position, source },
    }
}

fn row_of<'a>(payment: &'a Payment, local: &mut LocalAccounts) -> Result<Row<'a>, Refusal> {
    let at_ms = check_payment(payment)?;
    let currency = payment.amount.currency();
    Ok(Row {
        tx_id: &payment.tx_id,
        at_ms,
        from: number(local, &payment.from, currency)?,
        to: number(local, &payment.to, currency)?,
        minor: payment.amount.minor(),
        channel: payment.channel,
    })
}

fn number(
    local: &mut LocalAccounts,
    account: &AccountRef,
    currency: Currency,
) -> Result<u32, Refusal> {
    let key = NodeKey {
        account: account.clone(),
        currency,
    };
    local.number(key).ok_or_else(too_many_accounts)
}

pub(crate) fn too_many_accounts() -> Refusal {
    let reason = "no number is left for another account".to_owned();
    (RejectCode::AccountInvalid, reason)
}

fn refused(index: usize, (code, reason): Refusal) -> Refused {
    Refused {
        index,
        code,
        reason,
    }
}
