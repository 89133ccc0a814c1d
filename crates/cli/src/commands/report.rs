//! `stanch report`: take and show reports.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use stanch_casework::{
    ATTACHMENT_BYTES_MAX, BULK_AT_ONCE, BulkOutcome, ReportStep, attach, give_claim, read_bulk,
    receive_report, step_report, take_bulk,
};
use stanch_store::{ReportFilter, WholeList};
use stanch_types::report::{Priority, ReportContent, ReportState};
use stanch_types::user::{Actor, Role};
use stanch_types::{CaseId, ErrorCode, ReportId};

use crate::failure::refusal;
use crate::output::Output;
use crate::record::{Record, read_store};

/// Largest report file read, as the server's limit for a body.
const BYTES_MAX: u64 = 1 << 20;

/// What can be done with reports.
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Take a report: triage it, match its payments, open lead and case
    Create {
        /// The report as JSON (docs/openapi.json, ReportContent); `-` for standard input
        #[arg(default_value = "-")]
        file: PathBuf,
        /// The analyst who takes it
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Take reports from a CSV file; run it again to take up an import that broke off
    Import {
        /// The file; docs/formats/reports.md has the columns
        file: PathBuf,
        /// The analyst who takes them
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Add a picture or document to a report
    Attach {
        /// The file
        #[arg(long)]
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// Give the reporter a claim code, in place of the one before
    Claim {
        #[command(flatten)]
        at: At,
    },
    /// Show a report
    Show {
        /// Its id
        id: ReportId,
    },
    /// List reports, the newest first
    List {
        /// Only those in this state
        #[arg(long)]
        state: Option<String>,
    },
    /// Ask the reporter for what is missing
    Ask {
        /// What
        #[arg(long)]
        question: String,
        #[command(flatten)]
        at: At,
    },
    /// Write down what the reporter told later
    Add {
        /// The words
        #[arg(long)]
        text: String,
        #[command(flatten)]
        at: At,
    },
    /// Say that it is no fraud
    NotFraud {
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        at: At,
    },
    /// Answer the reporter and close the report
    Close {
        /// Why
        #[arg(long)]
        reason: String,
        /// What the reporter is told
        #[arg(long)]
        answer: String,
        #[command(flatten)]
        at: At,
    },
}

/// Which report, and who takes the step.
#[derive(Debug, Args)]
pub struct At {
    /// Its id
    id: ReportId,
    /// Who does it
    #[arg(long = "as", value_name = "LOGIN")]
    by: String,
}

#[derive(Debug, Serialize)]
struct Taken {
    report_id: ReportId,
    priority: Priority,
    state: ReportState,
    case_id: CaseId,
    case_number: String,
    merged: bool,
}

/// Runs `stanch report`.
pub async fn run(command: &Report, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        Report::Create { file, by } => create(file, by, data, output).await,
        Report::Import { file, by } => import(file, by, data, output).await,
        Report::Attach { file, at } => add_file(file, at, data, output).await,
        Report::Claim { at } => claim(at, data, output).await,
        Report::Ask { question, at } => {
            let question = question.clone();
            take(ReportStep::Ask { question }, at, data, output).await
        }
        Report::Add { text, at } => {
            let text = text.clone();
            take(ReportStep::Add { text }, at, data, output).await
        }
        Report::NotFraud { reason, at } => {
            let reason = reason.clone();
            take(ReportStep::NotFraud { reason }, at, data, output).await
        }
        Report::Close { reason, answer, at } => {
            let (reason, answer) = (reason.clone(), answer.clone());
            take(ReportStep::Close { reason, answer }, at, data, output).await
        }
        Report::Show { id } => {
            let store = read_store(data).await?;
            let found = store.read().await?.lookup_report(*id).await?;
            let report = found.ok_or_else(|| {
                refusal(
                    ErrorCode::ReportNotFound,
                    format!("there is no report `{id}`"),
                )
            })?;
            output.result(&report, || {
                serde_json::to_string_pretty(&report).unwrap_or_default()
            })
        }
        Report::List { state } => {
            let store = read_store(data).await?;
            let mut tx = store.read().await?;
            let filter = ReportFilter {
                state: state.clone(),
                ..ReportFilter::default()
            };
            let mut all = WholeList::up_to(usize::MAX);
            while let Some(page) = all.wanted() {
                all.take(tx.list_reports(&filter, &page).await?);
            }
            output.table(
                &all.items,
                &["received", "priority", "state", "id"],
                |report| {
                    vec![
                        report.received_at.to_string(),
                        report.priority.to_string(),
                        report.state.as_str().to_owned(),
                        report.id.to_string(),
                    ]
                },
            )
        }
    }
}

async fn import(file: &Path, by: &str, data: &Path, output: &Output) -> anyhow::Result<()> {
    let open =
        std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut reports = read_bulk(open).map_err(|why| refusal(ErrorCode::ReportInvalid, why))?;
    let record = Record::write(data).await?;
    let by = record.person(by, Role::Analyst).await?;
    let actor = Actor::User { id: by.id };
    let ledger = record.ledger().await?;
    let mut outcome = BulkOutcome::default();
    loop {
        let some: Vec<_> = reports.by_ref().take(BULK_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        let mut tx = record.store.begin().await?;
        take_bulk(&mut tx, &record.ctx, &ledger, &some, &actor, &mut outcome)
            .await
            .map_err(crate::failure::casework)?;
        tx.commit().await?;
    }
    record.close().await?;
    output.result(&outcome, || {
        let mut lines = vec![format!(
            "{} taken, {} known, {} refused",
            outcome.taken, outcome.known, outcome.refused_count
        )];
        let refused = outcome.refused.iter();
        lines.extend(refused.map(|one| format!("line {}: {}", one.line, one.detail)));
        lines.join("\n")
    })
}

async fn add_file(file: &Path, at: &At, data: &Path, output: &Output) -> anyhow::Result<()> {
    let most = u64::try_from(ATTACHMENT_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|open| open.take(most + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {}", file.display()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let record = Record::write(data).await?;
    let by = record.person(&at.by, Role::Analyst).await?;
    let mut tx = record.store.begin().await?;
    let actor = Actor::User { id: by.id };
    let report = attach(&mut tx, &record.ctx, at.id, &name, &bytes, actor)
        .await
        .map_err(crate::failure::casework)?;
    tx.commit().await?;
    record.close().await?;
    output.result(&report.attachments, || {
        let listed = report.attachments.iter();
        let lines = listed.map(|one| format!("{}  {}", one.sha256, one.file_name));
        lines.collect::<Vec<_>>().join("\n")
    })
}

async fn claim(at: &At, data: &Path, output: &Output) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let by = record.person(&at.by, Role::Analyst).await?;
    let mut tx = record.store.begin().await?;
    let actor = Actor::User { id: by.id };
    let code = give_claim(&mut tx, &record.ctx, at.id, actor)
        .await
        .map_err(crate::failure::casework)?;
    tx.commit().await?;
    record.close().await?;
    output.result(&serde_json::json!({ "claim_code": code }), || code.expose())
}

async fn take(step: ReportStep, at: &At, data: &Path, output: &Output) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let by = record.person(&at.by, Role::Analyst).await?;
    let mut tx = record.store.begin().await?;
    let actor = Actor::User { id: by.id };
    let report = step_report(&mut tx, &record.ctx, at.id, step, actor)
        .await
        .map_err(crate::failure::casework)?;
    tx.commit().await?;
    record.close().await?;
    output.result(&report, || {
        format!("{} is {}", report.id, report.state.as_str())
    })
}

async fn create(file: &Path, by: &str, data: &Path, output: &Output) -> anyhow::Result<()> {
    let text = read_bounded(file)?;
    let content: ReportContent = serde_json::from_str(&text).map_err(|error| {
        refusal(
            ErrorCode::ReportInvalid,
            format!("the report cannot be read: {error}"),
        )
    })?;
    let record = Record::write(data).await?;
    let by = record.person(by, Role::Analyst).await?;
    let ledger = record.ledger().await?;
    let mut tx = record.store.begin().await?;
    let received = receive_report(
        &mut tx,
        &record.ctx,
        &ledger,
        content,
        Actor::User { id: by.id },
    )
    .await
    .map_err(crate::failure::casework)?;
    tx.commit().await?;
    record.close().await?;
    let taken = Taken {
        report_id: received.report.id,
        priority: received.report.priority,
        merged: matches!(received.report.state, ReportState::Merged { .. }),
        state: received.report.state,
        case_id: received.case.id,
        case_number: received.case.number,
    };
    output.result(&taken, || {
        let joined = if taken.merged { "joined to" } else { "opened" };
        format!(
            "{} taken, {}; {joined} case {} ({})",
            taken.report_id, taken.priority, taken.case_number, taken.case_id
        )
    })
}

fn read_bounded(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(BYTES_MAX + 1)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(file)
            .and_then(|open| open.take(BYTES_MAX + 1).read_to_string(&mut text))
    };
    let bytes = read.with_context(|| format!("cannot read {}", file.display()))?;
    if u64::try_from(bytes).is_ok_and(|bytes| bytes <= BYTES_MAX) {
        return Ok(text);
    }
    Err(refusal(
        ErrorCode::RequestTooLarge,
        format!("{} is larger than {BYTES_MAX} bytes", file.display()),
    ))
}
