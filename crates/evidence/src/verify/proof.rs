//! What a package says: items with two collectors, chains without a gap, links and entries in the audit tree.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stanch_store::CustodyLink;
use stanch_store::audit::note::Checkpoint;
use stanch_store::audit::tree::{Hash, leaf_hash, verify_inclusion};
use stanch_types::evidence::{CustodyAction, EvidenceItem, NewEvidence};

use super::{Content, Difference};
use crate::content::{
    AuditFile, CHECKPOINT, CUSTODY, CustodyFile, ENTRIES, EntryFile, ItemFile, LinkFile,
};
use crate::custody::{audit_action, audit_detail, event_sha256};
use crate::manifest::{FileKind, MANIFEST, canonical_bytes};

/// Numbers of items, custody events and audit entries, and the size of the tree.
pub(super) type Counts = (usize, usize, usize, u64);

/// Checks everything.
pub(super) fn check(content: &Content<'_>) -> Result<Counts, Difference> {
    let custody: CustodyFile = read(content, CUSTODY, FileKind::Custody)?;
    let audit: AuditFile = read(content, ENTRIES, FileKind::Audit)?;
    let entries = check_entries(content, &audit)?;
    let mut events = 0;
    for (position, file) in custody.items.iter().enumerate() {
        let place = format!("items/{position}");
        check_item(content, &place, file)?;
        check_chain(content, &place, file, &entries)?;
        events += file.chain.len();
    }
    let items = content.files.iter();
    let items = items.filter(|(listed, _)| listed.category == FileKind::Item);
    if items.count() != custody.items.len() {
        let what = "another number of items than the manifest";
        return Err(Difference::of(CUSTODY, "items", what));
    }
    Ok((custody.items.len(), events, audit.entries.len(), audit.size))
}

/// Reads a canonical file.
fn read<T: DeserializeOwned + Serialize>(
    content: &Content<'_>,
    path: &str,
    kind: FileKind,
) -> Result<T, Difference> {
    let bytes = content.file(path, kind)?;
    let value: T = serde_json::from_slice(bytes).map_err(|cause| {
        let place = format!("line {} column {}", cause.line(), cause.column());
        Difference::of(path, place, cause.to_string())
    })?;
    if canonical_bytes(&value).as_deref() != Ok(bytes) {
        return Err(Difference::of(path, "form", "is not canonical"));
    }
    Ok(value)
}

/// Proves every entry against the signed checkpoint; gives the entries by subject.
fn check_entries(
    content: &Content<'_>,
    audit: &AuditFile,
) -> Result<BTreeMap<String, Vec<Value>>, Difference> {
    let note = content.file(CHECKPOINT, FileKind::Audit)?;
    let note =
        std::str::from_utf8(note).map_err(|_| Difference::of(CHECKPOINT, "form", "is not text"))?;
    let checkpoint = Checkpoint::verify(note, content.verifier)
        .map_err(|cause| Difference::of(CHECKPOINT, "signature", cause.to_string()))?;
    if checkpoint.size != audit.size {
        return Err(Difference::of(ENTRIES, "size", "is not the checkpoint's"));
    }
    let mut by_subject: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in &audit.entries {
        let place = format!("entry {}", entry.seq);
        let wrong = |what: &str| Difference::of(ENTRIES, place.clone(), what);
        if !is_proved(entry, &checkpoint) {
            return Err(wrong("is not in the tree of the checkpoint"));
        }
        let object: Value = serde_json::from_str(&entry.entry).map_err(|_| wrong("is not JSON"))?;
        if object.get("seq").and_then(Value::as_u64) != Some(entry.seq) {
            return Err(wrong("has another number inside"));
        }
        let subject = object.get("subject").and_then(Value::as_str);
        let subject = subject.ok_or_else(|| wrong("has no subject"))?.to_owned();
        by_subject.entry(subject).or_default().push(object);
    }
    Ok(by_subject)
}

fn is_proved(entry: &EntryFile, checkpoint: &Checkpoint) -> bool {
    let path: Option<Vec<Hash>> = entry.path.iter().map(|hex| Hash::from_hex(hex)).collect();
    let leaf = leaf_hash(entry.entry.as_bytes());
    path.is_some_and(|path| {
        verify_inclusion(leaf, entry.seq, checkpoint.size, &path, checkpoint.root)
    })
}

