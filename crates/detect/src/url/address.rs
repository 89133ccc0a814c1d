//! A link taken apart, in one form whatever way it was written.

use std::net::IpAddr;

use url::{Position, Url};

use super::host::{registrable_domain, suffix};
use super::link::has_dot_or_colon;

/// Longest link that is taken apart, in bytes.
const ADDRESS_BYTES_MAX: usize = 8_192;

/// A web address: parsed as browsers do (WHATWG), default port and fragment dropped, host in ASCII form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    /// Whether the host is an IP address, however it was spelled.
    is_ip: bool,
    /// Bytes of the host that stand before its public suffix, dot included; all of them when there is none.
    suffix_at: usize,
    /// Bytes of the host that stand before its registrable domain.
    domain_at: usize,
}

impl Address {
    /// Reads a link with or without scheme; `hxxp`, `h**p` and the like are `http`. `None` for what has no host, another scheme, or
    /// is too long.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > ADDRESS_BYTES_MAX {
            return None;
        }
        let mut url = match text.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?', '#', '.']) => {
                let scheme = web_scheme(scheme)?;
                Url::parse(&format!("{scheme}://{rest}")).ok()?
            }
            // Without a scheme it is an address for mail.
            Some(_) | None if text.split(['/', '?', '#']).next()?.contains('@') => return None,
            Some(_) | None => Url::parse(&format!("http://{text}")).ok()?,
        };
        url.set_fragment(None);
        let host = url.host_str()?;
        if host.ends_with('.') {
            let host = host.trim_end_matches('.').to_owned();
            url.set_host(Some(&host)).ok()?;
        }
        let host = url.host_str()?;
        let is_ip = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let before = |part: Option<&str>| host.len() - part.map_or(0, str::len);
        let (suffix_at, domain_at) = match is_ip {
            true => (host.len(), 0),
            false => (
                before(suffix(host).map(|suffix| suffix.text)),
                registrable_domain(host).map_or(0, |domain| before(Some(domain))),
            ),
        };
        Some(Self {
            is_ip,
            suffix_at,
            domain_at,
            url,
        })
    }

    /// The address that `text` is and nothing else: without a space in it, with a scheme or a host below a known public suffix.
    #[must_use]
    pub fn of_whole(text: &str) -> Option<Self> {
        // Few texts are one: most have neither, or a space.
        if !has_dot_or_colon(text) {
            return None;
        }
        let text = text.trim();
        if text.is_empty() || text.contains(char::is_whitespace) {
            return None;
        }
        let has_scheme = text
            .split_once("://")
            .is_some_and(|(scheme, _)| web_scheme(scheme).is_some());
        if !has_scheme && (!text.contains('.') || ends_as_sentence(text)) {
            return None;
        }
        let address = Self::read(text)?;
        let has_known_suffix = || {
            suffix(address.host()).is_some_and(|suffix| suffix.is_known)
                && address.domain().is_some()
                && !address.has_userinfo()
        };
        let is_written = || address.is_ip && text.starts_with(address.host());
        (has_scheme || is_written() || has_known_suffix()).then_some(address)
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Its host: ASCII form, lower case, or an IP address (of version 6 in brackets).
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The domain somebody registered; `None` for IP addresses and bare suffixes.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        match self.is_ip || self.suffix_at == 0 || self.suffix_at == self.host().len() {
            true => None,
            false => self.host().get(self.domain_at..),
        }
    }

    /// The public suffix, those of platforms that give names away included; empty for IP addresses.
    #[must_use]
    pub fn suffix(&self) -> &str {
        self.host().get(self.suffix_at..).unwrap_or_default()
    }

    /// What stands before the public suffix.
    #[must_use]
    pub fn before_suffix(&self) -> &str {
        let before = self.host().get(..self.suffix_at).unwrap_or_default();
        before.strip_suffix('.').unwrap_or(before)
    }

    /// Whether the host is an IP address.
    #[must_use]
    pub const fn is_ip(&self) -> bool {
        self.is_ip
    }

    /// Whether something that may be taken for the host stands before it: `http://bank.com@evil.top`.
    #[must_use]
    pub fn has_userinfo(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }

    /// Whether a label of the host is punycode.
    #[must_use]
    pub fn is_punycode(&self) -> bool {
        self.host()
            .split('.')
            .any(|label| label.starts_with("xn--"))
    }

    /// The port if it is not the scheme's own.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.url.port()
    }

    /// Path and query; empty when there is nothing but `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        let path = &self.url[Position::BeforePath..Position::AfterQuery];
        if path == "/" { "" } else { path }
    }

    /// The same host without path, user and port.
    #[must_use]
    pub fn bare(&self) -> Option<Self> {
        Self::read(self.host())
    }
}

/// The scheme that is meant, if it is one of the web.
fn web_scheme(written: &str) -> Option<&'static str> {
    let written = written.to_ascii_lowercase();
    let is = |scheme: &str| {
        written.len() == scheme.len()
            && written
                .bytes()
                .zip(scheme.bytes())
                .all(|(a, b)| a == b || matches!((a, b), (b'x' | b'*', b't')))
    };
    match () {
        () if is("https") => Some("https"),
        () if is("http") => Some("http"),
        () => None,
    }
}

