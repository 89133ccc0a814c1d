//! What n-grams are made of: five streams of tokens of a text.

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

/// The streams of one text.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Folded characters.
    pub(super) plain: Vec<u32>,
    /// Han characters; Latin words, runs of digits and addresses as one each; nothing else.
    pub(super) words: Vec<u32>,
    /// The same, Han characters as syllables.
    pub(super) sounds: Vec<u32>,
    /// Where each word lies in the plain view.
    pub(super) word_places: Vec<(u32, u32)>,
    /// Han characters as they are; every other run of one kind as one.
    pub(super) runs: Vec<u32>,
    /// Where each run lies in the text.
    pub(super) run_places: Vec<Span>,
    /// Every run of one kind as one, ideographs too; of punctuation only that it is there.
    pub(super) outline: Vec<u32>,
    /// Where each of these lies in the text.
    pub(super) outline_places: Vec<Span>,
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
}

impl Tokens {
    /// Reads a text and what it was folded to.
    pub(super) fn read(&mut self, text: &str, folded: &Folded) {
        self.plain.clear();
        self.plain
            .extend(folded.plain().iter().map(|c| u32::from(*c)));
        self.read_words(folded.plain());
        self.read_runs(text);
    }

    fn read_words(&mut self, plain: &[char]) {
        self.words.clear();
        self.sounds.clear();
        self.word_places.clear();
        let mut at = 0;
        // Whether the run of address characters up to here is an address was asked already.
        let mut asked_to = 0;
        while let Some(c) = plain.get(at) {
            let rest = plain.get(at..).unwrap_or_default();
            let class = Class::of(*c);
            let (length, word) = match class {
                Class::Han => {
                    self.han(*c, at);
                    at += 1;
                    continue;
                }
                Class::Letter | Class::Digit => {
                    let address = match at >= asked_to {
                        true => {
                            let (length, is_address) = address(rest);
                            asked_to = at + length;
                            is_address.then_some(length)
                        }
                        false => None,
                    };
                    match (address, class) {
                        (Some(length), _) => (length, Some(ADDRESS)),
                        (None, Class::Digit) => digits(rest),
                        (None, _) => {
                            let before = at.checked_sub(1).and_then(|at| plain.get(at));
                            latin(rest, before.is_some_and(|c| Class::of(*c) == Class::Han))
                        }
                    }
                }
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
                self.push(word, word, (at, at + length));
            }
            at += length;
        }
    }

    fn han(&mut self, c: char, at: usize) {
        let sound = match tables::sound(c) {
            0 => u32::from(c),
            syllable => SYLLABLE + u32::from(syllable),
        };
        self.push(u32::from(c), sound, (at, at + 1));
    }

    fn push(&mut self, word: u32, sound: u32, (from, to): (usize, usize)) {
        self.words.push(word);
        self.sounds.push(sound);
        self.word_places.push((from as u32, to as u32));
    }

    fn read_runs(&mut self, text: &str) {
        self.runs.clear();
        self.run_places.clear();
        self.outline.clear();
        self.outline_places.clear();
        let mut open: Option<Run> = None;
        for (byte, c) in text.char_indices() {
            let written = written(c);
            let place = Span {
                start: byte as u32,
                end: (byte + c.len_utf8()) as u32,
            };
            match &mut open {
                Some(run) if run.written == written => {
                    run.length += 1;
                    run.place.end = place.end;
                }
                Some(_) | None => {
                    self.close(open.take());
                    open = Some(Run {
                        written,
                        first: c,
                        length: 1,
                        place,
                    });
                }
            }
            if written == Written::Han {
                self.runs.push(u32::from(c));
                self.run_places.push(place);
            }
        }
        self.close(open);
    }

    fn close(&mut self, run: Option<Run>) {
        let Some(run) = run else {
            return;
        };
        let kind = RUN + 16 * run.written as u32;
        let sized = kind + length_class(run.length);
        // As a run (`None` for ideographs, which are there one by one), and in the outline.
        let (token, outline) = match run.written {
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
        if let Some(token) = token {
            self.runs.push(token);
            self.run_places.push(run.place);
        }
        self.outline.push(outline);
        self.outline_places.push(run.place);
    }
}

/// A run of the text of one kind.
#[derive(Debug, Clone, Copy)]
struct Run {
    written: Written,
    first: char,
    length: u32,
    place: Span,
}

fn written(c: char) -> Written {
    match c {
        'a'..='z' | 'A'..='Z' => return Written::Letter,
        '0'..='9' => return Written::Digit,
        '\0'..='\x7f' if c.is_whitespace() => return Written::Space,
        '\0'..='\x7f' => return Written::Punctuation,
        _ => {}
    }
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
        tokens.read(text, folder.fold(text).expect("short"));
        tokens
    }

    #[test]
    fn numbers_addresses_and_words_are_one_token_each() {
        let same = |a: &str, b: &str| assert_eq!(tokens(a).words, tokens(b).words, "{a} / {b}");
        same("加 13812345678", "加①③⑧ 9999-8888");
        same("打开https://a.example/x?y=1吧", "打开 evil.top/login 吧");
        same("卡号xxxx", "卡号 1234");
        same("加.微*信", "加微信");
        assert_ne!(tokens("微信").words, tokens("威信").words);
        assert_eq!(tokens("微信").sounds, tokens("威信").sounds);
        assert_eq!(tokens("see you later").words.len(), 3);
        assert_eq!(tokens("3.5元").words.len(), 2);
    }

    #[test]
    fn runs_tell_plain_writing_from_disguise() {
        let kinds = |text: &str| tokens(text).runs;
        assert_eq!(kinds("加12345").len(), 2);
        assert_ne!(kinds("12345"), kinds("①②③④⑤"));
        assert_eq!(kinds("98765"), kinds("123456"));
        assert_ne!(kinds("微信"), kinds("徵ィ言"));
    }

    #[test]
    fn the_outline_is_the_recipes_worked_example() {
        // Six ideographs, punctuation twice, a word of three letters, a space, eleven digits, a frame, a hidden character.
        let found = tokens("加我微信好友，！abc 13812345678①\u{200b}");
        let run = |written: u32, length: u32| RUN + written * 16 + length;
        assert_eq!(
            found.outline,
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
        assert_eq!(tokens("好好好好好").outline, tokens("天天天天天天").outline);
        assert_ne!(tokens("好好好好").outline, tokens("天天天天天").outline);
        let text = "加我，abc";
        let places: Vec<&str> = tokens(text)
            .outline_places
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
            .word_places
            .iter()
            .map(|(from, to)| chars[*from as usize..*to as usize].iter().collect())
            .collect();
        assert_eq!(words, ["加", "微", "信", "abc", "123", "好"]);
        let runs: Vec<&str> = found.run_places.iter().map(|span| span.of(text)).collect();
        assert_eq!(runs, ["加", "微", "信", " ", "abc", "123", "，", "好"]);
    }
}
