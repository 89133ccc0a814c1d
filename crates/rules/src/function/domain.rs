//! Functions of URLs, domain names and IP addresses. Registrable domains follow the public suffix list that
//! comes with the program (crate `psl`), private suffixes such as `github.io` included.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use stanch_detect::url::{host_name, registrable_domain as domain_of, suffix};

use super::form::{accepts, argument, functions, is_constant, is_regional, returns};

/// Longest text that is read as a URL, in bytes; longer ones have no host.
const URL_BYTES_MAX: usize = 8_192;

functions! {
    /// The host of a URL, lower case, in ASCII (punycode) form; missing when `url` has none.
    ///
    /// A URL without `scheme://` is read as `http`. The host may be an IP address.
    HOST_OF = "host_of" ["host_of(\"https://Pay.Example.com:8443/a?b\")" => "\"pay.example.com\""] {
        (url: String) -> String = host_of(url);
    }

    /// The domain somebody registered: the public suffix and one label (`shop.example.co.uk` gives
    /// `example.co.uk`); missing for an IP address, a bare suffix, or what is no host name.
    REGISTRABLE_DOMAIN = "registrable_domain"
        ["registrable_domain(\"shop.example.co.uk\")" => "\"example.co.uk\""] {
        (host: String) -> String = registrable_domain(host);
    }

    /// What stands before the registrable domain (`a.b.example.com` gives `a.b`), empty for none; missing where
    /// `registrable_domain` is.
    SUBDOMAIN = "subdomain" ["subdomain(\"a.b.example.com\")" => "\"a.b\""] {
        (host: String) -> String = subdomain(host);
    }

    /// The public suffix of a host (`com`, `co.uk`, `github.io`); missing for what is no host name.
    PUBLIC_SUFFIX = "public_suffix" ["public_suffix(\"shop.example.co.uk\")" => "\"co.uk\""] {
        (host: String) -> String = public_suffix(host);
    }

    /// The last label of a host (`top` of `pay.example.top`); missing for what is no host name.
    TLD = "tld" ["tld(\"pay.example.top\")" => "\"top\""] {
        (host: String) -> String = tld(host);
    }

    /// Whether a label of the host is punycode (`xn--…`), as look-alike domains often are; missing for what is no
    /// host name.
    IS_PUNYCODE = "is_punycode" ["is_punycode(\"xn--80ak6aa92e.com\")" => "true"] {
        (host: String) -> Bool = is_punycode(host);
    }

    /// Whether `text` is an IPv4 or IPv6 address.
    IS_IP = "is_ip" ["is_ip(\"203.0.113.9\")" => "true"] {
        (text: String) -> Bool = text.parse::<IpAddr>().is_ok();
    }

    /// Whether an address is not routed on the open internet: private, loopback, link-local, shared (RFC 1918,
    /// 6598, 4193, 4291); missing for what is no address.
    IS_PRIVATE_IP = "is_private_ip" ["is_private_ip(\"192.168.1.7\")" => "true"] {
        (ip: String) -> Bool = ip.parse().ok().map(is_private_ip);
    }

    /// The network of the first `bits` bits of an address, such as `203.0.113.0/24`: a key for counting
    /// neighbours. Missing for what is no address or has fewer bits.
    IP_NETWORK = "ip_network" ["ip_network(\"203.0.113.9\", 24)" => "\"203.0.113.0/24\""] {
        (ip: String, bits: Int) -> String = ip_network(ip, bits);
    }
}

fn host_of(url: &str) -> Option<String> {
    if url.len() > URL_BYTES_MAX {
        return None;
    }
    let url = url.trim();
    let has_scheme = url.split_once("://").is_some_and(|(scheme, _)| {
        scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'+')
    });
    let with_scheme = if has_scheme {
        Cow::Borrowed(url)
    } else {
        Cow::Owned(format!("http://{url}"))
    };
    let parsed = url::Url::parse(&with_scheme).ok()?;
    let host = parsed
        .host_str()?
        .trim_matches(['[', ']'])
        .trim_end_matches('.');
    (!host.is_empty()).then(|| host.to_owned())
}

