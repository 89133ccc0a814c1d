//! From a plan to orders: one person puts lines forward, another approves or declines them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use stanch_graph::Graph;
use stanch_ledger::Ledger;
use stanch_orders::OrderSigner;
use stanch_store::{OrderFilter, Tx, WholeList};
use stanch_types::case::Case;
use stanch_types::order::{
    Authority, DisputedTransfer, HoldScope, Order, OrderContent, OrderKind, OrderState,
};
use stanch_types::plan::{Plan, PlanLine, PlanState};
use stanch_types::user::Actor;
use stanch_types::{AccountRef, Amount, Ctx, Duration, PlanId, Timestamp, UserId};

use crate::error::{CaseworkError, Finding};
use crate::plan::orders_of;
use crate::record::{audit, enqueue_plan, feed_plan};
use crate::trace::{amount, follow};

/// Most lines put forward at once.
pub const LINES_MAX: usize = 200;

/// One line that is to become an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmittedLine {
    /// The line's rank in the plan.
    #[schema(minimum = 1)]
    pub rank: i32,
    /// How much to hold; default the plan's suggestion, which is also the most.
    #[serde(default)]
    pub hold: Option<Amount>,
    /// If the whole account is to be held: why a limited amount does not do.
    #[serde(default)]
    #[schema(min_length = 10, max_length = 500)]
    pub whole_account_reason: Option<String>,
}

