//! Plans on a recorded stream: what would have been ordered, payment by payment, never looking ahead.
//!
//! A replay is fed payments in order of booking and reports in between. At a report, whenever reported money moves,
//! and once when patience ends it plans the case anew and makes the orders that are due. The stream is what happened
//! without these orders, so money that leaves an account after its order took effect is taken as refused.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use hashbrown::HashMap;
use stanch_types::plan::TraceMethod;
use stanch_types::{Duration, InstitutionCode};

use crate::plan::due::{PATIENCE_MS, Prospect, Stage, due};
use crate::plan::survival::{secured, survival};
use crate::{
    AccountFacts, AccountIx, CaseIx, Graph, GraphError, NewPayment, PlanRequest, StolenHolding,
    StolenLedger, TraceError, TraceRequest,
};

/// Limits of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayRules {
    /// Most orders of a case; `None`: as many as are worth it.
    pub orders_max: Option<usize>,
    /// Time from making an order until it takes effect, by institution.
    pub latency: BTreeMap<InstitutionCode, Duration>,
    /// The same for institutions not named.
    pub latency_default: Duration,
    /// Less than this, in minor units, is not worth an order.
    pub dust_minor: i64,
}

impl Default for ReplayRules {
    fn default() -> Self {
        Self {
            orders_max: None,
            latency: BTreeMap::new(),
            latency_default: PlanRequest::LATENCY,
            dust_minor: PlanRequest::DUST_MINOR,
        }
    }
}

/// An order that a replay made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayOrder {
    /// The case, by the number given with its report.
    pub case: u64,
    /// The account.
    pub account: AccountIx,
    /// When, in Unix milliseconds: payments booked later were not known.
    pub at_ms: i64,
    /// How much is to stay in the account, in minor units.
    pub hold_minor: i64,
    /// Stolen money of the case in the account then, first in, first out.
    pub stolen_minor: i64,
    /// What it was expected to secure.
    pub expected_minor: i64,
}

/// A reported case.
#[derive(Debug)]
struct Case {
    number: u64,
    ix: CaseIx,
    reported_at_ms: i64,
    loss_minor: i64,
    ends_ms: i64,
    ordered: Vec<AccountIx>,
}

/// Something to be done at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    /// A case is reported: its number and its payments.
    Report(u64, Vec<String>),
    /// The case at this place is planned anew.
    Plan(usize),
}

/// A replay. See the module.
#[derive(Debug)]
pub struct PlanReplay {
    graph: Graph,
    ledger: StolenLedger,
    rules: ReplayRules,
    cases: Vec<Case>,
    by_ix: HashMap<CaseIx, usize>,
    tasks: BinaryHeap<Reverse<(i64, Task)>>,
    orders: Vec<ReplayOrder>,
}

/// Why a replay stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A payment could not be booked.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A report names a payment that was not booked when it came.
    #[error("case {case}: payment `{tx_id}` was not booked when the case was reported")]
    UnknownPayment {
        /// The case.
        case: u64,
        /// The payment.
        tx_id: String,
    },
    /// A payment could not be taken in because a case it touches could not be followed.
    #[error("a payment could not be taken in: {0}")]
    Follow(TraceError),
    /// A case could not be followed.
    #[error("case {case}: {source}")]
    Trace {
        /// The case.
        case: u64,
        /// Why.
        source: TraceError,
    },
}

impl PlanReplay {
    /// A replay over a graph that knows the accounts and no payments.
    #[must_use]
    pub fn new(graph: Graph, rules: ReplayRules) -> Self {
        Self {
            ledger: StolenLedger::of(&graph),
            graph,
            rules,
            cases: Vec::new(),
            by_ix: HashMap::new(),
            tasks: BinaryHeap::new(),
            orders: Vec::new(),
        }
    }

    /// The graph so far.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The graph, to make accounts known.
    pub fn graph_mut(&mut self) -> &mut Graph {
        &mut self.graph
    }

    /// Tells of a report that comes at `at_ms` and names its payments.
    pub fn report(&mut self, case: u64, at_ms: i64, tx_ids: Vec<String>) {
        self.tasks
            .push(Reverse((at_ms, Task::Report(case, tx_ids))));
    }

