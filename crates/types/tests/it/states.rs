//! The whole table of `may_become` of every workflow, against the lines of the domain reference 2.1.

use stanch_types::case::CaseState;
use stanch_types::lead::LeadState;
use stanch_types::report::ReportState;
use stanch_types::{CaseId, Id, LeadId, UserId};

fn text() -> String {
    "because".to_owned()
}

/// Asserts that `may_become` holds for exactly the pairs of words in `table`.
fn check<S>(
    states: &[S],
    word: fn(&S) -> &'static str,
    may_become: fn(&S, &S) -> bool,
    table: &[(&str, &[&str])],
) {
    let words: Vec<_> = states.iter().map(word).collect();
    assert_eq!(
        words,
        table.iter().map(|(from, _)| *from).collect::<Vec<_>>()
    );
    for from in states {
        for to in states {
            let expected = table
                .iter()
                .any(|(state, next)| *state == word(from) && next.contains(&word(to)));
            assert_eq!(
                may_become(from, to),
                expected,
                "{} -> {}",
                word(from),
                word(to)
            );
        }
    }
}

#[test]
fn reports() {
    let case_id: CaseId = Id::from_digest([1; 16]);
    let lead_id: LeadId = Id::from_digest([2; 16]);
    let states = [
        ReportState::Received,
        ReportState::Triaged,
        ReportState::NeedsInfo { question: text() },
        ReportState::Merged { case_id },
        ReportState::LeadOpened { lead_id },
        ReportState::NotFraud { reason: text() },
        ReportState::Closed { answer: text() },
    ];
    check(
        &states,
        ReportState::as_str,
        ReportState::may_become,
        &[
            ("received", &["triaged"]),
            (
                "triaged",
                &["merged", "lead_opened", "not_fraud", "needs_info"],
            ),
            ("needs_info", &["triaged", "closed"]),
            ("merged", &["closed"]),
            ("lead_opened", &["closed"]),
            ("not_fraud", &["closed"]),
            ("closed", &[]),
        ],
    );
}

#[test]
fn leads() {
    let user: UserId = Id::from_digest([1; 16]);
    let states = [
        LeadState::New,
        LeadState::Assigned { to: user },
        LeadState::Investigating { by: user },
        LeadState::Referred { to: text() },
        LeadState::NoAction { reason: text() },
        LeadState::Merged {
            into: Id::from_digest([2; 16]),
        },
        LeadState::OutcomeRecorded { outcome: text() },
    ];
    check(
        &states,
        LeadState::as_str,
        LeadState::may_become,
        &[
            ("new", &["assigned"]),
            ("assigned", &["assigned", "investigating"]),
            (
                "investigating",
                &["assigned", "referred", "no_action", "merged"],
            ),
            ("referred", &["outcome_recorded"]),
            ("no_action", &["outcome_recorded"]),
            ("merged", &["outcome_recorded"]),
            ("outcome_recorded", &[]),
        ],
    );
}

#[test]
fn cases() {
    let states = [
        CaseState::Open,
        CaseState::Filed { reference: text() },
        CaseState::Solved,
        CaseState::Suspended { reason: text() },
        CaseState::Withdrawn { reason: text() },
        CaseState::Closed { outcome: text() },
    ];
    check(
        &states,
        CaseState::as_str,
        CaseState::may_become,
        &[
            ("open", &["filed", "withdrawn"]),
            ("filed", &["solved", "suspended", "withdrawn"]),
            ("solved", &["closed"]),
            ("suspended", &["filed", "closed"]),
            ("withdrawn", &["closed"]),
            ("closed", &[]),
        ],
    );
}
