//! What kind of character a folded character is.

/// The kind of a folded character. Those before [`Class::Space`] make words and are kept in the squeezed views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// An ideograph.
    Han = 0,
    /// `a` to `z`.
    Letter = 1,
    /// `0` to `9`.
    Digit = 2,
    /// A letter or number of a living script that is not folded to Latin.
    OtherLetter = 3,
    /// A mark that belongs to the letter before it (Thai vowels, Arabic points).
    Mark = 4,
    /// Any white space but a line end; folded to one space each.
    Space = 5,
    /// The end of a line.
    Newline = 6,
    /// Punctuation that ends a phrase.
    Break = 7,
    /// Any other sign.
    Symbol = 8,
    /// An emoji, arrow or dingbat.
    Picture = 9,
}

impl Class {
    /// Whether such a character is kept in the squeezed views.
    #[must_use]
    pub const fn is_word(self) -> bool {
        (self as u8) < Self::Space as u8
    }

    /// The class of `c`, which must be folded; an unfolded character gets the class of what it folds to, or
    /// [`Class::Symbol`] when that is not one character.
    #[must_use]
    pub fn of(c: char) -> Self {
        super::tables::fold(c).class()
    }

    pub(super) const fn from_bits(bits: u32) -> Self {
        match bits & 0xf {
            0 => Self::Han,
            1 => Self::Letter,
            2 => Self::Digit,
            3 => Self::OtherLetter,
            4 => Self::Mark,
            5 => Self::Space,
            6 => Self::Newline,
            7 => Self::Break,
            9 => Self::Picture,
            _ => Self::Symbol,
        }
    }
}

/// The value of a folded character read as a decimal digit: `0`-`9`, the Chinese numerals in everyday and financial
/// form, and those read out on the telephone (幺, 洞, 拐, 勾 are only read so between digits; 幺 is here, the others
/// are words too often).
#[must_use]
#[inline]
pub const fn digit(c: char) -> Option<u8> {
    // Nearly all other characters are told by twelve of their bits.
    let code = c as u32;
    if (NUMERALS.0 >> (code & 63)) & (NUMERALS.1 >> ((code >> 6) & 63)) & 1 == 0 {
        return None;
    }
    numeral(c)
}

/// For the lowest and the next six bits of a character: which of their values any digit or numeral has.
const NUMERALS: (u64, u64) = {
    let (mut low, mut high) = (0, 0);
    let mut code = 0;
    // None of them is behind the common ideographs.
    while code < 0xa000 {
        if let Some(c) = char::from_u32(code)
            && numeral(c).is_some()
        {
            low |= 1 << (code & 63);
            high |= 1 << ((code >> 6) & 63);
        }
        code += 1;
    }
    (low, high)
};

const fn numeral(c: char) -> Option<u8> {
    let value = match c {
        '0'..='9' => c as u8 - b'0',
        '〇' | '零' => 0,
        '一' | '壹' | '幺' | '弌' => 1,
        '二' | '贰' | '两' | '弍' => 2,
        '三' | '叁' | '弎' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_say_what_makes_words() {
        let classes = ['好', 'a', '7', 'の', ' ', '\n', '。', '*', '✈'].map(Class::of);
        assert_eq!(
            classes,
            [
                Class::Han,
                Class::Letter,
                Class::Digit,
                Class::OtherLetter,
                Class::Space,
                Class::Newline,
                Class::Break,
                Class::Symbol,
                Class::Picture
            ]
        );
        assert!(classes.iter().take(4).all(|class| class.is_word()));
        assert!(!classes.iter().skip(4).any(|class| class.is_word()));
    }

    #[test]
    fn numerals_have_values() {
        assert_eq!(
            "0一貳叁4陆".chars().filter_map(digit).collect::<Vec<_>>(),
            [0, 1, 3, 4, 6]
        );
    }
}
