//! The payload of a block of the decision log (`docs/formats/decision-log.md`).

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use stanch_rules::ir::Decision;
use stanch_types::Timestamp;
use zstd::bulk::Compressor;

use crate::deployment::Control;

/// Most events in one block.
pub const BLOCK_EVENTS_MAX: usize = 8_192;
/// Most bytes of events in one block before compression.
pub const BLOCK_BYTES_MAX: usize = 8 << 20;
/// Most bytes of one event.
pub const EVENT_BYTES_MAX: usize = 64 << 10;

/// First byte of every payload: the version of the format.
const VERSION: u8 = 1;
/// Payloads of events below this size are not compressed: nothing is gained.
const COMPRESS_FROM: usize = 2 << 10;
/// Level of zstd: 1 compresses JSON five-fold at several hundred MB/s.
const COMPRESS_LEVEL: i32 = 1;
/// Second byte: events as they are.
const KIND_EVENTS: u8 = 1;
/// Second byte: events, compressed with zstd.
const KIND_EVENTS_ZSTD: u8 = 2;
/// Second byte: a change of what decides, JSON.
const KIND_CONTROL: u8 = 3;
/// Second byte: events that were answered with their fallback, JSON.
const KIND_LATE: u8 = 4;

/// What one block holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Events, in order of arrival.
    Events(EventBlock),
    /// Which policies decide from here on.
    Control(Box<Control>),
    /// Events whose callers were answered with the fallback of their kind.
    Late(Vec<LateNote>),
}

/// Events that arrived together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBlock {
    /// When the block was sealed; every event of it counts as received and decided then.
    pub sealed_at: Timestamp,
    /// Each event as it came: JSON, checked against the live policy before it got here.
    pub lines: Vec<Bytes>,
}

/// An event whose caller could not wait for the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateNote {
    /// The event.
    pub event_id: String,
    /// What the caller was told.
    pub answered: Decision,
}

/// What compresses blocks; made once, as making one costs as much as a small block.
///
/// # Errors
/// When there is no memory for it.
pub fn packer() -> std::io::Result<Compressor<'static>> {
    Compressor::new(COMPRESS_LEVEL)
}

/// The payload of a block of events.
#[must_use]
pub fn encode_events<'a>(
    packer: &mut Compressor<'_>,
    sealed_at: Timestamp,
    lines: impl ExactSizeIterator<Item = &'a [u8]>,
) -> Vec<u8> {
    let mut plain = Vec::with_capacity(4 << 10);
    plain.extend_from_slice(&sealed_at.as_micros().to_le_bytes());
    number(&mut plain, lines.len());
    for line in lines {
        number(&mut plain, line.len());
        plain.extend_from_slice(line);
    }
    if plain.len() >= COMPRESS_FROM
        && let Ok(small) = packer.compress(&plain)
    {
        let mut payload = Vec::with_capacity(small.len() + 2);
        payload.extend_from_slice(&[VERSION, KIND_EVENTS_ZSTD]);
        payload.extend_from_slice(&small);
        return payload;
    }
    let mut payload = Vec::with_capacity(plain.len() + 2);
    payload.extend_from_slice(&[VERSION, KIND_EVENTS]);
    payload.extend_from_slice(&plain);
    payload
}

/// The payload of a change of what decides.
///
/// # Errors
/// When it cannot be written as JSON, which no valid value is.
pub fn encode_control(control: &Control) -> Result<Vec<u8>, String> {
    encode_json(KIND_CONTROL, control)
}

/// The payload that names events answered late.
///
/// # Errors
/// As [`encode_control`].
pub fn encode_late(notes: &[LateNote]) -> Result<Vec<u8>, String> {
    encode_json(KIND_LATE, &notes)
}

fn encode_json<T: Serialize>(kind: u8, value: &T) -> Result<Vec<u8>, String> {
    let mut payload = vec![VERSION, kind];
    serde_json::to_writer(&mut payload, value).map_err(|error| error.to_string())?;
    Ok(payload)
}

