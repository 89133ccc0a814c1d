//! Fund orders: stop payment, freeze, redemption hold, their extensions and releases (domain reference 2.2).
//!
//! An [`Order`] moves only by its methods; each answers the order in its new state or [`InvalidTransition`].
//! The transitions taken are kept beside it, append-only, as [`OrderTransition`].

mod answer;
mod life;
mod state;

pub use answer::{AnswerOutcome, OrderAnswer, OrderTransition, RefusalReason};
pub use state::{InvalidTransition, ORDER_STATES, OrderState};

use serde::{Deserialize, Serialize};

use crate::id::{ApplicationId, CaseId, OrderId, PlanId, UserId};
use crate::institution::AccountRef;
use crate::money::Amount;
use crate::personal::PersonName;
use crate::time::{Duration, Timestamp};

/// A stop lasts 48 h from the moment of the stop (Yinfa [2016] 86).
pub const STOP_DURATION: Duration = Duration::from_hours(48);
/// A criminal freeze of deposits lasts 6 months and is renewable; taken as 183 days.
pub const FREEZE_DURATION: Duration = Duration::from_days(183);
/// A fund redemption hold is a stop on units: 48 h.
pub const REDEMPTION_HOLD_DURATION: Duration = STOP_DURATION;
/// The same account is stopped at most twice in one case (Yinfa [2016] 86): a stop and one extension.
pub const STOPS_PER_ACCOUNT_MAX: usize = 2;

/// What an order asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Stop payments out of the account, 48 h.
    StopPayment,
    /// Prolong a stop by 48 h, once.
    StopExtension,
    /// End a stop early.
    StopRelease,
    /// Freeze, 6 months.
    Freeze,
    /// Renew a freeze by 6 months.
    FreezeExtension,
    /// End a freeze early.
    FreezeRelease,
    /// Hold the redemption of fund units, 48 h.
    RedemptionHold,
    /// End a redemption hold early.
    RedemptionRelease,
}

crate::words! { OrderKind {
    StopPayment = "stop_payment", StopExtension = "stop_extension", StopRelease = "stop_release", Freeze = "freeze",
    FreezeExtension = "freeze_extension", FreezeRelease = "freeze_release", RedemptionHold = "redemption_hold",
    RedemptionRelease = "redemption_release",
} }

/// What an order does to the hold it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderEffect {
    /// Makes a hold of its own.
    Holds,
    /// Prolongs its parent's hold.
    Extends,
    /// Ends its parent's hold.
    Releases,
}

impl OrderKind {
    /// What an order of this kind does.
    #[must_use]
    pub const fn effect(self) -> OrderEffect {
        match self {
            Self::StopPayment | Self::Freeze | Self::RedemptionHold => OrderEffect::Holds,
            Self::StopExtension | Self::FreezeExtension => OrderEffect::Extends,
            Self::StopRelease | Self::FreezeRelease | Self::RedemptionRelease => {
                OrderEffect::Releases
            }
        }
    }

    /// How long the hold made or prolonged lasts; zero for releases.
    #[must_use]
    pub const fn duration(self) -> Duration {
        match self {
            Self::StopPayment | Self::StopExtension => STOP_DURATION,
            Self::Freeze | Self::FreezeExtension => FREEZE_DURATION,
            Self::RedemptionHold => REDEMPTION_HOLD_DURATION,
            Self::StopRelease | Self::FreezeRelease | Self::RedemptionRelease => Duration::ZERO,
        }
    }

    /// The kind of the order that this one prolongs, releases or (for a freeze) may convert.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::StopExtension | Self::StopRelease | Self::Freeze => Some(Self::StopPayment),
            Self::FreezeExtension | Self::FreezeRelease => Some(Self::Freeze),
            Self::RedemptionRelease => Some(Self::RedemptionHold),
            Self::StopPayment | Self::RedemptionHold => None,
        }
    }

    /// The message number of the national platform (domain reference 2.2); none for redemption orders, which it
    /// does not know.
    #[must_use]
    pub const fn message_code(self) -> Option<&'static str> {
        match self {
            Self::StopPayment => Some("100101"),
            Self::StopRelease => Some("100103"),
            Self::StopExtension => Some("100105"),
            Self::Freeze => Some("100201"),
            Self::FreezeRelease => Some("100203"),
            Self::FreezeExtension => Some("100205"),
            Self::RedemptionHold | Self::RedemptionRelease => None,
        }
    }
}

/// How much is to be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum HoldScope {
    /// At most this much (freeze mode 01), the default: `min(traced, balance)`.
    LimitedAmount {
        /// The most to hold.
        amount: Amount,
    },
    /// The whole account (freeze mode 02).
    WholeAccount {
        /// Why a limited amount does not do; at least 10 characters.
        reason: String,
    },
    /// Fund units, not cash.
    FundUnits {
        /// The fund product.
        product: String,
        /// Units in hundredths; a money-market unit is worth one yuan.
        units_centi: i64,
        /// Value of the units when ordered.
        amount: Amount,
    },
}

/// The transfer that is disputed, so that the institution can check account, name, amount and time (rule 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputedTransfer {
    /// The institution's reference.
    pub tx_id: String,
    /// The payer's account.
    pub payer: AccountRef,
    /// How much.
    pub amount: Amount,
    /// When.
    pub occurred_at: Timestamp,
}

/// The legal authority of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// The body that applies, such as a county public security bureau; at most 140 characters.
    pub body: String,
    /// Its case or document number; at most 64 characters.
    pub reference: String,
}

/// What an order says, fixed when it is drafted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderContent {
    /// What is asked.
    pub kind: OrderKind,
    /// The case it is for.
    pub case_id: CaseId,
    /// The plan it came from, if any.
    pub plan_id: Option<PlanId>,
    /// The order that it prolongs, releases or converts.
    pub parent: Option<OrderId>,
    /// The account.
    pub target: AccountRef,
    /// The account holder's name if known; institutions refuse on a mismatch.
    pub holder_name: Option<PersonName>,
    /// How much.
    pub scope: HoldScope,
    /// The disputed transfer that brought the money here.
    pub disputed: Option<DisputedTransfer>,
    /// Why, in words, 1 to 500 characters.
    pub reason: String,
    /// The authority; needed for all but an emergency stop.
    pub authority: Option<Authority>,
    /// An emergency stop of at most 48 h: one person and no authority reference suffice (rule 6).
    pub emergency: bool,
}

/// An order and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Identifier.
    pub id: OrderId,
    /// Idempotency key towards the institution (rule 7).
    pub application_id: ApplicationId,
    /// What it says.
    pub content: OrderContent,
    /// Who drafted it.
    pub created_by: UserId,
    /// When it was drafted.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: OrderState,
}

#[cfg(test)]
mod tests;
