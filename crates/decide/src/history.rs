//! History: the events of the log kept as Parquet, in order of arrival (`docs/formats/history.md`).
//!
//! A segment holds the events of whole blocks, `<first block>-<block after the last>.parquet`. Segments follow each other
//! without a gap and never change; what the log has after them is its tail. Segments and tail together are every event
//! that arrived, also when the log gave up what is in segments. A segment is there whole or not at all.
//!
//! The exact line of each event is kept, not its fields: the schema that reads it is that of the policy that is tried,
//! which may be newer than the event (`docs/adr/0009-history.md`).

mod segment;

use std::path::{Path, PathBuf};

use stanch_stream::{DirLock, EmbeddedLog, EventLog, LogConfig, LogError, Position};

use crate::block::{self, Entry};
use crate::error::DecideError;
use segment::SegmentWriter;
pub(crate) use segment::{SegmentReader, Stretch};

/// Events after which a segment is closed.
pub const SEGMENT_EVENTS: u64 = 1 << 20;
/// Bytes of events, before compression, after which a segment is closed.
const SEGMENT_BYTES: u64 = 1 << 30;
/// Ending of a segment that is being written.
const STAGED: &str = ".new";
/// Ending of a segment.
const ENDING: &str = ".parquet";

/// The folder of segments.
#[derive(Debug, Clone)]
pub struct History {
    dir: PathBuf,
}

/// One file of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The first block whose events it may hold.
    pub first: Position,
    /// The block after the last.
    pub next: Position,
    /// The file.
    pub path: PathBuf,
}

/// What an export did, or has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Exported {
    /// Segments written.
    pub segments: u64,
    /// Events in them.
    pub events: u64,
    /// Bytes of the events.
    pub event_bytes: u64,
    /// Bytes of the files.
    pub file_bytes: u64,
    /// The block up to which history reaches.
    pub next: u64,
    /// Blocks of the log.
    pub end: u64,
}

