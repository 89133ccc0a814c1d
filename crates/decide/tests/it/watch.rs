//! Policies that decide quite otherwise than the one before them are told about and taken back.

use serde_json::Value;
use stanch_decide::lifecycle;
use stanch_store::{AuditFilter, Job, PageRequest};
use stanch_types::Duration;
use stanch_types::policy::PolicyStage;

use crate::house::{House, POLICY, payment};
use crate::lifecycle::{person, wish};

/// [`POLICY`] with the mistake of somebody who meant a list.
fn strict() -> String {
    POLICY.replace("when event.payee in bad_payees", "when event.payee != \"\"")
}

/// Puts `text` to work and gives its hash.
async fn put_to_work(house: &House, text: &str, stage: PolicyStage) -> String {
    let name = |who| format!("{who}-{}", house.ctx.now().as_micros());
    let (one, other) = (
        person(house, &name("one")).await,
        person(house, &name("other")).await,
    );
    let version = house.push(text).await;
    let (store, ctx) = (&house.store, &house.ctx);
    let change = lifecycle::request(store, ctx, wish(&version.hash, stage), one.id)
        .await
        .unwrap();
    lifecycle::approve(store, ctx, change.id, other.id)
        .await
        .unwrap();
    lifecycle::carry_out(&house.engine, store, ctx, change.id)
        .await
        .unwrap();
    version.hash
}

async fn decide(house: &House, from: i64, count: i64) -> Vec<Value> {
    let events: Vec<Value> = (from..from + count)
        .map(|n| payment(&format!("p{n}"), &format!("A-{n}"), "B", 100, n))
        .collect();
    let mut answers = Vec::new();
    for part in events.chunks(100) {
        answers.extend(house.decide(part).await);
    }
    // Effects are recorded when this returns.
    house.engine.snapshot().await.unwrap();
    answers
}

/// The demotions that wait.
async fn demotions(house: &House) -> Vec<Job> {
    let mut tx = house.store.begin().await.unwrap();
    let lease = Duration::from_secs(60);
    let jobs = tx.claim_jobs("test", house.ctx.now(), lease, 100).await;
    let jobs = jobs.unwrap();
    tx.commit().await.unwrap();
    jobs.into_iter()
        .filter(|job| job.kind == lifecycle::DEMOTE_JOB)
        .collect()
}

async fn demote(house: &House, job: &Job) -> Option<stanch_decide::Deployment> {
    lifecycle::demote(&house.engine, &house.store, &house.ctx, &job.payload)
        .await
        .unwrap()
}

async fn audited(house: &House, action: &str) -> usize {
    let filter = AuditFilter {
        action: Some(action.to_owned()),
        ..AuditFilter::default()
    };
    let mut tx = house.store.read().await.unwrap();
    let page = tx.list_audit(&filter, &PageRequest::first()).await;
    page.unwrap().items.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_stops_everything_ends_and_replay_comes_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let live = house.engine.deployment().live;
    put_to_work(&house, &strict(), PolicyStage::Canary).await;
    decide(&house, 0, 400).await;
    assert_eq!(house.engine.counts().alarms, 1);
    let jobs = demotions(&house).await;
    assert_eq!(jobs.len(), 1);
    let demoted = demote(&house, &jobs[0]).await.unwrap();
    assert_eq!((&demoted.live, &demoted.canary), (&live, &None));
    assert_eq!(house.engine.deployment(), demoted);
    assert_eq!(demote(&house, &jobs[0]).await, None, "done once");
    let after = decide(&house, 400, 100).await;
    assert!(after.iter().all(|decision| decision["decision"] == "allow"));
    assert_eq!(audited(&house, "policy.alarm").await, 1);
    assert_eq!(audited(&house, "policy.demoted").await, 1);
    let of = |house: &House, id: &str| house.engine.find(id).unwrap().json;
    let before: Vec<_> = (0..500).map(|n| of(&house, &format!("p{n}"))).collect();
    house.stop().await;
    // What decided about what follows from the log alone; nobody is told again.
    std::fs::remove_dir_all(dir.path().join("decide")).unwrap();
    let house = House::open(dir.path()).await;
    assert_eq!(house.engine.deployment(), demoted);
    let again: Vec<_> = (0..500).map(|n| of(&house, &format!("p{n}"))).collect();
    assert_eq!(before, again);
    assert_eq!(audited(&house, "policy.alarm").await, 1);
    assert_eq!(demotions(&house).await.len(), 0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_just_went_live_is_rolled_back_even_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let live = house.engine.deployment().live;
    decide(&house, 0, 100).await;
    let hash = put_to_work(&house, &strict(), PolicyStage::Live).await;
    decide(&house, 100, 200).await;
    house.stop().await;
    // Stopped between alarm and demotion.
    let house = House::open(dir.path()).await;
    assert_eq!(house.engine.deployment().live.as_ref(), Some(&hash));
    let jobs = demotions(&house).await;
    assert_eq!(jobs.len(), 1);
    let back = demote(&house, &jobs[0]).await.unwrap();
    assert_eq!(back.live, live);
    // Against the policy before on the same events, and against the shares of the time before.
    assert_eq!(audited(&house, "policy.alarm").await, 2);
    decide(&house, 300, 300).await;
    assert_eq!(demotions(&house).await.len(), 0, "it is on trial no more");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_were_faster_are_not_overruled() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    put_to_work(&house, &strict(), PolicyStage::Canary).await;
    decide(&house, 0, 400).await;
    let jobs = demotions(&house).await;
    // Approved again by two persons, who know of the alarm.
    let text = strict().replace("owner \"t\"", "owner \"u\"");
    let hash = put_to_work(&house, &text, PolicyStage::Live).await;
    assert_eq!(demote(&house, &jobs[0]).await, None);
    assert_eq!(house.engine.deployment().live, Some(hash));
    assert_eq!(audited(&house, "policy.demoted").await, 0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_within_what_is_tolerated_stays() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    // One account in a hundred.
    let text = POLICY.replace(
        "when event.payee in bad_payees",
        "when event.payee in bad_payees || event.payer.endsWith(\"77\")",
    );
    let hash = put_to_work(&house, &text, PolicyStage::Live).await;
    decide(&house, 0, 2_000).await;
    assert_eq!(house.engine.counts().alarms, 0);
    assert_eq!(demotions(&house).await.len(), 0);
    assert_eq!(house.engine.deployment().live, Some(hash));
    house.stop().await;
}
