//! Where decisions are found: by event id, by key value, by word, by rule, by time.
//!
//! Derived from the log: a block is found as soon as it is decided. It is in memory first ([`recent`]) and in tables later,
//! with the position these stand at; what is missing is made anew by replay. Values of keys are in it as digests only.

mod form;
mod recent;

use std::ops::RangeBounds;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use fjall::compaction::Leveled;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use stanch_rules::ir::Decision;
use stanch_stream::Position;
use stanch_types::Timestamp;
use zstd::bulk::Compressor;

use crate::error::DecideError;
use crate::place::Place;
use crate::record::{Recorded, decision_byte};
pub use form::{digest16, key_digest};
use form::{joined, key_entry, known_bytes, ordered, rule_digest, unordered, unpack};
use recent::{Recent, Run};

/// Records compressed together; a single one is read by unpacking its chunk.
const CHUNK_ROWS: usize = 128;
/// Level of zstd for records.
const COMPRESS_LEVEL: i32 = 1;
/// Memory for cached blocks of the index.
const CACHE_BYTES: u64 = 64 << 20;
/// Bytes of a table. A table is synced whole, and blocks of the log, which callers wait for, are synced behind it: 8 MiB
/// take 50 ms of a disk that writes 160 MB/s.
const TABLE_BYTES: usize = 8 << 20;
/// Bytes of a table that was merged from others.
const MERGED_TABLE_BYTES: u64 = 16 << 20;
/// Threads that merge tables.
const INDEX_THREADS: usize = 1;
/// Key of the first block that is not in the index.
const WATERMARK: &[u8] = b"watermark";
/// Key of the block that tables were written up to, or were about to be: written before the first of them.
const REACH: &[u8] = b"reach";
/// Key of the version of the index's form; another version is thrown away and made anew.
const FORM: &[u8] = b"form";
/// Version of the index's form.
const FORM_NOW: &[u8] = &[1];

/// First 16 bytes of a SHA-256.
pub type Digest16 = [u8; 16];

/// What is known of an event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Where the event is.
    pub place: Place,
    /// Digest of its content, to tell a repetition from a conflict.
    pub content: Digest16,
}

/// The index. Cheap to clone.
#[derive(Clone)]
pub struct Index {
    db: Database,
    /// event id -> place, digest of the content.
    ids: Keyspace,
    /// block, first row -> records of up to [`CHUNK_ROWS`] rows, compressed.
    records: Keyspace,
    /// digest of field and value, time of the event, place -> decision.
    keys: Keyspace,
    /// `d`, decision, place; `r`, digest of the rule, place; `t`, time of the block, block.
    marks: Keyspace,
    /// event id -> the decision its caller was told.
    late: Keyspace,
    meta: Keyspace,
    /// What is not in the tables yet.
    recent: Arc<Recent>,
    packer: Arc<Mutex<Compressor<'static>>>,
}

/// Which marks are walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Events with this decision; `allow` is not marked.
    Decision(Decision),
    /// Events on which this rule fired.
    Rule(String),
}

impl Index {
    /// Opens the index in `dir`; one of another form is deleted first.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Io`].
    pub fn open(dir: &Path) -> Result<Self, DecideError> {
        let index = Self::open_as_is(dir)?;
        match index.meta.get(FORM)? {
            Some(form) if &*form == FORM_NOW => Ok(index),
            None => {
                index.meta.insert(FORM, FORM_NOW)?;
                Ok(index)
            }
            Some(_) => {
                drop(index);
                std::fs::remove_dir_all(dir).map_err(DecideError::io("remove", dir))?;
                let index = Self::open_as_is(dir)?;
                index.meta.insert(FORM, FORM_NOW)?;
                Ok(index)
            }
        }
    }

    fn open_as_is(dir: &Path) -> Result<Self, DecideError> {
        std::fs::create_dir_all(dir).map_err(DecideError::io("create", dir))?;
        let packer = Compressor::new(COMPRESS_LEVEL).map_err(DecideError::io("compress", dir))?;
        let db = Database::builder(dir)
            .cache_size(CACHE_BYTES)
            .worker_threads(INDEX_THREADS)
            .open()?;
        let options = || {
            let merging = Leveled::default().with_table_target_size(MERGED_TABLE_BYTES);
            KeyspaceCreateOptions::default().compaction_strategy(Arc::new(merging))
        };
        let space = |name: &str| db.keyspace(name, options);
        Ok(Self {
            ids: space("ids")?,
            records: space("records")?,
            keys: space("keys")?,
            marks: space("marks")?,
            late: space("late")?,
            meta: space("meta")?,
            recent: Arc::default(),
            packer: Arc::new(Mutex::new(packer)),
            db,
        })
    }

