//! Finding the payments a reporter tells in the institutions' own records.

use std::collections::BTreeSet;

use stanch_graph::{Graph, PaymentIx, PaymentView};
use stanch_types::report::ReportedPayment;
use stanch_types::{Amount, Duration, Timestamp};

/// A told payment matches a recorded one between the same accounts and of the same amount within this time.
pub const MATCH_WINDOW: Duration = Duration::from_mins(10);

/// A recorded payment that a told one was matched to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The institution's reference.
    pub tx_id: String,
    /// How much was paid.
    pub amount: Amount,
    /// When.
    pub occurred_at: Timestamp,
}

/// For each told payment, the recorded one: by its reference if that is a payment from the told account, else the
/// nearest in time between the told accounts with the told amount. No recorded payment is given twice.
///
/// A reference alone is not believed: a report that names somebody else's payment must not lead to a hold.
#[must_use]
pub fn match_payments(graph: &Graph, told: &[ReportedPayment]) -> Vec<Option<Matched>> {
    let mut taken = BTreeSet::new();
    let mut matched: Vec<Option<PaymentIx>> = told
        .iter()
        .map(|payment| by_reference(graph, payment).filter(|found| taken.insert(*found)))
        .collect();
    for (slot, payment) in matched.iter_mut().zip(told) {
        if slot.is_none() {
            *slot = by_content(graph, payment, &taken).filter(|found| taken.insert(*found));
        }
    }
    matched
        .into_iter()
        .map(|found| {
            graph
                .payment(found?)
                .and_then(|view| describe(graph, &view))
        })
        .collect()
}

/// The recorded payment as a case keeps it.
pub(crate) fn describe(graph: &Graph, payment: &PaymentView<'_>) -> Option<Matched> {
    let currency = graph.account(payment.from)?.currency;
    Some(Matched {
        tx_id: payment.tx_id.to_string(),
        amount: Amount::new(payment.minor, currency).ok()?,
        occurred_at: Timestamp::from_millis(payment.at_ms),
    })
}

fn by_reference(graph: &Graph, told: &ReportedPayment) -> Option<PaymentIx> {
    let found = graph.find_payment(told.tx_id.as_deref()?)?;
    let payer = graph.lookup_account(&told.from, told.amount.currency())?;
    (graph.payment(found)?.from == payer).then_some(found)
}

fn by_content(
    graph: &Graph,
    told: &ReportedPayment,
    taken: &BTreeSet<PaymentIx>,
) -> Option<PaymentIx> {
    let currency = told.amount.currency();
    let from = graph.lookup_account(&told.from, currency)?;
    let to = graph.lookup_account(&told.to, currency)?;
    let at_ms = told.occurred_at.as_millis();
    let window_ms = MATCH_WINDOW.as_millis();
    graph
        .payments_of(
            from,
            at_ms.saturating_sub(window_ms),
            at_ms.saturating_add(window_ms).saturating_add(1),
        )
        .filter(|payment| {
            payment.from == from
                && payment.to == to
                && payment.minor == told.amount.minor()
                && !taken.contains(&payment.ix)
        })
        .min_by_key(|payment| (payment.at_ms.abs_diff(at_ms), payment.ix))
        .map(|payment| payment.ix)
}
