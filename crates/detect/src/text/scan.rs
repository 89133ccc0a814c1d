//! A whole scan of a text of any length: folded in pieces, words and contacts found, all in the original's places.
//! Places have 32 bits, so nothing is found behind the first 4 GiB.

use std::sync::Arc;

use super::contact::{ContactFinder, Found};
use super::fold::{Folded, Folder, Views};
use super::lexicon::{FoundIn, Lexicon, Matches};
use super::span::Span;

/// Bytes of a text that are folded at once; memory is bounded by some thirty times as many.
pub const PIECE_BYTES: usize = 64 << 10;

/// Bytes before and after a piece that are read with it, so that what crosses its ends is found whole.
const CONTEXT_BYTES: usize = 4 << 10;

/// Most hits and most contacts kept of one text.
pub const KEPT_MAX: usize = 10_000;

/// Scans texts, with buffers that are used again and again.
#[derive(Debug)]
pub struct Scanner {
    lexicon: Arc<Lexicon>,
    folder: Folder,
    matches: Matches,
    finder: ContactFinder,
    found: Vec<Found>,
    scan: Scan,
}

/// What one text has in it.
#[derive(Debug, Default)]
pub struct Scan {
    /// Patterns found, by place.
    pub hits: Vec<WordHit>,
    /// Contacts found, by place.
    pub contacts: Vec<Found>,
    /// Whether something was left out because there was too much of it.
    pub is_cut: bool,
}

/// A pattern found in a text, in the original's places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordHit {
    /// Where.
    pub span: Span,
    /// The pattern's number in the lexicon.
    pub pattern: u32,
    /// How it was found.
    pub found_in: FoundIn,
    /// Places between its characters where something was put in.
    pub gaps: u16,
}

/// A piece of a text that was folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of the text before the folded part.
    pub start: usize,
    /// Bytes of the text before the end of the folded part.
    pub end: usize,
    /// Where in the text the part begins whose findings count; what is before is context.
    from: usize,
    /// Where it ends.
    until: usize,
}

impl Scanner {
    /// A scanner for `lexicon`.
    #[must_use]
    pub fn new(lexicon: Arc<Lexicon>) -> Self {
        let views = if lexicon.needs_shape() {
            Views::All
        } else {
            Views::Sound
        };
        Self {
            lexicon,
            folder: Folder::new(views),
            matches: Matches::default(),
            finder: ContactFinder::new(),
            found: Vec::new(),
            scan: Scan::default(),
        }
    }

    /// The lexicon, which says what the hits' patterns mean.
    #[must_use]
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Scans `text`.
    pub fn scan(&mut self, text: &str) -> &Scan {
        self.scan_with(text, |_, _| {})
    }

    /// Scans `text` and shows each folded piece to `read` too, for models. A text up to [`PIECE_BYTES`] is one piece;
    /// the pieces of a longer one overlap.
    pub fn scan_with(&mut self, text: &str, mut read: impl FnMut(&Folded, Piece)) -> &Scan {
        self.scan.hits.clear();
        self.scan.contacts.clear();
        self.scan.is_cut = false;
        let mut from = 0;
        loop {
            let piece = Piece::cut(text, from);
            let part = text.get(piece.start..piece.end).unwrap_or_default();
            // A piece is far shorter than what may be folded at once.
            if let Ok(folded) = self.folder.fold(part) {
                self.lexicon.find(folded, &mut self.matches);
                self.found.clear();
                self.finder.find(part, folded, &mut self.found);
                read(folded, piece);
                self.scan
                    .keep(piece, folded, &self.matches, &mut self.found);
            }
            if piece.until >= text.len() {
                break;
            }
            from = piece.until;
        }
        &self.scan
    }
}

impl Piece {
    fn cut(text: &str, from: usize) -> Self {
        // Line ends and spaces would be better places, but the context makes any place right.
        let until = match text.len() - from {
            rest if rest <= PIECE_BYTES + CONTEXT_BYTES => text.len(),
            _ => text.floor_char_boundary(from + PIECE_BYTES),
        };
        Self {
            start: text.floor_char_boundary(from.saturating_sub(CONTEXT_BYTES)),
            end: text.ceil_char_boundary((until + CONTEXT_BYTES).min(text.len())),
            from,
            until,
        }
    }

