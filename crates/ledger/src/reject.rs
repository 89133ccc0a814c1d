//! Why single rows are refused.

use serde::Serialize;

/// One refused row of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// Physical line of the source on which the row starts; the first line is 1.
    pub line: u64,
    /// Stable code.
    pub code: RejectCode,
    /// What is wrong, for a person.
    pub reason: String,
    /// The start of the row, at most [`Reject::EXCERPT_CHARS_MAX`] characters; what is not UTF-8 is replaced.
    pub excerpt: String,
}

/// Code of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectCode {
    /// The line is over 64 KiB.
    LineTooLong,
    /// The line is not UTF-8.
    NotUtf8,
    /// The line holds a NUL.
    NulByte,
    /// Quotes are not as in RFC 4180.
    BadQuoting,
    /// More or fewer fields than the header has.
    ColumnCount,
    /// The line is not a JSON object.
    JsonInvalid,
    /// A field is missing or empty.
    FieldMissing,
    /// A field has the wrong JSON type or form.
    FieldInvalid,
    /// The payment's reference is not 1 to 64 printable ASCII characters without spaces.
    TxIdInvalid,
    /// The time is not whole milliseconds of a year from 1990 to 2099.
    TimestampInvalid,
    /// Not an institution code.
    InstitutionInvalid,
    /// Not an account number.
    AccountInvalid,
    /// Payer and receiver are the same account.
    SameAccount,
    /// The amount is not a whole number of minor units.
    AmountInvalid,
    /// The amount is negative.
    AmountNegative,
    /// The amount is zero.
    AmountZero,
    /// The amount, or the account's turnover with it, is too large.
    AmountOverflow,
    /// Not an active ISO 4217 currency.
    CurrencyUnknown,
    /// Paid in one currency or amount and received in another.
    CurrenciesDiffer,
    /// Not a known channel.
    ChannelUnknown,
    /// Not a known kind of account.
    KindUnknown,
    /// The owner is not an account of the same file, or the number is not unique in it.
    OwnerUnknown,
    /// The `tx_id` (or account) is known with other content.
    Conflict,
}

stanch_types::words! { RejectCode {
    LineTooLong = "line_too_long", NotUtf8 = "not_utf8", NulByte = "nul_byte", BadQuoting = "bad_quoting",
    ColumnCount = "column_count", JsonInvalid = "json_invalid", FieldMissing = "field_missing",
    FieldInvalid = "field_invalid", TxIdInvalid = "tx_id_invalid", TimestampInvalid = "timestamp_invalid",
    InstitutionInvalid = "institution_invalid", AccountInvalid = "account_invalid", SameAccount = "same_account",
    AmountInvalid = "amount_invalid", AmountNegative = "amount_negative", AmountZero = "amount_zero",
    AmountOverflow = "amount_overflow", CurrencyUnknown = "currency_unknown", CurrenciesDiffer = "currencies_differ", ChannelUnknown = "channel_unknown",
    KindUnknown = "kind_unknown", OwnerUnknown = "owner_unknown", Conflict = "conflict",
} }

/// A refusal before it is known where it stands.
pub(crate) type Refusal = (RejectCode, String);

impl Reject {
    /// Most characters of the excerpt.
    pub const EXCERPT_CHARS_MAX: usize = 200;

    pub(crate) fn new(line: u64, (code, reason): Refusal, row: &[u8]) -> Self {
        Self {
            line,
            code,
            reason,
            excerpt: excerpt(row),
        }
    }
}

/// The start of a row for people to find it by.
pub(crate) fn excerpt(row: &[u8]) -> String {
    let start = row.get(..Reject::EXCERPT_CHARS_MAX * 4).unwrap_or(row);
    String::from_utf8_lossy(start)
        .chars()
        .take(Reject::EXCERPT_CHARS_MAX)
        .collect()
}

/// A refused value for a reason, cut short and without control characters.
pub(crate) fn shown(value: &str) -> String {
    value
        .chars()
        .take(48)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
