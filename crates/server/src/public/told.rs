//! From what was typed into the report form to a report, with the mistakes beside their fields.

use std::collections::BTreeMap;

use stanch_types::personal::{AccountNumber, PersonName, PhoneNumber};
use stanch_types::report::{Consent, Relation, ReportContent, ReportedPayment, Reporter};
use stanch_types::{
    AccountRef, Amount, Channel, Currency, Duration, InstitutionCode, Money, Timestamp,
};

use super::form::Form;
use super::words::Words;

/// Most payments on the form; a report of more is sent in two, or through the API.
pub const PAYMENTS_MAX: usize = 10;
/// The institution of an account whose own is not on the list.
pub const OTHER: &str = "OTHER";
/// The ways of paying that the form offers, in the order of its words.
pub const CHANNELS: [Channel; 4] = [
    Channel::Transfer,
    Channel::QrPay,
    Channel::Pos,
    Channel::Other,
];
/// Times on the form are Beijing's.
const BEIJING: &str = "+08:00";
const NARRATIVE_CHARS_MAX: usize = 5_000;
const CONTACT_CHANNEL_CHARS_MAX: usize = 64;
const COUNTERPART_CHARS_MAX: usize = 256;
const TX_ID_CHARS_MAX: usize = 64;
/// How far the reporter's clock may run ahead.
const AHEAD_MAX: Duration = Duration::from_hours(24);

/// What is wrong, by the name of the field.
pub type Mistakes = BTreeMap<String, &'static str>;

/// Reads the form.
pub struct Reading<'a> {
    form: &'a Form,
    words: &'static Words,
    now: Timestamp,
    /// What is wrong so far.
    pub mistakes: Mistakes,
}

impl<'a> Reading<'a> {
    /// Begins.
    pub fn new(form: &'a Form, words: &'static Words, now: Timestamp) -> Self {
        Self {
            form,
            words,
            now,
            mistakes: Mistakes::new(),
        }
    }

    /// The report, if nothing is wrong.
    pub fn report(&mut self) -> Option<ReportContent> {
        let relation = self.word("relation", Relation::ALL);
        let consent = self.word("consent", Consent::ALL);
        let name = self.parsed::<PersonName>("name", self.words.bad_text);
        let phone = self.parsed::<PhoneNumber>("phone", self.words.bad_phone);
        let contacted_at = self.time("contacted_at");
        let contact_channel = self.text("contact_channel", CONTACT_CHANNEL_CHARS_MAX);
        let counterpart = self.text("counterpart", COUNTERPART_CHARS_MAX);
        let narrative = self.text("narrative", NARRATIVE_CHARS_MAX);
        if narrative.is_none() {
            self.missing("narrative");
        }
        let mut payments = Vec::new();
        for nth in 0..rows(self.form) {
            // The first payment is asked for; of the others those that were begun.
            if nth == 0 || is_begun(self.form, nth) {
                payments.extend(self.payment(nth));
            }
        }
        let content = ReportContent {
            reporter: Reporter {
                name,
                phone,
                relation: relation?,
            },
            contacted_at,
            contact_channel,
            counterpart,
            narrative: narrative?,
            payments,
            still_in_contact: self.form.has("still_in_contact"),
            still_paying: self.form.has("still_paying"),
            remote_controlled: self.form.has("remote_controlled"),
            consent: consent?,
        };
        self.mistakes.is_empty().then_some(content)
    }

    fn missing(&mut self, name: &str) {
        let mistake = self.words.bad_missing;
        self.mistakes.entry(name.to_owned()).or_insert(mistake);
    }

    fn word<T: Copy + std::fmt::Display>(&mut self, name: &str, all: &[T]) -> Option<T> {
        let typed = self.form.typed(name);
        let found = all.iter().find(|word| word.to_string() == typed).copied();
        if found.is_none() {
            self.missing(name);
        }
        found
    }

    /// A value that may be left out.
    fn parsed<T: std::str::FromStr>(&mut self, name: &str, mistake: &'static str) -> Option<T> {
        let typed = self.form.typed(name);
        if typed.is_empty() {
            return None;
        }
        let value = typed.parse().ok();
        if value.is_none() {
            self.mistakes.insert(name.to_owned(), mistake);
        }
        value
    }

    /// A value that is needed.
    fn needed<T: std::str::FromStr>(&mut self, name: &str, mistake: &'static str) -> Option<T> {
        if self.form.typed(name).is_empty() {
            self.missing(name);
        }
        self.parsed(name, mistake)
    }

