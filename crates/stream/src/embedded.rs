//! The log as a folder of segment files, with group commit.

use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::block::{Appended, DedupId, Header, NewBlock, Position};
use crate::error::LogError;
use crate::reader::Reader;
use crate::recovery::{Recovered, find_tail};
use crate::segment::{Segment, sync_dir};
use crate::{Blocks, EventLog};

/// Sizes of a log.
#[derive(Debug, Clone, Copy)]
pub struct LogConfig {
    /// A segment is closed before it grows over this many bytes (default 128 MiB). A larger block has its own.
    pub segment_bytes: u64,
    /// Largest payload of a block in bytes (default 16 MiB, at most 64 MiB).
    pub block_bytes_max: usize,
    /// A dedup id is known while its block is among this many last ones (default 65,536; about 60 bytes each).
    pub dedup_blocks: u64,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 128 << 20,
            block_bytes_max: 16 << 20,
            dedup_blocks: 65_536,
        }
    }
}

/// An [`EventLog`] in a folder. At most one process writes (`lock` in the folder); any number read.
pub struct EmbeddedLog {
    config: LogConfig,
    state: Mutex<State>,
    /// Signalled when a group has been synced or the log is poisoned.
    synced: Condvar,
    read_only: bool,
    /// `None` when open for reading only. Held by the thread that writes a group.
    writer: Mutex<Option<Writer>>,
    recovered: Option<Recovered>,
}

/// What appenders share.
#[derive(Default)]
struct State {
    segments: Vec<Segment>,
    /// Position of the next block to be staged.
    next: Position,
    /// Everything before it is on disk.
    durable: Position,
    staged: Group,
    /// A drained group whose memory is used again.
    spare: Group,
    writing: bool,
    failure: Option<String>,
    dedup: HashMap<DedupId, Position>,
    dedup_order: VecDeque<(DedupId, Position)>,
}

/// Blocks that go to disk with one write and one sync. Headers get their final form when the place is known.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    blocks: Vec<(usize, Header)>,
}

struct Writer {
    dir: PathBuf,
    segment: Segment,
    file: File,
    /// Length of the file up to the last synced block.
    len: u64,
    /// Whether the next group begins a segment, however short the last one is.
    ends: bool,
    _lock: DirLock,
}

/// A group is written when it has grown to this size, even if its writer would still wait.
const GROUP_BYTES_MAX: usize = 32 << 20;

impl EmbeddedLog {
    /// Opens the log in `dir` for writing, creating it if absent, and cuts a torn tail (see
    /// [`EmbeddedLog::recovered`]). Reads the last segment once, and block headers as far back as
    /// [`LogConfig::dedup_blocks`].
    ///
    /// # Errors
    /// [`LogError::Locked`] while another process writes; [`LogError::Damaged`]; [`LogError::Io`].
    pub fn open(dir: &Path, config: LogConfig) -> Result<Self, LogError> {
        std::fs::create_dir_all(dir).map_err(LogError::io("create", dir))?;
        let lock = DirLock::take(dir)?;
        let mut segments = Segment::list(dir)?;
        let last = match segments.last() {
            Some(last) => last.clone(),
            None => {
                let (first, _) = Segment::create(dir, Position::START)?;
                segments.push(first.clone());
                first
            }
        };
        let tail = find_tail(&last)?;
        let recovered = (tail.torn > 0).then(|| Recovered {
            file: last.path.clone(),
            offset: tail.len,
            bytes_cut: tail.torn,
        });
        let file = open_at(&last, tail.len, recovered.is_some())?;
        if let Some(cut) = &recovered {
            tracing::warn!(file = %cut.file.display(), offset = cut.offset, bytes_cut = cut.bytes_cut,
                "cut the torn tail of the event log");
        }
        let mut state = State::at(segments, tail.next);
        state.load_dedup(config.dedup_blocks)?;
        let writer = Writer {
            dir: dir.to_owned(),
            segment: last,
            file,
            len: tail.len,
            ends: false,
            _lock: lock,
        };
        Ok(Self::with(config, state, Some(writer), recovered))
    }

    /// Opens the log in `dir` for reading, also while another process writes. It ends at the last block that
    /// was whole at this moment; a torn tail is left alone. The newest blocks may be read before they are synced.
    ///
    /// # Errors
    /// [`LogError::Damaged`]; [`LogError::Io`], also if there is no such folder.
    pub fn open_read_only(dir: &Path, config: LogConfig) -> Result<Self, LogError> {
        let segments = Segment::list(dir)?;
        let next = match segments.last() {
            Some(last) => find_tail(last)?.next,
            None => Position::START,
        };
        Ok(Self::with(config, State::at(segments, next), None, None))
    }

    fn with(
        config: LogConfig,
        state: State,
        writer: Option<Writer>,
        recovered: Option<Recovered>,
    ) -> Self {
        Self {
            config,
            state: Mutex::new(state),
            synced: Condvar::new(),
            read_only: writer.is_none(),
            writer: Mutex::new(writer),
            recovered,
        }
    }

