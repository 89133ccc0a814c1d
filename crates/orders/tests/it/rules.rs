//! The rules of drafting and approving.

use stanch_orders::OrdersError;
use stanch_types::order::{HoldScope, InvalidTransition, OrderContent, OrderKind};

use crate::desk::{Desk, account, yuan};

fn pointers(error: &OrdersError) -> Vec<String> {
    match error {
        OrdersError::Content(findings) => findings.iter().map(|f| f.pointer.to_string()).collect(),
        other => panic!("{other:?}"),
    }
}

type Change = fn(&mut OrderContent);

#[tokio::test]
async fn each_rule_of_content_names_the_place_that_breaks_it() {
    let desk = Desk::open().await;
    let cases: &[(&str, Change)] = &[
        ("/reason", |c| c.reason = " ".into()),
        ("/reason", |c| c.reason = "x".repeat(501)),
        ("/reason", |c| c.reason = "a\0b".into()),
        ("/scope/amount/minor", |c| {
            c.scope = HoldScope::LimitedAmount { amount: yuan(0) };
        }),
        ("/scope/reason", |c| {
            c.scope = HoldScope::WholeAccount {
                reason: "too short".into(),
            };
        }),
        ("/scope/mode", |c| c.kind = OrderKind::RedemptionHold),
        ("/scope/mode", |c| {
            c.scope = HoldScope::FundUnits {
                product: "MMF".into(),
                units_centi: 1,
                amount: yuan(1),
            };
        }),
        ("/authority/reference", |c| {
            c.authority.as_mut().unwrap().reference = "x".repeat(65);
        }),
        ("/parent", |c| c.kind = OrderKind::StopRelease),
    ];
    for (pointer, change) in cases {
        let mut content = desk.stop();
        change(&mut content);
        let error = desk.draft(content).await.unwrap_err();
        assert_eq!(pointers(&error), [*pointer]);
    }
    let mut tx = desk.store.read().await.unwrap();
    let page = stanch_store::PageRequest::first();
    let filter = stanch_store::OrderFilter::default();
    assert!(
        tx.list_orders(&filter, &page)
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

#[tokio::test]
async fn two_persons_and_an_authority_unless_it_is_an_emergency_stop() {
    let desk = Desk::open().await;
    let order = desk.draft(desk.stop()).await.unwrap();
    let alone = desk.approve(order.id, desk.operator).await;
    assert!(matches!(
        alone,
        Err(OrdersError::Transition(InvalidTransition::SamePerson))
    ));
    assert_eq!(desk.state(order.id).await, "draft");
    let mut bare = desk.stop();
    bare.authority = None;
    let refused = desk.draft(bare.clone()).await;
    assert!(matches!(
        refused,
        Err(OrdersError::Transition(InvalidTransition::NoAuthority))
    ));
    bare.emergency = true;
    let emergency = desk.draft(bare.clone()).await.unwrap();
    desk.approve(emergency.id, desk.operator).await.unwrap();
    desk.run_due().await;
    let document: serde_json::Value = serde_json::from_str(&desk.peer.bodies()[0]).unwrap();
    assert_eq!(document["second_officer"], serde_json::Value::Null);
    assert_eq!(document["emergency"], "02");
    bare.kind = OrderKind::Freeze;
    assert!(desk.draft(bare).await.is_err());
}

#[tokio::test]
async fn an_account_is_stopped_twice_in_a_case_and_refusals_do_not_count() {
    let desk = Desk::open().await;
    let first = desk.draft(desk.stop()).await.unwrap();
    desk.withdraw(first.id).await.unwrap();
    for _ in 0..2 {
        desk.draft(desk.stop()).await.unwrap();
    }
    let third = desk.draft(desk.stop()).await;
    assert!(matches!(third, Err(OrdersError::StopLimit)));
    let mut other = desk.stop();
    other.target = account("BK01", "1002");
    desk.draft(other).await.unwrap();
}

#[tokio::test]
async fn unknown_institutions_and_those_without_endpoint_are_refused() {
    let desk = Desk::open().await;
    let mut content = desk.stop();
    content.target = account("BK99", "1");
    let refused = desk.draft(content).await;
    assert!(matches!(refused, Err(OrdersError::InstitutionUnknown(_))));
    let mut deaf = desk.institution.clone();
    deaf.endpoint = None;
    let mut tx = desk.store.begin().await.unwrap();
    tx.upsert_institution(&deaf).await.unwrap();
    tx.commit().await.unwrap();
    let refused = desk.draft(desk.stop()).await;
    assert!(matches!(refused, Err(OrdersError::InstitutionUnknown(_))));
}

#[tokio::test]
async fn a_parent_must_fit_and_not_be_busy() {
    let desk = Desk::open().await;
    let stop = desk.issue(desk.stop()).await;
    let early = desk.draft(desk.child(OrderKind::StopRelease, stop)).await;
    assert!(matches!(early, Err(OrdersError::Transition(_))));
    desk.run_due().await;
    let held = Some(yuan(1));
    let executed = stanch_types::order::AnswerOutcome::Executed { held };
    desk.answer(stop, "m", executed).await.unwrap();
    let wrong_kind = desk.draft(desk.child(OrderKind::FreezeRelease, stop)).await;
    assert_eq!(pointers(&wrong_kind.unwrap_err()), ["/parent"]);
    let mut elsewhere = desk.child(OrderKind::StopRelease, stop);
    elsewhere.target = account("BK01", "1002");
    assert_eq!(
        pointers(&desk.draft(elsewhere).await.unwrap_err()),
        ["/parent"]
    );
    desk.draft(desk.child(OrderKind::StopRelease, stop))
        .await
        .unwrap();
    let twice = desk.draft(desk.child(OrderKind::StopRelease, stop)).await;
    assert!(matches!(twice, Err(OrdersError::ParentBusy)));
}

#[tokio::test]
async fn a_signed_order_cannot_be_taken_back() {
    let desk = Desk::open().await;
    let id = desk.issue(desk.stop()).await;
    assert!(matches!(
        desk.withdraw(id).await,
        Err(OrdersError::Transition(_))
    ));
    assert!(desk.approve(id, desk.approver).await.is_err());
}
