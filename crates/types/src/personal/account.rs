//! Account and bank card numbers.

use std::str::FromStr;

use super::{BadPersonalData, MatchKey, fold, mask};

/// An account number at an institution: 1 to 34 of letters, digits, `-`, `_` and `.` after normalisation
/// (NFKC, spaces removed). Leading zeros count. Not every account number is a card number, so Luhn is not asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountNumber(Box<str>);

impl AccountNumber {
    /// Most characters (ISO 13616 IBAN: 34).
    pub const LEN_MAX: usize = 34;

    /// The full number.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The number with all but the last four characters replaced, as shown to readers without need.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 0, 4)
    }

    /// `card:…` if it is a valid card number, else `account:…` in lower case.
    #[must_use]
    pub fn normalised_key(&self) -> MatchKey {
        self.0.parse::<BankCardNumber>().map_or_else(
            |_| MatchKey::new("account", self.0.to_ascii_lowercase()),
            |card| card.normalised_key(),
        )
    }
}

impl FromStr for AccountNumber {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "account number",
            why,
        };
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let normal: Box<str> = if text.bytes().all(allowed) {
            text.into()
        } else {
            fold::compact(text).into()
        };
        if !(1..=Self::LEN_MAX).contains(&normal.len()) {
            return Err(refuse("it has 1 to 34 characters"));
        }
        if normal.bytes().all(allowed) {
            Ok(Self(normal))
        } else {
            Err(refuse("letters, digits, -, _ and . only"))
        }
    }
}

/// A bank card number (ISO/IEC 7812): 13 to 19 digits with a Luhn check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BankCardNumber(Box<str>);

impl BankCardNumber {
    /// The full number.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The issuer's first six digits and the last four.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 6, 4)
    }

    /// The issuer identification number: the first eight digits (ISO/IEC 7812-1:2017; formerly six).
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }

    /// Whether the number is in UnionPay's range (62).
    #[must_use]
    pub fn is_union_pay(&self) -> bool {
        self.0.starts_with("62")
    }

    /// `card:` and the digits.
    #[must_use]
    pub fn normalised_key(&self) -> MatchKey {
        MatchKey::new("card", &self.0)
    }
}

impl FromStr for BankCardNumber {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "bank card number",
            why,
        };
        let digits = fold::digits(text);
        if !fold::all_digits(&digits) || !(13..=19).contains(&digits.len()) {
            return Err(refuse("it has 13 to 19 digits"));
        }
        if luhn_sum(&digits).is_multiple_of(10) {
            Ok(Self(digits.into()))
        } else {
            Err(refuse("the check digit is wrong"))
        }
    }
}

impl From<BankCardNumber> for AccountNumber {
    fn from(card: BankCardNumber) -> Self {
        Self(card.0)
    }
}

/// Sum of the digits with every second one from the right doubled (ISO/IEC 7812-1 annex B).
fn luhn_sum(digits: &str) -> u32 {
    digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte.saturating_sub(b'0'));
            match (index % 2 == 1, digit) {
                (false, _) => digit,
                (true, 0..=4) => digit * 2,
                (true, _) => digit * 2 - 9,
            }
        })
        .sum()
}

personal_text! { AccountNumber BankCardNumber }