/// The registrable domain and where it begins in the normal form.
fn registrable(host: &str) -> Option<(Cow<'_, str>, usize)> {
    let name = host_name(host)?;
    let domain = domain_of(&name)?;
    let start = name.len() - domain.len();
    Some((name, start))
}

fn registrable_domain(host: &str) -> Option<String> {
    let (name, start) = registrable(host)?;
    name.get(start..).map(str::to_owned)
}

fn subdomain(host: &str) -> Option<String> {
    let (name, start) = registrable(host)?;
    name.get(..start)
        .map(|before| before.trim_end_matches('.').to_owned())
}

fn public_suffix(host: &str) -> Option<String> {
    let name = host_name(host)?;
    suffix(&name).map(|suffix| suffix.text.to_owned())
}

fn tld(host: &str) -> Option<String> {
    let name = host_name(host)?;
    name.rsplit('.').next().map(str::to_owned)
}

fn is_punycode(host: &str) -> Option<bool> {
    let name = host_name(host)?;
    Some(name.split('.').any(|label| label.starts_with("xn--")))
}

fn is_private_ip(ip: IpAddr) -> bool {
    const SHARED: Ipv4Addr = Ipv4Addr::new(100, 64, 0, 0);
    let v4 = |ip: Ipv4Addr| {
        ip.is_private()
            || ip.is_loopback()
            || ip.is_link_local()
            || ip.is_unspecified()
            || u32::from(ip) >> 22 == u32::from(SHARED) >> 22
    };
    match ip.to_canonical() {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
    }
}

fn ip_network(ip: &str, bits: i64) -> Option<String> {
    let bits = u32::try_from(bits).ok()?;
    Some(match ip.parse().ok()? {
        IpAddr::V4(ip) => {
            let cleared = u32::from(ip) & mask(bits, 32)? as u32;
            format!("{}/{bits}", Ipv4Addr::from(cleared))
        }
        IpAddr::V6(ip) => {
            let cleared = u128::from(ip) & mask(bits, 128)?;
            format!("{}/{bits}", Ipv6Addr::from(cleared))
        }
    })
}

/// `bits` ones at the top of a word of `width` bits.
fn mask(bits: u32, width: u32) -> Option<u128> {
    let clear = width.checked_sub(bits)?;
    let all = u128::MAX >> (128 - width);
    Some(all.checked_shl(clear).unwrap_or(0) & all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrable_domains_follow_the_public_suffix_list() {
        for (host, expected) in [
            ("example.com", Some("example.com")),
            ("a.b.example.com.cn", Some("example.com.cn")),
            ("me.github.io", Some("me.github.io")),
            ("WWW.EXAMPLE.TOP.", Some("example.top")),
            ("com", None),
            ("co.uk", None),
            ("192.168.1.1", None),
            ("中国银行.中国", Some("xn--fiqs8s856bruk.xn--fiqs8s")),
            ("not a host", None),
            ("", None),
        ] {
            assert_eq!(registrable_domain(host).as_deref(), expected, "{host}");
        }
    }

    #[test]
    fn hosts_come_out_of_urls_as_people_write_them() {
        for (url, expected) in [
            ("http://a.example.com/x", Some("a.example.com")),
            ("a.example.com/x?y=http://b", Some("a.example.com")),
            ("a.example.com/x", Some("a.example.com")),
            ("https://user:pw@[2001:db8::1]:8/", Some("2001:db8::1")),
            ("HTTP://EXAMPLE.COM.", Some("example.com")),
            ("", None),
            ("http://", None),
        ] {
            assert_eq!(host_of(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn networks_keep_the_first_bits() {
        for (ip, bits, expected) in [
            ("203.0.113.9", 24, Some("203.0.113.0/24")),
            ("203.0.113.9", 0, Some("0.0.0.0/0")),
            ("203.0.113.9", 32, Some("203.0.113.9/32")),
            ("203.0.113.9", 33, None),
            ("203.0.113.9", -1, None),
            ("2001:db8::1:2", 64, Some("2001:db8::/64")),
            ("2001:db8::1", 0, Some("::/0")),
            ("x", 8, None),
        ] {
            assert_eq!(ip_network(ip, bits).as_deref(), expected, "{ip}/{bits}");
        }
    }
}
