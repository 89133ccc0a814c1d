//! `stanch report`: take and show reports.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;
use stanch_casework::receive_report;
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
