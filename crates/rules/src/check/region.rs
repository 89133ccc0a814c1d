//! Region is never a sole ground (domain reference 2.4): a condition that can hold because of regions alone is refused.
//!
//! A condition rests on region alone when some way to make it true looks at regional fields and functions only. The
//! time of the event is not a ground by itself, so region and hour together are still region alone. A feature whose
//! filter or key is the only thing asked about counts as what its filter rests on.

use super::Checker;
use crate::function;
use crate::ir::{EventIx, Expr, ExprKind, FeatureIx, Literal, Program};

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
        sole(&self.program, condition, event, true) == Ground::Region
    }
}

/// The weakest of several grounds each of which suffices.
fn weakest(grounds: impl Iterator<Item = Ground>) -> Ground {
    grounds.fold(Ground::Other, |weakest, ground| match (weakest, ground) {
        (Ground::Region, _) | (_, Ground::Region) => Ground::Region,
        (Ground::Nothing, _) | (_, Ground::Nothing) => Ground::Nothing,
        (Ground::Other, Ground::Other) => Ground::Other,
    })
}

/// The weakest ground on which the condition can be `answer`.
fn sole(program: &Program, expr: &Expr, event: EventIx, answer: bool) -> Ground {
    let of = |expr: &Expr, answer: bool| sole(program, expr, event, answer);
    match &expr.kind {
        ExprKind::Not(inner) => of(inner, !answer),
        // What cannot be is no way to hold.
        ExprKind::Literal(Literal::Bool(value)) if *value != answer => Ground::Other,
        ExprKind::Or(items) | ExprKind::And(items) => {
            let grounds = items.iter().map(|item| of(item, answer));
            let one_suffices = matches!(expr.kind, ExprKind::Or(_)) == answer;
            if one_suffices {
                weakest(grounds)
            } else {
                grounds.fold(Ground::Nothing, Ground::with)
            }
        }
        // The other value decides when the first is missing, whatever that one looks at.
        ExprKind::Default(value, other) => {
            weakest([of(value, answer), of(other, answer)].into_iter())
        }
        ExprKind::Conditional(condition, yes, no) => {
            let yes = of(condition, true).with(of(yes, answer));
            let no = of(condition, false).with(of(no, answer));
            weakest([yes, no].into_iter())
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
            let field = kind.and_then(|kind| kind.field(*index));
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
            sole(program, filter, source.event, true)
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

#[cfg(test)]
mod tests {
    use crate::policy::check;
    use crate::{PolicyFiles, diagnostic::Code};

    fn is_refused(condition: &str) -> bool {
        let text = format!(
            "event e {{ retention 30d  a string  n int?  city string? regional  home string? regional }}
             feature there = count() of e by a over 1h where event.city == \"x\" including self
             feature often = count() of e by a over 1h including self
             feature cities = distinct(event.city) of e by a over 1h including self
             rule r on e {{ when {condition} then review owner \"o\" reason zh \"有\" en \"is\" }}
             ruleset s on e {{ mode all use * }}"
        );
        let files = PolicyFiles::new([("a.policy".to_owned(), text.into_bytes())]).unwrap();
        let (_, found) = check(&files);
        let errors: Vec<Code> = found
            .items
            .iter()
            .filter(|item| item.severity == crate::diagnostic::Severity::Error)
            .map(|item| item.code)
            .collect();
        assert!(
            errors.iter().all(|code| *code == Code::RegionSoleGround),
            "{found}"
        );
        !errors.is_empty()
    }

    #[test]
    fn region_alone_is_refused_however_it_is_written() {
        for condition in [
            "event.city == \"x\"",
            "event.city != event.home",
            "event.n > 3 || event.city in [\"x\", \"y\"]",
            "!(event.n > 3 && event.city == \"x\")",
            "!(event.n > 3 || event.city == \"x\") || has(event.home)",
            "(event.n > 3) ?? (event.city == \"x\")",
            "event.n > 3 ? event.n > 5 : event.city == \"x\" || event.home == \"y\"",
            "there > 0",
            "cities > 1",
            "event.city == \"x\" && now > timestamp(\"2026-01-01\") && 2 > 1",
            "((event.n > 3) ?? true) && event.city == \"x\"",
        ] {
            let takes_n = condition.contains("? event.n > 5");
            assert_eq!(is_refused(condition), !takes_n, "{condition}");
        }
    }

    #[test]
    fn region_beside_another_ground_is_taken() {
        for condition in [
            "event.city == \"x\" && event.n > 3",
            "event.city == \"x\" && often > 3",
            "!(event.n > 3 || event.city == \"x\")",
            "((event.n > 3) ?? false) && event.city == \"x\"",
            "event.n > 3",
            "often > 3",
        ] {
            assert!(!is_refused(condition), "{condition}");
        }
    }
}
