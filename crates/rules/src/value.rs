//! Values at run time: [`Value`] owns one scalar, [`ValueRef`] borrows any value of an event, a constant or a
//! feature. What is missing is `None` and has no variant of its own.

use std::borrow::Cow;
use std::fmt;

use stanch_types::{Currency, Money, Timestamp};

use crate::ir::{EnumIx, Literal, Program};

/// A scalar that is not missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// 64-bit integer.
    Int(i64),
    /// Finite number.
    Double(f64),
    /// Minor units and their currency.
    Money(Money),
    /// Unicode text.
    String(Box<str>),
    /// Microseconds since 1970-01-01 UTC.
    Timestamp(i64),
    /// Microseconds.
    Duration(i64),
    /// A word of an enumeration.
    Enum(EnumIx, u32),
}

/// A value of any type that is not missing, borrowed from where it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// True or false.
    Bool(bool),
    /// 64-bit integer.
    Int(i64),
    /// Finite number.
    Double(f64),
    /// Minor units and their currency.
    Money(Money),
    /// Unicode text.
    String(&'a str),
    /// Microseconds since 1970-01-01 UTC.
    Timestamp(i64),
    /// Microseconds.
    Duration(i64),
    /// A word of an enumeration.
    Enum(EnumIx, u32),
    /// A list of scalars.
    List(ListRef<'a>),
    /// A map from text to scalars.
    Map(MapRef<'a>),
}

/// A list of scalars in a [`Store`].
#[derive(Clone, Copy)]
pub struct ListRef<'a> {
    items: &'a [Slot],
    text: &'a str,
}

/// A map from text to scalars in a [`Store`].
#[derive(Clone, Copy)]
pub struct MapRef<'a> {
    /// Key, value, key, value …; no key twice.
    pairs: &'a [Slot],
    text: &'a str,
}

/// Sixteen bytes that stand for a value; text, lists and maps are places in the [`Store`] beside it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Slot {
    #[default]
    Missing,
    Bool(bool),
    Int(i64),
    Double(f64),
    Money(i64, Currency),
    Timestamp(i64),
    Duration(i64),
    Enum(EnumIx, u32),
    /// `start`, `length` in bytes of the store's text.
    Text(u32, u32),
    /// `start`, `length` in slots of the store's items.
    List(u32, u32),
    /// `start`, `length` in slots of the store's items, two for each entry.
    Map(u32, u32),
}

/// What slots point into.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Store {
    text: String,
    items: Vec<Slot>,
}

impl Store {
    /// An empty store with room for `text` bytes.
    pub(crate) fn with_capacity(text: usize) -> Self {
        Self {
            text: String::with_capacity(text),
            items: Vec::new(),
        }
    }

    /// Keeps `text`. Past 4 GiB (which the limits of events and policies never reach) it is missing.
    pub(crate) fn put_text(&mut self, text: &str) -> Slot {
        let (Ok(start), Ok(length)) = (u32::try_from(self.text.len()), u32::try_from(text.len()))
        else {
            return Slot::Missing;
        };
        self.text.push_str(text);
        Slot::Text(start, length)
    }

    fn put_items(&mut self, items: &[Slot]) -> Option<(u32, u32)> {
        let start = u32::try_from(self.items.len()).ok()?;
        let length = u32::try_from(items.len()).ok()?;
        self.items.extend_from_slice(items);
        Some((start, length))
    }

    /// Keeps a list whose texts are in this store already.
    pub(crate) fn put_list(&mut self, items: &[Slot]) -> Slot {
        self.put_items(items)
            .map_or(Slot::Missing, |(start, length)| Slot::List(start, length))
    }

    /// Keeps a map given as key, value, key, value …, whose texts are in this store already.
    pub(crate) fn put_map(&mut self, pairs: &[Slot]) -> Slot {
        self.put_items(pairs)
            .map_or(Slot::Missing, |(start, length)| Slot::Map(start, length))
    }

