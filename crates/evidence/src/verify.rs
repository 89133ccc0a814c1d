//! Whether a package is whole: every byte of the file, then what it says.
//!
//! The manifest stands first and is signed. From it follow the name and size of every further file, so that all bytes
//! outside of files are compared with what they must be, and each file with its two digests. Then the chains of custody
//! and the proofs of the audit tree are recomputed.

mod proof;

use serde::Serialize;
use stanch_store::audit::note::Verifier;
use stanch_types::{CaseId, Timestamp};

use crate::digest;
use crate::manifest::{
    FORMAT, FileKind, MANIFEST, MANIFEST_LEN_MAX, Manifest, ManifestFile, SIGNATURE,
    SIGNATURE_LEN_MAX, canonical_bytes, signed_text,
};
use crate::zip::{self, CRC_AT, Entry, LOCAL_LEN};

/// A whole package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Whole {
    /// The case.
    pub case_id: CaseId,
    /// Its number.
    pub case_number: String,
    /// When it was exported.
    pub exported_at: Timestamp,
    /// Name of who exported it.
    pub exported_by: String,
    /// Number of files, the manifest and its signature included.
    pub files: usize,
    /// Number of items of evidence.
    pub items: usize,
    /// Number of custody events.
    pub custody_events: usize,
    /// Number of audit entries proved.
    pub audit_entries: usize,
    /// Number of entries of the audit tree they are in.
    pub tree_size: u64,
    /// The key that signed it. Whoever has this key can sign: compare it with a copy kept elsewhere.
    pub verifier_key: String,
    /// Whether it was compared with a key given by the caller.
    pub key_was_given: bool,
    /// SHA-256 of the package, hexadecimal.
    pub sha256: String,
}

/// The first place where a package is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The file in the package; none for the zip around the files.
    pub file: Option<String>,
    /// Where in the package's bytes: exact in the zip around the files, the beginning of the file where a file differs.
    pub offset: Option<u64>,
    /// Which entry or field of the file.
    pub field: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl Difference {
    fn at(offset: usize, file: Option<&str>, what: impl Into<String>) -> Self {
        Self {
            file: file.map(str::to_owned),
            offset: u64::try_from(offset).ok(),
            field: None,
            what: what.into(),
        }
    }

    fn of(file: &str, field: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            file: Some(file.to_owned()),
            offset: None,
            field: Some(field.into()),
            what: what.into(),
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.file, self.offset) {
            (Some(file), Some(at)) => write!(f, "{file} (byte {at} of the package)")?,
            (Some(file), None) => f.write_str(file)?,
            (None, Some(at)) => write!(f, "byte {at} of the package")?,
            (None, None) => f.write_str("the package")?,
        }
        if let Some(field) = &self.field {
            write!(f, ", {field}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Checks a package, offline. With `key` it must be signed by that key, else by the one it names.
///
/// # Errors
/// The first [`Difference`].
pub fn verify(bytes: &[u8], key: Option<&Verifier>) -> Result<Whole, Difference> {
    let mut walk = Walk {
        bytes,
        at: 0,
        entries: Vec::new(),
    };
    let manifest_bytes = walk.unlisted(MANIFEST, MANIFEST_LEN_MAX)?;
    let (manifest, verifier) = read_manifest(manifest_bytes, key)?;
    let signature = walk.unlisted(SIGNATURE, SIGNATURE_LEN_MAX)?;
    check_signature(signature, manifest_bytes, &verifier)?;
    walk.check_crcs()?;
    let mut files = Vec::with_capacity(manifest.files.len());
    for listed in &manifest.files {
        files.push((listed, walk.listed(listed)?));
    }
    walk.end()?;
    let content = Content {
        manifest: &manifest,
        verifier: &verifier,
        files,
    };
    let (items, custody_events, audit_entries, tree_size) = proof::check(&content)?;
    Ok(Whole {
        case_id: manifest.case_id,
        case_number: manifest.case_number.clone(),
        exported_at: manifest.exported_at,
        exported_by: manifest.exported_by.name.clone(),
        files: walk.entries.len(),
        items,
        custody_events,
        audit_entries,
        tree_size,
        verifier_key: verifier.to_string(),
        key_was_given: key.is_some(),
        sha256: digest::sha256_hex(bytes),
    })
}

/// The files of a package whose bytes are those of its signed manifest.
struct Content<'a> {
    manifest: &'a Manifest,
    verifier: &'a Verifier,
    files: Vec<(&'a ManifestFile, &'a [u8])>,
}

impl<'a> Content<'a> {
    fn file(&self, path: &str, kind: FileKind) -> Result<&'a [u8], Difference> {
        let found = self.files.iter().find(|(listed, _)| listed.path == path);
        match found {
            Some((listed, bytes)) if listed.category == kind => Ok(bytes),
            Some(_) => Err(Difference::of(path, "category", "is not what it must be")),
            None => Err(Difference::of(
                MANIFEST,
                "files",
                format!("{path} is missing"),
            )),
        }
    }
}

/// Reads the zip from front to back.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    entries: Vec<Entry>,
}

