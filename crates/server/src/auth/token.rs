//! Session tokens: 256 random bits; only their SHA-256 is stored. The cross-site request token follows from it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use stanch_types::Ctx;
use subtle::ConstantTimeEq;

use crate::extract::sha256;

/// Characters of a token.
const TOKEN_CHARS: usize = 43;
/// What every key begins with, so that scanners of code and logs know it.
const KEY_PREFIX: &str = "stanch_";
/// Hexadecimal digits of a key's random part.
const KEY_RANDOM: usize = 64;
/// Hexadecimal digits of a key's check, by which a scanner tells keys from what looks like one: the first ones of the
/// SHA-256 of what stands before them.
const KEY_CHECK: usize = 8;

/// A session token as the caller holds it. Not printable.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new token.
    #[must_use]
    pub fn new(ctx: &Ctx) -> Self {
        Self(URL_SAFE_NO_PAD.encode(ctx.random_bytes::<32>()))
    }

    /// A new key of a program.
    #[must_use]
    pub fn new_key(ctx: &Ctx) -> Self {
        let body = format!("{KEY_PREFIX}{}", hex::encode(ctx.random_bytes::<32>()));
        let check = key_check(&body);
        Self(body + &check)
    }

    /// Whether it is a key of a program.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.0.len() != TOKEN_CHARS
    }

    /// A token or key as a caller shows it; none if it cannot be one.
    #[must_use]
    pub fn shown(text: &str) -> Option<Self> {
        if text.starts_with(KEY_PREFIX) && text.len() != TOKEN_CHARS {
            let (body, check) = text.split_at_checked(KEY_PREFIX.len() + KEY_RANDOM)?;
            let right = check == key_check(body);
            return right.then(|| Self(text.to_owned()));
        }
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

/// The check of a key, given what stands before it.
fn key_check(body: &str) -> String {
    let mut digits = hex::encode(sha256(body.as_bytes()));
    digits.truncate(KEY_CHECK);
    digits
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
    fn keys_carry_their_prefix_and_their_check() {
        let key = Token::new_key(&Ctx::system());
        let text = key.expose().to_owned();
        assert!(text.starts_with("stanch_") && text.len() == 79);
        assert!(Token::shown(&text).unwrap().is_key());
        let other = if text.ends_with('0') { '1' } else { '0' };
        let wrong = format!("{}{other}", &text[..78]);
        assert!(Token::shown(&wrong).is_none());
        assert!(Token::shown(&text[..78]).is_none());
        assert!(Token::shown("stanch_é").is_none());
        assert!(!Token::new(&Ctx::system()).is_key());
    }

    #[test]
    fn refuses_what_cannot_be_a_token() {
        for bad in ["", "x", &"é".repeat(43), &"a".repeat(44), &" ".repeat(43)] {
            assert!(Token::shown(bad).is_none());
        }
    }
}
