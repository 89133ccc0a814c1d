//! Signing in at the organisation's identity provider: OpenID Connect, authorization code with PKCE.
//!
//! The provider's addresses and keys are read from its discovery document and kept for an hour; a token signed with a
//! key not known yet makes them be read anew, at most every 30 seconds. Nothing follows redirects, every answer is
//! bounded, and only what the provider signed for this very sign-in is believed (`id_token`).

pub mod id_token;
pub mod pending;
pub mod person;

use std::sync::Arc;
use std::time::Duration as StdDuration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stanch_types::personal::Secret;
use stanch_types::{Ctx, Duration, ErrorCode, Timestamp};
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use crate::auth::oidc::id_token::{Claims, Refusal, Wanted};
use crate::auth::oidc::pending::{Begun, Pending};
use crate::config::{OidcConfig, is_safe};
use crate::error::{ApiError, ApiResult};
use crate::extract::sha256;

/// Where the provider sends browsers back to, below the public address.
pub const CALLBACK: &str = "/auth/oidc/callback";
/// How long the provider's addresses and keys are kept.
const KEPT: Duration = Duration::from_hours(1);
/// Between readings for the sake of an unknown key.
const ANEW_EVERY: Duration = Duration::from_secs(30);
/// Most bytes of an answer of the provider.
const ANSWER_MAX: usize = 1 << 20;
/// How long the provider may take to answer.
const ANSWERS_IN: StdDuration = StdDuration::from_secs(10);

/// The part of a discovery document that is used (OpenID Connect Discovery 1.0, section 3).
#[derive(Debug, Clone, Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Debug)]
struct Provider {
    told: Discovery,
    keys: JwkSet,
    read_at: Timestamp,
    /// When the last reading for the sake of an unknown key was.
    anew_at: Option<Timestamp>,
}

/// The identity provider and the sign-ins under way.
pub struct Oidc {
    /// What the operator configured.
    pub config: OidcConfig,
    secret: Option<Secret>,
    redirect_uri: String,
    http: Client,
    pending: Pending,
    provider: Mutex<Option<Arc<Provider>>>,
}

/// What a browser comes back with.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Answer {
    /// Names the sign-in.
    #[param(max_length = 512)]
    pub state: Option<String>,
    /// To be exchanged for an ID token.
    #[param(max_length = 4096)]
    pub code: Option<String>,
    /// Why there is no code.
    #[param(max_length = 512)]
    pub error: Option<String>,
    /// The provider (RFC 9207).
    #[param(max_length = 2048)]
    pub iss: Option<String>,
}

/// A sign-in that was begun: where the browser goes, and the cookie it brings back.
pub struct Departure {
    /// The provider's page.
    pub to: String,
    /// Value of the cookie.
    pub cookie: String,
}

fn refused(why: &'static str) -> ApiError {
    tracing::info!(reason = why, "sign-in at the identity provider refused");
    ApiError::new(
        ErrorCode::OidcRefused,
        format!("not accepted for its {why}"),
    )
}

fn unavailable(why: impl std::fmt::Display) -> ApiError {
    ApiError::of(ErrorCode::OidcUnavailable).hiding(why)
}

