//! Phone numbers and the well-known short numbers.

use std::str::FromStr;

use super::{BadPersonalData, MatchKey, fold, mask};

/// A phone number in E.164 form (`+8613800138000`). Mainland numbers may be written without `+86`: mobiles as
/// `1[3-9]` and nine digits, fixed lines with `0` and the area code. Full-width digits, Chinese numerals, keycap
/// emoji and separators are read as people mean them.
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

    /// `phone:` and the digits without `+`.
    #[must_use]
    pub fn normalised_key(&self) -> MatchKey {
        MatchKey::new("phone", self.0.trim_start_matches('+'))
    }

    /// Whether it is a mainland mobile number.
    #[must_use]
    pub fn is_mainland_mobile(&self) -> bool {
        self.0.strip_prefix("+86").is_some_and(is_mobile)
    }
}

impl FromStr for PhoneNumber {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "phone number",
            why,
        };
        let normal = fold::digits(text);
        let (international, digits) = normal
            .strip_prefix('+')
            .or_else(|| normal.strip_prefix("00"))
            .map_or((false, normal.as_str()), |rest| (true, rest));
        if !fold::all_digits(digits) {
            return Err(refuse("digits only, with an optional leading +"));
        }
        if international {
            let length_fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
            let mainland_fits = digits
                .strip_prefix("86")
                .is_none_or(|national| is_mobile(national) || is_fixed(national));
            return match (length_fits, mainland_fits) {
                (true, true) => Ok(Self(format!("+{digits}").into())),
                (true, false) => Err(refuse("no such number in the mainland plan")),
                (false, _) => Err(refuse(
                    "an E.164 number has 7 to 15 digits and no leading 0",
                )),
            };
        }
        let national = match digits.strip_prefix('0') {
            Some(rest) => is_fixed(rest).then_some(rest),
            None => [digits, digits.strip_prefix("86").unwrap_or(digits)]
                .into_iter()
                .find(|candidate| is_mobile(candidate)),
        };
        national
            .map(|national| Self(format!("+86{national}").into()))
            .ok_or_else(|| refuse("a number without + must be a mainland mobile or fixed line"))
    }
}

/// Mainland mobile: `1[3-9]` and nine digits.
fn is_mobile(national: &str) -> bool {
    let bytes = national.as_bytes();
    matches!(bytes, [b'1', b'3'..=b'9', ..]) && bytes.len() == 11
}

/// Mainland fixed line without the leading 0: area code 10 or 2x with 8 digits, else a three-digit area code with
/// 7 or 8.
fn is_fixed(national: &str) -> bool {
    match national.as_bytes() {
        [b'1', b'0', ..] | [b'2', ..] => national.len() == 10,
        [b'3'..=b'9', ..] => (10..=11).contains(&national.len()),
        _ => false,
    }
}

/// A public number that everybody may know, and what it is for (domain reference 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShortNumber {
    /// 110: police emergency.
    Police,
    /// 96110: calls that dissuade a likely victim; answer it.
    Dissuasion,
    /// 12381: the warning text messages of the ministry of industry.
    WarningText,
    /// 12321: reports of spam and nuisance calls.
    SpamReport,
    /// 12377: reports of unlawful content.
    ContentReport,
}

crate::words! { ShortNumber {
    Police = "110", Dissuasion = "96110", WarningText = "12381", SpamReport = "12321", ContentReport = "12377",
} }

impl ShortNumber {
    /// The short number that `text` writes, in any of the spellings that [`PhoneNumber`] reads.
    #[must_use]
    pub fn lookup(text: &str) -> Option<Self> {
        fold::digits(text).parse().ok()
    }
}

personal_text! { PhoneNumber }