    fn text(&mut self, name: &str, chars_max: usize) -> Option<String> {
        let typed = self.form.typed(name);
        if typed.is_empty() {
            return None;
        }
        if typed.chars().count() > chars_max {
            self.mistakes.insert(name.to_owned(), self.words.bad_long);
        }
        if typed
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            self.mistakes.insert(name.to_owned(), self.words.bad_text);
        }
        Some(typed.to_owned())
    }

    fn time(&mut self, name: &str) -> Option<Timestamp> {
        let typed = self.form.typed(name);
        if typed.is_empty() {
            return None;
        }
        // `2026-03-02T09:30`, with seconds in some browsers.
        let seconds = if typed.len() == "2026-03-02T09:30".len() {
            ":00"
        } else {
            ""
        };
        let at = format!("{typed}{seconds}{BEIJING}")
            .parse::<Timestamp>()
            .ok();
        let at = at.filter(|at| *at <= self.now.plus(AHEAD_MAX) && at.as_secs() > 631_152_000);
        if at.is_none() {
            self.mistakes.insert(name.to_owned(), self.words.bad_time);
        }
        at
    }

    fn payment(&mut self, nth: usize) -> Option<ReportedPayment> {
        let field = |member: &str| format!("p{nth}_{member}");
        let occurred_at = self.time(&field("at"));
        if self.form.typed(&field("at")).is_empty() {
            self.missing(&field("at"));
        }
        let amount = self.amount(&field("amount"));
        let from = self.account(&field("from_institution"), &field("from"));
        let to = self.account(&field("to_institution"), &field("to"));
        if from.is_some() && from == to {
            self.mistakes.insert(field("to"), self.words.bad_same);
        }
        let to_name = self.parsed::<PersonName>(&field("to_name"), self.words.bad_text);
        let tx_id = self.text(&field("tx_id"), TX_ID_CHARS_MAX);
        if let Some(tx_id) = &tx_id
            && !tx_id.bytes().all(|b| b.is_ascii_graphic())
        {
            self.mistakes.insert(field("tx_id"), self.words.bad_text);
        }
        let channel = self.form.typed(&field("channel"));
        let channel = CHANNELS.into_iter().find(|one| one.as_str() == channel);
        Some(ReportedPayment {
            tx_id,
            occurred_at: occurred_at?,
            amount: amount?,
            from: from?,
            to: to?,
            to_name,
            channel,
        })
    }

    fn amount(&mut self, name: &str) -> Option<Amount> {
        let typed = self.form.typed(name).replace([',', '，'], "");
        if typed.is_empty() {
            self.missing(name);
            return None;
        }
        let amount = Money::parse_decimal(&typed, Currency::CNY)
            .ok()
            .and_then(|money| Amount::new(money.minor, Currency::CNY).ok())
            .filter(|amount| !amount.is_zero());
        if amount.is_none() {
            self.mistakes.insert(name.to_owned(), self.words.bad_amount);
        }
        amount
    }

    fn account(&mut self, institution: &str, account: &str) -> Option<AccountRef> {
        let institution = self.needed::<InstitutionCode>(institution, self.words.bad_missing);
        let account = self.needed::<AccountNumber>(account, self.words.bad_account);
        Some(AccountRef {
            institution: institution?,
            account: account?,
        })
    }
}

/// How many payments the form has room for.
pub fn rows(form: &Form) -> usize {
    let shown: usize = form.typed("rows").parse().unwrap_or(1);
    let more = usize::from(form.has("more"));
    shown.saturating_add(more).clamp(1, PAYMENTS_MAX)
}

fn is_begun(form: &Form, nth: usize) -> bool {
    ["at", "amount", "from", "to", "to_name", "tx_id"]
        .iter()
        .any(|member| !form.typed(&format!("p{nth}_{member}")).is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::words::EN;
    use super::*;

    fn good() -> Vec<(&'static str, &'static str)> {
        vec![
            ("relation", "victim"),
            ("consent", "matching"),
            ("narrative", "told to move money"),
            ("rows", "2"),
            ("p0_at", "2026-03-02T16:00"),
            ("p0_amount", "1,234.50"),
            ("p0_from_institution", "BK01"),
            ("p0_from", "6222 0212"),
            ("p0_to_institution", "OTHER"),
            ("p0_to", "M1"),
        ]
    }

    fn read(fields: &[(&str, &str)]) -> (Option<ReportContent>, Mistakes) {
        let form = Form::of(fields);
        let now = "2026-03-02T09:00:00Z".parse().unwrap();
        let mut reading = Reading::new(&form, &EN, now);
        let content = reading.report();
        (content, reading.mistakes)
    }

    #[test]
    fn times_are_beijings_and_rows_left_empty_are_no_payments() {
        let (content, mistakes) = read(&good());
        let content = content.unwrap();
        assert!(mistakes.is_empty());
        assert_eq!(content.payments.len(), 1);
        let payment = &content.payments[0];
        assert_eq!(payment.occurred_at.to_string(), "2026-03-02T08:00:00Z");
        assert_eq!(payment.amount.minor(), 123_450);
        assert_eq!(payment.from.account.expose(), "62220212");
    }

    #[test]
    fn each_mistake_is_beside_its_field() {
        let cases: &[(&str, &str, &str)] = &[
            ("relation", "", EN.bad_missing),
            ("narrative", " ", EN.bad_missing),
            ("phone", "abc", EN.bad_phone),
            ("p0_at", "", EN.bad_missing),
            ("p0_at", "2027-03-02T16:00", EN.bad_time),
            ("p0_amount", "0", EN.bad_amount),
            ("p0_amount", "ten", EN.bad_amount),
            ("p0_to", "账号", EN.bad_account),
            ("p1_amount", "5", ""),
        ];
        for (name, text, mistake) in cases {
            let mut fields = good();
            fields.retain(|(field, _)| field != name);
            fields.push((name, text));
            let (content, mistakes) = read(&fields);
            assert_eq!(content, None, "{name}={text}");
            if mistake.is_empty() {
                assert!(mistakes.contains_key("p1_to"), "a begun row is asked for");
            } else {
                assert_eq!(mistakes.get(*name), Some(mistake), "{name}={text}");
            }
        }
    }
}
