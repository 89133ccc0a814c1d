//! Why a decision came out as it did: the rules that fired with the values they saw, in Chinese and English, what
//! would have to be different, and, when asked, why another rule did not fire.
//!
//! In two steps. [`Engine::capture`] re-walks the fired rules and keeps the operands: part of deciding, and cheap.
//! [`Engine::explain`] says it in words. Values of personal fields are masked in both languages; the log of events
//! has them in full for those who may read it.

mod capture;
mod describe;
mod flip;
mod plan;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::engine::Engine;
use crate::event::Event;
use crate::ir::{Decision, RuleIx, Span};
use crate::row::FeatureValues;
use crate::verdict::Verdict;

pub use capture::Captured;
pub use flip::{Flip, Side};
pub(crate) use plan::RulePlan;

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
}

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FiredRule {
    /// Its name.
    pub rule: String,
    /// What it asks for.
    pub decision: Decision,
    /// Its points.
    pub score: i64,
    /// Who answers for it.
    pub owner: String,
    /// The scam typologies it speaks for.
    pub typologies: Vec<String>,
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
    pub condition: String,
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
    pub operand: String,
    /// Its value; null when missing, masked when personal.
    pub value: Json,
}

/// A feature as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureReading {
    /// Name and key as the policy writes it: `payees_added_24h(event.payer)`.
    pub feature: String,
    /// Its value; null when missing.
    pub value: Json,
}

/// Why a rule did not fire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotFired {
    /// The rule.
    pub rule: String,
    /// The conditions of the alternative that came nearest.
    pub conditions: Vec<Because>,
    /// Operands that were missing, so that conditions stayed unknown.
    pub missing: Vec<String>,
}

impl Engine {
    /// Keeps what the fired rules of a verdict saw.
    #[must_use]
    pub fn capture(&self, event: &Event, features: &FeatureValues, verdict: &Verdict) -> Captured {
        let Some(kind) = self.kinds.get(event.kind().ix()) else {
            return Captured::default();
        };
        let row = self.row(event, features);
        let mut captured = Captured::default();
        for (rule, plan) in kind.rules.iter().zip(&kind.plans) {
            if verdict.fired.contains(*rule) {
                captured.add(*rule, plan, &row);
            }
        }
        captured
    }

    /// Explains a verdict.
    #[must_use]
    pub fn explain(
        &self,
        event: &Event,
        features: &FeatureValues,
        verdict: &Verdict,
    ) -> Explanation {
        let captured = self.capture(event, features, verdict);
        let rules = captured
            .rules()
            .filter_map(|(rule, leaves)| self.fired_rule(event, features, rule, leaves))
            .collect();
        Explanation {
            decision: verdict.decision,
            score: verdict.score,
            rules,
            features: self.readings(event, features),
        }
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
        let plan = self.rule_plan(event, rule)?;
        let row = self.row(event, features);
        let nearest = plan.nearest_miss(&row)?;
        let program = self.program();
        let conditions = nearest
            .iter()
            .map(|leaf| leaf.because(program, &row))
            .collect();
        let mut missing: Vec<String> = nearest
            .iter()
            .filter(|leaf| leaf.held(&row).is_none())
            .flat_map(|leaf| leaf.missing(&row))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        Some(NotFired {
            rule: program.rules.get(rule.ix())?.name.to_string(),
            conditions,
            missing,
        })
    }

    fn rule_plan(&self, event: &Event, rule: RuleIx) -> Option<&RulePlan> {
        let kind = self.kinds.get(event.kind().ix())?;
        let at = kind.rules.iter().position(|on_kind| *on_kind == rule)?;
        kind.plans.get(at)
    }

    fn fired_rule(
        &self,
        event: &Event,
        features: &FeatureValues,
        rule: RuleIx,
        seen: capture::Seen<'_>,
    ) -> Option<FiredRule> {
        let program = self.program();
        let facts = program.rules.get(rule.ix())?;
        let plan = self.rule_plan(event, rule)?;
        let row = self.row(event, features);
        Some(FiredRule {
            rule: facts.name.to_string(),
            decision: facts.decision,
            score: facts.score,
            owner: facts.owner.to_string(),
            typologies: facts.typologies.iter().map(ToString::to_string).collect(),
            reason: plan.reason(program, &row),
            because: plan.because(program, &row, seen),
            flips: plan.flips(program, &row),
        })
    }

    fn readings(&self, event: &Event, features: &FeatureValues) -> Vec<FeatureReading> {
        let program = self.program();
        let Some(plan) = self.feature_plan().events.get(event.kind().ix()) else {
            return Vec::new();
        };
        plan.reads
            .iter()
            .enumerate()
            .map(|(place, read)| FeatureReading {
                feature: describe::feature(program, event.kind(), read.feature, &read.key),
                value: features
                    .get(place)
                    .map_or(Json::Null, |value| value.to_json(program)),
            })
            .collect()
    }
}
