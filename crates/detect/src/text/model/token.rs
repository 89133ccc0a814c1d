//! What n-grams are made of: five streams of tokens of a text.

use super::gram::{self, Order, spread};
use crate::text::buffer::Buffer;
use crate::text::class::Class;
use crate::text::fold::Folded;
use crate::text::span::Span;
use crate::text::tables::{self, Kind};

/// A token that stands for any run of digits of one length.
const DIGITS: u32 = 0x7f00_0000;
/// A token that stands for any address.
const ADDRESS: u32 = 0x7f00_0006;
/// Added to the hash of a Latin word.
const WORD: u32 = 0x4000_0000;
/// Added to a syllable's number.
const SYLLABLE: u32 = 0x0002_0000;
/// Tokens of runs: punctuation by its character, the rest by kind and length.
const PUNCTUATION: u32 = 0x7d00_0000;
const RUN: u32 = 0x7e00_0000;

/// The streams of one text. Their tokens are kept [`spread`], which is one to one.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Folded characters.
    plain: Buffer<u32>,
    /// Han characters; Latin words, runs of digits and addresses as one each; nothing else.
    words: Buffer<u32>,
    /// The same, Han characters as syllables.
    sounds: Buffer<u32>,
    /// Han characters as they are; every other run of one kind as one.
    runs: Buffer<u32>,
    /// Every run of one kind as one, ideographs too; of punctuation only that it is there.
    outline: Buffer<u32>,
    /// Where the tokens lie, if that was asked for.
    pub(super) places: Places,
}

/// Where the tokens of a text lie.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Each word in the plain view.
    pub(super) words: Vec<(u32, u32)>,
    /// Each run in the text.
    pub(super) runs: Vec<Span>,
    /// Each run of the outline in the text.
    pub(super) outline: Vec<Span>,
}

/// What a run of the text, as it was written, is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Han = 1,
    RareHan = 2,
    Letter = 3,
    Digit = 4,
    FancyLetter = 5,
    FancyDigit = 6,
    Sign = 7,
    Punctuation = 8,
    Space = 9,
    OtherLetter = 10,
    Invisible = 11,
    /// There is no run.
    Nothing = 0,
}

impl Tokens {
    /// Reads a text and what it was folded to.
    pub(super) fn read(&mut self, text: &str, folded: &Folded) {
        self.read_all::<false>(text, folded);
    }

    /// The same, and notes where the tokens lie.
    pub(super) fn read_with_places(&mut self, text: &str, folded: &Folded) {
        self.read_all::<true>(text, folded);
    }

    /// Each stream with what n-grams are taken from it.
    pub(super) fn streams(&self) -> [(&[u32], Order); 5] {
        [
            (self.plain.get(), gram::PLAIN),
            (self.words.get(), gram::WORDS),
            (self.sounds.get(), gram::SOUNDS),
            (self.runs.get(), gram::RUNS),
            (self.outline.get(), gram::OUTLINE),
        ]
    }

    fn read_all<const PLACES: bool>(&mut self, text: &str, folded: &Folded) {
        self.places.words.clear();
        self.places.runs.clear();
        self.places.outline.clear();
        let plain = folded.plain();
        self.plain.restart(plain.len());
        for (token, c) in self.plain.items.iter_mut().zip(plain) {
            *token = spread(u32::from(*c));
        }
        self.plain.len = plain.len();
        self.read_words::<PLACES>(plain);
        self.read_runs::<PLACES>(text);
    }

    fn read_words<const PLACES: bool>(&mut self, plain: &[char]) {
        // A word has at least one character.
        self.words.restart(plain.len());
        self.sounds.restart(plain.len());
        let mut at = 0;
        // Whether the run of address characters up to here is an address was asked already.
        let mut asked_to = 0;
        while let Some(c) = plain.get(at) {
            if tables::is_everyday(*c) {
                self.han::<PLACES>(*c, at);
                at += 1;
                continue;
            }
            let (length, word) = match Class::of(*c) {
                Class::Han => {
                    self.han::<PLACES>(*c, at);
                    at += 1;
                    continue;
                }
                class @ (Class::Letter | Class::Digit) => word(plain, at, class, &mut asked_to),
                Class::OtherLetter
                | Class::Mark
                | Class::Space
                | Class::Newline
                | Class::Break
                | Class::Symbol
                | Class::Picture => {
                    at += 1;
                    continue;
                }
            };
            if let Some(word) = word {
                self.push::<PLACES>(word, word, (at, at + length));
            }
            at += length;
        }
    }

