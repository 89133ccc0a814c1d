//! Runs the `test` declarations of a policy: events in order of arrival, and what must hold of those that are judged.
//!
//! Features are computed here by scanning every event before, straight from their declaration: slow, obviously
//! right, and the oracle that window engines and back ends are compared with.

mod history;

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::event::Event;
use crate::explain::{NotFired, Place};
use crate::ir::{EventIx, Expectation, Expr, Program, RuleIx, Test};
use crate::row::FeatureValues;
use crate::row::Truth;
use crate::row::closure::Fun;
use crate::verdict::Verdict;

pub use history::History;
pub(crate) use history::Oracle;

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestOutcome {
    /// The test's name.
    pub test: String,
    /// Where it is declared.
    pub place: Place,
    /// The expectations that did not hold; none when it passed.
    pub failures: Vec<Failure>,
}

/// An expectation that did not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Where it is written.
    pub place: Place,
    /// What was expected and what was found instead.
    pub message: String,
    /// For a rule that did not fire: how near it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<NotFired>,
}

impl TestOutcome {
    /// Whether everything held.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The compiled expectation of each `expect …` of each test; `None` for those that are no expressions.
pub(crate) type Expected = Vec<Vec<Option<Fun<Truth>>>>;

impl Engine {
    /// Runs every test, by order of declaration.
    #[must_use]
    pub fn run_tests(&self) -> Vec<TestOutcome> {
        let program = self.program();
        (0..program.tests.len())
            .filter_map(|at| self.run_test(at))
            .collect()
    }

    fn run_test(&self, at: usize) -> Option<TestOutcome> {
        let test = self.program().tests.get(at)?;
        let mut outcome = TestOutcome {
            test: test.name.to_string(),
            place: test.span.into(),
            failures: Vec::new(),
        };
        let mut compiled = self.expected.get(at).into_iter().flatten();
        let mut judgements = test.judgements.iter().peekable();
        let mut history = History::new(self);
        for (number, given) in test.events.iter().enumerate() {
            let id = format!("{number}");
            let mut event =
                Event::from_literals(self.program(), given.event, &id, given.at_us, &given.fields)?;
            self.complete(&mut event);
            let features = history.arrive(event.clone());
            let Some(judgement) = judgements.next_if(|judgement| judgement.event == number) else {
                continue;
            };
            let verdict = self.decide(&event, &features);
            for expectation in &judgement.expectations {
                let compiled = compiled.next().and_then(Option::as_ref);
                let failure = self.failure(&event, &features, &verdict, expectation, compiled);
                outcome.failures.extend(failure);
            }
        }
        Some(outcome)
    }

    fn failure(
        &self,
        event: &Event,
        features: &FeatureValues,
        verdict: &Verdict,
        expectation: &Expectation,
        compiled: Option<&Fun<Truth>>,
    ) -> Option<Failure> {
        let fired = || {
            let names: Vec<&str> = verdict
                .fired
                .iter()
                .map(|rule| self.rule_name(rule))
                .collect();
            if names.is_empty() {
                "no rule fired".to_owned()
            } else {
                format!("fired: {}", names.join(", "))
            }
        };
        let (span, message, why) = match expectation {
            Expectation::Decision(wanted, span) => {
                let message = format!(
                    "expected {}, decided {}; {}",
                    word(*wanted),
                    word(verdict.decision),
                    fired()
                );
                (*wanted != verdict.decision).then_some((*span, message, None))?
            }
            Expectation::Fired(rule, span) => {
                let message = format!("`{}` did not fire; {}", self.rule_name(*rule), fired());
                let why = self.why_not(event, features, *rule);
                (!verdict.fired.contains(*rule)).then_some((*span, message, why))?
            }
            Expectation::NotFired(rule, span) => {
                let message = format!("`{}` fired", self.rule_name(*rule));
                verdict
                    .fired
                    .contains(*rule)
                    .then_some((*span, message, None))?
            }
            Expectation::Holds(expr) => {
                let row = self.row(event, features);
                let truth = compiled.and_then(|truth| truth(&row));
                let found = match truth {
                    Some(true) => return None,
                    Some(false) => "false",
                    None => "unknown: something is missing",
                };
                (expr.span, format!("expected to hold, is {found}"), None)
            }
        };
        Some(Failure {
            place: span.into(),
            message,
            why,
        })
    }

    fn rule_name(&self, rule: RuleIx) -> &str {
        let rule = self.program().rules.get(rule.ix());
        rule.map_or("?", |rule| &rule.name)
    }
}

/// The word of a decision.
fn word(decision: crate::ir::Decision) -> String {
    serde_json::to_value(decision)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The expressions that tests expect to hold, with the kind of the event they are judged on: their features are
/// planned along with those of rules.
pub(crate) fn expectations(program: &Program) -> Vec<(EventIx, &Expr)> {
    let expectations = program.tests.iter().flat_map(Test::expectations);
    expectations
        .filter_map(|(event, expectation)| Some((event, expression(expectation)?)))
        .collect()
}

/// The expression of an expectation that has one.
pub(crate) const fn expression(expectation: &Expectation) -> Option<&Expr> {
    if let Expectation::Holds(expr) = expectation {
        Some(expr)
    } else {
        None
    }
}
