//! `stanch evidence`: collect items with two people, hand them over, export a case's package, check a package anywhere.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use stanch_evidence::{
    Collecting, Difference, ITEM_BYTES_MAX, ItemWithChain, PACKAGE_BYTES_MAX, Whole, collect,
    format_of_name, format_of_type,
};
use stanch_store::audit::note::Verifier;
use stanch_types::evidence::{CollectionRecord, Collectors, EvidenceItem};
use stanch_types::user::{Role, User};
use stanch_types::{ErrorCode, EvidenceId};

use crate::failure::{evidence as refused, refusal};
use crate::output::{Output, write_whole};
use crate::record::{Record, read_store};

/// The tool that items are taken in with.
const TOOL: &str = concat!("stanch ", env!("CARGO_PKG_VERSION"));
/// Who collects, holds and exports evidence.
const COLLECTORS: &[Role] = &[Role::Analyst, Role::Approver];

/// What can be done with evidence.
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Take a file into custody; two people collect
    Collect(Box<Collect>),
    /// Hand an item from who has it to somebody else
    HandOver {
        /// The item's id
        item: EvidenceId,
        /// Who has it
        #[arg(long, value_name = "LOGIN")]
        from: String,
        /// Who gets it
        #[arg(long, value_name = "LOGIN")]
        to: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Let an item go; whoever it was taken from is to be told within 3 days
    Release {
        /// The item's id
        item: EvidenceId,
        /// Who lets it go
        #[arg(long, value_name = "LOGIN")]
        by: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Record that whoever an item was taken from was told of its release
    Notice {
        /// The item's id
        item: EvidenceId,
        /// Who told them
        #[arg(long, value_name = "LOGIN")]
        by: String,
        /// Whom, and how
        #[arg(long)]
        to: String,
    },
    /// List a case's items with their chains of custody
    List {
        /// The case: its id or its number
        #[arg(long)]
        case: String,
    },
    /// Write a case's evidence package (docs/formats/evidence.md)
    Export {
        /// The case: its id or its number
        #[arg(long)]
        case: String,
        /// The package to write
        #[arg(long, value_name = "PACKAGE.zip")]
        out: PathBuf,
        /// Who exports
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
    /// Check a package, offline; exit 1 and the place of the first difference if anything was changed
    Verify {
        /// The package
        package: PathBuf,
        /// The key that must have signed it (`name+keyid+key`), got from whoever exported it by another way
        #[arg(long)]
        key: Option<String>,
    },
}

/// What is collected, by whom, and the record of it.
#[derive(Debug, Args)]
pub struct Collect {
    /// The case: its id or its number
    #[arg(long)]
    case: String,
    /// The file
    #[arg(long)]
    file: PathBuf,
    /// Who collects
    #[arg(long, value_name = "LOGIN")]
    collector: String,
    /// Who collects with them; another person
    #[arg(long, value_name = "LOGIN")]
    second: String,
    /// Who gave it or where it came from
    #[arg(long)]
    source: String,
    /// How it was collected: extracted, photographed, received
    #[arg(long)]
    method: String,
    /// Where
    #[arg(long)]
    place: String,
    /// The matter; the case's number if not told
    #[arg(long)]
    matter: Option<String>,
    /// What it was taken from: a phone, an account; the source if not told
    #[arg(long)]
    object: Option<String>,
    /// What it shows; the file's name if not told
    #[arg(long)]
    content: Option<String>,
    /// The steps taken; the method if not told
    #[arg(long)]
    process: Option<String>,
    /// The tool it was made with, and its version
    #[arg(long, default_value = TOOL)]
    tool: String,
    /// The holder or witness who was present
    #[arg(long)]
    witness: Option<String>,
    /// Media type; told by the file's name if not given
    #[arg(long)]
    format: Option<String>,
}

#[derive(Debug, Serialize)]
struct Exported {
    package: PathBuf,
    case_number: String,
    export: String,
    items: usize,
    files: usize,
    size: usize,
    sha256: String,
    manifest_sha256: String,
    verifier_key: String,
}

#[derive(Debug, Serialize)]
struct Verdict {
    whole: bool,
    #[serde(flatten)]
    package: Option<Whole>,
    difference: Option<Difference>,
}

/// Runs `stanch evidence`.
pub async fn run(command: &Evidence, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        Evidence::Collect(arguments) => take(arguments, data, output).await,
        Evidence::HandOver {
            item,
            from,
            to,
            reason,
        } => {
            let record = Record::write(data).await?;
            let from = holder(&record, from).await?;
            let to = holder(&record, to).await?;
            let mut tx = record.store.begin().await?;
            let pair = (from.id, to.id);
            let moved =
                stanch_evidence::hand_over(&mut tx, &record.ctx, *item, pair, reason.clone())
                    .await
                    .map_err(refused)?;
            tx.commit().await?;
            record.close().await?;
            print_item(&moved, output)
        }
        Evidence::Release { item, by, reason } => {
            let record = Record::write(data).await?;
            let by = holder(&record, by).await?;
            let mut tx = record.store.begin().await?;
            let moved =
                stanch_evidence::release(&mut tx, &record.ctx, *item, by.id, reason.clone())
                    .await
                    .map_err(refused)?;
            tx.commit().await?;
            record.close().await?;
            print_item(&moved, output)
        }
        Evidence::Notice { item, by, to } => {
            let record = Record::write(data).await?;
            let by = holder(&record, by).await?;
            let mut tx = record.store.begin().await?;
            let moved =
                stanch_evidence::give_notice(&mut tx, &record.ctx, *item, by.id, to.clone())
                    .await
                    .map_err(refused)?;
            tx.commit().await?;
            record.close().await?;
            print_item(&moved, output)
        }
        Evidence::List { case } => list(case, data, output).await,
        Evidence::Export { case, out, by } => export(case, out, by, data, output).await,
        Evidence::Verify { package, key } => verify(package, key.as_deref(), output),
    }
}

/// A person who collects, holds and exports evidence.
async fn holder(record: &Record, login: &str) -> anyhow::Result<User> {
    record.person_of(login, COLLECTORS).await
}

async fn take(arguments: &Collect, data: &Path, output: &Output) -> anyhow::Result<()> {
    let path = &arguments.file;
    let bytes = read_bounded(path, ITEM_BYTES_MAX)?;
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| {
        let why = format!("{} has no name that is text", path.display());
        refusal(ErrorCode::EvidenceInvalid, why)
    })?;
    let format = match &arguments.format {
        Some(told) => format_of_type(told),
        None => format_of_name(name),
    };
    let format = format.ok_or_else(|| {
        let why = "files of that format are not taken (docs/formats/evidence.md)";
        refusal(ErrorCode::EvidenceInvalid, why)
    })?;
    let record = Record::write(data).await?;
    let first = holder(&record, &arguments.collector).await?;
    let second = holder(&record, &arguments.second).await?;
    let collectors = Collectors::new(first.id, second.id).map_err(|why| refused(why.into()))?;
    let mut tx = record.store.begin().await?;
    let case = super::case::find(&mut tx, &arguments.case).await?;
    let or = |told: &Option<String>, other: &str| told.clone().unwrap_or_else(|| other.to_owned());
    let new = Collecting {
        case_id: case.id,
        name: name.to_owned(),
        format,
        bytes: &bytes,
        collectors,
        record: CollectionRecord {
            matter: or(&arguments.matter, &case.number),
            object: or(&arguments.object, &arguments.source),
            content: or(&arguments.content, name),
            place: arguments.place.clone(),
            method: arguments.method.clone(),
            process: or(&arguments.process, &arguments.method),
            source: arguments.source.clone(),
            tool: arguments.tool.clone(),
            witness: arguments.witness.clone(),
        },
    };
    let taken = collect(&mut tx, &record.ctx, new).await.map_err(refused)?;
    tx.commit().await?;
    record.close().await?;
    print_item(&taken.item, output)
}

