//! `script.NAME.WHAT`: what a script says about the exchange that the event at hand belongs to, or about another.

use super::super::{Checker, shortened};
use crate::check::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, ExprKind, ScriptOutput, Span};
use crate::syntax::ast::{self, Name};

impl Checker<'_, '_> {
    /// Reads `script.name.output`, for the key of the kind at hand, or for `key` where that is given.
    pub(in crate::check) fn script_read(
        &mut self,
        (name, output): (&Name, &Name),
        key: Option<&[ast::Expr]>,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        if !scope.features {
            let message = "a script cannot be read inside a feature or a cue";
            let hint = "they see only the fields of their own events; combine them in a rule";
            self.report(Diagnostic::error(Code::UnknownName, span, message).hint(hint));
            return None;
        }
        let index = self.script_named(name)?;
        let wanted = self.output_named(output)?;
        let given = match key {
            Some(key) => Some(
                key.iter()
                    .map(|part| self.expr(part, scope))
                    .collect::<Option<Vec<Expr>>>()?,
            ),
            None => None,
        };
        let script = self.program.scripts.get(index.ix())?;
        let at = ScriptOutput::ALL
            .iter()
            .position(|known| *known == wanted)?;
        let feature = *script.outputs.get(at)?;
        let (declared, types) = (script.span, script.key_types.clone());
        let names = script.key_names.join(", ");
        let source = script
            .sources
            .iter()
            .find(|source| source.event == scope.event);
        let own = source.map(|source| source.key.clone());
        let Some(key) = given.or(own) else {
            let kind = self.event_name(scope.event);
            let message = format!("the script `{}` has no key for `{kind}`", name.text);
            let found = Diagnostic::error(Code::KeyMismatch, span, message)
                .label(declared, "declared here")
                .hint(format!(
                    "add `of {kind} by …` to the script, or say which key is meant: `script.{}.{}({names})`",
                    name.text, output.text
                ));
            self.report(found);
            return None;
        };
        let given: Vec<_> = key.iter().map(|part| part.ty).collect();
        if given != types {
            let shown: Vec<String> = given.iter().map(|ty| self.type_name(*ty)).collect();
            let wanted: Vec<String> = types.iter().map(|ty| self.type_name(*ty)).collect();
            let message = format!(
                "the script `{}` is kept by {names} ({}), but this is ({})",
                name.text,
                wanted.join(", "),
                shown.join(", ")
            );
            let found = Diagnostic::error(Code::KeyMismatch, span, message)
                .label(declared, "declared here")
                .hint("read it with a value for each part of the key");
            self.report(found);
            return None;
        }
        Some(Expr {
            ty: wanted.ty(),
            kind: ExprKind::Feature(feature, key),
            span,
        })
    }

    fn output_named(&mut self, name: &Name) -> Option<ScriptOutput> {
        let known = name.text.parse().ok();
        if known.is_none() {
            let words = || ScriptOutput::ALL.iter().map(|output| output.as_str());
            let message = format!("scripts do not tell `{}`", name.text);
            let found = Diagnostic::error(Code::UnknownScript, name.at.0, message)
                .hint(format!("they tell {}", shortened(words())))
                .did_you_mean(&name.text, words());
            self.report(found);
        }
        known
    }
}
