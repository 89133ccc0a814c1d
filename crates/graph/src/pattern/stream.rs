//! The payments of a graph as the pattern engine takes them.

use stanch_types::personal::AccountNumber;
use stanch_types::{Currency, InstitutionCode};

use super::PatternPayment;
use crate::{AccountIx, AccountView, Graph, PaymentIx, PaymentView};

/// All payments of a graph in order of booking.
///
/// An account is (institution, number): what it keeps in several currencies is one member of a pattern. 4 bytes a
/// payment and 8 an account.
#[derive(Debug)]
pub struct PatternStream<'g> {
    graph: &'g Graph,
    order: Vec<PaymentIx>,
    /// Dense number of each account of the graph.
    numbers: Vec<u32>,
    /// The first account of the graph with each dense number.
    accounts: Vec<AccountIx>,
}

impl Graph {
    /// The payments in order of booking (time, then reference), by dense account numbers; withdrawn ones are left out.
    #[must_use]
    pub fn pattern_stream(&self) -> PatternStream<'_> {
        let count = u32::try_from(self.payment_count()).unwrap_or(u32::MAX);
        let mut order: Vec<PaymentIx> = (0..count)
            .map(PaymentIx)
            .filter(|payment| !self.is_withdrawn(*payment))
            .collect();
        // Nearly sorted as it is: a stable sort takes such runs as they are.
        order.sort_by(|a, b| self.payments.compare(*a, *b));
        let (numbers, accounts) = self.parties();
        PatternStream {
            graph: self,
            order,
            numbers,
            accounts,
        }
    }

    fn parties(&self) -> (Vec<u32>, Vec<AccountIx>) {
        let count = u32::try_from(self.account_count()).unwrap_or(u32::MAX);
        let mut sorted: Vec<AccountIx> = (0..count).map(AccountIx).collect();
        let name = |ix: &AccountIx| self.account(*ix).map(name_of);
        sorted.sort_by(|a, b| name(a).cmp(&name(b)).then(a.cmp(b)));
        let mut firsts: Vec<AccountIx> = (0..count).map(AccountIx).collect();
        let mut first = AccountIx(0);
        for (place, ix) in sorted.iter().enumerate() {
            let same = place > 0 && name(&first) == name(ix);
            if !same {
                first = *ix;
            }
            if let Some(of) = firsts.get_mut(ix.place()) {
                *of = first;
            }
        }
        // Numbered in order of first appearance, whatever the names.
        let (mut numbers, mut accounts) = (vec![0; firsts.len()], Vec::new());
        for (place, first) in firsts.iter().enumerate() {
            let number = if first.place() == place {
                accounts.push(*first);
                u32::try_from(accounts.len() - 1).unwrap_or(u32::MAX)
            } else {
                numbers.get(first.place()).copied().unwrap_or_default()
            };
            if let Some(of) = numbers.get_mut(place) {
                *of = number;
            }
        }
        (numbers, accounts)
    }
}

fn name_of(account: AccountView<'_>) -> (&InstitutionCode, &AccountNumber) {
    (account.institution, account.account)
}

impl<'g> PatternStream<'g> {
    /// How many payments there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The payments in order: as stored, and as the engine takes them.
    pub fn iter(&self) -> impl Iterator<Item = (PaymentView<'g>, PatternPayment)> {
        self.order.iter().filter_map(|ix| {
            let view = self.graph.payment(*ix)?;
            Some((view, self.payment_of(&view)?))
        })
    }

    /// A payment by its number in the stream.
    #[must_use]
    pub fn payment(&self, number: u64) -> Option<(PaymentView<'g>, PatternPayment)> {
        let ix = self.order.get(usize::try_from(number).ok()?)?;
        let view = self.graph.payment(*ix)?;
        Some((view, self.payment_of(&view)?))
    }

    /// An account by its dense number; its currency is the first it was seen with.
    #[must_use]
    pub fn account(&self, number: u32) -> Option<AccountView<'g>> {
        self.graph.account(*self.accounts.get(number as usize)?)
    }

    /// The currency of a payment.
    #[must_use]
    pub fn currency(&self, view: &PaymentView<'_>) -> Option<Currency> {
        Some(self.graph.account(view.from)?.currency)
    }

    fn payment_of(&self, view: &PaymentView<'_>) -> Option<PatternPayment> {
        Some(PatternPayment {
            at_ms: view.at_ms,
            from: *self.numbers.get(view.from.place())?,
            to: *self.numbers.get(view.to.place())?,
            minor: view.minor,
            channel: view.channel,
        })
    }
}
