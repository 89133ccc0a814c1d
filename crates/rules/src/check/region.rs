//! Region is never a sole ground (domain reference 2.4): a condition that can hold because of regions alone is refused.
//!
//! A condition rests on region alone when some way to make it true looks at regional fields and functions only. The
//! time of the event is not a ground by itself, so region and hour together are still region alone. A feature whose
//! filter or key is the only thing asked about counts as what its filter rests on.

use super::Checker;
use crate::function;
use crate::ir::{EventIx, Expr, ExprKind, FeatureIx, Program};

/// What an expression looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    /// Nothing about the person or the event: constants, the time.
    Nothing,
    /// Regions, and nothing else.
    Region,
    /// Something else, perhaps regions besides.
    Other,
}

impl Ground {
    /// What is looked at by something that looks at both.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Other, _) | (_, Self::Other) => Self::Other,
            (Self::Region, _) | (_, Self::Region) => Self::Region,
            (Self::Nothing, Self::Nothing) => Self::Nothing,
        }
    }
}

impl Checker<'_, '_> {
    /// Whether the condition can hold because of regions alone.
    pub(super) fn rests_on_region(&self, condition: &Expr, event: EventIx) -> bool {
        sole(&self.program, condition, event) == Ground::Region
    }
}

/// The weakest ground on which the condition can hold.
fn sole(program: &Program, expr: &Expr, event: EventIx) -> Ground {
    match &expr.kind {
        ExprKind::Or(items) => {
            // One branch suffices: the weakest decides.
            let grounds = items.iter().map(|item| sole(program, item, event));
            grounds.fold(Ground::Other, |weakest, ground| match (weakest, ground) {
                (Ground::Region, _) | (_, Ground::Region) => Ground::Region,
                (Ground::Nothing, _) | (_, Ground::Nothing) => Ground::Nothing,
                (Ground::Other, Ground::Other) => Ground::Other,
            })
        }
        ExprKind::And(items) => {
            let grounds = items.iter().map(|item| sole(program, item, event));
            grounds.fold(Ground::Nothing, Ground::with)
        }
        ExprKind::Default(value, other) => {
            sole(program, value, event).with(ground(program, other, event))
        }
        ExprKind::Conditional(condition, yes, no) => {
            let condition = ground(program, condition, event);
            let yes = condition.with(sole(program, yes, event));
            let no = condition.with(sole(program, no, event));
            if yes == Ground::Region || no == Ground::Region {
                Ground::Region
            } else {
                yes.with(no)
            }
        }
        _ => ground(program, expr, event),
    }
}

/// What the expression looks at.
fn ground(program: &Program, expr: &Expr, event: EventIx) -> Ground {
    let all = |items: &[Expr]| {
        let grounds = items.iter().map(|item| ground(program, item, event));
        grounds.fold(Ground::Nothing, Ground::with)
    };
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::OccurredAt => Ground::Nothing,
        ExprKind::Field(index) => {
            let kind = program.events.get(event.ix());
            let field = kind.and_then(|kind| kind.fields.get(index.ix()));
            match field {
                Some(field) if field.regional => Ground::Region,
                _ => Ground::Other,
            }
        }
        ExprKind::Call(index, arguments) => {
            let function = function::FUNCTIONS.get(index.ix());
            if function.is_some_and(|function| function.regional) {
                Ground::Region
            } else {
                all(arguments)
            }
        }
        ExprKind::Feature(index, _) => feature_ground(program, *index),
        ExprKind::And(items) | ExprKind::Or(items) => all(items),
        ExprKind::Not(inner)
        | ExprKind::Negate(inner)
        | ExprKind::IntToDouble(inner)
        | ExprKind::Has(inner)
        | ExprKind::InList(_, inner)
        | ExprKind::InConstants(inner, _) => ground(program, inner, event),
        ExprKind::Compare(_, left, right)
        | ExprKind::Arithmetic(_, left, right)
        | ExprKind::InCollection(left, right)
        | ExprKind::Default(left, right)
        | ExprKind::Index(left, right) => {
            ground(program, left, event).with(ground(program, right, event))
        }
        ExprKind::Conditional(condition, yes, no) => ground(program, condition, event)
            .with(ground(program, yes, event))
            .with(ground(program, no, event)),
    }
}

/// What a feature is about: a count of events chosen by region is region; how much somebody did is something else.
fn feature_ground(program: &Program, index: FeatureIx) -> Ground {
    let Some(feature) = program.features.get(index.ix()) else {
        return Ground::Other;
    };
    let of = |source: &crate::ir::FeatureSource| {
        let value = source.value.as_ref();
        let value = value.map_or(Ground::Nothing, |value| {
            ground(program, value, source.event)
        });
        let filter = source.filter.as_ref();
        let filter = filter.map_or(Ground::Nothing, |filter| {
            sole(program, filter, source.event)
        });
        value.with(filter)
    };
    let grounds = feature.sources.iter().map(of);
    match grounds.fold(Ground::Nothing, Ground::with) {
        Ground::Region => Ground::Region,
        // How often something happened is a ground of its own.
        Ground::Nothing | Ground::Other => Ground::Other,
    }
}