impl<'a> Walk<'a> {
    /// A file that the manifest does not list: its size is told by its header only. Its checksum is compared later, when
    /// its content is known to be right.
    fn unlisted(&mut self, name: &str, size_max: u32) -> Result<&'a [u8], Difference> {
        let size = self
            .bytes
            .get(self.at + LOCAL_LEN - 8..self.at + LOCAL_LEN - 4)
            .and_then(|field| field.try_into().ok())
            .map(u32::from_le_bytes)
            .ok_or_else(|| self.cut_short(name))?;
        let begins = self.at;
        self.header(name, size)?;
        if size > size_max {
            let what = format!("it would have {size} bytes");
            return Err(Difference::at(begins + LOCAL_LEN - 8, Some(name), what));
        }
        self.take(name, size)
    }

    /// A file as the manifest lists it.
    fn listed(&mut self, listed: &ManifestFile) -> Result<&'a [u8], Difference> {
        let name = listed.path.as_str();
        if !zip::is_name(name) || [MANIFEST, SIGNATURE].contains(&name) {
            return Err(Difference::of(MANIFEST, "files", "a path that may not be"));
        }
        if self.entries.iter().any(|entry| entry.name == name) {
            return Err(Difference::of(
                MANIFEST,
                "files",
                format!("{name} stands twice"),
            ));
        }
        if self.entries.len() >= zip::ENTRIES_MAX {
            return Err(Difference::of(MANIFEST, "files", "too many files"));
        }
        let size = u32::try_from(listed.size)
            .map_err(|_| Difference::of(MANIFEST, "files", format!("{name} is too large")))?;
        self.header(name, size)?;
        let begins = self.at;
        let file = self.take(name, size)?;
        let found = digest::of(file);
        if found.sha256 != listed.sha256 {
            let what = format!("its SHA-256 is {}, not {}", found.sha256, listed.sha256);
            return Err(Difference::at(begins, Some(name), what));
        }
        if found.sm3 != listed.sm3 {
            let what = format!("its SM3 is {}, not {}", found.sm3, listed.sm3);
            return Err(Difference::at(begins, Some(name), what));
        }
        self.check_crcs()?;
        Ok(file)
    }

    /// Compares a local header but for its checksum, which is taken as it is.
    fn header(&mut self, name: &str, size: u32) -> Result<(), Difference> {
        let crc = self
            .bytes
            .get(self.at + CRC_AT..self.at + CRC_AT + 4)
            .and_then(|field| field.try_into().ok())
            .map(u32::from_le_bytes)
            .ok_or_else(|| self.cut_short(name))?;
        let at = u32::try_from(self.at)
            .map_err(|_| Difference::at(self.at, None, "it is larger than 4 GiB"))?;
        self.compare(&zip::local_header(name, size, crc), name)?;
        self.entries.push(Entry {
            name: name.to_owned(),
            size,
            crc,
            at,
        });
        Ok(())
    }

    fn take(&mut self, name: &str, size: u32) -> Result<&'a [u8], Difference> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let end = self.at.saturating_add(size);
        let taken = self.bytes.get(self.at..end);
        let taken = taken.ok_or_else(|| self.cut_short(name))?;
        self.at = end;
        Ok(taken)
    }

    /// Compares the bytes that come next with what they must be.
    fn compare(&mut self, wanted: &[u8], name: &str) -> Result<(), Difference> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let same = wanted.iter().zip(rest).take_while(|(a, b)| a == b).count();
        if same < wanted.len() {
            let what = if same == rest.len() {
                format!("the package ends here, before {name}")
            } else {
                format!("the zip's header of {name} is not what it must be")
            };
            return Err(Difference::at(self.at + same, None, what));
        }
        self.at += wanted.len();
        Ok(())
    }

    /// The checksums of the files so far, whose bytes are known to be right.
    fn check_crcs(&self) -> Result<(), Difference> {
        for entry in &self.entries {
            let begins = usize::try_from(entry.at).unwrap_or(usize::MAX);
            let from = begins.saturating_add(LOCAL_LEN + entry.name.len());
            let end = from.saturating_add(usize::try_from(entry.size).unwrap_or(usize::MAX));
            let bytes = self.bytes.get(from..end).unwrap_or_default();
            let right = zip::crc(bytes);
            if right != entry.crc {
                let both = right.to_le_bytes().into_iter().zip(entry.crc.to_le_bytes());
                let same = both.take_while(|(a, b)| a == b).count();
                let what = format!("the zip's checksum of {} is wrong", entry.name);
                return Err(Difference::at(begins + CRC_AT + same, None, what));
            }
        }
        Ok(())
    }

    /// The directory at the end, and nothing after it.
    fn end(&mut self) -> Result<(), Difference> {
        let at = u32::try_from(self.at)
            .map_err(|_| Difference::at(self.at, None, "it is larger than 4 GiB"))?;
        let directory = zip::directory(&self.entries, at);
        self.compare(&directory, "the directory")?;
        if self.at < self.bytes.len() {
            let extra = self.bytes.len() - self.at;
            let what = format!("{extra} bytes follow the end of the zip");
            return Err(Difference::at(self.at, None, what));
        }
        Ok(())
    }

    fn cut_short(&self, name: &str) -> Difference {
        let what = "the package ends before the file does";
        Difference::at(self.bytes.len().min(self.at), Some(name), what)
    }
}

