//! A backtest over the log gives what was decided live.

use stanch_decide::{BacktestRange, DECISIONS, backtest, decision_word, live_at_end};
use stanch_types::Timestamp;

use crate::house::{House, POLICY, compiled, stream};

#[tokio::test(flavor = "multi_thread")]
async fn a_backtest_of_the_live_policy_finds_what_was_decided() {
    let dir = tempfile::tempdir().unwrap();
    let mut events = stream(2_000);
    for (number, event) in events.iter_mut().enumerate() {
        event["label"] = if number % 10 == 0 { "fraud" } else { "good" }.into();
    }
    let mut house = House::with_policy(dir.path()).await;
    let (early, late) = events.split_at(700);
    let mut decided = house.decide(early).await;
    house.stop().await;
    house = House::open(dir.path()).await;
    for chunk in late.chunks(650) {
        decided.extend(house.decide(chunk).await);
    }
    let log = dir.path().join("log/decisions");
    let hash = live_at_end(&log).unwrap().unwrap();
    // Also while the engine works on the log.
    let range = BacktestRange {
        from: Timestamp::EPOCH,
        to: Timestamp::from_secs(4_000_000_000),
        capacity_a_day: Some(1),
    };
    let softer = POLICY.replace("then block", "then hold");
    let against = Some(compiled(&softer));
    let report = backtest(&log, compiled(POLICY), against, range, &mut |_, _| {}).unwrap();
    assert_eq!((&report.policy, report.events_judged), (&hash, 2_000));
    assert_eq!(report.labelled.fraud, 200);
    for decision in DECISIONS {
        let word = decision_word(decision);
        let live = decided.iter().filter(|one| one["decision"] == word).count();
        let tested = report.decisions.get(word).copied().unwrap_or_default();
        assert_eq!(usize::try_from(tested).unwrap(), live, "{word}");
    }
    for rule in &report.rules {
        let name = serde_json::Value::from(rule.rule.as_str());
        let live = decided
            .iter()
            .filter(|one| one["rules"].as_array().unwrap().contains(&name));
        assert_eq!(usize::try_from(rule.fired.events).unwrap(), live.count());
        assert_eq!(rule.fired.events, rule.fired.fraud + rule.fired.good);
    }
    let against = report.against.unwrap();
    let changed: u64 = against
        .changed
        .values()
        .map(|change| change.events.events)
        .sum();
    assert_eq!(against.same + changed, 2_000);
    assert_eq!(against.changed.keys().collect::<Vec<_>>(), ["hold->block"]);
    assert!(report.alerts.days_over_capacity.unwrap() > 0);
    house.stop().await;
}
