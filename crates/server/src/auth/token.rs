//! Session tokens: 256 random bits; only their SHA-256 is stored. The cross-site request token follows from it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use stanch_types::Ctx;
use subtle::ConstantTimeEq;

use crate::extract::sha256;

/// Characters of a token.
const TOKEN_CHARS: usize = 43;

/// A session token as the caller holds it. Not printable.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new token.
    #[must_use]
    pub fn new(ctx: &Ctx) -> Self {
        Self(URL_SAFE_NO_PAD.encode(ctx.random_bytes::<32>()))
    }

    /// A token as a caller shows it; none if it cannot be one.
    #[must_use]
    pub fn shown(text: &str) -> Option<Self> {
        let plausible = text.len() == TOKEN_CHARS
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        plausible.then(|| Self(text.to_owned()))
    }

    /// The token itself, for the one who gets it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256, hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        hex::encode(sha256(self.0.as_bytes()))
    }

    /// The cross-site request token bound to this session. It follows from the token, which scripts in a browser
    /// cannot read (the cookie is `HttpOnly`), so it need not be stored.
    #[must_use]
    pub fn csrf(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(format!("stanch.csrf/1:{}", self.0).as_bytes()))
    }

    /// Whether `shown` is the cross-site request token of this session; in constant time.
    #[must_use]
    pub fn csrf_matches(&self, shown: &str) -> bool {
        self.csrf().as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_round_trip() {
        let ctx = Ctx::system();
        let (one, other) = (Token::new(&ctx), Token::new(&ctx));
        assert_ne!(one.digest(), other.digest());
        let shown = Token::shown(one.expose()).unwrap();
        assert_eq!(shown.digest(), one.digest());
        assert!(shown.csrf_matches(&one.csrf()));
        assert!(!shown.csrf_matches(&other.csrf()));
        assert!(!shown.csrf_matches(""));
        assert!(!one.csrf().contains(one.expose()));
    }

    #[test]
    fn refuses_what_cannot_be_a_token() {
        for bad in ["", "x", &"é".repeat(43), &"a".repeat(44), &" ".repeat(43)] {
            assert!(Token::shown(bad).is_none());
        }
    }
}
