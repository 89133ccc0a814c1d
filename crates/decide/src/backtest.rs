//! What a policy would have decided: the events that arrived again, in order of arrival, through the same features and
//! rules as live.
//!
//! Every event enters the features; those that occurred from `from` up to `to` are judged and counted. The log is read,
//! never written, also while a server works on it. The report is a function of events, policies, range and labels: how
//! many threads there were and whether the run was interrupted makes no difference.

mod checkpoint;
mod count;
mod labels;
pub mod order;
mod pipeline;
mod report;
mod source;

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use hashbrown::HashMap;
use stanch_rules::{Event, Policy};
use stanch_stream::{EmbeddedLog, EventLog, LogConfig};
use stanch_types::Timestamp;
use stanch_types::backtest::BacktestReport;

use crate::block::{self, Entry};
use crate::cold::ColdPlace;
use crate::core::Core;
use crate::error::DecideError;
use crate::history::{History, SegmentReader};
use checkpoint::Checkpoints;
use count::{Counts, Frame};
pub use labels::Labels;
use pipeline::{Setting, run_leg};
use source::Source;
pub use source::events_that_say;
pub(crate) use source::{events_kept, first_kept};

/// Events after which progress is told and a wish to stop is heeded, unless asked otherwise.
pub const LEG_EVENTS: u64 = 262_144;
/// Events between checkpoints unless asked otherwise.
pub const CHECKPOINT_EVENTS: u64 = 4_194_304;

/// Which events are judged.
#[derive(Debug, Clone, Copy)]
pub struct BacktestRange {
    /// Events that occurred at or after.
    pub from: Timestamp,
    /// Events that occurred before.
    pub to: Timestamp,
    /// Alerts that reviewers can look at in a day.
    pub capacity_a_day: Option<u64>,
}

impl BacktestRange {
    fn contains(&self, event: &Event) -> bool {
        let at = event.occurred_at();
        self.from <= at && at < self.to
    }
}

/// What is asked of a backtest.
pub struct BacktestTask {
    /// Folder of the decision log.
    pub log_dir: PathBuf,
    /// Folder of the history; need not exist.
    pub history_dir: PathBuf,
    /// The policy that is tried.
    pub policy: Policy,
    /// The one it is compared with.
    pub against: Option<Policy>,
    /// Which events are judged.
    pub range: BacktestRange,
    /// What events turned out to be, where that did not come with them.
    pub labels: Labels,
    /// Where to note how far it is; a run that was killed goes on from there. The folder is removed at the end.
    pub checkpoint_dir: Option<PathBuf>,
    /// Events between checkpoints; [`CHECKPOINT_EVENTS`].
    pub checkpoint_events: u64,
    /// Events after which progress is told and a wish to stop is heeded; [`LEG_EVENTS`].
    pub leg_events: u64,
    /// Bytes of raw events of one policy's features that stay in memory; the rest is in files in the folder of checkpoints.
    /// None, or no such folder: all of them.
    pub hot_bytes: Option<usize>,
    /// Where to write each decision, as `stanch decide` does.
    pub decisions: Option<PathBuf>,
    /// Threads that decode and threads that judge; none: as many as there are cores.
    pub threads: Option<usize>,
}

/// How far a backtest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BacktestProgress {
    /// Blocks of the log done.
    pub blocks: u64,
    /// All of them.
    pub blocks_total: u64,
    /// Events done.
    pub events: u64,
    /// Events done by the run that this one goes on from.
    pub resumed_events: u64,
}

