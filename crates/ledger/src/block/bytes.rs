//! Bytes in and out: LEB128 numbers, zigzag deltas, short texts. Reading never panics and never allocates more than
//! its bounds allow.

use super::Malformed;

const CUT_SHORT: Malformed = "cut short";

#[derive(Debug)]
pub(super) struct Output(Vec<u8>);

impl Output {
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Unsigned LEB128.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    pub fn len(&mut self, len: usize) {
        self.number(u64::try_from(len).unwrap_or(u64::MAX));
    }

    /// Zigzag, then LEB128.
    pub fn signed(&mut self, number: i64) {
        self.number((number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned());
    }

    /// Each number as its wrapping difference to the one before.
    pub fn deltas(&mut self, numbers: impl Iterator<Item = i64>) {
        let mut before = 0_i64;
        for number in numbers {
            self.signed(number.wrapping_sub(before));
            before = number;
        }
    }

    /// At most 255 bytes; longer texts are cut, which no valid value needs.
    pub fn short_text(&mut self, text: &str) {
        let len = u8::try_from(text.len()).unwrap_or(u8::MAX);
        debug_assert!(
            usize::from(len) == text.len(),
            "a short text of {} bytes",
            text.len()
        );
        self.0.push(len);
        self.0.extend(text.bytes().take(usize::from(len)));
    }
}

#[derive(Debug)]
pub(super) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn finish(&self) -> Result<(), Malformed> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err("bytes after the end")
        }
    }

    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(CUT_SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let (byte, rest) = self.0.split_first().ok_or(CUT_SHORT)?;
        self.0 = rest;
        Ok(*byte)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (array, rest) = self.0.split_first_chunk().ok_or(CUT_SHORT)?;
        self.0 = rest;
        Ok(*array)
    }

    pub fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && byte > 1 {
                return Err("number too large");
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("number too large")
    }

    pub fn number_u32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.number()?).map_err(|_| "number too large")
    }

    /// A count of things that follow, at most `max`.
    pub fn len(&mut self, max: usize) -> Result<usize, Malformed> {
        let len = usize::try_from(self.number()?).map_err(|_| "too many")?;
        if len <= max { Ok(len) } else { Err("too many") }
    }

    pub fn signed(&mut self) -> Result<i64, Malformed> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub fn deltas(&mut self, len: usize) -> Result<Vec<i64>, Malformed> {
        let mut numbers = Vec::with_capacity(len);
        let mut before = 0_i64;
        for _ in 0..len {
            before = before.wrapping_add(self.signed()?);
            numbers.push(before);
        }
        Ok(numbers)
    }

    pub fn numbers_u32(&mut self, len: usize) -> Result<Vec<u32>, Malformed> {
        let bytes = self.take(len.checked_mul(4).ok_or(CUT_SHORT)?)?;
        let (chunks, _) = bytes.as_chunks();
        Ok(chunks
            .iter()
            .map(|chunk| u32::from_le_bytes(*chunk))
            .collect())
    }

    pub fn short_text(&mut self) -> Result<&'a str, Malformed> {
        let len = usize::from(self.byte()?);
        std::str::from_utf8(self.take(len)?).map_err(|_| "not UTF-8")
    }
}
