//! Signals: what detectors see in the texts of an event, for rules to read as `signal.DETECTOR.NAME`.
//!
//! A signal is a function of the event and the policy, so a decision, a backtest and a replay see the same one. It is
//! computed once, when the event is decoded, and only where a policy reads it: to both back ends, to features and to
//! explanations it is one more field of the event. What it rests on ([`Evidence`]: which field, from where to where, and
//! what was found) is found again when a decision is explained.
//!
//! A detector is a module and a line in [`DETECTORS`]. One with a model gives a score as `double`, and its evidence says the version
//! of the model.

mod lists;
mod text;
mod url;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ir::{EventKind, ListKind, Program, Type};
use crate::list::{Lists, TextIndex};
use crate::value::{Slot, Store, ValueRef};

/// Most texts of an event that are looked at, each item of a list counted.
pub const TEXTS_MAX: usize = 512;
/// Most pieces of evidence kept with a decision.
pub const EVIDENCE_MAX: usize = 32;

/// A detector as policies know it.
pub struct DetectorDef {
    /// Second part of `signal.NAME.x`.
    pub name: &'static str,
    /// What it looks for: Markdown, the first sentence stands alone.
    pub doc: &'static str,
    /// Changes whenever the same event could give another signal.
    pub version: &'static str,
    /// What it tells.
    pub signals: &'static [SignalDef],
    /// Makes it ready for a policy.
    pub make: fn(&Program) -> Box<dyn Detector>,
}

/// A signal as policies know it.
pub struct SignalDef {
    /// Third part of `signal.x.NAME`.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it can be missing.
    pub optional: bool,
    /// What it says.
    pub doc: &'static str,
    /// Whether it repeats parts of the texts, which may be personal.
    pub repeats: bool,
    /// The list a policy must have for it to say anything, and the list's kind.
    pub list: Option<(&'static str, ListKind)>,
    /// Which lists it searches.
    pub searches: Searches,
}

impl SignalDef {
    /// One that is never missing, repeats nothing and searches no list.
    const fn new(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self {
            name,
            ty,
            optional: false,
            doc,
            repeats: false,
            list: None,
            searches: Searches::Nothing,
        }
    }
}

/// Which lists of the policy a signal searches besides [`SignalDef::list`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searches {
    /// None.
    Nothing,
    /// Those of this kind.
    Kind(ListKind),
    /// All.
    All,
}

/// Looks for signals in events. Pure: no clock, no IO, no randomness.
pub trait Detector: Send + Sync {
    /// Puts what it sees into `found`.
    fn detect(&self, input: &Input<'_>, found: &mut Findings);
}

/// Every detector, by name.
pub static DETECTORS: &[DetectorDef] = &[lists::LISTS, text::TEXT, url::URL];

/// What a detector looks at.
pub struct Input<'a> {
    /// When the event occurred, microseconds since 1970 UTC.
    pub at_us: i64,
    /// Its texts: fields of type `string` and `list<string>`.
    pub texts: &'a [FieldText<'a>],
    /// The policy's lists.
    pub lists: PolicyLists<'a>,
}

/// A text of an event.
#[derive(Debug, Clone, Copy)]
pub struct FieldText<'a> {
    /// The field.
    pub field: &'a Arc<str>,
    /// Whether it is a key: the name of somebody or something, not what somebody says.
    pub is_key: bool,
    /// Which item of a list, from 0.
    pub item: Option<u32>,
    /// The text.
    pub text: &'a str,
}

/// The lists of a policy, as detectors ask them.
#[derive(Clone, Copy)]
pub struct PolicyLists<'a> {
    program: &'a Program,
    lists: &'a Lists,
    texts: &'a TextIndex,
}

/// A value of a signal.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalValue {
    /// True or false.
    Bool(bool),
    /// 64-bit integer.
    Int(i64),
    /// Finite number, such as the score of a model.
    Double(f64),
    /// Text.
    Text(Box<str>),
    /// Texts.
    Texts(Vec<Box<str>>),
}

/// What a signal rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The signal, `signal.url.lookalike`.
    pub signal: Box<str>,
    /// The detector's version.
    pub version: Box<str>,
    /// The field.
    pub field: Arc<str>,
    /// Which item of a list, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// First byte of the text it was found at, and one past the last.
    pub span: (u32, u32),
    /// What was found: the list and its entry, the brand a host looks like.
    pub says: Box<str>,
}

