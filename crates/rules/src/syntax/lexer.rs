//! Text to tokens. Comments are kept beside them; every byte of the text is in a token, a comment or blank.

use stanch_types::Timestamp;

use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Span;

mod number;

/// A piece of text that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where.
    pub span: Span,
    /// Whether nothing but blanks stands before it on its line.
    pub first_on_line: bool,
}

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or word.
    Word,
    /// A whole number.
    Int,
    /// A number with a point or an exponent.
    Double,
    /// A length of time; microseconds.
    Duration(i64),
    /// An instant; microseconds since 1970 UTC.
    Instant(i64),
    /// A text. `open` and `close` are the lengths in bytes of what stands around its content.
    Text {
        /// Whether it is written without escapes.
        raw: bool,
        /// Bytes before the content.
        open: u8,
        /// Bytes after the content.
        close: u8,
    },
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `:`
    Colon,
    /// `.`
    Dot,
    /// `=`
    Assign,
    /// `?`
    Question,
    /// `??`
    Default,
    /// `!`
    Not,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// The end of the text.
    End,
}

/// A comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// From its slashes to the end of its line, blanks at the end apart.
    pub span: Span,
    /// `///`: documentation of what follows.
    pub is_doc: bool,
    /// Whether something else stands before it on its line.
    pub trailing: bool,
}

