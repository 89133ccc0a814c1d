//! The graph: accounts, payments and each account's history.

use std::cmp::Ordering;

use hashbrown::HashSet;
use stanch_types::personal::AccountNumber;
use stanch_types::{AccountRef, Currency, InstitutionCode};

use crate::account::Accounts;
use crate::history::{History, Movement};
use crate::payment::Payments;
use crate::trace::{self, Trace, TraceRequest};
use crate::{
    AccountFacts, AccountIx, AccountView, GraphError, Inserted, NewPayment, PaymentIx, PaymentView,
    Standing, TraceError, TxId,
};

/// Every known payment, by account and time.
///
/// About 80 bytes a payment with its `tx_id` index at 10 million payments over 1.3 million accounts: 33 the row,
/// 24 its two movements, 8 the index, the rest accounts (`bench/trace.md`; [`Graph::bytes_used`]).
#[derive(Debug, Default)]
pub struct Graph {
    pub(crate) accounts: Accounts,
    pub(crate) payments: Payments,
    histories: Vec<History>,
    /// The last payment in order of booking: what comes after it is appended without a search.
    latest: Option<PaymentIx>,
    /// Payments that their institution took back; their rows stay, so that indices do.
    withdrawn: HashSet<PaymentIx>,
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for `payments` more, so that a bulk insert does not grow step by step.
    pub fn reserve(&mut self, payments: usize) {
        self.payments.reserve(payments);
    }

    /// The index of an account, new if it was not known.
    ///
    /// # Errors
    /// [`GraphError::Full`].
    pub fn intern_account(
        &mut self,
        institution: &InstitutionCode,
        account: &AccountNumber,
        currency: Currency,
    ) -> Result<AccountIx, GraphError> {
        let ix = self.accounts.intern(institution, account, currency)?;
        if self.histories.len() < self.accounts.len() {
            self.histories.push(History::default());
        }
        Ok(ix)
    }

    /// Stores what is known of an account in place of what was known before.
    ///
    /// # Errors
    /// [`GraphError::UnknownAccount`] (also for the owner), [`GraphError::NegativeOpening`],
    /// [`GraphError::TurnoverOverflow`].
    pub fn set_account(&mut self, ix: AccountIx, facts: AccountFacts) -> Result<(), GraphError> {
        if let Some(owner) = facts.owner {
            self.currency(owner)?;
        }
        if facts.opening_minor < 0 {
            return Err(GraphError::NegativeOpening(facts.opening_minor));
        }
        let history = self
            .histories
            .get_mut(ix.place())
            .ok_or(GraphError::UnknownAccount(ix))?;
        if !history.set_opening(facts.opening_minor) {
            return Err(GraphError::TurnoverOverflow(ix));
        }
        self.accounts.set_facts(ix, facts);
        Ok(())
    }

    /// Stores a payment, whenever it was booked. Amortised O(1) when it is the latest of its accounts, else
    /// O(256 + n/256) in their payments. Nothing is stored on error.
    ///
    /// # Errors
    /// [`GraphError::Conflict`] if its `tx_id` is stored with other content, and all others for bad content.
    pub fn insert(&mut self, new: NewPayment<'_>) -> Result<Inserted, GraphError> {
        let id = TxId::parse(new.tx_id)?;
        if let Some(known) = self.payments.find(id) {
            return if self.holds(known, &new) {
                Ok(Inserted::Unchanged(known))
            } else {
                Err(GraphError::Conflict(known))
            };
        }
        self.check(&new)?;
        let ix = self.payments.push(id, &new)?;
        let is_latest = self
            .latest
            .is_none_or(|latest| self.payments.compare(latest, ix) == Ordering::Less);
        if is_latest {
            self.latest = Some(ix);
        }
        for (account, minor) in [(new.from, -new.minor), (new.to, new.minor)] {
            let movement = Movement { minor, payment: ix };
            if let Some(history) = self.histories.get_mut(account.place()) {
                if is_latest {
                    history.append(movement);
                } else {
                    history.insert(&self.payments, movement);
                }
            }
        }
        Ok(Inserted::New(ix))
    }

    /// Takes a payment back: it never happened. Its row and its `tx_id` stay, so that giving it again is
    /// [`Inserted::Unchanged`] and does not bring it back. False if it is unknown or was withdrawn before.
    pub fn withdraw(&mut self, payment: PaymentIx) -> bool {
        let Some(row) = self.payments.get(payment).copied() else {
            return false;
        };
        if !self.withdrawn.insert(payment) {
            return false;
        }
        for (account, minor) in [(row.from, -row.minor), (row.to, row.minor)] {
            let movement = Movement { minor, payment };
            if let Some(history) = self.histories.get_mut(account.place()) {
                history.remove(&self.payments, movement);
            }
        }
        true
    }

    /// Whether a payment was taken back.
    #[must_use]
    pub fn is_withdrawn(&self, payment: PaymentIx) -> bool {
        !self.withdrawn.is_empty() && self.withdrawn.contains(&payment)
    }

    /// The last payment in order of booking, withdrawn ones included.
    #[must_use]
    pub fn latest(&self) -> Option<PaymentIx> {
        self.latest
    }

