//! `event`, `feature`, `list`, `rule` and `ruleset`.

use super::expression::{Quotes, template, text};
use super::{COLUMNS_MAX, Printer, columns};
use crate::ir::Span;
use crate::syntax::ast::{
    Clause, ClauseKind, Entry, Event, Feature, Field, KeyPart, Length, List, Mode, Name, Reason,
    Rule, Ruleset, Text, TypeKind, TypeName, Use,
};

impl Printer<'_> {
    pub(super) fn event(&mut self, event: &Event) {
        self.out.push_str("event ");
        self.out.push_str(&event.name.text);
        if event.fields.is_empty() && event.retention.is_empty() {
            return self.empty_block(event.end.0);
        }
        self.out.push(' ');
        self.open();
        let names = event.fields.iter().map(|field| columns(&field.name.text));
        let width = names.max().unwrap_or(0);
        // Comments keep their places only in the order of the text.
        let mut fields = event.fields.iter().peekable();
        for retention in &event.retention {
            let at = retention.at.0;
            while let Some(field) = fields.next_if(|field| field.at.0.start < at.start) {
                self.field(field, width);
            }
            self.begin_line(at.start, 2);
            self.out.push_str("  retention ");
            self.out.push_str(&retention.text);
            self.end_line(at, 2);
        }
        for field in fields {
            self.field(field, width);
        }
        self.close(event.end.0, 0);
    }

    pub(super) fn empty_block(&mut self, end: Span) {
        self.out.push(' ');
        if self.pending(end.start).is_some() {
            self.open();
            self.close(end, 0);
        } else {
            self.out.push_str("{}");
        }
    }

    fn field(&mut self, field: &Field, width: usize) {
        self.begin_line(field.at.0.start, 2);
        self.docs(&field.docs, 2);
        self.pad(2);
        self.out.push_str(&field_columns(field, width));
        self.end_line(field.at.0, 2);
    }

    pub(super) fn feature(&mut self, feature: &Feature) {
        let mut head = format!(
            "feature {} = {}(",
            feature.name.text, feature.aggregate.text
        );
        let arguments: Vec<String> = feature.arguments.iter().map(super::print_expr).collect();
        head.push_str(&arguments.join(", "));
        head.push(')');
        let source = format!("of {} by {}", names(&feature.of), keys(&feature.by));
        let over = feature
            .over
            .as_ref()
            .map(|over| format!("over {}", over.text));
        let filter = feature.filter.as_ref();
        let filter_text = filter.map(|filter| format!("where {}", super::print_expr(filter)));
        let include = feature.include_self.map(|include| {
            let word = if include { "including" } else { "excluding" };
            format!("{word} self")
        });
        let parts: Vec<&str> = [
            Some(&head),
            Some(&source),
            over.as_ref(),
            filter_text.as_ref(),
            include.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
        let line = parts.join(" ");
        if columns(&line) <= COLUMNS_MAX {
            return self.out.push_str(&line);
        }
        self.out.push_str(&head);
        self.out.push_str("\n  ");
        self.out.push_str(&source);
        if let Some(over) = &over {
            self.out.push(' ');
            self.out.push_str(over);
        }
        if let Some(filter) = filter {
            self.out.push_str("\n  where ");
            self.expr(filter, 4);
        }
        if let Some(include) = &include {
            self.out.push_str("\n  ");
            self.out.push_str(include);
        }
    }

    pub(super) fn list(&mut self, list: &List) {
        self.out.push_str("list ");
        self.out.push_str(&list.name.text);
        self.out.push(' ');
        self.out.push_str(&list.kind.text);
        let mut items: Vec<(Span, String, bool)> = Vec::new();
        for file in &list.files {
            items.push((file.at.0, format!("file {}", quoted(file)), true));
        }
        for entry in &list.entries {
            let (span, text) = entry_text(entry);
            items.push((span, text, entry.until.is_some()));
        }
        if items.is_empty() {
            return self.empty_block(list.end.0);
        }
        // Comments keep their places only in the order of the text.
        items.sort_by_key(|(span, _, _)| span.start);
        let words: Vec<&str> = items.iter().map(|(_, text, _)| text.as_str()).collect();
        let line = format!(" {{ {} }}", words.join("; "));
        let has_comment = self.pending(list.end.0.start).is_some();
        let is_plain = items.len() == 1 || items.iter().all(|(_, _, alone)| !alone);
        if !has_comment && is_plain && self.column() + columns(&line) <= COLUMNS_MAX {
            return self.out.push_str(&line);
        }
        self.out.push(' ');
        self.open();
        self.entries(&items);
        self.close(list.end.0, 0);
    }

    /// Entries, as many on a line as fit; one with an end, a file, or one with a comment has its own line.
    fn entries(&mut self, items: &[(Span, String, bool)]) {
        let mut last: Option<(Span, bool)> = None;
        for (at, (span, text, alone)) in items.iter().enumerate() {
            let commented = self.pending(span.start).is_some()
                || last.is_some_and(|(last, _)| self.trailing(last.end).is_some());
            let breaks = match last {
                None => true,
                Some((before, before_alone)) => {
                    *alone
                        || before_alone
                        || commented
                        || self.blank_before(span.start)
                        || self.breaks_between(before.end, span.start)
                            && self.source_is_sparse(items)
                        || self.column() + 1 + columns(text) + 1 > COLUMNS_MAX
                }
            };
            if breaks {
                if let Some((before, _)) = last {
                    self.end_line(before, 2);
                }
                self.begin_line(span.start, 2);
                self.pad(2);
            } else {
                self.out.push(' ');
            }
            self.out.push_str(text);
            if at + 1 < items.len() {
                self.out.push(';');
            }
            last = Some((*span, *alone));
        }
        if let Some((before, _)) = last {
            self.end_line(before, 2);
        }
    }

    /// Whether people wrote one entry a line: then it stays so.
    fn source_is_sparse(&self, items: &[(Span, String, bool)]) -> bool {
        self.source.is_some()
            && items.windows(2).all(|pair| match pair {
                [(a, _, _), (b, _, _)] => self.breaks_between(a.end, b.start),
                _ => true,
            })
    }

    pub(super) fn rule(&mut self, rule: &Rule) {
        self.out
            .push_str(&format!("rule {} on {}", rule.name.text, names(&rule.on)));
        if rule.clauses.is_empty() {
            return self.empty_block(rule.end.0);
        }
        self.out.push(' ');
        self.open();
        for clause in &rule.clauses {
            self.begin_line(clause.at.0.start, 2);
            self.clause(clause);
            self.end_line(clause.at.0, 2);
        }
        self.close(rule.end.0, 0);
    }

    fn clause(&mut self, clause: &Clause) {
        self.pad(2);
        match &clause.kind {
            ClauseKind::When(condition) => {
                self.out.push_str("when ");
                self.expr(condition, 4);
            }
            ClauseKind::Then(decision, lasts) => self.lasting("then", decision, lasts.as_ref()),
            ClauseKind::Measure(kind, lasts) => self.lasting("measure", kind, lasts.as_ref()),
            ClauseKind::Score(number) => self.out.push_str(&format!("score {}", number.text)),
            ClauseKind::Owner(owner) => self.out.push_str(&format!("owner {}", quoted(owner))),
            ClauseKind::Typology(typology) => {
                self.out.push_str(&format!("typology {}", quoted(typology)));
            }
            ClauseKind::Reason(reasons) => self.reasons("reason", reasons, 4),
        }
    }

    fn lasting(&mut self, keyword: &str, word: &Name, lasts: Option<&Length>) {
        self.out.push_str(&format!("{keyword} {}", word.text));
        if let Some(lasts) = lasts {
            self.out.push_str(&format!(" for {}", lasts.text));
        }
    }

    /// `KEYWORD zh "…" en "…"`, each language on a line of its own, moved by `indent`, when one does not do.
    pub(super) fn reasons(&mut self, keyword: &str, reasons: &[Reason], indent: usize) {
        let texts: Vec<String> = reasons
            .iter()
            .map(|reason| {
                let mut text = format!("{} ", reason.language.text);
                template(&reason.template, &mut text);
                text
            })
            .collect();
        let line = format!("{keyword} {}", texts.join(" "));
        if self.column() + columns(&line) <= COLUMNS_MAX {
            return self.out.push_str(&line);
        }
        self.out.push_str(keyword);
        for text in texts {
            self.out.push('\n');
            self.pad(indent);
            self.out.push_str(&text);
        }
    }

    pub(super) fn ruleset(&mut self, set: &Ruleset) {
        self.out
            .push_str(&format!("ruleset {} on {}", set.name.text, names(&set.on)));
        let modes = set.modes.iter().map(|mode| (mode.at.0, mode_text(mode)));
        let uses = set.uses.iter().map(|uses| (uses.at.0, use_text(uses)));
        let mut parts: Vec<(Span, String)> = modes.chain(uses).collect();
        if parts.is_empty() {
            return self.empty_block(set.end.0);
        }
        parts.sort_by_key(|(span, _)| span.start);
        let texts: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
        let line = format!(" {{ {} }}", texts.join(" "));
        let has_thresholds = set.modes.iter().any(|mode| mode.thresholds.is_some());
        let has_comment = self.pending(set.end.0.start).is_some();
        let fits = self.column() + columns(&line) <= COLUMNS_MAX;
        if fits && !has_thresholds && !has_comment {
            return self.out.push_str(&line);
        }
        self.out.push(' ');
        self.open();
        for (span, text) in &parts {
            self.begin_line(span.start, 2);
            self.pad(2);
            self.filled(text, 6);
            self.end_line(*span, 2);
        }
        self.close(set.end.0, 0);
    }

    /// Text broken behind commas where a line would get too long.
    pub(super) fn filled(&mut self, text: &str, indent: usize) {
        for (at, part) in text.split(", ").enumerate() {
            if at > 0 {
                self.out.push(',');
                if self.column() + 1 + columns(part) + 1 > COLUMNS_MAX {
                    self.out.push('\n');
                    self.pad(indent);
                } else {
                    self.out.push(' ');
                }
            }
            self.out.push_str(part);
        }
    }
}

