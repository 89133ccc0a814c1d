//! `stanch plan`: make or show a case's recovery plan.

use std::path::Path;

use clap::Args;
use stanch_casework::plan_case;
use stanch_types::plan::{Plan, PlanReason};

use crate::output::Output;
use crate::record::{Record, read_store};

/// Arguments of `stanch plan`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The case: its id or its number
    case: String,
    /// Show the latest plan instead of making one
    #[arg(long)]
    show: bool,
}

/// Runs `stanch plan`.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    let plan = if arguments.show {
        let store = read_store(data).await?;
        let mut tx = store.read().await?;
        let case = super::case::find(&mut tx, &arguments.case).await?;
        tx.latest_plan(case.id).await?
    } else {
        let record = Record::write(data).await?;
        let ledger = record.ledger().await?;
        let mut tx = record.store.begin().await?;
        let case = super::case::find(&mut tx, &arguments.case).await?;
        let plan = plan_case(&mut tx, &record.ctx, &ledger, case.id)
            .await
            .map_err(crate::failure::casework)?;
        tx.commit().await?;
        record.close().await?;
        Some(plan)
    };
    output.result(&plan, || {
        plan.as_ref()
            .map_or_else(|| "no plan yet".to_owned(), describe)
    })
}

fn describe(plan: &Plan) -> String {
    let mut lines = vec![format!(
        "{} version {} ({}), {} accounts, out of reach {}",
        plan.id,
        plan.version,
        plan.state.as_str(),
        plan.lines.len(),
        plan.out_of_reach
    )];
    for line in &plan.lines {
        lines.push(format!(
            "{:>3}. {} {}  hold {} of {} (stolen {}, survival {}.{:02} %, expected {})  {}",
            line.rank,
            line.target.institution,
            line.target.account.expose(),
            line.hold,
            line.balance,
            line.stolen,
            line.survival.get() / 100,
            line.survival.get() % 100,
            line.expected,
            reason(&line.reason)
        ));
    }
    lines.join("\n")
}

fn reason(reason: &PlanReason) -> String {
    match reason {
        PlanReason::FirstRecipient { payments } => {
            format!("received {payments} of the victim's payments")
        }
        PlanReason::PassedOn {
            from,
            last_arrival_at,
        } => format!(
            "received money passed on by {} {}, last at {last_arrival_at}",
            from.institution,
            from.account.masked()
        ),
        PlanReason::FundUnits { from } => {
            format!(
                "fund units bought by {} {}",
                from.institution,
                from.account.masked()
            )
        }
    }
}
