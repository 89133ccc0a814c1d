//! Tree to program: names are resolved, types checked, and everything a policy must have is asked for.
//!
//! A part that is wrong is reported and left out; what depends on it is then passed over in silence, so that one
//! mistake is one finding.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a check names the types and forms it takes; every other one is refused by the arm that is left"
)]

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{EventIx, FeatureIx, ListIx, Program, RuleIx, ScriptIx, Span, Type};
use crate::syntax::ast::{Declaration, File, Item, Name};

mod call;
mod constant;
mod entry;
mod event;
mod expression;
mod feature;
mod list;
mod literal;
mod operator;
mod region;
mod rule;
mod ruleset;
mod scope;
mod script;
mod signal;
mod test;
mod types;
mod unused;

pub use call::form;
pub use entry::LIST_ENTRIES_MAX;
pub use list::refuse_path;
pub use types::{scalar_name, type_name};

/// Names that mean something in expressions, so that nothing may be declared under them.
const RESERVED: &[&str] = &[
    "event",
    "now",
    "has",
    "true",
    "false",
    "in",
    "not",
    "and",
    "or",
    "null",
    "timestamp",
    "money",
];

/// A file that a list names.
#[derive(Debug, Clone, Copy)]
pub struct ListText<'a> {
    /// Its index for spans.
    pub file: u32,
    /// Its text, or the first byte that is not UTF-8.
    pub text: Result<&'a str, usize>,
}

/// What is checked.
#[derive(Clone, Copy)]
pub struct Input<'c, 'a> {
    /// The files as read, in path order.
    pub files: &'c [File],
    /// The file that a list names by this path.
    pub list_file: &'c dyn Fn(&str) -> Option<ListText<'a>>,
    /// Whether parts of the files could not be read.
    pub has_syntax_errors: bool,
    /// How often a word occurs in the text of all files.
    pub mentions: &'c dyn Fn(&str) -> usize,
}

/// What a checked policy is, and everything that was found on the way. The program is only meant to be run when no
/// finding is an error.
#[must_use]
pub fn check(input: Input<'_, '_>) -> (Program, Vec<Diagnostic>) {
    let mut checker = Checker::new(input);
    checker.run();
    (checker.program, checker.found)
}

/// Something declared: where it is, and its index unless it was too wrong to have one.
#[derive(Debug, Clone, Copy)]
struct Declared<I> {
    index: Option<I>,
    span: Span,
}

type Table<I> = BTreeMap<String, Declared<I>>;

struct Checker<'c, 'a> {
    program: Program,
    found: Vec<Diagnostic>,
    events: Table<EventIx>,
    features: Table<FeatureIx>,
    lists: Table<ListIx>,
    scripts: Table<ScriptIx>,
    rules: Table<RuleIx>,
    enums: HashMap<Vec<String>, crate::ir::EnumIx>,
    /// Fields whose type could not be read.
    broken_fields: BTreeSet<(EventIx, String)>,
    used_features: BTreeSet<FeatureIx>,
    used_lists: BTreeSet<ListIx>,
    used_scripts: BTreeSet<ScriptIx>,
    used_rules: BTreeSet<RuleIx>,
    input: Input<'c, 'a>,
}

impl<'c, 'a> Checker<'c, 'a> {
    fn new(input: Input<'c, 'a>) -> Self {
        Self {
            program: Program::default(),
            found: Vec::new(),
            events: Table::new(),
            features: Table::new(),
            lists: Table::new(),
            scripts: Table::new(),
            rules: Table::new(),
            enums: HashMap::new(),
            broken_fields: BTreeSet::new(),
            used_features: BTreeSet::new(),
            used_lists: BTreeSet::new(),
            used_scripts: BTreeSet::new(),
            used_rules: BTreeSet::new(),
            input,
        }
    }

