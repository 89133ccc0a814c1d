//! `stanch institution`: register and show institutions.

use std::path::Path;

use base64::Engine as _;
use clap::Subcommand;
use serde::Serialize;
use stanch_store::AuditEntry;
use stanch_types::personal::Secret;
use stanch_types::user::Actor;
use stanch_types::{InstitutionCode, InstitutionKind, institution};

use crate::output::Output;
use crate::record::{Record, read_store};

/// What can be done with institutions.
#[derive(Debug, Subcommand)]
pub enum Institution {
    /// Register an institution or change its entry; prints the shared secret once when it makes one
    Set {
        /// Its code, 1 to 34 of A-Z, 0-9 and -
        code: InstitutionCode,
        /// Its name as shown to people
        #[arg(long)]
        name: String,
        /// bank, wallet or fund_company
        #[arg(long)]
        kind: InstitutionKind,
        /// Base address of its order endpoint; orders go to {endpoint}/orders
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
        /// File with the shared secret (whsec_…); without it a new one is made for a new institution
        #[arg(long, value_name = "FILE")]
        secret_file: Option<std::path::PathBuf>,
        /// Milliseconds from sending an order until it takes effect there
        #[arg(long, default_value_t = 60_000)]
        latency_ms: i64,
    },
    /// List institutions
    List,
    /// Print Stanch's order key (whpk_…), which institutions verify signatures with
    OrderKey,
}

#[derive(Debug, Serialize)]
struct Line {
    code: InstitutionCode,
    name: String,
    kind: InstitutionKind,
    endpoint: Option<String>,
    order_latency_ms: i64,
}

impl From<institution::Institution> for Line {
    fn from(known: institution::Institution) -> Self {
        Self {
            code: known.code,
            name: known.name,
            kind: known.kind,
            endpoint: known.endpoint,
            order_latency_ms: known.order_latency_ms,
        }
    }
}

/// Runs `stanch institution`.
pub async fn run(command: &Institution, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        Institution::List => {
            let store = read_store(data).await?;
            let known = store.read().await?.list_institutions().await?;
            let lines: Vec<Line> = known.into_iter().map(Line::from).collect();
            output.table(&lines, &["code", "kind", "name", "endpoint"], |line| {
                let endpoint = line.endpoint.clone().unwrap_or_default();
                vec![
                    line.code.to_string(),
                    line.kind.to_string(),
                    line.name.clone(),
                    endpoint,
                ]
            })
        }
        Institution::OrderKey => {
            let record = Record::write(data).await?;
            let key = record.signer()?.public_key().to_string();
            record.close().await?;
            output.result(&serde_json::json!({ "order_key": key }), || key.clone())
        }
        Institution::Set { .. } => set(command, data, output).await,
    }
}

async fn set(command: &Institution, data: &Path, output: &Output) -> anyhow::Result<()> {
    let Institution::Set {
        code,
        name,
        kind,
        endpoint,
        secret_file,
        latency_ms,
    } = command
    else {
        return Ok(());
    };
    let record = Record::write(data).await?;
    let mut tx = record.store.begin().await?;
    let known = tx
        .lookup_institution(code)
        .await?
        .and_then(|known| known.webhook_secret);
    let given = secret_file
        .as_deref()
        .map(std::fs::read_to_string)
        .transpose()?;
    let made = (given.is_none() && known.is_none()).then(|| new_secret(&record.ctx.random_bytes()));
    let secret = given
        .map(|text| Secret::new(text.trim().to_owned()))
        .or(made.clone())
        .or(known);
    tx.upsert_institution(&institution::Institution {
        code: code.clone(),
        name: name.clone(),
        kind: *kind,
        endpoint: endpoint.clone(),
        webhook_secret: secret,
        order_latency_ms: *latency_ms,
    })
    .await?;
    tx.append_audit(&AuditEntry {
        at: record.ctx.now(),
        actor: Actor::System,
        action: "institution.set",
        subject: code.to_string(),
        detail: serde_json::json!({ "kind": kind, "endpoint": endpoint, "latency_ms": latency_ms }),
        personal: Vec::new(),
    })
    .await?;
    tx.commit().await?;
    record.close().await?;
    let shown = made.as_ref().map(Secret::expose);
    output.result(
        &serde_json::json!({ "code": code, "webhook_secret": shown }),
        || match shown {
            Some(secret) => format!("{code} is registered; shared secret (shown once): {secret}"),
            None => format!("{code} is registered"),
        },
    )
}

/// A Standard Webhooks secret from 32 random bytes.
fn new_secret(bytes: &[u8; 32]) -> Secret {
    Secret::new(format!(
        "whsec_{}",
        base64::engine::general_purpose::STANDARD.encode(bytes)
    ))
}
