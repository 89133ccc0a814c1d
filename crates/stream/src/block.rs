//! A block and its header on disk.

use std::fmt;

use bytes::Bytes;

/// Place of a block in its log: 0, 1, 2 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// The first block ever.
    pub const START: Self = Self(0);

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Names a block so that appending it again is harmless while it is among the last
/// [`crate::LogConfig::dedup_blocks`] blocks. Never all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DedupId([u8; 16]);

impl DedupId {
    /// From 16 bytes; `None` if all are zero.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Option<Self> {
        if u128::from_le_bytes(bytes) == 0 {
            None
        } else {
            Some(Self(bytes))
        }
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// A block to append.
#[derive(Debug, Clone, Copy)]
pub struct NewBlock<'a> {
    /// The bytes.
    pub payload: &'a [u8],
    /// Append only at this position.
    pub expected: Option<Position>,
    /// Append only if no recent block has this id.
    pub dedup: Option<DedupId>,
}

impl<'a> NewBlock<'a> {
    /// A block without conditions.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self {
            payload,
            expected: None,
            dedup: None,
        }
    }
    /// The same, to be appended at `position` only.
    #[must_use]
    pub const fn at(self, position: Position) -> Self {
        Self {
            expected: Some(position),
            ..self
        }
    }
    /// The same, to be appended once only.
    #[must_use]
    pub const fn once(self, id: DedupId) -> Self {
        Self {
            dedup: Some(id),
            ..self
        }
    }
}

/// Where a block now is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its position.
    pub position: Position,
    /// Whether it was there before: the dedup id was known and nothing was written.
    pub duplicate: bool,
}

/// A block as read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its position.
    pub position: Position,
    /// Its dedup id, if it was given one.
    pub dedup: Option<DedupId>,
    /// The bytes.
    pub payload: Bytes,
}

/// The fixed part before a block's payload. `group_first` is the first position written by the same sync:
/// it proves that every block before it was durable when this one was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub payload_len: u32,
    pub position: Position,
    pub group_first: Position,
    pub dedup: [u8; 16],
    pub payload_crc: u32,
}

impl Header {
    pub const LEN: usize = 48;
    const FILE_LEN: u64 = 48;
    /// What it is and the version of the format.
    pub const MAGIC: [u8; 4] = *b"SBK\x01";
    /// No block is larger, whatever the configuration; larger lengths are damage.
    pub const PAYLOAD_BYTES_MAX: u32 = 64 << 20;

    /// The header for a place in a file. The place is under the checksum, so that a copy elsewhere (a log inside
    /// a payload) is not taken for a block.
    pub fn encode(&self, offset: u64) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let fields: [&[u8]; 6] = [
            &Self::MAGIC,
            &self.payload_len.to_le_bytes(),
            &self.position.0.to_le_bytes(),
            &self.group_first.0.to_le_bytes(),
            &self.dedup,
            &self.payload_crc.to_le_bytes(),
        ];
        let mut rest = &mut bytes[..];
        for field in fields {
            let (head, tail) = rest.split_at_mut(field.len());
            head.copy_from_slice(field);
            rest = tail;
        }
        let crc = header_crc(&bytes, offset);
        bytes[Self::LEN - 4..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads what [`Header::encode`] wrote at `offset`; `None` if it is anything else.
    pub fn decode(bytes: &[u8; Self::LEN], offset: u64) -> Option<Self> {
        let stored = u32::from_le_bytes(array(bytes, 44)?);
        let header = Self {
            payload_len: u32::from_le_bytes(array(bytes, 4)?),
            position: Position(u64::from_le_bytes(array(bytes, 8)?)),
            group_first: Position(u64::from_le_bytes(array(bytes, 16)?)),
            dedup: array(bytes, 24)?,
            payload_crc: u32::from_le_bytes(array(bytes, 40)?),
        };
        let sound = array(bytes, 0) == Some(Self::MAGIC)
            && stored == header_crc(bytes, offset)
            && header.payload_len <= Self::PAYLOAD_BYTES_MAX
            && header.group_first <= header.position;
        sound.then_some(header)
    }

    pub fn block_len(&self) -> u64 {
        Self::FILE_LEN + u64::from(self.payload_len)
    }
}

fn header_crc(bytes: &[u8; Header::LEN], offset: u64) -> u32 {
    let place = crc32c::crc32c(&offset.to_le_bytes());
    crc32c::crc32c_append(place, &bytes[..Header::LEN - 4])
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}
