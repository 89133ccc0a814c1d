//! One server in one folder, with one person for each role.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use stanch_ledger::{Ledger, LedgerMode};
use stanch_orders::webhook::WebhookSecret;
use stanch_server::{NewUser, Parts, ServeConfig, Server, create_user};
use stanch_store::{Store, StoreConfig};
use stanch_types::Ctx;
use stanch_types::personal::Secret;
use stanch_types::user::Role;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// The bank's shared secret.
pub const BANK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A running server.
pub struct World {
    /// Base address.
    pub base: String,
    /// A client without cookies.
    pub client: Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), stanch_server::ServeError>>,
    folder: TempDir,
    ctx: Ctx,
}

impl World {
    /// Starts a server on an empty folder.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server with a changed configuration.
    pub async fn start_with(change: impl FnOnce(&mut ServeConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ctx = Ctx::system();
        let store = open_store(folder.path(), &ctx).await;
        for (login, role) in [
            ("analyst", Role::Analyst),
            ("approver", Role::Approver),
            ("liaison", Role::Liaison),
            ("auditor", Role::Auditor),
        ] {
            add_user(&store, &ctx, login, vec![role]).await;
        }
        add_user(&store, &ctx, "both", vec![Role::Analyst, Role::Approver]).await;
        let ledger = Ledger::open(&folder.path().join("log/payments"), LedgerMode::ReadWrite);
        let mut config = ServeConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            institutions_allowed: vec!["127.0.0.0/8".to_owned()],
            ..ServeConfig::default()
        };
        change(&mut config);
        let parts = Parts {
            data_dir: folder.path().to_owned(),
            ledger: Arc::new(ledger.unwrap()),
            store,
            ctx: ctx.clone(),
        };
        let server = Server::bind(config, parts).await.unwrap();
        let base = format!("http://{}", server.address());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async move {
            drop(stopped.await);
        }));
        Self {
            base,
            client: Client::builder().no_proxy().build().unwrap(),
            stop: Some(stop),
            serving,
            folder,
            ctx,
        }
    }

    /// Stops the server and gives its folder back.
    pub async fn stop(mut self) -> TempDir {
        drop(self.stop.take());
        self.serving.await.unwrap().unwrap();
        self.folder
    }

    /// A bearer token of `login`.
    pub async fn token(&self, login: &str) -> String {
        let response = self
            .client
            .post(format!("{}/v1/tokens", self.base))
            .json(&json!({"login": login, "password": PASSWORD}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
        let body: Value = response.json().await.unwrap();
        body["token"].as_str().unwrap().to_owned()
    }

    /// A request without credentials.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// The JSON of a `GET`, which must be 200.
    pub async fn get(&self, token: &str, path: &str) -> Value {
        let response = self.request(Method::GET, path).bearer_auth(token);
        let response = response.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The answer to a `POST` of JSON.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Response {
        let request = self.request(Method::POST, path).bearer_auth(token);
        request.json(body).send().await.unwrap()
    }

    /// The JSON of a `POST`, which must succeed.
    pub async fn done(&self, token: &str, path: &str, body: &Value) -> Value {
        let response = self.post(token, path, body).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The stable code of a refusal, after checking its form.
    pub async fn code(response: Response) -> String {
        let status = response.status().as_u16();
        let media_type = response.headers()["content-type"].clone();
        let text = response.text().await.unwrap();
        assert_eq!(media_type, "application/problem+json", "{text}");
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(problem["status"], status, "{text}");
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("/errors/{code}"));
        code
    }

    /// A message signed by a bank with [`BANK_SECRET`].
    pub async fn signed(&self, path: &str, id: &str, media_type: &str, body: String) -> Response {
        let secret: WebhookSecret = BANK_SECRET.parse().unwrap();
        let now = self.ctx.now().as_secs();
        self.request(Method::POST, path)
            .header("content-type", media_type)
            .header("webhook-id", id)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", secret.sign(id, now, body.as_bytes()))
            .body(body)
            .send()
            .await
            .unwrap()
    }

    /// The current instant as text.
    pub fn now_text(&self) -> String {
        self.ctx.now().to_string()
    }
}

async fn open_store(folder: &Path, ctx: &Ctx) -> Store {
    Store::open(&StoreConfig::sqlite(folder), ctx)
        .await
        .unwrap()
}

async fn add_user(store: &Store, ctx: &Ctx, login: &str, roles: Vec<Role>) {
    let new = NewUser {
        login: login.to_owned(),
        name: format!("Name of {login}"),
        roles,
        password: Secret::new(PASSWORD.to_owned()),
    };
    create_user(store, ctx, new).await.unwrap();
}

/// A bank that acknowledges every order, on a free port.
pub async fn start_bank() -> String {
    let router = axum::Router::new().route(
        "/orders",
        axum::routing::post(|| async {
            (
                axum::http::StatusCode::ACCEPTED,
                Json(json!({"receipt": "R1"})),
            )
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}
