//! `event`: the schema of a kind of events.

use std::sync::Arc;

use stanch_types::{Currency, Duration};

use super::types::{SCALARS, TYPES};
use super::{Checker, Declared, doc, next_index, shortened};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{EnumIx, Enumeration, EventIx, EventKind, Field, Scalar, Type};
use crate::syntax::ast::{self, Declaration, Length, Mark, Name, TypeKind, TypeName};

/// Shortest retention.
const RETENTION_MIN: Duration = Duration::from_hours(1);
/// Longest retention: ten years, longer than any limit the domain reference names.
const RETENTION_MAX: Duration = Duration::from_days(3_653);
/// Most fields of an event kind, and words of an enumeration.
const FIELDS_MAX: usize = 1_000;

/// Names of fields that say where somebody is, without saying so by a mark.
const REGION_WORDS: &[&str] = &[
    "region",
    "province",
    "city",
    "county",
    "district",
    "country",
    "prefecture",
    "hometown",
    "native_place",
    "area_code",
    "adcode",
    "region_code",
    "nationality",
    "birthplace",
];

impl Checker<'_, '_> {
    pub(super) fn event(&mut self, declaration: &Declaration, event: &ast::Event) {
        if self.events.contains_key(&event.name.text) {
            return;
        }
        let index = EventIx(next_index(self.program.events.len()));
        let declared = Declared {
            index: Some(index),
            span: event.name.at.0,
        };
        self.events.insert(event.name.text.clone(), declared);
        let retention = self.retention(event);
        if event.fields.len() > FIELDS_MAX {
            let message = format!("an event kind has at most {FIELDS_MAX} fields");
            self.report(Diagnostic::error(Code::TooLarge, event.name.at.0, message));
        }
        let mut fields: Vec<Field> = Vec::new();
        for field in event.fields.iter().take(FIELDS_MAX) {
            if let Some(first) = fields.iter().find(|known| *known.name == *field.name.text) {
                let message = format!("the field `{}` is declared twice", field.name.text);
                let found = Diagnostic::error(Code::Duplicate, field.name.at.0, message)
                    .label(first.span, "declared here")
                    .hint("remove one of them, or give it another name");
                self.report(found);
                continue;
            }
            match self.field_of(field) {
                Some(field) => fields.push(field),
                None => {
                    self.broken_fields.insert((index, field.name.text.clone()));
                }
            }
        }
        self.program.events.push(EventKind {
            name: event.name.text.as_str().into(),
            doc: doc(declaration),
            fields,
            signals: Vec::new(),
            retention,
            span: declaration.at.0,
        });
    }

    fn retention(&mut self, event: &ast::Event) -> Duration {
        let example = "add `retention 90d`: how long raw events are kept";
        let Some(first) = event.retention.first() else {
            let message = format!(
                "the event kind `{}` does not say how long it is kept",
                event.name.text
            );
            self.report(Diagnostic::error(Code::Retention, event.name.at.0, message).hint(example));
            return RETENTION_MAX;
        };
        if let Some(second) = event.retention.get(1) {
            let found =
                Diagnostic::error(Code::Duplicate, second.at.0, "the retention is given twice")
                    .label(first.at.0, "given here")
                    .hint("remove one of them");
            self.report(found);
        }
        let length = Duration::from_micros(first.micros);
        if length < RETENTION_MIN || length > RETENTION_MAX {
            let message = format!("a retention of {} is out of range", first.text);
            let found = Diagnostic::error(Code::Retention, first.at.0, message);
            self.report(found.hint("a retention is 1h to 3653d (ten years)"));
            return RETENTION_MAX;
        }
        length
    }

    fn field_of(&mut self, field: &ast::Field) -> Option<Field> {
        let name = &field.name;
        if name.text == "occurred_at" || name.text.parse::<Mark>().is_ok() {
            let message = format!("`{}` is no name for a field", name.text);
            let hint = if name.text == "occurred_at" {
                "every event has `event.occurred_at`; choose another name, such as `opened_at`"
            } else {
                "key, personal and regional are marks of a field; choose another name"
            };
            let found = Diagnostic::error(Code::ReservedName, name.at.0, message).hint(hint);
            self.report(found);
        }
        for (at, (mark, place)) in field.marks.iter().enumerate() {
            let earlier = field.marks.get(..at).unwrap_or_default();
            if let Some((_, first)) = earlier.iter().find(|(other, _)| other == mark) {
                let message = format!("the mark `{mark}` is given twice");
                let found = Diagnostic::error(Code::Duplicate, place.0, message);
                self.report(
                    found
                        .label(first.0, "given here")
                        .hint("remove one of them"),
                );
            }
        }
        let has = |wanted: Mark| field.marks.iter().any(|(mark, _)| *mark == wanted);
        let ty = self.field_type(&field.ty)?;
        if has(Mark::Key) && !matches!(ty, Type::String | Type::Int | Type::Enum(_)) {
            let message = format!("a field of type {} cannot be a key", self.type_name(ty));
            let found = Diagnostic::error(Code::TypeMismatch, field.at.0, message);
            self.report(found.hint("decisions are found by fields of type string, int or enum"));
        }
        if !has(Mark::Regional)
            && REGION_WORDS
                .iter()
                .any(|word| names_region(&name.text, word))
        {
            let message = format!("`{}` looks like a region", name.text);
            let hint =
                "mark it `regional`, so that no rule can rest on it alone; or choose another name";
            self.report(Diagnostic::warning(Code::UnmarkedRegion, name.at.0, message).hint(hint));
        }
        Some(Field {
            name: name.text.as_str().into(),
            doc: field.docs.join("\n"),
            ty,
            optional: field.optional,
            key: has(Mark::Key),
            personal: has(Mark::Personal),
            regional: has(Mark::Regional),
            span: field.at.0,
        })
    }

