//! Reports: checked, matched, joined.

use stanch_casework::CaseworkError;
use stanch_types::report::{Priority, ReportContent, ReportState};
use stanch_types::{Amount, Duration};

use crate::desk::{Desk, account, mule, start, victim, yuan};

#[tokio::test]
async fn a_report_opens_a_lead_and_a_case_with_its_payment_found() {
    let desk = Desk::open().await;
    desk.book_theft();
    let received = desk.report(desk.told()).await.unwrap();
    assert_eq!(received.case.victim_payments, ["T1"]);
    assert_eq!(received.case.loss, yuan(1_000_000));
    assert_eq!(received.case.priority, Priority::P0);
    assert_eq!(received.case.clock.transfer_at, Some(start()));
    assert_eq!(received.case.number, "2026-000001");
    assert!(matches!(
        received.report.state,
        ReportState::LeadOpened { .. }
    ));
    let mut tx = desk.store.read().await.unwrap();
    assert_eq!(tx.get_case(received.case.id).await.unwrap(), received.case);
    drop(tx);
    assert_eq!(desk.run_due().await, 1);
    let mut tx = desk.store.read().await.unwrap();
    let case = tx.get_case(received.case.id).await.unwrap();
    assert_eq!(case.clock.trace_at, Some(desk.ctx.now()));
    assert!(tx.latest_plan(case.id).await.unwrap().is_some());
}

type Change = fn(&mut ReportContent);

#[tokio::test]
async fn each_broken_rule_names_its_place_and_nothing_is_stored() {
    let desk = Desk::open().await;
    let cases: &[(&str, Change)] = &[
        ("/narrative", |c| c.narrative = "  ".into()),
        ("/narrative", |c| c.narrative = "x".repeat(5_001)),
        ("/narrative", |c| c.narrative = "a\u{7}".into()),
        ("/contact_channel", |c| {
            c.contact_channel = Some("x".repeat(65))
        }),
        ("/counterpart", |c| c.counterpart = Some(String::new())),
        ("/contacted_at", |c| {
            c.contacted_at = Some(start().plus(Duration::from_days(2)))
        }),
        ("/payments", |c| c.payments.clear()),
        ("/payments", |c| {
            c.payments = vec![c.payments[0].clone(); 65]
        }),
        ("/payments/0/tx_id", |c| {
            c.payments[0].tx_id = Some("a b".into())
        }),
        ("/payments/0/amount/minor", |c| {
            c.payments[0].amount = yuan(0)
        }),
        ("/payments/0/to", |c| c.payments[0].to = victim()),
        ("/payments/0/occurred_at", |c| {
            c.payments[0].occurred_at = stanch_types::Timestamp::EPOCH;
        }),
        ("/payments/1/amount/currency", |c| {
            c.payments.push(c.payments[0].clone());
            c.payments[1].amount = Amount::new(1, "USD".parse().unwrap()).unwrap();
        }),
        ("/payments/1/amount/minor", |c| {
            c.payments.push(c.payments[0].clone());
            c.payments[1].amount = yuan(i64::MAX);
        }),
        ("/payments/1/tx_id", |c| {
            c.payments[0].tx_id = Some("T1".into());
            c.payments.push(c.payments[0].clone());
        }),
    ];
    let before = desk.store.read().await.unwrap().audit_size().await;
    for (pointer, change) in cases {
        let mut content = desk.told();
        change(&mut content);
        let Err(CaseworkError::ReportInvalid(findings)) = desk.report(content).await else {
            panic!("{pointer} was not found");
        };
        let pointers: Vec<&str> = findings.iter().map(|f| f.pointer.as_ref()).collect();
        assert_eq!(pointers, [*pointer]);
    }
    let mut tx = desk.store.read().await.unwrap();
    assert_eq!(tx.audit_size().await.unwrap(), before.unwrap());
}

