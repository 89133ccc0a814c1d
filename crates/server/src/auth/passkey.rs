//! Passkeys: what a person's device signed for this site (Web Authentication Level 3, sections 7.1 and 7.2).
//!
//! The device is asked to see that its owner is there and is the owner (user verification), so that one passkey stands for
//! password and second factor. No attestation is asked for: which make a device is of decides nothing here, and without
//! one the page's word on the public key is as good as that of the bytes around it.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use stanch_types::credential::{Passkey, PasskeyAlgorithm};
use subtle::ConstantTimeEq as _;
use url::{Host, Url};

use crate::extract::sha256;

/// Longest identifier of a credential, in bytes (section 4).
pub const CREDENTIAL_ID_MAX: usize = 1_023;
/// Authenticator data without extensions and attested data: RP ID hash, flags, count.
const HEAD: usize = 37;
/// Somebody touched the device.
const USER_PRESENT: u8 = 0x01;
/// The device saw that it was its owner.
const USER_VERIFIED: u8 = 0x04;
/// A credential is described.
const ATTESTED: u8 = 0x40;
/// Of the attested data: AAGUID and the length of the identifier.
const ATTESTED_HEAD: usize = 18;

/// This site as devices know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The host's name.
    pub id: String,
    /// Scheme, host and port.
    pub origin: String,
}

impl RelyingParty {
    /// The site at the public address; none if browsers know no passkeys there: they want HTTPS, or `localhost`.
    #[must_use]
    pub fn of(public_url: &str) -> Option<Self> {
        let url = Url::parse(public_url).ok()?;
        let Some(Host::Domain(name)) = url.host() else {
            return None;
        };
        let good = url.scheme() == "https" || (url.scheme() == "http" && name == "localhost");
        good.then(|| Self {
            id: name.to_owned(),
            origin: url.origin().ascii_serialization(),
        })
    }
}

/// What a device answered when a passkey was made, as the browser gives it.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// The client's data, as bytes of JSON.
    pub client_data: &'a [u8],
    /// The authenticator's data.
    pub authenticator_data: &'a [u8],
    /// The device's identifier of the passkey.
    pub credential_id: &'a [u8],
    /// How it signs.
    pub algorithm: PasskeyAlgorithm,
    /// The public key, SubjectPublicKeyInfo in DER.
    pub public_key: &'a [u8],
}

/// What a device signed to let its owner in.
#[derive(Debug, Clone)]
pub struct Signed<'a> {
    /// The client's data, as bytes of JSON.
    pub client_data: &'a [u8],
    /// The authenticator's data.
    pub authenticator_data: &'a [u8],
    /// The signature over the authenticator's data and the SHA-256 of the client's.
    pub signature: &'a [u8],
}

/// Why an answer is refused.
pub type Refused = &'static str;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// The challenge that an answer speaks of, as it was sent: names what was begun.
#[must_use]
pub fn challenge_of(client_data: &[u8]) -> Option<String> {
    let data: ClientData = serde_json::from_slice(client_data).ok()?;
    (data.challenge.len() <= 64).then_some(data.challenge)
}

fn check_client(
    rp: &RelyingParty,
    bytes: &[u8],
    kind: &str,
    challenge: &[u8; 32],
) -> Result<(), Refused> {
    let data: ClientData = serde_json::from_slice(bytes).map_err(|_| "client data")?;
    if data.kind != kind {
        return Err("type");
    }
    let told = URL_SAFE_NO_PAD.decode(&data.challenge).unwrap_or_default();
    if !bool::from(told.ct_eq(challenge)) {
        return Err("challenge");
    }
    if data.origin != rp.origin || data.cross_origin {
        return Err("origin");
    }
    Ok(())
}

/// The flags and the count of signatures of authenticator data made for this site by its owner.
fn check_device(rp: &RelyingParty, data: &[u8]) -> Result<(u8, u32), Refused> {
    let (head, _) = data.split_at_checked(HEAD).ok_or("authenticator data")?;
    let (site, rest) = head.split_at(32);
    if site != sha256(rp.id.as_bytes()) {
        return Err("site");
    }
    let (flags, count) = rest.split_first().ok_or("authenticator data")?;
    if flags & USER_PRESENT == 0 {
        return Err("presence");
    }
    if flags & USER_VERIFIED == 0 {
        return Err("user verification");
    }
    let count = count.try_into().map_err(|_| "authenticator data")?;
    Ok((*flags, u32::from_be_bytes(count)))
}

