//! What an institution does with an order: the checks it owes before it acts (domain reference 2.2, rule 2), and how
//! much it holds.

use stanch_types::order::{
    AnswerOutcome, OrderEffect, OrderKind, RefusalReason, STOPS_PER_ACCOUNT_MAX,
};
use stanch_types::{AccountKind, Amount, Currency, Timestamp};

use super::books::{Account, Books, HeldMoney};
use super::document::{OrderDocument, Wanted};

/// How this institution is disposed towards one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Temper {
    /// Refuses for its own reasons.
    pub refuse: bool,
    /// Holds half of what it could.
    pub partial: bool,
    /// Refuses when the disputed transfer is not in its books.
    pub strict: bool,
}

/// The final answer to `document` at `now`.
pub(super) fn judge(
    books: &Books,
    document: &OrderDocument,
    temper: Temper,
    now: Timestamp,
) -> AnswerOutcome {
    match decide(books, document, temper, now) {
        Ok(outcome) => outcome,
        Err((reason, detail)) => AnswerOutcome::Refused {
            reason,
            detail: detail.to_owned(),
        },
    }
}

type Refusal = (RefusalReason, &'static str);

fn decide(
    books: &Books,
    document: &OrderDocument,
    temper: Temper,
    now: Timestamp,
) -> Result<AnswerOutcome, Refusal> {
    if let Some(field) = document.fault() {
        return Err((RefusalReason::BadFormat, field));
    }
    if temper.refuse {
        return Err((RefusalReason::QuotaExceeded, "too many orders at this hour"));
    }
    let account = books
        .account(&document.target.account)
        .ok_or((RefusalReason::AccountNotFound, "no such account"))?;
    check_match(books, document, account, temper.strict)?;
    match document.kind.effect() {
        OrderEffect::Holds => hold(books, document, account, temper.partial, now),
        OrderEffect::Extends => {
            let held = parent_hold(books, document, now)?;
            if document.kind == OrderKind::StopExtension && held.extensions > 0 {
                return Err((RefusalReason::StopLimit, "prolonged once already"));
            }
            Ok(AnswerOutcome::Executed {
                held: fen(held.minor),
            })
        }
        OrderEffect::Releases => {
            parent_hold(books, document, now)?;
            Ok(AnswerOutcome::Executed { held: None })
        }
    }
}

/// Rule 2: account, name, amount and time must match before anything is stopped.
fn check_match(
    books: &Books,
    document: &OrderDocument,
    account: &Account,
    strict: bool,
) -> Result<(), Refusal> {
    let wrong = |what| Err((RefusalReason::Mismatch, what));
    if document
        .target
        .holder_name
        .as_ref()
        .is_some_and(|name| *name != account.holder)
    {
        return wrong("the account holder has another name");
    }
    match (&document.disputed, books.confirms_disputed(document)) {
        (Some(_), Some(false)) => wrong("the disputed transfer differs from our books"),
        (Some(_), None) if strict => wrong("the disputed transfer is not in our books"),
        (Some(_), Some(true) | None) | (None, _) => Ok(()),
    }
}

fn hold(
    books: &Books,
    document: &OrderDocument,
    account: &Account,
    partial: bool,
    now: Timestamp,
) -> Result<AnswerOutcome, Refusal> {
    let units = matches!(document.wanted(), Some(Wanted::Units(_)));
    let fund = account.kind == AccountKind::FundHolding;
    if units != (document.kind == OrderKind::RedemptionHold) || (units && !fund) {
        return Err((
            RefusalReason::BadFormat,
            "units are held by a redemption hold only",
        ));
    }
    let is_stop = document.kind != OrderKind::Freeze;
    if is_stop && books.stops(account, &document.case_number) >= STOPS_PER_ACCOUNT_MAX {
        return Err((
            RefusalReason::StopLimit,
            "stopped twice in this case already",
        ));
    }
    let converted = match document.parent_application_id {
        Some(_) => parent_hold(books, document, now)?.minor,
        None => 0,
    };
    let available = books.available(account, now) + converted;
    let asked = match document.wanted() {
        Some(Wanted::Limited(minor) | Wanted::Units(minor)) => minor,
        Some(Wanted::Whole) | None => available,
    };
    let mut minor = asked.min(available).min(account.balance_minor).max(0);
    let whole = document.wanted() == Some(Wanted::Whole);
    if minor == 0 && !whole {
        return Err((RefusalReason::NoFunds, "nothing is there to hold"));
    }
    if partial && minor > 1 && !whole {
        minor /= 2;
    }
    Ok(if minor < asked {
        AnswerOutcome::PartiallyExecuted { held: fen(minor) }
    } else {
        AnswerOutcome::Executed { held: fen(minor) }
    })
}

fn parent_hold<'b>(
    books: &'b Books,
    document: &OrderDocument,
    now: Timestamp,
) -> Result<&'b HeldMoney, Refusal> {
    document
        .parent_application_id
        .and_then(|parent| books.order(&parent))
        .filter(|parent| parent.document.target.account == document.target.account)
        .and_then(|parent| parent.held.as_ref())
        .filter(|held| held.in_force(now))
        .ok_or((RefusalReason::NotHeld, "no such hold is in force"))
}

fn fen(minor: i64) -> Option<Amount> {
    Amount::new(minor, Currency::CNY).ok()
}
