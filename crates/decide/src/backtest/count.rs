//! What is counted of judged events. Counting is commutative: threads count apart and their counts are added, and the
//! report is the same whatever thread had which event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stanch_rules::event::{Event, Label};
use stanch_rules::ir::{Decision, Program, RuleIx, RulesetMode};
use stanch_rules::value::ValueRef;
use stanch_rules::{Policy, Verdict};
use stanch_types::Money;

use crate::record::{DECISIONS, decision_byte};

/// Name of the field whose money counts as stopped.
const AMOUNT_FIELD: &str = "amount";
/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;
/// Factor of the other's decision in the key of a change.
pub(super) const WAYS: u16 = 16;
/// Examples kept of each kind of label.
const EXAMPLES_MAX: usize = 5;
/// Rules up to which pairs are counted: a table of this squared, 4 bytes each, for every thread.
pub(super) const PAIRED_RULES_MAX: usize = 2_048;

/// What counting needs to know of an event.
pub(super) struct Fact<'a> {
    /// Its place in the order of arrival.
    pub ordinal: u64,
    pub event: &'a Event,
    pub label: Option<Label>,
    amount: Option<Money>,
    day: i64,
}

impl<'a> Fact<'a> {
    pub fn new(ordinal: u64, event: &'a Event, label: Option<Label>) -> Self {
        let amount = match event.get_named(AMOUNT_FIELD) {
            Some(ValueRef::Money(money)) => Some(money),
            Some(_) | None => None,
        };
        Self {
            ordinal,
            event,
            label,
            amount,
            day: event.occurred_at_us().div_euclid(DAY_US),
        }
    }
}

/// Events that something hit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub events: u64,
    pub fraud: u64,
    pub good: u64,
    /// By currency: all, and what was labelled fraud, in minor units.
    pub sums: Vec<([u8; 3], i64, i64)>,
}

impl Tally {
    fn add(&mut self, fact: &Fact<'_>) {
        self.events += 1;
        let is_fraud = fact.label == Some(Label::Fraud);
        self.fraud += u64::from(is_fraud);
        self.good += u64::from(fact.label == Some(Label::Good));
        if let Some(money) = fact.amount {
            let fraud = if is_fraud { money.minor } else { 0 };
            self.sum(money.currency.to_bytes(), money.minor, fraud);
        }
    }

    fn sum(&mut self, currency: [u8; 3], all: i64, fraud: i64) {
        match self.sums.iter_mut().find(|(known, ..)| *known == currency) {
            Some((_, all_sum, fraud_sum)) => {
                *all_sum = all_sum.saturating_add(all);
                *fraud_sum = fraud_sum.saturating_add(fraud);
            }
            None => self.sums.push((currency, all, fraud)),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.fraud += other.fraud;
        self.good += other.good;
        for (currency, all, fraud) in &other.sums {
            self.sum(*currency, *all, *fraud);
        }
    }
}

/// The first events of each kind of label, with their places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Firsts {
    pub fraud: Vec<(u64, String)>,
    pub good: Vec<(u64, String)>,
    pub unlabelled: Vec<(u64, String)>,
}

impl Firsts {
    fn add(&mut self, fact: &Fact<'_>) {
        let firsts = match fact.label {
            Some(Label::Fraud) => &mut self.fraud,
            Some(Label::Good) => &mut self.good,
            None => &mut self.unlabelled,
        };
        put_first(firsts, fact.ordinal, fact.event.event_id());
    }

    fn merge(&mut self, other: &Self) {
        for (into, from) in [
            (&mut self.fraud, &other.fraud),
            (&mut self.good, &other.good),
            (&mut self.unlabelled, &other.unlabelled),
        ] {
            for (ordinal, id) in from {
                put_first(into, *ordinal, id);
            }
        }
    }
}

