//! Passkeys: with a device in software that can be made to lie in every way a device or a page can.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::world::World;

const ORIGIN: &str = "https://stanch.example.org";
const REFUSED: &str = "auth.passkey_refused";

async fn world() -> World {
    World::start_with(|config| {
        config.public_url = Some(ORIGIN.to_owned());
        config.limits.public_requests_max = 10_000;
    })
    .await
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a device and its page say, so that a test can change any of it.
#[derive(Clone)]
struct Says {
    kind: &'static str,
    origin: String,
    site: String,
    challenge: String,
    flags: u8,
    count: u32,
    credential_id: Vec<u8>,
    cross_origin: bool,
}

struct Device {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    count: u32,
}

impl Device {
    fn new(id: u8) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self {
            key,
            id: vec![id; 20],
            count: 0,
        }
    }

    fn says(&self, kind: &'static str, options: &Value) -> Says {
        Says {
            kind,
            origin: ORIGIN.to_owned(),
            site: "stanch.example.org".to_owned(),
            challenge: options["options"]["challenge"].as_str().unwrap().to_owned(),
            flags: if kind == "webauthn.create" {
                0x45
            } else {
                0x05
            },
            count: self.count,
            credential_id: self.id.clone(),
            cross_origin: false,
        }
    }

    fn client_data(says: &Says) -> String {
        json!({ "type": says.kind, "challenge": says.challenge, "origin": says.origin, "crossOrigin": says.cross_origin })
            .to_string()
    }

    fn data(says: &Says) -> Vec<u8> {
        let mut data = digest(&SHA256, says.site.as_bytes()).as_ref().to_vec();
        data.push(says.flags);
        data.extend(says.count.to_be_bytes());
        if says.flags & 0x40 != 0 {
            data.extend([0; 16]);
            let length = u16::try_from(says.credential_id.len()).unwrap();
            data.extend(length.to_be_bytes());
            data.extend(&says.credential_id);
        }
        data
    }

    fn made(&self, says: &Says) -> Value {
        let key: PublicKeyX509Der = self.key.public_key().as_der().unwrap();
        json!({
            "name": "my phone", "credential_id": encoded(&self.id), "algorithm": -7,
            "public_key": encoded(key.as_ref()), "client_data": encoded(Self::client_data(says)),
            "authenticator_data": encoded(Self::data(says)),
        })
    }

    fn signed(&self, says: &Says) -> Value {
        let (client_data, data) = (Self::client_data(says), Self::data(says));
        let message = [
            data.as_slice(),
            digest(&SHA256, client_data.as_bytes()).as_ref(),
        ]
        .concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        json!({
            "credential_id": encoded(&self.id), "client_data": encoded(client_data),
            "authenticator_data": encoded(data), "signature": encoded(signature),
        })
    }
}

async fn begin(world: &World, token: &str) -> Value {
    let password = json!({ "password": crate::world::PASSWORD });
    world.done(token, "/v1/passkeys/challenge", &password).await
}

async fn keep(world: &World, login: &str, device: &Device) -> Value {
    let token = world.token(login).await;
    let options = begin(world, &token).await;
    let made = device.made(&device.says("webauthn.create", &options));
    let kept = world.post(&token, "/v1/passkeys", &made).await;
    assert_eq!(kept.status(), 201);
    kept.json().await.unwrap()
}

async fn asked(world: &World) -> Value {
    let request = world.request(Method::POST, "/v1/session/passkey-challenge");
    request.send().await.unwrap().json().await.unwrap()
}

