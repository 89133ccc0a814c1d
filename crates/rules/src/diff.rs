//! What changed from one policy to another, declaration by declaration. Layout, order of files and comments other than
//! documentation do not count.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_lc_rs::digest;
use serde::Serialize;
use stanch_detect::text::model::Model;

use crate::policy::{PolicyFile, PolicyFiles, parse};
use crate::syntax::ast::{
    Clause, ClauseKind, Declaration, Event, Feature, Item, List, Reason, Rule, Ruleset, Script,
    ScriptClause, ScriptClauseKind, Stage, StageClause, StageClauseKind, Test,
};
use crate::syntax::print;

/// Most list entries that are named; more are counted.
const ENTRIES_SHOWN: usize = 20;

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyDiff {
    /// Hash of the old policy.
    pub old: String,
    /// Hash of the new policy.
    pub new: String,
    /// The declarations that differ, by kind and name.
    pub changes: Vec<Change>,
}

/// A declaration that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `event`, `feature`, `list`, `script`, `rule`, `ruleset`, `test`, `file` (a list's file) or `model`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What happened to it.
    pub change: ChangeKind,
    /// What is different, for a change; the whole declaration otherwise.
    pub details: Vec<Detail>,
}

/// What happened to a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Only the new policy has it.
    Added,
    /// Only the old policy has it.
    Removed,
    /// Both have it and it is different.
    Changed,
}

stanch_types::words! { ChangeKind { Added = "added", Removed = "removed", Changed = "changed" } }

/// A part of a declaration that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Which part: `when`, `field amount`, `entries` …
    pub part: String,
    /// How it was; none when it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// How it is; none when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// The parts of a declaration as canonical text, in order of reading.
type Parts = Vec<(String, String)>;

/// What changed from `old` to `new`. Files that cannot be read are left out: check the policies first.
#[must_use]
pub fn diff(old: &PolicyFiles, new: &PolicyFiles) -> PolicyDiff {
    let (before, after) = (declared(old), declared(new));
    let mut changes = Vec::new();
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in names {
        let (change, details) = match (before.get(key), after.get(key)) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(old), Some(new)) => (ChangeKind::Changed, compare(old, new)),
            (None, Some(new)) => (ChangeKind::Added, compare(&Vec::new(), new)),
            (Some(old), None) => (ChangeKind::Removed, compare(old, &Vec::new())),
            (None, None) => continue,
        };
        changes.push(Change {
            kind: key.0.1,
            name: key.1.clone(),
            change,
            details,
        });
    }
    PolicyDiff {
        old: old.hash().to_string(),
        new: new.hash().to_string(),
        changes,
    }
}

