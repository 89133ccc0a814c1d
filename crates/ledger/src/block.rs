//! The payload of a block of the payment log (`docs/formats/payment-block.md`).
//!
//! Accounts are numbered over the whole log in order of first appearance; a block first names the accounts it adds,
//! then refers to all by number. Decoding checks everything a graph relies on, so that a sound block of another
//! writer, or of another format, is refused whole.

mod bytes;
mod mark;

use stanch_types::{AccountKind, AccountRef, Channel, Currency, InstitutionCode};

use crate::batch::{NodeKey, ROWS_MAX, Rows, Texts};
use crate::payment;

use bytes::{Input, Output};
pub(crate) use mark::{Counts, ImportMark, SourceDigest};

/// What one block holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Entry {
    /// How far an import had read, if this block is part of one.
    pub mark: Option<ImportMark>,
    /// Number of the first account added here: how many the log named before.
    pub accounts_before: u32,
    /// Accounts added here.
    pub accounts: Vec<NodeKey>,
    /// What is said of accounts.
    pub facts: Vec<Facts>,
    /// Payments; `from` and `to` are account numbers of the log.
    pub rows: Rows,
}

/// What is said of one account; numbers are account numbers of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub account: u32,
    pub kind: AccountKind,
    pub owner: Option<u32>,
    pub opened_ms: Option<i64>,
    pub device_id: Option<Box<str>>,
    pub opening_minor: i64,
}

/// Why a payload is not an entry.
pub(crate) type Malformed = &'static str;

const VERSION: u8 = 1;

/// Most accounts one block adds or describes: two for each payment.
pub(crate) const ACCOUNTS_MAX: usize = 2 * ROWS_MAX;

impl Entry {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Output::with_capacity(64 + self.rows.len() * 20 + self.accounts.len() * 24);
        out.byte(VERSION);
        match &self.mark {
            Some(mark) => {
                out.byte(1);
                mark.encode(&mut out);
            }
            None => out.byte(0),
        }
        self.encode_accounts(&mut out);
        out.len(self.facts.len());
        for facts in &self.facts {
            facts.encode(&mut out);
        }
        encode_rows(&self.rows, &mut out);
        out.into_bytes()
    }

    pub fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        let mut input = Input::new(payload);
        if input.byte()? != VERSION {
            return Err("unknown version");
        }
        let mark = match input.byte()? {
            0 => None,
            1 => Some(ImportMark::decode(&mut input)?),
            _ => return Err("unknown flag"),
        };
        let (accounts_before, accounts) = decode_accounts(&mut input)?;
        let added = u32::try_from(accounts.len()).map_err(|_| "too many accounts")?;
        let known = accounts_before
            .checked_add(added)
            .ok_or("too many accounts")?;
        let facts_len = input.len(ACCOUNTS_MAX)?;
        let facts = (0..facts_len)
            .map(|_| Facts::decode(&mut input, known))
            .collect::<Result<_, _>>()?;
        let rows = decode_rows(&mut input, known)?;
        input.finish()?;
        Ok(Self {
            mark,
            accounts_before,
            accounts,
            facts,
            rows,
        })
    }

    fn encode_accounts(&self, out: &mut Output) {
        let mut institutions: Vec<&InstitutionCode> = Vec::new();
        let places: Vec<usize> = self
            .accounts
            .iter()
            .map(|key| {
                let code = &key.account.institution;
                let known = institutions.iter().position(|known| *known == code);
                known.unwrap_or_else(|| {
                    institutions.push(code);
                    institutions.len() - 1
                })
            })
            .collect();
        out.number(u64::from(self.accounts_before));
        out.len(institutions.len());
        for code in institutions {
            out.short_text(code.as_str());
        }
        out.len(self.accounts.len());
        for (key, place) in self.accounts.iter().zip(places) {
            out.len(place);
            out.bytes(&key.currency.to_bytes());
            out.short_text(key.account.account.expose());
        }
    }
}

fn decode_accounts(input: &mut Input<'_>) -> Result<(u32, Vec<NodeKey>), Malformed> {
    let before = input.number_u32()?;
    let institutions_len = input.len(ACCOUNTS_MAX)?;
    let mut institutions = Vec::with_capacity(institutions_len);
    for _ in 0..institutions_len {
        let code: Result<InstitutionCode, _> = input.short_text()?.parse();
        institutions.push(code.map_err(|_| "bad institution code")?);
    }
    let accounts_len = input.len(ACCOUNTS_MAX)?;
    let mut accounts = Vec::with_capacity(accounts_len);
    for _ in 0..accounts_len {
        let place = input.len(ACCOUNTS_MAX)?;
        let institution = institutions.get(place).ok_or("unknown institution")?;
        let currency = Currency::from_bytes(input.array()?).map_err(|_| "unknown currency")?;
        let account = input.short_text()?.parse();
        accounts.push(NodeKey {
            account: AccountRef {
                institution: institution.clone(),
                account: account.map_err(|_| "bad account number")?,
            },
            currency,
        });
    }
    Ok((before, accounts))
}

impl Facts {
    fn encode(&self, out: &mut Output) {
        out.number(u64::from(self.account));
        out.byte(kind_byte(self.kind));
        out.number(self.owner.map_or(0, |owner| u64::from(owner) + 1));
        match self.opened_ms {
            Some(opened_ms) => {
                out.byte(1);
                out.signed(opened_ms);
            }
            None => out.byte(0),
        }
        out.short_text(self.device_id.as_deref().unwrap_or_default());
        out.number(self.opening_minor.unsigned_abs());
    }

