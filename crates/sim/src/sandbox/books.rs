//! An institution's books: accounts, payments, holds and orders, as a pure function of its files and events.

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use stanch_types::order::{AnswerOutcome, OrderEffect, OrderKind};
use stanch_types::personal::{AccountNumber, PersonName};
use stanch_types::{
    AccountKind, AccountRef, ApplicationId, Currency, Duration, InstitutionCode, Payment, Timestamp,
};

use super::document::{OrderDocument, Wanted};

/// An account in the books.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub kind: AccountKind,
    pub holder: PersonName,
    pub balance_minor: i64,
    /// Orders that made a hold on it.
    holds: Vec<ApplicationId>,
}

/// Money held by an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct HeldMoney {
    pub minor: i64,
    pub whole_account: bool,
    pub expires_at: Timestamp,
    pub ended: bool,
    pub extensions: u8,
}

impl HeldMoney {
    pub fn in_force(&self, now: Timestamp) -> bool {
        !self.ended && now < self.expires_at
    }
}

/// An order taken.
#[derive(Debug, Clone)]
pub(super) struct TakenOrder {
    pub document: OrderDocument,
    pub receipt: String,
    pub due_at: Timestamp,
    /// The final answer, once carried out.
    pub outcome: Option<(Timestamp, AnswerOutcome)>,
    /// Whether Stanch has the final answer.
    pub answered: bool,
    pub held: Option<HeldMoney>,
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Booked.
    Booked,
    /// Refused: the payer's money is held.
    Held,
    /// Refused: not enough money.
    InsufficientFunds,
    /// Refused: no such account here.
    UnknownAccount,
    /// Refused: not in yuan, nothing, or neither side is here.
    Invalid,
}

/// What happened; the journal's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event {
    Payment {
        payment: Payment,
        verdict: Verdict,
    },
    Taken {
        document: Box<OrderDocument>,
        receipt: String,
        due_at: Timestamp,
    },
    CarriedOut {
        application_id: ApplicationId,
        at: Timestamp,
        outcome: AnswerOutcome,
    },
    Answered {
        application_id: ApplicationId,
    },
    Pushed {
        debits: usize,
    },
}

/// The books.
#[derive(Debug)]
pub(super) struct Books {
    code: InstitutionCode,
    accounts: HashMap<AccountNumber, Account>,
    payments: Vec<(Payment, Verdict)>,
    by_tx_id: HashMap<String, u32>,
    orders: HashMap<ApplicationId, TakenOrder>,
    /// Orders not yet carried out, and those carried out but not yet answered.
    pub open: HashSet<ApplicationId>,
    pub unanswered: HashSet<ApplicationId>,
    /// Live debits in booking order, indices of `payments`.
    debits: Vec<u32>,
    pub pushed: usize,
}

impl Books {
    pub fn new(code: InstitutionCode) -> Self {
        Self {
            code,
            accounts: HashMap::new(),
            payments: Vec::new(),
            by_tx_id: HashMap::new(),
            orders: HashMap::new(),
            open: HashSet::new(),
            unanswered: HashSet::new(),
            debits: Vec::new(),
            pushed: 0,
        }
    }

    /// Opens an account before anything happens.
    pub fn open_account(
        &mut self,
        number: AccountNumber,
        kind: AccountKind,
        holder: PersonName,
        balance_minor: i64,
    ) {
        self.accounts.insert(
            number,
            Account {
                kind,
                holder,
                balance_minor,
                holds: Vec::new(),
            },
        );
    }

    /// A payment settled before the start: booked without question and already known to Stanch.
    pub fn settled(&mut self, payment: Payment) {
        self.book(payment, Verdict::Booked, false);
    }

    pub fn account(&self, number: &AccountNumber) -> Option<&Account> {
        self.accounts.get(number)
    }

    pub fn order(&self, id: &ApplicationId) -> Option<&TakenOrder> {
        self.orders.get(id)
    }

    pub fn orders_taken(&self) -> usize {
        self.orders.len()
    }

    pub fn payments_known(&self) -> usize {
        self.payments.len()
    }

    /// The verdict already given on `tx_id`.
    pub fn verdict(&self, tx_id: &str) -> Option<Verdict> {
        self.stored(tx_id).map(|(_, verdict)| *verdict)
    }

    fn stored(&self, tx_id: &str) -> Option<&(Payment, Verdict)> {
        self.by_tx_id
            .get(tx_id)
            .and_then(|index| self.payments.get(*index as usize))
    }

    /// Live debits booked but not pushed, at most `limit`, with the count after them.
    pub fn to_push(&self, limit: usize) -> (Vec<&Payment>, usize) {
        let until = (self.pushed + limit).min(self.debits.len());
        let rows = self.debits.get(self.pushed..until).unwrap_or_default();
        let payments = rows
            .iter()
            .filter_map(|i| self.payments.get(*i as usize))
            .map(|(p, _)| p);
        (payments.collect(), until)
    }

    /// Held money in force on an account, and whether the whole account is held.
    pub fn held(&self, account: &Account, now: Timestamp) -> (i64, bool) {
        let holds = account
            .holds
            .iter()
            .filter_map(|id| self.orders.get(id)?.held.as_ref());
        holds
            .filter(|hold| hold.in_force(now))
            .fold((0, false), |(minor, whole), hold| {
                (minor + hold.minor, whole || hold.whole_account)
            })
    }

