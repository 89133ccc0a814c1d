//! Personal data: normalised on construction, masked in `Debug`, never in logs.
//!
//! Serialising gives the full value (the record and the API need it); whoever serves it checks the reader's role.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// Why a text is not the wanted kind of personal data. The refused text itself is left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a valid {what}: {why}")]
pub struct BadPersonalData {
    /// What was wanted, such as `account number`.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

/// An account number at an institution: 1 to 34 of letters, digits, `-`, `_` and `.` after normalisation
/// (NFKC, spaces removed). Leading zeros count.
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
            normalise(text).into()
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

/// A person's or organisation's name: 1 to 140 characters (ISO 20022 `Max140Text`), trimmed, no control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(Box<str>);

impl PersonName {
    /// Most characters.
    pub const CHARS_MAX: usize = 140;

    /// The full name.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first character and a star for each other one.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 1, 0)
    }
}

impl FromStr for PersonName {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData { what: "name", why };
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.chars().count() > Self::CHARS_MAX {
            return Err(refuse("it has 1 to 140 characters"));
        }
        if trimmed.chars().any(char::is_control) {
            return Err(refuse("control characters are not allowed"));
        }
        Ok(Self(trimmed.into()))
    }
}

/// A phone number in E.164 form (`+8613800138000`). Mainland mobile numbers may be written without `+86`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(Box<str>);

impl PhoneNumber {
    /// The full number with its leading `+`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Country code, first three and last two digits; the rest as stars.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 6, 2)
    }
}

impl FromStr for PhoneNumber {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "phone number",
            why,
        };
        let normal: String = normalise(text)
            .chars()
            .filter(|c| !matches!(c, '-' | '(' | ')' | '.'))
            .collect();
        let mobile = |digits: &str| {
            digits.len() == 11
                && digits.starts_with('1')
                && digits
                    .as_bytes()
                    .get(1)
                    .is_some_and(|b| (b'3'..=b'9').contains(b))
        };
        let (international, digits) = normal
            .strip_prefix('+')
            .map_or((false, normal.as_str()), |rest| (true, rest));
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse("digits only, with an optional leading +"));
        }
        if international {
            let mainland_mobile_ok = digits
                .strip_prefix("861")
                .is_none_or(|_| mobile(&digits[2..]));
            return if (7..=15).contains(&digits.len())
                && !digits.starts_with('0')
                && mainland_mobile_ok
            {
                Ok(Self(format!("+{digits}").into()))
            } else {
                Err(refuse(
                    "an E.164 number has 7 to 15 digits and no leading 0",
                ))
            };
        }
        let national = digits
            .strip_prefix("0086")
            .or_else(|| digits.strip_prefix("86"))
            .unwrap_or(digits);
        if mobile(national) {
            Ok(Self(format!("+86{national}").into()))
        } else {
            Err(refuse("a number without + must be a mainland mobile"))
        }
    }
}

/// A secret text: compared in constant time, never printed. Serialised in full (the record keeps it).
#[derive(Clone)]
pub struct Secret(zeroize::Zeroizing<String>);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(zeroize::Zeroizing::new(text))
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}
impl Eq for Secret {}
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// NFKC, trimmed, inner white space removed.
fn normalise(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().filter(|c| !c.is_whitespace()).collect()
}

/// `text` with everything but its first `head` and last `tail` characters replaced by stars. Texts that would
/// stay readable in full are replaced whole.
fn mask(text: &str, head: usize, tail: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= head + tail {
        return "*".repeat(chars.len());
    }
    let hidden = chars.len() - head - tail;
    chars[..head]
        .iter()
        .copied()
        .chain(std::iter::repeat_n('*', hidden))
        .chain(chars[head + hidden..].iter().copied())
        .collect()
}

macro_rules! personal_text {
    ($($name:ident)*) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.masked())
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).into()
            }
        }
        impl utoipa::ToSchema for $name {}
    )* };
}
personal_text! { AccountNumber PersonName PhoneNumber }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        let account: AccountNumber = "6222021234567890128".parse().unwrap();
        assert_eq!(format!("{account:?}"), "AccountNumber(***************0128)");
        let phone: PhoneNumber = "138 0013-8000".parse().unwrap();
        assert_eq!(format!("{phone:?}"), "PhoneNumber(+86138******00)");
        let name: PersonName = " 王小明 ".parse().unwrap();
        assert_eq!(format!("{name:?}"), "PersonName(王**)");
        assert_eq!(
            format!("{:?}", Secret::new("whsec_abc".into())),
            "Secret(***)"
        );
        assert_eq!("7".parse::<AccountNumber>().unwrap().masked(), "*");
    }

    #[test]
    fn phones_are_normalised() {
        for text in [
            "13800138000",
            "+86 138 0013 8000",
            "０１３".trim_start_matches("０１３"),
            "8613800138000",
            "１３８００１３８０００",
        ] {
            if !text.is_empty() {
                assert_eq!(
                    text.parse::<PhoneNumber>().unwrap().expose(),
                    "+8613800138000",
                    "{text}"
                );
            }
        }
        assert_eq!(
            "+442071838750".parse::<PhoneNumber>().unwrap().expose(),
            "+442071838750"
        );
        for text in [
            "",
            "110x",
            "12800138000",
            "+86 128 0013 8000",
            "+0123456789",
            "1380013800",
        ] {
            assert!(text.parse::<PhoneNumber>().is_err(), "{text}");
        }
    }

    #[test]
    fn account_numbers_keep_leading_zeros_and_refuse_junk() {
        assert_eq!("007 1".parse::<AccountNumber>().unwrap().expose(), "0071");
        for text in [
            "",
            " ",
            "a\0b",
            "12345678901234567890123456789012345",
            "一二",
        ] {
            assert!(text.parse::<AccountNumber>().is_err(), "{text:?}");
        }
    }
}
