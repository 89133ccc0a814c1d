//! Region codes.

use std::fmt;
use std::str::FromStr;

use super::{BadPersonalData, fold};

/// A region code (GB/T 2260): province, city and county, two digits each; `350000` is a whole province.
///
/// Only the province is checked against a list: codes of cities and counties come and go while the identifiers
/// made from them stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(u32);

/// Province-level codes (GB/T 2260-2007).
const PROVINCES: &[u32] = &[
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71, 81, 82,
];

impl RegionCode {
    /// The two digits of the province.
    #[must_use]
    pub const fn province(self) -> u32 {
        self.0 / 10_000
    }

    /// The four digits of province and city.
    #[must_use]
    pub const fn city(self) -> u32 {
        self.0 / 100
    }

    /// Whether `code` is this region or lies in it.
    #[must_use]
    pub const fn contains(self, code: Self) -> bool {
        if self.is_province() {
            self.province() == code.province()
        } else if self.0.is_multiple_of(100) {
            self.city() == code.city()
        } else {
            self.0 == code.0
        }
    }

    /// Whether it names a whole province.
    #[must_use]
    pub const fn is_province(self) -> bool {
        self.0.is_multiple_of(10_000)
    }
}

/// Whether `province` is a province-level code.
pub(super) fn is_province(province: u32) -> bool {
    PROVINCES.binary_search(&province).is_ok()
}

impl FromStr for RegionCode {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "region code",
            why,
        };
        let digits = fold::compact(text);
        if digits.len() != 6 || !fold::all_digits(&digits) {
            return Err(refuse("it has six digits"));
        }
        let code = Self(digits.parse().map_err(|_| refuse("it has six digits"))?);
        if !is_province(code.province()) {
            return Err(refuse("no province has its first two digits"));
        }
        if code.city().is_multiple_of(100) && !code.is_province() {
            return Err(refuse("a county needs a city"));
        }
        Ok(code)
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}
impl serde::Serialize for RegionCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for RegionCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize_parsed(deserializer)
    }
}
impl utoipa::PartialSchema for RegionCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[0-9]{6}$"))
            .into()
    }
}
impl utoipa::ToSchema for RegionCode {}
