//! Places in the original text.

/// A range of bytes of the original text, always at character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The part of `text` that the span covers; empty if `text` is not the text the span was made from.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// From the start of one to the end of the other, whichever comes first.
    #[must_use]
    pub fn through(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The same span in a text that has `bytes` more before this one.
    #[must_use]
    pub const fn after(self, bytes: u32) -> Self {
        Self {
            start: self.start.saturating_add(bytes),
            end: self.end.saturating_add(bytes),
        }
    }
}

/// Counts the Unicode scalar values before rising byte offsets, reading the text once.
#[derive(Debug, Clone)]
pub struct ScalarCursor<'a> {
    text: &'a [u8],
    byte: usize,
    scalars: usize,
}

impl<'a> ScalarCursor<'a> {
    /// At the start of `text`.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            byte: 0,
            scalars: 0,
        }
    }

    /// Scalar values before `byte`. Going back costs a new start from the front.
    pub fn at(&mut self, byte: u32) -> usize {
        let byte = (byte as usize).min(self.text.len());
        if byte < self.byte {
            (self.byte, self.scalars) = (0, 0);
        }
        let between = self.text.get(self.byte..byte).unwrap_or_default();
        // Every byte but a continuation byte begins a scalar value.
        self.scalars += between.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        self.byte = byte;
        self.scalars
    }

    /// First scalar value of `span` and the one after its last.
    pub fn range(&mut self, span: Span) -> (usize, usize) {
        let start = self.at(span.start);
        (start, self.at(span.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_counted_forwards_and_back() {
        let text = "a微✈𝟙b";
        let mut cursor = ScalarCursor::new(text);
        for _ in 0..2 {
            for (scalar, (byte, _)) in text.char_indices().enumerate() {
                assert_eq!(cursor.at(u32::try_from(byte).expect("short")), scalar);
            }
        }
        assert_eq!(cursor.at(u32::MAX), 5);
        let span = Span { start: 1, end: 7 };
        assert_eq!((span.of(text), cursor.range(span)), ("微✈", (1, 3)));
    }
}
