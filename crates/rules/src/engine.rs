//! A checked program made ready to run: decoding, deciding, explaining. Immutable and shared by all threads.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::column::ColumnPlan;
use crate::drive::Drive;
use crate::event::{Event, EventError, EventSchemas};
use crate::explain::KindPlan;
use crate::ir::{EventIx, Expr, Program, RuleIx};
use crate::list::Lists;
use crate::row::closure::Compiler;
use crate::row::index::{self, Index, Pass};
use crate::row::{Env, FeatureValues, Row};
use crate::script::{self, Cues};
use crate::signal::{Evidence, PolicyLists, Signals};
use crate::trial::{Expected, Oracle, expectations, expression};
use crate::value::{Slot, Store};
use crate::verdict::{Deciding, Verdict};
use crate::window::FeaturePlan;

/// A compiled policy without its texts.
pub struct Engine {
    pub(crate) env: Env,
    schemas: EventSchemas,
    pub(crate) kinds: Vec<KindEngine>,
    signals: Signals,
    /// Features by declaration, for [`crate::trial::History`].
    pub(crate) oracle: Oracle,
    pub(crate) expected: Expected,
}

/// What runs for one event kind.
pub(crate) struct KindEngine {
    /// The rules with a condition on this kind, by order of declaration; a rule's place here is its place in
    /// everything below.
    pub(crate) rules: Vec<RuleIx>,
    pub(crate) index: Index,
    pub(crate) plan: KindPlan,
    pub(crate) columns: ColumnPlan,
    pub(crate) drive: Drive,
    /// The cues of scripts on this kind.
    cues: Option<Cues>,
    pub(crate) deciding: Deciding,
    /// The conditions one by one: what `index` means.
    #[cfg(test)]
    conditions: Vec<crate::row::closure::Fun<crate::row::Truth>>,
}

impl Engine {
    /// Compiles `program`.
    #[must_use]
    pub fn new(program: Arc<Program>) -> Self {
        let plan = FeaturePlan::with_expressions(&program, &expectations(&program));
        let mut parts = Vec::new();
        let conditions = program.rules.iter().flat_map(|rule| &rule.conditions);
        let conditions = conditions.map(|(_, condition)| condition);
        for condition in conditions.chain(script::conditions(&program)) {
            index::collect_parts(condition, &mut parts);
        }
        parts.sort_unstable();
        parts.dedup();
        let (lists, texts) = Lists::new(&program, &parts);
        let places: HashMap<Box<str>, usize> = parts.into_iter().zip(0..).collect();
        let mut env = Env {
            program: program.clone(),
            plan: Arc::new(plan),
            lists,
            texts,
            constants: Store::default(),
        };
        let mut constants = Store::default();
        let kinds = (0..)
            .zip(&program.events)
            .map(|(kind, _)| KindEngine::new(&env, EventIx(kind), &mut constants, &places))
            .collect();
        let oracle = Oracle::new(&env, &mut constants);
        let expected = expected(&env, &mut constants);
        env.constants = constants;
        Self {
            schemas: EventSchemas::new(&program),
            signals: Signals::new(&program),
            env,
            kinds,
            oracle,
            expected,
        }
    }