    /// The torn tail that opening cut, if any.
    #[must_use]
    pub const fn recovered(&self) -> Option<&Recovered> {
        self.recovered.as_ref()
    }

    /// [`EventLog::append`] for async callers; waits on tokio's pool of blocking threads.
    ///
    /// # Errors
    /// As [`EventLog::append`].
    pub async fn append_async(
        self: &Arc<Self>,
        payload: Bytes,
        expected: Option<Position>,
        dedup: Option<DedupId>,
    ) -> Result<Appended, LogError> {
        let log = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            log.append(NewBlock {
                payload: &payload,
                expected,
                dedup,
            })
        });
        task.await.unwrap_or_else(|error| {
            Err(LogError::Poisoned {
                cause: error.to_string(),
            })
        })
    }

    /// The first block of each segment, in order: where [`EventLog::retain_from`] can cut.
    #[must_use]
    pub fn segment_starts(&self) -> Vec<Position> {
        let state = self.lock();
        state.segments.iter().map(|segment| segment.first).collect()
    }

    /// Ends the segment that is written: what comes next begins another, so that retention can part them. Forgotten when
    /// the log is opened again.
    ///
    /// # Errors
    /// [`LogError::ReadOnly`].
    pub fn end_segment(&self) -> Result<(), LogError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_mut().ok_or(LogError::ReadOnly)?.ends = true;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave `State` half-changed: it is changed only between calls that do not panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the group being written, or writes the staged group if nobody does.
    fn advance<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.writing {
            return self
                .synced
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.writing = true;
        let empty = mem::take(&mut state.spare);
        let mut group = mem::replace(&mut state.staged, empty);
        let end = state.next;
        drop(state);

        let written = match &mut *self.writer.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(writer) => writer.write(&mut group, self.config.segment_bytes),
            None => Err(LogError::ReadOnly),
        };
        group.bytes.clear();
        group.blocks.clear();

        let mut state = self.lock();
        state.writing = false;
        state.spare = group;
        match written {
            Ok(rolled) => {
                state.durable = end;
                state.segments.extend(rolled);
            }
            Err(error) => {
                let cause = std::error::Error::source(&error)
                    .map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
                tracing::error!(%cause, "the event log takes no more blocks");
                state.failure = Some(cause);
            }
        }
        self.synced.notify_all();
        state
    }
}

impl EventLog for EmbeddedLog {
    fn append(&self, block: NewBlock<'_>) -> Result<Appended, LogError> {
        let bytes_max = self
            .config
            .block_bytes_max
            .min(Header::PAYLOAD_BYTES_MAX as usize);
        let (Ok(payload_len), true) = (
            u32::try_from(block.payload.len()),
            block.payload.len() <= bytes_max,
        ) else {
            return Err(LogError::BlockTooLarge {
                bytes: block.payload.len(),
                bytes_max,
            });
        };
        let payload_crc = crc32c::crc32c(block.payload);
        if self.read_only {
            return Err(LogError::ReadOnly);
        }
        let mut state = self.lock();
        while state.staged.bytes.len() >= GROUP_BYTES_MAX && state.failure.is_none() {
            state = self.advance(state);
        }
        state.check()?;
        let known = block.dedup.and_then(|id| state.dedup.get(&id).copied());
        let appended = match known {
            Some(position) => Appended {
                position,
                duplicate: true,
            },
            None => Appended {
                position: state.stage(block, payload_len, payload_crc, self.config.dedup_blocks)?,
                duplicate: false,
            },
        };
        // A duplicate of a block still on its way is acknowledged with it, not before.
        while state.durable <= appended.position {
            state.check()?;
            state = self.advance(state);
        }
        Ok(appended)
    }

    fn read_from(&self, from: Position) -> Result<Blocks, LogError> {
        let state = self.lock();
        Ok(Box::new(Reader::new(&state.segments, from, state.durable)?))
    }

    fn end(&self) -> Position {
        self.lock().durable
    }

    fn retain_from(&self, first: Position) -> Result<Position, LogError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writer) = &*writer else {
            return Err(LogError::ReadOnly);
        };
        let mut state = self.lock();
        // A segment can go when the next one starts at or before `first`; the last one stays.
        let gone = state
            .segments
            .iter()
            .skip(1)
            .take_while(|next| next.first <= first)
            .count();
        for segment in state.segments.iter().take(gone) {
            std::fs::remove_file(&segment.path).map_err(LogError::io("remove", &segment.path))?;
        }
        state.segments.drain(..gone);
        let kept = state
            .segments
            .first()
            .map_or(Position::START, |segment| segment.first);
        drop(state);
        sync_dir(&writer.dir)?;
        Ok(kept)
    }
}

impl State {
    fn at(segments: Vec<Segment>, next: Position) -> Self {
        Self {
            segments,
            next,
            durable: next,
            ..Self::default()
        }
    }

    fn check(&self) -> Result<(), LogError> {
        match &self.failure {
            Some(cause) => Err(LogError::Poisoned {
                cause: cause.clone(),
            }),
            None => Ok(()),
        }
    }

