//! Lines of a stream, with bounds: no line is held beyond [`LINE_BYTES_MAX`], whatever its length.

use std::io::{self, Read};

use memchr::memchr;

/// Longest line taken, line end included.
pub(super) const LINE_BYTES_MAX: usize = 64 << 10;

/// What [`Lines::prime`] looks at ahead, and what is read at once.
pub(super) const AHEAD_BYTES: usize = 1 << 20;

/// Where the next line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// After so many bytes from the reader's place, line end included.
    At(usize),
    /// The line is over the limit.
    TooLong,
    /// There is no further line.
    Eof,
}

/// Reads a stream line by line and remembers how much of it was taken.
pub(super) struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    eof: bool,
    /// A failure to read, told when what was read before it is used up.
    failure: Option<io::Error>,
    /// Lines taken.
    pub line: u64,
    /// Bytes taken.
    pub offset: u64,
    /// CRC-32C of the bytes taken.
    pub crc: u32,
}

impl<R: Read> Lines<R> {
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; AHEAD_BYTES + 2 * LINE_BYTES_MAX],
            start: 0,
            filled: 0,
            eof: false,
            failure: None,
            line: 0,
            offset: 0,
            crc: 0,
        }
    }

    /// The first bytes of the stream, up to [`AHEAD_BYTES`]; nothing is taken.
    pub fn prime(&mut self) -> io::Result<&[u8]> {
        while self.filled < AHEAD_BYTES && self.more() {}
        match self.failure.take_if(|_| self.filled == 0) {
            Some(failure) => Err(failure),
            None => Ok(self.rest(AHEAD_BYTES)),
        }
    }

    /// Finds the end of the line that starts `from` bytes after the reader's place.
    pub fn line_end(&mut self, from: usize) -> io::Result<LineEnd> {
        let mut searched = from;
        loop {
            let ahead = self.buffer.get(self.start + searched..self.filled);
            if let Some(at) = ahead.and_then(|ahead| memchr(b'\n', ahead)) {
                let end = searched + at + 1;
                return Ok(if end - from > LINE_BYTES_MAX {
                    LineEnd::TooLong
                } else {
                    LineEnd::At(end)
                });
            }
            searched = self.filled - self.start;
            if searched.saturating_sub(from) > LINE_BYTES_MAX {
                return Ok(LineEnd::TooLong);
            }
            if !self.more() {
                return match self.failure.take() {
                    Some(failure) => Err(failure),
                    None if searched > from => Ok(LineEnd::At(searched)),
                    None => Ok(LineEnd::Eof),
                };
            }
        }
    }

    /// The next `len` bytes, or as many as have been read.
    pub fn rest(&self, len: usize) -> &[u8] {
        let end = self.filled.min(self.start.saturating_add(len));
        self.buffer.get(self.start..end).unwrap_or_default()
    }

    /// Passes `len` bytes that hold `lines` lines.
    pub fn take(&mut self, len: usize, lines: u64) {
        self.crc = crc32c::crc32c_append(self.crc, self.rest(len));
        self.start += len;
        self.offset += u64::try_from(len).unwrap_or_default();
        self.line += lines;
    }

    /// Passes a line of any length.
    pub fn take_line(&mut self) -> io::Result<()> {
        loop {
            let ahead = self.rest(usize::MAX);
            if let Some(at) = memchr(b'\n', ahead) {
                self.take(at + 1, 1);
                return Ok(());
            }
            let passed = ahead.len();
            self.take(passed, 0);
            if !self.more() {
                self.line += 1;
                return self.failure.take().map_or(Ok(()), Err);
            }
        }
    }

    /// Passes bytes up to `offset`; whether the stream is that long.
    pub fn take_until(&mut self, offset: u64) -> io::Result<bool> {
        while self.offset < offset {
            let wanted = usize::try_from(offset - self.offset).unwrap_or(usize::MAX);
            let ahead = self.rest(wanted).len();
            if ahead > 0 {
                self.take(ahead, 0);
            } else if !self.more() {
                return self.failure.take().map_or(Ok(false), Err);
            }
        }
        Ok(true)
    }

    /// Reads on; whether there may be more.
    fn more(&mut self) -> bool {
        if self.eof || self.failure.is_some() {
            return false;
        }
        if self.buffer.len() - self.filled < LINE_BYTES_MAX {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.start = 0;
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        match self.source.read(room) {
            Ok(0) => self.eof = true,
            Ok(read) => self.filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.failure = Some(error),
        }
        !self.eof && self.failure.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(u64, LineEnd)> {
        let mut lines = Lines::new(text);
        let mut seen = Vec::new();
        loop {
            let end = lines.line_end(0).unwrap();
            match end {
                LineEnd::At(len) => lines.take(len, 1),
                LineEnd::TooLong => lines.take_line().unwrap(),
                LineEnd::Eof => break,
            }
            seen.push((lines.line, end));
        }
        assert_eq!(lines.offset, text.len() as u64);
        assert_eq!(lines.crc, crc32c::crc32c(text));
        seen
    }

    #[test]
    fn lines_end_at_newlines_and_at_the_end() {
        assert_eq!(all(b""), []);
        assert_eq!(all(b"a\nbc"), [(1, LineEnd::At(2)), (2, LineEnd::At(2))]);
        assert_eq!(all(b"\n\n"), [(1, LineEnd::At(1)), (2, LineEnd::At(1))]);
    }

    #[test]
    fn a_long_line_is_passed_and_the_next_is_whole() {
        for extra in [0, 1, 10 << 20] {
            let mut text = vec![b'x'; LINE_BYTES_MAX - 1 + extra];
            text.extend(b"\nnext\n");
            let first = if extra == 0 {
                LineEnd::At(LINE_BYTES_MAX)
            } else {
                LineEnd::TooLong
            };
            assert_eq!(all(&text), [(1, first), (2, LineEnd::At(5))]);
        }
    }
}
