//! A decision as it is answered and stored.

use std::sync::Arc;

use bytes::Bytes;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use stanch_rules::explain::{FiredRule, ScriptSight};
use stanch_rules::ir::{Decision, EventIx, Expr, ExprKind, MeasureKind, Program};
use stanch_rules::signal::Evidence;
use stanch_rules::value::ValueRef;
use stanch_rules::window::{EventPlan, Read};
use stanch_rules::{Engine, Event, FeatureValues};
use stanch_types::Timestamp;

use crate::core::Judged;
use crate::door::Live;
use crate::effect::Effect;
use crate::index::Digest16;
use crate::watch::Outcome;

/// Words of decisions, weakest first; the byte of a decision is its place here. Never reorder.
pub const DECISIONS: [Decision; 6] = [
    Decision::Allow,
    Decision::Warn,
    Decision::Review,
    Decision::Delay,
    Decision::Hold,
    Decision::Block,
];

/// The decision's byte in the index.
#[must_use]
pub const fn decision_byte(decision: Decision) -> u8 {
    match decision {
        Decision::Allow => 0,
        Decision::Warn => 1,
        Decision::Review => 2,
        Decision::Delay => 3,
        Decision::Hold => 4,
        Decision::Block => 5,
    }
}

/// The decision with this byte.
#[must_use]
pub fn decision_of_byte(byte: u8) -> Option<Decision> {
    DECISIONS.get(usize::from(byte)).copied()
}

/// The decision's word, as in policies, JSON and metrics.
#[must_use]
pub const fn decision_word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Warn => "warn",
        Decision::Review => "review",
        Decision::Delay => "delay",
        Decision::Hold => "hold",
        Decision::Block => "block",
    }
}

/// The decision with this word.
#[must_use]
pub fn decision_of_word(word: &str) -> Option<Decision> {
    DECISIONS
        .into_iter()
        .find(|decision| decision_word(*decision) == word)
}

/// A decision on the wire. Members in this order; the offline form leaves `decided_at` out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DecisionView<'a> {
    /// The event.
    pub event_id: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// When it occurred.
    pub occurred_at: Timestamp,
    /// What was decided.
    pub decision: Decision,
    /// Rules that fired, in order of declaration.
    pub rules: &'a [Arc<str>],
    /// Sum of the scores of the rules that fired.
    pub score: i64,
    /// Features that were read and their values.
    pub features: Features<'a>,
    /// Measures asked for.
    pub measures: &'a [MeasureView],
    /// Why.
    pub explanation: &'a Reasons,
    /// Hash of the policy that decided.
    pub policy: &'a str,
    /// When it was decided: when its block of the log was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Whether the caller was answered with the fallback of the kind, because the decision came too late.
    pub late: bool,
}

/// The features that were read as people read them, `name(key)`, with their values; what is missing is left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Features<'a> {
    pub live: &'a Live,
    pub event: &'a Event,
    pub values: &'a FeatureValues,
}

/// By event kind, then by read: whether the kind reads the feature by several keys.
pub(crate) fn read_by_several_keys(engine: &Engine) -> Vec<Vec<bool>> {
    let several = |kind: &EventPlan| {
        let features = kind.reads.iter().map(|read| read.feature);
        (features.clone())
            .map(|feature| features.clone().filter(|other| *other == feature).count() > 1)
            .collect()
    };
    (engine.feature_plan().events.iter()).map(several).collect()
}

/// The part of an explanation that stands in a decision.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Reasons {
    rules: Vec<FiredRule>,
    /// What the signals rest on that the policy reads on the kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signals: Vec<Evidence>,
    /// The scripts that are read on the kind and stand at a stage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scripts: Vec<ScriptSight>,
}

impl Reasons {
    /// Why; features stand beside, so without a rule that fired only scripts have more to say.
    pub fn new(engine: &Engine, event: &Event, judged: &Judged) -> Self {
        let Judged {
            features,
            verdict,
            captured,
        } = judged;
        let scripts = engine.script_sights(event, features);
        if verdict.fired.is_empty() {
            return Self {
                scripts,
                ..Self::default()
            };
        }
        Self {
            scripts,
            rules: engine.explain_rules(event, features, verdict, captured),
            signals: engine.evidence(event),
        }
    }
}

