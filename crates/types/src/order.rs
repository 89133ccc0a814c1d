//! Fund orders: stop payment, freeze, redemption hold, their extensions and releases (domain reference 2.2).
//!
//! An [`Order`] moves only by its methods; each answers the order in its new state or [`InvalidTransition`].
//! The transitions taken are kept beside it, append-only, as [`OrderTransition`].

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{AnswerId, ApplicationId, CaseId, OrderId, PlanId, UserId};
use crate::institution::AccountRef;
use crate::money::Amount;
use crate::personal::PersonName;
use crate::time::{Duration, Timestamp};
use crate::user::Actor;

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

    /// Whether the institution's answer is still awaited.
    #[must_use]
    pub const fn awaits_answer(&self) -> bool {
        matches!(
            self,
            Self::Sent { .. } | Self::Acked { .. } | Self::Executing { .. }
        )
    }
}

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

impl Order {
    /// Whether one person and no authority reference suffice (rule 6): an emergency stop of at most 48 h.
    #[must_use]
    pub fn is_emergency_stop(&self) -> bool {
        self.content.emergency && self.content.kind == OrderKind::StopPayment
    }

    /// `draft -> approved`.
    ///
    /// # Errors
    /// [`InvalidTransition::SamePerson`] and [`InvalidTransition::NoAuthority`] unless it is an emergency stop.
    pub fn approve(self, by: UserId, at: Timestamp) -> Result<Self, InvalidTransition> {
        if !self.is_emergency_stop() {
            if by == self.created_by {
                return Err(InvalidTransition::SamePerson);
            }
            if self.content.authority.is_none() {
                return Err(InvalidTransition::NoAuthority);
            }
        }
        self.step(OrderState::Approved { by, at }, |from| {
            matches!(from, OrderState::Draft)
        })
    }

    /// `draft | approved -> withdrawn`.
    ///
    /// # Errors
    /// [`InvalidTransition::State`].
    pub fn withdraw(
        self,
        by: UserId,
        at: Timestamp,
        reason: String,
    ) -> Result<Self, InvalidTransition> {
        self.step(OrderState::Withdrawn { by, at, reason }, |from| {
            matches!(from, OrderState::Draft | OrderState::Approved { .. })
        })
    }

    /// `approved -> signed`.
    ///
    /// # Errors
    /// [`InvalidTransition::State`].
    pub fn sign(self, at: Timestamp, document_sha256: String) -> Result<Self, InvalidTransition> {
        self.step(
            OrderState::Signed {
                at,
                document_sha256,
            },
            |from| matches!(from, OrderState::Approved { .. }),
        )
    }

    /// `signed -> sent`.
    ///
    /// # Errors
    /// [`InvalidTransition::State`].
    pub fn send(self, at: Timestamp) -> Result<Self, InvalidTransition> {
        self.step(OrderState::Sent { at }, |from| {
            matches!(from, OrderState::Signed { .. })
        })
    }

    /// Applies an institution's answer: `sent -> acked -> executing -> executed | partially_executed | refused |
    /// failed`, steps may be skipped but never taken backwards.
    ///
    /// # Errors
    /// [`InvalidTransition::State`]: the answer is late or repeated and must be kept without effect.
    pub fn answer(self, outcome: &AnswerOutcome, at: Timestamp) -> Result<Self, InvalidTransition> {
        let to = match outcome.clone() {
            AnswerOutcome::Acked { receipt } => OrderState::Acked { at, receipt },
            AnswerOutcome::Executing => OrderState::Executing { at },
            AnswerOutcome::Executed { held } => OrderState::Executed { at, held },
            AnswerOutcome::PartiallyExecuted { held } => OrderState::PartiallyExecuted { at, held },
            AnswerOutcome::Refused { reason, detail } => OrderState::Refused { at, reason, detail },
            AnswerOutcome::Failed { detail } => OrderState::Failed { at, detail },
        };
        let rank = |state: &OrderState| match state.as_str() {
            "sent" => 1,
            "acked" => 2,
            "executing" => 3,
            _ => 4,
        };
        let forward = rank(&to);
        self.step(to, |from| from.awaits_answer() && rank(from) < forward)
    }

