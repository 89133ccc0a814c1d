//! From a JSON line to a typed row.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use stanch_types::{Currency, Money, Timestamp};

use super::json::{Cursor, Next, Number, Stop};
use super::{
    EVENT_ID_CHARS_MAX, Event, EventError, LINE_BYTES_MAX, LIST_ITEMS_MAX, Label, MAP_ENTRIES_MAX,
    MAP_KEY_BYTES_MAX, TEXT_BYTES_MAX,
};
use crate::function::similarity;
use crate::ir::{EnumIx, EventIx, EventKind, FieldIx, Program, Scalar, Type};
use crate::value::{Slot, Store, parse_duration};

/// The schemas of every event kind of a policy, ready to decode by.
#[derive(Debug, Clone)]
pub struct EventSchemas {
    kinds: Vec<Schema>,
    by_name: HashMap<Arc<str>, u32>,
    enums: Vec<HashMap<Arc<str>, u32>>,
}

#[derive(Debug, Clone)]
struct Schema {
    kind: Arc<EventKind>,
    by_name: HashMap<Arc<str>, u32>,
}

/// A value that is not what the schema says, or JSON that is none.
enum Fault {
    Json(Stop),
    Value(&'static str),
}

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Self {
        Self::Json(stop)
    }
}

impl From<Stop> for EventError {
    fn from(Stop { at, why }: Stop) -> Self {
        Self::Malformed { at, why }
    }
}

/// The members every event has, as they are found.
#[derive(Default)]
struct Envelope {
    event_id: Option<Box<str>>,
    kind: Option<EventIx>,
    occurred_at_us: Option<i64>,
    label: Option<Label>,
    /// Where `data` begins.
    data_at: Option<usize>,
}

