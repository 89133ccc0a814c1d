//! Tree to text: the one way a policy is laid out (`stanch policy fmt`).
//!
//! Comments stay with what they stand before or behind. Inside a construct that is put on one line they move behind it.
//! Where people chose between one line and several for a chain of conditions, and where they left a line blank, the
//! choice is kept; everything else is laid out anew. Laying out twice changes nothing.

use super::ast::{Declaration, Expr, File, Item};
use super::lexer::Comment;
use super::parser;
use crate::diagnostic::Diagnostic;
use crate::ir::Span;

mod declaration;
mod expression;
mod script;
mod test;

/// Columns a line should not pass; East Asian wide characters take two.
pub const COLUMNS_MAX: usize = 120;

/// Lays out the policy file `text`.
///
/// # Errors
/// What is wrong with its syntax; spans call it file 0.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parser::parse(0, text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let mut printer = Printer {
        source: Some(text),
        comments: parsed.comments,
        ..Printer::default()
    };
    printer.file(&parsed.file);
    Ok(printer.out)
}

/// Lays out a tree that was not read from a text.
#[must_use]
pub fn print(file: &File) -> String {
    let mut printer = Printer::default();
    printer.file(file);
    printer.out
}

/// An expression on one line.
#[must_use]
pub fn print_expr(expr: &Expr) -> String {
    let mut out = String::new();
    expression::flat(expr, expression::Quotes::Double, &mut out);
    out
}

pub(crate) use declaration::{
    entry_only as entry_text, field_text, keys as keys_text, mode_text, use_text,
};

/// A reason with its quotes.
pub(crate) fn template_text(template: &super::ast::Template) -> String {
    let mut out = String::new();
    expression::template(template, &mut out);
    out
}

/// A cue of a script on one line.
pub(crate) fn cue_text(cue: &super::ast::Cue) -> String {
    format!("{} when {}", script::cue_head(cue), print_expr(&cue.when))
}

/// A line of a test.
pub(crate) fn step_text(step: &super::ast::Step) -> String {
    let mut printer = Printer::default();
    printer.step(step);
    let lines: Vec<&str> = printer.out.lines().map(str::trim).collect();
    lines.join(" ")
}

#[derive(Default)]
struct Printer<'a> {
    out: String,
    /// The text the tree was read from.
    source: Option<&'a str>,
    comments: Vec<Comment>,
    /// The next comment that is to be printed.
    next: usize,
    /// Whether nothing stands in the block yet.
    fresh: bool,
}

