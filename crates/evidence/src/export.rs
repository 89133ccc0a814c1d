//! A package of a case's evidence.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use stanch_ledger::Ledger;
use stanch_store::{AuditEntry, Store, Tx};
use stanch_types::evidence::CustodyAction;
use stanch_types::user::{Actor, User};
use stanch_types::{CaseId, Ctx};

use crate::content::{
    AuditFile, CHECKPOINT, CUSTODY, CustodyFile, ENTRIES, EntryFile, ItemFile, LinkFile, SUMMARY,
};
use crate::error::EvidenceError;
use crate::format::format_of_type;
use crate::gather::{CaseRecord, gather};
use crate::manifest::{
    Exporter, FORMAT, FileKind, MANIFEST, Manifest, ManifestFile, SIGNATURE, canonical_bytes,
    signed_lines,
};
use crate::{ITEMS_BYTES_MAX, custody, digest, summary, zip};

/// What signs the package.
const TOOL: &str = concat!("stanch ", env!("CARGO_PKG_VERSION"));

/// A package, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedPackage {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// The case's number.
    pub case_number: String,
    /// Names this export in custody chains.
    pub export: String,
    /// Number of items.
    pub items: usize,
    /// Number of files, the manifest and its signature included.
    pub files: usize,
    /// SHA-256 of the package, hexadecimal.
    pub sha256: String,
    /// SHA-256 of its manifest, hexadecimal.
    pub manifest_sha256: String,
    /// The key that signed it.
    pub verifier_key: String,
}

/// The files of a package under way, and their list.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub files: Vec<(String, Vec<u8>)>,
    pub listed: Vec<ManifestFile>,
}

impl Parts {
    pub fn add(&mut self, path: String, kind: FileKind, format: &str, bytes: Vec<u8>) {
        self.listed
            .push(ManifestFile::of(path.clone(), kind, format, &bytes));
        self.files.push((path, bytes));
    }

    fn add_json<T: Serialize>(&mut self, path: &str, value: &T) -> Result<(), EvidenceError> {
        let bytes = serde_json::to_vec_pretty(value)
            .map_err(|_| EvidenceError::Package("the record cannot be written as JSON"))?;
        let kind = FileKind::Record;
        self.add(path.to_owned(), kind, "application/json", bytes);
        Ok(())
    }
}

/// Makes the package of a case for `by`. The export is a link of every item's chain before the package is put together,
/// so that the package holds it; the digests of what left are recorded after.
///
/// # Errors
/// [`EvidenceError::TooMuch`], [`EvidenceError::Package`], [`EvidenceError::Store`] and those of gathering.
pub async fn export(
    store: &Store,
    ctx: &Ctx,
    ledger: &Arc<Ledger>,
    case_id: CaseId,
    by: &User,
) -> Result<ExportedPackage, EvidenceError> {
    let export = format!("export_{}", hex::encode(ctx.random_bytes::<16>()));
    let mut tx = store.begin().await?;
    let items = tx.list_evidence(case_id).await?;
    let bytes = items.iter().map(|item| item.digest.size);
    if bytes.fold(0, u64::saturating_add) > ITEMS_BYTES_MAX {
        return Err(EvidenceError::TooMuch("512 MiB of items"));
    }
    let facts = json!({ "export": export });
    note(&mut tx, ctx, case_id, by, "case.exported", facts).await?;
    for item in items {
        let package = export.clone();
        let action = CustodyAction::Exported { package };
        custody::step(&mut tx, ctx, item.id, by.id, action).await?;
    }
    tx.commit().await?;

    let checkpoint = store.audit_checkpoint().await?;
    let mut tx = store.read().await?;
    let exported_at = ctx.now();
    let record = gather(&mut tx, ledger, case_id, exported_at).await?;
    let mut parts = Parts::default();
    add_items(&mut tx, &mut parts, &record).await?;
    add_record(&mut parts, &record)?;
    add_audit(&mut tx, &mut parts, &record, checkpoint).await?;
    drop(tx);
    let mut manifest = Manifest {
        format: FORMAT.to_owned(),
        org: store.org(),
        case_id,
        case_number: record.case.number.clone(),
        export,
        exported_at,
        exported_by: Exporter {
            id: by.id,
            login: by.login.clone(),
            name: by.name.clone(),
        },
        tool: TOOL.to_owned(),
        verifier_key: store.audit_verifier_key(),
        files: Vec::new(),
    };
    let pdf = summary::pdf(&record, &manifest, &parts.listed);
    parts.add(
        SUMMARY.to_owned(),
        FileKind::Summary,
        "application/pdf",
        pdf,
    );
    manifest.files = std::mem::take(&mut parts.listed);
    let package = seal(&manifest, parts.files, |lines| store.sign_evidence(lines))
        .map_err(EvidenceError::Package)?;

    let mut tx = store.begin().await?;
    let left = json!({
        "export": package.export, "sha256": package.sha256, "manifest_sha256": package.manifest_sha256,
    });
    note(&mut tx, ctx, case_id, by, "case.package_made", left).await?;
    tx.commit().await?;
    Ok(ExportedPackage {
        items: record.items.len(),
        ..package
    })
}

