//! The sound of every character as a syllable that confusable syllables share.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::facts::Chinese;
use super::letters::Folding;
use super::trie::Trie;

pub struct Sound {
    pub trie: Trie,
    /// One syllable a line; the first has number 1.
    pub names: String,
}

/// Numbers every merged syllable in alphabetical order; characters that fold to another take that one's.
pub fn build(chinese: &Chinese, folding: &Folding) -> Sound {
    let syllable: BTreeMap<char, String> = chinese
        .reading
        .iter()
        .map(|(c, pinyin)| (*c, merged(pinyin)))
        .filter(|(_, syllable)| !syllable.is_empty())
        .collect();
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    for name in syllable.values() {
        numbers.insert(name, 0);
    }
    for (number, (_, slot)) in (1..).zip(&mut numbers) {
        *slot = number;
    }
    let number = |c: char| syllable.get(&c).and_then(|name| numbers.get(name.as_str()));
    let digits = [
        "ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu",
    ];
    let trie = Trie::build(true, |code| {
        let Some(c) = char::from_u32(code) else {
            return 0;
        };
        if let Some(name) = c.to_digit(10).and_then(|digit| digits.get(digit as usize)) {
            return numbers.get(merged(name).as_str()).copied().unwrap_or(0);
        }
        // Only folded characters are ever looked up.
        let is_folded = folding.of(c) == c.to_string();
        number(c).filter(|_| is_folded).copied().unwrap_or(0)
    });
    let names = numbers
        .keys()
        .fold(String::new(), |all, name| all + name + "\n");
    Sound { trie, names }
}

/// Pinyin without its tone, with syllables that dialects and typists confuse made one: zh/z, ch/c, sh/s, n/l at the
/// start, ing/in, eng/en, ang/an at the end.
fn merged(pinyin: &str) -> String {
    let plain: String = pinyin
        .nfd()
        .filter_map(|c| match c {
            '\u{308}' => Some('v'),
            c if c.is_ascii_alphabetic() => Some(c),
            _ => None,
        })
        .collect();
    let plain = plain.replace("uv", "v");
    let (start, rest) = match plain.as_bytes() {
        [b'z' | b'c' | b's', b'h', ..] => plain.split_at(2),
        [b'a' | b'e' | b'o', ..] | [] => plain.split_at(0),
        [_, ..] => plain.split_at(1),
    };
    let start = match start {
        "zh" => "z",
        "ch" => "c",
        "sh" => "s",
        "n" => "l",
        other => other,
    };
    let rest = match rest.strip_suffix("ng") {
        Some(vowel) if vowel.ends_with(['i', 'e', 'a']) => &rest[..rest.len() - 1],
        Some(_) | None => rest,
    };
    format!("{start}{rest}")
}
