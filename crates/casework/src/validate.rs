//! The rules of the report form.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use stanch_types::report::{ReportContent, ReportedPayment};
use stanch_types::{Duration, Payment, Timestamp};

use crate::error::Finding;

/// Most payments in one report.
const PAYMENTS_MAX: usize = 64;
/// Most characters of the narrative.
const NARRATIVE_CHARS_MAX: usize = 5_000;
/// Most characters of the contact channel.
const CHANNEL_CHARS_MAX: usize = 64;
/// Most characters of the counterpart.
const COUNTERPART_CHARS_MAX: usize = 256;
/// How far the reporter's clock may run ahead.
const AHEAD_MAX: Duration = Duration::from_hours(24);
/// Nothing that is reported happened before 1990; catches seconds taken for milliseconds.
const EARLIEST_SECS: i64 = 631_152_000;

/// Every rule that `content` breaks; empty if none.
#[must_use]
pub fn check_report(content: &ReportContent, now: Timestamp) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    found.text("/narrative", &content.narrative, 1..=NARRATIVE_CHARS_MAX);
    if let Some(channel) = &content.contact_channel {
        found.text("/contact_channel", channel, 1..=CHANNEL_CHARS_MAX);
    }
    if let Some(counterpart) = &content.counterpart {
        found.text("/counterpart", counterpart, 1..=COUNTERPART_CHARS_MAX);
    }
    if let Some(at) = content.contacted_at {
        found.time("/contacted_at".into(), at, now);
    }
    if !(1..=PAYMENTS_MAX).contains(&content.payments.len()) {
        found.add("/payments".into(), "it has 1 to 64 payments");
    }
    let mut seen = BTreeSet::new();
    let mut total: i64 = 0;
    let currency = content
        .payments
        .first()
        .map(|first| first.amount.currency());
    for (index, payment) in content.payments.iter().enumerate() {
        let at = |member: &str| format!("/payments/{index}{member}");
        found.payment(&at, payment, now);
        if currency.is_some_and(|first| first != payment.amount.currency()) {
            let rule = "one report is about one currency; file another for the rest";
            found.add(at("/amount/currency"), rule);
        }
        if let Some(tx_id) = payment.tx_id.as_deref()
            && !seen.insert(tx_id)
        {
            found.add(at("/tx_id"), "the same payment is named twice");
        }
        match total.checked_add(payment.amount.minor()) {
            Some(sum) => total = sum,
            None => found.add(
                at("/amount/minor"),
                "the payments do not add up within 64 bits",
            ),
        }
    }
    found.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, pointer: String, detail: &str) {
        self.0.push(Finding::new(pointer, detail));
    }

    fn payment(&mut self, at: &dyn Fn(&str) -> String, payment: &ReportedPayment, now: Timestamp) {
        if let Some(tx_id) = &payment.tx_id {
            let printable = tx_id.bytes().all(|b| b.is_ascii_graphic());
            if !(1..=Payment::TX_ID_LEN_MAX).contains(&tx_id.len()) || !printable {
                let rule = "it has 1 to 64 printable ASCII characters without spaces";
                self.add(at("/tx_id"), rule);
            }
        }
        if payment.amount.is_zero() {
            self.add(at("/amount/minor"), "it must be more than 0");
        }
        if payment.from == payment.to {
            self.add(at("/to"), "it is the paying account");
        }
        self.time(at("/occurred_at"), payment.occurred_at, now);
    }

    fn time(&mut self, pointer: String, at: Timestamp, now: Timestamp) {
        if at > now.plus(AHEAD_MAX) {
            self.add(pointer, "it lies in the future");
        } else if at < Timestamp::from_secs(EARLIEST_SECS) {
            self.add(pointer, "it lies before 1990");
        }
    }

    fn text(&mut self, pointer: &str, value: &str, chars: RangeInclusive<usize>) {
        let (min, max) = (chars.start(), chars.end());
        let blank = value.trim().is_empty();
        if blank || !chars.contains(&value.chars().count()) {
            self.add(
                pointer.to_owned(),
                &format!("it has {min} to {max} characters"),
            );
        }
        if value
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            self.add(pointer.to_owned(), "control characters are not allowed");
        }
    }
}
