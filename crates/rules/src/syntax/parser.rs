//! Tokens to tree, with recovery: after a mistake it goes on at the next clause, field or declaration, so that one
//! run finds every mistake.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the forty kinds of tokens a rule of the grammar names those it takes; all others are wrong there"
)]

use std::collections::BTreeSet;

use super::ast::{At, Declaration, Expr, ExprKind, File, Item, Length, Name, Text};
use super::lexer::{self, Comment, Lexed, Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Span;

mod declaration;
mod expression;
mod rule;
mod script;
mod test;

/// Greatest height of an expression's tree, and depth of nesting: more than people write, and small enough that
/// no recursive walk over a tree exhausts a thread's stack.
pub const HEIGHT_MAX: u16 = 100;

/// Words that begin a declaration.
const KEYWORDS: &[&str] = &[
    "event", "feature", "list", "script", "rule", "ruleset", "test",
];

/// A file as read.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// What it declares; parts that could not be read are left out.
    pub file: File,
    /// Its comments, but for documentation that went into the tree.
    pub comments: Vec<Comment>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the policy file `text`, which spans will call `file`.
#[must_use]
pub fn parse(file: u32, text: &str) -> Parsed {
    let lexed = lexer::lex(file, text, 0..text.len());
    let mut parser = Parser::new(file, text, lexed);
    let declarations = parser.declarations();
    let docs = parser.docs_taken;
    let mut comments = parser.comments;
    comments.retain(|comment| !docs.contains(&comment.span.start));
    Parsed {
        file: File { declarations },
        comments,
        diagnostics: parser.diagnostics,
    }
}

struct Parser<'a> {
    file: u32,
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    comments: Vec<Comment>,
    docs_taken: BTreeSet<u32>,
    diagnostics: Vec<Diagnostic>,
    /// After a syntax error, until the parser has found its feet again: no further syntax errors are reported.
    lost: bool,
    depth: u16,
}

/// Nothing could be read here; a diagnostic has been given.
struct Lost;

type Read<T> = Result<T, Lost>;

impl<'a> Parser<'a> {
    fn new(file: u32, text: &'a str, lexed: Lexed) -> Self {
        Self {
            file,
            text,
            tokens: lexed.tokens,
            at: 0,
            comments: lexed.comments,
            docs_taken: BTreeSet::new(),
            diagnostics: lexed.diagnostics,
            lost: false,
            depth: 0,
        }
    }

    fn token(&self) -> Token {
        self.token_at(self.at)
    }

    fn token_at(&self, at: usize) -> Token {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let beyond = Token {
            kind: TokenKind::End,
            span: Span {
                file: self.file,
                start: end,
                end,
            },
            first_on_line: false,
        };
        self.tokens
            .get(at)
            .or(self.tokens.last())
            .copied()
            .unwrap_or(beyond)
    }

    fn kind(&self) -> TokenKind {
        self.token().kind
    }

    fn written(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// The word at hand; empty when it is something else.
    fn word(&self) -> &'a str {
        self.word_at(self.at)
    }

