//! Features by definition: a scan over everything that has arrived.

use std::cmp::Ordering;

use stanch_types::Money;

use crate::drive::all;
use crate::engine::Engine;
use crate::event::Event;
use crate::ir::{self, Aggregate, EventIx, Feature, FeaturePart, FeatureSource, ScriptIx, Type};
use crate::row::closure::{AnyFun, Compiler, Fun};
use crate::row::{Env, FeatureValues, Row, Truth};
use crate::script::{self, Seen, State};
use crate::value::{Store, Value};
use crate::window::Lookup;

/// What features are declared to be, compiled: sources by feature, keys of reads by event kind.
#[derive(Default)]
pub(crate) struct Oracle {
    sources: Vec<Vec<Source>>,
    reads: Vec<Vec<Vec<AnyFun>>>,
    scripts: Vec<Vec<ScriptSource>>,
}

/// How events of a kind enter a script, compiled.
struct ScriptSource {
    event: EventIx,
    key: Vec<AnyFun>,
    cues: Vec<(usize, Fun<Truth>)>,
}

struct Source {
    event: EventIx,
    key: Vec<AnyFun>,
    filter: Option<Fun<Truth>>,
    value: Option<AnyFun>,
}

impl Oracle {
    pub(crate) fn new(env: &Env, constants: &mut Store) -> Self {
        let mut source = |source: &FeatureSource| {
            let mut compiler = Compiler {
                env,
                event: source.event,
                constants,
            };
            Source {
                event: source.event,
                key: all(&mut compiler, &source.key),
                filter: source.filter.as_ref().map(|filter| compiler.truth(filter)),
                value: source.value.as_ref().map(|value| compiler.any(value)),
            }
        };
        let sources = (env.program.features.iter())
            .map(|feature| feature.sources.iter().map(&mut source).collect())
            .collect();
        let mut script_source = |source: &ir::ScriptSource| {
            let mut compiler = Compiler {
                env,
                event: source.event,
                constants,
            };
            let key = all(&mut compiler, &source.key);
            let cues = source.cues.iter();
            ScriptSource {
                event: source.event,
                key,
                cues: cues
                    .map(|(cue, condition)| (*cue, compiler.truth(condition)))
                    .collect(),
            }
        };
        let scripts = (env.program.scripts.iter())
            .map(|script| script.sources.iter().map(&mut script_source).collect())
            .collect();
        let reads = (0..)
            .zip(&env.plan.events)
            .map(|(event, plan)| {
                let mut compiler = Compiler {
                    env,
                    event: EventIx(event),
                    constants,
                };
                plan.reads
                    .iter()
                    .map(|read| all(&mut compiler, &read.key))
                    .collect()
            })
            .collect();
        Self {
            sources,
            reads,
            scripts,
        }
    }
}

/// Everything that has arrived, and the engine that asks about it.
pub struct History<'e> {
    engine: &'e Engine,
    events: Vec<Event>,
}

/// What a feature counts: the time and value of each event in its window, by arrival.
type Inside = Vec<(i64, Option<Value>)>;

impl<'e> History<'e> {
    /// Nothing has arrived.
    #[must_use]
    pub const fn new(engine: &'e Engine) -> Self {
        Self {
            engine,
            events: Vec::new(),
        }
    }

    /// An event arrives: the values of the features its kind reads, by the plan's order. Takes time linear in what
    /// has arrived.
    pub fn arrive(&mut self, event: Event) -> FeatureValues {
        let kind = event.kind();
        let mut values = self.engine.no_features(kind);
        let program = self.engine.program().clone();
        let plan = self.engine.feature_plan().clone();
        let plan = plan.events.get(kind.ix());
        let reads = plan.map_or(&[][..], |plan| &plan.reads);
        let lookups = plan.map_or(&[][..], |plan| &plan.lookups);
        let now = event.occurred_at_us();
        self.events.push(event);
        for (place, read) in reads.iter().enumerate() {
            let Some(feature) = program.features.get(read.feature.ix()) else {
                continue;
            };
            let value = match feature.part {
                FeaturePart::State(script, output) => {
                    let firsts = self.firsts(place, script, &values);
                    let value = firsts.as_ref().and_then(|firsts| {
                        let definition = script::of(&program, script)?;
                        State::of(definition, firsts).value(definition, output, now)
                    });
                    note(lookups, place, script, firsts, &mut values);
                    value
                }
                FeaturePart::Declared | FeaturePart::Window(_) => {
                    self.value(place, read.feature.ix(), feature, &values)
                }
            };
            if let Some(slot) = values.0.get_mut(place) {
                *slot = value;
            }
        }
        values
    }