/// What a detector found.
#[derive(Debug, Default)]
pub struct Findings {
    values: Vec<(&'static str, SignalValue)>,
    evidence: Vec<Shown>,
    wants_evidence: bool,
}

/// Evidence as a detector shows it: of one of its signals, by the signal's short name.
#[derive(Debug)]
struct Shown {
    signal: &'static str,
    /// Of the model that found it.
    version: Option<Box<str>>,
    field: Arc<str>,
    item: Option<u32>,
    span: (u32, u32),
    says: Box<str>,
}

impl Findings {
    /// Tells a signal; one that is not told is missing.
    pub fn tell(&mut self, signal: &'static str, value: SignalValue) {
        self.values.push((signal, value));
    }

    /// Whether evidence is asked for: when a decision is explained, not when it is made.
    #[must_use]
    pub const fn wants_evidence(&self) -> bool {
        self.wants_evidence
    }

    /// Says what a signal rests on: bytes `start..end` of a text.
    pub fn show(
        &mut self,
        signal: &'static str,
        at: &FieldText<'_>,
        span: std::ops::Range<usize>,
        says: impl Into<Box<str>>,
    ) {
        self.show_by(None, signal, at, span, says);
    }

    /// As [`Findings::show`], found by the model of this version.
    pub fn show_by(
        &mut self,
        version: Option<&str>,
        signal: &'static str,
        at: &FieldText<'_>,
        span: std::ops::Range<usize>,
        says: impl Into<Box<str>>,
    ) {
        if self.wants_evidence && self.evidence.len() < EVIDENCE_MAX {
            let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            self.evidence.push(Shown {
                signal,
                version: version.map(Into::into),
                field: Arc::clone(at.field),
                item: at.item,
                span: (place(span.start), place(span.end)),
                says: says.into(),
            });
        }
    }

