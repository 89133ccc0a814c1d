//! Links in a text, as people would follow them.

use std::net::IpAddr;
use std::ops::Range;

use super::address::Address;
use super::host::{host_name, registrable_domain, suffix};
use crate::text::Span;
use crate::text::contact::{Contact, Found};

/// Most links of one text or event that are looked at.
pub const LINKS_MAX: usize = 64;
/// Longest link, in bytes; longer ones are passed over.
const LINK_BYTES_MAX: usize = 2_048;

/// A link in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it stands in the text.
    pub span: Range<usize>,
    /// Its host: ASCII form, lower case, or an IP address.
    pub host: String,
    /// Whether the host is an IP address, however it was spelled.
    pub is_ip: bool,
    /// Whether something that may look like a host stands before it: `http://bank.com@evil.top`.
    pub has_userinfo: bool,
}

/// The links in `text`, in order. With `://`, whatever has a host; without, names below a public suffix that stand
/// alone (`pay.example.top/a`), but no e-mail addresses and no file names.
pub fn links(text: &str) -> impl Iterator<Item = Link> + '_ {
    runs(text).filter_map(move |span| {
        let run = text.get(span.clone())?;
        let (skipped, run) = from_scheme(run);
        let run = run.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'']);
        let start = span.start + skipped;
        if run.len() > LINK_BYTES_MAX {
            return None;
        }
        let (host, is_ip, has_userinfo) = read(run)?;
        Some(Link {
            span: start..start + run.len(),
            host,
            is_ip,
            has_userinfo,
        })
    })
}

/// All links of a text, disguised ones too: those of [`links`], and those among the contacts `found` in its folded form. By place,
/// none over another, at most [`LINKS_MAX`]; a link that is an account or an invitation is a contact and none of these.
#[must_use]
pub fn all_links(text: &str, found: &[Found]) -> Vec<(Span, Address, bool)> {
    let mut all = Vec::new();
    // A link has a dot; only in disguise it may be another character, and then it is among the contacts.
    if may_have_link(text) {
        for link in links(text).take(LINKS_MAX) {
            let span = Span {
                start: link.span.start as u32,
                end: link.span.end as u32,
            };
            if let Some(address) = Address::read(span.of(text)) {
                let disguised = has_odd_scheme(span.of(text));
                all.push((span, address, disguised));
            }
        }
    }
    for found in found {
        let overlaps = |span: &Span| span.start < found.span.end && found.span.start < span.end;
        let address = match &found.contact {
            Contact::Url(url) => Address::read(url),
            Contact::Domain(domain) => Address::read(domain.as_str()),
            Contact::Account(..) | Contact::Group(..) | Contact::Invite(..) | Contact::Email(_) => {
                all.retain(|(span, ..)| !overlaps(span));
                continue;
            }
            Contact::Phone(_)
            | Contact::Service(_)
            | Contact::Mention(_)
            | Contact::Wallet(_)
            | Contact::Card(_)
            | Contact::Resident(_)
            | Contact::Amount(_) => continue,
        };
        let Some(address) = address else { continue };
        let length = |span: &Span| span.end - span.start;
        // The longer one says more: a host with spaces around its dots has a shorter one at its end.
        if all
            .iter()
            .any(|(span, ..)| overlaps(span) && length(span) >= length(&found.span))
        {
            continue;
        }
        all.retain(|(span, ..)| !overlaps(span));
        let written = found.span.of(text);
        let is_plain = written.to_ascii_lowercase().contains(address.host());
        let disguised = found.disguised || !is_plain || has_odd_scheme(written);
        all.push((found.span, address, disguised));
    }
    all.sort_by_key(|(span, ..)| *span);
    all.truncate(LINKS_MAX);
    all
}

/// Whether a link begins with `hxxp` or the like.
fn has_odd_scheme(written: &str) -> bool {
    let scheme = written
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| !matches!(scheme.as_str(), "http" | "https"))
}

/// Whether anything in the text may be a dot or the colon of a scheme.
fn may_have_link(text: &str) -> bool {
    has_dot_or_colon(text) && (text.contains('.') || text.contains("://"))
}

/// Whether a text has what every link has one of. Without a branch for each byte, so that many are compared at once.
pub(super) fn has_dot_or_colon(text: &str) -> bool {
    text.bytes()
        .fold(false, |has, byte| has | (byte == b'.') | (byte == b':'))
}

/// Runs of characters that can stand in a link. Chinese text has no spaces around links, so its characters end one;
/// letters of other scripts do not: hosts are written in them.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while rest.next_if(|(_, c)| !belongs(*c)).is_some() {}
        let start = rest.peek()?.0;
        let mut end = start;
        while let Some((at, c)) = rest.next_if(|(_, c)| belongs(*c)) {
            end = at + c.len_utf8();
        }
        Some(start..end)
    })
    .filter(|span| span.len() >= 4)
}

fn belongs(c: char) -> bool {
    match c {
        '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' => false,
        c if c.is_ascii() => c.is_ascii_graphic(),
        // Ideographs, kana, CJK punctuation, full-width forms.
        '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' => false,
        '\u{20000}'..='\u{3ffff}' => false,
        c => c.is_alphanumeric(),
    }
}

