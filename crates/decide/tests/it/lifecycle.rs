//! Versions, two persons, back-filled features, canary, shadow, roll-back.

use stanch_decide::lifecycle::Wish;
use stanch_decide::{DecideError, lifecycle};
use stanch_types::personal::Secret;
use stanch_types::policy::PolicyStage;
use stanch_types::user::{Actor, User};

use crate::house::{House, POLICY, payment};

pub async fn person(house: &House, login: &str) -> User {
    let user = User {
        id: house.ctx.new_id(),
        login: login.to_owned(),
        name: login.to_owned(),
        roles: Vec::new(),
        password_hash: Secret::new("x".to_owned()),
        created_at: house.ctx.now(),
        disabled_at: None,
    };
    let mut tx = house.store.begin().await.unwrap();
    tx.insert_user(&user).await.unwrap();
    tx.commit().await.unwrap();
    user
}

pub fn wish(policy: &str, stage: PolicyStage) -> Wish {
    Wish {
        policy: policy.to_owned(),
        stage,
        share_bp: Some(5_000),
        key: Some("payer".to_owned()),
        reason: "better".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_policy_knows_the_events_from_before_it_and_is_rolled_back() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let (one, other) = (person(&house, "one").await, person(&house, "other").await);
    for n in 0..5 {
        house
            .decide(&[payment(&format!("p{n}"), "A", "B", 100, n)])
            .await;
    }
    // Counts what no live feature has counted so far.
    let text = POLICY.replace(
        "rule listed on payment {",
        "feature paid_1d = count() of payment by event.payer over 24h including self\n\
         rule often on payment { when paid_1d(event.payer) >= 6 then block owner \"t\" reason zh \"多\" en \"often\" }\n\
         rule listed on payment {",
    );
    let version = house.push(&text).await;
    let (store, ctx) = (&house.store, &house.ctx);
    let change = lifecycle::request(store, ctx, wish(&version.hash, PolicyStage::Live), one.id)
        .await
        .unwrap();
    let own = lifecycle::approve(store, ctx, change.id, one.id).await;
    assert!(matches!(own, Err(DecideError::SamePerson)));
    let early = lifecycle::carry_out(&house.engine, store, ctx, change.id).await;
    assert!(matches!(early, Err(DecideError::PolicyState(_))));
    lifecycle::approve(store, ctx, change.id, other.id)
        .await
        .unwrap();
    lifecycle::carry_out(&house.engine, store, ctx, change.id)
        .await
        .unwrap();
    let sixth = house.decide(&[payment("p5", "A", "B", 100, 5)]).await;
    assert_eq!(sixth[0]["decision"], "block");
    assert_eq!(sixth[0]["features"]["paid_1d(A)"], 6);
    let by = Actor::User { id: one.id };
    let back = lifecycle::roll_back(&house.engine, store, ctx, by, "too strict")
        .await
        .unwrap();
    assert_eq!(back.standby.as_ref(), Some(&version.hash));
    let seventh = house.decide(&[payment("p6", "A", "B", 100, 6)]).await;
    assert_eq!(seventh[0]["decision"], "allow");
    assert_eq!(seventh[0]["features"]["paid_before_1h(A)"], 6);
    house.stop().await;
    // What decides follows from the log alone.
    std::fs::remove_dir_all(dir.path().join("decide")).unwrap();
    let house = House::open(dir.path()).await;
    assert_eq!(house.engine.deployment(), back);
    let found = house.engine.find("p5").unwrap();
    let decision: serde_json::Value = serde_json::from_slice(&found.json).unwrap();
    assert_eq!(decision["decision"], "block");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_decides_about_its_share_and_a_shadow_about_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with_policy(dir.path()).await;
    let (one, other) = (person(&house, "one").await, person(&house, "other").await);
    let strict = POLICY.replace("when event.payee in bad_payees", "when event.payee != \"\"");
    let version = house.push(&strict).await;
    for stage in [PolicyStage::Shadow, PolicyStage::Canary] {
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
        let mut blocked = 0;
        for n in 0..200 {
            let id = format!("{stage}-{n}");
            let event = payment(&id, &format!("A-{n}"), "B", 100, n);
            let decision = house.decide(&[event]).await.remove(0);
            blocked += usize::from(decision["decision"] == "block");
            let by_canary = decision["policy"] == version.hash.as_str();
            assert_eq!(by_canary, decision["decision"] == "block");
        }
        match stage {
            PolicyStage::Shadow => {
                assert_eq!(blocked, 0);
                let counts = house.engine.counts();
                assert_eq!((counts.shadow_decided, counts.shadow_differs), (200, 200));
            }
            PolicyStage::Canary | PolicyStage::Live => {
                assert!((60..140).contains(&blocked), "{blocked}")
            }
        }
    }
    house.stop().await;
}