    fn word_at(&self, at: usize) -> &'a str {
        let token = self.token_at(at);
        if token.kind == TokenKind::Word {
            self.written(token.span)
        } else {
            ""
        }
    }

    fn advance(&mut self) -> Token {
        let token = self.token();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, kind: TokenKind) -> Option<Token> {
        (self.kind() == kind).then(|| self.advance())
    }

    fn eat_word(&mut self, word: &str) -> Option<Token> {
        (self.word() == word).then(|| self.advance())
    }

    /// From the start of `start` to the end of the token before the one at hand.
    fn since(&self, start: Span) -> At {
        let last = self.at.checked_sub(1).map(|at| self.token_at(at).span.end);
        At(Span {
            end: last.unwrap_or(start.end).max(start.end),
            ..start
        })
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports a syntax error unless one was reported and the parser is still lost.
    fn syntax(&mut self, diagnostic: Diagnostic) -> Lost {
        if !self.lost {
            self.diagnostics.push(diagnostic);
        }
        self.lost = true;
        Lost
    }

    /// Says that `wanted` is wanted and something else is at hand.
    fn wanted(&mut self, wanted: &str) -> Diagnostic {
        let token = self.token();
        let found = match token.kind {
            TokenKind::End => "the file ends".to_owned(),
            _ if token.span.end - token.span.start > 40 => "something else is here".to_owned(),
            _ => format!("`{}` is here", self.written(token.span)),
        };
        Diagnostic::error(
            Code::Syntax,
            token.span,
            format!("{wanted} is wanted, but {found}"),
        )
    }

    fn expect(&mut self, kind: TokenKind, wanted: &str) -> Read<Token> {
        if let Some(token) = self.eat(kind) {
            return Ok(token);
        }
        let found = self.wanted(wanted);
        Err(self.syntax(found))
    }

    fn expect_word(&mut self, word: &str, hint: &str) -> Read<Token> {
        if let Some(token) = self.eat_word(word) {
            return Ok(token);
        }
        let found = self.wanted(&format!("`{word}`")).hint(hint);
        Err(self.syntax(found))
    }

    fn name(&mut self, wanted: &str) -> Read<Name> {
        let token = self.expect(TokenKind::Word, wanted)?;
        Ok(self.name_of(token))
    }

    fn name_of(&self, token: Token) -> Name {
        Name {
            text: self.written(token.span).to_owned(),
            at: At(token.span),
        }
    }

    /// `a, b, c`
    fn names(&mut self, wanted: &str) -> Read<Vec<Name>> {
        let mut names = vec![self.name(wanted)?];
        while self.eat(TokenKind::Comma).is_some() {
            names.push(self.name(wanted)?);
        }
        Ok(names)
    }

    fn string(&mut self, wanted: &str) -> Read<Text> {
        let token = self.token();
        let TokenKind::Text { .. } = token.kind else {
            let hint = if token.kind == TokenKind::Word {
                format!("put it in quotes: \"{}\"", self.written(token.span))
            } else {
                "texts are written \"…\"".to_owned()
            };
            let found = self.wanted(wanted).hint(hint);
            return Err(self.syntax(found));
        };
        self.advance();
        Ok(self.text_of(token))
    }

    fn text_of(&mut self, token: Token) -> Text {
        let TokenKind::Text { raw, open, close } = token.kind else {
            return Text {
                value: String::new(),
                raw: false,
                at: At(token.span),
            };
        };
        let start = token.span.start as usize + usize::from(open);
        let end = (token.span.end as usize)
            .saturating_sub(usize::from(close))
            .max(start);
        let value = if raw {
            self.text.get(start..end).unwrap_or("").to_owned()
        } else {
            let (value, found) = lexer::unescape(self.file, self.text, start, end);
            self.diagnostics.extend(found);
            value
        };
        Text {
            value,
            raw,
            at: At(token.span),
        }
    }

    fn length(&mut self, wanted: &str) -> Read<Length> {
        let token = self.token();
        if let TokenKind::Duration(micros) = token.kind {
            self.advance();
            return Ok(Length {
                text: self.written(token.span).to_owned(),
                micros,
                at: At(token.span),
            });
        }
        let written = self.written(token.span);
        let hint = if token.kind == TokenKind::Int {
            format!("add a unit: `{written}s`, `{written}m`, `{written}h` or `{written}d`")
        } else {
            "lengths of time are written `30s`, `24h`, `7d`".to_owned()
        };
        let found = self.wanted(wanted).hint(hint);
        let lost = self.syntax(found);
        if token.kind == TokenKind::Int {
            // Only the unit is missing: go on behind it.
            self.advance();
            self.lost = false;
            return Ok(Length {
                text: format!("{written}h"),
                micros: 3_600_000_000,
                at: At(token.span),
            });
        }
        Err(lost)
    }

    /// Separators that people may put between the parts of a block.
    fn skip_separators(&mut self) {
        while matches!(self.kind(), TokenKind::Comma | TokenKind::Semicolon) {
            self.advance();
        }
    }

    /// The lines of documentation between the token before and the token at hand.
    fn docs(&mut self) -> Vec<String> {
        let before = self.at.checked_sub(1).map(|at| self.token_at(at).span.end);
        let from = before.unwrap_or(0);
        let to = self.token().span.start;
        let first = self.comments.partition_point(|c| c.span.start < from);
        let mut lines = Vec::new();
        let here = self.comments.iter().skip(first);
        for comment in here.take_while(|c| c.span.start < to) {
            if comment.is_doc && !comment.trailing {
                let written = self.written(comment.span).trim_start_matches("///");
                lines.push(written.strip_prefix(' ').unwrap_or(written).to_owned());
                self.docs_taken.insert(comment.span.start);
            }
        }
        lines
    }

    fn declarations(&mut self) -> Vec<Declaration> {
        let mut declarations = Vec::new();
        loop {
            self.skip_separators();
            if self.kind() == TokenKind::End {
                return declarations;
            }
            let docs = self.docs();
            let start = self.token().span;
            self.lost = false;
            match self.item() {
                Ok(item) => declarations.push(Declaration {
                    docs,
                    item,
                    at: self.since(start),
                }),
                Err(Lost) => self.skip_to_declaration(),
            }
        }
    }

    fn item(&mut self) -> Read<Item> {
        let written = self.word();
        let keyword = if KEYWORDS.contains(&written) {
            written
        } else {
            self.misspelt_keyword()?
        };
        self.advance();
        match keyword {
            "event" => self.event().map(Item::Event),
            "feature" => self.feature().map(Item::Feature),
            "list" => self.list().map(Item::List),
            "script" => self.script().map(Item::Script),
            "rule" => self.rule().map(Item::Rule),
            "ruleset" => self.ruleset().map(Item::Ruleset),
            _ => self.test().map(Item::Test),
        }
    }

    /// Reports that no declaration begins here; answers the keyword that was probably meant.
    fn misspelt_keyword(&mut self) -> Read<&'static str> {
        let written = self.word();
        let near = crate::diagnostic::suggest::nearest(written, KEYWORDS.iter().copied());
        let next = self.token_at(self.at + 1).kind;
        let found = self
            .wanted("a declaration")
            .hint("declarations begin with event, feature, list, script, rule, ruleset or test")
            .did_you_mean(written, KEYWORDS.iter().copied());
        let lost = self.syntax(found);
        let keyword = KEYWORDS.iter().find(|keyword| Some(**keyword) == near);
        match keyword {
            Some(keyword) if matches!(next, TokenKind::Word | TokenKind::Text { .. }) => {
                self.lost = false;
                Ok(keyword)
            }
            Some(_) | None => Err(lost),
        }
    }

    /// Whether a declaration begins at the token at hand, beyond doubt: its keyword stands first on the line and what
    /// follows can only be a declaration.
    fn at_declaration(&self) -> bool {
        if !self.token().first_on_line {
            return false;
        }
        let second = self.token_at(self.at + 1).kind;
        let third = self.token_at(self.at + 2).kind;
        let named = second == TokenKind::Word;
        match self.word() {
            // A field may be named `event` or `list`.
            "event" | "script" => {
                named && third == TokenKind::OpenBrace && self.word_at(self.at + 1) != "enum"
            }
            "feature" => named && third == TokenKind::Assign,
            "list" => {
                let fourth = self.token_at(self.at + 3).kind;
                named && third == TokenKind::Word && fourth == TokenKind::OpenBrace
            }
            "rule" | "ruleset" => named && self.word_at(self.at + 2) == "on",
            "test" => matches!(second, TokenKind::Text { .. }) && third == TokenKind::OpenBrace,
            _ => false,
        }
    }

    fn skip_to_declaration(&mut self) {
        let mut moved = false;
        while self.kind() != TokenKind::End {
            let is_start = self.at_declaration()
                || (self.token().first_on_line && KEYWORDS.contains(&self.word()));
            if moved && is_start {
                return;
            }
            self.advance();
            moved = true;
        }
    }

    /// Whether the block at hand ends here, at its brace, at the end of the file or because it was not closed.
    fn at_block_end(&self) -> bool {
        matches!(self.kind(), TokenKind::CloseBrace | TokenKind::End) || self.at_declaration()
    }

    /// `{ part … }`: has `read` take the parts, answers the closing brace. After a part that cannot be read it goes on at
    /// the next token for which `is_start` holds.
    fn block(
        &mut self,
        what: &str,
        is_start: impl Fn(&Self) -> bool,
        mut read: impl FnMut(&mut Self) -> Read<()>,
    ) -> Read<At> {
        let open = self.expect(TokenKind::OpenBrace, "`{`")?;
        loop {
            self.skip_separators();
            if self.at_block_end() {
                return Ok(self.close_block(open.span, what));
            }
            let before = self.at;
            self.lost = false;
            if read(self).is_err() || self.lost {
                if self.at == before {
                    self.advance();
                }
                self.skip_to(&is_start);
            }
        }
    }

    /// The closing brace of the block that `open` opened.
    fn close_block(&mut self, open: Span, what: &str) -> At {
        let token = self.token();
        if self.eat(TokenKind::CloseBrace).is_some() {
            return At(token.span);
        }
        let found = self
            .wanted(&format!("`}}` to close this {what}"))
            .label(open, "opened here")
            .hint(format!("add `}}` after the last line of the {what}"));
        self.lost = false;
        self.syntax(found);
        At(Span {
            end: token.span.start,
            ..token.span
        })
    }

    /// Skips to a token that stands first on its line and for which `is_start` holds, to a separator, or to the end
    /// of the block; passes over inner blocks.
    fn skip_to(&mut self, is_start: impl Fn(&Self) -> bool) {
        let mut open = 0_usize;
        self.lost = false;
        while self.kind() != TokenKind::End && !self.at_declaration() {
            match self.kind() {
                TokenKind::OpenBrace => open += 1,
                TokenKind::CloseBrace if open == 0 => return,
                TokenKind::CloseBrace => open -= 1,
                TokenKind::Semicolon if open == 0 => return,
                _ if open == 0 && self.token().first_on_line && is_start(self) => return,
                _ => {}
            }
            self.advance();
        }
    }

    fn error_expr(&self, at: Span) -> Expr {
        Expr::new(ExprKind::Error, At(at))
    }
}
