//! The world as CSV files with the columns of `fundflow_gen`, so that `stanch import` and the bench scripts read it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::World;
use crate::SimError;

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
        Err(SimError::Config(format!("not made yet: {}", dir.display())))
    }
}
