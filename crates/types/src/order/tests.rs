use proptest::prelude::*;

use super::*;
use crate::id::Id;
use crate::money::Currency;

/// The table of the domain reference 2.2, with `withdrawn` (an order taken back before it is signed) and the
/// failure to deliver added. Answers may skip steps: an institution may answer `executed` at once.
const ALLOWED: &[(&str, &[&str])] = &[
    ("draft", &["withdrawn", "approved"]),
    ("withdrawn", &[]),
    ("approved", &["withdrawn", "signed"]),
    ("signed", &["sent", "failed"]),
    (
        "sent",
        &[
            "acked",
            "executing",
            "executed",
            "partially_executed",
            "refused",
            "failed",
        ],
    ),
    (
        "acked",
        &[
            "executing",
            "executed",
            "partially_executed",
            "refused",
            "failed",
        ],
    ),
    (
        "executing",
        &["executed", "partially_executed", "refused", "failed"],
    ),
    ("executed", &["active"]),
    ("partially_executed", &["active"]),
    ("refused", &[]),
    ("failed", &[]),
    (
        "active",
        &["active", "expired", "released", "converted", "returned"],
    ),
    ("expired", &[]),
    ("released", &[]),
    ("converted", &[]),
    ("returned", &[]),
];

fn allowed(from: &str, to: &str) -> bool {
    ALLOWED
        .iter()
        .any(|(state, next)| *state == from && next.contains(&to))
}

fn cny(minor: i64) -> Amount {
    Amount::new(minor, Currency::CNY).unwrap()
}

fn user(n: u8) -> UserId {
    Id::from_digest([n; 16])
}

fn order(kind: OrderKind, state: OrderState) -> Order {
    Order {
        id: Id::from_digest([1; 16]),
        application_id: Id::from_digest([2; 16]),
        content: OrderContent {
            kind,
            case_id: Id::from_digest([3; 16]),
            plan_id: None,
            parent: None,
            target: AccountRef {
                institution: "BK01".parse().unwrap(),
                account: "622".parse().unwrap(),
            },
            holder_name: None,
            scope: HoldScope::LimitedAmount { amount: cny(100) },
            disputed: None,
            reason: "stolen money arrived".to_owned(),
            authority: Some(Authority {
                body: "Xiamen PSB".to_owned(),
                reference: "2026-1".to_owned(),
            }),
            emergency: false,
        },
        created_by: user(1),
        created_at: at(0),
        state,
    }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_772_000_000 + secs)
}

/// One state of every kind.
fn states() -> Vec<OrderState> {
    let by = Id::from_digest([9; 16]);
    vec![
        OrderState::Draft,
        OrderState::Withdrawn {
            by: user(2),
            at: at(1),
            reason: "no need".to_owned(),
        },
        OrderState::Approved {
            by: user(2),
            at: at(1),
        },
        OrderState::Signed {
            at: at(2),
            document_sha256: "00".repeat(32),
        },
        OrderState::Sent { at: at(3) },
        OrderState::Acked {
            at: at(4),
            receipt: "R1".to_owned(),
        },
        OrderState::Executing { at: at(5) },
        OrderState::Executed {
            at: at(6),
            held: Some(cny(100)),
        },
        OrderState::PartiallyExecuted {
            at: at(6),
            held: Some(cny(40)),
        },
        OrderState::Refused {
            at: at(6),
            reason: RefusalReason::Mismatch,
            detail: "name".to_owned(),
        },
        OrderState::Failed {
            at: at(6),
            detail: "down".to_owned(),
        },
        OrderState::Active {
            since: at(6),
            held: cny(100),
            expires_at: at(6).plus(STOP_DURATION),
            extensions: 0,
        },
        OrderState::Expired { at: at(200_000) },
        OrderState::Released { at: at(7), by },
        OrderState::Converted {
            at: at(7),
            into: by,
        },
        OrderState::Returned {
            at: at(7),
            amount: cny(100),
        },
    ]
}

/// Every step there is, with input that the rules of content allow.
#[derive(Debug, Clone)]
enum Step {
    Approve,
    Withdraw,
    Sign,
    Send,
    Answer(AnswerOutcome),
    Fail,
    Activate,
    Extend,
    Expire,
    Release,
    Convert,
    ReturnFunds,
}

fn steps() -> Vec<Step> {
    vec![
        Step::Approve,
        Step::Withdraw,
        Step::Sign,
        Step::Send,
        Step::Answer(AnswerOutcome::Acked {
            receipt: "R2".to_owned(),
        }),
        Step::Answer(AnswerOutcome::Executing),
        Step::Answer(AnswerOutcome::Executed {
            held: Some(cny(100)),
        }),
        Step::Answer(AnswerOutcome::PartiallyExecuted { held: Some(cny(1)) }),
        Step::Answer(AnswerOutcome::Refused {
            reason: RefusalReason::NoFunds,
            detail: String::new(),
        }),
        Step::Answer(AnswerOutcome::Failed {
            detail: String::new(),
        }),
        Step::Fail,
        Step::Activate,
        Step::Extend,
        Step::Expire,
        Step::Release,
        Step::Convert,
        Step::ReturnFunds,
    ]
}

