//! Events go when their time is over, and everything that is left goes on.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use stanch_decide::{
    Control, DecideError, Deployment, History, events_that_say, history_beside, live_at_end,
};
use stanch_stream::{LogError, Position};
use stanch_types::{Ctx, Duration, ManualClock, Timestamp};

use crate::house::{House, POLICY, added, payment};

struct Time(Arc<ManualClock>);

impl Time {
    fn start() -> Self {
        let start = Timestamp::from_millis(1_772_380_800_000);
        Self(Arc::new(ManualClock::new(start)))
    }

    async fn house(&self, dir: &Path) -> House {
        House::open_as(dir, 1 << 30, Ctx::seeded(self.0.clone(), 7)).await
    }

    fn pass(&self, days: i64) {
        self.0.advance(Duration::from_days(days));
    }
}

/// Retention as the sweep calls it: again and again.
async fn retained(house: &House) -> Result<Option<Position>, DecideError> {
    for _ in 0..3 {
        if let Some(cut) = house.engine.retain(house.ctx.now()).await? {
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
    let time = Time::start();
    let house = time.house(dir.path()).await;
    house.bootstrap(POLICY).await;
    let old: Vec<Value> = (0..3)
        .map(|n| added(&format!("a{n}"), "A", n))
        .chain([payment("p1", "A", "B", 500, 10)])
        .collect();
    house.decide(&old).await;
    history.export_folder(&log, true, &mut |_| true).unwrap();
    time.pass(40);
    assert_eq!(retained(&house).await.unwrap(), None);
    house.decide(&[payment("p2", "A", "B", 500, 20)]).await;
    let said = |word: &str| {
        let found = events_that_say(&log, &history_beside(&log), |text| text.contains(word));
        found.unwrap().len()
    };
    assert_eq!((said("\"B\""), said("\"a1\"")), (2, 1));
    time.pass(50);
    assert_eq!(retained(&house).await.unwrap(), None);
    assert!(!is_gone(&house, "p1").unwrap());

    time.pass(32);
    let cut = retained(&house).await.unwrap().unwrap();
    assert!(is_gone(&house, "p1").unwrap());
    assert!(!is_gone(&house, "p2").unwrap());
    assert_eq!(
        retained(&house).await.unwrap(),
        None,
        "nothing more is over"
    );
    assert_eq!(history.segments().unwrap(), []);
    let exported = history.export_folder(&log, true, &mut |_| true).unwrap();
    let segments = history.segments().unwrap();
    assert_eq!((exported.events, segments[0].first), (1, cut));
    assert_eq!((said("\"B\""), said("\"a1\"")), (1, 0));

    // A policy that is new takes what is left; what it replaced knows of everything.
    let before = house.engine.deployment();
    let renamed = house
        .push(&POLICY.replace("rule listed", "rule named"))
        .await;
    let control = Control {
        at: house.ctx.now(),
        step: "shadow".to_owned(),
        change_id: None,
        deployment: Deployment {
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
    let house = time.house(dir.path()).await;
    assert_eq!(house.engine.deployment().live, before.live);
    assert_eq!(house.engine.deployment().shadow, Some(renamed.hash));
    let answers = house.decide(&[payment("p4", "A", "B", 500, 40)]).await;
    assert_eq!(answers[0]["event_id"], "p4");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_quiet_installation_go_too_and_then_there_is_nothing_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log/decisions");
    let time = Time::start();
    let house = time.house(dir.path()).await;
    house.bootstrap(POLICY).await;
    let live = house.engine.deployment().live;
    house.decide(&[payment("p1", "A", "B", 500, 20)]).await;
    time.pass(90);
    assert_eq!(retained(&house).await.unwrap(), None);
    time.pass(1);
    retained(&house).await.unwrap().unwrap();
    assert!(is_gone(&house, "p1").unwrap());
    assert_eq!(retained(&house).await.unwrap(), None);
    let none = dir.path().join("none");
    assert_eq!(live_at_end(&log, &none).unwrap(), live);
    assert!(events_that_say(&log, &none, |_| true).unwrap().is_empty());
    house.stop().await;
    let house = time.house(dir.path()).await;
    assert_eq!(house.engine.deployment().live, live);
    house.decide(&[payment("p2", "A", "B", 500, 20)]).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_nothing_goes() {
    let dir = tempfile::tempdir().unwrap();
    let time = Time::start();
    let house = time.house(dir.path()).await;
    time.pass(10_000);
    assert_eq!(retained(&house).await.unwrap(), None);
    house.stop().await;
}
