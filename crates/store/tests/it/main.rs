//! The record on both databases: one conformance suite, and what only a real process or a model can show.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod crash;
mod fixture;
mod job_model;
mod open;
mod sample;
mod scratch;
mod suite;
mod writers;
