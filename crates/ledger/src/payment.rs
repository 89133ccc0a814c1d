//! The rules every payment and account passes, wherever it comes from.

use stanch_types::{AccountKind, AccountRef, Amount, Channel, Payment, Timestamp};

use crate::reject::{Refusal, RejectCode, shown};

/// Earliest booking time taken: 1990-01-01T00:00:00Z, in milliseconds. Catches seconds given as milliseconds.
pub const AT_MS_MIN: i64 = 631_152_000_000;

/// First booking time no longer taken: 2100-01-01T00:00:00Z, in milliseconds. Catches microseconds.
pub const AT_MS_MAX: i64 = 4_102_444_800_000;

/// Largest amount of one payment or opening balance, in minor units: ten trillion yuan. Larger is a unit mistake.
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000_000;

/// What an institution says of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// The account.
    pub account: AccountRef,
    /// What kind it is.
    pub kind: AccountKind,
    /// The customer's account behind it, as for fund holdings.
    pub owner: Option<AccountRef>,
    /// When it was opened; kept to the millisecond.
    pub opened_at: Option<Timestamp>,
    /// The device it is used from, 1 to 64 printable ASCII characters.
    pub device_id: Option<String>,
    /// Balance before the first known payment; its currency is the account's.
    pub opening: Amount,
}

/// Whether `text` can name a payment or device: 1 to 64 printable ASCII characters without spaces.
pub(crate) fn is_reference(text: &str) -> bool {
    (1..=Payment::TX_ID_LEN_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

pub(crate) fn check_tx_id(tx_id: &str) -> Result<(), Refusal> {
    if is_reference(tx_id) {
        return Ok(());
    }
    let reason = format!(
        "tx_id `{}` is not 1 to 64 printable ASCII characters without spaces",
        shown(tx_id)
    );
    Err((RejectCode::TxIdInvalid, reason))
}

pub(crate) fn check_at_ms(at_ms: i64) -> Result<i64, Refusal> {
    if (AT_MS_MIN..AT_MS_MAX).contains(&at_ms) {
        return Ok(at_ms);
    }
    let reason = format!("{at_ms} ms is not between the years 1990 and 2099");
    Err((RejectCode::TimestampInvalid, reason))
}

pub(crate) fn check_minor(minor: i64) -> Result<i64, Refusal> {
    match minor {
        ..0 => Err((
            RejectCode::AmountNegative,
            format!("the amount {minor} is negative"),
        )),
        0 => Err((RejectCode::AmountZero, "the amount is zero".to_owned())),
        1..=AMOUNT_MINOR_MAX => Ok(minor),
        _ => Err((
            RejectCode::AmountOverflow,
            format!("the amount {minor} is over {AMOUNT_MINOR_MAX} minor units"),
        )),
    }
}

/// Whole minor units or milliseconds as text: an optional minus and digits, nothing else.
pub(crate) fn parse_integer(text: &str) -> Option<Option<i64>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().ok())
}

pub(crate) fn parse_at_ms(text: &str) -> Result<i64, Refusal> {
    let refuse = |why: &str| {
        let reason = format!("timestamp_ms `{}` {why}", shown(text));
        Err((RejectCode::TimestampInvalid, reason))
    };
    match parse_integer(text) {
        Some(Some(at_ms)) => check_at_ms(at_ms),
        Some(None) => refuse("does not fit 64 bits"),
        None => refuse("is not a whole number of milliseconds since 1970"),
    }
}

pub(crate) fn parse_minor(text: &str) -> Result<i64, Refusal> {
    match parse_integer(text) {
        Some(Some(minor)) => check_minor(minor),
        Some(None) if text.starts_with('-') => Err((
            RejectCode::AmountNegative,
            format!("the amount {} is negative", shown(text)),
        )),
        Some(None) => Err((
            RejectCode::AmountOverflow,
            format!("the amount {} does not fit 64 bits", shown(text)),
        )),
        None => Err((
            RejectCode::AmountInvalid,
            format!(
                "the amount `{}` is not a whole number of minor units",
                shown(text)
            ),
        )),
    }
}

pub(crate) fn parse_channel(text: &str) -> Result<Channel, Refusal> {
    text.parse()
        .map_err(|error: stanch_types::words::UnknownWord| {
            (RejectCode::ChannelUnknown, format!("channel {error}"))
        })
}

/// Checks a payment that was built in code or read from JSON; returns its time in milliseconds.
pub(crate) fn check_payment(payment: &Payment) -> Result<i64, Refusal> {
    check_tx_id(&payment.tx_id)?;
    let at_ms = check_at_ms(payment.occurred_at.as_millis())?;
    check_minor(payment.amount.minor())?;
    if payment.from == payment.to {
        return Err(same_account());
    }
    Ok(at_ms)
}

pub(crate) fn same_account() -> Refusal {
    let reason = "the paying and the receiving account are the same".to_owned();
    (RejectCode::SameAccount, reason)
}