    /// Keeps a constant.
    pub(crate) fn put_literal(&mut self, literal: &Literal) -> Slot {
        match literal {
            Literal::Bool(value) => Slot::Bool(*value),
            Literal::Int(value) => Slot::Int(*value),
            Literal::Double(value) => Slot::Double(*value),
            Literal::Money(minor, currency) => Slot::Money(*minor, *currency),
            Literal::String(text) => self.put_text(text),
            Literal::Timestamp(micros) => Slot::Timestamp(*micros),
            Literal::Duration(micros) => Slot::Duration(*micros),
            Literal::Enum(of, word) => Slot::Enum(*of, *word),
            Literal::List(_, items) => {
                let slots: Vec<Slot> = items.iter().map(|item| self.put_literal(item)).collect();
                self.put_list(&slots)
            }
            Literal::Map(_, entries) => {
                let mut slots = Vec::with_capacity(entries.len() * 2);
                for (key, value) in entries {
                    slots.push(self.put_text(key));
                    slots.push(self.put_literal(value));
                }
                self.put_map(&slots)
            }
        }
    }

    /// Keeps a value of another store.
    pub(crate) fn put_value(&mut self, value: ValueRef<'_>) -> Slot {
        match value {
            ValueRef::Bool(value) => Slot::Bool(value),
            ValueRef::Int(value) => Slot::Int(value),
            ValueRef::Double(value) => Slot::Double(value),
            ValueRef::Money(Money { minor, currency }) => Slot::Money(minor, currency),
            ValueRef::String(text) => self.put_text(text),
            ValueRef::Timestamp(micros) => Slot::Timestamp(micros),
            ValueRef::Duration(micros) => Slot::Duration(micros),
            ValueRef::Enum(of, word) => Slot::Enum(of, word),
            // Items are scalars: keeping one touches no other item.
            ValueRef::List(list) => {
                let start = self.items.len();
                for item in list.iter() {
                    let slot = self.put_value(item);
                    self.items.push(slot);
                }
                self.items_from(start)
                    .map_or(Slot::Missing, |(start, length)| Slot::List(start, length))
            }
            ValueRef::Map(map) => {
                let start = self.items.len();
                for (key, value) in map.iter() {
                    let pair = [self.put_text(key), self.put_value(value)];
                    self.items.extend(pair);
                }
                self.items_from(start)
                    .map_or(Slot::Missing, |(start, length)| Slot::Map(start, length))
            }
        }
    }

    fn items_from(&self, start: usize) -> Option<(u32, u32)> {
        let length = self.items.len() - start;
        Some((u32::try_from(start).ok()?, u32::try_from(length).ok()?))
    }

    /// Keeps what a slot of another store stands for.
    #[inline]
    pub(crate) fn put_slot(&mut self, slot: Slot, of: &Self) -> Slot {
        if let Slot::Text(start, length) = slot {
            self.put_text(text_at(&of.text, start, length))
        } else if matches!(slot, Slot::List(..) | Slot::Map(..)) {
            of.get(slot)
                .map_or(Slot::Missing, |value| self.put_value(value))
        } else {
            slot
        }
    }

    /// Forgets everything but its room.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.items.clear();
    }

    /// The list at a [`Slot::List`]; empty for a place outside.
    pub(crate) fn list(&self, start: u32, length: u32) -> ListRef<'_> {
        ListRef {
            items: slots_at(&self.items, start, length),
            text: &self.text,
        }
    }

    /// The map at a [`Slot::Map`]; empty for a place outside.
    pub(crate) fn map(&self, start: u32, length: u32) -> MapRef<'_> {
        MapRef {
            pairs: slots_at(&self.items, start, length),
            text: &self.text,
        }
    }

    /// What `slot` stands for; `None` when missing.
    pub(crate) fn get(&self, slot: Slot) -> Option<ValueRef<'_>> {
        if let Slot::List(start, length) = slot {
            Some(ValueRef::List(self.list(start, length)))
        } else if let Slot::Map(start, length) = slot {
            Some(ValueRef::Map(self.map(start, length)))
        } else {
            scalar_at(slot, &self.text)
        }
    }

    /// Bytes held.
    pub(crate) fn bytes_used(&self) -> usize {
        self.text.capacity() + self.items.capacity() * size_of::<Slot>()
    }
}

