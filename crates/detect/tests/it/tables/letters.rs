//! Which characters every character is folded to.

mod alike;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use stanch_detect::text::Class;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::facts::Chinese;
use super::trie::Trie;

/// Entries of the fold table: bits 0-20 payload, 21-23 kind, 24-27 class, 28 first part of
/// a character taken apart.
const KIND_SHIFT: u32 = 21;
const CLASS_SHIFT: u32 = 24;
const FIRST_SHIFT: u32 = 28;
const DROP: u32 = 1;
const EXPAND: u32 = 2;
const MARK: u32 = 3;

pub struct Folding {
    simplified: BTreeMap<char, char>,
    alike: BTreeMap<char, &'static str>,
    more: RefCell<Vec<char>>,
    known: RefCell<HashMap<char, String>>,
}

impl Folding {
    pub fn build(chinese: &Chinese) -> Self {
        let folding = Self {
            simplified: chinese.simplified.clone(),
            alike: alike::table(),
            more: RefCell::new(Vec::new()),
            known: RefCell::new(HashMap::new()),
        };
        for c in '\0'..=char::MAX {
            let folded = folding.of(c);
            let again: String = folded.chars().map(|c| folding.of(c)).collect();
            assert_eq!(folded, again, "folding {c:?} once more changes it");
        }
        folding
    }

    /// What `c` becomes; folding the result again gives the result.
    pub fn of(&self, c: char) -> String {
        if let Some(known) = self.known.borrow().get(&c) {
            return known.clone();
        }
        let mut now = c.to_string();
        for _ in 0..8 {
            let next: String = now.chars().flat_map(|c| self.step(c)).collect();
            if next == now {
                break;
            }
            now = next;
        }
        self.known.borrow_mut().insert(c, now.clone());
        now
    }

    fn step(&self, c: char) -> Vec<char> {
        if is_dropped(c) {
            return Vec::new();
        }
        if let Some(text) = self.alike.get(&c) {
            return text.chars().collect();
        }
        if let Some(simple) = self.simplified.get(&c) {
            return vec![*simple];
        }
        if let Some(digit) = foreign_digit(c) {
            return vec![digit];
        }
        if let Some(inner) = without_frame(c) {
            return inner;
        }
        let form: Vec<char> = if is_european(c) {
            c.nfkd().filter(|c| !is_dropped(*c)).collect()
        } else {
            c.nfkc().collect()
        };
        form.into_iter().flat_map(char::to_lowercase).collect()
    }

    /// The fold table; `firsts` are the characters that may be the first part of one taken apart.
    pub fn trie(&self, firsts: &BTreeSet<char>) -> Trie {
        Trie::build(false, |code| {
            char::from_u32(code).map_or(DROP << KIND_SHIFT, |c| {
                self.entry(c) | u32::from(firsts.contains(&c)) << FIRST_SHIFT
            })
        })
    }

    fn entry(&self, c: char) -> u32 {
        let folded = self.of(c);
        let mut chars = folded.chars();
        match (chars.next(), chars.next()) {
            (None, _) => DROP << KIND_SHIFT,
            (Some(to), None) => {
                let class = class(to);
                let kind = if class == Class::Mark { MARK } else { 0 };
                (class as u32) << CLASS_SHIFT | kind << KIND_SHIFT | (c as u32 ^ to as u32)
            }
            (Some(_), Some(_)) => {
                let chars: Vec<char> = folded.chars().collect();
                let mut more = self.more.borrow_mut();
                let at = more
                    .windows(chars.len())
                    .position(|window| window == chars)
                    .unwrap_or(more.len());
                if at == more.len() {
                    more.extend(&chars);
                }
                assert!(at < 1 << 16 && chars.len() < 1 << 5, "expansion fits");
                EXPAND << KIND_SHIFT | (at as u32) << 5 | chars.len() as u32
            }
        }
    }

