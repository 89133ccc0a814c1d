//! A backtest over the log gives what was decided live.

use std::path::Path;

use serde_json::Value;
use stanch_decide::{
    BacktestRange, BacktestTask, DECISIONS, DecideError, LEG_EVENTS, Labels, backtest,
    decision_word, live_at_end,
};
use stanch_types::Timestamp;
use stanch_types::backtest::BacktestReport;

use crate::house::{House, POLICY, compiled, stream};

/// A backtest of the house's policy over everything in `dir`.
pub fn task(dir: &Path, against: Option<&str>) -> BacktestTask {
    BacktestTask {
        log_dir: dir.join("log/decisions"),
        history_dir: dir.join("history/events"),
        policy: compiled(POLICY),
        against: against.map(compiled),
        range: BacktestRange {
            from: Timestamp::EPOCH,
            to: Timestamp::from_secs(4_000_000_000),
            capacity_a_day: Some(1),
        },
        labels: Labels::default(),
        checkpoint_dir: None,
        checkpoint_events: 500,
        leg_events: LEG_EVENTS,
        hot_bytes: None,
        decisions: None,
        threads: Some(3),
    }
}

/// Its report.
pub fn run(task: &BacktestTask) -> BacktestReport {
    backtest(task, &mut |_| true).unwrap()
}

/// Labelled events, decided live with a restart in the middle.
async fn decided(dir: &Path, count: usize) -> (House, Vec<Value>) {
    let mut events = stream(count);
    for (number, event) in events.iter_mut().enumerate() {
        event["label"] = if number % 10 == 0 { "fraud" } else { "good" }.into();
    }
    let mut house = House::with_policy(dir).await;
    let (early, late) = events.split_at(count / 3);
    let mut decided = Vec::new();
    for chunk in early.chunks(650) {
        decided.extend(house.decide(chunk).await);
    }
    house.stop().await;
    house = House::open(dir).await;
    for chunk in late.chunks(650) {
        decided.extend(house.decide(chunk).await);
    }
    (house, decided)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backtest_of_the_live_policy_finds_what_was_decided() {
    let dir = tempfile::tempdir().unwrap();
    let (house, decided) = decided(dir.path(), 2_000).await;
    let hash = live_at_end(&dir.path().join("log/decisions"), &dir.path().join("none")).unwrap();
    // Also while the engine works on the log.
    let softer = POLICY.replace("then block", "then hold");
    let report = run(&task(dir.path(), Some(&softer)));
    assert_eq!((Some(report.policy), report.events_judged), (hash, 2_000));
    assert_eq!(report.labelled.fraud, 200);
    for decision in DECISIONS {
        let word = decision_word(decision);
        let live = decided.iter().filter(|one| one["decision"] == word).count();
        let tested = report.decisions.get(word).copied().unwrap_or_default();
        assert_eq!(usize::try_from(tested).unwrap(), live, "{word}");
    }
    let fired = |rule: &str| {
        let name = Value::from(rule);
        let live = decided.iter();
        live.filter(move |one| one["rules"].as_array().unwrap().contains(&name))
    };
    for rule in &report.rules {
        let live = fired(&rule.rule).count();
        assert_eq!(usize::try_from(rule.fired.events).unwrap(), live);
        assert_eq!(rule.fired.events, rule.fired.fraud + rule.fired.good);
        assert_eq!(rule.fired.recall_bp, Some(rule.fired.fraud * 10_000 / 200));
        let first = fired(&rule.rule).next().unwrap()["event_id"].clone();
        let examples = rule.examples.fraud.first().into_iter();
        let mut examples = examples.chain(rule.examples.good.first());
        assert!(examples.any(|example| first == *example.as_str()));
    }
    let any = decided
        .iter()
        .filter(|one| one["rules"] != serde_json::json!([]));
    let set = report.rulesets.first().unwrap();
    assert_eq!(usize::try_from(set.fired.events).unwrap(), any.count());
    let together = report.overlap.first().unwrap();
    let both = fired(&together.one).filter(|one| {
        let rules = one["rules"].as_array().unwrap();
        rules.contains(&Value::from(together.other.as_str()))
    });
    assert_eq!(usize::try_from(together.events).unwrap(), both.count());
    let against = report.against.unwrap();
    let changed: u64 = against.changed.values().map(|way| way.events.events).sum();
    assert_eq!(against.same + changed, 2_000);
    assert_eq!(against.differs, changed);
    assert_eq!(against.changed.keys().collect::<Vec<_>>(), ["hold->block"]);
    assert!(report.alerts.days_over_capacity.unwrap() > 0);
    assert_eq!(
        report.alerts.by_day.values().sum::<u64>(),
        report.alerts.total
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_decision_equals_the_live_one_in_rules_and_features() {
    let dir = tempfile::tempdir().unwrap();
    let (house, decided) = decided(dir.path(), 3_000).await;
    house.stop().await;
    let decisions = dir.path().join("decisions.ndjson");
    let mut task = task(dir.path(), None);
    task.decisions = Some(decisions.clone());
    run(&task);
    let text = std::fs::read_to_string(decisions).unwrap();
    assert_eq!(text.lines().count(), 3_000);
    for (line, mut live) in text.lines().zip(decided) {
        live.as_object_mut().unwrap().remove("decided_at");
        assert_eq!(serde_json::from_str::<Value>(line).unwrap(), live);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_goes_on_and_gives_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (house, _) = decided(dir.path(), 6_000).await;
    house.stop().await;
    let softer = POLICY.replace("then block", "then hold");
    let mut task = task(dir.path(), Some(&softer));
    let whole = dir.path().join("whole.ndjson");
    task.decisions = Some(whole.clone());
    let expected = run(&task);
    let parted = dir.path().join("parted.ndjson");
    let checkpoints = dir.path().join("report.checkpoint");
    task.decisions = Some(parted.clone());
    task.checkpoint_dir = Some(checkpoints.clone());
    // Tight: most raw events are in files.
    task.hot_bytes = Some(1 << 10);
    let mut resumed = Vec::new();
    let report = loop {
        // Something was written after the checkpoint, as when a process is killed.
        let mut legs = 0;
        let outcome = backtest(&task, &mut |progress| {
            legs += 1;
            resumed.push(progress.resumed_events);
            legs < 2
        });
        match outcome {
            Ok(report) => break report,
            Err(DecideError::Stopped(_)) => {}
            Err(error) => panic!("{error}"),
        }
        let more = std::fs::OpenOptions::new().append(true).open(&parted);
        std::io::Write::write_all(&mut more.unwrap(), b"torn").unwrap();
    };
    assert!(resumed.iter().any(|before| *before > 0), "{resumed:?}");
    assert_eq!(report, expected);
    assert_eq!(
        std::fs::read(parted).unwrap(),
        std::fs::read(whole).unwrap()
    );
    assert!(!checkpoints.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_a_file_go_before_those_of_events() {
    let dir = tempfile::tempdir().unwrap();
    let (house, _) = decided(dir.path(), 300).await;
    house.stop().await;
    let path = dir.path().join("labels.csv");
    std::fs::write(&path, "e-0,good\ne-1,fraud\ne-2,fraud\nunknown,fraud\n").unwrap();
    let mut task = task(dir.path(), None);
    task.labels = Labels::read(&path).unwrap();
    assert_eq!(run(&task).labelled.fraud, 31);
}