impl Oidc {
    /// The provider of `config`; nothing is asked yet.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(config: OidcConfig, public_url: &str) -> Result<Self, String> {
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWERS_IN)
            .build()
            .map_err(|why| format!("oidc: {why}"))?;
        Ok(Self {
            secret: config.secret()?,
            redirect_uri: format!("{}{CALLBACK}", public_url.trim_end_matches('/')),
            config,
            http,
            pending: Pending::default(),
            provider: Mutex::default(),
        })
    }

    /// Begins a sign-in that ends at `next`.
    ///
    /// # Errors
    /// [`ErrorCode::OidcUnavailable`].
    pub async fn begin(&self, ctx: &Ctx, next: String) -> ApiResult<Departure> {
        let now = ctx.now();
        let provider = self.provider(now, false).await?;
        let random = || URL_SAFE_NO_PAD.encode(ctx.random_bytes::<32>());
        let (state, nonce, verifier, cookie) = (random(), random(), random(), random());
        let mut to = Url::parse(&provider.told.authorization_endpoint).map_err(unavailable)?;
        to.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("scope", "openid profile")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge_method", "S256")
            .append_pair(
                "code_challenge",
                &URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())),
            );
        let begun = Begun {
            nonce,
            verifier,
            browser: sha256(cookie.as_bytes()),
            next,
        };
        self.pending.add(state, begun, now);
        Ok(Departure {
            to: to.into(),
            cookie,
        })
    }

    /// Ends a sign-in: what the provider says of the person, and where to go.
    ///
    /// # Errors
    /// [`ErrorCode::OidcRefused`], [`ErrorCode::OidcUnavailable`].
    pub async fn end(
        &self,
        now: Timestamp,
        answer: Answer,
        cookie: &str,
    ) -> ApiResult<(Claims, String)> {
        let state = answer.state.unwrap_or_default();
        let browser = sha256(cookie.as_bytes());
        let begun = self.pending.take(&state, &browser, now);
        let begun = begun.ok_or_else(|| refused("state"))?;
        if answer.iss.is_some_and(|iss| iss != self.config.issuer) {
            return Err(refused("issuer"));
        }
        if answer.error.is_some() {
            return Err(refused("error: the provider let nobody in"));
        }
        let code = answer.code.ok_or_else(|| refused("code"))?;
        let provider = self.provider(now, false).await?;
        let token = self
            .exchange(&provider.told, &code, &begun.verifier)
            .await?;
        let wanted = Wanted {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: &begun.nonce,
            now,
        };
        let mut outcome = id_token::verify(&token, &provider.keys, &wanted);
        if outcome == Err(Refusal::KeyUnknown) {
            let provider = self.provider(now, true).await?;
            outcome = id_token::verify(&token, &provider.keys, &wanted);
        }
        match outcome {
            Ok(claims) => Ok((claims, begun.next)),
            Err(Refusal::KeyUnknown) => Err(refused("key")),
            Err(Refusal::Wrong(why)) => Err(refused(why)),
        }
    }

    /// The request that exchanges a code, with our credentials as the provider wants them.
    fn token_request(&self, told: &Discovery, code: &str, verifier: &str) -> RequestBuilder {
        let methods = told.token_endpoint_auth_methods_supported.as_deref();
        // Basic is what a provider understands that does not say (Discovery 1.0, section 3).
        let basic = methods.is_none_or(|all| all.iter().any(|it| it == "client_secret_basic"));
        let id = &self.config.client_id;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("code_verifier", verifier);
        let mut request = self.http.post(&told.token_endpoint);
        match &self.secret {
            Some(secret) if basic => {
                let quoted = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                request = request.basic_auth(quoted(id), Some(quoted(secret.expose())));
            }
            Some(secret) => {
                form.append_pair("client_id", id)
                    .append_pair("client_secret", secret.expose());
            }
            None => {
                form.append_pair("client_id", id);
            }
        }
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.finish())
    }

    /// The ID token for a code.
    async fn exchange(&self, told: &Discovery, code: &str, verifier: &str) -> ApiResult<String> {
        #[derive(Deserialize)]
        struct Tokens {
            id_token: String,
        }
        let request = self.token_request(told, code, verifier);
        let response = request.send().await.map_err(unavailable)?;
        if response.status().is_client_error() {
            return Err(refused("code"));
        }
        read::<Tokens>(response).await.map(|tokens| tokens.id_token)
    }

    /// The provider's addresses and keys, read anew when they are old or `anew` asks for it.
    async fn provider(&self, now: Timestamp, anew: bool) -> ApiResult<Arc<Provider>> {
        let mut known = self.provider.lock().await;
        if let Some(provider) = known.as_ref() {
            let anew_at = provider.anew_at.filter(|at| now.since(*at) < ANEW_EVERY);
            if now.since(provider.read_at) < KEPT && (!anew || anew_at.is_some()) {
                return Ok(Arc::clone(provider));
            }
        }
        let issuer = self.config.issuer.trim_end_matches('/');
        let address = format!("{issuer}/.well-known/openid-configuration");
        let told: Discovery = asked(self.http.get(address)).await?;
        if told.issuer != self.config.issuer {
            return Err(unavailable("the discovery document names another issuer"));
        }
        let addresses = [
            &told.authorization_endpoint,
            &told.token_endpoint,
            &told.jwks_uri,
        ];
        if !addresses.into_iter().all(|address| is_safe(address)) {
            return Err(unavailable("an address of the provider is not encrypted"));
        }
        let keys = read_keys(asked(self.http.get(&told.jwks_uri)).await?);
        let provider = Arc::new(Provider {
            told,
            keys,
            read_at: now,
            anew_at: anew.then_some(now),
        });
        *known = Some(Arc::clone(&provider));
        Ok(provider)
    }
}

/// The keys of a set that can be read; those of kinds not known here are left out.
fn read_keys(set: serde_json::Value) -> JwkSet {
    let keys = set.get("keys").and_then(|keys| keys.as_array());
    let keys = keys.into_iter().flatten();
    JwkSet {
        keys: keys
            .filter_map(|key| serde_json::from_value(key.clone()).ok())
            .collect(),
    }
}

async fn asked<T: DeserializeOwned>(request: RequestBuilder) -> ApiResult<T> {
    read(request.send().await.map_err(unavailable)?).await
}

/// The JSON of a good answer, at most [`ANSWER_MAX`].
async fn read<T: DeserializeOwned>(mut response: Response) -> ApiResult<T> {
    let status = response.status();
    if !status.is_success() {
        return Err(unavailable(format!("the provider answered {status}")));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
        if bytes.len() + chunk.len() > ANSWER_MAX {
            return Err(unavailable("the provider's answer is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes)
        .map_err(|_| unavailable("the provider's answer is not of the documented form"))
}