/// The item's bytes are in the package, under the digests that its record holds.
fn check_item(content: &Content<'_>, place: &str, file: &ItemFile) -> Result<(), Difference> {
    content.file(&file.path, FileKind::Item)?;
    let listed = content.manifest.files.iter();
    let listed = listed.filter(|listed| listed.path == file.path);
    let digest = &file.item.digest;
    for listed in listed {
        let same = listed.size == digest.size
            && listed.sha256 == digest.sha256
            && listed.sm3 == digest.sm3
            && listed.format == file.item.format;
        if !same {
            let what = format!("the record of {} has other integrity values", file.path);
            return Err(Difference::of(
                CUSTODY,
                format!("{place}/item/digest"),
                what,
            ));
        }
    }
    if file.item.case_id != content.manifest.case_id {
        let what = format!("{} belongs to another case than the manifest", file.path);
        return Err(Difference::of(MANIFEST, "case_id", what));
    }
    Ok(())
}

/// The chain begins with the collection by both collectors, has no gap, leads to the item's state, and every link is in
/// the audit tree.
fn check_chain(
    content: &Content<'_>,
    place: &str,
    file: &ItemFile,
    entries: &BTreeMap<String, Vec<Value>>,
) -> Result<(), Difference> {
    let wrong =
        |link: usize, what: &str| Difference::of(CUSTODY, format!("{place}/chain/{link}"), what);
    let (mut state, first) = collected(&file.item).map_err(|what| wrong(0, &what))?;
    let mut previous: Option<&str> = None;
    for (position, link) in file.chain.iter().enumerate() {
        let event = &link.event;
        if usize::try_from(event.seq) != Ok(position + 1) || event.item_id != file.item.id {
            return Err(wrong(
                position,
                "is not the next of its chain: a link is missing",
            ));
        }
        if event.previous.as_deref() != previous {
            return Err(wrong(
                position,
                "does not hold the digest of the link before",
            ));
        }
        if event_sha256(event).as_deref() != Ok(link.sha256.as_str()) {
            return Err(wrong(position, "its digest is not that of its event"));
        }
        if position == 0 {
            if *event != first {
                return Err(wrong(
                    0,
                    "is not the collection that the item's record tells",
                ));
            }
        } else {
            state = state
                .after(&event.action, event.at)
                .map_err(|cause| wrong(position, &cause.to_string()))?;
        }
        if !is_audited(link, &state, entries) {
            return Err(wrong(position, "is not in the audit tree"));
        }
        previous = Some(&link.sha256);
    }
    if state != file.item {
        return Err(wrong(
            file.chain.len(),
            "the chain does not lead to the item's state",
        ));
    }
    let exported = file.chain.iter().any(|link| {
        matches!(&link.event.action, CustodyAction::Exported { package } if *package == content.manifest.export)
    });
    if !exported {
        return Err(wrong(file.chain.len(), "this export is not in the chain"));
    }
    Ok(())
}

/// The item as it was collected, and the link that says so.
fn collected(
    item: &EvidenceItem,
) -> Result<(EvidenceItem, stanch_types::evidence::CustodyEvent), String> {
    EvidenceItem::collect(NewEvidence {
        id: item.id,
        case_id: item.case_id,
        name: item.name.clone(),
        category: item.category,
        format: item.format.clone(),
        digest: item.digest.clone(),
        acquired_at: item.acquired_at,
        collectors: item.collectors,
        record: item.record.clone(),
    })
    .map_err(|cause| cause.to_string())
}

fn is_audited(
    link: &LinkFile,
    item: &EvidenceItem,
    entries: &BTreeMap<String, Vec<Value>>,
) -> bool {
    let detail = audit_detail(
        item,
        &CustodyLink {
            event: link.event.clone(),
            sha256: link.sha256.clone(),
        },
    );
    let action = audit_action(&link.event.action);
    entries
        .get(&item.id.to_string())
        .into_iter()
        .flatten()
        .any(|entry| {
            entry.get("detail") == Some(&detail)
                && entry.get("action").and_then(Value::as_str) == Some(action)
                && entry.get("at_us").and_then(Value::as_i64) == Some(link.event.at.as_micros())
        })
}
