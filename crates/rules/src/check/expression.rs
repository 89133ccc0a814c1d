//! Expressions: names and types. Every function here answers `None` when something was wrong and has been reported.

use super::scope::Scope;
use super::types::{as_scalar, scalar_type};
use super::{Checker, shortened};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{EnumIx, Expr, ExprKind, Literal, Span, Type};
use crate::syntax::ast::{self, Name};

impl Checker<'_, '_> {
    /// The expression as it is, with the type it has.
    pub(super) fn expr(&mut self, expr: &ast::Expr, scope: &Scope) -> Option<Expr> {
        self.expr_as(expr, scope, None)
    }

    /// The expression where `wanted` is wanted: words become values of an enumeration, whole numbers doubles. The
    /// answer may have another type all the same.
    pub(super) fn expr_as(
        &mut self,
        expr: &ast::Expr,
        scope: &Scope,
        wanted: Option<Type>,
    ) -> Option<Expr> {
        let span = expr.at.0;
        let kind = match &expr.kind {
            ast::ExprKind::Error => return None,
            ast::ExprKind::Paren(inner) => return self.expr_as(inner, scope, wanted),
            ast::ExprKind::Bool(value) => return Some(literal(Literal::Bool(*value), span)),
            ast::ExprKind::Int(text) => return self.int(text, span, wanted),
            ast::ExprKind::Double(text) => return self.double(text, span),
            ast::ExprKind::Text(text) => return self.text(text, wanted),
            ast::ExprKind::Duration(length) => {
                return Some(literal(Literal::Duration(length.micros), span));
            }
            ast::ExprKind::Name(name) => return self.bare_name(name, span, scope),
            ast::ExprKind::Member(owner, name) => return self.member(owner, name, span, scope),
            ast::ExprKind::Call(name, arguments) => {
                return self.call(name, None, arguments, span, scope);
            }
            ast::ExprKind::Method(receiver, name, arguments) => {
                if let Some(script) = script_name(receiver) {
                    return self.script_read((script, name), Some(arguments), span, scope);
                }
                return self.call(name, Some(receiver.as_ref()), arguments, span, scope);
            }
            ast::ExprKind::List(items) => return self.list_literal(items, span, scope, wanted),
            ast::ExprKind::Map(entries) => return self.map_literal(entries, span, scope, wanted),
            ast::ExprKind::Index(owner, index) => return self.index(owner, index, span, scope),
            ast::ExprKind::Negate(inner) => return self.negate(inner, span, scope),
            ast::ExprKind::Binary(operator, left, right) => {
                return self.binary(*operator, left, right, span, scope);
            }
            ast::ExprKind::Default(value, other) => {
                return self.default(value, other, span, scope, wanted);
            }
            ast::ExprKind::Conditional(condition, yes, no) => {
                return self.conditional(
                    condition,
                    [yes.as_ref(), no.as_ref()],
                    span,
                    scope,
                    wanted,
                );
            }
            ast::ExprKind::Not(inner) => {
                ExprKind::Not(Box::new(self.condition(inner, scope, "`!`")?))
            }
            ast::ExprKind::And(items) => ExprKind::And(self.conditions(items, scope, "`&&`")?),
            ast::ExprKind::Or(items) => ExprKind::Or(self.conditions(items, scope, "`||`")?),
        };
        Some(Expr {
            ty: Type::Bool,
            kind,
            span,
        })
    }

    /// A truth value, wanted by `by`.
    pub(super) fn condition(&mut self, expr: &ast::Expr, scope: &Scope, by: &str) -> Option<Expr> {
        let checked = self.expr(expr, scope)?;
        if checked.ty == Type::Bool {
            return Some(checked);
        }
        let ty = self.type_name(checked.ty);
        let message = format!("{by} wants bool, but this is {ty}");
        let hint = match checked.ty {
            Type::Int | Type::Double => "compare it: `… > 0`",
            Type::String | Type::Enum(_) => "compare it: `… == \"…\"`, or ask `has(…)`",
            Type::Money(_) => "compare it: `… >= money(\"CNY\", \"5000\")`",
            Type::List(_) | Type::Map(_) => "compare its size: `size(…) > 0`",
            Type::Bool | Type::Timestamp | Type::Duration => "compare it with another value",
        };
        let found = Diagnostic::error(Code::TypeMismatch, expr.at.0, message).hint(hint);
        self.report(found);
        None
    }

    fn conditions(&mut self, items: &[ast::Expr], scope: &Scope, by: &str) -> Option<Vec<Expr>> {
        let checked: Vec<Option<Expr>> = items
            .iter()
            .map(|item| self.condition(item, scope, by))
            .collect();
        checked.into_iter().collect()
    }

