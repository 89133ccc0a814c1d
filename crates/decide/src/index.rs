//! Where decisions are found: by event id, by key value, by word, by rule, by time.
//!
//! Derived from the log: written once a block is decided, in one atomic step with the position it stands at, and made
//! anew by replay when it is missing or behind. Values of keys are in it as digests only.

use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use stanch_rules::ir::Decision;
use stanch_stream::Position;
use stanch_types::Timestamp;

use crate::error::DecideError;
use crate::place::Place;
use crate::record::{Recorded, decision_byte};

/// Records compressed together; a single one is read by unpacking its chunk.
const CHUNK_ROWS: usize = 128;
/// Most bytes a chunk unpacks to.
const CHUNK_BYTES_MAX: usize = 64 << 20;
/// Level of zstd for records.
const COMPRESS_LEVEL: i32 = 1;
/// Memory for cached blocks of the index.
const CACHE_BYTES: u64 = 64 << 20;
/// Bytes of keys and values of a part of the index that are in memory before they are written to a table: more is slower,
/// as what is searched for no longer is in the processor's cache.
const MEMTABLE_BYTES: u64 = 16 << 20;
/// Threads that write and merge tables: with one, writing would wait for merging and the index for both.
const INDEX_THREADS: usize = 2;
/// Most bytes of journals before memory is flushed.
const JOURNAL_BYTES: u64 = 256 << 20;
/// Key of the first block that is not in the index.
const WATERMARK: &[u8] = b"watermark";
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
        let db = Database::builder(dir)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(INDEX_THREADS)
            .open()?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let space = |name: &str| db.keyspace(name, options);
        Ok(Self {
            ids: space("ids")?,
            records: space("records")?,
            keys: space("keys")?,
            marks: space("marks")?,
            late: space("late")?,
            meta: space("meta")?,
            db,
        })
    }

    /// The first block that is not in the index.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn watermark(&self) -> Result<Position, DecideError> {
        let Some(bytes) = self.meta.get(WATERMARK)? else {
            return Ok(Position::START);
        };
        let bytes: [u8; 8] = (&*bytes).try_into().map_err(|_| damaged())?;
        Ok(Position(u64::from_be_bytes(bytes)))
    }

    /// Adds a block of events that were decided.
    ///
    /// # Errors
    /// [`DecideError::Index`].
    pub fn add(
        &self,
        block: Position,
        sealed_at: Timestamp,
        rows: &[Recorded],
    ) -> Result<(), DecideError> {
        let mut batch = self.db.batch();
        let mut keys = Vec::with_capacity(rows.len() * 4);
        let mut row_number = 0_u32;
        for chunk in rows.chunks(CHUNK_ROWS) {
            let first = Place {
                block,
                row: row_number,
            };
            batch.insert(&self.records, first.to_bytes(), pack(chunk)?);
            for row in chunk {
                let place = Place {
                    block,
                    row: row_number,
                }
                .to_bytes();
                let mut known = [0; Place::LEN + 16];
                let (head, tail) = known.split_at_mut(Place::LEN);
                head.copy_from_slice(&place);
                tail.copy_from_slice(&row.content);
                batch.insert(&self.ids, row.event_id.as_bytes(), known);
                let word = decision_byte(row.decision);
                for key in &row.keys {
                    keys.push((key_entry(key, row.occurred_at, &place), word));
                }
                if row.decision != Decision::Allow {
                    batch.insert(&self.marks, joined(&[b"d", &[word], &place]), []);
                }
                for rule in &row.rules {
                    let rule = rule_digest(rule);
                    batch.insert(&self.marks, joined(&[b"r", &rule, &place]), []);
                }
                row_number += 1;
            }
        }
        // Neighbours are found near each other: half the misses of the cache.
        keys.sort_unstable();
        for (key, word) in keys {
            batch.insert(&self.keys, key, [word]);
        }
        let time = ordered(sealed_at);
        batch.insert(
            &self.marks,
            joined(&[b"t", &time, &block.0.to_be_bytes()]),
            [],
        );
        self.finish(batch, block)
    }

    /// Adds a block without events, with the callers who were answered late if it says so.
    ///
    /// # Errors
    /// [`DecideError::Index`].
    pub fn add_late(
        &self,
        block: Position,
        notes: &[crate::block::LateNote],
    ) -> Result<(), DecideError> {
        let mut batch = self.db.batch();
        for note in notes {
            let word = [decision_byte(note.answered)];
            batch.insert(&self.late, note.event_id.as_bytes(), word);
        }
        self.finish(batch, block)
    }

    fn finish(
        &self,
        mut batch: fjall::OwnedWriteBatch,
        block: Position,
    ) -> Result<(), DecideError> {
        batch.insert(&self.meta, WATERMARK, block.next().0.to_be_bytes());
        Ok(batch.commit()?)
    }

    /// What is known of an event id.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn lookup(&self, event_id: &str) -> Result<Option<Known>, DecideError> {
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
        let byte = self.late.get(event_id)?;
        Ok(byte.and_then(|byte| {
            byte.first()
                .copied()
                .and_then(crate::record::decision_of_byte)
        }))
    }

    /// The record at `place`: JSON, as it was answered.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`] when there is none.
    pub fn record(&self, place: Place) -> Result<Bytes, DecideError> {
        let start = Place { row: 0, ..place }.to_bytes();
        let chunk = self
            .records
            .range(start..=place.to_bytes())
            .next_back()
            .ok_or_else(damaged)?;
        let (key, value) = chunk.into_inner()?;
        let first = Place::from_bytes(&key).ok_or_else(damaged)?;
        let nth = place.row.checked_sub(first.row).ok_or_else(damaged)?;
        let nth = usize::try_from(nth).map_err(|_| damaged())?;
        unpack(&value)?.into_iter().nth(nth).ok_or_else(damaged)
    }

    /// The records of the chunk that holds `before`'s predecessor: (place, JSON), latest first. Empty at the start.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn records_before(&self, before: Place) -> Result<Vec<(Place, Bytes)>, DecideError> {
        let Some(chunk) = self.records.range(..before.to_bytes()).next_back() else {
            return Ok(Vec::new());
        };
        let (key, value) = chunk.into_inner()?;
        let first = Place::from_bytes(&key).ok_or_else(damaged)?;
        let mut rows: Vec<(Place, Bytes)> = (first.row..)
            .zip(unpack(&value)?)
            .map(|(row, bytes)| (Place { row, ..first }, bytes))
            .filter(|(place, _)| *place < before)
            .collect();
        rows.reverse();
        Ok(rows)
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
        let end = joined(&[&prefix, &before.to_bytes()]);
        let mut places = Vec::new();
        for entry in self.marks.range(prefix.clone()..end).rev().take(limit) {
            let key = entry.key()?;
            let place = key.get(prefix.len()..).and_then(Place::from_bytes);
            places.push(place.ok_or_else(damaged)?);
        }
        Ok(places)
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
        let end = key_entry(key, before.0, &before.1.to_bytes());
        let mut found = Vec::new();
        for entry in self.keys.range(key.to_vec()..end).rev().take(limit) {
            let bytes = entry.key()?;
            let (_, rest) = bytes.split_at_checked(key.len()).ok_or_else(damaged)?;
            let (time, place) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
            let place = Place::from_bytes(place).ok_or_else(damaged)?;
            found.push((unordered(*time), place));
        }
        Ok(found)
    }

    /// The place after the last event received before `at`: where a walk back from `at` starts.
    ///
    /// # Errors
    /// [`DecideError::Index`], [`DecideError::Damaged`].
    pub fn end_before(&self, at: Timestamp) -> Result<Place, DecideError> {
        let end = joined(&[b"t", &ordered(at)]);
        let last = self.marks.range(b"t".to_vec()..end).next_back();
        let block = match last {
            None => Position::START,
            Some(entry) => {
                let key = entry.key()?;
                let block = key.get(9..).and_then(|block| block.try_into().ok());
                Position(u64::from_be_bytes(block.ok_or_else(damaged)?)).next()
            }
        };
        Ok(Place { block, row: 0 })
    }

    /// Makes everything added so far durable.
    ///
    /// # Errors
    /// [`DecideError::Index`].
    pub fn sync(&self) -> Result<(), DecideError> {
        Ok(self.db.persist(PersistMode::SyncAll)?)
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// [`DecideError::Index`].
    pub fn bytes_on_disk(&self) -> Result<u64, DecideError> {
        Ok(self.db.disk_space()?)
    }
}

