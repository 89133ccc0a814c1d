//! Making a case's plan: where the money is now, less what orders hold or are about to hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use stanch_graph::{Graph, PlanDraft, PlanRequest, plan as rank};
use stanch_ledger::Ledger;
use stanch_orders::may_stop;
use stanch_store::{OrderFilter, PageRequest, ReportFilter, Tx, WholeList};
use stanch_types::case::{Case, CaseState};
use stanch_types::order::{HoldScope, Order, OrderEffect, OrderState};
use stanch_types::plan::{Plan, PlanLine, PlanState, TraceMethod};
use stanch_types::report::{Report, ReportState};
use stanch_types::user::Actor;
use stanch_types::{
    AccountRef, Amount, CaseId, Ctx, Duration, InstitutionCode, MoneyError, Timestamp,
};

use crate::error::CaseworkError;
use crate::matching::{describe, match_payments};
use crate::record::{audit, feed_case, feed_plan};
use crate::trace::{HeldAmounts, follow};

/// How plans follow the money.
const METHOD: TraceMethod = TraceMethod::Fifo;
/// Most orders of a case that are looked at.
const ORDERS_MAX: usize = 2_000;

/// Plans a case on what the ledger now knows. Told payments that were not in the records are looked for again. A new
/// version is stored only when it asks for other holds than the last one; the version that waited is superseded. While
/// a version waits for its second person it stays the latest: people approve what they read. The decision plans anew.
///
/// # Errors
/// [`CaseworkError::CaseState`]; [`CaseworkError::NoPayments`]; [`CaseworkError::Trace`].
pub async fn plan_case(
    tx: &mut Tx,
    ctx: &Ctx,
    ledger: &Ledger,
    case_id: CaseId,
) -> Result<Plan, CaseworkError> {
    let mut case = tx.lock_case(case_id).await?;
    if !matches!(case.state, CaseState::Open | CaseState::Filed { .. }) {
        return Err(CaseworkError::CaseState(case.state.as_str()));
    }
    let before = case.clone();
    let reports = reports_of(tx, &case).await?;
    let now = ctx.now();
    let mut request = PlanRequest::new(now);
    request.latency = latencies(tx).await?;
    let covered = Covered::of(&orders_of(tx, case_id).await?)?;
    let last = tx.latest_plan(case_id).await?;
    let drafted = draft(&ledger.graph(), &mut case, &reports, &request);
    // What was found is kept even when there is nothing to plan yet.
    if drafted.is_ok() {
        case.clock.trace_at = case.clock.trace_at.or(Some(now));
    }
    if case != before {
        tx.update_case(&case).await?;
        feed_case(tx, ctx, "case.updated", case_id).await?;
    }
    let draft = drafted?;
    let open = covered.remove_from(draft.lines, request.dust_minor)?;
    let lines = without_stopped_twice(tx, case_id, open).await?;
    if let Some(last) = &last
        && (matches!(last.state, PlanState::Submitted { .. }) || !is_new(last, &lines))
    {
        return Ok(last.clone());
    }
    let plan = Plan {
        id: ctx.new_id(),
        case_id,
        version: last
            .as_ref()
            .map_or(1, |last| last.version.saturating_add(1)),
        created_at: now,
        as_of: now,
        method: draft.method,
        lines,
        out_of_reach: draft.out_of_reach,
        state: PlanState::Proposed,
    };
    if let Some(last) = last {
        supersede(tx, ctx, last).await?;
    }
    store(tx, ctx, &plan).await?;
    Ok(plan)
}

/// What orders of the case hold now, by account.
///
/// # Errors
/// [`CaseworkError::Store`], [`CaseworkError::Money`].
pub async fn held_amounts(tx: &mut Tx, case_id: CaseId) -> Result<HeldAmounts, CaseworkError> {
    let mut held = HeldAmounts::new();
    for order in orders_of(tx, case_id).await? {
        if let OrderState::Active { held: amount, .. } = order.state {
            add(&mut held, order.content.target, amount)?;
        }
    }
    Ok(held)
}

pub(crate) async fn orders_of(tx: &mut Tx, case_id: CaseId) -> Result<Vec<Order>, CaseworkError> {
    let filter = OrderFilter {
        case_id: Some(case_id),
        ..OrderFilter::default()
    };
    let mut all = WholeList::up_to(ORDERS_MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_orders(&filter, &page).await?);
    }
    Ok(all.items)
}

