//! From rules whose conditions are true to a decision.

mod set;

use stanch_types::Duration;

use crate::ir::{Decision, EventIx, MeasureRequest, Program, RuleIx, RulesetMode};

pub use set::RuleSet;
pub(crate) use set::{bits, has, meet, set, word_bits};

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

/// Decisions that a rule can ask for, strongest first.
const STRONGEST_FIRST: [Decision; 6] = [
    Decision::Block,
    Decision::Hold,
    Decision::Delay,
    Decision::Review,
    Decision::Warn,
    Decision::Allow,
];

/// The rule sets on one event kind, over the places of its rules.
pub(crate) struct Deciding {
    rulesets: Vec<Ready>,
    /// By place.
    rules: Vec<RuleFacts>,
    /// For each decision that some rule asks for, strongest first, the places of those rules.
    levels: Vec<(Decision, RuleSet)>,
    /// The places of rules that say how long it lasts, and of those that ask for measures.
    lasting: RuleSet,
    measuring: RuleSet,
    /// Room of a set of rules of the program.
    room: usize,
    /// Every rule of the program is on this kind: places are rules.
    places_are_rules: bool,
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
    members: RuleSet,
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
                members,
            }
        };
        let facts: Vec<RuleFacts> = (rules.iter())
            .filter_map(|rule| Some((rule, program.rules.get(rule.ix())?)))
            .map(|(rule, declared)| RuleFacts {
                rule: *rule,
                decision: declared.decision,
                lasts: declared.lasts,
                score: declared.score,
                measures: declared.measures.clone(),
            })
            .collect();
        let places = |is_in: &dyn Fn(&RuleFacts) -> bool| {
            let mut set = RuleSet::with_room(facts.len());
            let all = facts.iter().enumerate();
            all.filter(|(_, fact)| is_in(fact))
                .for_each(|(place, _)| set.set(place));
            set
        };
        Self {
            rulesets: (program.rulesets.iter())
                .filter(|set| set.events.contains(&event))
                .map(ready)
                .collect(),
            levels: (STRONGEST_FIRST.into_iter())
                .map(|level| (level, places(&|fact| fact.decision == level)))
                .filter(|(_, places)| !places.is_empty())
                .collect(),
            lasting: places(&|fact| fact.lasts.is_some()),
            measuring: places(&|fact| !fact.measures.is_empty()),
            room: program.rules.len(),
            places_are_rules: rules.len() == program.rules.len(),
            rules: facts,
        }
    }

    /// An empty set of places.
    pub(crate) fn none_hold(&self) -> RuleSet {
        RuleSet::with_room(self.rules.len())
    }

    /// The verdict when the conditions at these places are true.
    pub(crate) fn verdict(&self, holds: &RuleSet) -> Verdict {
        let mut verdict = Verdict::default();
        let mut fired = self.none_hold();
        for set in &self.rulesets {
            match &set.mode {
                RulesetMode::All => {
                    fired.insert_both(&set.members, holds);
                    let strongest = (self.levels.iter())
                        .find(|(_, places)| meet_all(set.members.words(), holds, places));
                    verdict.decide(strongest.map_or(Decision::Allow, |(level, _)| *level));
                }
                RulesetMode::FirstMatch => {
                    let mut order = set.order.iter().copied();
                    if let Some(first) = order.find(|place| has(holds.words(), *place))
                        && let Some(fact) = self.rules.get(first)
                    {
                        fired.set(first);
                        verdict.decide(fact.decision);
                    }
                }
                RulesetMode::Score(thresholds) => {
                    let mut sum = 0_i64;
                    for fact in self.both(&set.members, holds) {
                        sum = sum.saturating_add(fact.score);
                    }
                    fired.insert_both(&set.members, holds);
                    verdict.score = verdict.score.max(sum);
                    let reached = thresholds.iter().filter(|(at, _)| sum >= *at);
                    reached.for_each(|(_, decision)| verdict.decide(*decision));
                }
            }
        }
        self.settle(&mut verdict, fired);
        verdict
    }

    /// The places of the rules that fired.
    pub(crate) fn places(&self, verdict: &Verdict) -> RuleSet {
        if self.places_are_rules {
            return verdict.fired.clone();
        }
        let mut places = self.none_hold();
        for (place, fact) in self.rules.iter().enumerate() {
            if verdict.fired.contains(fact.rule) {
                places.set(place);
            }
        }
        places
    }

    /// Facts of the places that are in both sets, ascending.
    fn both<'a>(&'a self, a: &'a RuleSet, b: &'a RuleSet) -> impl Iterator<Item = &'a RuleFacts> {
        let words = a.words().iter().zip(b.words()).enumerate();
        words
            .flat_map(|(at, (a, b))| word_bits(a & b).map(move |bit| at * 64 + bit))
            .filter_map(|place| self.rules.get(place))
    }

    /// What follows from the places that fired, once the decision is known.
    fn settle(&self, verdict: &mut Verdict, fired: RuleSet) {
        if matches!(verdict.decision, Decision::Delay | Decision::Hold) {
            verdict.lasts = (self.both(&self.lasting, &fired))
                .filter(|fact| fact.decision == verdict.decision)
                .filter_map(|fact| fact.lasts)
                .max();
        }
        let measuring = self.both(&self.measuring, &fired);
        for asked in measuring.flat_map(|fact| &fact.measures) {
            let mut known = verdict.measures.iter_mut();
            match known.find(|known| known.kind == asked.kind) {
                Some(known) => known.lasts = known.lasts.max(asked.lasts),
                None => verdict.measures.push(*asked),
            }
        }
        verdict
            .measures
            .sort_unstable_by_key(|measure| measure.kind);
        if self.places_are_rules {
            verdict.fired = fired;
            return;
        }
        verdict.fired = RuleSet::with_room(self.room);
        for fact in bits(fired.words()).filter_map(|place| self.rules.get(place)) {
            verdict.fired.insert(fact.rule);
        }
    }
}

/// Whether three sets have a bit in common.
fn meet_all(members: &[u64], holds: &RuleSet, level: &RuleSet) -> bool {
    let both = members.iter().zip(holds.words());
    let mut all = both.zip(level.words());
    all.any(|((member, holds), level)| member & holds & level != 0)
}

impl Verdict {
    fn decide(&mut self, decision: Decision) {
        self.decision = self.decision.max(decision);
    }
}
