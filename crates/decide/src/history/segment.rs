//! One segment of history: a Parquet file.

use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use serde::Deserialize;
use stanch_stream::Position;
use stanch_types::Timestamp;

use crate::block::EventBlock;
use crate::error::DecideError;

/// The columns. `event` is the line as it came; the others are what it says about itself and when it arrived.
const SCHEMA: &str = "message event {
  required int64 block;
  required int32 row;
  required int64 received_at (TIMESTAMP(MICROS,true));
  required int64 occurred_at (TIMESTAMP(MICROS,true));
  required binary kind (UTF8);
  required binary event_id (UTF8);
  optional binary label (UTF8);
  required binary event (JSON);
}";
/// Places of the columns that are read.
const BLOCK: usize = 0;
const EVENT: usize = 7;
/// Events of a row group; one ends with a block.
const GROUP_EVENTS: usize = 32_768;
/// Events read at once.
const READ_EVENTS: usize = 8_192;
/// Key of the hash of the policy that was live at the end.
const LIVE: &str = "stanch.live";
/// Level of zstd: written once, read by every backtest; 1 costs a third of the time of 3 for 8 % more bytes.
const ZSTD_LEVEL: i32 = 1;

/// What an event says about itself, whatever the policy.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    event_id: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    occurred_at: At<'a>,
    #[serde(borrow, default)]
    label: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum At<'a> {
    Micros(i64),
    #[serde(borrow)]
    Text(Cow<'a, str>),
}

/// Rows of a group that is being gathered.
#[derive(Default)]
struct Rows {
    block: Vec<i64>,
    row: Vec<i32>,
    received_at: Vec<i64>,
    occurred_at: Vec<i64>,
    kind: Vec<ByteArray>,
    event_id: Vec<ByteArray>,
    label: Vec<ByteArray>,
    has_label: Vec<i16>,
    event: Vec<ByteArray>,
}

/// Writes a segment.
pub(super) struct SegmentWriter {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
    rows: Rows,
    first: Position,
    events: u64,
    event_bytes: u64,
}

impl SegmentWriter {
    /// Begins a segment whose first block is `first`.
    pub fn create(path: &Path, first: Position) -> Result<Self, DecideError> {
        let schema = parse_message_type(SCHEMA).map_err(parquet("write", path))?;
        let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(parquet("write", path))?;
        let events = ColumnPath::from("event");
        let ids = ColumnPath::from("event_id");
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_column_dictionary_enabled(events.clone(), false)
            .set_column_statistics_enabled(events, EnabledStatistics::None)
            .set_column_dictionary_enabled(ids.clone(), false)
            .set_column_statistics_enabled(ids, EnabledStatistics::None)
            .build();
        let file = File::create(path).map_err(DecideError::io("write", path))?;
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties));
        Ok(Self {
            path: path.to_owned(),
            writer: writer.map_err(parquet("write", path))?,
            rows: Rows::default(),
            first,
            events: 0,
            event_bytes: 0,
        })
    }

    pub fn first(&self) -> Position {
        self.first
    }

    pub fn events(&self) -> u64 {
        self.events
    }

    pub fn event_bytes(&self) -> u64 {
        self.event_bytes
    }

    /// Notes which policy is live from here on.
    pub fn live_is(&mut self, hash: Option<String>) {
        self.writer
            .append_key_value_metadata(KeyValue::new(LIVE.to_owned(), hash));
    }

    /// Adds the events of a block.
    pub fn add(&mut self, position: Position, block: &EventBlock) -> Result<(), DecideError> {
        for (row, line) in (0..).zip(&block.lines) {
            let bad = |why: String| DecideError::bad_block(position, why);
            let head: Head<'_> =
                serde_json::from_slice(line).map_err(|error| bad(error.to_string()))?;
            let occurred_at = match head.occurred_at {
                At::Micros(micros) => micros,
                At::Text(text) => {
                    let at: Timestamp = text
                        .parse()
                        .map_err(|_| bad("an event has no time".to_owned()))?;
                    at.as_micros()
                }
            };
            let rows = &mut self.rows;
            rows.block.push(position.0.cast_signed());
            rows.row.push(row);
            rows.received_at.push(block.sealed_at.as_micros());
            rows.occurred_at.push(occurred_at);
            rows.kind.push(head.kind.as_bytes().into());
            rows.event_id.push(head.event_id.as_bytes().into());
            rows.has_label.push(i16::from(head.label.is_some()));
            rows.label
                .extend(head.label.map(|label| ByteArray::from(label.as_bytes())));
            rows.event.push(line.clone().into());
            self.events += 1;
            self.event_bytes += u64::try_from(line.len()).unwrap_or(0);
        }
        if self.rows.block.len() >= GROUP_EVENTS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DecideError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.block.is_empty() {
            return Ok(());
        }
        self.write_group(&rows)
            .map_err(parquet("write", &self.path))
    }

    fn write_group(&mut self, rows: &Rows) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        column::<Int64Type>(&mut group, &rows.block, None)?;
        column::<Int32Type>(&mut group, &rows.row, None)?;
        column::<Int64Type>(&mut group, &rows.received_at, None)?;
        column::<Int64Type>(&mut group, &rows.occurred_at, None)?;
        column::<ByteArrayType>(&mut group, &rows.kind, None)?;
        column::<ByteArrayType>(&mut group, &rows.event_id, None)?;
        column::<ByteArrayType>(&mut group, &rows.label, Some(&rows.has_label))?;
        column::<ByteArrayType>(&mut group, &rows.event, None)?;
        group.close().map(drop)
    }

    /// Writes the rest, brings the file to disk and gives its path.
    pub fn finish(mut self) -> Result<PathBuf, DecideError> {
        self.flush()?;
        let file = self
            .writer
            .into_inner()
            .map_err(parquet("write", &self.path))?;
        file.sync_all()
            .map_err(DecideError::io("write", &self.path))?;
        Ok(self.path)
    }
}

