//! Standard Webhooks v1 signatures as an institution's own system would make and check them.
//!
//! Written apart from Stanch's connector on purpose: the two sides prove each other. Signed text is
//! `{id}.{timestamp}.{body}`; `v1` is HMAC-SHA256 with a shared `whsec_` secret, `v1a` Ed25519 with a `whpk_` key.

use aws_lc_rs::{hmac, signature};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use stanch_types::Timestamp;
use stanch_types::personal::Secret;
use thiserror::Error;

/// How far a message's timestamp may be from now, both ways (Standard Webhooks: 5 minutes).
pub const TOLERANCE_SECS: i64 = 300;
/// Header with the message's id.
pub const ID_HEADER: &str = "webhook-id";
/// Header with the time of signing in Unix seconds.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Header with the signatures, separated by spaces.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

const SIGNATURES_MAX: usize = 8;
const HEADER_LEN_MAX: usize = 2_048;

/// Why a message or key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// The secret is not `whsec_` and base64 of 24 to 64 bytes.
    #[error("a shared secret is `whsec_` and base64 of 24 to 64 bytes")]
    BadSecret,
    /// The public key is not `whpk_` and base64 of 32 bytes.
    #[error("a public key is `whpk_` and base64 of 32 bytes")]
    BadPublicKey,
    /// A header is missing or malformed.
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    /// The timestamp is too far from now.
    #[error("the message was signed more than 5 minutes from now")]
    Timestamp,
    /// No signature of the wanted kind fits.
    #[error("no valid {0} signature")]
    Signature(&'static str),
}

/// A message's three headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, Unix seconds.
    pub timestamp: i64,
    /// `webhook-signature`.
    pub signature: String,
}

/// The shared secret of one institution and Stanch.
pub struct SharedKey(hmac::Key);

/// Stanch's public key for orders.
pub struct StanchKey(signature::UnparsedPublicKey<[u8; 32]>);

impl SharedKey {
    /// Reads `whsec_…`.
    ///
    /// # Errors
    /// [`WebhookError::BadSecret`].
    pub fn parse(secret: &Secret) -> Result<Self, WebhookError> {
        let bytes = secret
            .expose()
            .strip_prefix("whsec_")
            .and_then(|text| STANDARD.decode(text).ok())
            .filter(|bytes| (24..=64).contains(&bytes.len()))
            .ok_or(WebhookError::BadSecret)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Signs a message; the `v1` signature only.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> SignedHeaders {
        let timestamp = at.as_secs();
        let tag = hmac::sign(&self.0, &signed_text(id, timestamp, body));
        SignedHeaders {
            id: id.to_owned(),
            timestamp,
            signature: format!("v1,{}", STANDARD.encode(tag)),
        }
    }

    /// Checks that a `v1` signature fits and that the message is fresh.
    ///
    /// # Errors
    /// [`WebhookError::Timestamp`], [`WebhookError::Signature`].
    pub fn verify(
        &self,
        headers: &SignedHeaders,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), WebhookError> {
        fresh(headers, now)?;
        let text = signed_text(&headers.id, headers.timestamp, body);
        signatures(headers, "v1")
            .any(|tag| hmac::verify(&self.0, &text, &tag).is_ok())
            .then_some(())
            .ok_or(WebhookError::Signature("v1"))
    }
}

impl StanchKey {
    /// Reads `whpk_…`.
    ///
    /// # Errors
    /// [`WebhookError::BadPublicKey`].
    pub fn parse(key: &str) -> Result<Self, WebhookError> {
        let bytes = key
            .strip_prefix("whpk_")
            .and_then(|text| STANDARD.decode(text).ok())
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or(WebhookError::BadPublicKey)?;
        Ok(Self(signature::UnparsedPublicKey::new(
            &signature::ED25519,
            bytes,
        )))
    }

    /// Checks that a `v1a` signature fits and that the message is fresh.
    ///
    /// # Errors
    /// [`WebhookError::Timestamp`], [`WebhookError::Signature`].
    pub fn verify(
        &self,
        headers: &SignedHeaders,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), WebhookError> {
        fresh(headers, now)?;
        let text = signed_text(&headers.id, headers.timestamp, body);
        signatures(headers, "v1a")
            .any(|tag| self.0.verify(&text, &tag).is_ok())
            .then_some(())
            .ok_or(WebhookError::Signature("v1a"))
    }
}

impl SignedHeaders {
    /// Reads the three headers with `get`, which answers a header's text by its name.
    ///
    /// # Errors
    /// [`WebhookError::Header`].
    pub fn read<'a>(get: impl Fn(&'static str) -> Option<&'a str>) -> Result<Self, WebhookError> {
        let text = |name| {
            get(name)
                .filter(|value| (1..=HEADER_LEN_MAX).contains(&value.len()))
                .ok_or(WebhookError::Header(name))
        };
        Ok(Self {
            id: text(ID_HEADER)?.to_owned(),
            timestamp: text(TIMESTAMP_HEADER)?
                .parse()
                .map_err(|_| WebhookError::Header(TIMESTAMP_HEADER))?,
            signature: text(SIGNATURE_HEADER)?.to_owned(),
        })
    }
}

