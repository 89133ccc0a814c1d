//! Expressions: on one line, or broken at `&&`, `||` and `? :`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "forms that are not broken over lines are printed on one"
)]

use super::{COLUMNS_MAX, Printer, columns};
use crate::syntax::ast::{Expr, ExprKind, Operator, Piece, Template, Text};

/// Which quotes texts get.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    /// `"…"`
    Double,
    /// `'…'`, inside `{…}` of a text.
    Single,
}

/// How strongly a form binds; an operand that binds less strongly needs parentheses.
fn strength(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Conditional(..) => 1,
        ExprKind::Default(..) => 2,
        ExprKind::Or(_) => 3,
        ExprKind::And(_) => 4,
        ExprKind::Binary(operator, ..) => operator_strength(*operator),
        ExprKind::Not(_) | ExprKind::Negate(_) => 8,
        ExprKind::Int(text) | ExprKind::Double(text) if text.starts_with('-') => 8,
        ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Double(_)
        | ExprKind::Text(_)
        | ExprKind::Duration(_)
        | ExprKind::Name(_)
        | ExprKind::Member(..)
        | ExprKind::Call(..)
        | ExprKind::Method(..)
        | ExprKind::Index(..)
        | ExprKind::Paren(_)
        | ExprKind::List(_)
        | ExprKind::Map(_)
        | ExprKind::Error => 9,
    }
}

fn operator_strength(operator: Operator) -> u8 {
    match operator {
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::In => 5,
        Operator::Add | Operator::Subtract => 6,
        Operator::Multiply | Operator::Divide | Operator::Remainder => 7,
    }
}

/// The expression on one line.
pub fn flat(expr: &Expr, quotes: Quotes, out: &mut String) {
    match &expr.kind {
        ExprKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        ExprKind::Int(text) | ExprKind::Double(text) | ExprKind::Name(text) => out.push_str(text),
        ExprKind::Text(value) => text(value, quotes, out),
        ExprKind::Duration(length) => out.push_str(&length.text),
        ExprKind::Member(owner, name) => {
            operand(owner, 9, quotes, out);
            out.push('.');
            out.push_str(&name.text);
        }
        ExprKind::Call(name, arguments) => {
            out.push_str(&name.text);
            listed(arguments, ('(', ')'), quotes, out);
        }
        ExprKind::Method(receiver, name, arguments) => {
            operand(receiver, 9, quotes, out);
            out.push('.');
            out.push_str(&name.text);
            listed(arguments, ('(', ')'), quotes, out);
        }
        ExprKind::Index(owner, index) => {
            operand(owner, 9, quotes, out);
            out.push('[');
            flat(index, quotes, out);
            out.push(']');
        }
        ExprKind::Paren(inner) => {
            out.push('(');
            flat(inner, quotes, out);
            out.push(')');
        }
        ExprKind::List(items) => listed(items, ('[', ']'), quotes, out),
        ExprKind::Map(entries) => map(entries, quotes, out),
        ExprKind::Not(inner) => {
            out.push('!');
            operand(inner, 8, quotes, out);
        }
        ExprKind::Negate(inner) => {
            out.push('-');
            operand(inner, 8, quotes, out);
        }
        ExprKind::And(items) => joined(items, " && ", 5, quotes, out),
        ExprKind::Or(items) => joined(items, " || ", 4, quotes, out),
        ExprKind::Default(value, other) => {
            operand(value, 3, quotes, out);
            out.push_str(" ?? ");
            operand(other, 2, quotes, out);
        }
        ExprKind::Binary(operator, left, right) => {
            let strength = operator_strength(*operator);
            // Comparisons do not chain.
            let left_strength = if strength == 5 { 6 } else { strength };
            operand(left, left_strength, quotes, out);
            out.push(' ');
            out.push_str(operator.as_str());
            out.push(' ');
            operand(right, strength + 1, quotes, out);
        }
        ExprKind::Conditional(condition, yes, no) => {
            operand(condition, 2, quotes, out);
            out.push_str(" ? ");
            operand(yes, 1, quotes, out);
            out.push_str(" : ");
            operand(no, 1, quotes, out);
        }
        ExprKind::Error => {}
    }
}

fn operand(expr: &Expr, at_least: u8, quotes: Quotes, out: &mut String) {
    if strength(expr) >= at_least {
        flat(expr, quotes, out);
    } else {
        out.push('(');
        flat(expr, quotes, out);
        out.push(')');
    }
}

fn joined(items: &[Expr], between: &str, at_least: u8, quotes: Quotes, out: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        operand(item, at_least, quotes, out);
    }
}

fn listed(items: &[Expr], (open, close): (char, char), quotes: Quotes, out: &mut String) {
    out.push(open);
    joined(items, ", ", 0, quotes, out);
    out.push(close);
}

fn map(entries: &[(Text, Expr)], quotes: Quotes, out: &mut String) {
    if entries.is_empty() {
        return out.push_str("{}");
    }
    out.push_str("{ ");
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        text(key, quotes, out);
        out.push_str(": ");
        flat(value, quotes, out);
    }
    out.push_str(" }");
}

/// A text with its quotes.
pub fn text(value: &Text, quotes: Quotes, out: &mut String) {
    if value.raw && quotes == Quotes::Double {
        let quote = if value.value.contains('"') { '\'' } else { '"' };
        // A raw text ends at its quote and its line; what holds both quotes or a break cannot be raw.
        if !value.value.contains([quote, '\n']) {
            out.push('r');
            out.push(quote);
            out.push_str(&value.value);
            out.push(quote);
            return;
        }
    }
    let quote = if quotes == Quotes::Double { '"' } else { '\'' };
    out.push(quote);
    for c in value.value.chars() {
        // Inside a hole the other quote belongs to the text around it.
        let escapes = c == '"' || (c == '\'' && quotes == Quotes::Single);
        push_escaped(c, escapes, out);
    }
    out.push(quote);
}

