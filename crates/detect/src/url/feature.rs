//! What the lexical model sees of an address: letters and words of what stands before the public suffix, measures of its shape, and
//! words of the path. A bare host and a deep link under it have the same host features; the path only adds its own.

use std::fmt::Write;

use super::address::Address;
use super::known;

/// Letters of the longest n-gram.
const GRAM_CHARS_MAX: usize = 5;
/// Most words of a path that are looked at.
const PATH_WORDS_MAX: usize = 40;
/// Longest part of a host or path that is looked at, in bytes.
const PART_BYTES_MAX: usize = 512;
/// Shortest name that is looked for inside words, and shortest one for which one slip counts.
const NAME_CHARS_MIN: usize = 4;

/// Labels that read like the end of a name and stand inside it: `com-pay.top`, `gov.uk-x.cc`.
const SUFFIX_LIKE: &str = "com gov net org uk us edu www";
/// Labels that promise an account, money or a parcel.
const SENSITIVE: &str = "login secure verify account support service update wallet claim airdrop bonus token pay signin auth help \
    refund tax parcel track delivery mail web online app cdn m vip";
/// Endings from before 2012 that are no country's.
const CLASSIC: &str =
    "com net org edu gov mil int info biz name pro mobi tel asia cat jobs travel coop aero museum";

/// How the features of a kind count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Letters and words of the host: together they count as one.
    Host,
    /// Shape: each counts half.
    Shape,
    /// Words of the path: together they count a little more than half.
    Path,
}

/// Takes addresses apart, with buffers that are used again and again.
#[derive(Debug, Default)]
pub struct Features {
    host: Vec<u32>,
    shape: Vec<u32>,
    path: Vec<u32>,
    values: Vec<(u32, f32)>,
}

impl Features {
    /// Buckets of `bits` bits, each once and rising within its group, and what each counts.
    pub fn read(&mut self, address: &Address, bits: u32) -> &[(u32, f32)] {
        let (host, shape, path) = (&mut self.host, &mut self.shape, &mut self.path);
        for group in [&mut *host, &mut *shape, &mut *path] {
            group.clear();
        }
        each(address, |group, name| {
            let bucket = bucket(group, name, bits);
            match group {
                Group::Host => host.push(bucket),
                Group::Shape => shape.push(bucket),
                Group::Path => path.push(bucket),
            }
        });
        self.values.clear();
        for (group, buckets) in [
            (Group::Host, &mut *host),
            (Group::Shape, &mut *shape),
            (Group::Path, &mut *path),
        ] {
            buckets.sort_unstable();
            buckets.dedup();
            let value = value(group, buckets.len());
            self.values
                .extend(buckets.iter().map(|bucket| (*bucket, value)));
        }
        &self.values
    }

    /// The features by name, each once, with bucket and value.
    #[must_use]
    pub fn named(&mut self, address: &Address, bits: u32) -> Vec<(String, u32, f32)> {
        self.read(address, bits);
        let sizes = (self.host.len(), self.path.len());
        let mut named: Vec<(String, u32, f32)> = Vec::new();
        each(address, |group, name| {
            let bucket = bucket(group, name, bits);
            let value = match group {
                Group::Host => value(group, sizes.0),
                Group::Shape => value(group, 0),
                Group::Path => value(group, sizes.1),
            };
            if !named.iter().any(|(known, ..)| known == name) {
                named.push((name.to_owned(), bucket, value));
            }
        });
        named
    }
}

fn bucket(group: Group, name: &str, bits: u32) -> u32 {
    let salt: &[u8] = match group {
        Group::Host => b"h",
        Group::Shape => b"s",
        Group::Path => b"p",
    };
    let hash = crc32c::crc32c_append(crc32c::crc32c(salt), name.as_bytes());
    (hash ^ (hash >> 15)).wrapping_mul(0x9E37_79B1) >> (32 - bits)
}

