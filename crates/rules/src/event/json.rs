//! A cursor over one line of JSON (RFC 8259): the caller says what it wants next and takes it, or is told where
//! and why not. There is no recursion: the schema bounds the depth.

use std::borrow::Cow;

/// Where reading stopped, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) at: usize,
    pub(super) why: &'static str,
}

/// A number as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number<'a> {
    /// No point, no exponent, and it fits.
    Int(i64),
    /// Anything else.
    Other(&'a str),
}

/// What a value is, by its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    String,
    Number,
    Object,
    Array,
    Literal,
}

pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// At a byte that [`Cursor::at`] gave.
    pub(super) const fn starting(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    pub(super) const fn bytes_left(&self) -> usize {
        self.text.len().saturating_sub(self.at)
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn stop(&self, why: &'static str) -> Stop {
        Stop { at: self.at, why }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `byte`, after white space.
    pub(super) fn take(&mut self, byte: u8, why: &'static str) -> Result<(), Stop> {
        if self.take_if(byte) {
            Ok(())
        } else {
            Err(self.stop(why))
        }
    }

    /// Takes `byte`, after white space, if it is there.
    pub(super) fn take_if(&mut self, byte: u8) -> bool {
        self.skip_space();
        let there = self.byte() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// What comes next, after white space.
    pub(super) fn next(&mut self) -> Result<Next, Stop> {
        self.skip_space();
        match self.byte() {
            Some(b'"') => Ok(Next::String),
            Some(b'-' | b'0'..=b'9') => Ok(Next::Number),
            Some(b'{') => Ok(Next::Object),
            Some(b'[') => Ok(Next::Array),
            Some(b't' | b'f' | b'n') => Ok(Next::Literal),
            Some(_) => Err(self.stop("a value was expected")),
            None => Err(self.stop("the line ends early")),
        }
    }

    /// `null`, if it comes next.
    pub(super) fn take_null(&mut self) -> bool {
        self.skip_space();
        self.take_word("null")
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there = self
            .text
            .as_bytes()
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word.as_bytes()));
        if there {
            self.at += word.len();
        }
        there
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self) -> Result<bool, Stop> {
        self.skip_space();
        if self.take_word("true") {
            Ok(true)
        } else if self.take_word("false") {
            Ok(false)
        } else {
            Err(self.stop("true or false was expected"))
        }
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), Stop> {
        self.skip_space();
        match self.byte() {
            None => Ok(()),
            Some(_) => Err(self.stop("something follows the event")),
        }
    }

    /// Steps over an object, counting brackets only: whoever comes back for it reads it properly.
    pub(super) fn skip_object(&mut self) -> Result<(), Stop> {
        if self.next()? != Next::Object {
            return Err(self.stop("an object was expected"));
        }
        let mut depth = 0_usize;
        loop {
            match self.byte() {
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => depth -= 1,
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                Some(_) => {}
                None => return Err(self.stop("the line ends early")),
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// A string; borrowed unless it has escapes.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        self.skip_space();
        if self.byte() != Some(b'"') {
            return Err(self.stop("a string was expected"));
        }
        self.at += 1;
        let start = self.at;
        self.run_to_special();
        match self.byte() {
            Some(b'"') => {
                let text = self.text.get(start..self.at).unwrap_or("");
                self.at += 1;
                Ok(Cow::Borrowed(text))
            }
            Some(b'\\') => self.string_with_escapes(start).map(Cow::Owned),
            Some(_) => Err(self.stop("a control character in a string")),
            None => Err(self.stop("a string does not end")),
        }
    }

    /// Goes on to a quote, a backslash, a control character or the end.
    fn run_to_special(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        let special = |b: &u8| matches!(b, b'"' | b'\\' | 0..=0x1f);
        self.at += rest.iter().position(special).unwrap_or(rest.len());
    }

    fn string_with_escapes(&mut self, start: usize) -> Result<String, Stop> {
        let mut out = String::new();
        let mut from = start;
        loop {
            out.push_str(self.text.get(from..self.at).unwrap_or(""));
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                Some(_) => return Err(self.stop("a control character in a string")),
                None => return Err(self.stop("a string does not end")),
            }
            from = self.at;
            self.run_to_special();
        }
    }

    fn escape(&mut self) -> Result<char, Stop> {
        let plain = match self.byte() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            Some(_) | None => return Err(self.stop("no such escape in a string")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// `XXXX` of `\uXXXX`, and the second half of a surrogate pair.
    fn unicode_escape(&mut self) -> Result<char, Stop> {
        let lone = "a lone surrogate in a string";
        let unit = self.hex4()?;
        let code = match unit {
            0xd800..=0xdbff => {
                if !self.take_word("\\u") {
                    return Err(self.stop(lone));
                }
                match self.hex4()? {
                    low @ 0xdc00..=0xdfff => 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                    _ => return Err(self.stop(lone)),
                }
            }
            other => other,
        };
        char::from_u32(code).ok_or_else(|| self.stop(lone))
    }

    fn hex4(&mut self) -> Result<u32, Stop> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|b| char::from(b).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.stop("four hexadecimal digits were expected"));
            };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }

    /// A number.
    pub(super) fn number(&mut self) -> Result<Number<'a>, Stop> {
        self.skip_space();
        let start = self.at;
        let why = "a number was expected";
        let negative = self.byte() == Some(b'-');
        self.at += usize::from(negative);
        let mut value: Option<i64> = Some(0);
        let first = self.byte();
        let digits = self.digits(|digit| {
            let ten_times = value.and_then(|value| value.checked_mul(10));
            value = ten_times.and_then(|ten_times| {
                if negative {
                    ten_times.checked_sub(digit)
                } else {
                    ten_times.checked_add(digit)
                }
            });
        });
        if digits == 0 || (digits > 1 && first == Some(b'0')) {
            return Err(self.stop(why));
        }
        let mut plain = true;
        if self.byte() == Some(b'.') {
            plain = false;
            self.at += 1;
            if self.digits(|_| ()) == 0 {
                return Err(self.stop(why));
            }
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            plain = false;
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            if self.digits(|_| ()) == 0 {
                return Err(self.stop(why));
            }
        }
        Ok(match value {
            Some(value) if plain => Number::Int(value),
            _ => Number::Other(self.text.get(start..self.at).unwrap_or("")),
        })
    }

    fn digits(&mut self, mut each: impl FnMut(i64)) -> usize {
        let start = self.at;
        while let Some(b @ b'0'..=b'9') = self.byte() {
            each(i64::from(b - b'0'));
            self.at += 1;
        }
        self.at - start
    }
}