    fn stage(
        &mut self,
        block: NewBlock<'_>,
        payload_len: u32,
        payload_crc: u32,
        dedup_blocks: u64,
    ) -> Result<Position, LogError> {
        let position = self.next;
        if let Some(expected) = block.expected.filter(|expected| *expected != position) {
            return Err(LogError::NotExpected {
                expected,
                actual: position,
            });
        }
        let first = self.staged.blocks.first();
        let header = Header {
            payload_len,
            position,
            group_first: first.map_or(position, |(_, first)| first.position),
            dedup: block.dedup.map_or([0; 16], DedupId::to_bytes),
            payload_crc,
        };
        let start = self.staged.bytes.len();
        self.staged.blocks.push((start, header));
        self.staged.bytes.extend_from_slice(&[0; Header::LEN]);
        self.staged.bytes.extend_from_slice(block.payload);
        self.next = position.next();
        if let Some(id) = block.dedup {
            self.remember(id, position, dedup_blocks);
        }
        Ok(position)
    }

    fn remember(&mut self, id: DedupId, position: Position, dedup_blocks: u64) {
        self.dedup.insert(id, position);
        self.dedup_order.push_back((id, position));
        while let Some((oldest, at)) = self.dedup_order.front().copied() {
            if at.0.saturating_add(dedup_blocks) > position.0 {
                break;
            }
            self.dedup_order.pop_front();
            self.dedup.remove(&oldest);
        }
    }

    fn load_dedup(&mut self, dedup_blocks: u64) -> Result<(), LogError> {
        let from = Position(self.next.0.saturating_sub(dedup_blocks));
        let start = self.segments.partition_point(|s| s.first <= from);
        let recent = self.segments.get(start.saturating_sub(1)..);
        for segment in recent.unwrap_or_default().to_vec() {
            let mut reader = segment.open()?;
            while let Some(header) = reader.skip()? {
                if let Some(id) = DedupId::new(header.dedup) {
                    self.remember(id, header.position, dedup_blocks);
                }
            }
        }
        Ok(())
    }
}

impl Writer {
    /// Writes and syncs a group; returns the new segment if one was begun. After an error the file is cut back to
    /// its last synced block as well as the system lets us, so that what was not acknowledged does not come back.
    fn write(
        &mut self,
        group: &mut Group,
        segment_bytes: u64,
    ) -> Result<Option<Segment>, LogError> {
        let group_len = u64::try_from(group.bytes.len()).unwrap_or(u64::MAX);
        let ends = mem::take(&mut self.ends);
        let mut rolled = None;
        if let Some((_, first)) = group.blocks.first()
            && self.len > 0
            && (ends || self.len.saturating_add(group_len) > segment_bytes)
        {
            let (segment, file) = Segment::create(&self.dir, first.position)?;
            (self.segment, self.file, self.len) = (segment.clone(), file, 0);
            rolled = Some(segment);
        }
        for (start, header) in &group.blocks {
            let offset = self.len + u64::try_from(*start).unwrap_or(u64::MAX);
            if let Some(place) = group.bytes.get_mut(*start..start + Header::LEN) {
                place.copy_from_slice(&header.encode(offset));
            }
        }
        let written = self.file.write_all(&group.bytes);
        match written.and_then(|()| self.file.sync_data()) {
            Ok(()) => {
                self.len += group_len;
                Ok(rolled)
            }
            Err(error) => {
                let _ = self
                    .file
                    .set_len(self.len)
                    .and_then(|()| self.file.sync_data());
                Err(LogError::io("append to", &self.segment.path)(error))
            }
        }
    }
}

fn open_at(segment: &Segment, len: u64, cut: bool) -> Result<File, LogError> {
    let mut file = OpenOptions::new()
        .write(true)
        .open(&segment.path)
        .map_err(LogError::io("open", &segment.path))?;
    if cut {
        file.set_len(len)
            .and_then(|()| file.sync_all())
            .map_err(LogError::io("cut the torn tail of", &segment.path))?;
    }
    file.seek(SeekFrom::End(0))
        .map_err(LogError::io("read", &segment.path))?;
    Ok(file)
}

/// The right to write into a folder. Given up when dropped, also while a child process that was just forked
/// still has a copy of the file.
#[derive(Debug)]
pub struct DirLock(File);

impl Drop for DirLock {
    fn drop(&mut self) {
        // When it fails, closing the file gives the lock up.
        let _ = self.0.unlock();
    }
}

impl DirLock {
    /// Takes the lock of the folder `dir`: its file `lock`.
    ///
    /// # Errors
    /// [`LogError::Locked`] while somebody holds it; [`LogError::Io`].
    pub fn take(dir: &Path) -> Result<Self, LogError> {
        let path = dir.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(LogError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LogError::Locked {
                dir: dir.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(LogError::io("lock", &path)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DirLock;

    #[test]
    fn a_copy_of_the_file_in_another_process_does_not_keep_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let lock = DirLock::take(dir.path()).unwrap();
        let copy = lock.0.try_clone().unwrap();
        assert!(DirLock::take(dir.path()).is_err());
        drop(lock);
        assert!(DirLock::take(dir.path()).is_ok());
        drop(copy);
    }
}