/// Declarations by place of their kind, kind and name.
fn declared(files: &PolicyFiles) -> BTreeMap<((usize, &'static str), String), Parts> {
    let mut all = BTreeMap::new();
    for tree in parse(files).trees {
        for declaration in &tree.declarations {
            let (kind, name) = key(&declaration.item);
            let parts = parts(declaration);
            all.entry((kind, name)).or_insert(parts);
        }
    }
    for file in files.files().iter().filter(|file| !file.is_policy()) {
        if file.is_model() {
            all.insert(((8, "model"), file.path().to_owned()), model_parts(file));
            continue;
        }
        let text = String::from_utf8_lossy(file.content());
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let entries = lines.map(|line| ("entries".to_owned(), line.to_owned()));
        all.insert(((7, "file"), file.path().to_owned()), entries.collect());
    }
    all
}

/// What a model tells; two of one version may still differ.
fn model_parts(file: &PolicyFile) -> Parts {
    let mut parts = Parts::new();
    if let Ok(model) = Model::from_bytes(file.content()) {
        push(&mut parts, "version", model.version());
        let labels: Vec<&str> = model.labels().iter().map(|label| &*label.name).collect();
        push(&mut parts, "labels", labels.join(", "));
    }
    let digest = digest::digest(&digest::SHA256, file.content());
    let mut hex = String::new();
    for byte in digest.as_ref() {
        // Writing to a text does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    push(&mut parts, "sha256", hex);
    parts
}

fn key(item: &Item) -> ((usize, &'static str), String) {
    match item {
        Item::Event(event) => ((0, "event"), event.name.text.clone()),
        Item::Feature(feature) => ((1, "feature"), feature.name.text.clone()),
        Item::List(list) => ((2, "list"), list.name.text.clone()),
        Item::Script(script) => ((3, "script"), script.name.text.clone()),
        Item::Rule(rule) => ((4, "rule"), rule.name.text.clone()),
        Item::Ruleset(set) => ((5, "ruleset"), set.name.text.clone()),
        Item::Test(test) => ((6, "test"), test.name.value.clone()),
    }
}

fn parts(declaration: &Declaration) -> Parts {
    let mut parts = Parts::new();
    if !declaration.docs.is_empty() {
        parts.push(("documentation".to_owned(), declaration.docs.join("\n")));
    }
    match &declaration.item {
        Item::Event(event) => event_parts(event, &mut parts),
        Item::Feature(feature) => feature_parts(feature, &mut parts),
        Item::List(list) => list_parts(list, &mut parts),
        Item::Script(script) => script_parts(script, &mut parts),
        Item::Rule(rule) => rule_parts(rule, &mut parts),
        Item::Ruleset(set) => ruleset_parts(set, &mut parts),
        Item::Test(test) => test_parts(test, &mut parts),
    }
    parts
}

fn push(parts: &mut Parts, part: &str, text: impl Into<String>) {
    parts.push((part.to_owned(), text.into()));
}

fn names(names: &[crate::syntax::ast::Name]) -> String {
    let texts: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
    texts.join(", ")
}

fn event_parts(event: &Event, parts: &mut Parts) {
    for retention in &event.retention {
        push(parts, "retention", &retention.text);
    }
    for field in &event.fields {
        push(
            parts,
            &format!("field {}", field.name.text),
            print::field_text(field),
        );
        if !field.docs.is_empty() {
            push(
                parts,
                &format!("documentation of {}", field.name.text),
                field.docs.join("\n"),
            );
        }
    }
}

fn feature_parts(feature: &Feature, parts: &mut Parts) {
    let arguments: Vec<String> = feature.arguments.iter().map(print::print_expr).collect();
    push(
        parts,
        "aggregate",
        format!("{}({})", feature.aggregate.text, arguments.join(", ")),
    );
    push(parts, "of", names(&feature.of));
    push(parts, "by", print::keys_text(&feature.by));
    if let Some(over) = &feature.over {
        push(parts, "over", &over.text);
    }
    if let Some(filter) = &feature.filter {
        push(parts, "where", print::print_expr(filter));
    }
    if let Some(include) = feature.include_self {
        push(
            parts,
            "self",
            if include { "including" } else { "excluding" },
        );
    }
}

fn list_parts(list: &List, parts: &mut Parts) {
    push(parts, "kind", &list.kind.text);
    for file in &list.files {
        push(parts, "file", &file.value);
    }
    for entry in &list.entries {
        push(parts, "entries", print::entry_text(entry));
    }
}

fn rule_parts(rule: &Rule, parts: &mut Parts) {
    push(parts, "on", names(&rule.on));
    for Clause { kind, .. } in &rule.clauses {
        match kind {
            ClauseKind::When(condition) => push(parts, "when", print::print_expr(condition)),
            ClauseKind::Then(word, lasts) => push(parts, "then", lasting(word, lasts.as_ref())),
            ClauseKind::Measure(word, lasts) => {
                push(
                    parts,
                    &format!("measure {}", word.text),
                    lasting(word, lasts.as_ref()),
                );
            }
            ClauseKind::Score(number) => push(parts, "score", &number.text),
            ClauseKind::Owner(owner) => push(parts, "owner", &owner.value),
            ClauseKind::Typology(typology) => push(parts, "typology", &typology.value),
            ClauseKind::Reason(reasons) => push_reasons("reason", reasons, parts),
        }
    }
}

fn push_reasons(what: &str, reasons: &[Reason], parts: &mut Parts) {
    for reason in reasons {
        let part = format!("{what} {}", reason.language.text);
        push(parts, &part, print::template_text(&reason.template));
    }
}

fn script_parts(script: &Script, parts: &mut Parts) {
    for ScriptClause { kind, .. } in &script.clauses {
        match kind {
            ScriptClauseKind::Title(reasons) => push_reasons("title", reasons, parts),
            ScriptClauseKind::Typology(typology) => push(parts, "typology", &typology.value),
            ScriptClauseKind::Memory(length) => push(parts, "memory", &length.text),
            ScriptClauseKind::Of(events, by) => {
                for event in events {
                    let part = format!("key of {}", event.text);
                    push(parts, &part, print::keys_text(by));
                }
            }
            ScriptClauseKind::Stage(stage) => {
                push(parts, "stages", &stage.name.text);
                stage_parts(stage, parts);
            }
        }
    }
}

fn stage_parts(stage: &Stage, parts: &mut Parts) {
    let name = &stage.name.text;
    if !stage.docs.is_empty() {
        push(
            parts,
            &format!("documentation of {name}"),
            stage.docs.join("\n"),
        );
    }
    for StageClause { kind, .. } in &stage.clauses {
        match kind {
            StageClauseKind::Title(reasons) => {
                push_reasons(&format!("{name}: title"), reasons, parts);
            }
            StageClauseKind::Need(number) => push(parts, &format!("{name}: need"), &number.text),
            StageClauseKind::Cue(cue) => {
                let part = format!("{name}: cue {}", cue.name.text);
                push(parts, &part, print::cue_text(cue));
                if !cue.docs.is_empty() {
                    let part = format!("documentation of {}", cue.name.text);
                    push(parts, &part, cue.docs.join("\n"));
                }
            }
            StageClauseKind::Act(acts) => push(parts, &format!("{name}: act"), names(acts)),
            StageClauseKind::Card(reasons) => {
                push_reasons(&format!("{name}: card"), reasons, parts);
            }
        }
    }
}

fn lasting(word: &crate::syntax::ast::Name, lasts: Option<&crate::syntax::ast::Length>) -> String {
    match lasts {
        Some(lasts) => format!("{} for {}", word.text, lasts.text),
        None => word.text.clone(),
    }
}

fn ruleset_parts(set: &Ruleset, parts: &mut Parts) {
    push(parts, "on", names(&set.on));
    for mode in &set.modes {
        push(parts, "mode", print::mode_text(mode));
    }
    for uses in &set.uses {
        push(parts, "use", print::use_text(uses));
    }
}

fn test_parts(test: &Test, parts: &mut Parts) {
    for step in &test.steps {
        push(parts, "steps", print::step_text(step));
    }
}

/// The parts that differ. Parts of one name are compared as a set, but for the order of a test's steps, which the first
/// difference shows.
fn compare(old: &Parts, new: &Parts) -> Vec<Detail> {
    let mut order: Vec<&str> = Vec::new();
    for (part, _) in new.iter().chain(old) {
        if !order.contains(&part.as_str()) {
            order.push(part);
        }
    }
    let mut details = Vec::new();
    for part in order {
        let of = |parts: &Parts| -> Vec<String> {
            let texts = parts.iter().filter(|(name, _)| name == part);
            texts.map(|(_, text)| text.clone()).collect()
        };
        let (before, after) = (of(old), of(new));
        if before == after {
            continue;
        }
        match (before.as_slice(), after.as_slice()) {
            ([], [one]) => details.push(detail(part, None, Some(one))),
            ([one], []) => details.push(detail(part, Some(one), None)),
            ([a], [b]) => details.push(detail(part, Some(a), Some(b))),
            _ => several(part, &before, &after, &mut details),
        }
    }
    details
}

fn detail(part: &str, old: Option<&String>, new: Option<&String>) -> Detail {
    Detail {
        part: part.to_owned(),
        old: old.cloned(),
        new: new.cloned(),
    }
}

/// Parts that may be there many times: those that went and those that came.
fn several(part: &str, before: &[String], after: &[String], details: &mut Vec<Detail>) {
    let known: hashbrown::HashSet<&String> = before.iter().collect();
    let kept: hashbrown::HashSet<&String> = after.iter().collect();
    let gone: Vec<&String> = before.iter().filter(|text| !kept.contains(text)).collect();
    let come: Vec<&String> = after.iter().filter(|text| !known.contains(text)).collect();
    if gone.is_empty() && come.is_empty() {
        details.push(Detail {
            part: format!("order of {part}"),
            old: None,
            new: None,
        });
    }
    for text in gone.iter().take(ENTRIES_SHOWN) {
        details.push(detail(part, Some(text), None));
    }
    for text in come.iter().take(ENTRIES_SHOWN) {
        details.push(detail(part, None, Some(text)));
    }
    let more = |texts: &[&String]| texts.len().saturating_sub(ENTRIES_SHOWN);
    if more(&gone) + more(&come) > 0 {
        let count = |number: usize| (number > 0).then(|| format!("{number} more"));
        details.push(Detail {
            part: part.to_owned(),
            old: count(more(&gone)),
            new: count(more(&come)),
        });
    }
}

/// The difference as text for people: `+` what is new, `-` what is gone, `~` what changed.
#[must_use]
pub fn to_text(diff: &PolicyDiff) -> String {
    let mut text = String::new();
    for change in &diff.changes {
        let sign = match change.change {
            ChangeKind::Added => '+',
            ChangeKind::Removed => '-',
            ChangeKind::Changed => '~',
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{sign} {} {}", change.kind, change.name);
        if change.change == ChangeKind::Removed {
            continue;
        }
        for detail in &change.details {
            let Detail { part, old, new } = detail;
            if old.is_none() && new.is_none() {
                let _ = writeln!(text, "    {part}");
            }
            for (sign, side) in [('-', old), ('+', new)] {
                for line in side.iter().flat_map(|side| side.lines()) {
                    let _ = writeln!(text, "    {sign} {part}: {line}");
                }
            }
        }
    }
    if diff.changes.is_empty() {
        text.push_str("no declaration differs\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(policy: &str, list: &str) -> PolicyFiles {
        let files = [("a.policy", policy), ("l.csv", list)];
        let owned = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        PolicyFiles::new(owned).unwrap()
    }

    #[test]
    fn layout_and_order_are_no_difference() {
        let old = files(
            "rule a on x { when 1 > 2 then hold } list l exact { \"a\" }",
            "",
        );
        let new = files(
            "// new\nlist l exact {\n\"a\" }\nrule a on x {\n when 1>2\n then hold }",
            "",
        );
        assert_eq!(diff(&old, &new).changes, []);
    }

    #[test]
    fn what_changed_is_named() {
        let old = files(
            "event x { retention 9d  a int  b string? }
             rule r on x { when event.a > 2 then hold for 1h score 5 reason zh \"一\" en \"a\" }
             list l exact { \"a\"; \"b\" }
             list gone exact { \"a\" }
             test \"t\" { when x { a: 1 } expect hold }",
            "1\n2\n3\n",
        );
        let new = files(
            "/// Doc.
             event x { retention 9d  a double  b string? key }
             rule r on x { when event.a > 3 then hold for 2h reason zh \"二\" en \"a\" measure warn for 1d }
             list l exact { \"a\"; \"c\" until 2027-01-01 }
             feature f = count() of x by b over 1h including self
             test \"t\" { when x { a: 1 } expect block }",
            "1\n3\n4\n",
        );
        let text = to_text(&diff(&old, &new));
        assert_eq!(
            text,
            "\
~ event x
    + documentation: Doc.
    - field a: a int
    + field a: a double
    - field b: b string?
    + field b: b string? key
+ feature f
    + aggregate: count()
    + of: x
    + by: b
    + over: 1h
    + self: including
- list gone
~ list l
    - entries: \"b\"
    + entries: \"c\" until 2027-01-01
~ rule r
    - when: event.a > 2
    + when: event.a > 3
    - then: hold for 1h
    + then: hold for 2h
    - reason zh: \"一\"
    + reason zh: \"二\"
    + measure warn: warn for 1d
    - score: 5
~ test t
    - steps: expect hold
    + steps: expect block
~ file l.csv
    - entries: 2
    + entries: 4
"
        );
    }
}
