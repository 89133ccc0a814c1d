//! Orders from draft to the end of the hold, over a real record and real HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a failed step of a test fails the test"
)]

mod crash;
mod delivery;
mod desk;
mod life;
mod model;
mod peer;
mod rules;
#[path = "../../../store/tests/it/scratch.rs"]
mod scratch;
