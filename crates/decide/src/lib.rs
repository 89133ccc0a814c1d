//! Events become decisions.
//!
//! An event is checked at the door, sealed into a block of the log and durable before anybody is answered; features
//! and rules then run block by block in the order of the log. So the state of the engine and every decision are a
//! function of the log alone: after `kill -9` the newest good snapshot and a replay of what came after give the same
//! state and the same answers. Effects are rows of the record under identifiers that follow from the event's, in one
//! transaction with the position they stand at: nothing is lost and nothing takes effect twice.
//!
//! What is not here: the language and its windows (`stanch-rules`), HTTP, the delivery of effects.

mod backtest;
mod block;
mod cold;
mod core;
mod deployment;
mod door;
mod effect;
mod engine;
mod error;
mod features;
mod history;
mod index;
mod label;
pub mod lifecycle;
mod models;
mod offline;
mod parallel;
mod place;
mod queue;
mod record;
mod recorder;
mod retention;
mod search;
mod shelf;
mod snapshot;
mod staging;
mod start;
mod watch;
mod worker;

pub use backtest::order as backtests;
pub use backtest::{
    BacktestProgress, BacktestRange, BacktestTask, CHECKPOINT_EVENTS, LEG_EVENTS, Labels, backtest,
    events_that_say, live_at_end,
};
pub use block::{BLOCK_EVENTS_MAX, EVENT_BYTES_MAX, encode_events, packer};
pub use deployment::{Canary, Control, Deployment};
pub use door::{Checked, Fault, Live, Refusal, check};
pub use effect::{Effect, measure_word};
pub use engine::{Counts, Engine, EngineConfig, Queued, SUBMISSION_EVENTS_MAX};
pub use error::DecideError;
pub use history::{Exported, History, HistoryKeeper, SEGMENT_EVENTS, Segment, history_beside};
pub use label::{LabelWish, Pick, Why, erase_text, label, picks};
pub use models::{LabelWorth, ModelAtWork, models};
pub use offline::{OfflineCounts, OfflineFiles, OfflineSummary, decide_file};
pub use place::Place;
pub use queue::Answer;
pub use record::{DECISIONS, MeasureView, decision_of_word, decision_word};
pub use search::{DecisionFilter, Found, FoundPage};
pub use shelf::{BUNDLE_BYTES_MAX, compile, pack, unpack};
pub use stanch_rules::{Policy, PolicyFiles};
pub use watch::{Alarm, Consequence, Movement, Subject, WatchConfig};
