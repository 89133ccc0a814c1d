//! Where an import reads from: files and streams, packed or not, told apart by their first bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;
use flate2::bufread::MultiGzDecoder;

use super::aml;
use super::lines::Lines;
use crate::LedgerError;
use crate::block::SourceDigest;

/// What is imported. Plain, gzip or zstd, told by its first bytes.
pub struct ImportSource {
    name: String,
    kind: Kind,
}

enum Kind {
    File(PathBuf),
    Stream(Box<dyn Read + Send>),
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Transactions of AMLSim: `sourceNodeId,targetNodeId,value,time`.
    AmlSim,
    /// Transactions of IBM AML, or the blocks of its patterns file.
    IbmAml,
}

impl ImportSource {
    /// A file; an interrupted import of it is taken up where it stopped.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self {
            name: path.display().to_string(),
            kind: Kind::File(path.to_owned()),
        }
    }

    /// Standard input. It is always read from its start; what is stored is found unchanged.
    #[must_use]
    pub fn stdin() -> Self {
        Self::stream("standard input", Box::new(io::stdin()))
    }

    /// Any stream, named for messages.
    #[must_use]
    pub fn stream(name: &str, source: Box<dyn Read + Send>) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Stream(source),
        }
    }

    /// Its name for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match &self.kind {
            Kind::File(path) => Some(path),
            Kind::Stream(_) => None,
        }
    }

    /// Opens the source, unpacks it, looks at its start.
    pub(super) fn open(self, format: Option<Format>) -> Result<Opened, LedgerError> {
        let (raw, bytes_total): (Box<dyn Read + Send>, _) = match self.kind {
            Kind::File(path) => {
                let opened = File::open(&path).and_then(|file| Ok((file.metadata()?, file)));
                let (metadata, file) = opened.map_err(LedgerError::io("open", &path))?;
                if metadata.is_dir() {
                    return Err(not_importable(self.name, "it is a folder"));
                }
                // The length of a pipe or device is 0 and says nothing.
                let len = Some(metadata.len()).filter(|_| metadata.is_file());
                (Box::new(file), len)
            }
            Kind::Stream(stream) => (stream, None),
        };
        let bytes_read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            inner: raw,
            bytes_read: Arc::clone(&bytes_read),
        };
        let unreadable = LedgerError::io("read", Path::new(&self.name));
        let text = unpack(counted).map_err(&unreadable)?;
        let mut lines = Lines::new(text);
        let start = lines.prime().map_err(&unreadable)?;
        check_start(start).map_err(|why| not_importable(self.name.clone(), why))?;
        let digest = digest_of(start, bytes_total);
        let format = format.unwrap_or_else(|| guess_format(&self.name, start));
        if start.starts_with(UTF8_MARK) {
            lines.take(UTF8_MARK.len(), 0);
        }
        Ok(Opened {
            name: self.name,
            lines,
            digest,
            format,
            bytes_read,
            bytes_total,
        })
    }
}

/// A source ready to be read line by line.
pub(super) struct Opened {
    pub name: String,
    pub lines: Lines<Box<dyn Read + Send>>,
    pub digest: SourceDigest,
    pub format: Format,
    /// Packed bytes read so far.
    pub bytes_read: Arc<AtomicU64>,
    pub bytes_total: Option<u64>,
}

pub(super) fn not_importable(name: String, why: impl Into<String>) -> LedgerError {
    LedgerError::NotImportable {
        name,
        why: why.into(),
    }
}

struct Counted<R> {
    inner: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let more = u64::try_from(read).unwrap_or_default();
        self.bytes_read.fetch_add(more, Ordering::Relaxed);
        Ok(read)
    }
}

const RAW_BUFFER_BYTES: usize = 256 << 10;
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

fn unpack(raw: Counted<Box<dyn Read + Send>>) -> io::Result<Box<dyn Read + Send>> {
    let mut raw = BufReader::with_capacity(RAW_BUFFER_BYTES, raw);
    let start = raw.fill_buf()?;
    Ok(if start.starts_with(b"\x1f\x8b") {
        Box::new(MultiGzDecoder::new(raw))
    } else if start.starts_with(b"\x28\xb5\x2f\xfd") {
        // The decoder refuses frames that want over 128 MiB of window.
        Box::new(zstd::stream::read::Decoder::with_buffer(raw)?)
    } else {
        Box::new(raw)
    })
}

/// Refuses what is not text at all.
fn check_start(start: &[u8]) -> Result<(), &'static str> {
    let known: [(&[u8], &str); 6] = [
        (b"\xff\xfe", "it is UTF-16; save it as UTF-8"),
        (b"\xfe\xff", "it is UTF-16; save it as UTF-8"),
        (
            b"PK\x03\x04",
            "it is a ZIP or Excel file; export it as CSV in UTF-8",
        ),
        (
            b"\xd0\xcf\x11\xe0",
            "it is an old Excel file; export it as CSV in UTF-8",
        ),
        (b"%PDF", "it is a PDF file"),
        (b"PAR1", "it is a Parquet file"),
    ];
    for (magic, why) in known {
        if start.starts_with(magic) {
            return Err(why);
        }
    }
    let text = start.strip_prefix(UTF8_MARK).unwrap_or(start);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err("it is empty");
    }
    Ok(())
}

fn digest_of(start: &[u8], len: Option<u64>) -> SourceDigest {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(start);
    context.update(&len.unwrap_or(u64::MAX).to_le_bytes());
    let mut bytes = SourceDigest::default();
    for (place, byte) in bytes.iter_mut().zip(context.finish().as_ref()) {
        *place = *byte;
    }
    bytes
}

fn guess_format(name: &str, start: &[u8]) -> Format {
    let text = start.strip_prefix(UTF8_MARK).unwrap_or(start);
    match aml::set_of(text) {
        Some(aml::Set::AmlSim) => return Format::AmlSim,
        Some(aml::Set::IbmAml) => return Format::IbmAml,
        None => {}
    }
    let lower = name.to_ascii_lowercase();
    let bare = [".gz", ".zst"]
        .iter()
        .find_map(|packed| lower.strip_suffix(packed))
        .unwrap_or(&lower);
    if bare.ends_with(".csv") {
        return Format::Csv;
    }
    if [".ndjson", ".jsonl", ".json"]
        .iter()
        .any(|ending| bare.ends_with(ending))
    {
        return Format::Ndjson;
    }
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Format::Ndjson,
        _ => Format::Csv,
    }
}
