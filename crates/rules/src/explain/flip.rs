//! What would have to be different: the nearest value of one number at which a rule would not have fired.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stanch_types::Money;

use super::Reason;
use super::plan::LeafPlan;
use crate::ir::{Comparison, EventIx, Expr, ExprKind, Literal, Program, Type};
use crate::row::closure::{holds, turned};
use crate::value::ValueRef;
use crate::window::{DefinitionHash, meaning};

/// A number that decided: with everything else as it was, the rule would not have fired beyond the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The number, in the policy's language.
    pub operand: Arc<str>,
    /// What it was.
    pub value: Json,
    /// On which side of `threshold` the rule does not fire.
    pub side: Side,
    /// The limit.
    pub threshold: Json,
    /// In words.
    pub text: Reason,
}

/// A side of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Less than it.
    Below,
    /// It or less.
    AtOrBelow,
    /// More than it.
    Above,
    /// It or more.
    AtOrAbove,
}

/// A number and the constant a leaf compares it with.
pub(super) struct Points {
    pub(super) operand: DefinitionHash,
    how: Comparison,
    constant: ValueRef<'static>,
}

impl Points {
    /// For `number how constant`, either way round.
    pub(super) fn new(program: &Program, event: EventIx, leaf: &Expr) -> Option<Self> {
        let ExprKind::Compare(how, a, b) = &leaf.kind else {
            return None;
        };
        let (operand, how, literal) = match (&a.kind, &b.kind) {
            (_, ExprKind::Literal(literal)) => (a, *how, literal),
            (ExprKind::Literal(literal), _) => (b, turned(*how), literal),
            _ => return None,
        };
        let is_number = matches!(
            operand.ty,
            Type::Int | Type::Double | Type::Money(_) | Type::Duration
        );
        is_number.then(|| {
            Some(Self {
                operand: meaning(program, event, std::slice::from_ref(operand)),
                how,
                constant: literal_number(literal)?,
            })
        })?
    }

    /// Whether the leaf is true for this value of the number.
    fn holds(&self, value: ValueRef<'_>) -> Option<bool> {
        let order = match (value, self.constant) {
            (ValueRef::Money(a), ValueRef::Money(b)) => {
                (a.currency == b.currency).then(|| a.minor.cmp(&b.minor))?
            }
            (ValueRef::Double(a), ValueRef::Double(b)) => a.partial_cmp(&b)?,
            (ValueRef::Int(a), ValueRef::Int(b))
            | (ValueRef::Duration(a), ValueRef::Duration(b)) => a.cmp(&b),
            _ => return None,
        };
        Some(holds(self.how, order))
    }
}

const fn literal_number(literal: &Literal) -> Option<ValueRef<'static>> {
    Some(match literal {
        Literal::Int(value) => ValueRef::Int(*value),
        Literal::Double(value) => ValueRef::Double(*value),
        Literal::Money(minor, currency) => ValueRef::Money(Money::new(*minor, *currency)),
        Literal::Duration(micros) => ValueRef::Duration(*micros),
        Literal::Bool(_)
        | Literal::String(_)
        | Literal::Timestamp(_)
        | Literal::Enum(..)
        | Literal::List(..)
        | Literal::Map(..) => return None,
    })
}

/// A number of an alternative, and where a rule might stop firing.
pub(super) struct FlipPlan {
    /// The number of the operand.
    pub(super) number: usize,
    operand: DefinitionHash,
    candidates: Vec<Candidate>,
}

/// A value to try: a constant the number is compared with, or a neighbour of one.
struct Candidate {
    value: ValueRef<'static>,
    constant: ValueRef<'static>,
}

