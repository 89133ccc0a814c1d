//! Cases.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, LeadId, UserId};
use crate::money::Amount;
use crate::report::Priority;
use crate::time::Timestamp;

/// A case: the victims' loss, the money followed and the orders made for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Identifier.
    pub id: CaseId,
    /// Short number shown to people, `2026-000123`, unique in the installation.
    pub number: String,
    /// The lead it was opened from.
    pub lead_id: LeadId,
    /// How urgent.
    pub priority: Priority,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who has it, if anybody.
    pub assigned_to: Option<UserId>,
    /// What the victims lost, as far as known: the sum of the matched payments (else of the told ones).
    pub loss: Amount,
    /// `tx_id` of the victims' payments found in the institutions' records; the input of a trace.
    pub victim_payments: Vec<String>,
    /// The golden hour's marks.
    pub clock: CaseClock,
    /// Where it stands.
    pub state: CaseState,
}

/// The five marks of the golden hour (domain reference 2.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseClock {
    /// t0: the victim's last payment.
    pub transfer_at: Option<Timestamp>,
    /// t1: the report was received.
    pub report_at: Timestamp,
    /// t2: the first trace and plan were ready.
    pub trace_at: Option<Timestamp>,
    /// t3: the first order left.
    pub order_sent_at: Option<Timestamp>,
    /// t4: the first money was held.
    pub executed_at: Option<Timestamp>,
}

/// Where a case stands (domain reference 2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CaseState {
    /// Open.
    Open,
    /// Filed as a criminal case.
    Filed {
        /// The authority's case number.
        reference: String,
    },
    /// Solved.
    Solved,
    /// Suspended.
    Suspended {
        /// Why.
        reason: String,
    },
    /// Withdrawn.
    Withdrawn {
        /// Why.
        reason: String,
    },
    /// Closed.
    Closed {
        /// The outcome.
        outcome: String,
    },
}

impl CaseState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Filed { .. } => "filed",
            Self::Solved => "solved",
            Self::Suspended { .. } => "suspended",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Closed { .. } => "closed",
        }
    }

    /// Whether a case in this state may move to `next`:
    /// `open -> filed -> solved | suspended | withdrawn -> closed`; a case may be withdrawn before it is filed and
    /// filed again after a suspension.
    #[must_use]
    pub const fn may_become(&self, next: &Self) -> bool {
        matches!(
            (self, next),
            (Self::Open, Self::Filed { .. } | Self::Withdrawn { .. })
                | (
                    Self::Filed { .. },
                    Self::Solved | Self::Suspended { .. } | Self::Withdrawn { .. }
                )
                | (Self::Suspended { .. }, Self::Filed { .. })
                | (
                    Self::Solved | Self::Suspended { .. } | Self::Withdrawn { .. },
                    Self::Closed { .. }
                )
        )
    }
}
