//! A person as data protection names one: by a phone or an account number, in records and in words.

use stanch_types::measure::Measure;
use stanch_types::order::Order;
use stanch_types::personal::{AccountNumber, PhoneNumber};
use stanch_types::report::Report;

/// What stands for an erased account number, and for erased words.
pub(crate) const ERASED: &str = "erased";

/// A person, by phone or account number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    phone: Option<PhoneNumber>,
    account: Option<AccountNumber>,
}

impl Person {
    /// The person that `text` names; none if it is neither a phone nor an account number, or the word that stands for
    /// erased ones.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == ERASED {
            return None;
        }
        let (phone, account) = (text.parse().ok(), text.parse().ok());
        (phone.is_some() || account.is_some()).then_some(Self { phone, account })
    }

    /// The account, if the person can be named by one.
    #[must_use]
    pub const fn account(&self) -> Option<&AccountNumber> {
        self.account.as_ref()
    }

    /// Whether a text names the person: a number of theirs stands in it whole, not as a part of a longer one.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.numbers().any(|number| next_in(text, number).is_some())
    }

    /// The text without the person's numbers.
    #[must_use]
    pub fn taken_out_of(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for number in self.numbers() {
            while let Some(at) = next_in(&text, number) {
                text.replace_range(at..at + number.len(), ERASED);
            }
        }
        text
    }

    /// As people write them: the longest form first, as it holds the others.
    fn numbers(&self) -> impl Iterator<Item = &str> {
        let phone = self.phone.as_ref().map(PhoneNumber::expose);
        let domestic = phone.and_then(|phone| phone.strip_prefix("+86"));
        let account = self.account.as_ref().map(AccountNumber::expose);
        phone.into_iter().chain(domestic).chain(account)
    }

    pub(crate) fn reported(&self, report: &Report) -> bool {
        let content = &report.content;
        let by_phone = self.phone.is_some() && content.reporter.phone == self.phone;
        let mut payments = content.payments.iter();
        by_phone || payments.any(|payment| self.has(&payment.from.account))
    }

    pub(crate) fn is_named(&self, report: &Report) -> bool {
        let mut payments = report.content.payments.iter();
        payments.any(|payment| self.has(&payment.to.account))
    }

    pub(crate) fn has(&self, account: &AccountNumber) -> bool {
        self.account.as_ref() == Some(account)
    }

    pub(crate) fn is_hit_by(&self, order: &Order) -> bool {
        let disputed = order.content.disputed.as_ref();
        self.has(&order.content.target.account)
            || disputed.is_some_and(|paid| self.has(&paid.payer.account))
    }

    pub(crate) fn is_subject(&self, measure: &Measure) -> bool {
        let reference = measure.wish.subject.reference.expose();
        self.numbers().any(|number| number == reference)
    }
}

/// Where the number stands whole in the text.
fn next_in(text: &str, number: &str) -> Option<usize> {
    let found = text.match_indices(number).find(|(at, _)| {
        let before = text.get(..*at).unwrap_or_default();
        let after = text.get(at + number.len()..).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric();
        // A number may follow its country code.
        let code = before.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_after_code = code.ends_with('+') && before.len() - code.len() <= 3;
        (is_after_code || !before.ends_with(is_part)) && !after.starts_with(is_part)
    });
    found.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_whole_and_taken_out() {
        let person = Person::parse("13800138000").unwrap();
        for (text, without) in [
            ("called 13800138000.", "called erased."),
            ("+8613800138000和13800138000", "erased和erased"),
            ("from +4413800138000", "from +44erased"),
        ] {
            assert!(person.is_in(text), "{text}");
            assert_eq!(person.taken_out_of(text), without);
        }
        for text in [
            "6213800138000",
            "138001380001",
            "x13800138000",
            "1380013800",
        ] {
            assert!(!person.is_in(text), "{text}");
            assert_eq!(person.taken_out_of(text), text);
        }
        assert_eq!(Person::parse(ERASED), None);
        let account = Person::parse("DE-1").unwrap();
        assert!(account.is_in("to DE-1") && !account.is_in("to DE-12"));
    }
}
