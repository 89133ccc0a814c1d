//! One pass over a text: every character folded, every folded character with its place.

use std::sync::OnceLock;

use thiserror::Error;

use super::buffer::Buffer;
use super::span::Span;
use super::tables::{self, Fold, Kind};

/// Most bytes folded at once: a place and a length fit 32 bits, and memory stays under 24 bytes a byte of text.
/// Longer texts are folded in pieces.
pub const FOLD_BYTES_MAX: usize = 64 << 20;

/// Most marks kept on one letter in scripts whose marks carry meaning; more is decoration.
const MARKS_MAX: u8 = 3;

/// The text is longer than [`FOLD_BYTES_MAX`]; fold it in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("text of {bytes} bytes is longer than the {FOLD_BYTES_MAX} that are folded at once")]
pub struct TextTooLong {
    /// Its length.
    pub bytes: usize,
}

/// Which views are made besides the plain one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Views {
    /// None.
    Plain,
    /// Squeezed.
    Squeezed,
    /// Squeezed and sound; sound is made when it is looked at.
    Sound,
    /// Squeezed, sound and shape.
    All,
}

/// Folds texts into buffers that are used again and again.
#[derive(Debug)]
pub struct Folder {
    views: Views,
    folded: Folded,
}

/// A folded text: its views, and where each of their characters comes from.
///
/// `squeezed`, `sound` and `shape` have one index space; [`Folded::span`] takes ranges of the plain view and
/// [`Folded::word_span`] ranges of the others.
#[derive(Debug, Default)]
pub struct Folded {
    plain: Buffer<char>,
    origin: Buffer<Origin>,
    squeezed: Buffer<char>,
    position: Buffer<u32>,
    sound: Sound,
    shape: Vec<char>,
}

/// The sound view, made when somebody looks at it: most texts are never heard.
#[derive(Debug, Default)]
struct Sound {
    is_wanted: bool,
    made: OnceLock<Vec<u16>>,
}

/// Where a folded character comes from: byte offset times 4, plus bytes of the original character less one.
#[derive(Debug, Clone, Copy, Default)]
struct Origin(u32);

impl Origin {
    #[inline]
    fn new(byte: usize, c: char) -> Self {
        // Texts are at most FOLD_BYTES_MAX long, so that nothing is cut off.
        Self((byte as u32) << 2 | (c.len_utf8() as u32 - 1))
    }

    #[inline]
    fn start(self) -> u32 {
        self.0 >> 2
    }

    #[inline]
    fn end(self) -> u32 {
        (self.0 >> 2) + (self.0 & 3) + 1
    }
}

impl Folder {
    /// A folder that makes `views`.
    #[must_use]
    pub fn new(views: Views) -> Self {
        Self {
            views,
            folded: Folded::default(),
        }
    }

    /// Folds `text`. Allocates only when no text before was as long.
    ///
    /// # Errors
    /// If the text is longer than [`FOLD_BYTES_MAX`].
    pub fn fold(&mut self, text: &str) -> Result<&Folded, TextTooLong> {
        if text.len() > FOLD_BYTES_MAX {
            return Err(TextTooLong { bytes: text.len() });
        }
        let folded = &mut self.folded;
        match self.views {
            Views::Plain => folded.read::<false>(text),
            Views::Squeezed | Views::Sound | Views::All => folded.read::<true>(text),
        }
        folded.shape.clear();
        folded.sound.is_wanted = matches!(self.views, Views::Sound | Views::All);
        folded.sound.made.take();
        if self.views == Views::All {
            let squeezed = folded.squeezed.get();
            folded
                .shape
                .extend(squeezed.iter().map(|c| tables::shape(*c)));
        }
        Ok(folded)
    }

    /// Folds bytes that may not be UTF-8: what is not is read as U+FFFD. Spans are in the returned text.
    ///
    /// # Errors
    /// If the text is longer than [`FOLD_BYTES_MAX`].
    pub fn fold_bytes<'b>(
        &mut self,
        bytes: &'b [u8],
    ) -> Result<(std::borrow::Cow<'b, str>, &Folded), TextTooLong> {
        let text = String::from_utf8_lossy(bytes);
        let folded = self.fold(&text)?;
        Ok((text, folded))
    }
}

/// The symbol of a squeezed character in the sound view: a syllable's number (see [`syllable`](super::syllable)) or,
/// for what has no Mandarin reading, a number from 0x8000 made from the character.
#[inline]
fn sound_symbol(c: char) -> u16 {
    match tables::sound(c) {
        0 => 0x8000 | (u32::from(c) & 0x7fff) as u16,
        number => number,
    }
}

