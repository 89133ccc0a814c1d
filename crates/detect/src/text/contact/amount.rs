//! Sums of money, in figures and in Chinese numerals.

use std::fmt;
use std::sync::LazyLock;

use super::super::class::digit;
use super::tokens::Tokens;
use super::{Contact, Finds, Words};

/// What a sum is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Renminbi.
    Cny,
    /// United States dollar.
    Usd,
    /// The dollar token (USDT), also written U.
    Usdt,
}

stanch_types::words! { Unit { Cny = "cny", Usd = "usd", Usdt = "usdt" } }

/// A sum of money as a text says it; not an account's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Hundredths of the unit.
    pub minor: u64,
    /// What it is counted in.
    pub unit: Unit,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}.{:02}",
            self.unit,
            self.minor / 100,
            self.minor % 100
        )
    }
}

/// Most of a sum, in hundredths; more is not money.
const MINOR_MAX: u64 = 100_000_000_000_000;

/// Words before a number with 万, w or k and no unit that make it money.
static MONEY_WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::new(
        "日入 月入 收益 赚 返 佣金 工资 单价 充 转 贷 借 额度 提现 投 本金 \
    利润 日薪 月薪 收入 价格 奖励 红包 押金 保证金 日结 下款 到账 首存 送 年薪",
    )
});

/// Finds the sums in `plain`.
pub(super) fn find(plain: &[char], tokens: &Tokens, finds: &mut Finds) {
    // Both lists are by place; a number that begins with 十 goes on with the groups after it.
    let mut groups = tokens.groups.iter().map(|group| group.start).peekable();
    let mut tens = tokens.tens.iter().copied().peekable();
    let mut end = 0;
    loop {
        let next = match (groups.peek().copied(), tens.peek().copied()) {
            (Some(group), Some(ten)) if ten < group => tens.next(),
            (Some(_), _) => groups.next(),
            (None, _) => tens.next(),
        };
        let Some(at) = next else {
            return;
        };
        if at < end {
            continue;
        }
        let number = Number::read(plain, at);
        if let Some((range, sum)) = number.sum(plain, at) {
            finds.push(range, Contact::Amount(sum), None);
        }
        end = number.end;
    }
}

/// A number and where it ends.
struct Number {
    end: usize,
    /// Hundredths; `None` if it is too large or no number.
    hundredths: Option<u64>,
    /// Whether it ends in 万 (or w, k), so that a unit may be missing.
    has_scale: bool,
}

impl Number {
    fn read(plain: &[char], start: usize) -> Self {
        let first = plain.get(start).copied().unwrap_or(' ');
        let (mut end, mut hundredths) = if first.is_ascii_digit() {
            figures(plain, start)
        } else {
            numerals(plain, start)
        };
        let mut has_scale = false;
        while let Some(scale) = plain.get(end).and_then(|c| scale(*c)) {
            let next = plain.get(end + 1);
            let is_word = plain.get(end).is_some_and(char::is_ascii_lowercase)
                && next.is_some_and(|c| c.is_ascii_alphanumeric());
            if is_word {
                break;
            }
            hundredths = hundredths.and_then(|value| value.checked_mul(scale));
            has_scale = true;
            end += 1;
        }
        Self {
            end,
            hundredths: hundredths.filter(|value| (1..=MINOR_MAX).contains(value)),
            has_scale,
        }
    }

