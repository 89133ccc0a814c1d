//! What is held on an account number, at whatever institution.

use stanch_graph::PaymentIx;
use stanch_types::payment::Payment;
use stanch_types::personal::AccountNumber;
use stanch_types::{Amount, Timestamp};

use crate::ledger::Ledger;

impl Ledger {
    /// The payments from and to accounts with this number, in order of arrival; withdrawn ones too. Walks all accounts.
    #[must_use]
    pub fn payments_of(&self, number: &AccountNumber) -> Vec<Payment> {
        let graph = self.graph();
        let accounts = graph.accounts().filter(|held| held.account == number);
        let mut places: Vec<PaymentIx> = accounts
            .flat_map(|held| graph.payments_of(held.ix, i64::MIN, i64::MAX))
            .map(|payment| payment.ix)
            .collect();
        places.sort_unstable();
        places.dedup();
        let payments = places.into_iter().filter_map(|place| {
            let payment = graph.payment(place)?;
            let (from, to) = (graph.account(payment.from)?, graph.account(payment.to)?);
            Some(Payment {
                tx_id: payment.tx_id.to_string(),
                occurred_at: Timestamp::from_millis(payment.at_ms),
                from: from.reference(),
                to: to.reference(),
                amount: Amount::new(payment.minor, from.currency).ok()?,
                channel: payment.channel,
            })
        });
        payments.collect()
    }
}
