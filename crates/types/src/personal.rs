//! Personal data and the identifiers of the domain reference, section 4: normalised on construction, masked in
//! `Debug`, never in logs.
//!
//! Serialising gives the full value (the record and the API need it); whoever serves it checks the reader's role.
//! A value is matched with others by its [`MatchKey`], never by its raw text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// Gives a text newtype with `masked` its `Debug`, serde and schema forms.
macro_rules! personal_text {
    ($($name:ident)*) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.masked())
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::deserialize_parsed(deserializer)
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

mod account;
mod fold;
mod handle;
mod organisation;
mod phone;
mod region;
mod resident;

pub use account::{AccountNumber, BankCardNumber};
pub use handle::{DomainName, Handle};
pub use organisation::{CreditCode, OrganisationCode};
pub use phone::{PhoneNumber, ShortNumber};
pub use region::RegionCode;
pub use resident::ResidentId;

/// Why a text is not the wanted kind of personal data. The refused text itself is left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a valid {what}: {why}")]
pub struct BadPersonalData {
    /// What was wanted, such as `account number`.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The form in which a value is hashed and matched: `phone:8613800138000`. Two spellings of one thing have one key.
///
/// It is the value in clear: compare it or digest it, never log it. `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchKey(String);

impl MatchKey {
    fn new(kind: &'static str, normal: impl fmt::Display) -> Self {
        Self(format!("{kind}:{normal}"))
    }

    /// The whole key.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What kind of value it is the key of, such as `phone`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or("", |(kind, _)| kind)
    }
}
impl fmt::Debug for MatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatchKey({}:***)", self.kind())
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

/// What a platform calls an account or a piece of content of its own: 1 to 128 characters, none of them control.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectRef(Box<str>);

impl SubjectRef {
    /// Most characters.
    pub const CHARS_MAX: usize = 128;

    /// The whole name.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The name with all but the last four characters replaced.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 0, 4)
    }
}

impl FromStr for SubjectRef {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if (1..=Self::CHARS_MAX).contains(&length) && !trimmed.chars().any(char::is_control) {
            Ok(Self(trimmed.into()))
        } else {
            Err(BadPersonalData {
                what: "subject reference",
                why: "it has 1 to 128 characters, none of them control",
            })
        }
    }
}

personal_text! { PersonName SubjectRef }

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

/// `text` with everything but its first `head` and last `tail` characters replaced by stars. Texts that would
/// stay readable in full are replaced whole.
fn mask(text: &str, head: usize, tail: usize) -> String {
    let length = text.chars().count();
    if length <= head + tail {
        return "*".repeat(length);
    }
    let shown = |index: usize| index < head || index >= length - tail;
    text.chars()
        .enumerate()
        .map(|(index, c)| if shown(index) { c } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests;
