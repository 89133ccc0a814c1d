//! One pass over the plain view that notes what contacts are made of, so that what looks for them looks there only.

use super::super::class::{Class, digit};

/// Most characters between two groups of one number.
const GAP_MAX: usize = 3;

/// Where the pictures begin; few texts have any.
const PICTURES_FROM: u32 = 0x1_f000;

/// A run of characters in the plain view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What contacts are made of in one text, each list by place.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Latin letters and digits side by side.
    pub(super) words: Vec<Run>,
    /// Digits side by side, Chinese numerals among them.
    pub(super) groups: Vec<Run>,
    /// Where each chain ends in `groups`: those of one chain have only signs and spaces between them.
    ends: Vec<usize>,
    /// Every `@`.
    pub(super) ats: Vec<usize>,
    /// Every 十, which begins numbers without being a digit.
    pub(super) tens: Vec<usize>,
    /// Every picture, and ✈.
    pub(super) pictures: Vec<usize>,
    /// Characters in `words` and numerals in `groups`.
    pub(super) weight: usize,
}

impl Tokens {
    /// Reads them anew.
    pub(super) fn read(&mut self, plain: &[char]) {
        self.words.clear();
        self.groups.clear();
        self.ends.clear();
        self.ats.clear();
        self.tens.clear();
        self.pictures.clear();
        self.weight = 0;
        for (at, c) in plain.iter().enumerate() {
            if c.is_ascii() {
                if c.is_ascii_alphanumeric() {
                    extend(&mut self.words, at);
                    self.weight += 1;
                }
                if c.is_ascii_digit() {
                    self.digit(plain, at);
                } else if *c == '@' {
                    self.ats.push(at);
                }
            } else if may_count(*c) {
                self.other(plain, at, *c);
            }
        }
        self.close();
    }

    fn other(&mut self, plain: &[char], at: usize, c: char) {
        if digit(c).is_some() {
            self.digit(plain, at);
            self.weight += 1;
        } else if c == '十' {
            self.tens.push(at);
        } else if c == '✈' || u32::from(c) >= PICTURES_FROM {
            self.pictures.push(at);
        }
    }

    fn digit(&mut self, plain: &[char], at: usize) {
        let last = self.groups.last().map(|last| last.end);
        if last.is_some_and(|last| last < at && !is_gap(plain, last, at)) {
            self.close();
        }
        extend(&mut self.groups, at);
    }

    fn close(&mut self) {
        if self.ends.last().copied().unwrap_or(0) < self.groups.len() {
            self.ends.push(self.groups.len());
        }
    }

    /// The chains, each with its groups.
    pub(super) fn chains(&self) -> impl Iterator<Item = &[Run]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .filter_map(|(start, end)| self.groups.get(start..*end))
    }
}

/// Whether [`Tokens::other`] may have something to do with a character; of most others twelve bits tell that it has not.
#[inline]
const fn may_count(c: char) -> bool {
    let code = c as u32;
    (COUNTED.0 >> (code & 63)) & (COUNTED.1 >> ((code >> 6) & 63)) & 1 == 1 || code >= PICTURES_FROM
}

/// For the lowest and the next six bits of a character: which of their values any numeral, 十 or ✈ has.
const COUNTED: (u64, u64) = {
    let (mut low, mut high) = (0, 0);
    let mut code = 0x80;
    // None of them is behind the common ideographs.
    while code < 0xa000 {
        if let Some(c) = char::from_u32(code)
            && (digit(c).is_some() || matches!(c, '十' | '✈'))
        {
            low |= 1 << (code & 63);
            high |= 1 << ((code >> 6) & 63);
        }
        code += 1;
    }
    (low, high)
};

/// Lengthens the last run if it ends at `at`, else begins one.
fn extend(runs: &mut Vec<Run>, at: usize) {
    match runs.last_mut() {
        Some(last) if last.end == at => last.end += 1,
        Some(_) | None => runs.push(Run {
            start: at,
            end: at + 1,
        }),
    }
}

/// Whether only a few spaces and signs stand between two groups, none of which separates numbers.
fn is_gap(plain: &[char], start: usize, end: usize) -> bool {
    let between = plain.get(start..end).unwrap_or_default();
    between.len() <= GAP_MAX
        && between.iter().all(|c| match Class::of(*c) {
            Class::Space | Class::Picture => true,
            Class::Symbol => !matches!(
                c,
                '~' | '%' | '=' | '¥' | '$' | '€' | '£' | '<' | '>' | '@' | '#'
            ),
            Class::Break => *c == '.',
            Class::Han
            | Class::Letter
            | Class::Digit
            | Class::OtherLetter
            | Class::Mark
            | Class::Newline => false,
        })
}
