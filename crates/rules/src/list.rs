//! Look-ups in the lists of a policy: millions of entries, compact, each with an optional end.
//!
//! An entry holds while the time of the event at hand is before its `until`. Entries that are not of the list's
//! kind (the checker reports them) hold for nothing.

mod keys;
mod networks;
mod texts;

use std::borrow::Cow;

use stanch_detect::url::host_name;
use stanch_types::personal::{AccountNumber, BankCardNumber};

use crate::function::phone;
use crate::ir::{ListEntry, ListIx, ListKind, Program};

pub(crate) use keys::KeySet;
pub(crate) use networks::Networks;
pub(crate) use texts::TextIndex;

/// Every list of a policy, ready for look-ups.
#[derive(Debug)]
pub(crate) struct Lists {
    lists: Vec<Ready>,
}

#[derive(Debug)]
enum Ready {
    /// Equal to an entry, once both are in normal form.
    Equal(ListKind, KeySet),
    Prefix(KeySet),
    Domain(KeySet),
    Cidr(Networks),
    /// Searched by the automaton all text lists share; the number is its place there.
    Text(usize),
}

impl Lists {
    /// Makes the lists of `program` ready, and the automaton for its text lists and the constants `parts`.
    pub(crate) fn new(program: &Program, parts: &[Box<str>]) -> (Self, TextIndex) {
        let mut text_lists: Vec<&[ListEntry]> = Vec::new();
        let mut lists = Vec::with_capacity(program.lists.len());
        for list in &program.lists {
            let entries = list.entries.as_slice();
            lists.push(match list.kind {
                ListKind::Exact | ListKind::Phone | ListKind::Account => {
                    let keys = KeySet::new(entries, |text| normal(list.kind, text));
                    Ready::Equal(list.kind, keys)
                }
                ListKind::Prefix => Ready::Prefix(KeySet::new(entries, |text| Some(text.into()))),
                ListKind::Domain => Ready::Domain(KeySet::new(entries, host_name)),
                ListKind::Cidr => Ready::Cidr(Networks::new(entries)),
                ListKind::Text => {
                    text_lists.push(entries);
                    Ready::Text(text_lists.len() - 1)
                }
            });
        }
        (Self { lists }, TextIndex::new(parts, &text_lists))
    }

    /// Whether `value` is on the list at `at_us`.
    pub(crate) fn contains(
        &self,
        texts: &TextIndex,
        list: ListIx,
        value: &str,
        at_us: i64,
    ) -> bool {
        match self.lists.get(list.ix()) {
            Some(Ready::Equal(kind, keys)) => {
                normal(*kind, value).is_some_and(|key| keys.contains(&key, at_us))
            }
            Some(Ready::Prefix(keys)) => keys.contains_prefix_of(value, at_us),
            Some(Ready::Domain(keys)) => {
                host_name(value).is_some_and(|host| contains_domain(keys, &host, at_us))
            }
            Some(Ready::Cidr(networks)) => value
                .parse()
                .is_ok_and(|address| networks.contains(address, at_us)),
            Some(Ready::Text(place)) => texts.scan(value, at_us).list(*place),
            None => false,
        }
    }

    /// The place of a text list in the shared automaton; `None` for lists of other kinds.
    pub(crate) fn text_place(&self, list: ListIx) -> Option<usize> {
        match self.lists.get(list.ix())? {
            Ready::Text(place) => Some(*place),
            Ready::Equal(..) | Ready::Prefix(_) | Ready::Domain(_) | Ready::Cidr(_) => None,
        }
    }

    /// Bytes of memory that the lists take, the automaton of text lists apart.
    pub(crate) fn bytes_used(&self) -> usize {
        self.lists
            .iter()
            .map(|list| match list {
                Ready::Equal(_, keys) | Ready::Prefix(keys) | Ready::Domain(keys) => {
                    keys.bytes_used()
                }
                Ready::Cidr(networks) => networks.bytes_used(),
                Ready::Text(_) => 0,
            })
            .sum()
    }
}

/// The form in which two spellings of one thing are equal.
fn normal(kind: ListKind, text: &str) -> Option<Cow<'_, str>> {
    match kind {
        ListKind::Phone => phone(text),
        ListKind::Account => account(text),
        ListKind::Exact | ListKind::Prefix | ListKind::Cidr | ListKind::Domain | ListKind::Text => {
            Some(Cow::Borrowed(text))
        }
    }
}

/// Digits of a card number, else the account number in lower case.
fn account(text: &str) -> Option<Cow<'_, str>> {
    let plain = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase();
    // Most account numbers are plain; cards written plainly are equal to their digits.
    if (1..=AccountNumber::LEN_MAX).contains(&text.len()) && text.bytes().all(plain) {
        return Some(Cow::Borrowed(text));
    }
    if let Ok(card) = text.parse::<BankCardNumber>() {
        return Some(Cow::Owned(card.expose().to_owned()));
    }
    let account: AccountNumber = text.parse().ok()?;
    Some(Cow::Owned(account.expose().to_ascii_lowercase()))
}

/// Whether the host or a domain above it is in the set.
fn contains_domain(keys: &KeySet, host: &str, at_us: i64) -> bool {
    let mut rest = host;
    loop {
        if keys.contains(rest, at_us) {
            return true;
        }
        match rest.split_once('.') {
            Some((_, above)) => rest = above,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests;
