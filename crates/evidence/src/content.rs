//! The files of a package that [`crate::verify`] reads again: custody and audit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stanch_types::evidence::{CustodyEvent, EvidenceItem};

/// Items and their chains.
pub(crate) const CUSTODY: &str = "custody.json";
/// Audit entries with their proofs.
pub(crate) const ENTRIES: &str = "audit/entries.json";
/// The signed checkpoint that the proofs lead to.
pub(crate) const CHECKPOINT: &str = "audit/checkpoint.txt";
/// For people.
pub(crate) const SUMMARY: &str = "summary.pdf";

/// `custody.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustodyFile {
    pub items: Vec<ItemFile>,
    /// Names of the people in records and chains, by id.
    pub people: BTreeMap<String, String>,
}

/// An item, where its bytes are, and its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemFile {
    pub path: String,
    pub item: EvidenceItem,
    pub chain: Vec<LinkFile>,
}

/// A link and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkFile {
    pub event: CustodyEvent,
    pub sha256: String,
}

/// `audit/entries.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditFile {
    /// Number of entries of the tree.
    pub size: u64,
    pub entries: Vec<EntryFile>,
}

/// An entry and the proof that it is in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryFile {
    pub seq: u64,
    /// The canonical text that the leaf hash covers.
    pub entry: String,
    /// Hashes from the leaf to the root, hexadecimal.
    pub path: Vec<String>,
}
