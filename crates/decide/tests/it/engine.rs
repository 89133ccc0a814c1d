//! Deciding, answering again, looking up, starting again.

use std::time::Duration;

use serde_json::Value;
use stanch_decide::{Answer, DecisionFilter, Fault};
use stanch_rules::ir::Decision;

use crate::house::{House, added, payment, stream};

fn without_time(mut decision: Value) -> Value {
    decision.as_object_mut().unwrap().remove("decided_at");
    decision
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_decided_with_their_features_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let events: Vec<Value> = (0..3)
        .map(|n| added(&format!("a{n}"), "A", n))
        .chain([
            payment("p1", "A", "B", 500, 10),
            payment("p2", "C", "M-1", 500, 11),
        ])
        .collect();
    let answers = house.decide(&events).await;
    assert_eq!(answers[0]["decision"], "allow");
    assert_eq!(answers[3]["decision"], "hold");
    assert_eq!(answers[3]["rules"][0], "many_new_payees");
    assert_eq!(answers[3]["features"]["payees_added_24h(A)"], 3);
    assert_eq!(answers[3]["measures"][0]["kind"], "extra_verification");
    assert_eq!(answers[4]["decision"], "block");
    let found = house.engine.find("p1").unwrap();
    let stored: Value = serde_json::from_slice(&found.json).unwrap();
    assert_eq!(stored, answers[3]);
    let event = house.engine.event_at(found.place).unwrap();
    let event: Value = serde_json::from_slice(&event).unwrap();
    assert_eq!(event, events[3]);
    let all = DecisionFilter::default();
    let timeline = house.engine.timeline("payer", "A", &all, 10, None).unwrap();
    assert_eq!(timeline.items.len(), 1);
    let blocked = DecisionFilter {
        decision: Some(Decision::Block),
        ..DecisionFilter::default()
    };
    let page = house.engine.list(&blocked, 10, None).unwrap();
    assert_eq!(page.items.len(), 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_answer_equals_the_first_and_other_content_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let event = payment("p1", "A", "B", 500, 10);
    let twice = house.decide(&[event.clone(), event.clone()]).await;
    assert_eq!(twice[0], twice[1]);
    let again = house.decide(std::slice::from_ref(&event)).await;
    assert_eq!(again[0], twice[0]);
    let other = payment("p1", "A", "B", 501, 10);
    let answers = house
        .try_decide(&[other], Duration::from_secs(60))
        .await
        .unwrap();
    assert!(matches!(&answers[0], Answer::Refused(refusal) if refusal.fault == Fault::Conflict));
    // It was counted once only.
    let next = house.decide(&[payment("p2", "A", "B", 1, 20)]).await;
    assert_eq!(next[0]["features"]["paid_before_1h(A)"], 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_in_the_middle_changes_no_decision() {
    let events = stream(3_000);
    let whole = tempfile::tempdir().unwrap();
    let house = House::with_policy(whole.path()).await;
    let mut expected = Vec::new();
    for chunk in events.chunks(100) {
        expected.extend(house.decide(chunk).await);
    }
    house.stop().await;
    let parted = tempfile::tempdir().unwrap();
    let mut house = House::with_policy(parted.path()).await;
    let mut got = Vec::new();
    for (number, chunk) in events.chunks(37).enumerate() {
        got.extend(house.decide(chunk).await);
        if number % 20 == 19 {
            house.stop().await;
            if number % 40 == 39 {
                // Derived state is made anew from the log.
                std::fs::remove_dir_all(parted.path().join("decide")).unwrap();
            }
            house = House::open(parted.path()).await;
        }
    }
    assert_eq!(expected.len(), got.len());
    for (one, other) in expected.into_iter().zip(got) {
        assert_eq!(without_time(one), without_time(other));
    }
    let all = DecisionFilter::default();
    let page = house.engine.list(&all, 200, None).unwrap();
    assert_eq!(page.items.len(), 200);
    let next = house.engine.list(&all, 200, page.next.as_deref()).unwrap();
    assert!(next.items[0].place < page.items[199].place);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_decision_is_answered_with_the_fallback_and_still_made() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let event = payment("p1", "A", "M-1", 500, 10);
    let answers = house
        .try_decide(std::slice::from_ref(&event), Duration::ZERO)
        .await
        .unwrap();
    let Answer::Decided(json) = &answers[0] else {
        panic!("{answers:?}")
    };
    let told: Value = serde_json::from_slice(json).unwrap();
    // Either it was decided at once after all, or the caller was told to have it reviewed.
    let late = told["late"] == true;
    assert_eq!(told["decision"], if late { "review" } else { "block" });
    assert_eq!(house.decide(&[event]).await[0]["decision"], "block");
    house.engine.snapshot().await.unwrap();
    let found = house.engine.find("p1").unwrap();
    assert_eq!(found.answered_late, late.then_some(Decision::Review));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_are_recorded_once_however_often_the_log_is_worked_through() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let mut events: Vec<Value> = (0..3).map(|n| added(&format!("a{n}"), "A", n)).collect();
    events.push(payment("p1", "A", "B", 500, 10));
    house.decide(&events).await;
    house.stop().await;
    for _ in 0..2 {
        std::fs::remove_dir_all(dir.path().join("decide")).unwrap();
        House::open(dir.path()).await.stop().await;
    }
    let house = House::open(dir.path()).await;
    let mut tx = house.store.read().await.unwrap();
    let effects = tx.list_outbox_pending(100).await.unwrap();
    drop(tx);
    let kinds: Vec<&str> = effects.iter().map(|effect| effect.kind.as_str()).collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert!(kinds.contains(&"decision.review") && kinds.contains(&"decision.measure"));
    house.stop().await;
}

/// Windows that hardly fit in memory answer as those that do, live and after a replay.
#[tokio::test(flavor = "multi_thread")]
async fn features_out_of_memory_answer_the_same() {
    let (roomy, tight) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let events = stream(6_000);
    let mut answers = Vec::new();
    for (dir, hot_bytes) in [(roomy.path(), 1 << 30), (tight.path(), 1 << 10)] {
        let house = House::open_within(dir, hot_bytes).await;
        house.bootstrap(crate::house::POLICY).await;
        let mut decided = Vec::new();
        for part in events.chunks(500) {
            decided.extend(house.decide(part).await.into_iter().map(without_time));
        }
        house.stop().await;
        std::fs::remove_dir_all(dir.join("decide/index")).unwrap();
        let house = House::open_within(dir, hot_bytes).await;
        let last = payment("last", "A-0", "B", 100, 6_000 * 7);
        decided.push(without_time(house.decide(&[last]).await.remove(0)));
        house.stop().await;
        answers.push(decided);
    }
    let cold = tight.path().join("decide/cold");
    assert!(cold.exists() && answers[0].len() == 6_001);
    assert_eq!(answers[0], answers[1]);
}

/// Signals are the same live, from a file and after a replay, and a decision shows what they rest on.
#[tokio::test(flavor = "multi_thread")]
async fn signals_are_decided_by_and_shown() {
    const POLICY: &str = r#"
event post { retention 30d  account string key personal  text string personal }
list protected_brands domain { "alipay.com" }
rule lookalike on post {
  when signal.url.lookalike
  then hold for 24h
  owner "t" reason zh "像 {signal.url.brand}" en "looks like {signal.url.brand}"
}
ruleset posts on post { mode all use * }
"#;
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.bootstrap(POLICY).await;
    let post = serde_json::json!({
        "event_id": "e1", "kind": "post", "occurred_at": 1_772_323_200_000_000_i64,
        "data": { "account": "A", "text": "see http://a1ipay.com/x now" },
    });
    let answer = house.decide(std::slice::from_ref(&post)).await.remove(0);
    assert_eq!(answer["decision"], "hold");
    let explained = &answer["explanation"];
    assert_eq!(
        explained["rules"][0]["reason"]["en"],
        "looks like alipay.com"
    );
    let evidence = &explained["signals"][0];
    assert_eq!(evidence["signal"], "signal.url.lookalike");
    assert_eq!(evidence["field"], "text");
    assert_eq!(evidence["span"], serde_json::json!([4, 23]));
    house.stop().await;
    std::fs::remove_dir_all(dir.path().join("decide")).unwrap();
    let house = House::open(dir.path()).await;
    let again: Value = serde_json::from_slice(&house.engine.find("e1").unwrap().json).unwrap();
    assert_eq!(again, answer);
    house.stop().await;
}
