//! The server: HTTP API, console, live feed and job runner in one process.
//!
//! Invariants: a route that is not in [`access::TABLE`] does not start; whatever changes the record does so in one
//! transaction with its audit entry, feed event and jobs; logs hold ids and digests, never personal data or secrets.

pub mod access;
pub mod auth;
pub mod config;
pub mod error;
pub mod extract;
pub mod handlers;
pub mod openapi;
pub mod page;
pub mod state;

pub use config::ServeConfig;
pub use error::ServeError;
