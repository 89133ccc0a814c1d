//! The words and signs that say whose name or number stands beside them.

mod name;
mod words;

use std::sync::LazyLock;

use stanch_types::personal::{Handle, PhoneNumber};

use super::super::class::Class;
use super::super::fold::Folded;
use super::super::lexicon::{Lexicon, LexiconBuilder, Matches, Pattern, PatternRefused};
use super::digits::{is_reference, spell};
use super::platform::Platform;
use super::tokens::Tokens;
use name::{Name, is_flight, is_sign, is_wechat_name, name_at, name_until};

use super::{Contact, Finds, starts_with};

/// How surely a carrier is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Force {
    /// A word that means little else: a name beside it may be any.
    Strong,
    /// A letter or common word: only a name that is no word itself may follow.
    Weak,
    /// It says that a group's number follows.
    Group,
    /// Not a carrier, whatever parts of it look like (微信支付).
    Never,
}

/// Signs that carry; they are in the plain view only.
const SIGNS: &[(char, Platform)] = &[
    ('✈', Platform::Telegram),
    ('🛩', Platform::Telegram),
    ('🐧', Platform::Qq),
    ('🧣', Platform::WeChat),
    ('🛰', Platform::WeChat),
];

/// Fewest characters of a name.
pub(super) const NAME_MIN: usize = 5;

/// Most plain characters between a carrier and the name after it.
const AFTER_MAX: usize = 8;
/// Most plain characters between a name and the carrier after it.
const BEFORE_MAX: usize = 5;
/// Words that may stand between a carrier and a name.
const FILLERS: &str = "号码是为加我的群信id联系搜查看找私聊账名咨询同有需要请";
/// Latin words that are no names.
const NO_NAMES: &str = "wechat weixin telegram whatsapp https http android iphone group online \
    please contact account number download service windows message messenger facebook \
    instagram support customer skype google twitter channel handle username before \
    after";

struct CarrierWords {
    lexicon: Lexicon,
    /// What each pattern of the lexicon is.
    meaning: Vec<(Platform, Force)>,
}

static CARRIER_WORDS: LazyLock<CarrierWords> = LazyLock::new(|| {
    // Constant words: a test checks that none is refused.
    compile().unwrap_or_else(|_| CarrierWords {
        lexicon: Lexicon::default(),
        meaning: Vec::new(),
    })
});

fn compile() -> Result<CarrierWords, PatternRefused> {
    let mut builder = LexiconBuilder::new();
    let set = builder.set("carriers", "diversion")?;
    let mut meaning = Vec::new();
    for (platform, force, sound, words) in words::WORDS {
        for text in words.split_whitespace() {
            let pattern = Pattern {
                sound: *sound,
                // Names touch their carriers; `is_at_edge` looks at the letters beside.
                whole_word: false,
                ..Pattern::new(text)
            };
            builder.add(set, &pattern)?;
            meaning.push((*platform, *force));
        }
    }
    Ok(CarrierWords {
        lexicon: builder.build(),
        meaning,
    })
}

/// The carriers of one text, by place in its plain view.
#[derive(Debug, Default)]
pub(super) struct Carriers {
    matches: Matches,
    found: Vec<Carrier>,
}

#[derive(Debug, Clone, Copy)]
struct Carrier {
    start: usize,
    end: usize,
    platform: Platform,
    force: Force,
}

impl Carriers {
    /// Finds the carriers of `text`.
    pub(super) fn read(&mut self, text: &Folded, tokens: &Tokens) {
        self.found.clear();
        let words = &*CARRIER_WORDS;
        words.lexicon.find(text, &mut self.matches);
        for hit in self.matches.hits() {
            let range = text.word_range(hit.start as usize, hit.end as usize);
            let meaning = words.meaning.get(hit.pattern as usize);
            if let (Some((start, end)), Some((platform, force))) = (range, meaning)
                && let Some(force) = settled(text.plain(), start, end, *platform, *force)
            {
                self.found.push(Carrier {
                    start,
                    end,
                    platform: *platform,
                    force,
                });
            }
        }
        for at in &tokens.pictures {
            let picture = text.plain().get(*at);
            let sign = SIGNS.iter().find(|(sign, _)| Some(sign) == picture);
            if let Some((_, platform)) = sign {
                self.found.push(Carrier {
                    start: *at,
                    end: at + 1,
                    platform: *platform,
                    force: Force::Weak,
                });
            }
        }
        self.settle();
    }