impl Folded {
    fn read<const SQUEEZE: bool>(&mut self, text: &str) {
        (self.plain.len, self.origin.len) = (0, 0);
        (self.squeezed.len, self.position.len) = (0, 0);
        self.plain.room(text.len());
        self.origin.room(text.len());
        if SQUEEZE {
            self.squeezed.room(text.len());
            self.position.room(text.len());
        }
        let mut rest = Rest {
            text,
            byte: 0,
            marks: 0,
        };
        // Runs of characters that become one character each are written by tight loops; what stops them is not.
        loop {
            match self.read_run::<SQUEEZE>(&mut rest) {
                Stop::End => break,
                Stop::Ascii => self.read_ascii::<SQUEEZE>(&mut rest),
                Stop::Other(c, fold) => self.read_other::<SQUEEZE>(&mut rest, c, fold),
            }
        }
    }

    /// Writes characters until one is not folded to exactly one, or many are ASCII; `rest.byte` is where it stopped.
    fn read_run<const SQUEEZE: bool>(&mut self, rest: &mut Rest<'_>) -> Stop {
        let start = rest.byte;
        let (Some(chars), Some(plain), Some(origin), Some(squeezed), Some(position)) = (
            rest.text.get(start..),
            self.plain.items.get_mut(self.plain.len..),
            self.origin.items.get_mut(self.origin.len..),
            self.squeezed.items.get_mut(self.squeezed.len..),
            self.position.items.get_mut(self.position.len..),
        ) else {
            return Stop::End;
        };
        let first = self.plain.len;
        let (mut kept, mut written) = (0, 0);
        let mut stopped = (rest.text.len(), Stop::End);
        let slots = plain.iter_mut().zip(origin.iter_mut());
        for ((at, c), (plain, origin)) in chars.char_indices().zip(slots) {
            if c.is_ascii() && ascii_block(rest.text, start + at).is_some() {
                stopped = (start + at, Stop::Ascii);
                break;
            }
            let fold = tables::fold(c);
            if fold.kind().is_some() {
                stopped = (start + at, Stop::Other(c, fold));
                break;
            }
            let folded = fold.one(c);
            *plain = folded;
            *origin = Origin::new(start + at, c);
            if SQUEEZE {
                // Written always and kept only if it is part of a word: no branch to mispredict.
                if let (Some(c), Some(at)) = (squeezed.get_mut(kept), position.get_mut(kept)) {
                    *c = folded;
                    *at = (first + written) as u32;
                }
                kept += usize::from(fold.is_word());
            }
            written += 1;
        }
        self.plain.len += written;
        self.origin.len += written;
        self.squeezed.len += kept;
        self.position.len += kept;
        if written > 0 {
            rest.marks = 0;
        }
        rest.byte = stopped.0;
        stopped.1
    }

    /// Writes whole blocks of ASCII, of which only the case is folded.
    fn read_ascii<const SQUEEZE: bool>(&mut self, rest: &mut Rest<'_>) {
        while let Some(block) = ascii_block(rest.text, rest.byte) {
            let first = self.plain.len;
            let (Some(plain), Some(origin)) = (
                self.plain.items.get_mut(first..first + ASCII_BLOCK),
                self.origin.items.get_mut(first..first + ASCII_BLOCK),
            ) else {
                return;
            };
            for ((byte, plain), (at, origin)) in
                block.iter().zip(plain).zip(origin.iter_mut().enumerate())
            {
                *plain = char::from(byte.to_ascii_lowercase());
                *origin = Origin(((rest.byte + at) as u32) << 2);
            }
            if SQUEEZE
                && let (Some(squeezed), Some(position)) = (
                    self.squeezed.items.get_mut(self.squeezed.len..),
                    self.position.items.get_mut(self.position.len..),
                )
            {
                let mut kept = 0;
                for (at, byte) in block.iter().enumerate() {
                    if let (Some(c), Some(position)) =
                        (squeezed.get_mut(kept), position.get_mut(kept))
                    {
                        *c = char::from(byte.to_ascii_lowercase());
                        *position = (first + at) as u32;
                    }
                    kept += usize::from(byte.is_ascii_alphanumeric());
                }
                self.squeezed.len += kept;
                self.position.len += kept;
            }
            self.plain.len += ASCII_BLOCK;
            self.origin.len += ASCII_BLOCK;
            rest.byte += ASCII_BLOCK;
            rest.marks = 0;
        }
    }