fn put_first(firsts: &mut Vec<(u64, String)>, ordinal: u64, id: &str) {
    let full = firsts.len() >= EXAMPLES_MAX;
    if full && firsts.last().is_some_and(|(last, _)| *last < ordinal) {
        return;
    }
    let at = firsts.partition_point(|(known, _)| *known < ordinal);
    firsts.insert(at, (ordinal, id.to_owned()));
    firsts.truncate(EXAMPLES_MAX);
}

/// Counts of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RuleCounts {
    pub fired: Tally,
    pub alone: u64,
    pub fraud_alone: u64,
    pub firsts: Firsts,
}

/// Counts of one rule set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SetCounts {
    pub fired: Tally,
    pub decisions: [u64; DECISIONS.len()],
    pub stopped: Tally,
    pub firsts: Firsts,
}

/// Counts of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DayCounts {
    pub alerts: u64,
    /// By rule set.
    pub set_alerts: Vec<u64>,
}

/// Counts of the difference to another policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OtherCounts {
    pub same: u64,
    pub differs: u64,
    pub unfit: u64,
    /// By the bytes of the decisions: 16 times the other's and this one's.
    pub changed: BTreeMap<u16, (Tally, Firsts)>,
    pub stopped: Tally,
    pub alerts: u64,
}

/// Everything counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub read: u64,
    pub unfit: u64,
    pub judged: u64,
    pub fraud: u64,
    pub good: u64,
    pub decisions: [u64; DECISIONS.len()],
    pub stopped: Tally,
    pub rules: Vec<RuleCounts>,
    pub sets: Vec<SetCounts>,
    pub days: BTreeMap<i64, DayCounts>,
    /// Events on which two rules fired: row of the rule declared first. Empty when there are too many rules.
    pub pairs: Vec<u32>,
    pub other: OtherCounts,
}

/// What the policy says about its rules, made ready for counting.
pub(super) struct Frame {
    rules: Vec<RuleFrame>,
    sets: Vec<SetFrame>,
    /// For the rules of the other policy: the rule of this name here.
    same_name: Vec<Option<usize>>,
}

struct RuleFrame {
    decision: Decision,
    score: i64,
    sets: Vec<usize>,
}

struct SetFrame {
    kinds: Vec<usize>,
    mode: RulesetMode,
}

/// What a rule set made of the event at hand.
#[derive(Clone, Copy, Default)]
struct SetState {
    fired: bool,
    score: i64,
    decision: Decision,
}

impl Frame {
    pub fn new(policy: &Policy, other: Option<&Policy>) -> Self {
        let program: &Program = policy.program();
        let rule = |(index, rule): (u32, &stanch_rules::ir::Rule)| RuleFrame {
            decision: rule.decision,
            score: rule.score,
            sets: (program.rulesets.iter().enumerate())
                .filter(|(_, set)| set.rules.contains(&RuleIx(index)))
                .map(|(at, _)| at)
                .collect(),
        };
        let named = |name: &str| program.rules.iter().position(|rule| *rule.name == *name);
        Self {
            rules: (0..).zip(&program.rules).map(rule).collect(),
            sets: (program.rulesets.iter())
                .map(|set| SetFrame {
                    kinds: set.events.iter().map(|event| event.ix()).collect(),
                    mode: set.mode.clone(),
                })
                .collect(),
            same_name: other.map_or_else(Vec::new, |other| {
                let rules = other.program().rules.iter();
                rules.map(|rule| named(&rule.name)).collect()
            }),
        }
    }
}

/// Whether somebody has to look at it.
pub(super) const fn is_alert(decision: Decision) -> bool {
    match decision {
        Decision::Review | Decision::Delay | Decision::Hold => true,
        Decision::Allow | Decision::Warn | Decision::Block => false,
    }
}

fn is_stop(decision: Decision) -> bool {
    decision >= Decision::Delay
}

/// Counts events for one thread.
pub(super) struct Counter<'a> {
    frame: &'a Frame,
    pub counts: Counts,
    fired: Vec<usize>,
    other_fired: Vec<usize>,
    states: Vec<SetState>,
}