    /// What may be paid out.
    pub fn available(&self, account: &Account, now: Timestamp) -> i64 {
        match self.held(account, now) {
            (_, true) => 0,
            (held, false) => (account.balance_minor - held).max(0),
        }
    }

    /// What is to become of a payment now.
    pub fn judge_payment(&self, payment: &Payment, now: Timestamp) -> Verdict {
        let here = |side: &AccountRef| side.institution == self.code;
        let (debit, credit) = (here(&payment.from), here(&payment.to));
        let amount = payment.amount;
        if !(debit || credit) || amount.is_zero() || amount.currency() != Currency::CNY {
            return Verdict::Invalid;
        }
        if credit && !self.accounts.contains_key(&payment.to.account) {
            return Verdict::UnknownAccount;
        }
        if !debit {
            return Verdict::Booked;
        }
        let Some(payer) = self.accounts.get(&payment.from.account) else {
            return Verdict::UnknownAccount;
        };
        if payer.kind == AccountKind::Cash || amount.minor() <= self.available(payer, now) {
            Verdict::Booked
        } else if amount.minor() <= payer.balance_minor {
            Verdict::Held
        } else {
            Verdict::InsufficientFunds
        }
    }

    /// Takes an event into the books.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Payment { payment, verdict } => self.book(payment, verdict, true),
            Event::Taken {
                document,
                receipt,
                due_at,
            } => {
                let id = document.application_id;
                self.open.insert(id);
                let order = TakenOrder {
                    document: *document,
                    receipt,
                    due_at,
                    outcome: None,
                    answered: false,
                    held: None,
                };
                self.orders.insert(id, order);
            }
            Event::CarriedOut {
                application_id,
                at,
                outcome,
            } => {
                self.carried_out(application_id, at, outcome);
            }
            Event::Answered { application_id } => {
                self.unanswered.remove(&application_id);
                if let Some(order) = self.orders.get_mut(&application_id) {
                    order.answered = true;
                }
            }
            Event::Pushed { debits } => self.pushed = debits.min(self.debits.len()),
        }
    }

    fn book(&mut self, payment: Payment, verdict: Verdict, live: bool) {
        let index = self.payments.len() as u32;
        let here = |side: &AccountRef| side.institution == self.code;
        if verdict == Verdict::Booked {
            if here(&payment.from) {
                if let Some(payer) = self.accounts.get_mut(&payment.from.account) {
                    payer.balance_minor -= payment.amount.minor();
                }
                if live {
                    self.debits.push(index);
                }
            }
            if here(&payment.to)
                && let Some(payee) = self.accounts.get_mut(&payment.to.account)
            {
                payee.balance_minor += payment.amount.minor();
            }
        }
        self.by_tx_id.insert(payment.tx_id.clone(), index);
        self.payments.push((payment, verdict));
    }

    fn carried_out(&mut self, id: ApplicationId, at: Timestamp, outcome: AnswerOutcome) {
        self.open.remove(&id);
        self.unanswered.insert(id);
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        order.outcome = Some((at, outcome.clone()));
        let (kind, parent) = (order.document.kind, order.document.parent_application_id);
        let lasts = Duration::from_secs(order.document.duration_secs);
        let held = match outcome {
            AnswerOutcome::Executed { held } | AnswerOutcome::PartiallyExecuted { held } => held,
            AnswerOutcome::Acked { .. }
            | AnswerOutcome::Executing
            | AnswerOutcome::Refused { .. }
            | AnswerOutcome::Failed { .. } => return,
        };
        let account = order.document.target.account.clone();
        if kind.effect() == OrderEffect::Holds {
            order.held = held.map(|held| HeldMoney {
                minor: held.minor(),
                whole_account: order.document.wanted() == Some(Wanted::Whole),
                expires_at: at.plus(lasts),
                ended: false,
                extensions: 0,
            });
            if let Some(account) = self.accounts.get_mut(&account) {
                account.holds.push(id);
            }
        }
        let parent = parent.and_then(|parent| self.orders.get_mut(&parent)?.held.as_mut());
        if let Some(parent) = parent {
            match kind.effect() {
                OrderEffect::Extends => {
                    parent.expires_at = parent.expires_at.plus(lasts);
                    parent.extensions = parent.extensions.saturating_add(1);
                }
                // A freeze takes the place of the stop it converts.
                OrderEffect::Releases | OrderEffect::Holds => parent.ended = true,
            }
        }
    }

    /// Stops carried out on an account for a case, extensions included.
    pub fn stops(&self, account: &Account, case_number: &str) -> usize {
        let made = account.holds.iter().filter_map(|id| self.orders.get(id));
        made.filter(|order| {
            order.document.case_number == case_number && order.document.kind != OrderKind::Freeze
        })
        .map(|order| {
            1 + order
                .held
                .as_ref()
                .map_or(0, |held| usize::from(held.extensions))
        })
        .sum()
    }

    /// Whether the disputed transfer is in the books as the order says; none when it is not in them at all.
    pub fn confirms_disputed(&self, document: &OrderDocument) -> Option<bool> {
        const CLOCKS_DIFFER: Duration = Duration::from_mins(10);
        let disputed = document.disputed.as_ref()?;
        let (payment, verdict) = self.stored(&disputed.tx_id)?;
        let apart = payment
            .occurred_at
            .since(disputed.occurred_at)
            .as_micros()
            .abs();
        Some(
            *verdict == Verdict::Booked
                && payment.amount == disputed.amount
                && payment.from == disputed.payer
                && payment.to.account == document.target.account
                && apart <= CLOCKS_DIFFER.as_micros(),
        )
    }
}
