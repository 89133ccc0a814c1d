//! From a finished walk to the answer: balances, exits and sums.

use std::cmp::Reverse;

use stanch_types::{AccountKind, Channel};

use super::walk::{Flow, Holder, Rule, Start, Walk};
use super::{ExitKind, Trace, TraceRequest, TracedBalance, TracedExit, TracedTransfer, balance_of};
use crate::{AccountIx, Graph};

pub(super) fn compose<R: Rule>(walk: Walk<'_, R>, request: &TraceRequest, start: &Start) -> Trace {
    let Walk {
        graph,
        holders,
        transfers,
        flows,
        mut totals,
        mut work,
        ..
    } = walk;
    work.accounts = holders.len() as u64;
    let sources = main_sources(&holders, flows);
    let (mut balances, mut emptied) = (Vec::new(), Vec::new());
    for (holder, main_source) in holders.iter().zip(sources) {
        let history = graph.history(holder.account);
        let now = match start.as_of_ms {
            Some(as_of_ms) => history.seek_time(&graph.payments, as_of_ms).standing,
            None => history.standing_at_end(),
        };
        let is_cash = holder.kind == AccountKind::Cash;
        let stolen_minor = if is_cash {
            totals.cash_minor += holder.received_minor;
            holder.received_minor
        } else {
            let held = R::held(&holder.stock, now);
            totals.in_accounts_minor += held;
            totals.past_horizon_minor += R::stored(&holder.stock) - held;
            held
        };
        if holder.kind == AccountKind::FundHolding {
            totals.fund_units_minor += stolen_minor;
        }
        let balance = TracedBalance {
            account: holder.account,
            balance_minor: balance_of(holder.kind, now),
            stolen_minor,
            received_minor: holder.received_minor,
            tier: holder.tier,
            first_arrival_ms: holder.first_arrival_ms,
            last_arrival_ms: holder.last_arrival_ms,
            main_source,
            victim_payments: holder.victim_payments,
            missing_minor: if is_cash { 0 } else { now.missing_minor },
        };
        if stolen_minor > 0 {
            balances.push(balance);
        } else {
            emptied.push(balance);
        }
    }
    debug_assert_eq!(
        totals.stolen_minor,
        totals.in_accounts_minor
            + totals.cash_minor
            + totals.past_horizon_minor
            + totals.paid_again_minor,
        "money is conserved"
    );
    balances.sort_by_key(|balance| (Reverse(balance.stolen_minor), balance.account));
    Trace {
        method: request.method,
        currency: start.currency,
        as_of: request.as_of,
        horizon_ends_ms: start.horizon_ends_ms,
        exits: exits(graph, &transfers),
        transfers,
        balances,
        emptied,
        totals,
        work,
    }
}

/// For each holder, the holder that sent it most.
fn main_sources<S>(holders: &[Holder<S>], mut flows: Vec<Flow>) -> Vec<Option<AccountIx>> {
    flows.retain(|flow| flow.from.is_some());
    flows.sort_unstable_by_key(|flow| (flow.to, flow.from));
    let mut best = vec![(0_i64, None); holders.len()];
    for same in flows.chunk_by(|a, b| (a.to, a.from) == (b.to, b.from)) {
        let Some(flow) = same.first() else { continue };
        let sent = same
            .iter()
            .fold(0_i64, |sum, flow| sum.saturating_add(flow.minor));
        if let Some(best) = best.get_mut(flow.to)
            && sent > best.0
        {
            let from = flow.from.and_then(|from| holders.get(from));
            *best = (sent, from.map(|from| from.account));
        }
    }
    best.into_iter().map(|(_, source)| source).collect()
}

fn exits(graph: &Graph, transfers: &[TracedTransfer]) -> Vec<TracedExit> {
    let exit = |transfer: &TracedTransfer| {
        let payment = graph.payments.view(transfer.payment)?;
        let kind = match (graph.accounts.kind(payment.to), payment.channel) {
            (AccountKind::Cash, _) => ExitKind::Cash,
            (AccountKind::FundHolding, _) | (_, Channel::FundPurchase) => ExitKind::FundUnits,
            (AccountKind::Merchant, Channel::QrPay) | (_, Channel::Pos) => ExitKind::PointOfSale,
            _ => return None,
        };
        Some(TracedExit {
            payment: transfer.payment,
            account: payment.to,
            kind,
            stolen_minor: transfer.stolen_minor,
        })
    };
    transfers.iter().filter_map(exit).collect()
}
