//! Backtests: what a policy would have decided about events that arrived, and what came out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{BacktestId, UserId};
use crate::time::Timestamp;

/// A backtest that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Backtest {
    /// Identifier.
    pub id: BacktestId,
    /// Hash of the version that is tried.
    pub policy: String,
    /// Hash of the version it is compared with.
    pub against: Option<String>,
    /// Events that occurred at or after.
    pub from: Timestamp,
    /// Events that occurred before.
    pub to: Timestamp,
    /// Alerts that reviewers can look at in a day.
    pub capacity_a_day: Option<u64>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// By whom.
    pub requested_by: UserId,
    /// What became of it.
    pub state: BacktestState,
}

/// What became of a backtest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BacktestState {
    /// Waits for those before it.
    Queued,
    /// At work; after a crash it goes on from its last checkpoint.
    Running {
        /// When it was begun.
        since: Timestamp,
        /// How often: more than once when the process died meanwhile.
        begun: u32,
    },
    /// Its report is there.
    Done {
        /// When it was begun.
        since: Timestamp,
        /// When it ended.
        at: Timestamp,
        /// SHA-256 of the blob that holds the report.
        report_sha256: String,
    },
    /// It cannot be done.
    Failed {
        /// When that was seen.
        at: Timestamp,
        /// Why.
        why: String,
    },
    /// Somebody called it off.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Who.
        by: UserId,
    },
}

/// The step is not possible in the backtest's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the backtest is {0}")]
pub struct BacktestOver(pub &'static str);

impl Backtest {
    /// Work on it begins, or goes on after a crash.
    ///
    /// # Errors
    /// [`BacktestOver`].
    pub fn begin(mut self, at: Timestamp) -> Result<Self, BacktestOver> {
        match &mut self.state {
            BacktestState::Queued => {
                self.state = BacktestState::Running {
                    since: at,
                    begun: 1,
                }
            }
            BacktestState::Running { begun, .. } => *begun = begun.saturating_add(1),
            BacktestState::Done { .. }
            | BacktestState::Failed { .. }
            | BacktestState::Cancelled { .. } => return Err(BacktestOver(self.state.word())),
        }
        Ok(self)
    }

    /// The process stops: it waits to be gone on with.
    ///
    /// # Errors
    /// [`BacktestOver`].
    pub fn postponed(mut self) -> Result<Self, BacktestOver> {
        self.must_go_on()?;
        self.state = BacktestState::Queued;
        Ok(self)
    }

    /// Its report is there.
    ///
    /// # Errors
    /// [`BacktestOver`] unless it runs.
    pub fn done(mut self, at: Timestamp, report_sha256: String) -> Result<Self, BacktestOver> {
        let BacktestState::Running { since, .. } = self.state else {
            return Err(BacktestOver(self.state.word()));
        };
        self.state = BacktestState::Done {
            since,
            at,
            report_sha256,
        };
        Ok(self)
    }

    /// It cannot be done.
    ///
    /// # Errors
    /// [`BacktestOver`].
    pub fn failed(mut self, at: Timestamp, why: String) -> Result<Self, BacktestOver> {
        self.must_go_on()?;
        self.state = BacktestState::Failed { at, why };
        Ok(self)
    }

    /// Somebody calls it off.
    ///
    /// # Errors
    /// [`BacktestOver`].
    pub fn cancelled(mut self, at: Timestamp, by: UserId) -> Result<Self, BacktestOver> {
        self.must_go_on()?;
        self.state = BacktestState::Cancelled { at, by };
        Ok(self)
    }

    fn must_go_on(&self) -> Result<(), BacktestOver> {
        match self.state {
            BacktestState::Queued | BacktestState::Running { .. } => Ok(()),
            BacktestState::Done { .. }
            | BacktestState::Failed { .. }
            | BacktestState::Cancelled { .. } => Err(BacktestOver(self.state.word())),
        }
    }
}

impl BacktestState {
    /// The state's word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running { .. } => "running",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// What a backtest found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BacktestReport {
    /// Hash of the policy.
    pub policy: String,
    /// First instant.
    pub from: Timestamp,
    /// Instant after the last.
    pub to: Timestamp,
    /// Events that arrived, whenever they occurred.
    pub events_read: u64,
    /// Events that do not fit the policy's schema; they were passed over.
    pub events_unfit: u64,
    /// Events in the range: these were judged.
    pub events_judged: u64,
    /// Labelled events in the range.
    pub labelled: Labelled,
    /// Events by decision, in words from `allow` to `block`.
    pub decisions: BTreeMap<String, u64>,
    /// What the policy as a whole stopped (decision delay, hold or block).
    pub stopped: Hits,
    /// What the policy as a whole wants reviewed (decision review, delay or hold), day by day.
    pub alerts: Alerts,
    /// Each rule set, by order of declaration.
    pub rulesets: Vec<RulesetReport>,
    /// Each rule, by order of declaration.
    pub rules: Vec<RuleReport>,
    /// Pairs of rules that fired on the same events, most first, at most 1,000.
    pub overlap: Vec<Overlap>,
    /// The difference to another policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Comparison>,
}

/// Events by what they turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Labelled {
    /// Fraud.
    pub fraud: u64,
    /// Honest.
    pub good: u64,
}