    fn decode(input: &mut Input<'_>, known: u32) -> Result<Self, Malformed> {
        let account = account_number(input.number_u32()?, known)?;
        let kind = kind_of_byte(input.byte()?)?;
        let owner = match input.number_u32()? {
            0 => None,
            above => Some(account_number(above - 1, known)?),
        };
        let opened_ms = match input.byte()? {
            0 => None,
            1 => Some(input.signed()?),
            _ => return Err("unknown flag"),
        };
        let device_id = input.short_text()?;
        let opening = i64::try_from(input.number()?).map_err(|_| "bad opening balance")?;
        Ok(Self {
            account,
            kind,
            owner,
            opened_ms,
            device_id: (!device_id.is_empty()).then(|| device_id.into()),
            opening_minor: opening,
        })
    }
}

fn account_number(number: u32, known: u32) -> Result<u32, Malformed> {
    if number < known {
        Ok(number)
    } else {
        Err("unknown account number")
    }
}

fn encode_rows(rows: &Rows, out: &mut Output) {
    out.len(rows.len());
    out.deltas(rows.at_ms.iter().copied());
    let numbers: Option<Vec<i64>> = rows.tx_ids.iter().map(decimal).collect();
    match numbers {
        Some(numbers) => {
            out.byte(0);
            out.deltas(numbers.into_iter());
        }
        None => {
            out.byte(1);
            for tx_id in rows.tx_ids.iter() {
                out.short_text(tx_id);
            }
        }
    }
    for number in rows.from.iter().chain(&rows.to) {
        out.bytes(&number.to_le_bytes());
    }
    for minor in &rows.minor {
        out.number(minor.unsigned_abs());
    }
    for channel in &rows.channels {
        out.byte(channel_byte(*channel));
    }
}

fn decode_rows(input: &mut Input<'_>, known: u32) -> Result<Rows, Malformed> {
    let len = input.len(ROWS_MAX)?;
    let at_ms = input.deltas(len)?;
    if !at_ms
        .iter()
        .all(|at| (payment::AT_MS_MIN..payment::AT_MS_MAX).contains(at))
    {
        return Err("bad time");
    }
    let tx_ids = decode_tx_ids(input, len)?;
    let from = input.numbers_u32(len)?;
    let to = input.numbers_u32(len)?;
    if !from.iter().chain(&to).all(|number| *number < known) {
        return Err("unknown account number");
    }
    let mut minor = Vec::with_capacity(len);
    for _ in 0..len {
        match i64::try_from(input.number()?) {
            Ok(amount @ 1..=payment::AMOUNT_MINOR_MAX) => minor.push(amount),
            _ => return Err("bad amount"),
        }
    }
    let mut channels = Vec::with_capacity(len);
    for byte in input.take(len)? {
        channels.push(channel_of_byte(*byte)?);
    }
    Ok(Rows {
        tx_ids,
        at_ms,
        from,
        to,
        minor,
        channels,
    })
}

fn decode_tx_ids(input: &mut Input<'_>, len: usize) -> Result<Texts, Malformed> {
    let mut texts = Texts::default();
    match input.byte()? {
        0 => {
            let mut text = String::new();
            for number in input.deltas(len)? {
                if number < 0 {
                    return Err("bad tx_id");
                }
                text.clear();
                push_decimal(&mut text, number.unsigned_abs());
                texts.push(&text);
            }
        }
        1 => {
            for _ in 0..len {
                let text = input.short_text()?;
                if !payment::is_reference(text) {
                    return Err("bad tx_id");
                }
                texts.push(text);
            }
        }
        _ => return Err("unknown flag"),
    }
    Ok(texts)
}

/// The value of a text that is exactly how a number of 0 to 2^63-1 is printed.
fn decimal(text: &str) -> Option<i64> {
    let canonical =
        text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    canonical.then(|| text.parse().ok()).flatten()
}

/// Prints `number`; several times faster than `format!`, which replay would feel.
fn push_decimal(text: &mut String, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut len = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        len += 1;
        if number == 0 {
            break;
        }
    }
    text.extend(digits.iter().rev().take(len).rev().map(|b| char::from(*b)));
}

/// Bytes of channels in the format. Never renumber; add at the end.
const fn channel_byte(channel: Channel) -> u8 {
    match channel {
        Channel::Transfer => 0,
        Channel::QrPay => 1,
        Channel::Pos => 2,
        Channel::B2b => 3,
        Channel::Bill => 4,
        Channel::Salary => 5,
        Channel::AtmWithdraw => 6,
        Channel::AtmDeposit => 7,
        Channel::Payout => 8,
        Channel::FundPurchase => 9,
        Channel::FundRedeem => 10,
        Channel::Other => 11,
    }
}

fn channel_of_byte(byte: u8) -> Result<Channel, Malformed> {
    let all = Channel::ALL.iter().copied();
    // `ALL` is in the order of the bytes (a test holds it to that), so the first look is the last.
    let quick = Channel::ALL.get(usize::from(byte)).copied();
    quick
        .filter(|channel| channel_byte(*channel) == byte)
        .or_else(|| {
            all.into_iter()
                .find(|channel| channel_byte(*channel) == byte)
        })
        .ok_or("unknown channel")
}

/// Bytes of account kinds in the format. Never renumber; add at the end.
const fn kind_byte(kind: AccountKind) -> u8 {
    match kind {
        AccountKind::Person => 0,
        AccountKind::Merchant => 1,
        AccountKind::Business => 2,
        AccountKind::FundHolding => 3,
        AccountKind::Cash => 4,
        AccountKind::Unknown => 5,
    }
}

fn kind_of_byte(byte: u8) -> Result<AccountKind, Malformed> {
    let all = AccountKind::ALL.iter().copied();
    all.into_iter()
        .find(|kind| kind_byte(*kind) == byte)
        .ok_or("unknown kind")
}

#[cfg(test)]
mod tests;
