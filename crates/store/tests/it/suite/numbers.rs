use std::sync::Arc;

use serde_json::json;
use stanch_store::{HeldNumbers, MoneyHeld, Store};
use stanch_types::order::{Order, OrderState};
use stanch_types::report::Priority;
use stanch_types::{Currency, Duration, Timestamp};

use crate::fixture::Fixture;
use crate::sample;

fn cny() -> Currency {
    "CNY".parse().unwrap()
}

fn yuan(minor: i64) -> serde_json::Value {
    json!({"minor": minor, "currency": "CNY"})
}

/// Moves a stored order into a state.
async fn becomes(f: &Fixture, order: &mut Order, seq: i32, state: serde_json::Value) {
    let from = order.state.as_str();
    order.state = serde_json::from_value::<OrderState>(state).unwrap();
    let step = sample::step(&f.ctx, order, seq, Some(from));
    let mut tx = f.store.begin().await.unwrap();
    tx.update_order(order, &step).await.unwrap();
    tx.commit().await.unwrap();
}

/// A case, and an order of `kind` that holds `minor` so long after the case was opened.
async fn holds(f: &Fixture, kind: &str, minor: i64, after: Duration) -> Order {
    let mut tx = f.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    let mut order = sample::order(&f.ctx, case.id, kind, &format!("62{minor}"));
    tx.insert_order(&order, &sample::step(&f.ctx, &order, 1, None))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let since = case.opened_at.plus(after);
    let ends = since.plus(Duration::from_hours(48));
    let active = json!({"state": "active", "since": since, "held": yuan(minor), "expires_at": ends, "extensions": 0});
    becomes(f, &mut order, 2, active).await;
    order
}

async fn told(store: &Store, at: Timestamp) -> HeldNumbers {
    let (from, to) = (at, at.plus(Duration::from_days(30)));
    let achieved = store
        .read()
        .await
        .unwrap()
        .achieved(from, to)
        .await
        .unwrap();
    let bank = achieved.institutions.get(&"BK02".parse().unwrap()).cloned();
    if let Some(bank) = bank {
        assert_eq!(bank, achieved.all, "there is one institution");
    }
    achieved.all
}

pub async fn money_is_counted_by_what_became_of_it(f: Arc<Fixture>) {
    let began = f.now();
    assert_eq!(told(&f.store, began).await, HeldNumbers::default());
    let minutes = |n: i64| Duration::from_secs(n * 60);
    let mut stop = holds(&f, "stop_payment", 100, minutes(10)).await;
    holds(&f, "redemption_hold", 20, minutes(20)).await;
    holds(&f, "freeze", 3_000, minutes(600)).await;
    let mut gone = holds(&f, "stop_payment", 50_000, minutes(30)).await;
    let mut back = holds(&f, "freeze", 400_000, minutes(40)).await;
    becomes(&f, &mut gone, 3, json!({"state": "expired", "at": f.now()})).await;
    let returned = json!({"state": "returned", "at": f.now(), "amount": yuan(390_000)});
    becomes(&f, &mut back, 3, returned).await;

    let all = told(&f.store, began).await;
    let money = MoneyHeld {
        prevented: 0,
        intercepted: 0,
        stopped: 120,
        frozen: 3_000,
        returned: 390_000,
    };
    assert_eq!(all.money.get(&cny()), Some(&money));
    assert_eq!(
        (all.holds, all.within_two_hours, all.let_go),
        (5, 4, 1),
        "{all:?}"
    );
    let micros = |n| Some(minutes(n).as_micros());
    assert_eq!(
        (all.held_within_p50_us, all.held_within_p95_us),
        (micros(30), micros(600))
    );
    // What became a freeze is counted by its freeze.
    let into = json!({"state": "converted", "at": f.now(), "into": back.id});
    becomes(&f, &mut stop, 3, into).await;
    assert_eq!(told(&f.store, began).await.money[&cny()].stopped, 20);
    let before = began.minus(Duration::from_days(30));
    assert_eq!(told(&f.store, before).await, HeldNumbers::default());
}

/// Orders of before the sums are filled at the start.
pub async fn orders_of_before_are_summed_at_the_start(f: Arc<Fixture>) {
    let began = f.now();
    holds(&f, "stop_payment", 100, Duration::from_secs(60)).await;
    let whole = told(&f.store, began).await;
    f.raw("UPDATE orders SET held_minor = NULL, held_currency = NULL, held_at = NULL")
        .await;
    assert_eq!(told(&f.store, began).await, HeldNumbers::default());
    let again = f.reopen().await;
    assert_eq!(told(&again, began).await, whole);
    again.close().await.unwrap();
}
