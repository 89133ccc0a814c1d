//! Whether a pattern's characters in a text are the pattern.

use super::super::class::Class;
use super::super::fold::Folded;
use super::index::SYMBOLS_MAX;
use super::{FoundIn, GAP_CHARS_MAX, Hit, Lexicon, Matches};

/// What stands between the characters of a pattern.
#[derive(Default)]
pub(super) struct Gaps {
    /// Places with something between that the pattern itself does not have.
    pub(super) count: u32,
    /// Places where the pattern has a separator and the text has none.
    missing: bool,
    /// One gap is longer than [`GAP_CHARS_MAX`].
    pub(super) long: bool,
    /// One gap has a line end or punctuation that ends a phrase.
    pub(super) ends_phrase: bool,
    /// One gap has a space.
    has_space: bool,
}

impl Lexicon {
    /// Keeps the hit if it is one; remembers benign words instead.
    pub(super) fn judge(
        &self,
        found_in: FoundIn,
        text: &Folded,
        (start, end): (usize, usize),
        pattern: u32,
        matches: &mut Matches,
    ) {
        let Some(entry) = self.patterns.get(pattern as usize) else {
            return;
        };
        let Some(gaps) = gaps(text, start, end, entry.own_gaps) else {
            return;
        };
        let characters = (end - start) as u32;
        if !is_disguise(&gaps, characters, is_latin(text, start, end)) {
            return;
        }
        if entry.whole_word && !is_whole_word(text, start, end) {
            return;
        }
        let (start, end) = (start as u32, end as u32);
        if entry.benign {
            if gaps.count == 0 {
                matches.benign.push((start, end));
            }
            return;
        }
        if found_in != FoundIn::Words && is_covered(&matches.benign, start, end) {
            return;
        }
        matches.push(Hit {
            start,
            end,
            pattern,
            found_in,
            gaps: gaps.count as u16,
        });
    }
}

pub(super) fn gaps(text: &Folded, start: usize, end: usize, own: u64) -> Option<Gaps> {
    let positions = text.positions().get(start..end)?;
    let mut gaps = Gaps::default();
    for (at, pair) in positions.windows(2).enumerate() {
        let [before, after] = pair else {
            continue;
        };
        let is_own = (own >> at) & 1 == 1;
        if after - before == 1 {
            gaps.missing |= is_own;
            continue;
        }
        gaps.long |= after - before - 1 > GAP_CHARS_MAX;
        if is_own {
            continue;
        }
        gaps.count += 1;
        let between = text.plain().get(*before as usize + 1..*after as usize)?;
        for c in between {
            match Class::of(*c) {
                Class::Newline => gaps.ends_phrase = true,
                // A full stop of Latin script between ideographs ends nothing.
                Class::Break => gaps.ends_phrase |= *c != '.',
                Class::Space => gaps.has_space = true,
                Class::Han
                | Class::Letter
                | Class::Digit
                | Class::OtherLetter
                | Class::Mark
                | Class::Symbol
                | Class::Picture => {}
            }
        }
    }
    Some(gaps)
}

/// Whether gaps like these are put into a word of so many characters on purpose, or there are none.
fn is_disguise(gaps: &Gaps, characters: u32, is_latin: bool) -> bool {
    if gaps.missing || gaps.long {
        return false;
    }
    let everywhere = characters >= 3 && gaps.count == characters - 1;
    match gaps.count {
        0 => true,
        _ if everywhere => true,
        // Words end at spaces and stops in Latin script.
        _ if is_latin => characters >= 4 && !gaps.has_space && !gaps.ends_phrase,
        _ => !gaps.ends_phrase,
    }
}

fn is_latin(text: &Folded, start: usize, end: usize) -> bool {
    let words = text.squeezed().get(start..end).unwrap_or_default();
    words
        .iter()
        .all(|c| c.is_ascii_alphanumeric() || Class::of(*c) == Class::OtherLetter)
}

/// Whether no letter or digit touches either end.
fn is_whole_word(text: &Folded, start: usize, end: usize) -> bool {
    let Some((start, end)) = text.word_range(start, end) else {
        return false;
    };
    let touches = |at: Option<usize>| {
        at.and_then(|at| text.plain().get(at))
            .is_some_and(|c| matches!(Class::of(*c), Class::Letter | Class::Digit))
    };
    !touches(start.checked_sub(1)) && !touches(Some(end))
}

/// Whether benign words, sorted by start, cover all of `start..end` between them.
pub(super) fn is_covered(benign: &[(u32, u32)], start: u32, end: u32) -> bool {
    // None is longer than a form may be.
    let first = benign.partition_point(|(from, _)| from + SYMBOLS_MAX as u32 <= start);
    let mut to = start;
    for (from, until) in benign.iter().skip(first) {
        if *from > to || to >= end {
            break;
        }
        to = to.max(*until);
    }
    to >= end
}
