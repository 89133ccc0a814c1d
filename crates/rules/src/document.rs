//! Markdown written from definitions: the page of a policy (`stanch policy docs`) and the generated parts of the language
//! reference.

use std::fmt::Write;

use crate::check::{scalar_name, type_name};
use crate::ir::{
    Act, Aggregate, Decision, EventKind, Expr, Feature, List, ListKind, MeasureKind, Program, Rule,
    Ruleset, RulesetMode, ScriptOutput, Span, Template, TemplatePiece,
};
use crate::policy::Policy;
use crate::source::SourceMap;

pub mod reference;
mod script;

/// The policy's own page: event kinds, features, lists, rules with their owners, rule sets.
#[must_use]
pub fn page(policy: &Policy) -> String {
    let page = Page {
        program: policy.program(),
        sources: &policy.warnings().sources,
    };
    // Writing to a String cannot fail.
    let mut out = String::new();
    let _ = writeln!(out, "# Policy\n\n`{}`\n", policy.hash());
    page.contents(&mut out);
    page.owners(&mut out);
    page.events(&mut out);
    page.features(&mut out);
    page.lists(&mut out);
    page.scripts(&mut out);
    page.rules(&mut out);
    page.rulesets(&mut out);
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
    out.push('\n');
    out
}

struct Page<'a> {
    program: &'a Program,
    sources: &'a SourceMap,
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

