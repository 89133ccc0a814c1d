//! Standard Webhooks signatures, both ways: `v1` (HMAC-SHA256 with a shared secret) and `v1a` (ed25519).
//!
//! The signed content is `id.timestamp.body`. A message counts if any one of its signatures is good; the time must
//! lie within [`TOLERANCE`] of the receiver's clock. Secrets are compared in constant time.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use stanch_types::{Duration, Timestamp};
use thiserror::Error;

/// How far a message's time may lie from the receiver's clock (Standard Webhooks: 5 minutes).
pub const TOLERANCE: Duration = Duration::from_mins(5);
/// Most characters in a message id.
pub const MESSAGE_ID_LEN_MAX: usize = 128;
/// Most signatures looked at in one message; more than any key rotation needs.
pub const SIGNATURES_MAX: usize = 16;
/// Header with the message id.
pub const HEADER_ID: &str = "webhook-id";
/// Header with the time of sending, in seconds since 1970.
pub const HEADER_TIMESTAMP: &str = "webhook-timestamp";
/// Header with the signatures, separated by spaces.
pub const HEADER_SIGNATURE: &str = "webhook-signature";

const SECRET_PREFIX: &str = "whsec_";
const PUBLIC_KEY_PREFIX: &str = "whpk_";
/// Standard Webhooks asks for 24 to 64 bytes; 16 is the floor of any HMAC key we accept.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// Why a message is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// A header is absent or cannot be read.
    #[error("header {0} is missing or malformed")]
    Header(&'static str),
    /// The time is too far from the receiver's clock.
    #[error("the message was sent {0} s away from the receiver's clock, more than allowed")]
    Time(i64),
    /// No signature is good.
    #[error("no signature of the message is good")]
    Signature,
    /// The secret or key is not in its text form.
    #[error("not a {0} key in base64")]
    Key(&'static str),
}

/// A shared secret, `whsec_` and base64 of 16 to 64 bytes.
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key);

impl WebhookSecret {
    /// The `v1` signature of a message, as it stands in the header.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_secs: i64, body: &[u8]) -> String {
        let tag = hmac::sign(&self.0, &signed_content(id, timestamp_secs, body));
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}

impl FromStr for WebhookSecret {
    type Err = WebhookError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix(SECRET_PREFIX)
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .filter(|bytes| SECRET_BYTES.contains(&bytes.len()))
            .map(|bytes| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
            .ok_or(WebhookError::Key(SECRET_PREFIX))
    }
}
impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(***)")
    }
}

/// A public key for `v1a`, `whpk_` and base64 of 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookPublicKey([u8; 32]);

impl WebhookPublicKey {
    /// The public half of `pair`.
    ///
    /// # Errors
    /// [`WebhookError::Key`] if it is not 32 bytes, which ed25519 excludes.
    pub fn of(pair: &Ed25519KeyPair) -> Result<Self, WebhookError> {
        pair.public_key()
            .as_ref()
            .try_into()
            .map(Self)
            .map_err(|_| WebhookError::Key(PUBLIC_KEY_PREFIX))
    }

    fn accepts(&self, content: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(content, signature)
            .is_ok()
    }
}
impl FromStr for WebhookPublicKey {
    type Err = WebhookError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix(PUBLIC_KEY_PREFIX)
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(WebhookError::Key(PUBLIC_KEY_PREFIX))
    }
}
impl fmt::Display for WebhookPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC_KEY_PREFIX}{}", STANDARD.encode(self.0))
    }
}
impl fmt::Debug for WebhookPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The `v1a` signature of a message, as it stands in the header. Deterministic (RFC 8032).
#[must_use]
pub fn sign_v1a(pair: &Ed25519KeyPair, id: &str, timestamp_secs: i64, body: &[u8]) -> String {
    let signature = pair.sign(&signed_content(id, timestamp_secs, body));
    format!("v1a,{}", STANDARD.encode(signature.as_ref()))
}

/// What a receiver can check signatures with; at least one should be given. Two secrets serve a change of secret.
#[derive(Debug, Clone, Default)]
pub struct VerifyKeys {
    /// Shared secrets, any of which may have signed.
    pub secrets: Vec<WebhookSecret>,
    /// Public keys, any of which may have signed.
    pub public_keys: Vec<WebhookPublicKey>,
}

/// Checks a message signed with `secret` and gives its id.
///
/// # Errors
/// [`WebhookError`]; the receiver answers 401 whatever the reason.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secret: &WebhookSecret,
    now: Timestamp,
) -> Result<String, WebhookError> {
    let keys = VerifyKeys {
        secrets: vec![secret.clone()],
        public_keys: Vec::new(),
    };
    verify_any(headers, body, &keys, now)
}

/// Checks a message against several keys and gives its id.
///
/// # Errors
/// [`WebhookError`]; the receiver answers 401 whatever the reason.
pub fn verify_any(
    headers: &HeaderMap,
    body: &[u8],
    keys: &VerifyKeys,
    now: Timestamp,
) -> Result<String, WebhookError> {
    let id = header(headers, HEADER_ID)?;
    // A full stop would let one signed content be split in two ways.
    let id_is_plain = id.bytes().all(|b| b.is_ascii_graphic() && b != b'.');
    if !(1..=MESSAGE_ID_LEN_MAX).contains(&id.len()) || !id_is_plain {
        return Err(WebhookError::Header(HEADER_ID));
    }
    let sent = header(headers, HEADER_TIMESTAMP)?;
    let timestamp_secs = Some(sent)
        .filter(|text| text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse::<i64>().ok())
        .ok_or(WebhookError::Header(HEADER_TIMESTAMP))?;
    let content = [id.as_bytes(), b".", sent.as_bytes(), b".", body].concat();
    let good = header(headers, HEADER_SIGNATURE)?
        .split(' ')
        .take(SIGNATURES_MAX)
        .any(|signature| is_good(signature, &content, keys));
    if !good {
        return Err(WebhookError::Signature);
    }
    // After the signature, so that a stranger learns nothing about the clock.
    let away = now.since(Timestamp::from_secs(timestamp_secs));
    if away > TOLERANCE || away < Duration::from_micros(-TOLERANCE.as_micros()) {
        return Err(WebhookError::Time(away.as_secs()));
    }
    Ok(id.to_owned())
}

fn header<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, WebhookError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| WebhookError::Header(name)),
        _ => Err(WebhookError::Header(name)),
    }
}

fn is_good(signature: &str, content: &[u8], keys: &VerifyKeys) -> bool {
    let Some((version, encoded)) = signature.split_once(',') else {
        return false;
    };
    let Ok(bytes) = STANDARD.decode(encoded) else {
        return false;
    };
    match version {
        "v1" => keys.secrets.iter().any(|secret| {
            let tag = hmac::sign(&secret.0, content);
            constant_time::verify_slices_are_equal(tag.as_ref(), &bytes).is_ok()
        }),
        "v1a" => keys
            .public_keys
            .iter()
            .any(|key| key.accepts(content, &bytes)),
        _ => false,
    }
}

fn signed_content(id: &str, timestamp_secs: i64, body: &[u8]) -> Vec<u8> {
    let mut content = format!("{id}.{timestamp_secs}.").into_bytes();
    content.extend_from_slice(body);
    content
}

#[cfg(test)]
mod tests;