/// The policy that is live at the end of the log in `log`, by hash; `history` says what was in blocks that the log gave
/// up.
///
/// # Errors
/// [`DecideError::Log`], [`DecideError::BadBlock`].
pub fn live_at_end(log: &Path, history: &Path) -> Result<Option<String>, DecideError> {
    let log = EmbeddedLog::open_read_only(log, LogConfig::default())?;
    let first = first_kept(&log)?;
    let mut live = None;
    for segment in History::at(history).segments()? {
        if segment.first < first {
            let reader = SegmentReader::open(&segment.path, segment.first)?;
            live = reader.live_at_end().unwrap_or(live);
        }
    }
    for block in log.read_from(first)? {
        let block = block?;
        if !block::is_control(&block.payload) {
            continue;
        }
        let entry = block::decode(&block.payload)
            .map_err(|why| DecideError::bad_block(block.position, why))?;
        if let Entry::Control(control) = entry {
            live = control.deployment.live;
        }
    }
    Ok(live)
}

/// Runs a backtest. `progress` is told how far it is now and then and says whether to go on.
///
/// # Errors
/// [`DecideError::Log`], [`DecideError::BadBlock`], [`DecideError::PolicyInvalid`], [`DecideError::Io`];
/// [`DecideError::Stopped`] when told not to go on.
pub fn backtest(
    task: &BacktestTask,
    progress: &mut dyn FnMut(BacktestProgress) -> bool,
) -> Result<BacktestReport, DecideError> {
    let mut run = Run::start(task)?;
    while !run.source.is_done() {
        run.leg()?;
        if !progress(run.progress()) {
            run.keep()?;
            return Err(DecideError::Stopped("the backtest was stopped".to_owned()));
        }
        if run.since_checkpoint >= task.checkpoint_events {
            run.keep()?;
        }
    }
    run.finish()
}

struct Run<'a> {
    task: &'a BacktestTask,
    /// The policies at work, by hash; one when the other is the same.
    cores: HashMap<String, Core>,
    frame: Frame,
    source: Source,
    counts: Counts,
    checkpoints: Option<Checkpoints>,
    decisions: Option<Decisions>,
    resumed_events: u64,
    since_checkpoint: u64,
}

impl<'a> Run<'a> {
    fn start(task: &'a BacktestTask) -> Result<Self, DecideError> {
        let against = task.against.as_ref();
        let place = match (&task.checkpoint_dir, task.hot_bytes) {
            (Some(dir), Some(bytes)) => Some(ColdPlace::open(&dir.join("cold"), bytes)?),
            (None, _) | (_, None) => None,
        };
        let mut cores = HashMap::new();
        for policy in std::iter::once(&task.policy).chain(against) {
            let core = match &place {
                Some(place) => Core::within(policy.clone(), place)?,
                None => Core::new(policy.clone())?,
            };
            cores.insert(policy.hash().to_string(), core);
        }
        let frame = Frame::new(&task.policy, against);
        let checkpoints = match &task.checkpoint_dir {
            Some(dir) => Some(Checkpoints::open(dir, question(task))?),
            None => None,
        };
        let resumed = match &checkpoints {
            Some(checkpoints) => checkpoints.resume(&mut cores)?,
            None => None,
        };
        let (from, events, counts, written) = match resumed {
            Some(at) => (
                Some(at.next),
                at.mark.events,
                at.mark.counts,
                at.mark.written_bytes,
            ),
            None => (None, 0, Counts::new(&frame), 0),
        };
        let decisions = match &task.decisions {
            Some(path) => Some(Decisions::open(path, written)?),
            None => None,
        };
        Ok(Self {
            task,
            cores,
            frame,
            source: Source::open(&task.log_dir, &History::at(&task.history_dir), from, events)?,
            counts,
            checkpoints,
            decisions,
            resumed_events: events,
            since_checkpoint: 0,
        })
    }