impl Page<'_> {
    fn contents(&self, out: &mut String) {
        let program = self.program;
        let _ = writeln!(out, "| what | how many |\n| --- | --- |");
        for (what, count) in [
            ("event kinds", program.events.len()),
            ("features", program.declared_features().count()),
            ("lists", program.lists.len()),
            ("scripts", program.scripts.len()),
            ("rules", program.rules.len()),
            ("rule sets", program.rulesets.len()),
            ("tests", program.tests.len()),
        ] {
            let _ = writeln!(out, "| {what} | {count} |");
        }
        out.push('\n');
    }

    fn owners(&self, out: &mut String) {
        let mut owners: std::collections::BTreeMap<&str, Vec<&str>> = Default::default();
        for rule in &self.program.rules {
            owners.entry(&rule.owner).or_default().push(&rule.name);
        }
        if owners.is_empty() {
            return;
        }
        let _ = writeln!(out, "## Owners\n\n| owner | rules |\n| --- | --- |");
        for (owner, rules) in owners {
            let links: Vec<String> = rules
                .iter()
                .map(|rule| format!("[`{rule}`](#{rule})"))
                .collect();
            let _ = writeln!(out, "| {} | {} |", cell(owner), links.join(", "));
        }
        out.push('\n');
    }

    fn events(&self, out: &mut String) {
        heading(out, "Event kinds", self.program.events.is_empty());
        for event in &self.program.events {
            self.event(event, out);
        }
    }

    fn event(&self, event: &EventKind, out: &mut String) {
        let _ = writeln!(out, "### {}\n", event.name);
        paragraph(out, &event.doc);
        let _ = writeln!(out, "Kept for {}.\n", length(event.retention.as_micros()));
        let _ = writeln!(
            out,
            "| field | type | marks | meaning |\n| --- | --- | --- | --- |"
        );
        for field in &event.fields {
            let optional = if field.optional { "?" } else { "" };
            let marks = [
                (field.key, "key"),
                (field.personal, "personal"),
                (field.regional, "regional"),
            ];
            let marks: Vec<&str> = marks
                .iter()
                .filter(|(has, _)| *has)
                .map(|(_, mark)| *mark)
                .collect();
            let ty = self.type_text(field.ty);
            let _ = writeln!(
                out,
                "| `{}` | `{}{optional}` | {} | {} |",
                field.name,
                cell(&ty),
                marks.join(", "),
                cell(&field.doc)
            );
        }
        out.push('\n');
    }

    /// The type, all words of an enumeration included.
    fn type_text(&self, ty: crate::ir::Type) -> String {
        let crate::ir::Type::Enum(index) = ty else {
            return type_name(&self.program.enums, ty);
        };
        let words = self.program.enums.get(index.ix());
        let words: Vec<&str> = words
            .iter()
            .flat_map(|e| e.words.iter().map(AsRef::as_ref))
            .collect();
        format!("enum {{ {} }}", words.join(", "))
    }

    fn features(&self, out: &mut String) {
        if self.program.declared_features().next().is_none() {
            return;
        }
        let _ = writeln!(
            out,
            "## Features\n\n| feature | answers | kept by | over | meaning |\n| --- | --- | --- | --- | --- |"
        );
        for feature in self.program.declared_features() {
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} |",
                feature.name,
                cell(&self.aggregate(feature)),
                cell(&feature.key_names.join(", ")),
                self.window(feature),
                cell(&feature.doc)
            );
        }
        out.push('\n');
    }

    fn aggregate(&self, feature: &Feature) -> String {
        let value = feature
            .sources
            .first()
            .and_then(|source| source.value.as_ref());
        let value = value.map_or_else(String::new, |value| self.text(value));
        let events: Vec<&str> = feature
            .sources
            .iter()
            .filter_map(|source| self.program.events.get(source.event.ix()))
            .map(|event| &*event.name)
            .collect();
        let filter = feature
            .sources
            .first()
            .and_then(|source| source.filter.as_ref());
        let filter = filter.map_or_else(String::new, |filter| {
            format!(" where `{}`", self.text(filter))
        });
        format!(
            "`{}({value})` of {}{filter}: {}",
            feature.aggregate,
            events.join(", "),
            type_name(&self.program.enums, feature.ty)
        )
    }

    fn window(&self, feature: &Feature) -> String {
        let itself = if feature.include_self {
            "with"
        } else {
            "without"
        };
        format!(
            "{}, {itself} the event itself",
            length(feature.window.as_micros())
        )
    }

    fn lists(&self, out: &mut String) {
        if self.program.lists.is_empty() {
            return;
        }
        let _ = writeln!(
            out,
            "## Lists\n\n| list | kind | entries | meaning |\n| --- | --- | --- | --- |"
        );
        for List {
            name,
            doc,
            kind,
            entries,
            ..
        } in &self.program.lists
        {
            let _ = writeln!(
                out,
                "| `{name}` | {kind} | {} | {} |",
                entries.len(),
                cell(doc)
            );
        }
        out.push('\n');
    }

    fn rules(&self, out: &mut String) {
        heading(out, "Rules", self.program.rules.is_empty());
        for rule in &self.program.rules {
            self.rule(rule, out);
        }
    }

    fn rule(&self, rule: &Rule, out: &mut String) {
        let _ = writeln!(out, "### {}\n", rule.name);
        paragraph(out, &rule.doc);
        let events: Vec<&str> = rule
            .conditions
            .iter()
            .filter_map(|(event, _)| self.program.events.get(event.ix()))
            .map(|event| &*event.name)
            .collect();
        let lasts = rule.lasts.map_or_else(String::new, |lasts| {
            format!(" for {}", length(lasts.as_micros()))
        });
        let _ = writeln!(
            out,
            "- on {}: **{}**{lasts}",
            events.join(", "),
            rule.decision
        );
        for measure in &rule.measures {
            let _ = writeln!(
                out,
                "- measure {} for {}",
                measure.kind,
                length(measure.lasts.as_micros())
            );
        }
        if rule.score != 0 {
            let _ = writeln!(out, "- score {}", rule.score);
        }
        let _ = writeln!(out, "- owner: {}", rule.owner);
        if !rule.typologies.is_empty() {
            let _ = writeln!(out, "- typology: {}", rule.typologies.join(", "));
        }
        for (language, reasons) in [("zh", &rule.reason_zh), ("en", &rule.reason_en)] {
            if let Some(reason) = reasons.first() {
                let _ = writeln!(out, "- {language}: {}", self.template(reason));
            }
        }
        if let Some((_, condition)) = rule.conditions.first() {
            let text = self.lines(condition.span);
            let _ = writeln!(out, "\n```\n{text}\n```");
        }
        out.push('\n');
    }

    fn template(&self, template: &Template) -> String {
        let pieces = template.pieces.iter().map(|piece| match piece {
            TemplatePiece::Text(text) => text.to_string(),
            TemplatePiece::Value(value) => format!("`{{{}}}`", self.text(value)),
        });
        pieces.collect()
    }

    fn rulesets(&self, out: &mut String) {
        heading(out, "Rule sets", self.program.rulesets.is_empty());
        for set in &self.program.rulesets {
            self.ruleset(set, out);
        }
    }

    fn ruleset(&self, set: &Ruleset, out: &mut String) {
        let _ = writeln!(out, "### Rule set {}\n", set.name);
        paragraph(out, &set.doc);
        let events: Vec<&str> = set
            .events
            .iter()
            .filter_map(|event| self.program.events.get(event.ix()))
            .map(|event| &*event.name)
            .collect();
        let mode = match &set.mode {
            RulesetMode::All => "the strongest decision of all rules that fire".to_owned(),
            RulesetMode::FirstMatch => "the decision of the first rule that fires".to_owned(),
            RulesetMode::Score(thresholds) => {
                let steps = thresholds
                    .iter()
                    .map(|(score, decision)| format!("from {score} {decision}"));
                format!(
                    "by the sum of scores: {}",
                    steps.collect::<Vec<_>>().join(", ")
                )
            }
        };
        let _ = writeln!(out, "On {}: {mode}.\n", events.join(", "));
        for index in &set.rules {
            if let Some(rule) = self.program.rules.get(index.ix()) {
                let _ = writeln!(out, "1. [`{0}`](#{0})", rule.name);
            }
        }
        out.push('\n');
    }

    /// An expression as written, on one line.
    fn text(&self, expr: &Expr) -> String {
        let words: Vec<&str> = self.sources.text(expr.span).split_whitespace().collect();
        words.join(" ")
    }

    /// An expression as written, its lines moved to the left margin together.
    fn lines(&self, span: Span) -> String {
        let text = self.sources.text(span);
        let blanks = |line: &str| line.len() - line.trim_start().len();
        let margin = text
            .lines()
            .skip(1)
            .filter(|line| !line.trim().is_empty())
            .map(blanks)
            .min();
        let margin = margin.unwrap_or(0).saturating_sub(2);
        let lines: Vec<&str> = text
            .lines()
            .enumerate()
            .map(|(at, line)| {
                if at == 0 {
                    line
                } else {
                    line.get(margin..).unwrap_or(line.trim_start())
                }
            })
            .collect();
        lines.join("\n")
    }
}

