//! Integration tests of the money-flow graph.

#![expect(clippy::unwrap_used, reason = "a failed step of a test fails the test")]

mod fundflow;
mod golden;
mod oracle;
mod small_worlds;
mod stolen;
mod truth;
