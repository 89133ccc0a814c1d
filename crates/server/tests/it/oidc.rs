//! Signing in at an identity provider: at the certified `oidc-provider`, and at one that lies in every way a token can.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use stanch_server::config::OidcConfig;
use stanch_types::user::Role;
use url::Url;

use crate::world::World;

/// Where the provider sends browsers; the test takes the answer from there to the server itself.
const PUBLIC_URL: &str = "http://127.0.0.1:1";
const REFUSED: &str = "/sign-in?problem=auth.oidc_refused";
const UNKNOWN: &str = "/sign-in?problem=auth.oidc_unknown";

fn config(issuer: &str, client_id: &str) -> OidcConfig {
    serde_json::from_value(json!({ "issuer": issuer, "client_id": client_id,
        "client_secret": "a secret/of the+client" }))
    .unwrap()
}

async fn world_with(oidc: OidcConfig) -> World {
    World::start_with(|config| {
        config.public_url = Some(PUBLIC_URL.to_owned());
        config.limits.public_requests_max = 10_000;
        config.oidc = Some(oidc);
    })
    .await
}

fn browser() -> Client {
    let stays = reqwest::redirect::Policy::none();
    Client::builder()
        .no_proxy()
        .redirect(stays)
        // The provider closes connections when it likes.
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

fn location(response: &Response) -> String {
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// Value of a cookie that an answer sets.
fn set_cookie(response: &Response, name: &str) -> Option<String> {
    response
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|line| line.to_str().unwrap().split(';').next())
        .filter_map(|pair| pair.split_once('='))
        .find(|(it, _)| *it == name)
        .map(|(_, value)| value.to_owned())
}

fn query(address: &str) -> BTreeMap<String, String> {
    Url::parse(address)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

/// A sign-in that was begun: what the provider was asked, and the browser's cookie.
struct Begun {
    to: String,
    asked: BTreeMap<String, String>,
    cookie: String,
}

async fn begin(world: &World) -> Begun {
    let address = format!("{}/auth/oidc/start?next=/cases", world.base);
    let response = browser().get(address).send().await.unwrap();
    let to = location(&response);
    Begun {
        asked: query(&to),
        cookie: set_cookie(&response, "stanch_oidc").unwrap(),
        to,
    }
}

async fn come_back(world: &World, cookie: &str, answer: &[(&str, &str)]) -> Response {
    let mut address = Url::parse(&format!("{}/auth/oidc/callback", world.base)).unwrap();
    address.query_pairs_mut().extend_pairs(answer);
    let request = browser().get(address);
    let request = request.header("cookie", format!("stanch_oidc={cookie}"));
    request.send().await.unwrap()
}

async fn signed_in(world: &World, response: &Response) -> Value {
    let session = set_cookie(response, "stanch_session").unwrap();
    let request = world.request(Method::GET, "/v1/session");
    let request = request.header("cookie", format!("stanch_session={session}"));
    request.send().await.unwrap().json().await.unwrap()
}

type Spoil = fn(&mut Value, &mut Value, i64);
type Spoiling = dyn Fn(&mut Value, &mut Value, i64) + Send + Sync;

/// A provider that signs what it is told to.
struct Liar {
    issuer: String,
    keys: Mutex<(EcdsaKeyPair, String)>,
    nonce: Mutex<String>,
    challenge: Mutex<String>,
    spoil: Mutex<Arc<Spoiling>>,
    /// Signs with a key that is not told.
    other_key: Mutex<bool>,
    now: i64,
}

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Liar {
    async fn start(now: i64) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let liar = Arc::new(Self {
            issuer,
            keys: Mutex::new((new_key(), "k1".to_owned())),
            nonce: Mutex::default(),
            challenge: Mutex::default(),
            spoil: Mutex::new(Arc::new(|_, _, _| {})),
            other_key: Mutex::new(false),
            now,
        });
        let router = axum::Router::new()
            .route(
                "/.well-known/openid-configuration",
                axum::routing::get(Self::discovery),
            )
            .route("/keys", axum::routing::get(Self::keys))
            .route("/token", axum::routing::post(Self::token))
            .with_state(Arc::clone(&liar));
        tokio::spawn(async move { axum::serve(listener, router).await });
        liar
    }

    async fn discovery(State(liar): State<Arc<Self>>) -> Json<Value> {
        let at = |path: &str| format!("{}{path}", liar.issuer);
        Json(
            json!({ "issuer": liar.issuer, "authorization_endpoint": at("/auth"),
            "token_endpoint": at("/token"), "jwks_uri": at("/keys") }),
        )
    }

    async fn keys(State(liar): State<Arc<Self>>) -> Json<Value> {
        let keys = liar.keys.lock().unwrap();
        let point = keys.0.public_key().as_ref();
        let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": keys.1,
            "x": encoded(&point[1..33]), "y": encoded(&point[33..]) });
        Json(json!({ "keys": [{ "kty": "unheard-of", "kid": "k0" }, key] }))
    }

    async fn token(State(liar): State<Arc<Self>>, body: String) -> Json<Value> {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        let proof = encoded(digest(&SHA256, form["code_verifier"].as_bytes()));
        assert_eq!(proof, *liar.challenge.lock().unwrap(), "PKCE");
        let keys = liar.keys.lock().unwrap();
        let mut header = json!({ "alg": "ES256", "kid": keys.1 });
        let mut claims = json!({ "iss": liar.issuer, "aud": "stanch", "sub": "s1", "iat": liar.now,
            "exp": liar.now + 300, "nonce": *liar.nonce.lock().unwrap(), "preferred_username": "analyst" });
        (liar.spoil.lock().unwrap())(&mut header, &mut claims, liar.now);
        let message = format!(
            "{}.{}",
            encoded(header.to_string()),
            encoded(claims.to_string())
        );
        let other = new_key();
        let key = if *liar.other_key.lock().unwrap() {
            &other
        } else {
            &keys.0
        };
        let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        let signature = if header["alg"] == "none" {
            String::new()
        } else {
            encoded(signature)
        };
        Json(json!({ "id_token": format!("{message}.{signature}"), "token_type": "Bearer" }))
    }

    /// What its tokens say from now on.
    fn says(&self, spoil: impl Fn(&mut Value, &mut Value, i64) + Send + Sync + 'static) {
        *self.spoil.lock().unwrap() = Arc::new(spoil);
    }

    /// A whole sign-in; gives where it ends.
    async fn sign_in(&self, world: &World) -> Response {
        let begun = begin(world).await;
        *self.nonce.lock().unwrap() = begun.asked["nonce"].clone();
        *self.challenge.lock().unwrap() = begun.asked["code_challenge"].clone();
        let answer = [("code", "c"), ("state", begun.asked["state"].as_str())];
        come_back(world, &begun.cookie, &answer).await
    }
}

