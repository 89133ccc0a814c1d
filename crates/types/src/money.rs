//! Money: whole minor units of an ISO 4217 currency, checked arithmetic, exact splits. Never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// An ISO 4217 currency (active codes of the 2026 list, without funds codes, metals and test codes).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Money, possibly negative, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Whole minor units (fen, cents), -2^63 to 2^63-1.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// Money that is not negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "Money", into = "Money")]
#[schema(value_type = Money)]
pub struct Amount(Money);

/// Why an operation on money was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits of minor units.
    #[error("the amount does not fit 64 bits of minor units")]
    Overflow,
    /// Two currencies met.
    #[error("{left} and {right} cannot be combined")]
    CurrencyMismatch {
        /// Currency on the left.
        left: Currency,
        /// Currency on the right.
        right: Currency,
    },
    /// An amount would be negative.
    #[error("the amount would be negative: {0}")]
    Negative(i64),
    /// The code is not an active ISO 4217 currency.
    #[error("`{0}` is not an active ISO 4217 currency code")]
    UnknownCurrency(String),
    /// The text is not a decimal amount of the currency.
    #[error("`{text}` is not an amount of {currency} with at most {decimals} decimals")]
    BadDecimal {
        /// The refused text, cut to 64 characters.
        text: String,
        /// The wanted currency.
        currency: Currency,
        /// Minor-unit exponent of the currency.
        decimals: u32,
    },
    /// A split has no positive weight.
    #[error("a split needs at least one positive weight")]
    NoWeight,
}

/// Minor-unit exponents other than 2 (ISO 4217 list one).
const EXPONENTS: &[(u32, &[&str])] = &[
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
            "VUV", "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
];

/// Codes with two decimals (ISO 4217 list one).
const TWO_DECIMALS: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP",
    "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
    "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS",
    "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD",
    "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN",
    "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR",
    "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD",
    "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR",
    "ZMW", "ZWG",
];

impl Currency {
    /// Chinese yuan renminbi.
    pub const CNY: Self = Self(*b"CNY");

    /// The three-letter code.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Number of decimals of the minor unit (0, 2 or 3).
    #[must_use]
    pub fn decimals(self) -> u32 {
        EXPONENTS
            .iter()
            .find(|(_, codes)| codes.contains(&self.code()))
            .map_or(2, |(decimals, _)| *decimals)
    }

    /// The code as three bytes, for columnar storage; [`Currency::from_bytes`] reads it back.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 3] {
        self.0
    }

    /// Reads what [`Currency::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`].
    pub fn from_bytes(code: [u8; 3]) -> Result<Self, MoneyError> {
        if code == *b"CNY" {
            return Ok(Self::CNY);
        }
        std::str::from_utf8(&code)
            .map_err(|_| MoneyError::UnknownCurrency(format!("{code:?}")))?
            .parse()
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let known = code == "CNY"
            || TWO_DECIMALS.binary_search(&code).is_ok()
            || EXPONENTS.iter().any(|(_, codes)| codes.contains(&code));
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(bytes) if known => Ok(Self(bytes)),
            _ => Err(MoneyError::UnknownCurrency(code.chars().take(16).collect())),
        }
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize_parsed(deserializer)
    }
}
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .into()
    }
}
impl utoipa::ToSchema for Currency {}