impl EventSchemas {
    /// Makes the schemas of `program` ready.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let kinds: Vec<Schema> = program
            .events
            .iter()
            .map(|kind| Schema {
                kind: Arc::new(kind.clone()),
                by_name: (kind.fields.iter().enumerate())
                    .map(|(at, field)| (field.name.clone(), index(at)))
                    .collect(),
            })
            .collect();
        Self {
            by_name: (kinds.iter().enumerate())
                .map(|(at, schema)| (schema.kind.name.clone(), index(at)))
                .collect(),
            kinds,
            enums: (program.enums.iter())
                .map(|words| {
                    (words.words.iter().enumerate())
                        .map(|(at, word)| (word.clone(), index(at)))
                        .collect()
                })
                .collect(),
        }
    }

    /// Decodes one line.
    ///
    /// # Errors
    /// [`EventError`]: the first thing that is wrong with it.
    pub fn decode(&self, line: &[u8]) -> Result<Event, EventError> {
        if line.len() > LINE_BYTES_MAX {
            return Err(EventError::TooLong(line.len()));
        }
        let text = std::str::from_utf8(line).map_err(|error| EventError::Malformed {
            at: error.valid_up_to(),
            why: "not UTF-8",
        })?;
        let mut cursor = Cursor::new(text);
        let mut envelope = Envelope::default();
        let mut row = None;
        cursor.take(b'{', "an object was expected")?;
        let mut first = true;
        while let Some(name) = member(&mut cursor, &mut first)? {
            if &*name == "data" && envelope.data_at.is_none() {
                cursor.next()?;
                envelope.data_at = Some(cursor.at());
                // The kind mostly comes first; if not, the data are read at the end.
                match envelope.kind.and_then(|kind| self.kinds.get(kind.ix())) {
                    Some(schema) => row = Some(self.fields(schema, &mut cursor)?),
                    None => cursor.skip_object()?,
                }
            } else {
                self.envelope_member(&name, &mut cursor, &mut envelope)?;
            }
        }
        cursor.end()?;
        self.finish(text, envelope, row)
    }

    /// The event kind of this name.
    #[must_use]
    pub fn lookup_kind(&self, name: &str) -> Option<EventIx> {
        self.by_name.get(name).map(|at| EventIx(*at))
    }

    /// The field of this name of an event kind.
    #[must_use]
    pub fn lookup_field(&self, kind: EventIx, name: &str) -> Option<FieldIx> {
        let schema = self.kinds.get(kind.ix())?;
        schema.by_name.get(name).map(|at| FieldIx(*at))
    }

    fn finish(
        &self,
        text: &str,
        envelope: Envelope,
        row: Option<(Vec<Slot>, Store)>,
    ) -> Result<Event, EventError> {
        let missing = EventError::PartMissing;
        let event_id = envelope.event_id.ok_or(missing("event_id"))?;
        let kind = envelope.kind.ok_or(missing("kind"))?;
        let occurred_at_us = envelope.occurred_at_us.ok_or(missing("occurred_at"))?;
        let data_at = envelope.data_at.ok_or(missing("data"))?;
        let schema = self.kinds.get(kind.ix()).ok_or(missing("kind"))?;
        let (slots, store) = match row {
            Some(row) => row,
            None => self.fields(schema, &mut Cursor::starting(text, data_at))?,
        };
        let demanded = schema.kind.fields.iter().zip(&slots);
        for (field, slot) in demanded {
            if !field.optional && *slot == Slot::Missing {
                return Err(EventError::FieldMissing(field.name.clone()));
            }
        }
        Ok(Event {
            kind,
            schema: schema.kind.clone(),
            event_id,
            occurred_at_us,
            label: envelope.label,
            slots: slots.into(),
            store,
        })
    }

    fn envelope_member(
        &self,
        name: &str,
        cursor: &mut Cursor<'_>,
        envelope: &mut Envelope,
    ) -> Result<(), EventError> {
        const PARTS: [&str; 5] = ["event_id", "kind", "occurred_at", "label", "data"];
        let given = match name {
            "event_id" => envelope.event_id.is_some(),
            "kind" => envelope.kind.is_some(),
            "occurred_at" => envelope.occurred_at_us.is_some(),
            "label" => envelope.label.is_some(),
            "data" => envelope.data_at.is_some(),
            _ => {
                return Err(EventError::UnknownField {
                    name: cut(name),
                    like: nearest(name, PARTS).map(Arc::from),
                });
            }
        };
        if given {
            return Err(EventError::Twice(name.into()));
        }
        let bad = |fault| part_error(name, fault);
        match name {
            "event_id" => envelope.event_id = Some(event_id(cursor).map_err(bad)?),
            "kind" => envelope.kind = Some(self.kind(&cursor.string()?)?),
            "occurred_at" => envelope.occurred_at_us = Some(timestamp(cursor).map_err(bad)?),
            _ => envelope.label = label(cursor).map_err(bad)?,
        }
        Ok(())
    }

    fn kind(&self, name: &str) -> Result<EventIx, EventError> {
        if let Some(at) = self.by_name.get(name) {
            return Ok(EventIx(*at));
        }
        let names = self.kinds.iter().map(|schema| &*schema.kind.name);
        Err(EventError::UnknownKind {
            name: cut(name),
            like: nearest(name, names).map(Arc::from),
        })
    }

    /// The members of `data`.
    fn fields(
        &self,
        schema: &Schema,
        cursor: &mut Cursor<'_>,
    ) -> Result<(Vec<Slot>, Store), EventError> {
        let fields = &schema.kind.fields;
        let mut slots = vec![Slot::Missing; fields.len() + schema.kind.signals.len()];
        let mut given = vec![false; fields.len()];
        let mut store = Store::with_capacity(cursor.bytes_left() / 2);
        cursor.take(b'{', "`data` is an object")?;
        let mut first = true;
        let mut likely = 0;
        while let Some(name) = member(cursor, &mut first)? {
            // Senders write fields in the schema's order more often than not.
            let at = match fields.get(likely) {
                Some(field) if *field.name == *name => likely,
                _ => schema
                    .by_name
                    .get(&*name)
                    .map_or(usize::MAX, |at| *at as usize),
            };
            let (Some(field), Some(slot), Some(given)) =
                (fields.get(at), slots.get_mut(at), given.get_mut(at))
            else {
                let names = fields.iter().map(|field| &*field.name);
                return Err(EventError::UnknownField {
                    name: cut(&name),
                    like: nearest(&name, names).map(Arc::from),
                });
            };
            if std::mem::replace(given, true) {
                return Err(EventError::Twice(field.name.clone()));
            }
            if !cursor.take_null() {
                *slot = (self.value(field.ty, cursor, &mut store))
                    .map_err(|fault| part_error(&field.name, fault))?;
            }
            likely = at + 1;
        }
        Ok((slots, store))
    }

    fn value(&self, ty: Type, cursor: &mut Cursor<'_>, store: &mut Store) -> Result<Slot, Fault> {
        Ok(match ty {
            Type::Bool => Slot::Bool(boolean(cursor)?),
            Type::Int => Slot::Int(int(cursor)?),
            Type::Double => Slot::Double(double(cursor)?),
            Type::Money(wanted) => {
                let money = money(cursor, wanted)?;
                Slot::Money(money.minor, money.currency)
            }
            Type::String => text(cursor, store)?,
            Type::Timestamp => Slot::Timestamp(timestamp(cursor)?),
            Type::Duration => Slot::Duration(duration(cursor)?),
            Type::Enum(of) => Slot::Enum(of, self.word(of, cursor)?),
            Type::List(scalar) => list(scalar, cursor, store)?,
            Type::Map(scalar) => map(scalar, cursor, store)?,
        })
    }

    fn word(&self, of: EnumIx, cursor: &mut Cursor<'_>) -> Result<u32, Fault> {
        let word = string(cursor, "one of the enumeration's words was expected")?;
        let words = self.enums.get(of.ix());
        words
            .and_then(|words| words.get(&*word).copied())
            .ok_or(Fault::Value("not a word of the enumeration"))
    }
}

