//! Labels: what an event turned out to be, and who says so. They are what models are trained and measured on.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, LabelId};
use crate::time::Timestamp;
use crate::user::Actor;

/// Longest text kept with a label, in characters.
pub const LABEL_TEXT_CHARS_MAX: usize = 10_000;
/// Most scenes of a label.
pub const LABEL_SCENES_MAX: usize = 8;

/// What an event turned out to be. Never changes but for its text, which can be erased; the last label of an event counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventLabel {
    /// Identifier.
    pub id: LabelId,
    /// The event.
    pub event_id: String,
    /// Its kind.
    pub kind: String,
    /// What it turned out to be.
    pub truth: Truth,
    /// Labels of texts that fit, such as `task_rebate`.
    pub scenes: Vec<String>,
    /// How that became known.
    pub source: LabelSource,
    /// What was decided about the event: `allow`, `warn`, `review`, `delay`, `hold` or `block`.
    pub decision: String,
    /// Hash of the policy that decided.
    pub policy: String,
    /// The texts of the event, a line each: personal data. None where it has none, or they were erased.
    pub text: Option<LabelText>,
    /// When it was given.
    pub labelled_at: Timestamp,
    /// By whom.
    pub labelled_by: Actor,
    /// Why, in the words of who gave it.
    pub note: String,
}

/// What an event turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// Part of a fraud.
    Fraud,
    /// Nothing wrong with it.
    Good,
}

crate::words! { Truth { Fraud = "fraud", Good = "good" } }

/// How it became known what an event is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LabelSource {
    /// Somebody looked at the event and its decision.
    Decision,
    /// It belongs to what a case is about.
    Case {
        /// Which.
        case_id: CaseId,
    },
    /// Whoever was hit by the decision appealed, and somebody else than the decider found out.
    Appeal {
        /// The appeal's reference.
        #[schema(min_length = 1, max_length = 128)]
        reference: String,
    },
}

/// A text that may name people: whole in the record and the API, its length in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct LabelText(String);

impl LabelText {
    /// Keeps the first [`LABEL_TEXT_CHARS_MAX`] characters; none of an empty text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let kept: String = text.trim().chars().take(LABEL_TEXT_CHARS_MAX).collect();
        (!kept.is_empty()).then_some(Self(kept))
    }

    /// The whole text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for LabelText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LabelText({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_and_not_shown_to_logs() {
        let text = LabelText::new(&"骗".repeat(LABEL_TEXT_CHARS_MAX + 1)).unwrap();
        assert_eq!(text.expose().chars().count(), LABEL_TEXT_CHARS_MAX);
        assert_eq!(format!("{text:?}"), "LabelText(30000 bytes)");
        assert_eq!(LabelText::new(" \n"), None);
    }
}
