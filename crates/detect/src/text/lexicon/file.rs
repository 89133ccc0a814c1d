//! A compiled lexicon as bytes.
//!
//! `STLX`, version and CRC-32C of what follows as 32-bit numbers, then sets, patterns and the four views, each list
//! with its length before it. Numbers are little-endian. The tables of a view are stored as they are used, so that
//! loading costs a copy.

use thiserror::Error;

use super::index::{Entry as Slot, Index};
use super::{Entry, Lexicon, View, WordSet};

const MAGIC: &[u8; 4] = b"STLX";
const VERSION: u32 = 1;

/// The bytes are no lexicon that this version reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadLexicon {
    /// They do not begin as one does.
    #[error("not a compiled lexicon")]
    Magic,
    /// Another version of the format.
    #[error("a compiled lexicon of version {0}; this program reads version {VERSION}")]
    Version(u32),
    /// Bytes were changed.
    #[error("the compiled lexicon is damaged")]
    Checksum,
    /// They end early, go on too long, or a list does not fit the others.
    #[error("the compiled lexicon's lists do not fit")]
    Content,
}

impl Lexicon {
    /// The lexicon as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        put_list(&mut body, &self.sets, |out, set| {
            put_text(out, &set.name);
            put_text(out, &set.label);
        });
        put_list(&mut body, &self.patterns, |out, entry| {
            out.extend(entry.set.to_le_bytes());
            out.extend(entry.weight.to_le_bytes());
            out.push(u8::from(entry.whole_word) | u8::from(entry.benign) << 1);
            out.extend(entry.own_gaps.to_le_bytes());
        });
        for view in [&self.words, &self.sound, &self.shape, &self.joined] {
            put_view(&mut body, view);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(crc32c::crc32c(&body).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// The lexicon that [`Lexicon::to_bytes`] gave.
    ///
    /// # Errors
    /// If the bytes are anything else. Memory is bounded by their number.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadLexicon> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(BadLexicon::Magic)?;
        let mut reader = Reader(rest);
        let version = u32::from_le_bytes(reader.array()?);
        if version != VERSION {
            return Err(BadLexicon::Version(version));
        }
        let checksum = u32::from_le_bytes(reader.array()?);
        if crc32c::crc32c(reader.0) != checksum {
            return Err(BadLexicon::Checksum);
        }
        let lexicon = Self {
            sets: reader.list(|reader| {
                Ok(WordSet {
                    name: reader.text()?,
                    label: reader.text()?,
                })
            })?,
            patterns: reader.list(|reader| {
                let set = u16::from_le_bytes(reader.array()?);
                let weight = u16::from_le_bytes(reader.array()?);
                let [flags] = reader.array()?;
                Ok(Entry {
                    set,
                    weight,
                    whole_word: flags & 1 == 1,
                    benign: flags & 2 == 2,
                    own_gaps: u64::from_le_bytes(reader.array()?),
                })
            })?,
            words: reader.view()?,
            sound: reader.view()?,
            shape: reader.view()?,
            joined: reader.view()?,
        };
        if reader.0.is_empty() {
            Ok(lexicon)
        } else {
            Err(BadLexicon::Content)
        }
    }
}

fn put_list<T>(out: &mut Vec<u8>, items: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    out.extend((items.len() as u32).to_le_bytes());
    for item in items {
        put(out, item);
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_list(out, text.as_bytes(), |out, byte| out.push(*byte));
}

fn put_numbers(out: &mut Vec<u8>, numbers: &[u32]) {
    put_list(out, numbers, |out, number| out.extend(number.to_le_bytes()));
}

fn put_view(out: &mut Vec<u8>, view: &View) {
    put_list(out, &view.index.pairs, |out, word| {
        out.extend(word.to_le_bytes());
    });
    put_list(out, &view.index.entries, |out, slot| {
        out.extend(slot.tagged.to_le_bytes());
        out.extend(slot.next.to_le_bytes());
        out.extend(slot.ends.to_le_bytes());
    });
    put_list(out, &view.index.singles, |out, (symbol, form)| {
        out.extend(symbol.to_le_bytes());
        out.extend(form.to_le_bytes());
    });
    put_numbers(out, &view.index.symbols);
    put_numbers(out, &view.index.ends);
    put_numbers(out, &view.ends);
    put_numbers(out, &view.patterns);
}

/// The bytes still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadLexicon> {
        let (array, rest) = self.0.split_first_chunk().ok_or(BadLexicon::Content)?;
        self.0 = rest;
        Ok(*array)
    }

    fn number(&mut self) -> Result<u32, BadLexicon> {
        self.array().map(u32::from_le_bytes)
    }

    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, BadLexicon>,
    ) -> Result<Vec<T>, BadLexicon> {
        let count = self.number()? as usize;
        // Every item has a byte at least: a count that lies allocates nothing that is not there.
        if count > self.0.len() {
            return Err(BadLexicon::Content);
        }
        (0..count).map(|_| item(self)).collect()
    }

    fn text(&mut self) -> Result<String, BadLexicon> {
        let bytes = self.list(|reader| reader.array().map(|[byte]| byte))?;
        String::from_utf8(bytes).map_err(|_| BadLexicon::Content)
    }

    fn view(&mut self) -> Result<View, BadLexicon> {
        let pairs = self.list(|reader| reader.array().map(u64::from_le_bytes))?;
        let entries = self.list(|reader| {
            Ok(Slot {
                tagged: u64::from_le_bytes(reader.array()?),
                next: reader.number()?,
                ends: reader.number()?,
            })
        })?;
        let singles = self.list(|reader| Ok((reader.number()?, reader.number()?)))?;
        let mut index = Index {
            pairs,
            entries,
            singles,
            symbols: self.list(Self::number)?,
            ends: self.list(Self::number)?,
            ..Index::default()
        };
        index.fill_singles();
        let fits = |length: usize| length == 0 || length.is_power_of_two();
        if !fits(index.pairs.len()) || !fits(index.entries.len()) {
            return Err(BadLexicon::Content);
        }
        Ok(View {
            index,
            ends: self.list(Self::number)?,
            patterns: self.list(Self::number)?,
        })
    }
}
