//! A group's state as bytes: docs/formats/window-snapshot.md.
//!
//! The bytes are a function of what the group would answer from now on: frontier, counters, and the events that have not
//! left, by key, in order of time and arrival. How they lie in chunks, in memory or out of it, does not show.

use std::io::{Read, Write};

use super::chunk::Chunk;
use super::error::WindowError;
use super::key::{KeyHash, text_word};
use super::layout::{Layout, Row, TIME_LANE};
use super::slot::Events;
use super::spec::{GroupSpec, ValueClass, WindowLimits};
use super::tree::Env;
use super::{ColdChunks, WindowCounters, WindowGroup};

mod frame;

use frame::{Fields, FrameReader, FrameWriter, damaged};

/// `SWS` and the version.
const MAGIC: [u8; 4] = *b"SWS\x01";
/// Most events of a record; a key with more has several.
const RECORD_ROWS: usize = 1_024;

const HEADER: u8 = 0;
const RECORD: u8 = 1;
const END: u8 = 2;

impl WindowGroup {
    /// Writes the state. The same state gives the same bytes.
    ///
    /// # Errors
    /// [`WindowError::Snapshot`] when it cannot be written; as [`push`](Self::push) when cold chunks fail.
    pub fn snapshot(&mut self, to: &mut impl Write) -> Result<(), WindowError> {
        to.write_all(&MAGIC).map_err(WindowError::Snapshot)?;
        let mut frames = FrameWriter::new(to);
        self.write_header(&mut frames)?;
        let floor_us = self.floor_us();
        let busy = self.slots.iter().enumerate();
        let busy = busy.filter(|(_, slot)| match slot.events {
            Events::Free => false,
            Events::Few(_) | Events::Many(_) => slot.newest_us > floor_us,
        });
        let mut keys: Vec<(KeyHash, usize)> = busy.map(|(ix, slot)| (slot.key, ix)).collect();
        keys.sort_unstable();
        let mut events = 0;
        for (key, ix) in &keys {
            let Some(slot) = self.slots.get_mut(*ix) else {
                continue;
            };
            let mut env = Env {
                layout: &self.layout,
                residence: &mut self.residence,
                slot: *ix as u32,
                floor_us,
            };
            let mut record = Record::default();
            let layout = &self.layout;
            slot.events.each_chunk(&mut env, |chunk| {
                for row in chunk.upper(layout, floor_us)..chunk.rows() {
                    record.take(layout, chunk, row);
                    events += 1;
                    if record.rows.len() == RECORD_ROWS {
                        record.write(layout, *key, &mut frames)?;
                    }
                }
                Ok(())
            })?;
            record.write(&self.layout, *key, &mut frames)?;
        }
        let end = frames.begin(END);
        end.number(keys.len() as u64);
        end.number(events);
        frames.flush()?;
        frames.end()
    }

    /// A group with the state that [`snapshot`](Self::snapshot) wrote. Columns must be the same; windows and limits may
    /// differ: answers that would need events the snapshot had let go of are missing until time has passed over them.
    ///
    /// # Errors
    /// [`WindowError::Damaged`] for bytes that are not a whole snapshot of such a group; as [`new`](Self::new) besides.
    pub fn restore(
        spec: GroupSpec,
        limits: WindowLimits,
        cold: Option<Box<dyn ColdChunks>>,
        from: &mut impl Read,
    ) -> Result<Self, WindowError> {
        let mut group = Self::new(spec, limits, cold)?;
        let mut magic = [0; 4];
        from.read_exact(&mut magic)
            .map_err(|_| damaged("it is too short"))?;
        if magic != MAGIC {
            return Err(damaged("it is no window snapshot of version 1"));
        }
        let mut frames = FrameReader::new(from);
        let counters = match frames.next()? {
            (HEADER, mut fields) => group.read_header(&mut fields)?,
            _ => return Err(damaged("it has no header")),
        };
        let (mut events, mut keys, mut last) = (0, 0, None);
        loop {
            match frames.next()? {
                (RECORD, mut fields) => {
                    let key = KeyHash(u128::from_le_bytes(fields.array()?));
                    if last.is_some_and(|last| last > key) {
                        return Err(damaged("its keys are not in order"));
                    }
                    keys += u64::from(last != Some(key));
                    last = Some(key);
                    events += group.read_record(key, &mut fields)?;
                }
                (END, mut fields) => {
                    if (fields.number()?, fields.number()?) != (keys, events) {
                        return Err(damaged("it has another number of keys or events"));
                    }
                    fields.end()?;
                    break;
                }
                _ => return Err(damaged("it has a frame of an unknown kind")),
            }
        }
        group.counters = counters;
        Ok(group)
    }

    fn write_header<W: Write>(&self, frames: &mut FrameWriter<'_, W>) -> Result<(), WindowError> {
        let fields = frames.begin(HEADER);
        fields.number(self.layout.columns.len() as u64);
        for column in &self.layout.columns {
            fields.byte(class_code(column.class));
            fields.byte(u8::from(column.text.is_some()));
        }
        fields.bytes(&self.frontier_us.to_le_bytes());
        fields.bytes(&self.floor_us().to_le_bytes());
        let WindowCounters {
            pushes,
            pushes_late,
            pushes_too_old,
            reads,
            reads_late,
            reads_too_old,
        } = self.counters;
        for count in [
            pushes,
            pushes_late,
            pushes_too_old,
            reads,
            reads_late,
            reads_too_old,
        ] {
            fields.number(count);
        }
        frames.flush()
    }

