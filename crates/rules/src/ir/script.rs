//! Scripts: a scam as the stages that an exchange goes through.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stanch_types::Duration;

use super::{EventIx, Expr, FeatureIx, FieldIx, Span, Type};

/// `script`: stages of a scam, each told by cues in events of one key.
///
/// A cue is seen when the first event for which its condition is true has arrived; it is forgotten when no such event is
/// in the memory any more. What follows from the cues seen says [`crate::script`].
#[derive(Debug, Clone)]
pub struct Script {
    /// Name, unique among scripts.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// What people call it.
    pub title: Bilingual,
    /// Scam typologies it is about.
    pub typologies: Vec<Arc<str>>,
    /// How long a cue is remembered: a window of event time, 1 s to 90 d.
    pub memory: Duration,
    /// Names of the key's parts, in order.
    pub key_names: Vec<Arc<str>>,
    /// Types of the key's parts, in order.
    pub key_types: Vec<Type>,
    /// The event kinds that have the key.
    pub sources: Vec<ScriptSource>,
    /// Stages from first to last; the first has number 1.
    pub stages: Vec<ScriptStage>,
    /// Cues by stage, then by order of declaration.
    pub cues: Vec<ScriptCue>,
    /// The window that counts events with any cue.
    pub seen: FeatureIx,
    /// For each cue the window that has its first time.
    pub firsts: Vec<FeatureIx>,
    /// What can be read, by [`ScriptOutput::ALL`].
    pub outputs: Vec<FeatureIx>,
    /// Where it is declared.
    pub span: Span,
}

/// How events of one kind enter a script.
#[derive(Debug, Clone)]
pub struct ScriptSource {
    /// The event kind.
    pub event: EventIx,
    /// The key's parts over its fields.
    pub key: Vec<Expr>,
    /// Cues on this kind, by place in [`Script::cues`], with their conditions.
    pub cues: Vec<(usize, Expr)>,
    /// The signal of the kind that has a bit for each cue that is true; none without cues.
    pub mask: Option<FieldIx>,
}

/// A stage.
#[derive(Debug, Clone)]
pub struct ScriptStage {
    /// Name, unique in its script.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// What people call it.
    pub title: Bilingual,
    /// The confidence from which it counts as entered, above 0, at most 1.
    pub need: f64,
    /// What helps best at this stage, from mild to strong.
    pub acts: Vec<Act>,
    /// What the person in danger is told.
    pub card: Bilingual,
    /// Where it is declared.
    pub span: Span,
}

/// A cue of a stage.
#[derive(Debug, Clone)]
pub struct ScriptCue {
    /// Name, unique in its script.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// Place of its stage.
    pub stage: usize,
    /// How much it says by itself, above 0 and below 1.
    pub weight: f64,
    /// Where it is declared.
    pub span: Span,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bilingual {
    /// Chinese.
    pub zh: Arc<str>,
    /// English.
    pub en: Arc<str>,
}

/// What may be done for the person in danger; a later word is stronger (ladder of domain reference 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A passive hint.
    Hint,
    /// A card that names the likely script and stage.
    Card,
    /// A page that interrupts with one question.
    Question,
    /// The payment goes later.
    Delay,
    /// A call from a known number.
    Call,
    /// A person of trust is brought in.
    TrustedContact,
    /// The payment waits for a person.
    Hold,
    /// A stop order goes to the institutions.
    StopOrder,
}

stanch_types::words! { Act {
    Hint = "hint",
    Card = "card",
    Question = "question",
    Delay = "delay",
    Call = "call",
    TrustedContact = "trusted_contact",
    Hold = "hold",
    StopOrder = "stop_order",
} }

impl Act {
    /// Its place on the ladder, from 1.
    #[must_use]
    pub fn strength(self) -> i64 {
        let at = Self::ALL.iter().position(|act| *act == self);
        at.and_then(|at| i64::try_from(at + 1).ok())
            .unwrap_or_default()
    }
}

/// What a script says about the exchange that an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScriptOutput {
    /// Number of the stage, 0 for none: int.
    Stage,
    /// Name of the stage; missing for none: string.
    Name,
    /// How sure it is of the stage, 0 to 1, 0 for none: double.
    Confidence,
    /// When the stage was entered; missing for none: timestamp.
    Entered,
    /// Time in the stage; missing for none: duration.
    InStage,
    /// Number of different cues seen: int.
    Cues,
    /// What helps best, the strongest of the stage; missing for none: string.
    Act,
    /// How strong that is, 0 for none: int.
    Strength,
}

stanch_types::words! { ScriptOutput {
    Stage = "stage",
    Name = "name",
    Confidence = "confidence",
    Entered = "entered",
    InStage = "in_stage",
    Cues = "cues",
    Act = "act",
    Strength = "strength",
} }

impl ScriptOutput {
    /// The type of its value.
    #[must_use]
    pub const fn ty(self) -> Type {
        match self {
            Self::Stage | Self::Cues | Self::Strength => Type::Int,
            Self::Name | Self::Act => Type::String,
            Self::Confidence => Type::Double,
            Self::Entered => Type::Timestamp,
            Self::InStage => Type::Duration,
        }
    }
}
