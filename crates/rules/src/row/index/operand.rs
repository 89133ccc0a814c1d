//! Operands of groups: how a value becomes a position.

use hashbrown::HashMap;
use stanch_types::Currency;

use super::super::closure::{Fun, whole_value};
use super::super::{Cash, Class, Many, Real, Row, Text, Truth, Whole};
use super::pass::Pass;
use super::points::Points;
use crate::ir::{FieldIx, Type};
use crate::value::{Slot, ValueRef};
use crate::verdict::{has, set};

/// A value of an event: mostly a field, which is read without a call.
pub(super) enum Read<K: Class> {
    Field(FieldIx),
    /// With the place in [`Pass`] where the value is kept, if it is.
    Fun(Fun<K>, Option<usize>),
}

impl<K: Class> Read<K> {
    #[inline]
    fn get<'a>(&self, row: &Row<'a>) -> Option<K::Out<'a>> {
        match self {
            Self::Field(field) => K::read(row.event.slot(*field), row.event.store()),
            Self::Fun(fun, _) => fun(row),
        }
    }

    /// As [`Read::get`]; what was computed is kept.
    #[inline]
    fn keep<'a>(
        &self,
        row: &Row<'a>,
        pass: &mut Pass,
        slot: impl FnOnce(&K::Out<'a>) -> Slot,
    ) -> Option<K::Out<'a>> {
        let value = self.get(row);
        if let Self::Fun(_, Some(place)) = self {
            pass.put_computed(*place, value.as_ref().map_or(Slot::Missing, slot));
        }
        value
    }

    pub(super) const fn is_field(&self) -> bool {
        matches!(self, Self::Field(_))
    }
}

/// An operand and the constants it is compared with. Position 0 is missing.
pub(super) enum Operand {
    /// Points ascending: 1 is below the first, 2 at it, 3 between it and the second …
    Whole(Read<Whole>, Type, Points<i64>),
    Real(Read<Real>, Points<f64>),
    /// Minor units of this currency; any other currency is missing.
    Cash(Read<Cash>, Currency, Points<i64>),
    /// 1 is any other text, then the constants in order.
    Text(Read<Text>, HashMap<Box<str>, usize>),
    /// 1 false, 2 true.
    Truth(Read<Truth>),
    /// A bit of a source: 1 clear, 2 set.
    Bit {
        source: usize,
        bit: usize,
    },
}

/// Something that answers many leaves in one pass, when the first of them asks.
pub(super) struct Source {
    pub(super) kind: SourceKind,
    /// Where its words of bits are in the pass.
    pub(super) from: usize,
    pub(super) words: usize,
    /// Words of all sources of the index.
    pub(super) total: usize,
}

pub(super) enum SourceKind {
    /// The automaton over a text.
    Scan(Read<Text>),
    /// Which of these texts a list has.
    Members(Read<Many>, HashMap<Box<str>, usize>),
}

impl Operand {
    /// Where the operand's value stands.
    #[inline]
    pub(super) fn position(&self, row: &Row<'_>, sources: &[Source], pass: &mut Pass) -> usize {
        match self {
            Self::Whole(read, ty, points) => {
                let value = read.keep(row, pass, |value| whole_slot(*ty, *value));
                value.map_or(0, |value| points.position(value))
            }
            Self::Real(read, points) => {
                let value = read.keep(row, pass, |value| Slot::Double(*value));
                value.map_or(0, |value| points.position(value))
            }
            Self::Cash(read, currency, points) => {
                let value = read.keep(row, pass, |value| Slot::Money(value.minor, value.currency));
                match value {
                    Some(value) if value.currency == *currency => points.position(value.minor),
                    Some(_) | None => 0,
                }
            }
            Self::Text(read, words) => read
                .get(row)
                .map_or(0, |text| words.get(&*text).map_or(1, |word| word + 2)),
            Self::Truth(read) => {
                let value = read.keep(row, pass, |value| Slot::Bool(*value));
                value.map_or(0, |value| 1 + usize::from(value))
            }
            Self::Bit { source, bit } => {
                let Some(of) = sources.get(*source) else {
                    return 0;
                };
                let search = |finds: &mut [u64]| of.search(row, finds);
                let finds = pass.finds(*source, of.from, of.words, of.total, search);
                finds.map_or(0, |finds| 1 + usize::from(has(finds, *bit)))
            }
        }
    }

    /// The greatest position.
    pub(super) fn position_max(&self) -> usize {
        match self {
            Self::Whole(_, _, points) | Self::Cash(_, _, points) => points.position_max(),
            Self::Real(_, points) => points.position_max(),
            Self::Text(_, words) => words.len() + 1,
            Self::Truth(_) | Self::Bit { .. } => 2,
        }
    }

    /// 0 for what is read at once, 1 for what is computed, 2 for what goes through a text or list.
    pub(super) const fn cost(&self) -> u8 {
        let read = match self {
            Self::Whole(read, ..) => read.is_field(),
            Self::Real(read, _) => read.is_field(),
            Self::Cash(read, ..) => read.is_field(),
            Self::Text(read, _) => read.is_field(),
            Self::Truth(read) => read.is_field(),
            Self::Bit { .. } => return 2,
        };
        !read as u8
    }
}

/// A whole number as a slot of its type.
fn whole_slot(ty: Type, value: i64) -> Slot {
    match whole_value(ty, value) {
        ValueRef::Timestamp(value) => Slot::Timestamp(value),
        ValueRef::Duration(value) => Slot::Duration(value),
        ValueRef::Enum(of, word) => Slot::Enum(of, word),
        ValueRef::Bool(_)
        | ValueRef::Int(_)
        | ValueRef::Double(_)
        | ValueRef::Money(_)
        | ValueRef::String(_)
        | ValueRef::List(_)
        | ValueRef::Map(_) => Slot::Int(value),
    }
}

impl Source {
    /// Sets the bits of what there is in the event at hand; `None` when the text or list is missing.
    fn search(&self, row: &Row<'_>, finds: &mut [u64]) -> Option<()> {
        match &self.kind {
            SourceKind::Scan(text) => {
                let text = text.get(row)?;
                row.env
                    .texts
                    .scan_into(&text, row.event.occurred_at_us(), finds);
            }
            SourceKind::Members(list, words) => {
                for item in list.get(row)?.iter() {
                    if let ValueRef::String(text) = item
                        && let Some(bit) = words.get(text)
                    {
                        set(finds, *bit);
                    }
                }
            }
        }
        Some(())
    }
}
