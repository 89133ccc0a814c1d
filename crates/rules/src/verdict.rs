//! From rules whose conditions are true to a decision.

use serde::{Deserialize, Serialize};
use stanch_types::Duration;

use crate::ir::{Decision, EventIx, MeasureRequest, Program, RuleIx, RulesetMode};

/// What is decided about an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// The strongest decision of the rule sets on the event's kind.
    pub decision: Decision,
    /// How long a delay or hold lasts: the longest that a fired rule with this decision says; `None` for the
    /// operator's default.
    pub lasts: Option<Duration>,
    /// The rules that fired: their condition is true and their rule set counts them.
    pub fired: RuleSet,
    /// The greatest sum of scores among `score` rule sets; 0 without one.
    pub score: i64,
    /// What fired rules ask for besides, each kind once with its longest end, by kind.
    pub measures: Vec<MeasureRequest>,
}

/// A set of rules of one program.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleSet {
    words: Vec<u64>,
}

impl RuleSet {
    /// A set with room for this many rules.
    #[must_use]
    pub fn with_room(rules: usize) -> Self {
        Self {
            words: vec![0; rules.div_ceil(64)],
        }
    }

    /// Whether the rule is in it.
    #[must_use]
    pub fn contains(&self, rule: RuleIx) -> bool {
        self.words
            .get(rule.ix() / 64)
            .is_some_and(|word| word >> (rule.ix() % 64) & 1 == 1)
    }

    /// The rules in it, by order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = RuleIx> {
        bits(&self.words).filter_map(|bit| u32::try_from(bit).ok().map(RuleIx))
    }

    /// Whether no rule is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Number of rules in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Puts a rule in. One beyond the room is left out.
    pub fn insert(&mut self, rule: RuleIx) {
        self.set(rule.ix());
    }

    pub(crate) fn set(&mut self, bit: usize) {
        if let Some(word) = self.words.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|rule| rule.0))
            .finish()
    }
}

/// The places of the bits that are set, ascending.
fn bits(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(at, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| at * 64 + left.trailing_zeros() as usize);
            left &= left.wrapping_sub(1);
            bit
        })
    })
}

/// The rule sets on one event kind, over the places of its rules.
pub(crate) struct Deciding {
    rulesets: Vec<Ready>,
    /// By place.
    rules: Vec<RuleFacts>,
    program_rules: usize,
}

struct RuleFacts {
    rule: RuleIx,
    decision: Decision,
    lasts: Option<Duration>,
    score: i64,
    measures: Vec<MeasureRequest>,
}

struct Ready {
    mode: RulesetMode,
    /// Places in the rule set's order.
    order: Vec<usize>,
    members: Vec<u64>,
}

impl Deciding {
    pub(crate) fn new(program: &Program, event: EventIx, rules: &[RuleIx]) -> Self {
        let place = |rule: &RuleIx| rules.iter().position(|on_kind| on_kind == rule);
        let ready = |set: &crate::ir::Ruleset| {
            let order: Vec<usize> = set.rules.iter().filter_map(place).collect();
            let mut members = RuleSet::with_room(rules.len());
            order.iter().for_each(|place| members.set(*place));
            Ready {
                mode: set.mode.clone(),
                order,
                members: members.words,
            }
        };
        Self {
            rulesets: (program.rulesets.iter())
                .filter(|set| set.events.contains(&event))
                .map(ready)
                .collect(),
            rules: (rules.iter())
                .filter_map(|rule| Some((rule, program.rules.get(rule.ix())?)))
                .map(|(place, rule)| RuleFacts {
                    rule: *place,
                    decision: rule.decision,
                    lasts: rule.lasts,
                    score: rule.score,
                    measures: rule.measures.clone(),
                })
                .collect(),
            program_rules: program.rules.len(),
        }
    }

    /// An empty set of places.
    pub(crate) fn none_hold(&self) -> RuleSet {
        RuleSet::with_room(self.rules.len())
    }

    /// The verdict when the conditions at these places are true.
    pub(crate) fn verdict(&self, holds: &RuleSet) -> Verdict {
        let mut verdict = Verdict {
            fired: RuleSet::with_room(self.program_rules),
            ..Verdict::default()
        };
        for set in &self.rulesets {
            match &set.mode {
                RulesetMode::All => {
                    for fact in self.fired(set, holds) {
                        verdict.fire(fact);
                        verdict.decide(fact.decision);
                    }
                }
                RulesetMode::FirstMatch => {
                    let first = set.order.iter().find(|place| has(&holds.words, **place));
                    if let Some(fact) = first.and_then(|place| self.rules.get(*place)) {
                        verdict.fire(fact);
                        verdict.decide(fact.decision);
                    }
                }
                RulesetMode::Score(thresholds) => {
                    let mut sum = 0_i64;
                    for fact in self.fired(set, holds) {
                        sum = sum.saturating_add(fact.score);
                        verdict.fire(fact);
                    }
                    verdict.score = verdict.score.max(sum);
                    let reached = thresholds.iter().filter(|(at, _)| sum >= *at);
                    reached.for_each(|(_, decision)| verdict.decide(*decision));
                }
            }
        }
        self.settle(&mut verdict);
        verdict
    }

    /// Facts of the members whose conditions are true.
    fn fired<'a>(
        &'a self,
        set: &'a Ready,
        holds: &'a RuleSet,
    ) -> impl Iterator<Item = &'a RuleFacts> {
        let both = set.members.iter().zip(&holds.words);
        let both = both.map(|(member, holds)| member & holds).enumerate();
        both.flat_map(|(at, word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| at * 64 + left.trailing_zeros() as usize);
                left &= left.wrapping_sub(1);
                bit
            })
        })
        .filter_map(|place| self.rules.get(place))
    }

    /// How long it lasts, once the decision is known.
    fn settle(&self, verdict: &mut Verdict) {
        if matches!(verdict.decision, Decision::Delay | Decision::Hold) {
            verdict.lasts = (self.rules.iter())
                .filter(|fact| {
                    fact.decision == verdict.decision && verdict.fired.contains(fact.rule)
                })
                .filter_map(|fact| fact.lasts)
                .max();
        }
        verdict
            .measures
            .sort_unstable_by_key(|measure| measure.kind);
    }
}

fn has(words: &[u64], bit: usize) -> bool {
    words
        .get(bit / 64)
        .is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

impl Verdict {
    fn decide(&mut self, decision: Decision) {
        self.decision = self.decision.max(decision);
    }

    fn fire(&mut self, fact: &RuleFacts) {
        self.fired.insert(fact.rule);
        for asked in &fact.measures {
            let known = self
                .measures
                .iter_mut()
                .find(|known| known.kind == asked.kind);
            match known {
                Some(known) => known.lasts = known.lasts.max(asked.lasts),
                None => self.measures.push(*asked),
            }
        }
    }
}