    fn read_header(&mut self, fields: &mut Fields<'_>) -> Result<WindowCounters, WindowError> {
        if fields.number()? != self.layout.columns.len() as u64 {
            return Err(damaged("it has another number of columns"));
        }
        for column in &self.layout.columns {
            let is = [fields.byte()?, fields.byte()?];
            if is != [class_code(column.class), u8::from(column.text.is_some())] {
                return Err(damaged("its columns are of other classes"));
            }
        }
        self.frontier_us = i64::from_le_bytes(fields.array()?);
        self.gone_us = i64::from_le_bytes(fields.array()?);
        let counters = WindowCounters {
            pushes: fields.number()?,
            pushes_late: fields.number()?,
            pushes_too_old: fields.number()?,
            reads: fields.number()?,
            reads_late: fields.number()?,
            reads_too_old: fields.number()?,
        };
        fields.end()?;
        Ok(counters)
    }

    /// Adds the events of a record; answers how many there were.
    fn read_record(&mut self, key: KeyHash, fields: &mut Fields<'_>) -> Result<u64, WindowError> {
        let count = fields.number()?;
        if count == 0 || count > RECORD_ROWS as u64 {
            return Err(damaged("a record has too few or too many events"));
        }
        let blank = || {
            let mut row = Row::default();
            row.blank(&self.layout);
            row
        };
        let mut rows: Vec<Row> = std::iter::repeat_with(blank).take(count as usize).collect();
        let mut at_us: i64 = 0;
        for row in &mut rows {
            at_us = at_us.wrapping_add(fields.signed()?);
            row.set_word(TIME_LANE, at_us);
        }
        for ix in 0..self.layout.columns.len() {
            self.read_column(ix, &mut rows, fields)?;
        }
        fields.end()?;
        let in_order = rows.is_sorted_by_key(Row::at);
        if !in_order || rows.first().is_some_and(|row| row.at() <= self.gone_us) {
            return Err(damaged("its events are not in order of time"));
        }
        for row in &mut rows {
            if row.at() > self.floor_us() {
                self.add(key, row)?;
            }
        }
        Ok(count)
    }

    fn read_column(
        &mut self,
        ix: usize,
        rows: &mut [Row],
        fields: &mut Fields<'_>,
    ) -> Result<(), WindowError> {
        let Some(column) = self.layout.columns.get(ix) else {
            return Ok(());
        };
        let known = fields.bits(rows.len())?;
        let truth = match column.truth {
            Some(_) => fields.bits(rows.len())?,
            None => Vec::new(),
        };
        for (at, row) in rows.iter_mut().enumerate() {
            if known.get(at) != Some(&true) {
                continue;
            }
            row.set_map(column.known, true);
            if let Some(map) = column.truth {
                row.set_map(map, truth.get(at) == Some(&true));
            }
            let Some(lane) = column.lane else {
                continue;
            };
            let word = match (column.text, column.class) {
                (Some(text), _) => {
                    let text_read = fields.text()?;
                    let word = text_word(text_read).cast_signed();
                    if let Some(place) = row.texts.get_mut(text) {
                        *place = Some(self.residence.intern(word, text_read));
                    }
                    word
                }
                (None, ValueClass::Int | ValueClass::Money) => fields.signed()?,
                (None, ValueClass::Double | ValueClass::Text | ValueClass::Bool) => {
                    i64::from_le_bytes(fields.array()?)
                }
            };
            row.set_word(lane, word);
        }
        Ok(())
    }
}

/// Events of one key on their way out.
#[derive(Default)]
struct Record {
    rows: Vec<Row>,
}

impl Record {
    fn take(&mut self, layout: &Layout, chunk: &Chunk, at: usize) {
        let mut row = Row::default();
        chunk.copy_row(layout, at, &mut row);
        self.rows.push(row);
    }

    /// Writes the events, if there are any, and forgets them.
    fn write<W: Write>(
        &mut self,
        layout: &Layout,
        key: KeyHash,
        frames: &mut FrameWriter<'_, W>,
    ) -> Result<(), WindowError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let fields = frames.begin(RECORD);
        fields.bytes(&key.0.to_le_bytes());
        fields.number(self.rows.len() as u64);
        let mut before = 0_i64;
        for row in &self.rows {
            fields.signed(row.at().wrapping_sub(before));
            before = row.at();
        }
        for column in &layout.columns {
            fields.bits(self.rows.iter().map(|row| row.has(column.known)));
            if let Some(truth) = column.truth {
                fields.bits(self.rows.iter().map(|row| row.has(truth)));
            }
            let Some(lane) = column.lane else {
                continue;
            };
            for row in self.rows.iter().filter(|row| row.has(column.known)) {
                let text = column.text.and_then(|text| row.texts.get(text));
                match (text, column.class) {
                    (Some(text), _) => fields.text(text.as_deref().unwrap_or_default()),
                    (None, ValueClass::Int | ValueClass::Money) => fields.signed(row.word(lane)),
                    (None, ValueClass::Double | ValueClass::Text | ValueClass::Bool) => {
                        fields.bytes(&row.word(lane).to_le_bytes())
                    }
                };
            }
        }
        self.rows.clear();
        frames.flush()
    }
}

/// Codes of classes in the file; never renumbered.
const fn class_code(class: ValueClass) -> u8 {
    match class {
        ValueClass::Int => 0,
        ValueClass::Money => 1,
        ValueClass::Double => 2,
        ValueClass::Bool => 3,
        ValueClass::Text => 4,
    }
}
