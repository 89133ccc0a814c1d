//! Records to store.

use serde_json::json;
use stanch_store::{AuditEntry, NewJob, Tx};
use stanch_types::case::{Case, CaseClock, CaseState};
use stanch_types::lead::{Lead, LeadState};
use stanch_types::order::{Order, OrderAnswer, OrderState, OrderTransition};
use stanch_types::plan::Plan;
use stanch_types::report::{Priority, Report, ReportState};
use stanch_types::user::{Actor, Role, User};
use stanch_types::{Amount, CaseId, Ctx, OrderId, UserId};

pub fn yuan(minor: i64) -> Amount {
    Amount::new(minor, "CNY".parse().unwrap()).unwrap()
}

pub fn report(ctx: &Ctx, priority: Priority) -> Report {
    let content = json!({
        "reporter": {"name": "王小明", "phone": "13800138000", "relation": "victim"},
        "narrative": "told to move money to a \"safe account\" \u{0} 𝄞",
        "payments": [{
            "occurred_at": ctx.now(), "amount": yuan(500_000),
            "from": {"institution": "BK01", "account": "6222000000000001"},
            "to": {"institution": "BK02", "account": "6222000000000002"}
        }],
        "consent": "this_case"
    });
    Report {
        id: ctx.new_id(),
        received_at: ctx.now(),
        content: serde_json::from_value(content).unwrap(),
        priority,
        state: ReportState::Received,
        case_id: None,
        external_id: None,
        additions: Vec::new(),
        prevented: None,
        attachments: Vec::new(),
    }
}

pub fn lead(ctx: &Ctx, report: &Report, case_id: CaseId) -> Lead {
    Lead {
        id: ctx.new_id(),
        report_id: report.id,
        case_id,
        priority: report.priority,
        opened_at: ctx.now(),
        state: LeadState::New,
    }
}

pub fn case(ctx: &Ctx, lead: &Lead, number: &str) -> Case {
    Case {
        id: lead.case_id,
        number: number.to_owned(),
        lead_id: lead.id,
        priority: lead.priority,
        opened_at: ctx.now(),
        assigned_to: None,
        loss: yuan(500_000),
        victim_payments: vec!["T1".into()],
        clock: CaseClock {
            transfer_at: None,
            report_at: ctx.now(),
            trace_at: None,
            order_sent_at: None,
            executed_at: None,
        },
        state: CaseState::Open,
    }
}

/// Stores a report, its lead and its case.
pub async fn stored_case(tx: &mut Tx, ctx: &Ctx, priority: Priority) -> Case {
    let report = report(ctx, priority);
    let lead = lead(ctx, &report, ctx.new_id());
    let number = tx.next_case_number(2026).await.unwrap();
    let case = case(ctx, &lead, &number);
    tx.insert_report(&report).await.unwrap();
    tx.insert_lead(&lead).await.unwrap();
    tx.insert_case(&case).await.unwrap();
    case
}

pub fn plan(ctx: &Ctx, case_id: CaseId, version: i32) -> Plan {
    let plan = json!({
        "id": ctx.new_id::<stanch_types::id::Plan>(), "case_id": case_id, "version": version,
        "created_at": ctx.now(), "as_of": ctx.now(), "method": "fifo", "lines": [],
        "out_of_reach": yuan(7), "state": {"state": "proposed"}
    });
    serde_json::from_value(plan).unwrap()
}

pub fn order(ctx: &Ctx, case_id: CaseId, kind: &str, account: &str) -> Order {
    let content = json!({
        "kind": kind, "case_id": case_id, "plan_id": null, "parent": null,
        "target": {"institution": "BK02", "account": account}, "holder_name": "李四",
        "scope": {"mode": "limited_amount", "amount": yuan(123)}, "disputed": null, "reason": "traced",
        "authority": {"body": "PSB", "reference": "X-1"}, "emergency": false
    });
    Order {
        id: ctx.new_id(),
        application_id: ctx.new_id(),
        content: serde_json::from_value(content).unwrap(),
        created_by: user_id(7),
        created_at: ctx.now(),
        state: OrderState::Draft,
    }
}

pub fn user_id(n: u8) -> UserId {
    UserId::from_digest([n; 16])
}

pub fn step(ctx: &Ctx, order: &Order, seq: i32, from: Option<&str>) -> OrderTransition {
    OrderTransition {
        order_id: order.id,
        seq,
        from: from.map(str::to_owned),
        to: order.state.clone(),
        at: ctx.now(),
        actor: Actor::User { id: user_id(7) },
        reason: "test".into(),
        document_sha256: None,
    }
}

/// Brings an order into force, beside the rules of `types`.
pub fn active(ctx: &Ctx, order: &Order, extensions: u8) -> Order {
    Order {
        state: OrderState::Active {
            since: ctx.now(),
            held: yuan(100),
            expires_at: ctx.now().plus(stanch_types::order::STOP_DURATION),
            extensions,
        },
        ..order.clone()
    }
}

pub fn answer(ctx: &Ctx, order_id: OrderId, message_id: &str) -> OrderAnswer {
    serde_json::from_value(json!({
        "id": ctx.new_id::<stanch_types::id::Answer>(), "message_id": message_id, "order_id": order_id,
        "occurred_at": ctx.now(), "received_at": ctx.now(),
        "outcome": {"outcome": "executed", "held": yuan(99)}, "applied": true
    }))
    .unwrap()
}

pub fn user(n: u8, login: &str, created_at: stanch_types::Timestamp) -> User {
    User {
        id: user_id(n),
        login: login.into(),
        name: format!("用户{n}"),
        roles: vec![Role::Analyst, Role::Approver],
        password_hash: stanch_types::personal::Secret::new("$argon2id$x".into()),
        created_at,
        disabled_at: None,
    }
}

pub fn job(ctx: &Ctx, kind: &str, key: Option<&str>) -> NewJob {
    NewJob {
        id: ctx.new_id(),
        kind: kind.into(),
        payload: json!({"n": 1}),
        run_at: ctx.now(),
        unique_key: key.map(str::to_owned),
    }
}

pub fn audit(ctx: &Ctx, subject: &str) -> AuditEntry {
    AuditEntry {
        at: ctx.now(),
        actor: Actor::User { id: user_id(7) },
        action: "order.changed",
        subject: subject.into(),
        detail: json!({"to": "active", "minor": 9_007_199_254_740_993_i64, "说明": "可"}),
        personal: Vec::new(),
    }
}