    /// The first block that is not in the index.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn watermark(&self) -> Result<Position, DecideError> {
        self.position(WATERMARK)
    }

    /// The first block that no table can have anything of: behind the watermark when tables were written and the process
    /// ended before it was.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn reach(&self) -> Result<Position, DecideError> {
        Ok(self.position(REACH)?.max(self.watermark()?))
    }

    fn position(&self, key: &[u8]) -> Result<Position, DecideError> {
        let Some(bytes) = self.meta.get(key)? else {
            return Ok(Position::START);
        };
        let bytes: [u8; 8] = (&*bytes).try_into().map_err(|_| damaged())?;
        Ok(Position(u64::from_be_bytes(bytes)))
    }

    fn mark(&self, key: &[u8], position: Position) -> Result<(), DecideError> {
        self.meta.insert(key, position.0.to_be_bytes())?;
        Ok(self.db.persist(PersistMode::SyncAll)?)
    }

    /// Adds a block of events that were decided: from now on they are found. They are in the tables after
    /// [`Index::store`], which another thread is to call when [`Index::wants_store`].
    ///
    /// # Errors
    /// [`DecideError::Stopped`] when [`Index::close`] was called.
    pub fn add(
        &self,
        block: Position,
        sealed_at: Timestamp,
        rows: &[Recorded],
    ) -> Result<(), DecideError> {
        let firsts = (0_u32..).step_by(CHUNK_ROWS);
        for (chunk, first) in rows.chunks(CHUNK_ROWS).zip(firsts) {
            let packed = self.pack(chunk)?;
            self.change(|run| add_chunk(run, Place { block, row: first }, chunk, packed))?;
        }
        self.change(|run| {
            let time = ordered(sealed_at);
            run.marks
                .insert(joined(&[b"t", &time, &block.0.to_be_bytes()]));
            run.next = block.next();
        })
    }

    /// Adds a block without events, with the callers who were answered late if it says so.
    ///
    /// # Errors
    /// As [`Index::add`].
    pub fn add_late(
        &self,
        block: Position,
        notes: &[crate::block::LateNote],
    ) -> Result<(), DecideError> {
        self.change(|run| {
            for note in notes {
                let word = decision_byte(note.answered);
                run.late.insert(note.event_id.clone(), word);
            }
            run.rows += notes.len();
            run.next = block.next();
        })
    }

    fn pack(&self, rows: &[Recorded]) -> Result<Vec<u8>, DecideError> {
        let bytes: usize = rows.iter().map(|row| row.json.len() + 4).sum();
        let mut plain = Vec::with_capacity(bytes);
        for row in rows {
            let len = u32::try_from(row.json.len()).map_err(|_| damaged())?;
            plain.extend_from_slice(&len.to_le_bytes());
            plain.extend_from_slice(&row.json);
        }
        let mut packer = self.packer.lock().unwrap_or_else(PoisonError::into_inner);
        packer.compress(&plain).map_err(|_| damaged())
    }

    fn change(&self, change: impl FnOnce(&mut Run)) -> Result<(), DecideError> {
        match self.recent.add(change) {
            true => Ok(()),
            false => Err(DecideError::Stopped(
                "the index is not written any more".to_owned(),
            )),
        }
    }

    /// Whether enough was added to be written to the tables.
    #[must_use]
    pub fn wants_store(&self) -> bool {
        self.recent.is_full()
    }

    /// Writes what was added to the tables, durably. To be called by one thread.
    ///
    /// Every table by itself: when the process ends in between, the watermark is where it was, and what follows it is
    /// added again, the same.
    ///
    /// # Errors
    /// [`DecideError::Index`].
    pub fn store(&self) -> Result<(), DecideError> {
        let run = self.recent.freeze();
        self.write_tables(&run)?;
        self.recent.stored();
        Ok(())
    }

    /// Notes up to where tables may have rows: a log that lost its end must not meet rows of blocks it does not have, also
    /// when writing them is cut off.
    fn announce(&self, run: &Run) -> Result<(), DecideError> {
        match run.next > self.reach()? {
            true => self.mark(REACH, run.next),
            false => Ok(()),
        }
    }

    fn write_tables(&self, run: &Run) -> Result<(), DecideError> {
        self.announce(run)?;
        let mut ids: Vec<_> = run.ids.iter().collect();
        ids.sort_unstable_by_key(|(id, _)| *id);
        let ids = (ids.into_iter()).map(|(id, known)| (id.as_bytes(), known_bytes(known)));
        write_table(&self.ids, ids)?;
        write_table(&self.records, run.records.iter())?;
        write_table(
            &self.keys,
            run.keys.iter().map(|(key, word)| (key, [*word])),
        )?;
        write_table(&self.marks, run.marks.iter().map(|mark| (mark, [])))?;
        let late = run.late.iter();
        write_table(&self.late, late.map(|(id, word)| (id.as_bytes(), [*word])))?;
        if run.next > self.watermark()? {
            self.mark(WATERMARK, run.next)?;
        }
        Ok(())
    }

    /// Says that nobody will write the tables any more: adding fails from now on.
    pub fn close(&self) {
        self.recent.close();
    }

    /// What is known of an event id.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn lookup(&self, event_id: &str) -> Result<Option<Known>, DecideError> {
        if let Some(known) = self.recent.find(|run| run.ids.get(event_id).copied()) {
            return Ok(Some(known));
        }
        let Some(bytes) = self.ids.get(event_id)? else {
            return Ok(None);
        };
        let (place, content) = bytes.split_at_checked(Place::LEN).ok_or_else(damaged)?;
        Ok(Some(Known {
            place: Place::from_bytes(place).ok_or_else(damaged)?,
            content: content.try_into().map_err(|_| damaged())?,
        }))
    }

    /// What the caller of an event was told when the decision came too late.
    ///
    /// # Errors
    /// [`DecideError::Index`].
    pub fn late_answer(&self, event_id: &str) -> Result<Option<Decision>, DecideError> {
        let byte = match self.recent.find(|run| run.late.get(event_id).copied()) {
            Some(byte) => Some(byte),
            None => (self.late.get(event_id)?).and_then(|bytes| bytes.first().copied()),
        };
        Ok(byte.and_then(crate::record::decision_of_byte))
    }

    /// The record at `place`: JSON, as it was answered.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`] when there is none.
    pub fn record(&self, place: Place) -> Result<Bytes, DecideError> {
        let start = Place { row: 0, ..place };
        let chunk = self.last_chunk(start.to_bytes()..=place.to_bytes())?;
        let (first, rows) = chunk.ok_or_else(damaged)?;
        let nth = place.row.checked_sub(first.row).ok_or_else(damaged)?;
        let nth = usize::try_from(nth).map_err(|_| damaged())?;
        rows.into_iter().nth(nth).ok_or_else(damaged)
    }

    /// The records of the chunk that holds `before`'s predecessor: (place, JSON), latest first. Empty at the start.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn records_before(&self, before: Place) -> Result<Vec<(Place, Bytes)>, DecideError> {
        let chunk = self.last_chunk([0; Place::LEN]..before.to_bytes())?;
        let Some((first, rows)) = chunk else {
            return Ok(Vec::new());
        };
        let mut rows: Vec<(Place, Bytes)> = (first.row..)
            .zip(rows)
            .map(|(row, bytes)| (Place { row, ..first }, bytes))
            .filter(|(place, _)| *place < before)
            .collect();
        rows.reverse();
        Ok(rows)
    }

    /// The last chunk of records that begins in a range of places, and where it begins.
    fn last_chunk(
        &self,
        within: impl RangeBounds<[u8; Place::LEN]> + Clone,
    ) -> Result<Option<(Place, Vec<Bytes>)>, DecideError> {
        // Runs and tables follow each other: the first chunk found is the last.
        let recent = self.recent.find(|run| {
            let (key, packed) = run.records.range(within.clone()).next_back()?;
            Some((key.to_vec(), packed.clone()))
        });
        let (key, packed) = match recent {
            Some(chunk) => chunk,
            None => match self.records.range(within).next_back() {
                Some(chunk) => {
                    let (key, packed) = chunk.into_inner()?;
                    (key.to_vec(), packed.to_vec())
                }
                None => return Ok(None),
            },
        };
        let first = Place::from_bytes(&key).ok_or_else(damaged)?;
        Ok(Some((first, unpack(&packed)?)))
    }

    /// Up to `limit` places with this mark before `before`, latest first.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn marked_before(
        &self,
        mark: &Mark,
        before: Place,
        limit: usize,
    ) -> Result<Vec<Place>, DecideError> {
        let prefix = match mark {
            Mark::Decision(decision) => joined(&[b"d", &[decision_byte(*decision)]]),
            Mark::Rule(rule) => joined(&[b"r", &rule_digest(rule)]),
        };
        // By place: what the tables have before the last one of a run is older than all of the run.
        let mut end = joined(&[&prefix, &before.to_bytes()]);
        let mut found: Vec<Vec<u8>> = Vec::new();
        self.recent.each(|run| {
            let marks = run.marks.range(prefix.clone()..end.clone()).rev();
            found.extend(marks.take(limit - found.len()).cloned());
            end = found.last().cloned().unwrap_or_else(|| end.clone());
        });
        let stored = self.marks.range(prefix.clone()..end).rev();
        for entry in stored.take(limit - found.len()) {
            found.push(entry.key()?.to_vec());
        }
        let place = |key: Vec<u8>| {
            let place = key.get(prefix.len()..).and_then(Place::from_bytes);
            place.ok_or_else(damaged)
        };
        found.into_iter().map(place).collect()
    }

    /// Up to `limit` events with this key value before `before` (event time, then place), latest first.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn key_before(
        &self,
        key: &Digest16,
        before: (Timestamp, Place),
        limit: usize,
    ) -> Result<Vec<(Timestamp, Place)>, DecideError> {
        let start = key_entry(key, Timestamp::from_micros(i64::MIN), &[0; Place::LEN]);
        let end = key_entry(key, before.0, &before.1.to_bytes());
        // By time of the event, which runs and tables share: the latest of each, and of these the latest.
        let mut found: Vec<Vec<u8>> = Vec::new();
        self.recent.each(|run| {
            let keys = run.keys.range(start..end).rev().take(limit);
            found.extend(keys.map(|(key, _)| key.to_vec()));
        });
        for entry in self.keys.range(start..end).rev().take(limit) {
            found.push(entry.key()?.to_vec());
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        // A run that is being written may be in the tables as well.
        found.dedup();
        found.truncate(limit);
        let read = |bytes: Vec<u8>| {
            let (_, rest) = bytes.split_at_checked(key.len()).ok_or_else(damaged)?;
            let (time, place) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
            let place = Place::from_bytes(place).ok_or_else(damaged)?;
            Ok((unordered(*time), place))
        };
        found.into_iter().map(read).collect()
    }

    /// The place after the last event received before `at`: where a walk back from `at` starts.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn end_before(&self, at: Timestamp) -> Result<Place, DecideError> {
        let (start, end) = (b"t".to_vec(), joined(&[b"t", &ordered(at)]));
        let mut last: Option<Vec<u8>> = None;
        self.recent.each(|run| {
            let mark = run.marks.range(start.clone()..end.clone()).next_back();
            last = last.take().max(mark.cloned());
        });
        if let Some(entry) = self.marks.range(start..end).next_back() {
            last = last.max(Some(entry.key()?.to_vec()));
        }
        let block = match last {
            None => Position::START,
            Some(key) => {
                let block = key.get(9..).and_then(|block| block.try_into().ok());
                Position(u64::from_be_bytes(block.ok_or_else(damaged)?)).next()
            }
        };
        Ok(Place { block, row: 0 })
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// [`DecideError::Index`].
    pub fn bytes_on_disk(&self) -> Result<u64, DecideError> {
        Ok(self.db.disk_space()?)
    }
}

