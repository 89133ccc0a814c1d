//! The real server on a free port, a record (SQLite; PostgreSQL when a server is named) and a real ledger, spoken to
//! over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod access;
mod api_keys;
#[cfg(test)]
mod backtests;
mod bad_input;
#[cfg(test)]
mod decisions;
mod desk;
mod evidence;
mod fairness;
mod follow_up;
mod golden_hour;
mod intake;
mod keys;
mod labels;
mod limits;
mod matrix;
mod oidc;
mod owasp;
mod passkeys;
#[cfg(test)]
mod policy_editor;
#[expect(dead_code, reason = "the store's own tests use the rest of it")]
#[path = "../../../store/tests/it/sample.rs"]
mod sample;
#[cfg(test)]
mod scan;
#[path = "../../../store/tests/it/scratch.rs"]
mod scratch;
mod search;
mod session;
mod world;
