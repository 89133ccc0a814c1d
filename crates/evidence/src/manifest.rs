//! The manifest: the list of a package's files with category, format and integrity values, and its signature.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stanch_store::audit::EVIDENCE_NOTE;
use stanch_store::audit::canonical;
use stanch_types::{CaseId, OrgId, Timestamp, UserId};

use crate::digest;

/// The `format` of manifests.
pub(crate) const FORMAT: &str = EVIDENCE_NOTE;
/// The first file of a package.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The second: the note that signs the first.
pub(crate) const SIGNATURE: &str = "manifest.sig";
/// Longest manifest, in bytes.
pub(crate) const MANIFEST_LEN_MAX: u32 = 16 << 20;
/// Longest signature, in bytes.
pub(crate) const SIGNATURE_LEN_MAX: u32 = 16 << 10;

/// What a file of a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileKind {
    /// An item of evidence, byte for byte.
    Item,
    /// The items' records and chains.
    Custody,
    /// A part of the case's record.
    Record,
    /// A signed document of an order, byte for byte.
    Document,
    /// Proof by the audit tree.
    Audit,
    /// For people.
    Summary,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManifestFile {
    pub path: String,
    pub category: FileKind,
    pub format: String,
    pub size: u64,
    pub sha256: String,
    pub sm3: String,
}

/// Who had a package made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exporter {
    pub id: UserId,
    pub login: String,
    pub name: String,
}

/// What a package is of, and every file in it but itself and its signature, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub format: String,
    pub org: OrgId,
    pub case_id: CaseId,
    pub case_number: String,
    /// Names this export in custody chains.
    pub export: String,
    pub exported_at: Timestamp,
    pub exported_by: Exporter,
    pub tool: String,
    /// The key that signed it and the checkpoint, `name+keyid+key`.
    pub verifier_key: String,
    pub files: Vec<ManifestFile>,
}

impl Manifest {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, &'static str> {
        canonical_bytes(self)
    }
}

impl ManifestFile {
    /// The line of a file with these bytes.
    pub fn of(path: String, category: FileKind, format: &str, bytes: &[u8]) -> Self {
        let digest = digest::of(bytes);
        Self {
            path,
            category,
            format: format.to_owned(),
            size: digest.size,
            sha256: digest.sha256,
            sm3: digest.sm3,
        }
    }
}

/// The lines of a manifest's signature, after the first.
pub(crate) fn signed_lines(manifest: &[u8]) -> String {
    let digest = digest::of(manifest);
    format!(
        "size {}\nsha256 {}\nsm3 {}\n",
        digest.size, digest.sha256, digest.sm3
    )
}

/// The whole text that is signed.
pub(crate) fn signed_text(manifest: &[u8]) -> String {
    format!("{FORMAT}\n{}", signed_lines(manifest))
}

/// A value's canonical JSON.
pub(crate) fn canonical_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, &'static str> {
    let value: Value = serde_json::to_value(value).map_err(|_| "it cannot be written as JSON")?;
    Ok(canonical::to_string(&value)?.into_bytes())
}