    fn bare_name(&mut self, name: &str, span: Span, scope: &Scope) -> Option<Expr> {
        if name == "now" {
            return Some(Expr {
                ty: Type::Timestamp,
                kind: ExprKind::OccurredAt,
                span,
            });
        }
        if self.features.contains_key(name) {
            return self.feature_alone(name, span, scope);
        }
        let message = format!("there is no value `{name}`");
        let mut found = Diagnostic::error(Code::UnknownName, span, message);
        if name == "event" {
            found.message = "`event` is not a value itself".to_owned();
            found = found.hint("name one of its fields: `event.x`");
        } else if self.field(scope.event, name).is_some() || self.is_broken(scope.event, name) {
            let write = format!("event.{name}");
            found = found
                .hint(format!("fields are written `{write}`"))
                .replace(write);
        } else if self.lists.contains_key(name) {
            found.message = format!("`{name}` is a list, not a value");
            found = found.hint(format!("ask whether a value is in it: `event.x in {name}`"));
        } else if crate::function::lookup(name).is_some() || name == "has" {
            found.message = format!("`{name}` is a function");
            found = found.hint(format!("call it: `{name}(…)`"));
        } else {
            let fields = self.field_names(scope.event);
            let meant =
                crate::diagnostic::suggest::nearest(name, fields.iter().map(String::as_str));
            let features: Vec<String> = self.features.keys().cloned().collect();
            let near =
                crate::diagnostic::suggest::nearest(name, features.iter().map(String::as_str));
            found = match (near, meant) {
                (Some(feature), _) => found
                    .hint(format!("did you mean the feature `{feature}`?"))
                    .replace(feature),
                (None, Some(field)) => found
                    .hint(format!("did you mean `event.{field}`?"))
                    .replace(format!("event.{field}")),
                (None, None) => found.hint(
                    "values are fields `event.x`, features `f(key)`, functions and constants; text stands in quotes",
                ),
            };
            self.mark_meant(found.replacement.as_deref());
        }
        self.report(found);
        None
    }

    fn member(
        &mut self,
        owner: &ast::Expr,
        name: &Name,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        if let ast::ExprKind::Member(root, detector) = &owner.kind
            && matches!(&root.kind, ast::ExprKind::Name(root) if root == "signal")
        {
            return self.signal(detector, name, span, scope);
        }
        if let Some(script) = script_name(owner) {
            return self.script_read((script, name), None, span, scope);
        }
        let ast::ExprKind::Name(owner_name) = &owner.kind else {
            let owner = self.expr(owner, scope)?;
            let ty = self.type_name(owner.ty);
            let message = format!("a value of type {ty} has no fields");
            let hint = match owner.ty {
                Type::Map(_) => format!("entries of a map are read as `…[\"{}\"]`", name.text),
                Type::Enum(_) => format!("compare it: `… == \"{}\"`", name.text),
                _ => format!("a function is called with parentheses: `….{}()`", name.text),
            };
            let found = Diagnostic::error(Code::UnknownField, name.at.0, message).hint(hint);
            self.report(found);
            return None;
        };
        if owner_name == "event" {
            return self.event_field(name, span, scope);
        }
        if let Some((_, field)) = self.field(scope.event, owner_name) {
            if let Type::Enum(index) = field.ty {
                return self.word(index, &name.text, name.at.0, span);
            }
            let write = format!("event.{owner_name}");
            let message = format!("fields are written `{write}`");
            let found = Diagnostic::error(Code::UnknownName, owner.at.0, message);
            self.report(found.hint(format!("write `{write}`")).replace(write));
            return None;
        }
        if self.is_broken(scope.event, owner_name) {
            return None;
        }
        self.unknown_owner(owner_name, owner.at.0, scope);
        None
    }

    fn unknown_owner(&mut self, written: &str, span: Span, scope: &Scope) {
        let names = self.field_names(scope.event);
        let message = format!("there is no `{written}` with fields here");
        let found = Diagnostic::error(Code::UnknownName, span, message).hint(
            "fields are written `event.x`; `x.word` is a word of the enumeration of the field x",
        );
        let kind = self.event_name(scope.event);
        let found = if written == kind {
            found
                .hint("the event at hand is always called `event`")
                .replace("event")
        } else {
            let names = names.iter().map(String::as_str).chain(["event"]);
            found.did_you_mean(written, names)
        };
        self.report(found);
    }

