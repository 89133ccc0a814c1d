//! Every example of every function holds, as the reference prints it.

use stanch_rules::function::FUNCTIONS;

use crate::policy;

#[test]
fn every_example_holds() {
    let tests: Vec<String> = FUNCTIONS
        .iter()
        .flat_map(|function| function.examples)
        .map(|(call, answer)| {
            format!(
                "test {call:?} {{ when probe {{ n: 1 }} at 2026-03-01T00:00:00Z\n expect ({call}) == ({answer}) }}"
            )
        })
        .collect();
    let text = format!(
        "event probe {{ retention 1d\n n int }}\n{}",
        tests.join("\n")
    );
    for outcome in policy(&text).run_tests() {
        assert!(outcome.passed(), "{outcome:#?}");
    }
}

#[test]
fn what_is_missing_makes_a_call_missing() {
    let text = r#"
        event probe { retention 1d
          n int
          text string? }
        test "missing" {
          when probe { n: 1 } at 2026-03-01T00:00:00Z
          expect !has(size(event.text)) && !has(lower(event.text))
        }"#;
    for outcome in policy(text).run_tests() {
        assert!(outcome.passed(), "{outcome:#?}");
    }
}
