//! Effects: what partners are told of measures, and their receipts.

use serde::{Deserialize, Serialize};

use crate::id::{EffectId, MeasureId};
use crate::institution::InstitutionCode;
use crate::personal::Secret;
use crate::time::Timestamp;

/// What a partner is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectVerb {
    /// Carry the measure out.
    Apply,
    /// Know that a person confirmed it.
    Confirm,
    /// Let through what livelihood needs.
    Ease,
    /// Take it back.
    Lift,
    /// End it: its time is up.
    Expire,
}

crate::words! { EffectVerb {
    Apply = "apply", Confirm = "confirm", Ease = "ease", Lift = "lift", Expire = "expire",
} }

/// What a partner is to be told of a measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Identifier; the partner's idempotency key.
    pub id: EffectId,
    /// Of which measure.
    pub measure_id: MeasureId,
    /// Who is told.
    pub partner: InstitutionCode,
    /// What to do.
    pub verb: EffectVerb,
    /// When it was decided.
    pub made_at: Timestamp,
    /// By when it is to have arrived.
    pub due_by: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What is sent; gone once it has arrived, for it holds the claim code.
    pub message: Option<Secret>,
    /// Why the last try failed, if it did.
    pub last_error: Option<String>,
    /// Where it stands.
    pub state: EffectState,
}

/// Where an effect stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EffectState {
    /// To be sent.
    Pending,
    /// The partner has it.
    Delivered {
        /// Since when.
        at: Timestamp,
        /// Its receipt.
        receipt: String,
    },
    /// The measure ended before it was sent.
    Superseded,
}

impl EffectState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered { .. } => "delivered",
            Self::Superseded => "superseded",
        }
    }
}
