//! What is watched: the share of each decision, of the events each rule fires on, and of those that each score of a model finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stanch_rules::ir::Decision;

use super::chart::{Chart, EVENT, Evidence, FACTOR};
use super::{Outcome, WatchConfig};
use crate::record::{DECISIONS, decision_byte, decision_word};

/// How the names of signals begin; no rule has a dot in its name.
const SIGNAL: &str = "signal.";

/// What a share is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Events with this decision.
    Decision(Decision),
    /// Events on which this rule fires.
    Rule(Arc<str>),
    /// Events on which this score of a model reaches its point of decision: the texts, or what the model makes of them, drift.
    Score(Arc<str>),
}

impl Subject {
    /// What a watched name is: of a score when it is a signal's, else of a rule.
    fn of(name: &Arc<str>) -> Self {
        match name.starts_with(SIGNAL) {
            true => Self::Score(Arc::clone(name)),
            false => Self::Rule(Arc::clone(name)),
        }
    }
}

/// Where a share went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Up.
    Rose,
    /// Down.
    Fell,
}

/// What an alarm has as consequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// People are told.
    None,
    /// The canary ends.
    EndCanary,
    /// The policy before is live again.
    RollBack,
}

impl Consequence {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::EndCanary => "end_canary",
            Self::RollBack => "roll_back",
        }
    }

    /// The consequence with this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::None, Self::EndCanary, Self::RollBack]
            .into_iter()
            .find(|consequence| consequence.word() == word)
    }
}

/// A share that moved further than is tolerated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The policy whose share it is.
    pub policy: String,
    /// The policy it was held against on the same events; none: its own earlier share.
    pub against: Option<String>,
    /// What the share is of.
    pub subject: Subject,
    /// Where it went.
    pub movement: Movement,
    /// Events that show it.
    pub events: u64,
    /// On how many of these it happened.
    pub hits: u64,
    /// On how many it would have happened before.
    pub before: u64,
    /// What follows.
    pub consequence: Consequence,
}

impl Alarm {
    /// As it stands in the audit tree and in the feed. Holds nothing of any event.
    #[must_use]
    pub fn detail(&self) -> Value {
        let (of, name) = match &self.subject {
            Subject::Decision(decision) => ("decision", decision_word(*decision)),
            Subject::Rule(rule) => ("rule", &**rule),
            Subject::Score(score) => ("score", &**score),
        };
        let movement = match self.movement {
            Movement::Rose => "rose",
            Movement::Fell => "fell",
        };
        json!({
            "policy": self.policy, "against": self.against, "share_of": of, "name": name, "movement": movement,
            "events": self.events, "hits": self.hits, "before": self.before,
            "consequence": self.consequence.word(),
        })
    }
}

/// Counts of events.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub events: u64,
    decisions: [u64; DECISIONS.len()],
    rules: BTreeMap<Arc<str>, u64>,
}

impl Tally {
    pub fn add(&mut self, outcome: &Outcome) {
        self.events += 1;
        if let Some(count) = self.decisions.get_mut(index_of(outcome.decision)) {
            *count += 1;
        }
        for rule in &outcome.rules {
            match self.rules.get_mut(rule) {
                Some(count) => *count += 1,
                None => drop(self.rules.insert(Arc::clone(rule), 1)),
            }
        }
    }

    /// The share of a count, in the unit of the charts.
    fn share(&self, hits: u64) -> i64 {
        let unit = u128::from(EVENT.unsigned_abs());
        let share = u128::from(hits) * unit / u128::from(self.events.max(1));
        i64::try_from(share).unwrap_or(EVENT)
    }
}

/// What shares are held against.
pub enum Expectation<'a> {
    /// Another policy's decision about the same event.
    Paired(&'a Outcome),
    /// Nothing: the events of a pair are all taken in.
    Idle,
    /// Earlier shares.
    Shares(&'a Tally),
}

/// The two charts of a share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Pair {
    rose: Chart,
    fell: Chart,
}

/// The charts of all shares over one run of events.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// Events taken in.
    pub events: u64,
    decisions: [Pair; DECISIONS.len()],
    rules: BTreeMap<Arc<str>, Pair>,
}

/// A share beyond what is tolerated.
pub struct Moved {
    subject: Subject,
    movement: Movement,
    evidence: Evidence,
    before: u64,
}

impl Moved {
    /// As an alarm about `policy`.
    pub fn alarm(self, policy: &str, against: Option<&str>, consequence: Consequence) -> Alarm {
        Alarm {
            policy: policy.to_owned(),
            against: against.map(str::to_owned),
            subject: self.subject,
            movement: self.movement,
            events: self.evidence.events,
            hits: self.evidence.hits,
            before: self.before,
            consequence,
        }
    }
}

/// How the two charts of one share move on an event on which nothing happened, and what is added when it does.
struct Steps {
    rose_idle: i64,
    fell_idle: i64,
}