/// The bytes of a file; refused if it is larger than `bytes_max`.
fn read_bounded(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let told = || format!("cannot read {}", path.display());
    let size = std::fs::metadata(path).with_context(told)?.len();
    if size > u64::try_from(bytes_max).unwrap_or(u64::MAX) {
        let why = format!("{} is larger than {bytes_max} bytes", path.display());
        return Err(refusal(ErrorCode::EvidenceInvalid, why));
    }
    std::fs::read(path).with_context(told)
}

async fn list(case: &str, data: &Path, output: &Output) -> anyhow::Result<()> {
    let store = read_store(data).await?;
    let mut tx = store.read().await?;
    let case = super::case::find(&mut tx, case).await?;
    let items = stanch_evidence::items_of_case(&mut tx, case.id).await;
    let lines: Vec<_> = items.map_err(refused)?.iter().map(line).collect();
    output.table(
        &lines,
        &["id", "name", "category", "state", "events"],
        |line| {
            ["id", "name", "category", "state"]
                .iter()
                .map(|field| line["item"][*field].as_str().unwrap_or("-").to_owned())
                .chain([line["chain"].as_array().map_or(0, Vec::len).to_string()])
                .collect()
        },
    )
}

/// An item with the word of its state and its chain.
fn line(held: &ItemWithChain) -> serde_json::Value {
    let chain: Vec<_> = held
        .chain
        .iter()
        .map(|link| serde_json::json!({ "event": link.event, "sha256": link.sha256 }))
        .collect();
    let mut item = serde_json::to_value(&held.item).unwrap_or_default();
    if let Some(members) = item.as_object_mut() {
        let custody = members.remove("state");
        members.insert("state".to_owned(), held.item.state.as_str().into());
        members.insert("custody".to_owned(), custody.unwrap_or_default());
    }
    serde_json::json!({ "item": item, "chain": chain })
}

