//! One server in one folder, with one person for each role.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use stanch_decide::Engine;
use stanch_ledger::{Ledger, LedgerMode};
use stanch_orders::webhook::WebhookSecret;
use stanch_server::{NewUser, Parts, ServeConfig, Server, create_user};
use stanch_store::audit::tree::commitment;
use stanch_store::{Instance, Session, Store, StoreConfig};
use stanch_types::credential::SessionWay;
use stanch_types::personal::Secret;
use stanch_types::user::Role;
use stanch_types::{Ctx, Timestamp};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::scratch::Scratch;

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
    /// The server's record.
    pub store: Store,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), stanch_server::ServeError>>,
    folder: TempDir,
    database: Option<Scratch>,
    /// The server's clock and randomness.
    pub ctx: Ctx,
}

/// What a server leaves.
pub struct Stopped {
    /// Its record, for reading.
    pub store: Store,
    _folder: TempDir,
    _database: Option<Scratch>,
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
        let database = Scratch::create();
        let store = open_store(folder.path(), database.as_ref(), &ctx).await;
        for (login, role) in [
            ("analyst", Role::Analyst),
            ("approver", Role::Approver),
            ("liaison", Role::Liaison),
            ("auditor", Role::Auditor),
            ("risk_engineer", Role::RiskEngineer),
            ("source", Role::Source),
            ("reviewer", Role::Reviewer),
            ("admin", Role::Admin),
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
        let engine = Engine::open(config.engine(folder.path()), store.clone(), ctx.clone());
        let parts = Parts {
            data_dir: folder.path().to_owned(),
            ledger: Arc::new(ledger.unwrap()),
            engine: engine.await.unwrap(),
            store: store.clone(),
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
            store,
            stop: Some(stop),
            serving,
            folder,
            database,
            ctx,
        }
    }

    /// Stops the server and gives what it leaves.
    pub async fn stop(mut self) -> Stopped {
        drop(self.stop.take());
        self.serving.await.unwrap().unwrap();
        let config = record_config(self.folder.path(), self.database.as_ref());
        Stopped {
            store: Store::open_read_only(&config, &self.ctx).await.unwrap(),
            _folder: self.folder,
            _database: self.database,
        }
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

    /// A session of `login` in the record that ends at `expires_at`, without signing in; gives its token.
    pub async fn session_until(&self, login: &str, expires_at: Timestamp) -> String {
        let token: String = hex::encode(self.ctx.random_bytes::<32>())
            .chars()
            .take(43)
            .collect();
        let mut tx = self.store.begin().await.unwrap();
        let user = tx.lookup_user_by_login(login).await.unwrap().unwrap();
        let session = Session {
            token_sha256: commitment(&[], &token).to_string(),
            id: self.ctx.new_id(),
            user_id: user.id,
            way: SessionWay::Password,
            created_at: self.ctx.now(),
            expires_at,
        };
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    /// A request without credentials, of somebody who works on cases.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        request.header("stanch-purpose", "case_work")
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

    /// Opens a connection, sends `head` and leaves it open.
    pub async fn raw(&self, head: &str) -> TcpStream {
        let address = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    /// The current instant as text.
    pub fn now_text(&self) -> String {
        self.ctx.now().to_string()
    }
}

fn record_config(folder: &Path, database: Option<&Scratch>) -> StoreConfig {
    match database {
        Some(database) => StoreConfig::postgres(database.url(), folder),
        None => StoreConfig::sqlite(folder),
    }
}

async fn open_store(folder: &Path, database: Option<&Scratch>, ctx: &Ctx) -> Store {
    let config = record_config(folder, database);
    let instance = Instance {
        name: "server-test".to_owned(),
        told: "a test".to_owned(),
    };
    Store::open(&config.opened_by(instance), ctx).await.unwrap()
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
