//! Calls: features, functions of the table, and what the language itself has (`has`, `money`, `timestamp`).

use super::operator::widened;
use super::scope::Scope;
use super::types::{as_scalar, scalar_type};
use super::{Checker, type_name};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{self, Accepts, FunctionDef, Returns, Signature};
use crate::ir::{Expr, ExprKind, FeatureIx, FunctionIx, Literal, Span, Type};
use crate::syntax::ast::{self, Name};

/// An argument with its place as written.
type Argument = (Expr, Span);

impl Checker<'_, '_> {
    /// `name(a, b)`, or `receiver.name(b)`, which is `name(receiver, b)`.
    pub(super) fn call(
        &mut self,
        name: &Name,
        receiver: Option<&ast::Expr>,
        arguments: &[ast::Expr],
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        if receiver.is_none() {
            match name.text.as_str() {
                "has" => return self.has(arguments, span, scope),
                "money" => return self.money(arguments, span),
                "timestamp" => return self.timestamp(arguments, span),
                _ => {}
            }
            if self.features.contains_key(&name.text) {
                return self.feature_read(name, arguments, span, scope);
            }
        }
        let Some((index, function)) = function::lookup(&name.text) else {
            self.unknown_function(name, receiver.is_some());
            // What is wrong inside the call is found in the same run.
            for argument in receiver.into_iter().chain(arguments) {
                self.expr(argument, scope);
            }
            return None;
        };
        let checked: Vec<Option<Argument>> = receiver
            .into_iter()
            .chain(arguments)
            .map(|argument| Some((self.expr(argument, scope)?, argument.at.0)))
            .collect();
        let checked: Vec<Argument> = checked.into_iter().collect::<Option<_>>()?;
        self.function_call(index, function, checked, span)
    }

    fn unknown_function(&mut self, name: &Name, is_method: bool) {
        let functions = function::FUNCTIONS.iter().map(|function| function.name);
        let features: Vec<String> = self.features.keys().cloned().collect();
        let message = format!("there is no function or feature `{}`", name.text);
        let others: Vec<&str> = if is_method {
            Vec::new()
        } else {
            features
                .iter()
                .map(String::as_str)
                .chain(["has", "money", "timestamp"])
                .collect()
        };
        let found = Diagnostic::error(Code::UnknownFunction, name.at.0, message)
            .hint("the functions are listed in docs/policy-language.md")
            .did_you_mean(&name.text, functions.chain(others));
        self.mark_meant(found.replacement.as_deref());
        self.report(found);
    }

    /// What was probably meant counts as read.
    pub(super) fn mark_meant(&mut self, name: Option<&str>) {
        let Some(name) = name else {
            return;
        };
        if let Some(index) = self.features.get(name).and_then(|declared| declared.index) {
            self.used_features.insert(index);
        }
        if let Some(index) = self.lists.get(name).and_then(|declared| declared.index) {
            self.used_lists.insert(index);
        }
    }

    fn has(&mut self, arguments: &[ast::Expr], span: Span, scope: &Scope) -> Option<Expr> {
        let [argument] = arguments else {
            let message = format!("`has` takes one value, but here are {}", arguments.len());
            let found = Diagnostic::error(Code::BadArguments, span, message);
            self.report(found.hint("write `has(event.x)`"));
            return None;
        };
        let value = self.expr(argument, scope)?;
        if !self.may_be_missing(&value, scope) {
            let message = "this is never missing, so `has` always holds";
            let hint = "remove it, or mark the field optional with `?` where it is declared";
            let found = Diagnostic::warning(Code::NeverMissing, argument.at.0, message);
            self.report(found.hint(hint));
        }
        Some(Expr {
            ty: Type::Bool,
            kind: ExprKind::Has(Box::new(value)),
            span,
        })
    }

