//! The policy language and what runs it: typed event schemas, exact sliding-window features, rules, explanation.
//!
//! Everything here is pure: text and events go in, verdicts come out; no clock, no threads, and no IO but
//! reading a policy folder. `now` is the time of the event at hand. A policy is total: it always ends, and what
//! is missing is unknown and never a reason to act.

pub mod check;
pub mod column;
pub mod diagnostic;
pub mod diff;
pub mod document;
mod drive;
pub mod engine;
pub mod error;
pub mod event;
pub mod explain;
pub mod function;
#[cfg(test)]
mod generate;
pub mod ir;
mod list;
pub mod policy;
mod row;
pub mod script;
pub mod signal;
pub mod source;
pub mod syntax;
pub mod trial;
pub mod value;
pub mod verdict;
pub mod window;

pub use engine::Engine;
pub use error::RulesError;
pub use event::{Event, EventError};
pub use explain::Explanation;
pub use policy::{Policy, PolicyFiles, PolicyHash};
pub use row::FeatureValues;
pub use verdict::{RuleSet, Verdict};
