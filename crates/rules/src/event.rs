//! An event as a typed row, decoded straight from its JSON line by the policy's schema.
//!
//! Decoding is strict: what the schema does not say is refused with the field's name and the reason, and never
//! with the value, which may be personal. Nothing is allocated but the row itself: one block for texts, one for
//! the fields and, if there are any, one for items of lists and maps.

mod decode;
mod json;

use std::fmt;
use std::sync::Arc;

use stanch_types::Timestamp;
use thiserror::Error;

use crate::ir::{EventIx, EventKind, FieldIx, Literal, Program, Type};
use crate::value::{Slot, Store, ValueRef};

pub use decode::EventSchemas;

/// Most bytes of an event's JSON line.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Most characters of an event id.
pub const EVENT_ID_CHARS_MAX: usize = 128;
/// Most bytes of one text field.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Most items of one list field.
pub const LIST_ITEMS_MAX: usize = 256;
/// Most entries of one map field.
pub const MAP_ENTRIES_MAX: usize = 64;
/// Most bytes of a key of a map field.
pub const MAP_KEY_BYTES_MAX: usize = 128;

/// An event of one kind, with the value of each field of that kind's schema.
#[derive(Clone)]
pub struct Event {
    kind: EventIx,
    schema: Arc<EventKind>,
    event_id: Box<str>,
    occurred_at_us: i64,
    label: Option<Label>,
    slots: Box<[Slot]>,
    store: Store,
}

/// What an event turned out to be; only backtests read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// It was fraud.
    Fraud,
    /// It was honest.
    Good,
}

/// Why a line is not an event of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EventError {
    /// The line is not JSON of the wanted shape.
    #[error("not an event: {why}, at byte {at}")]
    Malformed {
        /// Byte of the line, from 0.
        at: usize,
        /// What is wrong; never a value.
        why: &'static str,
    },
    /// The line is too long.
    #[error("an event has at most {LINE_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// A part that every event has is missing.
    #[error("`{0}` is missing")]
    PartMissing(&'static str),
    /// No such event kind is declared.
    #[error("no event kind is named `{name}`{hint}", hint = did_you_mean(.like.as_deref()))]
    UnknownKind {
        /// The name, cut to 64 characters.
        name: String,
        /// The declared name that is nearest, if one is near.
        like: Option<Arc<str>>,
    },
    /// A field that the schema does not have.
    #[error("field `{name}` is not declared{hint}", hint = did_you_mean(.like.as_deref()))]
    UnknownField {
        /// The name, cut to 64 characters.
        name: String,
        /// The declared name that is nearest, if one is near.
        like: Option<Arc<str>>,
    },
    /// A field that the schema demands is missing.
    #[error("field `{0}` is missing")]
    FieldMissing(Arc<str>),
    /// A field is given twice.
    #[error("field `{0}` is given twice")]
    Twice(Arc<str>),
    /// A field's value is not what the schema says.
    #[error("field `{field}`: {why}")]
    BadField {
        /// The field's name.
        field: Arc<str>,
        /// What is wrong with it; never the value itself.
        why: &'static str,
    },
}

fn did_you_mean(like: Option<&str>) -> String {
    like.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

impl Event {
    /// The event kind.
    #[must_use]
    pub const fn kind(&self) -> EventIx {
        self.kind
    }

    /// The name of the event kind.
    #[must_use]
    pub fn kind_name(&self) -> &str {
        &self.schema.name
    }

    /// The sender's id of the event: 1 to 128 visible ASCII characters.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// When it occurred.
    #[must_use]
    pub fn occurred_at(&self) -> Timestamp {
        Timestamp::from_micros(self.occurred_at_us)
    }

    /// When it occurred, microseconds since 1970 UTC.
    #[must_use]
    pub const fn occurred_at_us(&self) -> i64 {
        self.occurred_at_us
    }

    /// What it turned out to be, where that came with it.
    #[must_use]
    pub const fn label(&self) -> Option<Label> {
        self.label
    }

    /// The schema it was decoded by.
    #[must_use]
    pub fn schema(&self) -> &EventKind {
        &self.schema
    }

    /// The value of a field; `None` when missing.
    #[must_use]
    pub fn get(&self, field: FieldIx) -> Option<ValueRef<'_>> {
        self.store.get(self.slot(field))
    }

    /// The value of the field of this name; `None` when missing or not declared.
    #[must_use]
    pub fn get_named(&self, name: &str) -> Option<ValueRef<'_>> {
        let at = self
            .schema
            .fields
            .iter()
            .position(|field| &*field.name == name)?;
        self.store.get(*self.slots.get(at)?)
    }

    /// Every field that is marked `key` and not missing, with its name and value.
    pub fn keys(&self) -> impl Iterator<Item = (&str, ValueRef<'_>)> {
        self.schema
            .fields
            .iter()
            .zip(&self.slots)
            .filter(|(field, _)| field.key)
            .filter_map(|(field, slot)| Some((&*field.name, self.store.get(*slot)?)))
    }

    /// An event made of constants, as in a `test`. Fields not given are missing; the checker has seen that the
    /// values are of the fields' types and that demanded fields are there.
    #[must_use]
    pub fn from_literals(
        program: &Program,
        kind: EventIx,
        event_id: &str,
        occurred_at_us: i64,
        fields: &[(FieldIx, Literal)],
    ) -> Option<Self> {
        let schema = program.events.get(kind.ix())?;
        let mut store = Store::default();
        let mut slots = vec![Slot::Missing; schema.fields.len() + schema.signals.len()];
        for (field, literal) in fields {
            *slots.get_mut(field.ix())? = match (literal, schema.fields.get(field.ix())?.ty) {
                // An int is written for a double where it is exact enough to read.
                (Literal::Int(value), Type::Double) => Slot::Double(*value as f64),
                (literal, _) => store.put_literal(literal),
            };
        }
        Some(Self {
            kind,
            schema: Arc::new(schema.clone()),
            event_id: event_id.into(),
            occurred_at_us,
            label: None,
            slots: slots.into(),
            store,
        })
    }

    /// Bytes of memory that the event takes.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        size_of::<Self>()
            + self.event_id.len()
            + self.slots.len() * size_of::<Slot>()
            + self.store.bytes_used()
    }

    /// The slot of a field; missing for a field of another kind.
    pub(crate) fn slot(&self, field: FieldIx) -> Slot {
        self.slots.get(field.ix()).copied().unwrap_or_default()
    }

    /// Fills the slot at a place with what `make` puts into the store.
    pub(crate) fn put(&mut self, at: usize, make: impl FnOnce(&mut Store) -> Slot) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = make(&mut self.store);
        }
    }

    /// What the slots point into.
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }
}

/// Shows which fields are there; personal ones as stars.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(&self.schema.name);
        shown.field("event_id", &self.event_id);
        shown.field("occurred_at", &self.occurred_at());
        for (field, slot) in self.schema.fields.iter().zip(&self.slots) {
            match self.store.get(*slot) {
                Some(_) if field.personal => shown.field(&field.name, &format_args!("***")),
                Some(value) => shown.field(&field.name, &value),
                None => &mut shown,
            };
        }
        shown.finish()
    }
}

#[cfg(test)]
mod tests;
