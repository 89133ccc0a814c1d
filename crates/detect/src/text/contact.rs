//! What a text leads to: numbers to call, accounts to add, pages to open, places to pay to.
//!
//! Everything is read from the folded view, so that a number in circles, emoji and Chinese numerals with signs between
//! is a number, and given with its place in the original. A number or name alone is often nothing (an order, a price,
//! a date); what it is is decided by its own check digits or by the words beside it, its carrier: 加薇, 扣扣, ✈.

mod amount;
mod carrier;
mod digits;
mod platform;
mod tokens;
mod wallet;
mod web;

use stanch_types::personal::{BankCardNumber, DomainName, Handle, PhoneNumber, ResidentId};

use super::fold::Folded;
use super::span::Span;

pub use amount::{Sum, Unit};
pub use platform::Platform;
pub use wallet::{Chain, Wallet};

/// Most contacts reported for one text.
pub const CONTACTS_MAX: usize = 1_000;

/// Something that leads out of a text. Personal data prints masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// A telephone number of a person or office.
    Phone(PhoneNumber),
    /// A service number: 400, 800, 95 and 96 numbers, digits only.
    Service(Box<str>),
    /// A name or number on a platform.
    Account(Platform, Handle),
    /// A group on a platform.
    Group(Platform, Handle),
    /// A link that leads into a group or chat on a platform, as it is written: case counts.
    Invite(Platform, Box<str>),
    /// A name after `@`, of the platform the text is on or of one not said.
    Mention(Handle),
    /// An address for electronic mail.
    Email(Handle),
    /// A web address with a scheme or path, the scheme and host in plain form.
    Url(Box<str>),
    /// A bare domain name.
    Domain(DomainName),
    /// An address on a chain.
    Wallet(Wallet),
    /// A bank card number.
    Card(BankCardNumber),
    /// A resident identity number.
    Resident(ResidentId),
    /// A sum of money.
    Amount(Sum),
}

/// The kind of a [`Contact`], as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactKind {
    /// [`Contact::Phone`].
    Phone,
    /// [`Contact::Service`].
    Service,
    /// [`Contact::Account`].
    Account,
    /// [`Contact::Group`].
    Group,
    /// [`Contact::Invite`].
    Invite,
    /// [`Contact::Mention`].
    Mention,
    /// [`Contact::Email`].
    Email,
    /// [`Contact::Url`].
    Url,
    /// [`Contact::Domain`].
    Domain,
    /// [`Contact::Wallet`].
    Wallet,
    /// [`Contact::Card`].
    Card,
    /// [`Contact::Resident`].
    Resident,
    /// [`Contact::Amount`].
    Amount,
}

stanch_types::words! { ContactKind {
    Phone = "phone", Service = "service", Account = "account", Group = "group", Invite = "invite", Mention = "mention", Email = "email",
    Url = "url", Domain = "domain", Wallet = "wallet", Card = "card", Resident = "resident", Amount = "amount",
} }

impl Contact {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ContactKind {
        match self {
            Self::Phone(_) => ContactKind::Phone,
            Self::Service(_) => ContactKind::Service,
            Self::Account(..) => ContactKind::Account,
            Self::Group(..) => ContactKind::Group,
            Self::Invite(..) => ContactKind::Invite,
            Self::Mention(_) => ContactKind::Mention,
            Self::Email(_) => ContactKind::Email,
            Self::Url(_) => ContactKind::Url,
            Self::Domain(_) => ContactKind::Domain,
            Self::Wallet(_) => ContactKind::Wallet,
            Self::Card(_) => ContactKind::Card,
            Self::Resident(_) => ContactKind::Resident,
            Self::Amount(_) => ContactKind::Amount,
        }
    }

    /// The platform it is on, where that is known.
    #[must_use]
    pub const fn platform(&self) -> Option<Platform> {
        match self {
            Self::Account(platform, _) | Self::Group(platform, _) | Self::Invite(platform, _) => {
                Some(*platform)
            }
            Self::Phone(_) | Self::Service(_) => Some(Platform::Phone),
            Self::Email(_) => Some(Platform::Email),
            Self::Url(_) | Self::Domain(_) => Some(Platform::Web),
            Self::Mention(_)
            | Self::Wallet(_)
            | Self::Card(_)
            | Self::Resident(_)
            | Self::Amount(_) => None,
        }
    }

