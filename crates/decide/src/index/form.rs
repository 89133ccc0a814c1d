//! The index in bytes: keys that sort as what they stand for, and records of many rows in one value.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use stanch_types::Timestamp;

use super::recent::KeyEntry;
use super::{Digest16, Known, damaged};
use crate::error::DecideError;
use crate::place::Place;

/// Most bytes a chunk unpacks to.
const CHUNK_BYTES_MAX: usize = 64 << 20;

/// The digest under which a field's value is found.
#[must_use]
pub fn key_digest(field: &str, value: &str) -> Digest16 {
    digest16(&[field.as_bytes(), &[0], value.as_bytes()])
}

/// The first 16 bytes of the SHA-256 of the parts.
#[must_use]
pub fn digest16(parts: &[&[u8]]) -> Digest16 {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let whole = context.finish();
    whole.as_ref().first_chunk().copied().unwrap_or_default()
}

pub(super) fn rule_digest(rule: &str) -> [u8; 8] {
    let whole = digest16(&[rule.as_bytes()]);
    whole.first_chunk().copied().unwrap_or_default()
}

/// Eight bytes that sort as instants do.
pub(super) fn ordered(at: Timestamp) -> [u8; 8] {
    (at.as_micros().cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

pub(super) fn unordered(bytes: [u8; 8]) -> Timestamp {
    Timestamp::from_micros((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
}

pub(super) fn key_entry(key: &Digest16, at: Timestamp, place: &[u8; Place::LEN]) -> KeyEntry {
    let mut entry = [0; size_of::<KeyEntry>()];
    let (head, tail) = entry.split_at_mut(key.len());
    let (time, row) = tail.split_at_mut(8);
    head.copy_from_slice(key);
    time.copy_from_slice(&ordered(at));
    row.copy_from_slice(place);
    entry
}

pub(super) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(super) fn known_bytes(known: &Known) -> [u8; Place::LEN + size_of::<Digest16>()] {
    let mut bytes = [0; Place::LEN + size_of::<Digest16>()];
    let (place, content) = bytes.split_at_mut(Place::LEN);
    place.copy_from_slice(&known.place.to_bytes());
    content.copy_from_slice(&known.content);
    bytes
}

pub(super) fn unpack(packed: &[u8]) -> Result<Vec<Bytes>, DecideError> {
    let plain = zstd::bulk::decompress(packed, CHUNK_BYTES_MAX).map_err(|_| damaged())?;
    let plain = Bytes::from(plain);
    let mut rest: &[u8] = &plain;
    let mut rows = Vec::new();
    while let Some((len, after)) = rest.split_first_chunk::<4>() {
        let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| damaged())?;
        let (row, after) = after.split_at_checked(len).ok_or_else(damaged)?;
        rows.push(plain.slice_ref(row));
        rest = after;
    }
    Ok(rows)
}
