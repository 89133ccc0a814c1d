//! The Merkle tree of RFC 6962 as pure functions: hashes, the growing right edge, which subtrees make up a proof,
//! and the verification of proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2).

use std::fmt;
use std::ops::Range;

use aws_lc_rs::digest::{Context, SHA256};

/// A SHA-256 hash; printed as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// From its 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From a slice, if it has 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        Self::from_slice(&bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Hash(bytes)
}

/// Hash of a leaf: SHA-256 of 0x00 and the entry's canonical bytes.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0x00], entry])
}

/// Hash of an inner node: SHA-256 of 0x01 and both children.
#[must_use]
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    sha256(&[&[0x01], &left.0, &right.0])
}

/// Root of the tree without entries: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Commitment to a personal value: SHA-256 of a 32-byte salt and the value's UTF-8 bytes.
#[must_use]
pub fn commitment(salt: &[u8], value: &str) -> Hash {
    sha256(&[salt, value.as_bytes()])
}

/// The roots of the complete subtrees that a tree of some size consists of, largest first: all that is needed to
/// append and to give the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// From its stored form; none unless the bytes fit the size.
    #[must_use]
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let peaks: Vec<Hash> = bytes
            .chunks(32)
            .map(Hash::from_slice)
            .collect::<Option<_>>()?;
        let wanted = usize::try_from(size.count_ones()).ok()?;
        (peaks.len() == wanted).then_some(Self { size, peaks })
    }

    /// The stored form: the hashes one after the other.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|peak| peak.0).collect()
    }

    /// Number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.peaks).unwrap_or_else(empty_root)
    }

    /// Appends a leaf; tells `made` of each subtree that became complete, as (level, index, hash), level 1 first.
    pub fn push(&mut self, leaf: Hash, mut made: impl FnMut(u32, u64, Hash)) {
        let (mut hash, mut level, mut ix) = (leaf, 0, self.size);
        while ix & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = node_hash(left, hash);
            (level, ix) = (level + 1, ix >> 1);
            made(level, ix, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }
}

/// The hash of neighbouring complete subtrees, largest first; none of none.
#[must_use]
pub fn fold(peaks: &[Hash]) -> Option<Hash> {
    peaks
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| node_hash(left, right))
}

/// A complete subtree: entries `ix * 2^level .. (ix + 1) * 2^level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    /// 0 for a leaf.
    pub level: u32,
    /// Its position among those of its level.
    pub ix: u64,
}

/// The complete subtrees that make up the entries of `range`, largest first. `range` starts where RFC 6962 cuts.
#[must_use]
pub fn complete_subtrees(range: &Range<u64>) -> Vec<Subtree> {
    let (mut start, mut subtrees) = (range.start, Vec::new());
    while start < range.end {
        let level = (range.end - start).ilog2();
        subtrees.push(Subtree {
            level,
            ix: start >> level,
        });
        start += 1 << level;
    }
    subtrees
}

/// The largest power of two below `n`; `n` is 2 or more.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The ranges whose hashes prove that entry `seq` is in the tree of `size` entries, lowest first
/// (RFC 6962 section 2.1.1). Empty unless `seq < size`.
#[must_use]
pub fn inclusion_ranges(seq: u64, size: u64) -> Vec<Range<u64>> {
    let (mut range, mut ranges) = (0..size, Vec::new());
    if seq >= size {
        return ranges;
    }
    while range.end - range.start > 1 {
        let middle = range.start + split(range.end - range.start);
        if seq < middle {
            ranges.push(middle..range.end);
            range.end = middle;
        } else {
            ranges.push(range.start..middle);
            range.start = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The ranges whose hashes prove that the tree of `from` entries is the beginning of that of `to`
/// (RFC 6962 section 2.1.2). Empty for `from` 0, `from == to` and `from > to`.
#[must_use]
pub fn consistency_ranges(from: u64, to: u64) -> Vec<Range<u64>> {
    let (mut range, mut ranges) = (0..to, Vec::new());
    if from == 0 || from >= to {
        return ranges;
    }
    while from != range.end {
        let middle = range.start + split(range.end - range.start);
        if from <= middle {
            ranges.push(middle..range.end);
            range.end = middle;
        } else {
            ranges.push(range.start..middle);
            range.start = middle;
        }
    }
    // The old tree itself is known to the verifier unless its last part lies inside.
    if range.start != 0 {
        ranges.push(range);
    }
    ranges.reverse();
    ranges
}

/// Whether `path` proves that the leaf `leaf` is number `seq` of the tree with `size` entries and root `root`
/// (RFC 9162 section 2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: Hash, seq: u64, size: u64, path: &[Hash], root: Hash) -> bool {
    if seq >= size {
        return false;
    }
    let (mut f, mut s, mut r) = (seq, size - 1, leaf);
    for p in path {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            r = node_hash(*p, r);
            while f & 1 == 0 && f != 0 {
                (f, s) = (f >> 1, s >> 1);
            }
        } else {
            r = node_hash(r, *p);
        }
        (f, s) = (f >> 1, s >> 1);
    }
    s == 0 && r == root
}

/// Whether `path` proves that the tree of `from` entries with root `from_root` is the beginning of that of `to`
/// entries with root `to_root` (RFC 9162 section 2.1.4.2).
#[must_use]
pub fn verify_consistency(
    from: u64,
    to: u64,
    from_root: Hash,
    to_root: Hash,
    path: &[Hash],
) -> bool {
    if from > to {
        return false;
    }
    if from == to {
        return path.is_empty() && from_root == to_root;
    }
    if from == 0 {
        return path.is_empty() && from_root == empty_root();
    }
    let mut path = path.iter().copied();
    let first = if from.is_power_of_two() {
        Some(from_root)
    } else {
        path.next()
    };
    let Some(first) = first else { return false };
    let (mut f, mut s) = (from - 1, to - 1);
    while f & 1 == 1 {
        (f, s) = (f >> 1, s >> 1);
    }
    let (mut fr, mut sr) = (first, first);
    for c in path {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            (fr, sr) = (node_hash(c, fr), node_hash(c, sr));
            while f & 1 == 0 && f != 0 {
                (f, s) = (f >> 1, s >> 1);
            }
        } else {
            sr = node_hash(sr, c);
        }
        (f, s) = (f >> 1, s >> 1);
    }
    s == 0 && fr == from_root && sr == to_root
}

#[cfg(test)]
mod tests;
