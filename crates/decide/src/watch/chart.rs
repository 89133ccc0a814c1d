//! The statistic: a one-sided cumulative sum (E. S. Page, *Continuous inspection schemes*, Biometrika 41, 1954).
//!
//! Every event moves the sum by what it says against "nothing is wrong": up by one when what is watched happens, down by
//! what is tolerated. The sum never falls below zero, so it forgets quiet times by itself; it rises past the threshold only
//! when the events since it last was zero hold that many more than is tolerated. That is also what people are told: so many
//! of so many events.
//!
//! False alarms: while the mean step is below zero there is a number `t > 0` with `E[exp(t * step)] = 1`, and the mean
//! number of events between false alarms is at least `exp(t * threshold)` (G. Lorden, *Procedures for reacting to a change
//! in distribution*, Annals of Mathematical Statistics 42, 1971). Two policies that decide with the same share but on
//! different events, the worst that is no anomaly, give `t` of at least 0.54 at one percentage point of tolerance over all
//! shares: at a threshold of 50 events, `exp(27)`, five hundred thousand million events between false alarms of a chart.
//! Delay: a share that jumps from nothing to `p` is told after about `threshold / (p - tolerance)` events.

use serde::{Deserialize, Serialize};

/// One event, in the unit of the sums: whole numbers, so that every machine adds up alike.
pub const EVENT: i64 = 1_000_000;
/// By what factor a share may rise or fall without alarm, before the tolerance.
pub const FACTOR: i64 = 2;

/// A cumulative sum over the events of one share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    sum: i64,
    /// Events taken in.
    at: u64,
    /// Events taken in when the sum last was zero.
    since: u64,
    /// What happened since then, and what happened in what it is held against.
    hits: u64,
    base_hits: u64,
}

/// What a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// Events since the sum last was zero.
    pub events: u64,
    /// Of these, on how many it happened.
    pub hits: u64,
    /// And in what it is held against.
    pub base_hits: u64,
}

impl Chart {
    /// Takes in the events up to number `to` (not included), on which nothing happened; each moves the sum by `idle`.
    pub fn pass(&mut self, to: u64, idle: i64) {
        let gap = i64::try_from(to.saturating_sub(self.at)).unwrap_or(i64::MAX);
        self.at = self.at.max(to);
        self.move_by(gap.saturating_mul(idle));
    }

    /// Takes in the next event, which moves the sum by `step`.
    pub fn take(&mut self, step: i64, hit: bool, base_hit: bool) {
        self.at += 1;
        self.hits += u64::from(hit);
        self.base_hits += u64::from(base_hit);
        self.move_by(step);
    }

    fn move_by(&mut self, step: i64) {
        self.sum = self.sum.saturating_add(step);
        if self.sum <= 0 {
            *self = Self {
                at: self.at,
                since: self.at,
                ..Self::default()
            };
        }
    }

    /// What was seen, if the sum is at least `threshold` events.
    pub fn evidence(&self, threshold: u32) -> Option<Evidence> {
        (self.sum >= i64::from(threshold) * EVENT).then_some(Evidence {
            events: self.at - self.since,
            hits: self.hits,
            base_hits: self.base_hits,
        })
    }
}