    /// Books a payment; plans first what was due before it.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn pay(&mut self, payment: NewPayment<'_>) -> Result<(), ReplayError> {
        self.run_until(payment.at_ms)?;
        let at_ms = payment.at_ms;
        self.graph.insert(payment)?;
        let done = self.caught_up()?;
        for case in done {
            if let Some(place) = self.by_ix.get(&case) {
                self.tasks.push(Reverse((at_ms, Task::Plan(*place))));
            }
        }
        Ok(())
    }

    /// Runs what is left to be done and gives the orders, in order of time and case.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn finish(mut self) -> Result<(Graph, Vec<ReplayOrder>), ReplayError> {
        self.run_until(i64::MAX)?;
        self.orders.sort_by_key(|order| (order.at_ms, order.case));
        Ok((self.graph, self.orders))
    }

    fn caught_up(&mut self) -> Result<Vec<CaseIx>, ReplayError> {
        let done = self.ledger.catch_up(&self.graph);
        let done = done.map_err(ReplayError::Follow)?;
        let carried = done.carried.into_iter();
        let by_lot = carried.filter(|carried| carried.method == TraceMethod::Fifo);
        Ok(by_lot
            .map(|carried| carried.case)
            .chain(done.amended)
            .collect())
    }

    fn run_until(&mut self, at_ms: i64) -> Result<(), ReplayError> {
        while let Some(Reverse((due_ms, _))) = self.tasks.peek()
            && *due_ms < at_ms
        {
            let Some(Reverse((now_ms, task))) = self.tasks.pop() else {
                break;
            };
            while let Some(Reverse(next)) = self.tasks.peek()
                && *next == (now_ms, task.clone())
            {
                self.tasks.pop();
            }
            match task {
                Task::Report(case, tx_ids) => self.open(case, now_ms, &tx_ids)?,
                Task::Plan(place) => self.plan(place, now_ms),
            }
        }
        Ok(())
    }

    fn open(&mut self, case: u64, now_ms: i64, tx_ids: &[String]) -> Result<(), ReplayError> {
        let mut payments = Vec::with_capacity(tx_ids.len());
        let (mut loss_minor, mut first_ms) = (0_i64, i64::MAX);
        for tx_id in tx_ids {
            let found = self.graph.find_payment(tx_id);
            let view = found.and_then(|ix| self.graph.payment(ix));
            let view = view.ok_or_else(|| ReplayError::UnknownPayment {
                case,
                tx_id: tx_id.clone(),
            })?;
            loss_minor = loss_minor.saturating_add(view.minor);
            first_ms = first_ms.min(view.at_ms);
            payments.push(view.ix);
        }
        let request = TraceRequest::new(payments, TraceMethod::Fifo);
        let ends_ms = first_ms.saturating_add(request.horizon.as_millis());
        let opened = self.ledger.open(&self.graph, request);
        let ix = opened.map_err(|source| ReplayError::Trace { case, source })?;
        let place = self.cases.len();
        self.cases.push(Case {
            number: case,
            ix,
            reported_at_ms: now_ms,
            loss_minor,
            ends_ms,
            ordered: Vec::new(),
        });
        self.by_ix.insert(ix, place);
        let patience_ends = now_ms.saturating_add(PATIENCE_MS);
        self.tasks.push(Reverse((patience_ends, Task::Plan(place))));
        self.plan(place, now_ms);
        Ok(())
    }

    /// Makes the orders of a case that are due.
    fn plan(&mut self, place: usize, now_ms: i64) {
        let Some(case) = self.cases.get(place) else {
            return;
        };
        let orders_left = self
            .rules
            .orders_max
            .map(|most| most.saturating_sub(case.ordered.len()));
        if now_ms >= case.ends_ms || orders_left == Some(0) {
            return;
        }
        let mut ranked: Vec<(i64, StolenHolding)> = self
            .ledger
            .holdings(case.ix)
            .filter(|holding| !case.ordered.contains(&holding.account))
            .map(|holding| (self.expected(&holding, now_ms), holding))
            .filter(|(expected, _)| *expected >= self.rules.dust_minor.max(1))
            .collect();
        ranked.sort_by_key(|(expected, holding)| (Reverse(*expected), holding.account));
        let prospects: Vec<Prospect> = ranked
            .iter()
            .map(|(expected, _)| Prospect {
                expected_minor: *expected,
            })
            .collect();
        let stage = Stage {
            orders_left,
            loss_minor: case.loss_minor,
            age_ms: now_ms.saturating_sub(case.reported_at_ms),
        };
        ranked.truncate(due(&prospects, stage));
        for (expected, holding) in ranked {
            self.order(place, now_ms, expected, &holding);
        }
    }

    fn order(&mut self, place: usize, now_ms: i64, expected_minor: i64, holding: &StolenHolding) {
        let effect_ms = now_ms.saturating_add(self.latency(holding.account).as_millis());
        let Some(case) = self.cases.get_mut(place) else {
            return;
        };
        let hold_minor = hold(holding, case.loss_minor);
        case.ordered.push(holding.account);
        self.ledger.end_at(case.ix, holding.account, effect_ms);
        self.orders.push(ReplayOrder {
            case: case.number,
            account: holding.account,
            at_ms: now_ms,
            hold_minor,
            stolen_minor: holding.fifo_minor,
            expected_minor,
        });
    }

    fn expected(&self, holding: &StolenHolding, now_ms: i64) -> i64 {
        let hold = holding.fifo_minor.min(holding.balance_minor);
        let age_ms = now_ms.saturating_sub(holding.last_arrival_ms);
        let latency_ms = self.latency(holding.account).as_millis();
        let chance = survival(self.facts(holding.account).kind, age_ms, latency_ms);
        secured(hold, chance)
    }

    fn facts(&self, account: AccountIx) -> AccountFacts {
        let view = self.graph.account(account);
        view.map(|view| view.facts).unwrap_or_default()
    }

    fn latency(&self, account: AccountIx) -> Duration {
        let view = self.graph.account(account);
        view.and_then(|view| self.rules.latency.get(view.institution))
            .copied()
            .unwrap_or(self.rules.latency_default)
    }
}

/// Where most of the balance is stolen, all of it and what the case may still send there; elsewhere what is stolen.
fn hold(holding: &StolenHolding, loss_minor: i64) -> i64 {
    if holding.fifo_minor.saturating_mul(2) >= holding.balance_minor {
        holding.balance_minor.saturating_add(loss_minor)
    } else {
        holding.fifo_minor
    }
}
