//! Checked pieces of a snapshot, and the fields in them.

use std::io::{Read, Write};

use crate::window::error::WindowError;

/// Longest frame: 1,024 events of 32 columns with texts of two kilobytes fit.
const FRAME_BYTES_MAX: usize = 64 << 20;

pub(super) fn damaged(what: &str) -> WindowError {
    WindowError::Damaged {
        what: format!("window snapshot: {what}"),
    }
}

/// Writes frames: length of the payload (4), CRC-32C of the payload (4), payload; the payload begins with its kind.
pub(super) struct FrameWriter<'w, W> {
    to: &'w mut W,
    payload: Payload,
}

/// Fields of a frame being written.
pub(super) struct Payload {
    bytes: Vec<u8>,
}

impl<'w, W: Write> FrameWriter<'w, W> {
    pub(super) fn new(to: &'w mut W) -> Self {
        Self {
            to,
            payload: Payload { bytes: Vec::new() },
        }
    }

    /// Begins a frame.
    pub(super) fn begin(&mut self, kind: u8) -> &mut Payload {
        self.payload.bytes.clear();
        self.payload.byte(kind);
        &mut self.payload
    }

    /// Writes the frame that was begun.
    pub(super) fn flush(&mut self) -> Result<(), WindowError> {
        let payload = &self.payload.bytes;
        if payload.len() > FRAME_BYTES_MAX {
            let too_long = std::io::Error::other("a record of events is longer than 64 MiB");
            return Err(WindowError::Snapshot(too_long));
        }
        let head = [
            (payload.len() as u32).to_le_bytes(),
            crc32c::crc32c(payload).to_le_bytes(),
        ];
        self.to
            .write_all(head.as_flattened())
            .and_then(|()| self.to.write_all(payload))
            .map_err(WindowError::Snapshot)
    }

    /// Hands everything on.
    pub(super) fn end(self) -> Result<(), WindowError> {
        self.to.flush().map_err(WindowError::Snapshot)
    }
}

impl Payload {
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Unsigned LEB128.
    pub(super) fn number(&mut self, number: u64) {
        let mut rest = number;
        while rest >= 0x80 {
            self.byte(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.byte(rest as u8);
    }

    /// Zigzag, then LEB128.
    pub(super) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    /// Bits, lowest first in each byte.
    pub(super) fn bits(&mut self, bits: impl Iterator<Item = bool>) {
        let mut byte = 0;
        let mut count = 0_u32;
        for bit in bits {
            byte |= u8::from(bit) << (count % 8);
            count += 1;
            if count.is_multiple_of(8) {
                self.byte(std::mem::take(&mut byte));
            }
        }
        if !count.is_multiple_of(8) {
            self.byte(byte);
        }
    }
}

/// Reads what [`FrameWriter`] wrote.
pub(super) struct FrameReader<'r, R> {
    from: &'r mut R,
    payload: Vec<u8>,
}

/// Fields of a frame being read.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'r, R: Read> FrameReader<'r, R> {
    pub(super) fn new(from: &'r mut R) -> Self {
        Self {
            from,
            payload: Vec::new(),
        }
    }

    /// Reads and checks the next frame; answers its kind and its fields.
    pub(super) fn next(&mut self) -> Result<(u8, Fields<'_>), WindowError> {
        let mut head = [0; 8];
        let cut = |_| damaged("it is cut short");
        self.from.read_exact(&mut head).map_err(cut)?;
        let mut fields = Fields { rest: &head };
        let length = u32::from_le_bytes(fields.array()?) as usize;
        let sum = u32::from_le_bytes(fields.array()?);
        if length == 0 || length > FRAME_BYTES_MAX {
            return Err(damaged("a frame has an impossible length"));
        }
        self.payload.clear();
        // Not allocated by the length alone, which nothing vouches for.
        let read = self.from.take(length as u64).read_to_end(&mut self.payload);
        if read.map_err(WindowError::Snapshot)? < length {
            return Err(damaged("it is cut short"));
        }
        if crc32c::crc32c(&self.payload) != sum {
            return Err(damaged("a checksum does not match"));
        }
        let mut fields = Fields {
            rest: &self.payload,
        };
        Ok((fields.byte()?, fields))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], WindowError> {
        let split = self.rest.split_at_checked(count);
        let (head, rest) = split.ok_or_else(|| damaged("a frame is too short"))?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], WindowError> {
        let head = self.take(N)?;
        head.try_into().map_err(|_| damaged("a frame is too short"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, WindowError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(super) fn number(&mut self) -> Result<u64, WindowError> {
        let mut number = 0;
        for place in 0..10 {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if place == 9 && bits > 1 {
                break;
            }
            number |= bits << (7 * place);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(damaged("a number is too long"))
    }

    pub(super) fn signed(&mut self) -> Result<i64, WindowError> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn text(&mut self) -> Result<&'a str, WindowError> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        std::str::from_utf8(self.take(length)?).map_err(|_| damaged("a text is not UTF-8"))
    }

    pub(super) fn bits(&mut self, count: usize) -> Result<Vec<bool>, WindowError> {
        let bytes = self.take(count.div_ceil(8))?;
        let bit = |at: usize| {
            bytes
                .get(at / 8)
                .is_some_and(|byte| byte >> (at % 8) & 1 == 1)
        };
        Ok((0..count).map(bit).collect())
    }

    pub(super) fn end(&self) -> Result<(), WindowError> {
        match self.rest {
            [] => Ok(()),
            [_, ..] => Err(damaged("a frame is too long")),
        }
    }
}
