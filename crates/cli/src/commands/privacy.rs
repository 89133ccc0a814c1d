//! `stanch privacy`: the keys that personal data is encrypted with.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;
use stanch_store::AuditEntry;
use stanch_types::user::Actor;

use crate::output::Output;
use crate::record::Record;

/// What can be done for privacy.
#[derive(Debug, Subcommand)]
pub enum Privacy {
    /// Make a new key, encrypt all personal data with it and destroy the old keys
    RotateKey,
}

/// Runs `stanch privacy`.
pub async fn run(command: &Privacy, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        Privacy::RotateKey => rotate_key(data, output).await,
    }
}

async fn rotate_key(data: &Path, output: &Output) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let done = record.store.rotate_data_key().await?;
    let facts = json!({ "key": done.key, "rows": done.rows, "destroyed": done.destroyed });
    let mut tx = record.store.begin().await?;
    tx.append_audit(&AuditEntry {
        at: record.ctx.now(),
        actor: Actor::System,
        action: "privacy.key_rotated",
        subject: "data_key".to_owned(),
        detail: facts.clone(),
        personal: Vec::new(),
    })
    .await?;
    tx.commit().await?;
    record.close().await?;
    output.result(&facts, || {
        format!(
            "key {} encrypts now; {} rows written anew, {} old keys destroyed",
            done.key, done.rows, done.destroyed
        )
    })
}
