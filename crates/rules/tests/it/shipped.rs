//! The policy that ships with Stanch keeps the promises of `policy/README.md`.

use std::collections::BTreeSet;
use std::path::Path;

use stanch_rules::ir::{
    Decision, Expectation, MeasureKind, Program, Rule, RuleIx, Template, TemplatePiece,
};
use stanch_rules::trial::History;
use stanch_rules::{Event, Policy, PolicyFiles};
use stanch_types::Duration;

const RULES_MIN: usize = 60;
const LASTS_MAX: Duration = Duration::from_hours(48);
/// Event kinds of a content platform and a payment institution (issue 3).
const KINDS: &[&str] = &[
    "registration",
    "login",
    "profile_change",
    "post",
    "comment",
    "private_message",
    "contact_added",
    "call",
    "app_install",
    "device_seen",
    "payee_added",
    "payment",
    "fund_purchase",
    "redemption",
    "withdrawal",
];

fn shipped() -> Policy {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy");
    let files = PolicyFiles::read(&folder).unwrap();
    Policy::load(&files).unwrap_or_else(|found| panic!("{found}"))
}

fn rules(program: &Program) -> impl Iterator<Item = (RuleIx, &Rule)> {
    (0..).map(RuleIx).zip(&program.rules)
}

fn expected(
    program: &Program,
    wanted: impl Fn(&Expectation) -> Option<RuleIx>,
) -> BTreeSet<RuleIx> {
    let tests = program.tests.iter();
    tests
        .flat_map(|test| test.expectations())
        .filter_map(|(_, expectation)| wanted(expectation))
        .collect()
}

#[test]
fn it_is_taken_without_a_finding() {
    let policy = shipped();
    assert!(policy.warnings().items.is_empty(), "{}", policy.warnings());
}

#[test]
fn every_test_of_it_holds() {
    let outcomes = shipped().run_tests();
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.passed())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(outcomes.len() >= 2 * RULES_MIN, "{}", outcomes.len());
}

/// A value that a reason names and that is missing is shown as `?`: the condition should have demanded it.
#[test]
fn reasons_have_no_holes() {
    let policy = shipped();
    let mut seen = BTreeSet::new();
    for test in &policy.program().tests {
        let mut history = History::new(policy.engine());
        for (number, given) in test.events.iter().enumerate() {
            let id = number.to_string();
            let (kind, fields) = (given.event, &given.fields);
            let event = Event::from_literals(policy.program(), kind, &id, given.at_us, fields);
            let mut event = event.unwrap();
            policy.engine().complete(&mut event);
            let features = history.arrive(event.clone());
            let verdict = policy.decide(&event, &features);
            for fired in policy.explain(&event, &features, &verdict).rules {
                let (zh, en) = (&fired.reason.zh, &fired.reason.en);
                assert!(
                    !zh.contains('?'),
                    "{} in \"{}\": {zh}",
                    fired.rule,
                    test.name
                );
                assert!(
                    !en.contains('?'),
                    "{} in \"{}\": {en}",
                    fired.rule,
                    test.name
                );
                if seen.insert(fired.rule.clone()) {
                    println!("{}\n  {zh}\n  {en}", fired.rule);
                }
            }
        }
    }
    assert_eq!(
        seen.len(),
        policy.program().rules.len(),
        "every rule fires once"
    );
}

#[test]
fn every_event_kind_is_there_and_decided_about() {
    let policy = shipped();
    let program = policy.program();
    for kind in KINDS {
        assert!(
            program.events.iter().any(|event| &*event.name == *kind),
            "{kind}"
        );
    }
    for (place, event) in (0..).zip(&program.events) {
        let is_decided = program
            .rulesets
            .iter()
            .any(|set| set.events.iter().any(|on| on.0 == place));
        assert!(is_decided, "nothing decides about {}", event.name);
        assert!(!event.doc.is_empty(), "{} says not what it is", event.name);
    }
}

#[test]
fn every_rule_has_a_firing_and_a_silent_test() {
    let policy = shipped();
    let program = policy.program();
    assert!(program.rules.len() >= RULES_MIN, "{}", program.rules.len());
    let fired = expected(program, |expectation| match expectation {
        Expectation::Fired(rule, _) => Some(*rule),
        Expectation::NotFired(..) | Expectation::Decision(..) | Expectation::Holds(_) => None,
    });
    let silent = expected(program, |expectation| match expectation {
        Expectation::NotFired(rule, _) => Some(*rule),
        Expectation::Fired(..) | Expectation::Decision(..) | Expectation::Holds(_) => None,
    });
    for (place, rule) in rules(program) {
        assert!(
            fired.contains(&place),
            "no test in which {} fires",
            rule.name
        );
        assert!(
            silent.contains(&place),
            "no test in which {} is silent",
            rule.name
        );
    }
}

#[test]
fn every_rule_is_used_and_explains_itself() {
    let policy = shipped();
    let program = policy.program();
    for (place, rule) in rules(program) {
        let name = &rule.name;
        let is_used = program
            .rulesets
            .iter()
            .any(|set| set.rules.contains(&place));
        assert!(is_used, "no rule set uses {name}");
        assert!(!rule.doc.is_empty(), "{name} says not why it exists");
        assert!(!rule.owner.is_empty(), "nobody answers for {name}");
        assert!(!rule.reason_zh.is_empty(), "{name}");
        for zh in &rule.reason_zh {
            assert!(words(zh).chars().any(is_han), "{name}: reason in Chinese");
        }
        for en in &rule.reason_en {
            let text = words(en);
            assert!(
                !text.is_empty() && !text.chars().any(is_han),
                "{name}: reason in English"
            );
        }
    }
}

/// Fairness of the shipped rules: nothing lasts longer than a person needs to look, and nothing final is done by a
/// machine (domain reference 2.4).
#[test]
fn measures_are_in_proportion() {
    let policy = shipped();
    for rule in &policy.program().rules {
        let name = &rule.name;
        let must_end = matches!(rule.decision, Decision::Delay | Decision::Hold);
        assert_eq!(rule.lasts.is_some(), must_end, "{name}");
        assert!(rule.lasts.is_none_or(|lasts| lasts <= LASTS_MAX), "{name}");
        for measure in &rule.measures {
            let is_final = matches!(
                measure.kind,
                MeasureKind::Suspend | MeasureKind::ContentRemove
            );
            assert!(!is_final, "{name} asks for what takes a person");
        }
    }
}

fn words(template: &Template) -> String {
    let texts = template.pieces.iter().filter_map(|piece| match piece {
        TemplatePiece::Text(text) => Some(&**text),
        TemplatePiece::Value(_) => None,
    });
    texts.collect()
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}