    #[inline]
    fn han<const PLACES: bool>(&mut self, c: char, at: usize) {
        let sound = match tables::sound(c) {
            0 => u32::from(c),
            syllable => SYLLABLE + u32::from(syllable),
        };
        self.push::<PLACES>(u32::from(c), sound, (at, at + 1));
    }

    #[inline]
    fn push<const PLACES: bool>(&mut self, word: u32, sound: u32, (from, to): (usize, usize)) {
        self.words.put(spread(word));
        self.sounds.put(spread(sound));
        if PLACES {
            self.places.words.push((from as u32, to as u32));
        }
    }

    fn read_runs<const PLACES: bool>(&mut self, text: &str) {
        // A run has at least one character, a character at least one byte.
        self.runs.restart(text.len());
        self.outline.restart(text.len());
        let mut open = Run::none();
        for (byte, c) in text.char_indices() {
            let written = written(c);
            if open.written != written {
                self.close::<PLACES>(&open);
                open = Run {
                    written,
                    first: c,
                    length: 0,
                    start: byte as u32,
                    end: 0,
                };
            }
            open.length += 1;
            open.end = (byte + c.len_utf8()) as u32;
            if written == Written::Han {
                self.runs.put(spread(u32::from(c)));
                if PLACES {
                    self.places.runs.push(Span {
                        start: byte as u32,
                        end: open.end,
                    });
                }
            }
        }
        self.close::<PLACES>(&open);
    }

    fn close<const PLACES: bool>(&mut self, run: &Run) {
        let kind = RUN + 16 * run.written as u32;
        let sized = kind + length_class(run.length);
        // As a run (`None` for ideographs, which are there one by one), and in the outline.
        let (token, outline) = match run.written {
            Written::Nothing => return,
            Written::Han => (None, sized),
            Written::Punctuation => (Some(PUNCTUATION + u32::from(run.first)), kind),
            Written::Space => (Some(kind), kind),
            Written::RareHan
            | Written::Letter
            | Written::Digit
            | Written::FancyLetter
            | Written::FancyDigit
            | Written::Sign
            | Written::OtherLetter
            | Written::Invisible => (Some(sized), sized),
        };
        let place = Span {
            start: run.start,
            end: run.end,
        };
        if let Some(token) = token {
            self.runs.put(spread(token));
            if PLACES {
                self.places.runs.push(place);
            }
        }
        self.outline.put(spread(outline));
        if PLACES {
            self.places.outline.push(place);
        }
    }
}

/// A run of the text of one kind.
#[derive(Debug)]
struct Run {
    written: Written,
    first: char,
    /// Characters.
    length: u32,
    /// Where in the text it begins and ends.
    start: u32,
    end: u32,
}

impl Run {
    const fn none() -> Self {
        Self {
            written: Written::Nothing,
            first: ' ',
            length: 0,
            start: 0,
            end: 0,
        }
    }
}

#[inline]
fn written(c: char) -> Written {
    if tables::is_everyday(c) {
        return Written::Han;
    }
    match ASCII.get(c as usize) {
        Some(written) => *written,
        None => written_seldom(c),
    }
}

/// What the characters of ASCII are.
const ASCII: [Written; 128] = {
    let mut table = [Written::Punctuation; 128];
    let mut code = 0_u8;
    while code < 128 {
        table[code as usize] = match code {
            b'a'..=b'z' | b'A'..=b'Z' => Written::Letter,
            b'0'..=b'9' => Written::Digit,
            // As Unicode's property White_Space says.
            0x09..=0x0D | b' ' => Written::Space,
            _ => Written::Punctuation,
        };
        code += 1;
    }
    table
};

