//! Payments from lines: one thread reads and checks, another stores.

use std::borrow::Cow;
use std::io::{self, Read};

use hashbrown::HashMap;
use memchr::{memchr, memchr_iter};
use stanch_types::{AccountRef, Currency};

use super::aml;
use super::csv::{Columns, Header, split_quoted};
use super::lines::{LINE_BYTES_MAX, LineEnd, Lines};
use super::ndjson::{self, checked_text, too_long};
use crate::batch::{LocalAccounts, NodeKey, ROWS_MAX, Row, Rows};
use crate::ledger::too_many_accounts;
use crate::payment::{check_tx_id, parse_at_ms, parse_channel, parse_minor, same_account};
use crate::reject::{Refusal, Reject, RejectCode};

/// Names of the columns of a payments file, and keys of a payments line.
pub(crate) const COLUMN_NAMES: [&str; 9] = [
    "tx_id",
    "timestamp_ms",
    "from_account",
    "to_account",
    "from_institution",
    "to_institution",
    "amount_minor_units",
    "currency",
    "channel",
];

pub(super) const COLUMNS: Columns<9> = Columns {
    names: COLUMN_NAMES,
    optional: 0,
};

/// Rows read together and stored in one block.
pub(super) struct Chunk {
    pub rows: Rows,
    /// The line on which each row starts.
    pub lines: Vec<u64>,
    /// Accounts that got their local numbers in this chunk.
    pub accounts: Vec<NodeKey>,
    pub rejects: Vec<Reject>,
    /// Rows read, good and bad.
    pub read: u64,
    /// State of the source behind the last of them.
    pub line: u64,
    pub offset: u64,
    pub crc: u32,
    pub end: ChunkEnd,
}

/// What comes after a chunk.
pub(super) enum ChunkEnd {
    More,
    Eof,
    Broken(io::Error),
}

/// Most refused rows in a chunk, and most bytes read for it: bounds memory and time between signs of life.
const REJECTS_MAX: usize = 4_096;
const CHUNK_BYTES_MAX: u64 = 16 << 20;

/// How records are cut and read.
pub(super) enum Shape {
    Csv(Header<9>),
    Ndjson,
    Aml(aml::Source),
}

/// Reads payments from a source.
pub(super) struct Reader<R> {
    pub lines: Lines<R>,
    pub shape: Shape,
    accounts: AccountCache,
}

/// Local numbers by the account's text as written, so that checking is done once for each account.
#[derive(Default)]
struct AccountCache {
    local: LocalAccounts,
    by_text: HashMap<Box<[u8]>, u32>,
    key: Vec<u8>,
}

impl<R: Read> Reader<R> {
    pub fn new(lines: Lines<R>, shape: Shape) -> Self {
        Self {
            lines,
            shape,
            accounts: AccountCache::default(),
        }
    }

    /// The next rows of the source.
    pub fn chunk(&mut self) -> Chunk {
        let mut chunk = Chunk {
            rows: Rows::default(),
            lines: Vec::new(),
            accounts: Vec::new(),
            rejects: Vec::new(),
            read: 0,
            line: 0,
            offset: 0,
            crc: 0,
            end: ChunkEnd::More,
        };
        let stop_at = self.lines.offset.saturating_add(CHUNK_BYTES_MAX);
        while chunk.rows.len() < ROWS_MAX
            && chunk.rejects.len() < REJECTS_MAX
            && self.lines.offset < stop_at
        {
            match self.record(&mut chunk) {
                Ok(true) => {}
                Ok(false) => {
                    chunk.end = ChunkEnd::Eof;
                    break;
                }
                Err(error) => {
                    chunk.end = ChunkEnd::Broken(error);
                    break;
                }
            }
        }
        chunk.accounts = std::mem::take(&mut self.accounts.local.fresh);
        (chunk.line, chunk.offset, chunk.crc) =
            (self.lines.line, self.lines.offset, self.lines.crc);
        chunk
    }

    /// Reads one record; whether there was one.
    fn record(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        let quotes = matches!(self.shape, Shape::Csv(_));
        let line = self.lines.line + 1;
        let Some(end) = record_end(&mut self.lines, quotes)? else {
            return Ok(false);
        };
        let RecordEnd::At { len, lines, first } = end else {
            let refused = Reject::new(line, too_long(), self.lines.rest(LINE_BYTES_MAX));
            self.lines.take_line()?;
            chunk.read += 1;
            chunk.rejects.push(refused);
            return Ok(true);
        };
        let record = trim_end(self.lines.rest(len));
        if record.is_empty() {
            self.lines.take(len, lines);
            return Ok(true);
        }
        chunk.read += 1;
        chunk.lines.push(line);
        let refused = match add(
            (record, line),
            &self.shape,
            &mut self.accounts,
            &mut chunk.rows,
        ) {
            Ok(Added::Outside) => {
                chunk.read -= 1;
                chunk.lines.pop();
                self.lines.take(len, lines);
                return Ok(true);
            }
            Ok(Added::Row) => {
                self.lines.take(len, lines);
                return Ok(true);
            }
            Err(refused) => refused,
        };
        chunk.lines.pop();
        // A stray quote must not swallow the lines behind it.
        let (len, lines) = if refused.0 == RejectCode::BadQuoting {
            (first, 1)
        } else {
            (len, lines)
        };
        let reject = Reject::new(line, refused, trim_end(self.lines.rest(len)));
        chunk.rejects.push(reject);
        self.lines.take(len, lines);
        Ok(true)
    }
}