    /// Keeps of overlapping carriers the longest, then the surer; drops those that are parts of other words.
    fn settle(&mut self) {
        let rank = |carrier: &Carrier| {
            let sure = match carrier.force {
                Force::Never => 0,
                Force::Group => 1,
                Force::Strong => 2,
                Force::Weak => 3,
            };
            (carrier.start, std::cmp::Reverse(carrier.end), sure)
        };
        self.found.sort_by_key(rank);
        let mut kept = 0;
        for at in 0..self.found.len() {
            let Some(carrier) = self.found.get(at).copied() else {
                break;
            };
            let last = usize::checked_sub(kept, 1).and_then(|last| self.found.get_mut(last));
            match last {
                Some(last) if carrier.start < last.end => {
                    // 加q and then q群: what reaches further says more.
                    if carrier.end > last.end {
                        *last = carrier;
                    }
                }
                Some(_) | None => {
                    if let Some(slot) = self.found.get_mut(kept) {
                        *slot = carrier;
                        kept += 1;
                    }
                }
            }
        }
        self.found.truncate(kept);
        self.found.retain(|carrier| carrier.force != Force::Never);
    }
}

/// The force of a carrier once its neighbours are seen; `None` if it is part of a Latin word.
fn settled(
    plain: &[char],
    start: usize,
    end: usize,
    platform: Platform,
    force: Force,
) -> Option<Force> {
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| plain.get(at))
            .is_some_and(|c| c.is_ascii_lowercase() || *c == '_')
    };
    let (before, after) = (start.checked_sub(1), Some(end));
    let length = end - start;
    if is_letter(Some(start)) && is_letter(before) {
        return None;
    }
    if is_letter(end.checked_sub(1)) && is_letter(after) {
        // "加vabc123" is a name, "加vip" is none.
        return (force != Force::Never && length > 1).then_some(Force::Weak);
    }
    let heart = after.and_then(|at| plain.get(at));
    let is_heart = heart.is_some_and(|c| matches!(c, '❤' | '♥' | '♡' | '💗' | '💓' | '💕' | '🖤'));
    let is_added = before.and_then(|at| plain.get(at)) == Some(&'+');
    match force {
        Force::Weak if is_added || is_heart && platform == Platform::WeChat => Some(Force::Strong),
        Force::Weak | Force::Strong | Force::Group | Force::Never => Some(force),
    }
}

/// Accounts and groups: every carrier with the name after it, else before it.
pub(super) fn find(plain: &[char], tokens: &Tokens, carriers: &Carriers, finds: &mut Finds) {
    for (at, carrier) in carriers.found.iter().enumerate() {
        let next = carriers
            .found
            .get(at + 1)
            .map_or(plain.len(), |next| next.start);
        let last = at.checked_sub(1).and_then(|last| carriers.found.get(last));
        let previous = last.map_or(0, |last| last.end);
        let around = around(plain, tokens, *carrier);
        let beside = around.or_else(|| after(plain, *carrier, next));
        let taken = beside
            .filter(|name| finds.is_free_for_name(name.start, name.end))
            .and_then(|name| Some((contact(plain, *carrier, &name)?, name)))
            .or_else(|| {
                let name = before(plain, *carrier, previous)?;
                let free = finds.is_free_for_name(name.start, name.end);
                let contact = free.then(|| contact(plain, *carrier, &name))??;
                Some((contact, name))
            });
        if let Some((contact, name)) = taken {
            let carrier = (carrier.start, carrier.end);
            finds.push_name((name.start, name.end), contact, carrier);
        }
    }
}

/// The name after `carrier`, before the next one.
fn after(plain: &[char], carrier: Carrier, next: usize) -> Option<Name> {
    let mut at = carrier.end;
    let limit = (carrier.end + AFTER_MAX).min(plain.len());
    while at < limit {
        let c = *plain.get(at)?;
        match Class::of(c) {
            Class::Letter | Class::Digit => {
                // "v号id:name" and the like: a filler in Latin script.
                if starts_with(plain, at, "id")
                    && plain
                        .get(at + 2)
                        .is_some_and(|c| !c.is_ascii_alphanumeric())
                {
                    at += 2;
                    continue;
                }
                return name_at(plain, at, next);
            }
            Class::Newline => return None,
            Class::Han if super::super::class::digit(c).is_some() => {
                return name_at(plain, at, next);
            }
            Class::Han if FILLERS.contains(c) => at += 1,
            Class::Space | Class::Symbol | Class::Picture | Class::Break => at += 1,
            Class::Han | Class::OtherLetter | Class::Mark => return None,
        }
    }
    None
}