    /// `signed | sent -> failed`: it could not be delivered.
    ///
    /// # Errors
    /// [`InvalidTransition::State`].
    pub fn fail(self, at: Timestamp, detail: String) -> Result<Self, InvalidTransition> {
        self.step(OrderState::Failed { at, detail }, |from| {
            matches!(from, OrderState::Signed { .. } | OrderState::Sent { .. })
        })
    }

    /// `executed | partially_executed -> active`, for orders that hold. The hold runs from the moment of the stop.
    ///
    /// # Errors
    /// [`InvalidTransition::State`]; [`InvalidTransition::Content`] if the order makes no hold or none was stated.
    pub fn activate(self) -> Result<Self, InvalidTransition> {
        if self.content.kind.effect() != OrderEffect::Holds {
            return Err(InvalidTransition::Content(
                "only an order that holds becomes active",
            ));
        }
        let (OrderState::Executed {
            at: since,
            held: Some(held),
        }
        | OrderState::PartiallyExecuted {
            at: since,
            held: Some(held),
        }) = self.state
        else {
            return Err(InvalidTransition::State {
                from: self.state.as_str(),
                to: "active",
            });
        };
        let expires_at = since.plus(self.content.kind.duration());
        self.step(
            OrderState::Active {
                since,
                held,
                expires_at,
                extensions: 0,
            },
            |_| true,
        )
    }

    /// `active -> active` with a later end. A stop is prolonged once, a freeze any number of times.
    ///
    /// # Errors
    /// [`InvalidTransition::State`], [`InvalidTransition::StopLimit`].
    pub fn extend(self) -> Result<Self, InvalidTransition> {
        let OrderState::Active {
            since,
            held,
            expires_at,
            extensions,
        } = self.state.clone()
        else {
            return Err(InvalidTransition::State {
                from: self.state.as_str(),
                to: "active",
            });
        };
        if self.content.kind != OrderKind::Freeze && extensions >= 1 {
            return Err(InvalidTransition::StopLimit);
        }
        let expires_at = expires_at.plus(self.content.kind.duration());
        self.step(
            OrderState::Active {
                since,
                held,
                expires_at,
                extensions: extensions.saturating_add(1),
            },
            |_| true,
        )
    }

    /// `active -> expired` by the timer.
    ///
    /// # Errors
    /// [`InvalidTransition::NotYetExpired`], [`InvalidTransition::State`].
    pub fn expire(self, at: Timestamp) -> Result<Self, InvalidTransition> {
        if let OrderState::Active { expires_at, .. } = self.state
            && at < expires_at
        {
            return Err(InvalidTransition::NotYetExpired(expires_at));
        }
        self.step(OrderState::Expired { at }, |from| {
            matches!(from, OrderState::Active { .. })
        })
    }

    /// `active -> released` by a release order that was carried out.
    ///
    /// # Errors
    /// [`InvalidTransition::State`].
    pub fn release(self, at: Timestamp, by: OrderId) -> Result<Self, InvalidTransition> {
        self.step(OrderState::Released { at, by }, |from| {
            matches!(from, OrderState::Active { .. })
        })
    }

    /// `active -> converted` by a freeze that took the stop's place.
    ///
    /// # Errors
    /// [`InvalidTransition::State`]; [`InvalidTransition::Content`] unless it is a stop.
    pub fn convert(self, at: Timestamp, into: OrderId) -> Result<Self, InvalidTransition> {
        if self.content.kind != OrderKind::StopPayment {
            return Err(InvalidTransition::Content(
                "only a stop is converted into a freeze",
            ));
        }
        self.step(OrderState::Converted { at, into }, |from| {
            matches!(from, OrderState::Active { .. })
        })
    }

    /// `active -> returned`: the held money went back to the victims.
    ///
    /// # Errors
    /// [`InvalidTransition::State`].
    pub fn return_funds(self, at: Timestamp, amount: Amount) -> Result<Self, InvalidTransition> {
        self.step(OrderState::Returned { at, amount }, |from| {
            matches!(from, OrderState::Active { .. })
        })
    }

    fn step(
        self,
        to: OrderState,
        allowed: impl Fn(&OrderState) -> bool,
    ) -> Result<Self, InvalidTransition> {
        if allowed(&self.state) {
            Ok(Self { state: to, ..self })
        } else {
            Err(InvalidTransition::State {
                from: self.state.as_str(),
                to: to.as_str(),
            })
        }
    }
}