fn heading(out: &mut String, title: &str, is_empty: bool) {
    if !is_empty {
        let _ = writeln!(out, "## {title}\n");
    }
}

fn paragraph(out: &mut String, doc: &str) {
    if !doc.is_empty() {
        let _ = writeln!(out, "{doc}\n");
    }
}

/// A length of time in its largest whole unit.
fn length(micros: i64) -> String {
    const UNITS: &[(&str, i64)] = &[
        ("d", 86_400_000_000),
        ("h", 3_600_000_000),
        ("m", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1_000),
    ];
    for (unit, size) in UNITS {
        if micros != 0 && micros % size == 0 {
            return format!("{}{unit}", micros / size);
        }
    }
    format!("{micros}us")
}

/// Words of the language that have a fixed set: for the reference and for the editor's completion.
#[must_use]
pub fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    use crate::ir::Scalar::{Bool, Double, Int, String};
    vec![
        (
            "decisions",
            Decision::ALL.iter().map(|word| word.as_str()).collect(),
        ),
        (
            "measures",
            MeasureKind::ALL.iter().map(|word| word.as_str()).collect(),
        ),
        (
            "aggregates",
            Aggregate::ALL.iter().map(|word| word.as_str()).collect(),
        ),
        (
            "kinds of lists",
            ListKind::ALL.iter().map(|word| word.as_str()).collect(),
        ),
        ("acts", Act::ALL.iter().map(|word| word.as_str()).collect()),
        (
            "what scripts tell",
            ScriptOutput::ALL.iter().map(|word| word.as_str()).collect(),
        ),
        (
            "scalars",
            [Bool, Int, Double, String].map(scalar_name).to_vec(),
        ),
    ]
}
