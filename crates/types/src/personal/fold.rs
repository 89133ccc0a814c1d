//! Folding of the ways people write digits to `0`-`9`.

use unicode_normalization::UnicodeNormalization;

/// NFKC, white space and invisible characters removed.
pub(super) fn compact(text: &str) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .collect()
}

/// [`compact`], with Chinese numerals, keycap emoji and circled digits read as digits, and separators dropped.
pub(super) fn digits(text: &str) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c) && !is_separator(*c))
        .map(fold_digit)
        .collect()
}

/// Zero-width characters, direction marks, the emoji variation selector and the enclosing keycap.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{fe0e}'
            | '\u{fe0f}'
            | '\u{feff}'
            | '\u{20e3}'
    )
}

/// What people put between groups of digits.
const fn is_separator(c: char) -> bool {
    matches!(
        c,
        '-' | '(' | ')' | '.' | '·' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}'
    )
}

/// Chinese numerals (everyday, as read out on the phone, and financial) and the circled digits that NFKC keeps.
const fn fold_digit(c: char) -> char {
    match c {
        '〇' | '零' | '○' | '\u{24ff}' => '0',
        '一' | '壹' | '幺' | '弌' | '\u{2776}' | '\u{2780}' | '\u{278a}' => '1',
        '二' | '贰' | '貳' | '两' | '兩' | '\u{2777}' | '\u{2781}' | '\u{278b}' => '2',
        '三' | '叁' | '參' | '叄' | '\u{2778}' | '\u{2782}' | '\u{278c}' => '3',
        '四' | '肆' | '\u{2779}' | '\u{2783}' | '\u{278d}' => '4',
        '五' | '伍' | '\u{277a}' | '\u{2784}' | '\u{278e}' => '5',
        '六' | '陆' | '陸' | '\u{277b}' | '\u{2785}' | '\u{278f}' => '6',
        '七' | '柒' | '\u{277c}' | '\u{2786}' | '\u{2790}' => '7',
        '八' | '捌' | '\u{277d}' | '\u{2787}' | '\u{2791}' => '8',
        '九' | '玖' | '\u{277e}' | '\u{2788}' | '\u{2792}' => '9',
        other => other,
    }
}

/// Whether `text` is digits only and not empty.
pub(super) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `sum(value(b) * weight)` over the first `weights.len()` bytes of `text`; `None` if a byte has no value.
pub(super) fn weighted_sum(
    text: &str,
    weights: &[u32],
    value: impl Fn(u8) -> Option<u32>,
) -> Option<u32> {
    text.bytes()
        .zip(weights)
        .try_fold(0, |sum, (byte, weight)| Some(sum + value(byte)? * weight))
}