fn text_at(text: &str, start: u32, length: u32) -> &str {
    let start = start as usize;
    text.get(start..start + length as usize).unwrap_or("")
}

fn slots_at(slots: &[Slot], start: u32, length: u32) -> &[Slot] {
    let start = start as usize;
    slots.get(start..start + length as usize).unwrap_or(&[])
}

fn scalar_at(slot: Slot, text: &str) -> Option<ValueRef<'_>> {
    Some(match slot {
        Slot::Bool(value) => ValueRef::Bool(value),
        Slot::Int(value) => ValueRef::Int(value),
        Slot::Double(value) => ValueRef::Double(value),
        Slot::Money(minor, currency) => ValueRef::Money(Money::new(minor, currency)),
        Slot::Timestamp(micros) => ValueRef::Timestamp(micros),
        Slot::Duration(micros) => ValueRef::Duration(micros),
        Slot::Enum(of, word) => ValueRef::Enum(of, word),
        Slot::Text(start, length) => ValueRef::String(text_at(text, start, length)),
        // Lists and maps hold scalars only.
        Slot::Missing | Slot::List(..) | Slot::Map(..) => return None,
    })
}

impl<'a> ListRef<'a> {
    /// Number of items.
    #[must_use]
    pub const fn len(self) -> usize {
        self.items.len()
    }

    /// Whether it has no items.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.items.is_empty()
    }

    /// The items in order.
    pub fn iter(self) -> impl Iterator<Item = ValueRef<'a>> {
        let text = self.text;
        self.items
            .iter()
            .filter_map(move |slot| scalar_at(*slot, text))
    }

    /// The item at `index` from 0; `None` outside.
    #[must_use]
    pub fn get(self, index: i64) -> Option<ValueRef<'a>> {
        let index = usize::try_from(index).ok()?;
        scalar_at(*self.items.get(index)?, self.text)
    }
}

impl<'a> MapRef<'a> {
    /// Number of entries.
    #[must_use]
    pub const fn len(self) -> usize {
        self.pairs.len() / 2
    }

    /// Whether it has no entries.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.pairs.is_empty()
    }

    /// The entries as they came.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, ValueRef<'a>)> {
        let text = self.text;
        self.pairs.chunks_exact(2).filter_map(move |pair| {
            let &[Slot::Text(start, length), value] = pair else {
                return None;
            };
            Some((text_at(text, start, length), scalar_at(value, text)?))
        })
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(self, key: &str) -> Option<ValueRef<'a>> {
        self.iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }
}

impl PartialEq for ListRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}
impl PartialEq for MapRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key) == Some(value))
    }
}
impl fmt::Debug for ListRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
impl fmt::Debug for MapRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'a> ValueRef<'a> {
    /// The scalar, owned; `None` for lists and maps.
    #[must_use]
    pub fn to_owned(self) -> Option<Value> {
        Some(match self {
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Double(value) => Value::Double(value),
            Self::Money(value) => Value::Money(value),
            Self::String(text) => Value::String(text.into()),
            Self::Timestamp(micros) => Value::Timestamp(micros),
            Self::Duration(micros) => Value::Duration(micros),
            Self::Enum(of, word) => Value::Enum(of, word),
            Self::List(_) | Self::Map(_) => return None,
        })
    }