fn print_item(item: &EvidenceItem, output: &Output) -> anyhow::Result<()> {
    output.result(item, || {
        format!(
            "{} {}: {}\nSHA-256 {}\nSM3     {}",
            item.id,
            item.name,
            item.state.as_str(),
            item.digest.sha256,
            item.digest.sm3
        )
    })
}

async fn export(
    case: &str,
    out: &Path,
    by: &str,
    data: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let by = holder(&record, by).await?;
    let ledger = record.ledger().await?;
    let case = super::case::find(&mut record.store.read().await?, case).await?;
    let made = stanch_evidence::export(&record.store, &record.ctx, &ledger, case.id, &by)
        .await
        .map_err(refused)?;
    record.close().await?;
    write_whole(out, &made.bytes)?;
    let told = Exported {
        package: out.to_owned(),
        size: made.bytes.len(),
        case_number: made.case_number,
        export: made.export,
        items: made.items,
        files: made.files,
        sha256: made.sha256,
        manifest_sha256: made.manifest_sha256,
        verifier_key: made.verifier_key,
    };
    output.result(&told, || {
        format!(
            "{}: {} items, {} files, {} bytes\nSHA-256 {}\nsigned by {}",
            told.package.display(),
            told.items,
            told.files,
            told.size,
            told.sha256,
            told.verifier_key
        )
    })
}

fn verify(package: &Path, key: Option<&str>, output: &Output) -> anyhow::Result<()> {
    let key = key.map(|text| {
        let bad = || refusal(ErrorCode::RequestInvalid, "the key is not `name+keyid+key`");
        Verifier::parse(text).ok_or_else(bad)
    });
    let key = key.transpose()?;
    let bytes_max = usize::try_from(PACKAGE_BYTES_MAX).unwrap_or(usize::MAX);
    let bytes = read_bounded(package, bytes_max)?;
    match stanch_evidence::verify(&bytes, key.as_ref()) {
        Ok(whole) => {
            let verdict = Verdict {
                whole: true,
                difference: None,
                package: Some(whole.clone()),
            };
            output.result(&verdict, || describe(&whole))
        }
        Err(difference) => {
            let why = format!("{}: {difference}", package.display());
            let verdict = Verdict {
                whole: false,
                package: None,
                difference: Some(difference),
            };
            output.result(&verdict, || "NOT whole".to_owned())?;
            Err(refusal(ErrorCode::EvidenceBroken, why))
        }
    }
}

fn describe(whole: &Whole) -> String {
    let compared = if whole.key_was_given {
        "the key that was given"
    } else {
        "the key it names: compare it with a copy kept elsewhere, or give it with --key"
    };
    format!(
        "whole: case {}, exported {} by {}\n{} files, {} items, {} custody events, {} audit entries in a tree of {}\n\
         SHA-256 {}\nsigned by {}\n({compared})",
        whole.case_number,
        whole.exported_at,
        whole.exported_by,
        whole.files,
        whole.items,
        whole.custody_events,
        whole.audit_entries,
        whole.tree_size,
        whole.sha256,
        whole.verifier_key
    )
}
