//! The real server on a free port, a record (SQLite; PostgreSQL when a server is named) and a real ledger, spoken to
//! over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod access;
#[cfg(test)]
mod backtests;
mod bad_input;
#[cfg(test)]
mod decisions;
mod fairness;
mod follow_up;
mod golden_hour;
mod keys;
mod labels;
mod limits;
#[cfg(test)]
mod policy_editor;
#[cfg(test)]
mod scan;
#[path = "../../../store/tests/it/scratch.rs"]
mod scratch;
mod session;
mod world;
