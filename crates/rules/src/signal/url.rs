//! Links in the texts of an event: where they lead, and how they deceive.

use stanch_detect::url::{Brands, LINKS_MAX, Link, links};

use super::{Detector, DetectorDef, FieldText, Findings, Input, Searches, SignalDef, SignalValue};
use crate::ir::{ListKind, Program, Scalar, Type};

/// The list of domains that others are made to look like.
pub const BRANDS_LIST: &str = "protected_brands";

/// The detector.
pub const URL: DetectorDef = DetectorDef {
    name: "url",
    doc: "Links in fields of type `string` and `list<string>`: with `://`, or a name below a public suffix that stands alone. Hosts \
are compared in ASCII form, lower case. At most 64 links an event.",
    version: "url/1",
    signals: &[
        SignalDef::new("links", Type::Int, "How many links there are."),
        SignalDef {
            repeats: true,
            ..SignalDef::new(
                "hosts",
                Type::List(Scalar::String),
                "Their hosts, each once, in order.",
            )
        },
        SignalDef {
            searches: Searches::Kind(ListKind::Domain),
            ..SignalDef::new(
                "lists",
                Type::List(Scalar::String),
                "Names of the `domain` lists, `protected_brands` apart, that a host is on, each once.",
            )
        },
        SignalDef {
            list: Some((BRANDS_LIST, ListKind::Domain)),
            ..SignalDef::new(
                "lookalike",
                Type::Bool,
                "Whether a host looks like a domain of the list `protected_brands` without being it or below it: the same \
name under another suffix, look-alike letters (punycode too), one slip in six letters or more, or the name as a part between \
dots or hyphens.",
            )
        },
        SignalDef {
            list: Some((BRANDS_LIST, ListKind::Domain)),
            optional: true,
            ..SignalDef::new(
                "brand",
                Type::String,
                "The domain that the first such host looks like; missing when none does.",
            )
        },
        SignalDef::new(
            "ip_literal",
            Type::Bool,
            "Whether a host is an IP address, however it is spelled.",
        ),
        SignalDef::new(
            "userinfo",
            Type::Bool,
            "Whether something stands before a host that may be taken for it: `http://bank.com@evil.top`.",
        ),
        SignalDef::new(
            "punycode",
            Type::Bool,
            "Whether a label of a host is punycode (`xn--…`).",
        ),
    ],
    make: |program| Box::new(Url::new(program)),
};

/// Ready for a policy.
struct Url {
    brands: Brands,
}

impl Url {
    fn new(program: &Program) -> Self {
        let list = program
            .lists
            .iter()
            .find(|list| &*list.name == BRANDS_LIST && list.kind == ListKind::Domain);
        let entries = list.map_or(&[][..], |list| list.entries.as_slice());
        let entries = entries.iter().map(|entry| (&*entry.value, entry.until_us));
        Self {
            brands: Brands::new(entries),
        }
    }
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    count: i64,
    hosts: Vec<Box<str>>,
    lists: Vec<Box<str>>,
    brand: Option<Box<str>>,
    is_ip: bool,
    has_userinfo: bool,
    has_punycode: bool,
}

impl Detector for Url {
    fn detect(&self, input: &Input<'_>, found: &mut Findings) {
        let mut seen = Seen::default();
        let all = input
            .texts
            .iter()
            .flat_map(|text| links(text.text).map(move |link| (text, link)));
        for (text, link) in all.take(LINKS_MAX) {
            self.see(input, text, &link, &mut seen, found);
        }
        found.tell("links", SignalValue::Int(seen.count));
        found.tell("hosts", SignalValue::Texts(seen.hosts));
        found.tell("lists", SignalValue::Texts(seen.lists));
        found.tell("lookalike", SignalValue::Bool(seen.brand.is_some()));
        if let Some(brand) = seen.brand {
            found.tell("brand", SignalValue::Text(brand));
        }
        found.tell("ip_literal", SignalValue::Bool(seen.is_ip));
        found.tell("userinfo", SignalValue::Bool(seen.has_userinfo));
        found.tell("punycode", SignalValue::Bool(seen.has_punycode));
    }
}

impl Url {
    fn see(
        &self,
        input: &Input<'_>,
        text: &FieldText<'_>,
        link: &Link,
        seen: &mut Seen,
        found: &mut Findings,
    ) {
        seen.count += 1;
        let is_punycode = link.host.split('.').any(|label| label.starts_with("xn--"));
        let mut show = |signal, says: &str| found.show(signal, text, link.span.clone(), says);
        for (signal, holds, flag) in [
            ("ip_literal", link.is_ip, &mut seen.is_ip),
            ("userinfo", link.has_userinfo, &mut seen.has_userinfo),
            ("punycode", is_punycode, &mut seen.has_punycode),
        ] {
            if holds {
                *flag = true;
                show(signal, &link.host);
            }
        }
        if !link.is_ip
            && let Some(brand) = self.brands.lookalike(&link.host, input.at_us)
        {
            show("lookalike", &format!("{} looks like {brand}", link.host));
            seen.brand.get_or_insert_with(|| brand.into());
        }
        let is_domains = |kind| kind == ListKind::Domain;
        for list in input.lists.holding(&link.host, input.at_us, is_domains) {
            if &*list.name == BRANDS_LIST {
                continue;
            }
            show("lists", &format!("{} is on {}", link.host, list.name));
            if !seen.lists.iter().any(|name| **name == *list.name) {
                seen.lists.push((&*list.name).into());
            }
        }
        if !seen.hosts.iter().any(|host| **host == *link.host) {
            seen.hosts.push(link.host.as_str().into());
        }
    }
}