    fn run(&mut self) {
        let files = self.input.files;
        let all = || files.iter().flat_map(|file| &file.declarations);
        if all().next().is_none() {
            let message = "the policy declares nothing";
            let hint = "begin with an `event`, a `rule` on it and a `ruleset` that uses the rule";
            self.report(Diagnostic::error(Code::Empty, Span::default(), message).hint(hint));
            return;
        }
        self.refuse_duplicates(files);
        for declaration in all() {
            if let Item::Event(event) = &declaration.item {
                self.event(declaration, event);
            }
        }
        for declaration in all() {
            if let Item::List(list) = &declaration.item {
                self.list(declaration, list);
            }
        }
        for declaration in all() {
            if let Item::Feature(feature) = &declaration.item {
                self.feature(declaration, feature);
            }
        }
        for declaration in all() {
            if let Item::Script(script) = &declaration.item {
                self.script(declaration, script);
            }
        }
        for declaration in all() {
            if let Item::Rule(rule) = &declaration.item {
                self.rule(declaration, rule);
            }
        }
        for declaration in all() {
            if let Item::Ruleset(set) = &declaration.item {
                self.ruleset(declaration, set);
            }
        }
        for declaration in all() {
            if let Item::Test(test) = &declaration.item {
                self.test(declaration, test);
            }
        }
        self.unused();
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Reports names that are declared twice or reserved. The first of two is the one that counts.
    fn refuse_duplicates(&mut self, files: &[File]) {
        let mut seen: HashMap<(&'static str, String), Span> = HashMap::new();
        for declaration in files.iter().flat_map(|file| &file.declarations) {
            let (kind, word, name, span) = match &declaration.item {
                Item::Event(event) => ("event", "event kind", &event.name.text, event.name.at.0),
                // Features, functions and lists are read by bare names in the same places.
                Item::Feature(feature) => (
                    "value",
                    "feature or list",
                    &feature.name.text,
                    feature.name.at.0,
                ),
                Item::List(list) => ("value", "feature or list", &list.name.text, list.name.at.0),
                Item::Script(script) => ("script", "script", &script.name.text, script.name.at.0),
                Item::Rule(rule) => ("rule", "rule", &rule.name.text, rule.name.at.0),
                Item::Ruleset(set) => ("ruleset", "rule set", &set.name.text, set.name.at.0),
                Item::Test(test) => ("test", "test", &test.name.value, test.name.at.0),
            };
            if let Some(first) = seen.get(&(kind, name.clone())) {
                let message = format!("there already is a {word} named `{name}`");
                let found = Diagnostic::error(Code::Duplicate, span, message)
                    .label(*first, "declared here")
                    .hint("give one of them another name");
                self.report(found);
            } else {
                seen.insert((kind, name.clone()), span);
            }
            if kind == "value" {
                self.refuse_reserved(name, span);
            }
        }
    }

    fn refuse_reserved(&mut self, name: &str, span: Span) {
        let meaning = if RESERVED.contains(&name) {
            "a word of the language"
        } else if crate::function::lookup(name).is_some() {
            "a function"
        } else {
            return;
        };
        let message = format!("`{name}` is {meaning}");
        let found = Diagnostic::error(Code::ReservedName, span, message);
        self.report(found.hint(format!("choose another name, such as `{name}_of_account`")));
    }

    /// The event kind of this name. An unknown one is reported, and what was probably meant is answered, so that what
    /// follows is checked too.
    fn event_named(&mut self, name: &Name) -> Option<EventIx> {
        if let Some(declared) = self.events.get(&name.text) {
            return declared.index;
        }
        let names: Vec<String> = self.events.keys().cloned().collect();
        let names = || names.iter().map(String::as_str);
        let message = format!("there is no event kind `{}`", name.text);
        let mut found = Diagnostic::error(Code::UnknownEvent, name.at.0, message);
        found = if self.events.is_empty() {
            found.hint("declare it: `event name { … }`")
        } else {
            found
                .hint(format!("event kinds are {}", shortened(names())))
                .did_you_mean(&name.text, names())
        };
        self.report(found);
        let meant = crate::diagnostic::suggest::nearest(&name.text, names())?;
        self.events.get(meant)?.index
    }

    /// Event kinds of `of a, b` and `on a, b`, each once.
    fn events_named(&mut self, names: &[Name]) -> Vec<EventIx> {
        let mut events = Vec::new();
        for name in names {
            let Some(event) = self.event_named(name) else {
                continue;
            };
            if events.contains(&event) {
                let message = format!("the event kind `{}` is named twice", name.text);
                let found = Diagnostic::error(Code::Duplicate, name.at.0, message);
                self.report(found.hint("remove one of them"));
            } else {
                events.push(event);
            }
        }
        events
    }

    fn type_name(&self, ty: Type) -> String {
        type_name(&self.program.enums, ty)
    }
}

/// The documentation of a declaration as one text.
fn doc(declaration: &Declaration) -> String {
    declaration.docs.join("\n")
}

/// At most ten names, for a hint.
fn shortened<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown: Vec<String> = names
        .iter()
        .take(10)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 {
        format!("{} and {more} more", shown.join(", "))
    } else {
        shown.join(", ")
    }
}

/// The index of the next element of a table of the program.
fn next_index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
