//! Payment references: decimal integers in eight bytes, everything else as text in one blob.

use std::cmp::Ordering;
use std::fmt;

use stanch_types::Payment;

use crate::GraphError;

/// A payment's reference.
///
/// References break ties between payments of the same millisecond. Their order is total: decimal integers without
/// leading zeros come first, by value; all others follow, by their bytes. (Comparing numbers as numbers and mixed
/// pairs as bytes would not be an order: 9 < 10 < "1a" < 9.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TxId<'a> {
    /// A decimal integer below 2^63, written without leading zeros.
    Number(u64),
    /// Any other text.
    Text(&'a str),
}

impl<'a> TxId<'a> {
    /// Reads a reference as written.
    ///
    /// # Errors
    /// [`GraphError::TxIdLength`] if it is empty or too long.
    pub fn parse(text: &'a str) -> Result<Self, GraphError> {
        if !(1..=Payment::TX_ID_LEN_MAX).contains(&text.len()) {
            return Err(GraphError::TxIdLength(text.len()));
        }
        let number = text.parse().ok().filter(|n| *n < TEXT_BIT);
        Ok(match number {
            Some(number) if is_decimal(text) => Self::Number(number),
            _ => Self::Text(text),
        })
    }
}

impl Ord for TxId<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
            (Self::Text(a), Self::Text(b)) => text_rank(a).cmp(&text_rank(b)),
        }
    }
}
impl PartialOrd for TxId<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl fmt::Display for TxId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Digits without a leading zero.
fn is_decimal(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'))
}

/// Decimals too long for eight bytes order by value, which is by length and then by digits.
fn text_rank(text: &str) -> (bool, usize, &str) {
    if is_decimal(text) {
        (false, text.len(), text)
    } else {
        (true, 0, text)
    }
}

/// A [`TxId`] in eight bytes: a number, or where its text lies in [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TxKey(u64);

const TEXT_BIT: u64 = 1 << 63;
const LEN_SHIFT: u32 = 48;
const START_MASK: u64 = (1 << LEN_SHIFT) - 1;

/// The references that are not numbers, end to end.
#[derive(Debug, Default)]
pub(crate) struct Texts(String);

impl Texts {
    /// Stores `id`. A text is appended: call it once for each payment.
    pub(crate) fn store(&mut self, id: TxId<'_>) -> Result<TxKey, GraphError> {
        match id {
            TxId::Number(number) => Ok(TxKey(number)),
            TxId::Text(text) => {
                let start = self.0.len() as u64;
                if start > START_MASK {
                    return Err(GraphError::Full("tx_id text"));
                }
                self.0.push_str(text);
                Ok(TxKey(TEXT_BIT | (text.len() as u64) << LEN_SHIFT | start))
            }
        }
    }

    /// The reference that `key` stands for.
    pub(crate) fn get(&self, key: TxKey) -> TxId<'_> {
        if key.0 & TEXT_BIT == 0 {
            return TxId::Number(key.0);
        }
        let start = (key.0 & START_MASK) as usize;
        let len = ((key.0 & !TEXT_BIT) >> LEN_SHIFT) as usize;
        TxId::Text(self.0.get(start..start + len).unwrap_or_default())
    }

    pub(crate) fn compare(&self, a: TxKey, b: TxKey) -> Ordering {
        if (a.0 | b.0) & TEXT_BIT == 0 {
            a.0.cmp(&b.0)
        } else {
            self.get(a).cmp(&self.get(b))
        }
    }

    pub(crate) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    pub(crate) fn bytes_used(&self) -> usize {
        self.0.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_order_by_value_and_come_before_texts() {
        let written = [
            "0",
            "9",
            "10",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999",
            "100000000000000000000",
            "+1",
            "007",
            "10-a",
            "A",
            "a",
            "é",
        ];
        let ids: Vec<_> = written
            .iter()
            .map(|text| TxId::parse(text).unwrap())
            .collect();
        for (i, a) in ids.iter().enumerate() {
            for (j, b) in ids.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn what_is_stored_reads_back() {
        let mut texts = Texts::default();
        let longest = "x".repeat(Payment::TX_ID_LEN_MAX);
        let written = ["0", "18446744073709551615", "00", "é-1", &longest];
        let keys: Vec<_> = written
            .iter()
            .map(|text| texts.store(TxId::parse(text).unwrap()).unwrap())
            .collect();
        for (text, key) in written.iter().zip(keys) {
            assert_eq!(texts.get(key).to_string(), *text);
        }
        assert_eq!(TxId::parse(""), Err(GraphError::TxIdLength(0)));
        assert_eq!(
            TxId::parse(&"x".repeat(65)),
            Err(GraphError::TxIdLength(65))
        );
    }
}
