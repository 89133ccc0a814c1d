//! Texts as somebody writes them who hides from filters: characters of the same sound or look, taken apart, with signs in
//! between, as letters, in other forms, or left out.
//!
//! Three hands that draw on different tables, so that what is learnt from some is measured on another: [`Hand::First`] and
//! [`Hand::Second`] are for training, [`Hand::Third`] only for measuring. A seed gives the same disguise for ever.

mod tables;

use crate::random::Random;

pub use tables::Tables;

/// Who disguises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// Mostly the same syllable or a near look.
    First,
    /// Mostly the same syllable in another tone, a confusable syllable, or nothing at all.
    Second,
    /// Dialects' syllables, far looks, capitals, other scripts' forms.
    Third,
}

/// Which characters are disguised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice<'a> {
    /// Each with this chance, 0 to 1.
    Chance(f64),
    /// This part of the text, 0 to 1: the characters with the greatest number above zero. One number for each byte; that of a
    /// character's first byte counts.
    Greatest(f64, &'a [f32]),
}

/// What is done with a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    SameSound,
    OtherTone,
    CloseSound,
    DialectSound,
    NearLook,
    FarLook,
    Split,
    Insert,
    Pinyin,
    Initial,
    Capital,
    OldForm,
    Drop,
}

/// How often out of a hundred a hand goes each way.
const fn ways(hand: Hand) -> &'static [(Way, u64)] {
    match hand {
        Hand::First => &[
            (Way::SameSound, 55),
            (Way::NearLook, 28),
            (Way::Split, 5),
            (Way::Insert, 4),
            (Way::Pinyin, 3),
            (Way::OldForm, 2),
            (Way::Initial, 2),
            (Way::Drop, 1),
        ],
        Hand::Second => &[
            (Way::OtherTone, 40),
            (Way::CloseSound, 20),
            (Way::NearLook, 20),
            (Way::Initial, 8),
            (Way::Drop, 7),
            (Way::Insert, 5),
        ],
        Hand::Third => &[
            (Way::DialectSound, 40),
            (Way::FarLook, 25),
            (Way::Split, 8),
            (Way::Pinyin, 8),
            (Way::Insert, 8),
            (Way::OldForm, 6),
            (Way::Capital, 5),
        ],
    }
}

/// What is put in between.
const SIGNS: [char; 34] = [
    ' ', '.', '。', ',', '，', '、', '*', '-', '_', '~', '/', '|', '·', '…', '!', '！', '?', '？',
    '+', '=', '#', '@', '^', '&', '❤', '⭐', '🔥', '💰', '👉', '😊', '🌹', '✨', '🍀', '💕',
];
/// Other forms of the ten digits.
const DIGITS: [&str; 6] = [
    "０１２３４５６７８９",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "零一二三四五六七八九",
    "〇壹贰叁肆伍陆柒捌玖",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "₀₁₂₃₄₅₆₇₈₉",
];
/// Of a hundred texts, those whose digits take another form.
const DIGITS_CHANGED: u64 = 30;
/// Letters are touched this much less often than ideographs.
const LETTERS_SHARE: f64 = 0.3;

/// Disguises a text by some hands, each character by one of them.
#[must_use]
pub fn disguise(
    text: &str,
    tables: &Tables,
    hands: &[Hand],
    choice: Choice<'_>,
    seed: u64,
) -> String {
    let mut random = Random::new(seed);
    let digits = match random.below(100) < DIGITS_CHANGED {
        true => random.pick(&DIGITS).copied(),
        false => None,
    };
    let chosen = chosen(text, choice, &mut random);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for ((_, c), chosen) in text.char_indices().zip(chosen) {
        let other = c.to_digit(10).zip(digits);
        let other = other.and_then(|(digit, forms)| forms.chars().nth(digit as usize));
        match (other, chosen) {
            (Some(other), _) => out.push(other),
            (None, false) => out.push(c),
            (None, true) if c.is_ascii_alphabetic() => letter(c, &mut random, &mut out),
            (None, true) if tables.knows(c) => {
                let hand = random.pick(hands).copied().unwrap_or(Hand::First);
                ideograph(c, way(hand, &mut random), tables, &mut random, &mut out);
            }
            (None, true) => out.push(c),
        }
    }
    out
}

