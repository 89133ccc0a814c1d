//! Names and numbers of accounts as they are written beside a carrier.

use super::super::super::class::{Class, digit};
use super::NAME_MIN;

/// Most characters of a name.
const NAME_MAX: usize = 32;

/// A name or number that may be an account's.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

impl Name {
    /// Whether it has digits only.
    pub(super) fn is_digits(&self) -> bool {
        self.text.bytes().all(|b| b.is_ascii_digit())
    }

    /// Whether it has both letters and digits, or so many digits that it is no count.
    pub(super) fn is_no_word(&self) -> bool {
        let digits = self.text.bytes().filter(u8::is_ascii_digit).count();
        match self.text.len() {
            0..=4 => false,
            5 => digits == 5,
            length => digits >= 2 && (digits < length || (6..=11).contains(&length)),
        }
    }
}

/// The name that begins at `start`: letters, digits, `_` and `-`, with digits joined over a few signs.
pub(super) fn name_at(plain: &[char], start: usize, limit: usize) -> Option<Name> {
    let mut name = Name {
        start,
        end: start,
        text: String::new(),
    };
    let mut at = start;
    // A next carrier may begin inside the name (w in sx111w): it stops only where no name goes on.
    let limit = limit.max(start + 1);
    loop {
        let piece = piece_at(plain, at);
        let is_number = piece.1.bytes().all(|b| b.is_ascii_digit());
        let has_digit = name.text.bytes().any(|b| b.is_ascii_digit());
        // sx 111 505 is one name; "code 89610" is a word and a number.
        let continues = name.text.is_empty() || is_number && (has_digit || name.text.len() <= 3);
        if piece.1.is_empty() || !continues || name.text.len() + piece.1.len() > NAME_MAX {
            break;
        }
        (name.end, name.text) = (piece.0, name.text + &piece.1);
        let signs = plain.get(name.end..).unwrap_or_default().iter();
        let gap = signs.take(4).take_while(|c| is_sign(**c)).count();
        at = name.end + gap;
        if !(1..=3).contains(&gap) || at >= limit {
            break;
        }
    }
    (name.text.len() >= NAME_MIN).then_some(name)
}

/// Whether people put the sign between parts of a name.
pub(super) fn is_sign(c: char) -> bool {
    match Class::of(c) {
        Class::Space | Class::Picture => true,
        Class::Symbol => !matches!(c, '¥' | '$' | '@' | '#' | '~' | '%' | '='),
        Class::Break => c == '.',
        Class::Han
        | Class::Letter
        | Class::Digit
        | Class::OtherLetter
        | Class::Mark
        | Class::Newline => false,
    }
}

/// The letters and digits from `start`, Chinese numerals as digits, and where they end.
fn piece_at(plain: &[char], start: usize) -> (usize, String) {
    let mut text = String::new();
    let mut at = start;
    // One more than a name may have says that it is none.
    while let Some(c) = plain.get(at).filter(|_| text.len() <= NAME_MAX) {
        match (c, digit(*c)) {
            ('a'..='z', _) => text.push(*c),
            // Between digits they are signs.
            ('_' | '-', _)
                if text.bytes().any(|b| b.is_ascii_lowercase())
                    && plain.get(at + 1).is_some_and(char::is_ascii_alphanumeric) =>
            {
                text.push(*c);
            }
            (_, Some(value)) => text.push(char::from(b'0' + value)),
            _ => break,
        }
        at += 1;
    }
    (at, text)
}

/// The name that ends at `end`, digits joined over a few signs.
pub(super) fn name_until(plain: &[char], end: usize, previous: usize) -> Option<Name> {
    let mut start = end;
    let mut best = None;
    loop {
        let head = plain
            .get(previous..start)
            .unwrap_or_default()
            .iter()
            .rev()
            .take(NAME_MAX + 1);
        let length = head
            .take_while(|c| c.is_ascii_alphanumeric() || **c == '_')
            .count();
        if length == 0 || length > NAME_MAX {
            break;
        }
        start -= length;
        match name_at(plain.get(..end)?, start, end) {
            Some(name) if name.end == end => best = Some(name),
            Some(_) if best.is_some() => break,
            Some(_) | None => {}
        }
        let signs = plain.get(previous..start).unwrap_or_default().iter().rev();
        let gap = signs.take(4).take_while(|c| is_sign(**c)).count();
        if !(1..=3).contains(&gap) || end - start > 40 {
            break;
        }
        start -= gap;
    }
    best
}

/// Whether it is the number of a flight, such as ca1234.
pub(super) fn is_flight(name: &str) -> bool {
    let digits = name.get(2..).unwrap_or_default();
    (5..=6).contains(&name.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// WeChat names begin with a letter and have 6 to 20 characters; a telephone or QQ number finds an account too.
pub(super) fn is_wechat_name(name: &Name) -> bool {
    let length = name.text.len();
    if name.is_digits() {
        return !name.text.starts_with('0') && (6..=11).contains(&length);
    }
    (6..=20).contains(&length) && name.text.starts_with(|c: char| c.is_ascii_lowercase())
}
