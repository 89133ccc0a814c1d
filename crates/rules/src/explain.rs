//! Why a decision came out as it did: the rules that fired with the values they saw, in Chinese and English, what
//! would have to be different, and, when asked, why another rule did not fire.
//!
//! In two steps. [`Engine::decide_and_capture`] keeps the operands of the rules that fired, as the index read them: part
//! of deciding, and cheap. [`Engine::explain`] says it in words. Values of personal fields are masked in both languages; the log of events
//! has them in full for those who may read it.

mod capture;
mod describe;
mod flip;
mod operand;
mod plan;
mod script;
mod sight;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::engine::Engine;
use crate::event::Event;
use crate::ir::{Decision, RuleIx, Span};
use crate::row::FeatureValues;
use crate::row::index::Pass;
use crate::verdict::{Verdict, bits};

pub use capture::Captured;
pub use flip::{Flip, Side};
pub(crate) use plan::KindPlan;
pub use script::{CueSight, CueSpan, ScriptSight};
use sight::Sight;

/// A decision, explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What was decided.
    pub decision: Decision,
    /// The sum of scores; 0 without a `score` rule set.
    pub score: i64,
    /// The rules that fired, by order of declaration.
    pub rules: Vec<FiredRule>,
    /// The features the event kind's rules read, by name and key field, with their values; missing ones are null.
    pub features: Vec<FeatureReading>,
    /// The scripts that stand at a stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<ScriptSight>,
}

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FiredRule {
    /// Its name.
    pub rule: Arc<str>,
    /// What it asks for.
    pub decision: Decision,
    /// Its points.
    pub score: i64,
    /// Who answers for it.
    pub owner: Arc<str>,
    /// The scam typologies it speaks for.
    pub typologies: Vec<Arc<str>>,
    /// Why, for people.
    pub reason: Reason,
    /// The conditions that held.
    pub because: Vec<Because>,
    /// The nearest value of each number at which it would not have fired.
    pub flips: Vec<Flip>,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A condition and what it saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Because {
    /// The condition in the policy's language.
    pub condition: Arc<str>,
    /// Whether it held; null when unknown.
    pub held: Option<bool>,
    /// Where it stands: index of the policy's file and bytes in it.
    pub place: Place,
    /// Its operands other than constants, with their values.
    pub saw: Vec<Operand>,
}

/// A place in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Index of the file, in path order.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self {
            file: span.file,
            start: span.start,
            end: span.end,
        }
    }
}

/// An operand and its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operand {
    /// The operand in the policy's language.
    pub operand: Arc<str>,
    /// Its value; null when missing, masked when personal.
    pub value: Json,
}

/// A feature as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureReading {
    /// Name and key as the policy writes it: `payees_added_24h(event.payer)`.
    pub feature: Arc<str>,
    /// Its value; null when missing.
    pub value: Json,
}

/// Why a rule did not fire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotFired {
    /// The rule.
    pub rule: Arc<str>,
    /// The conditions of the alternative that came nearest.
    pub conditions: Vec<Because>,
    /// Operands that were missing, so that conditions stayed unknown.
    pub missing: Vec<Arc<str>>,
}

impl Engine {
    /// Decides about an event and keeps what the rules that fired saw; what `captured` held before is forgotten.
    #[must_use]
    pub fn decide_and_capture(
        &self,
        event: &Event,
        features: &FeatureValues,
        captured: &mut Captured,
    ) -> Verdict {
        captured.clear();
        let Some(kind) = self.kinds.get(event.kind().ix()) else {
            return Verdict::default();
        };
        let row = self.row(event, features);
        let mut pass = Pass::new();
        let verdict = kind.decide(&row, &mut pass);
        if !verdict.fired.is_empty() {
            let places = kind.deciding.places(&verdict);
            captured.take(&kind.plan, &kind.index, &row, &pass, &places);
        }
        verdict
    }

