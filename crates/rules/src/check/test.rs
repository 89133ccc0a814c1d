//! `test`: events, and what must come out.

use stanch_types::Timestamp;

use super::scope::Scope;
use super::{Checker, shortened};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{EventIx, Expectation, FieldIx, Judgement, Literal, Test, TestEvent};
use crate::syntax::ast::{self, Declaration, Given, Name, Step, StepKind, TestTime};

/// When the first event of a test occurs if it does not say: 2026-01-01T00:00:00Z.
const START_US: i64 = 1_767_225_600_000_000;

/// An event that is judged, and the steps behind it.
struct Judged<'t> {
    event: usize,
    kind: Option<EventIx>,
    when: &'t Step,
    steps: &'t [Step],
}

impl Checker<'_, '_> {
    pub(super) fn test(&mut self, _declaration: &Declaration, test: &ast::Test) {
        let is_known = |known: &Test| *known.name == *test.name.value;
        if self.program.tests.iter().any(is_known) {
            return;
        }
        let mut events = Vec::new();
        let mut is_whole = true;
        let mut at_us = START_US;
        let mut judged: Vec<Judged<'_>> = Vec::new();
        for (place, step) in test.steps.iter().enumerate() {
            let given = match &step.kind {
                StepKind::Given(given) | StepKind::When(given) => given,
                StepKind::Decision(_)
                | StepKind::Fired(_)
                | StepKind::NotFired(_)
                | StepKind::Holds(_) => continue,
            };
            at_us = self.time(given, at_us, !events.is_empty());
            match self.given(given, at_us) {
                Some(event) => events.push(event),
                None => is_whole = false,
            }
            if matches!(step.kind, StepKind::When(_)) {
                let known = self.events.get(&given.event.text);
                judged.push(Judged {
                    event: events.len().saturating_sub(1),
                    kind: known.and_then(|known| known.index),
                    when: step,
                    steps: test.steps.get(place + 1..).unwrap_or_default(),
                });
            }
        }
        self.refuse_unjudged(test, judged.is_empty());
        if test.steps.iter().all(|step| !is_expectation(step)) {
            return;
        }
        let mut judgements = Vec::new();
        for (nth, judged) in judged.iter().enumerate() {
            // What stands before the first `when` is about it too, as it always was.
            let before = if nth == 0 { test.steps.as_slice() } else { &[] };
            match self.judgement(judged, before) {
                Some(judgement) => judgements.push(judgement),
                None => is_whole = false,
            }
        }
        if is_whole && !judgements.is_empty() {
            self.program.tests.push(Test {
                name: test.name.value.as_str().into(),
                events,
                judgements,
                span: test.name.at.0,
            });
        }
    }

    /// Refuses a test without an event to judge, and events that no judged one follows.
    fn refuse_unjudged(&mut self, test: &ast::Test, judges_nothing: bool) {
        if judges_nothing {
            let message = "the test has no event to judge";
            let found = Diagnostic::error(Code::IncompleteTest, test.name.at.0, message);
            self.report(found.hint("add `when payment { … } at …`"));
            return;
        }
        if test.steps.iter().all(|step| !is_expectation(step)) {
            let message = "the test expects nothing";
            let found = Diagnostic::error(Code::IncompleteTest, test.name.at.0, message);
            self.report(
                found.hint("add `expect hold`, `expect fired rule` or `expect` with a condition"),
            );
            return;
        }
        let is_event = |step: &&Step| matches!(step.kind, StepKind::Given(_) | StepKind::When(_));
        let last = test.steps.iter().rev().find(is_event);
        if let Some(last) = last.filter(|last| matches!(last.kind, StepKind::Given(_))) {
            let message = "`given` stands before `when`";
            let found = Diagnostic::error(Code::IncompleteTest, last.at.0, message);
            self.report(
                found.hint("events after the last one that is judged do not change its decision"),
            );
        }
    }

    /// What must hold of an event: the expectations up to the next event.
    fn judgement(&mut self, judged: &Judged<'_>, before: &[Step]) -> Option<Judgement> {
        let is_when = |step: &&Step| matches!(step.kind, StepKind::When(_));
        let before = before.iter().take_while(|step| !is_when(step));
        let after = judged.steps.iter().take_while(|step| !is_when(step));
        let steps: Vec<&Step> = before
            .chain(after)
            .filter(|step| is_expectation(step))
            .collect();
        let expectations = self.expectations(judged, &steps)?;
        Some(Judgement {
            event: judged.event,
            expectations,
        })
    }

    fn time(&mut self, given: &Given, before: i64, is_later: bool) -> i64 {
        match &given.time {
            None => before,
            Some(TestTime::After(length)) => before.saturating_add(length.micros),
            Some(TestTime::Instant(instant)) => {
                if is_later && instant.micros < before {
                    let earlier = Timestamp::from_micros(before);
                    let message = format!("this is before the event before, at {earlier}");
                    let found = Diagnostic::warning(Code::BadTimestamp, instant.at.0, message);
                    self.report(found.hint("events are written in order of arrival; one that occurred earlier arrives late"));
                }
                instant.micros
            }
        }
    }

