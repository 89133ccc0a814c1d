//! What an expression may see.

use crate::ir::{EventIx, Field, FieldIx};

use super::Checker;

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// The event kind at hand.
    pub event: EventIx,
    /// Whether features may be read (rules and tests, but not features).
    pub features: bool,
}

impl Checker<'_, '_> {
    /// The field of this name of the event kind.
    pub(super) fn field(&self, event: EventIx, name: &str) -> Option<(FieldIx, &Field)> {
        let kind = self.program.events.get(event.ix())?;
        let at = kind.fields.iter().position(|field| &*field.name == name)?;
        let index = FieldIx(u32::try_from(at).ok()?);
        Some((index, kind.fields.get(at)?))
    }

    /// Whether the field exists but its type could not be read.
    pub(super) fn is_broken(&self, event: EventIx, name: &str) -> bool {
        self.broken_fields.contains(&(event, name.to_owned()))
    }

    pub(super) fn event_name(&self, event: EventIx) -> String {
        self.program
            .events
            .get(event.ix())
            .map_or_else(String::new, |kind| kind.name.to_string())
    }

    /// Names of the event kind's fields, and of what else `event.` has.
    pub(super) fn field_names(&self, event: EventIx) -> Vec<String> {
        let kind = self.program.events.get(event.ix());
        kind.into_iter()
            .flat_map(|kind| kind.fields.iter().map(|field| field.name.to_string()))
            .chain(["occurred_at".to_owned()])
            .collect()
    }
}
