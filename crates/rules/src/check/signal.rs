//! `signal.detector.name`: what a detector sees in the event at hand.

use super::Checker;
use super::scope::Scope;
use super::shortened;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, ExprKind, Field, FieldIx, ListKind, Span, Type};
use crate::signal::{DETECTORS, DetectorDef, Searches, SignalDef, full_name};
use crate::syntax::ast::Name;

impl Checker<'_, '_> {
    /// The signal `name` of a detector, read on the kind at hand: from here on it is computed for its events.
    pub(super) fn signal(
        &mut self,
        detector: &Name,
        name: &Name,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let names = || DETECTORS.iter().map(|def| def.name);
        let Some(def) = DETECTORS.iter().find(|def| def.name == detector.text) else {
            let message = format!("there is no detector `{}`", detector.text);
            let found = Diagnostic::error(Code::UnknownName, detector.at.0, message)
                .hint(format!("the detectors are {}", shortened(names())))
                .did_you_mean(&detector.text, names());
            self.report(found);
            return None;
        };
        let names = || def.signals.iter().map(|signal| signal.name);
        let Some(signal) = def.signals.iter().find(|signal| signal.name == name.text) else {
            let message = format!("`signal.{}` has no `{}`", def.name, name.text);
            let found = Diagnostic::error(Code::UnknownName, name.at.0, message)
                .hint(format!("it tells {}", shortened(names())))
                .did_you_mean(&name.text, names());
            self.report(found);
            return None;
        };
        self.lists_of(def, signal, span)?;
        let index = self.signal_field(def, signal, scope)?;
        Some(Expr {
            ty: signal.ty,
            kind: ExprKind::Field(index),
            span,
        })
    }

    /// The lists a signal searches count as read; the one it needs must be there.
    fn lists_of(&mut self, def: &DetectorDef, signal: &SignalDef, span: Span) -> Option<()> {
        let searched = |kind: ListKind| match signal.searches {
            Searches::Nothing => false,
            Searches::Kind(wanted) => kind == wanted,
            Searches::All => true,
        };
        let needed = |name: &str| signal.list.is_some_and(|(wanted, _)| wanted == name);
        let read = self.lists.iter().filter_map(|(name, declared)| {
            let list = self.program.lists.get(declared.index?.ix())?;
            (searched(list.kind) || needed(name)).then_some(declared.index?)
        });
        let read: Vec<_> = read.collect();
        self.used_lists.extend(read);
        let Some((wanted, kind)) = signal.list else {
            return Some(());
        };
        let declared = self.lists.get(wanted).copied();
        let found = declared.and_then(|declared| self.program.lists.get(declared.index?.ix()));
        if found.is_some_and(|list| list.kind == kind) {
            return Some(());
        }
        let name = full_name(def, signal.name);
        let message = format!("`{name}` needs a list `{wanted}` of domains");
        let hint = format!("declare it: `list {wanted} domain {{ \"example.com\" }}`");
        self.report(Diagnostic::error(Code::UnknownName, span, message).hint(hint));
        None
    }

    /// The place of a signal on the kind at hand, given to it when it is read first.
    fn signal_field(
        &mut self,
        def: &DetectorDef,
        signal: &SignalDef,
        scope: &Scope,
    ) -> Option<FieldIx> {
        let kind = self.program.events.get_mut(scope.event.ix())?;
        let name = full_name(def, signal.name);
        let known = kind.signals.iter().position(|field| *field.name == *name);
        let place = known.unwrap_or_else(|| {
            let is_text = |field: &Field| matches!(field.ty, Type::String | Type::List(_));
            let personal = |field: &Field| field.personal && is_text(field);
            kind.signals.push(Field {
                name: name.into(),
                doc: signal.doc.to_owned(),
                ty: signal.ty,
                optional: signal.optional,
                key: false,
                personal: signal.repeats && kind.fields.iter().any(personal),
                regional: false,
                span: Span::default(),
            });
            kind.signals.len() - 1
        });
        u32::try_from(kind.fields.len() + place).ok().map(FieldIx)
    }
}
