//! Recovery plans: which accounts to hold, how much, and why.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, PlanId, UserId};
use crate::institution::{AccountKind, AccountRef};
use crate::money::Amount;
use crate::score::Score;
use crate::time::Timestamp;

/// How stolen money is followed through a mixed account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceMethod {
    /// First in, first out (Clayton's case).
    Fifo,
    /// In proportion to the balance (haircut).
    ProRata,
}

crate::words! { TraceMethod { Fifo = "fifo", ProRata = "pro_rata" } }

/// One version of a case's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Plan {
    /// Identifier.
    pub id: PlanId,
    /// The case.
    pub case_id: CaseId,
    /// 1 for the first plan of the case, then rising.
    pub version: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Payments up to this instant were known.
    pub as_of: Timestamp,
    /// How the money was followed.
    pub method: TraceMethod,
    /// Ranked lines, best first.
    pub lines: Vec<PlanLine>,
    /// Stolen money that had already left as cash or beyond reach.
    pub out_of_reach: Amount,
    /// Where it stands.
    pub state: PlanState,
}

/// One account of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PlanLine {
    /// 1 for the best.
    pub rank: i32,
    /// The account to hold.
    pub target: AccountRef,
    /// What kind of account.
    pub account_kind: AccountKind,
    /// Number of hops from the victim; 1 = first recipient.
    pub tier: i32,
    /// Stolen money there now by the plan's method.
    pub stolen: Amount,
    /// Whole balance there now.
    pub balance: Amount,
    /// The suggested hold: `min(stolen, balance)`.
    pub hold: Amount,
    /// Chance that the money is still there when an order takes effect.
    pub survival: Score,
    /// `hold * survival`: what the order is expected to secure.
    pub expected: Amount,
    /// For a fund holding: product whose redemption is to be held.
    pub redemption_product: Option<String>,
    /// The account a redemption would pay to, if known.
    pub settlement: Option<AccountRef>,
    /// Why, as a stable code with its facts, so that it can be said in any language.
    pub reason: PlanReason,
}

/// Why an account is in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PlanReason {
    /// It received the victim's money directly.
    FirstRecipient {
        /// Payments of the victim that reached it.
        payments: i32,
    },
    /// It holds money passed on to it.
    PassedOn {
        /// The account that passed most of it on.
        from: AccountRef,
        /// When the last stolen money arrived.
        last_arrival_at: Timestamp,
    },
    /// Stolen money bought fund units held here.
    FundUnits {
        /// The account that paid for the units.
        from: AccountRef,
    },
}

/// Where a plan stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PlanState {
    /// Waiting for two people.
    Proposed,
    /// Somebody put orders forward from it; they wait for a second person.
    Submitted {
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
    },
    /// A second person approved; orders go out.
    Approved {
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
    },
    /// A newer version took its place.
    Superseded {
        /// When.
        at: Timestamp,
    },
}

impl PlanState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Submitted { .. } => "submitted",
            Self::Approved { .. } => "approved",
            Self::Superseded { .. } => "superseded",
        }
    }
}