    /// `span` of the folded part in the whole text, if it counts here.
    fn place(self, span: Span) -> Option<Span> {
        let span = span.after(u32::try_from(self.start).ok()?);
        (self.from..self.until)
            .contains(&(span.start as usize))
            .then_some(span)
    }
}

impl Scan {
    fn keep(&mut self, piece: Piece, folded: &Folded, matches: &Matches, found: &mut Vec<Found>) {
        self.is_cut |= matches.is_cut();
        for hit in matches.hits() {
            let span = folded.word_span(hit.start as usize, hit.end as usize);
            let Some(span) = span.and_then(|span| piece.place(span)) else {
                continue;
            };
            if self.hits.len() >= KEPT_MAX {
                self.is_cut = true;
                break;
            }
            self.hits.push(WordHit {
                span,
                pattern: hit.pattern,
                found_in: hit.found_in,
                gaps: hit.gaps,
            });
        }
        for mut contact in found.drain(..) {
            let Some(span) = piece.place(contact.span) else {
                continue;
            };
            if self.contacts.len() >= KEPT_MAX {
                self.is_cut = true;
                break;
            }
            let before = u32::try_from(piece.start).unwrap_or(u32::MAX);
            contact.carrier = contact.carrier.map(|carrier| carrier.after(before));
            contact.span = span;
            self.contacts.push(contact);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::{LexiconBuilder, Pattern};
    use super::*;

    fn scanner() -> Scanner {
        let mut builder = LexiconBuilder::new();
        let set = builder.set("bait", "advert").expect("room");
        builder.add(set, &Pattern::new("刷单返利")).expect("fits");
        Scanner::new(Arc::new(builder.build()))
    }

    #[test]
    fn words_and_contacts_come_in_the_originals_places() {
        let text = "兼职刷-单返利，加薇：ⓐbc①②③④";
        let mut scanner = scanner();
        let mut pieces = 0;
        let scan = scanner.scan_with(text, |folded, piece| {
            pieces += 1;
            assert_eq!((piece.start, piece.end), (0, text.len()));
            assert!(folded.plain().ends_with(&['3', '4']));
        });
        let hits: Vec<_> = scan.hits.iter().map(|hit| hit.span.of(text)).collect();
        assert_eq!(hits, ["刷-单返利"]);
        let contacts: Vec<_> = scan
            .contacts
            .iter()
            .map(|found| found.span.of(text))
            .collect();
        assert_eq!((contacts, pieces), (vec!["ⓐbc①②③④"], 1));
    }

    #[test]
    fn what_crosses_pieces_is_found_once() {
        let mut scanner = scanner();
        // The needle at every place around the first cut; fillers of 3 and of 1 byte move it byte by byte.
        for shift in 0..60 {
            let mut text = "a".repeat(shift % 3) + &"好".repeat((PIECE_BYTES - 60) / 3 + shift / 3);
            text += "刷单返利，电话13800138000。";
            text += &"好".repeat(PIECE_BYTES);
            let scan = scanner.scan(&text);
            let hits: Vec<_> = scan.hits.iter().map(|hit| hit.span.of(&text)).collect();
            assert_eq!(hits, ["刷单返利"], "{shift}");
            let contacts: Vec<_> = scan
                .contacts
                .iter()
                .map(|found| found.span.of(&text))
                .collect();
            assert_eq!(contacts, ["13800138000"], "{shift}");
        }
    }

    #[test]
    fn empty_and_long_texts_are_read() {
        let mut scanner = scanner();
        assert!(scanner.scan("").hits.is_empty());
        let text = "刷单返利".repeat(20_000);
        let scan = scanner.scan(&text);
        assert!(scan.is_cut && scan.hits.len() == KEPT_MAX);
        assert!(!scanner.scan("刷单返利").is_cut);
    }
}