fn take(order: Order, step: &Step) -> Result<Order, InvalidTransition> {
    let late = at(0).plus(Duration::from_days(400));
    match step {
        Step::Approve => order.approve(user(2), at(1)),
        Step::Withdraw => order.withdraw(user(2), at(1), "no need".to_owned()),
        Step::Sign => order.sign(at(2), "00".repeat(32)),
        Step::Send => order.send(at(3)),
        Step::Answer(outcome) => order.answer(outcome, at(6)),
        Step::Fail => order.fail(at(6), "down".to_owned()),
        Step::Activate => order.activate(),
        Step::Extend => order.extend(),
        Step::Expire => order.expire(late),
        Step::Release => order.release(at(7), Id::from_digest([9; 16])),
        Step::Convert => order.convert(at(7), Id::from_digest([9; 16])),
        Step::ReturnFunds => order.return_funds(at(7), cny(100)),
    }
}

#[test]
fn the_words_are_complete() {
    let words: Vec<_> = states().iter().map(OrderState::as_str).collect();
    assert_eq!(words, ORDER_STATES);
    assert_eq!(
        ALLOWED.iter().map(|(from, _)| *from).collect::<Vec<_>>(),
        ORDER_STATES
    );
}

#[test]
fn every_allowed_transition_is_reached_and_no_other() {
    let mut reached: Vec<(&str, &str)> = Vec::new();
    for state in states() {
        for step in steps() {
            let from = state.as_str();
            match take(order(OrderKind::StopPayment, state.clone()), &step) {
                Ok(moved) => {
                    assert!(
                        allowed(from, moved.state.as_str()),
                        "{from} -> {} by {step:?}",
                        moved.state.as_str()
                    );
                    reached.push((from, moved.state.as_str()));
                }
                Err(InvalidTransition::State { from: said, .. }) => assert_eq!(said, from),
                Err(other) => panic!("{from} by {step:?}: {other}"),
            }
        }
    }
    for (from, next) in ALLOWED {
        for to in *next {
            assert!(
                reached.contains(&(*from, *to)),
                "{from} -> {to} has no step"
            );
        }
    }
}

#[test]
fn two_persons_and_an_authority_unless_it_is_an_emergency_stop() {
    let draft = order(OrderKind::StopPayment, OrderState::Draft);
    assert_eq!(
        draft.clone().approve(user(1), at(1)),
        Err(InvalidTransition::SamePerson)
    );
    let mut bare = draft.clone();
    bare.content.authority = None;
    assert_eq!(
        bare.clone().approve(user(2), at(1)),
        Err(InvalidTransition::NoAuthority)
    );
    bare.content.emergency = true;
    assert!(bare.clone().approve(user(1), at(1)).is_ok());
    bare.content.kind = OrderKind::Freeze;
    assert_eq!(
        bare.approve(user(1), at(1)),
        Err(InvalidTransition::SamePerson)
    );
}

#[test]
fn a_hold_runs_from_the_stop_and_ends_by_the_timer() {
    let executed = OrderState::Executed {
        at: at(6),
        held: Some(cny(100)),
    };
    let active = order(OrderKind::StopPayment, executed).activate().unwrap();
    let end = at(6).plus(Duration::from_hours(48));
    assert_eq!(
        active.clone().expire(end.minus(Duration::from_micros(1))),
        Err(InvalidTransition::NotYetExpired(end))
    );
    assert_eq!(
        active.clone().expire(end).unwrap().state,
        OrderState::Expired { at: end }
    );
    let longer = active.extend().unwrap();
    assert!(
        matches!(longer.state, OrderState::Active { expires_at, extensions: 1, .. }
        if expires_at == at(6).plus(Duration::from_hours(96)))
    );
    assert_eq!(longer.extend(), Err(InvalidTransition::StopLimit));
}

#[test]
fn a_freeze_is_renewed_any_number_of_times_and_never_converted() {
    let executed = OrderState::Executed {
        at: at(6),
        held: Some(cny(100)),
    };
    let mut freeze = order(OrderKind::Freeze, executed).activate().unwrap();
    for _ in 0..300 {
        freeze = freeze.extend().unwrap();
    }
    assert!(matches!(
        freeze.state,
        OrderState::Active {
            extensions: u8::MAX,
            ..
        }
    ));
    assert!(matches!(
        freeze.convert(at(7), Id::from_digest([9; 16])),
        Err(InvalidTransition::Content(_))
    ));
}

#[test]
fn only_orders_that_hold_become_active() {
    for kind in OrderKind::ALL {
        let executed = OrderState::Executed {
            at: at(6),
            held: Some(cny(100)),
        };
        let active = order(*kind, executed).activate();
        assert_eq!(
            active.is_ok(),
            kind.effect() == OrderEffect::Holds,
            "{kind}"
        );
        assert_eq!(
            kind.duration() == Duration::ZERO,
            kind.effect() == OrderEffect::Releases,
            "{kind}"
        );
        assert!(
            kind.effect() == OrderEffect::Holds || kind.parent().is_some(),
            "{kind}"
        );
    }
    let nothing_stated = OrderState::Executed {
        at: at(6),
        held: None,
    };
    assert!(
        order(OrderKind::StopPayment, nothing_stated)
            .activate()
            .is_err()
    );
}

proptest! {
    #[test]
    fn random_steps_never_leave_the_table(
        kind in prop::sample::select(OrderKind::ALL),
        emergency: bool,
        path in prop::collection::vec(prop::sample::select(steps()), 0..40),
    ) {
        let mut current = order(kind, OrderState::Draft);
        current.content.emergency = emergency;
        let content = current.content.clone();
        for step in &path {
            let from = current.state.as_str();
            if let Ok(moved) = take(current.clone(), step) {
                prop_assert!(allowed(from, moved.state.as_str()), "{} -> {}", from, moved.state.as_str());
                current = moved;
            }
        }
        prop_assert_eq!(current.content, content);
    }
}