    /// The value told, if any.
    #[must_use]
    pub fn value(&self, signal: &str) -> Option<&SignalValue> {
        let told = self.values.iter().find(|(name, _)| *name == signal);
        told.map(|(_, value)| value)
    }
}

impl<'a> PolicyLists<'a> {
    /// Names of lists of these kinds that `value` is on (for text lists: that occur in it), by order of declaration.
    pub fn holding(
        self,
        value: &'a str,
        at_us: i64,
        takes: impl Fn(ListKind) -> bool + 'a,
    ) -> impl Iterator<Item = &'a crate::ir::List> + 'a {
        let lists = self.program.lists.iter().zip(0_u32..);
        lists
            .filter(move |(list, _)| takes(list.kind))
            .filter(move |(_, index)| {
                let index = crate::ir::ListIx(*index);
                self.lists.contains(self.texts, index, value, at_us)
            })
            .map(|(list, _)| list)
    }
}

/// The detectors a policy reads, ready.
pub(crate) struct Signals {
    /// By event kind.
    kinds: Vec<Vec<Reader>>,
}

/// A detector that is read on a kind.
struct Reader {
    def: &'static DetectorDef,
    detector: Arc<dyn Detector>,
    /// Its signals that are read, and the place of each among the kind's signals.
    read: Vec<(&'static str, usize)>,
}

impl Signals {
    /// Makes the detectors ready that `program` reads.
    pub fn new(program: &Program) -> Self {
        let mut made: Vec<(&'static str, Arc<dyn Detector>)> = Vec::new();
        let mut kinds = Vec::with_capacity(program.events.len());
        for kind in &program.events {
            let mut readers = Vec::new();
            for def in DETECTORS {
                let read = read_of(kind, def);
                if read.is_empty() {
                    continue;
                }
                let known = made.iter().find(|(name, _)| *name == def.name);
                let detector = match known {
                    Some((_, detector)) => Arc::clone(detector),
                    None => {
                        let detector: Arc<dyn Detector> = Arc::from((def.make)(program));
                        made.push((def.name, Arc::clone(&detector)));
                        detector
                    }
                };
                readers.push(Reader {
                    def,
                    detector,
                    read,
                });
            }
            kinds.push(readers);
        }
        Self { kinds }
    }

    /// Fills in the signals of an event whose fields are there.
    pub fn complete(&self, lists: PolicyLists<'_>, event: &mut Event) {
        let readers = self.readers(event);
        if readers.is_empty() {
            return;
        }
        let fields = event.schema().fields.len();
        let found: Vec<Findings> = look(readers, lists, event, false);
        for (reader, found) in readers.iter().zip(&found) {
            for (name, place) in &reader.read {
                if let Some(value) = found.value(name) {
                    event.put(fields + place, |store| slot(store, value));
                }
            }
        }
    }

    /// What the signals that are read rest on.
    pub fn evidence(&self, lists: PolicyLists<'_>, event: &Event) -> Vec<Evidence> {
        let readers = self.readers(event);
        let found = look(readers, lists, event, true);
        let mut evidence = Vec::new();
        for (reader, found) in readers.iter().zip(found) {
            let is_read = |signal: &str| reader.read.iter().any(|(name, _)| *name == signal);
            let shown = found.evidence.into_iter();
            evidence.extend(
                shown
                    .filter(|shown| is_read(shown.signal))
                    .map(|shown| Evidence {
                        signal: full_name(reader.def, shown.signal).into(),
                        version: shown.version.unwrap_or_else(|| reader.def.version.into()),
                        field: shown.field,
                        item: shown.item,
                        span: shown.span,
                        says: shown.says,
                    }),
            );
        }
        evidence.truncate(EVIDENCE_MAX);
        evidence
    }

    fn readers(&self, event: &Event) -> &[Reader] {
        self.kinds.get(event.kind().ix()).map_or(&[], Vec::as_slice)
    }
}

impl<'a> PolicyLists<'a> {
    pub(crate) const fn new(program: &'a Program, lists: &'a Lists, texts: &'a TextIndex) -> Self {
        Self {
            program,
            lists,
            texts,
        }
    }
}

/// The name of a signal as policies write it.
#[must_use]
pub fn full_name(def: &DetectorDef, signal: &str) -> String {
    format!("signal.{}.{signal}", def.name)
}

/// The signals of a detector that are read on a kind, with their places among the kind's signals.
fn read_of(kind: &EventKind, def: &'static DetectorDef) -> Vec<(&'static str, usize)> {
    let place = |signal: &SignalDef| {
        let name = full_name(def, signal.name);
        kind.signals.iter().position(|field| *field.name == *name)
    };
    let signals = def.signals.iter();
    signals
        .filter_map(|signal| Some((signal.name, place(signal)?)))
        .collect()
}

fn look(
    readers: &[Reader],
    lists: PolicyLists<'_>,
    event: &Event,
    wants_evidence: bool,
) -> Vec<Findings> {
    let texts = texts_of(event);
    let input = Input {
        at_us: event.occurred_at_us(),
        texts: &texts,
        lists,
    };
    let look = |reader: &Reader| {
        let mut found = Findings {
            wants_evidence,
            ..Findings::default()
        };
        reader.detector.detect(&input, &mut found);
        found
    };
    readers.iter().map(look).collect()
}

/// The texts of an event, in order of their fields; at most [`TEXTS_MAX`].
#[must_use]
pub fn texts_of(event: &Event) -> Vec<FieldText<'_>> {
    let mut texts = Vec::new();
    let fields = event.schema().fields.iter().zip(0_u32..);
    for (field, index) in fields {
        let name = &field.name;
        let one = |item, text| FieldText {
            field: name,
            is_key: field.key,
            item,
            text,
        };
        if let Some(value) = event.get(crate::ir::FieldIx(index)) {
            if let ValueRef::String(text) = value {
                texts.push(one(None, text));
            } else if let ValueRef::List(items) = value {
                for (value, item) in items.iter().zip(0_u32..) {
                    if let ValueRef::String(text) = value {
                        texts.push(one(Some(item), text));
                    }
                }
            }
        }
    }
    texts.truncate(TEXTS_MAX);
    texts
}

fn slot(store: &mut Store, value: &SignalValue) -> Slot {
    match value {
        SignalValue::Bool(value) => Slot::Bool(*value),
        SignalValue::Int(value) => Slot::Int(*value),
        SignalValue::Double(value) if value.is_finite() => Slot::Double(*value),
        SignalValue::Double(_) => Slot::Missing,
        SignalValue::Text(text) => store.put_text(text),
        SignalValue::Texts(texts) => {
            let slots: Vec<Slot> = texts.iter().map(|text| store.put_text(text)).collect();
            store.put_list(&slots)
        }
    }
}

#[cfg(test)]
mod tests;
