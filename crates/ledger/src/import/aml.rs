//! Payments of the two public laundering sets: AMLSim (`sourceNodeId,targetNodeId,value,time` and its nodes file) and IBM
//! AML (`HI-Small_Trans.csv`, and the blocks of a patterns file). Neither has references: a payment's is the set's
//! name, eight digits of the source's digest and its line, so that two files do not meet and a file read twice does.

use std::borrow::Cow;

use jiff::civil::DateTime;
use stanch_types::Currency;

use crate::block::SourceDigest;
use crate::reject::{Refusal, RejectCode, shown};

/// The one institution of AMLSim.
pub(super) const AMLSIM_INSTITUTION: &str = "AMLSIM";
/// AMLSim names no currency; its configuration files count dollars.
pub(super) const AMLSIM_CURRENCY: &str = "USD";
/// Step 0 of AMLSim: the base date of its configuration, 2017-01-01T00:00:00Z. A step is a day.
const AMLSIM_START_MS: i64 = 1_483_228_800_000;
const DAY_MS: i64 = 86_400_000;
/// Most steps taken: a hundred years.
const AMLSIM_STEPS_MAX: i64 = 36_500;

/// Which of the sets, and what its references begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub set: Set,
    prefix: String,
}

/// One of the two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    AmlSim,
    IbmAml,
}

/// The fields of [`super::payments::COLUMNS`].
pub(super) type Fields<'a> = [Cow<'a, str>; 9];

impl Source {
    pub fn new(set: Set, digest: &SourceDigest) -> Self {
        let name = match set {
            Set::AmlSim => "amlsim",
            Set::IbmAml => "ibm",
        };
        let digits: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
        Self {
            set,
            prefix: format!("{name}-{digits}"),
        }
    }

    /// The fields of a line; `None` for a header, a block's first or last line.
    pub fn fields<'a>(&self, text: &'a str, line: u64) -> Result<Option<Fields<'a>>, Refusal> {
        let tx_id = format!("{}-{line:09}", self.prefix);
        match self.set {
            Set::AmlSim => amlsim(text, tx_id),
            Set::IbmAml => ibm(text, tx_id),
        }
    }
}

/// Which set a source's first bytes belong to, if any.
pub(super) fn set_of(start: &[u8]) -> Option<Set> {
    let begins = |words: &str| {
        let head = start.get(..words.len()).unwrap_or_default();
        head.eq_ignore_ascii_case(words.as_bytes())
    };
    if begins("sourceNodeId,targetNodeId,") || begins(AMLSIM_NODES) {
        Some(Set::AmlSim)
    } else if begins("Timestamp,From Bank,") || begins("BEGIN LAUNDERING ATTEMPT") {
        Some(Set::IbmAml)
    } else {
        None
    }
}

/// Start of the header of an AMLSim nodes file.
pub(super) const AMLSIM_NODES: &str = "nodeid,isFraud,init_balance";

fn split<const N: usize>(text: &str) -> Result<[&str; N], Refusal> {
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let count = fields.len();
    <[&str; N]>::try_from(fields).map_err(|_| {
        let reason = format!("{count} fields, a line of this format has {N}");
        (RejectCode::ColumnCount, reason)
    })
}

fn amlsim(text: &str, tx_id: String) -> Result<Option<Fields<'_>>, Refusal> {
    if text.starts_with("sourceNodeId") {
        return Ok(None);
    }
    let [from, to, value, step] = split::<4>(text)?;
    let at = step.parse().ok();
    let at = at.filter(|step| (0..=AMLSIM_STEPS_MAX).contains(step));
    let at_ms = at.map(|step: i64| AMLSIM_START_MS + step * DAY_MS);
    let at_ms = at_ms.ok_or_else(|| {
        let reason = format!("time `{}` is not a step", shown(step));
        (RejectCode::TimestampInvalid, reason)
    })?;
    Ok(Some([
        tx_id.into(),
        at_ms.to_string().into(),
        from.into(),
        to.into(),
        AMLSIM_INSTITUTION.into(),
        AMLSIM_INSTITUTION.into(),
        minor_of(value, super::payments::parse_currency(AMLSIM_CURRENCY)?)?.into(),
        AMLSIM_CURRENCY.into(),
        "transfer".into(),
    ]))
}