    /// As people read it: money `CNY 5000.00`, time RFC 3339, durations `1h30m`, enumerations by their word.
    #[must_use]
    pub fn show(self, program: &Program) -> Cow<'a, str> {
        match self {
            Self::Bool(value) => value.to_string().into(),
            Self::Int(value) => value.to_string().into(),
            Self::Double(value) => show_double(value).into(),
            Self::Money(value) => value.to_string().into(),
            Self::String(text) => text.into(),
            Self::Timestamp(micros) => Timestamp::from_micros(micros).to_string().into(),
            Self::Duration(micros) => show_duration(micros).into(),
            Self::Enum(of, word) => enum_word(program, of, word).to_owned().into(),
            Self::List(list) => {
                let items: Vec<_> = list.iter().map(|item| item.show(program)).collect();
                format!("[{}]", items.join(", ")).into()
            }
            Self::Map(map) => {
                let entries: Vec<_> = map
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", value.show(program)))
                    .collect();
                format!("{{{}}}", entries.join(", ")).into()
            }
        }
    }

    /// As JSON of the API: money as currency and minor units, time as RFC 3339, durations as text (`1h30m`),
    /// enumerations by their word.
    #[must_use]
    pub fn to_json(self, program: &Program) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Bool(value) => Json::Bool(value),
            Self::Int(value) => value.into(),
            Self::Double(value) => value.into(),
            Self::Money(value) => serde_json::json!({
                "currency": value.currency.code(), "minor": value.minor,
            }),
            Self::String(_) | Self::Timestamp(_) | Self::Duration(_) | Self::Enum(..) => {
                Json::String(self.show(program).into_owned())
            }
            Self::List(list) => list.iter().map(|item| item.to_json(program)).collect(),
            Self::Map(map) => Json::Object(
                map.iter()
                    .map(|(key, value)| (key.to_owned(), value.to_json(program)))
                    .collect(),
            ),
        }
    }

    /// Appends bytes that are equal for equal values and differ for others: what keys of features and of the
    /// index are made of. `-0.0` counts as `0.0`; an enumeration counts by its word.
    pub fn write_key(self, program: &Program, out: &mut Vec<u8>) {
        let mut put = |tag: u8, bytes: &[u8]| {
            out.push(tag);
            out.extend_from_slice(bytes);
        };
        match self {
            Self::Bool(value) => put(1, &[u8::from(value)]),
            Self::Int(value) => put(2, &value.to_le_bytes()),
            Self::Double(value) => put(3, &(value + 0.0).to_bits().to_le_bytes()),
            Self::Money(value) => {
                put(4, &value.minor.to_le_bytes());
                out.extend_from_slice(&value.currency.to_bytes());
            }
            Self::String(text) => {
                put(5, &(text.len() as u64).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Self::Timestamp(micros) => put(6, &micros.to_le_bytes()),
            Self::Duration(micros) => put(7, &micros.to_le_bytes()),
            // As text: the words stay when a policy's enumerations are renumbered.
            Self::Enum(of, word) => {
                ValueRef::String(enum_word(program, of, word)).write_key(program, out);
            }
            Self::List(list) => {
                put(8, &(list.len() as u64).to_le_bytes());
                list.iter().for_each(|item| item.write_key(program, out));
            }
            Self::Map(map) => {
                put(9, &(map.len() as u64).to_le_bytes());
                for (key, value) in map.iter() {
                    ValueRef::String(key).write_key(program, out);
                    value.write_key(program, out);
                }
            }
        }
    }
}

impl Value {
    /// Borrowed.
    #[must_use]
    pub const fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Bool(value) => ValueRef::Bool(*value),
            Self::Int(value) => ValueRef::Int(*value),
            Self::Double(value) => ValueRef::Double(*value),
            Self::Money(value) => ValueRef::Money(*value),
            Self::String(text) => ValueRef::String(text),
            Self::Timestamp(micros) => ValueRef::Timestamp(*micros),
            Self::Duration(micros) => ValueRef::Duration(*micros),
            Self::Enum(of, word) => ValueRef::Enum(*of, *word),
        }
    }
}