/// What a character that is neither an everyday ideograph nor ASCII is.
fn written_seldom(c: char) -> Written {
    let fold = tables::fold(c);
    match fold.kind() {
        Some(Kind::Drop | Kind::Mark) => return Written::Invisible,
        Some(Kind::Expand) => return Written::Sign,
        None => {}
    }
    match fold.class() {
        Class::Han if tables::is_common(fold.one(c)) => Written::Han,
        Class::Han => Written::RareHan,
        Class::Letter => Written::FancyLetter,
        Class::Digit => Written::FancyDigit,
        Class::OtherLetter => Written::OtherLetter,
        Class::Mark => Written::Invisible,
        Class::Space | Class::Newline => Written::Space,
        Class::Break => Written::Punctuation,
        Class::Symbol | Class::Picture => Written::Sign,
    }
}

const fn length_class(length: u32) -> u32 {
    match length {
        0..=4 => length,
        5..=6 => 5,
        7..=8 => 6,
        9..=10 => 7,
        11 => 8,
        12.. => 9,
    }
}

/// The length and the token of what begins with a letter or digit at `at`; `asked_to` is where the run of address characters ends
/// that was looked at last.
fn word(plain: &[char], at: usize, class: Class, asked_to: &mut usize) -> (usize, Option<u32>) {
    let rest = plain.get(at..).unwrap_or_default();
    if at >= *asked_to {
        let (length, is_address) = address(rest);
        *asked_to = at + length;
        if is_address {
            return (length, Some(ADDRESS));
        }
    }
    if class == Class::Digit {
        return digits(rest);
    }
    let before = at.checked_sub(1).and_then(|at| plain.get(at));
    latin(rest, before.is_some_and(|c| Class::of(*c) == Class::Han))
}

/// The length of the run of characters that an address may have, and whether it is one: it has `//`, or a dot before two letters.
fn address(rest: &[char]) -> (usize, bool) {
    let may = |c: &&char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '.' | '/' | ':' | '-' | '_' | '?' | '=' | '%' | '&' | '#' | '~' | '+'
            )
    };
    let length = rest.iter().take_while(may).count();
    let run = rest.get(..length).unwrap_or_default();
    let slashes = run.windows(2).any(|pair| pair == ['/', '/']);
    let dotted = run.windows(3).skip(1).any(
        |three| matches!(three, ['.', a, b] if a.is_ascii_lowercase() && b.is_ascii_lowercase()),
    );
    (length, slashes || dotted && length >= 4)
}

/// The length of a run of digits, single separators between them included, and its token.
fn digits(rest: &[char]) -> (usize, Option<u32>) {
    let (mut length, mut count) = (0, 0);
    loop {
        match rest.get(length..) {
            Some(['0'..='9', ..]) => {
                count += 1;
                length += 1;
            }
            Some(['-' | ' ' | '.' | ',', '0'..='9', ..]) => length += 1,
            Some(_) | None => return (length, Some(digits_token(count))),
        }
    }
}

/// The length of a Latin word, and its token. A run of `x` is digits that somebody masked.
fn latin(rest: &[char], after_han: bool) -> (usize, Option<u32>) {
    let length = rest.iter().take_while(|c| c.is_ascii_lowercase()).count();
    // A letter that is none of a to z is nobody's word.
    let Some(word) = rest.get(..length).filter(|word| !word.is_empty()) else {
        return (1, None);
    };
    let before_han = rest
        .get(length)
        .is_some_and(|c| Class::of(*c) == Class::Han);
    if word.iter().all(|c| *c == 'x') && (length >= 3 || before_han || after_han) {
        return (length, Some(digits_token(length)));
    }
    let is = |name: &str| word.iter().copied().eq(name.chars());
    let token = match () {
        // What public sets put in place of numbers, addresses and names.
        () if is("digit") => Some(digits_token(1)),
        () if is("phone") || is("cellphone") => Some(digits_token(11)),
        () if is("url") => Some(ADDRESS),
        () if is("name") || is("place") => None,
        () => {
            let hash = word.iter().fold(0_u32, |hash, c| {
                let mixed = (hash ^ u32::from(*c)).wrapping_mul(0x0100_0193);
                mixed.wrapping_add(0x9E37)
            });
            Some(WORD | hash & 0x3fff_ffff)
        }
    };
    (length, token)
}