impl<'a> Counter<'a> {
    pub fn new(frame: &'a Frame) -> Self {
        Self {
            frame,
            counts: Counts::new(frame),
            fired: Vec::new(),
            other_fired: Vec::new(),
            states: Vec::new(),
        }
    }

    /// Counts an event of the range and what was decided about it.
    pub fn count(&mut self, fact: &Fact<'_>, verdict: &Verdict) {
        let counts = &mut self.counts;
        counts.judged += 1;
        counts.fraud += u64::from(fact.label == Some(Label::Fraud));
        counts.good += u64::from(fact.label == Some(Label::Good));
        bump(&mut counts.decisions, verdict.decision);
        if is_stop(verdict.decision) {
            counts.stopped.add(fact);
        }
        self.fired.clear();
        self.fired
            .extend(verdict.fired.iter().map(|rule| rule.ix()));
        let day = counts.days.entry(fact.day).or_default();
        day.alerts += u64::from(is_alert(verdict.decision));
        if self.fired.is_empty() {
            return;
        }
        self.count_rules(fact);
        self.count_sets(fact);
    }

    fn count_rules(&mut self, fact: &Fact<'_>) {
        let counts = &mut self.counts;
        let width = counts.rules.len();
        for (nth, rule) in self.fired.iter().enumerate() {
            let Some(own) = counts.rules.get_mut(*rule) else {
                continue;
            };
            own.fired.add(fact);
            own.firsts.add(fact);
            if self.fired.len() == 1 {
                own.alone += 1;
                own.fraud_alone += u64::from(fact.label == Some(Label::Fraud));
            }
            let Some(row) = counts.pairs.get_mut(rule * width..(rule + 1) * width) else {
                continue;
            };
            for beside in self.fired.iter().skip(nth + 1) {
                if let Some(pair) = row.get_mut(*beside) {
                    *pair = pair.saturating_add(1);
                }
            }
        }
    }

    fn count_sets(&mut self, fact: &Fact<'_>) {
        let (frame, kind) = (self.frame, fact.event.kind().ix());
        self.states.clear();
        self.states.resize(frame.sets.len(), SetState::default());
        for rule in self.fired.iter().filter_map(|rule| frame.rules.get(*rule)) {
            for set in &rule.sets {
                if let Some(state) = self.states.get_mut(*set) {
                    state.fired = true;
                    state.score = state.score.saturating_add(rule.score);
                    state.decision = state.decision.max(rule.decision);
                }
            }
        }
        for (at, (state, set)) in self.states.iter().zip(&frame.sets).enumerate() {
            if !state.fired || !set.kinds.contains(&kind) {
                continue;
            }
            let decision = match &set.mode {
                RulesetMode::All | RulesetMode::FirstMatch => state.decision,
                RulesetMode::Score(thresholds) => (thresholds.iter())
                    .filter(|(from, _)| state.score >= *from)
                    .map(|(_, decision)| *decision)
                    .max()
                    .unwrap_or_default(),
            };
            let Some(own) = self.counts.sets.get_mut(at) else {
                continue;
            };
            own.fired.add(fact);
            own.firsts.add(fact);
            bump(&mut own.decisions, decision);
            if is_stop(decision) {
                own.stopped.add(fact);
            }
            if is_alert(decision)
                && let Some(day) = self.counts.days.get_mut(&fact.day)
            {
                day.set_alerts.resize(frame.sets.len(), 0);
                if let Some(alerts) = day.set_alerts.get_mut(at) {
                    *alerts += 1;
                }
            }
        }
    }