/// Reads a payload.
///
/// # Errors
/// What is wrong with it.
pub fn decode(payload: &Bytes) -> Result<Entry, String> {
    let (version, kind) = match payload.get(..2) {
        Some([version, kind]) => (*version, *kind),
        _ => return Err("it is cut short".to_owned()),
    };
    if version != VERSION {
        return Err(format!("its version is {version}"));
    }
    let body = payload.slice(2..);
    match kind {
        KIND_EVENTS => decode_events(&body).map(Entry::Events),
        KIND_EVENTS_ZSTD => {
            let bytes_max = BLOCK_BYTES_MAX + EVENT_BYTES_MAX + (BLOCK_EVENTS_MAX + 2) * 8;
            let plain = zstd::bulk::decompress(&body, bytes_max)
                .map_err(|error| format!("it does not decompress: {error}"))?;
            decode_events(&Bytes::from(plain)).map(Entry::Events)
        }
        KIND_CONTROL => serde_json::from_slice(&body)
            .map(Entry::Control)
            .map_err(|error| error.to_string()),
        KIND_LATE => serde_json::from_slice(&body)
            .map(Entry::Late)
            .map_err(|error| error.to_string()),
        other => Err(format!("its kind is {other}")),
    }
}

/// Number of events in a payload.
///
/// # Errors
/// As [`decode`].
pub fn events_in(payload: &Bytes) -> Result<u64, String> {
    match payload.get(1) {
        Some(&(KIND_CONTROL | KIND_LATE)) => Ok(0),
        Some(_) | None => Ok(match decode(payload)? {
            Entry::Events(events) => u64::try_from(events.lines.len()).unwrap_or(u64::MAX),
            Entry::Control(_) | Entry::Late(_) => 0,
        }),
    }
}

/// Whether a payload is a change of what decides; needs no decompression.
#[must_use]
pub fn is_control(payload: &[u8]) -> bool {
    payload.get(1) == Some(&KIND_CONTROL)
}

fn decode_events(body: &Bytes) -> Result<EventBlock, String> {
    let cut = || "it is cut short".to_owned();
    let (sealed_at, mut rest) = body.split_first_chunk::<8>().ok_or_else(cut)?;
    let sealed_at = Timestamp::from_micros(i64::from_le_bytes(*sealed_at));
    let count = read_number(&mut rest).ok_or_else(cut)?;
    if count > BLOCK_EVENTS_MAX {
        return Err(format!("it has {count} events"));
    }
    let mut lines = Vec::with_capacity(count);
    for _ in 0..count {
        let len = read_number(&mut rest).ok_or_else(cut)?;
        let (line, after) = rest.split_at_checked(len).ok_or_else(cut)?;
        lines.push(body.slice_ref(line));
        rest = after;
    }
    if rest.is_empty() {
        Ok(EventBlock { sealed_at, lines })
    } else {
        Err("it has bytes after its end".to_owned())
    }
}

/// Unsigned LEB128.
fn number(out: &mut Vec<u8>, number: usize) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

fn read_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::Deployment;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_round_trip(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..30)) {
            let sealed_at = Timestamp::from_micros(1_790_000_000_000_001);
            let payload = Bytes::from(encode_events(&mut packer().unwrap(), sealed_at, lines.iter().map(Vec::as_slice)));
            let Ok(Entry::Events(read)) = decode(&payload) else { panic!("no events") };
            prop_assert_eq!(read.sealed_at, sealed_at);
            prop_assert_eq!(read.lines, lines);
            for end in (0..payload.len()).step_by(97) {
                prop_assert!(decode(&payload.slice(..end)).is_err());
            }
        }

        #[test]
        fn garbage_is_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut payload = vec![VERSION, KIND_EVENTS];
            payload.extend(bytes);
            drop(decode(&Bytes::from(payload)));
        }
    }

    #[test]
    fn control_and_late_round_trip() {
        let control = Control {
            at: Timestamp::from_secs(1),
            step: "live".to_owned(),
            change_id: None,
            deployment: Deployment::default(),
        };
        let payload = Bytes::from(encode_control(&control).unwrap());
        assert_eq!(decode(&payload), Ok(Entry::Control(Box::new(control))));
        let notes = vec![LateNote {
            event_id: "e1".to_owned(),
            answered: Decision::Review,
        }];
        let payload = Bytes::from(encode_late(&notes).unwrap());
        assert_eq!(decode(&payload), Ok(Entry::Late(notes)));
    }
}