/// What a text consists of.
#[derive(Debug, Clone, Default)]
pub struct Lexed {
    /// Tokens in order, the last is [`TokenKind::End`].
    pub tokens: Vec<Token>,
    /// Comments in order.
    pub comments: Vec<Comment>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Signs of Chinese keyboards that stand for signs of the language.
const LOOK_ALIKES: &[(char, char)] = &[
    ('，', ','),
    ('、', ','),
    ('；', ';'),
    ('：', ':'),
    ('（', '('),
    ('）', ')'),
    ('｛', '{'),
    ('｝', '}'),
    ('［', '['),
    ('］', ']'),
    ('【', '['),
    ('】', ']'),
    ('＝', '='),
    ('＞', '>'),
    ('＜', '<'),
    ('！', '!'),
    ('＆', '&'),
    ('｜', '|'),
    ('？', '?'),
    ('＋', '+'),
    ('－', '-'),
    ('＊', '*'),
    ('×', '*'),
    ('／', '/'),
    ('÷', '/'),
    ('％', '%'),
    ('．', '.'),
    ('。', '.'),
];

/// Reads the bytes `range` of `text`, which must begin and end between characters.
#[must_use]
pub fn lex(file: u32, text: &str, range: std::ops::Range<usize>) -> Lexed {
    let mut lexer = Lexer {
        file,
        text: text.get(..range.end).unwrap_or(text),
        at: range.start,
        first_on_line: true,
        out: Lexed::default(),
    };
    while lexer.token() {}
    let end = lexer.span(lexer.at);
    lexer.push(TokenKind::End, end);
    lexer.out
}

/// Reads the expression inside `{…}` of a text: from `range.start`, just after its brace, to the closing brace that
/// no brace of the expression's own opened. Answers also where that closing brace is; none when `range` ends first.
#[must_use]
pub fn lex_hole(file: u32, text: &str, range: std::ops::Range<usize>) -> (Lexed, Option<usize>) {
    let mut lexer = Lexer {
        file,
        text: text.get(..range.end).unwrap_or(text),
        at: range.start,
        first_on_line: false,
        out: Lexed::default(),
    };
    let mut open = 0_usize;
    let mut close = None;
    loop {
        match lexer.peek() {
            Some('{') => open += 1,
            Some('}') if open == 0 => close = Some(lexer.at),
            Some('}') => open -= 1,
            Some(_) | None => {}
        }
        if close.is_some() || !lexer.token() {
            break;
        }
    }
    let end = lexer.span(lexer.at);
    lexer.push(TokenKind::End, end);
    (lexer.out, close)
}

struct Lexer<'a> {
    file: u32,
    text: &'a str,
    at: usize,
    first_on_line: bool,
    out: Lexed,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn skip_while(&mut self, holds: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&holds) {
            self.bump();
        }
    }

    fn span(&self, start: usize) -> Span {
        Span {
            file: self.file,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(self.at).unwrap_or(u32::MAX),
        }
    }

    fn push(&mut self, kind: TokenKind, span: Span) {
        let first_on_line = std::mem::replace(&mut self.first_on_line, false);
        self.out.tokens.push(Token {
            kind,
            span,
            first_on_line,
        });
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.out.diagnostics.push(diagnostic);
    }

    /// Reads one token, comment or blank; false at the end.
    fn token(&mut self) -> bool {
        let Some(first) = self.peek() else {
            return false;
        };
        let start = self.at;
        match first {
            '\n' => {
                self.first_on_line = true;
                self.bump();
            }
            c if c.is_ascii_whitespace() || c == '\u{feff}' || c == '\u{3000}' => self.bump(),
            '/' if self.peek_second() == Some('/') => self.comment(),
            '/' if self.peek_second() == Some('*') => self.block_comment(),
            'r' if matches!(self.peek_second(), Some('"' | '\'')) => {
                self.bump();
                self.quoted(start, true);
            }
            c if c == '_' || c.is_alphabetic() => self.word(),
            c if c.is_ascii_digit() => self.number(),
            '"' | '\'' => self.quoted(start, false),
            '“' | '”' | '‘' | '’' => self.curly_quoted(),
            _ => self.sign(first),
        }
        true
    }

    fn comment(&mut self) {
        let start = self.at;
        let is_doc = self.rest().starts_with("///") && !self.rest().starts_with("////");
        self.skip_while(|c| c != '\n');
        let written = self.text.get(start..self.at).unwrap_or("").trim_end();
        let end = self.at;
        self.at = start + written.len();
        let span = self.span(start);
        self.at = end;
        self.out.comments.push(Comment {
            span,
            is_doc,
            trailing: !self.first_on_line,
        });
    }

    fn block_comment(&mut self) {
        let start = self.at;
        self.at = match self.rest().find("*/") {
            Some(length) => start + length + 2,
            None => self.text.len(),
        };
        let message = "`/* … */` comments are not part of the language";
        let hint = "begin each line of the comment with `//`";
        self.report(Diagnostic::error(Code::BadCharacter, self.span(start), message).hint(hint));
    }

    fn word(&mut self) {
        let start = self.at;
        self.skip_while(|c| c == '_' || c.is_alphanumeric());
        let span = self.span(start);
        let written = self.text.get(start..self.at).unwrap_or("");
        if !written.is_ascii() {
            let message = format!("`{written}` is not a name: names have a-z, A-Z, 0-9 and `_`");
            let hint =
                "put text in quotes, or choose an English name and say the rest in a comment";
            self.report(Diagnostic::error(Code::BadCharacter, span, message).hint(hint));
        }
        self.push(TokenKind::Word, span);
    }

    /// A text; `self.at` is at its quote, `start` perhaps at an `r` before it.
    fn quoted(&mut self, start: usize, raw: bool) {
        let open = if raw { 2 } else { 1 };
        let Some(quote) = self.peek() else { return };
        self.bump();
        loop {
            match self.peek() {
                None | Some('\n') => {
                    let end = self.at;
                    let blank = self.text.get(start..end).unwrap_or("");
                    self.at = start + blank.trim_end().len().max(usize::from(open));
                    let span = self.span(start);
                    let message = "this text has no closing quote on its line";
                    let hint = format!("close it with `{quote}`; a line break is written `\\n`");
                    self.report(
                        Diagnostic::error(Code::UnterminatedString, span, message).hint(hint),
                    );
                    let kind = TokenKind::Text {
                        raw,
                        open,
                        close: 0,
                    };
                    self.push(kind, span);
                    return;
                }
                Some(c) if c == quote => {
                    self.bump();
                    let kind = TokenKind::Text {
                        raw,
                        open,
                        close: 1,
                    };
                    let span = self.span(start);
                    self.push(kind, span);
                    return;
                }
                Some('\\') if !raw => {
                    self.bump();
                    if self.peek() != Some('\n') {
                        self.bump();
                    }
                }
                Some(_) => self.bump(),
            }
        }
    }

    /// A text between quotes of a Chinese keyboard: read as meant, and reported.
    fn curly_quoted(&mut self) {
        let start = self.at;
        let open = self.peek().map_or(3, char::len_utf8);
        self.bump();
        self.skip_while(|c| !matches!(c, '\n' | '“' | '”' | '‘' | '’' | '"'));
        let close = self.peek().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        self.at += close;
        let span = self.span(start);
        let message = "texts are put between straight quotes";
        let hint = "write `\"…\"`";
        self.report(Diagnostic::error(Code::BadCharacter, span, message).hint(hint));
        let length = |bytes: usize| u8::try_from(bytes).unwrap_or(u8::MAX);
        let kind = TokenKind::Text {
            raw: false,
            open: length(open),
            close: length(close),
        };
        self.push(kind, span);
    }

    fn sign(&mut self, first: char) {
        let start = self.at;
        self.bump();
        let meant = LOOK_ALIKES.iter().find(|(wide, _)| *wide == first);
        let plain = meant.map_or(first, |(_, plain)| *plain);
        if let Some((wide, plain)) = meant {
            let message = format!(
                "`{wide}` (U+{:04X}) is not a sign of the language",
                *wide as u32
            );
            let found = Diagnostic::error(Code::BadCharacter, self.span(start), message)
                .hint(format!("write `{plain}`"))
                .replace(plain.to_string());
            self.report(found);
        }
        let kind = self.sign_kind(plain);
        let span = self.span(start);
        match kind {
            Some(kind) => self.push(kind, span),
            None => self.bad_sign(plain, start),
        }
    }

    fn sign_kind(&mut self, first: char) -> Option<TokenKind> {
        let mut pair = |second: char, both: TokenKind, alone: TokenKind| {
            if self.peek() == Some(second) {
                self.bump();
                both
            } else {
                alone
            }
        };
        Some(match first {
            '{' => TokenKind::OpenBrace,
            '}' => TokenKind::CloseBrace,
            '(' => TokenKind::OpenParen,
            ')' => TokenKind::CloseParen,
            '[' => TokenKind::OpenBracket,
            ']' => TokenKind::CloseBracket,
            ',' => TokenKind::Comma,
            ';' => TokenKind::Semicolon,
            ':' => TokenKind::Colon,
            '.' => TokenKind::Dot,
            '+' => TokenKind::Plus,
            '-' => TokenKind::Minus,
            '*' => TokenKind::Star,
            '/' => TokenKind::Slash,
            '%' => TokenKind::Percent,
            '=' => pair('=', TokenKind::Equal, TokenKind::Assign),
            '?' => pair('?', TokenKind::Default, TokenKind::Question),
            '!' => pair('=', TokenKind::NotEqual, TokenKind::Not),
            '<' => pair('=', TokenKind::LessOrEqual, TokenKind::Less),
            '>' => pair('=', TokenKind::GreaterOrEqual, TokenKind::Greater),
            '&' => pair('&', TokenKind::And, TokenKind::End),
            '|' => pair('|', TokenKind::Or, TokenKind::End),
            _ => return None,
        })
        .filter(|kind| *kind != TokenKind::End)
    }

    fn bad_sign(&mut self, sign: char, start: usize) {
        let single = matches!(sign, '&' | '|');
        if !single {
            // One finding for a run of strange signs, not one for each.
            self.skip_while(|c| {
                !c.is_ascii()
                    && !c.is_alphanumeric()
                    && !matches!(c, '\u{3000}' | '“' | '”' | '‘' | '’')
                    && !LOOK_ALIKES.iter().any(|(wide, _)| *wide == c)
            });
        }
        let span = self.span(start);
        let shown = if sign.is_control() || sign.is_whitespace() || !sign.is_ascii() {
            format!("the character U+{:04X}", sign as u32)
        } else {
            format!("`{sign}`")
        };
        let message = format!("{shown} is not a sign of the language");
        let mut found = Diagnostic::error(Code::BadCharacter, span, message);
        if single {
            found = found
                .hint(format!(
                    "\"and\" is `&&`, \"or\" is `||`: write `{sign}{sign}`"
                ))
                .replace(format!("{sign}{sign}"));
        } else {
            found = found.hint(if sign == '\\' {
                "inside `{…}` of a text use the other kind of quotes: \"… {f('x')} …\""
            } else {
                "remove it; text goes between quotes"
            });
        }
        self.report(found);
        if single {
            let kind = if sign == '&' {
                TokenKind::And
            } else {
                TokenKind::Or
            };
            self.push(kind, span);
        }
    }
}