/// Checks the making of a passkey; gives the device's count of signatures.
///
/// # Errors
/// Why it is refused.
pub fn check_made(
    rp: &RelyingParty,
    made: &Made<'_>,
    challenge: &[u8; 32],
) -> Result<u32, Refused> {
    check_client(rp, made.client_data, "webauthn.create", challenge)?;
    let (flags, count) = check_device(rp, made.authenticator_data)?;
    if flags & ATTESTED == 0 {
        return Err("attested data");
    }
    let attested = made.authenticator_data.get(HEAD..).unwrap_or_default();
    let (head, rest) = attested
        .split_at_checked(ATTESTED_HEAD)
        .ok_or("attested data")?;
    let length = head.get(16..).and_then(|it| <[u8; 2]>::try_from(it).ok());
    let length = usize::from(u16::from_be_bytes(length.ok_or("attested data")?));
    let id = rest.get(..length).ok_or("attested data")?;
    if id.is_empty() || id.len() > CREDENTIAL_ID_MAX || id != made.credential_id {
        return Err("credential identifier");
    }
    let key = UnparsedPublicKey::new(algorithm(made.algorithm), made.public_key);
    if key.parse().is_err() {
        return Err("public key");
    }
    Ok(count)
}

/// Checks what a device signed to let its owner in; gives its new count of signatures.
///
/// # Errors
/// Why it is refused; `count` if the device's count did not grow, so that there may be a copy of it.
pub fn check_signed(
    rp: &RelyingParty,
    signed: &Signed<'_>,
    challenge: &[u8; 32],
    passkey: &Passkey,
) -> Result<u32, Refused> {
    check_client(rp, signed.client_data, "webauthn.get", challenge)?;
    let (_, count) = check_device(rp, signed.authenticator_data)?;
    let key = hex::decode(&passkey.public_key).map_err(|_| "public key")?;
    let message = [signed.authenticator_data, &sha256(signed.client_data)].concat();
    UnparsedPublicKey::new(algorithm(passkey.algorithm), key)
        .verify(&message, signed.signature)
        .map_err(|_| "signature")?;
    if (count != 0 || passkey.signatures != 0) && count <= passkey.signatures {
        return Err("count");
    }
    Ok(count)
}

fn algorithm(of: PasskeyAlgorithm) -> &'static dyn VerificationAlgorithm {
    match of {
        PasskeyAlgorithm::Es256 => &ECDSA_P256_SHA256_ASN1,
        PasskeyAlgorithm::EdDsa => &ED25519,
        PasskeyAlgorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
    use serde_json::json;
    use stanch_types::{Id, Timestamp};

    const CHALLENGE: [u8; 32] = [7; 32];

    fn site() -> RelyingParty {
        RelyingParty::of("https://stanch.example.org").unwrap()
    }

    /// Client data and authenticator data of a device that says nothing false.
    fn said() -> (Vec<u8>, Vec<u8>) {
        let client = json!({
            "type": "webauthn.get", "challenge": URL_SAFE_NO_PAD.encode(CHALLENGE), "origin": site().origin,
        });
        let mut device = sha256(site().id.as_bytes()).to_vec();
        device.extend([USER_PRESENT | USER_VERIFIED, 0, 0, 0, 1]);
        (client.to_string().into_bytes(), device)
    }

    fn is_let_in(algorithm: PasskeyAlgorithm, key: &[u8], sign: impl Fn(&[u8]) -> Vec<u8>) -> bool {
        let passkey = Passkey {
            id: Id::from_digest([1; 16]),
            user_id: Id::from_digest([2; 16]),
            name: "key".to_owned(),
            credential_id: "01".to_owned(),
            algorithm,
            public_key: hex::encode(key),
            signatures: 0,
            created_at: Timestamp::from_secs(1),
            last_used_at: None,
        };
        let (client_data, authenticator_data) = said();
        let message = [authenticator_data.as_slice(), &sha256(&client_data)].concat();
        let signed = Signed {
            client_data: &client_data,
            authenticator_data: &authenticator_data,
            signature: &sign(&message),
        };
        check_signed(&site(), &signed, &CHALLENGE, &passkey) == Ok(1)
    }

    #[test]
    fn ed25519_and_rsa_keys_let_in_too() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key: PublicKeyX509Der = pair.public_key().as_der().unwrap();
        let (eddsa, rs256) = (PasskeyAlgorithm::EdDsa, PasskeyAlgorithm::Rs256);
        let sign = |message: &[u8]| pair.sign(message).as_ref().to_vec();
        assert!(is_let_in(eddsa, key.as_ref(), sign));
        assert!(!is_let_in(eddsa, key.as_ref(), |_| sign(b"else")));
        assert!(!is_let_in(rs256, key.as_ref(), sign));
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let key: PublicKeyX509Der = pair.public_key().as_der().unwrap();
        let sign = |message: &[u8]| {
            let mut signature = vec![0; pair.public_modulus_len()];
            let random = SystemRandom::new();
            pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                .unwrap();
            signature
        };
        assert!(is_let_in(rs256, key.as_ref(), sign));
        assert!(!is_let_in(rs256, key.as_ref(), |_| sign(b"else")));
    }

    #[test]
    fn browsers_know_passkeys_at_some_addresses_only() {
        for good in [
            "https://a.example/",
            "https://a.example:8443",
            "http://localhost:8080",
        ] {
            assert!(RelyingParty::of(good).is_some(), "{good}");
        }
        for bad in [
            "http://a.example",
            "https://192.0.2.1",
            "ftp://localhost",
            "",
            "a",
        ] {
            assert!(RelyingParty::of(bad).is_none(), "{bad}");
        }
    }
}