/// Digits by how many: 1-4, 5-6, 7-10, 11 (a mobile number), more (an account).
const fn digits_token(count: usize) -> u32 {
    DIGITS
        + match count {
            0..=4 => 1,
            5..=6 => 2,
            7..=10 => 3,
            11 => 4,
            12.. => 5,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Folder, Views};

    fn tokens(text: &str) -> Tokens {
        let mut folder = Folder::new(Views::Plain);
        let mut tokens = Tokens::default();
        tokens.read_with_places(text, folder.fold(text).expect("short"));
        tokens
    }

    #[test]
    fn numbers_addresses_and_words_are_one_token_each() {
        let same = |a: &str, b: &str| {
            assert_eq!(tokens(a).words.get(), tokens(b).words.get(), "{a} / {b}")
        };
        same("加 13812345678", "加①③⑧ 9999-8888");
        same("打开https://a.example/x?y=1吧", "打开 evil.top/login 吧");
        same("卡号xxxx", "卡号 1234");
        same("加.微*信", "加微信");
        assert_ne!(tokens("微信").words.get(), tokens("威信").words.get());
        assert_eq!(tokens("微信").sounds.get(), tokens("威信").sounds.get());
        assert_eq!(tokens("see you later").words.len, 3);
        assert_eq!(tokens("3.5元").words.len, 2);
    }

    #[test]
    fn runs_tell_plain_writing_from_disguise() {
        let kinds = |text: &str| tokens(text).runs.get().to_vec();
        assert_eq!(kinds("加12345").len(), 2);
        assert_ne!(kinds("12345"), kinds("①②③④⑤"));
        assert_eq!(kinds("98765"), kinds("123456"));
        assert_ne!(kinds("微信"), kinds("徵ィ言"));
    }

    #[test]
    fn the_outline_is_the_recipes_worked_example() {
        // Six ideographs, punctuation twice, a word of three letters, a space, eleven digits, a frame, a hidden character.
        let found = tokens("加我微信好友，！abc 13812345678①\u{200b}");
        let run = |written: u32, length: u32| spread(RUN + written * 16 + length);
        assert_eq!(
            found.outline.get(),
            [
                run(1, 5),
                run(8, 0),
                run(3, 3),
                run(9, 0),
                run(4, 8),
                run(6, 1),
                run(11, 1)
            ]
        );
        assert_eq!(
            tokens("好好好好好").outline.get(),
            tokens("天天天天天天").outline.get()
        );
        assert_ne!(
            tokens("好好好好").outline.get(),
            tokens("天天天天天").outline.get()
        );
        let text = "加我，abc";
        let places: Vec<&str> = tokens(text)
            .places
            .outline
            .iter()
            .map(|span| span.of(text))
            .collect();
        assert_eq!(places, ["加我", "，", "abc"]);
    }

    #[test]
    fn places_are_where_the_tokens_are() {
        let text = "加微信 abc123，好";
        let found = tokens(text);
        let chars: Vec<char> = text.chars().collect();
        let words: Vec<String> = found
            .places
            .words
            .iter()
            .map(|(from, to)| chars[*from as usize..*to as usize].iter().collect())
            .collect();
        assert_eq!(words, ["加", "微", "信", "abc", "123", "好"]);
        let runs: Vec<&str> = found.places.runs.iter().map(|span| span.of(text)).collect();
        assert_eq!(runs, ["加", "微", "信", " ", "abc", "123", "，", "好"]);
    }

    #[test]
    fn one_look_tells_what_the_tables_tell() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            if tables::is_everyday(c) {
                assert_eq!(written_seldom(c), Written::Han, "{c}");
                assert_eq!(Class::of(c), Class::Han, "{c}");
            } else if (0x4E00..0xA000).contains(&u32::from(c)) {
                assert_ne!(written(c), Written::Han, "{c}");
            }
            if c.is_ascii() {
                let is_space = written(c) == Written::Space;
                assert_eq!(is_space, c.is_whitespace(), "{c:?}");
            }
        }
    }
}
