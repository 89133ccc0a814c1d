//! Constants: numbers, money, instants.

use stanch_types::{Currency, Money, MoneyError};

use super::Checker;
use super::expression::{into_literal, literal};
use super::scope::Scope;
use super::types::is_comparable;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, ExprKind, Literal, Span, Type};
use crate::syntax::ast;
use crate::syntax::lexer::parse_instant;

impl Checker<'_, '_> {
    pub(super) fn int(&mut self, text: &str, span: Span, wanted: Option<Type>) -> Option<Expr> {
        let Ok(value) = text.parse::<i64>() else {
            let message = format!("`{text}` does not fit 64 bits");
            let hint = "whole numbers are -9223372036854775808 to 9223372036854775807; write `1e20` for a double";
            self.report(Diagnostic::error(Code::BadNumber, span, message).hint(hint));
            return None;
        };
        if wanted == Some(Type::Double) {
            return self.double(text, span);
        }
        Some(literal(Literal::Int(value), span))
    }

    pub(super) fn double(&mut self, text: &str, span: Span) -> Option<Expr> {
        // A number that is not finite was reported when it was read.
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
        Some(literal(Literal::Double(value), span))
    }

    /// Constants of one type; the first decides which.
    pub(super) fn constants(
        &mut self,
        items: &[ast::Expr],
        scope: &Scope,
        wanted: Option<Type>,
    ) -> Option<Vec<Expr>> {
        let mut checked = Vec::new();
        let mut wanted = wanted;
        if wanted.is_none()
            && items
                .iter()
                .any(|item| matches!(item.kind, ast::ExprKind::Double(_)))
        {
            wanted = Some(Type::Double);
        }
        let mut is_whole = true;
        for item in items {
            match self.constant(item, scope, wanted) {
                Some(value) => {
                    wanted.get_or_insert(value.ty);
                    checked.push(value);
                }
                None => is_whole = false,
            }
        }
        let first = checked.first().map(|value| value.ty)?;
        for value in &checked {
            let same = match (first, value.ty) {
                (Type::Money(_), Type::Money(_)) => true,
                (a, b) => a == b,
            };
            if !same {
                let (first, other) = (self.type_name(first), self.type_name(value.ty));
                let message = format!("this is {other}, but the list holds {first}");
                let found = Diagnostic::error(Code::TypeMismatch, value.span, message);
                self.report(found.hint("all values of a list have one type"));
                is_whole = false;
            }
        }
        is_whole.then_some(checked)
    }

    /// A constant: a literal, perhaps with a minus.
    pub(super) fn constant(
        &mut self,
        expr: &ast::Expr,
        scope: &Scope,
        wanted: Option<Type>,
    ) -> Option<Expr> {
        let checked = self.expr_as(expr, scope, wanted)?;
        if matches!(checked.kind, ExprKind::Literal(_)) {
            return Some(checked);
        }
        let found = Diagnostic::error(Code::BadConstant, checked.span, "a constant is wanted here");
        self.report(found.hint("write a number, a text, `money(…)`, `timestamp(…)` or the like"));
        None
    }

    pub(super) fn negate(&mut self, inner: &ast::Expr, span: Span, scope: &Scope) -> Option<Expr> {
        let place = inner.at.0;
        let inner = self.expr(inner, scope)?;
        match inner.ty {
            Type::Int | Type::Double | Type::Money(_) | Type::Duration => {}
            _ => {
                let ty = self.type_name(inner.ty);
                let message = format!("`-` wants a number, money or a duration, but this is {ty}");
                let mut found = Diagnostic::error(Code::TypeMismatch, place, message);
                if inner.ty == Type::Bool {
                    found = found.hint("\"not\" is written `!`");
                } else {
                    found = found.hint("remove the minus");
                }
                self.report(found);
                return None;
            }
        }
        let ty = inner.ty;
        let folded = match &inner.kind {
            ExprKind::Literal(Literal::Int(value)) => value.checked_neg().map(Literal::Int),
            ExprKind::Literal(Literal::Double(value)) => Some(Literal::Double(-value)),
            ExprKind::Literal(Literal::Duration(value)) => {
                value.checked_neg().map(Literal::Duration)
            }
            ExprKind::Literal(Literal::Money(minor, currency)) => minor
                .checked_neg()
                .map(|minor| Literal::Money(minor, *currency)),
            _ => None,
        };
        Some(match folded {
            Some(value) => literal(value, span),
            None => Expr {
                ty,
                kind: ExprKind::Negate(Box::new(inner)),
                span,
            },
        })
    }

    /// `money("CNY", "5000.00")`
    pub(super) fn money(&mut self, arguments: &[ast::Expr], span: Span) -> Option<Expr> {
        let text = |index: usize| match arguments.get(index).map(|argument| &argument.kind) {
            Some(ast::ExprKind::Text(text)) => Some((text.value.as_str(), text.at.0)),
            _ => None,
        };
        let (Some((code, code_at)), Some((amount, amount_at)), 2) =
            (text(0), text(1), arguments.len())
        else {
            let place = arguments
                .iter()
                .find(|argument| !matches!(argument.kind, ast::ExprKind::Text(_)))
                .map_or(span, |argument| argument.at.0);
            let message = "money is written with a currency and an amount, both in quotes";
            let found = Diagnostic::error(Code::BadArguments, place, message);
            self.report(found.hint("write `money(\"CNY\", \"5000.00\")`"));
            return None;
        };
        let Ok(currency) = code.parse::<Currency>() else {
            self.bad_currency(code, code_at);
            return None;
        };
        match Money::parse_decimal(amount, currency) {
            Ok(money) => Some(literal(Literal::Money(money.minor, currency), span)),
            Err(error) => {
                let hint = match error {
                    MoneyError::Overflow => {
                        "amounts have at most 64 bits of minor units".to_owned()
                    }
                    _ => format!(
                        "write digits, and at most {} after a point, such as `\"5000\"`",
                        currency.decimals()
                    ),
                };
                let found = Diagnostic::error(Code::BadConstant, amount_at, error.to_string());
                self.report(found.hint(hint));
                None
            }
        }
    }

