//! The engine against a naive scan, over random operations.
//!
//! `STANCH_WINDOW_OPERATIONS=20000000` runs each scenario that long; the default is some seconds for all of them.

use stanch_types::Duration;

use crate::ir::Aggregate;

use super::naive::NaiveGroup;
use super::*;

mod model;
mod snapshot;

use model::{Scenario, Values};

const SECOND: i64 = 1_000_000;

#[test]
fn in_order() {
    Scenario {
        seed: 1,
        ..Scenario::default()
    }
    .run();
}

#[test]
fn jitter() {
    Scenario {
        seed: 2,
        late_percent: 30,
        late_us: 5 * SECOND,
        ..Scenario::default()
    }
    .run();
}

#[test]
fn heavily_late_with_ties() {
    Scenario {
        seed: 3,
        late_percent: 80,
        late_us: 90 * SECOND,
        grain_us: SECOND,
        ..Scenario::default()
    }
    .run();
}

#[test]
fn hot_late_key() {
    Scenario {
        seed: 4,
        keys: 3,
        hot_percent: 80,
        late_percent: 70,
        late_us: 60 * SECOND,
        step_us: SECOND / 20,
        operations: 20_000,
        ..Scenario::default()
    }
    .run();
}

#[test]
fn hot_key_with_ties_and_extremes() {
    Scenario {
        seed: 5,
        keys: 2,
        hot_percent: 95,
        late_percent: 50,
        late_us: 90 * SECOND,
        grain_us: 10 * SECOND,
        step_us: SECOND / 10,
        values: Values::Extreme,
        operations: 20_000,
        ..Scenario::default()
    }
    .run();
}

#[test]
fn one_time_for_everything() {
    Scenario {
        seed: 6,
        keys: 1,
        late_us: 0,
        step_us: 1,
        grain_us: 1_000 * SECOND,
        operations: 3_000,
        ..Scenario::default()
    }
    .run();
}

#[test]
fn many_different_values() {
    Scenario {
        seed: 7,
        keys: 2,
        hot_percent: 90,
        late_percent: 40,
        late_us: 30 * SECOND,
        step_us: SECOND / 20,
        values: Values::Wide,
        operations: 20_000,
        ..Scenario::default()
    }
    .run();
}

#[test]
fn tiny_cold_budget() {
    for (seed, keys, hot_bytes) in [(8, 2, 0), (9, 40, 10_000), (10, 3, 30_000)] {
        Scenario {
            seed,
            keys,
            hot_percent: 70,
            late_percent: 40,
            late_us: 60 * SECOND,
            grain_us: SECOND / 4,
            step_us: SECOND / 20,
            cold_bytes: Some(hot_bytes),
            operations: 10_000,
            ..Scenario::default()
        }
        .run();
    }
}

#[test]
fn keys_that_come_and_go() {
    Scenario {
        seed: 11,
        keys: 5_000,
        step_us: SECOND / 10,
        late_percent: 10,
        late_us: 20 * SECOND,
        cold_bytes: Some(50_000),
        ..Scenario::default()
    }
    .run();
}
