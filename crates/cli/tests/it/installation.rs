//! One state folder and the processes that work on it.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::scratch::Scratch;

/// The password of every person of the tests.
pub const PASSWORD: &str = "correct horse battery";
/// How long a process may take to come up on a busy machine.
const UP_MAX: Duration = Duration::from_secs(60);

/// A state folder in a temporary place.
pub struct Installation {
    folder: tempfile::TempDir,
    database: Option<Scratch>,
    /// The address the server takes at every start.
    pub url: String,
}

/// A running server; killed hard when dropped.
pub struct Serving {
    child: Child,
    /// From the start of the process to the first good answer of `/healthz`.
    pub up_after: Duration,
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Installation {
    /// An empty folder that lets institutions be on this machine. Its record is in a PostgreSQL database of its own if
    /// a server is named, else in the folder.
    pub fn new() -> Self {
        let database = Scratch::create();
        let url = database.as_ref().map(Scratch::url);
        Self {
            database,
            ..Self::with(url.as_deref())
        }
    }

    /// The same on a PostgreSQL database that is another's.
    pub fn on(database_url: &str) -> Self {
        Self::with(Some(database_url))
    }

    fn with(database_url: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = "institutions_allowed = [\"127.0.0.0/8\"]\n".to_owned();
        if let Some(url) = database_url {
            config.push_str(&format!("database_url = \"{url}\"\n"));
        }
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Self {
            folder,
            database: None,
            url: format!("http://127.0.0.1:{}", free_port()),
        }
    }

    /// The PostgreSQL database, if the record is in one.
    pub fn database(&self) -> Option<&Scratch> {
        self.database.as_ref()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `stanch --json --data D ARGUMENTS` with `input` on standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stanch"))
            .args(["--json", "--data"])
            .arg(self.path())
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads no input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// The JSON that a command prints; panics with its messages if it fails.
    pub fn json(&self, arguments: &[&str], input: &str) -> Value {
        let output = self.run(arguments, input);
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "stanch {arguments:?}: {messages}");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("stanch {arguments:?}: {error}"))
    }

    /// The error code of a command that must be refused with exit status 1.
    pub fn refused(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            output.status.code(),
            Some(1),
            "stanch {arguments:?}: {messages}"
        );
        let last = messages.lines().last().unwrap_or_default();
        let error: Value =
            serde_json::from_str(last).unwrap_or_else(|_| panic!("not JSON: {messages}"));
        error["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Makes the analyst `lin` and the approver `chen`.
    pub fn add_people(&self) {
        self.json(
            &["user", "add", "lin", "--name", "林岚", "--role", "analyst"],
            PASSWORD,
        );
        self.json(
            &[
                "user", "add", "chen", "--name", "陈舟", "--role", "approver",
            ],
            PASSWORD,
        );
    }

    /// Starts the server and waits until it answers.
    pub async fn serve(&self) -> Serving {
        self.serve_with(&[]).await
    }

    /// Starts the server with more arguments and waits until it answers.
    pub async fn serve_with(&self, arguments: &[&str]) -> Serving {
        let started = Instant::now();
        let address = self.url.trim_start_matches("http://");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.file("server.log"))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_stanch"))
            .arg("--data")
            .arg(self.path())
            .args(["serve", "--listen", address])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut serving = Serving {
            child,
            up_after: Duration::ZERO,
        };
        wait_up(
            &format!("{}/healthz", self.url),
            &mut serving.child,
            &self.file("server.log"),
        )
        .await;
        serving.up_after = started.elapsed();
        serving
    }

    /// A client signed in as `login`.
    pub async fn sign_in(&self, login: &str) -> Person {
        let http = client();
        let body = serde_json::json!({ "login": login, "password": PASSWORD });
        let answer = http
            .post(format!("{}/v1/tokens", self.url))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
        let token: Value = answer.json().await.unwrap();
        Person {
            http,
            url: self.url.clone(),
            token: token["token"].as_str().unwrap().to_owned(),
        }
    }
}

/// A client that never goes through a proxy.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

/// Waits until `url` answers 200; panics if `child` ends first or it takes too long.
pub async fn wait_up(url: &str, child: &mut Child, log: &Path) {
    let http = client();
    let deadline = Instant::now() + UP_MAX;
    loop {
        if let Ok(answer) = http.get(url).send().await
            && answer.status().is_success()
        {
            return;
        }
        let ended = child.try_wait().unwrap();
        let tail = || std::fs::read_to_string(log).unwrap_or_default();
        assert!(
            ended.is_none(),
            "the process ended with {ended:?}: {}",
            tail()
        );
        assert!(
            Instant::now() < deadline,
            "{url} does not answer: {}",
            tail()
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Serving {
    /// `kill -9`, and waits until the process is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Person {
    /// `GET path`; the JSON of a good answer.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self
            .http
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .header("stanch-purpose", "case_work")
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "GET {path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// `POST path`; status and JSON, or the error of a connection that failed.
    pub async fn post(
        &self,
        path: &str,
        body: &Value,
        key: Option<&str>,
    ) -> reqwest::Result<(u16, Value)> {
        let mut request = self
            .http
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .header("stanch-purpose", "case_work")
            .json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }
}
