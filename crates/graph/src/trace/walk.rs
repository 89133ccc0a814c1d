//! The walk that both rules share: payments of accounts that hold stolen money, in order of booking.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;

use hashbrown::{HashMap, HashSet};
use stanch_types::{AccountKind, Currency};

use super::{Trace, TraceRequest, TraceTotals, TraceWork, TracedTransfer, answer};
use crate::history::{Cursor, History};
use crate::payment::{Payments, Row};
use crate::tx_id::TxKey;
use crate::{AccountIx, Graph, PaymentIx, Standing, TraceError};

/// How stolen money mixes with clean money in an account.
pub(super) trait Rule {
    /// The stolen money of one account.
    type Stock: Default;
    /// Whether an arrival must know the position at which it lands.
    const NEEDS_POSITION: bool;

    /// Adds an inflow's stolen pieces; the inflow takes positions from `position`.
    fn put(stock: &mut Self::Stock, position: i64, pieces: &[Piece]);
    /// Moves what `outflow` carries away from the stock to `pieces`.
    fn take(&self, stock: &mut Self::Stock, outflow: &Outflow, pieces: &mut Vec<Piece>);
    /// An outflow matters only if it uses money beyond this position; `None` if the stock is empty.
    fn wanted(stock: &Self::Stock) -> Option<i64>;
    /// Stolen money still there when the account stands at `now`.
    fn held(stock: &Self::Stock, now: Standing) -> i64;
    /// Stolen money in the stock.
    fn stored(stock: &Self::Stock) -> i64;
}

/// A payment out of an account, and where the account stood before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outflow {
    pub(super) minor: i64,
    pub(super) before: Standing,
}

impl Outflow {
    /// The positions it uses.
    pub(super) fn positions(&self) -> Range<i64> {
        self.before.outflow_minor..self.before.outflow_minor + self.minor
    }
}

/// Stolen money within a payment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// Where it begins, counted from the payment's first minor unit.
    pub(super) offset: i64,
    pub(super) minor: i64,
}

/// An account that stolen money reached.
#[derive(Debug)]
pub(super) struct Holder<S> {
    pub(super) account: AccountIx,
    pub(super) kind: AccountKind,
    pub(super) stock: S,
    pub(super) received_minor: i64,
    pub(super) tier: u32,
    pub(super) first_arrival_ms: i64,
    pub(super) last_arrival_ms: i64,
    pub(super) victim_payments: u32,
    /// Before its next payment that matters.
    cursor: Cursor,
    /// That payment is in the queue.
    queued: bool,
}

/// Stolen money on its way: which holder sent how much to which; no sender if it was a victim's payment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    pub(super) to: usize,
    pub(super) from: Option<usize>,
    pub(super) minor: i64,
}

/// A payment to be looked at.
struct Due<'g> {
    at_ms: i64,
    tx: TxKey,
    payment: PaymentIx,
    /// The holder that pays; none: it is looked at as a victim's payment.
    holder: Option<u32>,
    payments: &'g Payments,
}

impl Ord for Due<'_> {
    /// The earliest is the greatest, as the heap wants it. A victim who holds stolen money first loses what the
    /// payment uses up; then the payment is stolen in full.
    fn cmp(&self, other: &Self) -> Ordering {
        self.payments
            .compare_keys((other.at_ms, other.tx), (self.at_ms, self.tx))
            .then_with(|| self.holder.is_some().cmp(&other.holder.is_some()))
    }
}
impl PartialOrd for Due<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Due<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Due<'_> {}

/// Follows the money of `request` by `rule`.
pub(super) fn follow<R: Rule>(
    graph: &Graph,
    request: &TraceRequest,
    rule: R,
) -> Result<Trace, TraceError> {
    let start = Start::of(graph, request)?;
    let ends = Ends {
        claimed: &HashSet::new(),
        stopped: &[],
    };
    let walk = walk(graph, &start, rule, ends)?;
    Ok(answer::compose(walk, request, &start))
}

/// What ends stolen money before the horizon does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends<'a> {
    /// Victims' payments of other cases: what they carry of this one ends there.
    pub(crate) claimed: &'a HashSet<PaymentIx>,
    /// Accounts that nothing leaves from a time on, in Unix milliseconds.
    pub(crate) stopped: &'a [(AccountIx, i64)],
}

