//! Digits in groups, groups in chains, and the numbers that chains spell.

use std::sync::LazyLock;

use stanch_types::personal::{BankCardNumber, PhoneNumber, ResidentId};

use super::super::class::digit;
use super::tokens::{Run, Tokens};
use super::{Contact, Finds, Words};

/// Most groups tried together: a number with a sign after every digit, country code included.
const GROUPS_MAX: usize = 24;
/// Most runs of groups looked at in one text; only texts made of single digits have as many.
const RUNS_MAX: usize = 200_000;
/// Fewest digits of any number looked for.
const DIGITS_MIN: usize = 5;

/// The digits of `groups` in ASCII.
pub(super) fn spell(plain: &[char], groups: &[Run]) -> String {
    groups
        .iter()
        .flat_map(|group| plain.get(group.start..group.end).unwrap_or_default())
        .filter_map(|c| digit(*c))
        .map(|value| char::from(b'0' + value))
        .collect()
}

/// Some groups of a chain that are not a date, and what they spell.
pub(super) struct Number<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) digits: &'a str,
    /// Groups in it.
    pub(super) groups: usize,
}

/// Offers every run of groups of every chain to `take`, longer runs of a place first; where it takes one, goes on
/// after it.
pub(super) fn runs(plain: &[char], tokens: &Tokens, mut take: impl FnMut(&Number<'_>) -> bool) {
    let mut left = RUNS_MAX;
    for chain in tokens.chains() {
        let length: usize = chain.iter().map(|group| group.end - group.start).sum();
        if length < DIGITS_MIN {
            continue;
        }
        let mut first = 0;
        'place: while first < chain.len() && left > 0 {
            let rest = chain.get(first..).unwrap_or_default();
            let dated = date_groups(plain, rest);
            if dated > 0 {
                first += dated;
                continue;
            }
            let rest = rest.get(..rest.len().min(GROUPS_MAX)).unwrap_or_default();
            let digits = spell(plain, rest);
            for count in (1..=rest.len()).rev() {
                left = left.saturating_sub(1);
                let groups = rest.get(..count).unwrap_or_default();
                let length: usize = groups.iter().map(|group| group.end - group.start).sum();
                let (Some(head), Some(tail), Some(digits)) =
                    (groups.first(), groups.last(), digits.get(..length))
                else {
                    continue;
                };
                if length < DIGITS_MIN || is_part_of_word(plain, head.start, tail.end) {
                    continue;
                }
                let number = Number {
                    start: head.start,
                    end: tail.end,
                    digits,
                    groups: count,
                };
                if take(&number) {
                    first += count;
                    continue 'place;
                }
            }
            first += 1;
        }
    }
}

/// How many groups from here are a date like 2024-05-31 or 2024.5; 0 if they are none.
fn date_groups(plain: &[char], groups: &[Run]) -> usize {
    let value = |at: usize| {
        let group = groups.get(at)?;
        let before = at.checked_sub(1).and_then(|before| groups.get(before));
        let joined = before.is_none_or(|before| {
            let between = plain.get(before.end..group.start).unwrap_or_default();
            matches!(between, ['-' | '.' | '/'])
        });
        let text = spell(plain, &[*group]);
        let fits = joined && text.len() == if at == 0 { 4 } else { text.len().min(2) };
        text.parse::<u32>().ok().filter(|_| fits)
    };
    match (value(0), value(1), value(2)) {
        (Some(1900..=2099), Some(1..=12), Some(1..=31)) => 3,
        _ => 0,
    }
}

/// Whether a Latin letter touches the digits: then they belong to a name.
fn is_part_of_word(plain: &[char], start: usize, end: usize) -> bool {
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| plain.get(at))
            .is_some_and(|c| c.is_ascii_lowercase() || *c == '_')
    };
    is_letter(start.checked_sub(1)) || is_letter(Some(end))
}

/// Words before a number that make it a reference and nothing to call or pay.
static REFERENCE: LazyLock<Words> = LazyLock::new(|| {
    Words::new(
        "订单 单号 编号 流水 运单 快递 工号 型号 编码 票号 凭证 代码 股票 基金 尾号 验证码 \
         校验码 动态码 序列号 条码 order code tracking ref isbn sku",
    )
});
/// Words before the number of a bank card.
static CARD: LazyLock<Words> =
    LazyLock::new(|| Words::new("卡号 账号 帐号 银行卡 户名 转到 转账 打到 打款 汇款 开户 card"));
