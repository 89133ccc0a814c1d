//! What is known of names: whom people trust, where anybody can publish, what hides where a link leads. The lists are our own and
//! hold names only; a policy's lists (with ends and evidence) are looked up by the rules.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::address::Address;
use super::host::suffix;
use super::likeness::Brands;

/// Domains of firms and offices that others are made to look like.
static BRANDS: LazyLock<Brands> =
    LazyLock::new(|| Brands::new(words(include_str!("brands.txt")).map(|domain| (domain, None))));
/// Their short names, and those of products, as they stand in made-up hosts.
static NAMES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words(include_str!("names.txt")).collect());
static HOSTING: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words(include_str!("hosting.txt")).collect());
/// Those of [`HOSTING`] where mostly programs and their documents are published.
static CODE: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words(include_str!("code.txt")).collect());
/// Public suffixes' last labels that are sold for next to nothing, and used for deception more than their size lets expect.
static CHEAP: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words(include_str!("cheap.txt")).collect());
static SHORTENERS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words(include_str!("shorteners.txt")).collect());

/// Longest of the names, in bytes.
const NAME_BYTES_MAX: usize = 16;

fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split_whitespace()
}

/// The built-in protected domains.
pub(super) fn brands() -> &'static Brands {
    &BRANDS
}

/// The first and longest known name of at least `min` letters in `text`, with its place.
pub(super) fn name_in(text: &str, min: usize) -> Option<(usize, &str)> {
    let names = &*NAMES;
    (0..text.len()).find_map(|at| {
        (min..=NAME_BYTES_MAX).rev().find_map(|length| {
            let part = text.get(at..at + length)?;
            names.contains(part).then_some((at, part))
        })
    })
}

/// The platform under which anybody can publish that a host is on, by the public suffix list's private part and our own list.
pub(super) fn platform(address: &Address) -> Option<&str> {
    let host = address.host();
    let ours = host.match_indices('.').find_map(|(dot, _)| {
        let above = host.get(dot + 1..)?;
        HOSTING.contains(above).then_some(above)
    });
    let private = || suffix(host).filter(|suffix| suffix.is_private);
    ours.or_else(|| private().map(|suffix| suffix.text))
}

/// Whether mostly programs and their documents are published on a platform.
pub(super) fn is_for_code(platform: &str) -> bool {
    CODE.contains(platform)
}

/// Whether names under an ending cost next to nothing.
pub(super) fn is_cheap(ending: &str) -> bool {
    CHEAP.contains(ending)
}

/// Whether a host hides where its links lead.
pub(super) fn is_shortener(address: &Address) -> bool {
    let host = address.host();
    SHORTENERS.contains(host.strip_prefix("www.").unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_shorteners_and_names_are_known() {
        let read = |text| Address::read(text).expect("an address");
        assert_eq!(platform(&read("x.pages.dev")), Some("pages.dev"));
        assert_eq!(platform(&read("a.b.weebly.com")), Some("weebly.com"));
        assert_eq!(platform(&read("weebly.com")), None);
        assert_eq!(platform(&read("example.co.uk")), None);
        assert!(is_for_code("github.io") && !is_for_code("weebly.com"));
        assert!(is_cheap("top") && !is_cheap("com"));
        assert!(is_shortener(&read("https://bit.ly/abc")) && !is_shortener(&read("a.bit.lyx")));
        assert_eq!(name_in("my-paypal-x", 4), Some((3, "paypal")));
        assert_eq!(name_in("steamcommunity", 5), Some((0, "steamcommunity")));
        assert!(name_in("qq", 2).is_some() && name_in("qq", 4).is_none());
        assert_eq!(brands().lookalike("paypa1.top", 0), Some("paypal.com"));
    }

    #[test]
    fn the_lists_are_what_they_should_be() {
        for list in [
            include_str!("brands.txt"),
            include_str!("code.txt"),
            include_str!("hosting.txt"),
            include_str!("shorteners.txt"),
        ] {
            for host in words(list) {
                assert_eq!(super::super::host_name(host).as_deref(), Some(host));
            }
        }
        assert!(words(include_str!("names.txt")).all(|name| {
            name.len() <= NAME_BYTES_MAX
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        }));
        let all: Vec<&str> = words(include_str!("brands.txt")).collect();
        assert_eq!(all.len(), all.iter().collect::<HashSet<_>>().len());
        // None of them is taken for another.
        for brand in all {
            assert_eq!(brands().lookalike(brand, 0), None, "{brand}");
        }
    }
}
