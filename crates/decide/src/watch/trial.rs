//! A policy held against the one before it, on the same events.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::subject::{Alarm, Consequence, Expectation, Shares};
use super::{Outcome, WatchConfig};
use crate::deployment::Deployment;

/// What kind of trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialKind {
    /// A canary against the live policy, for as long as it is one.
    Canary,
    /// A live policy against the one it replaced, for a number of events.
    Probation,
}

/// A policy on trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trial {
    pub kind: TrialKind,
    /// Who is on trial.
    pub policy: String,
    /// Who it is held against.
    pub base: String,
    shares: Shares,
    /// It was told about; nothing more is done until something else is deployed.
    told: bool,
}

impl Trial {
    /// Who is on trial against whom once `deployment` took effect by `step`, `before` being on trial until then.
    pub fn wanted(
        step: &str,
        deployment: &Deployment,
        before: Option<&Self>,
    ) -> Option<(TrialKind, String, String)> {
        let live = deployment.live.clone()?;
        if let Some(canary) = &deployment.canary {
            return Some((TrialKind::Canary, canary.policy.clone(), live));
        }
        let standby = deployment.standby.clone()?;
        // What was rolled back to has been at work before: it is nobody's successor.
        let goes_on = before.is_some_and(|trial| trial.is(TrialKind::Probation, &live, &standby));
        (step == "live" || goes_on).then_some((TrialKind::Probation, live, standby))
    }

    /// A trial that begins.
    pub fn new(
        kind: TrialKind,
        policy: String,
        base: String,
        common: impl IntoIterator<Item = Arc<str>>,
    ) -> Self {
        Self {
            kind,
            policy,
            base,
            shares: Shares::of(common),
            told: false,
        }
    }

    /// Whether it is this trial.
    pub fn is(&self, kind: TrialKind, policy: &str, base: &str) -> bool {
        self.kind == kind && self.policy == policy && self.base == base
    }

    /// Whether its events still count.
    pub fn runs(&self, config: &WatchConfig) -> bool {
        let time_left = match self.kind {
            TrialKind::Canary => true,
            TrialKind::Probation => self.shares.events < config.trial_events,
        };
        time_left && !self.told
    }

    /// Takes in what both made of the events of a block.
    pub fn take(
        &mut self,
        config: &WatchConfig,
        pairs: &[(Outcome, Outcome)],
        alarms: &mut Vec<Alarm>,
    ) {
        for (mine, base) in pairs {
            self.shares.note(config, mine, &Expectation::Paired(base));
        }
        if let Some(moved) = self.shares.moved(config, &Expectation::Idle) {
            let consequence = match (config.demote, self.kind) {
                (false, _) => Consequence::None,
                (true, TrialKind::Canary) => Consequence::EndCanary,
                (true, TrialKind::Probation) => Consequence::RollBack,
            };
            alarms.push(moved.alarm(&self.policy, Some(&self.base), consequence));
            self.told = true;
        }
    }
}
