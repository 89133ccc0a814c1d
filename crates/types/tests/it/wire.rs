//! The JSON form of every domain type and variant, as stored and served. A changed snapshot is a changed API.

use serde::Serialize;
use serde::de::DeserializeOwned;
use stanch_types::case::{Case, CaseClock, CaseState};
use stanch_types::institution::Institution;
use stanch_types::lead::{Lead, LeadState, OutcomeKind};
use stanch_types::order::{
    AnswerOutcome, Authority, DisputedTransfer, HoldScope, Order, OrderAnswer, OrderContent,
    OrderKind, OrderState, OrderTransition, RefusalReason,
};
use stanch_types::personal::Secret;
use stanch_types::plan::{Plan, PlanLine, PlanReason, PlanState, TraceMethod};
use stanch_types::report::{
    Addition, Attachment, AttachmentType, Consent, Prevented, Priority, Relation, Report,
    ReportContent, ReportState, ReportedPayment, Reporter,
};
use stanch_types::user::{Actor, Role};
use stanch_types::{
    AccountKind, AccountRef, Amount, Channel, Currency, Id, InstitutionKind, Money, Payment, Score,
    Timestamp, UserId, id::Kind,
};

fn id<K: Kind>(n: u8) -> Id<K> {
    Id::from_digest([n; 16])
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_772_380_800 + secs)
}

fn cny(minor: i64) -> Amount {
    Amount::new(minor, Currency::CNY).unwrap()
}

fn account(institution: &str, number: &str) -> AccountRef {
    AccountRef {
        institution: institution.parse().unwrap(),
        account: number.parse().unwrap(),
    }
}

fn text() -> String {
    "because".to_owned()
}

/// Compares the values' JSON with the snapshot and reads it back.
fn golden<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(name: &str, values: &[T]) {
    insta::assert_json_snapshot!(name, values);
    for value in values {
        let json = serde_json::to_string(value).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
    }
}

/// The words of an enum made by `words!` equal its serde names.
fn words<T: Serialize + std::fmt::Display + std::str::FromStr + PartialEq + std::fmt::Debug>(
    all: &[T],
) -> Vec<String> {
    all.iter()
        .map(|value| {
            let json = serde_json::to_value(value).unwrap();
            assert_eq!(json.as_str(), Some(value.to_string().as_str()));
            assert_eq!(value.to_string().parse::<T>().ok().as_ref(), Some(value));
            value.to_string()
        })
        .collect()
}

#[test]
fn words_equal_serde_names() {
    insta::assert_json_snapshot!(
        "words",
        serde_json::json!({
            "account_kind": words(AccountKind::ALL),
            "attachment_type": words(AttachmentType::ALL),
            "channel": words(Channel::ALL),
            "consent": words(Consent::ALL),
            "institution_kind": words(InstitutionKind::ALL),
            "order_kind": words(OrderKind::ALL),
            "outcome_kind": words(OutcomeKind::ALL),
            "priority": words(Priority::ALL),
            "refusal_reason": words(RefusalReason::ALL),
            "relation": words(Relation::ALL),
            "role": words(Role::ALL),
            "trace_method": words(TraceMethod::ALL),
        })
    );
    assert!("nonsense".parse::<OrderKind>().is_err());
}

