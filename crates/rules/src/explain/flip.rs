//! What would have to be different: the nearest value of one number at which a rule would not have fired.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stanch_types::Money;

use super::Reason;
use crate::ir::{Comparison, EventIx, Expr, ExprKind, Literal, Program, Type};
use crate::row::closure::{holds, turned};
use crate::value::{Store, ValueRef};
use crate::window::{DefinitionHash, meaning};

/// A number that decided: with everything else as it was, the rule would not have fired beyond the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The number, in the policy's language.
    pub operand: String,
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

/// A number and the constants a leaf compares it with.
pub(super) struct Points {
    pub(super) operand: DefinitionHash,
    asks: Vec<(Comparison, Literal)>,
}

impl Points {
    /// For `number how constant`, either way round, and `number in [constants]`.
    pub(super) fn new(program: &Program, event: EventIx, leaf: &Expr) -> Option<Self> {
        let (operand, asks) = if let ExprKind::Compare(how, a, b) = &leaf.kind {
            match (&a.kind, &b.kind) {
                (_, ExprKind::Literal(literal)) => (a, vec![(*how, literal.clone())]),
                (ExprKind::Literal(literal), _) => (b, vec![(turned(*how), literal.clone())]),
                _ => return None,
            }
        } else {
            return None;
        };
        let is_number = matches!(
            operand.ty,
            Type::Int | Type::Double | Type::Money(_) | Type::Duration
        );
        is_number.then(|| Self {
            operand: meaning(program, event, std::slice::from_ref(operand)),
            asks,
        })
    }

    pub(super) fn constants(&self) -> impl Iterator<Item = Literal> {
        self.asks.iter().map(|(_, literal)| literal.clone())
    }

    /// Whether the leaf is true for this value of the number.
    pub(super) fn holds(&self, value: ValueRef<'_>) -> Option<bool> {
        let store = Store::default();
        self.asks.iter().try_fold(false, |any, (how, literal)| {
            let slot = literal_number(literal)?;
            let constant = store.get(slot)?;
            let order = match (value, constant) {
                (ValueRef::Money(a), ValueRef::Money(b)) => {
                    (a.currency == b.currency).then(|| a.minor.cmp(&b.minor))?
                }
                (ValueRef::Double(a), ValueRef::Double(b)) => a.partial_cmp(&b)?,
                (ValueRef::Int(a), ValueRef::Int(b))
                | (ValueRef::Duration(a), ValueRef::Duration(b)) => a.cmp(&b),
                _ => return None,
            };
            Some(any || holds(*how, order))
        })
    }
}

fn literal_number(literal: &Literal) -> Option<crate::value::Slot> {
    let is_number = matches!(
        literal,
        Literal::Int(_) | Literal::Double(_) | Literal::Money(..) | Literal::Duration(_)
    );
    is_number.then(|| Store::default().put_literal(literal))
}

impl Flip {
    /// The nearest value among the constants and their neighbours at which the rule does not fire any more.
    pub(super) fn nearest(
        program: &Program,
        operand: &str,
        value: ValueRef<'_>,
        constants: &[Literal],
        still_fires: impl Fn(ValueRef<'_>) -> bool,
    ) -> Option<Self> {
        let store = Store::default();
        let distance = |candidate: ValueRef<'_>| Some((number(candidate)? - number(value)?).abs());
        let mut best: Option<(f64, ValueRef<'_>, ValueRef<'_>)> = None;
        for literal in constants {
            let Some(constant) = literal_number(literal).and_then(|slot| store.get(slot)) else {
                continue;
            };
            for candidate in [Some(constant), step(constant, -1), step(constant, 1)] {
                let Some(candidate) = candidate else { continue };
                let Some(far) = distance(candidate) else {
                    continue;
                };
                let is_nearer = best.is_none_or(|(best, ..)| far < best);
                if is_nearer && !still_fires(candidate) {
                    best = Some((far, candidate, constant));
                }
            }
        }
        let (_, candidate, constant) = best?;
        let down = number(candidate)? < number(value)?;
        let on_point = candidate == constant;
        let (side, threshold) = match (candidate, down, on_point) {
            // Of whole numbers people say the last one at which it still fires.
            (ValueRef::Int(_), true, _) => (Side::Below, step(candidate, 1)?),
            (ValueRef::Int(_), false, _) => (Side::Above, step(candidate, -1)?),
            (_, true, true) => (Side::AtOrBelow, constant),
            (_, true, false) => (Side::Below, constant),
            (_, false, true) => (Side::AtOrAbove, constant),
            (_, false, false) => (Side::Above, constant),
        };
        let shown = threshold.show(program);
        let (en, zh) = match side {
            Side::Below => (format!("below {shown}"), format!("低于 {shown}")),
            Side::AtOrBelow => (format!("at or below {shown}"), format!("不高于 {shown}")),
            Side::Above => (format!("above {shown}"), format!("高于 {shown}")),
            Side::AtOrAbove => (format!("at or above {shown}"), format!("不低于 {shown}")),
        };
        Some(Self {
            operand: operand.to_owned(),
            value: value.to_json(program),
            side,
            threshold: threshold.to_json(program),
            text: Reason {
                zh: format!("{operand} {zh} 时不会触发"),
                en: format!("would not fire with {operand} {en}"),
            },
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