    /// `feature(key, …)`
    fn feature_read(
        &mut self,
        name: &Name,
        arguments: &[ast::Expr],
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let checked: Vec<Option<Expr>> = arguments
            .iter()
            .map(|argument| self.expr(argument, scope))
            .collect();
        let index = self.feature_named(&name.text, name.at.0, scope)?;
        let feature = self.program.features.get(index.ix())?;
        let (key_types, ty) = (feature.key_types.clone(), feature.ty);
        let (key_names, declared) = (feature.key_names.clone(), feature.span);
        let keys = key_names.join(", ");
        if checked.len() != key_types.len() {
            let message = format!(
                "`{}` is kept by {} ({keys}), but here are {}",
                name.text,
                counted(key_types.len(), "key"),
                checked.len()
            );
            let found = Diagnostic::error(Code::BadArguments, span, message)
                .label(declared, "declared here")
                .hint(format!(
                    "write `{}({keys})` with values for each",
                    name.text
                ));
            self.report(found);
            return None;
        }
        let checked: Vec<Expr> = checked.into_iter().collect::<Option<_>>()?;
        let mut is_whole = true;
        let mut parts = Vec::new();
        for ((part, wanted), (argument, key)) in checked
            .into_iter()
            .zip(&key_types)
            .zip(arguments.iter().zip(&key_names))
        {
            let same = match (part.ty, *wanted) {
                (Type::Money(_), Type::Money(_)) => true,
                (given, wanted) => given == wanted,
            };
            if !same {
                let (given, wanted) = (self.type_name(part.ty), self.type_name(*wanted));
                let message = format!(
                    "`{}` is kept by {wanted} (`{key}`), but this is {given}",
                    name.text
                );
                let found = Diagnostic::error(Code::KeyMismatch, argument.at.0, message)
                    .label(declared, "declared here")
                    .hint(format!("read it with a value of type {wanted}"));
                self.report(found);
                is_whole = false;
            }
            parts.push(part);
        }
        is_whole.then_some(Expr {
            ty,
            kind: ExprKind::Feature(index, parts),
            span,
        })
    }

    /// `feature` alone: its keys are the fields of the same names.
    pub(super) fn feature_alone(&mut self, name: &str, span: Span, scope: &Scope) -> Option<Expr> {
        let index = self.feature_named(name, span, scope)?;
        let feature = self.program.features.get(index.ix())?;
        let (ty, declared) = (feature.ty, feature.span);
        let keys: Vec<_> = feature
            .key_names
            .iter()
            .cloned()
            .zip(feature.key_types.iter().copied())
            .collect();
        let mut parts = Vec::new();
        for (key, wanted) in keys {
            let field = self
                .field(scope.event, &key)
                .map(|(ix, field)| (ix, field.ty));
            match field {
                Some((field, given)) if given == wanted => parts.push(Expr {
                    ty: given,
                    kind: ExprKind::Field(field),
                    span,
                }),
                _ => {
                    let kind = self.event_name(scope.event);
                    let wanted = self.type_name(wanted);
                    let message = format!(
                        "`{name}` is kept by `{key}`, and the event kind `{kind}` has no field `{key}` of type {wanted}"
                    );
                    let found = Diagnostic::error(Code::KeyMismatch, span, message)
                        .label(declared, "declared here")
                        .hint(format!("say which key is meant: `{name}(event.…)`"));
                    self.report(found);
                    return None;
                }
            }
        }
        Some(Expr {
            ty,
            kind: ExprKind::Feature(index, parts),
            span,
        })
    }

    fn feature_named(&mut self, name: &str, span: Span, scope: &Scope) -> Option<FeatureIx> {
        let declared = self.features.get(name).copied()?;
        if !scope.features {
            let message = "a feature cannot be read inside a feature or a cue";
            let hint = "they see only the fields of their own events; combine features in a rule";
            self.report(Diagnostic::error(Code::UnknownName, span, message).hint(hint));
            return None;
        }
        let index = declared.index?;
        self.used_features.insert(index);
        Some(index)
    }