/// What tokens say that are not to be believed.
const LIES: &[(&str, Spoil)] = &[
    ("nonce", |_, claims, _| claims["nonce"] = json!("another")),
    ("no nonce", |_, claims, _| {
        drop(claims.as_object_mut().unwrap().remove("nonce"))
    }),
    ("issuer", |_, claims, _| {
        claims["iss"] = json!("https://login.example.org")
    }),
    ("issuer with a slash", |_, claims, _| {
        claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap()));
    }),
    ("audience", |_, claims, _| claims["aud"] = json!("another")),
    ("audiences without azp", |_, claims, _| {
        claims["aud"] = json!(["stanch", "another"])
    }),
    ("authorized party", |_, claims, _| {
        claims["azp"] = json!("another")
    }),
    ("over", |_, claims, now| claims["exp"] = json!(now - 61)),
    ("no end", |_, claims, _| {
        drop(claims.as_object_mut().unwrap().remove("exp"))
    }),
    ("from the future", |_, claims, now| {
        claims["iat"] = json!(now + 600)
    }),
    ("old", |_, claims, now| claims["iat"] = json!(now - 3_600)),
    ("not yet", |_, claims, now| claims["nbf"] = json!(now + 600)),
    ("alg none", |header, _, _| header["alg"] = json!("none")),
    ("alg HS256", |header, _, _| header["alg"] = json!("HS256")),
    ("alg RS256 with an EC key", |header, _, _| {
        header["alg"] = json!("RS256")
    }),
    ("unknown key", |header, _, _| header["kid"] = json!("k9")),
];