/// Writes the next column of a group.
fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    there: Option<&[i16]>,
) -> Result<(), ParquetError> {
    if let Some(mut writer) = group.next_column()? {
        writer.typed::<T>().write_batch(values, there, None)?;
        writer.close()?;
    }
    Ok(())
}

/// Reads the events of a segment in order of arrival.
pub(crate) struct SegmentReader {
    path: PathBuf,
    file: SerializedFileReader<File>,
    group: usize,
    /// Rows of the group at hand that were read.
    read: usize,
    /// Blocks before this one are passed over.
    from: i64,
    columns: Option<Columns>,
}

struct Columns {
    rows: usize,
    block: ColumnReaderImpl<Int64Type>,
    event: ColumnReaderImpl<ByteArrayType>,
}

/// Events one after the other, each with its block.
#[derive(Default)]
pub(crate) struct Stretch {
    pub blocks: Vec<i64>,
    pub lines: Vec<Bytes>,
}

impl SegmentReader {
    /// The events from block `from` on.
    pub fn open(path: &Path, from: Position) -> Result<Self, DecideError> {
        let file = File::open(path).map_err(DecideError::io("read", path))?;
        let file = SerializedFileReader::new(file).map_err(parquet("read", path))?;
        let columns = file.metadata().file_metadata().schema_descr().num_columns();
        if columns <= EVENT {
            return Err(DecideError::Damaged {
                what: "the history: a file is no segment",
            });
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            group: 0,
            read: 0,
            from: from.0.cast_signed(),
            columns: None,
        })
    }

    /// Events in the segment.
    pub fn events(&self) -> u64 {
        u64::try_from(self.file.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The policy that was live at the end of the segment, if that changed in it.
    pub fn live_at_end(&self) -> Option<Option<String>> {
        let pairs = self.file.metadata().file_metadata().key_value_metadata()?;
        let last = pairs.iter().rev().find(|pair| pair.key == LIVE)?;
        Some(last.value.clone())
    }

    /// The next events; `None` at the end.
    pub fn stretch(&mut self) -> Result<Option<Stretch>, DecideError> {
        let path = self.path.clone();
        loop {
            let stretch = self.read_stretch().map_err(parquet("read", &path))?;
            let Some(mut stretch) = stretch else {
                return Ok(None);
            };
            let before = stretch.blocks.partition_point(|block| *block < self.from);
            stretch.blocks.drain(..before);
            stretch.lines.drain(..before);
            if !stretch.blocks.is_empty() {
                return Ok(Some(stretch));
            }
        }
    }

    fn read_stretch(&mut self) -> Result<Option<Stretch>, ParquetError> {
        loop {
            let Some(columns) = &mut self.columns else {
                if !self.open_group()? {
                    return Ok(None);
                }
                continue;
            };
            if self.read >= columns.rows {
                self.columns = None;
                self.group += 1;
                continue;
            }
            let (mut blocks, mut events) = (Vec::new(), Vec::new());
            let (rows, ..) = columns
                .block
                .read_records(READ_EVENTS, None, None, &mut blocks)?;
            let (same, ..) = columns
                .event
                .read_records(READ_EVENTS, None, None, &mut events)?;
            if rows != same || rows == 0 {
                return Err(ParquetError::General("rows are missing".to_owned()));
            }
            self.read += rows;
            let lines = joined(&events);
            return Ok(Some(Stretch { blocks, lines }));
        }
    }

    /// Opens the group at hand, or the next one that has wanted blocks; false at the end.
    fn open_group(&mut self) -> Result<bool, ParquetError> {
        while self.group < self.file.metadata().num_row_groups() {
            let meta = self.file.metadata().row_group(self.group);
            let last = meta.column(BLOCK).statistics().and_then(|known| {
                if let Statistics::Int64(known) = known {
                    known.max_opt().copied()
                } else {
                    None
                }
            });
            if last.is_some_and(|last| last < self.from) {
                self.group += 1;
                continue;
            }
            let rows = usize::try_from(meta.num_rows()).unwrap_or(0);
            let group = self.file.get_row_group(self.group)?;
            self.columns = Some(Columns {
                rows,
                block: typed(group.get_column_reader(BLOCK)?)?,
                event: typed(group.get_column_reader(EVENT)?)?,
            });
            self.read = 0;
            return Ok(true);
        }
        Ok(false)
    }
}

fn typed<T: DataType>(reader: ColumnReader) -> Result<ColumnReaderImpl<T>, ParquetError> {
    T::get_column_reader(reader)
        .ok_or_else(|| ParquetError::General("a column is of another type".to_owned()))
}

/// The lines in one piece of memory.
fn joined(events: &[ByteArray]) -> Vec<Bytes> {
    let mut all = Vec::with_capacity(events.iter().map(ByteArray::len).sum());
    for event in events {
        all.extend_from_slice(event.data());
    }
    let all = Bytes::from(all);
    let mut start = 0;
    let lines = events.iter().map(|event| {
        let end = start + event.len();
        let line = all.slice(start..end);
        start = end;
        line
    });
    lines.collect()
}

fn parquet(action: &'static str, path: &Path) -> impl FnOnce(ParquetError) -> DecideError {
    let path = path.to_owned();
    move |source| DecideError::Parquet {
        action,
        path,
        source: Box::new(source),
    }
}