/// Where a record ends.
pub(super) enum RecordEnd {
    At {
        /// Bytes and lines of the record.
        len: usize,
        lines: u64,
        /// Bytes of its first line.
        first: usize,
    },
    TooLong,
}

/// Finds the end of the next record; with `quotes`, a line end inside a quoted field does not end it.
pub(super) fn record_end<R: Read>(
    lines: &mut Lines<R>,
    quotes: bool,
) -> io::Result<Option<RecordEnd>> {
    let first = match lines.line_end(0)? {
        LineEnd::At(first) => first,
        LineEnd::TooLong => return Ok(Some(RecordEnd::TooLong)),
        LineEnd::Eof => return Ok(None),
    };
    let one_line = RecordEnd::At {
        len: first,
        lines: 1,
        first,
    };
    if !quotes || !is_open(lines.rest(first)) {
        return Ok(Some(one_line));
    }
    let (mut len, mut count) = (first, 1);
    while let LineEnd::At(end) = lines.line_end(len)? {
        if end > LINE_BYTES_MAX {
            break;
        }
        (len, count) = (end, count + 1);
        if !is_open(lines.rest(len)) {
            return Ok(Some(RecordEnd::At {
                len,
                lines: count,
                first,
            }));
        }
    }
    Ok(Some(one_line))
}

/// Whether a quoted field is open at the end.
fn is_open(record: &[u8]) -> bool {
    memchr_iter(b'"', record).count() % 2 == 1
}

/// Without the line end.
pub(super) fn trim_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}

/// What became of a good record.
enum Added {
    Row,
    /// It is no payment: a header or a block's frame.
    Outside,
}

/// Checks a record and adds it to `rows`.
fn add(
    (record, line): (&[u8], u64),
    shape: &Shape,
    accounts: &mut AccountCache,
    rows: &mut Rows,
) -> Result<Added, Refusal> {
    let text = checked_text(record)?;
    match shape {
        Shape::Csv(header) if memchr(b'"', record).is_none() => {
            add_fields(header.plain(text)?, accounts, rows)?;
        }
        Shape::Csv(header) => {
            let fields = split_quoted(text).map_err(|why| (RejectCode::BadQuoting, why.into()))?;
            add_fields(header.pick(&fields)?, accounts, rows)?;
        }
        Shape::Ndjson => {
            let fields = ndjson::fields(text)?;
            add_fields(fields.each_ref().map(Cow::as_ref), accounts, rows)?;
        }
        Shape::Aml(source) => {
            let Some(fields) = source.fields(text, line)? else {
                return Ok(Added::Outside);
            };
            add_fields(fields.each_ref().map(Cow::as_ref), accounts, rows)?;
        }
    }
    Ok(Added::Row)
}

fn add_fields(
    fields: [&str; 9],
    accounts: &mut AccountCache,
    rows: &mut Rows,
) -> Result<(), Refusal> {
    if let Some((_, name)) = fields
        .iter()
        .zip(COLUMNS.names)
        .find(|(field, _)| field.is_empty())
    {
        return Err((RejectCode::FieldMissing, format!("{name} is missing")));
    }
    let [
        tx_id,
        timestamp_ms,
        from_account,
        to_account,
        from_institution,
        to_institution,
        amount,
        currency,
        channel,
    ] = fields;
    check_tx_id(tx_id)?;
    let at_ms = parse_at_ms(timestamp_ms)?;
    let minor = parse_minor(amount)?;
    let channel = parse_channel(channel)?;
    let from = accounts.number(from_institution, from_account, currency)?;
    let to = accounts.number(to_institution, to_account, currency)?;
    if from == to {
        return Err(same_account());
    }
    rows.push(Row {
        tx_id,
        at_ms,
        from,
        to,
        minor,
        channel,
    });
    Ok(())
}

impl AccountCache {
    fn number(&mut self, institution: &str, account: &str, currency: &str) -> Result<u32, Refusal> {
        self.key.clear();
        for part in [institution, "\0", currency, "\0", account] {
            self.key.extend_from_slice(part.as_bytes());
        }
        if let Some(number) = self.by_text.get(self.key.as_slice()) {
            return Ok(*number);
        }
        let key = NodeKey {
            account: parse_account(institution, account)?,
            currency: parse_currency(currency)?,
        };
        let number = self.local.number(key).ok_or_else(too_many_accounts)?;
        self.by_text.insert(self.key.as_slice().into(), number);
        Ok(number)
    }
}

pub(super) fn parse_account(institution: &str, account: &str) -> Result<AccountRef, Refusal> {
    let institution =
        institution
            .parse()
            .map_err(|error: stanch_types::institution::BadInstitutionCode| {
                (RejectCode::InstitutionInvalid, error.to_string())
            })?;
    let account = account
        .parse()
        .map_err(|error: stanch_types::personal::BadPersonalData| {
            (RejectCode::AccountInvalid, error.to_string())
        })?;
    Ok(AccountRef {
        institution,
        account,
    })
}

pub(super) fn parse_currency(currency: &str) -> Result<Currency, Refusal> {
    currency
        .parse()
        .map_err(|error: stanch_types::MoneyError| (RejectCode::CurrencyUnknown, error.to_string()))
}
