//! The simulated city: a seeded world of accounts and payments, sandbox institutions, and the demo that plays them.
//!
//! - [`world`] makes a stream of payments with planted fraud cases and their ground truth; same seed, same bytes.
//! - [`sandbox`] is one institution as a process of its own: ledger, journal, signed orders and answers, faults.
//! - [`demo`] spawns the institutions, plays the world live through them and files the victims' reports.
//!
//! Everything here is the foreign side of the wire: it depends on `types` only and signs and checks messages by
//! itself, so that a mistake in Stanch's own connector cannot hide. Every person, account and company is invented.

pub mod demo;
pub mod dice;
mod error;
pub mod sandbox;
pub mod webhook;
pub mod world;

pub use error::SimError;