/// The name of the next member of an object and its colon; `None` at the closing brace.
fn member<'a>(cursor: &mut Cursor<'a>, first: &mut bool) -> Result<Option<Cow<'a, str>>, Stop> {
    if cursor.take_if(b'}') {
        return Ok(None);
    }
    if !std::mem::replace(first, false) {
        cursor.take(b',', "`,` or `}` was expected")?;
    }
    let name = cursor.string()?;
    cursor.take(b':', "`:` was expected")?;
    Ok(Some(name))
}

fn part_error(name: &str, fault: Fault) -> EventError {
    match fault {
        Fault::Json(stop) => stop.into(),
        Fault::Value(why) => EventError::BadField {
            field: name.into(),
            why,
        },
    }
}

fn string<'a>(cursor: &mut Cursor<'a>, why: &'static str) -> Result<Cow<'a, str>, Fault> {
    match cursor.next()? {
        Next::String => Ok(cursor.string()?),
        Next::Number | Next::Object | Next::Array | Next::Literal => Err(Fault::Value(why)),
    }
}

fn number<'a>(cursor: &mut Cursor<'a>, why: &'static str) -> Result<Number<'a>, Fault> {
    match cursor.next()? {
        Next::Number => Ok(cursor.number()?),
        Next::String | Next::Object | Next::Array | Next::Literal => Err(Fault::Value(why)),
    }
}

fn event_id(cursor: &mut Cursor<'_>) -> Result<Box<str>, Fault> {
    let why = "1 to 128 visible ASCII characters were expected";
    let text = string(cursor, why)?;
    let fits = (1..=EVENT_ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(text.into())
    } else {
        Err(Fault::Value(why))
    }
}

fn label(cursor: &mut Cursor<'_>) -> Result<Option<Label>, Fault> {
    if cursor.take_null() {
        return Ok(None);
    }
    let why = "`fraud` or `good` was expected";
    match &*string(cursor, why)? {
        "fraud" => Ok(Some(Label::Fraud)),
        "good" => Ok(Some(Label::Good)),
        _ => Err(Fault::Value(why)),
    }
}

fn boolean(cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
    match cursor.next()? {
        Next::Literal => Ok(cursor.boolean()?),
        Next::String | Next::Number | Next::Object | Next::Array => {
            Err(Fault::Value("true or false was expected"))
        }
    }
}

fn int(cursor: &mut Cursor<'_>) -> Result<i64, Fault> {
    let why = "a whole number of 64 bits was expected";
    match number(cursor, why)? {
        Number::Int(value) => Ok(value),
        Number::Other(_) => Err(Fault::Value(why)),
    }
}

fn double(cursor: &mut Cursor<'_>) -> Result<f64, Fault> {
    match number(cursor, "a number was expected")? {
        Number::Int(value) => Ok(value as f64),
        Number::Other(text) => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(_) | Err(_) => Err(Fault::Value("the number is too large")),
        },
    }
}

fn timestamp(cursor: &mut Cursor<'_>) -> Result<i64, Fault> {
    let why = "an RFC 3339 instant or whole microseconds since 1970, in the years 1 to 9999, was expected";
    let micros = match cursor.next()? {
        Next::String => {
            let at: Timestamp = cursor.string()?.parse().map_err(|_| Fault::Value(why))?;
            at.as_micros()
        }
        Next::Number => int(cursor)?,
        Next::Object | Next::Array | Next::Literal => return Err(Fault::Value(why)),
    };
    if Timestamp::from_micros(micros).as_micros() == micros {
        Ok(micros)
    } else {
        Err(Fault::Value(why))
    }
}

fn duration(cursor: &mut Cursor<'_>) -> Result<i64, Fault> {
    let why = "a duration such as \"1h30m\" or whole microseconds was expected";
    match cursor.next()? {
        Next::String => parse_duration(&cursor.string()?).ok_or(Fault::Value(why)),
        Next::Number => int(cursor),
        Next::Object | Next::Array | Next::Literal => Err(Fault::Value(why)),
    }
}

