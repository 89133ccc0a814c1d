//! Institutions and accounts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::personal::AccountNumber;

/// The code of an institution: 1 to 34 of `A-Z`, `0-9`, `-` (a BIC, a CNAPS code or a house code such as `BK01`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionCode(Box<str>);

/// A text is not an institution code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not an institution code (1 to 34 of A-Z, 0-9 and -)")]
pub struct BadInstitutionCode(String);

impl InstitutionCode {
    /// Most characters in a code.
    pub const LEN_MAX: usize = 34;

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for InstitutionCode {
    type Err = BadInstitutionCode;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        if (1..=Self::LEN_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(BadInstitutionCode(text.chars().take(64).collect()))
        }
    }
}
impl fmt::Display for InstitutionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for InstitutionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl Serialize for InstitutionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for InstitutionCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize_parsed(deserializer)
    }
}
impl utoipa::PartialSchema for InstitutionCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z0-9-]{1,34}$"))
            .into()
    }
}
impl utoipa::ToSchema for InstitutionCode {}

/// An account at an institution: the unit that payments connect and orders hold.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct AccountRef {
    /// Where the account is held.
    pub institution: InstitutionCode,
    /// The account's number there.
    pub account: AccountNumber,
}

/// What an institution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstitutionKind {
    /// A bank.
    Bank,
    /// A payment company with stored-value accounts.
    Wallet,
    /// A fund company whose units payment accounts can buy.
    FundCompany,
    /// A platform for content, talk or trade: takes measures, holds no money.
    Platform,
}

/// What an account is, as its institution says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A natural person's account.
    Person,
    /// A merchant's collection account.
    Merchant,
    /// A company's account.
    Business,
    /// Units of a fund held for a customer.
    FundHolding,
    /// Notes and coins: money that leaves or enters an institution as cash. Ends every trace.
    Cash,
    /// The institution has not said.
    Unknown,
}

crate::words! { InstitutionKind { Bank = "bank", Wallet = "wallet", FundCompany = "fund_company", Platform = "platform" } }
crate::words! { AccountKind {
    Person = "person", Merchant = "merchant", Business = "business", FundHolding = "fund_holding", Cash = "cash",
    Unknown = "unknown",
} }

/// An institution taking part: where orders to it go and which key its messages are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// Its code, unique in the installation.
    pub code: InstitutionCode,
    /// Its name as shown to people.
    pub name: String,
    /// What it is.
    pub kind: InstitutionKind,
    /// Base address of its order endpoint (`https://…`; `http://` only to loopback and where configured).
    /// Orders are posted to `{endpoint}/orders`, measures to `{endpoint}/measures`.
    pub endpoint: Option<String>,
    /// Shared secret (Standard Webhooks, `whsec_` + base64) that signs messages both ways.
    pub webhook_secret: Option<crate::personal::Secret>,
    /// Typical time from sending an order until it takes effect there, in milliseconds; used by plans.
    pub order_latency_ms: i64,
}