    fn leg(&mut self) -> Result<(), DecideError> {
        let before = self.source.events;
        self.source
            .begin_leg(self.task.leg_events.min(self.task.checkpoint_events));
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let (policy, against) = (&self.task.policy, self.task.against.as_ref());
        let other = against.filter(|other| other.hash() != policy.hash());
        let setting = Setting {
            policy,
            other,
            compares: against.is_some(),
            range: self.task.range,
            labels: &self.task.labels,
            frame: &self.frame,
            writes: self.decisions.is_some(),
            threads: self.task.threads.unwrap_or(cpus),
        };
        let decisions = &mut self.decisions;
        let mut write = |lines: &[Bytes]| match decisions {
            Some(decisions) => decisions.write(lines),
            None => Ok(()),
        };
        let (hash, other) = (policy.hash().to_string(), other.map(|one| one.hash()));
        let other = other.map_or_else(String::new, |hash| hash.to_string());
        let [Some(core), other] = self.cores.get_disjoint_mut([&hash, &other]) else {
            return Err(DecideError::PolicyUnknown(hash));
        };
        let counts = run_leg(&setting, core, other, &mut self.source, &mut write)?;
        self.counts.merge(&counts);
        self.since_checkpoint += self.source.events - before;
        Ok(())
    }

    /// Notes how far it is.
    fn keep(&mut self) -> Result<(), DecideError> {
        self.since_checkpoint = 0;
        let Some(checkpoints) = &self.checkpoints else {
            return Ok(());
        };
        let written = match &mut self.decisions {
            Some(decisions) => decisions.sync()?,
            None => 0,
        };
        checkpoints.keep(
            self.source.next(),
            &mut self.cores,
            self.source.events,
            written,
            &self.counts,
        )
    }

    fn progress(&self) -> BacktestProgress {
        let (blocks, blocks_total) = self.source.progress();
        BacktestProgress {
            blocks,
            blocks_total,
            events: self.source.events,
            resumed_events: self.resumed_events,
        }
    }

    fn finish(mut self) -> Result<BacktestReport, DecideError> {
        if let Some(decisions) = &mut self.decisions {
            decisions.sync()?;
        }
        let BacktestTask {
            policy,
            against,
            range,
            ..
        } = self.task;
        let report = report::report(policy, against.as_ref(), range, &self.counts);
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.remove()?;
        }
        Ok(report)
    }
}

/// What tells one backtest from another: a checkpoint of the one is of no use to the other.
fn question(task: &BacktestTask) -> String {
    let against = task.against.as_ref();
    let against = against.map(|other| other.hash().to_string());
    let question = format!(
        "{} {against:?} {} {} {} {}",
        task.policy.hash(),
        task.range.from.as_micros(),
        task.range.to.as_micros(),
        task.labels.sha256(),
        task.decisions.is_some(),
    );
    hex::encode(digest(&SHA256, question.as_bytes()))
}

/// The file of decisions.
struct Decisions {
    file: BufWriter<File>,
    path: PathBuf,
    bytes: u64,
}

impl Decisions {
    /// The file at `path`, cut to `bytes`, to be written on from there.
    fn open(path: &Path, bytes: u64) -> Result<Self, DecideError> {
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(path)
            .map_err(DecideError::io("write", path))?;
        let there = file.metadata().map_err(DecideError::io("read", path))?;
        if there.len() < bytes {
            return Err(DecideError::Damaged {
                what: "the decisions of the interrupted run",
            });
        }
        file.set_len(bytes)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map_err(DecideError::io("write", path))?;
        Ok(Self {
            file: BufWriter::with_capacity(1 << 20, file),
            path: path.to_owned(),
            bytes,
        })
    }

    fn write(&mut self, lines: &[Bytes]) -> Result<(), DecideError> {
        for line in lines {
            self.file
                .write_all(line)
                .and_then(|()| self.file.write_all(b"\n"))
                .map_err(DecideError::io("write", &self.path))?;
            self.bytes += u64::try_from(line.len()).unwrap_or(u64::MAX) + 1;
        }
        Ok(())
    }

    /// Brings everything to disk; how many bytes that is.
    fn sync(&mut self) -> Result<u64, DecideError> {
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_data())
            .map_err(DecideError::io("write", &self.path))?;
        Ok(self.bytes)
    }
}
