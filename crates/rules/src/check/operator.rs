//! Operators: comparison, arithmetic, `in`, and what may be missing.

use super::Checker;
use super::scope::Scope;
use super::types::{is_comparable, is_ordered, scalar_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Aggregate, Arithmetic, Comparison, Expr, ExprKind, Literal, Span, Type};
use crate::syntax::ast::{self, Operator};

impl Checker<'_, '_> {
    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let comparison = match operator {
            Operator::Equal => Comparison::Equal,
            Operator::NotEqual => Comparison::NotEqual,
            Operator::Less => Comparison::Less,
            Operator::LessOrEqual => Comparison::LessOrEqual,
            Operator::Greater => Comparison::Greater,
            Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
            Operator::In => return self.membership(left, right, span, scope),
            Operator::Add => return self.arithmetic(Arithmetic::Add, left, right, span, scope),
            Operator::Subtract => {
                return self.arithmetic(Arithmetic::Subtract, left, right, span, scope);
            }
            Operator::Multiply => {
                return self.arithmetic(Arithmetic::Multiply, left, right, span, scope);
            }
            Operator::Divide => {
                return self.arithmetic(Arithmetic::Divide, left, right, span, scope);
            }
            Operator::Remainder => {
                return self.arithmetic(Arithmetic::Remainder, left, right, span, scope);
            }
        };
        let places = (left.at.0, right.at.0);
        // A word in quotes is of the enumeration it is compared with, on whichever side it stands.
        let (left, right) = if matches!(left.kind, ast::ExprKind::Text(_)) {
            let right = self.expr(right, scope);
            let wanted = right.as_ref().map(|right| right.ty);
            (self.expr_as(left, scope, wanted), right)
        } else {
            let left = self.expr(left, scope);
            let wanted = left.as_ref().map(|left| left.ty);
            (left, self.expr_as(right, scope, wanted))
        };
        let (left, right) = self.comparable(left?, right?, places)?;
        let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if !is_equality && !is_ordered(left.ty) {
            let ty = self.type_name(left.ty);
            let message = format!("values of type {ty} have no order");
            let found = Diagnostic::error(Code::TypeMismatch, span, message);
            self.report(found.hint("compare them with `==`, `!=` or `in`"));
            return None;
        }
        Some(Expr {
            ty: Type::Bool,
            kind: ExprKind::Compare(comparison, Box::new(left), Box::new(right)),
            span,
        })
    }

    /// Both sides of a comparison, brought to one type.
    pub(super) fn comparable(
        &mut self,
        left: Expr,
        right: Expr,
        places: (Span, Span),
    ) -> Option<(Expr, Expr)> {
        let (left, right) = self.meet(left, right, places, "a comparison")?;
        if is_comparable(left.ty) {
            return Some((left, right));
        }
        let ty = self.type_name(left.ty);
        let message = format!("values of type {ty} are not compared");
        let found = Diagnostic::error(Code::TypeMismatch, places.0, message);
        self.report(found.hint("ask `x in list`, or compare `size(list)` or one entry"));
        None
    }

    /// Brings both to one type: int and double meet in double, money keeps the currency that is known.
    pub(super) fn meet(
        &mut self,
        left: Expr,
        right: Expr,
        places: (Span, Span),
        by: &str,
    ) -> Option<(Expr, Expr)> {
        match (left.ty, right.ty) {
            (Type::Money(Some(a)), Type::Money(Some(b))) if a != b => {
                let message = format!("{a} and {b} are different currencies");
                let found = Diagnostic::error(Code::CurrencyMismatch, places.1, message)
                    .label(places.0, format!("this is in {a}"))
                    .hint("amounts of different currencies are never compared or added; use one currency");
                self.report(found);
                None
            }
            (Type::Money(a), Type::Money(b)) => {
                let ty = Type::Money(a.or(b));
                Some((Expr { ty, ..left }, Expr { ty, ..right }))
            }
            (a, b) if a == b => Some((left, right)),
            (Type::Int, Type::Double) => Some((widened(left), right)),
            (Type::Double, Type::Int) => Some((left, widened(right))),
            (a, b) => {
                let (left_name, right_name) = (self.type_name(a), self.type_name(b));
                let message =
                    format!("{by} needs one type, but here are {left_name} and {right_name}");
                let found = Diagnostic::error(Code::TypeMismatch, places.1, message)
                    .label(places.0, format!("this is {left_name}"))
                    .hint(mismatch_hint(&left, &right));
                self.report(found);
                None
            }
        }
    }

    fn membership(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        if let ast::ExprKind::List(items) = &right.kind {
            let value = self.expr(left, scope)?;
            return self.in_items(value, items, span, scope);
        }
        if let ast::ExprKind::Name(name) = &right.kind {
            return self.in_list(left, name, right.at.0, span, scope);
        }
        let value = self.expr(left, scope);
        let collection = self.expr(right, scope);
        let (value, collection) = (value?, collection?);
        let wanted = match collection.ty {
            Type::List(scalar) => scalar_type(scalar),
            Type::Map(_) => Type::String,
            _ => {
                let ty = self.type_name(collection.ty);
                let message = format!("nothing is `in` a value of type {ty}");
                let hint = if collection.ty == Type::String {
                    "ask `text.contains(part)`"
                } else {
                    "`in` asks about a `list`, a field of type list or map, or `[a, b]`"
                };
                let found = Diagnostic::error(Code::TypeMismatch, right.at.0, message).hint(hint);
                self.report(found);
                return None;
            }
        };
        let value = if wanted == Type::Double && value.ty == Type::Int {
            widened(value)
        } else {
            value
        };
        if value.ty != wanted {
            let (value, wanted) = (self.type_name(value.ty), self.type_name(wanted));
            let message = format!("this is {value}, but the entries are {wanted}");
            let found = Diagnostic::error(Code::TypeMismatch, left.at.0, message);
            self.report(found.hint("compare values of one type"));
            return None;
        }
        Some(Expr {
            ty: Type::Bool,
            kind: ExprKind::InCollection(Box::new(value), Box::new(collection)),
            span,
        })
    }

    fn in_list(
        &mut self,
        left: &ast::Expr,
        name: &str,
        place: Span,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let value = self.expr(left, scope);
        let Some(declared) = self.lists.get(name).copied() else {
            let names: Vec<String> = self.lists.keys().cloned().collect();
            let names = || names.iter().map(String::as_str);
            let message = format!("there is no list `{name}`");
            let mut found = Diagnostic::error(Code::UnknownName, place, message)
                .hint(format!("declare it: `list {name} exact {{ \"…\" }}`"))
                .did_you_mean(name, names());
            if self.field(scope.event, name).is_some() {
                let write = format!("event.{name}");
                found = found
                    .hint(format!("the field is written `{write}`"))
                    .replace(write);
            }
            self.mark_meant(found.replacement.as_deref());
            self.report(found);
            return None;
        };
        let value = value?;
        if let Some(index) = declared.index {
            self.used_lists.insert(index);
        }
        if value.ty != Type::String {
            let ty = self.type_name(value.ty);
            let message = format!("lists hold text, but this is {ty}");
            let hint = match value.ty {
                Type::Enum(_) => "write the words in place: `event.x in [\"a\", \"b\"]`",
                Type::List(_) => "ask about one entry: `event.tags[0] in …`",
                _ => "only values of type string are looked up in a `list`",
            };
            let found = Diagnostic::error(Code::TypeMismatch, left.at.0, message).hint(hint);
            self.report(found);
            return None;
        }
        Some(Expr {
            ty: Type::Bool,
            kind: ExprKind::InList(declared.index?, Box::new(value)),
            span,
        })
    }

    fn arithmetic(
        &mut self,
        operation: Arithmetic,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let places = (left.at.0, right.at.0);
        let (left, right) = (self.expr(left, scope), self.expr(right, scope));
        let (left, right) = (left?, right?);
        let make = |ty, left: Expr, right: Expr| Expr {
            ty,
            kind: ExprKind::Arithmetic(operation, Box::new(left), Box::new(right)),
            span,
        };
        use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
        let is_sum = matches!(operation, Add | Subtract);
        Some(match (left.ty, right.ty) {
            (Type::Int, Type::Int) => make(Type::Int, left, right),
            (Type::Int | Type::Double, Type::Int | Type::Double) if operation != Remainder => {
                let (left, right) = self.meet(left, right, places, "arithmetic")?;
                make(Type::Double, left, right)
            }
            (Type::Money(_), Type::Money(_)) if is_sum || operation == Divide => {
                let (left, right) = self.meet(left, right, places, "arithmetic")?;
                let ty = if is_sum { left.ty } else { Type::Double };
                make(ty, left, right)
            }
            (Type::Money(_), Type::Int) if operation == Multiply => make(left.ty, left, right),
            (Type::Int, Type::Money(_)) if operation == Multiply => make(right.ty, right, left),
            (Type::Duration, Type::Duration) if is_sum => make(Type::Duration, left, right),
            (Type::Timestamp, Type::Duration) if is_sum => make(Type::Timestamp, left, right),
            (Type::Duration, Type::Timestamp) if operation == Add => {
                make(Type::Timestamp, right, left)
            }
            (Type::Timestamp, Type::Timestamp) if operation == Subtract => {
                make(Type::Duration, left, right)
            }
            _ => {
                self.bad_arithmetic(operation, &left, &right, places, span);
                return None;
            }
        })
    }

    fn bad_arithmetic(
        &mut self,
        operation: Arithmetic,
        left: &Expr,
        right: &Expr,
        places: (Span, Span),
        span: Span,
    ) {
        let (left_name, right_name) = (self.type_name(left.ty), self.type_name(right.ty));
        let sign = match operation {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Remainder => "%",
        };
        let is_money = |ty: Type| matches!(ty, Type::Money(_));
        let is_double = left.ty == Type::Double || right.ty == Type::Double;
        let hint = if is_money(left.ty) && is_money(right.ty) {
            "money is added, subtracted, divided by money (a ratio) and multiplied by whole numbers"
        } else if (is_money(left.ty) || is_money(right.ty)) && is_double {
            "money is never multiplied by a double: compare a ratio, `a / b > 0.8`, or use whole numbers, `a * 10 > b * 8`"
        } else if is_money(left.ty) || is_money(right.ty) {
            "write the other side as money: `money(\"CNY\", \"100\")`"
        } else if left.ty == Type::String || right.ty == Type::String {
            "texts are not added; put values into a reason with `{…}`"
        } else if left.ty == Type::Timestamp || right.ty == Type::Timestamp {
            "instants are subtracted from each other, or moved by a duration: `now - 24h`"
        } else {
            "arithmetic is for numbers, money, instants and durations"
        };
        let message = format!("`{sign}` does not take {left_name} and {right_name}");
        let found = Diagnostic::error(Code::TypeMismatch, span, message)
            .label(places.0, format!("this is {left_name}"))
            .label(places.1, format!("this is {right_name}"))
            .hint(hint);
        self.report(found);
    }

    /// Whether the value can be missing for an event that fits its schema. Errs on the side of yes.
    pub(super) fn may_be_missing(&self, expr: &Expr, scope: &Scope) -> bool {
        let any = |items: &[Expr]| items.iter().any(|item| self.may_be_missing(item, scope));
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::OccurredAt | ExprKind::Has(_) => false,
            ExprKind::Field(index) => {
                let kind = self.program.events.get(scope.event.ix());
                kind.and_then(|kind| kind.field(*index))
                    .is_none_or(|field| field.optional)
            }
            ExprKind::Feature(index, keys) => {
                let feature = self.program.features.get(index.ix());
                let counts = feature.is_some_and(|feature| {
                    matches!(feature.aggregate, Aggregate::Count | Aggregate::Distinct)
                });
                !counts || any(keys)
            }
            ExprKind::Not(inner)
            | ExprKind::IntToDouble(inner)
            | ExprKind::InList(_, inner)
            | ExprKind::InConstants(inner, _) => self.may_be_missing(inner, scope),
            ExprKind::And(items) | ExprKind::Or(items) => any(items),
            ExprKind::Compare(_, left, right) => {
                let mixed = matches!(left.ty, Type::Money(None));
                mixed || self.may_be_missing(left, scope) || self.may_be_missing(right, scope)
            }
            ExprKind::Default(value, other) => {
                self.may_be_missing(value, scope) && self.may_be_missing(other, scope)
            }
            ExprKind::InCollection(value, collection) => {
                self.may_be_missing(value, scope) || self.may_be_missing(collection, scope)
            }
            ExprKind::Conditional(condition, yes, no) => {
                let parts = [condition, yes, no];
                parts.iter().any(|part| self.may_be_missing(part, scope))
            }
            ExprKind::Arithmetic(..)
            | ExprKind::Negate(_)
            | ExprKind::Index(..)
            | ExprKind::Call(..) => true,
        }
    }
}

