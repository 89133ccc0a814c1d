//! Payments: money moved from one account to another.

use serde::{Deserialize, Serialize};

use crate::institution::AccountRef;
use crate::money::Amount;
use crate::time::Timestamp;

/// One payment as an institution reported it. `tx_id` is unique in the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// The payment's reference, 1 to 64 printable ASCII characters without spaces.
    pub tx_id: String,
    /// When it was booked. Payments are ordered by (`occurred_at`, `tx_id`); see [`Payment::order_key`].
    pub occurred_at: Timestamp,
    /// The paying account.
    pub from: AccountRef,
    /// The receiving account.
    pub to: AccountRef,
    /// How much; never zero.
    pub amount: Amount,
    /// How it was paid.
    pub channel: Channel,
}

impl Payment {
    /// Most characters in a `tx_id`.
    pub const TX_ID_LEN_MAX: usize = 64;
}

/// How a payment was made.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Transfer between accounts.
    Transfer,
    /// Payment by scanned code.
    QrPay,
    /// Card at a point of sale.
    Pos,
    /// Between businesses.
    B2b,
    /// Bill or utility.
    Bill,
    /// Salary.
    Salary,
    /// Notes drawn.
    AtmWithdraw,
    /// Notes paid in.
    AtmDeposit,
    /// Settlement or marketplace payout.
    Payout,
    /// Fund units bought.
    FundPurchase,
    /// Fund units redeemed.
    FundRedeem,
    /// Anything else.
    Other,
}

crate::words! { Channel {
    Transfer = "transfer", QrPay = "qr_pay", Pos = "pos", B2b = "b2b", Bill = "bill", Salary = "salary",
    AtmWithdraw = "atm_withdraw", AtmDeposit = "atm_deposit", Payout = "payout", FundPurchase = "fund_purchase",
    FundRedeem = "fund_redeem", Other = "other",
} }
