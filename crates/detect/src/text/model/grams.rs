//! A text as hashed n-grams of all its streams.

use super::gram::{self, Order};
use super::token::Tokens;
use super::{BITS, Form};
use crate::text::fold::Folded;
use crate::text::span::Span;

/// The n-grams of a text as buckets.
#[derive(Debug)]
pub struct Grams {
    bits: u32,
    tokens: Tokens,
    buckets: Vec<u32>,
    /// A bit for each bucket, all unset between texts.
    seen: Vec<u64>,
}

impl Grams {
    /// For buckets of `bits` bits, which is brought into [`BITS`].
    #[must_use]
    pub fn new(bits: u32) -> Self {
        Self {
            bits: bits.clamp(*BITS.start(), *BITS.end()),
            tokens: Tokens::default(),
            buckets: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// The buckets of all n-grams of a text, repeats included.
    pub fn read(&mut self, text: &str, folded: &Folded) -> &[u32] {
        self.tokens.read(text, folded);
        self.buckets.clear();
        let (bits, buckets) = (self.bits, &mut self.buckets);
        for (stream, order) in self.tokens.streams() {
            gram::each(stream, order, bits, |_, _, bucket| buckets.push(bucket));
        }
        &self.buckets
    }

    /// The buckets that count in a form, and what each counts for.
    pub(super) fn read_as(&mut self, text: &str, folded: &Folded, form: &Form) -> (&[u32], f32) {
        self.read(text, folded);
        if matches!(form, Form::Distinct { .. }) {
            self.seen.resize((1 << self.bits) / 64, 0);
            let seen = &mut self.seen;
            self.buckets.retain(|bucket| set(seen, *bucket));
            for bucket in &self.buckets {
                if let Some(word) = seen.get_mut(*bucket as usize / 64) {
                    *word = 0;
                }
            }
        }
        (&self.buckets, form.norm(&self.buckets))
    }

    /// For every byte of the text that was read last, the weight that its character has part in, at the first byte of each
    /// character. Every n-gram shares its weight evenly among its characters; with `once`, only where it stands first.
    #[must_use]
    pub fn shares(
        &mut self,
        text: &str,
        folded: &Folded,
        once: bool,
        weight: impl Fn(u32) -> f32,
    ) -> Vec<f32> {
        let mut shares = Shares::new(text);
        let (tokens, seen) = (&self.tokens, &mut self.seen);
        if once {
            seen.resize((1 << self.bits) / 64, 0);
        }
        for (stream, (run, order)) in tokens.streams().into_iter().enumerate() {
            gram::each(run, order, self.bits, |at, length, bucket| {
                if once && !set(seen, bucket) {
                    return;
                }
                let weight = weight(bucket);
                if weight == 0.0 {
                    return;
                }
                if let Some(span) = tokens.span(folded, stream, at, length as usize) {
                    shares.add(span, weight);
                }
            });
        }
        if once {
            for (run, order) in tokens.streams() {
                gram::each(run, order, self.bits, |_, _, bucket| {
                    if let Some(word) = seen.get_mut(bucket as usize / 64) {
                        *word = 0;
                    }
                });
            }
        }
        shares.of_characters()
    }
}

/// What the characters of a text have part in, kept as rises and falls from one character to the next.
struct Shares<'t> {
    text: &'t str,
    /// For every byte, and the end, how many characters begin before it.
    before: Vec<u32>,
    /// For every character, and the end.
    rises: Vec<f64>,
}

impl<'t> Shares<'t> {
    fn new(text: &'t str) -> Self {
        let mut before = Vec::with_capacity(text.len() + 1);
        let mut count = 0_u32;
        for byte in text.bytes() {
            before.push(count);
            // Bytes that go on with a character begin none (UTF-8).
            count += u32::from(byte & 0xC0 != 0x80);
        }
        before.push(count);
        Self {
            text,
            rises: vec![0.0; count as usize + 1],
            before,
        }
    }

    /// Spreads a weight evenly over the characters of a span.
    fn add(&mut self, span: Span, weight: f32) {
        let place = |byte: u32| self.before.get(byte as usize).copied();
        let (Some(start), Some(end)) = (place(span.start), place(span.end)) else {
            return;
        };
        let each = f64::from(weight) / f64::from(end.saturating_sub(start).max(1));
        for (at, rise) in [(start, each), (end, -each)] {
            if let Some(sum) = self.rises.get_mut(at as usize) {
                *sum += rise;
            }
        }
    }

    /// For every byte of the text the share of the character that begins there, else zero.
    fn of_characters(self) -> Vec<f32> {
        let mut shares = vec![0.0_f32; self.text.len()];
        let mut level = 0.0;
        for ((byte, _), rise) in self.text.char_indices().zip(&self.rises) {
            level += rise;
            if let Some(share) = shares.get_mut(byte) {
                *share = level as f32;
            }
        }
        shares
    }
}

/// Sets a bucket's bit; whether it was unset.
fn set(seen: &mut [u64], bucket: u32) -> bool {
    let bit = 1 << (bucket % 64);
    let Some(word) = seen.get_mut(bucket as usize / 64) else {
        return false;
    };
    let fresh = *word & bit == 0;
    *word |= bit;
    fresh
}

impl Tokens {
    fn streams(&self) -> [(&[u32], Order); 5] {
        [
            (&self.plain, gram::PLAIN),
            (&self.words, gram::WORDS),
            (&self.sounds, gram::SOUNDS),
            (&self.runs, gram::RUNS),
            (&self.outline, gram::OUTLINE),
        ]
    }

    /// Where `length` tokens of a stream, from `at` on, lie in the text.
    fn span(&self, folded: &Folded, stream: usize, at: usize, length: usize) -> Option<Span> {
        let last = at + length - 1;
        let places = match stream {
            0 => return folded.span(at, at + length),
            1 | 2 => {
                let (from, _) = *self.word_places.get(at)?;
                let (_, to) = *self.word_places.get(last)?;
                return folded.span(from as usize, to as usize);
            }
            3 => &self.run_places,
            _ => &self.outline_places,
        };
        Some(places.get(at)?.through(*places.get(last)?))
    }
}
