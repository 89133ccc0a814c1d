//! `stanch case`: list and show cases.

use std::path::Path;

use clap::Subcommand;
use serde::Serialize;
use stanch_store::{CaseFilter, StoreError, Tx, WholeList};
use stanch_types::order::{Order, OrderState};
use stanch_types::plan::Plan;
use stanch_types::report::{Priority, Report};
use stanch_types::{ErrorCode, Timestamp, case};

use crate::failure::refusal;
use crate::output::Output;
use crate::record::read_store;

/// What can be asked about cases.
#[derive(Debug, Subcommand)]
pub enum Case {
    /// List cases, the most urgent first
    List {
        /// Only those in this state (open, filed, solved, suspended, withdrawn, closed)
        #[arg(long)]
        state: Option<String>,
        /// Only those of this priority
        #[arg(long, value_parser = clap::value_parser!(Priority))]
        priority: Option<Priority>,
    },
    /// Show a case with its report, plan and orders
    Show {
        /// The case: its id or its number
        case: String,
    },
}

/// A case with all that belongs to it.
#[derive(Debug, Serialize)]
struct CaseFile {
    case: case::Case,
    report: Report,
    plan: Option<Plan>,
    orders: Vec<Order>,
}

/// Runs `stanch case`.
pub async fn run(command: &Case, data: &Path, output: &Output) -> anyhow::Result<()> {
    let store = read_store(data).await?;
    let mut tx = store.read().await?;
    match command {
        Case::List { state, priority } => {
            let filter = CaseFilter {
                state: state.clone(),
                priority: *priority,
                assigned_to: None,
            };
            let cases = all_cases(&mut tx, &filter).await?;
            output.table(
                &cases,
                &["number", "priority", "state", "opened", "loss", "id"],
                |case| {
                    vec![
                        case.number.clone(),
                        case.priority.to_string(),
                        case.state.as_str().to_owned(),
                        case.opened_at.to_string(),
                        case.loss.to_string(),
                        case.id.to_string(),
                    ]
                },
            )
        }
        Case::Show { case } => {
            let case = find(&mut tx, case).await?;
            let file = CaseFile {
                report: tx.report_of_case(case.id).await?,
                plan: tx.latest_plan(case.id).await?,
                orders: super::order::of_case(&mut tx, case.id).await?,
                case,
            };
            output.result(&file, || describe(&file))
        }
    }
}

/// The case named by id or number.
pub async fn find(tx: &mut Tx, name: &str) -> anyhow::Result<case::Case> {
    let found = match name.parse() {
        Ok(id) => tx.lookup_case(id).await?,
        Err(_) => tx.lookup_case_by_number(name).await?,
    };
    found.ok_or_else(|| {
        refusal(
            ErrorCode::CaseNotFound,
            format!("there is no case `{name}`"),
        )
    })
}

async fn all_cases(tx: &mut Tx, filter: &CaseFilter) -> Result<Vec<case::Case>, StoreError> {
    let mut all = WholeList::up_to(usize::MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_cases(filter, &page).await?);
    }
    Ok(all.items)
}

fn describe(file: &CaseFile) -> String {
    let CaseFile {
        case, plan, orders, ..
    } = file;
    let clock = &case.clock;
    let mark = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let mut lines = vec![
        format!(
            "case {} ({}), {}, {}",
            case.number,
            case.id,
            case.priority,
            case.state.as_str()
        ),
        format!(
            "loss {} in {} payments",
            case.loss,
            case.victim_payments.len()
        ),
        format!("t0 transfer   {}", mark(clock.transfer_at)),
        format!("t1 report     {}", clock.report_at),
        format!("t2 trace      {}", mark(clock.trace_at)),
        format!("t3 order sent {}", mark(clock.order_sent_at)),
        format!("t4 money held {}", mark(clock.executed_at)),
    ];
    if let Some(plan) = plan {
        lines.push(format!(
            "plan v{} ({}), {} accounts",
            plan.version,
            plan.state.as_str(),
            plan.lines.len()
        ));
    }
    for order in orders {
        lines.push(format!(
            "{}  {}  {}  {}",
            order.id,
            order.content.kind,
            order.state.as_str(),
            held(order)
        ));
    }
    lines.join("\n")
}

/// What an order holds, for people.
pub fn held(order: &Order) -> String {
    if let OrderState::Active {
        held, expires_at, ..
    } = &order.state
    {
        format!("holds {held} until {expires_at}")
    } else {
        String::new()
    }
}