    /// The program it runs.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.env.program
    }

    /// The schemas events are decoded by.
    #[must_use]
    pub const fn schemas(&self) -> &EventSchemas {
        &self.schemas
    }

    /// Which windows its features need.
    #[must_use]
    pub fn feature_plan(&self) -> &Arc<FeaturePlan> {
        &self.env.plan
    }

    /// Decodes an event's JSON line.
    ///
    /// # Errors
    /// [`EventError`].
    pub fn decode(&self, line: &[u8]) -> Result<Event, EventError> {
        let mut event = self.schemas.decode(line)?;
        self.complete(&mut event);
        Ok(event)
    }

    /// Fills in the signals of an event that was made otherwise than by [`Engine::decode`], and the cues that it shows.
    pub fn complete(&self, event: &mut Event) {
        self.signals.complete(self.policy_lists(), event);
        let kind = self.kinds.get(event.kind().ix());
        let Some(cues) = kind.and_then(|kind| kind.cues.as_ref()) else {
            return;
        };
        for (field, mask) in cues.look(&self.row(event, &FeatureValues::default())) {
            event.put(field.ix(), |_| Slot::Int(mask));
        }
    }

    /// What the signals of an event rest on; for explanations.
    #[must_use]
    pub fn evidence(&self, event: &Event) -> Vec<Evidence> {
        self.signals.evidence(self.policy_lists(), event)
    }

    fn policy_lists(&self) -> PolicyLists<'_> {
        PolicyLists::new(&self.env.program, &self.env.lists, &self.env.texts)
    }

    /// Decides about an event.
    #[must_use]
    pub fn decide(&self, event: &Event, features: &FeatureValues) -> Verdict {
        let Some(kind) = self.kinds.get(event.kind().ix()) else {
            return Verdict::default();
        };
        kind.decide(&self.row(event, features), &mut Pass::new())
    }

    /// Bytes of memory that lists and the automaton take.
    #[must_use]
    pub fn list_bytes_used(&self) -> usize {
        self.env.lists.bytes_used() + self.env.texts.bytes_used()
    }

    pub(crate) const fn row<'a>(
        &'a self,
        event: &'a Event,
        features: &'a FeatureValues,
    ) -> Row<'a> {
        Row {
            env: &self.env,
            event,
            features,
        }
    }
}

/// The expectations of tests, compiled.
fn expected(env: &Env, constants: &mut Store) -> Expected {
    let tests = env.program.tests.iter();
    tests
        .map(|test| {
            let expectations = test.expectations().map(|(event, expectation)| {
                let mut compiler = Compiler {
                    env,
                    event,
                    constants,
                };
                expression(expectation).map(|expr| compiler.truth(expr))
            });
            expectations.collect()
        })
        .collect()
}

impl KindEngine {
    /// `parts`: the constants of `contains` by their place in the automaton.
    fn new(
        env: &Env,
        event: EventIx,
        constants: &mut Store,
        parts: &HashMap<Box<str>, usize>,
    ) -> Self {
        let mut rules = Vec::new();
        let mut conditions: Vec<&Expr> = Vec::new();
        let mut places = Vec::new();
        for (index, rule) in (0..).zip(&env.program.rules) {
            let on_kind = rule.conditions.iter().position(|(on, _)| *on == event);
            if let Some((place, (_, condition))) =
                on_kind.and_then(|place| Some((place, rule.conditions.get(place)?)))
            {
                rules.push(RuleIx(index));
                conditions.push(condition);
                places.push((rule, place));
            }
        }
        let drive = Drive::new(env, event, constants);
        let mut compiler = Compiler {
            env,
            event,
            constants,
        };
        let index = index::build(&mut compiler, &conditions, parts);
        Self {
            plan: KindPlan::new(&mut compiler, &index, &places),
            index,
            columns: ColumnPlan::new(&mut compiler, &conditions, parts),
            cues: Cues::new(&mut compiler, event, parts),
            drive,
            deciding: Deciding::new(&env.program, event, &rules),
            rules,
            #[cfg(test)]
            conditions: conditions.iter().map(|expr| compiler.truth(expr)).collect(),
        }
    }

    pub(crate) fn decide(&self, row: &Row<'_>, pass: &mut Pass) -> Verdict {
        self.index.run(row, pass);
        let mut holds = self.deciding.none_hold();
        self.index.conditions(pass, &mut holds);
        self.deciding.verdict(&holds)
    }

    /// The conditions that are true, by closures.
    #[cfg(test)]
    pub(crate) fn true_by_closures(&self, row: &Row<'_>) -> Vec<u32> {
        (0..)
            .zip(&self.conditions)
            .filter(|(_, condition)| condition(row) == Some(true))
            .map(|(place, _)| place)
            .collect()
    }

    /// The conditions that are true, by the index.
    #[cfg(test)]
    pub(crate) fn true_by_index(&self, row: &Row<'_>) -> Vec<u32> {
        let (mut pass, mut holds) = (Pass::new(), self.deciding.none_hold());
        self.index.run(row, &mut pass);
        self.index.conditions(&pass, &mut holds);
        holds.iter().map(|rule| rule.0).collect()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("events", &self.kinds.len())
            .field("rules", &self.env.program.rules.len())
            .finish_non_exhaustive()
    }
}