fn value(group: Group, size: usize) -> f32 {
    let size = size as f32;
    match group {
        Group::Host => 1.0 / (size + 1.0).sqrt(),
        Group::Shape => 0.5,
        Group::Path => 0.6 / (size + 1.0).sqrt(),
    }
}

/// Shows every feature by its name.
fn each(address: &Address, mut show: impl FnMut(Group, &str)) {
    let mut name = String::new();
    let core = cut(strip_www(address.before_suffix()));
    grams(core, &mut name, &mut show);
    let platform = known::platform(address);
    shape(address, core, platform, &mut name, &mut show);
    names(address, core, platform, &mut name, &mut show);
    path(cut(address.path()), &mut name, &mut show);
}

fn cut(part: &str) -> &str {
    part.get(..part.floor_char_boundary(PART_BYTES_MAX))
        .unwrap_or_default()
}

fn strip_www(core: &str) -> &str {
    match core.strip_prefix("www") {
        Some("") => core,
        Some(rest) => {
            let rest = rest
                .strip_prefix(|c: char| c.is_ascii_digit())
                .unwrap_or(rest);
            rest.strip_prefix('.').unwrap_or(core)
        }
        None => core,
    }
}

/// n-grams of the host with its ends, and its words.
fn grams(core: &str, name: &mut String, show: &mut impl FnMut(Group, &str)) {
    name.clear();
    name.push('^');
    name.push_str(core);
    name.push('$');
    for length in 2..=GRAM_CHARS_MAX {
        for at in 0..name.len() {
            if let Some(gram) = name.get(at..at + length) {
                show(Group::Host, gram);
            }
        }
    }
    for word in words(core).filter(|word| word.len() > 2 && !is_number(word)) {
        tell(name, show, Group::Host, format_args!("t={word}"));
    }
}

fn tell(
    name: &mut String,
    show: &mut impl FnMut(Group, &str),
    group: Group,
    says: std::fmt::Arguments<'_>,
) {
    name.clear();
    // Writing to a string does not fail.
    if name.write_fmt(says).is_ok() {
        show(group, name);
    }
}

/// Runs of letters and runs of digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let kind = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 0,
    };
    let runs = text.as_bytes().chunk_by(move |a, b| kind(*a) == kind(*b));
    runs.filter(move |run| run.first().is_some_and(|b| kind(*b) > 0))
        .filter_map(|run| std::str::from_utf8(run).ok())
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// How many of the steps `value` has reached.
fn step(value: usize, steps: &[usize]) -> usize {
    steps.iter().filter(|step| value >= **step).count()
}

fn has(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|listed| listed == word)
}