impl History {
    /// The history in `dir`, which need not exist.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The segments, in order of arrival.
    ///
    /// # Errors
    /// [`DecideError::Damaged`] when one is missing between others; [`DecideError::Io`].
    pub fn segments(&self) -> Result<Vec<Segment>, DecideError> {
        let mut segments = Vec::new();
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(segments),
            Err(error) => return Err(DecideError::io("read", &self.dir)(error)),
        };
        for entry in entries {
            let path = entry.map_err(DecideError::io("read", &self.dir))?.path();
            if let Some((first, next)) = positions(&path) {
                segments.push(Segment { first, next, path });
            }
        }
        segments.sort_unstable_by_key(|segment| segment.first);
        let pairs = segments.iter().zip(segments.iter().skip(1));
        for (one, other) in pairs {
            if one.next != other.first {
                return Err(DecideError::Damaged {
                    what: "the history: a segment is missing or there twice",
                });
            }
        }
        Ok(segments)
    }

    /// The first block that is not in a segment; `None` when there is no segment.
    ///
    /// # Errors
    /// As [`History::segments`].
    pub fn next(&self) -> Result<Option<Position>, DecideError> {
        Ok(self.segments()?.last().map(|segment| segment.next))
    }

    /// Exports what the log has after the last segment: whole segments, and the rest too if `rest` says so. `progress` is
    /// told now and then and says whether to go on; a segment that is not whole by then is given up.
    ///
    /// # Errors
    /// [`DecideError::Log`], also when the log gave up blocks that are not in history; [`DecideError::BadBlock`],
    /// [`DecideError::Io`].
    pub fn export(
        &self,
        log: &EmbeddedLog,
        rest: bool,
        progress: &mut dyn FnMut(Exported) -> bool,
    ) -> Result<Exported, DecideError> {
        std::fs::create_dir_all(&self.dir).map_err(DecideError::io("create", &self.dir))?;
        let _lock = self.lock()?;
        self.remove_staged()?;
        let start = match self.next()? {
            Some(next) => next,
            None => crate::backtest::first_kept(log)?,
        };
        let end = log.end();
        let mut done = Exported {
            next: start.0,
            end: end.0,
            ..Exported::default()
        };
        if start >= end {
            return Ok(done);
        }
        let mut open: Option<SegmentWriter> = None;
        for block in log.read_from(start)? {
            let block = block?;
            let position = block.position;
            let entry = block::decode(&block.payload)
                .map_err(|why| DecideError::bad_block(position, why))?;
            let mut writer = match open.take() {
                Some(writer) => writer,
                None => SegmentWriter::create(&self.dir.join("segment.new"), position)?,
            };
            match entry {
                Entry::Events(events) => writer.add(position, &events)?,
                Entry::Control(control) => writer.live_is(control.deployment.live),
                Entry::Late(_) => {}
            }
            let next = position.next();
            if writer.events() >= SEGMENT_EVENTS || writer.event_bytes() >= SEGMENT_BYTES {
                self.close(writer, next, &mut done)?;
                if !progress(done) {
                    return Ok(done);
                }
            } else {
                open = Some(writer);
            }
        }
        match open {
            Some(writer) if rest => {
                self.close(writer, end, &mut done)?;
                progress(done);
            }
            Some(_) | None => self.remove_staged()?,
        }
        Ok(done)
    }

    /// Removes the segments that end at or before `cut`, oldest first.
    ///
    /// # Errors
    /// [`DecideError::HistoryInUse`], [`DecideError::Io`]; those of [`History::segments`].
    pub(crate) fn give_up(&self, cut: Position) -> Result<(), DecideError> {
        let segments = self.segments()?;
        if segments.is_empty() {
            return Ok(());
        }
        let _lock = self.lock()?;
        for segment in segments.into_iter().filter(|segment| segment.next <= cut) {
            std::fs::remove_file(&segment.path)
                .map_err(DecideError::io("remove", &segment.path))?;
        }
        Ok(())
    }

    /// As [`History::export`], of the log in `log_dir`; also while a server works on it.
    ///
    /// # Errors
    /// As [`History::export`].
    pub fn export_folder(
        &self,
        log_dir: &Path,
        rest: bool,
        progress: &mut dyn FnMut(Exported) -> bool,
    ) -> Result<Exported, DecideError> {
        let log = EmbeddedLog::open_read_only(log_dir, LogConfig::default())?;
        self.export(&log, rest, progress)
    }

    /// Puts a segment in place.
    fn close(
        &self,
        writer: SegmentWriter,
        next: Position,
        done: &mut Exported,
    ) -> Result<(), DecideError> {
        let (first, events, event_bytes) = (writer.first(), writer.events(), writer.event_bytes());
        let staged = writer.finish()?;
        let place = self
            .dir
            .join(format!("{:020}-{:020}{ENDING}", first.0, next.0));
        std::fs::rename(&staged, &place).map_err(DecideError::io("rename", &staged))?;
        std::fs::File::open(&self.dir)
            .and_then(|dir| dir.sync_all())
            .map_err(DecideError::io("sync", &self.dir))?;
        let meta = std::fs::metadata(&place).map_err(DecideError::io("read", &place))?;
        done.segments += 1;
        done.events += events;
        done.event_bytes += event_bytes;
        done.file_bytes += meta.len();
        done.next = next.0;
        Ok(())
    }

    /// The right to write; the system gives it back if the process dies.
    fn lock(&self) -> Result<DirLock, DecideError> {
        DirLock::take(&self.dir).map_err(|error| {
            if matches!(error, LogError::Locked { .. }) {
                DecideError::HistoryInUse
            } else {
                error.into()
            }
        })
    }

    /// Removes what was being written when a process died.
    fn remove_staged(&self) -> Result<(), DecideError> {
        let entries = std::fs::read_dir(&self.dir).map_err(DecideError::io("read", &self.dir))?;
        for entry in entries {
            let path = entry.map_err(DecideError::io("read", &self.dir))?.path();
            if path.to_string_lossy().ends_with(STAGED) {
                std::fs::remove_file(&path).map_err(DecideError::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

/// The folder of history for the decision log in `log_dir`: `D/history/events` for `D/log/decisions`.
#[must_use]
pub fn history_beside(log_dir: &Path) -> PathBuf {
    let data = log_dir.parent().and_then(Path::parent);
    data.unwrap_or(log_dir).join("history/events")
}

/// The positions in the name of a segment.
fn positions(path: &Path) -> Option<(Position, Position)> {
    let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?;
    let (first, next) = name.split_once('-')?;
    Some((Position(first.parse().ok()?), Position(next.parse().ok()?)))
}

/// Keeps history up while events are decided: exports a segment as soon as the log has enough for one.
pub struct HistoryKeeper {
    history: History,
    log: std::sync::Arc<EmbeddedLog>,
    counted: Option<Position>,
    waiting: u64,
}

impl HistoryKeeper {
    /// For the log `log`, into `history`.
    #[must_use]
    pub fn new(history: History, log: std::sync::Arc<EmbeddedLog>) -> Self {
        Self {
            history,
            log,
            counted: None,
            waiting: 0,
        }
    }

    /// Counts what arrived since the last step and exports what is due. Blocks; reads each block of the log once more.
    ///
    /// # Errors
    /// As [`History::export`].
    pub fn step(&mut self, go_on: &dyn Fn() -> bool) -> Result<Option<Exported>, DecideError> {
        let from = match (self.counted, self.history.next()?) {
            (Some(counted), _) => counted,
            (None, Some(next)) => next,
            (None, None) => crate::backtest::first_kept(&self.log)?,
        };
        // Retention may have passed what was counted.
        let mut next = from.max(crate::backtest::first_kept(&self.log)?);
        if next < self.log.end() {
            for block in self.log.read_from(next)? {
                let block = block?;
                let events = block::events_in(&block.payload)
                    .map_err(|why| DecideError::bad_block(block.position, why))?;
                self.waiting += events;
                next = block.position.next();
                if !go_on() {
                    break;
                }
            }
        }
        self.counted = Some(next);
        if self.waiting < SEGMENT_EVENTS || !go_on() {
            return Ok(None);
        }
        let done = self.history.export(&self.log, false, &mut |_| go_on())?;
        // Blocks of the segments were counted; a segment closed for its bytes has fewer events.
        self.waiting = 0;
        self.counted = Some(Position(done.next));
        Ok(Some(done))
    }
}

impl std::fmt::Debug for HistoryKeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryKeeper")
            .field("history", &self.history)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}
