//! Measures, batches and appeals through the real record, with partners that answer.

use std::sync::Mutex;

use serde_json::json;
use stanch_casework::{
    Asked, CaseworkError, FAIRNESS_JOBS, Filed, Over, Partners, Person, add_material,
    approve_batch, ask_batch, confirm_measure, decide_appeal, end_operation, erase, erase_over,
    file_appeal, held_on, impose_measure, lift_measure, reexamine_measure, roll_back_batch,
    roll_back_lines, run_fairness_job, start_operation, take_appeal,
};
use stanch_store::{MeasureFilter, PageRequest};
use stanch_types::appeal::{AppealChannel, AppealError, AppealOutcome, Livelihood, Material};
use stanch_types::batch::{BatchError, BatchState, BatchSubject, BatchWish};
use stanch_types::effect::EffectState;
use stanch_types::institution::Institution;
use stanch_types::label::Truth;
use stanch_types::measure::{LiftCause, Measure, MeasureState, MeasureWish};
use stanch_types::personal::Secret;
use stanch_types::terms::FairnessTerms;
use stanch_types::user::{Actor, Role, User};
use stanch_types::{Duration, MeasureBatchId, Timestamp, UserId};

use crate::desk::Desk;

/// Partners that take what they are told, or not.
#[derive(Default)]
struct Heard(Mutex<(Vec<serde_json::Value>, bool)>);

impl Partners for Heard {
    async fn post(
        &self,
        _: &Institution,
        id: &str,
        message: &[u8],
        _: Timestamp,
    ) -> Result<String, String> {
        let mut heard = self.0.lock().unwrap();
        if heard.1 {
            return Err("no connection".into());
        }
        heard.0.push(serde_json::from_slice(message).unwrap());
        Ok(format!("R-{id}"))
    }
}

impl Heard {
    fn down(&self, down: bool) {
        self.0.lock().unwrap().1 = down;
    }

