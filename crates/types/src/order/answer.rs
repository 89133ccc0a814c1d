//! What institutions answer, and the append-only history of an order.

use serde::{Deserialize, Serialize};

use super::OrderState;
use crate::id::{AnswerId, OrderId};
use crate::money::Amount;
use crate::time::Timestamp;
use crate::user::Actor;

/// Why an institution refuses (return codes of the domain reference 2.2 where it has one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// Account, name, amount or time does not match its records (rule 2).
    Mismatch,
    /// No such account (200010).
    AccountNotFound,
    /// The sender may not order this (200004 to 200007).
    NotAuthorised,
    /// The message is malformed (200001).
    BadFormat,
    /// Too many calls (200008).
    QuotaExceeded,
    /// Stopped twice already (rule 1).
    StopLimit,
    /// Nothing is there to hold.
    NoFunds,
    /// The hold to prolong or release is not in force there.
    NotHeld,
}

crate::words! { RefusalReason {
    Mismatch = "mismatch", AccountNotFound = "account_not_found", NotAuthorised = "not_authorised",
    BadFormat = "bad_format", QuotaExceeded = "quota_exceeded", StopLimit = "stop_limit", NoFunds = "no_funds",
    NotHeld = "not_held",
} }

/// What an institution answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum AnswerOutcome {
    /// It has the order.
    Acked {
        /// Its receipt number, at most 64 characters.
        receipt: String,
    },
    /// It is carrying it out.
    Executing,
    /// Done in full.
    Executed {
        /// What is held (for holds).
        held: Option<Amount>,
    },
    /// Done in part.
    PartiallyExecuted {
        /// What is held.
        held: Option<Amount>,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// Its words, at most 500 characters.
        detail: String,
    },
    /// Could not be carried out.
    Failed {
        /// Its words, at most 500 characters.
        detail: String,
    },
}

/// One answer as it came, kept whatever the order's state (rule 7: late answers are stored, never overwrite).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderAnswer {
    /// Identifier.
    pub id: AnswerId,
    /// The institution's own id of the message (`webhook-id`): the same id is the same answer.
    pub message_id: String,
    /// The order.
    pub order_id: OrderId,
    /// When the institution says it happened.
    pub occurred_at: Timestamp,
    /// When Stanch received it.
    pub received_at: Timestamp,
    /// What it says.
    pub outcome: AnswerOutcome,
    /// Whether it moved the order; `false` for late and repeated answers.
    pub applied: bool,
}

/// One step an order took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTransition {
    /// The order.
    pub order_id: OrderId,
    /// 1 for the first, then rising without gaps.
    pub seq: i32,
    /// The state before; none for the draft itself.
    pub from: Option<String>,
    /// The state after.
    pub to: OrderState,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Why, in words.
    pub reason: String,
    /// SHA-256 of the document or message that caused it, hexadecimal.
    pub document_sha256: Option<String>,
}