impl Ends<'_> {
    fn at(&self, payment: PaymentIx, row: &Row) -> bool {
        self.claimed.contains(&payment) || is_stopped(self.stopped, row)
    }
}

/// Whether a payment leaves an account that nothing leaves any more.
pub(crate) fn is_stopped(stopped: &[(AccountIx, i64)], row: &Row) -> bool {
    let mut stopped = stopped.iter();
    stopped.any(|(account, from_ms)| *account == row.from && row.at_ms >= *from_ms)
}

/// Walks to the end.
pub(super) fn walk<'g, R: Rule>(
    graph: &'g Graph,
    start: &'g Start,
    rule: R,
    ends: Ends<'g>,
) -> Result<Walk<'g, R>, TraceError> {
    let mut walk = Walk::<R> {
        graph,
        rule,
        victims: &start.victims,
        ends,
        labels_end_ms: start.labels_end_ms,
        queue: BinaryHeap::new(),
        by_account: HashMap::new(),
        holders: Vec::new(),
        transfers: Vec::new(),
        flows: Vec::new(),
        totals: TraceTotals::default(),
        work: TraceWork::default(),
    };
    walk.run()?;
    Ok(walk)
}

/// Where a trace starts and ends.
pub(super) struct Start {
    pub(super) currency: Currency,
    pub(super) horizon_ends_ms: i64,
    /// First millisecond that does not count.
    pub(super) as_of_ms: Option<i64>,
    /// First millisecond at which payments carry no label on: past the horizon or not counted.
    pub(super) labels_end_ms: i64,
    /// The victims' payments that count, ascending.
    pub(super) victims: Vec<PaymentIx>,
}

impl Start {
    pub(super) fn of(graph: &Graph, request: &TraceRequest) -> Result<Self, TraceError> {
        let mut victims = request.payments.clone();
        victims.sort_unstable();
        victims.dedup();
        let mut currency = None;
        let mut first_ms = i64::MAX;
        let mut stolen: i64 = 0;
        for ix in &victims {
            let row = graph
                .payments
                .get(*ix)
                .ok_or(TraceError::UnknownPayment(*ix))?;
            let own = graph
                .accounts
                .currency(row.from)
                .ok_or(TraceError::UnknownPayment(*ix))?;
            let first = *currency.get_or_insert(own);
            if first != own {
                return Err(TraceError::MixedCurrencies(first, own));
            }
            stolen = stolen.checked_add(row.minor).ok_or(TraceError::Overflow)?;
            first_ms = first_ms.min(row.at_ms);
        }
        let currency = currency.ok_or(TraceError::NoPayments)?;
        let horizon_ends_ms = first_ms.saturating_add(request.horizon.as_millis());
        let as_of_ms = request
            .as_of
            .map(|as_of| as_of.as_micros().saturating_add(999).div_euclid(1_000));
        let counts_until = as_of_ms.unwrap_or(i64::MAX);
        victims
            .retain(|ix| graph.payments.row(*ix).at_ms < counts_until && !graph.is_withdrawn(*ix));
        Ok(Self {
            currency,
            horizon_ends_ms,
            as_of_ms,
            labels_end_ms: counts_until.min(horizon_ends_ms.saturating_add(1)),
            victims,
        })
    }
}

pub(super) struct Walk<'g, R: Rule> {
    pub(super) graph: &'g Graph,
    rule: R,
    victims: &'g [PaymentIx],
    ends: Ends<'g>,
    labels_end_ms: i64,
    queue: BinaryHeap<Due<'g>>,
    by_account: HashMap<AccountIx, u32>,
    pub(super) holders: Vec<Holder<R::Stock>>,
    pub(super) transfers: Vec<TracedTransfer>,
    pub(super) flows: Vec<Flow>,
    pub(super) totals: TraceTotals,
    pub(super) work: TraceWork,
}