fn read_manifest(bytes: &[u8], key: Option<&Verifier>) -> Result<(Manifest, Verifier), Difference> {
    let begins = LOCAL_LEN + MANIFEST.len();
    let told = |field: &str, what: String| Difference {
        field: Some(field.to_owned()),
        ..Difference::at(begins, Some(MANIFEST), what)
    };
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|cause| {
        Difference::at(begins, Some(MANIFEST), format!("cannot be read: {cause}"))
    })?;
    if canonical_bytes(&manifest).as_deref() != Ok(bytes) {
        let what = "is not in canonical form";
        return Err(Difference::at(begins, Some(MANIFEST), what));
    }
    if manifest.format != FORMAT {
        return Err(told("format", format!("is not {FORMAT}")));
    }
    let verifier = Verifier::parse(&manifest.verifier_key)
        .ok_or_else(|| told("verifier_key", "is not a verifier key".to_owned()))?;
    if key.is_some_and(|key| *key != verifier) {
        let what = format!("{verifier} is not the key that was given");
        return Err(told("verifier_key", what));
    }
    Ok((manifest, verifier))
}

fn check_signature(
    signature: &[u8],
    manifest: &[u8],
    verifier: &Verifier,
) -> Result<(), Difference> {
    let wrong = |what: String| {
        let begins = LOCAL_LEN + MANIFEST.len() + manifest.len() + LOCAL_LEN + SIGNATURE.len();
        Difference::at(begins, Some(SIGNATURE), what)
    };
    let note = std::str::from_utf8(signature).map_err(|_| wrong("is not text".to_owned()))?;
    let text = verifier
        .signed_text(note)
        .map_err(|cause| wrong(cause.to_string()))?;
    // A note may carry signatures of others; here any further line would be a byte that nobody vouches for.
    if note.lines().count() != text.lines().count() + 2 {
        return Err(wrong("has more than one signature".to_owned()));
    }
    if text != signed_text(manifest) {
        let begins = LOCAL_LEN + MANIFEST.len();
        let what = "is not the manifest that was signed";
        return Err(Difference::at(begins, Some(MANIFEST), what));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
