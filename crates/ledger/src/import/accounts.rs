//! Account facts from a CSV file. Held in memory as a whole: an owner may stand behind the account it owns.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use memchr::memchr;
use stanch_types::personal::AccountNumber;
use stanch_types::{AccountRef, Amount, InstitutionCode, Timestamp};

use super::aml::{AMLSIM_CURRENCY, AMLSIM_INSTITUTION, minor_of};
use super::csv::{Columns, Header, split_quoted};
use super::lines::LINE_BYTES_MAX;
use super::ndjson::{checked_text, too_long};
use super::payments::{RecordEnd, parse_account, parse_currency, record_end, trim_end};
use super::source::{Format, Opened, not_importable};
use crate::LedgerError;
use crate::payment::{AT_MS_MAX, AccountRecord, check_minor, parse_integer};
use crate::reject::{Refusal, Reject, RejectCode, shown};

/// Columns of an accounts file.
pub(super) const COLUMNS: Columns<8> = Columns {
    names: [
        "account",
        "institution",
        "kind",
        "owner_account",
        "opened_ms",
        "device_id",
        "opening_balance_minor_units",
        "currency",
    ],
    optional: 5,
};

/// Earliest opening date taken: 1900-01-01T00:00:00Z, in milliseconds.
const OPENED_MS_MIN: i64 = -2_208_988_800_000;

/// What an accounts file says.
#[derive(Default)]
pub(super) struct Parsed {
    pub read: u64,
    /// Good records and their lines.
    pub records: Vec<AccountRecord>,
    pub lines: Vec<u64>,
    pub rejects: Vec<Reject>,
    /// Names of columns nobody wants.
    pub ignored: Vec<String>,
}

/// A record whose owner is still only a number.
struct Row {
    line: u64,
    record: AccountRecord,
    owner: Option<AccountNumber>,
}

/// Reads a whole accounts file.
pub(super) fn parse(mut source: Opened) -> Result<Parsed, LedgerError> {
    let mut parsed = Parsed::default();
    if source.format == Format::AmlSim {
        return parse_nodes(source, parsed);
    }
    let header = header(&mut source, &COLUMNS)?;
    let mut rows = Vec::new();
    let broken = |error| LedgerError::io("read", source.name.as_ref())(error);
    let lines = &mut source.lines;
    loop {
        let line = lines.line + 1;
        let (len, count) = match record_end(lines, true).map_err(broken)? {
            None => break,
            Some(RecordEnd::At { len, lines, .. }) => (len, lines),
            Some(RecordEnd::TooLong) => {
                let reject = Reject::new(line, too_long(), lines.rest(LINE_BYTES_MAX));
                parsed.rejects.push(reject);
                parsed.read += 1;
                lines.take_line().map_err(broken)?;
                continue;
            }
        };
        let record = trim_end(lines.rest(len));
        if !record.is_empty() {
            parsed.read += 1;
            match parse_record(record, &header, line) {
                Ok(row) => rows.push(row),
                Err(refusal) => parsed.rejects.push(Reject::new(line, refusal, record)),
            }
        }
        lines.take(len, count);
    }
    parsed.ignored = header.ignored;
    resolve(rows, &mut parsed);
    Ok(parsed)
}

/// Columns of an AMLSim nodes file.
const NODE_COLUMNS: Columns<2> = Columns {
    names: ["nodeid", "init_balance"],
    optional: 0,
};

/// Reads a nodes file of AMLSim. What it says of fraud is a label and ignored with a note.
fn parse_nodes(mut source: Opened, mut parsed: Parsed) -> Result<Parsed, LedgerError> {
    let header = header(&mut source, &NODE_COLUMNS)?;
    let broken = |error| LedgerError::io("read", source.name.as_ref())(error);
    let lines = &mut source.lines;
    let mut rows = Vec::new();
    loop {
        let line = lines.line + 1;
        let end = record_end(lines, false).map_err(broken)?;
        let len = match end {
            None => break,
            Some(RecordEnd::At { len, .. }) => len,
            Some(RecordEnd::TooLong) => LINE_BYTES_MAX,
        };
        let record = trim_end(lines.rest(len));
        if !record.is_empty() {
            parsed.read += 1;
            match parse_node(record, &header, line) {
                Ok(row) => rows.push(row),
                Err(refusal) => parsed.rejects.push(Reject::new(line, refusal, record)),
            }
        }
        lines.take_line().map_err(broken)?;
    }
    parsed.ignored = header.ignored;
    resolve(rows, &mut parsed);
    Ok(parsed)
}

fn parse_node(record: &[u8], header: &Header<2>, line: u64) -> Result<Row, Refusal> {
    let [account, balance] = header.plain(checked_text(record)?)?;
    let opening = minor_of(balance, parse_currency(AMLSIM_CURRENCY)?)?;
    let (bank, currency) = (AMLSIM_INSTITUTION, AMLSIM_CURRENCY);
    parse_fields(
        [account, bank, "unknown", "", "", "", &opening, currency],
        line,
    )
}

