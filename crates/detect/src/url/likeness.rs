//! Names that look like a protected one.
//!
//! Names are compared as skeletons: letters that are taken for each other become one (after the idea of Unicode UTS #39;
//! the table is our own and holds what is used against Latin names). A host looks like a brand when the name somebody
//! registered is the brand's (under another suffix) or one slip from it, or has the brand's as a part between hyphens or
//! dots: `alipay-login.top`, `alipay.com.evil.top`.

use hashbrown::HashMap;

use super::host::{host_name, registrable_domain, unicode};

/// Shortest brand that is looked for as a part of a name: shorter ones are parts of words.
const PART_CHARS_MIN: usize = 4;
/// Shortest brand for which one slip counts: below, honest names are one slip apart.
const SLIP_CHARS_MIN: usize = 6;

/// Protected names, ready to be compared with.
#[derive(Debug)]
pub struct Brands {
    brands: Vec<Brand>,
    /// Skeleton, and skeleton with one character left out, to brands.
    near: HashMap<Box<str>, Vec<u32>>,
}

#[derive(Debug)]
struct Brand {
    /// The domain as it is in the list.
    domain: Box<str>,
    skeleton: Box<str>,
    until_us: i64,
}

impl Brands {
    /// Domains, each with the microsecond since 1970 UTC at which it ends being protected, if any; what is no domain is passed over.
    pub fn new<'e>(entries: impl IntoIterator<Item = (&'e str, Option<i64>)>) -> Self {
        let mut brands = Vec::new();
        let mut near: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (entry, until_us) in entries {
            let Some(domain) = host_name(entry) else {
                continue;
            };
            let Some(label) = registered_label(&domain) else {
                continue;
            };
            let Ok(place) = u32::try_from(brands.len()) else {
                break;
            };
            let skeleton = skeleton(&label);
            for key in with_one_left_out(&skeleton) {
                let places = near.entry(key.into()).or_default();
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            brands.push(Brand {
                domain: domain.as_ref().into(),
                skeleton: skeleton.into(),
                until_us: until_us.unwrap_or(i64::MAX),
            });
        }
        Self { brands, near }
    }

    /// The brand that `host` looks like without being it, at a microsecond since 1970 UTC; none for a brand's own domain and those
    /// below it.
    #[must_use]
    pub fn lookalike(&self, host: &str, at_us: i64) -> Option<&str> {
        let holds = |brand: &&Brand| at_us < brand.until_us;
        let own = |brand: &Brand| {
            host == &*brand.domain
                || host
                    .strip_suffix(&*brand.domain)
                    .is_some_and(|before| before.ends_with('.'))
        };
        if self.brands.iter().filter(holds).any(own) {
            return None;
        }
        let label = registered_label(host)?;
        let mine = skeleton(&label);
        let slip = self.candidates(&mine).filter(holds).find(|brand| {
            mine == *brand.skeleton
                || (chars(&brand.skeleton) >= SLIP_CHARS_MIN && one_slip(&mine, &brand.skeleton))
        });
        let found = slip.or_else(|| {
            unicode(host).split(['.', '-']).find_map(|part| {
                let part = skeleton(part);
                let mut same = self.candidates(&part).filter(holds);
                same.find(|brand| *brand.skeleton == *part && chars(&part) >= PART_CHARS_MIN)
            })
        });
        found.map(|brand| &*brand.domain)
    }

    fn candidates<'a>(&'a self, skeleton: &str) -> impl Iterator<Item = &'a Brand> + use<'a> {
        let mut places: Vec<u32> = with_one_left_out(skeleton)
            .into_iter()
            .filter_map(|key| self.near.get(key.as_str()))
            .flatten()
            .copied()
            .collect();
        places.sort_unstable();
        places.dedup();
        places
            .into_iter()
            .filter_map(|place| self.brands.get(place as usize))
    }
}

/// The label somebody registered (`alipay` of `www.alipay.com`), as Unicode.
fn registered_label(host: &str) -> Option<String> {
    let domain = registrable_domain(host)?;
    let label = domain.split('.').next()?;
    Some(unicode(label).into_owned())
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// The text and each text with one character left out: two texts that are one insertion, deletion, substitution or
/// exchange apart have one of these in common, exchanges by leaving out different ones.
fn with_one_left_out(text: &str) -> Vec<String> {
    let mut all = vec![text.to_owned()];
    for (at, c) in text.char_indices() {
        let mut less = String::with_capacity(text.len());
        less.push_str(text.get(..at).unwrap_or_default());
        less.push_str(text.get(at + c.len_utf8()..).unwrap_or_default());
        all.push(less);
    }
    all
}

/// Whether one insertion, deletion, substitution or exchange of neighbours makes the one the other.
fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = |(x, y): &(&char, &char)| x == y;
    let head = a.iter().zip(&b).take_while(same).count();
    let rest = a.len().min(b.len()) - head;
    let tail = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(rest)
        .take_while(same)
        .count();
    let (left_a, left_b) = (a.len() - head - tail, b.len() - head - tail);
    match (left_a, left_b) {
        (0 | 1, 0 | 1) => true,
        (2, 2) => {
            let pair = |of: &[char]| Some((*of.get(head)?, *of.get(head + 1)?));
            pair(&a)
                .zip(pair(&b))
                .is_some_and(|((a1, a2), (b1, b2))| a1 == b2 && a2 == b1)
        }
        _ => false,
    }
}