/// Which lines of a plan become orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Submission)]
pub struct PlanSubmission {
    /// The lines, 1 to 200.
    #[schema(min_items = 1, max_items = 200)]
    pub lines: Vec<SubmittedLine>,
    /// The legal authority; needed unless it is an emergency.
    #[serde(default)]
    pub authority: Option<Authority>,
    /// An emergency stop of at most 48 h.
    #[serde(default)]
    pub emergency: bool,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Puts lines of a plan forward: drafts an order for each, and for fund units one more that stops the account to which
/// a redemption would pay (rule 8).
///
/// # Errors
/// [`CaseworkError::PlanState`] unless the plan is proposed and the case's newest;
/// [`CaseworkError::SubmissionInvalid`]; [`CaseworkError::Orders`] when an order breaks a rule (nothing is kept then).
pub async fn submit_plan(
    tx: &mut Tx,
    ctx: &Ctx,
    ledger: &Ledger,
    plan_id: PlanId,
    by: UserId,
    submission: PlanSubmission,
) -> Result<Vec<Order>, CaseworkError> {
    let mut plan = tx.lock_plan(plan_id).await?;
    if plan.state != PlanState::Proposed {
        return Err(CaseworkError::PlanState(plan.state.as_str()));
    }
    if tx.latest_plan(plan.case_id).await?.map(|last| last.id) != Some(plan.id) {
        return Err(CaseworkError::PlanState("superseded"));
    }
    let chosen = choose(&plan, &submission).map_err(CaseworkError::SubmissionInvalid)?;
    let case = tx.get_case(plan.case_id).await?;
    let evidence = Evidence::of(&ledger.graph(), &case, &chosen);
    let mut busy = busy_accounts(&orders_of(tx, case.id).await?);
    busy.extend(chosen.iter().map(|chosen| chosen.line.target.clone()));
    let mut orders = Vec::with_capacity(chosen.len());
    for chosen in &chosen {
        let (holds, settlement) = contents(&plan, chosen, &submission, &evidence);
        orders.push(stanch_orders::draft(tx, ctx, holds, by).await?);
        if let Some(stop) = settlement
            && busy.insert(stop.target.clone())
        {
            orders.push(stanch_orders::draft(tx, ctx, stop, by).await?);
        }
    }
    plan.state = PlanState::Submitted { by, at: ctx.now() };
    let facts = json!({ "case_id": plan.case_id, "orders": orders.len() });
    settle(tx, ctx, &plan, by, "plan.submitted", facts).await?;
    Ok(orders)
}

/// Approves every order of a submitted plan that still waits; they are signed and go out, and the case is planned anew.
///
/// # Errors
/// [`CaseworkError::PlanState`] unless the plan is submitted; [`CaseworkError::Orders`] when the same person drafted
/// an order that is not an emergency stop (nothing is kept then).
pub async fn approve_plan(
    tx: &mut Tx,
    ctx: &Ctx,
    signer: &OrderSigner,
    plan_id: PlanId,
    by: UserId,
) -> Result<Vec<Order>, CaseworkError> {
    let mut plan = lock_submitted(tx, plan_id).await?;
    let mut orders = Vec::new();
    for order in drafts_of(tx, plan_id).await? {
        orders.push(stanch_orders::approve(tx, ctx, signer, order.id, by).await?);
    }
    plan.state = PlanState::Approved { by, at: ctx.now() };
    let facts = json!({ "case_id": plan.case_id, "orders": orders.len() });
    settle(tx, ctx, &plan, by, "plan.approved", facts).await?;
    // What moved while the plan waited is planned now.
    enqueue_plan(tx, ctx, plan.case_id, Duration::ZERO).await?;
    Ok(orders)
}

/// Declines a submitted plan: its waiting orders are withdrawn, and the case is planned anew.
///
/// # Errors
/// [`CaseworkError::PlanState`] unless the plan is submitted; [`CaseworkError::Orders`] without a reason.
pub async fn decline_plan(
    tx: &mut Tx,
    ctx: &Ctx,
    plan_id: PlanId,
    by: UserId,
    reason: &str,
) -> Result<Plan, CaseworkError> {
    let mut plan = lock_submitted(tx, plan_id).await?;
    let chars = reason.trim().chars().count();
    if !(1..=500).contains(&chars) {
        let finding = Finding::new("/reason", "it has 1 to 500 characters");
        return Err(CaseworkError::SubmissionInvalid(vec![finding]));
    }
    for order in drafts_of(tx, plan_id).await? {
        stanch_orders::withdraw(tx, ctx, order.id, by, reason).await?;
    }
    plan.state = PlanState::Superseded { at: ctx.now() };
    let facts = json!({ "case_id": plan.case_id });
    settle(tx, ctx, &plan, by, "plan.declined", facts).await?;
    enqueue_plan(tx, ctx, plan.case_id, Duration::ZERO).await?;
    Ok(plan)
}

async fn lock_submitted(tx: &mut Tx, plan_id: PlanId) -> Result<Plan, CaseworkError> {
    let plan = tx.lock_plan(plan_id).await?;
    if matches!(plan.state, PlanState::Submitted { .. }) {
        Ok(plan)
    } else {
        Err(CaseworkError::PlanState(plan.state.as_str()))
    }
}

async fn settle(
    tx: &mut Tx,
    ctx: &Ctx,
    plan: &Plan,
    by: UserId,
    action: &'static str,
    facts: serde_json::Value,
) -> Result<(), CaseworkError> {
    tx.update_plan(plan).await?;
    let actor = Actor::User { id: by };
    audit(tx, ctx, actor, action, plan.id.to_string(), facts).await?;
    feed_plan(tx, ctx, "plan.updated", plan).await
}

async fn drafts_of(tx: &mut Tx, plan_id: PlanId) -> Result<Vec<Order>, CaseworkError> {
    let filter = OrderFilter {
        plan_id: Some(plan_id),
        state: Some(OrderState::Draft.as_str().to_owned()),
        ..OrderFilter::default()
    };
    let mut all = WholeList::up_to(2 * LINES_MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_orders(&filter, &page).await?);
    }
    Ok(all.items)
}

/// A line that was put forward, with what is to be held.
struct Chosen<'a> {
    line: &'a PlanLine,
    hold: Amount,
    whole_account_reason: Option<&'a str>,
}

fn choose<'a>(
    plan: &'a Plan,
    submission: &'a PlanSubmission,
) -> Result<Vec<Chosen<'a>>, Vec<Finding>> {
    let mut findings = Vec::new();
    if !(1..=LINES_MAX).contains(&submission.lines.len()) {
        findings.push(Finding::new("/lines", "it has 1 to 200 lines"));
    }
    let mut ranks = BTreeSet::new();
    let mut chosen = Vec::new();
    for (index, submitted) in submission.lines.iter().enumerate() {
        let at = |member: &str| format!("/lines/{index}{member}");
        let Some(line) = plan.lines.iter().find(|line| line.rank == submitted.rank) else {
            findings.push(Finding::new(
                at("/rank"),
                "the plan has no line of this rank",
            ));
            continue;
        };
        if !ranks.insert(submitted.rank) {
            findings.push(Finding::new(at("/rank"), "the line is put forward twice"));
        }
        let hold = submitted.hold.unwrap_or(line.hold);
        if hold.currency() != line.hold.currency() {
            let rule = "it is not the currency of the line";
            findings.push(Finding::new(at("/hold/currency"), rule));
        } else if !(1..=line.hold.minor()).contains(&hold.minor()) {
            let rule = "it is more than 0 and at most the plan's suggestion";
            findings.push(Finding::new(at("/hold/minor"), rule));
        }
        let reason = submitted.whole_account_reason.as_deref();
        if reason.is_some() && (submitted.hold.is_some() || line.redemption_product.is_some()) {
            let rule = "a whole account is held without an amount, and fund units never whole";
            findings.push(Finding::new(at("/whole_account_reason"), rule));
        }
        chosen.push(Chosen {
            line,
            hold,
            whole_account_reason: reason,
        });
    }
    if findings.is_empty() {
        Ok(chosen)
    } else {
        Err(findings)
    }
}

