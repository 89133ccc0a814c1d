//! Between events and windows: which keys an event reads, what it pushes, and how answers become feature values.
//!
//! The driver makes the calls in the order that [`crate::window::FeaturePlan`] says.

use crate::engine::Engine;
use crate::event::Event;
use crate::ir::{EventIx, Expr, Type};
use crate::row::closure::{AnyFun, Compiler, Fun, Held};
use crate::row::{Env, FeatureValues, Row, Truth};
use crate::script::{self, Seen, State};
use crate::value::{Store, Value, ValueRef, enum_word};
use crate::window::{KeyHash, KeyHasher, PushCues, Sample, WindowValue};
use stanch_types::Money;

/// The expressions of one event kind's plan, compiled.
#[derive(Default)]
pub(crate) struct Drive {
    pushes: Vec<PushFun>,
    lookups: Vec<Vec<AnyFun>>,
}

struct PushFun {
    group: usize,
    key: Vec<AnyFun>,
    filter: Option<Fun<Truth>>,
    values: Vec<Option<AnyFun>>,
    cues: Option<PushCues>,
}

impl Drive {
    pub(crate) fn new(env: &Env, event: EventIx, constants: &mut Store) -> Self {
        let Some(plan) = env.plan.events.get(event.ix()) else {
            return Self::default();
        };
        let mut compiler = Compiler {
            env,
            event,
            constants,
        };
        Self {
            pushes: (plan.pushes.iter())
                .map(|push| PushFun {
                    group: push.group,
                    key: all(&mut compiler, &push.key),
                    filter: push.filter.as_ref().map(|filter| compiler.truth(filter)),
                    values: (push.values.iter())
                        .map(|value| value.as_ref().map(|value| compiler.any(value)))
                        .collect(),
                    cues: push.cues.clone(),
                })
                .collect(),
            lookups: (plan.lookups.iter())
                .map(|lookup| all(&mut compiler, &lookup.key))
                .collect(),
        }
    }
}

/// Several expressions, compiled.
pub(crate) fn all(compiler: &mut Compiler<'_>, exprs: &[Expr]) -> Vec<AnyFun> {
    exprs.iter().map(|expr| compiler.any(expr)).collect()
}

impl Engine {
    /// The key of a lookup of the event kind's plan, by its place in `EventPlan::lookups`; `None` when a part is
    /// missing, and then all its features are. `features` has the answers of the lookups before it.
    #[must_use]
    pub fn lookup_key(
        &self,
        event: &Event,
        features: &FeatureValues,
        lookup: usize,
    ) -> Option<KeyHash> {
        let drive = &self.kinds.get(event.kind().ix())?.drive;
        key(drive.lookups.get(lookup)?, &self.row(event, features))
    }