    pub fn more_bytes(&self) -> Vec<u8> {
        let more = self.more.borrow();
        more.iter()
            .flat_map(|c| u32::from(*c).to_le_bytes())
            .collect()
    }
}

/// Invisible characters, direction controls, selectors, tags, skin tones, and the marks that stack on letters.
fn is_dropped(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{20d0}'..='\u{20ff}'
        | '\u{3099}' | '\u{309a}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d165}'..='\u{1d182}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Scripts whose letters carry marks as decoration in disguises.
fn is_european(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{52f}' | '\u{1d00}'..='\u{1dbf}' | '\u{1e00}'..='\u{1fff}' | '\u{2100}'..='\u{214f}'
        | '\u{1d400}'..='\u{1d7ff}')
}

/// `c` as `0`-`9` if it is another script's decimal digit (Unicode general category Nd).
fn foreign_digit(c: char) -> Option<char> {
    const ZEROS: &[u32] = &[
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
        0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
        0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
        0xff10, 0x104a0, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
        0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
        0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
    ];
    let code = c as u32;
    let zero = ZEROS
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// What stands in a circle, square, pair of brackets or before a full stop: digits, letters, ideographs.
fn without_frame(c: char) -> Option<Vec<char>> {
    let run = |first: u32, value: u32| (value + c as u32 - first).to_string().chars().collect();
    let letter = |first: u32| char::from_u32('a' as u32 + c as u32 - first).map(|c| vec![c]);
    match c {
        '\u{2160}'..='\u{216b}' => Some(run(0x2160, 1)),
        '\u{2170}'..='\u{217b}' => Some(run(0x2170, 1)),
        '\u{2474}'..='\u{2487}' => Some(run(0x2474, 1)),
        '\u{2488}'..='\u{249b}' => Some(run(0x2488, 1)),
        '\u{24eb}'..='\u{24f4}' => Some(run(0x24eb, 11)),
        '\u{24f5}'..='\u{24fe}' => Some(run(0x24f5, 1)),
        '\u{24ff}' | '\u{1f100}' | '\u{1f10b}' | '\u{1f10c}' => Some(vec!['0']),
        '\u{2776}'..='\u{277f}' => Some(run(0x2776, 1)),
        '\u{2780}'..='\u{2789}' => Some(run(0x2780, 1)),
        '\u{278a}'..='\u{2793}' => Some(run(0x278a, 1)),
        '\u{1f101}'..='\u{1f10a}' => Some(run(0x1f101, 0)),
        '\u{249c}'..='\u{24b5}' => letter(0x249c),
        '\u{1f110}'..='\u{1f129}' => letter(0x1f110),
        '\u{1f150}'..='\u{1f169}' => letter(0x1f150),
        '\u{1f170}'..='\u{1f189}' => letter(0x1f170),
        '\u{1f1e6}'..='\u{1f1ff}' => letter(0x1f1e6),
        '\u{3220}'..='\u{3247}' | '\u{1f240}'..='\u{1f248}' => Some(
            c.nfkc()
                .filter(|c| !matches!(c, '(' | ')' | '〔' | '〕'))
                .collect(),
        ),
        _ => None,
    }
}

/// The class of a folded character.
fn class(c: char) -> Class {
    match c {
        'a'..='z' => Class::Letter,
        '0'..='9' => Class::Digit,
        ' ' => Class::Space,
        '\n' => Class::Newline,
        '。' | '，' | '、' | '；' | '：' | '！' | '？' | ',' | ';' | ':' | '!' | '?' | '.' => {
            Class::Break
        }
        '〇'
        | '々'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Class::Han,
        '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}'
        | '\u{2500}'..='\u{27bf}'
        | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}' => Class::Picture,
        // Scripts nobody writes in today serve as filling between words.
        '\u{1680}'..='\u{16ff}' | '\u{10000}'..='\u{1ffff}' => Class::Symbol,
        c if is_combining_mark(c) => Class::Mark,
        c if c.is_alphanumeric() => Class::OtherLetter,
        _ => Class::Symbol,
    }
}