    /// `timestamp("2026-03-01T10:00:00Z")`
    pub(super) fn timestamp(&mut self, arguments: &[ast::Expr], span: Span) -> Option<Expr> {
        let [
            ast::Expr {
                kind: ast::ExprKind::Text(text),
                ..
            },
        ] = arguments
        else {
            let message = "an instant is written as one text in RFC 3339";
            let found = Diagnostic::error(Code::BadArguments, span, message);
            self.report(found.hint("write `timestamp(\"2026-03-01T10:00:00Z\")`"));
            return None;
        };
        match parse_instant(&text.value) {
            Some(micros) => Some(literal(Literal::Timestamp(micros), span)),
            None => {
                let message = format!("`{}` is not an instant", text.value);
                let found = Diagnostic::error(Code::BadTimestamp, text.at.0, message);
                self.report(found.hint(
                    "write a date of the calendar, `2026-03-01` (midnight UTC), or RFC 3339 with Z or an offset",
                ));
                None
            }
        }
    }

    /// `value in [a, b]`
    pub(super) fn in_items(
        &mut self,
        value: Expr,
        items: &[ast::Expr],
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        if items.is_empty() {
            let found = Diagnostic::error(Code::NeverTrue, span, "nothing is in an empty list");
            self.report(found.hint("name at least one value"));
            return None;
        }
        if !is_comparable(value.ty) {
            let ty = self.type_name(value.ty);
            let message = format!("values of type {ty} are not compared");
            self.report(
                Diagnostic::error(Code::TypeMismatch, value.span, message)
                    .hint("ask about one of its entries"),
            );
            return None;
        }
        let mut checked = Vec::new();
        let mut is_whole = true;
        for item in items {
            let place = item.at.0;
            let Some(item) = self.expr_as(item, scope, Some(value.ty)) else {
                is_whole = false;
                continue;
            };
            match self.comparable(value.clone(), item, (value.span, place)) {
                Some(pair) => checked.push(pair),
                None => is_whole = false,
            }
        }
        if !is_whole {
            return None;
        }
        let literals: Option<Vec<Literal>> = checked
            .iter()
            .map(|(left, right)| match &right.kind {
                ExprKind::Literal(literal)
                    if left.ty == value.ty || both_money(left.ty, value.ty) =>
                {
                    Some(literal.clone())
                }
                _ => None,
            })
            .collect();
        let kind = match literals {
            Some(literals) => ExprKind::InConstants(Box::new(value), literals),
            // Some are not constants: `x in [a, b]` means `x == a || x == b`.
            None => ExprKind::Or(
                checked
                    .into_iter()
                    .map(|(left, right)| Expr {
                        ty: Type::Bool,
                        kind: ExprKind::Compare(
                            crate::ir::Comparison::Equal,
                            Box::new(left),
                            Box::new(right),
                        ),
                        span,
                    })
                    .collect(),
            ),
        };
        Some(Expr {
            ty: Type::Bool,
            kind,
            span,
        })
    }

    /// The value of a field in a test.
    pub(super) fn field_value(
        &mut self,
        expr: &ast::Expr,
        scope: &Scope,
        wanted: Type,
        field: &str,
    ) -> Option<Literal> {
        let checked = self.constant(expr, scope, Some(wanted))?;
        let fits = match (wanted, checked.ty) {
            (Type::Money(Some(currency)), Type::Money(Some(given))) if currency != given => {
                let message = format!("`{field}` is money({currency}), but this is in {given}");
                let found = Diagnostic::error(Code::CurrencyMismatch, expr.at.0, message);
                self.report(found.hint(format!("write `money(\"{currency}\", \"…\")`")));
                return None;
            }
            (Type::Money(_), Type::Money(_)) => true,
            (wanted, given) => wanted == given,
        };
        if fits {
            return into_literal(checked);
        }
        let (wanted_name, given) = (self.type_name(wanted), self.type_name(checked.ty));
        let message = format!("the field `{field}` is {wanted_name}, but this is {given}");
        let found = Diagnostic::error(Code::TypeMismatch, expr.at.0, message);
        self.report(found.hint(format!("write {}", example(wanted))));
        None
    }
}

/// Both are money: currencies that differ are equal to nothing, which is what `in` answers.
fn both_money(a: Type, b: Type) -> bool {
    matches!((a, b), (Type::Money(_), Type::Money(_)))
}

/// How a constant of the type is written.
pub fn example(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "`true` or `false`",
        Type::Int => "a whole number such as `12`",
        Type::Double => "a number such as `1.5`",
        Type::Money(_) => "`money(\"CNY\", \"5000\")`",
        Type::String => "a text in quotes",
        Type::Timestamp => "`timestamp(\"2026-03-01T10:00:00Z\")`",
        Type::Duration => "a length of time such as `24h`",
        Type::Enum(_) => "one of its words in quotes",
        Type::List(_) => "a list such as `[\"a\", \"b\"]`",
        Type::Map(_) => "a map such as `{ \"a\": 1 }`",
    }
}
