//! Slots that are numbers, handles and addresses: random, of the shapes that are in use.

use std::fmt::Write;

use crate::random::Random;

/// A kind of random filling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    /// `d4`: that many digits.
    Digits(u32),
    /// `n1-9`: a whole number of a range.
    Number(u64, u64),
    Mobile,
    Landline,
    Qq,
    WeChat,
    Telegram,
    Url,
    ShortUrl,
    Account,
    Date,
    Time,
    Code,
    Order,
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

impl Builtin {
    /// The builtin of a name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "mobile" => Self::Mobile,
            "landline" => Self::Landline,
            "qq" => Self::Qq,
            "wx" => Self::WeChat,
            "tg" => Self::Telegram,
            "url" => Self::Url,
            "shorturl" => Self::ShortUrl,
            "card4" => Self::Digits(4),
            "acct" => Self::Account,
            "date" => Self::Date,
            "time" => Self::Time,
            "code" => Self::Code,
            "order" => Self::Order,
            _ => {
                if let Some(count) = name.strip_prefix('d').and_then(|count| count.parse().ok()) {
                    return Some(Self::Digits(count));
                }
                let (from, to) = name.strip_prefix('n')?.split_once('-')?;
                let (from, to) = (from.parse().ok()?, to.parse().ok()?);
                (from <= to).then_some(Self::Number(from, to))?
            }
        })
    }

    /// Says one.
    pub(super) fn say(self, random: &mut Random, text: &mut String) {
        match self {
            Self::Digits(count) => digits(random, count, text),
            Self::Number(from, to) => number(random, (from, to), text),
            Self::Mobile => {
                text.push('1');
                text.push_str(random.pick(&["3", "5", "7", "8"]).unwrap_or(&""));
                digits(random, 9, text);
            }
            Self::Landline => {
                match random.below(3) {
                    0 => text.push_str("400"),
                    count => {
                        text.push('0');
                        digits(random, count as u32 + 1, text);
                    }
                }
                text.push('-');
                digits(random, 7, text);
            }
            Self::Qq => {
                number(random, (1, 9), text);
                let count = 6 + random.below(4) as u32;
                digits(random, count, text);
            }
            Self::WeChat => wechat(random, text),
            Self::Telegram => {
                let count = 4 + random.below(5) as u32;
                letters(random, count, text);
                let count = random.pick(&[0, 2, 4]).copied().unwrap_or(0);
                digits(random, count, text);
            }
            Self::Url => url(random, text),
            Self::ShortUrl => {
                let host = [
                    "t.cn/",
                    "http://t.cn/",
                    "dwz.cn/",
                    "url.cn/",
                    "https://suo.im/",
                ];
                text.push_str(random.pick(&host).unwrap_or(&""));
                letters(random, 3, text);
                digits(random, 1, text);
                letters(random, 2, text);
            }
            Self::Account => {
                text.push_str("62");
                let count = random.pick(&[14, 15, 17]).copied().unwrap_or(17);
                digits(random, count, text);
            }
            Self::Date => date(random, text),
            Self::Time => {
                let (hour, minute) = (random.below(24), random.below(60));
                // Writing to a string does not fail.
                let _ = match random.below(3) {
                    0 => write!(text, "{hour}:{minute:02}"),
                    1 => write!(text, "{hour}时{minute}分"),
                    _ => write!(text, "{hour:02}:{minute:02}:{:02}", random.below(60)),
                };
            }
            Self::Code => {
                let count = random.pick(&[4, 6, 6, 6]).copied().unwrap_or(6);
                digits(random, count, text);
            }
            Self::Order => {
                text.push_str(random.pick(&["", "SF", "YT", "E"]).unwrap_or(&""));
                let count = 9 + random.below(7) as u32;
                digits(random, count, text);
            }
        }
    }
}

fn digits(random: &mut Random, count: u32, text: &mut String) {
    for _ in 0..count {
        number(random, (0, 9), text);
    }
}

fn number(random: &mut Random, (from, to): (u64, u64), text: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(text, "{}", from + random.below(to - from + 1));
}

fn letters(random: &mut Random, count: u32, text: &mut String) {
    for _ in 0..count {
        let at = random.below(LETTERS.len() as u64) as usize;
        text.push_str(LETTERS.get(at..=at).unwrap_or_default());
    }
}

fn wechat(random: &mut Random, text: &mut String) {
    match random.below(5) {
        0 => {
            letters(random, 2, text);
            let count = 4 + random.below(5) as u32;
            digits(random, count, text);
        }
        1 => {
            let count = 5 + random.below(3) as u32;
            digits(random, count, text);
        }
        2 => {
            let count = 5 + random.below(5) as u32;
            letters(random, count, text);
        }
        3 => {
            letters(random, 1, text);
            digits(random, 8, text);
        }
        _ => {
            letters(random, 3, text);
            digits(random, 3, text);
            letters(random, 2, text);
        }
    }
}

fn url(random: &mut Random, text: &mut String) {
    let schemes = ["http://", "https://", "www.", "", ""];
    text.push_str(random.pick(&schemes).unwrap_or(&""));
    let count = 3 + random.below(6) as u32;
    letters(random, count, text);
    match random.below(4) {
        0 => {}
        1 => {
            text.push('-');
            letters(random, 3, text);
        }
        count => digits(random, count as u32, text),
    }
    let endings = [
        "com", "cn", "net", "cc", "vip", "top", "xyz", "com.cn", "info",
    ];
    text.push('.');
    text.push_str(random.pick(&endings).unwrap_or(&""));
    match random.below(4) {
        0 => {
            text.push('/');
            letters(random, 3, text);
        }
        1 => {
            text.push('/');
            letters(random, 2, text);
            digits(random, 3, text);
        }
        _ => {}
    }
}

fn date(random: &mut Random, text: &mut String) {
    let (year, month, day) = (
        2012 + random.below(15),
        1 + random.below(12),
        1 + random.below(28),
    );
    // Writing to a string does not fail.
    let _ = match random.below(4) {
        0 => write!(text, "{month}月{day}日"),
        1 => write!(text, "{year}年{month}月{day}日"),
        2 => write!(text, "{month}/{day}"),
        _ => write!(text, "{year}-{month:02}-{day:02}"),
    };
}
