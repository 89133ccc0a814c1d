//! What scripts say of the exchange that an event belongs to, for people: stage, evidence, and what helps best.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stanch_types::Timestamp;

use super::Reason;
use crate::engine::Engine;
use crate::event::Event;
use crate::ir::{Act, Bilingual, Expr, ExprKind, ListKind, Literal, Script, ScriptSource};
use crate::row::FeatureValues;
use crate::row::index::contains_constant;
use crate::row::normal::alternatives;
use crate::script::{self, Seen, State};
use crate::value::ValueRef;

/// Most places of one cue that are shown.
const SPANS_MAX: usize = 8;
/// Most entries of a list that are gone through for those that were met.
const ENTRIES_MAX: usize = 20_000;

/// A script that an event's exchange is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScriptSight {
    /// Its name.
    pub script: Arc<str>,
    /// What people call it.
    pub title: Reason,
    /// The scam typologies it is about.
    pub typologies: Vec<Arc<str>>,
    /// Number of the stage, from 1.
    pub stage: usize,
    /// How many stages it has.
    pub stages: usize,
    /// Name of the stage.
    pub name: Arc<str>,
    /// What people call the stage.
    pub stage_title: Reason,
    /// How sure it is of the stage, 0 to 1.
    pub confidence: f64,
    /// When the stage was entered.
    pub entered: Timestamp,
    /// Seconds in the stage at the time of the event.
    pub in_stage_secs: i64,
    /// What helps best, from mild to strong.
    pub acts: Vec<Act>,
    /// How strong the strongest of it is, 1 to 8.
    pub strength: i64,
    /// What the person in danger is told.
    pub card: Reason,
    /// The cues seen, by first time.
    pub evidence: Vec<CueSight>,
}

/// A cue that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CueSight {
    /// Its name.
    pub cue: Arc<str>,
    /// Number of its stage.
    pub stage: usize,
    /// How much it says.
    pub weight: f64,
    /// When it was seen first in the memory.
    pub first: Timestamp,
    /// Whether the event at hand shows it.
    pub here: bool,
    /// Where in the event at hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<CueSpan>,
}

/// A place in a text of the event at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CueSpan {
    /// The field.
    pub field: Arc<str>,
    /// First byte, and one past the last.
    pub span: (u32, u32),
    /// What of the policy was met there: an entry of a list, a constant.
    pub says: Arc<str>,
}

impl Engine {
    /// The scripts that the event's rules read and that stand at a stage, by order of declaration.
    #[must_use]
    pub fn script_sights(&self, event: &Event, features: &FeatureValues) -> Vec<ScriptSight> {
        let sights = features.1.iter().filter_map(|seen| self.sight(event, seen));
        let mut sights: Vec<(u32, ScriptSight)> = sights.collect();
        sights.sort_by_key(|(script, _)| *script);
        sights.into_iter().map(|(_, sight)| sight).collect()
    }

    fn sight(&self, event: &Event, seen: &Seen) -> Option<(u32, ScriptSight)> {
        let script = script::of(self.program(), seen.script)?;
        let state = State::of(script, &seen.firsts);
        let stage = script.stages.get(state.stage.checked_sub(1)?)?;
        let source = script.sources.iter();
        let source = source
            .filter(|source| source.event == event.kind())
            .find(|_| self.is_own_key(event, seen, script));
        let evidence = seen.firsts.iter();
        let sight = ScriptSight {
            script: script.name.clone(),
            title: reason(&script.title),
            typologies: script.typologies.clone(),
            stage: state.stage,
            stages: script.stages.len(),
            name: stage.name.clone(),
            stage_title: reason(&stage.title),
            confidence: state.confidence,
            entered: Timestamp::from_micros(state.entered_us),
            in_stage_secs: (event.occurred_at_us().saturating_sub(state.entered_us)) / 1_000_000,
            acts: stage.acts.clone(),
            strength: stage.acts.last().map_or(0, |act| act.strength()),
            card: reason(&stage.card),
            evidence: evidence
                .filter_map(|first| self.cue_sight(event, script, source, *first))
                .collect(),
        };
        Some((seen.script.0, sight))
    }

    /// Whether the script was read for the key that the event itself has: only then are its cues the event's.
    fn is_own_key(&self, event: &Event, seen: &Seen, script: &Script) -> bool {
        let plan = self.feature_plan().events.get(event.kind().ix());
        let lookup = plan.and_then(|plan| plan.lookups.get(seen.lookup));
        let source = script.sources.iter().find(|of| of.event == event.kind());
        let hash = |key: &[Expr]| crate::window::meaning(self.program(), event.kind(), key);
        lookup
            .zip(source)
            .is_some_and(|(lookup, source)| hash(&lookup.key) == hash(&source.key))
    }

    fn cue_sight(
        &self,
        event: &Event,
        script: &Script,
        source: Option<&ScriptSource>,
        (cue, first_us): (usize, i64),
    ) -> Option<CueSight> {
        let definition = script.cues.get(cue)?;
        let mask = source.and_then(|source| Some(script::mask(event, source.mask?)));
        let here = mask.is_some_and(|mask| mask >> cue & 1 == 1);
        let condition = source.and_then(|source| {
            let own = source.cues.iter().find(|(of, _)| *of == cue);
            own.map(|(_, condition)| condition)
        });
        let spans = condition.filter(|_| here);
        Some(CueSight {
            cue: definition.name.clone(),
            stage: definition.stage + 1,
            weight: definition.weight,
            first: Timestamp::from_micros(first_us),
            here,
            spans: spans.map_or_else(Vec::new, |condition| self.cue_spans(event, condition)),
        })
    }

    /// Where the texts that a condition asks for stand.
    fn cue_spans(&self, event: &Event, condition: &Expr) -> Vec<CueSpan> {
        let mut spans = Vec::new();
        for leaf in alternatives(condition).concat() {
            if leaf.negated {
                continue;
            }
            if let Some((text, part)) = contains_constant(leaf.expr) {
                find(event, text, part, &mut spans);
            } else if let ExprKind::InList(list, text) = &leaf.expr.kind {
                let list = self.program().lists.get(list.ix());
                let Some(list) = list.filter(|list| list.kind == ListKind::Text) else {
                    continue;
                };
                let at_us = event.occurred_at_us();
                for entry in list.entries.iter().take(ENTRIES_MAX) {
                    if entry.until_us.is_none_or(|until| at_us < until) {
                        find(event, text, &entry.value, &mut spans);
                    }
                }
            } else if let ExprKind::Compare(_, a, b) = &leaf.expr.kind
                && let (ExprKind::Field(_), ExprKind::Literal(Literal::String(part))) =
                    (&a.kind, &b.kind)
            {
                find(event, a, part, &mut spans);
            }
        }
        spans.sort_by(|a, b| (&a.field, a.span).cmp(&(&b.field, b.span)));
        spans.dedup();
        spans.truncate(SPANS_MAX);
        spans
    }
}

/// The first place of `part` in a field of the event.
fn find(event: &Event, text: &Expr, part: &str, spans: &mut Vec<CueSpan>) {
    let ExprKind::Field(field) = text.kind else {
        return;
    };
    let (Some(ValueRef::String(value)), Some(definition)) =
        (event.get(field), event.schema().field(field))
    else {
        return;
    };
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    if let Some(start) = value.find(part) {
        spans.push(CueSpan {
            field: definition.name.clone(),
            span: (place(start), place(start + part.len())),
            says: part.into(),
        });
    }
}

fn reason(text: &Bilingual) -> Reason {
    Reason {
        zh: text.zh.to_string(),
        en: text.en.to_string(),
    }
}