/// The content of a text token, escapes resolved as in CEL, and what is wrong with them.
#[must_use]
pub fn unescape(file: u32, text: &str, start: usize, end: usize) -> (String, Vec<Diagnostic>) {
    let content = text.get(start..end).unwrap_or("");
    let mut out = String::with_capacity(content.len());
    let mut found = Vec::new();
    let mut chars = content.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let rest = content.get(at + 1..).unwrap_or("");
        match escape(rest) {
            Some((value, length)) => {
                out.push(value);
                // Skip the characters that the escape took.
                let taken = rest.get(..length).map_or(0, |taken| taken.chars().count());
                for _ in 0..taken {
                    chars.next();
                }
            }
            None => {
                let width = rest.chars().next().map_or(0, char::len_utf8);
                let place = |offset: usize| u32::try_from(start + offset).unwrap_or(u32::MAX);
                let span = Span {
                    file,
                    start: place(at),
                    end: place(at + 1 + width),
                };
                let message = "this escape is not part of the language";
                let hint = "escapes are \\\\ \\\" \\' \\` \\n \\r \\t \\a \\b \\f \\v \\? \\xHH \\uHHHH \\UHHHHHHHH \\OOO; \
                            a pattern is easier as r\"…\", which has no escapes";
                found.push(Diagnostic::error(Code::BadEscape, span, message).hint(hint));
            }
        }
    }
    (out, found)
}