    /// Gives back the memory that growing left over. Answers are the same before and after; call it after a bulk
    /// insert.
    pub fn settle(&mut self) {
        self.accounts.shrink();
        self.payments.shrink();
        self.histories.shrink_to_fit();
        for history in &mut self.histories {
            history.shrink();
        }
    }

    /// The payment with this reference.
    #[must_use]
    pub fn find_payment(&self, tx_id: &str) -> Option<PaymentIx> {
        self.payments.find(TxId::parse(tx_id).ok()?)
    }

    /// A payment as stored.
    #[must_use]
    pub fn payment(&self, ix: PaymentIx) -> Option<PaymentView<'_>> {
        self.payments.view(ix)
    }

    /// An account as stored.
    #[must_use]
    pub fn account(&self, ix: AccountIx) -> Option<AccountView<'_>> {
        self.accounts.get(ix)
    }

    /// All accounts, in the order in which they were first named.
    pub fn accounts(&self) -> impl Iterator<Item = AccountView<'_>> {
        let places = 0..self.accounts.len();
        places.filter_map(|place| self.accounts.get(AccountIx(u32::try_from(place).ok()?)))
    }

    /// The account of this name, if any payment or fact named it.
    #[must_use]
    pub fn lookup_account(&self, name: &AccountRef, currency: Currency) -> Option<AccountIx> {
        self.accounts
            .lookup(&name.institution, &name.account, currency)
    }

    /// Payments of an account booked in `from_ms..to_ms`, in order of booking. A payment to itself comes twice.
    pub fn payments_of(
        &self,
        account: AccountIx,
        from_ms: i64,
        to_ms: i64,
    ) -> impl Iterator<Item = PaymentView<'_>> {
        self.histories
            .get(account.place())
            .into_iter()
            .flat_map(move |history| history.iter_from(history.seek_time(&self.payments, from_ms)))
            .map_while(|movement| self.payments.view(movement.payment))
            .take_while(move |payment| payment.at_ms < to_ms)
    }

    /// Where an account stood when all payments before `as_of_ms` were booked; `None` for an unknown account.
    #[must_use]
    pub fn standing_at(&self, account: AccountIx, as_of_ms: i64) -> Option<Standing> {
        let history = self.histories.get(account.place())?;
        Some(history.seek_time(&self.payments, as_of_ms).standing)
    }

    /// The balance at that time, in minor units; 0 for an unknown account.
    ///
    /// Never negative but for cash: money that left an account although nothing known covered it counts as there
    /// from the start ([`Standing::missing_minor`]), so that the balance is the least the account can hold. A cash
    /// account is the outside world: its balance is net inflow.
    #[must_use]
    pub fn balance_at(&self, account: AccountIx, as_of_ms: i64) -> i64 {
        let standing = self.standing_at(account, as_of_ms).unwrap_or_default();
        trace::balance_of(self.accounts.kind(account), standing)
    }

    /// Number of payments, withdrawn ones included.
    #[must_use]
    pub fn payment_count(&self) -> usize {
        self.payments.len()
    }

    /// Number of accounts.
    #[must_use]
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// Bytes held, indices and spare room included; walks the accounts.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        self.payments.bytes_used()
            + self.accounts.bytes_used()
            + self.histories.capacity() * size_of::<History>()
            + self
                .histories
                .iter()
                .map(History::bytes_used)
                .sum::<usize>()
    }

    /// Follows stolen money from the victims' payments.
    ///
    /// # Errors
    /// [`TraceError`] for payments that are unknown or do not go together, and for a trace past its step limit.
    pub fn trace(&self, request: &TraceRequest) -> Result<Trace, TraceError> {
        trace::run(self, request)
    }

    pub(crate) fn history(&self, account: AccountIx) -> &History {
        debug_assert!(
            account.place() < self.histories.len(),
            "an account of another graph"
        );
        &self.histories[account.place()]
    }

    fn currency(&self, account: AccountIx) -> Result<Currency, GraphError> {
        self.accounts
            .currency(account)
            .ok_or(GraphError::UnknownAccount(account))
    }

    fn check(&self, new: &NewPayment<'_>) -> Result<(), GraphError> {
        if new.minor <= 0 {
            return Err(GraphError::NotPositive(new.minor));
        }
        let (from, to) = (self.currency(new.from)?, self.currency(new.to)?);
        if from != to {
            return Err(GraphError::CurrencyMismatch { from, to });
        }
        let both_sides = if new.from == new.to { 2 } else { 1 };
        for account in [new.from, new.to] {
            let fits = new
                .minor
                .checked_mul(both_sides)
                .is_some_and(|minor| self.history(account).has_room_for(minor));
            if !fits {
                return Err(GraphError::TurnoverOverflow(account));
            }
        }
        Ok(())
    }

    fn holds(&self, known: PaymentIx, new: &NewPayment<'_>) -> bool {
        self.payments.view(known).is_some_and(|stored| {
            stored.at_ms == new.at_ms
                && stored.from == new.from
                && stored.to == new.to
                && stored.minor == new.minor
                && stored.channel == new.channel
        })
    }
}
