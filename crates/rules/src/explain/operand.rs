//! The operands of rules: what they are called, how their values are got, and how people see them.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use serde_json::Value as Json;

use super::{Operand, describe};
use crate::ir::{EventIx, Expr, ExprKind, FeaturePart, FieldIx, Program, Type};
use crate::row::Row;
use crate::row::closure::{AnyFun, Compiler, Held};
use crate::row::index::{Index, Pass};
use crate::value::{Slot, Store, ValueRef};
use crate::window::{DefinitionHash, meaning};

/// The operands of an event kind's rules, each once; an operand's number is its place.
pub(super) type Operands = [OperandPlan];

/// An operand that is no constant.
pub(super) struct OperandPlan {
    pub(super) text: Arc<str>,
    pub(super) is_personal: bool,
    source: Source,
    fun: AnyFun,
}

/// Where an event's pass through the index has left the value.
enum Source {
    Field(FieldIx),
    /// In [`Pass`], when the index asked for it.
    Computed(usize),
    Nowhere,
}

/// Gives out the numbers of operands while rules are compiled.
pub(super) struct Numbering<'i> {
    index: &'i Index,
    pub(super) operands: Vec<OperandPlan>,
    /// Two features may have one meaning and differ in name.
    known: HashMap<(DefinitionHash, Arc<str>), usize>,
}

impl<'i> Numbering<'i> {
    pub(super) fn new(index: &'i Index) -> Self {
        Self {
            index,
            operands: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// The number of an operand.
    pub(super) fn number(&mut self, compiler: &mut Compiler<'_>, expr: &Expr) -> usize {
        let program = compiler.env.program.clone();
        let hash = meaning(&program, compiler.event, std::slice::from_ref(expr));
        let text: Arc<str> = describe::expression(&program, compiler.event, expr).into();
        let next = self.operands.len();
        let number = *self.known.entry((hash, text.clone())).or_insert(next);
        if number == next {
            self.operands.push(OperandPlan {
                text,
                is_personal: is_personal(&program, compiler.event, expr),
                source: match (&expr.kind, self.index.computed_place(hash)) {
                    (ExprKind::Field(field), _) => Source::Field(*field),
                    (_, Some(place)) => Source::Computed(place),
                    (_, None) => Source::Nowhere,
                },
                fun: compiler.any(expr),
            });
        }
        number
    }
}

impl OperandPlan {
    /// The value as the index read it, its texts and items copied to `store`; missing where it is missing.
    pub(super) fn capture(&self, row: &Row<'_>, pass: &Pass, store: &mut Store) -> Slot {
        match self.source {
            Source::Field(field) => store.put_slot(row.event.slot(field), row.event.store()),
            Source::Computed(place) => match pass.computed(place) {
                Some(slot) => slot,
                None => self.compute(row, store),
            },
            Source::Nowhere => self.compute(row, store),
        }
    }

    fn compute(&self, row: &Row<'_>, store: &mut Store) -> Slot {
        let slot = self.fun.with(row, |value| store.put_value(value));
        slot.unwrap_or(Slot::Missing)
    }

    /// The value for the event at hand; `None` when missing.
    pub(super) fn hold<'r>(&self, row: &Row<'r>) -> Option<Held<'r>> {
        self.fun.hold(row)
    }

    /// What it is for the event at hand.
    pub(super) fn look(&self, program: &Program, row: &Row<'_>) -> Operand {
        let value = self
            .hold(row)
            .map(|value| self.json(program, value.as_ref()));
        Operand {
            operand: self.text.clone(),
            value: value.unwrap_or(Json::Null),
        }
    }

    /// The value as JSON, masked when personal.
    pub(super) fn json(&self, program: &Program, value: ValueRef<'_>) -> Json {
        if self.is_personal {
            masked(&value.show(program)).into()
        } else {
            value.to_json(program)
        }
    }

    /// The value in words, masked when personal.
    pub(super) fn show<'v>(&self, program: &Program, value: ValueRef<'v>) -> Cow<'v, str> {
        let text = value.show(program);
        if self.is_personal {
            masked(&text).into()
        } else {
            text
        }
    }
}

/// Whether a value shows personal data: text, lists and maps made from personal fields do; numbers and dates do not
/// tell who it is.
fn is_personal(program: &Program, event: EventIx, expr: &Expr) -> bool {
    let shows = matches!(expr.ty, Type::String | Type::List(_) | Type::Map(_));
    shows && mentions_personal(program, event, expr)
}

fn mentions_personal(program: &Program, event: EventIx, expr: &Expr) -> bool {
    let sub = |part: &Expr| mentions_personal(program, event, part);
    match &expr.kind {
        ExprKind::Field(field) => (program.events.get(event.ix()))
            .and_then(|kind| kind.field(*field))
            .is_none_or(|field| field.personal),
        ExprKind::Feature(of, key) => {
            // A first or last value may be personal where its key or value is; the words of scripts stand in the policy.
            let feature = program.features.get(of.ix());
            if feature.is_some_and(|feature| feature.part != FeaturePart::Declared) {
                return false;
            }
            let sources = feature.map(|feature| &feature.sources);
            key.iter().any(sub)
                || sources.into_iter().flatten().any(|source| {
                    let value = source.value.as_ref();
                    value.is_some_and(|value| mentions_personal(program, source.event, value))
                })
        }
        ExprKind::Literal(_) | ExprKind::OccurredAt => false,
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Call(_, parts) => {
            parts.iter().any(sub)
        }
        ExprKind::Not(x)
        | ExprKind::InList(_, x)
        | ExprKind::InConstants(x, _)
        | ExprKind::Negate(x)
        | ExprKind::IntToDouble(x)
        | ExprKind::Has(x) => sub(x),
        ExprKind::Compare(_, a, b)
        | ExprKind::InCollection(a, b)
        | ExprKind::Arithmetic(_, a, b)
        | ExprKind::Default(a, b)
        | ExprKind::Index(a, b) => sub(a) || sub(b),
        ExprKind::Conditional(a, b, c) => sub(a) || sub(b) || sub(c),
    }
}

/// The first character and three stars, so that a text's length is not told either.
fn masked(text: &str) -> String {
    let mut shown: String = text.chars().take(1).collect();
    shown.push_str("***");
    shown
}