    /// Its value in full: personal data, not for logs.
    #[must_use]
    pub fn expose(&self) -> String {
        match self {
            Self::Phone(phone) => phone.expose().to_owned(),
            Self::Account(_, handle)
            | Self::Group(_, handle)
            | Self::Mention(handle)
            | Self::Email(handle) => handle.expose().to_owned(),
            Self::Service(text) | Self::Url(text) | Self::Invite(_, text) => text.to_string(),
            Self::Domain(domain) => domain.as_str().to_owned(),
            Self::Wallet(wallet) => wallet.expose().to_owned(),
            Self::Card(card) => card.expose().to_owned(),
            Self::Resident(resident) => resident.expose().to_owned(),
            Self::Amount(sum) => sum.to_string(),
        }
    }
}

/// A contact and its places in the original text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub contact: Contact,
    /// Where it stands.
    pub span: Span,
    /// The words or signs that say what it is, if it needed any.
    pub carrier: Option<Span>,
    /// Whether it is written otherwise than in plain characters side by side.
    pub disguised: bool,
}

/// A reader led from one platform to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diversion {
    /// Where the text was published, as the caller says.
    pub from: Platform,
    /// Where it leads.
    pub to: Platform,
    /// The account, group, number or page there.
    pub contact: Contact,
    /// The place of the contact.
    pub span: Span,
    /// The place of the words or signs that carried it.
    pub carrier: Option<Span>,
}

/// The diversions among `found` in a text published on `from`.
pub fn diversions(found: &[Found], from: Platform) -> impl Iterator<Item = Diversion> {
    found.iter().filter_map(move |found| {
        let to = found.contact.platform().filter(|to| *to != from)?;
        Some(Diversion {
            from,
            to,
            contact: found.contact.clone(),
            span: found.span,
            carrier: found.carrier,
        })
    })
}

/// Finds contacts, with buffers that are used again and again.
#[derive(Debug, Default)]
pub struct ContactFinder {
    tokens: tokens::Tokens,
    carriers: carrier::Carriers,
    finds: Finds,
}

/// What is found in one text, by places in its plain view.
#[derive(Debug, Default)]
struct Finds {
    found: Vec<Place>,
}

/// A contact at a range of the plain view.
#[derive(Debug)]
struct Place {
    start: usize,
    end: usize,
    contact: Contact,
    carrier: Option<(usize, usize)>,
}

impl Place {
    /// Whether it is the name `start..end` after an `@`.
    fn is_mention_of(&self, start: usize, end: usize) -> bool {
        matches!(self.contact, Contact::Mention(_)) && self.start + 1 == start && self.end == end
    }
}

impl Finds {
    /// Whether anything found covers part of `start..end`.
    fn overlaps(&self, start: usize, end: usize) -> bool {
        // The last ones are the nearest: each pass goes from left to right.
        let mut near = self.found.iter().rev();
        near.any(|place| place.start < end && start < place.end)
    }

    /// Whether nothing but the same name after `@` covers part of `start..end`.
    fn is_free_for_name(&self, start: usize, end: usize) -> bool {
        let mut near = self.found.iter().rev();
        near.all(|place| {
            place.end <= start || end <= place.start || place.is_mention_of(start, end)
        })
    }

    /// Takes a name that a carrier explains; a mention of it is replaced.
    fn push_name(
        &mut self,
        (start, end): (usize, usize),
        contact: Contact,
        carrier: (usize, usize),
    ) {
        match self
            .found
            .iter_mut()
            .find(|place| place.is_mention_of(start, end))
        {
            Some(place) => {
                place.contact = contact;
                place.carrier = Some(carrier);
            }
            None => self.push((start, end), contact, Some(carrier)),
        }
    }

    fn push(
        &mut self,
        (start, end): (usize, usize),
        contact: Contact,
        carrier: Option<(usize, usize)>,
    ) {
        if self.found.len() < CONTACTS_MAX && !self.overlaps(start, end) {
            self.found.push(Place {
                start,
                end,
                contact,
                carrier,
            });
        }
    }
}

