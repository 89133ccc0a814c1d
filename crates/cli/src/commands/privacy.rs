//! `stanch privacy`: the keys that personal data is encrypted with, and what is held on a person.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;
use serde_json::{Value, json};
use stanch_casework::{Held, Kept, Person, held_on};
use stanch_decide::{events_that_say, history_beside};
use stanch_store::AuditEntry;
use stanch_types::ErrorCode;
use stanch_types::payment::Payment;
use stanch_types::user::{Actor, Role};

use crate::data_dir::DataDir;
use crate::failure::{self, casework, refusal};
use crate::output::{Output, write_whole};
use crate::record::Record;

/// What can be done for privacy.
#[derive(Debug, Subcommand)]
pub enum Privacy {
    /// Make a new key, encrypt all personal data with it and destroy the old keys
    RotateKey,
    /// Write everything that is held on a person into a file
    Export {
        /// Phone or account number
        #[arg(long)]
        person: String,
        /// The file to write, JSON
        #[arg(long)]
        out: PathBuf,
        /// Who exports
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
    /// Erase what is held on a person and need not be kept; says what was kept and why
    Erase {
        /// Phone or account number
        #[arg(long)]
        person: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who erases
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
}

/// Runs `stanch privacy`.
pub async fn run(command: &Privacy, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        Privacy::RotateKey => rotate_key(data, output).await,
        Privacy::Export { person, out, by } => export(person, out, by, data, output).await,
        Privacy::Erase { person, reason, by } => erase(person, reason, by, data, output).await,
    }
}

/// Who may erase and export what is held on people.
const KEEPERS: &[Role] = &[Role::Admin, Role::Approver];

fn parse(person: &str) -> anyhow::Result<Person> {
    let bad = || {
        let why = "the person is told by a phone or an account number";
        refusal(ErrorCode::RequestInvalid, why)
    };
    Person::parse(person).ok_or_else(bad)
}

async fn export(
    person: &str,
    out: &Path,
    by: &str,
    data: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let person = parse(person)?;
    let record = Record::write(data).await?;
    let by = record.person_of(by, KEEPERS).await?;
    let (payments, events) = beside(&record, data, &person).await?;
    let mut tx = record.store.begin().await?;
    let held = held_on(&mut tx, &person).await.map_err(casework)?;
    let facts = json!({
        "reports": held.reports.len(), "orders": held.orders.len(), "labels": held.labels.len(),
        "measures": held.measures.len(), "appeals": held.appeals.len(), "rows": held.rows.len(),
        "payments": payments.len(), "events": events.len(), "audit_entries": held.audit_entries.len(),
    });
    tx.append_audit(&AuditEntry {
        at: record.ctx.now(),
        actor: Actor::User { id: by.id },
        action: "personal.exported",
        subject: "person".to_owned(),
        detail: facts.clone(),
        personal: Vec::new(),
    })
    .await?;
    tx.commit().await?;
    record.close().await?;
    let all = All {
        held,
        payments,
        events,
    };
    write_whole(out, &serde_json::to_vec_pretty(&all)?)?;
    output.result(&facts, || format!("{}: {facts}", out.display()))
}

/// What is held on a person in the record and beside it.
#[derive(Serialize)]
struct All {
    #[serde(flatten)]
    held: Held,
    /// Payments from and to their accounts.
    payments: Vec<Payment>,
    /// Events that name them, as they came.
    events: Vec<Value>,
}

/// Payments and events of a person, which are not in the database.
async fn beside(
    record: &Record,
    data: &Path,
    person: &Person,
) -> anyhow::Result<(Vec<Payment>, Vec<Value>)> {
    let payments = match person.account() {
        Some(number) => record.ledger().await?.payments_of(number),
        None => Vec::new(),
    };
    let (log, person) = (DataDir::existing(data)?.decision_log(), person.clone());
    let find = move || events_that_say(&log, &history_beside(&log), |text| person.is_in(text));
    let found = tokio::task::spawn_blocking(find).await?;
    let lines = found.map_err(failure::decide)?;
    let events: Result<_, _> = lines
        .iter()
        .map(|line| serde_json::from_slice(line))
        .collect();
    Ok((payments, events?))
}

async fn erase(
    person: &str,
    reason: &str,
    by: &str,
    data: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let person = parse(person)?;
    let record = Record::write(data).await?;
    let by = record.person_of(by, KEEPERS).await?;
    let actor = Actor::User { id: by.id };
    let mut done = stanch_casework::erase(&record.store, &record.ctx, &person, &actor, reason)
        .await
        .map_err(casework)?;
    let (payments, events) = beside(&record, data, &person).await?;
    let later = [
        (payments.len(), "payments", "a payment is what was booked"),
        (
            events.len(),
            "events",
            "events go when their retention is over",
        ),
    ];
    let later = later.into_iter().filter(|(count, ..)| *count > 0);
    done.kept.extend(later.map(|(count, what, why)| Kept {
        id: format!("{count} {what}"),
        why,
    }));
    record.close().await?;
    output.result(&done, || {
        let kept = done
            .kept
            .iter()
            .map(|kept| format!("\nkept {}: {}", kept.id, kept.why));
        format!(
            "{} records erased{}",
            done.erased.len(),
            kept.collect::<String>()
        )
    })
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
