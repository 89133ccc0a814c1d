//! `stanch order`: the life of orders from the command line.

use std::path::Path;

use clap::{Args, Subcommand};
use stanch_casework::{PlanSubmission, SubmittedLine, approve_plan, submit_plan};
use stanch_store::{OrderFilter, StoreError, Tx, WholeList};
use stanch_types::order::{Authority, Order, OrderContent, OrderKind, OrderTransition};
use stanch_types::user::Role;
use stanch_types::{CaseId, ErrorCode, OrderId};

use crate::failure::refusal;
use crate::output::Output;
use crate::record::{Record, read_store};

/// What can be done with orders.
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// List orders
    List {
        /// Only those of this case (id or number)
        #[arg(long)]
        case: Option<String>,
        /// Only those in this state
        #[arg(long)]
        state: Option<String>,
    },
    /// Show an order with its steps and answers
    Show {
        /// Its id
        id: OrderId,
    },
    /// Draft the orders of a case's latest plan
    Submit(Submit),
    /// Draft an extension, release or freeze of a hold in force
    Draft(Draft),
    /// Approve a drafted order, or all drafts of a case's plan; they are signed, and sent while
    /// `stanch serve` runs
    Approve {
        /// The order's id, or the case's id or number
        order: String,
        /// The approver; another person than the one who drafted it
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Take back an order that is not signed yet
    Withdraw {
        /// Its id
        id: OrderId,
        /// Who takes it back
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Print the signed document of an order
    Document {
        /// Its id
        id: OrderId,
    },
}

/// Arguments of `stanch order submit`.
#[derive(Debug, Args)]
pub struct Submit {
    /// The case: its id or its number
    case: String,
    /// Who drafts
    #[arg(long = "as", value_name = "LOGIN")]
    by: String,
    /// Ranks of the plan's lines to order; all if none is given
    #[arg(long = "line", value_name = "RANK")]
    lines: Vec<i32>,
    /// The applying body, such as a county public security bureau
    #[arg(long, value_name = "NAME", requires = "authority_reference")]
    authority_body: Option<String>,
    /// Its case or document number
    #[arg(long, value_name = "NUMBER", requires = "authority_body")]
    authority_reference: Option<String>,
    /// Emergency stop of at most 48 h: one person and no authority suffice
    #[arg(long)]
    emergency: bool,
    /// Why, in words
    #[arg(long)]
    reason: String,
}

/// Arguments of `stanch order draft`.
#[derive(Debug, Args)]
pub struct Draft {
    /// `stop_extension`, `stop_release`, freeze, `freeze_extension`, `freeze_release` or `redemption_release`
    #[arg(long)]
    kind: OrderKind,
    /// The order whose hold it concerns
    #[arg(long)]
    parent: OrderId,
    /// Who drafts
    #[arg(long = "as", value_name = "LOGIN")]
    by: String,
    /// The applying body
    #[arg(long, value_name = "NAME")]
    authority_body: String,
    /// Its case or document number
    #[arg(long, value_name = "NUMBER")]
    authority_reference: String,
    /// Why, in words
    #[arg(long)]
    reason: String,
}

/// An order with its history.
#[derive(Debug, serde::Serialize)]
struct OrderFile {
    order: Order,
    transitions: Vec<OrderTransition>,
    answers: Vec<stanch_types::order::OrderAnswer>,
}

/// Runs `stanch order`.
pub async fn run(command: &OrderCommand, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        OrderCommand::List { case, state } => {
            list(case.as_deref(), state.clone(), data, output).await
        }
        OrderCommand::Show { id } => show(*id, data, output).await,
        OrderCommand::Submit(arguments) => submit(arguments, data, output).await,
        OrderCommand::Draft(arguments) => draft(arguments, data, output).await,
        OrderCommand::Approve { order, by } => approve(order, by, data, output).await,
        OrderCommand::Withdraw { id, by, reason } => {
            let record = Record::write(data).await?;
            let by = record.person(by, Role::Analyst).await?;
            let mut tx = record.store.begin().await?;
            let order = stanch_orders::withdraw(&mut tx, &record.ctx, *id, by.id, reason)
                .await
                .map_err(crate::failure::orders)?;
            tx.commit().await?;
            record.close().await?;
            print(&[order], output)
        }
        OrderCommand::Document { id } => {
            let store = read_store(data).await?;
            let mut tx = store.read().await?;
            let document = stanch_orders::signed_document(&mut tx, *id)
                .await
                .map_err(crate::failure::orders)?;
            let document: serde_json::Value = serde_json::from_slice(&document)?;
            output.result(&document, || {
                serde_json::to_string_pretty(&document).unwrap_or_default()
            })
        }
    }
}

/// Every order of a case, oldest first.
pub async fn of_case(tx: &mut Tx, case_id: CaseId) -> Result<Vec<Order>, StoreError> {
    all(
        tx,
        &OrderFilter {
            case_id: Some(case_id),
            ..OrderFilter::default()
        },
    )
    .await
}

