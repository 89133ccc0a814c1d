//! Leads: a report that is worth working on.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, LeadId, ReportId, UserId};
use crate::report::Priority;
use crate::step::InvalidStep;
use crate::time::Timestamp;
use crate::user::Actor;

/// A lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Identifier.
    pub id: LeadId,
    /// The report it was opened from.
    pub report_id: ReportId,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// How urgent.
    pub priority: Priority,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Where it stands.
    pub state: LeadState,
}

/// Where a lead stands (domain reference 2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LeadState {
    /// Nobody has taken it.
    New,
    /// Somebody has it.
    Assigned {
        /// Who.
        to: UserId,
    },
    /// Being worked on.
    Investigating {
        /// By whom.
        by: UserId,
    },
    /// Handed to another body, which must answer with the outcome (Anti-Fraud Law art. 26).
    Referred {
        /// To which unit.
        to: String,
        /// Who handed it over and waits for the answer.
        by: UserId,
        /// By when the unit must have sent the outcome back.
        due_at: Timestamp,
        /// When the answer was found to be overdue; none before.
        escalated_at: Option<Timestamp>,
    },
    /// Nothing to be done.
    NoAction {
        /// Why.
        reason: String,
        /// Who found so.
        by: UserId,
    },
    /// Joined to another lead.
    Merged {
        /// Which; its outcome is this lead's outcome too.
        into: LeadId,
        /// Who joined them.
        by: UserId,
    },
    /// The outcome is on record: the only end of a lead.
    OutcomeRecorded {
        /// What came of it.
        kind: OutcomeKind,
        /// In words.
        detail: String,
        /// Who said so: a unit, a person, a document.
        told_by: String,
        /// Who put it on record; [`Actor::System`] for a lead whose outcome is that of the one it was joined to.
        by: Actor,
        /// When.
        at: Timestamp,
    },
}

/// What came of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// Who did it is known to the authority.
    Solved,
    /// Money was held or returned, nobody was found.
    Recovered,
    /// A fraud that could not be pursued further.
    Unproven,
    /// No fraud.
    NotFraud,
    /// Known already: the work is done elsewhere.
    Duplicate,
}

crate::words! { OutcomeKind {
    Solved = "solved", Recovered = "recovered", Unproven = "unproven", NotFraud = "not_fraud", Duplicate = "duplicate",
} }

impl Lead {
    /// The lead in the state `next`.
    ///
    /// # Errors
    /// [`InvalidStep`] if [`LeadState::may_become`] says no.
    pub fn moved(&self, next: LeadState) -> Result<Self, InvalidStep> {
        if !self.state.may_become(&next) {
            return Err(InvalidStep {
                what: "lead",
                from: self.state.as_str(),
                to: next.as_str(),
            });
        }
        Ok(Self {
            state: next,
            ..self.clone()
        })
    }

    /// Marks a referral whose answer is overdue at `now`; none if it is not, or is marked already.
    #[must_use]
    pub fn escalated(&self, now: Timestamp) -> Option<Self> {
        match &self.state {
            LeadState::Referred {
                to,
                by,
                due_at,
                escalated_at: None,
            } if *due_at <= now => Some(Self {
                state: LeadState::Referred {
                    to: to.clone(),
                    by: *by,
                    due_at: *due_at,
                    escalated_at: Some(now),
                },
                ..self.clone()
            }),
            LeadState::New
            | LeadState::Assigned { .. }
            | LeadState::Investigating { .. }
            | LeadState::Referred { .. }
            | LeadState::NoAction { .. }
            | LeadState::Merged { .. }
            | LeadState::OutcomeRecorded { .. } => None,
        }
    }

    /// Whether the lead ended; it has an outcome then.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self.state, LeadState::OutcomeRecorded { .. })
    }
}

impl LeadState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Assigned { .. } => "assigned",
            Self::Investigating { .. } => "investigating",
            Self::Referred { .. } => "referred",
            Self::NoAction { .. } => "no_action",
            Self::Merged { .. } => "merged",
            Self::OutcomeRecorded { .. } => "outcome_recorded",
        }
    }

    /// Whether a lead in this state may move to `next`:
    /// `new -> assigned -> investigating -> (referred | no_action | merged) -> outcome_recorded`; a lead may be
    /// handed to another person while it is worked on, and one that was worked on to its end here has its outcome
    /// recorded without having been referred.
    #[must_use]
    pub const fn may_become(&self, next: &Self) -> bool {
        matches!(
            (self, next),
            (
                Self::New | Self::Assigned { .. } | Self::Investigating { .. },
                Self::Assigned { .. }
            ) | (Self::Assigned { .. }, Self::Investigating { .. })
                | (
                    Self::Investigating { .. },
                    Self::Referred { .. } | Self::NoAction { .. } | Self::Merged { .. }
                )
                | (
                    Self::Investigating { .. }
                        | Self::Referred { .. }
                        | Self::NoAction { .. }
                        | Self::Merged { .. },
                    Self::OutcomeRecorded { .. }
                )
        )
    }

    /// Who has the lead or had it last; none before it was given to anybody.
    #[must_use]
    pub const fn owner(&self) -> Option<UserId> {
        match self {
            Self::New => None,
            Self::Assigned { to } => Some(*to),
            Self::Investigating { by }
            | Self::Referred { by, .. }
            | Self::NoAction { by, .. }
            | Self::Merged { by, .. } => Some(*by),
            Self::OutcomeRecorded { by, .. } => match by {
                Actor::User { id } => Some(*id),
                Actor::Institution { .. } | Actor::System | Actor::Reporter => None,
            },
        }
    }
}