    /// Counts how another policy decided about the event that was just counted; none when it does not fit its schema.
    pub fn compare(&mut self, fact: &Fact<'_>, verdict: &Verdict, other: Option<&Verdict>) {
        let counts = &mut self.counts.other;
        let Some(other) = other else {
            counts.unfit += 1;
            return;
        };
        if is_stop(other.decision) {
            counts.stopped.add(fact);
        }
        counts.alerts += u64::from(is_alert(other.decision));
        self.other_fired.clear();
        for rule in other.fired.iter() {
            let here = self.frame.same_name.get(rule.ix()).copied().flatten();
            self.other_fired.push(here.unwrap_or(usize::MAX));
        }
        self.other_fired.sort_unstable();
        let same_rules = self.fired == self.other_fired;
        if other.decision == verdict.decision {
            counts.same += 1;
            counts.differs += u64::from(!same_rules);
            return;
        }
        counts.differs += 1;
        let way = u16::from(decision_byte(other.decision)) * WAYS
            + u16::from(decision_byte(verdict.decision));
        let (tally, firsts) = counts.changed.entry(way).or_default();
        tally.add(fact);
        firsts.add(fact);
    }
}

fn bump(counts: &mut [u64; DECISIONS.len()], decision: Decision) {
    if let Some(count) = counts.get_mut(usize::from(decision_byte(decision))) {
        *count += 1;
    }
}

impl Counts {
    pub fn new(frame: &Frame) -> Self {
        let rules = frame.rules.len();
        Self {
            rules: vec![RuleCounts::default(); rules],
            sets: vec![SetCounts::default(); frame.sets.len()],
            pairs: match rules <= PAIRED_RULES_MAX {
                true => vec![0; rules * rules],
                false => Vec::new(),
            },
            ..Self::default()
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: &Self) {
        self.read += other.read;
        self.unfit += other.unfit;
        self.judged += other.judged;
        self.fraud += other.fraud;
        self.good += other.good;
        add_each(&mut self.decisions, &other.decisions);
        self.stopped.merge(&other.stopped);
        for (into, from) in self.rules.iter_mut().zip(&other.rules) {
            into.fired.merge(&from.fired);
            into.alone += from.alone;
            into.fraud_alone += from.fraud_alone;
            into.firsts.merge(&from.firsts);
        }
        for (into, from) in self.sets.iter_mut().zip(&other.sets) {
            into.fired.merge(&from.fired);
            add_each(&mut into.decisions, &from.decisions);
            into.stopped.merge(&from.stopped);
            into.firsts.merge(&from.firsts);
        }
        for (day, from) in &other.days {
            let into = self.days.entry(*day).or_default();
            into.alerts += from.alerts;
            if into.set_alerts.len() < from.set_alerts.len() {
                into.set_alerts.resize(from.set_alerts.len(), 0);
            }
            add_each(&mut into.set_alerts, &from.set_alerts);
        }
        for (into, from) in self.pairs.iter_mut().zip(&other.pairs) {
            *into = into.saturating_add(*from);
        }
        self.other.merge(&other.other);
    }
}

impl OtherCounts {
    fn merge(&mut self, other: &Self) {
        self.same += other.same;
        self.differs += other.differs;
        self.unfit += other.unfit;
        self.alerts += other.alerts;
        self.stopped.merge(&other.stopped);
        for (way, (tally, firsts)) in &other.changed {
            let (into, into_firsts) = self.changed.entry(*way).or_default();
            into.merge(tally);
            into_firsts.merge(firsts);
        }
    }
}

fn add_each(into: &mut [u64], from: &[u64]) {
    for (into, from) in into.iter_mut().zip(from) {
        *into += from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_events_are_kept_whoever_counts_them() {
        let mut whole = Vec::new();
        let (mut one, mut other) = (Firsts::default(), Firsts::default());
        for ordinal in [9, 3, 12, 4, 8, 1, 7, 30, 2, 5_u64] {
            put_first(&mut whole, ordinal, "e");
            let part = if ordinal % 2 == 0 {
                &mut one
            } else {
                &mut other
            };
            put_first(&mut part.good, ordinal, "e");
        }
        one.merge(&other);
        assert_eq!(one.good, whole);
        let ordinals: Vec<u64> = whole.iter().map(|(ordinal, _)| *ordinal).collect();
        assert_eq!(ordinals, [1, 2, 3, 4, 5]);
    }
}