    fn event_field(&mut self, name: &Name, span: Span, scope: &Scope) -> Option<Expr> {
        if name.text == "occurred_at" {
            return Some(Expr {
                ty: Type::Timestamp,
                kind: ExprKind::OccurredAt,
                span,
            });
        }
        if let Some((index, field)) = self.field(scope.event, &name.text) {
            return Some(Expr {
                ty: field.ty,
                kind: ExprKind::Field(index),
                span,
            });
        }
        if self.is_broken(scope.event, &name.text) {
            return None;
        }
        let names = self.field_names(scope.event);
        let names = || names.iter().map(String::as_str);
        let kind = self.event_name(scope.event);
        let message = format!("the event kind `{kind}` has no field `{}`", name.text);
        let found = Diagnostic::error(Code::UnknownField, name.at.0, message)
            .hint(format!("its fields are {}", shortened(names())))
            .did_you_mean(&name.text, names());
        self.report(found);
        None
    }

    /// The word of an enumeration as a constant.
    fn word(&mut self, index: EnumIx, word: &str, place: Span, span: Span) -> Option<Expr> {
        let words = self
            .program
            .enums
            .get(index.ix())
            .map(|enumeration| enumeration.words.clone())
            .unwrap_or_default();
        if let Some(at) = words.iter().position(|known| **known == *word) {
            let at = u32::try_from(at).ok()?;
            return Some(Expr {
                ty: Type::Enum(index),
                kind: ExprKind::Literal(Literal::Enum(index, at)),
                span,
            });
        }
        let names = || words.iter().map(AsRef::as_ref);
        let message = format!("`{word}` is not a word of this enumeration");
        let mut found = Diagnostic::error(Code::UnknownWord, place, message)
            .hint(format!("its words are {}", shortened(names())))
            .did_you_mean(word, names());
        if place == span {
            // The place is a text with its quotes.
            found.replacement = found.replacement.map(|word| format!("\"{word}\""));
        }
        self.report(found);
        None
    }

    pub(super) fn text(&mut self, text: &ast::Text, wanted: Option<Type>) -> Option<Expr> {
        let span = text.at.0;
        if let Some(Type::Enum(index)) = wanted {
            return self.word(index, &text.value, span, span);
        }
        Some(literal(Literal::String(text.value.as_str().into()), span))
    }

    fn index(
        &mut self,
        owner: &ast::Expr,
        index: &ast::Expr,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let place = (owner.at.0, index.at.0);
        let (owner, index) = (self.expr(owner, scope), self.expr(index, scope));
        let (owner, index) = (owner?, index?);
        let (ty, wanted) = match owner.ty {
            Type::List(scalar) => (scalar_type(scalar), Type::Int),
            Type::Map(scalar) => (scalar_type(scalar), Type::String),
            _ => {
                let ty = self.type_name(owner.ty);
                let message = format!("only lists and maps have entries, and this is {ty}");
                let found = Diagnostic::error(Code::TypeMismatch, place.0, message);
                self.report(found.hint("write `tags[0]` for a list, `extra[\"key\"]` for a map"));
                return None;
            }
        };
        if index.ty != wanted {
            let (owner, index) = (self.type_name(owner.ty), self.type_name(index.ty));
            let wanted = self.type_name(wanted);
            let message = format!("entries of {owner} are found by {wanted}, but this is {index}");
            let found = Diagnostic::error(Code::TypeMismatch, place.1, message);
            self.report(found.hint("write `tags[0]` for a list, `extra[\"key\"]` for a map"));
            return None;
        }
        Some(Expr {
            ty,
            kind: ExprKind::Index(Box::new(owner), Box::new(index)),
            span,
        })
    }

    fn default(
        &mut self,
        value: &ast::Expr,
        other: &ast::Expr,
        span: Span,
        scope: &Scope,
        wanted: Option<Type>,
    ) -> Option<Expr> {
        let places = (value.at.0, other.at.0);
        let value = self.expr_as(value, scope, wanted);
        let wanted = value.as_ref().map(|value| value.ty).or(wanted);
        let other = self.expr_as(other, scope, wanted);
        let (value, other) = (value?, other?);
        if !self.may_be_missing(&value, scope) {
            let message = "this is never missing, so what follows `??` is never used";
            let hint = "remove `?? …`, or mark the field optional with `?` where it is declared";
            self.report(Diagnostic::warning(Code::NeverMissing, places.0, message).hint(hint));
        }
        let (value, other) = self.meet(value, other, places, "`??`")?;
        Some(Expr {
            ty: value.ty,
            kind: ExprKind::Default(Box::new(value), Box::new(other)),
            span,
        })
    }

