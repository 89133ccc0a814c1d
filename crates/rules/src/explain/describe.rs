//! Expressions written out as the policy's language writes them.

use crate::function;
use crate::ir::{Arithmetic, Comparison, EventIx, Expr, ExprKind, FeatureIx, Literal, Program};
use crate::value::{Store, show_duration};
use stanch_types::{Money, Timestamp};

/// How tightly an expression binds; arguments bind loosest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Conditional,
    Default,
    Or,
    And,
    Compare,
    Add,
    Multiply,
    Unary,
    Member,
}

/// An expression over an event of `kind`.
pub(super) fn expression(program: &Program, kind: EventIx, expr: &Expr) -> String {
    Describe { program, kind }.at(Level::Conditional, expr)
}

/// A feature read: `payees_added_24h(event.payer)`.
pub(super) fn feature(program: &Program, kind: EventIx, of: FeatureIx, key: &[Expr]) -> String {
    Describe { program, kind }.feature(of, key)
}

struct Describe<'p> {
    program: &'p Program,
    kind: EventIx,
}

impl Describe<'_> {
    /// In brackets when it binds looser than its place asks.
    fn at(&self, least: Level, expr: &Expr) -> String {
        let (level, text) = self.expr(expr);
        if level < least {
            format!("({text})")
        } else {
            text
        }
    }

    fn join(&self, parts: &[Expr], between: &str, level: Level) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.at(level, part)).collect();
        parts.join(between)
    }

    fn pair(&self, level: Level, a: &Expr, operator: &str, b: &Expr) -> (Level, String) {
        let text = format!(
            "{} {operator} {}",
            self.at(level, a),
            self.at(above(level), b)
        );
        (level, text)
    }

    fn expr(&self, expr: &Expr) -> (Level, String) {
        let single = Level::Conditional;
        match &expr.kind {
            ExprKind::Literal(literal) => (Level::Member, self.literal(literal)),
            ExprKind::Field(field) => {
                let kind = self.program.events.get(self.kind.ix());
                let name = kind.and_then(|kind| kind.field(*field));
                let name = name.map_or("?", |field| &field.name);
                // Signals have their whole name.
                let prefix = if name.contains('.') { "" } else { "event." };
                (Level::Member, format!("{prefix}{name}"))
            }
            ExprKind::OccurredAt => (Level::Member, "event.occurred_at".to_owned()),
            ExprKind::Feature(of, key) => (Level::Member, self.feature(*of, key)),
            ExprKind::Not(x) => (Level::Unary, format!("!{}", self.at(Level::Unary, x))),
            ExprKind::And(parts) => (Level::And, self.join(parts, " && ", Level::Compare)),
            ExprKind::Or(parts) => (Level::Or, self.join(parts, " || ", Level::And)),
            ExprKind::Compare(how, a, b) => {
                let text = format!(
                    "{} {} {}",
                    self.at(Level::Add, a),
                    comparison(*how),
                    self.at(Level::Add, b)
                );
                (Level::Compare, text)
            }
            ExprKind::InList(list, x) => {
                let name = self.program.lists.get(list.ix());
                let name = name.map_or("?", |list| &list.name);
                (
                    Level::Compare,
                    format!("{} in {name}", self.at(Level::Add, x)),
                )
            }
            ExprKind::InConstants(x, constants) => {
                let constants: Vec<_> = constants.iter().map(|c| self.literal(c)).collect();
                let text = format!("{} in [{}]", self.at(Level::Add, x), constants.join(", "));
                (Level::Compare, text)
            }
            ExprKind::InCollection(x, whole) => self.pair(Level::Compare, x, "in", whole),
            ExprKind::Arithmetic(how, a, b) => {
                let (level, sign) = arithmetic(*how);
                self.pair(level, a, sign, b)
            }
            ExprKind::Negate(x) => (Level::Unary, format!("-{}", self.at(Level::Unary, x))),
            ExprKind::IntToDouble(x) => self.expr(x),
            ExprKind::Has(x) => (Level::Member, format!("has({})", self.at(single, x))),
            ExprKind::Default(x, y) => self.pair(Level::Default, x, "??", y),
            ExprKind::Conditional(condition, yes, no) => {
                let text = format!(
                    "{} ? {} : {}",
                    self.at(Level::Default, condition),
                    self.at(Level::Default, yes),
                    self.at(single, no)
                );
                (Level::Conditional, text)
            }
            ExprKind::Index(whole, at) => {
                let text = format!("{}[{}]", self.at(Level::Member, whole), self.at(single, at));
                (Level::Member, text)
            }
            ExprKind::Call(index, args) => {
                let name = function::get(*index).map_or("?", |function| function.name);
                (
                    Level::Member,
                    format!("{name}({})", self.join(args, ", ", single)),
                )
            }
        }
    }

    fn feature(&self, of: FeatureIx, key: &[Expr]) -> String {
        let name = self.program.features.get(of.ix());
        let name = name.map_or("?", |feature| &feature.name);
        format!("{name}({})", self.join(key, ", ", Level::Conditional))
    }

    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::String(text) => format!("{text:?}"),
            Literal::Money(minor, currency) => {
                let shown = Money::new(*minor, *currency).to_string();
                let amount = shown.split_once(' ').map_or("", |(_, amount)| amount);
                format!("money(\"{currency}\", \"{amount}\")")
            }
            Literal::Timestamp(micros) => {
                format!("timestamp(\"{}\")", Timestamp::from_micros(*micros))
            }
            Literal::Duration(micros) => show_duration(*micros),
            Literal::List(_, items) => {
                let items: Vec<String> = items.iter().map(|item| self.literal(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Literal::Enum(of, word) => {
                format!("{:?}", crate::value::enum_word(self.program, *of, *word))
            }
            Literal::Bool(_) | Literal::Int(_) | Literal::Double(_) | Literal::Map(..) => {
                let mut store = Store::default();
                let slot = store.put_literal(literal);
                let shown = store
                    .get(slot)
                    .map(|value| value.show(self.program).into_owned());
                shown.unwrap_or_default()
            }
        }
    }
}

/// The next tighter level.
const fn above(level: Level) -> Level {
    match level {
        Level::Conditional => Level::Default,
        Level::Default => Level::Or,
        Level::Or => Level::And,
        Level::And => Level::Compare,
        Level::Compare => Level::Add,
        Level::Add => Level::Multiply,
        Level::Multiply => Level::Unary,
        Level::Unary | Level::Member => Level::Member,
    }
}

const fn comparison(how: Comparison) -> &'static str {
    match how {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

const fn arithmetic(how: Arithmetic) -> (Level, &'static str) {
    match how {
        Arithmetic::Add => (Level::Add, "+"),
        Arithmetic::Subtract => (Level::Add, "-"),
        Arithmetic::Multiply => (Level::Multiply, "*"),
        Arithmetic::Divide => (Level::Multiply, "/"),
        Arithmetic::Remainder => (Level::Multiply, "%"),
    }
}