/// For each character whether it is disguised.
fn chosen(text: &str, choice: Choice<'_>, random: &mut Random) -> Vec<bool> {
    match choice {
        Choice::Chance(chance) => text
            .chars()
            .map(|c| {
                let share = if c.is_ascii() { LETTERS_SHARE } else { 1.0 };
                random.unit() < chance * share
            })
            .collect(),
        Choice::Greatest(part, numbers) => {
            let number = |byte: usize| numbers.get(byte).copied().unwrap_or(0.0);
            let mut order: Vec<(usize, f32)> = text
                .char_indices()
                .map(|(byte, _)| number(byte))
                .enumerate()
                .collect();
            let mut chosen = vec![false; order.len()];
            order.sort_by(|a, b| b.1.total_cmp(&a.1));
            let most = (part * order.len() as f64 + random.unit()) as usize;
            let speaking = order.into_iter().filter(|(_, number)| *number > 0.0);
            for (ix, _) in speaking.take(most.max(1)) {
                if let Some(chosen) = chosen.get_mut(ix) {
                    *chosen = true;
                }
            }
            chosen
        }
    }
}

fn way(hand: Hand, random: &mut Random) -> Way {
    let mut left = random.below(100);
    for (way, share) in ways(hand) {
        if left < *share {
            return *way;
        }
        left -= share;
    }
    Way::SameSound
}

fn ideograph(c: char, way: Way, tables: &Tables, random: &mut Random, out: &mut String) {
    let reading = tables.reading(c);
    let drawn = match way {
        Way::SameSound => random.pick(tables.same_sound(c)).copied(),
        Way::OtherTone => random.pick(&tables.other_tone(c)).copied(),
        Way::CloseSound => random.pick(tables.close_sound(c)).copied(),
        Way::DialectSound => random.pick(tables.dialect_sound(c)).copied(),
        Way::NearLook => random.pick(tables.near_looks(c)).copied(),
        Way::FarLook => random.pick(tables.far_looks(c)).copied(),
        Way::OldForm => random.pick(tables.old_forms(c)).copied(),
        Way::Split => {
            let (first, second) = tables.parts(c).unwrap_or((c, '\0'));
            out.push(first);
            out.extend(Some(second).filter(|part| *part != '\0'));
            return;
        }
        Way::Insert => {
            let sign = random.pick(&SIGNS).copied().unwrap_or(' ');
            out.push(c);
            let times = if random.below(3) == 0 { 2 } else { 1 };
            out.extend(std::iter::repeat_n(sign, times));
            return;
        }
        Way::Pinyin if !reading.is_empty() => return out.push_str(reading),
        Way::Initial if !reading.is_empty() => return out.extend(reading.chars().next()),
        Way::Capital if !reading.is_empty() => {
            let first = reading.chars().next();
            return out.extend(first.map(|letter| letter.to_ascii_uppercase()));
        }
        Way::Pinyin | Way::Initial | Way::Capital => None,
        Way::Drop => return,
    };
    out.push(drawn.unwrap_or(c));
}

fn letter(c: char, random: &mut Random, out: &mut String) {
    match random.below(4) {
        0 | 1 => out.extend(char::from_u32(u32::from(c) + 0xFEE0)),
        2 => out.push(c.to_ascii_uppercase()),
        _ => {
            out.push(c);
            out.extend(random.pick(&[' ', '.', '-']));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(hand: Hand, choice: Choice<'_>, seed: u64) -> String {
        disguise(TEXT, &Tables::own(), &[hand], choice, seed)
    }

    const TEXT: &str = "兼职刷单返利，加微信abc领取佣金300元";

    #[test]
    fn a_seed_gives_the_same_disguise_and_hands_differ() {
        let all = Choice::Chance(1.0);
        let first = by(Hand::First, all, 5);
        assert_eq!(first, by(Hand::First, all, 5));
        assert_ne!(first, by(Hand::First, all, 6));
        assert_ne!(first, by(Hand::Third, all, 5));
        let kept = TEXT.chars().filter(|c| first.contains(*c)).count();
        assert!(kept < TEXT.chars().count() / 2, "{first}");
        let untouched = (0..20).map(|seed| by(Hand::Second, Choice::Chance(0.0), seed));
        assert!(untouched.filter(|text| text == TEXT).count() > 8);
    }

    #[test]
    fn what_speaks_loudest_is_hidden_first() {
        let mut numbers = vec![0.0; TEXT.len()];
        let at = TEXT.find("微信").expect("there");
        numbers[at] = 2.0;
        numbers[at + 3] = 1.0;
        numbers[0] = -3.0;
        for seed in 0..20 {
            let text = by(Hand::First, Choice::Greatest(0.5, &numbers), seed);
            assert!(text.starts_with("兼职刷单返利，加"), "{text}");
        }
        let hidden = (0..20).filter(|seed| {
            let text = by(Hand::First, Choice::Greatest(0.5, &numbers), *seed);
            !text.contains("微信")
        });
        assert!(hidden.count() > 15);
    }
}
