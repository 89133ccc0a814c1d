//! Events go when their time is over, and everything that is left goes on.

use serde_json::Value;
use stanch_decide::{Control, DecideError, History, history_beside, live_at_end};
use stanch_stream::{LogError, Position};
use stanch_types::{Duration, Timestamp};

use crate::house::{House, POLICY, added, payment};

/// Retention as the sweep calls it: again and again.
async fn retained(house: &House, now: Timestamp) -> Result<Option<Position>, DecideError> {
    for _ in 0..3 {
        if let Some(cut) = house.engine.retain(now).await? {
            return Ok(Some(cut));
        }
    }
    Ok(None)
}

fn is_gone(house: &House, event_id: &str) -> Result<bool, DecideError> {
    let event = house.engine.event_at(house.engine.find(event_id)?.place);
    Ok(matches!(
        event,
        Err(DecideError::Log(LogError::Gone { .. }))
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_before_the_longest_retention_go_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log/decisions");
    let history = History::at(&history_beside(&log));
    let days = |days| Duration::from_days(days);
    let house = House::with_policy(dir.path()).await;
    let start = house.ctx.now();
    let old: Vec<Value> = (0..3)
        .map(|n| added(&format!("a{n}"), "A", n))
        .chain([payment("p1", "A", "B", 500, 10)])
        .collect();
    house.decide(&old).await;
    history.export_folder(&log, true, &mut |_| true).unwrap();
    assert_eq!(
        house.engine.retain(start.plus(days(2))).await.unwrap(),
        None
    );
    house.decide(&[payment("p2", "A", "B", 500, 20)]).await;
    assert_eq!(retained(&house, start.plus(days(90))).await.unwrap(), None);
    assert!(!is_gone(&house, "p1").unwrap());

    let now = start.plus(days(92));
    let cut = retained(&house, now).await.unwrap().unwrap();
    assert!(is_gone(&house, "p1").unwrap());
    assert!(!is_gone(&house, "p2").unwrap());
    assert_eq!(
        retained(&house, now).await.unwrap(),
        None,
        "nothing more is over"
    );
    assert_eq!(history.segments().unwrap(), []);
    let exported = history.export_folder(&log, true, &mut |_| true).unwrap();
    let segments = history.segments().unwrap();
    assert_eq!((exported.events, segments[0].first), (1, cut));

    // A policy that is new takes what is left; what it replaced knows of everything.
    let before = house.engine.deployment();
    let renamed = house
        .push(&POLICY.replace("rule listed", "rule named"))
        .await;
    let control = Control {
        at: start,
        step: "shadow".to_owned(),
        change_id: None,
        deployment: stanch_decide::Deployment {
            shadow: Some(renamed.hash.clone()),
            ..before.clone()
        },
    };
    house.engine.deploy(control).await.unwrap();
    let answers = house.decide(&[payment("p3", "A", "B", 500, 30)]).await;
    assert_eq!(answers[0]["features"]["payees_added_24h(A)"], 3);
    house.stop().await;

    // Without its snapshots the engine begins where the log says what is at work.
    std::fs::remove_dir_all(dir.path().join("decide/snapshots")).unwrap();
    let house = House::open(dir.path()).await;
    assert_eq!(house.engine.deployment().live, before.live);
    assert_eq!(house.engine.deployment().shadow, Some(renamed.hash));
    let answers = house.decide(&[payment("p4", "A", "B", 500, 40)]).await;
    assert_eq!(answers[0]["event_id"], "p4");
    house.stop().await;
    let none = dir.path().join("none");
    assert_eq!(live_at_end(&log, &none).unwrap(), before.live);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_nothing_goes() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let later = house.ctx.now().plus(Duration::from_days(10_000));
    assert_eq!(retained(&house, later).await.unwrap(), None);
    house.stop().await;
}