    /// Gives `push` every push of an event to groups that are wanted: group, key, a sample for each column. An event that
    /// a feature's filter leaves out, or whose key has a missing part, is not pushed there.
    ///
    /// # Errors
    /// The first error of `push`; the pushes before it are made.
    pub fn each_push<E>(
        &self,
        event: &Event,
        is_wanted: impl Fn(usize) -> bool,
        mut push: impl FnMut(usize, KeyHash, &[Sample<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let none = FeatureValues::default();
        let row = self.row(event, &none);
        let kind = self.kinds.get(event.kind().ix());
        let pushes = kind.map_or(&[][..], |kind| &kind.drive.pushes);
        for fun in pushes.iter().filter(|fun| is_wanted(fun.group)) {
            if let Some(cues) = &fun.cues {
                let mask = script::mask(event, cues.mask);
                let key = (mask != 0).then(|| key(&fun.key, &row)).flatten();
                if let Some(key) = key {
                    let sample = |cue: &usize| match mask >> cue & 1 {
                        0 => Sample::Missing,
                        _ => Sample::Int(event.occurred_at_us()),
                    };
                    let samples: Vec<Sample<'_>> = cues.columns.iter().map(sample).collect();
                    push(fun.group, key, &samples)?;
                }
                continue;
            }
            let is_in = fun
                .filter
                .as_ref()
                .is_none_or(|filter| filter(&row) == Some(true));
            let Some(key) = is_in.then(|| key(&fun.key, &row)).flatten() else {
                continue;
            };
            // Texts may have been made for this event: they are held until the push is over.
            let held: Vec<_> = (fun.values.iter())
                .map(|value| value.as_ref().and_then(|value| value.hold(&row)))
                .collect();
            let samples: Vec<Sample<'_>> = held.iter().map(held_sample).collect();
            push(fun.group, key, &samples)?;
        }
        Ok(())
    }

    /// Room for the feature values of an event of this kind, all missing.
    #[must_use]
    pub fn no_features(&self, kind: EventIx) -> FeatureValues {
        let reads = self.env.plan.events.get(kind.ix());
        let count = reads.map_or(0, |plan| plan.reads.len());
        FeatureValues(vec![None; count], Vec::new())
    }

    /// Puts what the windows of a lookup answer where the plan says, by its place in `EventPlan::lookups`.
    pub fn put_answers(
        &self,
        event: &Event,
        features: &mut FeatureValues,
        lookup: usize,
        answers: &[WindowValue],
    ) {
        let plan = self.env.plan.events.get(event.kind().ix());
        let Some(plan) = plan.and_then(|plan| plan.lookups.get(lookup)) else {
            return;
        };
        let Some(read) = &plan.script else {
            for (slot, answer) in plan.slots.iter().zip(answers) {
                self.put_answer(event.kind(), features, *slot, answer);
            }
            return;
        };
        let (Some(script), Some(firsts)) = (
            script::of(&self.env.program, read.script),
            script::firsts(answers),
        ) else {
            return;
        };
        let state = State::of(script, &firsts);
        for (output, slot) in &read.outputs {
            if let Some(slot) = features.0.get_mut(*slot) {
                *slot = state.value(script, *output, event.occurred_at_us());
            }
        }
        if !firsts.is_empty() {
            features.1.push(Seen {
                script: read.script,
                lookup,
                firsts,
            });
            features.1.sort_unstable_by_key(|seen| seen.lookup);
        }
    }

    /// Puts a window's answer at a place of `EventPlan::reads`, as the feature's type says.
    fn put_answer(
        &self,
        kind: EventIx,
        features: &mut FeatureValues,
        place: usize,
        answer: &WindowValue,
    ) {
        let plan = self.env.plan.events.get(kind.ix());
        let read = plan.and_then(|plan| plan.reads.get(place));
        let feature = read.and_then(|read| self.env.program.features.get(read.feature.ix()));
        if let (Some(feature), Some(slot)) = (feature, features.0.get_mut(place)) {
            *slot = answer_value(feature.ty, answer);
        }
    }
}

/// A window's answer as a value of a feature's type.
fn answer_value(ty: Type, answer: &WindowValue) -> Option<Value> {
    match answer {
        WindowValue::Missing => None,
        WindowValue::Double(value) => Some(Value::Double(*value)),
        WindowValue::Text(text) => Some(Value::String((&**text).into())),
        WindowValue::Int(value) => match ty {
            Type::Money(Some(currency)) => Some(Value::Money(Money::new(*value, currency))),
            Type::Timestamp => Some(Value::Timestamp(*value)),
            Type::Duration => Some(Value::Duration(*value)),
            Type::Enum(of) => Some(Value::Enum(of, u32::try_from(*value).ok()?)),
            Type::Double => Some(Value::Double(*value as f64)),
            Type::Bool => Some(Value::Bool(*value != 0)),
            // Money without a currency that is known cannot be aggregated: the checker refuses it.
            Type::Money(None) => None,
            Type::Int | Type::String | Type::List(_) | Type::Map(_) => Some(Value::Int(*value)),
        },
    }
}

fn key(parts: &[AnyFun], row: &Row<'_>) -> Option<KeyHash> {
    let mut hasher = KeyHasher::new();
    for part in parts {
        part.with(row, |value| add_part(&mut hasher, value, row))?;
    }
    Some(hasher.finish())
}

fn add_part(hasher: &mut KeyHasher, value: ValueRef<'_>, row: &Row<'_>) {
    match value {
        ValueRef::Bool(value) => hasher.bool(value),
        ValueRef::Int(value) | ValueRef::Timestamp(value) | ValueRef::Duration(value) => {
            hasher.int(value)
        }
        ValueRef::Double(value) => hasher.double(value),
        ValueRef::Money(value) => hasher.money(value.minor, value.currency.code()),
        ValueRef::String(text) => hasher.text(text),
        // By its word, which stays when enumerations are renumbered.
        ValueRef::Enum(of, word) => hasher.text(enum_word(&row.env.program, of, word)),
        // No key has these types.
        ValueRef::List(_) | ValueRef::Map(_) => hasher,
    };
}

fn held_sample<'h>(held: &'h Option<Held<'_>>) -> Sample<'h> {
    held.as_ref()
        .map_or(Sample::Missing, |held| sample_of(held.as_ref()))
}

fn sample_of(value: ValueRef<'_>) -> Sample<'_> {
    match value {
        ValueRef::Bool(value) => Sample::Bool(value),
        ValueRef::Int(value) | ValueRef::Timestamp(value) | ValueRef::Duration(value) => {
            Sample::Int(value)
        }
        ValueRef::Double(value) => Sample::Double(value),
        ValueRef::Money(value) => Sample::Int(value.minor),
        ValueRef::String(text) => Sample::Text(text),
        ValueRef::Enum(_, word) => Sample::Int(i64::from(word)),
        ValueRef::List(_) | ValueRef::Map(_) => Sample::Missing,
    }
}
