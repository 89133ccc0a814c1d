//! Lists of the policy, looked up with every text of an event.

use super::{Detector, DetectorDef, FieldText, Findings, Input, Searches, SignalDef, SignalValue};
use crate::ir::{List, ListEntry, ListKind, Program, Scalar, Type};

/// Most entries of a list that are gone through for the one that was met; of longer lists the name is told alone.
const ENTRIES_MAX: usize = 100_000;

/// The detector.
pub const LISTS: DetectorDef = DetectorDef {
    name: "lists",
    doc: "The policy's lists, looked up with the value of every field of type `string` and every item of `list<string>`: whatever \
the field, by the list's own comparison. For when it does not matter where a listed value stands; `event.x in a_list` asks \
about one field.",
    version: "lists/1",
    signals: &[
        SignalDef {
            name: "names",
            ty: Type::List(Scalar::String),
            optional: false,
            doc: "Names of the lists that a value is on, each once: `\"scam_phones\" in signal.lists.names`.",
            repeats: false,
            list: None,
            searches: Searches::All,
        },
        SignalDef {
            name: "hits",
            ty: Type::Int,
            optional: false,
            doc: "How many pairs of a value and a list it is on there are.",
            repeats: false,
            list: None,
            searches: Searches::All,
        },
    ],
    make: |_: &Program| Box::new(OnLists),
};

struct OnLists;

impl Detector for OnLists {
    fn detect(&self, input: &Input<'_>, found: &mut Findings) {
        let (mut names, mut hits): (Vec<Box<str>>, i64) = (Vec::new(), 0);
        for text in input.texts {
            for list in input.lists.holding(text.text, input.at_us, |_| true) {
                hits += 1;
                if !names.iter().any(|name| **name == *list.name) {
                    names.push((&*list.name).into());
                }
                if found.wants_evidence() {
                    show(list, text, input.at_us, found);
                }
            }
        }
        found.tell("names", SignalValue::Texts(names));
        found.tell("hits", SignalValue::Int(hits));
    }
}

/// Says which entry was met, and where in the text.
fn show(list: &List, text: &FieldText<'_>, at_us: i64, found: &mut Findings) {
    let entries = list.entries.iter().take(ENTRIES_MAX);
    let mut holding = entries.filter(|entry| entry.until_us.is_none_or(|until| at_us < until));
    let whole = 0..text.text.len();
    let (span, entry): (_, Option<&ListEntry>) = match list.kind {
        ListKind::Text => {
            let met = holding.find_map(|entry| {
                let start = text.text.find(&*entry.value)?;
                Some((start..start + entry.value.len(), entry))
            });
            met.map_or((whole, None), |(span, entry)| (span, Some(entry)))
        }
        ListKind::Prefix => {
            let met = holding.find(|entry| text.text.starts_with(&*entry.value));
            (met.map_or(whole, |entry| 0..entry.value.len()), met)
        }
        ListKind::Exact => (whole, holding.find(|entry| *entry.value == *text.text)),
        // Compared in a normal form or by containment: the value itself says enough.
        ListKind::Cidr | ListKind::Phone | ListKind::Account | ListKind::Domain => (whole, None),
    };
    let says = match entry {
        Some(entry) => format!("{}: {}", list.name, entry.value),
        None => list.name.to_string(),
    };
    for signal in ["names", "hits"] {
        found.show(signal, text, span.clone(), says.as_str());
    }
}
