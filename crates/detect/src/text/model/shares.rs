//! What the characters of a text have part in.

use super::token::Places;
use crate::text::fold::Folded;
use crate::text::span::Span;

/// For every token of every stream, the characters of the text that it covers.
#[derive(Debug)]
pub(super) struct Ranges {
    /// Plain, words and sounds together, runs, outline.
    tokens: [Vec<(u32, u32)>; 4],
    characters: usize,
}

impl Ranges {
    pub(super) fn new(text: &str, folded: &Folded, places: &Places) -> Self {
        // For every byte, and the end, how many characters begin before it.
        let mut before = Vec::with_capacity(text.len() + 1);
        let mut count = 0_u32;
        for byte in text.bytes() {
            before.push(count);
            // Bytes that go on with a character begin none (UTF-8).
            count += u32::from(byte & 0xC0 != 0x80);
        }
        before.push(count);
        let place = |byte: u32| before.get(byte as usize).copied().unwrap_or(count);
        let range = |span: &Span| (place(span.start), place(span.end));
        // A range of the plain view that comes from nowhere does not exist.
        let plain = |from: usize, to: usize| match folded.span(from, to) {
            Some(span) => range(&span),
            None => (count, count),
        };
        Self {
            tokens: [
                (0..folded.plain().len())
                    .map(|at| plain(at, at + 1))
                    .collect(),
                places
                    .words
                    .iter()
                    .map(|(from, to)| plain(*from as usize, *to as usize))
                    .collect(),
                places.runs.iter().map(range).collect(),
                places.outline.iter().map(range).collect(),
            ],
            characters: count as usize,
        }
    }

    /// Characters of the text.
    pub(super) const fn characters(&self) -> usize {
        self.characters
    }

    /// The characters that `length` tokens of a stream cover, from `at` on.
    pub(super) fn of(&self, stream: usize, at: usize, length: usize) -> Option<(u32, u32)> {
        let [plain, words, runs, outline] = &self.tokens;
        let tokens = match stream {
            0 => plain,
            1 | 2 => words,
            3 => runs,
            _ => outline,
        };
        let (start, _) = tokens.get(at)?;
        let (_, end) = tokens.get(at + length - 1)?;
        Some((*start, *end))
    }
}

/// What the characters of a text have part in, for several weights, kept as rises and falls from one character to the next.
#[derive(Debug)]
pub(super) struct Shares {
    /// For every weight every character, and the end.
    rises: Vec<f64>,
    characters: usize,
}

impl Shares {
    /// Nothing yet, for `rows` weights.
    pub(super) fn new(characters: usize, rows: usize) -> Self {
        Self {
            rises: vec![0.0; (characters + 1) * rows],
            characters,
        }
    }

    /// Spreads a weight evenly over some characters.
    #[inline]
    pub(super) fn add(&mut self, row: usize, (start, end): (u32, u32), weight: f32) {
        if weight == 0.0 {
            return;
        }
        let each = f64::from(weight) / f64::from(end.saturating_sub(start).max(1));
        let from = row * (self.characters + 1);
        for (at, rise) in [(start, each), (end, -each)] {
            if let Some(sum) = self.rises.get_mut(from + at as usize) {
                *sum += rise;
            }
        }
    }

    /// The share of every character in a weight.
    pub(super) fn of(&self, row: usize) -> impl Iterator<Item = f32> {
        let from = row * (self.characters + 1);
        let rises = self.rises.get(from..from + self.characters);
        let mut level = 0.0;
        rises.unwrap_or_default().iter().map(move |rise| {
            level += rise;
            level as f32
        })
    }
}
