//! Backtests asked for over the API: what happens when the process dies, and when somebody calls one off.

use std::sync::Arc;

use stanch_decide::DecideError;
use stanch_decide::backtests::{self, BacktestWatch, BacktestWish};
use stanch_types::Timestamp;
use stanch_types::backtest::{Backtest, BacktestState};
use tokio_util::sync::CancellationToken;

use crate::house::{House, stream};

const EVENTS: usize = 40;

async fn asked(house: &House, policy: &str) -> Result<Backtest, DecideError> {
    let wish = BacktestWish {
        policy: policy.to_owned(),
        against: None,
        from: Timestamp::EPOCH,
        to: house.ctx.now(),
        capacity_a_day: None,
    };
    let by = house.ctx.new_id();
    backtests::request(&house.engine, &house.store, &house.ctx, wish, by).await
}

async fn stored(house: &House, of: &Backtest) -> Backtest {
    let mut tx = house.store.read().await.unwrap();
    tx.get_backtest(of.id).await.unwrap()
}

/// What a process that died while it worked leaves.
async fn begun(house: &House, asked: &Backtest, times: u32) {
    let mut tx = house.store.begin().await.unwrap();
    let mut at_work = tx.lock_backtest(asked.id).await.unwrap();
    for _ in 0..times {
        at_work = at_work.begin(asked.requested_at).unwrap();
    }
    tx.update_backtest(&at_work).await.unwrap();
    tx.commit().await.unwrap();
}

async fn run(house: &House) {
    let (watch, going_on) = (Arc::new(BacktestWatch::default()), CancellationToken::new());
    backtests::run_waiting(&house.engine, &house.store, &house.ctx, &watch, &going_on)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_cut_off_is_gone_on_with_but_not_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let hash = house.engine.live().unwrap().hash.to_string();
    house.decide(&stream(EVENTS)).await;
    let (cut_off, worn_out, called_off, fresh) = (
        asked(&house, &hash).await.unwrap(),
        asked(&house, &hash).await.unwrap(),
        asked(&house, &hash).await.unwrap(),
        asked(&house, &hash).await.unwrap(),
    );
    begun(&house, &cut_off, 1).await;
    begun(&house, &worn_out, 5).await;
    let watch = BacktestWatch::default();
    let by = house.ctx.new_id();
    backtests::cancel(&house.store, &house.ctx, &watch, called_off.id, by)
        .await
        .unwrap();
    run(&house).await;

    let done = stored(&house, &cut_off).await;
    let BacktestState::Done { since, .. } = done.state else {
        panic!("{done:?}");
    };
    assert_eq!(since, cut_off.requested_at);
    let report = backtests::report_of(&house.store, &done).await.unwrap();
    assert_eq!(report.unwrap().events_read, EVENTS as u64);
    let worn_out = stored(&house, &worn_out).await;
    assert!(
        matches!(&worn_out.state, BacktestState::Failed { why, .. } if why.contains("5 times")),
        "{worn_out:?}"
    );
    let called_off = stored(&house, &called_off).await;
    assert!(matches!(called_off.state, BacktestState::Cancelled { .. }));
    let fresh = stored(&house, &fresh).await;
    assert!(
        matches!(fresh.state, BacktestState::Done { .. }),
        "{fresh:?}"
    );
    let kept = dir.path().join("decide/backtests");
    let left = std::fs::read_dir(&kept).map_or(0, Iterator::count);
    assert_eq!(left, 0, "checkpoints are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_them_waiting_and_the_next_process_wakes_the_job() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let hash = house.engine.live().unwrap().hash.to_string();
    let waiting = asked(&house, &hash).await.unwrap();
    let stopping = CancellationToken::new();
    stopping.cancel();
    let watch = Arc::new(BacktestWatch::default());
    backtests::run_waiting(&house.engine, &house.store, &house.ctx, &watch, &stopping)
        .await
        .unwrap();
    assert_eq!(stored(&house, &waiting).await.state, BacktestState::Queued);
    let jobs = || async {
        let mut tx = house.store.read().await.unwrap();
        tx.count_jobs().await.unwrap().pending
    };
    let before = jobs().await;
    backtests::wake(&house.store, &house.ctx).await.unwrap();
    assert_eq!(jobs().await, before, "one job waits, not two");
}
