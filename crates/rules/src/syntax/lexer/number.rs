//! Numbers, lengths of time and instants.

use super::{Lexer, TokenKind, parse_instant};
use crate::diagnostic::{Code, Diagnostic};

/// Units of a length of time, in microseconds.
const UNITS: &[(&str, i64)] = &[
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
    ("w", 604_800_000_000),
];

/// Reads lengths of time such as `24h` and `1h30m`; none when malformed or past 2^63-1 microseconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (count, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, micros) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let part = count.parse::<i64>().ok()?.checked_mul(*micros)?;
        total = total.checked_add(part)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

impl Lexer<'_> {
    /// A token that begins with a digit.
    pub(super) fn number(&mut self) {
        let start = self.at;
        if self.is_date() {
            return self.instant(start);
        }
        self.skip_while(|c| c.is_ascii_digit());
        let mut is_double = false;
        if self.peek() == Some('.') && self.peek_second().is_some_and(|c| c.is_ascii_digit()) {
            is_double = true;
            self.bump();
            self.skip_while(|c| c.is_ascii_digit());
        }
        if self.has_exponent() {
            is_double = true;
            self.bump();
            self.skip_while(|c| matches!(c, '+' | '-'));
            self.skip_while(|c| c.is_ascii_digit());
        }
        if self.peek().is_some_and(|c| c == '_' || c.is_alphanumeric()) {
            self.skip_while(|c| c == '_' || c.is_alphanumeric());
            return self.duration(start);
        }
        let span = self.span(start);
        let written = self.text.get(start..self.at).unwrap_or("");
        if is_double {
            if !written.parse::<f64>().is_ok_and(f64::is_finite) {
                let message = format!("`{written}` is not a finite number");
                self.report(Diagnostic::error(Code::BadNumber, span, message));
            }
            self.push(TokenKind::Double, span);
        } else {
            self.push(TokenKind::Int, span);
        }
    }

    /// `e5`, `E-5`: digits follow the letter.
    fn has_exponent(&self) -> bool {
        let mut chars = self.rest().chars();
        let letter = matches!(chars.next(), Some('e' | 'E'));
        let mut next = chars.next();
        if matches!(next, Some('+' | '-')) {
            next = chars.next();
        }
        letter && next.is_some_and(|c| c.is_ascii_digit())
    }

    fn duration(&mut self, start: usize) {
        let span = self.span(start);
        let written = self.text.get(start..self.at).unwrap_or("");
        match parse_duration(written) {
            Some(micros) => self.push(TokenKind::Duration(micros), span),
            None => {
                let message = format!("`{written}` is not a length of time or a number");
                let hint = if written.contains('.') {
                    "write whole numbers of smaller units: 1.5h is `90m` or `1h30m`"
                } else if written.contains('_') {
                    "write numbers without `_`"
                } else {
                    "units are us, ms, s, m (minutes), h, d (24 hours), w: `30s`, `24h`, `1h30m`"
                };
                self.report(Diagnostic::error(Code::BadDuration, span, message).hint(hint));
                // It stands for some length, so that the rest of the text is read as it was meant.
                self.push(TokenKind::Duration(3_600_000_000), span);
            }
        }
    }

    /// Whether `NNNN-NN-N` follows: nothing else of the language looks like that.
    fn is_date(&self) -> bool {
        let bytes = self.rest().as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let dash = |at: usize| bytes.get(at) == Some(&b'-');
        (0..4).all(digit) && dash(4) && digit(5) && digit(6) && dash(7) && digit(8)
    }

    fn instant(&mut self, start: usize) {
        self.skip_while(|c| c.is_ascii_digit() || c == '-');
        if matches!(self.peek(), Some('T' | 't')) {
            self.skip_while(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '+' | '-'));
        }
        let span = self.span(start);
        let written = self.text.get(start..self.at).unwrap_or("");
        match parse_instant(written) {
            Some(micros) => self.push(TokenKind::Instant(micros), span),
            None => {
                let message = format!("`{written}` is not an instant");
                let hint = "write a date of the calendar, `2026-03-01` (midnight UTC), or `2026-03-01T10:00:00Z` \
                            (RFC 3339, with Z or an offset)";
                self.report(Diagnostic::error(Code::BadTimestamp, span, message).hint(hint));
                self.push(TokenKind::Instant(0), span);
            }
        }
    }
}
