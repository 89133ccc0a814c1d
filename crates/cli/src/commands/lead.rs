//! `stanch lead`: the ledger of leads, their steps, and the funnel.

use std::path::Path;

use clap::Subcommand;
use stanch_casework::{LeadStep, step_lead};
use stanch_store::{LeadFilter, WholeList};
use stanch_types::lead::{Lead as Stored, LeadState, OutcomeKind};
use stanch_types::report::Priority;
use stanch_types::user::Role;
use stanch_types::{Ctx, Duration, LeadId, Timestamp};

use crate::failure::casework;
use crate::output::Output;
use crate::record::{Record, read_store};

/// What can be done with leads.
#[derive(Debug, Subcommand)]
pub enum Lead {
    /// List leads, the most urgent first
    List {
        /// Only those in this state (new, assigned, investigating, referred, no_action, merged, outcome_recorded)
        #[arg(long)]
        state: Option<String>,
        /// Only those of this priority
        #[arg(long, value_parser = clap::value_parser!(Priority))]
        priority: Option<Priority>,
        /// Only those referred to this unit
        #[arg(long)]
        unit: Option<String>,
        /// Only referrals whose answer is overdue
        #[arg(long)]
        overdue: bool,
    },
    /// Show a lead
    Show {
        /// Its id
        id: LeadId,
    },
    /// Count what reports became: leads, cases, outcomes, by day and unit
    Funnel {
        /// From when on; 90 days before the end if left out
        #[arg(long)]
        from: Option<Timestamp>,
        /// Until before when; now if left out
        #[arg(long)]
        to: Option<Timestamp>,
        /// Only this unit
        #[arg(long)]
        unit: Option<String>,
    },
    /// Give a lead to an analyst
    Assign {
        /// The lead
        id: LeadId,
        /// To whom
        #[arg(long, value_name = "LOGIN")]
        to: String,
        /// Who does it
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Begin to work on a lead
    Investigate {
        /// The lead
        id: LeadId,
        /// Who does it
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Hand a lead to another unit, which must answer with the outcome
    Refer {
        /// The lead
        id: LeadId,
        /// To which unit
        #[arg(long)]
        to: String,
        /// By when it must have answered
        #[arg(long)]
        due: Timestamp,
        /// Who does it
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Say that nothing is to be done
    NoAction {
        /// The lead
        id: LeadId,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who does it
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Join a lead to another
    Merge {
        /// The lead
        id: LeadId,
        /// To which
        #[arg(long)]
        into: LeadId,
        /// Who does it
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Put on record what came of a lead
    Outcome {
        /// The lead
        id: LeadId,
        /// What: solved, recovered, unproven, not_fraud, duplicate
        #[arg(long, value_parser = clap::value_parser!(OutcomeKind))]
        kind: OutcomeKind,
        /// In words
        #[arg(long)]
        detail: String,
        /// Who said so
        #[arg(long)]
        told_by: String,
        /// Who does it
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
}

/// Runs `stanch lead`.
pub async fn run(command: &Lead, data: &Path, output: &Output) -> anyhow::Result<()> {
    let (id, step, by) = match command {
        Lead::List {
            state,
            priority,
            unit,
            overdue,
        } => {
            let filter = LeadFilter {
                state: state.clone(),
                priority: *priority,
                owner: None,
                unit: unit.clone(),
                overdue_at: overdue.then(|| Ctx::system().now()),
            };
            return list(&filter, data, output).await;
        }
        Lead::Show { id } => {
            let lead = read_store(data).await?.read().await?.get_lead(*id).await?;
            return show(&lead, output);
        }
        Lead::Funnel { from, to, unit } => {
            return funnel(*from, *to, unit.as_deref(), data, output).await;
        }
        Lead::Assign { id, to, by } => {
            let record = Record::write(data).await?;
            let to = record.person(to, Role::Analyst).await?.id;
            return take(record, *id, LeadStep::Assign { to }, by, output).await;
        }
        Lead::Investigate { id, by } => (id, LeadStep::Investigate {}, by),
        Lead::Refer { id, to, due, by } => {
            let to = to.clone();
            (id, LeadStep::Refer { to, due_at: *due }, by)
        }
        Lead::NoAction { id, reason, by } => {
            let reason = reason.clone();
            (id, LeadStep::NoAction { reason }, by)
        }
        Lead::Merge { id, into, by } => (id, LeadStep::Merge { into: *into }, by),
        Lead::Outcome {
            id,
            kind,
            detail,
            told_by,
            by,
        } => {
            let step = LeadStep::RecordOutcome {
                kind: *kind,
                detail: detail.clone(),
                told_by: told_by.clone(),
            };
            (id, step, by)
        }
    };
    take(Record::write(data).await?, *id, step, by, output).await
}

async fn take(
    record: Record,
    id: LeadId,
    step: LeadStep,
    by: &str,
    output: &Output,
) -> anyhow::Result<()> {
    let by = record.person(by, Role::Analyst).await?;
    let mut tx = record.store.begin().await?;
    let lead = step_lead(&mut tx, &record.ctx, id, step, by.id)
        .await
        .map_err(casework)?;
    tx.commit().await?;
    record.close().await?;
    show(&lead, output)
}

async fn list(filter: &LeadFilter, data: &Path, output: &Output) -> anyhow::Result<()> {
    let store = read_store(data).await?;
    let mut tx = store.read().await?;
    let mut all = WholeList::up_to(usize::MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_leads(filter, &page).await?);
    }
    output.table(
        &all.items,
        &["priority", "state", "opened", "due", "id"],
        |lead| {
            let due = match &lead.state {
                LeadState::Referred { due_at, .. } => due_at.to_string(),
                LeadState::New
                | LeadState::Assigned { .. }
                | LeadState::Investigating { .. }
                | LeadState::NoAction { .. }
                | LeadState::Merged { .. }
                | LeadState::OutcomeRecorded { .. } => String::new(),
            };
            vec![
                lead.priority.to_string(),
                lead.state.as_str().to_owned(),
                lead.opened_at.to_string(),
                due,
                lead.id.to_string(),
            ]
        },
    )
}

fn show(lead: &Stored, output: &Output) -> anyhow::Result<()> {
    output.result(lead, || {
        format!("{}  {}  {}", lead.id, lead.priority, lead.state.as_str())
    })
}

async fn funnel(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    unit: Option<&str>,
    data: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let to = to.unwrap_or_else(|| Ctx::system().now());
    let from = from.unwrap_or_else(|| to.minus(Duration::from_days(90)));
    let store = read_store(data).await?;
    let counts = store.read().await?.funnel(from, to, unit).await?;
    let mut rows = Vec::new();
    for (what, counts) in [
        ("report", counts.reports),
        ("lead", counts.leads),
        ("case", counts.cases),
    ] {
        rows.extend(counts.into_iter().map(|count| {
            let day: String = count.day.to_string().chars().take(10).collect();
            serde_json::json!({
                "day": day, "what": what, "unit": count.unit, "state": count.word, "count": count.count,
            })
        }));
    }
    let columns = ["day", "what", "unit", "state", "count"];
    output.table(&rows, &columns, |row| {
        columns
            .iter()
            .map(|column| match row.get(*column) {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            })
            .collect()
    })
}