    fn given(&mut self, given: &Given, at_us: i64) -> Option<TestEvent> {
        let event = self.event_named(&given.event)?;
        let scope = Scope {
            event,
            features: false,
        };
        let mut fields: Vec<(FieldIx, Literal)> = Vec::new();
        let mut is_whole = true;
        for (name, value) in &given.fields {
            match self.given_field(event, name, value, &scope) {
                Some((index, _)) if fields.iter().any(|(known, _)| *known == index) => {
                    let message = format!("the field `{}` is given twice", name.text);
                    let found = Diagnostic::error(Code::Duplicate, name.at.0, message);
                    self.report(found.hint("remove one of them"));
                }
                Some(field) => fields.push(field),
                None => is_whole = false,
            }
        }
        let missing: Vec<String> = self.missing_fields(event, given);
        if !missing.is_empty() {
            let names = shortened(missing.iter().map(String::as_str));
            let kind = self.event_name(event);
            let message = format!("this `{kind}` lacks {names}");
            let found = Diagnostic::error(Code::MissingField, given.at.0, message);
            self.report(found.hint("give every field that is not marked `?`"));
            is_whole = false;
        }
        is_whole.then_some(TestEvent {
            event,
            at_us,
            fields,
            span: given.at.0,
        })
    }

    fn missing_fields(&self, event: EventIx, given: &Given) -> Vec<String> {
        let kind = self.program.events.get(event.ix());
        let fields = kind.map_or(&[][..], |kind| kind.fields.as_slice());
        let is_given = |name: &str| given.fields.iter().any(|(known, _)| known.text == name);
        fields
            .iter()
            .filter(|field| !field.optional && !is_given(&field.name))
            .map(|field| field.name.to_string())
            .collect()
    }

    fn given_field(
        &mut self,
        event: EventIx,
        name: &Name,
        value: &ast::Expr,
        scope: &Scope,
    ) -> Option<(FieldIx, Literal)> {
        let Some((index, field)) = self.field(event, &name.text) else {
            if !self.is_broken(event, &name.text) {
                let mut names = self.field_names(event);
                names.retain(|name| name != "occurred_at");
                let names = || names.iter().map(String::as_str);
                let kind = self.event_name(event);
                let message = format!("the event kind `{kind}` has no field `{}`", name.text);
                let mut found = Diagnostic::error(Code::UnknownField, name.at.0, message)
                    .hint(format!("its fields are {}", shortened(names())))
                    .did_you_mean(&name.text, names());
                if name.text == "occurred_at" {
                    found = found
                        .hint("when an event occurred stands after it: `at 2026-03-01T10:00:00Z`");
                }
                self.report(found);
            }
            return None;
        };
        let ty = field.ty;
        let literal = self.field_value(value, scope, ty, &name.text)?;
        Some((index, literal))
    }

    fn expectations(&mut self, judged: &Judged<'_>, steps: &[&Step]) -> Option<Vec<Expectation>> {
        let mut expectations = Vec::new();
        let mut is_whole = true;
        let event = judged.kind;
        for step in steps {
            let expectation = match &step.kind {
                StepKind::Given(_) | StepKind::When(_) => continue,
                StepKind::Decision(word) => self
                    .decision(word)
                    .map(|decision| Expectation::Decision(decision, step.at.0)),
                StepKind::Fired(name) => self
                    .judged_rule(name, event)
                    .map(|rule| Expectation::Fired(rule, step.at.0)),
                StepKind::NotFired(name) => self
                    .judged_rule(name, event)
                    .map(|rule| Expectation::NotFired(rule, step.at.0)),
                StepKind::Holds(expr) => event.and_then(|event| {
                    let scope = Scope {
                        event,
                        features: true,
                    };
                    self.condition(expr, &scope, "`expect`")
                        .map(Expectation::Holds)
                }),
            };
            match expectation {
                Some(expectation) => expectations.push(expectation),
                None => is_whole = false,
            }
        }
        if steps.is_empty() {
            let message = "nothing is expected of this event";
            let found = Diagnostic::error(Code::IncompleteTest, judged.when.at.0, message);
            self.report(found.hint("add `expect …` behind it, or write it as `given`"));
        }
        is_whole.then_some(expectations)
    }

    fn judged_rule(&mut self, name: &Name, event: Option<EventIx>) -> Option<crate::ir::RuleIx> {
        let index = self.rule_named(name)?;
        let rule = self.program.rules.get(index.ix())?;
        let event = event?;
        if rule.conditions.iter().any(|(known, _)| *known == event) {
            return Some(index);
        }
        let declared = rule.span;
        let kind = self.event_name(event);
        let message = format!("the rule `{}` is not on `{kind}`", name.text);
        let found = Diagnostic::error(Code::NoCommonEvent, name.at.0, message)
            .label(declared, "declared here")
            .hint("the rule fires only on its own event kinds");
        self.report(found);
        None
    }
}

/// Whether the step says what must hold.
const fn is_expectation(step: &Step) -> bool {
    match step.kind {
        StepKind::Given(_) | StepKind::When(_) => false,
        StepKind::Decision(_) | StepKind::Fired(_) | StepKind::NotFired(_) | StepKind::Holds(_) => {
            true
        }
    }
}
