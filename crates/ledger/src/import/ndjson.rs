//! JSON lines: the import form (column names as keys) and the form of the HTTP interface.

use std::borrow::Cow;

use memchr::memchr_iter;
use serde::Deserialize;
use serde_json::value::RawValue;
use stanch_types::Payment;

use super::lines::LINE_BYTES_MAX;
use crate::payment::check_payment;
use crate::reject::{Refusal, Reject, RejectCode};

/// A payment as a JSON object; each value a string or a number. Other keys are ignored.
#[derive(Deserialize)]
struct JsonPayment<'a> {
    #[serde(borrow)]
    tx_id: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp_ms: Option<&'a RawValue>,
    #[serde(borrow)]
    from_account: Option<&'a RawValue>,
    #[serde(borrow)]
    to_account: Option<&'a RawValue>,
    #[serde(borrow)]
    from_institution: Option<&'a RawValue>,
    #[serde(borrow)]
    to_institution: Option<&'a RawValue>,
    #[serde(borrow)]
    amount_minor_units: Option<&'a RawValue>,
    #[serde(borrow)]
    currency: Option<&'a RawValue>,
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
}

/// The fields in the order of [`super::payments::COLUMNS`].
pub(super) fn fields(line: &str) -> Result<[Cow<'_, str>; 9], Refusal> {
    let json: JsonPayment<'_> =
        serde_json::from_str(line).map_err(|error| (RejectCode::JsonInvalid, error.to_string()))?;
    Ok([
        text(json.tx_id, "tx_id")?,
        text(json.timestamp_ms, "timestamp_ms")?,
        text(json.from_account, "from_account")?,
        text(json.to_account, "to_account")?,
        text(json.from_institution, "from_institution")?,
        text(json.to_institution, "to_institution")?,
        text(json.amount_minor_units, "amount_minor_units")?,
        text(json.currency, "currency")?,
        text(json.channel, "channel")?,
    ])
}

/// A string's content, or a number as it is written; missing and null are empty.
fn text<'a>(value: Option<&'a RawValue>, name: &str) -> Result<Cow<'a, str>, Refusal> {
    let Some(value) = value.map(RawValue::get) else {
        return Ok(Cow::Borrowed(""));
    };
    let refuse = |what: &str| Err((RejectCode::FieldInvalid, format!("{name} is {what}")));
    match value.as_bytes().first() {
        Some(b'"') => {
            let inner = value.get(1..value.len() - 1).unwrap_or_default();
            if !inner.contains('\\') {
                return Ok(Cow::Borrowed(inner));
            }
            match serde_json::from_str(value) {
                Ok(text) => Ok(Cow::Owned(text)),
                Err(_) => refuse("not a valid string"),
            }
        }
        Some(b'-' | b'0'..=b'9') => Ok(Cow::Borrowed(value)),
        Some(b'n') => Ok(Cow::Borrowed("")),
        _ => refuse("neither a string nor a number"),
    }
}

/// Reads payments one a line, each a [`Payment`] in JSON, as the HTTP interface takes them. Blank lines are passed.
/// Good payments come with the line they stood on; bad lines are refused one by one.
#[must_use]
pub fn parse_ndjson_payments(bytes: &[u8]) -> (Vec<(u64, Payment)>, Vec<Reject>) {
    let mut payments = Vec::new();
    let mut rejects = Vec::new();
    let mut start = 0;
    for (end, number) in memchr_iter(b'\n', bytes).chain([bytes.len()]).zip(1..) {
        let line = bytes.get(start..end).unwrap_or_default().trim_ascii();
        start = end + 1;
        if line.is_empty() {
            continue;
        }
        match parse_line(line) {
            Ok(payment) => payments.push((number, payment)),
            Err(refusal) => rejects.push(Reject::new(number, refusal, line)),
        }
    }
    (payments, rejects)
}

fn parse_line(line: &[u8]) -> Result<Payment, Refusal> {
    let line = checked_text(line)?;
    let payment: Payment = serde_json::from_str(line).map_err(|error| {
        let code = if error.is_data() {
            RejectCode::FieldInvalid
        } else {
            RejectCode::JsonInvalid
        };
        (code, error.to_string())
    })?;
    check_payment(&payment)?;
    Ok(payment)
}

/// A line as text, if it is within bounds, UTF-8 and free of NUL.
pub(super) fn checked_text(line: &[u8]) -> Result<&str, Refusal> {
    if line.len() > LINE_BYTES_MAX {
        return Err(too_long());
    }
    if memchr::memchr(0, line).is_some() {
        return Err((RejectCode::NulByte, "the line holds a NUL byte".to_owned()));
    }
    std::str::from_utf8(line).map_err(|error| {
        let reason = format!("not UTF-8 at byte {} of the line", error.valid_up_to() + 1);
        (RejectCode::NotUtf8, reason)
    })
}

pub(super) fn too_long() -> Refusal {
    let reason = format!("the line is over {LINE_BYTES_MAX} bytes");
    (RejectCode::LineTooLong, reason)
}
