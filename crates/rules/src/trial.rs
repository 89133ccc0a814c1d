//! Runs the `test` declarations of a policy.

use crate::ir::{EventIx, Expectation, Expr, Program};

/// The expressions that tests expect to hold, with the kind of the event they are judged on: their features are
/// planned along with those of rules.
pub(crate) fn expectations(program: &Program) -> Vec<(EventIx, &Expr)> {
    program
        .tests
        .iter()
        .filter_map(|test| Some((test.events.last()?.event, test)))
        .flat_map(|(event, test)| {
            test.expectations.iter().filter_map(move |expectation| {
                if let Expectation::Holds(expr) = expectation {
                    Some((event, expr))
                } else {
                    None
                }
            })
        })
        .collect()
}