    fn function_call(
        &mut self,
        index: FunctionIx,
        function: &'static FunctionDef,
        arguments: Vec<Argument>,
        span: Span,
    ) -> Option<Expr> {
        let fitting = [false, true].into_iter().find_map(|widen| {
            let fits = |signature: &&Signature| bind(signature, &arguments, widen).is_some();
            let signature = function.signatures.iter().find(fits)?;
            Some((signature, bind(signature, &arguments, widen)?))
        });
        let Some((signature, bound)) = fitting else {
            self.bad_arguments(function, &arguments, span);
            return None;
        };
        let mut is_whole = true;
        let mut parts = Vec::new();
        for (param, (argument, place)) in signature.params.iter().zip(arguments) {
            let is_double = match param.accepts {
                Accepts::Double => true,
                Accepts::Same => bound == Some(Type::Double),
                _ => false,
            };
            let argument = if is_double && argument.ty == Type::Int {
                widened(argument)
            } else {
                argument
            };
            if param.constant && !matches!(argument.kind, ExprKind::Literal(_)) {
                let message = format!("`{}` of `{}` must be a constant", param.name, function.name);
                let found = Diagnostic::error(Code::BadConstant, place, message);
                self.report(
                    found.hint("write it in place, so that it is checked before the policy runs"),
                );
                is_whole = false;
            }
            parts.push((argument, place));
        }
        is_whole &= self.check_constants(function, &parts);
        if !is_whole {
            return None;
        }
        let ty = returned(signature.returns, bound, &parts);
        Some(Expr {
            ty,
            kind: ExprKind::Call(index, parts.into_iter().map(|(part, _)| part).collect()),
            span,
        })
    }

    fn check_constants(&mut self, function: &FunctionDef, parts: &[Argument]) -> bool {
        let Some(check) = function.check else {
            return true;
        };
        let literals: Vec<Option<&Literal>> = parts
            .iter()
            .map(|(part, _)| match &part.kind {
                ExprKind::Literal(literal) => Some(literal),
                _ => None,
            })
            .collect();
        let Err(bad) = check(&literals) else {
            return true;
        };
        let place = parts
            .get(bad.argument)
            .map_or(Span::default(), |(_, place)| *place);
        let mut found = Diagnostic::error(Code::BadConstant, place, bad.message);
        if !bad.hint.is_empty() {
            found = found.hint(bad.hint);
        }
        self.report(found);
        false
    }

    fn bad_arguments(&mut self, function: &FunctionDef, arguments: &[Argument], span: Span) {
        let forms: Vec<String> = function
            .signatures
            .iter()
            .map(|signature| format!("`{}`", form(function.name, signature)))
            .collect();
        let hint = format!("write {}", forms.join(" or "));
        let counts: Vec<usize> = function.signatures.iter().map(|s| s.params.len()).collect();
        let found = if counts.contains(&arguments.len()) {
            self.bad_argument(function, arguments, span)
        } else {
            let message = format!(
                "`{}` takes {}, but here are {}",
                function.name,
                counted(counts.first().copied().unwrap_or(0), "value"),
                arguments.len()
            );
            Diagnostic::error(Code::BadArguments, span, message)
        };
        self.report(found.hint(hint));
    }

    /// The number of values is right, but not their types.
    fn bad_argument(
        &self,
        function: &FunctionDef,
        arguments: &[Argument],
        span: Span,
    ) -> Diagnostic {
        let same_count = |signature: &&Signature| signature.params.len() == arguments.len();
        let mut forms = function.signatures.iter().filter(same_count);
        if let (Some(only), None) = (forms.next(), forms.next()) {
            let wrong = only
                .params
                .iter()
                .zip(arguments)
                .find(|(param, (argument, _))| !accepts(param.accepts, argument.ty, true));
            if let Some((param, (argument, place))) = wrong {
                let message = format!(
                    "`{}` wants {} for `{}`, but this is {}",
                    function.name,
                    accepts_name(param.accepts),
                    param.name,
                    self.type_name(argument.ty)
                );
                return Diagnostic::error(Code::TypeMismatch, *place, message);
            }
        }
        let types: Vec<String> = arguments
            .iter()
            .map(|(a, _)| self.type_name(a.ty))
            .collect();
        let message = format!("`{}` does not take ({})", function.name, types.join(", "));
        Diagnostic::error(Code::TypeMismatch, span, message)
    }
}

/// What the type variable is bound to when the arguments fit: `Some(None)` when there is no variable.
#[expect(
    clippy::option_option,
    reason = "whether it fits, and then whether a variable was bound"
)]
fn bind(signature: &Signature, arguments: &[Argument], widen: bool) -> Option<Option<Type>> {
    if signature.params.len() != arguments.len() {
        return None;
    }
    let mut bound: Option<Type> = None;
    for (param, (argument, _)) in signature.params.iter().zip(arguments) {
        let ty = argument.ty;
        if !accepts(param.accepts, ty, widen) {
            return None;
        }
        match (param.accepts, ty) {
            (Accepts::AnyList, Type::List(scalar)) | (Accepts::AnyMap, Type::Map(scalar)) => {
                bound = Some(scalar_type(scalar));
            }
            (Accepts::Same, _) => bound = Some(same(bound, ty, widen)?),
            _ => {}
        }
    }
    Some(bound)
}