pub(super) fn names(names: &[Name]) -> String {
    let texts: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
    texts.join(", ")
}

pub(super) fn quoted(value: &Text) -> String {
    let mut out = String::new();
    text(value, Quotes::Double, &mut out);
    out
}

/// A field on its line, its name padded to `width` columns.
fn field_columns(field: &Field, width: usize) -> String {
    let name = &field.name.text;
    let padding = " ".repeat(width.saturating_sub(columns(name)) + 1);
    let optional = if field.optional { "?" } else { "" };
    let mut text = format!("{name}{padding}{}{optional}", type_text(&field.ty));
    for (mark, _) in &field.marks {
        text.push(' ');
        text.push_str(mark.as_str());
    }
    text
}

/// A field without alignment.
pub(crate) fn field_text(field: &Field) -> String {
    field_columns(field, 0)
}

/// An entry of a list.
pub(crate) fn entry_only(entry: &Entry) -> String {
    entry_text(entry).1
}

/// The key of a feature.
pub(crate) fn keys(parts: &[KeyPart]) -> String {
    let texts: Vec<String> = parts
        .iter()
        .map(|part| {
            let value = super::print_expr(&part.value);
            match &part.name {
                Some(name) => format!("{value} as {}", name.text),
                None => value,
            }
        })
        .collect();
    match texts.as_slice() {
        // A tuple's parenthesis, or one of the expression: either is read as a tuple of one.
        [only] if !only.starts_with('(') => only.clone(),
        _ => format!("({})", texts.join(", ")),
    }
}