async fn show(world: &World, signed: &Value) -> Response {
    let request = world.request(Method::POST, "/v1/session/passkey");
    request.json(signed).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_lets_its_owner_in_until_it_is_removed() {
    let world = world().await;
    let mut device = Device::new(1);
    let kept = keep(&world, "analyst", &device).await;
    assert_eq!(
        (&kept["name"], &kept["last_used_at"]),
        (&json!("my phone"), &Value::Null)
    );
    for count in 1..3 {
        device.count = count;
        let options = asked(&world).await;
        let signed = device.signed(&device.says("webauthn.get", &options));
        let response = show(&world, &signed).await;
        assert!(response.headers().contains_key("set-cookie"));
        let session: Value = response.json().await.unwrap();
        assert_eq!(session["user"]["login"], "analyst");
        assert_eq!(session["public_url"], "https://stanch.example.org");
        let again = show(&world, &signed).await;
        assert_eq!(
            World::code(again).await,
            REFUSED,
            "a challenge is good once"
        );
    }
    let token = world.token("analyst").await;
    let listed = world.get(&token, "/v1/passkeys").await;
    assert!(listed["items"][0]["last_used_at"].is_string(), "{listed}");
    let id = kept["id"].as_str().unwrap();
    let other = world.token("approver").await;
    let path = format!("/v1/passkeys/{id}");
    let foreign = world.request(Method::DELETE, &path).bearer_auth(&other);
    assert_eq!(foreign.send().await.unwrap().status(), 404);
    let own = world.request(Method::DELETE, &path).bearer_auth(&token);
    assert_eq!(own.send().await.unwrap().status(), 204);
    device.count = 9;
    let options = asked(&world).await;
    let gone = show(
        &world,
        &device.signed(&device.says("webauthn.get", &options)),
    )
    .await;
    assert_eq!(World::code(gone).await, REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_removes_the_passkey_of_another_and_the_record_names_both() {
    let world = world().await;
    let kept = keep(&world, "analyst", &Device::new(1)).await;
    let admin = world.token("admin").await;
    let path = format!("/v1/passkeys/{}", kept["id"].as_str().unwrap());
    let removed = world.request(Method::DELETE, &path).bearer_auth(&admin);
    assert_eq!(removed.send().await.unwrap().status(), 204);
    let mut people = Vec::new();
    for token in [admin, world.token("analyst").await] {
        let session = world.get(&token, "/v1/session").await;
        people.push(session["user"].clone());
    }
    let auditor = world.token("auditor").await;
    let entries = world.get(&auditor, "/v1/audit/entries?limit=200").await;
    let entries = entries["items"].as_array().unwrap();
    let removal = entries
        .iter()
        .find(|entry| entry["action"] == "passkey.removed")
        .unwrap();
    assert_eq!(removal["actor"]["name"], people[0]["name"]);
    assert_eq!(removal["subject"], people[1]["id"]);
}

type Lie = fn(&mut Says);

/// What neither the making nor the use of a passkey may say.
const LIES: &[(&str, Lie)] = &[
    ("type", |says| says.kind = "payment.get"),
    ("origin", |says| {
        says.origin = "https://stanch.example.org.evil.example".to_owned()
    }),
    ("origin without tls", |says| {
        says.origin = "http://stanch.example.org".to_owned()
    }),
    ("embedded", |says| says.cross_origin = true),
    ("site", |says| says.site = "example.org".to_owned()),
    ("challenge", |says| says.challenge = encoded([0; 32])),
    ("nobody there", |says| says.flags &= !0x01),
    ("owner not verified", |says| says.flags &= !0x04),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_device_or_a_page_says_falsely_is_refused() {
    let world = world().await;
    let token = world.token("analyst").await;
    let (mut device, other) = (Device::new(1), Device::new(2));
    for (name, lie) in LIES {
        let options = begin(&world, &token).await;
        let mut says = device.says("webauthn.create", &options);
        lie(&mut says);
        let refused = world
            .post(&token, "/v1/passkeys", &device.made(&says))
            .await;
        assert_eq!(World::code(refused).await, REFUSED, "making: {name}");
    }
    // Begun by somebody else.
    let approver = world.token("approver").await;
    let options = begin(&world, &approver).await;
    let made = device.made(&device.says("webauthn.create", &options));
    let refused = world.post(&token, "/v1/passkeys", &made).await;
    assert_eq!(World::code(refused).await, REFUSED);
    // Another identifier beside the attested one, and a key that is none.
    for (member, value) in [
        ("credential_id", encoded([9; 20])),
        ("public_key", encoded([9; 91])),
    ] {
        let options = begin(&world, &token).await;
        let mut made = device.made(&device.says("webauthn.create", &options));
        made[member] = json!(value);
        let refused = world.post(&token, "/v1/passkeys", &made).await;
        assert_eq!(World::code(refused).await, REFUSED, "{member}");
    }
    keep(&world, "analyst", &device).await;
    device.count = 5;
    for (name, lie) in LIES {
        let options = asked(&world).await;
        let mut says = device.says("webauthn.get", &options);
        lie(&mut says);
        let refused = show(&world, &device.signed(&says)).await;
        assert_eq!(World::code(refused).await, REFUSED, "signing in: {name}");
    }
    let options = asked(&world).await;
    let mut forged = other.signed(&device.says("webauthn.get", &options));
    forged["credential_id"] = json!(encoded(&device.id));
    assert_eq!(
        World::code(show(&world, &forged).await).await,
        REFUSED,
        "another's key"
    );
    let options = asked(&world).await;
    let good = device.signed(&device.says("webauthn.get", &options));
    assert_eq!(show(&world, &good).await.status(), 200);
    // A copy of the device signs with a count that was used.
    let options = asked(&world).await;
    let copied = device.signed(&device.says("webauthn.get", &options));
    assert_eq!(World::code(show(&world, &copied).await).await, REFUSED);
    let auditor = world.token("auditor").await;
    let entries = world.get(&auditor, "/v1/audit/entries?limit=200").await;
    let entries = entries["items"].as_array().unwrap();
    assert!(
        entries
            .iter()
            .any(|entry| entry["action"] == "passkey.copied")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_an_open_session_makes_no_passkey() {
    let world = world().await;
    let token = world.token("analyst").await;
    let wrong = json!({ "password": "not the password at all" });
    let refused = world.post(&token, "/v1/passkeys/challenge", &wrong).await;
    assert_eq!(World::code(refused).await, "auth.sign_in_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_public_address_there_are_none() {
    let world = World::start().await;
    let request = world.request(Method::POST, "/v1/session/passkey-challenge");
    assert_eq!(
        World::code(request.send().await.unwrap()).await,
        "resource.not_found"
    );
    let methods = world.request(Method::GET, "/v1/sign-in-methods");
    let methods: Value = methods.send().await.unwrap().json().await.unwrap();
    assert_eq!(methods["passkey"], false);
}
