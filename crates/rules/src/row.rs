//! The row back end: one event at a time, as fast as it can be decided.
//!
//! Two layers with one meaning. [`closure`] turns any expression into typed closures, which say what an expression
//! means. [`index`] decides all rules of an event kind together: each distinct operand is computed once, one search
//! among its constants gives the comparisons that hold, and a rule fires when none of its conditions is struck out.
//! A property test holds the second to the first.

pub(crate) mod call;
pub(crate) mod closure;
pub(crate) mod index;
pub(crate) mod normal;

use std::borrow::Cow;
use std::sync::Arc;

use stanch_types::Money;

use crate::event::Event;
use crate::ir::{EventIx, Expr, FeatureIx, ListIx, Program};
use crate::list::{Lists, TextIndex};
use crate::script::Seen;
use crate::value::{ListRef, MapRef, Slot, Store, Value, ValueRef};
use crate::window::FeaturePlan;

/// The values of the features that an event's rules read: one for each of `EventPlan::reads`, `None` when missing; and
/// what the scripts that are read have seen, where they have, by lookup.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureValues(pub Vec<Option<Value>>, pub Vec<Seen>);

impl FeatureValues {
    /// The value at a place of the plan's reads.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<ValueRef<'_>> {
        self.0.get(place)?.as_ref().map(Value::as_ref)
    }

    /// Takes over what another part of the same event's features has found.
    pub fn merge(&mut self, more: Self) {
        let slots = self.0.iter_mut().zip(more.0);
        slots.for_each(|(slot, more)| *slot = slot.take().or(more));
        if !more.1.is_empty() {
            self.1.extend(more.1);
            self.1.sort_unstable_by_key(|seen| seen.lookup);
        }
    }
}

/// What closures look at besides the event: fixed when a policy is compiled.
#[derive(Debug)]
pub(crate) struct Env {
    pub(crate) program: Arc<Program>,
    pub(crate) plan: Arc<FeaturePlan>,
    pub(crate) lists: Lists,
    pub(crate) texts: TextIndex,
    /// Constants of texts, lists and maps, so that closures can lend them out.
    pub(crate) constants: Store,
}

/// An event with the values of its features.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) env: &'a Env,
    pub(crate) event: &'a Event,
    pub(crate) features: &'a FeatureValues,
}

impl Row<'_> {
    pub(crate) fn on_list(&self, list: ListIx, value: &str) -> bool {
        let Env { lists, texts, .. } = self.env;
        lists.contains(texts, list, value, self.event.occurred_at_us())
    }
}

/// The classes of values for which closures are made, each with its form at run time.
pub(crate) trait Class: 'static {
    type Out<'a>;

    fn of(value: ValueRef<'_>) -> Option<Self::Out<'_>>;

    /// From what a function answered.
    fn own<'a>(value: Value) -> Option<Self::Out<'a>>;

    /// From a slot, without the way over [`ValueRef`] where that is slower.
    fn read(slot: Slot, store: &Store) -> Option<Self::Out<'_>> {
        Self::of(store.get(slot)?)
    }
}

/// bool.
pub(crate) struct Truth;
/// int, timestamp, duration, and enum by the place of its word.
pub(crate) struct Whole;
/// double.
pub(crate) struct Real;
/// money.
pub(crate) struct Cash;
/// string.
pub(crate) struct Text;
/// list.
pub(crate) struct Many;
/// map.
pub(crate) struct Named;

impl Class for Truth {
    type Out<'a> = bool;

    fn of(value: ValueRef<'_>) -> Option<bool> {
        if let ValueRef::Bool(value) = value {
            Some(value)
        } else {
            None
        }
    }
    fn own<'a>(value: Value) -> Option<Self::Out<'a>> {
        Self::of(value.as_ref())
    }
}
impl Class for Whole {
    type Out<'a> = i64;

    fn of(value: ValueRef<'_>) -> Option<i64> {
        if let ValueRef::Int(value) | ValueRef::Timestamp(value) | ValueRef::Duration(value) = value
        {
            Some(value)
        } else if let ValueRef::Enum(_, word) = value {
            Some(i64::from(word))
        } else {
            None
        }
    }
    fn own<'a>(value: Value) -> Option<Self::Out<'a>> {
        Self::of(value.as_ref())
    }
    fn read(slot: Slot, _: &Store) -> Option<i64> {
        if let Slot::Int(value) | Slot::Timestamp(value) | Slot::Duration(value) = slot {
            Some(value)
        } else if let Slot::Enum(_, word) = slot {
            Some(i64::from(word))
        } else {
            None
        }
    }
}
impl Class for Real {
    type Out<'a> = f64;

    fn of(value: ValueRef<'_>) -> Option<f64> {
        if let ValueRef::Double(value) = value {
            Some(value)
        } else {
            None
        }
    }
    fn own<'a>(value: Value) -> Option<Self::Out<'a>> {
        Self::of(value.as_ref())
    }
    fn read(slot: Slot, _: &Store) -> Option<f64> {
        if let Slot::Double(value) = slot {
            Some(value)
        } else {
            None
        }
    }
}
impl Class for Cash {
    type Out<'a> = Money;

    fn of(value: ValueRef<'_>) -> Option<Money> {
        if let ValueRef::Money(value) = value {
            Some(value)
        } else {
            None
        }
    }
    fn own<'a>(value: Value) -> Option<Self::Out<'a>> {
        Self::of(value.as_ref())
    }
}
impl Class for Text {
    type Out<'a> = Cow<'a, str>;

    fn of(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
        if let ValueRef::String(text) = value {
            Some(Cow::Borrowed(text))
        } else {
            None
        }
    }
    fn own<'a>(value: Value) -> Option<Self::Out<'a>> {
        if let Value::String(text) = value {
            Some(Cow::Owned(text.into()))
        } else {
            None
        }
    }
}
impl Class for Many {
    type Out<'a> = ListRef<'a>;

    fn of(value: ValueRef<'_>) -> Option<ListRef<'_>> {
        if let ValueRef::List(list) = value {
            Some(list)
        } else {
            None
        }
    }
    fn own<'a>(_: Value) -> Option<Self::Out<'a>> {
        None
    }
}
impl Class for Named {
    type Out<'a> = MapRef<'a>;

    fn of(value: ValueRef<'_>) -> Option<MapRef<'_>> {
        if let ValueRef::Map(map) = value {
            Some(map)
        } else {
            None
        }
    }
    fn own<'a>(_: Value) -> Option<Self::Out<'a>> {
        None
    }
}

/// Where the value of a feature for a key lies among an event kind's reads.
pub(crate) fn feature_place(
    env: &Env,
    event: EventIx,
    feature: FeatureIx,
    key: &[Expr],
) -> Option<usize> {
    env.plan.slot(&env.program, event, feature, key)
}