impl Steps {
    /// `share`: what is expected of each event; zero when it is compared event by event.
    fn new(config: &WatchConfig, share: i64) -> Self {
        let tolerance = i64::from(config.tolerance_bp) * (EVENT / 10_000);
        Self {
            rose_idle: -FACTOR * share - tolerance,
            fell_idle: share - tolerance,
        }
    }
}

impl Pair {
    /// Takes in the events up to `to` without, then one on which it happened or would have.
    fn note(&mut self, to: u64, steps: &Steps, hit: bool, base_hit: bool) {
        self.pass(to, steps);
        let (hits, base) = (i64::from(hit) * EVENT, i64::from(base_hit) * EVENT);
        let rose = steps.rose_idle + hits - FACTOR * base;
        let fell = steps.fell_idle + base - FACTOR * hits;
        self.rose.take(rose, hit, base_hit);
        self.fell.take(fell, hit, base_hit);
    }

    fn pass(&mut self, to: u64, steps: &Steps) {
        self.rose.pass(to, steps.rose_idle);
        self.fell.pass(to, steps.fell_idle);
    }

    fn moved(&self, threshold: u32) -> Option<(Movement, Evidence)> {
        let rose = self.rose.evidence(threshold);
        let rose = rose.map(|evidence| (Movement::Rose, evidence));
        rose.or_else(|| {
            let fell = self.fell.evidence(threshold);
            fell.map(|evidence| (Movement::Fell, evidence))
        })
    }
}

impl Shares {
    /// Charts of every decision and of these rules.
    pub fn of(rules: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self {
            rules: rules
                .into_iter()
                .map(|rule| (rule, Pair::default()))
                .collect(),
            ..Self::default()
        }
    }

    /// Forgets what was seen.
    pub fn clear(&mut self) {
        *self = Self::of(std::mem::take(&mut self.rules).into_keys());
    }

    /// Takes in an event.
    pub fn note(&mut self, config: &WatchConfig, outcome: &Outcome, expected: &Expectation<'_>) {
        let at = self.events;
        self.events += 1;
        let base = match expected {
            Expectation::Paired(base) => Some(*base),
            Expectation::Idle | Expectation::Shares(_) => None,
        };
        let words = [Some(outcome.decision), base.map(|base| base.decision)];
        for word in distinct(words) {
            let (hit, base_hit) = (words[0] == Some(word), words[1] == Some(word));
            let steps = Steps::new(config, decision_share(expected, word));
            if let Some(pair) = self.decisions.get_mut(index_of(word)) {
                pair.note(at, &steps, hit, base_hit);
            }
        }
        let base_rules = base.map_or(&[][..], |base| &base.rules);
        let only_base = base_rules
            .iter()
            .filter(|rule| !outcome.rules.contains(rule));
        let hits = outcome.rules.iter().map(|rule| (rule, true));
        for (rule, hit) in hits.chain(only_base.map(|rule| (rule, false))) {
            let steps = Steps::new(config, rule_share(expected, rule));
            if let Some(pair) = self.rules.get_mut(rule) {
                pair.note(at, &steps, hit, base_rules.contains(rule));
            }
        }
    }

    /// The first share that is beyond what is tolerated.
    pub fn moved(&mut self, config: &WatchConfig, expected: &Expectation<'_>) -> Option<Moved> {
        let (at, threshold) = (self.events, config.evidence_events);
        let decisions = (self.decisions.iter_mut().zip(DECISIONS)).map(|(pair, word)| {
            let share = decision_share(expected, word);
            (Subject::Decision(word), pair, share)
        });
        let rules = self.rules.iter_mut().map(|(rule, pair)| {
            let share = rule_share(expected, rule);
            (Subject::of(rule), pair, share)
        });
        for (subject, pair, share) in decisions.chain(rules) {
            pair.pass(at, &Steps::new(config, share));
            if let Some((movement, evidence)) = pair.moved(threshold) {
                let by_share = i64::try_from(evidence.events).unwrap_or(i64::MAX);
                let by_share = by_share.saturating_mul(share) / EVENT;
                return Some(Moved {
                    before: evidence.base_hits + by_share.unsigned_abs(),
                    subject,
                    movement,
                    evidence,
                });
            }
        }
        None
    }
}

fn distinct(words: [Option<Decision>; 2]) -> impl Iterator<Item = Decision> {
    let [first, second] = words;
    first.into_iter().chain(second.filter(|_| second != first))
}

fn decision_share(expected: &Expectation<'_>, word: Decision) -> i64 {
    match expected {
        Expectation::Paired(_) | Expectation::Idle => 0,
        Expectation::Shares(tally) => {
            tally.share(tally.decisions.get(index_of(word)).copied().unwrap_or(0))
        }
    }
}

fn rule_share(expected: &Expectation<'_>, rule: &str) -> i64 {
    match expected {
        Expectation::Paired(_) | Expectation::Idle => 0,
        Expectation::Shares(tally) => tally.share(tally.rules.get(rule).copied().unwrap_or(0)),
    }
}

fn index_of(decision: Decision) -> usize {
    usize::from(decision_byte(decision))
}
