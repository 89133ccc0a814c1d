//! Diagnostics for people (text with the source line and carets) and for programs (JSON).

use std::fmt::Write;

use serde::Serialize;
use unicode_width::UnicodeWidthChar;

use super::{Code, Diagnostic, Diagnostics, Severity};
use crate::ir::Span;
use crate::source::{SourceFile, SourceMap};

/// Columns a tab is shown as.
const TAB_COLUMNS: usize = 4;
/// Widest part of a source line that is shown; a longer line is cut around the place.
const LINE_COLUMNS_MAX: usize = 160;

/// All findings as text, most people's way to read them.
#[must_use]
pub fn to_text(diagnostics: &Diagnostics) -> String {
    let mut text = String::new();
    for item in &diagnostics.items {
        render(item, &diagnostics.sources, &mut text);
        text.push('\n');
    }
    text.push_str(&summary(diagnostics));
    text
}

/// `3 errors, 1 warning`.
#[must_use]
pub fn summary(diagnostics: &Diagnostics) -> String {
    let count = |number: usize, word: &str| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {word}{plural}")
    };
    let mut text = count(diagnostics.errors(), "error");
    let warnings = diagnostics.warnings();
    if warnings > 0 {
        text = format!("{text}, {}", count(warnings, "warning"));
    }
    if diagnostics.more > 0 {
        text = format!("{text}, and {} more not shown", diagnostics.more);
    }
    text.push('\n');
    text
}

fn render(item: &Diagnostic, sources: &SourceMap, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}[{}]: {}", item.severity, item.code, item.message);
    let places = std::iter::once((item.span, "")).chain(
        item.labels
            .iter()
            .map(|label| (label.span, label.text.as_str())),
    );
    let lines = places
        .clone()
        .filter_map(|(span, _)| Some(sources.file(span.file)?.position(span.start).line));
    let gutter = lines.max().unwrap_or(1).to_string().len();
    for (index, (span, note)) in places.enumerate() {
        let mark = if index == 0 { '^' } else { '-' };
        if let Some(file) = sources.file(span.file) {
            snippet(file, span, gutter, mark, note, text);
        }
    }
    if let Some(hint) = &item.hint {
        let _ = writeln!(text, "{:gutter$} = hint: {hint}", "");
    }
}

fn snippet(
    file: &SourceFile,
    span: Span,
    gutter: usize,
    mark: char,
    note: &str,
    text: &mut String,
) {
    let position = file.position(span.start);
    let arrow = if mark == '^' { "-->" } else { ":::" };
    let _ = writeln!(
        text,
        "{:gutter$}{arrow} {}:{}:{}",
        "",
        file.path(),
        position.line,
        position.column
    );
    let line = file.line(position.line - 1);
    let from = (span.start - file.line_start(position.line - 1)) as usize;
    let length = (span.end.saturating_sub(span.start)) as usize;
    let to = from.saturating_add(length).min(line.len());
    let (shown, skipped) = cut(line, from);
    let part = |range: std::ops::Range<usize>| shown.get(range).unwrap_or("");
    let (from, to) = (from.saturating_sub(skipped), to.saturating_sub(skipped));
    let to = to.min(shown.len());
    let dots = if skipped > 0 { "… " } else { "" };
    let before = columns(dots) + columns(part(0..from));
    let marks = columns(part(from..to)).max(1);
    let _ = writeln!(text, "{:gutter$} |", "");
    let _ = writeln!(
        text,
        "{:>gutter$} | {}",
        position.line,
        expand(&format!("{dots}{shown}"))
    );
    let carets: String = std::iter::repeat_n(mark, marks).collect();
    let under = format!("{:gutter$} | {:before$}{carets} {note}", "", "");
    let _ = writeln!(text, "{}", under.trim_end());
}

/// The part of a long line around byte `from`, and how many bytes before it are left out.
fn cut(line: &str, from: usize) -> (&str, usize) {
    // No character takes more than 4 bytes, so a place far off need not be measured.
    let is_far = from > 2 * LINE_COLUMNS_MAX;
    let start = if is_far || columns(line.get(..from).unwrap_or("")) > LINE_COLUMNS_MAX / 2 {
        let mut start = from.saturating_sub(LINE_COLUMNS_MAX / 4);
        while !line.is_char_boundary(start) {
            start -= 1;
        }
        start
    } else {
        0
    };
    let rest = line.get(start..).unwrap_or("");
    let mut width = 0;
    let end = rest
        .char_indices()
        .find(|(_, c)| {
            width += char_columns(*c);
            width > LINE_COLUMNS_MAX
        })
        .map_or(rest.len(), |(at, _)| at);
    (rest.get(..end).unwrap_or(rest), start)
}