    fn value(
        &self,
        place: usize,
        index: usize,
        feature: &Feature,
        so_far: &FeatureValues,
    ) -> Option<Value> {
        let (at_hand, before) = self.events.split_last()?;
        let oracle = &self.engine.oracle;
        let key = oracle.reads.get(at_hand.kind().ix())?.get(place)?;
        let key = self.key(key, &self.engine.row(at_hand, so_far))?;
        let none = FeatureValues::default();
        let now = at_hand.occurred_at_us();
        let from = now.saturating_sub(feature.window.as_micros());
        let counted = before.iter().chain(feature.include_self.then_some(at_hand));
        let mut inside = Inside::new();
        for event in counted {
            let at = event.occurred_at_us();
            if at <= from || at > now {
                continue;
            }
            let row = self.engine.row(event, &none);
            for source in oracle.sources.get(index).into_iter().flatten() {
                let is_in = source.event == event.kind()
                    && self.key(&source.key, &row).as_ref() == Some(&key)
                    && source
                        .filter
                        .as_ref()
                        .is_none_or(|filter| filter(&row) == Some(true));
                if is_in {
                    let value = source.value.as_ref();
                    let value = value.and_then(|value| value.with(&row, |value| value.to_owned()));
                    inside.push((at, value.flatten()));
                }
            }
        }
        // Stable: events of one time stay in order of arrival.
        inside.sort_by_key(|(at, _)| *at);
        aggregate(feature, now, &inside)
    }

    /// The cues of a script and their first times, by definition: everything that has arrived for the key, in order of time,
    /// cue by cue.
    fn firsts(
        &self,
        place: usize,
        script: ScriptIx,
        so_far: &FeatureValues,
    ) -> Option<Vec<(usize, i64)>> {
        let at_hand = self.events.last()?;
        let oracle = &self.engine.oracle;
        let key = oracle.reads.get(at_hand.kind().ix())?.get(place)?;
        let key = self.key(key, &self.engine.row(at_hand, so_far))?;
        let definition = script::of(self.engine.program(), script)?;
        let now = at_hand.occurred_at_us();
        let from = now.saturating_sub(definition.memory.as_micros());
        let in_memory = |event: &&Event| (from + 1..=now).contains(&event.occurred_at_us());
        let mut inside: Vec<&Event> = self.events.iter().filter(in_memory).collect();
        inside.sort_by_key(|event| event.occurred_at_us());
        let sources = oracle.scripts.get(script.ix())?;
        let none = FeatureValues::default();
        // Cues that come at the same time count in the order of the policy, whatever the order of arrival.
        let mut seen: Vec<(usize, i64)> = Vec::new();
        for event in inside {
            let row = self.engine.row(event, &none);
            for source in sources.iter().filter(|source| source.event == event.kind()) {
                if self.key(&source.key, &row).as_ref() != Some(&key) {
                    continue;
                }
                for (cue, condition) in &source.cues {
                    let is_new = seen.iter().all(|(known, _)| known != cue);
                    if is_new && condition(&row) == Some(true) {
                        seen.push((*cue, event.occurred_at_us()));
                    }
                }
            }
        }
        seen.sort_by_key(|(cue, at_us)| (*at_us, *cue));
        Some(seen)
    }

    fn key(&self, parts: &[AnyFun], row: &Row<'_>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for part in parts {
            part.with(row, |value| {
                value.write_key(self.engine.program(), &mut bytes)
            })?;
        }
        Some(bytes)
    }
}

/// Notes what a script has seen for the lookup that answers at `place`.
fn note(
    lookups: &[Lookup],
    place: usize,
    script: ScriptIx,
    firsts: Option<Vec<(usize, i64)>>,
    values: &mut FeatureValues,
) {
    let answers = |lookup: &Lookup| {
        let read = lookup.script.as_ref();
        read.is_some_and(|read| read.outputs.iter().any(|(_, slot)| *slot == place))
    };
    let lookup = lookups.iter().position(answers);
    let firsts = firsts.filter(|firsts| !firsts.is_empty());
    let (Some(lookup), Some(firsts)) = (lookup, firsts) else {
        return;
    };
    if values.1.iter().all(|seen| seen.lookup != lookup) {
        values.1.push(Seen {
            script,
            lookup,
            firsts,
        });
        values.1.sort_unstable_by_key(|seen| seen.lookup);
    }
}