    fn verbs(&self, partner_subject: &str) -> Vec<String> {
        let heard = self.0.lock().unwrap();
        let of = heard
            .0
            .iter()
            .filter(|it| it["subject"]["reference"] == partner_subject);
        of.map(|it| it["verb"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Does what is due until nothing is.
async fn settle(desk: &Desk, heard: &Heard) {
    loop {
        let now = desk.ctx.now();
        let mut tx = desk.store.begin().await.unwrap();
        let jobs = tx
            .claim_jobs("test", now, Duration::from_mins(1), 50)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        if jobs.is_empty() {
            return;
        }
        for job in jobs
            .iter()
            .filter(|job| FAIRNESS_JOBS.contains(&job.kind.as_str()))
        {
            run_fairness_job(
                &desk.store,
                &desk.ctx,
                &FairnessTerms::default(),
                heard,
                job,
            )
            .await
            .unwrap();
        }
    }
}

fn reviewer(desk: &Desk) -> User {
    User {
        id: desk.ctx.new_id(),
        login: "rev".into(),
        name: "Rev".into(),
        roles: vec![Role::Reviewer],
        password_hash: Secret::new(String::new()),
        created_at: desk.ctx.now(),
        disabled_at: None,
    }
}

fn wish(desk: &Desk, reference: &str, automation: &str) -> MeasureWish {
    let machine = automation != "not_automated";
    serde_json::from_value(json!({
        "subject": {"platform": "BK01", "kind": "account", "reference": reference},
        "kind": "suspend", "scope": "the whole account", "facts": "paid 12 strangers", "lasts_hours": 720,
        "ground": {"basis": "illegal_content", "reference": "art. 18", "explanation": "layering"},
        "signals": [{"kind": "payment", "detail": "fan-out", "seen_at": desk.ctx.now()}],
        "detector": machine.then(|| json!({"name": "fan_out", "version": "1", "score": 9000})),
        "event": machine.then(|| json!({"event_id": reference, "kind": "payment", "decision": "hold", "policy": "p"})),
        "automation": automation, "partners": ["BK02"], "money_held": {"minor": 500_000, "currency": "CNY"},
    }))
    .unwrap()
}

async fn impose(desk: &Desk, wish: MeasureWish, by: Actor) -> Measure {
    let mut tx = desk.store.begin().await.unwrap();
    let imposed = impose_measure(&mut tx, &desk.ctx, &FairnessTerms::default(), wish, by)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    imposed.measure
}

async fn file(
    desk: &Desk,
    measure: &Measure,
    livelihood: Option<Livelihood>,
) -> stanch_types::appeal::Appeal {
    let filed = Filed {
        channel: AppealChannel::Web,
        says: "我的工资卡".into(),
        livelihood,
    };
    let mut tx = desk.store.begin().await.unwrap();
    let appeal = file_appeal(
        &mut tx,
        &desk.ctx,
        &FairnessTerms::default(),
        measure.id,
        filed,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    appeal
}

async fn decide(
    desk: &Desk,
    appeal: &stanch_types::appeal::Appeal,
    by: &User,
    outcome: AppealOutcome,
) {
    let terms = FairnessTerms::default();
    let mut tx = desk.store.begin().await.unwrap();
    take_appeal(&mut tx, &desk.ctx, appeal.id, by)
        .await
        .unwrap();
    decide_appeal(
        &mut tx,
        &desk.ctx,
        &terms,
        appeal.id,
        by,
        outcome,
        "卖的是自行车".into(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn stored(desk: &Desk, measure: &Measure) -> Measure {
    desk.store
        .read()
        .await
        .unwrap()
        .get_measure(measure.id)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_upheld_appeal_lifts_at_every_partner_and_puts_the_like_up_for_another_look() {
    let (desk, heard) = (Desk::open().await, Heard::default());
    let by = Actor::User { id: desk.operator };
    let wrong = impose(&desk, wish(&desk, "wrong", "partially"), by.clone()).await;
    let like = impose(&desk, wish(&desk, "like", "partially"), by).await;
    settle(&desk, &heard).await;
    desk.clock.advance(Duration::from_hours(10));
    let appeal = file(&desk, &wrong, None).await;
    let reviewer = reviewer(&desk);
    heard.down(true);
    decide(&desk, &appeal, &reviewer, AppealOutcome::Upheld).await;
    settle(&desk, &heard).await;
    let mut tx = desk.store.read().await.unwrap();
    assert_eq!(
        tx.get_appeal(appeal.id).await.unwrap().state.as_str(),
        "upheld",
        "partners do not know yet"
    );
    drop(tx);
    heard.down(false);
    desk.clock.advance(Duration::from_mins(10));
    settle(&desk, &heard).await;
    let mut tx = desk.store.read().await.unwrap();
    assert_eq!(
        tx.get_appeal(appeal.id).await.unwrap().state.as_str(),
        "executed"
    );
    let effects = tx.effects_of_measure(wrong.id).await.unwrap();
    let delivered = effects
        .iter()
        .all(|it| matches!(it.state, EffectState::Delivered { at, .. } if at <= it.due_by));
    assert!(
        effects.len() == 4 && delivered && effects.iter().all(|it| it.message.is_none()),
        "{effects:?}"
    );
    let label = tx.labels_of_event("wrong", 1).await.unwrap().pop().unwrap();
    assert_eq!(label.truth, Truth::Good);
    let now = desk.ctx.now();
    let numbers = tx
        .appeal_numbers(
            now.minus(Duration::from_days(1)),
            now.plus(Duration::from_hours(1)),
            now,
        )
        .await
        .unwrap();
    assert_eq!(
        numbers.wrongly_held,
        [("CNY".parse().unwrap(), 5_000_000)],
        "5,000 yuan for 10 hours"
    );
    let counts = tx
        .detector_counts(now.minus(Duration::from_days(1)), now)
        .await
        .unwrap();
    assert_eq!((counts[0].measures, counts[0].overturned), (2, 1));
    drop(tx);
    assert_eq!(heard.verbs("wrong"), ["apply", "apply", "lift", "lift"]);
    assert_eq!(stored(&desk, &like).await.reexamine, Some(appeal.id));
    let mut tx = desk.store.begin().await.unwrap();
    let (ctx, terms) = (&desk.ctx, FairnessTerms::default());
    let kept = reexamine_measure(&mut tx, ctx, &terms, like.id, &reviewer, None)
        .await
        .unwrap();
    assert!(kept.reexamine.is_none() && kept.is_in_force());
}

#[tokio::test]
async fn the_decider_does_not_review_and_a_second_appeal_waits_for_the_first() {
    let desk = Desk::open().await;
    let measure = impose(
        &desk,
        wish(&desk, "a", "not_automated"),
        Actor::User { id: desk.operator },
    )
    .await;
    let appeal = file(&desk, &measure, None).await;
    let decider = User {
        id: desk.operator,
        ..reviewer(&desk)
    };
    let mut tx = desk.store.begin().await.unwrap();
    let taken = take_appeal(&mut tx, &desk.ctx, appeal.id, &decider).await;
    assert!(
        matches!(taken, Err(CaseworkError::Appeal(AppealError::Decider))),
        "{taken:?}"
    );
    let filed = Filed {
        channel: AppealChannel::Web,
        says: "again".into(),
        livelihood: None,
    };
    let again = file_appeal(
        &mut tx,
        &desk.ctx,
        &FairnessTerms::default(),
        measure.id,
        filed,
    )
    .await;
    assert!(matches!(again, Err(CaseworkError::AppealOpen)), "{again:?}");
}

#[tokio::test]
async fn livelihood_is_let_through_within_a_day_and_silence_lifts() {
    let (desk, heard) = (Desk::open().await, Heard::default());
    let measure = impose(
        &desk,
        wish(&desk, "a", "not_automated"),
        Actor::User { id: desk.operator },
    )
    .await;
    let appeal = file(&desk, &measure, Some(Livelihood::Salary)).await;
    settle(&desk, &heard).await;
    desk.clock.advance(Duration::from_hours(24));
    settle(&desk, &heard).await;
    assert!(matches!(
        stored(&desk, &measure).await.state,
        MeasureState::Eased { .. }
    ));
    desk.clock.set(appeal.deadlines.decide_by);
    settle(&desk, &heard).await;
    let lifted = stored(&desk, &measure).await.state;
    assert!(
        matches!(
            lifted,
            MeasureState::Lifted {
                cause: LiftCause::NotDecided { .. },
                ..
            }
        ),
        "{lifted:?}"
    );
    assert_eq!(
        heard.verbs("a"),
        ["apply", "apply", "ease", "ease", "lift", "lift"]
    );
}

#[tokio::test]
async fn a_machine_s_suspension_lapses_after_48_hours_unless_a_person_confirms_it() {
    let (desk, heard) = (Desk::open().await, Heard::default());
    let lapsing = impose(&desk, wish(&desk, "a", "fully"), Actor::System).await;
    let kept = impose(&desk, wish(&desk, "b", "fully"), Actor::System).await;
    let mut tx = desk.store.begin().await.unwrap();
    confirm_measure(
        &mut tx,
        &desk.ctx,
        &FairnessTerms::default(),
        kept.id,
        desk.approver,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    desk.clock.advance(Duration::from_hours(48));
    settle(&desk, &heard).await;
    let end = lapsing.decided_at.plus(Duration::from_hours(48));
    assert_eq!(
        stored(&desk, &lapsing).await.state,
        MeasureState::Expired { at: end }
    );
    assert!(stored(&desk, &kept).await.is_in_force());
    desk.clock.set(kept.expires_at);
    settle(&desk, &heard).await;
    assert_eq!(
        stored(&desk, &kept).await.state,
        MeasureState::Expired {
            at: kept.expires_at
        }
    );
    let mut verbs = heard.verbs("b");
    verbs.sort();
    assert_eq!(
        verbs,
        ["apply", "apply", "confirm", "confirm", "expire", "expire"]
    );
}

#[tokio::test]
async fn what_was_taken_back_before_anybody_heard_of_it_is_not_applied() {
    let (desk, heard) = (Desk::open().await, Heard::default());
    let by = Actor::User { id: desk.operator };
    let measure = impose(&desk, wish(&desk, "a", "not_automated"), by.clone()).await;
    let cause = LiftCause::Withdrawn {
        by: desk.operator,
        reason: "a mistake".into(),
    };
    let mut tx = desk.store.begin().await.unwrap();
    let terms = FairnessTerms::default();
    lift_measure(&mut tx, &desk.ctx, &terms, measure.id, cause, by)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    settle(&desk, &heard).await;
    assert_eq!(heard.verbs("a"), ["lift", "lift"]);
}

#[tokio::test]
async fn documents_count_while_an_appeal_is_open_only() {
    let desk = Desk::open().await;
    let measure = impose(
        &desk,
        wish(&desk, "a", "not_automated"),
        Actor::User { id: desk.operator },
    )
    .await;
    let appeal = file(&desk, &measure, None).await;
    let material = Material {
        name: "slip.pdf".into(),
        media_type: "application/pdf".into(),
        size: 1,
        sha256: "0".repeat(64),
        received_at: desk.ctx.now(),
    };
    let mut tx = desk.store.begin().await.unwrap();
    add_material(
        &mut tx,
        &desk.ctx,
        appeal.id,
        material.clone(),
        Actor::Reporter,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    decide(&desk, &appeal, &reviewer(&desk), AppealOutcome::Rejected).await;
    let mut tx = desk.store.begin().await.unwrap();
    let late = add_material(&mut tx, &desk.ctx, appeal.id, material, Actor::Reporter).await;
    assert!(
        matches!(late, Err(CaseworkError::Appeal(AppealError::State { .. }))),
        "{late:?}"
    );
    assert!(stored(&desk, &measure).await.is_in_force());
}

/// The seed story: everybody registered in one city is to be shut out of paying, and 2 in 100 of them did something.
fn region(desk: &Desk, accounts: usize) -> (BatchWish, Vec<BatchSubject>) {
    let wish = json!({
        "kind": "limit_function", "scope": "paying out", "facts": "fraud by people of the region", "lasts_hours": 72,
        "ground": {"basis": "illegal_content", "reference": "art. 35", "explanation": "area measure"},
        "area": {"regions": ["350200"], "national_approval": "2026-17"}, "hotline": "96110",
    });
    let now = desk.ctx.now();
    let subjects = (0..accounts).map(|nth| {
        let days = if nth % 10 == 0 { 3 } else { 400 };
        let registered = if nth % 10 == 0 { "440300" } else { "350203" };
        let signal = json!({"kind": "payment", "detail": "pass-through", "seen_at": now});
        let signals = if nth % 50 == 0 { vec![signal] } else { vec![] };
        serde_json::from_value(json!({
            "subject": {"platform": "BK01", "kind": "account", "reference": format!("acc{nth}")}, "signals": signals,
            "residence": {"registered": registered, "current": "350203", "since": now.minus(Duration::from_days(days))},
        }))
        .unwrap()
    });
    (serde_json::from_value(wish).unwrap(), subjects.collect())
}

async fn ask(
    desk: &Desk,
    wish: BatchWish,
    subjects: Vec<BatchSubject>,
    by: UserId,
) -> stanch_types::batch::MeasureBatch {
    let mut tx = desk.store.begin().await.unwrap();
    let batch = ask_batch(&mut tx, &desk.ctx, Asked { wish, subjects, by })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    batch
}

#[tokio::test]
async fn of_100_000_accounts_of_a_region_only_those_with_a_signal_of_their_own_are_touched() {
    const ACCOUNTS: usize = 100_000;
    let (desk, heard) = (Desk::open().await, Heard::default());
    let (wish, subjects) = region(&desk, ACCOUNTS);
    let batch = ask(&desk, wish, subjects, desk.operator).await;
    let run = batch.dry_run;
    assert_eq!(
        (run.subjects, run.hit, run.without_signal),
        (100_000, 2_000, 98_000)
    );
    assert_eq!(
        (run.travellers, run.travellers_hit, run.long_residents),
        (10_000, 2_000, 90_000)
    );
    let mut tx = desk.store.begin().await.unwrap();
    let same = approve_batch(&mut tx, &desk.ctx, batch.id, desk.operator).await;
    assert!(
        matches!(same, Err(CaseworkError::Batch(BatchError::SamePerson))),
        "{same:?}"
    );
    approve_batch(&mut tx, &desk.ctx, batch.id, desk.approver)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    settle(&desk, &heard).await;
    let told: std::collections::BTreeSet<String> = heard
        .0
        .lock()
        .unwrap()
        .0
        .iter()
        .map(|it| it["subject"]["reference"].as_str().unwrap().to_owned())
        .collect();
    let expected = (0..ACCOUNTS)
        .step_by(50)
        .map(|nth| format!("acc{nth}"))
        .collect();
    assert_eq!(
        told, expected,
        "nobody without an individual signal, everybody with one"
    );
    let mut tx = desk.store.begin().await.unwrap();
    assert!(matches!(
        tx.get_batch(batch.id).await.unwrap().state,
        BatchState::Applied { .. }
    ));
    let results = tx.batch_results(batch.id).await.unwrap();
    assert_eq!(
        results,
        [
            ("excluded".to_owned(), 98_000),
            ("imposed".to_owned(), 2_000)
        ]
    );
    drop(tx);
    taken_back(&desk, &heard, batch.id).await;
}

/// A part of the batch is taken back, then all of it.
async fn taken_back(desk: &Desk, heard: &Heard, batch: MeasureBatchId) {
    let mut tx = desk.store.begin().await.unwrap();
    let lifted = roll_back_lines(
        &mut tx,
        &desk.ctx,
        &FairnessTerms::default(),
        batch,
        &[1, 2, 51],
        desk.approver,
    )
    .await;
    assert_eq!(lifted.unwrap(), 2, "line 2 was never touched");
    roll_back_batch(
        &mut tx,
        &desk.ctx,
        batch,
        desk.approver,
        "a wrong list".into(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    settle(desk, heard).await;
    let results = desk
        .store
        .read()
        .await
        .unwrap()
        .batch_results(batch)
        .await
        .unwrap();
    assert_eq!(results[1], ("rolled_back".to_owned(), 2_000));
    assert_eq!(heard.verbs("acc0"), ["apply", "lift"]);
}

#[tokio::test]
async fn a_batch_that_has_only_a_region_cannot_be_approved() {
    let desk = Desk::open().await;
    let (wish, mut subjects) = region(&desk, 100);
    for subject in &mut subjects {
        subject.signals.clear();
    }
    let batch = ask(&desk, wish, subjects, desk.operator).await;
    assert_eq!(batch.state.as_str(), "refused");
    let mut tx = desk.store.begin().await.unwrap();
    let approved = approve_batch(&mut tx, &desk.ctx, batch.id, desk.approver).await;
    assert!(
        matches!(
            approved,
            Err(CaseworkError::Batch(BatchError::State { .. }))
        ),
        "{approved:?}"
    );
}

#[tokio::test]
async fn measures_on_a_person_and_their_appeals_are_given_out_and_decided_words_erased() {
    let (desk, heard) = (Desk::open().await, Heard::default());
    let by = Actor::User { id: desk.operator };
    let account = "6222021234567890128";
    let measure = impose(&desk, wish(&desk, account, "partially"), by.clone()).await;
    impose(&desk, wish(&desk, "other", "partially"), by.clone()).await;
    let appeal = file(&desk, &measure, None).await;
    let person = Person::parse(account).unwrap();
    let held = held_on(&mut desk.store.read().await.unwrap(), &person)
        .await
        .unwrap();
    assert_eq!((held.measures.len(), held.appeals.len()), (1, 1));
    let erased = async || {
        let done = erase(&desk.store, &desk.ctx, &person, &by, "asked").await;
        done.unwrap()
    };
    let done = erased().await;
    assert!(done.erased.is_empty(), "it is open");
    let kept: Vec<&str> = done.kept.iter().map(|kept| kept.id.as_str()).collect();
    for id in [appeal.id.to_string(), measure.id.to_string()] {
        assert!(kept.contains(&id.as_str()), "{kept:?}");
    }
    decide(&desk, &appeal, &reviewer(&desk), AppealOutcome::Rejected).await;
    settle(&desk, &heard).await;
    assert_eq!(erased().await.erased, [appeal.id.to_string()]);
    let mut tx = desk.store.read().await.unwrap();
    let left = tx.get_appeal(appeal.id).await.unwrap();
    assert_eq!(left.says, "erased");
    assert_eq!(
        left.state.decision().unwrap().outcome,
        AppealOutcome::Rejected
    );
}

#[tokio::test]
async fn a_decided_appeal_loses_its_words_in_time() {
    let (desk, heard) = (Desk::open().await, Heard::default());
    let by = Actor::User { id: desk.operator };
    let measure = impose(&desk, wish(&desk, "one", "partially"), by).await;
    let appeal = file(&desk, &measure, None).await;
    let sweep = async || {
        let over = Over {
            appeals: Some(desk.ctx.now().minus(Duration::from_days(30))),
            ..Over::default()
        };
        erase_over(&desk.store, &desk.ctx, over).await.unwrap()
    };
    decide(&desk, &appeal, &reviewer(&desk), AppealOutcome::Rejected).await;
    settle(&desk, &heard).await;
    assert_eq!(sweep().await, 0, "its time is not over");
    desk.clock.advance(Duration::from_days(31));
    assert_eq!((sweep().await, sweep().await), (1, 0));
    let mut tx = desk.store.read().await.unwrap();
    assert_eq!(tx.get_appeal(appeal.id).await.unwrap().says, "erased");
}

#[tokio::test]
async fn a_measure_belongs_to_an_operation_that_goes_on() {
    let desk = Desk::open().await;
    let by = Actor::User { id: desk.operator };
    let terms = FairnessTerms::default();
    let mut wish = wish(&desk, "one", "partially");
    wish.operation_id = Some(desk.ctx.new_id());
    let mut tx = desk.store.begin().await.unwrap();
    let unknown = impose_measure(&mut tx, &desk.ctx, &terms, wish.clone(), by.clone()).await;
    assert!(matches!(unknown, Err(CaseworkError::StepInvalid(_))));
    let (name, purpose) = ("thunder".to_owned(), "rebates".to_owned());
    let operation = start_operation(&mut tx, &desk.ctx, name, purpose, desk.operator)
        .await
        .unwrap();
    wish.operation_id = Some(operation.id);
    let imposed = impose_measure(&mut tx, &desk.ctx, &terms, wish.clone(), by.clone()).await;
    let of = MeasureFilter::Operation(operation.id);
    let listed = tx.list_measures(&of, &PageRequest::first()).await.unwrap();
    assert_eq!(listed.items[0].id, imposed.unwrap().measure.id);
    end_operation(&mut tx, &desk.ctx, operation.id, desk.operator)
        .await
        .unwrap();
    let over = impose_measure(&mut tx, &desk.ctx, &terms, wish, by).await;
    assert!(matches!(over, Err(CaseworkError::StepInvalid(_))));
}