#[tokio::test]
async fn payments_are_matched_by_reference_then_by_the_nearest_in_time() {
    let desk = Desk::open().await;
    desk.book(&[
        ("A", 0, victim(), mule(), 700),
        ("B", 8, victim(), mule(), 700),
        ("C", 30, victim(), mule(), 700),
        ("D", 9, account("BK01", "X"), mule(), 700),
    ]);
    desk.clock.advance(Duration::from_hours(1));
    let mut content = desk.told();
    let template = content.payments.remove(0);
    let told = |tx_id: Option<&str>, mins: i64| {
        let mut payment = template.clone();
        payment.tx_id = tx_id.map(str::to_owned);
        payment.amount = yuan(700);
        payment.occurred_at = start().plus(Duration::from_mins(mins));
        payment
    };
    // The second names a stranger's payment and is matched by content; the last has none left within ten minutes.
    content.payments = vec![
        told(None, 9),
        told(Some("D"), 1),
        told(Some("C"), 9),
        told(None, 2),
    ];
    let received = desk.report(content).await.unwrap();
    assert_eq!(received.case.victim_payments, ["B", "A", "C"]);
    assert_eq!(received.case.loss, yuan(2_800));
}

#[tokio::test]
async fn a_report_of_a_known_payment_joins_the_open_case() {
    let desk = Desk::open().await;
    desk.book_theft();
    let first = desk.report(desk.told()).await.unwrap();
    desk.book(&[("T9", 6, victim(), mule(), 5_000)]);
    let mut content = desk.told();
    let mut other = content.payments[0].clone();
    other.tx_id = Some("T9".into());
    other.amount = yuan(5_000);
    content.payments.push(other);
    let second = desk.report(content).await.unwrap();
    assert_eq!(second.case.id, first.case.id);
    assert_eq!(second.case.victim_payments, ["T1", "T9"]);
    assert_eq!(second.case.loss, yuan(1_005_000));
    assert_eq!(second.lead, first.lead);
    let joined = ReportState::Merged {
        case_id: first.case.id,
    };
    assert_eq!(second.report.state, joined);
}

#[tokio::test]
async fn a_payment_not_yet_recorded_is_found_when_it_arrives() {
    let desk = Desk::open().await;
    let received = desk.report(desk.told()).await.unwrap();
    assert!(received.case.victim_payments.is_empty());
    assert_eq!(received.case.loss, yuan(1_000_000));
    assert_eq!(desk.run_due().await, 1);
    let none = desk.plan(received.case.id).await;
    assert!(matches!(none, Err(CaseworkError::NoPayments)));
    let elsewhere = desk.book(&[("Z", 1, account("BK02", "P"), account("BK02", "Q"), 5)]);
    assert!(desk.watch.touched(&elsewhere).is_empty());
    let arrived = desk.book(&[("T1", 0, victim(), mule(), 1_000_000)]);
    let mut tx = desk.store.begin().await.unwrap();
    let replan = |n: usize| assert_eq!(n, 1);
    replan(
        desk.watch
            .replan_affected(&mut tx, &desk.ctx, &arrived)
            .await
            .unwrap(),
    );
    let again = desk
        .watch
        .replan_affected(&mut tx, &desk.ctx, &arrived)
        .await
        .unwrap();
    assert_eq!(again, 0, "one job waits already");
    tx.commit().await.unwrap();
    assert_eq!(desk.run_due().await, 0, "not before a second has passed");
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(desk.run_due().await, 1);
    let mut tx = desk.store.read().await.unwrap();
    let case = tx.get_case(received.case.id).await.unwrap();
    assert_eq!(case.victim_payments, ["T1"]);
    let plan = tx.latest_plan(case.id).await.unwrap().unwrap();
    assert_eq!(plan.lines[0].target, mule());
    drop(tx);
    let onward = desk.book(&[("T2", 1, mule(), account("BK01", "M2"), 9)]);
    assert_eq!(
        desk.watch.touched(&onward).len(),
        1,
        "the mule is watched now"
    );
}