    /// Writes what the character at `rest.byte` becomes when that is not one character.
    #[cold]
    fn read_other<const SQUEEZE: bool>(&mut self, rest: &mut Rest<'_>, c: char, fold: Fold) {
        let origin = Origin::new(rest.byte, c);
        rest.byte += c.len_utf8();
        match fold.kind() {
            Some(Kind::Drop) => {}
            Some(Kind::Mark) if rest.marks >= MARKS_MAX => {}
            Some(Kind::Mark) => {
                rest.marks += 1;
                self.push::<SQUEEZE>(fold.one(c), origin, rest);
            }
            None => self.push::<SQUEEZE>(fold.one(c), origin, rest),
            Some(Kind::Expand) => {
                rest.marks = 0;
                for c in fold.many() {
                    self.push::<SQUEEZE>(c, origin, rest);
                }
            }
        }
    }

    fn push<const SQUEEZE: bool>(&mut self, c: char, origin: Origin, rest: &Rest<'_>) {
        // One slot for this character and one for every byte still to come.
        let more = 1 + rest.text.len().saturating_sub(rest.byte);
        self.plain.push(c, more);
        self.origin.push(origin, more);
        if SQUEEZE && tables::fold(c).is_word() {
            let at = (self.plain.len - 1) as u32;
            self.squeezed.push(c, more);
            self.position.push(at, more);
        }
    }

    /// The plain view.
    #[must_use]
    pub fn plain(&self) -> &[char] {
        self.plain.get()
    }

    /// The plain view without what is not part of a word.
    #[must_use]
    pub fn squeezed(&self) -> &[char] {
        self.squeezed.get()
    }

    /// How the squeezed view sounds: numbers of syllables, see [`syllable`](super::syllable); digits are read out
    /// (`1` is `yi`). What has no Mandarin reading has a number from 0x8000 of its own.
    #[must_use]
    pub fn sound(&self) -> &[u16] {
        if !self.sound.is_wanted {
            return &[];
        }
        self.sound.made.get_or_init(|| {
            self.squeezed
                .get()
                .iter()
                .map(|c| sound_symbol(*c))
                .collect()
        })
    }

    /// What the squeezed view looks like: each character stands for all its look-alikes.
    #[must_use]
    pub fn shape(&self) -> &[char] {
        &self.shape
    }

    /// For each character of the squeezed view, its index in the plain view.
    #[must_use]
    pub fn positions(&self) -> &[u32] {
        self.position.get()
    }

    /// Characters that may have been taken apart: the index of the first part in the squeezed view, and the whole.
    /// Many are words of their own (人口, 女子), so a caller should ask only where the whole would mean something.
    pub fn joins(&self) -> impl Iterator<Item = (usize, char)> {
        let words = self.squeezed.get();
        let pairs = words.iter().zip(words.iter().skip(1)).enumerate();
        pairs.filter_map(|(at, (first, second))| Some((at, tables::join(*first, *second)?)))
    }

    /// Where the plain characters `start..end` come from; `None` if that is no range of the plain view or empty.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> Option<Span> {
        let first = self.origin.get().get(start..end)?;
        Some(Span {
            start: first.first()?.start(),
            end: first.last()?.end(),
        })
    }

    /// Where the squeezed (or sound, or shape) characters `start..end` come from, what was squeezed out between them
    /// included.
    #[must_use]
    pub fn word_span(&self, start: usize, end: usize) -> Option<Span> {
        let (first, last) = self.word_range(start, end)?;
        self.span(first, last)
    }

    /// The range of the plain view that the squeezed characters `start..end` cover.
    #[must_use]
    pub fn word_range(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let positions = self.position.get().get(start..end)?;
        Some((
            *positions.first()? as usize,
            *positions.last()? as usize + 1,
        ))
    }
}

/// Bytes of ASCII written at once.
const ASCII_BLOCK: usize = 16;

/// The next bytes of `text` if they are printable ASCII.
#[inline]
fn ascii_block(text: &str, at: usize) -> Option<&[u8; ASCII_BLOCK]> {
    let block = text.as_bytes().get(at..)?.first_chunk::<ASCII_BLOCK>()?;
    // Without a branch for each byte, so that all are compared at once.
    let printable = block
        .iter()
        .fold(true, |all, byte| all & (0x20..0x7f).contains(byte));
    printable.then_some(block)
}

/// Why a run ended.
enum Stop {
    /// The text is at its end.
    End,
    /// At least a block of ASCII follows.
    Ascii,
    /// This character is folded to none or many.
    Other(char, Fold),
}

/// What is still to be read.
struct Rest<'a> {
    text: &'a str,
    byte: usize,
    /// Marks written since the last character that is none.
    marks: u8,
}

#[cfg(test)]
mod tests;
