//! The server: HTTP API, console, live feed and job runner in one process.
//!
//! Invariants: a route that is not in [`access::TABLE`] does not start; whatever changes the record does so in one
//! transaction with its audit entry, feed event and jobs; logs hold ids and digests, never personal data or secrets.
//!
//! Not here: rules of cases and orders (`casework`, `orders`), SQL (`store`), the data folder's lock (`cli`).

pub mod access;
pub mod auth;
pub mod authz;
pub mod config;
mod console;
mod envelope;
pub mod error;
mod extract;
mod guard;
pub mod handlers;
mod idempotency;
mod jobs;
mod listen;
pub mod metrics;
pub mod openapi;
mod page;
mod personal;
mod public;
mod router;
pub mod scopes;
mod serve;
mod state;
mod upkeep;
mod users;

pub use config::ServeConfig;
pub use error::ServeError;
pub use serve::{Server, serve};
pub use state::{App, Parts};
pub use users::{NewUser, create_user};
