//! Text as its reader sees it.
//!
//! [`Folder`] reads a text once and gives [`Folded`]: the text without its disguise, in several views that share one
//! map back to the original. Everything else here reads those views:
//!
//! | view | what it is | made for |
//! | --- | --- | --- |
//! | plain | compatibility forms, case, look-alike letters, frames, traditional forms folded; invisible characters gone | words, contacts, models |
//! | squeezed | plain without spaces, punctuation, signs and pictures | words with separators put in |
//! | sound | squeezed as syllables; confusable ones are one | words written by sound |
//! | shape | squeezed with look-alike characters made one | words written by shape |
//!
//! Chinese numerals stay as they are in the views, for most of them are parts of words (一起, 大陆); who wants numbers
//! asks [`digit`].

mod buffer;
mod class;
pub mod contact;
mod fold;
pub mod lexicon;
pub mod model;
mod scan;
mod span;
mod tables;

pub use class::{Class, digit};
pub use fold::{Folded, Folder, TextTooLong, Views};
pub use scan::{KEPT_MAX, PIECE_BYTES, Piece, Scan, Scanner, WordHit};
pub use span::{ScalarCursor, Span};
pub use tables::{compositions, join, syllable};
