//! Domain names and account names on platforms.

use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use super::{BadPersonalData, MatchKey, mask};

/// A domain name in its ASCII (punycode) form, lower case, without the final dot. The registrable part is found
/// with the public suffix list by the detection crate, not here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(Box<str>);

impl DomainName {
    /// Most characters in ASCII form (RFC 1035).
    pub const LEN_MAX: usize = 253;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same: a domain name is public.
    #[must_use]
    pub fn masked(&self) -> String {
        self.0.to_string()
    }

    /// `domain:` and the name.
    #[must_use]
    pub fn normalised_key(&self) -> MatchKey {
        MatchKey::new("domain", &self.0)
    }
}

impl FromStr for DomainName {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "domain name",
            why,
        };
        let nfkc: String = text.trim().nfkc().collect();
        let host = url::Host::parse(nfkc.trim_end_matches(['.', '。']));
        let Ok(url::Host::Domain(name)) = host else {
            return Err(refuse("it is not a host name"));
        };
        if !(1..=Self::LEN_MAX).contains(&name.len()) {
            return Err(refuse("it has 1 to 253 characters"));
        }
        let label_fits = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if name.contains('.') && name.split('.').all(label_fits) {
            Ok(Self(name.into()))
        } else {
            Err(refuse("labels of 1 to 63 letters, digits and hyphens"))
        }
    }
}

/// A person's name on a platform (`@someone`): 1 to 128 characters, NFKC, trimmed, lower case, without the `@`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(Box<str>);

impl Handle {
    /// Most characters.
    pub const CHARS_MAX: usize = 128;

    /// The full handle.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first two characters; the rest as stars.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 2, 0)
    }

    /// `handle:` and the handle. The platform is not part of it: the same name on two platforms is a lead.
    #[must_use]
    pub fn normalised_key(&self) -> MatchKey {
        MatchKey::new("handle", &self.0)
    }
}

impl FromStr for Handle {
    type Err = BadPersonalData;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| BadPersonalData {
            what: "handle",
            why,
        };
        // Lower case may bring back forms that NFKC changes, so the form is taken again until it stays.
        let mut normal = text.to_owned();
        for _ in 0..4 {
            let lower: String = normal.nfkc().flat_map(char::to_lowercase).collect();
            let next = lower.trim().trim_start_matches('@').trim().to_owned();
            if next == normal {
                break;
            }
            normal = next;
        }
        if normal.is_empty() || normal.chars().count() > Self::CHARS_MAX {
            return Err(refuse("it has 1 to 128 characters"));
        }
        if normal.chars().any(char::is_control) {
            return Err(refuse("control characters are not allowed"));
        }
        Ok(Self(normal.into()))
    }
}

personal_text! { DomainName Handle }