/// The character that the escape at the start of `rest` (after its backslash) stands for, and its length in bytes.
fn escape(rest: &str) -> Option<(char, usize)> {
    let first = rest.chars().next()?;
    let code = |from: usize, digits: usize, radix: u32| {
        let text = rest.get(from..from + digits)?;
        if !text.chars().all(|c| c.is_digit(radix)) {
            return None;
        }
        let value = char::from_u32(u32::from_str_radix(text, radix).ok()?)?;
        Some((value, from + digits))
    };
    match first {
        '\\' | '"' | '\'' | '`' | '?' => Some((first, 1)),
        'n' => Some(('\n', 1)),
        'r' => Some(('\r', 1)),
        't' => Some(('\t', 1)),
        'a' => Some(('\u{7}', 1)),
        'b' => Some(('\u{8}', 1)),
        'f' => Some(('\u{c}', 1)),
        'v' => Some(('\u{b}', 1)),
        'x' | 'X' => code(1, 2, 16),
        'u' => code(1, 4, 16),
        'U' => code(1, 8, 16),
        '0'..='3' => code(0, 3, 8),
        _ => None,
    }
}

/// Reads `2026-03-01` as midnight UTC, or an RFC 3339 instant.
#[must_use]
pub fn parse_instant(text: &str) -> Option<i64> {
    let whole = if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    let instant: Timestamp = whole.parse().ok()?;
    Some(instant.as_micros())
}

pub use number::parse_duration;