/// The run from its scheme on, if it has one, and what was skipped.
fn from_scheme(run: &str) -> (usize, &str) {
    let Some(colon) = run.find("://") else {
        let start = run.len()
            - run
                .trim_start_matches(['(', '[', '\'', ':', ',', ';'])
                .len();
        return (start, run.get(start..).unwrap_or_default());
    };
    let before = run.get(..colon).unwrap_or_default();
    let letters = before
        .chars()
        .rev()
        .take_while(char::is_ascii_alphanumeric)
        .count();
    let start = colon - letters;
    (start, run.get(start..).unwrap_or_default())
}

/// Host, whether it is an address, and whether something stands before it.
fn read(run: &str) -> Option<(String, bool, bool)> {
    let has_scheme = run.contains("://");
    if !has_scheme && !stands_alone(run) {
        return None;
    }
    let whole = if has_scheme {
        run.to_owned()
    } else {
        format!("http://{run}")
    };
    let parsed = url::Url::parse(&whole).ok()?;
    let host = parsed.host_str()?.trim_matches(['[', ']']);
    let host = host.trim_end_matches('.').to_lowercase();
    let has_userinfo = !parsed.username().is_empty() || parsed.password().is_some();
    let is_ip = host.parse::<IpAddr>().is_ok();
    (!host.is_empty()).then_some((host, is_ip, has_userinfo))
}

/// Whether a text without scheme is a host with or without a path, and not an address of mail or a number.
fn stands_alone(run: &str) -> bool {
    let host_end = run.find(['/', '?', '#']).unwrap_or(run.len());
    let authority = run.get(..host_end).unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) => return false,
        None => authority,
    };
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        // Four numbers alone are as likely a version.
        return host_end < run.len() || authority.len() > host.len();
    }
    let Some(name) = host_name(host) else {
        return false;
    };
    // A suffix of the list that operators of registries keep, and a name below it.
    suffix(&name).is_some_and(|suffix| suffix.is_known) && registrable_domain(&name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<String> {
        links(text).map(|link| link.host).collect()
    }

    #[test]
    fn links_are_found_where_they_stand() {
        let text = "请点击https://Pay.Example.com/a?b=1领取，或evil.top/x。";
        let found: Vec<Link> = links(text).collect();
        let texts: Vec<&str> = found.iter().map(|link| &text[link.span.clone()]).collect();
        assert_eq!(texts, ["https://Pay.Example.com/a?b=1", "evil.top/x"]);
        assert_eq!(found[0].host, "pay.example.com");
    }

    #[test]
    fn what_is_no_link_is_passed_over() {
        for text in [
            "mail a@example.com",
            "version 1.2.3.4",
            "see report.pdf",
            "e.g. this",
            "3.50",
            "...",
            "a.b",
            "https://",
            "http://[",
            "com",
        ] {
            assert_eq!(hosts(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn addresses_and_userinfo_are_seen_however_spelled() {
        for text in [
            "http://2130706433/a",
            "http://0x7f.1",
            "127.0.0.1:80/x",
            "http://127.0.0.1.",
        ] {
            let link = links(text).next().unwrap();
            assert!(link.is_ip && link.host == "127.0.0.1", "{text}: {link:?}");
        }
        let link = links("http://www.bank.com@evil.top/login").next().unwrap();
        assert!(link.has_userinfo && link.host == "evil.top");
        assert_eq!(hosts("(see evil.top)."), ["evil.top"]);
        let disguised = hosts("http://аlipay.com").remove(0);
        assert!(disguised.starts_with("xn--lipay-"), "{disguised}");
    }

    #[test]
    fn disguised_links_are_found_with_the_plain_ones() {
        use crate::text::Scanner;
        let mut scanner = Scanner::new(std::sync::Arc::default());
        let mut all = |text: &str| -> Vec<(String, String, bool)> {
            let found = &scanner.scan(text).contacts;
            all_links(text, found)
                .into_iter()
                .map(|(span, address, disguised)| {
                    (
                        span.of(text).to_owned(),
                        address.as_str().to_owned(),
                        disguised,
                    )
                })
                .collect()
        };
        for (text, written, url, disguised) in [
            (
                "官网 hxxps://evil[.]top/Login 注册",
                "hxxps://evil[.]top/Login",
                "https://evil.top/Login",
                true,
            ),
            ("请打开 d9623点com", "d9623点com", "http://d9623.com/", true),
            (
                "go to ｐａｙ．ｅｖｉｌ．ｔｏｐ now",
                "ｐａｙ．ｅｖｉｌ．ｔｏｐ",
                "http://pay.evil.top/",
                true,
            ),
            ("evil . top", "evil . top", "http://evil.top/", true),
            (
                "see http://1.2.3.4/x.",
                "http://1.2.3.4/x",
                "http://1.2.3.4/x",
                false,
            ),
            (
                "（https://evil.top/a?b=1）",
                "https://evil.top/a?b=1",
                "https://evil.top/a?b=1",
                false,
            ),
        ] {
            assert_eq!(
                all(text),
                [(written.to_owned(), url.to_owned(), disguised)],
                "{text}"
            );
        }
        for none in ["mail a@evil.top", "t.me/somebody", "刷单返利", "1.5 3.2"] {
            assert!(all(none).is_empty(), "{none}");
        }
    }
}
