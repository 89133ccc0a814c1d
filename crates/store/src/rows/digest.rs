//! The digest of a row: HMAC-SHA-256 under a key that follows from the audit key, so that what a person's row holds
//! cannot be guessed from the tree alone.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;

use crate::audit::tree::{Hash, empty_root};
use crate::db::Cell;

/// The form of the digest.
const FORM: &[u8] = b"stanch/row/1";
/// Not part of the digest: the key of every table starts with it, and the tree is one organisation's.
const ORG: &str = "org_id";

/// The digest of a row of `table`. A column that is NULL counts as absent, so that a column added later, NULL in the
/// rows that are there, leaves their digests as they are.
pub(crate) fn row_digest(key: &hmac::Key, table: &str, cells: &BTreeMap<String, Cell>) -> Hash {
    let mut mac = hmac::Context::with_key(key);
    mac.update(FORM);
    field(&mut mac, table.as_bytes());
    for (name, cell) in cells {
        if name == ORG {
            continue;
        }
        field(&mut mac, name.as_bytes());
        match cell {
            Cell::Text(bytes) => tagged(&mut mac, b't', bytes),
            Cell::Int(number) => tagged(&mut mac, b'i', &number.to_be_bytes()),
            Cell::Real(number) => tagged(&mut mac, b'r', &number.to_bits().to_be_bytes()),
            Cell::Bytes(bytes) => tagged(&mut mac, b'b', bytes),
        }
    }
    // A tag of HMAC-SHA-256 is 32 bytes.
    Hash::from_slice(mac.sign().as_ref()).unwrap_or_else(empty_root)
}

fn tagged(mac: &mut hmac::Context, tag: u8, bytes: &[u8]) {
    mac.update(&[tag]);
    field(mac, bytes);
}

fn field(mac: &mut hmac::Context, bytes: &[u8]) {
    mac.update(&(bytes.len() as u64).to_be_bytes());
    mac.update(bytes);
}