    /// The sum, if a unit stands before or after.
    fn sum(&self, plain: &[char], start: usize) -> Option<((usize, usize), Sum)> {
        let minor = self.hundredths?;
        let at = start.checked_sub(1).and_then(|at| plain.get(at));
        if at.is_some_and(|c| c.is_ascii_lowercase() || matches!(c, '.' | ':' | '第')) {
            return None;
        }
        let sign = match at {
            Some('¥') => Some(Unit::Cny),
            Some('$') => Some(Unit::Usd),
            _ => None,
        };
        if let Some(unit) = sign {
            return Some(((start - 1, self.end), Sum { minor, unit }));
        }
        let rest = plain.get(self.end..).unwrap_or_default();
        let is_figure = plain.get(start).is_some_and(char::is_ascii_digit);
        for (word, unit) in UNITS {
            // "100 rmb" but not "part 5 u".
            let spaced = word.is_ascii() && word.len() > 1;
            let spaces = rest.iter().take_while(|c| **c == ' ' && spaced).count();
            let mut here = rest.iter().skip(spaces);
            if !word.chars().all(|c| here.next() == Some(&c)) {
                continue;
            }
            let next = here.next();
            let fits = match *word {
                // 一块 is also "together", 块 a piece, 刀 a knife.
                "块" if is_figure => !next.is_some_and(|c| "地石肉板".contains(*c)),
                "块" => next == Some(&'钱') || self.end - start > 1,
                "刀" => is_figure,
                _ => !word.is_ascii() || !next.is_some_and(char::is_ascii_alphanumeric),
            };
            if fits {
                let end = self.end + spaces + word.chars().count();
                return Some(((start, end), Sum { minor, unit: *unit }));
            }
        }
        let is_money = self.has_scale && MONEY_WORDS.is_near_before(plain, start, 5);
        is_money.then_some((
            (start, self.end),
            Sum {
                minor,
                unit: Unit::Cny,
            },
        ))
    }
}

/// Units after a number.
const UNITS: &[(&str, Unit)] = &[
    ("元", Unit::Cny),
    ("块", Unit::Cny),
    ("圆", Unit::Cny),
    ("人民币", Unit::Cny),
    ("rmb", Unit::Cny),
    ("cny", Unit::Cny),
    ("美元", Unit::Usd),
    ("美金", Unit::Usd),
    ("刀", Unit::Usd),
    ("usd", Unit::Usd),
    ("dollars", Unit::Usd),
    ("usdt", Unit::Usdt),
    ("u", Unit::Usdt),
];

const fn scale(c: char) -> Option<u64> {
    match c {
        '万' | 'w' => Some(10_000),
        'k' | '千' => Some(1_000),
        '百' => Some(100),
        '亿' => Some(100_000_000),
        _ => None,
    }
}

/// `1,234.5` in hundredths; commas only before three digits.
fn figures(plain: &[char], start: usize) -> (usize, Option<u64>) {
    let digits = |from: usize| {
        let rest = plain.get(from..).unwrap_or_default();
        rest.iter().take_while(|c| c.is_ascii_digit()).count()
    };
    let value = |from: usize, to: usize| -> Option<u64> {
        let text: String = plain.get(from..to)?.iter().filter(|c| **c != ',').collect();
        text.parse().ok()
    };
    let mut end = start + digits(start);
    while plain.get(end) == Some(&',') && digits(end + 1) == 3 {
        end += 4;
    }
    let whole = value(start, end).and_then(|value| value.checked_mul(100));
    let fraction = digits(end + 1);
    if plain.get(end) != Some(&'.') || fraction == 0 {
        return (end, whole);
    }
    let hundredths = match fraction {
        1 => value(end + 1, end + 2).map(|value| value * 10),
        _ => value(end + 1, end + 3),
    };
    let sum = whole
        .zip(hundredths)
        .and_then(|(whole, more)| whole.checked_add(more));
    (end + 1 + fraction, sum)
}

/// 三千五百 in hundredths: digits with 十, 百, 千 after them below 万.
fn numerals(plain: &[char], start: usize) -> (usize, Option<u64>) {
    let (mut end, mut sum, mut last) = (start, 0_u64, None::<u64>);
    let mut units = 0;
    while let Some(c) = plain.get(end) {
        let unit = match c {
            '十' | '拾' => 10,
            '百' | '佰' => 100,
            '千' | '仟' => 1000,
            _ => match digit(*c) {
                Some(value) if !c.is_ascii_digit() => {
                    // Numerals one after the other are read out, not counted.
                    if last.is_some_and(|last| last != 0) {
                        return (end + 1, None);
                    }
                    last = Some(u64::from(value));
                    end += 1;
                    continue;
                }
                Some(_) | None => break,
            },
        };
        sum += last.take().unwrap_or(1) * unit;
        units += 1;
        end += 1;
        if units > 8 {
            return (end, None);
        }
    }
    (end, Some((sum + last.unwrap_or(0)) * 100))
}
