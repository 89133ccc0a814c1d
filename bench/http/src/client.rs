//! HTTP/1.1 over one kept connection, with no more work than the measure needs.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Bytes of a bulk body sent at once.
const PART_BYTES: usize = 64 << 10;

/// What was answered.
#[derive(Default)]
pub struct Tally {
    pub decisions: BTreeMap<String, u64>,
    pub late: u64,
    pub refused: u64,
    /// Time of each request.
    pub micros: Vec<u64>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        for (word, count) in other.decisions {
            *self.decisions.entry(word).or_default() += count;
        }
        self.late += other.late;
        self.refused += other.refused;
        self.micros.extend(other.micros);
    }

    /// Looks at one answer without reading all of it as JSON: the client shares the server's cores.
    fn note(&mut self, answer: &[u8]) {
        let text = String::from_utf8_lossy(answer.get(..answer.len().min(400)).unwrap_or_default());
        match text
            .split_once(r#""decision":""#)
            .and_then(|(_, rest)| rest.split_once('"'))
        {
            Some((word, _)) => match self.decisions.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(self.decisions.insert(word.to_owned(), 1)),
            },
            None => self.refused += 1,
        }
        self.late += u64::from(answer.ends_with(br#""late":true}"#));
    }
}

/// A connection.
pub struct Connection {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    head: String,
    buffer: Vec<u8>,
    out: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        Ok(Self {
            read,
            write,
            head: format!(
                "POST /v1/events HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n"
            ),
            buffer: Vec::new(),
            out: Vec::new(),
        })
    }

    /// Sends one event and waits for its answer.
    pub async fn single(&mut self, line: &str, tally: &mut Tally) -> Result<()> {
        self.out.clear();
        self.out.extend_from_slice(self.head.as_bytes());
        self.out.extend_from_slice(
            format!(
                "content-type: application/json\r\ncontent-length: {}\r\n\r\n",
                line.len()
            )
            .as_bytes(),
        );
        self.out.extend_from_slice(line.as_bytes());
        self.write.write_all(&self.out).await?;
        let mut incoming = Incoming {
            read: &mut self.read,
            buffer: &mut self.buffer,
        };
        let head = incoming.head().await?;
        let length = header(&head, "content-length").and_then(|text| text.parse().ok());
        let body = incoming
            .take(length.ok_or_else(|| bad("no length"))?)
            .await?;
        if head.starts_with("HTTP/1.1 200") {
            tally.note(&body);
        } else {
            tally.refused += 1;
        }
        Ok(())
    }

    /// Sends events as one NDJSON body and reads the answers while it does.
    pub async fn bulk(&mut self, lines: &[String], tally: &mut Tally) -> Result<()> {
        let Self {
            read,
            write,
            head,
            buffer,
            out,
        } = self;
        let send = async {
            out.clear();
            out.extend_from_slice(head.as_bytes());
            let length: usize = lines.iter().map(|line| line.len() + 1).sum();
            out.extend_from_slice(
                format!("content-type: application/x-ndjson\r\ncontent-length: {length}\r\n\r\n")
                    .as_bytes(),
            );
            for line in lines {
                out.extend_from_slice(line.as_bytes());
                out.push(b'\n');
                if out.len() >= PART_BYTES {
                    write.write_all(out).await?;
                    out.clear();
                }
            }
            write.write_all(out).await
        };
        let receive = async {
            let mut incoming = Incoming { read, buffer };
            let head = incoming.head().await?;
            if !head.starts_with("HTTP/1.1 200") {
                return Err(bad(&head));
            }
            let mut pending = Vec::new();
            let mut answers = 0;
            loop {
                let size = incoming.line().await?;
                let size = usize::from_str_radix(size.trim(), 16).map_err(|_| bad("chunk"))?;
                let part = incoming.take(size + 2).await?;
                if size == 0 {
                    break;
                }
                pending.extend_from_slice(&part[..size]);
                let end = pending
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |at| at + 1);
                for answer in pending[..end]
                    .split(|byte| *byte == b'\n')
                    .filter(|line| !line.is_empty())
                {
                    answers += 1;
                    tally.note(answer);
                }
                pending.drain(..end);
            }
            if answers == lines.len() {
                Ok(())
            } else {
                Err(bad("an answer is missing"))
            }
        };
        let (sent, received) = tokio::join!(send, receive);
        sent.and(received)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

fn bad(why: &str) -> Error {
    Error::new(ErrorKind::InvalidData, why.to_owned())
}

struct Incoming<'a> {
    read: &'a mut OwnedReadHalf,
    buffer: &'a mut Vec<u8>,
}

impl Incoming<'_> {
    async fn more(&mut self) -> Result<()> {
        self.buffer.reserve(64 << 10);
        match self.read.read_buf(self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    async fn until(&mut self, end: &[u8]) -> Result<String> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|part| part == end) {
                let bytes: Vec<u8> = self.buffer.drain(..at + end.len()).collect();
                return String::from_utf8(bytes).map_err(|_| bad("not text"));
            }
            self.more().await?;
        }
    }

    async fn head(&mut self) -> Result<String> {
        self.until(b"\r\n\r\n").await
    }

    async fn line(&mut self) -> Result<String> {
        self.until(b"\r\n").await
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }
}
