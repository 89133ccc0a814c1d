//! `rule` and the templates of its reasons.

use super::{Parser, Read};
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::ir::Span;
use crate::syntax::ast::{At, Clause, ClauseKind, Piece, Reason, Rule, Template};
use crate::syntax::lexer::{self, TokenKind};

/// Words that begin a clause of a rule.
const CLAUSES: &[&str] = &[
    "when", "then", "measure", "score", "owner", "typology", "reason",
];

impl Parser<'_> {
    pub(super) fn rule(&mut self) -> Read<Rule> {
        let name = self.name("the name of the rule")?;
        let on = self.on()?;
        let mut clauses = Vec::new();
        let at_clause = |parser: &Self| CLAUSES.contains(&parser.word());
        let end = self.block("rule", at_clause, |parser| {
            let start = parser.token().span;
            let kind = parser.clause()?;
            let at = parser.since(start);
            clauses.push(Clause { kind, at });
            Ok(())
        })?;
        Ok(Rule {
            name,
            on,
            clauses,
            end,
        })
    }

    fn clause(&mut self) -> Read<ClauseKind> {
        let written = self.word();
        let keyword = match CLAUSES.iter().find(|keyword| **keyword == written) {
            Some(keyword) => *keyword,
            None => self.misspelt_clause()?,
        };
        self.advance();
        Ok(match keyword {
            "when" => ClauseKind::When(self.expr()),
            "then" => {
                let decision = self.name("allow, warn, review, delay, hold or block")?;
                ClauseKind::Then(decision, self.lasts()?)
            }
            "measure" => {
                let kind = self.name("a measure such as `extra_verification`")?;
                ClauseKind::Measure(kind, self.lasts()?)
            }
            "score" => ClauseKind::Score(self.signed_int("a whole number")?),
            "owner" => ClauseKind::Owner(self.string("who answers for the rule")?),
            "typology" => ClauseKind::Typology(self.string("a scam typology")?),
            _ => ClauseKind::Reason(self.reasons()?),
        })
    }

    fn misspelt_clause(&mut self) -> Read<&'static str> {
        let written = self.word();
        let near = suggest::nearest(written, CLAUSES.iter().copied());
        let found = self
            .wanted("a clause of the rule")
            .hint("clauses are when, then, measure, score, owner, typology and reason")
            .did_you_mean(written, CLAUSES.iter().copied());
        let lost = self.syntax(found);
        match CLAUSES.iter().find(|keyword| Some(**keyword) == near) {
            Some(keyword) => {
                self.lost = false;
                Ok(keyword)
            }
            None => Err(lost),
        }
    }

    /// `[for DURATION]`
    fn lasts(&mut self) -> Read<Option<crate::syntax::ast::Length>> {
        match self.eat_word("for") {
            Some(_) => self.length("a length of time").map(Some),
            None => Ok(None),
        }
    }

    /// `zh "…" en "…"`
    pub(super) fn reasons(&mut self) -> Read<Vec<Reason>> {
        let mut reasons = Vec::new();
        loop {
            let is_language = self.kind() == TokenKind::Word
                && matches!(self.token_at(self.at + 1).kind, TokenKind::Text { .. })
                && !CLAUSES.contains(&self.word());
            if !is_language && !reasons.is_empty() {
                return Ok(reasons);
            }
            let language = self.name("`zh \"…\"` or `en \"…\"`")?;
            let token = self.token();
            if !matches!(token.kind, TokenKind::Text { .. }) {
                let found = self.wanted("the text of the reason");
                return Err(self.syntax(found));
            }
            self.advance();
            let template = self.template(token.kind, token.span);
            reasons.push(Reason { language, template });
        }
    }

    fn template(&mut self, kind: TokenKind, span: Span) -> Template {
        let mut template = Template {
            pieces: Vec::new(),
            at: At(span),
        };
        let TokenKind::Text { raw, open, close } = kind else {
            return template;
        };
        let end = (span.end as usize).saturating_sub(usize::from(close));
        let mut reader = TemplateReader {
            at: span.start as usize + usize::from(open),
            end,
            raw,
            text: String::new(),
        };
        while reader.at < reader.end {
            if let Some(value) = self.template_piece(&mut reader) {
                if !reader.text.is_empty() {
                    let text = std::mem::take(&mut reader.text);
                    template.pieces.push(Piece::Text(text));
                }
                template.pieces.push(value);
            }
        }
        if !reader.text.is_empty() {
            template.pieces.push(Piece::Text(reader.text));
        }
        template
    }

    /// Reads text up to a brace into `reader.text`, or a hole.
    fn template_piece(&mut self, reader: &mut TemplateReader) -> Option<Piece> {
        let rest = self.text.get(reader.at..reader.end).unwrap_or("");
        let plain = plain_length(rest, reader.raw);
        if plain > 0 {
            let (start, end) = (reader.at, reader.at + plain);
            reader.at = end;
            if reader.raw {
                reader
                    .text
                    .push_str(self.text.get(start..end).unwrap_or(""));
            } else {
                let (text, found) = lexer::unescape(self.file, self.text, start, end);
                self.diagnostics.extend(found);
                reader.text.push_str(&text);
            }
            return None;
        }
        for (doubled, brace) in [("{{", '{'), ("}}", '}')] {
            if rest.starts_with(doubled) {
                reader.text.push(brace);
                reader.at += 2;
                return None;
            }
        }
        if rest.starts_with('}') {
            let span = self.span(reader.at, reader.at + 1);
            let message = "this `}` closes nothing";
            let found = Diagnostic::error(Code::Syntax, span, message);
            self.report(
                found
                    .hint("write `}}` for a brace in the text")
                    .replace("}}"),
            );
            reader.at += 1;
            return None;
        }
        Some(self.hole(reader))
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            start: place(start),
            end: place(end),
        }
    }

    /// `{expression}`, from its brace.
    fn hole(&mut self, reader: &mut TemplateReader) -> Piece {
        let open = reader.at;
        let (lexed, close) = lexer::lex_hole(self.file, self.text, open + 1..reader.end);
        let mut inner = Parser::new(self.file, self.text, lexed);
        let value = if inner.kind() == TokenKind::End {
            let span = self.span(open, close.map_or(reader.end, |close| close + 1));
            let message = "this hole has no expression";
            let hint = "write `{event.amount}`; for a brace in the text write `{{`";
            inner.report(Diagnostic::error(Code::Syntax, span, message).hint(hint));
            inner.error_expr(span)
        } else {
            inner.expr()
        };
        if close.is_none() {
            // What was read up to the end of the text was not meant as an expression.
            inner.diagnostics.clear();
            inner.lost = false;
            let span = self.span(open, open + 1);
            let message = "this `{` is not closed";
            let hint = "close it with `}`; for a brace in the text write `{{`";
            inner.syntax(Diagnostic::error(Code::Syntax, span, message).hint(hint));
        } else if inner.kind() != TokenKind::End {
            let found = inner.wanted("`}`");
            inner.syntax(found);
        }
        self.diagnostics.append(&mut inner.diagnostics);
        reader.at = close.map_or(reader.end, |close| close + 1);
        Piece::Value(value)
    }
}

/// Where the reading of a template stands.
struct TemplateReader {
    at: usize,
    end: usize,
    raw: bool,
    text: String,
}

/// Length of the text before the next brace that is not escaped.
fn plain_length(text: &str, raw: bool) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '{' | '}' if !escaped => return at,
            '\\' if !raw && !escaped => escaped = true,
            _ => escaped = false,
        }
    }
    text.len()
}
