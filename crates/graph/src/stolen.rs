//! The streaming ledger of stolen money: where every open case's money is, kept exact as payments arrive.
//!
//! Every account has two counters, the positions its inflows and outflows have reached. Only accounts that hold
//! stolen money have more: lots (first in, first out) and shares (pro rata) of each case. A payment from an account
//! without stolen money costs two additions.
//!
//! The state is a function of the graph and the open cases: [`StolenLedger::of`] makes it from scratch, which is
//! also how it recovers, and every other path gives the same. A payment that arrives in order is streamed; a late,
//! corrected or withdrawn one makes the cases anew whose money ever was in its two accounts, and no others.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use stanch_types::AccountKind;
use stanch_types::plan::TraceMethod;

use crate::payment::Row;
use crate::trace::{Arrivals, Ends, Holdings, ProRata, holdings, is_stopped};
use crate::{AccountIx, Graph, PaymentIx, TraceError, TraceRequest};

mod held;

use held::{Held, Lot, Part};

/// A case of one ledger, numbered in order of opening. Meaningless in another ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseIx(u32);

/// Stolen money that a payment carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// The payment.
    pub payment: PaymentIx,
    /// Whose money.
    pub case: CaseIx,
    /// How it was followed.
    pub method: TraceMethod,
    /// How much, in minor units; at least 1.
    pub minor: i64,
}

/// What [`StolenLedger::catch_up`] did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaughtUp {
    /// Stolen money carried by payments that were streamed, in order of booking.
    pub carried: Vec<Carried>,
    /// Cases that were made anew because of a late payment, ascending.
    pub amended: Vec<CaseIx>,
}

/// A case's stolen money in one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StolenHolding {
    /// The account.
    pub account: AccountIx,
    /// What it holds first in, first out, in minor units.
    pub fifo_minor: i64,
    /// What it holds pro rata.
    pub pro_rata_minor: i64,
    /// The account's whole balance.
    pub balance_minor: i64,
    /// Clean money that leaves before the oldest stolen lot does, first in, first out; 0 without a lot.
    pub ahead_minor: i64,
    /// What ever reached it first in, first out.
    pub received_minor: i64,
    /// Fewest hops from a victim, first in, first out; 1 = first recipient, 0 if only a pro-rata share came.
    pub tier: u32,
    /// When stolen money last reached it first in, first out, in Unix milliseconds; 0 if only a share came.
    pub last_arrival_ms: i64,
}

/// What an account has to do with stolen money.
const CLEAN: u32 = 0;
/// It is notes: nothing is followed through it.
const CASH: u32 = 1;
/// It holds stolen money: there is an entry in `held`.
const HOLDS: u32 = 2;

/// One account's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Book {
    /// First position the next inflow takes: opening balance, inflows and money of unknown origin.
    position_in: i64,
    /// First position the next outflow uses.
    outflow_minor: i64,
    mark: u32,
}

/// An open case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CaseMoney {
    request: TraceRequest,
    labels_end_ms: i64,
    /// Accounts that nothing of it leaves from a time on: orders of a replay took effect there.
    ends: Vec<(AccountIx, i64)>,
    /// Accounts its money ever reached by either rule; those reached first in, first out with how.
    reached: BTreeMap<AccountIx, Option<Arrivals>>,
}

/// Every open case's stolen money, by both methods. See the module.
#[derive(Debug, Clone, Default)]
pub struct StolenLedger {
    books: Vec<Book>,
    held: HashMap<AccountIx, Held>,
    cases: Vec<Option<CaseMoney>>,
    /// Cases whose money ever was in an account.
    touched: HashMap<AccountIx, Vec<CaseIx>>,
    /// Victims' payments of open cases.
    claimed: HashMap<PaymentIx, Vec<CaseIx>>,
    /// Payments taken in: those of the graph numbered below.
    upto: u32,
    /// The last of them in order of booking.
    latest: Option<PaymentIx>,
    parts: Vec<Part>,
}

