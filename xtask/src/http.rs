//! The least of an HTTP/1.1 client, for servers that this task started on 127.0.0.1.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

const TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes read of an answer.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// A request to a server on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`, `POST` …
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Media type and body.
    pub body: Option<(&'a str, &'a str)>,
    /// Bearer token.
    pub token: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A plain `GET`.
    pub const fn get(path: &'a str) -> Self {
        Self {
            method: "GET",
            path,
            body: None,
            token: None,
        }
    }
}

/// Sends `request` to `port` and gives status and body.
pub fn send(port: u16, request: &Request<'_>) -> Result<(u16, String)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)
        .with_context(|| format!("nothing listens on {address}"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut head = format!(
        "{} {} HTTP/1.0\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n",
        request.method, request.path
    );
    if let Some(token) = request.token {
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    let (media_type, body) = request.body.unwrap_or(("text/plain", ""));
    if request.body.is_some() {
        head.push_str(&format!(
            "content-type: {media_type}\r\ncontent-length: {}\r\n",
            body.len()
        ));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    parse(&String::from_utf8_lossy(&answer))
}

/// Sends `request`, asks for a success status and gives the body.
pub fn expect_success(port: u16, request: &Request<'_>) -> Result<String> {
    let (status, body) = send(port, request)?;
    if (200..300).contains(&status) {
        Ok(body)
    } else {
        bail!(
            "{} {} answered {status}: {body}",
            request.method,
            request.path
        )
    }
}

fn parse(answer: &str) -> Result<(u16, String)> {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("the answer has no end of headers")?;
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|status| status.parse().ok())
        .context("the answer has no status")?;
    Ok((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_parsed() {
        let answer = "HTTP/1.1 201 Created\r\ncontent-type: a/b\r\n\r\n{}";
        assert_eq!(parse(answer).unwrap(), (201, "{}".to_owned()));
        assert!(parse("HTTP/1.1").is_err());
    }
}