/// The word of an enumeration's value; empty when the program has no such word.
pub(crate) fn enum_word(program: &Program, of: EnumIx, word: u32) -> &str {
    program
        .enums
        .get(of.ix())
        .and_then(|words| words.words.get(word as usize))
        .map_or("", |word| word)
}

fn show_double(value: f64) -> String {
    if value == 0.0 && value.is_sign_negative() {
        "-0.0".to_owned()
    } else if value.fract() == 0.0 && value.abs() < 1e15 {
        // As `{value:.1}`, several times as fast.
        format!("{}.0", value as i64)
    } else {
        value.to_string()
    }
}

/// A duration as the language writes it: `1d2h`, `90s` as `1m30s`, `0s`, fractions of a second as `1.5s`.
#[must_use]
pub fn show_duration(micros: i64) -> String {
    const UNITS: [(u64, &str); 3] = [
        (86_400_000_000, "d"),
        (3_600_000_000, "h"),
        (60_000_000, "m"),
    ];
    let mut out = String::new();
    if micros < 0 {
        out.push('-');
    }
    let mut left = micros.unsigned_abs();
    let mut units = 0;
    for (size, name) in UNITS {
        if left >= size {
            out.push_str(&format!("{}{name}", left / size));
            left %= size;
            units += 1;
        }
    }
    if left > 0 || units == 0 {
        let (whole, fraction) = (left / 1_000_000, left % 1_000_000);
        out.push_str(&whole.to_string());
        if fraction > 0 {
            out.push('.');
            out.push_str(format!("{fraction:06}").trim_end_matches('0'));
        }
        out.push('s');
    }
    out
}

/// Reads what [`show_duration`] writes: whole days, hours and minutes, then seconds with up to six decimals;
/// `None` for anything else or beyond 64 bits of microseconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    if rest.is_empty() {
        return None;
    }
    let mut micros = 0_i64;
    let mut units = [
        ('d', 86_400_000_000),
        ('h', 3_600_000_000),
        ('m', 60_000_000),
        ('s', 1_000_000_i64),
    ]
    .into_iter();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, after) = rest.split_at(end);
        let name = after.chars().next()?;
        // Units come once each, largest first.
        let (_, size) = units.find(|(unit, _)| *unit == name)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let fraction_fits = fraction.len() <= 6 && (name == 's' || !number.contains('.'));
        let digits_only = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !fraction_fits || !digits_only(whole) || !digits_only(fraction) {
            return None;
        }
        let part = whole.parse::<i64>().ok()?.checked_mul(size)?;
        let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
        micros = micros.checked_add(part)?.checked_add(fraction)?;
        rest = after.get(1..)?;
    }
    Some(if negative { -micros } else { micros })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_sixteen_bytes() {
        assert_eq!(size_of::<Slot>(), 16);
    }

    #[test]
    fn durations_read_as_they_are_written() {
        for (micros, text) in [
            (0, "0s"),
            (1_500_000, "1.5s"),
            (90_000_000, "1m30s"),
            (86_400_000_000, "1d"),
            (-93_600_000_000, "-1d2h"),
            (1, "0.000001s"),
        ] {
            assert_eq!(show_duration(micros), text);
            assert_eq!(parse_duration(text), Some(micros));
        }
        for text in [
            "",
            "5",
            "s",
            "1s1m",
            "1.5h",
            "1.0000001s",
            "1x",
            "1s1s",
            "-",
            "99999999999d",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn keys_differ_where_values_do() {
        let program = Program::default();
        let key = |value: ValueRef<'_>| {
            let mut bytes = Vec::new();
            value.write_key(&program, &mut bytes);
            bytes
        };
        assert_eq!(key(ValueRef::Double(-0.0)), key(ValueRef::Double(0.0)));
        assert_ne!(key(ValueRef::Int(1)), key(ValueRef::Timestamp(1)));
        let pair = |a, b| [key(ValueRef::String(a)), key(ValueRef::String(b))].concat();
        assert_ne!(pair("a", "bc"), pair("ab", "c"));
    }
}
