//! Host names in their one form, and their public suffixes (the list of the Mozilla Foundation, by the crate `psl`).
//!
//! The list is some ten thousand generated functions: it is asked in one place, [`suffix`], and compiled once.

use std::borrow::Cow;

use stanch_types::personal::DomainName;

/// `text` as a host name in ASCII form, lower case; `None` for IP addresses and what is no host name.
#[must_use]
pub fn host_name(text: &str) -> Option<Cow<'_, str>> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    // Most hosts are in their normal form already; the rest goes the long way (IDNA). A name whose last label
    // has digits only may be an odd spelling of an IPv4 address: the long way too.
    let last_is_name = text
        .rsplit('.')
        .next()
        .is_some_and(|label| label.starts_with(|c: char| c.is_ascii_lowercase()));
    if text.len() <= DomainName::LEN_MAX
        && text.bytes().all(plain)
        && last_is_name
        && text.contains('.')
        && !text.contains("xn--")
        && text.split('.').all(label_fits)
    {
        return Some(Cow::Borrowed(text));
    }
    let name: DomainName = text.parse().ok()?;
    Some(Cow::Owned(name.as_str().to_owned()))
}

/// A host or label as people see it: punycode decoded.
#[must_use]
pub fn unicode(host: &str) -> Cow<'_, str> {
    if host.contains("xn--") {
        Cow::Owned(url::quirks::domain_to_unicode(host))
    } else {
        Cow::Borrowed(host)
    }
}

/// A public suffix: below it names are given away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suffix<'h> {
    /// The end of the host that it is.
    pub text: &'h str,
    /// Whether it is on the list; else it is the last label.
    pub is_known: bool,
    /// Whether a platform gives the names away and not a registry: `github.io`.
    pub is_private: bool,
}

/// The public suffix of a host in ASCII form.
#[inline(never)]
#[must_use]
pub fn suffix(host: &str) -> Option<Suffix<'_>> {
    let found = psl::suffix(host.as_bytes())?;
    let at = host.len().checked_sub(found.as_bytes().len())?;
    Some(Suffix {
        text: host.get(at..)?,
        is_known: found.is_known(),
        is_private: found.typ() == Some(psl::Type::Private),
    })
}

/// The domain somebody registered: the public suffix and one label before it; `None` for a bare suffix.
#[must_use]
pub fn registrable_domain(host: &str) -> Option<&str> {
    let suffix = suffix(host)?.text;
    let before = host.strip_suffix(suffix)?.strip_suffix('.')?;
    let at = before.rfind('.').map_or(0, |dot| dot + 1);
    if before.len() == at {
        return None;
    }
    host.get(at..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_and_domains_follow_the_list() {
        for (host, text, is_private, domain) in [
            (
                "a.shop.example.co.uk",
                "co.uk",
                false,
                Some("example.co.uk"),
            ),
            ("evil.github.io", "github.io", true, Some("evil.github.io")),
            ("co.uk", "co.uk", false, None),
            ("com", "com", false, None),
        ] {
            let found = suffix(host).expect("a suffix");
            assert_eq!(
                (found.text, found.is_private, found.is_known),
                (text, is_private, true)
            );
            assert_eq!(registrable_domain(host), domain);
        }
        assert_eq!(
            suffix("a.nosuchending").map(|found| found.is_known),
            Some(false)
        );
        assert_eq!(registrable_domain("..com"), None);
        assert_eq!(registrable_domain(""), None);
    }
}