impl ContactFinder {
    /// A finder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends what `text`, folded as `folded`, leads to, in its order, at most [`CONTACTS_MAX`].
    pub fn find(&mut self, text: &str, folded: &Folded, out: &mut Vec<Found>) {
        let plain = folded.plain();
        self.finds.found.clear();
        let (tokens, finds) = (&mut self.tokens, &mut self.finds);
        tokens.read(plain);
        web::find(text, folded, tokens, finds);
        wallet::find(text, folded, tokens, finds);
        digits::find_checked(plain, tokens, finds);
        if tokens.weight >= carrier::NAME_MIN {
            self.carriers.read(folded, tokens);
            carrier::find(plain, tokens, &self.carriers, finds);
        }
        digits::find_numbers(plain, tokens, finds);
        amount::find(plain, tokens, finds);
        self.finds.found.sort_unstable_by_key(|place| place.start);
        for place in self.finds.found.drain(..) {
            if let Some(span) = folded.span(place.start, place.end) {
                out.push(Found {
                    disguised: is_disguised(text, folded, &place, span),
                    contact: place.contact,
                    span,
                    carrier: place
                        .carrier
                        .and_then(|(start, end)| folded.span(start, end)),
                });
            }
        }
    }
}

/// Whether the original differs from the plain characters in more than case, or a name or number is written in
/// numerals or with signs inside.
fn is_disguised(text: &str, folded: &Folded, place: &Place, span: Span) -> bool {
    let plain = folded
        .plain()
        .get(place.start..place.end)
        .unwrap_or_default();
    let written = span.of(text).chars().map(|c| c.to_ascii_lowercase());
    if !plain.iter().copied().eq(written) {
        return true;
    }
    match &place.contact {
        Contact::Account(_, handle) | Contact::Group(_, handle) => {
            let is_link = plain.contains(&'/');
            let at = usize::from(plain.first() == Some(&'@'));
            !is_link && handle.expose().chars().count() + at != plain.len()
                || plain.iter().any(|c| !c.is_ascii())
        }
        Contact::Amount(_) => false,
        Contact::Phone(_)
        | Contact::Service(_)
        | Contact::Mention(_)
        | Contact::Invite(..)
        | Contact::Email(_)
        | Contact::Url(_)
        | Contact::Domain(_)
        | Contact::Wallet(_)
        | Contact::Card(_)
        | Contact::Resident(_) => plain.iter().any(|c| !c.is_ascii()),
    }
}

/// Whether `words` stands in `plain` from `start`.
fn starts_with(plain: &[char], start: usize, words: &str) -> bool {
    let mut after = plain.get(start..).unwrap_or_default().iter();
    words.chars().all(|c| after.next() == Some(&c))
}

/// Words to look for before a place.
#[derive(Debug)]
struct Words {
    words: Vec<Vec<char>>,
    /// For the lowest six bits of the last character of any word, that there is one: most places are told by that.
    lasts: u64,
}

impl Words {
    /// The words of `words`, which are separated by spaces.
    fn new(words: &str) -> Self {
        let words: Vec<Vec<char>> = words
            .split_whitespace()
            .map(|word| word.chars().collect())
            .collect();
        let lasts = words.iter().filter_map(|word| word.last());
        Self {
            lasts: lasts.fold(0, |bits, last| bits | 1 << (u32::from(*last) & 63)),
            words,
        }
    }

    /// Whether any of them stands wholly within the `reach` characters before `end`, on one line.
    fn is_near_before(&self, plain: &[char], end: usize, reach: usize) -> bool {
        (end.saturating_sub(reach)..=end)
            .rev()
            .take_while(|at| *at == end || plain.get(*at) != Some(&'\n'))
            .any(|at| {
                let before = plain.get(..at).unwrap_or_default();
                before
                    .last()
                    .is_some_and(|last| self.lasts >> (u32::from(*last) & 63) & 1 == 1)
                    && self.words.iter().any(|word| before.ends_with(word))
            })
    }
}

#[cfg(test)]
mod tests;
