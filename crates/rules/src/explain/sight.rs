//! An event as those see it who read an explanation: every value is put into words once, however many rules say it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::capture::Captured;
use super::flip::Flip;
use super::plan::{KindPlan, LeafPlan, Piece, RulePlan};
use super::{Because, FiredRule, Operand, Reason};
use crate::ir::{Program, Rule};
use crate::row::Row;
use crate::row::closure::Held;
use crate::value::ValueRef;

/// What is shown for a value that is missing.
const MISSING: &str = "?";

pub(super) struct Sight<'a> {
    program: &'a Program,
    plan: &'a KindPlan,
    captured: &'a Captured,
    row: Row<'a>,
    /// By number of the operand.
    seen: Vec<Seen>,
}

/// An operand, as far as anybody asked.
#[derive(Clone, Default)]
struct Seen {
    json: Option<Json>,
    words: Option<Box<str>>,
}

impl<'a> Sight<'a> {
    pub(super) fn new(
        program: &'a Program,
        plan: &'a KindPlan,
        captured: &'a Captured,
        row: Row<'a>,
    ) -> Self {
        Self {
            program,
            plan,
            captured,
            row,
            seen: vec![Seen::default(); plan.operands.len()],
        }
    }

    /// A rule that fired by the alternative at `taken`.
    pub(super) fn fired_rule(&mut self, facts: &Rule, plan: &RulePlan, taken: usize) -> FiredRule {
        let leaves = plan.alternatives.get(taken).map_or(&[][..], Vec::as_slice);
        FiredRule {
            rule: facts.name.clone(),
            decision: facts.decision,
            score: facts.score,
            owner: facts.owner.clone(),
            typologies: facts.typologies.clone(),
            reason: Reason {
                zh: self.fill(&plan.zh),
                en: self.fill(&plan.en),
            },
            because: leaves.iter().map(|leaf| self.because(leaf)).collect(),
            flips: self.flips(plan, taken),
        }
    }

    /// A leaf of the alternative that was true.
    fn because(&mut self, leaf: &LeafPlan) -> Because {
        Because {
            condition: leaf.text.clone(),
            held: Some(true),
            place: leaf.place,
            saw: (leaf.operands.iter())
                .map(|number| Operand {
                    operand: self.name(*number),
                    value: self.json(*number),
                })
                .collect(),
        }
    }

    /// See [`Flip`]; one for each number of the true alternative that can stop the rule alone.
    fn flips(&mut self, plan: &RulePlan, taken: usize) -> Vec<Flip> {
        // Leaves of the true alternative are true; of others it is found out once, when asked.
        let others = plan.alternatives.len() > 1;
        let mut known: Vec<Option<bool>> = vec![None; if others { plan.leaves } else { 0 }];
        let row = self.row;
        let mut held = |alternative: usize, leaf: &LeafPlan| {
            let find = || leaf.held(&row) == Some(true);
            alternative == taken
                || match known.get_mut(leaf.nth) {
                    Some(known) => *known.get_or_insert_with(find),
                    None => find(),
                }
        };
        let mut flips = Vec::new();
        for flip in plan.flips.get(taken).into_iter().flatten() {
            let nearest = self.with(flip.number, |value| {
                flip.nearest(&plan.alternatives, value?, &mut held)
            });
            if let Some(nearest) = nearest {
                let (name, value) = (self.name(flip.number), self.json(flip.number));
                flips.extend(Flip::new(self.program, name, value, &nearest));
            }
        }
        flips
    }

    fn fill(&mut self, pieces: &[Piece]) -> String {
        let mut text = String::with_capacity(128);
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Value(number) => text.push_str(self.words(*number)),
            }
        }
        text
    }

    fn name(&self, number: usize) -> Arc<str> {
        let operand = self.plan.operands.get(number);
        operand.map_or_else(|| MISSING.into(), |operand| operand.text.clone())
    }

    fn json(&mut self, number: usize) -> Json {
        let known = self.seen.get(number).and_then(|seen| seen.json.clone());
        known.unwrap_or_else(|| {
            let json = self.with(number, |value| {
                let operand = self.plan.operands.get(number);
                let both = operand.zip(value);
                both.map_or(Json::Null, |(operand, value)| {
                    operand.json(self.program, value)
                })
            });
            if let Some(seen) = self.seen.get_mut(number) {
                seen.json = Some(json.clone());
            }
            json
        })
    }

    fn words(&mut self, number: usize) -> &str {
        let is_known = (self.seen.get(number)).is_some_and(|seen| seen.words.is_some());
        if !is_known {
            let words: Box<str> = self.with(number, |value| {
                let both = self.plan.operands.get(number).zip(value);
                both.map_or(MISSING.into(), |(operand, value)| {
                    operand.show(self.program, value).into()
                })
            });
            if let Some(seen) = self.seen.get_mut(number) {
                seen.words = Some(words);
            }
        }
        let seen = self.seen.get(number);
        seen.and_then(|seen| seen.words.as_deref())
            .unwrap_or(MISSING)
    }

    /// Gives a value to `take`: as it was kept, or, of those that no condition asked for, as it is.
    fn with<T>(&self, number: usize, take: impl FnOnce(Option<ValueRef<'_>>) -> T) -> T {
        if let Some(value) = self.captured.value(number) {
            return take(value);
        }
        let operand = self.plan.operands.get(number);
        let held = operand.and_then(|operand| operand.hold(&self.row));
        take(held.as_ref().map(Held::as_ref))
    }
}