    fn field_type(&mut self, ty: &TypeName) -> Option<Type> {
        Some(match &ty.kind {
            TypeKind::Named(name) => match name.text.as_str() {
                "bool" => Type::Bool,
                "int" => Type::Int,
                "double" => Type::Double,
                "money" => Type::Money(None),
                "string" => Type::String,
                "timestamp" => Type::Timestamp,
                "duration" => Type::Duration,
                _ => {
                    self.unknown_type(name);
                    return None;
                }
            },
            TypeKind::Money(currency) => match currency.text.parse::<Currency>() {
                Ok(currency) => Type::Money(Some(currency)),
                Err(_) => {
                    self.bad_currency(&currency.text, currency.at.0);
                    return None;
                }
            },
            TypeKind::Enum(words) => Type::Enum(self.enumeration(ty, words)?),
            TypeKind::List(element) => Type::List(self.scalar(element)?),
            TypeKind::Map(element) => Type::Map(self.scalar(element)?),
        })
    }

    fn unknown_type(&mut self, name: &Name) {
        const OTHERS: &[(&str, &str)] = &[
            ("str", "string"),
            ("text", "string"),
            ("varchar", "string"),
            ("integer", "int"),
            ("long", "int"),
            ("number", "int"),
            ("i64", "int"),
            ("float", "double"),
            ("decimal", "money"),
            ("amount", "money"),
            ("boolean", "bool"),
            ("datetime", "timestamp"),
            ("date", "timestamp"),
            ("time", "timestamp"),
            ("array", "list"),
            ("object", "map"),
        ];
        let message = format!("there is no type `{}`", name.text);
        let mut found = Diagnostic::error(Code::UnknownType, name.at.0, message)
            .hint(format!("types are {}", shortened(TYPES.iter().copied())))
            .did_you_mean(&name.text, TYPES.iter().copied());
        let other = OTHERS
            .iter()
            .find(|(word, _)| *word == name.text.to_lowercase());
        if let Some((_, meant)) = other {
            found = found
                .hint(format!("did you mean `{meant}`?"))
                .replace(*meant);
        }
        self.report(found);
    }

    fn scalar(&mut self, name: &Name) -> Option<Scalar> {
        let known = SCALARS.iter().find(|(word, _)| *word == name.text);
        if known.is_none() {
            let words = || SCALARS.iter().map(|(word, _)| *word);
            let message = format!("lists and maps cannot hold `{}`", name.text);
            let found = Diagnostic::error(Code::UnknownType, name.at.0, message)
                .hint(format!("they hold {}", shortened(words())))
                .did_you_mean(&name.text, words());
            self.report(found);
        }
        known.map(|(_, scalar)| *scalar)
    }

    /// The enumeration of these words; equal ones are shared, so that their values compare.
    fn enumeration(&mut self, ty: &TypeName, words: &[Name]) -> Option<EnumIx> {
        if words.is_empty() || words.len() > FIELDS_MAX {
            let message = format!("an enumeration has 1 to {FIELDS_MAX} words");
            let found = Diagnostic::error(Code::UnknownType, ty.at.0, message);
            self.report(found.hint("write `enum { bank, wallet }`"));
            return None;
        }
        for (at, word) in words.iter().enumerate() {
            let earlier = words.get(..at).unwrap_or_default();
            if let Some(first) = earlier.iter().find(|other| other.text == word.text) {
                let message = format!("the word `{}` is in the enumeration twice", word.text);
                let found = Diagnostic::error(Code::Duplicate, word.at.0, message);
                self.report(
                    found
                        .label(first.at.0, "first here")
                        .hint("remove one of them"),
                );
                return None;
            }
        }
        let key: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
        if let Some(index) = self.enums.get(&key) {
            return Some(*index);
        }
        let index = EnumIx(next_index(self.program.enums.len()));
        let words = key.iter().map(|word| Arc::from(word.as_str())).collect();
        self.program.enums.push(Enumeration { words });
        self.enums.insert(key, index);
        Some(index)
    }

    pub(super) fn bad_currency(&mut self, written: &str, span: crate::ir::Span) {
        let message = format!("`{written}` is not an active ISO 4217 currency code");
        let upper = written.to_uppercase();
        let meant = match upper.as_str() {
            "RMB" | "YUAN" | "CNH" | "元" | "￥" | "¥" => Some("CNY".to_owned()),
            _ => upper
                .parse::<Currency>()
                .ok()
                .map(|currency| currency.to_string()),
        };
        let mut found = Diagnostic::error(Code::BadConstant, span, message)
            .hint("codes have three capital letters, such as CNY, USD, HKD");
        if let Some(meant) = meant {
            found = found.hint(format!("did you mean `{meant}`?"));
        }
        self.report(found);
    }

    /// Whether the length lies within `min..=max`; reports it when not.
    pub(super) fn length_within(
        &mut self,
        code: Code,
        length: &Length,
        range: std::ops::RangeInclusive<Duration>,
        what: &str,
        allowed: &str,
    ) -> Duration {
        let wanted = Duration::from_micros(length.micros);
        if range.contains(&wanted) {
            return wanted;
        }
        let message = format!("{what} of {} is out of range", length.text);
        let found = Diagnostic::error(code, length.at.0, message);
        self.report(found.hint(format!("it is {allowed}")));
        *range.end()
    }
}

/// Whether `word` is a part of the name, between underscores.
fn names_region(name: &str, word: &str) -> bool {
    name == word || name.ends_with(&format!("_{word}")) || name.starts_with(&format!("{word}_"))
}