/// Signs the manifest and writes the zip.
pub(crate) fn seal(
    manifest: &Manifest,
    files: Vec<(String, Vec<u8>)>,
    sign: impl FnOnce(&str) -> String,
) -> Result<ExportedPackage, &'static str> {
    let bytes = manifest.to_bytes()?;
    let signature = sign(&signed_lines(&bytes)).into_bytes();
    let manifest_sha256 = digest::sha256_hex(&bytes);
    let mut all = vec![
        (MANIFEST.to_owned(), bytes),
        (SIGNATURE.to_owned(), signature),
    ];
    all.extend(files);
    let bytes = zip::write(&all)?;
    Ok(ExportedPackage {
        sha256: digest::sha256_hex(&bytes),
        bytes,
        case_number: manifest.case_number.clone(),
        export: manifest.export.clone(),
        items: 0,
        files: all.len(),
        manifest_sha256,
        verifier_key: manifest.verifier_key.clone(),
    })
}

async fn note(
    tx: &mut Tx,
    ctx: &Ctx,
    case_id: CaseId,
    by: &User,
    action: &'static str,
    detail: serde_json::Value,
) -> Result<(), EvidenceError> {
    tx.append_audit(&AuditEntry {
        at: ctx.now(),
        actor: Actor::User { id: by.id },
        action,
        subject: case_id.to_string(),
        detail,
        personal: Vec::new(),
    })
    .await?;
    Ok(())
}

async fn add_items(
    tx: &mut Tx,
    parts: &mut Parts,
    record: &CaseRecord,
) -> Result<(), EvidenceError> {
    let mut items = Vec::with_capacity(record.items.len());
    for held in &record.items {
        let ending = format_of_type(&held.item.format).map_or("bin", |format| format.ending);
        let path = format!("items/{}.{ending}", held.item.id);
        let bytes = tx.get_blob(&held.item.digest.sha256).await?;
        if digest::of(&bytes) != held.item.digest {
            return Err(EvidenceError::Package("an item is not what it was"));
        }
        parts.add(path.clone(), FileKind::Item, &held.item.format, bytes);
        let chain = held.chain.iter().map(|link| LinkFile {
            event: link.event.clone(),
            sha256: link.sha256.clone(),
        });
        items.push(ItemFile {
            path,
            item: held.item.clone(),
            chain: chain.collect(),
        });
    }
    let file = CustodyFile {
        items,
        people: record.people.clone(),
    };
    let bytes = canonical_bytes(&file).map_err(EvidenceError::Package)?;
    parts.add(
        CUSTODY.to_owned(),
        FileKind::Custody,
        "application/json",
        bytes,
    );
    Ok(())
}

fn add_record(parts: &mut Parts, record: &CaseRecord) -> Result<(), EvidenceError> {
    parts.add_json("record/case.json", &record.case)?;
    parts.add_json("record/lead.json", &record.lead)?;
    parts.add_json("record/reports.json", &record.reports)?;
    parts.add_json("record/plans.json", &record.plans)?;
    parts.add_json("record/orders.json", &record.orders)?;
    parts.add_json("record/people.json", &record.people)?;
    if let Some(trace) = &record.trace {
        parts.add_json("record/trace.json", trace)?;
    }
    for file in &record.orders {
        if let Some(document) = &file.document {
            let path = format!("record/documents/{}.json", file.order.id);
            let kind = FileKind::Document;
            parts.add(path, kind, "application/json", document.clone());
        }
    }
    Ok(())
}

async fn add_audit(
    tx: &mut Tx,
    parts: &mut Parts,
    record: &CaseRecord,
    checkpoint: String,
) -> Result<(), EvidenceError> {
    // The second line of a checkpoint is its size (C2SP tlog-checkpoint).
    let size = checkpoint.lines().nth(1).and_then(|line| line.parse().ok());
    let size: u64 = size.ok_or(EvidenceError::Package("the checkpoint has no size"))?;
    let mut entries = Vec::with_capacity(record.entries.len());
    for entry in record.entries.iter().filter(|entry| entry.seq < size) {
        let proof = tx.audit_inclusion(entry.seq, size).await?;
        entries.push(EntryFile {
            seq: entry.seq,
            entry: entry.canonical.clone(),
            path: proof.path.iter().map(ToString::to_string).collect(),
        });
    }
    let file = AuditFile { size, entries };
    let bytes = canonical_bytes(&file).map_err(EvidenceError::Package)?;
    parts.add(
        ENTRIES.to_owned(),
        FileKind::Audit,
        "application/json",
        bytes,
    );
    let kind = FileKind::Audit;
    parts.add(
        CHECKPOINT.to_owned(),
        kind,
        "text/plain",
        checkpoint.into_bytes(),
    );
    Ok(())
}