impl Money {
    /// `minor` units of `currency`.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// This and `other`.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// This less `other`.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_sub(other.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Reads a plain decimal text such as `12.50` (no grouping, no exponent, at most the currency's decimals).
    ///
    /// # Errors
    /// [`MoneyError::BadDecimal`], [`MoneyError::Overflow`].
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let decimals = currency.decimals();
        let refuse = || MoneyError::BadDecimal {
            text: text.chars().take(64).collect(),
            currency,
            decimals,
        };
        let (negative, digits) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let fraction_fits = usize::try_from(decimals).is_ok_and(|max| fraction.len() <= max);
        let dangling = digits.ends_with('.');
        if whole.is_empty()
            || dangling
            || !fraction_fits
            || !all_digits(whole)
            || !all_digits(fraction)
        {
            return Err(refuse());
        }
        let padding = decimals - u32::try_from(fraction.len()).map_err(|_| refuse())?;
        let unsigned: i64 = format!("{whole}{fraction}")
            .parse()
            .map_err(|_| MoneyError::Overflow)?;
        let minor = 10_i64
            .checked_pow(padding)
            .and_then(|f| unsigned.checked_mul(f))
            .ok_or(MoneyError::Overflow)?;
        Ok(Self {
            minor: if negative { -minor } else { minor },
            currency,
        })
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            })
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let unit = 10_u64.pow(decimals);
        let (whole, fraction) = (
            self.minor.unsigned_abs() / unit,
            self.minor.unsigned_abs() % unit,
        );
        let sign = if self.minor < 0 { "-" } else { "" };
        if decimals == 0 {
            write!(f, "{} {sign}{whole}", self.currency)
        } else {
            let width = if decimals == 3 { 3 } else { 2 };
            write!(f, "{} {sign}{whole}.{fraction:0width$}", self.currency)
        }
    }
}
impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Amount {
    /// `minor` units of `currency`.
    ///
    /// # Errors
    /// [`MoneyError::Negative`].
    pub const fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor < 0 {
            Err(MoneyError::Negative(minor))
        } else {
            Ok(Self(Money { minor, currency }))
        }
    }

    /// Nothing, in `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self(Money { minor: 0, currency })
    }

    /// Minor units, 0 to 2^63-1.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.0.currency
    }

    /// The same as signed money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0.minor == 0
    }

    /// This and `other`.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).map(Self)
    }

    /// This less `other`.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`]; [`MoneyError::Negative`] if `other` is more.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0)?.try_into()
    }

    /// The smaller of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.0.same_currency(other.0)?;
        Ok(if self.minor() <= other.minor() {
            self
        } else {
            other
        })
    }

    /// `self * numerator / denominator` rounded down; exact in 128 bits.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if the result does not fit, [`MoneyError::NoWeight`] if `denominator` is 0.
    pub fn share_floor(self, numerator: u64, denominator: u64) -> Result<Self, MoneyError> {
        let product = i128::from(self.minor()) * i128::from(numerator);
        let share = product
            .checked_div(i128::from(denominator))
            .ok_or(MoneyError::NoWeight)?;
        Self::new(
            i64::try_from(share).map_err(|_| MoneyError::Overflow)?,
            self.currency(),
        )
    }

    /// Splits into parts proportional to `weights` that add up to exactly this amount.
    ///
    /// Largest-remainder method (Hamilton): each part is first rounded down, the units left over go to the
    /// largest remainders, earlier parts first among equals. O(n log n).
    ///
    /// # Errors
    /// [`MoneyError::NoWeight`] if all weights are zero or there are none.
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
        if total == 0 {
            return Err(MoneyError::NoWeight);
        }
        let minor = u128::from(self.minor().unsigned_abs());
        let mut parts: Vec<(usize, i64, u128)> = Vec::with_capacity(weights.len());
        for (index, weight) in weights.iter().enumerate() {
            let product = minor * u128::from(*weight);
            let floor = i64::try_from(product / total).map_err(|_| MoneyError::Overflow)?;
            parts.push((index, floor, product % total));
        }
        let mut left_over = self.minor() - parts.iter().map(|(_, floor, _)| floor).sum::<i64>();
        parts.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        for part in &mut parts {
            if left_over == 0 {
                break;
            }
            part.1 += 1;
            left_over -= 1;
        }
        parts.sort_by_key(|(index, _, _)| *index);
        assert!(
            left_over == 0,
            "a split left {left_over} units undistributed"
        );
        parts
            .into_iter()
            .map(|(_, minor, _)| Self::new(minor, self.currency()))
            .collect()
    }
}

impl TryFrom<Money> for Amount {
    type Error = MoneyError;
    fn try_from(money: Money) -> Result<Self, Self::Error> {
        Self::new(money.minor, money.currency)
    }
}
impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests;
