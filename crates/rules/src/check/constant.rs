//! Conditions that constants decide: never true, always true.

use std::cmp::Ordering;

use super::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Comparison, Expr, ExprKind, Literal};

impl Checker<'_, '_> {
    /// Warns when the condition has one answer whatever the event; answers it.
    pub(super) fn warn_constant(&mut self, condition: Option<&Expr>, what: &str) -> Option<bool> {
        let condition = condition?;
        let answer = truth(condition)?;
        if matches!(condition.kind, ExprKind::Literal(Literal::Bool(true))) {
            // `true` itself is meant: the last rule of a `first_match`.
            return Some(true);
        }
        let found = if answer {
            let message = format!("this {what} always holds");
            Diagnostic::warning(Code::AlwaysTrue, condition.span, message)
                .hint("remove it, or compare with a field or a feature")
        } else {
            let message = format!("this {what} never holds");
            Diagnostic::warning(Code::NeverTrue, condition.span, message)
                .hint("the parts exclude each other, or a constant is wrong")
        };
        self.report(found);
        Some(answer)
    }
}

/// The answer of a condition when it does not depend on the event. A condition that can only be false or unknown is
/// false here: neither makes a rule fire.
#[must_use]
pub fn truth(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(value)) => Some(*value),
        ExprKind::Not(inner) => match (&inner.kind, truth(inner)) {
            // "Not unknown" is unknown, so what is false because it may be unknown tells nothing here.
            (ExprKind::Literal(_), answer) => answer.map(|answer| !answer),
            (_, Some(true)) => Some(false),
            (_, Some(false) | None) => None,
        },
        ExprKind::And(items) => {
            if items.iter().any(|item| truth(item) == Some(false)) || excludes(items) {
                Some(false)
            } else if items.iter().all(|item| truth(item) == Some(true)) {
                Some(true)
            } else {
                None
            }
        }
        ExprKind::Or(items) => {
            if items.iter().any(|item| truth(item) == Some(true)) {
                Some(true)
            } else if items.iter().all(|item| truth(item) == Some(false)) {
                Some(false)
            } else {
                None
            }
        }
        ExprKind::Compare(comparison, left, right) => {
            let (ExprKind::Literal(left), ExprKind::Literal(right)) = (&left.kind, &right.kind)
            else {
                return None;
            };
            holds(*comparison, order(left, right)?)
        }
        ExprKind::InConstants(value, items) => match &value.kind {
            ExprKind::Literal(value) => Some(items.contains(value)),
            _ => None,
        },
        ExprKind::Conditional(condition, yes, no) => match truth(condition) {
            Some(true) => truth(yes),
            Some(false) if matches!(condition.kind, ExprKind::Literal(_)) => truth(no),
            Some(false) | None => None,
        },
        _ => None,
    }
}

/// Whether two comparisons of one value with constants exclude each other: `x > 5 && x < 3`.
fn excludes(items: &[Expr]) -> bool {
    let bounds: Vec<Bound<'_>> = items.iter().filter_map(bound).collect();
    bounds.iter().enumerate().any(|(at, first)| {
        let later = bounds.get(at + 1..).unwrap_or_default();
        later
            .iter()
            .any(|second| same_value(first.value, second.value) && first.excludes(second))
    })
}

/// `value COMPARISON constant`
struct Bound<'e> {
    value: &'e Expr,
    comparison: Comparison,
    constant: &'e Literal,
}

fn bound(expr: &Expr) -> Option<Bound<'_>> {
    let ExprKind::Compare(comparison, left, right) = &expr.kind else {
        return None;
    };
    match (&left.kind, &right.kind) {
        (ExprKind::Literal(_), ExprKind::Literal(_)) => None,
        (_, ExprKind::Literal(constant)) => Some(Bound {
            value: left,
            comparison: *comparison,
            constant,
        }),
        (ExprKind::Literal(constant), _) => Some(Bound {
            value: right,
            comparison: mirrored(*comparison),
            constant,
        }),
        _ => None,
    }
}

impl Bound<'_> {
    fn excludes(&self, other: &Self) -> bool {
        let Some(order) = order(self.constant, other.constant) else {
            return false;
        };
        // `self.constant ORDER other.constant`: no value is on the wrong side of both.
        let is_lower = |c| matches!(c, Comparison::Greater | Comparison::GreaterOrEqual);
        let is_upper = |c| matches!(c, Comparison::Less | Comparison::LessOrEqual);
        let strict = |c| matches!(c, Comparison::Greater | Comparison::Less);
        let (a, b) = (self.comparison, other.comparison);
        if is_lower(a) && is_upper(b) {
            return order == Ordering::Greater
                || (order == Ordering::Equal && (strict(a) || strict(b)));
        }
        if is_upper(a) && is_lower(b) {
            return order == Ordering::Less
                || (order == Ordering::Equal && (strict(a) || strict(b)));
        }
        match (a, b) {
            (Comparison::Equal, b) => holds(b, order) == Some(false),
            (a, Comparison::Equal) => holds(a, order.reverse()) == Some(false),
            _ => false,
        }
    }
}

/// `a C b` as `b C' a`.
const fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
    }
}

/// Whether both are the same value of one event: the same expression but for its places.
fn same_value(a: &Expr, b: &Expr) -> bool {
    match (&a.kind, &b.kind) {
        (ExprKind::Field(a), ExprKind::Field(b)) => a == b,
        (ExprKind::OccurredAt, ExprKind::OccurredAt) => true,
        (ExprKind::Feature(a, a_keys), ExprKind::Feature(b, b_keys)) => {
            a == b && all_same(a_keys, b_keys)
        }
        (ExprKind::Call(a, a_args), ExprKind::Call(b, b_args)) => {
            a == b && all_same(a_args, b_args)
        }
        (ExprKind::Literal(a), ExprKind::Literal(b)) => a == b,
        (ExprKind::IntToDouble(a), ExprKind::IntToDouble(b)) => same_value(a, b),
        _ => false,
    }
}

fn all_same(a: &[Expr], b: &[Expr]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b))
}

fn holds(comparison: Comparison, order: Ordering) -> Option<bool> {
    Some(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

fn order(a: &Literal, b: &Literal) -> Option<Ordering> {
    match (a, b) {
        (Literal::Bool(a), Literal::Bool(b)) => Some(a.cmp(b)),
        (Literal::Int(a), Literal::Int(b))
        | (Literal::Timestamp(a), Literal::Timestamp(b))
        | (Literal::Duration(a), Literal::Duration(b)) => Some(a.cmp(b)),
        (Literal::Double(a), Literal::Double(b)) => a.partial_cmp(b),
        (Literal::Money(a, a_currency), Literal::Money(b, b_currency)) => {
            (a_currency == b_currency).then(|| a.cmp(b))
        }
        (Literal::String(a), Literal::String(b)) => Some(a.cmp(b)),
        (Literal::Enum(_, a), Literal::Enum(_, b)) => Some(a.cmp(b)),
        _ => None,
    }
}
