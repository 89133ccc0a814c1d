//! What can be refused.

use stanch_types::Currency;
use thiserror::Error;

use crate::{AccountIx, PaymentIx};

/// Why an account or a payment was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GraphError {
    /// A payment with this `tx_id` is stored with other content.
    #[error("a payment with this tx_id is stored with other content, as payment {}", .0.get())]
    Conflict(PaymentIx),
    /// The `tx_id` is empty or longer than [`stanch_types::Payment::TX_ID_LEN_MAX`].
    #[error("a tx_id has 1 to 64 bytes, not {0}")]
    TxIdLength(usize),
    /// The amount is zero or negative.
    #[error("a payment moves at least one minor unit, not {0}")]
    NotPositive(i64),
    /// No such account in this graph.
    #[error("account {} is not in this graph", .0.get())]
    UnknownAccount(AccountIx),
    /// The two accounts of a payment are kept in different currencies.
    #[error("a payment from an account in {from} cannot reach an account in {to}")]
    CurrencyMismatch {
        /// Currency of the paying account.
        from: Currency,
        /// Currency of the receiving account.
        to: Currency,
    },
    /// The opening balance is negative.
    #[error("an opening balance is not negative: {0}")]
    NegativeOpening(i64),
    /// Opening balance, inflows and outflows of one account together would pass 2^63-1 minor units.
    #[error("the turnover of account {} would not fit 64 bits", .0.get())]
    TurnoverOverflow(AccountIx),
    /// The graph holds as many payments, accounts, institutions or bytes of text as its indices can name.
    #[error("the graph is full: no index is left for another {0}")]
    Full(&'static str),
}

/// Why a trace was not made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TraceError {
    /// No payment was named.
    #[error("a trace starts from at least one payment")]
    NoPayments,
    /// No such payment in this graph.
    #[error("payment {} is not in this graph", .0.get())]
    UnknownPayment(PaymentIx),
    /// The payments named are in different currencies.
    #[error("one trace follows one currency, not {0} and {1}")]
    MixedCurrencies(Currency, Currency),
    /// The trace would take more steps than [`crate::TraceRequest::STEPS_MAX`].
    #[error("the trace was stopped after {0} steps")]
    TooManySteps(u64),
    /// The victims' payments add up to more than 2^63-1 minor units.
    #[error("the victims' payments do not add up within 64 bits")]
    Overflow,
}
