//! Where a backtest's events come from, in order of arrival: the segments of history, then what the log has after them.

use std::path::Path;

use bytes::Bytes;
use stanch_stream::{Blocks, EmbeddedLog, EventLog, LogConfig, LogError, Position};

use crate::block::{self, Entry};
use crate::error::DecideError;
use crate::history::{History, Segment, SegmentReader, Stretch};

/// Events of a chunk, unless a block has more.
const CHUNK_EVENTS: usize = 2_048;

/// Events that arrived one after the other: whole blocks of the log.
pub(super) struct Chunk {
    /// Place of the first one in the order of arrival.
    pub first: u64,
    pub lines: Vec<Bytes>,
}

/// Reads the events that arrived, leg by leg.
pub(super) struct Source {
    /// Segments not yet opened, last one first.
    segments: Vec<Segment>,
    segment: Option<(Segment, SegmentReader)>,
    /// What was read of the open segment and not given out, next one last.
    pending: Vec<(i64, Bytes)>,
    blocks: Blocks,
    start: Position,
    next: Position,
    end: Position,
    /// Events given out.
    pub events: u64,
    leg_ends_at: u64,
}

impl Source {
    /// From `from`, or from the first event that is kept, up to what is in the log now; `events` came before.
    pub fn open(
        log: &Path,
        history: &History,
        from: Option<Position>,
        events: u64,
    ) -> Result<Self, DecideError> {
        let mut segments = history.segments()?;
        // After the segments were listed: what arrives between is in the log.
        let log = EmbeddedLog::open_read_only(log, LogConfig::default())?;
        let start = match segments.first() {
            Some(segment) => segment.first,
            None => first_kept(&log)?,
        };
        let next = from.unwrap_or(start);
        let after = segments.last().map_or(start, |segment| segment.next);
        segments.retain(|segment| segment.next > next);
        segments.reverse();
        Ok(Self {
            segments,
            segment: None,
            pending: Vec::new(),
            blocks: log.read_from(after.max(next))?,
            start,
            next,
            end: log.end().max(after),
            events,
            leg_ends_at: u64::MAX,
        })
    }

    /// The next leg ends after this many events.
    pub fn begin_leg(&mut self, events: u64) {
        self.leg_ends_at = self.events.saturating_add(events);
    }

    /// The block after those given out.
    pub fn next(&self) -> Position {
        self.next
    }

    /// Whether everything was given out.
    pub fn is_done(&self) -> bool {
        self.next >= self.end
    }

    /// Blocks given out, and all.
    pub fn progress(&self) -> (u64, u64) {
        (self.next.0 - self.start.0, self.end.0 - self.start.0)
    }

    /// The next events; `None` at the end of the leg.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, DecideError> {
        if self.events >= self.leg_ends_at {
            return Ok(None);
        }
        let first = self.events;
        let mut lines = Vec::with_capacity(CHUNK_EVENTS);
        self.take_history(&mut lines)?;
        while lines.len() < CHUNK_EVENTS && self.segment.is_none() {
            let Some(block) = self.blocks.next() else {
                break;
            };
            let block = block?;
            let entry = block::decode(&block.payload)
                .map_err(|why| DecideError::bad_block(block.position, why))?;
            match entry {
                Entry::Events(events) if lines.is_empty() => lines = events.lines,
                Entry::Events(events) => lines.extend(events.lines),
                Entry::Control(_) | Entry::Late(_) => {}
            }
            self.next = block.position.next();
        }
        self.events = first + u64::try_from(lines.len()).unwrap_or(u64::MAX);
        Ok((!lines.is_empty()).then_some(Chunk { first, lines }))
    }

    /// Takes whole blocks of history until there are enough lines or there is no more history.
    fn take_history(&mut self, lines: &mut Vec<Bytes>) -> Result<(), DecideError> {
        let mut last = None;
        loop {
            let Some((block, _)) = self.pending.last() else {
                if self.read_history()? {
                    continue;
                }
                return Ok(());
            };
            let is_new = last != Some(*block);
            if is_new && lines.len() >= CHUNK_EVENTS {
                return Ok(());
            }
            last = Some(*block);
            if let Some((block, line)) = self.pending.pop() {
                self.next = Position(block.cast_unsigned()).next();
                lines.push(line);
            }
        }
    }

    /// Reads the next events of history; false when there is none.
    fn read_history(&mut self) -> Result<bool, DecideError> {
        loop {
            if let Some((segment, reader)) = &mut self.segment {
                if let Some(Stretch { blocks, lines }) = reader.stretch()? {
                    self.pending = blocks.into_iter().zip(lines).rev().collect();
                    return Ok(true);
                }
                // Its last blocks may be without events.
                self.next = self.next.max(segment.next);
                self.segment = None;
            }
            let Some(segment) = self.segments.pop() else {
                return Ok(false);
            };
            let reader = SegmentReader::open(&segment.path, self.next)?;
            self.segment = Some((segment, reader));
        }
    }
}

/// The events that are kept and in whose text `is_wanted` finds what is looked for, as they came, in order of arrival.
/// Reads everything in `history` and `log`; none when there is no log.
///
/// # Errors
/// [`DecideError::Log`], [`DecideError::BadBlock`], [`DecideError::Io`], [`DecideError::Damaged`].
pub fn events_that_say(
    log: &Path,
    history: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Bytes>, DecideError> {
    let mut events = Vec::new();
    if !log.exists() {
        return Ok(events);
    }
    let mut source = Source::open(log, &History::at(history), None, 0)?;
    while let Some(chunk) = source.next_chunk()? {
        let says = |line: &Bytes| std::str::from_utf8(line).is_ok_and(&is_wanted);
        events.extend(chunk.lines.into_iter().filter(says));
    }
    Ok(events)
}

/// The first block that the log still has.
pub(crate) fn first_kept(log: &EmbeddedLog) -> Result<Position, DecideError> {
    match log.read_from(Position::START) {
        Ok(_) => Ok(Position::START),
        Err(LogError::Gone { first }) => Ok(first),
        Err(error) => Err(error.into()),
    }
}

/// Events that a run over all of it would give out now. Reads the log after the history once.
pub(crate) fn events_kept(log: &Path, history: &History) -> Result<u64, DecideError> {
    let segments = history.segments()?;
    let mut events = 0_u64;
    for segment in &segments {
        events += SegmentReader::open(&segment.path, segment.first)?.events();
    }
    let log = EmbeddedLog::open_read_only(log, LogConfig::default())?;
    let from = match segments.last() {
        Some(segment) => segment.next,
        None => first_kept(&log)?,
    };
    for block in log.read_from(from)? {
        let block = block?;
        events += block::events_in(&block.payload)
            .map_err(|why| DecideError::bad_block(block.position, why))?;
    }
    Ok(events)
}
