//! Casework over a real ledger and a real record.

#![expect(clippy::unwrap_used, reason = "a failed step of a test fails the test")]

mod desk;
#[cfg(test)]
mod fairness;
mod plans;
mod reports;
#[path = "../../../store/tests/it/scratch.rs"]
mod scratch;
mod traces;