#[test]
fn money_and_time() {
    golden(
        "money",
        &[
            Money::new(-1, Currency::CNY),
            Money::new(i64::MAX, "JPY".parse().unwrap()),
        ],
    );
    golden("amount", &[cny(0), cny(12_345)]);
    golden(
        "timestamp",
        &[Timestamp::EPOCH, at(0), Timestamp::from_micros(1)],
    );
    golden("score", &[Score::MIN, Score::MAX]);
    assert!(serde_json::from_str::<Amount>(r#"{"minor":-1,"currency":"CNY"}"#).is_err());
    assert!(serde_json::from_str::<Amount>(r#"{"minor":1.5,"currency":"CNY"}"#).is_err());
    assert!(serde_json::from_str::<Score>("10001").is_err());
}

#[test]
fn payments() {
    golden(
        "payment",
        &[Payment {
            tx_id: "T000000000001".to_owned(),
            occurred_at: at(0),
            from: account("BK01", "6222021234567890128"),
            to: account("WL01", "007"),
            amount: cny(500_000),
            channel: Channel::QrPay,
        }],
    );
}

#[test]
fn actors() {
    golden(
        "actor",
        &[
            Actor::User { id: id(1) },
            Actor::Institution {
                code: "BK01".parse().unwrap(),
            },
            Actor::System,
            Actor::Reporter,
        ],
    );
}

#[test]
fn institutions() {
    golden(
        "institution",
        &[Institution {
            code: "BK01".parse().unwrap(),
            name: "First Bank".to_owned(),
            kind: InstitutionKind::Bank,
            endpoint: Some("https://bk01.example".to_owned()),
            webhook_secret: Some(Secret::new("whsec_c2VjcmV0".to_owned())),
            order_latency_ms: 1_500,
        }],
    );
}

fn report_content() -> ReportContent {
    ReportContent {
        reporter: Reporter {
            name: Some("王小明".parse().unwrap()),
            phone: Some("13800138000".parse().unwrap()),
            relation: Relation::Victim,
        },
        contacted_at: Some(at(-7_200)),
        contact_channel: Some("sms".to_owned()),
        counterpart: Some("@service".to_owned()),
        narrative: "They said my parcel was lost.".to_owned(),
        payments: vec![ReportedPayment {
            tx_id: Some("T1".to_owned()),
            occurred_at: at(0),
            amount: cny(500_000),
            from: account("BK01", "1"),
            to: account("BK02", "2"),
            to_name: Some("李四".parse().unwrap()),
            channel: Some(Channel::Transfer),
        }],
        still_in_contact: true,
        still_paying: false,
        remote_controlled: false,
        consent: Consent::ThisCase,
    }
}

#[test]
fn reports() {
    golden("report_content", &[report_content()]);
    let states = [
        ReportState::Received,
        ReportState::Triaged,
        ReportState::NeedsInfo { question: text() },
        ReportState::Merged { case_id: id(3) },
        ReportState::LeadOpened { lead_id: id(2) },
        ReportState::NotFraud { reason: text() },
        ReportState::Closed {
            reason: text(),
            answer: text(),
        },
    ];
    golden("report_state", &states);
    golden(
        "report",
        &[Report {
            id: id(1),
            received_at: at(60),
            content: report_content(),
            priority: Priority::P0,
            state: ReportState::Received,
            case_id: Some(id(4)),
            external_id: Some("F-1".to_owned()),
            additions: vec![Addition {
                at: at(61),
                by: Actor::Reporter,
                text: text(),
            }],
            attachments: vec![Attachment {
                file_name: "chat.png".to_owned(),
                media_type: AttachmentType::Png,
                size_bytes: 9,
                sha256: "0".repeat(64),
                received_at: at(60),
            }],
            prevented: Some(Prevented {
                at: at(62),
                by: Actor::Reporter,
                amount: cny(7),
                institution: Some("BK01".parse().unwrap()),
            }),
        }],
    );
}

#[test]
fn least_report() {
    let least =
        r#"{"reporter":{"relation":"family"},"narrative":"x","payments":[],"consent":"matching"}"#;
    let content: ReportContent = serde_json::from_str(least).unwrap();
    assert_eq!((content.still_paying, content.contacted_at), (false, None));
    assert!(
        serde_json::from_str::<ReportContent>(
            &least.replace("\"narrative\"", "\"x\":1,\"narrative\"")
        )
        .is_err()
    );
}

#[test]
fn leads() {
    let states = [
        LeadState::New,
        LeadState::Assigned { to: id(1) },
        LeadState::Investigating { by: id(1) },
        LeadState::Referred {
            to: text(),
            by: id(1),
            due_at: at(9),
            escalated_at: Some(at(10)),
        },
        LeadState::NoAction {
            reason: text(),
            by: id(1),
        },
        LeadState::Merged {
            into: id(2),
            by: id(1),
        },
        LeadState::OutcomeRecorded {
            kind: OutcomeKind::Solved,
            detail: text(),
            told_by: text(),
            by: Actor::System,
            at: at(11),
        },
    ];
    golden("lead_state", &states);
    golden(
        "lead",
        &[Lead {
            id: id(1),
            report_id: id(2),
            case_id: id(3),
            priority: Priority::P1,
            opened_at: at(0),
            state: LeadState::New,
        }],
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
    golden("case_state", &states);
    golden(
        "case",
        &[Case {
            id: id(1),
            number: "2026-000123".to_owned(),
            lead_id: id(2),
            priority: Priority::P0,
            opened_at: at(60),
            assigned_to: Some(id::<stanch_types::id::User>(4)),
            loss: cny(500_000),
            victim_payments: vec!["T1".to_owned()],
            clock: CaseClock {
                transfer_at: Some(at(0)),
                report_at: at(60),
                trace_at: Some(at(61)),
                order_sent_at: None,
                executed_at: None,
            },
            state: CaseState::Open,
        }],
    );
}

#[test]
fn plans() {
    let reasons = [
        PlanReason::FirstRecipient { payments: 2 },
        PlanReason::PassedOn {
            from: account("BK01", "1"),
            last_arrival_at: at(30),
        },
        PlanReason::FundUnits {
            from: account("WL01", "2"),
        },
    ];
    golden("plan_reason", &reasons);
    let by: UserId = id(1);
    golden(
        "plan_state",
        &[
            PlanState::Proposed,
            PlanState::Submitted { by, at: at(1) },
            PlanState::Approved { by, at: at(2) },
            PlanState::Superseded { at: at(3) },
        ],
    );
    golden(
        "plan",
        &[Plan {
            id: id(1),
            case_id: id(2),
            version: 1,
            created_at: at(61),
            as_of: at(60),
            method: TraceMethod::Fifo,
            lines: vec![PlanLine {
                rank: 1,
                target: account("FD01", "3"),
                account_kind: AccountKind::FundHolding,
                tier: 2,
                stolen: cny(300),
                balance: cny(400),
                hold: cny(300),
                survival: Score::new(9_000).unwrap(),
                expected: cny(270),
                redemption_product: Some("money market".to_owned()),
                settlement: Some(account("BK03", "9")),
                reason: PlanReason::FundUnits {
                    from: account("WL01", "2"),
                },
            }],
            out_of_reach: cny(0),
            state: PlanState::Proposed,
        }],
    );
}

fn order_states() -> Vec<OrderState> {
    vec![
        OrderState::Draft,
        OrderState::Withdrawn {
            by: id(2),
            at: at(1),
            reason: text(),
        },
        OrderState::Approved {
            by: id(2),
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
        OrderState::Executed {
            at: at(6),
            held: None,
        },
        OrderState::PartiallyExecuted {
            at: at(6),
            held: Some(cny(40)),
        },
        OrderState::Refused {
            at: at(6),
            reason: RefusalReason::Mismatch,
            detail: text(),
        },
        OrderState::Failed {
            at: at(6),
            detail: text(),
        },
        OrderState::Active {
            since: at(6),
            held: cny(100),
            expires_at: at(172_806),
            extensions: 0,
        },
        OrderState::Expired { at: at(172_806) },
        OrderState::Released {
            at: at(7),
            by: id(9),
        },
        OrderState::Converted {
            at: at(7),
            into: id(9),
        },
        OrderState::Returned {
            at: at(7),
            amount: cny(100),
        },
    ]
}

fn order_content() -> OrderContent {
    OrderContent {
        kind: OrderKind::StopPayment,
        case_id: id(1),
        plan_id: Some(id::<stanch_types::id::Plan>(2)),
        parent: None,
        target: account("BK02", "2"),
        holder_name: Some("李四".parse().unwrap()),
        scope: HoldScope::LimitedAmount { amount: cny(100) },
        disputed: Some(DisputedTransfer {
            tx_id: "T1".to_owned(),
            payer: account("BK01", "1"),
            amount: cny(100),
            occurred_at: at(0),
        }),
        reason: text(),
        authority: Some(Authority {
            body: "Xiamen PSB".to_owned(),
            reference: "2026-1".to_owned(),
        }),
        emergency: false,
    }
}

#[test]
fn orders() {
    golden("order_state", &order_states());
    for state in order_states() {
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(json["state"], state.as_str());
    }
    golden(
        "hold_scope",
        &[
            HoldScope::LimitedAmount { amount: cny(100) },
            HoldScope::WholeAccount { reason: text() },
            HoldScope::FundUnits {
                product: "money market".to_owned(),
                units_centi: 100,
                amount: cny(100),
            },
        ],
    );
    golden(
        "order",
        &[Order {
            id: id(1),
            application_id: id(2),
            content: order_content(),
            created_by: id(3),
            created_at: at(0),
            state: OrderState::Draft,
        }],
    );
    golden(
        "order_transition",
        &[OrderTransition {
            order_id: id(1),
            seq: 2,
            from: Some("draft".to_owned()),
            to: OrderState::Approved {
                by: id(2),
                at: at(1),
            },
            at: at(1),
            actor: Actor::User { id: id(2) },
            reason: text(),
            document_sha256: None,
        }],
    );
}

#[test]
fn answers() {
    golden(
        "answer_outcome",
        &[
            AnswerOutcome::Acked {
                receipt: "R1".to_owned(),
            },
            AnswerOutcome::Executing,
            AnswerOutcome::Executed {
                held: Some(cny(100)),
            },
            AnswerOutcome::Executed { held: None },
            AnswerOutcome::PartiallyExecuted { held: Some(cny(1)) },
            AnswerOutcome::Refused {
                reason: RefusalReason::StopLimit,
                detail: text(),
            },
            AnswerOutcome::Failed { detail: text() },
        ],
    );
    golden(
        "order_answer",
        &[OrderAnswer {
            id: id(1),
            message_id: "msg_1".to_owned(),
            order_id: id(2),
            occurred_at: at(5),
            received_at: at(6),
            outcome: AnswerOutcome::Executing,
            applied: false,
        }],
    );
}