    /// Keeps what the fired rules of a verdict of [`Engine::decide`] on the same event and features saw.
    #[must_use]
    pub fn capture(&self, event: &Event, features: &FeatureValues, verdict: &Verdict) -> Captured {
        let mut captured = Captured::default();
        if let Some(kind) = self.kinds.get(event.kind().ix()) {
            let row = self.row(event, features);
            let mut pass = Pass::new();
            kind.index.run(&row, &mut pass);
            let places = kind.deciding.places(verdict);
            captured.take(&kind.plan, &kind.index, &row, &pass, &places);
        }
        captured
    }

    /// Explains a verdict of [`Engine::decide`] on the same event and features.
    #[must_use]
    pub fn explain(
        &self,
        event: &Event,
        features: &FeatureValues,
        verdict: &Verdict,
    ) -> Explanation {
        let captured = self.capture(event, features, verdict);
        self.explain_captured(event, features, verdict, &captured)
    }

    /// Explains a verdict with what was kept of the same event by [`Engine::decide_and_capture`].
    #[must_use]
    pub fn explain_captured(
        &self,
        event: &Event,
        features: &FeatureValues,
        verdict: &Verdict,
        captured: &Captured,
    ) -> Explanation {
        Explanation {
            decision: verdict.decision,
            score: verdict.score,
            rules: self.explain_rules(event, features, verdict, captured),
            features: self.readings(event, features),
            scripts: self.script_sights(event, features),
        }
    }

    /// The rules that fired, explained: of [`Engine::explain_captured`] what is not in the verdict or the features.
    #[must_use]
    pub fn explain_rules(
        &self,
        event: &Event,
        features: &FeatureValues,
        verdict: &Verdict,
        captured: &Captured,
    ) -> Vec<FiredRule> {
        let Some(kind) = self.kinds.get(event.kind().ix()) else {
            return Vec::new();
        };
        let row = self.row(event, features);
        let mut sight = Sight::new(self.program(), &kind.plan, captured, row);
        let places = kind.deciding.places(verdict);
        let places = bits(places.words());
        places
            .filter_map(|place| {
                let facts = self.program().rules.get(kind.rules.get(place)?.ix())?;
                let plan = kind.plan.rules.get(place)?;
                let taken = captured.alternative(kind.index.alternative_bits(place))?;
                Some(sight.fired_rule(facts, plan, taken))
            })
            .collect()
    }

    /// Why a rule did not fire on an event: the alternative of its condition that came nearest. `None` when it has no
    /// condition on this kind of event, or is true.
    #[must_use]
    pub fn why_not(
        &self,
        event: &Event,
        features: &FeatureValues,
        rule: RuleIx,
    ) -> Option<NotFired> {
        let kind = self.kinds.get(event.kind().ix())?;
        let place = kind.rules.iter().position(|on_kind| *on_kind == rule)?;
        let plan = kind.plan.rules.get(place)?;
        let operands = &kind.plan.operands;
        let row = self.row(event, features);
        let nearest = plan.nearest_miss(&row)?;
        let program = self.program();
        let conditions = nearest
            .iter()
            .map(|leaf| leaf.because(program, operands, &row))
            .collect();
        let mut missing: Vec<Arc<str>> = nearest
            .iter()
            .filter(|leaf| leaf.held(&row).is_none())
            .flat_map(|leaf| leaf.missing(operands, &row))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        Some(NotFired {
            rule: program.rules.get(rule.ix())?.name.clone(),
            conditions,
            missing,
        })
    }

    fn readings(&self, event: &Event, features: &FeatureValues) -> Vec<FeatureReading> {
        let Some(kind) = self.kinds.get(event.kind().ix()) else {
            return Vec::new();
        };
        let names = kind.plan.features.iter().enumerate();
        names
            .map(|(place, name)| FeatureReading {
                feature: name.clone(),
                value: features
                    .get(place)
                    .map_or(Json::Null, |value| value.to_json(self.program())),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
