//! Resident identity numbers.

use std::str::FromStr;

use super::{BadPersonalData, MatchKey, RegionCode, fold, mask, region};

/// A resident identity number (GB 11643-1999): region, date of birth, sequence and a check character.
///
/// Also read: residence permits of people from Taiwan (prefix 83) and permanent residence cards of foreigners
/// (prefix 9 and the issuing province), which have the same form. What the number tells about a person beyond
/// region and year of birth is left unread on purpose.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentId(Box<str>);

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";
/// Years of birth that the number can sensibly hold.
const YEARS: std::ops::RangeInclusive<i16> = 1850..=2149;

impl ResidentId {
    /// The full number.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Province and the last two characters; the rest as stars.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 2, 2)
    }

    /// Where it was first issued; none for permits of the forms named above.
    #[must_use]
    pub fn region(&self) -> Option<RegionCode> {
        self.0.get(..6)?.parse().ok()
    }

    /// Year of birth.
    #[must_use]
    pub fn birth_year(&self) -> Option<i16> {
        self.0.get(6..10)?.parse().ok()
    }

    /// `resident:` and the number.
    #[must_use]
    pub fn normalised_key(&self) -> MatchKey {
        MatchKey::new("resident", &self.0)
    }
}

impl FromStr for ResidentId {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "resident id",
            why,
        };
        let normal = fold::compact(text).to_ascii_uppercase();
        let shape = || refuse("it has 17 digits and a check character");
        let (Some(body), Some(check)) = (normal.get(..17), normal.as_bytes().get(17)) else {
            return Err(shape());
        };
        if normal.len() != 18 || !fold::all_digits(body) {
            return Err(shape());
        }
        if check_character(body) != Some(*check) {
            return Err(refuse("the check character is wrong"));
        }
        if !has_known_prefix(body) {
            return Err(refuse("no region has its first digits"));
        }
        if !has_valid_date(body) {
            return Err(refuse("the date of birth does not exist"));
        }
        Ok(Self(normal.into()))
    }
}

fn check_character(body: &str) -> Option<u8> {
    let sum = fold::weighted_sum(body, &WEIGHTS, |b| char::from(b).to_digit(10))?;
    CHECKS.get(usize::try_from(sum % 11).ok()?).copied()
}

fn has_known_prefix(body: &str) -> bool {
    let number = |range: std::ops::Range<usize>| body.get(range)?.parse::<u32>().ok();
    match (number(0..2), number(1..3)) {
        (Some(83), _) => true,
        (Some(90..=99), Some(province)) => region::is_province(province),
        (Some(province), _) => region::is_province(province),
        (None, _) => false,
    }
}

fn has_valid_date(body: &str) -> bool {
    let date = || {
        let year = body.get(6..10)?.parse::<i16>().ok()?;
        let month = body.get(10..12)?.parse().ok()?;
        let day = body.get(12..14)?.parse().ok()?;
        jiff::civil::Date::new(year, month, day).ok()
    };
    date().is_some_and(|date| YEARS.contains(&date.year()))
}

personal_text! { ResidentId }
