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
        &self,
        text: &str,
        folded: &Folded,
        once: bool,
        weight: impl Fn(u32) -> f32,
    ) -> Vec<f32> {
        let mut shares = vec![0.0_f32; text.len()];
        let mut seen = vec![0_u64; if once { (1 << self.bits) / 64 } else { 0 }];
        for (stream, (tokens, order)) in self.tokens.streams().into_iter().enumerate() {
            gram::each(tokens, order, self.bits, |at, length, bucket| {
                if once && !set(&mut seen, bucket) {
                    return;
                }
                let weight = weight(bucket);
                if weight == 0.0 {
                    return;
                }
                if let Some(span) = self.tokens.span(folded, stream, at, length as usize) {
                    share(&mut shares, text, span, weight);
                }
            });
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

/// Spreads a weight evenly over the characters of a span.
fn share(shares: &mut [f32], text: &str, span: Span, weight: f32) {
    let part = span.of(text);
    let each = weight / part.chars().count().max(1) as f32;
    for (byte, _) in part.char_indices() {
        if let Some(share) = shares.get_mut(span.start as usize + byte) {
            *share += each;
        }
    }
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
