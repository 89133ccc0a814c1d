//! The endpoints, one resource a file: wire views, handler, API text.

#![expect(unused_qualifications, reason = "utoipa's `params(..)` expands so")]

pub mod answers;
pub mod appeals;
pub mod audit;
pub mod backtests;
pub mod case_trace;
pub mod cases;
pub mod decisions;
pub mod documents;
pub mod events;
pub mod feed;
pub mod institution_payments;
pub mod institutions;
pub mod keys;
pub mod labels;
pub mod measure_batches;
pub mod measures;
pub mod models;
pub mod order_document;
pub mod order_steps;
pub mod orders;
pub mod payments;
pub mod people;
pub mod plan_steps;
pub mod plans;
pub mod policies;
pub mod policy_check;
pub mod policy_diff;
pub mod policy_files;
pub mod policy_language;
pub mod policy_outline;
pub mod public_appeals;
pub mod reports;
pub mod scan;
pub mod session;
pub mod system;
pub mod trace;
pub mod users;