impl StolenLedger {
    /// A ledger of everything the graph knows, without cases.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let mut ledger = Self::default();
        ledger.grow(graph);
        for place in 0..ledger.books.len() {
            ledger.restate(graph, AccountIx(place as u32));
        }
        ledger.upto = count(graph);
        ledger.latest = graph.latest();
        ledger
    }

    /// Takes in the payments the graph got since the last call: O(1) for each that carries nothing.
    ///
    /// # Errors
    /// [`TraceError::TooManySteps`] when a case that a late payment touches cannot be made anew; the ledger is then
    /// to be made from scratch without that case.
    pub fn catch_up(&mut self, graph: &Graph) -> Result<CaughtUp, TraceError> {
        let mut done = CaughtUp::default();
        self.grow(graph);
        while self.upto < count(graph) {
            let payment = PaymentIx(self.upto);
            let in_order = self
                .latest
                .is_none_or(|latest| graph.payments.compare(latest, payment) == Ordering::Less);
            if !in_order {
                done.amended = self.take_in_late(graph)?;
                break;
            }
            self.stream(graph, payment, &mut done.carried);
            self.upto += 1;
            self.latest = Some(payment);
        }
        Ok(done)
    }

    /// Opens a case: from now on its money is followed. Payments of the graph not yet taken in are taken in.
    ///
    /// # Errors
    /// [`TraceError`]; the ledger is unchanged but for payments taken in.
    pub fn open(&mut self, graph: &Graph, request: TraceRequest) -> Result<CaseIx, TraceError> {
        self.catch_up(graph)?;
        let ix = CaseIx(u32::try_from(self.cases.len()).unwrap_or(u32::MAX));
        // Checked before anything is written.
        let ends = Ends {
            claimed: &self.claimed_by_others(ix),
            stopped: &[],
        };
        let found = holdings(graph, &request, ends)?;
        for payment in &request.payments {
            self.claimed.entry(*payment).or_default().push(ix);
        }
        let others = self.touching(payers(graph, &request));
        self.cases.push(None);
        self.lay_down(ix, request, Vec::new(), found);
        self.make_anew(graph, &others)?;
        Ok(ix)
    }

    /// Forgets a case and its money.
    ///
    /// # Errors
    /// As [`StolenLedger::catch_up`], for cases whose money this one's payments had ended.
    pub fn close(&mut self, graph: &Graph, case: CaseIx) -> Result<(), TraceError> {
        // What is traced anew below holds every payment of the graph.
        self.catch_up(graph)?;
        let Some(money) = self.lift(case) else {
            return Ok(());
        };
        for payment in &money.request.payments {
            if let Some(cases) = self.claimed.get_mut(payment) {
                cases.retain(|other| *other != case);
                if cases.is_empty() {
                    self.claimed.remove(payment);
                }
            }
        }
        // What its victims' payments ended goes on now.
        let others = self.touching(payers(graph, &money.request));
        self.make_anew(graph, &others)
    }

    /// Puts right what a withdrawn payment of these accounts changed, or another opening balance or kind of theirs.
    ///
    /// # Errors
    /// As [`StolenLedger::catch_up`].
    pub fn amend(
        &mut self,
        graph: &Graph,
        accounts: &[AccountIx],
    ) -> Result<Vec<CaseIx>, TraceError> {
        let mut amended = self.catch_up(graph)?.amended;
        amended.extend(self.amend_accounts(graph, accounts)?);
        amended.sort_unstable();
        amended.dedup();
        Ok(amended)
    }

    /// Where a case's money is: accounts that hold some by either method, in order of index; cash is not among them.
    pub fn holdings(&self, case: CaseIx) -> impl Iterator<Item = StolenHolding> {
        let money = self.cases.get(case.0 as usize).and_then(Option::as_ref);
        let reached = money.into_iter().flat_map(|money| &money.reached);
        reached.filter_map(move |(account, arrivals)| {
            let held = self.held.get(account)?;
            let (fifo_minor, pro_rata_minor) = held.of(case);
            if fifo_minor == 0 && pro_rata_minor == 0 {
                return None;
            }
            let book = self.books.get(account.place())?;
            let oldest = held.lots.iter().find(|lot| lot.case == case);
            Some(StolenHolding {
                account: *account,
                fifo_minor,
                pro_rata_minor,
                balance_minor: book.position_in - book.outflow_minor,
                ahead_minor: oldest.map_or(0, |lot| lot.start - book.outflow_minor),
                received_minor: arrivals.map_or(0, |a| a.received_minor),
                tier: arrivals.map_or(0, |a| a.tier),
                last_arrival_ms: arrivals.map_or(0, |a| a.last_ms),
            })
        })
    }

    /// From `from_ms` on nothing of the case leaves `account`: in a replay an order took effect that the recorded
    /// stream knows nothing of.
    pub(crate) fn end_at(&mut self, case: CaseIx, account: AccountIx, from_ms: i64) {
        if let Some(Some(money)) = self.cases.get_mut(case.0 as usize) {
            money.ends.push((account, from_ms));
        }
    }

    /// Cases whose money is, or ever was, in an account; ascending.
    #[must_use]
    pub fn cases_at(&self, account: AccountIx) -> &[CaseIx] {
        self.touched.get(&account).map_or(&[], Vec::as_slice)
    }

    /// Number of accounts that hold stolen money.
    #[must_use]
    pub fn holding_count(&self) -> usize {
        self.held.len()
    }

    /// Bytes held, spare room included.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        let held = self.held.values();
        let held = held.map(|held| {
            held.lots.capacity() * size_of::<Lot>()
                + held.shares.capacity() * size_of::<(CaseIx, i64)>()
        });
        self.books.capacity() * size_of::<Book>()
            + self.held.allocation_size()
            + held.sum::<usize>()
            + self.touched.allocation_size()
            + self.claimed.allocation_size()
    }

    fn grow(&mut self, graph: &Graph) {
        for place in self.books.len()..graph.account_count() {
            let account = AccountIx(place as u32);
            let facts = graph
                .account(account)
                .map(|view| view.facts)
                .unwrap_or_default();
            self.books.push(Book {
                position_in: facts.opening_minor,
                outflow_minor: 0,
                mark: if facts.kind == AccountKind::Cash {
                    CASH
                } else {
                    CLEAN
                },
            });
        }
    }

    /// Books a payment that comes after all others.
    fn stream(&mut self, graph: &Graph, payment: PaymentIx, carried: &mut Vec<Carried>) {
        if graph.is_withdrawn(payment) {
            return;
        }
        let row = *graph.payments.row(payment);
        let Some(from) = self.books.get_mut(row.from.place()) else {
            return;
        };
        let before = *from;
        from.outflow_minor += row.minor;
        from.position_in = from.position_in.max(from.outflow_minor);
        let Some(to) = self.books.get_mut(row.to.place()) else {
            return;
        };
        let position = to.position_in;
        to.position_in += row.minor;
        if before.mark == HOLDS {
            let to_cash = to.mark == CASH;
            self.carry(payment, &row, before, position, to_cash, carried);
        }
    }

    /// Moves the stolen money that a payment carries.
    fn carry(
        &mut self,
        payment: PaymentIx,
        row: &Row,
        before: Book,
        position: i64,
        to_cash: bool,
        carried: &mut Vec<Carried>,
    ) {
        let Some(held) = self.held.get_mut(&row.from) else {
            return;
        };
        let cases = &self.cases;
        let money_of = |case: CaseIx| cases.get(case.0 as usize).and_then(Option::as_ref);
        let moves = |case: CaseIx| {
            money_of(case)
                .filter(|money| row.at_ms < money.labels_end_ms && !is_stopped(&money.ends, row))
        };
        let mut parts = std::mem::take(&mut self.parts);
        parts.clear();
        held.take_lots(
            before.outflow_minor,
            before.outflow_minor + row.minor,
            &mut parts,
        );
        parts.retain(|part| moves(part.case).is_some());
        let lots = parts.len();
        held.take_shares(
            row.minor,
            before.position_in - before.outflow_minor,
            |case| {
                moves(case).map(|money| ProRata {
                    min_minor: money.request.haircut_min_minor,
                })
            },
            &mut parts,
        );
        if held.is_empty() {
            self.held.remove(&row.from);
            if let Some(book) = self.books.get_mut(row.from.place()) {
                book.mark = CLEAN;
            }
        }
        let (by_lot, by_share) = parts.split_at(lots);
        for (method, parts) in [
            (TraceMethod::Fifo, by_lot),
            (TraceMethod::ProRata, by_share),
        ] {
            self.deliver(row, method, parts);
            sum_by_case(payment, method, parts, carried);
        }
        if !to_cash && !parts.is_empty() {
            let held = self.held.entry(row.to).or_default();
            held.put_lots(position, by_lot);
            for part in by_share {
                held.put_share(part.case, part.minor);
            }
            if let Some(book) = self.books.get_mut(row.to.place()) {
                book.mark = HOLDS;
            }
        }
        self.parts = parts;
    }

    /// Notes that stolen money reached the receiver of a payment.
    fn deliver(&mut self, row: &Row, method: TraceMethod, parts: &[Part]) {
        for part in parts {
            let Some(Some(money)) = self.cases.get_mut(part.case.0 as usize) else {
                continue;
            };
            let payer = money.reached.get(&row.from).copied().flatten();
            let reached = money.reached.entry(row.to).or_insert_with(|| {
                note(&mut self.touched, row.to, part.case);
                None
            });
            if method == TraceMethod::ProRata {
                continue;
            }
            let tier = payer.map_or(1, |payer| payer.tier.saturating_add(1));
            let arrivals = reached.get_or_insert(Arrivals {
                received_minor: 0,
                tier,
                last_ms: row.at_ms,
            });
            arrivals.received_minor = arrivals.received_minor.saturating_add(part.minor);
            arrivals.tier = arrivals.tier.min(tier);
            arrivals.last_ms = row.at_ms;
        }
    }

    /// Takes in all payments of the graph at once, one of them late.
    fn take_in_late(&mut self, graph: &Graph) -> Result<Vec<CaseIx>, TraceError> {
        let new = self.upto..count(graph);
        let rows = new.filter_map(|ix| graph.payments.get(PaymentIx(ix)));
        let mut accounts: Vec<AccountIx> = rows.flat_map(|row| [row.from, row.to]).collect();
        accounts.sort_unstable();
        accounts.dedup();
        self.upto = count(graph);
        self.latest = graph.latest();
        self.amend_accounts(graph, &accounts)
    }

    fn amend_accounts(
        &mut self,
        graph: &Graph,
        accounts: &[AccountIx],
    ) -> Result<Vec<CaseIx>, TraceError> {
        for account in accounts {
            self.restate(graph, *account);
        }
        let cases = self.touching(accounts.iter().copied());
        self.make_anew(graph, &cases)?;
        Ok(cases)
    }

    /// Sets an account's counters by its history, and its mark by what is known of it.
    fn restate(&mut self, graph: &Graph, account: AccountIx) {
        let standing = graph.history(account).standing_at_end();
        let mark = match (
            graph.accounts.kind(account),
            self.held.contains_key(&account),
        ) {
            (AccountKind::Cash, _) => CASH,
            (_, true) => HOLDS,
            (_, false) => CLEAN,
        };
        if let Some(book) = self.books.get_mut(account.place()) {
            *book = Book {
                position_in: standing.position_in(),
                outflow_minor: standing.outflow_minor,
                mark,
            };
        }
    }

    /// The cases whose money ever was in one of these accounts, ascending.
    fn touching(&self, accounts: impl Iterator<Item = AccountIx>) -> Vec<CaseIx> {
        let mut cases: Vec<CaseIx> = accounts
            .flat_map(|account| self.cases_at(account))
            .copied()
            .collect();
        cases.sort_unstable();
        cases.dedup();
        cases
    }

    fn make_anew(&mut self, graph: &Graph, cases: &[CaseIx]) -> Result<(), TraceError> {
        let lifted: Vec<(CaseIx, CaseMoney)> = cases
            .iter()
            .filter_map(|case| Some((*case, self.lift(*case)?)))
            .collect();
        for (case, money) in lifted {
            let ends = Ends {
                claimed: &self.claimed_by_others(case),
                stopped: &money.ends,
            };
            let found = holdings(graph, &money.request, ends)?;
            self.lay_down(case, money.request, money.ends, found);
        }
        Ok(())
    }

    /// Takes a case's money out of every account.
    fn lift(&mut self, case: CaseIx) -> Option<CaseMoney> {
        let money = self.cases.get_mut(case.0 as usize)?.take()?;
        for account in money.reached.keys() {
            if let Some(held) = self.held.get_mut(account) {
                held.remove(case);
                if held.is_empty() {
                    self.held.remove(account);
                    if let Some(book) = self.books.get_mut(account.place())
                        && book.mark == HOLDS
                    {
                        book.mark = CLEAN;
                    }
                }
            }
            if let Some(cases) = self.touched.get_mut(account) {
                cases.retain(|other| *other != case);
                if cases.is_empty() {
                    self.touched.remove(account);
                }
            }
        }
        Some(money)
    }

    fn lay_down(
        &mut self,
        case: CaseIx,
        request: TraceRequest,
        ends: Vec<(AccountIx, i64)>,
        found: Holdings,
    ) {
        let mut reached = BTreeMap::new();
        for (account, arrivals, lots) in found.lots {
            reached.insert(account, Some(arrivals));
            if !lots.is_empty() && self.mark(account) {
                let lots = lots.into_iter().map(|lot| Lot {
                    start: lot.start,
                    end: lot.end,
                    case,
                });
                self.held.entry(account).or_default().merge_lots(lots);
            }
        }
        for (account, share) in found.shares {
            reached.entry(account).or_insert(None);
            if share > 0 && self.mark(account) {
                self.held.entry(account).or_default().put_share(case, share);
            }
        }
        for account in reached.keys() {
            note(&mut self.touched, *account, case);
        }
        if let Some(slot) = self.cases.get_mut(case.0 as usize) {
            *slot = Some(CaseMoney {
                request,
                labels_end_ms: found.labels_end_ms,
                ends,
                reached,
            });
        }
    }

    /// Marks an account as holding stolen money; false for cash, which holds none.
    fn mark(&mut self, account: AccountIx) -> bool {
        match self.books.get_mut(account.place()) {
            Some(book) if book.mark != CASH => {
                book.mark = HOLDS;
                true
            }
            _ => false,
        }
    }

    fn claimed_by_others(&self, case: CaseIx) -> HashSet<PaymentIx> {
        let others = self.claimed.iter();
        others
            .filter(|(_, cases)| cases.iter().any(|other| *other != case))
            .map(|(payment, _)| *payment)
            .collect()
    }
}

/// The victims' accounts.
fn payers(graph: &Graph, request: &TraceRequest) -> impl Iterator<Item = AccountIx> {
    let rows = request.payments.iter();
    let rows = rows.filter_map(|payment| graph.payments.get(*payment));
    rows.map(|row| row.from)
}

fn count(graph: &Graph) -> u32 {
    u32::try_from(graph.payment_count()).unwrap_or(u32::MAX)
}

fn note(touched: &mut HashMap<AccountIx, Vec<CaseIx>>, account: AccountIx, case: CaseIx) {
    let cases = touched.entry(account).or_default();
    if let Err(place) = cases.binary_search(&case) {
        cases.insert(place, case);
    }
}

fn sum_by_case(
    payment: PaymentIx,
    method: TraceMethod,
    parts: &[Part],
    carried: &mut Vec<Carried>,
) {
    let first = carried.len();
    for part in parts {
        let same = carried
            .iter_mut()
            .skip(first)
            .find(|sum| sum.case == part.case);
        match same {
            Some(sum) => sum.minor += part.minor,
            None => carried.push(Carried {
                payment,
                case: part.case,
                method,
                minor: part.minor,
            }),
        }
    }
}
