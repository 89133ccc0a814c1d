use proptest::prelude::*;

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SENT: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn secret() -> WebhookSecret {
    SECRET.parse().unwrap()
}

fn headers(id: &str, sent: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HEADER_ID, id.parse().unwrap());
    headers.insert(HEADER_TIMESTAMP, sent.parse().unwrap());
    headers.insert(HEADER_SIGNATURE, signature.parse().unwrap());
    headers
}

fn check(headers: &HeaderMap, body: &[u8], now_secs: i64) -> Result<String, WebhookError> {
    verify(headers, body, &secret(), Timestamp::from_secs(now_secs))
}

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

#[test]
fn the_published_vector() {
    assert_eq!(secret().sign(ID, SENT, BODY), SIGNATURE);
    let message = headers(ID, "1614265330", SIGNATURE);
    assert_eq!(check(&message, BODY, SENT), Ok(ID.to_owned()));
}

/// Made with `openssl pkeyutl -sign -rawin`; the same example stands in docs/api/orders-for-institutions.md.
#[test]
fn the_asymmetric_vector_made_by_openssl() {
    let signature = "v1a,2iFnCkcL0nCB7d0lgaT5vmGnQgJl4zcl9qd7UbPYvulcwR3MRYzjXT2JCSEV4dFH3XNALA4OW0zY5fFdGv9GBA==";
    assert_eq!(sign_v1a(&pair(), ID, SENT, BODY), signature);
    let key = WebhookPublicKey::of(&pair()).unwrap();
    let text = "whpk_6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
    assert_eq!(key.to_string(), text);
}

#[test]
fn one_good_signature_among_several_suffices() {
    let several = format!("v2,xx garbage v1,AAAA {SIGNATURE} v1a,AAAA");
    let message = headers(ID, "1614265330", &several);
    assert!(check(&message, BODY, SENT).is_ok());
}

#[test]
fn only_the_first_sixteen_signatures_are_looked_at() {
    let many = format!("{}{SIGNATURE}", "v1,AAAA ".repeat(SIGNATURES_MAX));
    assert_eq!(
        check(&headers(ID, "1614265330", &many), BODY, SENT),
        Err(WebhookError::Signature)
    );
}

#[test]
fn five_minutes_either_way_and_not_a_second_more() {
    let message = headers(ID, "1614265330", SIGNATURE);
    for ok in [SENT - 300, SENT + 300] {
        assert!(check(&message, BODY, ok).is_ok());
    }
    for bad in [SENT - 301, SENT + 301] {
        assert!(matches!(
            check(&message, BODY, bad),
            Err(WebhookError::Time(_))
        ));
    }
}

#[test]
fn malformed_headers_are_refused() {
    let good = headers(ID, "1614265330", SIGNATURE);
    for name in [HEADER_ID, HEADER_TIMESTAMP, HEADER_SIGNATURE] {
        let mut without = good.clone();
        without.remove(name);
        assert_eq!(check(&without, BODY, SENT), Err(WebhookError::Header(name)));
        let mut twice = good.clone();
        twice.append(name, good[name].clone());
        assert_eq!(check(&twice, BODY, SENT), Err(WebhookError::Header(name)));
    }
    for sent in [
        "",
        "-1614265330",
        "+1614265330",
        "1614265330.0",
        "9999999999999999999",
        "０",
    ] {
        let mut message = good.clone();
        let value = reqwest::header::HeaderValue::from_bytes(sent.as_bytes()).unwrap();
        message.insert(HEADER_TIMESTAMP, value);
        assert_eq!(
            check(&message, BODY, SENT),
            Err(WebhookError::Header(HEADER_TIMESTAMP)),
            "{sent}"
        );
    }
    for id in ["", "a.b", "a b", &"x".repeat(129)] {
        let message = headers(id, "1614265330", SIGNATURE);
        assert_eq!(
            check(&message, BODY, SENT),
            Err(WebhookError::Header(HEADER_ID)),
            "{id}"
        );
    }
}

#[test]
fn secrets_and_keys_are_read_strictly() {
    for text in [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_***",
        "whsec_AAAA",
    ] {
        assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
    }
    assert_eq!(format!("{:?}", secret()), "WebhookSecret(***)");
    let key = WebhookPublicKey::of(&pair()).unwrap();
    assert_eq!(key.to_string().parse::<WebhookPublicKey>(), Ok(key));
    assert!("whpk_AAAA".parse::<WebhookPublicKey>().is_err());
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_nothing_else(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        flip in any::<prop::sample::Index>(),
        sent in 0_i64..4_000_000_000,
    ) {
        let keys = VerifyKeys {
            secrets: vec![secret()],
            public_keys: vec![WebhookPublicKey::of(&pair()).unwrap()],
        };
        let now = Timestamp::from_secs(sent);
        for signature in [secret().sign(ID, sent, &body), sign_v1a(&pair(), ID, sent, &body)] {
            let message = headers(ID, &sent.to_string(), &signature);
            prop_assert!(verify_any(&message, &body, &keys, now).is_ok());
            let mut other = body.clone();
            if other.is_empty() {
                other.push(0);
            } else {
                let at = flip.index(other.len());
                other[at] ^= 1;
            }
            prop_assert_eq!(verify_any(&message, &other, &keys, now), Err(WebhookError::Signature));
            let later = headers(ID, &(sent + 1).to_string(), &signature);
            prop_assert_eq!(verify_any(&later, &body, &keys, now), Err(WebhookError::Signature));
            let renamed = headers("msg_other", &sent.to_string(), &signature);
            prop_assert_eq!(verify_any(&renamed, &body, &keys, now), Err(WebhookError::Signature));
            prop_assert!(verify_any(&message, &body, &VerifyKeys::default(), now).is_err());
        }
    }
}