/// Words before a number to call.
static CALL: LazyLock<Words> = LazyLock::new(|| {
    Words::new("电话 热线 客服 拨打 致电 手机 联系 来电 咨询 call tel phone hotline")
});

/// Whether the words before `start` say that a number is only a reference.
pub(super) fn is_reference(plain: &[char], start: usize) -> bool {
    REFERENCE.is_near_before(plain, start, 6)
}

/// Identity numbers and bank cards: what has check digits of its own.
pub(super) fn find_checked(plain: &[char], tokens: &Tokens, finds: &mut Finds) {
    runs(plain, tokens, |number| {
        if let Some(found) = resident(plain, number) {
            finds.push((number.start, found.0), Contact::Resident(found.1), None);
            return true;
        }
        if !is_card_issuer(number.digits) {
            return false;
        }
        let is_named = CARD.is_near_before(plain, number.start, 8);
        if !is_named && is_reference(plain, number.start) {
            return false;
        }
        match number.digits.parse::<BankCardNumber>() {
            Ok(card) => {
                finds.push((number.start, number.end), Contact::Card(card), None);
                true
            }
            Err(_) => false,
        }
    });
    // An identity number may end in X, which is a letter: its 17 digits were passed over above.
    for group in &tokens.groups {
        if group.end - group.start == 17 && plain.get(group.end) == Some(&'x') {
            let text = spell(plain, &[*group]) + "X";
            if let Ok(resident) = text.parse() {
                finds.push(
                    (group.start, group.end + 1),
                    Contact::Resident(resident),
                    None,
                );
            }
        }
    }
}

fn resident(plain: &[char], number: &Number<'_>) -> Option<(usize, ResidentId)> {
    (number.digits.len() == 18 && !is_reference(plain, number.start))
        .then(|| number.digits.parse().ok())
        .flatten()
        .map(|resident| (number.end, resident))
}

/// Whether a card number of this length begins with these digits (ISO/IEC 7812 ranges of the networks in use, and
/// 95 to 99, which mainland banks had before 62).
fn is_card_issuer(digits: &str) -> bool {
    let head = |count: usize| {
        digits
            .get(..count)
            .and_then(|head| head.parse::<u32>().ok())
    };
    matches!(
        (digits.len(), head(2), head(4)),
        (16..=19, Some(60 | 62 | 68 | 69 | 81 | 95..=99), _)
            | (13 | 16 | 19, Some(40..=49), _)
            | (16, Some(51..=55), _)
            | (16, _, Some(2221..=2720 | 3528..=3589))
            | (15, Some(34 | 37), _)
    )
}

/// Telephone numbers.
pub(super) fn find_numbers(plain: &[char], tokens: &Tokens, finds: &mut Finds) {
    runs(plain, tokens, |number| {
        // From what is cheap to what is not: most runs are no number at all.
        let Some((start, contact)) = call(plain, number) else {
            return false;
        };
        if finds.overlaps(number.start, number.end) || is_reference(plain, number.start) {
            return false;
        }
        finds.push((start, number.end), contact, None);
        true
    });
}

fn call(plain: &[char], number: &Number<'_>) -> Option<(usize, Contact)> {
    let before = number.start.checked_sub(1);
    let is_called = || CALL.is_near_before(plain, number.start, 8);
    let bytes = number.digits.as_bytes();
    if before.and_then(|at| plain.get(at)) == Some(&'+') && bytes.len() >= 8 {
        let phone: PhoneNumber = format!("+{}", number.digits).parse().ok()?;
        return Some((number.start - 1, Contact::Phone(phone)));
    }
    let fits = match bytes {
        [b'1', b'3'..=b'9', ..] => bytes.len() == 11,
        [b'8', b'6', b'1', ..] => bytes.len() == 13,
        // Area codes and the number are written apart, or somebody says that it is a telephone.
        [b'0', b'1'..=b'9', ..] => {
            (10..=12).contains(&bytes.len()) && (number.groups > 1 || is_called())
        }
        _ => false,
    };
    if fits {
        let phone = number.digits.parse().ok()?;
        return Some((number.start, Contact::Phone(phone)));
    }
    let service = match bytes {
        [b'4' | b'8', b'0', b'0', ..] => bytes.len() == 10 && (number.groups > 1 || is_called()),
        [b'9', b'5' | b'6', ..] => (5..=8).contains(&bytes.len()) && is_called(),
        _ => false,
    };
    service.then(|| (number.start, Contact::Service(number.digits.into())))
}