fn text(cursor: &mut Cursor<'_>, store: &mut Store) -> Result<Slot, Fault> {
    let text = string(cursor, "a string was expected")?;
    if text.len() > TEXT_BYTES_MAX {
        return Err(Fault::Value("the text has more than 16384 bytes"));
    }
    Ok(store.put_text(&text))
}

/// `{"currency":"CNY","minor":500000}` or `{"currency":"CNY","amount":"5000.00"}`.
fn money(cursor: &mut Cursor<'_>, wanted: Option<Currency>) -> Result<Money, Fault> {
    let why = "money is {\"currency\":\"CNY\",\"minor\":500000} or {\"currency\":\"CNY\",\"amount\":\"5000.00\"}";
    if cursor.next()? != Next::Object {
        return Err(Fault::Value(why));
    }
    cursor.take(b'{', why)?;
    let (mut currency, mut minor, mut amount) = (None, None, None);
    let mut first = true;
    while let Some(name) = member(cursor, &mut first)? {
        match &*name {
            "currency" if currency.is_none() => {
                let code = string(cursor, "the currency is a string")?;
                let code: Currency = (code.parse())
                    .map_err(|_| Fault::Value("the currency is no active ISO 4217 code"))?;
                currency = Some(code);
            }
            "minor" if minor.is_none() => {
                minor = Some(int(cursor)?);
            }
            "amount" if amount.is_none() => {
                amount = Some(string(cursor, "the amount is a decimal in a string")?);
            }
            _ => return Err(Fault::Value(why)),
        }
    }
    let currency = currency.ok_or(Fault::Value("the currency is missing"))?;
    if wanted.is_some_and(|wanted| wanted != currency) {
        return Err(Fault::Value("the field takes another currency"));
    }
    match (minor, amount) {
        (Some(minor), None) => Ok(Money::new(minor, currency)),
        (None, Some(amount)) => Money::parse_decimal(&amount, currency)
            .map_err(|_| Fault::Value("the amount is no decimal with the currency's decimals")),
        (Some(_), Some(_)) => Err(Fault::Value("either `minor` or `amount`, not both")),
        (None, None) => Err(Fault::Value("`minor` or `amount` is missing")),
    }
}

fn scalar(ty: Scalar, cursor: &mut Cursor<'_>, store: &mut Store) -> Result<Slot, Fault> {
    Ok(match ty {
        Scalar::Bool => Slot::Bool(boolean(cursor)?),
        Scalar::Int => Slot::Int(int(cursor)?),
        Scalar::Double => Slot::Double(double(cursor)?),
        Scalar::String => text(cursor, store)?,
    })
}

fn list(ty: Scalar, cursor: &mut Cursor<'_>, store: &mut Store) -> Result<Slot, Fault> {
    if cursor.next()? != Next::Array {
        return Err(Fault::Value("a list was expected"));
    }
    cursor.take(b'[', "`[` was expected")?;
    let mut items = Vec::new();
    while !cursor.take_if(b']') {
        if !items.is_empty() {
            cursor.take(b',', "`,` or `]` was expected")?;
        }
        if items.len() == LIST_ITEMS_MAX {
            return Err(Fault::Value("the list has more than 256 items"));
        }
        items.push(scalar(ty, cursor, store)?);
    }
    Ok(store.put_list(&items))
}

fn map(ty: Scalar, cursor: &mut Cursor<'_>, store: &mut Store) -> Result<Slot, Fault> {
    if cursor.next()? != Next::Object {
        return Err(Fault::Value("an object was expected"));
    }
    cursor.take(b'{', "`{` was expected")?;
    let mut pairs: Vec<Slot> = Vec::new();
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    let mut first = true;
    while let Some(name) = member(cursor, &mut first)? {
        if names.contains(&name) {
            return Err(Fault::Value("the map has a key twice"));
        }
        if name.len() > MAP_KEY_BYTES_MAX {
            return Err(Fault::Value("a key of the map has more than 128 bytes"));
        }
        if names.len() == MAP_ENTRIES_MAX {
            return Err(Fault::Value("the map has more than 64 entries"));
        }
        pairs.push(store.put_text(&name));
        pairs.push(scalar(ty, cursor, store)?);
        names.push(name);
    }
    Ok(store.put_map(&pairs))
}

fn cut(name: &str) -> String {
    name.chars().take(64).collect()
}

/// The name that is most like `name`, if one is alike enough to be a slip.
fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const ALIKE: f64 = 0.6;
    names
        .into_iter()
        .map(|candidate| (similarity(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