/// The whole `whsec_` text of 32 given bytes.
#[must_use]
pub fn secret_text(bytes: &[u8; 32]) -> Secret {
    Secret::new(format!("whsec_{}", STANDARD.encode(bytes)))
}

/// The `whpk_` text of an Ed25519 public key.
#[must_use]
pub fn public_key_text(bytes: &[u8; 32]) -> String {
    format!("whpk_{}", STANDARD.encode(bytes))
}

fn fresh(headers: &SignedHeaders, now: Timestamp) -> Result<(), WebhookError> {
    let off = now.as_secs().abs_diff(headers.timestamp);
    if off <= TOLERANCE_SECS.unsigned_abs() {
        Ok(())
    } else {
        Err(WebhookError::Timestamp)
    }
}

fn signed_text(id: &str, timestamp: i64, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{id}.{timestamp}.").into_bytes();
    text.extend_from_slice(body);
    text
}

fn signatures<'a>(
    headers: &'a SignedHeaders,
    version: &'static str,
) -> impl Iterator<Item = Vec<u8>> + 'a {
    headers
        .signature
        .split(' ')
        .take(SIGNATURES_MAX)
        .filter_map(move |part| {
            let (found, text) = part.split_once(',')?;
            (found == version).then(|| STANDARD.decode(text).ok())?
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";

    fn shared() -> SharedKey {
        SharedKey::parse(&Secret::new(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
        ))
        .unwrap()
    }

    #[test]
    fn the_published_vector_fits() {
        let at = Timestamp::from_secs(1_614_265_330);
        let headers = shared().sign(ID, at, BODY);
        assert_eq!(
            headers.signature,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(shared().verify(&headers, BODY, at), Ok(()));
    }

    #[test]
    fn a_changed_message_is_refused() {
        let at = Timestamp::from_secs(1_614_265_330);
        let good = shared().sign(ID, at, BODY);
        let check = |headers: &SignedHeaders, body: &[u8]| shared().verify(headers, body, at);
        let wrong = Err(WebhookError::Signature("v1"));
        assert_eq!(check(&good, b"{}"), wrong);
        let other_id = SignedHeaders {
            id: "msg_x".into(),
            ..good.clone()
        };
        assert_eq!(check(&other_id, BODY), wrong);
        let later = SignedHeaders {
            timestamp: good.timestamp + 1,
            ..good.clone()
        };
        assert_eq!(check(&later, BODY), wrong);
        let v2 = SignedHeaders {
            signature: good.signature.replace("v1,", "v2,"),
            ..good.clone()
        };
        assert_eq!(check(&v2, BODY), wrong);
        let one_of_many = SignedHeaders {
            signature: format!("v1,AAAA v1a,zz {}", good.signature),
            ..good.clone()
        };
        assert_eq!(check(&one_of_many, BODY), Ok(()));
    }

    #[test]
    fn an_old_message_is_refused() {
        let at = Timestamp::from_secs(1_614_265_330);
        let headers = shared().sign(ID, at, BODY);
        for (off, want) in [
            (300, Ok(())),
            (-300, Ok(())),
            (301, Err(WebhookError::Timestamp)),
            (-301, Err(WebhookError::Timestamp)),
        ] {
            let now = Timestamp::from_secs(1_614_265_330 + off);
            assert_eq!(shared().verify(&headers, BODY, now), want, "{off}");
        }
    }

    #[test]
    fn stanchs_own_signature_is_checked() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public = <[u8; 32]>::try_from(pair.public_key().as_ref()).unwrap();
        let key = StanchKey::parse(&public_key_text(&public)).unwrap();
        let at = Timestamp::from_secs(1_700_000_000);
        let signed = pair.sign(&signed_text(ID, at.as_secs(), BODY));
        let headers = SignedHeaders {
            id: ID.into(),
            timestamp: at.as_secs(),
            signature: format!("v1a,{}", STANDARD.encode(signed)),
        };
        assert_eq!(key.verify(&headers, BODY, at), Ok(()));
        assert_eq!(
            key.verify(&headers, b"{}", at),
            Err(WebhookError::Signature("v1a"))
        );
    }

    #[test]
    fn malformed_keys_and_headers_are_refused() {
        for text in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_%%%",
        ] {
            assert!(
                SharedKey::parse(&Secret::new(text.into())).is_err(),
                "{text}"
            );
        }
        assert!(StanchKey::parse("whpk_AAAA").is_err());
        let missing = SignedHeaders::read(|name| (name != TIMESTAMP_HEADER).then_some("1"));
        assert_eq!(missing, Err(WebhookError::Header(TIMESTAMP_HEADER)));
        let not_a_number = SignedHeaders::read(|_| Some("x"));
        assert_eq!(not_a_number, Err(WebhookError::Header(TIMESTAMP_HEADER)));
    }
}
