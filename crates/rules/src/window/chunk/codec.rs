//! A chunk as bytes: CRC-32C of the rest (4), events (2), whether it is wide (1), maps (16 each), tags (8 for each 8 events), lanes
//! (8 for each event), texts (length, bytes).
//!
//! Little-endian. Only the process that wrote them reads them, so there is no version.

use std::sync::Arc;

use crate::window::error::WindowError;
use crate::window::layout::Layout;

use super::{Chunk, ROWS_MAX, tags};

/// Length of a text that is not there.
const NO_TEXT: u32 = u32::MAX;

impl Chunk {
    /// Writes a hot chunk in place of what `bytes` held.
    pub(in crate::window) fn encode(&self, layout: &Layout, bytes: &mut Vec<u8>) {
        bytes.clear();
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&self.rows.to_le_bytes());
        bytes.push(u8::from(self.wide));
        for map in 0..layout.maps {
            bytes.extend_from_slice(&self.map(map).to_le_bytes());
        }
        for distinct in 0..layout.distincts {
            let tags = self.tags(layout, distinct).iter();
            for word in tags.take(tags::words(self.rows())) {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        for lane in 0..layout.lanes {
            for word in self.lane(layout, lane) {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        for text in self.texts.iter().flatten().flatten() {
            let text = text.as_deref();
            let length = text.map_or(NO_TEXT, |text| text.len() as u32);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
        }
        let sum = bytes.get(4..).map_or(0, crc32c::crc32c);
        if let Some(place) = bytes.get_mut(..4) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
    }

    /// Reads what [`Chunk::encode`] wrote.
    pub(in crate::window) fn decode(
        layout: &Layout,
        bytes: &[u8],
        mut intern: impl FnMut(i64, &str) -> Arc<str>,
    ) -> Result<Self, WindowError> {
        let mut read = Bytes { rest: bytes };
        let sum = u32::from_le_bytes(read.array()?);
        if crc32c::crc32c(read.rest) != sum {
            return Err(damaged("its checksum does not match"));
        }
        let rows = u16::from_le_bytes(read.array()?);
        if usize::from(rows) > ROWS_MAX {
            return Err(damaged("it has too many events"));
        }
        let mut chunk = Self::default();
        chunk.reserve(layout, usize::from(rows));
        chunk.rows = rows;
        chunk.wide = read.array::<1>()? != [0];
        for map in 0..layout.maps {
            chunk.set_map(map, u128::from_le_bytes(read.array()?));
        }
        for distinct in 0..layout.distincts {
            let tags = chunk.tags_mut(layout, distinct).iter_mut();
            for word in tags.take(tags::words(usize::from(rows))) {
                *word = i64::from_le_bytes(read.array()?);
            }
        }
        for lane in 0..layout.lanes {
            for word in chunk.lane_mut(layout, lane) {
                *word = i64::from_le_bytes(read.array()?);
            }
        }
        for column in &layout.columns {
            let (Some(text), Some(lane)) = (column.text, column.lane) else {
                continue;
            };
            for row in 0..usize::from(rows) {
                let word = chunk.lane(layout, lane).get(row).copied().unwrap_or(0);
                let length = u32::from_le_bytes(read.array()?);
                let value = match length {
                    NO_TEXT => None,
                    _ => Some(intern(word, read.text(length as usize)?)),
                };
                if let Some(lane) = chunk.texts.as_mut().and_then(|texts| texts.get_mut(text)) {
                    lane.push(value);
                }
            }
        }
        match read.rest {
            [] => Ok(chunk),
            [_, ..] => Err(damaged("it is too long")),
        }
    }
}

struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], WindowError> {
        let (head, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| damaged("it is too short"))?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WindowError> {
        let head = self.take(N)?;
        head.try_into().map_err(|_| damaged("it is too short"))
    }

    fn text(&mut self, length: usize) -> Result<&'a str, WindowError> {
        std::str::from_utf8(self.take(length)?).map_err(|_| damaged("a text is not UTF-8"))
    }
}

fn damaged(what: &str) -> WindowError {
    WindowError::Damaged {
        what: format!("cold chunk: {what}"),
    }
}
