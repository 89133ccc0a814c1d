//! Claim codes: what the public shows instead of signing in.
//!
//! Whoever reports, or is hit by a measure, is given a code once. It opens that one record, from any device. Only
//! its digest is stored, so that reading the record does not let anybody speak for them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::ctx::Ctx;

/// Crockford's base 32: no `I L O U`, so that a code survives being read out by phone.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 5 bits each, 80 bits.
const LEN: usize = 16;
const GROUP: usize = 4;

/// A claim code: 80 random bits, printed as four groups of four characters, `7K2M-…`. Never in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimCode(Zeroizing<String>);

/// A text is not a claim code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a claim code has 16 letters and digits, as in 7K2M-40QT-XXXX-XXXX")]
pub struct BadClaimCode;

impl ClaimCode {
    /// A new code.
    #[must_use]
    pub fn new(ctx: &Ctx) -> Self {
        let random: [u8; 10] = ctx.random_bytes();
        let bits = random
            .iter()
            .fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
        let digit = |nth: usize| {
            let index = usize::try_from((bits >> (5 * nth)) & 31).unwrap_or(0);
            char::from(DIGITS.get(index).copied().unwrap_or(b'0'))
        };
        Self(Zeroizing::new((0..LEN).map(digit).collect()))
    }

    /// The code in groups, for the one who gets it.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut text = String::with_capacity(LEN + LEN / GROUP);
        for (nth, digit) in self.0.chars().enumerate() {
            if nth > 0 && nth % GROUP == 0 {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }

    /// What is stored of it.
    #[must_use]
    pub fn digest(&self) -> ClaimDigest {
        ClaimDigest(hex(&Sha256::digest(self.0.as_bytes())))
    }
}

impl FromStr for ClaimCode {
    type Err = BadClaimCode;

    /// Reads a code as people type it: any case, spaces or hyphens anywhere, `O` for 0, `I` and `L` for 1.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut code = Zeroizing::new(String::with_capacity(LEN));
        for letter in text.chars() {
            let upper = match letter.to_ascii_uppercase() {
                ' ' | '-' | '\u{2013}' | '\u{ff0d}' => continue,
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let known = u8::try_from(upper).is_ok_and(|byte| DIGITS.contains(&byte));
            if !known || code.len() == LEN {
                return Err(BadClaimCode);
            }
            code.push(upper);
        }
        if code.len() == LEN {
            Ok(Self(code))
        } else {
            Err(BadClaimCode)
        }
    }
}

impl fmt::Debug for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimCode(***)")
    }
}

impl Serialize for ClaimCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.expose())
    }
}
impl<'de> Deserialize<'de> for ClaimCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize_parsed(deserializer)
    }
}
impl utoipa::PartialSchema for ClaimCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .max_length(Some(64))
            .examples(["7K2M-40QT-9ZXC-3B5D"])
            .into()
    }
}
impl utoipa::ToSchema for ClaimCode {}

/// SHA-256 of a claim code, 64 hexadecimal digits: what the record keeps and looks up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimDigest(String);

impl ClaimDigest {
    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{ManualClock, Timestamp};
    use std::sync::Arc;

    fn code(seed: u64) -> ClaimCode {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(0)));
        ClaimCode::new(&Ctx::seeded(clock, seed))
    }

    #[test]
    fn a_code_survives_being_typed_by_people() {
        let code = code(1);
        let shown = code.expose();
        assert_eq!(shown.len(), 19);
        let typed = [
            shown.to_lowercase(),
            shown.replace('-', " "),
            shown.replace('-', ""),
            shown.replace('0', "o").replace('1', "l"),
        ];
        for text in typed {
            let read: ClaimCode = text.parse().unwrap();
            assert_eq!(read.digest(), code.digest(), "{text}");
        }
        assert_eq!(format!("{code:?}"), "ClaimCode(***)");
    }

    #[test]
    fn other_texts_are_refused() {
        let long = format!("{}0", code(2).expose());
        for text in [
            "",
            "7K2M",
            "7K2M-40QT-9ZXC-3B5",
            "7K2M-40QT-9ZXC-3B5U",
            &long,
        ] {
            assert_eq!(text.parse::<ClaimCode>(), Err(BadClaimCode), "{text}");
        }
    }

    #[test]
    fn codes_differ_and_their_digests_are_sha_256() {
        assert_ne!(code(3).digest(), code(4).digest());
        let zeros: ClaimCode = "0000-0000-0000-0000".parse().unwrap();
        // printf 0000000000000000 | sha256sum
        assert_eq!(
            zeros.digest().as_str(),
            "fcdb4b423f4e5283afa249d762ef6aef150e91fccd810d43e5e719d14512dec7"
        );
    }
}
