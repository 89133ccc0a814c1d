//! Whether what is at work still decides as it did: alarms about shares that jump, and who is to be demoted for it.
//!
//! Two comparisons, both functions of the log:
//!
//! - **Trial.** A canary, and a policy that went live a while ago, are held against the policy before them *on the same
//!   events*: both decide, one of them only for comparison. A wave of fraud moves both and proves nothing; a mistake in
//!   the new policy moves one. An alarm demotes.
//! - **Drift.** The live policy is held against the shares of the period before. An alarm tells people and changes nothing.
//!
//! Each share (of a decision, or of the events a rule fires on) has two charts, one for rising and one for falling; see
//! [`chart`](self::chart) for the statistic. What a share may do without alarm: double, or halve, and
//! [`WatchConfig::tolerance_bp`] on top. Rules that only one of the two policies has are seen by the decisions they bring
//! about.

mod chart;
mod subject;
mod trial;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stanch_rules::ir::Decision;

use crate::deployment::Deployment;
use subject::{Expectation, Shares, Tally};

pub use subject::{Alarm, Consequence, Movement, Subject};
pub(crate) use trial::Trial;

/// How shares of decisions are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchConfig {
    /// By how much a share may move besides doubling or halving, in basis points of all events (1 to 10,000).
    pub tolerance_bp: u16,
    /// Events in excess of what is tolerated that make an alarm; see [`chart`](self::chart) for the false alarms this
    /// allows.
    pub evidence_events: u32,
    /// Events for which a policy that went live is held against the one before it; also the length of a period of drift.
    pub trial_events: u64,
    /// Whether an alarm of a trial ends the canary or rolls the live policy back. Without, it only tells people.
    pub demote: bool,
}

impl Default for WatchConfig {
    fn default() -> Self {
        Self {
            tolerance_bp: 100,
            evidence_events: 50,
            trial_events: 100_000,
            demote: true,
        }
    }
}

/// What a policy made of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub decision: Decision,
    pub rules: Vec<Arc<str>>,
}

/// The state of the watch: part of the state of the engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Watch {
    /// What is held against the policy before it.
    pub trial: Option<Trial>,
    drift: Option<Drift>,
}

/// The live policy over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Drift {
    policy: String,
    /// Shares of the period before; none until there was one.
    before: Option<Tally>,
    now: Tally,
    shares: Shares,
}

impl Watch {
    /// Notes that `deployment` took effect by `step`. `common` gives the rules that two policies share, `rules` those of one.
    pub fn deployed(
        &mut self,
        step: &str,
        deployment: &Deployment,
        rules: impl Fn(&str) -> Vec<Arc<str>>,
    ) {
        let wanted = Trial::wanted(step, deployment, self.trial.as_ref());
        self.trial = wanted.map(|(kind, policy, base)| match self.trial.take() {
            Some(trial) if trial.is(kind, &policy, &base) => trial,
            Some(_) | None => {
                let (mine, other) = (rules(&policy), rules(&base));
                let common = mine.into_iter().filter(|name| other.contains(name));
                Trial::new(kind, policy, base, common)
            }
        });
        self.drift = deployment.live.clone().map(|live| match self.drift.take() {
            Some(drift) if drift.policy == live => drift,
            // The policy before gives the measure for its successor, as far as it got.
            other => Drift {
                before: other.and_then(Drift::into_reference),
                shares: Shares::of(rules(&live)),
                policy: live,
                now: Tally::default(),
            },
        });
    }

    /// Takes the live policy's decisions about a block into account.
    pub fn drift(&mut self, config: &WatchConfig, outcomes: &[Outcome], alarms: &mut Vec<Alarm>) {
        let Some(drift) = &mut self.drift else {
            return;
        };
        for outcome in outcomes {
            if let Some(before) = &drift.before {
                let expected = Expectation::Shares(before);
                drift.shares.note(config, outcome, &expected);
            }
            drift.now.add(outcome);
        }
        let Some(before) = &drift.before else {
            return drift.turn(config);
        };
        if let Some(moved) = drift.shares.moved(config, &Expectation::Shares(before)) {
            alarms.push(moved.alarm(&drift.policy, None, Consequence::None));
            // Told once; the next period starts with what is usual now.
            drift.before = None;
            drift.now = Tally::default();
            drift.shares.clear();
        }
        drift.turn(config);
    }
}

impl Drift {
    /// What the next policy is measured by: the last whole period, or what there is if that is all.
    fn into_reference(self) -> Option<Tally> {
        self.before
            .or(Some(self.now))
            .filter(|tally| tally.events > 0)
    }

    /// Begins a new period when this one is long enough.
    fn turn(&mut self, config: &WatchConfig) {
        if self.now.events >= config.trial_events {
            self.before = Some(std::mem::take(&mut self.now));
            self.shares.clear();
        }
    }
}

#[cfg(test)]
mod tests;
