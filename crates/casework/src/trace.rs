//! A case's money flow as the console draws it: accounts and payments with exact amounts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use stanch_graph::{AccountIx, ExitKind, Graph, PaymentIx, Trace, TraceRequest, TracedBalance};
use stanch_ledger::Ledger;
use stanch_types::case::Case;
use stanch_types::personal::AccountNumber;
use stanch_types::plan::TraceMethod;
use stanch_types::{
    AccountKind, AccountRef, Amount, Channel, Currency, InstitutionCode, Timestamp,
};

use crate::error::CaseworkError;

/// What orders of a case hold, by account. See [`crate::held_amounts`].
pub type HeldAmounts = BTreeMap<AccountRef, Amount>;

/// How stolen money changed its form at an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExitKind)]
pub enum TraceExit {
    /// Notes: out of reach.
    Cash,
    /// Fund units.
    Fund,
    /// A purchase at a merchant.
    Pos,
}

/// An account that stolen money reached, or a victim's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TraceNode {
    /// Number of the node in this answer, from 0.
    pub id: u32,
    /// Where the account is held.
    pub institution: InstitutionCode,
    /// Its number.
    pub account: AccountNumber,
    /// What kind of account.
    pub kind: AccountKind,
    /// Hops from the victim, who is 0.
    pub tier: i32,
    /// Stolen money there now.
    pub stolen: Amount,
    /// Whole balance there now; 0 for cash.
    pub balance: Amount,
    /// Stolen money that ever arrived.
    pub received_stolen: Amount,
    /// When the first stolen money arrived.
    #[schema(required = true)]
    pub first_arrival_at: Option<Timestamp>,
    /// When the last stolen money arrived.
    #[schema(required = true)]
    pub last_arrival_at: Option<Timestamp>,
    /// Whether it is a victim's.
    pub is_victim: bool,
    /// What the money became there, if it changed its form.
    #[schema(required = true)]
    pub exit: Option<TraceExit>,
    /// What orders of the case hold there now.
    pub held: Amount,
}

/// A payment that carried stolen money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TraceEdge {
    /// The payment.
    pub tx_id: String,
    /// The paying node.
    pub from: u32,
    /// The receiving node.
    pub to: u32,
    /// When.
    pub occurred_at: Timestamp,
    /// How much was paid.
    pub amount: Amount,
    /// How much of it was stolen.
    pub stolen: Amount,
    /// How it was paid.
    pub channel: Channel,
}

/// Where the stolen money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TraceTotals)]
pub struct CaseTraceTotals {
    /// What the victims paid.
    pub loss: Amount,
    /// Still in accounts, fund units included.
    pub still_there: Amount,
    /// Drawn as cash.
    pub cash_out: Amount,
    /// In fund units.
    pub fund_units: Amount,
}

/// A case's money flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TraceView)]
pub struct CaseTrace {
    /// How the money was followed.
    pub method: TraceMethod,
    /// Payments before this instant were taken.
    pub as_of: Timestamp,
    /// Payments after this instant are not followed.
    pub horizon_ends_at: Timestamp,
    /// The accounts, victims first, then by tier and first arrival.
    pub nodes: Vec<TraceNode>,
    /// The payments, in order of booking.
    pub edges: Vec<TraceEdge>,
    /// The sums.
    pub totals: CaseTraceTotals,
}

/// Follows a case's money up to `as_of`. `held` says what orders hold where.
///
/// # Errors
/// [`CaseworkError::NoPayments`] if none of the victims' payments is in the ledger; [`CaseworkError::Trace`].
pub fn trace_case(
    case: &Case,
    ledger: &Ledger,
    method: TraceMethod,
    as_of: Timestamp,
    held: &HeldAmounts,
) -> Result<CaseTrace, CaseworkError> {
    let graph = ledger.graph();
    let trace = follow(&graph, case, method, Some(as_of))?;
    let mut view = View {
        graph: &graph,
        trace: &trace,
        held,
        numbers: BTreeMap::new(),
        nodes: Vec::new(),
    };
    view.add_nodes();
    let edges = view.edges();
    let totals = trace.totals;
    let amount = |minor| amount(minor, trace.currency);
    Ok(CaseTrace {
        method,
        as_of,
        horizon_ends_at: Timestamp::from_millis(trace.horizon_ends_ms),
        nodes: view.nodes,
        edges,
        totals: CaseTraceTotals {
            loss: amount(totals.stolen_minor),
            still_there: amount(totals.in_accounts_minor),
            cash_out: amount(totals.cash_minor),
            fund_units: amount(totals.fund_units_minor),
        },
    })
}

/// The trace of a case's payments that are in the graph.
pub(crate) fn follow(
    graph: &Graph,
    case: &Case,
    method: TraceMethod,
    as_of: Option<Timestamp>,
) -> Result<Trace, CaseworkError> {
    let payments = victim_payments(graph, case);
    if payments.is_empty() {
        return Err(CaseworkError::NoPayments);
    }
    let request = TraceRequest {
        as_of,
        ..TraceRequest::new(payments, method)
    };
    Ok(graph.trace(&request)?)
}

