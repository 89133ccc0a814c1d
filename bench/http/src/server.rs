//! The server under load: the shipped binary on a fresh folder.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Fallible;

/// Any password: the folder is thrown away.
const PASSWORD: &str = "load-load-load-load";
/// Seconds the server may take to come up.
const UP_SECS_MAX: u64 = 60;

/// A running server.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Makes the folder and somebody who sends events, and starts the server with `policy`.
    pub fn start(stanch: &str, data: &str, policy: &str) -> Fallible<Self> {
        let mut add = Command::new(stanch)
            .args([
                "--data", data, "user", "add", "load", "--name", "Load", "--role", "source",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        add.stdin
            .take()
            .ok_or("no input")?
            .write_all(format!("{PASSWORD}\n").as_bytes())?;
        if !add.wait()?.success() {
            return Err("the user was not made".into());
        }
        // A port that was free a moment ago: the server says its own only once it listens.
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = std::fs::File::create(format!("{data}/server.log"))?;
        let child = Command::new(stanch)
            .args([
                "--data",
                data,
                "serve",
                "--listen",
                &address.to_string(),
                "--policy",
                policy,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let server = Self { child, address };
        let started = std::time::Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            if started.elapsed().as_secs() > UP_SECS_MAX {
                return Err("the server does not come up".into());
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Ok(server)
    }

    /// Signs in.
    pub async fn token(&self) -> Fallible<String> {
        let body = format!(r#"{{"login":"load","password":"{PASSWORD}"}}"#);
        let mut stream = TcpStream::connect(self.address).await?;
        let head = format!(
            "POST /v1/tokens HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (_, json) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        let json: serde_json::Value = serde_json::from_str(json)?;
        Ok(json["token"].as_str().ok_or("no token")?.to_owned())
    }

    /// CPU seconds the server has used.
    pub fn cpu_secs(&self) -> Fallible<f64> {
        cpu_secs(&self.child.id().to_string())
    }

    /// Memory the server has now.
    pub fn memory_kib(&self) -> Fallible<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Stops it.
    pub fn stop(mut self) -> Fallible<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After an error; a server that was stopped is gone already.
        drop(self.child.kill());
    }
}

/// CPU seconds of a process, in ticks of 10 ms.
pub fn cpu_secs(process: &str) -> Fallible<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').ok_or("stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    Ok(ticks
        .filter_map(|text| text.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0)
}
