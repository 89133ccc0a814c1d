//! Where an order stands, and the steps that are not allowed.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::RefusalReason;
use crate::id::{OrderId, UserId};
use crate::money::Amount;
use crate::time::Timestamp;

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OrderState {
    /// Drafted by one person.
    Draft,
    /// Taken back or declined before it was signed.
    Withdrawn {
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Approved by another person.
    Approved {
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
    },
    /// The document is signed.
    Signed {
        /// When.
        at: Timestamp,
        /// SHA-256 of the document, hexadecimal.
        document_sha256: String,
    },
    /// Handed to the connector; it may or may not have arrived.
    Sent {
        /// When it was first sent.
        at: Timestamp,
    },
    /// The institution has it.
    Acked {
        /// When.
        at: Timestamp,
        /// The institution's receipt number.
        receipt: String,
    },
    /// The institution is carrying it out.
    Executing {
        /// Since when.
        at: Timestamp,
    },
    /// Carried out in full.
    Executed {
        /// When.
        at: Timestamp,
        /// What is held (for holds).
        held: Option<Amount>,
    },
    /// Carried out in part: less was there than asked for.
    PartiallyExecuted {
        /// When.
        at: Timestamp,
        /// What is held.
        held: Option<Amount>,
    },
    /// The institution refused.
    Refused {
        /// When.
        at: Timestamp,
        /// Why.
        reason: RefusalReason,
        /// Its words.
        detail: String,
    },
    /// It could not be delivered or carried out.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        detail: String,
    },
    /// The hold is in force.
    Active {
        /// Since when.
        since: Timestamp,
        /// What is held.
        held: Amount,
        /// When it ends by itself.
        expires_at: Timestamp,
        /// How often it was prolonged.
        extensions: u8,
    },
    /// The hold ended by itself.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// The hold was ended by a release order.
    Released {
        /// When.
        at: Timestamp,
        /// By which order.
        by: OrderId,
    },
    /// The stop became a freeze.
    Converted {
        /// When.
        at: Timestamp,
        /// Into which freeze.
        into: OrderId,
    },
    /// The money was returned to the victims.
    Returned {
        /// When.
        at: Timestamp,
        /// How much.
        amount: Amount,
    },
}

/// The words of [`OrderState`], for filters and SQL.
pub const ORDER_STATES: &[&str] = &[
    "draft",
    "withdrawn",
    "approved",
    "signed",
    "sent",
    "acked",
    "executing",
    "executed",
    "partially_executed",
    "refused",
    "failed",
    "active",
    "expired",
    "released",
    "converted",
    "returned",
];

impl OrderState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Approved { .. } => "approved",
            Self::Signed { .. } => "signed",
            Self::Sent { .. } => "sent",
            Self::Acked { .. } => "acked",
            Self::Executing { .. } => "executing",
            Self::Executed { .. } => "executed",
            Self::PartiallyExecuted { .. } => "partially_executed",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Active { .. } => "active",
            Self::Expired { .. } => "expired",
            Self::Released { .. } => "released",
            Self::Converted { .. } => "converted",
            Self::Returned { .. } => "returned",
        }
    }

    /// How far an answer has brought the order: answers may skip steps but never go back.
    pub(super) const fn progress(&self) -> u8 {
        match self {
            Self::Draft
            | Self::Withdrawn { .. }
            | Self::Approved { .. }
            | Self::Signed { .. }
            | Self::Sent { .. } => 1,
            Self::Acked { .. } => 2,
            Self::Executing { .. } => 3,
            Self::Executed { .. }
            | Self::PartiallyExecuted { .. }
            | Self::Refused { .. }
            | Self::Failed { .. }
            | Self::Active { .. }
            | Self::Expired { .. }
            | Self::Released { .. }
            | Self::Converted { .. }
            | Self::Returned { .. } => 4,
        }
    }

    /// Whether the institution's answer is still awaited.
    #[must_use]
    pub const fn awaits_answer(&self) -> bool {
        matches!(
            self,
            Self::Sent { .. } | Self::Acked { .. } | Self::Executing { .. }
        )
    }
}

/// A step that the order's state or the rules do not allow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidTransition {
    /// The state does not allow the step.
    #[error("an order that is {from} cannot become {to}")]
    State {
        /// The state it is in.
        from: &'static str,
        /// The state it was to take.
        to: &'static str,
    },
    /// The approver drafted the order (rule 6).
    #[error("the person who drafted an order cannot approve it")]
    SamePerson,
    /// No authority reference (rule 6).
    #[error("an order needs an authority reference unless it is an emergency stop")]
    NoAuthority,
    /// The hold has not reached its end.
    #[error("the hold lasts until {0}")]
    NotYetExpired(Timestamp),
    /// A stop is prolonged once only (rule 1).
    #[error("a stop can be prolonged only once")]
    StopLimit,
    /// The content breaks a rule.
    #[error("{0}")]
    Content(&'static str),
}