fn aggregate(feature: &Feature, now: i64, inside: &Inside) -> Option<Value> {
    let known: Vec<&Value> = inside
        .iter()
        .filter_map(|(_, value)| value.as_ref())
        .collect();
    match feature.aggregate {
        Aggregate::Count => i64::try_from(inside.len()).ok().map(Value::Int),
        Aggregate::SinceLast => inside.last().map(|(at, _)| Value::Duration(now - at)),
        Aggregate::Sum => sum(feature.ty, &known),
        Aggregate::Avg => average(feature.ty, &known),
        Aggregate::Min => extreme(&known, Ordering::Less),
        Aggregate::Max => extreme(&known, Ordering::Greater),
        Aggregate::First => known.first().map(|value| (*value).clone()),
        Aggregate::Last => known.last().map(|value| (*value).clone()),
        Aggregate::Distinct => {
            let mut different: Vec<&Value> = Vec::new();
            for value in known {
                if !different.contains(&value) {
                    different.push(value);
                }
            }
            i64::try_from(different.len()).ok().map(Value::Int)
        }
        Aggregate::Ratio => {
            let holds = known
                .iter()
                .filter(|value| ***value == Value::Bool(true))
                .count();
            (!known.is_empty()).then(|| Value::Double(holds as f64 / known.len() as f64))
        }
    }
}

fn whole_sum(known: &[&Value]) -> i128 {
    known
        .iter()
        .filter_map(|value| whole(value))
        .map(i128::from)
        .sum()
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) | Value::Timestamp(value) | Value::Duration(value) => Some(*value),
        Value::Money(value) => Some(value.minor),
        Value::Bool(_) | Value::Double(_) | Value::String(_) | Value::Enum(..) => None,
    }
}

fn real_sum(known: &[&Value]) -> f64 {
    known.iter().filter_map(|value| real(value)).sum::<f64>() + 0.0
}

fn real(value: &Value) -> Option<f64> {
    if let Value::Double(value) = value {
        Some(*value)
    } else {
        None
    }
}

fn sum(ty: Type, known: &[&Value]) -> Option<Value> {
    if ty == Type::Double {
        let sum = real_sum(known);
        return sum.is_finite().then_some(Value::Double(sum));
    }
    let sum = i64::try_from(whole_sum(known)).ok()?;
    Some(match ty {
        Type::Money(currency) => Value::Money(Money::new(sum, currency?)),
        Type::Duration => Value::Duration(sum),
        Type::Int
        | Type::Bool
        | Type::Double
        | Type::String
        | Type::Timestamp
        | Type::Enum(_)
        | Type::List(_)
        | Type::Map(_) => Value::Int(sum),
    })
}

fn average(ty: Type, known: &[&Value]) -> Option<Value> {
    let count = i128::try_from(known.len())
        .ok()
        .filter(|count| *count > 0)?;
    if let Type::Money(currency) = ty {
        let sum = whole_sum(known);
        let (low, rest) = (sum.div_euclid(count), sum.rem_euclid(count));
        // Half to even.
        let up = rest * 2 > count || (rest * 2 == count && low % 2 != 0);
        let mean = i64::try_from(low + i128::from(up)).ok()?;
        return Some(Value::Money(Money::new(mean, currency?)));
    }
    let is_real = matches!(known.first()?, Value::Double(_));
    let sum = if is_real {
        real_sum(known)
    } else {
        whole_sum(known) as f64
    };
    let mean = sum / count as f64;
    mean.is_finite().then_some(Value::Double(mean))
}

fn extreme(known: &[&Value], wanted: Ordering) -> Option<Value> {
    let order = |a: &Value, b: &Value| match (real(a), real(b)) {
        (Some(a), Some(b)) => a.partial_cmp(&b),
        _ => whole(a).partial_cmp(&whole(b)),
    };
    let mut best = *known.first()?;
    for value in known {
        if order(value, best) == Some(wanted) {
            best = value;
        }
    }
    Some(best.clone())
}
