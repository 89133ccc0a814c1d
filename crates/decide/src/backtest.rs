//! What a policy would have decided: the events of the log again, in order of arrival, through the same features and
//! rules as live.
//!
//! Every event of the log enters the features; those that occurred from `from` up to `to` are judged and counted. The
//! log is read, never written, also while a server works on it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use stanch_rules::event::Label;
use stanch_rules::ir::Decision;
use stanch_rules::value::ValueRef;
use stanch_rules::{Event, Policy};
use stanch_stream::{EmbeddedLog, EventLog, LogConfig, LogError, Position};
use stanch_types::Timestamp;

use crate::block::{self, Entry};
use crate::core::{Core, Judged};
use crate::error::DecideError;
use crate::record::decision_word;

/// Examples kept for each rule and each kind of difference.
const EXAMPLES_MAX: usize = 5;
/// Name of the field whose money counts as stopped.
const AMOUNT_FIELD: &str = "amount";
/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// What is asked of a backtest.
#[derive(Debug, Clone, Copy)]
pub struct BacktestRange {
    /// Events that occurred at or after.
    pub from: Timestamp,
    /// Events that occurred before.
    pub to: Timestamp,
    /// Alerts that reviewers can look at in a day.
    pub capacity_a_day: Option<u64>,
}

/// What a backtest found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BacktestReport {
    /// Hash of the policy.
    pub policy: String,
    /// First instant.
    pub from: Timestamp,
    /// Instant after the last.
    pub to: Timestamp,
    /// Events of the log.
    pub events_read: u64,
    /// Events that do not fit the policy's schema; they were passed over.
    pub events_unfit: u64,
    /// Events in the range.
    pub events_judged: u64,
    /// Labelled events in the range: fraud, good.
    pub labelled: Labelled,
    /// Events by decision.
    pub decisions: BTreeMap<&'static str, u64>,
    /// What the policy as a whole stopped (decision delay, hold or block).
    pub stopped: Tally,
    /// Each rule, by order of declaration.
    pub rules: Vec<RuleReport>,
    /// Pairs of rules that fired on the same event, and on how many.
    pub overlap: Vec<(String, String, u64)>,
    /// Review load.
    pub alerts: Alerts,
    /// The difference to another policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Comparison>,
}

/// Events by what they turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Labelled {
    /// Fraud.
    pub fraud: u64,
    /// Honest.
    pub good: u64,
}

/// Events and what they were worth.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Events.
    pub events: u64,
    /// Labelled fraud among them: caught.
    pub fraud: u64,
    /// Labelled honest among them: wrongly hit.
    pub good: u64,
    /// Sum of the field `amount` in minor units, by currency.
    pub amount_minor: BTreeMap<String, i128>,
}

/// What one rule did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// Its name.
    pub rule: String,
    /// Events on which it fired.
    #[serde(flatten)]
    pub fired: Tally,
    /// Of these, events on which no other rule fired.
    pub alone: u64,
    /// Some of the events, first ones first.
    pub examples: Vec<String>,
}

/// How much there is to review: events with decision review, delay or hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Alerts {
    /// All of them.
    pub total: u64,
    /// Days (UTC) with events in the range.
    pub days: u64,
    /// Most on one day.
    pub a_day_max: u64,
    /// Days on which there were more than reviewers can look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_over_capacity: Option<u64>,
}

/// The difference to another policy on the same events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Comparison {
    /// Hash of the other policy.
    pub policy: String,
    /// Events on which both came to the same decision.
    pub same: u64,
    /// `other->this`: how many events, and some of them.
    pub changed: BTreeMap<String, Change>,
}

/// Events whose decision changed in one way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Change {
    /// How many.
    #[serde(flatten)]
    pub events: Tally,
    /// Some of them.
    pub examples: Vec<String>,
}

/// The policy that is live at the end of the log in `dir`, by hash.
///
/// # Errors
/// [`DecideError::Log`], [`DecideError::BadBlock`].
pub fn live_at_end(dir: &Path) -> Result<Option<String>, DecideError> {
    let log = EmbeddedLog::open_read_only(dir, LogConfig::default())?;
    let mut live = None;
    for block in log.read_from(first_kept(&log)?)? {
        let block = block?;
        let entry = block::decode(&block.payload)
            .map_err(|why| DecideError::bad_block(block.position, why))?;
        if let Entry::Control(control) = entry {
            live = control.deployment.live;
        }
    }
    Ok(live)
}