impl Printer<'_> {
    fn file(&mut self, file: &File) {
        self.fresh = true;
        let mut was_long = false;
        for declaration in &file.declarations {
            let start = self.out.len();
            let is_first = self.fresh;
            self.flush(declaration.at.0.start, 0);
            let comments_end = self.out.len();
            let keeps = self.source.is_some();
            let blank = !self.fresh && (!keeps || self.blank_before(declaration.at.0.start));
            let body_start = self.out.len();
            if matches!(declaration.item, Item::Feature(_)) {
                // It has no block that could hold the comments inside it.
                self.flush(declaration.at.0.end, 0);
            }
            self.declaration(declaration);
            let body = self.out.get(body_start..).unwrap_or("");
            let code_lines = body.lines().filter(|line| !line.starts_with("//")).count();
            let is_long = code_lines > 1;
            // A blank line around everything that takes more than one line, before its comments.
            let wanted = blank || was_long || is_long;
            let has_comments = comments_end > start;
            // The comment at the head of a file stays apart from the first declaration when it was.
            if wanted && (!is_first || (has_comments && blank)) {
                let at = if has_comments && !blank {
                    start
                } else {
                    body_start
                };
                self.insert_blank(at);
            }
            was_long = is_long;
            self.fresh = false;
        }
        let end = self.out.len();
        self.flush(u32::MAX, 0);
        if was_long && self.out.len() > end {
            self.insert_blank(end);
        }
    }

    /// A blank line at byte `at` of the output, unless there is one.
    fn insert_blank(&mut self, at: usize) {
        let before = self.out.get(..at).unwrap_or("");
        let after = self.out.get(at..).unwrap_or("");
        if !before.is_empty() && !before.ends_with("\n\n") && !after.starts_with('\n') {
            self.out.insert(at, '\n');
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        self.docs(&declaration.docs, 0);
        match &declaration.item {
            Item::Event(event) => self.event(event),
            Item::Feature(feature) => self.feature(feature),
            Item::List(list) => self.list(list),
            Item::Script(script) => self.script(script),
            Item::Rule(rule) => self.rule(rule),
            Item::Ruleset(set) => self.ruleset(set),
            Item::Test(test) => self.test(test),
        }
        self.end_line(declaration.at.0, 0);
    }

    fn docs(&mut self, docs: &[String], indent: usize) {
        for line in docs {
            self.pad(indent);
            self.out.push_str("///");
            if !line.is_empty() {
                self.out.push(' ');
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// Begins the line of a part of a block: comments before it, then a blank line if there was one.
    fn begin_line(&mut self, start: u32, indent: usize) {
        self.flush(start, indent);
        if !self.fresh && self.blank_before(start) {
            self.insert_blank(self.out.len());
        }
        self.fresh = false;
    }

    /// Ends a line: the comment behind it, then those that stood inside it.
    fn end_line(&mut self, span: Span, indent: usize) {
        let mut inner = Vec::new();
        while let Some(comment) = self.pending(span.end) {
            inner.push(comment);
            self.next += 1;
        }
        if let Some(comment) = self.trailing(span.end) {
            self.out.push_str("  ");
            self.push_comment(comment);
            self.next += 1;
        }
        self.out.push('\n');
        for comment in inner {
            self.pad(indent);
            self.push_comment(comment);
            self.out.push('\n');
        }
    }

    /// The next comment when it begins before byte `end`.
    fn pending(&self, end: u32) -> Option<Comment> {
        let comment = self.comments.get(self.next)?;
        (comment.span.start < end).then_some(*comment)
    }

    /// The next comment when it stands behind byte `end` on the same line.
    fn trailing(&self, end: u32) -> Option<Comment> {
        let comment = self.comments.get(self.next)?;
        let between = self
            .source?
            .get(end as usize..comment.span.start as usize)?;
        let only_separators = between
            .chars()
            .all(|c| " \t,;".contains(c) || c == '\u{3000}');
        (comment.trailing && only_separators).then_some(*comment)
    }

    fn push_comment(&mut self, comment: Comment) {
        let range = comment.span.start as usize..comment.span.end as usize;
        let text = self
            .source
            .and_then(|source| source.get(range))
            .unwrap_or("");
        self.out.push_str(text);
    }

    /// Prints the comments that begin before byte `before`, each on its own line.
    fn flush(&mut self, before: u32, indent: usize) {
        while let Some(comment) = self.pending(before) {
            self.next += 1;
            if !self.fresh && self.blank_before(comment.span.start) {
                self.insert_blank(self.out.len());
            }
            self.fresh = false;
            self.pad(indent);
            self.push_comment(comment);
            self.out.push('\n');
        }
    }

    /// Whether a blank line stands before byte `at` and the documentation before it.
    fn blank_before(&self, at: u32) -> bool {
        let Some(before) = self.source.and_then(|source| source.get(..at as usize)) else {
            return false;
        };
        let mut lines = before.rsplit('\n');
        let begins_line = lines.next().is_some_and(|line| line.trim().is_empty());
        let mut lines = lines.skip_while(|line| {
            let line = line.trim();
            line.starts_with("///") && !line.starts_with("////")
        });
        begins_line && lines.next().is_some_and(|line| line.trim().is_empty())
    }

    /// Whether the text between two bytes of the source has a line break.
    fn breaks_between(&self, start: u32, end: u32) -> bool {
        self.source
            .and_then(|source| source.get(start as usize..end as usize))
            .is_some_and(|text| text.contains('\n'))
    }

    /// Whether a comment stands between two bytes of the source.
    fn has_comment(&self, start: u32, end: u32) -> bool {
        let from = self.comments.partition_point(|c| c.span.start < start);
        self.comments.get(from).is_some_and(|c| c.span.start < end)
    }

    /// The brace that closes a block, with the comments before it.
    fn close(&mut self, end: Span, indent: usize) {
        self.flush(end.start, indent + 2);
        self.pad(indent);
        self.out.push('}');
        self.fresh = false;
    }

    fn open(&mut self) {
        self.out.push('{');
        if let Some(comment) = self.comments.get(self.next).copied()
            && self.is_behind_brace(comment)
        {
            self.out.push_str("  ");
            self.push_comment(comment);
            self.next += 1;
        }
        self.out.push('\n');
        self.fresh = true;
    }

    fn is_behind_brace(&self, comment: Comment) -> bool {
        let before = self
            .source
            .and_then(|source| source.get(..comment.span.start as usize));
        comment.trailing && before.is_some_and(|before| before.trim_end().ends_with('{'))
    }

    /// Columns of the line being written.
    fn column(&self) -> usize {
        let start = self.out.rfind('\n').map_or(0, |at| at + 1);
        columns(self.out.get(start..).unwrap_or(""))
    }
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests;