/// Counts and classes.
fn shape(
    address: &Address,
    core: &str,
    platform: Option<&str>,
    name: &mut String,
    show: &mut impl FnMut(Group, &str),
) {
    let mut put = |says: std::fmt::Arguments<'_>| tell(name, show, Group::Shape, says);
    let suffix = platform.unwrap_or(address.suffix());
    let tld = address.suffix().rsplit('.').next().unwrap_or_default();
    // A page on a platform for programs is not what one on a builder of sites is.
    let hosted = match platform {
        None => 0,
        Some(platform) if known::is_for_code(platform) => 2,
        Some(_) => 1,
    };
    let labels = core.split('.').filter(|label| !label.is_empty()).count();
    let hyphens = core.matches('-').count();
    let digits = core.bytes().filter(u8::is_ascii_digit).count();
    put(format_args!("suf={suffix}"));
    put(format_args!("tld={tld}"));
    put(format_args!("hosted={hosted}"));
    put(format_args!("labels={}", labels.min(5)));
    put(format_args!(
        "length={}",
        step(core.len(), &[4, 7, 10, 13, 16, 20, 25, 32, 45])
    ));
    put(format_args!("hyphens={}", hyphens.min(4)));
    put(format_args!("digits={}", step(digits, &[1, 2, 3, 5, 8])));
    put(format_args!("ip={}", u8::from(address.is_ip())));
    put(format_args!("user={}", u8::from(address.has_userinfo())));
    put(format_args!("port={}", u8::from(address.port().is_some())));
    put(format_args!("punycode={}", u8::from(address.is_punycode())));
    let letters = core.bytes().filter(u8::is_ascii_lowercase).count();
    let vowels = core.bytes().filter(|b| b"aeiou".contains(b)).count();
    let share = 100 * vowels / letters.max(1);
    put(format_args!(
        "vowels={}",
        step(share, &[10, 20, 30, 40, 50])
    ));
    put(format_args!(
        "consonants={}",
        longest_consonants(core).min(7)
    ));
    let bytes = core.as_bytes();
    let switch = |pair: &&[u8]| matches!(pair, [a, b] if a.is_ascii_digit() != b.is_ascii_digit() && *a != b'.');
    let switches = bytes.windows(2).filter(switch).count();
    put(format_args!("switches={}", switches.min(5)));
    put(format_args!("hosted-hyphens={hosted}.{}", hyphens.min(4)));
    put(format_args!("tld-hyphens={tld}.{}", hyphens.min(3)));
    let class = match tld {
        tld if known::is_cheap(tld) => "cheap",
        tld if tld.len() == 2 => "country",
        tld if tld.starts_with("xn--") => "idn",
        tld if has(CLASSIC, tld) => "classic",
        _ => "new",
    };
    put(format_args!("class={class}"));
    put(format_args!(
        "class-length={class}.{}",
        step(core.len(), &[6, 9, 12, 16, 22])
    ));
    put(format_args!("class-digits={class}.{}", digits.min(3)));
    put(format_args!("class-labels={class}.{}", labels.min(3)));
    if known::is_shortener(address) {
        put(format_args!("shortener"));
    }
}

fn longest_consonants(core: &str) -> usize {
    let is_consonant = |b: &u8| b.is_ascii_lowercase() && !b"aeiouy".contains(b);
    let runs = core
        .as_bytes()
        .chunk_by(|a, b| is_consonant(a) == is_consonant(b));
    runs.filter(|run| run.first().is_some_and(is_consonant))
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0)
}

/// Known names in the host, or one slip from them, and labels that mislead.
fn names(
    address: &Address,
    core: &str,
    platform: Option<&str>,
    name: &mut String,
    show: &mut impl FnMut(Group, &str),
) {
    let parts = || core.split(['.', '-']);
    let registered = core.rsplit('.').next().unwrap_or(core);
    if let Some((_, brand)) = known::name_in(core, NAME_CHARS_MIN) {
        let place = match () {
            () if registered == brand => "whole",
            () if parts().any(|part| part == brand) => "part",
            () => "inside",
        };
        tell(name, show, Group::Shape, format_args!("name"));
        tell(name, show, Group::Shape, format_args!("name={place}"));
        if registered == brand && platform.is_none() {
            let main = matches!(address.suffix(), "com" | "net" | "org" | "cn" | "com.cn");
            tell(
                name,
                show,
                Group::Shape,
                format_args!("name-alone={}", u8::from(main)),
            );
        }
        tell(name, show, Group::Host, format_args!("b={brand}"));
    }
    if known::brands()
        .lookalike(address.host(), i64::MIN)
        .is_some()
    {
        tell(name, show, Group::Shape, format_args!("lookalike"));
    }
    if core.contains(['.', '-']) && parts().any(|part| has(SUFFIX_LIKE, part)) {
        tell(name, show, Group::Shape, format_args!("suffix-inside"));
    }
    if parts()
        .take(4)
        .any(|part| !part.is_empty() && has(SENSITIVE, part))
    {
        tell(name, show, Group::Shape, format_args!("sensitive"));
    }
}

