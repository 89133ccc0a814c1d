//! Codes of organisations. A sole trader's code leads to a person, so these are masked too.

use std::str::FromStr;

use super::{BadPersonalData, MatchKey, RegionCode, fold, mask, region};

/// A unified social credit code (GB 32100-2015): 18 of `0-9A-HJ-NP-RTUWXY` with a check character. Characters 3 to
/// 8 are a region (or `100000`, the national registers), 9 to 17 an [`OrganisationCode`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(Box<str>);

/// An organisation code (GB 11714-1997): eight letters or digits and a check character, without the hyphen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationCode(Box<str>);

/// The letters I, O, S, V and Z are left out.
const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// `3^i mod 31`.
const CREDIT_WEIGHTS: [u32; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

impl CreditCode {
    /// The full code.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The register, the region and the last two characters; the rest as stars.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 8, 2)
    }

    /// Where it is registered; none for the national registers.
    #[must_use]
    pub fn region(&self) -> Option<RegionCode> {
        self.0.get(2..8)?.parse().ok()
    }

    /// The organisation code inside.
    #[must_use]
    pub fn organisation(&self) -> OrganisationCode {
        OrganisationCode(self.0.get(8..17).unwrap_or_default().into())
    }

    /// `credit:` and the code.
    #[must_use]
    pub fn normalised_key(&self) -> MatchKey {
        MatchKey::new("credit", &self.0)
    }
}

impl FromStr for CreditCode {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "unified social credit code",
            why,
        };
        let normal = fold::compact(text).to_ascii_uppercase();
        let shape = || refuse("it has 18 of 0-9 and A-Y without I, O, S, V");
        if normal.len() != 18 {
            return Err(shape());
        }
        let sum = fold::weighted_sum(&normal, &CREDIT_WEIGHTS, credit_value).ok_or_else(shape)?;
        let check = normal.as_bytes().last().copied().and_then(credit_value);
        if check.ok_or_else(shape)? != (31 - sum % 31) % 31 {
            return Err(refuse("the check character is wrong"));
        }
        let region = normal.get(2..8).unwrap_or_default();
        let province = region.get(..2).and_then(|province| province.parse().ok());
        let known = region == "100000" || province.is_some_and(region::is_province);
        if !fold::all_digits(region) || !known {
            return Err(refuse("no region has its characters 3 to 8"));
        }
        normal
            .get(8..17)
            .unwrap_or_default()
            .parse::<OrganisationCode>()
            .map_err(|_| refuse("the organisation code inside is wrong"))?;
        Ok(Self(normal.into()))
    }
}

fn credit_value(byte: u8) -> Option<u32> {
    let index = CREDIT_ALPHABET.iter().position(|known| *known == byte)?;
    u32::try_from(index).ok()
}

impl OrganisationCode {
    /// The full code.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last two characters; the rest as stars.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 0, 2)
    }

    /// `organisation:` and the code.
    #[must_use]
    pub fn normalised_key(&self) -> MatchKey {
        MatchKey::new("organisation", &self.0)
    }
}

impl FromStr for OrganisationCode {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "organisation code",
            why,
        };
        let normal: String = fold::compact(text)
            .chars()
            .filter(|c| *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let shape = || refuse("it has eight letters or digits and a check character");
        if normal.len() != 9 {
            return Err(shape());
        }
        let value = |b: u8| char::from(b).to_digit(36);
        let sum = fold::weighted_sum(&normal, &ORGANISATION_WEIGHTS, value).ok_or_else(shape)?;
        let expected = match 11 - sum % 11 {
            10 => Some('X'),
            11 => Some('0'),
            digit => char::from_digit(digit, 10),
        };
        if normal.chars().next_back() == expected {
            Ok(Self(normal.into()))
        } else {
            Err(refuse("the check character is wrong"))
        }
    }
}

personal_text! { CreditCode OrganisationCode }
