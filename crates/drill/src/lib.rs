//! The drill: months of reports, measures and appeals in seconds, with people who forget, partners that fail,
//! clocks that jump and a program that dies, and every few steps the promises held against the record.
//!
//! Everything follows from the seed: the same seed and the same program give the same run, so a failing seed replays.
//! The record, its timers and the workflows are the real ones; only clock, people and partners are played.
//!
//! Not here: the simulated city with its payments and institutions as processes (`sim`).

mod act;
mod check;
mod desk;
mod many;
mod partners;
mod run;
mod work;
mod world;

pub use many::{DrillsConfig, run_drills};
pub use run::{DrillConfig, DrillError, DrillSummary, run_drill};