/// Puts a chunk of a block into a run, all at once: what is found has its record.
fn add_chunk(run: &mut Run, first: Place, rows: &[Recorded], packed: Vec<u8>) {
    run.bytes += packed.len();
    run.records.insert(first.to_bytes(), packed);
    run.rows += rows.len();
    for (row, number) in rows.iter().zip(first.row..) {
        let place = Place {
            row: number,
            ..first
        };
        let known = Known {
            place,
            content: row.content,
        };
        run.ids.insert(Arc::clone(&row.event_id), known);
        let (place, word) = (place.to_bytes(), decision_byte(row.decision));
        for key in &row.keys {
            run.keys
                .insert(key_entry(key, row.occurred_at, &place), word);
        }
        if row.decision != Decision::Allow {
            run.marks.insert(joined(&[b"d", &[word], &place]));
        }
        for rule in &row.rules {
            run.marks
                .insert(joined(&[b"r", &rule_digest(rule), &place]));
        }
    }
}

/// Writes entries, in the order of their keys, as tables of their own: nothing is sorted or logged once more.
fn write_table<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    space: &Keyspace,
    entries: impl Iterator<Item = (K, V)>,
) -> Result<(), DecideError> {
    let mut entries = entries.peekable();
    while entries.peek().is_some() {
        let (mut table, mut bytes) = (space.start_ingestion()?, 0);
        while bytes < TABLE_BYTES
            && let Some((key, value)) = entries.next()
        {
            let (key, value) = (key.as_ref(), value.as_ref());
            bytes += key.len() + value.len();
            table.write(key, value)?;
        }
        table.finish()?;
    }
    Ok(())
}

fn damaged() -> DecideError {
    DecideError::Damaged {
        what: "the index of decisions",
    }
}

#[cfg(test)]
mod tests;