fn push_escaped(c: char, is_quote: bool, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_quote => {
            out.push('\\');
            out.push(c);
        }
        c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        c => out.push(c),
    }
}

/// A text with holes, with its quotes.
pub fn template(template: &Template, out: &mut String) {
    out.push('"');
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    match c {
                        '{' => out.push_str("{{"),
                        '}' => out.push_str("}}"),
                        c => push_escaped(c, c == '"', out),
                    }
                }
            }
            Piece::Value(expr) => {
                out.push('{');
                flat(expr, Quotes::Single, out);
                out.push('}');
            }
        }
    }
    out.push('"');
}

/// One line's text of an expression.
pub fn flat_text(expr: &Expr) -> String {
    let mut out = String::new();
    flat(expr, Quotes::Double, &mut out);
    out
}

impl Printer<'_> {
    /// The expression from the column at hand; broken lines begin at column `indent`.
    pub(super) fn expr(&mut self, expr: &Expr, indent: usize) {
        let line = flat_text(expr);
        let fits = self.column() + columns(&line) <= COLUMNS_MAX;
        if fits && !self.is_broken(expr) {
            return self.out.push_str(&line);
        }
        match &expr.kind {
            ExprKind::And(items) => self.chain(items, "&& ", 5, indent),
            ExprKind::Or(items) => self.chain(items, "|| ", 4, indent),
            ExprKind::Paren(inner) if is_breakable(inner) => {
                self.out.push('(');
                let inside = self.column();
                self.expr(inner, inside);
                self.out.push(')');
            }
            ExprKind::Not(inner) if is_breakable(inner) => {
                self.out.push('!');
                self.expr(inner, indent);
            }
            ExprKind::Conditional(condition, yes, no) => {
                self.operand(condition, 2, indent);
                self.break_line("? ", indent);
                self.operand(yes, 1, indent + 2);
                self.break_line(": ", indent);
                self.operand(no, 1, indent + 2);
            }
            ExprKind::Binary(Operator::In, value, items) => match &items.kind {
                ExprKind::List(items) => self.in_list(value, items, indent),
                _ => self.out.push_str(&line),
            },
            _ => self.out.push_str(&line),
        }
    }

    fn operand(&mut self, expr: &Expr, at_least: u8, indent: usize) {
        if strength(expr) >= at_least {
            self.expr(expr, indent);
        } else {
            self.out.push('(');
            self.expr(expr, indent);
            self.out.push(')');
        }
    }

    fn chain(&mut self, items: &[Expr], operator: &str, at_least: u8, indent: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.break_before(items.get(at - 1), item, indent);
                self.out.push_str(operator);
            }
            self.operand(item, at_least, indent + operator.len());
        }
    }

    fn break_line(&mut self, sign: &str, indent: usize) {
        self.out.push('\n');
        self.pad(indent);
        self.out.push_str(sign);
    }

    /// Ends the line of an operand and begins that of the next, with the comments between them.
    fn break_before(&mut self, before: Option<&Expr>, next: &Expr, indent: usize) {
        let end = before.map_or(0, |before| before.at.0.end);
        let mut inner = Vec::new();
        while let Some(comment) = self.pending(end) {
            inner.push(comment);
            self.next += 1;
        }
        // An operator may stand between the operand and the comment behind it.
        if let Some(comment) = self.pending(next.at.0.start)
            && comment.trailing
            && inner.is_empty()
            && !self.breaks_between(end, comment.span.start)
        {
            self.out.push_str("  ");
            self.push_comment(comment);
            self.next += 1;
        }
        while let Some(comment) = self.pending(next.at.0.start) {
            inner.push(comment);
            self.next += 1;
        }
        for comment in inner {
            self.out.push('\n');
            self.pad(indent);
            self.push_comment(comment);
        }
        self.out.push('\n');
        self.pad(indent);
    }

    fn in_list(&mut self, value: &Expr, items: &[Expr], indent: usize) {
        self.operand(value, 6, indent);
        self.out.push_str(" in [");
        let inside = self.column();
        for (at, item) in items.iter().enumerate() {
            let text = flat_text(item);
            let is_last = at + 1 == items.len();
            if at > 0 {
                let needed = 1 + columns(&text) + 1;
                if self.column() + needed > COLUMNS_MAX {
                    self.out.push('\n');
                    self.pad(inside);
                } else {
                    self.out.push(' ');
                }
            }
            self.out.push_str(&text);
            if !is_last {
                self.out.push(',');
            }
        }
        self.out.push(']');
    }

    /// Whether people broke the expression over lines, or a comment stands between its operands.
    fn is_broken(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::And(items) | ExprKind::Or(items) => {
                let pairs = items.windows(2);
                let own = pairs.into_iter().any(|pair| match pair {
                    [a, b] => {
                        self.breaks_between(a.at.0.end, b.at.0.start)
                            || self.has_comment(a.at.0.end, b.at.0.start)
                    }
                    _ => false,
                });
                own || items.iter().any(|item| self.is_broken(item))
            }
            ExprKind::Paren(inner) | ExprKind::Not(inner) => self.is_broken(inner),
            _ => false,
        }
    }
}

/// Whether the expression can be laid out over lines.
fn is_breakable(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Conditional(..) => true,
        ExprKind::Paren(inner) | ExprKind::Not(inner) => is_breakable(inner),
        ExprKind::Binary(Operator::In, _, items) => matches!(items.kind, ExprKind::List(_)),
        _ => false,
    }
}
