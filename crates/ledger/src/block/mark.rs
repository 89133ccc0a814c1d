//! How far an import has read, carried by its blocks so that it can go on after a crash.

use stanch_types::{Id, ImportId};

use super::Malformed;
use super::bytes::{Input, Output};
use crate::reject::RejectCode;

/// Tells sources apart: SHA-256 of the first MiB of text and the file's length.
pub(crate) type SourceDigest = [u8; 32];

/// State of an import when a block was written: everything up to `line` is stored or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportMark {
    pub import_id: ImportId,
    pub digest: SourceDigest,
    /// Lines taken so far.
    pub line: u64,
    /// Bytes of text (unpacked) in those lines.
    pub offset: u64,
    /// CRC-32C of those bytes: the source is the same up to here.
    pub crc: u32,
    pub counts: Counts,
    /// Whether the source ended here.
    pub complete: bool,
}

/// What an import has done so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub read: u64,
    pub stored: u64,
    pub unchanged: u64,
    /// Refused rows by place of the code in [`RejectCode::ALL`].
    pub refused: [u64; RejectCode::ALL.len()],
}

impl Counts {
    pub fn refuse(&mut self, code: RejectCode) {
        let place = RejectCode::ALL.iter().position(|known| *known == code);
        if let Some(count) = place.and_then(|place| self.refused.get_mut(place)) {
            *count += 1;
        }
    }

    pub fn refused_by_code(&self) -> impl Iterator<Item = (RejectCode, u64)> {
        let pairs = RejectCode::ALL.iter().copied().zip(self.refused);
        pairs.filter(|(_, count)| *count > 0)
    }

    pub fn refused_total(&self) -> u64 {
        self.refused.iter().sum()
    }
}

impl ImportMark {
    pub(super) fn encode(&self, out: &mut Output) {
        out.bytes(self.import_id.as_bytes());
        out.bytes(&self.digest);
        out.number(self.line);
        out.number(self.offset);
        out.bytes(&self.crc.to_le_bytes());
        out.byte(u8::from(self.complete));
        let Counts {
            read,
            stored,
            unchanged,
            refused: _,
        } = self.counts;
        for count in [read, stored, unchanged] {
            out.number(count);
        }
        // By word, so that a code may be added or go without a new version.
        out.len(self.counts.refused_by_code().count());
        for (code, count) in self.counts.refused_by_code() {
            out.short_text(code.as_str());
            out.number(count);
        }
    }

    pub(super) fn decode(input: &mut Input<'_>) -> Result<Self, Malformed> {
        let import_id = Id::from_bytes(input.array()?);
        let digest = input.array()?;
        let (line, offset) = (input.number()?, input.number()?);
        let crc = u32::from_le_bytes(input.array()?);
        let complete = match input.byte()? {
            0 => false,
            1 => true,
            _ => return Err("unknown flag"),
        };
        let mut counts = Counts {
            read: input.number()?,
            stored: input.number()?,
            unchanged: input.number()?,
            ..Counts::default()
        };
        for _ in 0..input.len(usize::from(u8::MAX))? {
            let code: Result<RejectCode, _> = input.short_text()?.parse();
            let count = input.number()?;
            let place = code
                .ok()
                .and_then(|code| RejectCode::ALL.iter().position(|known| *known == code));
            if let Some(place) = place.and_then(|place| counts.refused.get_mut(place)) {
                *place = count;
            }
        }
        Ok(Self {
            import_id,
            digest,
            line,
            offset,
            crc,
            counts,
            complete,
        })
    }
}