fn path(path: &str, name: &mut String, show: &mut impl FnMut(Group, &str)) {
    if path.is_empty() {
        show(Group::Shape, "no-path");
        return;
    }
    let path = path.to_ascii_lowercase();
    let mut before: Option<&str> = None;
    for word in words(&path).take(PATH_WORDS_MAX) {
        match is_number(word) {
            true => tell(
                name,
                show,
                Group::Path,
                format_args!("D{}", word.len().min(9)),
            ),
            false => tell(name, show, Group::Path, format_args!("{word}")),
        }
        let kind = if is_number(word) { "D" } else { word };
        if let Some(before) = before {
            tell(name, show, Group::Path, format_args!("{before}_{kind}"));
        }
        before = Some(kind);
    }
    let mut put = |says: std::fmt::Arguments<'_>| tell(name, show, Group::Shape, says);
    put(format_args!("depth={}", path.matches('/').count().min(6)));
    put(format_args!(
        "path-length={}",
        step(path.len(), &[5, 10, 20, 40, 80, 160])
    ));
    put(format_args!("query={}", u8::from(path.contains('?'))));
    put(format_args!(
        "path-name={}",
        u8::from(known::name_in(&path, NAME_CHARS_MIN + 1).is_some())
    ));
    let file = path.split('?').next().unwrap_or_default();
    if let Some((_, ending)) = file.rsplit_once('.')
        && (2..=5).contains(&ending.len())
        && ending.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        put(format_args!("file={ending}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let address = Address::read(text).expect("an address");
        let all = Features::default().named(&address, 18);
        all.into_iter().map(|(name, ..)| name).collect()
    }

    #[test]
    fn a_deep_link_has_its_hosts_features_and_its_own() {
        let bare = named("www.paypal-login.top");
        let deep = named("https://paypal-login.top/a/signin.php?id=123");
        for name in bare.iter().filter(|name| *name != "no-path") {
            assert!(deep.contains(name), "{name}");
        }
        for name in ["signin", "a_signin", "D3", "query=1", "file=php", "depth=2"] {
            assert!(
                deep.iter().any(|n| n == name) && !bare.iter().any(|n| n == name),
                "{name}"
            );
        }
        for name in [
            "^pa",
            "gin$",
            "t=login",
            "b=paypal",
            "name=part",
            "lookalike",
            "sensitive",
            "suf=top",
            "hyphens=1",
        ] {
            assert!(bare.iter().any(|n| n == name), "{name}: {bare:?}");
        }
    }

    #[test]
    fn shapes_are_told() {
        for (text, name) in [
            ("x.pages.dev", "suf=pages.dev"),
            ("x.pages.dev", "hosted=1"),
            ("bit.ly/abc", "shortener"),
            ("http://1.2.3.4/", "ip=1"),
            ("gov.uk-tax.cc", "suffix-inside"),
            ("a1b2.com", "switches=3"),
            ("bcdfg.com", "consonants=5"),
            ("paypal.com", "name-alone=1"),
            ("example.shop", "class=cheap"),
            ("example.museum", "class=classic"),
            ("example.berlin", "class=new"),
            ("tool.github.io", "hosted=2"),
        ] {
            assert!(
                named(text).iter().any(|n| n == name),
                "{text} {name}: {:?}",
                named(text)
            );
        }
    }

    #[test]
    fn buckets_are_told_once_with_their_groups_value() {
        let address = Address::read("aaaaaa.com/a/a/a").expect("an address");
        let mut features = Features::default();
        let values = features.read(&address, 18).to_vec();
        assert!(
            values
                .iter()
                .all(|(bucket, value)| *bucket < 1 << 18 && *value > 0.0)
        );
        let host = values.iter().take_while(|(_, value)| *value == values[0].1);
        let sum: f32 = host.map(|(_, value)| value * value).sum();
        assert!(sum < 1.0 && sum > 0.8, "{sum}");
        for (_, bucket, value) in features.named(&address, 18) {
            assert!(values.contains(&(bucket, value)));
        }
    }
}