/// The type that both `bound` and `ty` are.
fn same(bound: Option<Type>, ty: Type, widen: bool) -> Option<Type> {
    Some(match (bound, ty) {
        (None, ty) => ty,
        (Some(Type::Money(a)), Type::Money(b)) if a.is_none() || b.is_none() || a == b => {
            Type::Money(a.or(b))
        }
        (Some(Type::Int | Type::Double), Type::Int | Type::Double)
            if widen && bound != Some(ty) =>
        {
            Type::Double
        }
        (Some(bound), ty) if bound == ty => ty,
        (Some(_), _) => return None,
    })
}

fn accepts(accepts: Accepts, ty: Type, widen: bool) -> bool {
    match accepts {
        Accepts::Bool => ty == Type::Bool,
        Accepts::Int => ty == Type::Int,
        Accepts::Double => ty == Type::Double || (widen && ty == Type::Int),
        Accepts::Money => matches!(ty, Type::Money(_)),
        Accepts::String => ty == Type::String,
        Accepts::Timestamp => ty == Type::Timestamp,
        Accepts::Duration => ty == Type::Duration,
        Accepts::Enum => matches!(ty, Type::Enum(_)),
        Accepts::List(scalar) => ty == Type::List(scalar),
        Accepts::Map(scalar) => ty == Type::Map(scalar),
        Accepts::AnyList => matches!(ty, Type::List(_)),
        Accepts::AnyMap => matches!(ty, Type::Map(_)),
        Accepts::Same | Accepts::Any => true,
    }
}

fn returned(returns: Returns, bound: Option<Type>, parts: &[Argument]) -> Type {
    match returns {
        Returns::Type(ty) => ty,
        Returns::Same => bound.unwrap_or(Type::Bool),
        Returns::ListOfSame => bound.and_then(as_scalar).map_or(Type::Bool, Type::List),
        Returns::MoneyIn(at) => {
            let code = parts.get(at as usize).map(|(part, _)| &part.kind);
            match code {
                Some(ExprKind::Literal(Literal::String(code))) => Type::Money(code.parse().ok()),
                _ => Type::Money(None),
            }
        }
    }
}

/// The type a parameter takes, as the reference writes it.
#[must_use]
pub fn accepts_name(accepts: Accepts) -> String {
    let named = |ty| type_name(&[], ty);
    match accepts {
        Accepts::Bool => named(Type::Bool),
        Accepts::Int => named(Type::Int),
        Accepts::Double => named(Type::Double),
        Accepts::Money => named(Type::Money(None)),
        Accepts::String => named(Type::String),
        Accepts::Timestamp => named(Type::Timestamp),
        Accepts::Duration => named(Type::Duration),
        Accepts::Enum => "enum".to_owned(),
        Accepts::List(scalar) => named(Type::List(scalar)),
        Accepts::Map(scalar) => named(Type::Map(scalar)),
        Accepts::AnyList => "list<T>".to_owned(),
        Accepts::AnyMap => "map<T>".to_owned(),
        Accepts::Same => "T".to_owned(),
        Accepts::Any => "any".to_owned(),
    }
}

/// A form of a function as the reference writes it: `contains(text: string, part: string) -> bool`.
#[must_use]
pub fn form(name: &str, signature: &Signature) -> String {
    let params: Vec<String> = signature
        .params
        .iter()
        .map(|param| {
            let constant = if param.constant { "constant " } else { "" };
            format!("{}: {constant}{}", param.name, accepts_name(param.accepts))
        })
        .collect();
    let returns = match signature.returns {
        Returns::Type(ty) => type_name(&[], ty),
        Returns::Same => "T".to_owned(),
        Returns::ListOfSame => "list<T>".to_owned(),
        Returns::MoneyIn(at) => {
            let currency = signature
                .params
                .get(at as usize)
                .map_or("currency", |param| param.name);
            format!("money({currency})")
        }
    };
    format!("{name}({}) -> {returns}", params.join(", "))
}

fn counted(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}