/// The report that opened the case and those joined to it (of the 200 newest joined reports).
pub(crate) async fn reports_of(tx: &mut Tx, case: &Case) -> Result<Vec<Report>, CaseworkError> {
    let mut reports = vec![tx.report_of_case(case.id).await?];
    let filter = ReportFilter {
        state: Some("merged".into()),
        ..ReportFilter::default()
    };
    let joined = ReportState::Merged { case_id: case.id };
    let page = tx.list_reports(&filter, &PageRequest::first()).await?;
    reports.extend(
        page.items
            .into_iter()
            .filter(|report| report.state == joined),
    );
    Ok(reports)
}

async fn latencies(tx: &mut Tx) -> Result<BTreeMap<InstitutionCode, Duration>, CaseworkError> {
    let institutions = tx.list_institutions().await?;
    Ok(institutions
        .into_iter()
        .filter(|institution| institution.order_latency_ms > 0)
        .map(|institution| {
            let latency = Duration::from_millis(institution.order_latency_ms);
            (institution.code, latency)
        })
        .collect())
}

/// Looks the told payments up again, then ranks the accounts where the money is.
fn draft(
    graph: &Graph,
    case: &mut Case,
    reports: &[Report],
    request: &PlanRequest,
) -> Result<PlanDraft, CaseworkError> {
    match_again(graph, case, reports)?;
    let trace = follow(graph, case, METHOD, None)?;
    Ok(rank(graph, &trace, request))
}

/// Adds payments found since, and makes the loss the sum of what is recorded and what is only told.
fn match_again(graph: &Graph, case: &mut Case, reports: &[Report]) -> Result<(), CaseworkError> {
    let mut known: BTreeSet<String> = case.victim_payments.iter().cloned().collect();
    let mut loss = Amount::zero(case.loss.currency());
    let mut last_at: Option<Timestamp> = None;
    let mut told_only = BTreeSet::new();
    for report in reports {
        let told = &report.content.payments;
        for (payment, found) in told.iter().zip(match_payments(graph, told)) {
            match found {
                Some(found) if known.insert(found.tx_id.clone()) => {
                    case.victim_payments.push(found.tx_id);
                }
                Some(_) => {}
                None => {
                    let (from, to) = (&payment.from, &payment.to);
                    let first_told =
                        told_only.insert((from, to, payment.occurred_at, payment.amount.minor()));
                    if first_told {
                        loss = loss.checked_add(payment.amount)?;
                        last_at = last_at.max(Some(payment.occurred_at));
                    }
                }
            }
        }
    }
    for tx_id in &case.victim_payments {
        let recorded = graph
            .find_payment(tx_id)
            .and_then(|ix| graph.payment(ix))
            .and_then(|payment| describe(graph, &payment));
        if let Some(recorded) = recorded {
            loss = loss.checked_add(recorded.amount)?;
            last_at = last_at.max(Some(recorded.occurred_at));
        }
    }
    case.loss = loss;
    case.clock.transfer_at = last_at.or(case.clock.transfer_at);
    Ok(())
}

/// What orders hold, or will hold when they are carried out.
#[derive(Default)]
struct Covered {
    amounts: HeldAmounts,
    whole: BTreeSet<AccountRef>,
}

impl Covered {
    fn of(orders: &[Order]) -> Result<Self, CaseworkError> {
        let mut covered = Self::default();
        for order in orders {
            let target = order.content.target.clone();
            let pending = matches!(
                order.state,
                OrderState::Draft | OrderState::Approved { .. } | OrderState::Signed { .. }
            ) || order.state.awaits_answer();
            if order.content.kind.effect() != OrderEffect::Holds {
                continue;
            }
            match (&order.state, &order.content.scope) {
                (OrderState::Active { held, .. }, HoldScope::LimitedAmount { .. }) => {
                    add(&mut covered.amounts, target, *held)?;
                }
                (OrderState::Active { held, .. }, HoldScope::FundUnits { .. }) => {
                    add(&mut covered.amounts, target, *held)?;
                }
                (OrderState::Active { .. }, HoldScope::WholeAccount { .. }) => {
                    covered.whole.insert(target);
                }
                (_, HoldScope::WholeAccount { .. }) if pending => {
                    covered.whole.insert(target);
                }
                (_, HoldScope::LimitedAmount { amount } | HoldScope::FundUnits { amount, .. })
                    if pending =>
                {
                    add(&mut covered.amounts, target, *amount)?;
                }
                (_, _) => {}
            }
        }
        Ok(covered)
    }

