//! Imports a payments file into a ledger and reports how long importing and opening took:
//! `bench_import DIR TX.csv [ACCOUNTS.csv]`. Results go to `bench/results/import-*.json`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use stanch_ledger::{
    ImportOptions, ImportSource, Ledger, LedgerError, LedgerMode, RejectCode, import,
};
use stanch_types::Ctx;

fn main() -> Result<(), LedgerError> {
    let mut words = std::env::args().skip(1);
    let (Some(dir), Some(payments)) = (words.next(), words.next()) else {
        eprintln!("usage: bench_import DIR TX.csv [ACCOUNTS.csv]");
        std::process::exit(2);
    };
    let dir = PathBuf::from(dir);
    let accounts = words
        .next()
        .map(|path| ImportSource::file(Path::new(&path)));
    let options = ImportOptions {
        format: None,
        rejects: dir.with_extension("rejects.ndjson"),
    };
    let started = Instant::now();
    let ledger = Ledger::open(&dir, LedgerMode::ReadWrite)?;
    let summary = import(
        &ledger,
        &Ctx::system(),
        ImportSource::file(Path::new(&payments)),
        accounts,
        &options,
        &mut |progress| {
            if std::env::var_os("BENCH_PROGRESS").is_some() {
                eprintln!("{progress:?}");
            }
        },
    )?;
    let import_ms = started.elapsed().as_millis();
    drop(ledger);
    let started = Instant::now();
    let ledger = Ledger::open(&dir, LedgerMode::ReadOnly)?;
    let open_ms = started.elapsed().as_millis();
    let graph = ledger.graph();
    let log_bytes: u64 = std::fs::read_dir(&dir)
        .map(|entries| {
            entries
                .flatten()
                .filter_map(|e| e.metadata().ok())
                .map(|m| m.len())
                .sum()
        })
        .unwrap_or_default();
    println!(
        "{{\"payments\":{},\"stored\":{},\"refused\":{},\"conflicts\":{},\"import_ms\":{import_ms},\"open_ms\":{open_ms},\
         \"log_bytes\":{log_bytes},\"graph_bytes\":{}}}",
        graph.payment_count(),
        summary.stored,
        summary.refused,
        summary
            .refused_by_code
            .get(RejectCode::Conflict.as_str())
            .unwrap_or(&0),
        graph.bytes_used(),
    );
    Ok(())
}
