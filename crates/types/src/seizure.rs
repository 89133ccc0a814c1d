//! Goods that an authority seized for a case.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, SeizureId, UserId};
use crate::money::Amount;
use crate::step::InvalidStep;
use crate::time::Timestamp;

/// Goods that an authority seized for a case: phones, SIM boxes, cash, cars. Money on accounts is frozen, not seized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Seizure {
    /// Identifier.
    pub id: SeizureId,
    /// The case.
    pub case_id: CaseId,
    /// What was seized, and how much of it.
    pub content: SeizureContent,
    /// When it was written down here.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: UserId,
    /// Where it stands.
    pub state: SeizureState,
}

/// What was seized, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeizureContent {
    /// What, with marks by which it is known, 1 to 500 characters; it may name a person.
    #[schema(min_length = 1, max_length = 500, example = "SIM box, 32 slots")]
    pub goods: String,
    /// How many, 1 to 1,000,000.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: u32,
    /// What all of it is worth, if somebody valued it.
    #[serde(default)]
    pub worth: Option<Amount>,
    /// When it was seized.
    pub seized_at: Timestamp,
    /// The authority's document that orders it, 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    pub reference: String,
    /// Who keeps it, 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    pub keeper: String,
}

/// Where seized goods stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SeizureState {
    /// The keeper has them.
    Held,
    /// They were given back.
    Returned {
        /// Who wrote it down.
        by: UserId,
        /// When.
        at: Timestamp,
        /// To whom and on which document, 1 to 500 characters.
        facts: String,
    },
    /// A court or authority took them for good.
    Forfeited {
        /// Who wrote it down.
        by: UserId,
        /// When.
        at: Timestamp,
        /// On which document, 1 to 500 characters.
        facts: String,
    },
}

impl SeizureState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Returned { .. } => "returned",
            Self::Forfeited { .. } => "forfeited",
        }
    }
}

impl Seizure {
    /// The seizure in the state `next`.
    ///
    /// # Errors
    /// [`InvalidStep`] unless the goods are held and `next` is their end.
    pub fn moved(&self, next: SeizureState) -> Result<Self, InvalidStep> {
        match (&self.state, &next) {
            (
                SeizureState::Held,
                SeizureState::Returned { .. } | SeizureState::Forfeited { .. },
            ) => Ok(Self {
                state: next,
                ..self.clone()
            }),
            (
                from @ (SeizureState::Held
                | SeizureState::Returned { .. }
                | SeizureState::Forfeited { .. }),
                to,
            ) => Err(InvalidStep {
                what: "seizure",
                from: from.as_str(),
                to: to.as_str(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn goods_have_one_end() {
        let (by, at) = (Id::from_digest([1; 16]), Timestamp::from_secs(9));
        let held = Seizure {
            id: Id::from_digest([2; 16]),
            case_id: Id::from_digest([3; 16]),
            content: SeizureContent {
                goods: "phone".into(),
                quantity: 2,
                worth: None,
                seized_at: at,
                reference: "12".into(),
                keeper: "store".into(),
            },
            recorded_at: at,
            recorded_by: by,
            state: SeizureState::Held,
        };
        let facts = String::from("given back");
        assert!(held.moved(SeizureState::Held).is_err());
        let returned = SeizureState::Returned {
            by,
            at,
            facts: facts.clone(),
        };
        let ended = held.moved(returned.clone()).unwrap();
        assert!(ended.moved(returned).is_err());
        assert!(
            ended
                .moved(SeizureState::Forfeited { by, at, facts })
                .is_err()
        );
    }
}
