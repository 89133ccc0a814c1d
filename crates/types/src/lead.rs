//! Leads: a report that is worth working on.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, LeadId, ReportId, UserId};
use crate::report::Priority;
use crate::time::Timestamp;

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
        /// To whom.
        to: String,
    },
    /// Nothing to be done.
    NoAction {
        /// Why.
        reason: String,
    },
    /// Joined to another lead.
    Merged {
        /// Which.
        into: LeadId,
    },
    /// The outcome is on record.
    OutcomeRecorded {
        /// What came of it.
        outcome: String,
    },
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
    /// handed to another person until it is closed.
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
                    Self::Referred { .. } | Self::NoAction { .. } | Self::Merged { .. },
                    Self::OutcomeRecorded { .. }
                )
        )
    }
}
