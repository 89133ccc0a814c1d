//! An institution's system on a real socket, down to the bytes, so that it can fail in every way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use stanch_orders::OrderSigner;
use stanch_orders::webhook::{VerifyKeys, verify_any};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it does with the next order posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Takes it and answers 202 with a receipt (also when nothing is scripted).
    Ack,
    /// Carries it out and says so at once; 409 if it has it already.
    Execute,
    /// Takes it and drops the connection without a word.
    LoseAnswer,
    /// Takes it and never answers.
    Hang,
    /// Takes it and answers byte by byte, never finishing.
    SlowLoris,
    /// Drops the connection before it took anything.
    Drop,
    /// Takes nothing and answers this status with this body.
    Say(u16, &'static str),
    /// Takes nothing and answers with 70,000 bytes.
    Huge,
    /// Points to the metadata service.
    Redirect,
}

#[derive(Default)]
struct Inner {
    script: VecDeque<Act>,
    answers_to_questions: VecDeque<Act>,
    /// Answer message by application id: the orders it has.
    taken: BTreeMap<String, String>,
    posts: Vec<String>,
    questions: Vec<String>,
    unsigned: usize,
}

#[derive(Clone)]
pub struct Peer {
    inner: Arc<Mutex<Inner>>,
    port: u16,
}

impl Peer {
    pub async fn listen(secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = Self {
            inner: Arc::default(),
            port: listener.local_addr().unwrap().port(),
        };
        let signer = OrderSigner::from_seed(&[9; 32]).unwrap();
        let shared = VerifyKeys {
            secrets: vec![secret.parse().unwrap()],
            public_keys: Vec::new(),
        };
        let public = VerifyKeys {
            secrets: Vec::new(),
            public_keys: vec![signer.public_key().clone()],
        };
        let keys = Arc::new([shared, public]);
        let serving = peer.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream, keys.clone()));
            }
        });
        peer
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/stanch", self.port)
    }

    pub fn script(&self, acts: &[Act]) {
        self.inner
            .lock()
            .unwrap()
            .script
            .extend(acts.iter().cloned());
    }

    pub fn script_questions(&self, acts: &[Act]) {
        let mut inner = self.inner.lock().unwrap();
        inner.answers_to_questions.extend(acts.iter().cloned());
    }

    /// Sets what it says when asked about an order.
    pub fn settle(&self, application_id: &str, answer: String) {
        let mut inner = self.inner.lock().unwrap();
        inner.taken.insert(application_id.to_owned(), answer);
    }

    pub fn forget(&self, application_id: &str) {
        self.inner.lock().unwrap().taken.remove(application_id);
    }

    pub fn posts(&self) -> usize {
        self.inner.lock().unwrap().posts.len()
    }

    pub fn bodies(&self) -> Vec<String> {
        self.inner.lock().unwrap().posts.clone()
    }

    pub fn questions(&self) -> usize {
        self.inner.lock().unwrap().questions.len()
    }

    pub fn unsigned(&self) -> usize {
        self.inner.lock().unwrap().unsigned
    }

    async fn serve(self, mut stream: TcpStream, keys: Arc<[VerifyKeys; 2]>) {
        while let Some(request) = read_request(&mut stream).await {
            let now = stanch_types::Timestamp::from_secs(
                request.headers["webhook-timestamp"]
                    .to_str()
                    .unwrap()
                    .parse()
                    .unwrap(),
            );
            let signed = keys
                .iter()
                .all(|keys| verify_any(&request.headers, &request.body, keys, now).is_ok());
            self.inner.lock().unwrap().unsigned += usize::from(!signed);
            let reply = if request.line.starts_with("GET /stanch/orders/") {
                self.asked(&request)
            } else {
                assert!(
                    request.line.starts_with("POST /stanch/orders "),
                    "{}",
                    request.line
                );
                self.posted(&request)
            };
            match reply {
                Reply::Bytes(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
                Reply::Drop => return,
                Reply::Hang => std::future::pending().await,
                Reply::Dribble => {
                    let _ = stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n{")
                        .await;
                    std::future::pending().await
                }
            }
        }
    }

    fn posted(&self, request: &Request) -> Reply {
        let mut inner = self.inner.lock().unwrap();
        let id = request.headers["webhook-id"].to_str().unwrap().to_owned();
        inner
            .posts
            .push(String::from_utf8(request.body.clone()).unwrap());
        let act = inner.script.pop_front().unwrap_or(Act::Ack);
        if let Some(first) = inner.taken.get(&id) {
            return json(409, first);
        }
        let (acked, executed) = (answer(&id, "acked"), answer(&id, "executed"));
        match act {
            Act::Ack => {
                inner.taken.insert(id, acked);
                json(202, r#"{"receipt":"R-1"}"#)
            }
            Act::Execute => {
                inner.taken.insert(id, executed.clone());
                json(200, &executed)
            }
            Act::LoseAnswer => {
                inner.taken.insert(id, executed);
                Reply::Drop
            }
            Act::Hang => {
                inner.taken.insert(id, executed);
                Reply::Hang
            }
            Act::SlowLoris => {
                inner.taken.insert(id, executed);
                Reply::Dribble
            }
            Act::Drop => Reply::Drop,
            Act::Say(..) | Act::Huge | Act::Redirect => faulty(&act),
        }
    }

    fn asked(&self, request: &Request) -> Reply {
        let mut inner = self.inner.lock().unwrap();
        let id = request.line.split(['/', ' ']).nth(4).unwrap().to_owned();
        inner.questions.push(id.clone());
        if let Some(act) = inner.answers_to_questions.pop_front() {
            return faulty(&act);
        }
        match inner.taken.get(&id) {
            Some(answer) => json(200, answer),
            None => json(404, "{}"),
        }
    }
}

pub fn answer(application_id: &str, outcome: &str) -> String {
    let outcome = match outcome {
        "acked" => r#"{"outcome":"acked","receipt":"R-1"}"#,
        "executing" => r#"{"outcome":"executing"}"#,
        "executed" => r#"{"outcome":"executed","held":{"minor":50000,"currency":"CNY"}}"#,
        other => panic!("{other}"),
    };
    format!(
        r#"{{"application_id":"{application_id}","occurred_at":"2026-03-02T08:00:05Z","outcome":{outcome}}}"#
    )
}

enum Reply {
    Bytes(Vec<u8>),
    Drop,
    Hang,
    Dribble,
}

fn faulty(act: &Act) -> Reply {
    match act {
        Act::Say(status, body) => json(*status, body),
        Act::Huge => json(200, &"x".repeat(70_000)),
        Act::Redirect => Reply::Bytes(
            b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/latest/meta-data/\r\ncontent-length: 0\r\n\r\n"
                .to_vec(),
        ),
        Act::Hang => Reply::Hang,
        Act::SlowLoris => Reply::Dribble,
        Act::Drop => Reply::Drop,
        Act::Ack | Act::Execute | Act::LoseAnswer => panic!("not a fault"),
    }
}

fn json(status: u16, body: &str) -> Reply {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Reply::Bytes([head.as_bytes(), body.as_bytes()].concat())
}

struct Request {
    line: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            Ok(_) | Err(_) => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let mut headers = HeaderMap::new();
    for header in lines {
        let (name, value) = header.split_once(':').unwrap();
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value.trim()).unwrap(),
        );
    }
    let length: usize = headers
        .get("content-length")
        .map_or(0, |value| value.to_str().unwrap().parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => body.extend_from_slice(&chunk[..n]),
            Ok(_) | Err(_) => return None,
        }
    }
    Some(Request {
        line,
        headers,
        body,
    })
}
