//! The world as CSV files with the columns of `fundflow_gen`, so that `stanch import` and the bench scripts read it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::World;
use crate::SimError;

/// The header of `tx.csv`.
pub const TX_HEADER: &str = "tx_id,timestamp_ms,from_account,to_account,from_institution,to_institution,amount_minor_units,currency,channel";

/// Where a world's files are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorldFiles {
    /// `tx.csv`: the payments up to `end`.
    pub tx: PathBuf,
    /// `accounts.csv`.
    pub accounts: PathBuf,
    /// `cases.csv`.
    pub cases: PathBuf,
    /// `truth_planted.csv`.
    pub truth_planted: PathBuf,
}

impl World {
    /// Writes `tx.csv`, `accounts.csv`, `cases.csv`, `truth_planted.csv`, `truth_cases.csv`, `truth_accounts.csv` and
    /// `live.csv` (payments after `end`, columns of tx.csv) into `dir`, which is made when missing.
    ///
    /// # Errors
    /// [`SimError::Io`].
    pub fn write_csv(&self, dir: &Path) -> Result<WorldFiles, SimError> {
        std::fs::create_dir_all(dir).map_err(SimError::io("create", dir))?;
        let files = WorldFiles {
            tx: dir.join("tx.csv"),
            accounts: dir.join("accounts.csv"),
            cases: dir.join("cases.csv"),
            truth_planted: dir.join("truth_planted.csv"),
        };
        write(&files.tx, TX_HEADER, |out| {
            self.write_tx(out, 0..self.history)
        })?;
        write(&dir.join("live.csv"), TX_HEADER, |out| {
            self.write_tx(out, self.history..self.payments.len())
        })?;
        let header = "account,institution,kind,owner_account,opened_ms,device_id,opening_balance_minor_units";
        write(&files.accounts, header, |out| self.write_accounts(out))?;
        let header = "case_id,victim_account,first_payment_ms,report_ms,loss_minor_units";
        write(&files.cases, header, |out| self.write_cases(out))?;
        write(&files.truth_planted, "tx_id,case_id,tier,role", |out| {
            for row in &self.planted {
                let id = self.tx_id(row.payment as usize);
                writeln!(out, "{id},{},{},{}", row.case, row.tier, row.role)?;
            }
            Ok(())
        })?;
        write(
            &dir.join("truth_cases.csv"),
            "case_id,gang_id,pattern",
            |out| {
                for (index, case) in self.cases.iter().enumerate() {
                    writeln!(out, "{index},{},{}", case.gang, case.pattern)?;
                }
                Ok(())
            },
        )?;
        write(
            &dir.join("truth_accounts.csv"),
            "account,gang_id,role",
            |out| {
                for member in &self.gang_members {
                    let number = self.number(member.account);
                    writeln!(out, "{number},{},{}", member.gang, member.role)?;
                }
                Ok(())
            },
        )?;
        Ok(files)
    }

    /// Writes rows of tx.csv for the payments of `range`.
    pub(crate) fn write_tx(&self, out: &mut dyn Write, range: Range<usize>) -> std::io::Result<()> {
        range
            .into_iter()
            .try_for_each(|index| self.write_tx_row(out, index))
    }

    /// Writes the row of tx.csv for the payment at `index`; nothing if there is none.
    pub(crate) fn write_tx_row(&self, out: &mut dyn Write, index: usize) -> std::io::Result<()> {
        let Some(row) = self.payments.get(index) else {
            return Ok(());
        };
        writeln!(
            out,
            "{},{},{},{},{},{},{},CNY,{}",
            self.tx_id(index),
            row.at_ms,
            self.number(row.from),
            self.number(row.to),
            self.code(row.from),
            self.code(row.to),
            row.minor,
            row.channel,
        )
    }

    fn write_accounts(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for (index, account) in self.accounts.iter().enumerate() {
            let owner = account.owner.map_or("-1", |owner| self.number(owner));
            writeln!(
                out,
                "{},{},{},{owner},{},{},{}",
                account.number.expose(),
                self.code(index as u32),
                account.kind,
                account.opened_ms,
                account.device,
                account.opening_minor,
            )?;
        }
        Ok(())
    }

    fn write_cases(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for (index, case) in self.cases.iter().enumerate() {
            writeln!(
                out,
                "{index},{},{},{},{}",
                self.number(case.victim),
                case.first_payment_ms,
                case.report_ms,
                case.loss_minor,
            )?;
        }
        Ok(())
    }

    fn number(&self, account: u32) -> &str {
        self.accounts
            .get(account as usize)
            .map_or("", |a| a.number.expose())
    }

    fn code(&self, account: u32) -> &str {
        self.accounts
            .get(account as usize)
            .and_then(|a| self.institutions.get(a.institution as usize))
            .map_or("", |institution| institution.code.as_str())
    }
}

/// Writes a file with a header line.
fn write(
    path: &Path,
    header: &str,
    rows: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), SimError> {
    let attempt = || {
        let mut out = BufWriter::with_capacity(1 << 16, File::create(path)?);
        writeln!(out, "{header}")?;
        rows(&mut out)?;
        out.flush()
    };
    attempt().map_err(SimError::io("write", path))
}