/// Events that something hit, what they turned out to be and what they were worth.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hits {
    /// Events.
    pub events: u64,
    /// Labelled fraud among them: caught.
    pub fraud: u64,
    /// Labelled honest among them: wrongly hit.
    pub good: u64,
    /// Share of fraud among the labelled ones, in basis points rounded down; none without a labelled one.
    pub precision_bp: Option<u64>,
    /// Share of all labelled fraud in the range that is among them, in basis points rounded down; none without any.
    pub recall_bp: Option<u64>,
    /// Sum of the field `amount` in minor units, by currency.
    pub amount_minor: BTreeMap<String, i64>,
    /// Of it, what was labelled fraud.
    pub fraud_amount_minor: BTreeMap<String, i64>,
}

/// What one rule did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RuleReport {
    /// Its name.
    pub rule: String,
    /// Who answers for it.
    pub owner: String,
    /// What it asks for when it fires.
    pub decision: String,
    /// Events on which it fired.
    #[serde(flatten)]
    pub fired: Hits,
    /// Of these, events on which no other rule fired.
    pub alone: u64,
    /// Labelled fraud that no other rule fired on.
    pub fraud_alone: u64,
    /// Identifiers of some of the events: labelled good first, then fraud, then the rest, in order of arrival.
    pub examples: Examples,
}

/// What one rule set did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RulesetReport {
    /// Its name.
    pub ruleset: String,
    /// Events on which at least one of its rules fired.
    #[serde(flatten)]
    pub fired: Hits,
    /// Of these, by what the rule set decided.
    pub decisions: BTreeMap<String, u64>,
    /// What it stopped (delay, hold or block).
    pub stopped: Hits,
    /// What it wants reviewed (review, delay or hold).
    pub alerts: u64,
    /// Most on one day.
    pub alerts_a_day_max: u64,
    /// Identifiers of some of the events.
    pub examples: Examples,
}

/// Some of the events on which something fired, by what they turned out to be; at most five each, in order of arrival.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Examples {
    /// Labelled fraud.
    pub fraud: Vec<String>,
    /// Labelled honest.
    pub good: Vec<String>,
    /// Without a label.
    pub unlabelled: Vec<String>,
}

/// Two rules that fired together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Overlap {
    /// The rule declared first.
    pub one: String,
    /// The other.
    pub other: String,
    /// Events on which both fired.
    pub events: u64,
}

/// How much there is to review.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Alerts {
    /// All of them.
    pub total: u64,
    /// Days (UTC) with events in the range.
    pub days: u64,
    /// Mean of these days, rounded up.
    pub a_day_mean: u64,
    /// Most on one day.
    pub a_day_max: u64,
    /// What reviewers can look at in a day, as was asked.
    pub capacity_a_day: Option<u64>,
    /// Days on which there were more than that.
    pub days_over_capacity: Option<u64>,
    /// Alerts by day (UTC, `2026-03-01`).
    pub by_day: BTreeMap<String, u64>,
}

/// The difference to another policy on the same events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Comparison {
    /// Hash of the other policy.
    pub policy: String,
    /// Events on which both came to the same decision.
    pub same: u64,
    /// Events on which decision or fired rules (by name) differ.
    pub differs: u64,
    /// Events that fit the schema of this policy but not of the other; they are in no other count.
    pub unfit: u64,
    /// What changed in the decision: `hold->block` is what the other decided and what this one decides.
    pub changed: BTreeMap<String, Change>,
    /// What the other policy stopped.
    pub stopped: Hits,
    /// Its review load.
    pub alerts: u64,
}

/// Events whose decision changed in one way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Change {
    /// How many.
    #[serde(flatten)]
    pub events: Hits,
    /// Some of them.
    pub examples: Examples,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ctx;

    #[test]
    fn it_goes_forward_only() {
        let ctx = Ctx::system();
        let now = ctx.now();
        let asked = Backtest {
            id: ctx.new_id(),
            policy: "sha256:00".to_owned(),
            against: None,
            from: now,
            to: now,
            capacity_a_day: None,
            requested_at: now,
            requested_by: ctx.new_id(),
            state: BacktestState::Queued,
        };
        assert!(asked.clone().done(now, String::new()).is_err());
        let running = asked.begin(now).unwrap();
        // After a crash it is begun again, and has run since then.
        let again = running.clone().begin(Timestamp::EPOCH).unwrap();
        let since_then = BacktestState::Running {
            since: now,
            begun: 2,
        };
        assert_eq!(again.state, since_then);
        let postponed = again.postponed().unwrap();
        assert_eq!(postponed.state, BacktestState::Queued);
        let done = running.clone().done(now, "00".to_owned()).unwrap();
        assert_eq!(done.clone().begin(now), Err(BacktestOver("done")));
        assert!(done.clone().cancelled(now, ctx.new_id()).is_err());
        assert!(done.postponed().is_err());
        let cancelled = running.cancelled(now, ctx.new_id()).unwrap();
        assert!(cancelled.failed(now, String::new()).is_err());
    }
}