impl FlipPlan {
    /// For each number of an alternative of these, the values to try.
    pub(super) fn of(leaves: &[LeafPlan], alternatives: &[Vec<LeafPlan>]) -> Vec<Self> {
        let mut plans: Vec<Self> = Vec::new();
        for leaf in leaves {
            let Some((points, number)) = leaf.points.as_ref().zip(leaf.operands.first()) else {
                continue;
            };
            if plans.iter().any(|plan| plan.number == *number) {
                continue;
            }
            let all = alternatives.iter().flatten();
            let all = all.filter_map(|leaf| leaf.points.as_ref());
            let same = all.filter(|other| other.operand == points.operand);
            let near = |constant: ValueRef<'static>| {
                let values = [Some(constant), step(constant, -1), step(constant, 1)];
                let values = values.into_iter().flatten();
                values.map(move |value| Candidate { value, constant })
            };
            plans.push(Self {
                number: *number,
                operand: points.operand,
                candidates: same.flat_map(|other| near(other.constant)).collect(),
            });
        }
        plans
    }

    /// The nearest of the values at which the rule does not fire any more, with its constant. `held` says of the
    /// other leaves, by place of their alternative, whether they are true.
    pub(super) fn nearest(
        &self,
        alternatives: &[Vec<LeafPlan>],
        value: ValueRef<'_>,
        mut held: impl FnMut(usize, &LeafPlan) -> bool,
    ) -> Option<Nearest> {
        let from = number(value)?;
        let mut best: Option<(f64, &Candidate)> = None;
        for candidate in &self.candidates {
            let Some(far) = number(candidate.value).map(|to| (to - from).abs()) else {
                continue;
            };
            if best.is_some_and(|(best, _)| best <= far) {
                continue;
            }
            let mut alternatives = alternatives.iter().enumerate();
            let still_fires = alternatives.any(|(at, leaves)| {
                leaves.iter().all(|leaf| match &leaf.points {
                    Some(other) if other.operand == self.operand => {
                        other.holds(candidate.value) == Some(!leaf.negated)
                    }
                    Some(_) | None => held(at, leaf),
                })
            });
            if !still_fires {
                best = Some((far, candidate));
            }
        }
        let (_, Candidate { value, constant }) = best?;
        Some(Nearest {
            is_down: number(*value)? < from,
            value: *value,
            constant: *constant,
        })
    }
}

/// Where a rule stops firing.
pub(super) struct Nearest {
    is_down: bool,
    value: ValueRef<'static>,
    constant: ValueRef<'static>,
}

impl Flip {
    /// Says it in words; `value` is what `operand` was.
    pub(super) fn new(
        program: &Program,
        operand: Arc<str>,
        value: Json,
        nearest: &Nearest,
    ) -> Option<Self> {
        let Nearest {
            is_down,
            value: candidate,
            constant,
        } = *nearest;
        let (side, threshold) = match (candidate, is_down, candidate == constant) {
            // Of whole numbers people say the last one at which it still fires.
            (ValueRef::Int(_), true, _) => (Side::Below, step(candidate, 1)?),
            (ValueRef::Int(_), false, _) => (Side::Above, step(candidate, -1)?),
            (_, true, true) => (Side::AtOrBelow, constant),
            (_, true, false) => (Side::Below, constant),
            (_, false, true) => (Side::AtOrAbove, constant),
            (_, false, false) => (Side::Above, constant),
        };
        let shown = threshold.show(program);
        let (zh, en) = match side {
            Side::Below => (" 低于 ", " below "),
            Side::AtOrBelow => (" 不高于 ", " at or below "),
            Side::Above => (" 高于 ", " above "),
            Side::AtOrAbove => (" 不低于 ", " at or above "),
        };
        Some(Self {
            text: Reason {
                zh: [&operand, zh, &shown, " 时不会触发"].concat(),
                en: ["would not fire with ", &operand, en, &shown].concat(),
            },
            operand,
            value,
            side,
            threshold: threshold.to_json(program),
        })
    }
}

/// As a double, for distances only.
fn number(value: ValueRef<'_>) -> Option<f64> {
    Some(match value {
        ValueRef::Int(value) | ValueRef::Duration(value) => value as f64,
        ValueRef::Double(value) => value,
        ValueRef::Money(value) => value.minor as f64,
        ValueRef::Bool(_)
        | ValueRef::String(_)
        | ValueRef::Timestamp(_)
        | ValueRef::Enum(..)
        | ValueRef::List(_)
        | ValueRef::Map(_) => return None,
    })
}

/// The neighbour one unit up or down.
fn step(value: ValueRef<'_>, by: i64) -> Option<ValueRef<'static>> {
    Some(match value {
        ValueRef::Int(value) => ValueRef::Int(value.checked_add(by)?),
        ValueRef::Duration(value) => ValueRef::Duration(value.checked_add(by)?),
        ValueRef::Money(value) => {
            ValueRef::Money(Money::new(value.minor.checked_add(by)?, value.currency))
        }
        ValueRef::Double(value) if by > 0 => ValueRef::Double(value.next_up()),
        ValueRef::Double(value) => ValueRef::Double(value.next_down()),
        ValueRef::Bool(_)
        | ValueRef::String(_)
        | ValueRef::Timestamp(_)
        | ValueRef::Enum(..)
        | ValueRef::List(_)
        | ValueRef::Map(_) => return None,
    })
}
