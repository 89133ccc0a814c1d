//! Sandbox institutions as processes of the same binary.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use stanch_sim::sandbox::{FaultConfig, LatencyConfig, SandboxConfig};
use stanch_types::InstitutionKind;
use stanch_types::personal::Secret;

use crate::installation::{Installation, client, free_port, wait_up};

/// A running institution; killed when dropped.
pub struct Sandbox {
    child: Child,
    url: String,
}

/// An account of a sandbox institution.
pub struct Account {
    pub number: String,
    pub kind: &'static str,
    pub holder: &'static str,
    pub balance_minor: i64,
}

impl Sandbox {
    /// Starts `code` with `accounts` beside `installation` and registers it there. The server must not run yet.
    pub async fn start(
        installation: &Installation,
        code: &str,
        accounts: &[Account],
        latency: LatencyConfig,
        faults: FaultConfig,
    ) -> Self {
        let folder = installation.file(&format!("sandbox-{code}"));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("http://127.0.0.1:{}", free_port());
        let set = installation.json(
            &[
                "institution",
                "set",
                code,
                "--name",
                code,
                "--kind",
                "bank",
                "--endpoint",
                &url,
                "--latency-ms",
                "2000",
            ],
            "",
        );
        let secret = set["webhook_secret"].as_str().unwrap().to_owned();
        let key = installation.json(&["institution", "order-key"], "")["order_key"]
            .as_str()
            .unwrap()
            .to_owned();
        let config = SandboxConfig {
            code: code.parse().unwrap(),
            name: code.to_owned(),
            kind: InstitutionKind::Bank,
            listen: url.trim_start_matches("http://").parse().unwrap(),
            state_dir: folder.join("state"),
            stanch_url: installation.url.clone(),
            webhook_secret: Secret::new(secret),
            stanch_public_key: key,
            accounts: write_accounts(folder.join("accounts.csv"), accounts),
            history: None,
            latency,
            faults,
            seed: 5,
            answer_inline: false,
            unknown_transfer_refused: false,
            push_interval_ms: 200,
            parent_pid: Some(std::process::id()),
        };
        let file = folder.join("config.json");
        config.write(&file).unwrap();
        let log = folder.join("log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_stanch"))
            .args(["sandbox", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        wait_up(&format!("{url}/healthz"), &mut child, &log).await;
        Self { child, url }
    }

    /// What the institution itself says of an account.
    pub async fn account(&self, number: &str) -> Value {
        let answer = client()
            .get(format!("{}/accounts/{number}", self.url))
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_success(),
            "account {number}: {}",
            answer.status()
        );
        answer.json().await.unwrap()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_accounts(path: PathBuf, accounts: &[Account]) -> PathBuf {
    let mut text = String::from("account,kind,holder_name,opening_balance_minor_units\n");
    for account in accounts {
        let Account {
            number,
            kind,
            holder,
            balance_minor,
        } = account;
        writeln!(text, "{number},{kind},{holder},{balance_minor}").unwrap();
    }
    std::fs::write(&path, text).unwrap();
    path
}

/// A report of one payment from `victim` to `to`, both at institutions of the city.
pub fn report(
    tx_id: &str,
    occurred_at: &str,
    minor: i64,
    victim: (&str, &str),
    to: (&str, &str),
) -> Value {
    let account = |(institution, account): (&str, &str)| json!({ "institution": institution, "account": account });
    json!({
        "reporter": { "name": "王小明", "phone": "13800138000", "relation": "victim" },
        "narrative": "对方自称客服,让我把钱转到安全账户。",
        "payments": [{
            "tx_id": tx_id, "occurred_at": occurred_at, "amount": { "minor": minor, "currency": "CNY" },
            "from": account(victim), "to": account(to)
        }],
        "consent": "this_case"
    })
}
