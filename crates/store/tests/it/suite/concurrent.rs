use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;
use stanch_store::{FeedEvent, StoreError, VerifyOptions, verify_audit};
use stanch_types::OrderId;
use stanch_types::order::OrderState;
use stanch_types::report::Priority;

use crate::fixture::Fixture;
use crate::sample;

const TASKS: usize = 8;
const STEPS_EACH: usize = 12;

async fn active_orders(f: &Fixture, count: usize) -> Vec<OrderId> {
    let mut tx = f.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    let mut ids = Vec::new();
    for _ in 0..count {
        let order = sample::order(&f.ctx, case.id, "freeze", "A1");
        let order = sample::active(&f.ctx, &order, 0);
        let first = sample::step(&f.ctx, &order, 1, None);
        tx.insert_order(&order, &first).await.unwrap();
        ids.push(order.id);
    }
    tx.commit().await.unwrap();
    ids
}

/// One step of an order with its audit entry, event and job; `None` if somebody else moved the order in between.
async fn extend(f: &Fixture, id: OrderId, lock: bool) -> Option<u64> {
    let mut tx = f.store.begin().await.unwrap();
    let (order, last_seq) = if lock {
        let locked = tx.lock_order(id).await.unwrap();
        (locked.order, locked.last_seq)
    } else {
        // The number first: what is read after it is as new or newer, and then the step is refused.
        let steps = tx.order_transitions(id).await.unwrap();
        let order = tx.get_order(id).await.unwrap();
        (order, steps.last().unwrap().seq)
    };
    let OrderState::Active { extensions, .. } = order.state else {
        panic!("{order:?}");
    };
    let next = sample::active(&f.ctx, &order, extensions + 1);
    let step = sample::step(&f.ctx, &next, last_seq + 1, Some("active"));
    match tx.update_order(&next, &step).await {
        Ok(()) => {}
        Err(StoreError::Conflict { .. }) if !lock => return None,
        Err(other) => panic!("{other:?}"),
    }
    tx.append_audit(&sample::audit(&f.ctx, &id.to_string()))
        .await
        .unwrap();
    tx.append_feed(&FeedEvent {
        kind: "order.changed".into(),
        subject: id.to_string(),
        at: f.now(),
        data: json!({}),
    })
    .await
    .unwrap();
    tx.enqueue_job(&sample::job(&f.ctx, "order.send", None))
        .await
        .unwrap();
    tx.commit().await.unwrap().first_audit_seq
}

async fn run(f: Arc<Fixture>, lock: bool) {
    let ids = active_orders(&f, 3).await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let (f, ids) = (f.clone(), ids.clone());
        tasks.spawn(async move {
            let mut seqs = Vec::new();
            for n in 0..STEPS_EACH {
                let id = ids[(task + n) % ids.len()];
                loop {
                    if let Some(seq) = Box::pin(extend(&f, id, lock)).await {
                        seqs.push(seq);
                        break;
                    }
                }
            }
            seqs
        });
    }
    // Entry 0 names the rows that were there to begin with.
    let seqs: Vec<u64> = tasks.join_all().await.into_iter().flatten().collect();
    let total = TASKS * STEPS_EACH;
    assert_eq!(
        seqs.iter().collect::<HashSet<_>>().len(),
        total,
        "a number was given twice"
    );
    assert_eq!(
        seqs.iter().max(),
        Some(&(total as u64)),
        "the numbers have gaps"
    );

    let mut tx = f.store.read().await.unwrap();
    let mut extended = 0;
    for id in ids {
        let OrderState::Active { extensions, .. } = tx.get_order(id).await.unwrap().state else {
            panic!("moved out of force");
        };
        let steps = tx.order_transitions(id).await.unwrap();
        assert_eq!(steps.len(), usize::from(extensions) + 1);
        assert!(steps.iter().zip(1..).all(|(step, seq)| step.seq == seq));
        extended += usize::from(extensions);
    }
    assert_eq!(extended, total, "a step was lost");
    let feed = tx.list_feed_after(0, 1_000).await.unwrap();
    assert!(feed.iter().zip(1..).all(|(record, id)| record.id == id) && feed.len() == total);
    assert_eq!(tx.count_jobs().await.unwrap().pending, total as u64);
    drop(tx);
    let verdict = verify_audit(&f.store, &VerifyOptions::default(), &mut |_, _| {})
        .await
        .unwrap();
    assert!(
        verdict.is_whole() && verdict.size == total as u64 + 1,
        "{verdict:?}"
    );
}

pub async fn nothing_is_lost_with_locks(f: Arc<Fixture>) {
    Box::pin(run(f, true)).await;
}

pub async fn nothing_is_lost_with_compare_and_set(f: Arc<Fixture>) {
    Box::pin(run(f, false)).await;
}

pub async fn case_numbers_are_given_once(f: Arc<Fixture>) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let f = f.clone();
        tasks.spawn(async move {
            let mut tx = f.store.begin().await.unwrap();
            let case = Box::pin(sample::stored_case(&mut tx, &f.ctx, Priority::P2)).await;
            tx.commit().await.unwrap();
            case.number
        });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort();
    let expected: Vec<_> = (1..=TASKS).map(|n| format!("2026-{n:06}")).collect();
    assert_eq!(numbers, expected);
}
