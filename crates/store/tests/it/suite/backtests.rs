use std::sync::Arc;

use stanch_store::{PageRequest, StoreError};
use stanch_types::backtest::{Backtest, BacktestState};
use stanch_types::policy::PolicyVersion;
use stanch_types::user::Actor;
use stanch_types::{Ctx, Duration};

use crate::fixture::Fixture;

fn version(ctx: &Ctx) -> PolicyVersion {
    PolicyVersion {
        hash: "sha256:01".to_owned(),
        bundle_sha256: "01".to_owned(),
        pushed_at: ctx.now(),
        pushed_by: Actor::System,
        note: String::new(),
        rules: 1,
        features: 1,
    }
}

fn asked(ctx: &Ctx, policy: &str) -> Backtest {
    Backtest {
        id: ctx.new_id(),
        policy: policy.to_owned(),
        against: None,
        from: ctx.now(),
        to: ctx.now(),
        capacity_a_day: Some(7),
        requested_at: ctx.now(),
        requested_by: ctx.new_id(),
        state: BacktestState::Queued,
    }
}

pub async fn backtests_are_worked_on_in_order(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let stray = tx.insert_backtest(&asked(&f.ctx, "sha256:00")).await;
    assert!(
        matches!(stray, Err(StoreError::Reference { .. })),
        "{stray:?}"
    );
    drop(tx);

    let mut tx = f.store.begin().await.unwrap();
    tx.insert_policy(&version(&f.ctx)).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..3 {
        f.clock.advance(Duration::from_secs(1));
        let one = asked(&f.ctx, "sha256:01");
        tx.insert_backtest(&one).await.unwrap();
        all.push(one);
    }
    assert_eq!(tx.count_waiting_backtests().await.unwrap(), 3);
    assert_eq!(tx.next_backtest().await.unwrap().as_ref(), all.first());
    tx.commit().await.unwrap();

    let mut tx = f.store.begin().await.unwrap();
    let now = f.ctx.now();
    let running = tx.lock_backtest(all[0].id).await.unwrap();
    let running = running.begin(now).unwrap();
    tx.update_backtest(&running).await.unwrap();
    // One that is worked on is still to be worked on: its process may have died.
    assert_eq!(tx.next_backtest().await.unwrap(), Some(running.clone()));
    all[0] = running.done(now, "00".to_owned()).unwrap();
    tx.update_backtest(&all[0]).await.unwrap();
    assert_eq!(tx.next_backtest().await.unwrap().as_ref(), all.get(1));
    assert_eq!(tx.count_waiting_backtests().await.unwrap(), 2);
    tx.commit().await.unwrap();

    let mut tx = f.store.read().await.unwrap();
    let first = tx.list_backtests(&PageRequest::new(2, None).unwrap()).await;
    let first = first.unwrap();
    let next = PageRequest::new(2, first.next.clone()).unwrap();
    let rest = tx.list_backtests(&next).await.unwrap();
    all.reverse();
    assert_eq!([first.items, rest.items].concat(), all);
    let unknown = tx.get_backtest(f.ctx.new_id()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}
