//! The steps of an order's life. Each takes the order and answers it in its new state.

use super::{AnswerOutcome, InvalidTransition, Order, OrderEffect, OrderKind, OrderState};
use crate::id::{OrderId, UserId};
use crate::money::Amount;
use crate::time::Timestamp;

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
        let forward = to.progress();
        self.step(to, |from| from.awaits_answer() && from.progress() < forward)
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