/// Terminal columns of a character: 2 for East Asian wide ones, 0 for marks that join the one before.
fn char_columns(c: char) -> usize {
    match c {
        '\t' => TAB_COLUMNS,
        c => c.width().unwrap_or(1),
    }
}

fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// Tabs as blanks and control characters as a sign of one column, so that carets stand under what they mean.
fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.extend(std::iter::repeat_n(' ', TAB_COLUMNS)),
            c if c.width().is_none() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// All findings for programs: the editor of the console and `--json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether the policy is taken.
    pub ok: bool,
    /// Number of errors.
    pub errors: usize,
    /// Number of warnings.
    pub warnings: usize,
    /// How many more findings there were than are listed.
    pub more: usize,
    /// The findings by place.
    pub diagnostics: Vec<Item>,
}

/// A finding of a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Text to put in the place's stead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Other places that matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<ItemLabel>,
}

/// A label of an [`Item`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemLabel {
    /// Why it matters.
    pub text: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
}

/// A place for programs: path, lines and columns from 1 (columns in characters), bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path inside the policy's folder.
    pub path: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the character after the last.
    pub end_line: u32,
    /// Column of the character after the last.
    pub end_column: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// The findings in the form for programs.
#[must_use]
pub fn to_report(diagnostics: &Diagnostics) -> Report {
    let sources = &diagnostics.sources;
    Report {
        ok: !diagnostics.has_errors(),
        errors: diagnostics.errors(),
        warnings: diagnostics.warnings(),
        more: diagnostics.more,
        diagnostics: diagnostics
            .items
            .iter()
            .map(|item| Item {
                code: item.code,
                severity: item.severity,
                message: item.message.clone(),
                hint: item.hint.clone(),
                replacement: item.replacement.clone(),
                place: place(item.span, sources),
                labels: item
                    .labels
                    .iter()
                    .map(|label| ItemLabel {
                        text: label.text.clone(),
                        place: place(label.span, sources),
                    })
                    .collect(),
            })
            .collect(),
    }
}

/// Where `span` lies, for programs.
#[must_use]
pub fn place(span: Span, sources: &SourceMap) -> Place {
    let file = sources.file(span.file);
    let at = |offset| {
        file.map_or((1, 1), |file| {
            let position = file.position(offset);
            (position.line, position.column)
        })
    };
    let ((line, column), (end_line, end_column)) = (at(span.start), at(span.end));
    Place {
        path: file.map_or("", |file| file.path()).to_owned(),
        line,
        column,
        end_line,
        end_column,
        start: span.start,
        end: span.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_wide_characters() {
        let mut sources = SourceMap::default();
        let text = "一\u{3000}二 event.amout\n";
        sources.add("a.policy", text);
        let start = text.find("amout").unwrap();
        let span = Span {
            file: 0,
            start: u32::try_from(start).unwrap(),
            end: u32::try_from(start + 5).unwrap(),
        };
        let found = Diagnostic::error(Code::UnknownField, span, "no such field")
            .did_you_mean("amout", ["amount"])
            .label(
                Span {
                    end: 3,
                    ..Span::default()
                },
                "declared here",
            );
        let shown = to_text(&Diagnostics::new(vec![found], sources));
        assert_eq!(
            shown,
            "error[policy.unknown_field]: no such field\n --> a.policy:1:11\n  |\n\
             1 | 一\u{3000}二 event.amout\n  |              ^^^^^\n ::: a.policy:1:1\n  |\n\
             1 | 一\u{3000}二 event.amout\n  | -- declared here\n  = hint: did you mean `amount`?\n\n1 error\n"
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = "啊".repeat(2_000);
        for from in [0, 3, 300, 5_997] {
            let (shown, skipped) = cut(&line, from);
            assert!(columns(shown) <= LINE_COLUMNS_MAX);
            assert!(skipped <= from && from <= skipped + shown.len());
        }
    }
}