impl Serialize for Features<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let engine = self.live.policy.engine();
        let (program, kind) = (engine.program(), self.event.kind().ix());
        let plan = engine.feature_plan().events.get(kind);
        let reads = plan.map_or(&[][..], |plan| &plan.reads);
        let several = self.live.several_keys.get(kind);
        let mut shown = serializer.serialize_map(None)?;
        let mut name = String::with_capacity(64);
        // Names of features read with several keys.
        let mut names: Vec<String> = Vec::new();
        for (place, (read, several)) in reads.iter().zip(several.into_iter().flatten()).enumerate()
        {
            let Some(value) = self.values.get(place) else {
                continue;
            };
            self.name(read, &mut name);
            if *several {
                // Keys that are computed may look alike; none is lost.
                while names.contains(&name) {
                    name.push('\'');
                }
                names.push(name.clone());
            }
            shown.serialize_entry(&name, &Shown { value, program })?;
        }
        shown.end()
    }
}

/// A value as [`ValueRef::to_json`] shows it.
struct Shown<'a> {
    value: ValueRef<'a>,
    program: &'a Program,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            ValueRef::Bool(value) => serializer.serialize_bool(value),
            ValueRef::Int(value) => serializer.serialize_i64(value),
            ValueRef::Double(value) => serializer.serialize_f64(value),
            ValueRef::String(text) => serializer.serialize_str(text),
            ValueRef::Money(money) => {
                let mut shown = serializer.serialize_map(Some(2))?;
                shown.serialize_entry("currency", money.currency.code())?;
                shown.serialize_entry("minor", &money.minor)?;
                shown.end()
            }
            ValueRef::Timestamp(_) | ValueRef::Duration(_) | ValueRef::Enum(..) => {
                serializer.serialize_str(&self.value.show(self.program))
            }
            ValueRef::List(_) | ValueRef::Map(_) => {
                self.value.to_json(self.program).serialize(serializer)
            }
        }
    }
}

impl Features<'_> {
    fn name(&self, read: &Read, name: &mut String) {
        let program = self.live.policy.program();
        let feature = program.features.get(read.feature.ix());
        name.clear();
        name.push_str(feature.map_or("", |feature| &feature.name));
        name.push('(');
        for (nth, part) in read.key.iter().enumerate() {
            if nth > 0 {
                name.push_str(", ");
            }
            show_key(program, self.event, part, name);
        }
        name.push(')');
    }
}

/// A part of a key: the value of a field or constant; of what is computed only that it is.
fn show_key(program: &Program, event: &Event, part: &Expr, out: &mut String) {
    let value = if let ExprKind::Field(field) = &part.kind {
        event.get(*field)
    } else {
        None
    };
    match value {
        Some(value) => out.push_str(&value.show(program)),
        None => out.push('…'),
    }
}

/// A measure asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureView {
    /// What.
    pub kind: MeasureKind,
    /// Seconds after which it ends by itself, counted from the decision.
    pub lasts_secs: i64,
}

/// A decision on its way into the index.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The event.
    pub event_id: Arc<str>,
    /// Digest of the event's content.
    pub content: Digest16,
    /// When the event occurred.
    pub occurred_at: Timestamp,
    /// What was decided.
    pub decision: Decision,
    /// Rules that fired.
    pub rules: Vec<Arc<str>>,
    /// Scores of models that reach their point of decision.
    pub scores: Vec<Arc<str>>,
    /// Digests of the values of its key fields.
    pub keys: Vec<Digest16>,
    /// The decision as JSON.
    pub json: Bytes,
    /// What it has as effects.
    pub effects: Vec<Effect>,
}

impl Recorded {
    /// What the watch looks at.
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome {
            decision: self.decision,
            rules: self.rules.iter().chain(&self.scores).cloned().collect(),
        }
    }
}

/// What a caller is told who could not wait for the decision. Rarely needed: put into words when it is.
#[derive(Debug)]
pub(crate) struct Fallback {
    /// The event.
    pub event_id: Arc<str>,
    /// Its kind.
    pub kind: EventIx,
    /// When it occurred.
    pub occurred_at: Timestamp,
    /// The fallback of its kind.
    pub decision: Decision,
    /// The policy that was live.
    pub live: Arc<Live>,
}

impl Fallback {
    /// As JSON, in the form of a decision.
    pub fn to_json(&self) -> Bytes {
        let kinds = &self.live.policy.program().events;
        let value = serde_json::json!({
            "event_id": self.event_id,
            "kind": kinds.get(self.kind.ix()).map(|kind| &kind.name),
            "occurred_at": self.occurred_at,
            "decision": decision_word(self.decision),
            "rules": [],
            "score": 0,
            "features": {},
            "measures": [],
            "explanation": {
                "zh": "未能在时限内得出决定：按该事件类型的后备决定答复，正式决定随后作出并记录。",
                "en": "The decision was not ready in time: this is the fallback of the event's kind; the decision follows and is recorded.",
            },
            "policy": self.live.hash,
            "late": true,
        });
        Bytes::from(value.to_string())
    }
}
