//! Whether an ID token is what the provider signed for this sign-in (OpenID Connect Core 1.0, section 3.1.3.7).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};
use stanch_types::{Duration, Timestamp};
use subtle::ConstantTimeEq as _;

/// How far the provider's clock may be from ours.
const SKEW: Duration = Duration::from_secs(60);
/// Age from which a token is not one of this sign-in.
const AGE_MAX: Duration = Duration::from_mins(10);
/// The last second of the year 9999.
const LAST_SECS: i64 = 253_402_300_799;

/// The claims of a token.
pub type Claims = Map<String, Value>;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No key of the provider has the token's key identifier: it may have new keys.
    KeyUnknown,
    /// Anything else.
    Wrong(&'static str),
}

/// What a token must say.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The issuer, exactly.
    pub issuer: &'a str,
    /// The audience: our client identifier.
    pub client_id: &'a str,
    /// What was sent with the sign-in.
    pub nonce: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// The claims of a token that is signed with one of `keys` and says what is wanted.
///
/// # Errors
/// [`Refusal`].
pub fn verify(token: &str, keys: &JwkSet, wanted: &Wanted<'_>) -> Result<Claims, Refusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Wrong("header"))?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err(Refusal::Wrong("algorithm"));
    }
    let key = find(keys, header.kid.as_deref(), header.alg).ok_or(Refusal::KeyUnknown)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Refusal::Wrong("key"))?;
    // The claims are held against our own clock below.
    let mut signature_only = Validation::new(header.alg);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_nbf = false;
    signature_only.validate_aud = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &signature_only)
        .map_err(|_| Refusal::Wrong("signature"))?
        .claims;
    check(&claims, wanted).map_err(Refusal::Wrong)?;
    Ok(claims)
}

/// The key that a token names; without a name, the only one that fits.
fn find<'a>(keys: &'a JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let signs = key.common.public_key_use.as_ref();
        let signs = signs.is_none_or(|it| *it == PublicKeyUse::Signature);
        let named = key.common.key_algorithm.map(|it| it.to_string());
        signs
            && made_for(key, algorithm)
            && named.is_none_or(|name| name == format!("{algorithm:?}"))
    };
    if let Some(kid) = kid {
        return keys.find(kid).filter(fits);
    }
    let mut fitting = keys.keys.iter().filter(fits);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Whether a key is of the kind that the algorithm signs with.
fn made_for(key: &Jwk, algorithm: Algorithm) -> bool {
    if let AlgorithmParameters::EllipticCurve(it) = &key.algorithm {
        return algorithm == Algorithm::ES256 && it.curve == EllipticCurve::P256;
    }
    algorithm == Algorithm::RS256 && matches!(key.algorithm, AlgorithmParameters::RSA(_))
}

fn check(claims: &Claims, wanted: &Wanted<'_>) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| {
        let secs = claims.get(name).and_then(Value::as_i64)?;
        Some(Timestamp::from_secs(secs.clamp(0, LAST_SECS)))
    };
    if text("iss") != Some(wanted.issuer) {
        return Err("issuer");
    }
    let ours = match claims.get("aud") {
        Some(Value::String(one)) => one == wanted.client_id,
        Some(Value::Array(many)) => {
            let named = many.iter().any(|it| it.as_str() == Some(wanted.client_id));
            named && (many.len() == 1 || text("azp") == Some(wanted.client_id))
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    };
    if !ours || text("azp").is_some_and(|azp| azp != wanted.client_id) {
        return Err("audience");
    }
    let nonce = text("nonce").unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(wanted.nonce.as_bytes())) {
        return Err("nonce");
    }
    if time("exp").is_none_or(|end| end.plus(SKEW) <= wanted.now) {
        return Err("end");
    }
    let issued = time("iat").ok_or("time of issue")?;
    if issued > wanted.now.plus(SKEW) || issued.plus(AGE_MAX) <= wanted.now {
        return Err("time of issue");
    }
    if time("nbf").is_some_and(|from| from > wanted.now.plus(SKEW)) {
        return Err("begin");
    }
    Ok(())
}
