//! What a sandbox institution is told at start, as JSON.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stanch_types::personal::Secret;
use stanch_types::{InstitutionCode, InstitutionKind, Timestamp};

use crate::SimError;

/// Config of one sandbox institution.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxConfig {
    /// Its code.
    pub code: InstitutionCode,
    /// Its name as shown to people.
    pub name: String,
    /// What it is.
    pub kind: InstitutionKind,
    /// Address to listen on; port 0 takes a free one and keeps it over restarts.
    pub listen: SocketAddr,
    /// Folder for its journal and address file; made when missing.
    pub state_dir: PathBuf,
    /// Base address of Stanch, such as `http://127.0.0.1:8470`.
    pub stanch_url: String,
    /// Secret shared with Stanch, `whsec_…`; signs both ways.
    pub webhook_secret: Secret,
    /// Stanch's Ed25519 key, `whpk_…`; orders must carry its signature too.
    pub stanch_public_key: String,
    /// CSV of its accounts: `account,kind,holder_name,opening_balance_minor_units`.
    pub accounts: PathBuf,
    /// CSV of the payments before the start that touch it (columns of tx.csv), already settled.
    #[serde(default)]
    pub history: Option<PathBuf>,
    /// How long it takes.
    #[serde(default)]
    pub latency: LatencyConfig,
    /// How it fails.
    #[serde(default)]
    pub faults: FaultConfig,
    /// Drives delays and faults; each is a function of the seed and the application id, so a restart repeats them.
    #[serde(default)]
    pub seed: u64,
    /// Carries an order out at once and answers in the same exchange (200) instead of later.
    #[serde(default)]
    pub answer_inline: bool,
    /// Refuse (mismatch) when the disputed transfer is not in its books; otherwise such an order is only checked
    /// for account and name.
    #[serde(default = "yes")]
    pub unknown_transfer_refused: bool,
    /// How often executed debits are pushed to Stanch, in milliseconds.
    #[serde(default = "push_interval")]
    pub push_interval_ms: u64,
    /// End when this process is no longer the parent (the demo's children).
    #[serde(default)]
    pub parent_pid: Option<u32>,
}

const fn yes() -> bool {
    true
}

const fn push_interval() -> u64 {
    500
}

/// A range of milliseconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MsRange {
    /// Least.
    pub min: u32,
    /// Most.
    pub max: u32,
}

/// How long an institution takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencyConfig {
    /// From receiving an order to its receipt.
    #[serde(default)]
    pub ack_ms: MsRange,
    /// From the receipt to carrying it out.
    #[serde(default)]
    pub execute_ms: MsRange,
    /// Carries orders out only at whole multiples of this many milliseconds (fund companies); 0 for at once.
    #[serde(default)]
    pub batch_ms: u32,
}

/// How an institution fails. Chances are in thousandths of orders.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultConfig {
    /// Refuses for a reason of its own (quota).
    pub refuse_per_mille: u16,
    /// Holds only half of what it could.
    pub partial_per_mille: u16,
    /// Sends its answer twice.
    pub answer_twice_per_mille: u16,
    /// Sends its answer late.
    pub answer_late_per_mille: u16,
    /// How late.
    pub late_ms: MsRange,
    /// Takes the order, then cuts the connection before the receipt is out.
    pub lose_answer_per_mille: u16,
    /// When it is down.
    pub down: Vec<DownWindow>,
}

/// A time in which an institution is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DownWindow {
    /// From.
    pub from: Timestamp,
    /// Until.
    pub until: Timestamp,
    /// Connections are refused; otherwise it answers 503.
    pub refuse_connections: bool,
}

impl SandboxConfig {
    /// Reads a config file.
    ///
    /// # Errors
    /// [`SimError::Io`], [`SimError::Damaged`].
    pub fn read(path: &Path) -> Result<Self, SimError> {
        let bytes = std::fs::read(path).map_err(SimError::io("read", path))?;
        serde_json::from_slice(&bytes).map_err(|error| SimError::Damaged {
            path: path.to_owned(),
            detail: error.to_string(),
        })
    }

    /// Writes a config file, readable by its owner only because it holds a secret.
    ///
    /// # Errors
    /// [`SimError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), SimError> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| SimError::Config(error.to_string()))?;
        std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(&text))
            .map_err(SimError::io("write", path))
    }
}

impl DownWindow {
    /// Whether `now` lies in it.
    #[must_use]
    pub fn contains(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}
