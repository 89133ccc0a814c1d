//! The whole table of `may_become` of every workflow, against the lines of the domain reference 2.1.

use proptest::prelude::*;
use stanch_types::case::CaseState;
use stanch_types::lead::{Lead, LeadState, OutcomeKind};
use stanch_types::report::{Priority, ReportState};
use stanch_types::user::Actor;
use stanch_types::{CaseId, Id, LeadId, Timestamp, UserId};

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
        ReportState::Closed {
            reason: text(),
            answer: text(),
        },
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
            ("merged", &["not_fraud", "needs_info", "closed"]),
            ("lead_opened", &["not_fraud", "needs_info", "closed"]),
            ("not_fraud", &["closed"]),
            ("closed", &[]),
        ],
    );
}

fn lead_states() -> [LeadState; 7] {
    let user: UserId = Id::from_digest([1; 16]);
    [
        LeadState::New,
        LeadState::Assigned { to: user },
        LeadState::Investigating { by: user },
        LeadState::Referred {
            to: text(),
            by: user,
            due_at: Timestamp::from_secs(9),
            escalated_at: None,
        },
        LeadState::NoAction {
            reason: text(),
            by: user,
        },
        LeadState::Merged {
            into: Id::from_digest([2; 16]),
            by: user,
        },
        LeadState::OutcomeRecorded {
            kind: OutcomeKind::Solved,
            detail: text(),
            told_by: text(),
            by: Actor::System,
            at: Timestamp::from_secs(9),
        },
    ]
}

#[test]
fn leads() {
    check(
        &lead_states(),
        LeadState::as_str,
        LeadState::may_become,
        &[
            ("new", &["assigned"]),
            ("assigned", &["assigned", "investigating"]),
            (
                "investigating",
                &[
                    "assigned",
                    "referred",
                    "no_action",
                    "merged",
                    "outcome_recorded",
                ],
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

proptest! {
    /// Whatever is tried in whatever order: a lead that cannot go on has an outcome, and one without can still get one.
    #[test]
    fn no_lead_ends_without_an_outcome(tries in proptest::collection::vec(0_usize..7, 0..40)) {
        let states = lead_states();
        let mut lead = Lead {
            id: Id::from_digest([3; 16]),
            report_id: Id::from_digest([4; 16]),
            case_id: Id::from_digest([5; 16]),
            priority: Priority::P1,
            opened_at: Timestamp::from_secs(0),
            state: LeadState::New,
        };
        for wanted in tries {
            match lead.moved(states[wanted].clone()) {
                Ok(moved) => lead = moved,
                Err(refused) => {
                    prop_assert_eq!(refused.from, lead.state.as_str());
                    prop_assert_eq!(refused.to, states[wanted].as_str());
                }
            }
            let stuck = !states.iter().any(|next| lead.state.may_become(next));
            prop_assert_eq!(stuck, matches!(lead.state, LeadState::OutcomeRecorded { .. }));
            prop_assert_eq!(lead.has_ended(), stuck);
            let overdue = lead.escalated(Timestamp::from_secs(9));
            prop_assert_eq!(overdue.is_some(), matches!(lead.state, LeadState::Referred { .. }));
            prop_assert!(lead.escalated(Timestamp::from_secs(8)).is_none(), "not before it is due");
            if let Some(marked) = overdue {
                prop_assert!(marked.escalated(Timestamp::from_secs(99)).is_none(), "once");
            }
        }
    }
}

#[test]
fn attachments_are_what_their_bytes_say() {
    use stanch_types::report::AttachmentType;
    let table: &[(&[u8], Option<AttachmentType>)] = &[
        (b"\x89PNG\r\n\x1a\nrest", Some(AttachmentType::Png)),
        (b"\xff\xd8\xff\xe0", Some(AttachmentType::Jpeg)),
        (b"RIFF\0\0\0\0WEBPVP8 ", Some(AttachmentType::WebP)),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"GIF89a..", Some(AttachmentType::Gif)),
        (b"%PDF-1.7", Some(AttachmentType::Pdf)),
        ("聊天记录\n".as_bytes(), Some(AttachmentType::Text)),
        (b"MZ\x90\0", None),
        (b"", None),
        (b"PK\x03\x04", None),
        (b"a\0b", None),
    ];
    for (bytes, expected) in table {
        assert_eq!(AttachmentType::sniff(bytes), *expected, "{bytes:?}");
    }
}
