//! Patterns in which characters were taken apart: 力口微信 for 加微信.
//!
//! Pairs that may be a character taken apart are often words of their own (人口), so the text is left as it is, and
//! only around such a pair is looked whether a pattern appears once it is put together.

use super::super::fold::Folded;
use super::judge::{gaps, is_covered};
use super::{FoundIn, Hit, Lexicon, Matches};

/// Characters looked at before and after a pair; patterns reach no further from it.
const REACH: usize = 8;
/// Most pairs looked at in one text.
const PAIRS_MAX: usize = 20_000;

/// The surroundings of a pair, put together.
#[derive(Debug, Default)]
pub(super) struct Window {
    symbols: Vec<u32>,
    /// Where each symbol begins in the squeezed view, and one more for the end.
    places: Vec<u32>,
    /// The pairs of the text: index of the first part, and the whole.
    pairs: Vec<(usize, char)>,
}

impl Window {
    /// Puts together the pair numbered `number` and, if `all`, the others around it that do not overlap it.
    fn fill(&mut self, words: &[char], number: usize, all: bool) {
        self.symbols.clear();
        self.places.clear();
        let Some((centre, _)) = self.pairs.get(number).copied() else {
            return;
        };
        let end = (centre + 2 + REACH).min(words.len());
        let mut at = centre.saturating_sub(REACH);
        let first = self.pairs.partition_point(|(pair, _)| *pair < at);
        let mut pairs = self.pairs.iter().skip(first).peekable();
        while at < end {
            while pairs.next_if(|(pair, _)| *pair < at).is_some() {}
            let pair = pairs.peek().filter(|(pair, _)| {
                *pair == at && (at == centre || all && (at + 2 <= centre || at >= centre + 2))
            });
            self.places.push(at as u32);
            match pair {
                Some((_, whole)) => {
                    self.symbols.push(u32::from(*whole));
                    at += 2;
                }
                None => {
                    self.symbols.extend(words.get(at).map(|c| u32::from(*c)));
                    at += 1;
                }
            }
        }
        self.places.push(at as u32);
    }
}

impl Lexicon {
    /// Finds the patterns that appear when pairs are put together.
    pub(super) fn find_joined(&self, text: &Folded, matches: &mut Matches) {
        let mut window = std::mem::take(&mut matches.window);
        window.pairs.clear();
        window.pairs.extend(text.joins().take(PAIRS_MAX));
        for number in 0..window.pairs.len() {
            let centre = window.pairs.get(number).map_or(0, |(pair, _)| *pair as u32);
            for all in [true, false] {
                window.fill(text.squeezed(), number, all);
                self.joined.index.find(&window.symbols, |start, end, form| {
                    let place = |at: usize| window.places.get(at).copied().unwrap_or(0);
                    let (from, to) = (place(start), place(end));
                    if end - start >= 2 && from <= centre && centre < to {
                        self.judge_joined(text, (from, to), form, matches);
                    }
                });
            }
        }
        matches.window = window;
    }

    fn judge_joined(
        &self,
        text: &Folded,
        (start, end): (u32, u32),
        form: u32,
        matches: &mut Matches,
    ) {
        let Some(gaps) = gaps(text, start as usize, end as usize, 0) else {
            return;
        };
        if gaps.long || gaps.ends_phrase || is_covered(&matches.benign, start, end) {
            return;
        }
        for pattern in self.joined.patterns_of(form) {
            matches.push(Hit {
                start,
                end,
                pattern: *pattern,
                found_in: FoundIn::Joined,
                gaps: gaps.count as u16,
            });
        }
    }
}