#[tokio::test(flavor = "multi_thread")]
async fn oidc_believes_only_what_the_provider_signed_for_this_sign_in() {
    let now = stanch_types::Ctx::system().now().as_secs();
    let liar = Liar::start(now).await;
    let world = world_with(config(&liar.issuer, "stanch")).await;
    for (name, spoil) in LIES {
        liar.says(*spoil);
        let refused = liar.sign_in(&world).await;
        assert_eq!(location(&refused), REFUSED, "{name}");
        assert_eq!(set_cookie(&refused, "stanch_session"), None, "{name}");
    }
    liar.says(|_, _, _| {});
    *liar.other_key.lock().unwrap() = true;
    assert_eq!(
        location(&liar.sign_in(&world).await),
        REFUSED,
        "another's key"
    );
    *liar.other_key.lock().unwrap() = false;
    let good: &[(&str, Spoil)] = &[
        ("plain", |_, _, _| {}),
        ("no key named", |header, _, _| {
            drop(header.as_object_mut().unwrap().remove("kid"))
        }),
        ("clock behind", |_, claims, now| {
            claims["exp"] = json!(now - 30)
        }),
        ("audiences", |_, claims, _| {
            claims["aud"] = json!(["stanch", "another"]);
            claims["azp"] = json!("stanch");
        }),
    ];
    for (name, spoil) in good {
        liar.says(*spoil);
        let done = liar.sign_in(&world).await;
        assert_eq!(location(&done), "/cases", "{name}");
        assert_eq!(signed_in(&world, &done).await["user"]["login"], "analyst");
    }
    println!(
        "lies refused: {}, truths believed: {}",
        LIES.len() + 1,
        good.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_answers_are_good_once_and_for_the_browser_that_began() {
    let liar = Liar::start(stanch_types::Ctx::system().now().as_secs()).await;
    let world = world_with(config(&liar.issuer, "stanch")).await;
    let begun = begin(&world).await;
    assert!(begun.to.starts_with(&format!("{}/auth?", liar.issuer)));
    assert_eq!(begun.asked["code_challenge_method"], "S256");
    *liar.nonce.lock().unwrap() = begun.asked["nonce"].clone();
    *liar.challenge.lock().unwrap() = begun.asked["code_challenge"].clone();
    let state = begun.asked["state"].clone();
    let wrong = come_back(&world, &begun.cookie, &[("code", "c"), ("state", "x")]).await;
    assert_eq!(location(&wrong), REFUSED);
    let good = [("code", "c"), ("state", state.as_str())];
    let done = come_back(&world, &begun.cookie, &good).await;
    assert_eq!(location(&done), "/cases");
    let again = come_back(&world, &begun.cookie, &good).await;
    assert_eq!(location(&again), REFUSED, "the answer was used");
    let stolen = begin(&world).await;
    let good = [("code", "c"), ("state", stolen.asked["state"].as_str())];
    let other = come_back(&world, &begun.cookie, &good).await;
    assert_eq!(location(&other), REFUSED, "another browser");
    for told in [
        ("error", "access_denied"),
        ("iss", "https://login.example.org"),
    ] {
        let begun = begin(&world).await;
        let state = begun.asked["state"].as_str();
        let answer = [("code", "c"), ("state", state), told];
        let refused = come_back(&world, &begun.cookie, &answer).await;
        assert_eq!(location(&refused), REFUSED, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_lets_in_whom_the_organisation_knows() {
    let liar = Liar::start(stanch_types::Ctx::system().now().as_secs()).await;
    let world = world_with(config(&liar.issuer, "stanch")).await;
    let end = async |spoil: Spoil| {
        liar.says(spoil);
        location(&liar.sign_in(&world).await)
    };
    let stranger: Spoil = |_, claims, _| {
        claims["sub"] = json!("s9");
        claims["preferred_username"] = json!("stranger");
        claims["groups"] = json!(["desk"]);
    };
    assert_eq!(end(stranger).await, UNKNOWN, "nobody made the account");
    assert_eq!(end(|_, _, _| {}).await, "/cases");
    let renamed: Spoil = |_, claims, _| claims["preferred_username"] = json!("approver");
    assert_eq!(
        end(renamed).await,
        "/cases",
        "the subject counts, not the name"
    );
    let taken_over: Spoil = |_, claims, _| claims["sub"] = json!("s2");
    assert_eq!(
        end(taken_over).await,
        UNKNOWN,
        "the name went to somebody else"
    );
    let mut tx = world.store.begin().await.unwrap();
    let mut user = tx.lookup_user_by_login("analyst").await.unwrap().unwrap();
    user.disabled_at = Some(world.ctx.now());
    tx.update_user(&user).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(end(|_, _, _| {}).await, UNKNOWN, "shut out here");
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_groups_give_and_take_roles() {
    let liar = Liar::start(stanch_types::Ctx::system().now().as_secs()).await;
    let mut mapped = config(&liar.issuer, "stanch");
    mapped.groups_claim = Some("groups".to_owned());
    mapped.roles = BTreeMap::from([
        ("desk".to_owned(), vec![Role::Analyst]),
        ("leads".to_owned(), vec![Role::Approver, Role::Analyst]),
    ]);
    let world = world_with(mapped).await;
    for (nth, (groups, ends, roles)) in [
        (json!(["other"]), UNKNOWN, json!(null)),
        (json!(["desk"]), "/cases", json!(["analyst"])),
        (
            json!(["leads", "desk"]),
            "/cases",
            json!(["analyst", "approver"]),
        ),
        (json!(null), UNKNOWN, json!(null)),
        (json!("desk"), UNKNOWN, json!(null)),
        (json!(["desk"]), "/cases", json!(["analyst"])),
    ]
    .into_iter()
    .enumerate()
    {
        liar.says(move |_, claims, _| {
            claims["preferred_username"] = json!("newcomer");
            claims["name"] = json!("New Comer");
            claims["sub"] = json!("s7");
            claims["groups"] = groups.clone();
        });
        let done = liar.sign_in(&world).await;
        assert_eq!(location(&done), ends, "step {nth}");
        if ends == "/cases" {
            let user = signed_in(&world, &done).await["user"].clone();
            assert_eq!(user["roles"], roles, "step {nth}");
            assert_eq!(user["name"], "New Comer");
        }
    }
    // Who was made here keeps the roles given here.
    liar.says(|_, claims, _| claims["groups"] = json!(["leads"]));
    let done = liar.sign_in(&world).await;
    let session = signed_in(&world, &done).await;
    assert_eq!(session["user"]["roles"], json!(["analyst"]));
}

/// The provider has new keys: the first token signed with them makes them be read anew, others must wait.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_keys_rotate() {
    let liar = Liar::start(stanch_types::Ctx::system().now().as_secs()).await;
    let world = world_with(config(&liar.issuer, "stanch")).await;
    assert_eq!(location(&liar.sign_in(&world).await), "/cases");
    *liar.keys.lock().unwrap() = (new_key(), "k2".to_owned());
    assert_eq!(location(&liar.sign_in(&world).await), "/cases");
    *liar.keys.lock().unwrap() = (new_key(), "k3".to_owned());
    let soon = location(&liar.sign_in(&world).await);
    assert_eq!(soon, REFUSED, "not read again within half a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_is_told_and_absent_unless_configured() {
    let world = World::start().await;
    let methods = world.request(Method::GET, "/v1/sign-in-methods");
    let methods: Value = methods.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        methods,
        json!({ "password": true, "oidc": null, "passkey": false })
    );
    for path in ["/auth/oidc/start", "/auth/oidc/callback"] {
        let absent = world.request(Method::GET, path).send().await.unwrap();
        assert_eq!(World::code(absent).await, "resource.not_found", "{path}");
    }
    // A provider that is not there.
    let world = world_with(config("http://127.0.0.1:1", "stanch")).await;
    let methods = world.request(Method::GET, "/v1/sign-in-methods");
    let methods: Value = methods.send().await.unwrap().json().await.unwrap();
    assert_eq!(methods["oidc"], "127.0.0.1");
    let address = format!("{}/auth/oidc/start", world.base);
    let response = browser().get(address).send().await.unwrap();
    assert_eq!(
        location(&response),
        "/sign-in?problem=auth.oidc_unavailable"
    );
}

/// The certified provider, run by node; ends with the test.
struct Provider {
    issuer: String,
    child: tokio::process::Child,
}

impl Provider {
    /// None, aloud, if `web/node_modules` does not hold it.
    async fn start() -> Option<Self> {
        use tokio::io::{AsyncBufReadExt as _, BufReader};
        let web = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web");
        if !std::path::Path::new(web)
            .join("node_modules/oidc-provider")
            .is_dir()
        {
            println!("SKIPPED: web/node_modules/oidc-provider is missing; run `npm ci` in web");
            return None;
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut child = tokio::process::Command::new("node")
            .current_dir(web)
            .args(["e2e/identity-provider.mjs", &port.to_string()])
            .arg(format!("{PUBLIC_URL}/auth/oidc/callback"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while lines
            .next_line()
            .await
            .unwrap()
            .expect("the provider ended")
            != "ready"
        {}
        // It writes notices; a closed pipe would end it.
        tokio::spawn(async move { while lines.next_line().await.is_ok_and(|it| it.is_some()) {} });
        Some(Self {
            issuer: format!("http://127.0.0.1:{port}"),
            child,
        })
    }

    /// Goes from the provider's first page through its forms as `name`, until it sends the browser back; gives the
    /// answer it sends it back with.
    async fn let_in(&self, to: &str, name: &str) -> BTreeMap<String, String> {
        let (client, mut cookies) = (browser(), BTreeMap::<String, String>::new());
        let mut next = client.get(to);
        for _ in 0..12 {
            let jar: Vec<String> = cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let response = next.header("cookie", jar.join("; ")).send().await.unwrap();
            for line in response.headers().get_all("set-cookie") {
                let pair = line.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let here = response.url().clone();
            if response.status().is_redirection() {
                let to = here
                    .join(response.headers()["location"].to_str().unwrap())
                    .unwrap();
                if to.as_str().starts_with(PUBLIC_URL) {
                    return query(to.as_str());
                }
                next = client.get(to);
                continue;
            }
            let page = response.text().await.unwrap();
            let prompt = if page.contains("name=\"login\"") {
                "login"
            } else {
                "consent"
            };
            let form = format!("prompt={prompt}&login={name}&password=x");
            next = client
                .post(here)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form);
        }
        unreachable!("the provider does not come to an end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_signs_in_at_the_certified_provider() {
    let Some(mut provider) = Provider::start().await else {
        return;
    };
    for client_id in ["stanch-rs", "stanch-es"] {
        let mut oidc = config(&provider.issuer, client_id);
        oidc.groups_claim = Some("groups".to_owned());
        oidc.roles = BTreeMap::from([("desk".to_owned(), vec![Role::Analyst])]);
        let world = world_with(oidc).await;
        for (name, ends) in [
            ("auditor", "/cases"),
            ("new.desk", "/cases"),
            ("nobody", UNKNOWN),
        ] {
            let begun = begin(&world).await;
            let answer = provider.let_in(&begun.to, name).await;
            assert!(answer.contains_key("code"), "{answer:?}");
            let answer: Vec<(&str, &str)> = answer
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect();
            let done = come_back(&world, &begun.cookie, &answer).await;
            assert_eq!(location(&done), ends, "{client_id} {name}");
            if ends == "/cases" {
                let session = signed_in(&world, &done).await;
                assert_eq!(session["user"]["login"], name);
            }
            // The provider's code was used: a new sign-in does not get in with it.
            let again = begin(&world).await;
            let state = again.asked["state"].as_str();
            let replayed: Vec<(&str, &str)> = answer
                .iter()
                .map(|(k, v)| if *k == "state" { (*k, state) } else { (*k, *v) })
                .collect();
            let refused = come_back(&world, &again.cookie, &replayed).await;
            assert_eq!(location(&refused), REFUSED, "{client_id} {name}: replayed");
        }
    }
    provider.child.kill().await.unwrap();
}
