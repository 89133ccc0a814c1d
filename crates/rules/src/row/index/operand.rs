//! Operands of groups: how a value becomes a position.

use hashbrown::HashMap;
use stanch_types::Currency;

use super::super::closure::Fun;
use super::super::{Cash, Class, Many, Real, Row, Text, Truth, Whole};
use super::Found;
use crate::ir::FieldIx;
use crate::list::Hits;

/// A value of an event: mostly a field, which is read without a call.
pub(super) enum Read<K: Class> {
    Field(FieldIx),
    Fun(Fun<K>),
}

impl<K: Class> Read<K> {
    fn get<'a>(&self, row: &Row<'a>) -> Option<K::Out<'a>> {
        match self {
            Self::Field(field) => K::read(row.event.slot(*field), row.event.store()),
            Self::Fun(fun) => fun(row),
        }
    }

    pub(super) const fn is_field(&self) -> bool {
        matches!(self, Self::Field(_))
    }
}

/// An operand and the constants it is compared with. Position 0 is missing.
pub(super) enum Operand {
    /// Points ascending: 1 is below the first, 2 at it, 3 between it and the second …
    Whole(Read<Whole>, Vec<i64>),
    Real(Read<Real>, Vec<f64>),
    /// Minor units of this currency; any other currency is missing.
    Cash(Read<Cash>, Currency, Vec<i64>),
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
pub(super) enum Source {
    /// The automaton over a text.
    Scan(Read<Text>),
    /// Which of these texts a list has.
    Members(Read<Many>, HashMap<Box<str>, usize>),
}

impl Operand {
    /// Where the operand's value stands.
    pub(super) fn position(&self, row: &Row<'_>, sources: &[Source], found: &mut Found) -> usize {
        match self {
            Self::Whole(read, points) => read.get(row).map_or(0, |value| {
                let below = points.partition_point(|point| *point < value);
                stand(below, points.get(below) == Some(&value))
            }),
            Self::Real(read, points) => read.get(row).map_or(0, |value| {
                let below = points.partition_point(|point| *point < value);
                stand(
                    below,
                    points.get(below).is_some_and(|point| *point == value),
                )
            }),
            Self::Cash(read, currency, points) => match read.get(row) {
                Some(value) if value.currency == *currency => {
                    let below = points.partition_point(|point| *point < value.minor);
                    stand(below, points.get(below) == Some(&value.minor))
                }
                Some(_) | None => 0,
            },
            Self::Text(read, words) => read
                .get(row)
                .map_or(0, |text| words.get(&*text).map_or(1, |word| word + 2)),
            Self::Truth(read) => read.get(row).map_or(0, |value| 1 + usize::from(value)),
            Self::Bit { source, bit } => {
                if found.is_empty() {
                    found.resize_with(sources.len(), || None);
                }
                let (Some(source), Some(found)) = (sources.get(*source), found.get_mut(*source))
                else {
                    return 0;
                };
                let hits = found.get_or_insert_with(|| source.find(row));
                hits.as_ref()
                    .map_or(0, |hits| 1 + usize::from(hits.bit(*bit)))
            }
        }
    }

    /// The greatest position.
    pub(super) fn position_max(&self) -> usize {
        match self {
            Self::Whole(_, points) | Self::Cash(_, _, points) => 2 * points.len() + 1,
            Self::Real(_, points) => 2 * points.len() + 1,
            Self::Text(_, words) => words.len() + 1,
            Self::Truth(_) | Self::Bit { .. } => 2,
        }
    }

    /// 0 for what is read at once, 1 for what is computed, 2 for what goes through a text or list.
    pub(super) const fn cost(&self) -> u8 {
        let read = match self {
            Self::Whole(read, _) => read.is_field(),
            Self::Real(read, _) => read.is_field(),
            Self::Cash(read, _, _) => read.is_field(),
            Self::Text(read, _) => read.is_field(),
            Self::Truth(read) => read.is_field(),
            Self::Bit { .. } => return 2,
        };
        !read as u8
    }
}

/// The position of a value with `below` points below it, at a point or not.
const fn stand(below: usize, at_point: bool) -> usize {
    2 * below + 1 + at_point as usize
}

impl Source {
    /// What there is in the event at hand; `None` when the text or list is missing.
    fn find(&self, row: &Row<'_>) -> Option<Hits> {
        match self {
            Self::Scan(text) => {
                let text = text.get(row)?;
                Some(row.env.texts.scan(&text, row.event.occurred_at_us()))
            }
            Self::Members(list, words) => {
                let mut hits = Hits::with_bits(words.len());
                for item in list.get(row)?.iter() {
                    if let crate::value::ValueRef::String(text) = item
                        && let Some(bit) = words.get(text)
                    {
                        hits.set(*bit);
                    }
                }
                Some(hits)
            }
        }
    }
}