/// Most ideographs of a label that may be a public suffix: those there are have five.
const SUFFIX_IDEOGRAPHS_MAX: usize = 16;

/// Signs of sentences that no host below a known public suffix has in its last label: in a host they become `,` `;` or stay, or make it
/// none.
const SENTENCE_SIGNS: [char; 6] = ['，', '、', '；', '：', '！', '？'];

/// Whether what would be the host of `text` ends in more ideographs than any public suffix has, or has a sign of a sentence behind its
/// last dot, whatever signs stand at the end. Such a text, like a sentence with 4.5 in it, need not be taken apart: it has no known
/// suffix and is no address.
fn ends_as_sentence(text: &str) -> bool {
    let end = text.find(['/', '\\', '?', '#']).unwrap_or(text.len());
    let host = text.get(..end).unwrap_or_default();
    // Signs alone are no suffix either.
    let host = host.trim_end_matches(['.', '!', '~', '。', '！', '？', '…', '”', '）', ')']);
    // Ideographs of the main block stay what they are in a host.
    let is_ideograph = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
    let mut last = host.chars().rev().take_while(is_ideograph);
    if last.nth(SUFFIX_IDEOGRAPHS_MAX).is_some() {
        return true;
    }
    // Dots of full width are dots in a host.
    let last = host
        .chars()
        .rev()
        .take_while(|c| !matches!(c, '.' | '。' | '．' | '｡'));
    last.into_iter().any(|c| SENTENCE_SIGNS.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Address {
        Address::read(text).expect("an address")
    }

    #[test]
    fn an_address_has_one_form() {
        for (text, form) in [
            (
                "hxxps://Pay.Example.com:443/a/../b?x=1#frag",
                "https://pay.example.com/b?x=1",
            ),
            ("evil.top", "http://evil.top/"),
            ("http://2130706433/a", "http://127.0.0.1/a"),
            ("http://evil.top./x", "http://evil.top/x"),
            ("http://ａｌｉｐａｙ.com", "http://alipay.com/"),
        ] {
            assert_eq!(read(text).as_str(), form);
            assert_eq!(read(form).as_str(), form);
        }
        for none in [
            "",
            "ftp://a.com",
            "http://",
            "mailto:a@b.c",
            "http://[",
            &"a".repeat(9_000),
        ] {
            assert_eq!(Address::read(none), None, "{none}");
        }
    }

    #[test]
    fn a_text_that_is_a_link_is_told_from_others() {
        for whole in [
            " http://a.b ",
            "evil.top",
            "www.evil.top/x?y=1",
            "https://localhost/",
            "1.2.3.4/a",
        ] {
            assert!(Address::of_whole(whole).is_some(), "{whole}");
        }
        for other in [
            "",
            "hello",
            "see evil.top",
            "a@evil.top",
            "1.5",
            "好的。谢谢",
            "ok.thanks",
            "ftp://a.com",
            "com",
        ] {
            assert!(Address::of_whole(other).is_none(), "{other}");
        }
    }

    #[test]
    fn parts_follow_the_public_suffix_list() {
        let shop = read("https://a.shop.example.co.uk/");
        assert_eq!(
            (shop.domain(), shop.suffix()),
            (Some("example.co.uk"), "co.uk")
        );
        assert_eq!((shop.before_suffix(), shop.path()), ("a.shop.example", ""));
        let hosted = read("evil.github.io/login?a");
        assert_eq!(
            (hosted.domain(), hosted.suffix()),
            (Some("evil.github.io"), "github.io")
        );
        assert_eq!(hosted.path(), "/login?a");
        let address = read("http://1.2.3.4:8080/x");
        assert!(address.is_ip() && address.domain().is_none() && address.suffix().is_empty());
        assert_eq!(
            (address.port(), address.before_suffix()),
            (Some(8080), "1.2.3.4")
        );
        assert!(read("http://bank.com@evil.top").has_userinfo());
        assert_eq!(read("com").domain(), None);
        assert!(read("http://аlipay.com").is_punycode());
        assert_eq!(
            read("http://u@a.com:99/b").bare().expect("bare").as_str(),
            "http://a.com/"
        );
    }

    proptest::proptest! {
        #[test]
        fn what_ends_as_a_sentence_has_no_known_suffix(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "好", "公司", "我们明天一起去吃饭吧", "今天的天气真的非常不错啊", ".", "。", "com", "！", "/", "a", "?", "…", "\\", ":", "，", "、", "；",
                "：", "？", "．", "127.0.0.1", "@", "80",
            ]), 1..12),
        ) {
            let text = parts.concat();
            if ends_as_sentence(&text) && let Some(address) = Address::read(&text) {
                let known = suffix(address.host()).is_some_and(|suffix| suffix.is_known);
                proptest::prop_assert!(!known && !address.is_ip(), "{}", text);
            }
        }
    }
}
