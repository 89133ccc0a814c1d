//! `stanch plan`: make or show a case's recovery plan, or replay plans on recorded payments.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use stanch_casework::plan_case;
use stanch_types::plan::{Plan, PlanReason};

use crate::output::{Output, write_whole};
use crate::progress::Progress;
use crate::record::{Record, read_store};

/// Arguments of `stanch plan`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The case: its id or its number
    #[arg(required_unless_present = "replay")]
    case: Option<String>,
    /// Show the latest plan instead of making one
    #[arg(long, requires = "case")]
    show: bool,
    /// Plan on the payments of a folder as they came, never looking ahead, and write the orders to --out
    ///
    /// Reads tx.csv, accounts.csv, cases.csv, victim_payments.csv and, if there, institutions.csv (also .gz or .zst).
    /// Nothing of the state folder is read or changed.
    #[arg(long, value_name = "DIR", requires = "out", conflicts_with = "case")]
    replay: Option<PathBuf>,
    /// Most orders of a case in a replay, or `none`
    #[arg(
        long,
        value_name = "N|none",
        default_value = "none",
        requires = "replay"
    )]
    budget: Budget,
    /// Where a replay writes its orders (CSV)
    #[arg(long, value_name = "FILE", requires = "replay")]
    out: Option<PathBuf>,
}

/// Most orders of a case; none: as many as are worth it.
#[derive(Debug, Clone, Copy)]
struct Budget(Option<usize>);

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let orders = text
            .parse()
            .ok()
            .filter(|orders| (1..=10_000).contains(orders));
        let orders =
            orders.ok_or("a budget is `none` or a whole number of orders from 1 to 10000")?;
        Ok(Self(Some(orders)))
    }
}

/// Runs `stanch plan`.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    if let (Some(dir), Some(out)) = (&arguments.replay, &arguments.out) {
        return replay(dir, arguments.budget, out, output);
    }
    let name = arguments.case.as_deref().unwrap_or_default();
    let plan = if arguments.show {
        let store = read_store(data).await?;
        let mut tx = store.read().await?;
        let case = super::case::find(&mut tx, name).await?;
        tx.latest_plan(case.id).await?
    } else {
        let record = Record::write(data).await?;
        let ledger = record.ledger().await?;
        let mut tx = record.store.begin().await?;
        let case = super::case::find(&mut tx, name).await?;
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

/// Runs `stanch plan --replay`.
fn replay(dir: &Path, budget: Budget, out: &Path, output: &Output) -> anyhow::Result<()> {
    let mut bar = Progress::new(output, "bytes");
    let mut orders = Vec::new();
    let summary = stanch_ledger::replay_plans(dir, budget.0, &mut orders, &mut |at| {
        bar.at(at.bytes_read, at.bytes_total.unwrap_or(at.bytes_read));
        bar.say(format!("{} payments", at.payments));
    })?;
    bar.finish();
    write_whole(out, &orders)?;
    output.result(&summary, || {
        let mut said = format!(
            "{} payments, {} cases, {} orders in {}",
            summary.payments,
            summary.cases,
            summary.orders,
            out.display()
        );
        if summary.accounts == 0 {
            said.push_str("\nno accounts.csv: balances started at 0, and no account was known to be cash");
        }
        if summary.cases_without_payments > 0 {
            let without = summary.cases_without_payments;
            said.push_str(&format!(
                "\n{without} cases have no line in victim_payments.csv; nothing was planned for them"
            ));
        }
        said
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
