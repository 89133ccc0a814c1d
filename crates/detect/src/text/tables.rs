//! The committed tables: what every character is folded to, how it sounds, what it looks like.
//!
//! Each is a two-level table of blocks of 64 code points, made by `tests/it/tables.rs` (`cargo xtask tables`) from
//! Unicode's facts and the sources that NOTICE names.

use super::class::Class;

/// Code points in a block, as a power of two.
const BLOCK_BITS: u32 = 6;

macro_rules! table {
    ($name:ident: $type:ty = $file:literal) => {
        static $name: [$type; include_bytes!($file).len() / size_of::<$type>()] = {
            const SIZE: usize = size_of::<$type>();
            let bytes = include_bytes!($file);
            let mut table = [0; include_bytes!($file).len() / SIZE];
            let mut at = 0;
            while at < table.len() {
                let mut number = [0; SIZE];
                let mut byte = 0;
                while byte < SIZE {
                    number[byte] = bytes[at * SIZE + byte];
                    byte += 1;
                }
                table[at] = <$type>::from_le_bytes(number);
                at += 1;
            }
            table
        };
    };
}

table!(FOLD_INDEX: u16 = "tables/fold_index.bin");
table!(FOLD_DATA: u32 = "tables/fold_data.bin");
table!(FOLD_MORE: u32 = "tables/fold_more.bin");
table!(SOUND_INDEX: u16 = "tables/sound_index.bin");
table!(SOUND_DATA: u16 = "tables/sound_data.bin");
table!(SHAPE_INDEX: u16 = "tables/shape_index.bin");
table!(SHAPE_DATA: u32 = "tables/shape_data.bin");
table!(COMMON: u8 = "tables/common.bin");
table!(JOIN: u16 = "tables/join.bin");

static SYLLABLES: &str = include_str!("tables/syllables.txt");

/// What one character is folded to. Bits 0-20 payload, 21-23 kind, 24-27 class, 28 first part of a character taken
/// apart.
#[derive(Clone, Copy)]
pub(super) struct Fold(u32);

/// The kinds of [`Fold`] that are not one character for one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Drop,
    /// Several characters, or a kind that does not exist.
    Expand,
    /// Itself, if not too many such marks stand before it.
    Mark,
}

impl Fold {
    const PAYLOAD: u32 = 0x1f_ffff;

    /// The one character that `c` is folded to; for the other kinds a meaningless one.
    #[inline]
    pub(super) fn one(self, c: char) -> char {
        char::from_u32(u32::from(c) ^ (self.0 & Self::PAYLOAD)).unwrap_or(c)
    }

    /// `None` for one character, the common case.
    #[inline]
    pub(super) const fn kind(self) -> Option<Kind> {
        match (self.0 >> 21) & 7 {
            0 => None,
            1 => Some(Kind::Drop),
            3 => Some(Kind::Mark),
            _ => Some(Kind::Expand),
        }
    }

    /// The characters of a [`Kind::Expand`].
    pub(super) fn many(self) -> impl Iterator<Item = char> {
        let payload = self.0 & Self::PAYLOAD;
        let (at, count) = ((payload >> 5) as usize, (payload & 0x1f) as usize);
        let codes = FOLD_MORE.get(at..at + count).unwrap_or_default();
        codes.iter().filter_map(|code| char::from_u32(*code))
    }

    /// Whether the one character is kept in the squeezed views.
    #[inline]
    pub(super) const fn is_word(self) -> bool {
        (self.0 >> 24) & 0xf < Class::Space as u32
    }

    /// Whether the one character may be the first part of a character taken apart.
    const fn is_first_part(self) -> bool {
        (self.0 >> 28) & 1 == 1
    }

    #[inline]
    pub(super) const fn class(self) -> Class {
        match self.kind() {
            None | Some(Kind::Mark) => Class::from_bits(self.0 >> 24),
            Some(Kind::Drop | Kind::Expand) => Class::Symbol,
        }
    }
}

#[inline]
fn entry<T: Copy + Default>(index: &[u16], data: &[T], code: u32) -> T {
    let block = index.get((code >> BLOCK_BITS) as usize).copied();
    let within = code & ((1 << BLOCK_BITS) - 1);
    block
        .and_then(|block| data.get(((u32::from(block) << BLOCK_BITS) | within) as usize))
        .copied()
        .unwrap_or_default()
}