/// The form in which names that look alike are equal.
fn skeleton(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        out.push(plain(c));
    }
    // Pairs that read as one letter.
    out.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

/// The Latin letter that `c` is taken for.
const fn plain(c: char) -> char {
    match c {
        '0' | 'о' | 'ο' | 'ө' | 'օ' | 'ò' | 'ó' | 'ô' | 'ö' | 'õ' | 'ø' | 'ō' => 'o',
        '1' | 'i' | 'l' | 'і' | 'ӏ' | 'ı' | 'ι' | 'í' | 'ì' | 'î' | 'ï' | 'ī' | 'ł' | '|' => {
            'l'
        }
        '3' | 'е' | 'ё' | 'є' | 'ε' | 'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ė' => 'e',
        '4' | 'а' | 'α' | 'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' | 'ā' | 'ą' | 'ạ' => 'a',
        '5' | 'ѕ' | 'ś' | 'š' | 'ş' | 'ș' => 's',
        '8' | 'в' | 'ь' | 'ß' => 'b',
        '9' | 'ɡ' | 'ğ' | 'ġ' => 'g',
        '7' | 'т' | 'τ' | 'ţ' | 'ț' | 'ť' => 't',
        'с' | 'ç' | 'ć' | 'č' | 'ϲ' => 'c',
        'ԁ' | 'đ' | 'ď' => 'd',
        'һ' | 'ħ' | 'н' => 'h',
        'ј' => 'j',
        'к' | 'κ' | 'ķ' => 'k',
        'м' => 'm',
        'п' | 'ո' | 'η' | 'ñ' | 'ń' | 'ň' => 'n',
        'р' | 'ρ' | 'þ' => 'p',
        'ԛ' => 'q',
        'г' | 'ř' => 'r',
        'υ' | 'ц' | 'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' | 'ш' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ý' | 'ÿ' => 'y',
        '2' | 'ź' | 'ż' | 'ž' => 'z',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn brands(domains: &[&str]) -> Brands {
        Brands::new(domains.iter().map(|domain| (*domain, None)))
    }

    #[test]
    fn disguises_are_seen_through_and_the_brand_itself_is_not_one() {
        let brands = brands(&["alipay.com", "taobao.com", "icbc.com.cn", "qq.com"]);
        for (host, brand) in [
            ("alipay.top", "alipay.com"),
            ("a1ipay.com", "alipay.com"),
            ("alpiay.com", "alipay.com"),
            ("alipays.com", "alipay.com"),
            ("alipay-login.top", "alipay.com"),
            ("alipay.com.evil.top", "alipay.com"),
            ("www.ta0bao.com", "taobao.com"),
            ("icbc.top", "icbc.com.cn"),
            ("my-icbc.cc", "icbc.com.cn"),
        ] {
            assert_eq!(brands.lookalike(host, 0), Some(brand), "{host}");
        }
        let disguised = url::quirks::domain_to_ascii("аlipay.com");
        assert!(disguised.starts_with("xn--"));
        assert_eq!(brands.lookalike(&disguised, 0), Some("alipay.com"));
        for host in [
            "alipay.com",
            "login.alipay.com",
            "example.com",
            "qq-music.top",
            "iebc.top",
            "replay.com",
            "com",
        ] {
            assert_eq!(brands.lookalike(host, 0), None, "{host}");
        }
    }

    #[test]
    fn a_brand_holds_until_its_end() {
        let brands = Brands::new([("alipay.com", Some(10))]);
        assert_eq!(brands.lookalike("alipay.top", 9), Some("alipay.com"));
        assert_eq!(brands.lookalike("alipay.top", 10), None);
    }

    proptest! {
        /// The index finds what comparing with every brand finds.
        #[test]
        fn one_slip_is_always_found(brand in "[b-h]{6,9}", at in 0_usize..9, with in "[b-h]", how in 0..4) {
            let mut slipped: Vec<char> = brand.chars().collect();
            let at = at % slipped.len();
            let with = with.chars().next().unwrap();
            match how {
                0 => slipped[at] = with,
                1 => slipped.insert(at, with),
                2 => drop(slipped.remove(at)),
                _ if at + 1 < slipped.len() => slipped.swap(at, at + 1),
                _ => {}
            }
            let slipped: String = slipped.into_iter().collect();
            prop_assert!(one_slip(&slipped, &brand));
            let domain = format!("{brand}.com");
            let found = brands(&[&domain]).lookalike(&format!("{slipped}.top"), 0).map(str::to_owned);
            // A pair that reads as one letter may come into being: then it is more than one slip.
            let plain = skeleton(&slipped) == slipped && skeleton(&brand) == brand;
            prop_assert!(!plain || found == Some(domain));
        }
    }
}