fn type_text(ty: &TypeName) -> String {
    match &ty.kind {
        TypeKind::Named(name) => name.text.clone(),
        TypeKind::Money(currency) => format!("money({})", currency.text),
        TypeKind::Enum(words) => format!("enum {{ {} }}", names(words)),
        TypeKind::List(element) => format!("list<{}>", element.text),
        TypeKind::Map(element) => format!("map<{}>", element.text),
    }
}

fn entry_text(entry: &Entry) -> (Span, String) {
    let text = quoted(&entry.value);
    match &entry.until {
        Some(until) => {
            let span = Span {
                end: until.at.0.end,
                ..entry.value.at.0
            };
            (span, format!("{text} until {}", until.text))
        }
        None => (entry.value.at.0, text),
    }
}

/// `mode …`
pub(crate) fn mode_text(mode: &Mode) -> String {
    match &mode.thresholds {
        None => format!("mode {}", mode.word.text),
        Some(thresholds) if thresholds.is_empty() => format!("mode {} {{}}", mode.word.text),
        Some(thresholds) => {
            let texts: Vec<String> = thresholds
                .iter()
                .map(|threshold| format!("{} {}", threshold.score.text, threshold.decision.text))
                .collect();
            format!("mode {} {{ {} }}", mode.word.text, texts.join("; "))
        }
    }
}

/// `use …`
pub(crate) fn use_text(uses: &Use) -> String {
    match &uses.rules {
        None => "use *".to_owned(),
        Some(rules) => format!("use {}", names(rules)),
    }
}