/// What `c` is folded to.
#[inline]
pub(super) fn fold(c: char) -> Fold {
    Fold(entry(&FOLD_INDEX, &FOLD_DATA, u32::from(c)))
}

/// The number of the syllable that the folded `c` is read as, from 1; 0 for what has no Mandarin reading.
#[inline]
pub(super) fn sound(c: char) -> u16 {
    entry(&SOUND_INDEX, &SOUND_DATA, u32::from(c))
}

/// The character that stands for all that look like the folded `c`.
#[inline]
pub(super) fn shape(c: char) -> char {
    let code = u32::from(c);
    char::from_u32(code ^ entry(&SHAPE_INDEX, &SHAPE_DATA, code)).unwrap_or(c)
}

/// Whether the folded `c` is one of the 8,105 characters in general use (通用规范汉字表, 2013), as far as they are in the main
/// block of ideographs.
#[inline]
pub(super) fn is_common(c: char) -> bool {
    let at = u32::from(c).wrapping_sub(0x4E00) as usize;
    COMMON
        .get(at / 8)
        .is_some_and(|byte| byte >> (at % 8) & 1 == 1)
}

/// For every character of the main block of ideographs, whether it is folded to an ideograph in general use.
static EVERYDAY: [u64; (MAIN_BLOCK_END - MAIN_BLOCK) / 64] = {
    let mut bits = [0; (MAIN_BLOCK_END - MAIN_BLOCK) / 64];
    let mut code = MAIN_BLOCK;
    while code < MAIN_BLOCK_END {
        let block = FOLD_INDEX[code >> BLOCK_BITS] as usize;
        let fold = Fold(FOLD_DATA[(block << BLOCK_BITS) | (code & 63)]);
        let at = (code ^ (fold.0 & Fold::PAYLOAD) as usize).wrapping_sub(MAIN_BLOCK);
        let is_common = at / 8 < COMMON.len() && COMMON[at / 8] >> (at % 8) & 1 == 1;
        if fold.kind().is_none() && matches!(fold.class(), Class::Han) && is_common {
            bits[(code - MAIN_BLOCK) / 64] |= 1 << (code % 64);
        }
        code += 1;
    }
    bits
};

/// Where the main block of ideographs (CJK Unified Ideographs) begins, a multiple of 64, and where it ends.
const MAIN_BLOCK: usize = 0x4E00;
const MAIN_BLOCK_END: usize = 0xA000;

/// Whether `c`, folded or not, is folded to an ideograph in general use of the main block; tells most characters of a text in
/// Chinese with one look.
#[inline]
pub(super) fn is_everyday(c: char) -> bool {
    let at = u32::from(c).wrapping_sub(MAIN_BLOCK as u32);
    EVERYDAY
        .get((at / 64) as usize)
        .is_some_and(|word| word >> (at % 64) & 1 == 1)
}

/// The character whose parts are the folded `first` and `second` side by side (女 and 子 are 好).
#[must_use]
pub fn join(first: char, second: char) -> Option<char> {
    if !fold(first).is_first_part() {
        return None;
    }
    let (rows, _) = JOIN.as_chunks::<3>();
    let key = (u32::from(first), u32::from(second));
    let found = rows.binary_search_by_key(&key, |[a, b, _]| (u32::from(*a), u32::from(*b)));
    let [_, _, whole] = rows.get(found.ok()?)?;
    char::from_u32(u32::from(*whole))
}

/// Every two parts side by side and the character they make.
pub fn compositions() -> impl Iterator<Item = (char, char, char)> {
    let (rows, _) = JOIN.as_chunks::<3>();
    let one = |code: u16| char::from_u32(u32::from(code));
    rows.iter()
        .filter_map(move |[a, b, whole]| Some((one(*a)?, one(*b)?, one(*whole)?)))
}

/// The syllable with that number in the sound view, such as `zang`; `None` for other symbols of that view.
#[must_use]
pub fn syllable(number: u16) -> Option<&'static str> {
    SYLLABLES.lines().nth(usize::from(number).checked_sub(1)?)
}
