//! The table of features: CSV or Parquet, the same columns.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use stanch_graph::{AccountView, FEATURE_COUNT, FEATURES, Features, PaymentView};

use super::TableFormat;
use crate::LedgerError;
use crate::import::COLUMN_NAMES;

/// Rows of a Parquet row group: 50 MB of columns at most.
const GROUP_ROWS: usize = 65_536;
/// Written once: a higher level costs more time than it saves bytes.
const ZSTD_LEVEL: i32 = 1;

/// A table that is being written.
pub(super) struct Table {
    path: PathBuf,
    form: Form,
}

enum Form {
    Csv(BufWriter<File>),
    Parquet(Box<Groups>),
}

/// Rows of a Parquet file that are not written yet, by column.
struct Groups {
    writer: SerializedFileWriter<File>,
    texts: [Vec<ByteArray>; 7],
    at_ms: Vec<i64>,
    minor: Vec<i64>,
    features: Vec<Vec<i64>>,
}

impl Table {
    pub fn create(path: &Path, format: TableFormat) -> Result<Self, LedgerError> {
        let failed = LedgerError::io("write", path);
        let file = File::create(path).map_err(&failed)?;
        let form = match format {
            TableFormat::Csv => {
                let mut out = BufWriter::with_capacity(1 << 20, file);
                let names = FEATURES.iter().map(|feature| feature.name);
                let header: Vec<&str> = COLUMN_NAMES.into_iter().chain(names).collect();
                writeln!(out, "{}", header.join(",")).map_err(&failed)?;
                Form::Csv(out)
            }
            TableFormat::Parquet => {
                let groups = Groups::create(file).map_err(|error| failed(as_io(error)))?;
                Form::Parquet(Box::new(groups))
            }
        };
        Ok(Self {
            path: path.to_owned(),
            form,
        })
    }

    pub fn add(
        &mut self,
        view: &PaymentView<'_>,
        from: &AccountView<'_>,
        to: &AccountView<'_>,
        features: &Features,
    ) -> Result<(), LedgerError> {
        let tx_id = view.tx_id.to_string();
        let texts = [
            tx_id.as_str(),
            from.account.expose(),
            to.account.expose(),
            from.institution.as_str(),
            to.institution.as_str(),
            &from.currency.to_string(),
            view.channel.as_str(),
        ];
        let (at_ms, minor) = (view.at_ms, view.minor);
        let written = match &mut self.form {
            Form::Csv(out) => write_line(out, texts, at_ms, minor, features),
            Form::Parquet(groups) => groups.add(texts, at_ms, minor, features).map_err(as_io),
        };
        written.map_err(LedgerError::io("write", &self.path))
    }

    /// Brings the table to disk; its bytes.
    pub fn finish(self) -> Result<u64, LedgerError> {
        let failed = LedgerError::io("write", &self.path);
        let file = match self.form {
            Form::Csv(out) => out.into_inner().map_err(io::IntoInnerError::into_error),
            Form::Parquet(groups) => groups.finish().map_err(as_io),
        };
        let file = file.map_err(&failed)?;
        file.sync_all().map_err(&failed)?;
        Ok(file.metadata().map_err(&failed)?.len())
    }
}

fn write_line(
    out: &mut impl Write,
    [tx_id, from, to, from_at, to_at, currency, channel]: [&str; 7],
    at_ms: i64,
    minor: i64,
    features: &Features,
) -> io::Result<()> {
    let own = [from, to, from_at, to_at].map(quoted);
    write!(out, "{},{at_ms},{}", quoted(tx_id), own.join(","))?;
    write!(out, ",{minor},{currency},{channel}")?;
    for value in features.values() {
        write!(out, ",{value}")?;
    }
    out.write_all(b"\n")
}

/// A field after RFC 4180.
fn quoted(field: &str) -> std::borrow::Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    } else {
        field.into()
    }
}

impl Groups {
    fn create(file: File) -> Result<Self, ParquetError> {
        let mut schema = String::from("message payment {\n");
        for name in COLUMN_NAMES {
            let line = match name {
                "timestamp_ms" => "required int64 timestamp_ms (TIMESTAMP(MILLIS,true));\n".into(),
                "amount_minor_units" => format!("required int64 {name};\n"),
                _ => format!("required binary {name} (UTF8);\n"),
            };
            schema.push_str(&line);
        }
        for feature in FEATURES {
            schema.push_str(&format!("required int64 {};\n", feature.name));
        }
        schema.push('}');
        let schema = parse_message_type(&schema)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        Ok(Self {
            writer: SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?,
            texts: Default::default(),
            at_ms: Vec::new(),
            minor: Vec::new(),
            features: vec![Vec::new(); FEATURE_COUNT],
        })
    }

    fn add(
        &mut self,
        texts: [&str; 7],
        at_ms: i64,
        minor: i64,
        features: &Features,
    ) -> Result<(), ParquetError> {
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.push(text.into());
        }
        self.at_ms.push(at_ms);
        self.minor.push(minor);
        for (column, value) in self.features.iter_mut().zip(features.values()) {
            column.push(value);
        }
        if self.at_ms.len() >= GROUP_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        if self.at_ms.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        let [tx_id, from, to, from_at, to_at, currency, channel] = &self.texts;
        column::<ByteArrayType>(&mut group, tx_id)?;
        column::<Int64Type>(&mut group, &self.at_ms)?;
        for texts in [from, to, from_at, to_at] {
            column::<ByteArrayType>(&mut group, texts)?;
        }
        column::<Int64Type>(&mut group, &self.minor)?;
        for texts in [currency, channel] {
            column::<ByteArrayType>(&mut group, texts)?;
        }
        for values in &self.features {
            column::<Int64Type>(&mut group, values)?;
        }
        group.close()?;
        self.texts.iter_mut().for_each(Vec::clear);
        self.features.iter_mut().for_each(Vec::clear);
        self.at_ms.clear();
        self.minor.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<File, ParquetError> {
        self.flush()?;
        self.writer.into_inner()
    }
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    if let Some(mut writer) = group.next_column()? {
        writer.typed::<T>().write_batch(values, None, None)?;
        writer.close()?;
    }
    Ok(())
}

fn as_io(error: ParquetError) -> io::Error {
    io::Error::other(error)
}