async fn all(tx: &mut Tx, filter: &OrderFilter) -> Result<Vec<Order>, StoreError> {
    let mut all = WholeList::up_to(usize::MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_orders(filter, &page).await?);
    }
    Ok(all.items)
}

fn print(orders: &[Order], output: &Output) -> anyhow::Result<()> {
    output.table(
        orders,
        &["order", "kind", "state", "institution", "account", ""],
        |order| {
            let target = &order.content.target;
            vec![
                order.id.to_string(),
                order.content.kind.to_string(),
                order.state.as_str().to_owned(),
                target.institution.to_string(),
                target.account.expose().to_owned(),
                super::case::held(order),
            ]
        },
    )
}

async fn list(
    case: Option<&str>,
    state: Option<String>,
    data: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let store = read_store(data).await?;
    let mut tx = store.read().await?;
    let case_id = match case {
        Some(name) => Some(super::case::find(&mut tx, name).await?.id),
        None => None,
    };
    let orders = all(
        &mut tx,
        &OrderFilter {
            case_id,
            state,
            ..OrderFilter::default()
        },
    )
    .await?;
    print(&orders, output)
}

async fn show(id: OrderId, data: &Path, output: &Output) -> anyhow::Result<()> {
    let store = read_store(data).await?;
    let mut tx = store.read().await?;
    let Some(order) = tx.lookup_order(id).await? else {
        return Err(refusal(
            ErrorCode::OrderNotFound,
            format!("there is no order `{id}`"),
        ));
    };
    let file = OrderFile {
        order,
        transitions: tx.order_transitions(id).await?,
        answers: tx.list_answers(id).await?,
    };
    output.result(&file, || {
        serde_json::to_string_pretty(&file).unwrap_or_default()
    })
}

async fn submit(arguments: &Submit, data: &Path, output: &Output) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let by = record.person(&arguments.by, Role::Analyst).await?;
    let ledger = record.ledger().await?;
    let mut tx = record.store.begin().await?;
    let case = super::case::find(&mut tx, &arguments.case).await?;
    let Some(plan) = tx.latest_plan(case.id).await? else {
        return Err(refusal(
            ErrorCode::PlanNotFound,
            format!(
                "case {} has no plan; make one by `stanch plan`",
                case.number
            ),
        ));
    };
    let ranks = plan.lines.iter().map(|line| line.rank);
    let wanted = ranks.filter(|rank| arguments.lines.is_empty() || arguments.lines.contains(rank));
    let submission = PlanSubmission {
        lines: wanted
            .map(|rank| SubmittedLine {
                rank,
                hold: None,
                whole_account_reason: None,
            })
            .collect(),
        authority: authority(
            arguments.authority_body.as_deref(),
            arguments.authority_reference.as_deref(),
        ),
        emergency: arguments.emergency,
        reason: arguments.reason.clone(),
    };
    let orders = submit_plan(&mut tx, &record.ctx, &ledger, plan.id, by.id, submission)
        .await
        .map_err(crate::failure::casework)?;
    tx.commit().await?;
    record.close().await?;
    print(&orders, output)
}

fn authority(body: Option<&str>, reference: Option<&str>) -> Option<Authority> {
    Some(Authority {
        body: body?.to_owned(),
        reference: reference?.to_owned(),
    })
}

async fn draft(arguments: &Draft, data: &Path, output: &Output) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let by = record.person(&arguments.by, Role::Analyst).await?;
    let mut tx = record.store.begin().await?;
    let Some(parent) = tx.lookup_order(arguments.parent).await? else {
        return Err(refusal(
            ErrorCode::OrderNotFound,
            format!("there is no order `{}`", arguments.parent),
        ));
    };
    let content = OrderContent {
        kind: arguments.kind,
        parent: Some(parent.id),
        reason: arguments.reason.clone(),
        authority: authority(
            Some(&arguments.authority_body),
            Some(&arguments.authority_reference),
        ),
        emergency: false,
        ..parent.content
    };
    let order = stanch_orders::draft(&mut tx, &record.ctx, content, by.id)
        .await
        .map_err(crate::failure::orders)?;
    tx.commit().await?;
    record.close().await?;
    print(&[order], output)
}

async fn approve(name: &str, by: &str, data: &Path, output: &Output) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let by = record.person(by, Role::Approver).await?;
    let signer = record.signer()?;
    let mut tx = record.store.begin().await?;
    let orders = if let Ok(id) = name.parse::<OrderId>() {
        let approved = stanch_orders::approve(&mut tx, &record.ctx, &signer, id, by.id).await;
        vec![approved.map_err(crate::failure::orders)?]
    } else {
        let case = super::case::find(&mut tx, name).await?;
        let Some(plan) = tx.latest_plan(case.id).await? else {
            return Err(refusal(
                ErrorCode::PlanNotFound,
                format!("case {} has no plan", case.number),
            ));
        };
        let approved = approve_plan(&mut tx, &record.ctx, &signer, plan.id, by.id).await;
        approved.map_err(crate::failure::casework)?
    };
    tx.commit().await?;
    record.close().await?;
    print(&orders, output)
}
