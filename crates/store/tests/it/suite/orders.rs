use std::sync::Arc;

use stanch_store::{OrderFilter, PageRequest, StoreError, Tx};
use stanch_types::order::{
    ORDER_STATES, Order, OrderKind, OrderState, RefusalReason, STOP_DURATION,
};
use stanch_types::report::Priority;
use stanch_types::{CaseId, Duration};

use crate::fixture::Fixture;
use crate::sample;

async fn stored_order(f: &Fixture, kind: &str, account: &str) -> Order {
    let mut tx = f.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    let order = sample::order(&f.ctx, case.id, kind, account);
    let first = sample::step(&f.ctx, &order, 1, None);
    tx.insert_order(&order, &first).await.unwrap();
    tx.commit().await.unwrap();
    order
}

pub async fn orders_move_only_from_the_stored_step(f: Arc<Fixture>) {
    let draft = stored_order(&f, "stop_payment", "A1").await;
    let approved = draft.clone().approve(sample::user_id(8), f.now()).unwrap();
    let second = sample::step(&f.ctx, &approved, 2, Some("draft"));

    let mut tx = f.store.begin().await.unwrap();
    let locked = tx.lock_order(draft.id).await.unwrap();
    assert_eq!((&locked.order, locked.last_seq), (&draft, 1));
    tx.update_order(&approved, &second).await.unwrap();
    tx.commit().await.unwrap();

    // The same step again, a step that skips one, a step from a state the order is not in, a step of another order.
    let signed = approved.clone().sign(f.now(), "00".repeat(32)).unwrap();
    let stale = [
        (approved.clone(), second.clone()),
        (
            signed.clone(),
            sample::step(&f.ctx, &signed, 4, Some("approved")),
        ),
        (
            signed.clone(),
            sample::step(&f.ctx, &signed, 3, Some("draft")),
        ),
        (signed.clone(), sample::step(&f.ctx, &signed, 3, None)),
        (
            signed.clone(),
            sample::step(&f.ctx, &approved, 3, Some("approved")),
        ),
    ];
    for (order, step) in stale {
        let mut tx = f.store.begin().await.unwrap();
        let refused = tx.update_order(&order, &step).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict { .. })),
            "{step:?}"
        );
    }
    let mut tx = f.store.begin().await.unwrap();
    assert_eq!(tx.get_order(draft.id).await.unwrap(), approved);
    let steps = tx.order_transitions(draft.id).await.unwrap();
    assert_eq!(steps, [sample::step(&f.ctx, &draft, 1, None), second]);
    let stranger = sample::order(&f.ctx, draft.content.case_id, "freeze", "A1");
    let missing = tx
        .update_order(
            &stranger,
            &sample::step(&f.ctx, &stranger, 2, Some("draft")),
        )
        .await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })));
    let not_first = tx
        .insert_order(&stranger, &sample::step(&f.ctx, &stranger, 2, None))
        .await;
    assert!(matches!(not_first, Err(StoreError::Conflict { .. })));
}

/// Five draft orders of one case, oldest first.
async fn five_orders(f: &Fixture, tx: &mut Tx) -> Vec<Order> {
    let case = sample::stored_case(tx, &f.ctx, Priority::P0).await;
    let mut orders = Vec::new();
    for (kind, account) in [
        ("stop_payment", "A1"),
        ("stop_extension", "A1"),
        ("freeze", "A1"),
        ("stop_payment", "A2"),
        ("stop_payment", "A1"),
    ] {
        f.clock.advance(Duration::from_millis(1));
        let mut order = sample::order(&f.ctx, case.id, kind, account);
        if kind == "stop_extension" {
            order.content.parent = orders.first().map(|order: &Order| order.id);
        }
        let first = sample::step(&f.ctx, &order, 1, None);
        tx.insert_order(&order, &first).await.unwrap();
        orders.push(order);
    }
    orders
}

pub async fn orders_are_listed(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let orders = five_orders(&f, &mut tx).await;
    let (all, page) = (OrderFilter::default(), PageRequest::new(3, None).unwrap());
    let listed = tx.list_orders(&all, &PageRequest::first()).await.unwrap();
    assert_eq!(listed.items, orders);
    let first = tx.list_orders(&all, &page).await.unwrap();
    let rest = page.following(first.next.unwrap());
    let rest = tx.list_orders(&all, &rest).await.unwrap();
    let pages = (first.items.as_slice(), rest.items.as_slice());
    assert_eq!(pages, orders.split_at(3));
    let newest = tx.list_orders_newest(&all, &page).await.unwrap();
    let older = page.following(newest.next.unwrap());
    let oldest = tx.list_orders_newest(&all, &older).await.unwrap();
    let backwards: Vec<Order> = newest.items.into_iter().chain(oldest.items).rev().collect();
    assert_eq!(backwards, orders);
    let filter = OrderFilter {
        case_id: Some(orders[0].content.case_id),
        plan_id: None,
        state: Some("draft".into()),
        institution: Some("BK02".parse().unwrap()),
    };
    let drafts = tx.list_orders(&filter, &page).await.unwrap();
    assert_eq!(drafts.items.len(), 3);
    let nowhere = OrderFilter {
        institution: Some("BK03".parse().unwrap()),
        ..filter
    };
    let none = tx.list_orders(&nowhere, &page).await.unwrap();
    assert!(none.items.is_empty());
}