/// The int as a double; a constant stays one.
pub fn widened(expr: Expr) -> Expr {
    let span = expr.span;
    match expr.kind {
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "the documented widening: exact up to 2^53, else to the nearest, ties to even"
        )]
        ExprKind::Literal(Literal::Int(value)) => Expr {
            ty: Type::Double,
            kind: ExprKind::Literal(Literal::Double(value as f64)),
            span,
        },
        _ => Expr {
            ty: Type::Double,
            kind: ExprKind::IntToDouble(Box::new(expr)),
            span,
        },
    }
}

/// What to write when two types do not meet.
fn mismatch_hint(left: &Expr, right: &Expr) -> String {
    let pair = |a: fn(Type) -> bool, b: fn(Type) -> bool| {
        (a(left.ty) && b(right.ty)) || (a(right.ty) && b(left.ty))
    };
    let is_money = |ty| matches!(ty, Type::Money(_));
    let is_number = |ty| matches!(ty, Type::Int | Type::Double);
    let is_string = |ty| ty == Type::String;
    let number = [left, right].into_iter().find_map(|side| match &side.kind {
        ExprKind::Literal(Literal::Int(value)) => Some(value.to_string()),
        ExprKind::Literal(Literal::Double(value)) => Some(value.to_string()),
        _ => None,
    });
    let shown = number.as_deref().unwrap_or("5000");
    if pair(is_money, is_number) {
        format!("write an amount with its currency: `money(\"CNY\", \"{shown}\")`")
    } else if pair(is_money, is_string) {
        "write an amount with its currency: `money(\"CNY\", \"5000\")`".to_owned()
    } else if pair(|ty| ty == Type::Duration, is_number) {
        format!("write a length of time with its unit: `{shown}s`, `{shown}m`, `{shown}h`")
    } else if pair(|ty| ty == Type::Timestamp, is_string) {
        "write an instant: `timestamp(\"2026-03-01T10:00:00Z\")`".to_owned()
    } else if pair(|ty| ty == Type::Timestamp, |ty| ty == Type::Duration) {
        "compare a length of time with one: `now - event.x < 24h`".to_owned()
    } else if pair(is_string, is_number) {
        "numbers are written without quotes, texts with them".to_owned()
    } else if pair(|ty| ty == Type::Bool, |_| true) {
        "operators bind as in CEL: put the part that belongs together in parentheses".to_owned()
    } else {
        "compare values of one type".to_owned()
    }
}