/// Runs `policy`, and `against` beside it, over the events of the log in `dir`. `progress` is told how many of how many
/// blocks are done.
///
/// # Errors
/// [`DecideError::Log`], [`DecideError::BadBlock`], [`DecideError::PolicyInvalid`].
pub fn backtest(
    dir: &Path,
    policy: Policy,
    against: Option<Policy>,
    range: BacktestRange,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BacktestReport, DecideError> {
    let log = EmbeddedLog::open_read_only(dir, LogConfig::default())?;
    let start = first_kept(&log)?;
    let end = log.end();
    let mut run = Run::new(policy, against, range)?;
    for block in log.read_from(start)? {
        let block = block?;
        let entry = block::decode(&block.payload)
            .map_err(|why| DecideError::bad_block(block.position, why))?;
        match entry {
            Entry::Events(events) => run.take(&events.lines)?,
            Entry::Control(_) | Entry::Late(_) => {}
        }
        progress(block.position.0 + 1 - start.0, end.0 - start.0);
    }
    Ok(run.finish())
}

fn first_kept(log: &EmbeddedLog) -> Result<Position, DecideError> {
    match log.read_from(Position::START) {
        Ok(_) => Ok(Position::START),
        Err(LogError::Gone { first }) => Ok(first),
        Err(error) => Err(error.into()),
    }
}

struct Run {
    core: Core,
    other: Option<Core>,
    range: BacktestRange,
    report: BacktestReport,
    pairs: BTreeMap<(usize, usize), u64>,
    by_day: BTreeMap<i64, u64>,
}

impl Run {
    fn new(
        policy: Policy,
        against: Option<Policy>,
        range: BacktestRange,
    ) -> Result<Self, DecideError> {
        let core = Core::new(policy)?;
        let other = against.map(Core::new).transpose()?;
        let live = core.live();
        let rules = live.policy.program().rules.iter().map(|rule| RuleReport {
            rule: rule.name.to_string(),
            fired: Tally::default(),
            alone: 0,
            examples: Vec::new(),
        });
        let report = BacktestReport {
            policy: core.hash().to_owned(),
            from: range.from,
            to: range.to,
            events_read: 0,
            events_unfit: 0,
            events_judged: 0,
            labelled: Labelled::default(),
            decisions: BTreeMap::new(),
            stopped: Tally::default(),
            rules: rules.collect(),
            overlap: Vec::new(),
            alerts: Alerts::default(),
            against: other.as_ref().map(|other| Comparison {
                policy: other.hash().to_owned(),
                ..Comparison::default()
            }),
        };
        Ok(Self {
            core,
            other,
            range,
            report,
            pairs: BTreeMap::new(),
            by_day: BTreeMap::new(),
        })
    }

    fn take(&mut self, lines: &[bytes::Bytes]) -> Result<(), DecideError> {
        let decoded = self.core.decode_lines(lines);
        let mut others = match &mut self.other {
            None => Vec::new(),
            Some(other) => decide_all(other, lines)?,
        }
        .into_iter();
        for event in decoded {
            self.report.events_read += 1;
            let other = others.next().flatten();
            let Some(event) = event else {
                self.report.events_unfit += 1;
                continue;
            };
            let judged = self.core.judge_one(&event)?;
            let at = event.occurred_at();
            if self.range.from <= at && at < self.range.to {
                self.count(&event, &judged, other);
            }
        }
        Ok(())
    }

    fn count(&mut self, event: &Event, judged: &Judged, other: Option<Decision>) {
        let report = &mut self.report;
        report.events_judged += 1;
        match event.label() {
            Some(Label::Fraud) => report.labelled.fraud += 1,
            Some(Label::Good) => report.labelled.good += 1,
            None => {}
        }
        let decision = judged.verdict.decision;
        *report.decisions.entry(decision_word(decision)).or_default() += 1;
        if decision >= Decision::Delay {
            report.stopped.add(event);
        }
        let day = event.occurred_at_us().div_euclid(DAY_US);
        let alerts = self.by_day.entry(day).or_default();
        *alerts += u64::from(matches!(
            decision,
            Decision::Review | Decision::Delay | Decision::Hold
        ));
        let fired: Vec<usize> = judged.verdict.fired.iter().map(|rule| rule.ix()).collect();
        for (nth, rule) in fired.iter().enumerate() {
            if let Some(own) = report.rules.get_mut(*rule) {
                own.fired.add(event);
                own.alone += u64::from(fired.len() == 1);
                if own.examples.len() < EXAMPLES_MAX {
                    own.examples.push(event.event_id().to_owned());
                }
            }
            for beside in fired.iter().skip(nth + 1) {
                *self.pairs.entry((*rule, *beside)).or_default() += 1;
            }
        }
        if let (Some(comparison), Some(other)) = (&mut report.against, other) {
            if other == decision {
                comparison.same += 1;
                return;
            }
            let way = format!("{}->{}", decision_word(other), decision_word(decision));
            let change = comparison.changed.entry(way).or_default();
            change.events.add(event);
            if change.examples.len() < EXAMPLES_MAX {
                change.examples.push(event.event_id().to_owned());
            }
        }
    }

    fn finish(mut self) -> BacktestReport {
        let name = |rule: usize| {
            let rule = self.report.rules.get(rule);
            rule.map_or_else(String::new, |rule| rule.rule.clone())
        };
        let overlap: BTreeSet<_> = self
            .pairs
            .iter()
            .map(|((one, other), count)| (name(*one), name(*other), *count))
            .collect();
        self.report.overlap = overlap.into_iter().collect();
        let days = || self.by_day.values();
        self.report.alerts = Alerts {
            total: days().sum(),
            days: u64::try_from(self.by_day.len()).unwrap_or(u64::MAX),
            a_day_max: days().max().copied().unwrap_or_default(),
            days_over_capacity: self.range.capacity_a_day.map(|capacity| {
                let over = days().filter(|alerts| **alerts > capacity).count();
                u64::try_from(over).unwrap_or(u64::MAX)
            }),
        };
        self.report
    }
}

/// What another policy decides about the same lines; none for those that do not fit its schema.
fn decide_all(
    core: &mut Core,
    lines: &[bytes::Bytes],
) -> Result<Vec<Option<Decision>>, DecideError> {
    let decoded = core.decode_lines(lines);
    decoded
        .iter()
        .map(|event| {
            event
                .as_ref()
                .map(|event| Ok(core.judge_one(event)?.verdict.decision))
                .transpose()
        })
        .collect()
}

impl Tally {
    fn add(&mut self, event: &Event) {
        self.events += 1;
        match event.label() {
            Some(Label::Fraud) => self.fraud += 1,
            Some(Label::Good) => self.good += 1,
            None => {}
        }
        if let Some(ValueRef::Money(money)) = event.get_named(AMOUNT_FIELD) {
            let currency = money.currency.code().to_owned();
            *self.amount_minor.entry(currency).or_default() += i128::from(money.minor);
        }
    }
}
