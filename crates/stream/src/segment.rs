//! One segment file: its name, creation and block-by-block reading.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::block::{Header, Position};
use crate::error::LogError;

/// A segment file of a log.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub first: Position,
    pub path: PathBuf,
}

/// What stands at the reader's place.
#[derive(Debug)]
pub(crate) enum Next {
    /// A sound block.
    Block(Header, Vec<u8>),
    /// The end of the file, exactly after a block.
    End,
    /// Bytes that are not a whole sound block.
    Unsound(&'static str),
}

/// Reads a segment from its start. `offset` is always at the start of a block.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    file: BufReader<File>,
    path: PathBuf,
    pub offset: u64,
    pub next: Position,
}

const READ_BUFFER_BYTES: usize = 256 << 10;

impl Segment {
    fn new(dir: &Path, first: Position) -> Self {
        let path = dir.join(format!("{:020}.log", first.0));
        Self { first, path }
    }

    /// Creates an empty segment; durable on return, its name included.
    pub fn create(dir: &Path, first: Position) -> Result<(Self, File), LogError> {
        let segment = Self::new(dir, first);
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .open(&segment.path)
            .map_err(LogError::io("create", &segment.path))?;
        sync_dir(dir)?;
        Ok((segment, file))
    }

    /// The segments of a log in order.
    pub fn list(dir: &Path) -> Result<Vec<Self>, LogError> {
        let mut segments = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(LogError::io("list", dir))? {
            let name = entry.map_err(LogError::io("list", dir))?.file_name();
            let first = name
                .to_str()
                .and_then(|name| name.strip_suffix(".log"))
                .filter(|digits| digits.len() == 20)
                .and_then(|digits| digits.parse().ok());
            if let Some(first) = first {
                segments.push(Self::new(dir, Position(first)));
            }
        }
        segments.sort_by_key(|segment| segment.first);
        Ok(segments)
    }

    /// Opens the segment at its first block.
    pub fn open(&self) -> Result<SegmentReader, LogError> {
        let file = File::open(&self.path).map_err(LogError::io("open", &self.path))?;
        Ok(SegmentReader {
            file: BufReader::with_capacity(READ_BUFFER_BYTES, file),
            path: self.path.clone(),
            offset: 0,
            next: self.first,
        })
    }
}

impl SegmentReader {
    /// The next block with its payload.
    pub fn read(&mut self) -> Result<Next, LogError> {
        let header = match self.header()? {
            Ok(header) => header,
            Err(other) => return Ok(other),
        };
        let len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
        let mut payload = vec![0; len];
        if fill(&mut self.file, &mut payload).map_err(LogError::io("read", &self.path))? < len {
            return Ok(Next::Unsound("the block is cut short"));
        }
        if crc32c::crc32c(&payload) != header.payload_crc {
            return Ok(Next::Unsound("the payload's checksum is wrong"));
        }
        self.pass(&header);
        Ok(Next::Block(header, payload))
    }

    /// The next block's header; its payload is passed over unread.
    pub fn skip(&mut self) -> Result<Option<Header>, LogError> {
        let Ok(header) = self.header()? else {
            return Ok(None);
        };
        self.file
            .seek_relative(i64::from(header.payload_len))
            .map_err(LogError::io("read", &self.path))?;
        self.pass(&header);
        Ok(Some(header))
    }

    /// Everything from the reader's place on, at most `bytes_max`.
    pub fn rest(&mut self, bytes_max: u64) -> Result<Vec<u8>, LogError> {
        let mut rest = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.offset))
            .and_then(|_| (&mut self.file).take(bytes_max).read_to_end(&mut rest))
            .map_err(LogError::io("read", &self.path))?;
        Ok(rest)
    }

    fn header(&mut self) -> Result<Result<Header, Next>, LogError> {
        let mut bytes = [0; Header::LEN];
        let read = fill(&mut self.file, &mut bytes).map_err(LogError::io("read", &self.path))?;
        if read == 0 {
            return Ok(Err(Next::End));
        }
        if read < Header::LEN {
            return Ok(Err(Next::Unsound("the block header is cut short")));
        }
        Ok(match Header::decode(&bytes, self.offset) {
            Some(header) if header.position == self.next => Ok(header),
            Some(_) => Err(Next::Unsound("the block has another position")),
            None => Err(Next::Unsound("the block header is not sound")),
        })
    }

    fn pass(&mut self, header: &Header) {
        self.offset += header.block_len();
        self.next = header.position.next();
    }
}

/// Makes creations and removals in `dir` durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), LogError> {
    File::open(dir)
        .and_then(|file| file.sync_all())
        .map_err(LogError::io("sync", dir))
}

/// Reads until `buffer` is full or the file ends; returns how much was read.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