/// The order of a line, and for fund units the stop of the account to which a redemption would pay.
fn contents(
    plan: &Plan,
    chosen: &Chosen<'_>,
    submission: &PlanSubmission,
    evidence: &Evidence,
) -> (OrderContent, Option<OrderContent>) {
    let line = chosen.line;
    let content = |kind, target: &AccountRef, scope| OrderContent {
        kind,
        case_id: plan.case_id,
        plan_id: Some(plan.id),
        parent: None,
        target: target.clone(),
        // Victims see masked or invented names; a wrong one would make the institution refuse.
        holder_name: None,
        scope,
        disputed: evidence.disputed(target),
        reason: submission.reason.clone(),
        authority: submission.authority.clone(),
        emergency: submission.emergency,
    };
    let limited = HoldScope::LimitedAmount {
        amount: chosen.hold,
    };
    match (&line.redemption_product, chosen.whole_account_reason) {
        (Some(product), _) => {
            let units = HoldScope::FundUnits {
                product: product.clone(),
                // A money-market unit is worth one yuan: hundredths of a unit are minor units of the currency.
                units_centi: chosen.hold.minor(),
                amount: chosen.hold,
            };
            let hold = content(OrderKind::RedemptionHold, &line.target, units);
            let stop = line
                .settlement
                .as_ref()
                .map(|account| content(OrderKind::StopPayment, account, limited));
            (hold, stop)
        }
        (None, Some(reason)) => {
            let reason = reason.to_owned();
            let whole = HoldScope::WholeAccount { reason };
            (content(OrderKind::StopPayment, &line.target, whole), None)
        }
        (None, None) => (content(OrderKind::StopPayment, &line.target, limited), None),
    }
}

/// Accounts with a hold that is in force or on its way.
fn busy_accounts(orders: &[Order]) -> BTreeSet<AccountRef> {
    orders
        .iter()
        .filter(|order| {
            let under_way = matches!(
                order.state,
                OrderState::Draft
                    | OrderState::Approved { .. }
                    | OrderState::Signed { .. }
                    | OrderState::Active { .. }
            );
            under_way || order.state.awaits_answer()
        })
        .map(|order| order.content.target.clone())
        .collect()
}

/// For each account, the transfer that brought most of the stolen money, so that the institution can check (rule 2).
struct Evidence(Vec<(AccountRef, DisputedTransfer)>);

impl Evidence {
    fn of(graph: &Graph, case: &Case, chosen: &[Chosen<'_>]) -> Self {
        let Ok(trace) = follow(graph, case, stanch_types::plan::TraceMethod::Fifo, None) else {
            return Self(Vec::new());
        };
        let found = chosen.iter().filter_map(|chosen| {
            let target = &chosen.line.target;
            let account = graph.lookup_account(target, trace.currency)?;
            let (_, payment) = trace
                .transfers
                .iter()
                .filter_map(|transfer| Some((transfer, graph.payment(transfer.payment)?)))
                .filter(|(_, payment)| payment.to == account)
                .max_by_key(|(transfer, payment)| (transfer.stolen_minor, payment.at_ms))?;
            let disputed = DisputedTransfer {
                tx_id: payment.tx_id.to_string(),
                payer: graph.account(payment.from)?.reference(),
                amount: amount(payment.minor, trace.currency),
                occurred_at: Timestamp::from_millis(payment.at_ms),
            };
            Some((target.clone(), disputed))
        });
        Self(found.collect())
    }

    fn disputed(&self, target: &AccountRef) -> Option<DisputedTransfer> {
        let found = self.0.iter().find(|(account, _)| account == target);
        found.map(|(_, disputed)| disputed.clone())
    }
}