/// The name before `carrier`, after the one before.
fn before(plain: &[char], carrier: Carrier, previous: usize) -> Option<Name> {
    let mut at = carrier.start;
    let limit = carrier.start.saturating_sub(BEFORE_MAX).max(previous);
    while at > limit {
        let c = *plain.get(at - 1)?;
        match Class::of(c) {
            Class::Letter | Class::Digit => {
                let name = name_until(plain, at, previous)?;
                return name.is_no_word().then_some(name);
            }
            Class::Newline => return None,
            Class::Break if c != '.' => return None,
            // What opens here, such as the sender's name at the end of a message, is apart from what stands before.
            Class::Symbol if matches!(c, '(' | '[' | '{' | '【' | '《' | '〔' | '"') => {
                return None;
            }
            Class::Han
            | Class::OtherLetter
            | Class::Mark
            | Class::Space
            | Class::Symbol
            | Class::Picture
            | Class::Break => at -= 1,
        }
    }
    None
}

/// A number with the carrier in its middle: 29526 Q 77544.
fn around(plain: &[char], tokens: &Tokens, carrier: Carrier) -> Option<Name> {
    let only_signs = |from: usize, to: usize| {
        plain
            .get(from..to)
            .is_some_and(|between| between.len() <= 2 && between.iter().all(|c| is_sign(*c)))
    };
    let groups = &tokens.groups;
    let next = groups.partition_point(|group| group.start < carrier.end);
    let tail = groups
        .get(next)
        .filter(|tail| only_signs(carrier.end, tail.start))?;
    let head = groups.get(next.checked_sub(1)?);
    let head =
        head.filter(|head| head.end <= carrier.start && only_signs(head.end, carrier.start))?;
    let text = spell(plain, &[*head, *tail]);
    let parts = (head.end - head.start, tail.end - tail.start);
    let fits =
        (3..=7).contains(&parts.0) && (3..=7).contains(&parts.1) && (8..=11).contains(&text.len());
    fits.then_some(Name {
        start: head.start,
        end: tail.end,
        text,
    })
}

/// Whether it is a number with one or two decimal places, as sums have.
fn is_decimal(plain: &[char]) -> bool {
    let mut parts = plain.split(|c| *c == '.');
    let is_number = |part: &[char]| !part.is_empty() && part.iter().all(char::is_ascii_digit);
    let (whole, places, more) = (parts.next(), parts.next(), parts.next());
    whole.is_some_and(is_number)
        && places.is_some_and(|places| is_number(places) && places.len() <= 2)
        && more.is_none()
}

/// What `name` is beside `carrier`, if it can be that.
fn contact(plain: &[char], carrier: Carrier, name: &Name) -> Option<Contact> {
    let is_before = name.end <= carrier.start;
    if is_before && is_reference(plain, name.start) {
        return None;
    }
    let is_counted = plain
        .get(name.end)
        .is_some_and(|c| "元块万圆%分年月日号楼室岁".contains(*c));
    let is_decimal = plain.get(name.start..name.end).is_some_and(is_decimal);
    if name.is_digits() && (is_counted || is_decimal) {
        return None;
    }
    let handle = || name.text.parse::<Handle>().ok();
    let weak_fails = carrier.force == Force::Weak && !name.is_no_word();
    if weak_fails || NO_NAMES.split_whitespace().any(|word| word == name.text) {
        return None;
    }
    let is_number = name.is_digits() && !name.text.starts_with('0');
    if carrier.force == Force::Group {
        let fits = is_number && (6..=10).contains(&name.text.len());
        return fits
            .then(handle)?
            .map(|handle| Contact::Group(carrier.platform, handle));
    }
    let fits = match carrier.platform {
        Platform::Qq => is_number && (5..=11).contains(&name.text.len()),
        Platform::WeChat => is_wechat_name(name),
        Platform::Telegram if carrier.force == Force::Weak && is_flight(&name.text) => false,
        Platform::Telegram => {
            (5..=32).contains(&name.text.len())
                && name.text.starts_with(|c: char| c.is_ascii_lowercase())
                || is_number && name.text.len() >= 9
        }
        Platform::WhatsApp | Platform::Signal => {
            let phone = format!("+{}", name.text).parse::<PhoneNumber>();
            is_number && (phone.is_ok() || name.text.parse::<PhoneNumber>().is_ok())
        }
        Platform::Line
        | Platform::Skype
        | Platform::Potato
        | Platform::Batchat
        | Platform::Phone
        | Platform::Email
        | Platform::Web
        | Platform::Douyin
        | Platform::Kuaishou
        | Platform::Xiaohongshu
        | Platform::Weibo
        | Platform::Bilibili
        | Platform::Market
        | Platform::Game
        | Platform::Other => (5..=32).contains(&name.text.len()),
    };
    fits.then(handle)?
        .map(|handle| Contact::Account(carrier.platform, handle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_carrier_is_refused() {
        let words: usize = words::WORDS
            .iter()
            .map(|(.., words)| words.split_whitespace().count())
            .sum();
        assert_eq!(compile().map(|compiled| compiled.meaning.len()), Ok(words));
    }
}