pub(crate) fn victim_payments(graph: &Graph, case: &Case) -> Vec<PaymentIx> {
    case.victim_payments
        .iter()
        .filter_map(|tx_id| graph.find_payment(tx_id))
        .collect()
}

/// Sums of a trace are not negative; a cash account's net flow may be and shows as nothing.
pub(crate) fn amount(minor: i64, currency: Currency) -> Amount {
    Amount::new(minor, currency).unwrap_or_else(|_| Amount::zero(currency))
}

struct View<'a> {
    graph: &'a Graph,
    trace: &'a Trace,
    held: &'a HeldAmounts,
    numbers: BTreeMap<AccountIx, u32>,
    nodes: Vec<TraceNode>,
}

impl View<'_> {
    fn add_nodes(&mut self) {
        let trace = self.trace;
        let mut reached: Vec<&TracedBalance> =
            trace.balances.iter().chain(&trace.emptied).collect();
        reached.sort_by_key(|balance| (balance.tier, balance.first_arrival_ms, balance.account));
        let stolen_from: BTreeSet<AccountIx> = reached.iter().map(|b| b.account).collect();
        let mut payers = BTreeSet::new();
        for transfer in &trace.transfers {
            if let Some(payment) = self.graph.payment(transfer.payment)
                && !stolen_from.contains(&payment.from)
            {
                payers.insert(payment.from);
            }
        }
        for account in payers {
            self.add(account, None);
        }
        for balance in reached {
            self.add(balance.account, Some(balance));
        }
        // Cash takes money out of the trace; it may have no balance of its own there.
        for transfer in &trace.transfers {
            if let Some(payment) = self.graph.payment(transfer.payment)
                && !self.numbers.contains_key(&payment.to)
            {
                self.add(payment.to, None);
            }
        }
    }

    fn add(&mut self, ix: AccountIx, balance: Option<&TracedBalance>) {
        let (Some(account), Ok(id)) = (self.graph.account(ix), u32::try_from(self.nodes.len()))
        else {
            return;
        };
        let exits = self.trace.exits.iter().filter(|exit| exit.account == ix);
        let (mut exit, mut left) = (None, 0_i64);
        for taken in exits {
            exit = Some(match taken.kind {
                ExitKind::Cash => TraceExit::Cash,
                ExitKind::PointOfSale => TraceExit::Pos,
                ExitKind::FundUnits => TraceExit::Fund,
            });
            left = left.saturating_add(taken.stolen_minor);
        }
        let is_cash = account.facts.kind == AccountKind::Cash;
        let currency = self.trace.currency;
        let is_victim = balance.is_none() && !is_cash && exit.is_none();
        let reference = account.reference();
        let instant = |ms: i64| Timestamp::from_millis(ms);
        let received = balance.map_or(if is_cash { left } else { 0 }, |b| b.received_minor);
        let stolen = balance.map_or(if is_cash { left } else { 0 }, |b| b.stolen_minor);
        self.numbers.insert(ix, id);
        self.nodes.push(TraceNode {
            id,
            institution: account.institution.clone(),
            account: account.account.clone(),
            kind: account.facts.kind,
            tier: self.tier(ix, balance, is_victim),
            stolen: amount(stolen, currency),
            balance: amount(
                if is_cash {
                    0
                } else {
                    balance.map_or(0, |b| b.balance_minor)
                },
                currency,
            ),
            received_stolen: amount(received, currency),
            first_arrival_at: balance.map(|b| instant(b.first_arrival_ms)),
            last_arrival_at: balance.map(|b| instant(b.last_arrival_ms)),
            is_victim,
            exit,
            held: self
                .held
                .get(&reference)
                .copied()
                .unwrap_or_else(|| Amount::zero(currency)),
        });
    }

    /// Hops from the victim; for cash one more than the nearest account it was drawn from.
    fn tier(&self, ix: AccountIx, balance: Option<&TracedBalance>, is_victim: bool) -> i32 {
        if let Some(balance) = balance {
            return i32::try_from(balance.tier).unwrap_or(i32::MAX);
        }
        if is_victim {
            return 0;
        }
        let sources = self.trace.transfers.iter().filter_map(|transfer| {
            let payment = self.graph.payment(transfer.payment)?;
            let source = *self.numbers.get(&payment.from)?;
            let node = self.nodes.get(usize::try_from(source).ok()?)?;
            (payment.to == ix).then_some(node.tier)
        });
        sources.min().unwrap_or(0).saturating_add(1)
    }

    fn edges(&self) -> Vec<TraceEdge> {
        let currency = self.trace.currency;
        self.trace
            .transfers
            .iter()
            .filter_map(|transfer| {
                let payment = self.graph.payment(transfer.payment)?;
                Some(TraceEdge {
                    tx_id: payment.tx_id.to_string(),
                    from: *self.numbers.get(&payment.from)?,
                    to: *self.numbers.get(&payment.to)?,
                    occurred_at: Timestamp::from_millis(payment.at_ms),
                    amount: amount(payment.minor, currency),
                    stolen: amount(transfer.stolen_minor, currency),
                    channel: payment.channel,
                })
            })
            .collect()
    }
}
