//! `cargo xtask tables`: the tables of crates/detect/src/text/tables and crates/train/tables from Unicode's facts and the open data that
//! NOTICE names.

use anyhow::Result;

use crate::process::{Output, Program};
use crate::repo::Repo;

/// Writes them anew. The test that compares the committed tables with what the sources give can also write them; it
/// says so when the sources (`$STANCH_SHARED/data/char_variants`, else ../shared) are not there.
pub fn run(repo: &Repo) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for package in ["stanch-detect", "stanch-train"] {
        let test = [
            "test",
            "--locked",
            "--package",
            package,
            "--test",
            "it",
            "tables",
            "--",
            "--nocapture",
        ];
        Program::new(&cargo, test, repo.root())
            .env("STANCH_WRITE_TABLES", "1")
            .run(&Output::Inherit)?;
    }
    Ok(())
}