impl<R: Rule> Walk<'_, R> {
    fn run(&mut self) -> Result<(), TraceError> {
        for victim in self.victims {
            self.enqueue(*victim, None);
        }
        let mut pieces = Vec::new();
        while let Some(due) = self.queue.pop() {
            let row = *self.graph.payments.row(due.payment);
            pieces.clear();
            match due.holder {
                Some(holder) => self.pay(due.payment, &row, holder as usize, &mut pieces),
                None => {
                    self.totals.stolen_minor += row.minor;
                    pieces.push(Piece {
                        offset: 0,
                        minor: row.minor,
                    });
                    self.deliver(due.payment, &row, None, &pieces);
                }
            }
            self.work.payments += 1;
            self.work.steps += pieces.len() as u64;
            if self.work.steps > TraceRequest::STEPS_MAX {
                return Err(TraceError::TooManySteps(self.work.steps));
            }
        }
        Ok(())
    }

    /// Looks at the payment before which `place` stands.
    fn pay(&mut self, payment: PaymentIx, row: &Row, place: usize, pieces: &mut Vec<Piece>) {
        let Some(holder) = self.holders.get_mut(place) else {
            return;
        };
        let outflow = Outflow {
            minor: row.minor,
            before: holder.cursor.standing,
        };
        self.rule.take(&mut holder.stock, &outflow, pieces);
        holder.cursor = holder.cursor.past_outflow(row.minor);
        holder.queued = false;
        if self.victims.binary_search(&payment).is_ok() || self.ends.at(payment, row) {
            self.totals.paid_again_minor += pieces.iter().map(|piece| piece.minor).sum::<i64>();
        } else if !pieces.is_empty() {
            self.deliver(payment, row, Some(place), pieces);
        }
        self.queue_next(place);
    }

    /// Hands stolen pieces of a payment to its receiver.
    fn deliver(&mut self, payment: PaymentIx, row: &Row, from: Option<usize>, pieces: &[Piece]) {
        let stolen_minor = pieces.iter().map(|piece| piece.minor).sum();
        self.transfers.push(TracedTransfer {
            payment,
            stolen_minor,
        });
        let tier = from
            .and_then(|from| self.holders.get(from))
            .map_or(1, |from| from.tier.saturating_add(1));
        let to = self.holder_of(row.to, row.at_ms);
        self.flows.push(Flow {
            to,
            from,
            minor: stolen_minor,
        });
        let (graph, Some(holder)) = (self.graph, self.holders.get_mut(to)) else {
            return;
        };
        holder.received_minor = holder.received_minor.saturating_add(stolen_minor);
        holder.tier = holder.tier.min(tier);
        holder.last_arrival_ms = row.at_ms;
        holder.victim_payments += u32::from(from.is_none());
        if holder.kind == AccountKind::Cash {
            return;
        }
        if R::NEEDS_POSITION || !holder.queued {
            let place = graph.history(row.to).seek_inflow(&graph.payments, payment);
            R::put(&mut holder.stock, place.standing.position_in(), pieces);
            if !holder.queued {
                holder.cursor = place;
                self.queue_next(to);
            }
        } else {
            R::put(&mut holder.stock, 0, pieces);
        }
    }

    /// Queues the holder's next payment that can carry stolen money on.
    fn queue_next(&mut self, place: usize) {
        let Some(holder) = self.holders.get_mut(place) else {
            return;
        };
        let Some(position) = R::wanted(&holder.stock) else {
            return;
        };
        if holder.queued {
            return;
        }
        let history: &History = self.graph.history(holder.account);
        let Some((cursor, payment)) = history.next_outflow(holder.cursor, position) else {
            return;
        };
        holder.cursor = cursor;
        if self.graph.payments.row(payment).at_ms < self.labels_end_ms {
            holder.queued = true;
            self.enqueue(payment, u32::try_from(place).ok());
        }
    }

    fn enqueue(&mut self, payment: PaymentIx, holder: Option<u32>) {
        let row = self.graph.payments.row(payment);
        self.queue.push(Due {
            at_ms: row.at_ms,
            tx: row.tx,
            payment,
            holder,
            payments: &self.graph.payments,
        });
    }

    fn holder_of(&mut self, account: AccountIx, at_ms: i64) -> usize {
        let next = self.holders.len();
        let known = *self.by_account.entry(account).or_insert(next as u32) as usize;
        if known == next {
            self.holders.push(Holder {
                account,
                kind: self.graph.accounts.kind(account),
                stock: R::Stock::default(),
                received_minor: 0,
                tier: u32::MAX,
                first_arrival_ms: at_ms,
                last_arrival_ms: at_ms,
                victim_payments: 0,
                cursor: Cursor::default(),
                queued: false,
            });
        }
        known
    }
}