/// The digest under which a field's value is found.
#[must_use]
pub fn key_digest(field: &str, value: &str) -> Digest16 {
    digest16(&[field.as_bytes(), &[0], value.as_bytes()])
}

/// The first 16 bytes of the SHA-256 of the parts.
#[must_use]
pub fn digest16(parts: &[&[u8]]) -> Digest16 {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let whole = context.finish();
    whole.as_ref().first_chunk().copied().unwrap_or_default()
}

fn rule_digest(rule: &str) -> [u8; 8] {
    let whole = digest16(&[rule.as_bytes()]);
    whole.first_chunk().copied().unwrap_or_default()
}

/// Eight bytes that sort as instants do.
fn ordered(at: Timestamp) -> [u8; 8] {
    (at.as_micros().cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

fn unordered(bytes: [u8; 8]) -> Timestamp {
    Timestamp::from_micros((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
}

fn key_entry(key: &Digest16, at: Timestamp, place: &[u8; Place::LEN]) -> Vec<u8> {
    joined(&[key, &ordered(at), place])
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn damaged() -> DecideError {
    DecideError::Damaged {
        what: "the index of decisions",
    }
}

fn pack(rows: &[Recorded]) -> Result<Vec<u8>, DecideError> {
    let bytes: usize = rows.iter().map(|row| row.json.len() + 4).sum();
    let mut plain = Vec::with_capacity(bytes);
    for row in rows {
        let len = u32::try_from(row.json.len()).map_err(|_| damaged())?;
        plain.extend_from_slice(&len.to_le_bytes());
        plain.extend_from_slice(&row.json);
    }
    zstd::bulk::compress(&plain, COMPRESS_LEVEL).map_err(|_| damaged())
}

fn unpack(packed: &[u8]) -> Result<Vec<Bytes>, DecideError> {
    let plain = zstd::bulk::decompress(packed, CHUNK_BYTES_MAX).map_err(|_| damaged())?;
    let plain = Bytes::from(plain);
    let mut rest: &[u8] = &plain;
    let mut rows = Vec::new();
    while let Some((len, after)) = rest.split_first_chunk::<4>() {
        let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| damaged())?;
        let (row, after) = after.split_at_checked(len).ok_or_else(damaged)?;
        rows.push(plain.slice_ref(row));
        rest = after;
    }
    Ok(rows)
}
