//! One link with everything that speaks about it.

use std::borrow::Cow;

use stanch_types::Score;

use super::address::Address;
use super::feature::Features;
use super::host::unicode;
use super::known;
use super::model::UrlModel;

/// Features of the model that are told for a link.
const FEATURES_SHOWN_MAX: usize = 3;
/// From this score on features of the model are told.
const SUSPICIOUS_MIN: u16 = 5_000;
/// A feature is told when it moves the margin by at least this.
const SHARE_MIN: f32 = 0.05;

/// Why a link is suspicious.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It looks like this protected domain without being it or below it.
    Lookalike(Box<str>),
    /// Its host is an IP address.
    IpLiteral,
    /// Something that may be taken for the host stands before it.
    Userinfo,
    /// Letters of different scripts in one label, as people see it.
    MixedScripts(Box<str>),
    /// A label of its host is punycode; as people see it.
    Punycode(Box<str>),
    /// Anybody can publish on this platform.
    Hosted(Box<str>),
    /// It hides where it leads.
    Shortener,
    /// A port that is not the scheme's own.
    Port(u16),
    /// It was written in disguise.
    Disguised,
    /// A feature that the lexical model holds against it.
    Lexical(Box<str>),
}

impl Reason {
    /// One word, as in the answers of the API.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Lookalike(_) => "lookalike",
            Self::IpLiteral => "ip_literal",
            Self::Userinfo => "userinfo",
            Self::MixedScripts(_) => "mixed_scripts",
            Self::Punycode(_) => "punycode",
            Self::Hosted(_) => "hosted",
            Self::Shortener => "shortener",
            Self::Port(_) => "port",
            Self::Disguised => "disguised",
            Self::Lexical(_) => "lexical",
        }
    }

    /// What it is about, if the word does not say it all.
    #[must_use]
    pub fn says(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Lookalike(text)
            | Self::MixedScripts(text)
            | Self::Punycode(text)
            | Self::Hosted(text)
            | Self::Lexical(text) => Some(Cow::Borrowed(text)),
            Self::Port(port) => Some(Cow::Owned(port.to_string())),
            Self::IpLiteral | Self::Userinfo | Self::Shortener | Self::Disguised => None,
        }
    }
}

/// A link and what speaks about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessed {
    /// How likely it deceives.
    pub score: Score,
    /// Why, the strongest signs first.
    pub reasons: Vec<Reason>,
}

/// Assesses links with a model; its buffers are used again and again.
#[derive(Debug)]
pub struct Assessor<'m> {
    model: &'m UrlModel,
    features: Features,
}

impl<'m> Assessor<'m> {
    /// With `model`.
    #[must_use]
    pub fn new(model: &'m UrlModel) -> Self {
        Self {
            model,
            features: Features::default(),
        }
    }

    /// The model it asks.
    #[must_use]
    pub const fn model(&self) -> &'m UrlModel {
        self.model
    }

    /// Assesses an address; `disguised` says how it was written.
    pub fn assess(&mut self, address: &Address, disguised: bool) -> Assessed {
        let mut reasons = Vec::new();
        if !address.is_ip()
            && let Some(brand) = known::brands().lookalike(address.host(), i64::MIN)
        {
            reasons.push(Reason::Lookalike(brand.into()));
        }
        if address.is_ip() {
            reasons.push(Reason::IpLiteral);
        }
        if address.has_userinfo() {
            reasons.push(Reason::Userinfo);
        }
        if address.is_punycode() {
            let seen = unicode(address.host());
            let mixed = seen.split('.').find(|label| has_mixed_scripts(label));
            reasons.push(match mixed {
                Some(label) => Reason::MixedScripts(label.into()),
                None => Reason::Punycode(seen.as_ref().into()),
            });
        }
        if disguised {
            reasons.push(Reason::Disguised);
        }
        if known::is_shortener(address) {
            reasons.push(Reason::Shortener);
        }
        if let Some(platform) = known::platform(address) {
            reasons.push(Reason::Hosted(platform.into()));
        }
        if let Some(port) = address.port() {
            reasons.push(Reason::Port(port));
        }
        let score = self.model.score(address, &mut self.features);
        if score.get() >= SUSPICIOUS_MIN {
            reasons.extend(self.lexical(address));
        }
        Assessed { score, reasons }
    }

    /// The features that speak loudest against an address.
    fn lexical(&mut self, address: &Address) -> impl Iterator<Item = Reason> + use<> {
        let named = self.features.named(address, self.model.bits()).into_iter();
        let mut shares: Vec<(f32, String)> = named
            .map(|(name, bucket, value)| (self.model.weight(bucket) * value, name))
            .filter(|(share, _)| *share >= SHARE_MIN)
            .collect();
        shares.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        shares.truncate(FEATURES_SHOWN_MAX);
        shares
            .into_iter()
            .map(|(_, name)| Reason::Lexical(name.into()))
    }
}

/// Whether Latin letters stand beside Cyrillic or Greek ones.
fn has_mixed_scripts(label: &str) -> bool {
    let is_latin = |c: char| c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c);
    let is_like = |c: char| ('\u{370}'..='\u{52f}').contains(&c);
    label.chars().any(is_latin) && label.chars().any(is_like)
}

#[cfg(test)]
mod tests {
    use super::super::model::Curve;
    use super::*;

    fn words(text: &str, disguised: bool) -> Vec<String> {
        let curves = [Curve {
            slope: 1.0,
            offset: 1.0,
        }; 2];
        let model = UrlModel::new("t", (0.01, 1.0), curves, vec![100; 1024]).expect("fits");
        let address = Address::read(text).expect("an address");
        let assessed = Assessor::new(&model).assess(&address, disguised);
        let said = assessed.reasons.iter().map(|reason| match reason.says() {
            Some(says) => format!("{} {says}", reason.word()),
            None => reason.word().to_owned(),
        });
        said.filter(|said| !said.starts_with("lexical")).collect()
    }

    #[test]
    fn what_speaks_against_a_link_is_told() {
        for (text, reasons) in [
            ("alipay-login.top", &["lookalike alipay.com"][..]),
            ("http://1.2.3.4:81/x", &["ip_literal", "port 81"]),
            ("http://icbc.com.cn@evil.top", &["userinfo"]),
            ("http://раураl.top", &["mixed_scripts раураl"]),
            ("http://例子.com", &["punycode 例子.com"]),
            ("https://bit.ly/a", &["shortener"]),
            ("https://x.pages.dev", &["hosted pages.dev"]),
            ("https://www.alipay.com/x", &[]),
        ] {
            let found = words(text, false);
            let found: Vec<&str> = found
                .iter()
                .map(String::as_str)
                .filter(|w| !w.starts_with("lookalike paypal"))
                .collect();
            assert_eq!(found, reasons, "{text}");
        }
        assert_eq!(words("evil.top", true), ["disguised"]);
    }
}
