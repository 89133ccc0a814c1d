//! The policy language and what runs it: typed event schemas, exact sliding-window features, rules, explanation.
//!
//! Everything here is pure: text and events go in, verdicts come out; no clock, no threads, and no IO but
//! reading a policy folder. `now` is the time of the event at hand. A policy is total: it always ends, and what
//! is missing is unknown and never a reason to act.

pub mod check;
pub mod diagnostic;
pub mod error;
pub mod event;
pub mod function;
pub mod ir;
pub mod policy;
pub mod source;
pub mod syntax;
pub mod value;
pub mod window;

pub use error::RulesError;
pub use policy::{Policy, PolicyFiles, PolicyHash};
