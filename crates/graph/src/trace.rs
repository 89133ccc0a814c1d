//! Following stolen money: what is asked and what is answered.

use stanch_types::plan::TraceMethod;
use stanch_types::{AccountKind, Currency, Duration, Timestamp};

use crate::{AccountIx, Graph, PaymentIx, Standing, TraceError};

mod answer;
mod fifo;
mod holdings;
mod pro_rata;
mod walk;

use fifo::Fifo;
pub(crate) use holdings::{Arrivals, Holdings, holdings};
pub(crate) use pro_rata::ProRata;
pub(crate) use walk::{Ends, is_stopped};

/// A question: where is the money that these payments took?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceRequest {
    /// The victims' payments; stolen in full. Order and repetition do not matter.
    pub payments: Vec<PaymentIx>,
    /// How money is followed through a mixed account.
    pub method: TraceMethod,
    /// Payments booked later than this after the first victim's payment carry no label on.
    pub horizon: Duration,
    /// Only payments booked before this instant count; all, if none.
    pub as_of: Option<Timestamp>,
    /// Pro rata: a smaller share than this stays where it is, unless it is all there is.
    pub haircut_min_minor: i64,
}

impl TraceRequest {
    /// Window in which money is followed unless a request says otherwise.
    pub const HORIZON: Duration = Duration::from_hours(72);
    /// Smallest pro-rata share that moves unless a request says otherwise: one yuan.
    pub const HAIRCUT_MIN_MINOR: i64 = 100;
    /// A trace is stopped after so many pieces of money moved (some seconds of work).
    pub const STEPS_MAX: u64 = 20_000_000;

    /// The usual question: 72 hours, all known payments.
    #[must_use]
    pub fn new(payments: Vec<PaymentIx>, method: TraceMethod) -> Self {
        Self {
            payments,
            method,
            horizon: Self::HORIZON,
            as_of: None,
            haircut_min_minor: Self::HAIRCUT_MIN_MINOR,
        }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// How money was followed.
    pub method: TraceMethod,
    /// The currency of every amount.
    pub currency: Currency,
    /// As asked.
    pub as_of: Option<Timestamp>,
    /// The last instant at which payments carried a label on, in Unix milliseconds.
    pub horizon_ends_ms: i64,
    /// Payments that carried stolen money, in order of booking.
    pub transfers: Vec<TracedTransfer>,
    /// Accounts that hold stolen money (cash included), most first.
    pub balances: Vec<TracedBalance>,
    /// Accounts that stolen money passed through and left, in order of first arrival.
    pub emptied: Vec<TracedBalance>,
    /// Transfers that turned stolen money into something else, in order of booking.
    pub exits: Vec<TracedExit>,
    /// Sums.
    pub totals: TraceTotals,
    /// What the trace cost.
    pub work: TraceWork,
}

/// A payment that carried stolen money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedTransfer {
    /// The payment.
    pub payment: PaymentIx,
    /// How much of it was stolen, in minor units.
    ///
    /// Pro rata this may exceed the payment: shares held back by the haircut minimum can outgrow a shrinking balance.
    pub stolen_minor: i64,
}

/// An account that stolen money reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedBalance {
    /// The account.
    pub account: AccountIx,
    /// Its whole balance, in minor units ([`Graph::balance_at`]).
    pub balance_minor: i64,
    /// Stolen money in it.
    pub stolen_minor: i64,
    /// Stolen money that ever reached it.
    pub received_minor: i64,
    /// Fewest hops from a victim; 1 = first recipient.
    pub tier: u32,
    /// When stolen money first reached it, in Unix milliseconds.
    pub first_arrival_ms: i64,
    /// When stolen money last reached it.
    pub last_arrival_ms: i64,
    /// The account that sent it most of its stolen money (the earliest among equals), victims aside.
    pub main_source: Option<AccountIx>,
    /// Victims' payments it received.
    pub victim_payments: u32,
    /// Money that left it although nothing known covered it: its opening balance or some inflow is unknown.
    pub missing_minor: i64,
}

/// A transfer by which stolen money changed its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedExit {
    /// The payment.
    pub payment: PaymentIx,
    /// The receiving account.
    pub account: AccountIx,
    /// Into what.
    pub kind: ExitKind,
    /// How much stolen money.
    pub stolen_minor: i64,
}

/// What stolen money became.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitKind {
    /// Notes: out of reach, the trace ends here.
    Cash,
    /// A purchase at a merchant; the merchant's account is followed on.
    PointOfSale,
    /// Fund units; the holding is followed on.
    FundUnits,
}

stanch_types::words! { ExitKind { Cash = "cash", PointOfSale = "pos", FundUnits = "fund" } }

/// Sums of a trace. `stolen = in_accounts + cash + past_horizon + paid_again`, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TraceTotals {
    /// What the victims paid.
    pub stolen_minor: i64,
    /// Still in accounts, fund holdings included.
    pub in_accounts_minor: i64,
    /// The part of it that is fund units.
    pub fund_units_minor: i64,
    /// Drawn as cash.
    pub cash_minor: i64,
    /// First in, first out: used up by payments after the horizon.
    pub past_horizon_minor: i64,
    /// Had come back to a victim who paid it out again: counted again with that payment.
    pub paid_again_minor: i64,
}

/// What a trace cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TraceWork {
    /// Pieces of stolen money moved.
    pub steps: u64,
    /// Payments looked at because their payer held stolen money.
    pub payments: u64,
    /// Accounts reached.
    pub accounts: u64,
}

/// The balance of an account of `kind`: cash accounts are the outside world and stand at net inflow.
pub(crate) fn balance_of(kind: AccountKind, standing: Standing) -> i64 {
    if kind == AccountKind::Cash {
        standing.net_minor()
    } else {
        standing.balance_minor()
    }
}

/// Answers a request by the rule of its method.
pub(crate) fn run(graph: &Graph, request: &TraceRequest) -> Result<Trace, TraceError> {
    match request.method {
        TraceMethod::Fifo => walk::follow(graph, request, Fifo),
        TraceMethod::ProRata => walk::follow(
            graph,
            request,
            ProRata {
                min_minor: request.haircut_min_minor,
            },
        ),
    }
}