    /// The lines less what is covered, ranked anew.
    fn remove_from(
        &self,
        lines: Vec<PlanLine>,
        dust_minor: i64,
    ) -> Result<Vec<PlanLine>, CaseworkError> {
        let mut left = Vec::with_capacity(lines.len());
        for mut line in lines {
            if self.whole.contains(&line.target) {
                continue;
            }
            if let Some(covered) = self.amounts.get(&line.target) {
                let open = line.hold.minor().saturating_sub(covered.minor());
                if open < dust_minor.max(1) {
                    continue;
                }
                line.hold = Amount::new(open, line.hold.currency())?;
                let survival = u64::try_from(i64::from(line.survival.get())).unwrap_or(0);
                line.expected = line.hold.share_floor(survival, 10_000)?;
            }
            left.push(line);
        }
        left.sort_by_key(|line| {
            (
                std::cmp::Reverse(line.expected.minor()),
                std::cmp::Reverse(line.hold.minor()),
            )
        });
        Ok(left)
    }
}

/// The lines in their order, ranked from 1, without accounts that may not be stopped again in this case (rule 1):
/// what came to them since is held by converting their stop to a freeze, or not at all.
async fn without_stopped_twice(
    tx: &mut Tx,
    case_id: CaseId,
    lines: Vec<PlanLine>,
) -> Result<Vec<PlanLine>, CaseworkError> {
    let mut left = Vec::with_capacity(lines.len());
    for mut line in lines {
        let is_stop = line.redemption_product.is_none();
        if is_stop && !may_stop(tx, case_id, &line.target).await? {
            continue;
        }
        if let Some(account) = &line.settlement
            && !may_stop(tx, case_id, account).await?
        {
            line.settlement = None;
        }
        line.rank = i32::try_from(left.len() + 1).unwrap_or(i32::MAX);
        left.push(line);
    }
    Ok(left)
}

fn add(held: &mut HeldAmounts, target: AccountRef, amount: Amount) -> Result<(), MoneyError> {
    let slot = held
        .entry(target)
        .or_insert_with(|| Amount::zero(amount.currency()));
    *slot = slot.checked_add(amount)?;
    Ok(())
}

/// Whether `lines` ask for other holds than the last version. Chances fall with every second and do not count.
fn is_new(last: &Plan, lines: &[PlanLine]) -> bool {
    let holds = |lines: &[PlanLine]| -> BTreeMap<AccountRef, i64> {
        lines
            .iter()
            .map(|line| (line.target.clone(), line.hold.minor()))
            .collect()
    };
    match last.state {
        PlanState::Proposed => holds(&last.lines) != holds(lines),
        // What was put forward is covered by orders; only what is left makes a new version.
        PlanState::Submitted { .. } | PlanState::Approved { .. } | PlanState::Superseded { .. } => {
            !lines.is_empty()
        }
    }
}

async fn supersede(tx: &mut Tx, ctx: &Ctx, mut last: Plan) -> Result<(), CaseworkError> {
    if last.state == PlanState::Proposed {
        last.state = PlanState::Superseded { at: ctx.now() };
        tx.update_plan(&last).await?;
        let facts = json!({ "version": last.version });
        let subject = last.id.to_string();
        audit(tx, ctx, Actor::System, "plan.superseded", subject, facts).await?;
    }
    Ok(())
}

async fn store(tx: &mut Tx, ctx: &Ctx, plan: &Plan) -> Result<(), CaseworkError> {
    tx.insert_plan(plan).await?;
    let held: i128 = plan
        .lines
        .iter()
        .map(|line| i128::from(line.hold.minor()))
        .sum();
    let facts = json!({
        "case_id": plan.case_id, "version": plan.version, "lines": plan.lines.len(),
        "hold_minor": i64::try_from(held).unwrap_or(i64::MAX), "method": plan.method,
    });
    audit(
        tx,
        ctx,
        Actor::System,
        "plan.made",
        plan.id.to_string(),
        facts,
    )
    .await?;
    let kind = if plan.version == 1 {
        "plan.ready"
    } else {
        "plan.updated"
    };
    feed_plan(tx, ctx, kind, plan).await
}
