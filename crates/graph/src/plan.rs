//! From a trace to a recovery plan: which accounts to hold, how much, in which order.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use stanch_types::plan::{PlanLine, PlanReason, TraceMethod};
use stanch_types::{AccountKind, Amount, Currency, Duration, InstitutionCode, Score, Timestamp};

use crate::{AccountView, Graph, Trace, TracedBalance};

pub(crate) mod due;
pub(crate) mod survival;

use survival::{secured, survival};

/// What a plan has to respect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRequest {
    /// The present: orders leave now. Use the trace's `as_of`.
    pub as_of: Timestamp,
    /// Time from sending an order until it takes effect, by institution.
    pub latency: BTreeMap<InstitutionCode, Duration>,
    /// The same for institutions not named.
    pub latency_default: Duration,
    /// Most lines.
    pub lines_max: usize,
    /// Accounts with less recoverable money than this, in minor units, are left out.
    pub dust_minor: i64,
}

impl PlanRequest {
    /// Most lines unless a request says otherwise.
    pub const LINES_MAX: usize = 50;
    /// Dust unless a request says otherwise: 10 yuan.
    pub const DUST_MINOR: i64 = 1_000;
    /// Latency of an institution that has not stated one.
    pub const LATENCY: Duration = Duration::from_mins(10);

    /// The usual limits, at `as_of`.
    #[must_use]
    pub fn new(as_of: Timestamp) -> Self {
        Self {
            as_of,
            latency: BTreeMap::new(),
            latency_default: Self::LATENCY,
            lines_max: Self::LINES_MAX,
            dust_minor: Self::DUST_MINOR,
        }
    }
}

/// A plan without its place in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDraft {
    /// Payments up to this instant were known.
    pub as_of: Timestamp,
    /// How the money was followed.
    pub method: TraceMethod,
    /// Ranked lines, best first.
    pub lines: Vec<PlanLine>,
    /// Stolen money that left as cash or beyond the horizon.
    pub out_of_reach: Amount,
    /// Recoverable money in accounts left out as dust or past the most lines.
    pub left_out: Amount,
}

/// Ranks the accounts that hold stolen money by what an order is expected to secure.
///
/// An order takes `min(stolen, balance)`; of that it is expected to secure the part that survives until the
/// institution acts. Ties go to the larger hold, then to the account known longer. Cash is never in a plan.
#[must_use]
pub fn plan(graph: &Graph, trace: &Trace, request: &PlanRequest) -> PlanDraft {
    let (mut ranked, mut left_out) = (Vec::new(), 0);
    for balance in &trace.balances {
        let Some(account) = graph.account(balance.account) else {
            continue;
        };
        let hold = balance.stolen_minor.min(balance.balance_minor);
        if account.facts.kind == AccountKind::Cash || hold <= 0 {
            continue;
        }
        if hold < request.dust_minor {
            left_out += hold;
            continue;
        }
        ranked.push(Candidate::new(account, balance, hold, request));
    }
    ranked.sort_by_key(|c| (Reverse(c.expected), Reverse(c.hold), c.balance.account));
    let beyond = ranked.get(request.lines_max..).unwrap_or_default();
    left_out += beyond.iter().map(|c| c.hold).sum::<i64>();
    ranked.truncate(request.lines_max);
    PlanDraft {
        as_of: request.as_of,
        method: trace.method,
        lines: (1..)
            .zip(&ranked)
            .map(|(rank, candidate)| candidate.line(graph, rank))
            .collect(),
        out_of_reach: amount(
            trace.totals.cash_minor + trace.totals.past_horizon_minor,
            trace.currency,
        ),
        left_out: amount(left_out, trace.currency),
    }
}

/// An account that an order could be made for.
struct Candidate<'a> {
    account: AccountView<'a>,
    balance: &'a TracedBalance,
    hold: i64,
    survival: Score,
    expected: i64,
}

impl<'a> Candidate<'a> {
    fn new(
        account: AccountView<'a>,
        balance: &'a TracedBalance,
        hold: i64,
        request: &PlanRequest,
    ) -> Self {
        let latency = request
            .latency
            .get(account.institution)
            .copied()
            .unwrap_or(request.latency_default);
        let age_ms = request
            .as_of
            .as_millis()
            .saturating_sub(balance.last_arrival_ms);
        let survival = survival(account.facts.kind, age_ms, latency.as_millis());
        Self {
            account,
            balance,
            hold,
            survival,
            expected: secured(hold, survival),
        }
    }

    fn line(&self, graph: &Graph, rank: i32) -> PlanLine {
        let currency = self.account.currency;
        let reference = |ix| graph.account(ix).map(|account| account.reference());
        let facts = self.account.facts;
        let is_holding = facts.kind == AccountKind::FundHolding;
        let buyer = facts.owner.or(self.balance.main_source).and_then(reference);
        PlanLine {
            rank,
            target: self.account.reference(),
            account_kind: facts.kind,
            tier: i32::try_from(self.balance.tier).unwrap_or(i32::MAX),
            stolen: amount(self.balance.stolen_minor, currency),
            balance: amount(self.balance.balance_minor, currency),
            hold: amount(self.hold, currency),
            survival: self.survival,
            expected: amount(self.expected, currency),
            // Institutions keep one holding per customer and product: the holding's number names the product.
            redemption_product: is_holding.then(|| self.account.account.expose().to_owned()),
            settlement: if is_holding { buyer } else { None },
            reason: self.reason(graph),
        }
    }

    fn reason(&self, graph: &Graph) -> PlanReason {
        let source = self
            .balance
            .main_source
            .and_then(|ix| graph.account(ix))
            .map(|account| account.reference());
        match source {
            Some(from) if self.account.facts.kind == AccountKind::FundHolding => {
                PlanReason::FundUnits { from }
            }
            Some(from) if self.balance.victim_payments == 0 => PlanReason::PassedOn {
                from,
                last_arrival_at: Timestamp::from_millis(self.balance.last_arrival_ms),
            },
            _ => PlanReason::FirstRecipient {
                payments: i32::try_from(self.balance.victim_payments).unwrap_or(i32::MAX),
            },
        }
    }
}

/// Sums of a trace and balances of accounts other than cash are never negative.
fn amount(minor: i64, currency: Currency) -> Amount {
    debug_assert!(minor >= 0, "a negative sum in a plan");
    Amount::new(minor, currency).unwrap_or_else(|_| Amount::zero(currency))
}

#[cfg(test)]
mod tests;
