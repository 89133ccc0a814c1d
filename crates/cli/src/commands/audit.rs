//! `stanch audit`: check the audit tree, show entries, checkpoints and proofs.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;
use stanch_store::{AuditFilter, VerifyOptions, WholeList, verify_audit};
use stanch_types::ErrorCode;

use crate::failure::refusal;
use crate::output::Output;
use crate::progress::Progress;
use crate::record::{Record, read_store};

/// What can be asked of the audit tree.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Recompute the whole tree and check every signed checkpoint; exit 1 if anything does not agree
    Verify {
        /// A checkpoint kept elsewhere that the tree must contain; may be given several times
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
    },
    /// List the entries about one record
    Entries {
        /// The record's id
        subject: String,
    },
    /// Print a signed checkpoint (C2SP) of everything recorded so far
    Checkpoint,
    /// Print the proof that entry SEQ is in the tree
    Proof {
        /// The entry's number
        seq: u64,
    },
}

#[derive(Debug, Serialize)]
struct Verdict {
    whole: bool,
    size: u64,
    root: String,
    checkpoints: u64,
    verifier_key: String,
    personal: u64,
    personal_erased: u64,
    rows: u64,
    broken_seq: Option<u64>,
    broken: Option<String>,
}

#[derive(Debug, Serialize)]
struct Proof {
    seq: u64,
    size: u64,
    leaf_hash: String,
    root_hash: String,
    path: Vec<String>,
}

/// Runs `stanch audit`.
pub async fn run(command: &Audit, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        Audit::Verify { checkpoint } => verify(checkpoint, data, output).await,
        Audit::Entries { subject } => entries(subject, data, output).await,
        Audit::Checkpoint => {
            let record = Record::write(data).await?;
            let note = record.store.audit_checkpoint().await?;
            let key = record.store.audit_verifier_key();
            record.close().await?;
            output.result(
                &serde_json::json!({ "checkpoint": note, "verifier_key": key }),
                || note.clone(),
            )
        }
        Audit::Proof { seq } => {
            let store = read_store(data).await?;
            let mut tx = store.read().await?;
            let size = tx.audit_size().await?;
            if *seq >= size {
                return Err(refusal(
                    ErrorCode::AuditNotFound,
                    format!(
                        "there is no entry {seq}; the tree has {size} entries, numbered from 0"
                    ),
                ));
            }
            let proof = tx.audit_inclusion(*seq, size).await?;
            let proof = Proof {
                seq: proof.seq,
                size: proof.size,
                leaf_hash: proof.leaf_hash.to_string(),
                root_hash: proof.root.to_string(),
                path: proof.path.iter().map(ToString::to_string).collect(),
            };
            output.result(&proof, || {
                format!(
                    "entry {} of {}\nleaf {}\n{}\nroot {}",
                    proof.seq,
                    proof.size,
                    proof.leaf_hash,
                    proof.path.join("\n"),
                    proof.root_hash
                )
            })
        }
    }
}

async fn verify(known: &[PathBuf], data: &Path, output: &Output) -> anyhow::Result<()> {
    let mut options = VerifyOptions::default();
    for path in known {
        let note = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        options.known_checkpoints.push(note);
    }
    let store = read_store(data).await?;
    let mut progress = Progress::new(output, "entries");
    let verdict = verify_audit(&store, &options, &mut |done, all| progress.at(done, all)).await?;
    progress.finish();
    let verdict = Verdict {
        whole: verdict.is_whole(),
        size: verdict.size,
        root: verdict.root.to_string(),
        checkpoints: verdict.checkpoints,
        verifier_key: store.audit_verifier_key(),
        personal: verdict.personal,
        personal_erased: verdict.personal_erased,
        rows: verdict.rows,
        broken_seq: verdict.broken.as_ref().and_then(|found| found.seq),
        broken: verdict.broken.map(|found| found.what),
    };
    output.result(&verdict, || {
        let found = if verdict.whole { "good" } else { "NOT good" };
        format!(
            "{} entries, {} checkpoints and {} rows are {found}; root {}\nchecked with the key {}",
            verdict.size, verdict.checkpoints, verdict.rows, verdict.root, verdict.verifier_key
        )
    })?;
    match (&verdict.broken, verdict.broken_seq) {
        (None, _) => Ok(()),
        (Some(what), Some(seq)) => Err(refusal(
            ErrorCode::AuditBroken,
            format!("entry {seq}: {what}"),
        )),
        (Some(what), None) => Err(refusal(ErrorCode::AuditBroken, what.clone())),
    }
}

async fn entries(subject: &str, data: &Path, output: &Output) -> anyhow::Result<()> {
    let store = read_store(data).await?;
    let mut tx = store.read().await?;
    let filter = AuditFilter {
        subject: Some(subject.to_owned()),
        ..AuditFilter::default()
    };
    let mut all = WholeList::up_to(usize::MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_audit(&filter, &page).await?);
    }
    let lines: Vec<_> = all
        .items
        .iter()
        .map(|entry| {
            serde_json::json!({
                "seq": entry.seq, "at": entry.at, "actor": entry.actor, "action": entry.action,
                "subject": entry.subject, "detail": entry.detail, "leaf_hash": entry.leaf_hash.to_string(),
            })
        })
        .collect();
    output.table(&lines, &["seq", "at", "action", "leaf"], |line| {
        ["seq", "at", "action", "leaf_hash"]
            .map(|name| {
                line[name]
                    .as_str()
                    .map_or_else(|| line[name].to_string(), str::to_owned)
            })
            .to_vec()
    })
}