    fn conditional(
        &mut self,
        condition: &ast::Expr,
        branches: [&ast::Expr; 2],
        span: Span,
        scope: &Scope,
        wanted: Option<Type>,
    ) -> Option<Expr> {
        let [yes, no] = branches;
        let places = (yes.at.0, no.at.0);
        let condition = self.condition(condition, scope, "`? :`");
        let yes = self.expr_as(yes, scope, wanted);
        let wanted = yes.as_ref().map(|yes| yes.ty).or(wanted);
        let no = self.expr_as(no, scope, wanted);
        let (condition, yes, no) = (condition?, yes?, no?);
        let (yes, no) = self.meet(yes, no, places, "`? :`")?;
        Some(Expr {
            ty: yes.ty,
            kind: ExprKind::Conditional(Box::new(condition), Box::new(yes), Box::new(no)),
            span,
        })
    }

    fn list_literal(
        &mut self,
        items: &[ast::Expr],
        span: Span,
        scope: &Scope,
        wanted: Option<Type>,
    ) -> Option<Expr> {
        let wanted_item = match wanted {
            Some(Type::List(scalar)) => Some(scalar_type(scalar)),
            _ => None,
        };
        if items.is_empty() {
            if let Some(Type::List(scalar)) = wanted {
                return Some(literal(Literal::List(scalar, Vec::new()), span));
            }
            let found =
                Diagnostic::error(Code::TypeMismatch, span, "an empty list has no type here");
            self.report(found.hint("name at least one value"));
            return None;
        }
        let values = self.constants(items, scope, wanted_item)?;
        let scalar = values.first().and_then(|value| as_scalar(value.ty));
        let Some(scalar) = scalar else {
            let ty = values
                .first()
                .map_or_else(String::new, |value| self.type_name(value.ty));
            let message = format!("a list cannot hold {ty}");
            let found = Diagnostic::error(Code::TypeMismatch, span, message);
            self.report(found.hint("lists hold bool, int, double and string"));
            return None;
        };
        let literals = values.into_iter().filter_map(into_literal).collect();
        Some(literal(Literal::List(scalar, literals), span))
    }

    fn map_literal(
        &mut self,
        entries: &[(ast::Text, ast::Expr)],
        span: Span,
        scope: &Scope,
        wanted: Option<Type>,
    ) -> Option<Expr> {
        let Some(Type::Map(scalar)) = wanted else {
            let found = Diagnostic::error(
                Code::TypeMismatch,
                span,
                "a map stands only as the value of a field in a test",
            );
            self.report(found.hint("a constant map has no other use"));
            return None;
        };
        let items: Vec<ast::Expr> = entries.iter().map(|(_, value)| value.clone()).collect();
        let values = self.constants(&items, scope, Some(scalar_type(scalar)))?;
        let mut pairs = Vec::new();
        for ((key, _), value) in entries.iter().zip(values) {
            if value.ty != scalar_type(scalar) {
                let found_type = self.type_name(value.ty);
                let wanted = self.type_name(Type::Map(scalar));
                let message = format!("an entry of {wanted} cannot be {found_type}");
                self.report(
                    Diagnostic::error(Code::TypeMismatch, value.span, message)
                        .hint("write a value of the map's type"),
                );
                return None;
            }
            pairs.push((key.value.as_str().into(), into_literal(value)?));
        }
        pairs.sort_by(|(a, _): &(std::sync::Arc<str>, _), (b, _)| a.cmp(b));
        if let Some(pair) = pairs
            .windows(2)
            .find(|pair| matches!(pair, [(a, _), (b, _)] if a == b))
        {
            let key = pair.first().map_or("", |(key, _)| key);
            let message = format!("the map has the key `{key}` twice");
            self.report(
                Diagnostic::error(Code::Duplicate, span, message).hint("remove one of them"),
            );
            return None;
        }
        Some(literal(Literal::Map(scalar, pairs), span))
    }
}

/// A constant expression.
pub fn literal(value: Literal, span: Span) -> Expr {
    let ty = match &value {
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Double(_) => Type::Double,
        Literal::Money(_, currency) => Type::Money(Some(*currency)),
        Literal::String(_) => Type::String,
        Literal::Timestamp(_) => Type::Timestamp,
        Literal::Duration(_) => Type::Duration,
        Literal::Enum(index, _) => Type::Enum(*index),
        Literal::List(scalar, _) => Type::List(*scalar),
        Literal::Map(scalar, _) => Type::Map(*scalar),
    };
    Expr {
        ty,
        kind: ExprKind::Literal(value),
        span,
    }
}

/// The constant that the expression is.
pub fn into_literal(expr: Expr) -> Option<Literal> {
    match expr.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

/// The name behind `script.`.
fn script_name(owner: &ast::Expr) -> Option<&Name> {
    let ast::ExprKind::Member(root, name) = &owner.kind else {
        return None;
    };
    matches!(&root.kind, ast::ExprKind::Name(root) if root == "script").then_some(name)
}