fn ibm(text: &str, tx_id: String) -> Result<Option<Fields<'_>>, Refusal> {
    let outside = ["Timestamp,", "BEGIN LAUNDERING", "END LAUNDERING"];
    if outside.iter().any(|words| text.starts_with(words)) {
        return Ok(None);
    }
    let [
        at,
        from_bank,
        from,
        to_bank,
        to,
        received,
        into,
        paid,
        currency,
        form,
        _,
    ] = split::<11>(text)?;
    if into != currency || received != paid {
        let reason = format!(
            "paid in {}, received in {}: a payment has one currency and one amount",
            shown(currency),
            shown(into)
        );
        return Err((RejectCode::CurrenciesDiffer, reason));
    }
    let currency = currency_of(currency)?;
    Ok(Some([
        tx_id.into(),
        at_ms(at)?.to_string().into(),
        from.into(),
        to.into(),
        from_bank.into(),
        to_bank.into(),
        minor_of(paid, currency)?.into(),
        currency.code().to_owned().into(),
        channel_of(form)?.into(),
    ]))
}

/// `2022/09/01 00:20`, taken as UTC: the set names no zone.
fn at_ms(text: &str) -> Result<i64, Refusal> {
    let parsed = DateTime::strptime("%Y/%m/%d %H:%M", text).ok();
    let zoned = parsed.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok());
    let at_ms = zoned.map(|at| at.timestamp().as_millisecond());
    at_ms.ok_or_else(|| {
        let reason = format!("`{}` is not a time like 2022/09/01 00:20", shown(text));
        (RejectCode::TimestampInvalid, reason)
    })
}

/// The currencies of the set by the names it has for them. Bitcoin is none of ISO 4217 and refused.
fn currency_of(name: &str) -> Result<Currency, Refusal> {
    let code = match name {
        "US Dollar" => "USD",
        "Euro" => "EUR",
        "Yuan" => "CNY",
        "Yen" => "JPY",
        "UK Pound" => "GBP",
        "Swiss Franc" => "CHF",
        "Shekel" => "ILS",
        "Rupee" => "INR",
        "Ruble" => "RUB",
        "Canadian Dollar" => "CAD",
        "Australian Dollar" => "AUD",
        "Mexican Peso" => "MXN",
        "Brazil Real" => "BRL",
        "Saudi Riyal" => "SAR",
        other => other,
    };
    code.parse().map_err(|_| {
        let reason = format!("`{}` is not a currency of ISO 4217", shown(name));
        (RejectCode::CurrencyUnknown, reason)
    })
}

fn channel_of(form: &str) -> Result<&'static str, Refusal> {
    match form {
        "ACH" | "Wire" | "Cheque" => Ok("transfer"),
        "Credit Card" => Ok("pos"),
        "Cash" | "Reinvestment" | "Bitcoin" => Ok("other"),
        _ => {
            let reason = format!("payment format `{}` is not known", shown(form));
            Err((RejectCode::ChannelUnknown, reason))
        }
    }
}

/// A decimal amount in minor units of `currency`, half up: the sets write two decimals whatever the currency has.
pub(super) fn minor_of(text: &str, currency: Currency) -> Result<String, Refusal> {
    let invalid = || {
        let reason = format!("the amount `{}` is not a decimal number", shown(text));
        (RejectCode::AmountInvalid, reason)
    };
    if text.starts_with('-') {
        let reason = format!("the amount {} is negative", shown(text));
        return Err((RejectCode::AmountNegative, reason));
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return Err(invalid());
    }
    let places = usize::try_from(currency.decimals()).unwrap_or(0);
    let padded = format!("{part:0<width$}", width = places + 1);
    let (kept, dropped) = padded.split_at_checked(places).ok_or_else(invalid)?;
    let minor: i128 = format!("{whole}{kept}").parse().map_err(|_| invalid())?;
    let up = dropped
        .as_bytes()
        .first()
        .is_some_and(|digit| *digit >= b'5');
    Ok((minor + i128::from(up)).to_string())
}