pub async fn orders_are_found(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let orders = five_orders(&f, &mut tx).await;
    let [stop, extension, _, _, later] = orders.as_slice() else {
        panic!("{orders:?}");
    };
    let by_application = tx.lookup_order_by_application(stop.application_id).await;
    assert_eq!(by_application.unwrap().as_ref(), Some(stop));
    let unknown = tx.lookup_order_by_application(f.ctx.new_id()).await;
    assert_eq!(unknown.unwrap(), None);
    let children = tx.child_orders(stop.id).await.unwrap();
    assert_eq!(children.as_slice(), std::slice::from_ref(extension));

    let (case_id, account) = (stop.content.case_id, &stop.content.target);
    assert_eq!(tx.count_stops(case_id, account).await.unwrap(), 3);
    let gone = later
        .clone()
        .withdraw(sample::user_id(7), f.now(), "x".into())
        .unwrap();
    let step = sample::step(&f.ctx, &gone, 2, Some("draft"));
    tx.update_order(&gone, &step).await.unwrap();
    assert_eq!(tx.count_stops(case_id, account).await.unwrap(), 2);
    let elsewhere: CaseId = f.ctx.new_id();
    assert_eq!(tx.count_stops(elsewhere, account).await.unwrap(), 0);
}

/// Every kind and state of `types` passes the CHECK constraints.
pub async fn every_state_can_be_stored(f: Arc<Fixture>) {
    let (at, by) = (f.now(), sample::user_id(8));
    let order_id = f.ctx.new_id();
    let held = Some(sample::yuan(1));
    let detail = || "x".to_owned();
    let states = [
        OrderState::Withdrawn {
            by,
            at,
            reason: detail(),
        },
        OrderState::Approved { by, at },
        OrderState::Signed {
            at,
            document_sha256: detail(),
        },
        OrderState::Sent { at },
        OrderState::Acked {
            at,
            receipt: detail(),
        },
        OrderState::Executing { at },
        OrderState::Executed { at, held },
        OrderState::PartiallyExecuted { at, held },
        OrderState::Refused {
            at,
            reason: RefusalReason::Mismatch,
            detail: detail(),
        },
        OrderState::Failed {
            at,
            detail: detail(),
        },
        OrderState::Active {
            since: at,
            held: sample::yuan(1),
            expires_at: at,
            extensions: 0,
        },
        OrderState::Expired { at },
        OrderState::Released { at, by: order_id },
        OrderState::Converted { at, into: order_id },
        OrderState::Returned {
            at,
            amount: sample::yuan(1),
        },
    ];
    assert_eq!(
        states.len() + 1,
        ORDER_STATES.len(),
        "a state is missing here"
    );
    let mut order = stored_order(&f, "freeze", "A1").await;
    let mut tx = f.store.begin().await.unwrap();
    for (seq, state) in (2..).zip(states) {
        let from = order.state.as_str();
        order.state = state;
        let step = sample::step(&f.ctx, &order, seq, Some(from));
        tx.update_order(&order, &step).await.unwrap();
        assert_eq!(tx.get_order(order.id).await.unwrap(), order);
    }
    for kind in OrderKind::ALL {
        let order = sample::order(&f.ctx, order.content.case_id, kind.as_str(), "A2");
        let first = sample::step(&f.ctx, &order, 1, None);
        tx.insert_order(&order, &first).await.unwrap();
    }
}

pub async fn holds_fall_due(f: Arc<Fixture>) {
    let draft = stored_order(&f, "stop_payment", "A1").await;
    let active = sample::active(&f.ctx, &draft, 0);
    let mut tx = f.store.begin().await.unwrap();
    tx.update_order(&active, &sample::step(&f.ctx, &active, 2, Some("draft")))
        .await
        .unwrap();
    let end = f.now().plus(STOP_DURATION);
    let before = end.minus(Duration::from_micros(1));
    assert!(tx.list_holds_due(before, 10).await.unwrap().is_empty());
    let due = tx.list_holds_due(end, 10).await.unwrap();
    assert_eq!(due.as_slice(), std::slice::from_ref(&active));
    let expired = active.expire(end).unwrap();
    tx.update_order(&expired, &sample::step(&f.ctx, &expired, 3, Some("active")))
        .await
        .unwrap();
    assert!(tx.list_holds_due(end, 10).await.unwrap().is_empty());
}

pub async fn answers_are_kept_once(f: Arc<Fixture>) {
    let order = stored_order(&f, "stop_payment", "A1").await;
    let mut tx = f.store.begin().await.unwrap();
    let first = sample::answer(&f.ctx, order.id, "m1");
    assert!(tx.insert_answer(&first).await.unwrap());
    let mut again = sample::answer(&f.ctx, order.id, "m1");
    again.applied = false;
    assert!(!tx.insert_answer(&again).await.unwrap());
    f.clock.advance(Duration::from_secs(1));
    let second = sample::answer(&f.ctx, order.id, "m2");
    assert!(tx.insert_answer(&second).await.unwrap());
    let institution = &order.content.target.institution;
    assert_eq!(
        tx.lookup_answer(institution, "m1").await.unwrap(),
        Some(first.clone())
    );
    assert_eq!(
        tx.lookup_answer(&"BK09".parse().unwrap(), "m1")
            .await
            .unwrap(),
        None
    );
    assert_eq!(tx.list_answers(order.id).await.unwrap(), [first, second]);
    let stray = tx
        .insert_answer(&sample::answer(&f.ctx, f.ctx.new_id(), "m3"))
        .await;
    assert!(matches!(
        stray,
        Err(StoreError::NotFound { what: "order", .. })
    ));
}

pub async fn foreign_keys_hold(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let order = sample::order(&f.ctx, f.ctx.new_id(), "freeze", "A1");
    let refused = tx
        .insert_order(&order, &sample::step(&f.ctx, &order, 1, None))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Reference { .. })),
        "{refused:?}"
    );
    drop(tx);
    let mut tx = f.store.begin().await.unwrap();
    let refused = tx
        .insert_plan(&sample::plan(&f.ctx, f.ctx.new_id(), 1))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Reference { .. })),
        "{refused:?}"
    );
}
