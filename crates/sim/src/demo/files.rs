//! Writes each institution's accounts, history and config.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use stanch_types::{Ctx, InstitutionKind};

use super::DemoConfig;
use crate::SimError;
use crate::sandbox::{ACCOUNTS_HEADER, FaultConfig, LatencyConfig, MsRange, SandboxConfig};
use crate::webhook::secret_text;
use crate::world::{TX_HEADER, World};

/// Writes `{dir}/{code}/accounts.csv`, `history.csv` and `config.json` for every institution of the world.
pub(super) fn write(
    world: &World,
    config: &DemoConfig,
    ctx: &Ctx,
) -> Result<Vec<SandboxConfig>, SimError> {
    let mut sandboxes = Vec::new();
    let mut accounts = Vec::new();
    let mut histories = Vec::new();
    for (index, institution) in world.institutions.iter().enumerate() {
        let dir = config.dir.join(institution.code.as_str());
        std::fs::create_dir_all(&dir).map_err(SimError::io("create", &dir))?;
        let sandbox = SandboxConfig {
            code: institution.code.clone(),
            name: institution.name.clone(),
            kind: institution.kind,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state_dir: dir.join("state"),
            stanch_url: config.stanch_url.clone(),
            webhook_secret: secret_text(&ctx.random_bytes()),
            stanch_public_key: config.stanch_public_key.clone(),
            accounts: dir.join("accounts.csv"),
            history: Some(dir.join("history.csv")),
            latency: latency(institution.kind, index),
            faults: if config.faults {
                faults(institution.kind)
            } else {
                FaultConfig::default()
            },
            seed: world.config.seed ^ index as u64,
            answer_inline: institution.kind == InstitutionKind::Wallet && index % 2 == 1,
            unknown_transfer_refused: true,
            push_interval_ms: if institution.kind == InstitutionKind::FundCompany {
                3_000
            } else {
                400
            },
            parent_pid: Some(std::process::id()),
        };
        accounts.push(Csv::create(sandbox.accounts.clone(), ACCOUNTS_HEADER)?);
        histories.push(Csv::create(dir.join("history.csv"), TX_HEADER)?);
        sandbox.write(&dir.join("config.json"))?;
        sandboxes.push(sandbox);
    }
    for account in &world.accounts {
        if let Some(csv) = accounts.get_mut(account.institution as usize) {
            let (number, holder) = (account.number.expose(), account.holder.expose());
            csv.line(|out| {
                writeln!(
                    out,
                    "{number},{},{holder},{}",
                    account.kind, account.opening_minor
                )
            })?;
        }
    }
    let home = |account: u32| {
        world
            .accounts
            .get(account as usize)
            .map(|a| a.institution as usize)
    };
    for (index, row) in world.payments.iter().enumerate().take(world.history) {
        let (payer, payee) = (home(row.from), home(row.to));
        let other = payee.filter(|payee| Some(*payee) != payer);
        for side in [payer, other].into_iter().flatten() {
            if let Some(csv) = histories.get_mut(side) {
                csv.line(|out| world.write_tx_row(out, index))?;
            }
        }
    }
    for csv in accounts.iter_mut().chain(&mut histories) {
        csv.line(Write::flush)?;
    }
    Ok(sandboxes)
}

/// Banks take one to three seconds, the last bank much longer, wallets are quick, fund companies work in batches.
fn latency(kind: InstitutionKind, index: usize) -> LatencyConfig {
    let (ack, execute, batch_ms) = match kind {
        InstitutionKind::Bank if index == 2 => ((300, 900), (4_000, 9_000), 0),
        InstitutionKind::Bank => ((50, 250), (1_000, 3_000), 0),
        InstitutionKind::Wallet => ((10, 60), (100, 500), 0),
        InstitutionKind::FundCompany | InstitutionKind::Platform => {
            ((80, 300), (500, 1_500), 5_000)
        }
    };
    let range = |(min, max): (u32, u32)| MsRange { min, max };
    LatencyConfig {
        ack_ms: range(ack),
        execute_ms: range(execute),
        batch_ms,
    }
}

fn faults(kind: InstitutionKind) -> FaultConfig {
    let bank = kind == InstitutionKind::Bank;
    FaultConfig {
        refuse_per_mille: if bank { 25 } else { 0 },
        partial_per_mille: if bank { 40 } else { 0 },
        answer_twice_per_mille: 80,
        answer_late_per_mille: if bank { 40 } else { 0 },
        late_ms: MsRange {
            min: 60_000,
            max: 240_000,
        },
        lose_answer_per_mille: 60,
        down: Vec::new(),
    }
}

/// Typical time from sending an order until it takes effect, for the recovery plan.
pub(super) fn typical_ms(latency: &LatencyConfig) -> i64 {
    let mean = |range: MsRange| (i64::from(range.min) + i64::from(range.max)) / 2;
    mean(latency.ack_ms) + mean(latency.execute_ms) + i64::from(latency.batch_ms) / 2
}

/// A CSV being written.
struct Csv {
    out: BufWriter<File>,
    path: PathBuf,
}

impl Csv {
    fn create(path: PathBuf, header: &str) -> Result<Self, SimError> {
        let file = File::create(&path).map_err(SimError::io("create", &path))?;
        let mut csv = Self {
            out: BufWriter::with_capacity(1 << 16, file),
            path,
        };
        csv.line(|out| writeln!(out, "{header}"))?;
        Ok(csv)
    }

    fn line(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
    ) -> Result<(), SimError> {
        write(&mut self.out).map_err(SimError::io("write", &self.path))
    }
}