/// Reads the header line of a CSV source.
pub(super) fn header<const N: usize>(
    source: &mut Opened,
    columns: &Columns<N>,
) -> Result<Header<N>, LedgerError> {
    let refuse = |why: &str| Err(not_importable(source.name.clone(), why));
    let end = record_end(&mut source.lines, false);
    let end = end.map_err(LedgerError::io("read", source.name.as_ref()))?;
    let Some(RecordEnd::At { len, .. }) = end else {
        return refuse("its first line is over 64 KiB; is it a text file with a header?");
    };
    let line = trim_end(source.lines.rest(len));
    let Ok(text) = checked_text(line) else {
        return refuse("its first line is not UTF-8 text; save it as UTF-8");
    };
    let header =
        Header::parse(text, columns).map_err(|why| not_importable(source.name.clone(), why))?;
    source.lines.take(len, 1);
    Ok(header)
}

fn parse_record(record: &[u8], header: &Header<8>, line: u64) -> Result<Row, Refusal> {
    let text = checked_text(record)?;
    if memchr(b'"', record).is_none() {
        return parse_fields(header.plain(text)?, line);
    }
    let fields = split_quoted(text).map_err(|why| (RejectCode::BadQuoting, why.into()))?;
    parse_fields(header.pick(&fields)?, line)
}

fn parse_fields(fields: [&str; 8], line: u64) -> Result<Row, Refusal> {
    let [
        account,
        institution,
        kind,
        owner,
        opened,
        device,
        opening,
        currency,
    ] = fields;
    for (field, name) in fields.iter().zip(COLUMNS.names).take(3) {
        if field.is_empty() {
            return Err((RejectCode::FieldMissing, format!("{name} is missing")));
        }
    }
    let stated = |field: &str| !field.is_empty() && field != "-1";
    let account = parse_account(institution, account)?;
    let kind = kind
        .parse()
        .map_err(|error: stanch_types::words::UnknownWord| {
            (RejectCode::KindUnknown, format!("kind {error}"))
        })?;
    let owner = stated(owner).then(|| owner.parse()).transpose();
    let owner = owner.map_err(|error: stanch_types::personal::BadPersonalData| {
        (
            RejectCode::AccountInvalid,
            format!("owner_account: {error}"),
        )
    })?;
    let opened_at = stated(opened).then(|| parse_opened(opened)).transpose()?;
    let currency = parse_currency(if currency.is_empty() { "CNY" } else { currency })?;
    Ok(Row {
        line,
        record: AccountRecord {
            account,
            kind,
            owner: None,
            opened_at,
            device_id: stated(device).then(|| device.to_owned()),
            opening: parse_opening(opening, currency)?,
        },
        owner,
    })
}

fn parse_opened(text: &str) -> Result<Timestamp, Refusal> {
    match parse_integer(text).flatten() {
        Some(at_ms) if (OPENED_MS_MIN..AT_MS_MAX).contains(&at_ms) => {
            Ok(Timestamp::from_millis(at_ms))
        }
        _ => {
            let reason = format!(
                "opened_ms `{}` is not milliseconds between the years 1900 and 2099",
                shown(text)
            );
            Err((RejectCode::TimestampInvalid, reason))
        }
    }
}

fn parse_opening(text: &str, currency: stanch_types::Currency) -> Result<Amount, Refusal> {
    let invalid = || {
        let reason = format!(
            "the opening balance `{}` is not a whole number of minor units",
            shown(text)
        );
        (RejectCode::AmountInvalid, reason)
    };
    let minor = match text {
        "" | "0" => 0,
        _ => check_minor(parse_integer(text).ok_or_else(invalid)?.unwrap_or(i64::MAX))?,
    };
    Amount::new(minor, currency).map_err(|_| invalid())
}

/// Finds owners by number, and rows that speak of one account twice.
fn resolve(rows: Vec<Row>, parsed: &mut Parsed) {
    let mut institutions: HashMap<AccountNumber, Option<InstitutionCode>> = HashMap::new();
    for row in &rows {
        let AccountRef {
            institution,
            account,
        } = &row.record.account;
        match institutions.entry(account.clone()) {
            Entry::Vacant(place) => {
                place.insert(Some(institution.clone()));
            }
            Entry::Occupied(mut place) => {
                if place.get().as_ref() != Some(institution) {
                    place.insert(None);
                }
            }
        }
    }
    let mut first: HashMap<(AccountRef, stanch_types::Currency), usize> = HashMap::new();
    for mut row in rows {
        if let Some(number) = row.owner {
            let Some(Some(institution)) = institutions.get(&number) else {
                let reason = "owner_account is not an account of this file, or not unique in it";
                let refusal = (RejectCode::OwnerUnknown, reason.to_owned());
                parsed
                    .rejects
                    .push(reject_of(row.line, refusal, &row.record));
                continue;
            };
            row.record.owner = Some(AccountRef {
                institution: institution.clone(),
                account: number,
            });
        }
        let key = (row.record.account.clone(), row.record.opening.currency());
        let known = *first.entry(key).or_insert(parsed.records.len());
        if parsed
            .records
            .get(known)
            .is_some_and(|known| *known != row.record)
        {
            let reason = "the account stands in this file before, with other content";
            let refusal = (RejectCode::Conflict, reason.to_owned());
            parsed
                .rejects
                .push(reject_of(row.line, refusal, &row.record));
            continue;
        }
        parsed.lines.push(row.line);
        parsed.records.push(row.record);
    }
}

pub(super) fn reject_of(line: u64, refusal: Refusal, record: &AccountRecord) -> Reject {
    let AccountRef {
        institution,
        account,
    } = &record.account;
    let excerpt = format!("{},{institution},{}", account.expose(), record.kind);
    Reject::new(line, refusal, excerpt.as_bytes())
}
