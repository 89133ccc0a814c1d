//! Measures, appeals and batches: what cannot be built, and every walk through their states.

use proptest::prelude::*;
use stanch_types::appeal::{
    Appeal, AppealChannel, AppealError, AppealOutcome, Filing, Livelihood, Material, Reviewer,
};
use stanch_types::batch::{
    BatchError, BatchRefusal, BatchSubject, BatchWish, DryRun, MeasureBatch,
};
use stanch_types::measure::{
    Automation, Imposing, LiftCause, Measure, MeasureError, MeasureKind, MeasureState, MeasureWish,
};
use stanch_types::personal::Secret;
use stanch_types::terms::FairnessTerms;
use stanch_types::user::{Actor, Role, User};
use stanch_types::{ClaimCode, Ctx, Duration, Id, ManualClock, Timestamp, UserId};

const START: i64 = 1_790_000_000;

fn now() -> Timestamp {
    Timestamp::from_secs(START)
}

fn person(seed: u8) -> UserId {
    Id::from_digest([seed; 16])
}

fn user(seed: u8, roles: &[Role]) -> User {
    User {
        id: person(seed),
        login: format!("u{seed}"),
        name: "Lin".into(),
        roles: roles.to_vec(),
        password_hash: Secret::new(String::new()),
        created_at: now(),
        disabled_at: None,
    }
}

fn wish(kind: &str, automation: Automation) -> MeasureWish {
    let machine = automation != Automation::NotAutomated;
    serde_json::from_value(serde_json::json!({
        "subject": {"platform": "PF01", "kind": "account", "reference": "acc-7788990011"},
        "kind": kind, "scope": "paying out", "facts": "paid 12 strangers within an hour",
        "ground": {"basis": "illegal_content", "reference": "Anti-Fraud Law art. 18", "explanation": "part of a layering chain"},
        "signals": [{"kind": "payment", "detail": "fan-out", "seen_at": now()}],
        "detector": machine.then(|| serde_json::json!({"name": "fan_out", "version": "p1", "score": 9100})),
        "automation": automation, "lasts_hours": 48,
    }))
    .unwrap()
}

fn impose(wish: MeasureWish, by: Actor) -> Result<Measure, MeasureError> {
    let clock = std::sync::Arc::new(ManualClock::new(now()));
    let ctx = Ctx::seeded(clock, 7);
    let imposing = Imposing {
        id: ctx.new_id(),
        by,
        with: Vec::new(),
        at: now(),
        claim: ClaimCode::new(&ctx).digest(),
        batch_id: None,
    };
    Measure::impose(wish, imposing, &FairnessTerms::default())
}

fn by_person(kind: &str) -> Measure {
    impose(
        wish(kind, Automation::NotAutomated),
        Actor::User { id: person(1) },
    )
    .unwrap()
}

fn filing(livelihood: Option<Livelihood>) -> Filing {
    Filing {
        id: Id::from_digest([9; 16]),
        at: now(),
        channel: AppealChannel::Web,
        says: "工资卡".into(),
        livelihood,
    }
}

#[test]
fn a_measure_without_signal_end_or_ground_cannot_be_built() {
    type Spoil = fn(&mut MeasureWish);
    let cases: [(&str, Spoil); 7] = [
        ("/signals", |wish| wish.signals.clear()),
        ("/lasts_hours", |wish| wish.lasts_hours = 0),
        ("/lasts_hours", |wish| wish.lasts_hours = 24 * 91),
        ("/ground/reference", |wish| {
            wish.ground.reference = " ".into()
        }),
        ("/facts", |wish| wish.facts.clear()),
        ("/kind", |wish| wish.kind = MeasureKind::RemoveContent),
        ("/detector", |wish| wish.automation = Automation::Partially),
    ];
    for (field, spoil) in cases {
        let mut wish = wish("suspend", Automation::NotAutomated);
        spoil(&mut wish);
        let refused = impose(wish, Actor::User { id: person(1) }).unwrap_err();
        assert!(
            matches!(refused, MeasureError::Wish { field: found, .. } if found == field),
            "{field}: {refused}"
        );
    }
    assert!(by_person("suspend").ends_at().is_some());
}

#[test]
fn a_machine_alone_suspends_for_48_hours_at_most() {
    let mut wanted = wish("suspend", Automation::Fully);
    wanted.lasts_hours = 24 * 30;
    let measure = impose(wanted.clone(), Actor::System).unwrap();
    assert_eq!(
        measure.ends_at(),
        Some(now().plus(Duration::from_hours(48)))
    );
    let confirmed = measure.clone().confirm(person(2)).unwrap();
    assert_eq!(
        confirmed.ends_at(),
        Some(now().plus(Duration::from_days(30)))
    );
    assert_eq!(confirmed.deciders(), [person(2)]);
    let lapsed = measure
        .clone()
        .expire(now().plus(Duration::from_hours(49)))
        .unwrap();
    assert_eq!(
        lapsed.state,
        MeasureState::Expired {
            at: now().plus(Duration::from_hours(48))
        }
    );
    assert_eq!(
        measure.expire(now()),
        Err(MeasureError::NotYet(now().plus(Duration::from_hours(48))))
    );
    assert!(
        impose(wanted, Actor::User { id: person(1) }).is_err(),
        "a person is not `fully`"
    );
    assert!(impose(wish("warn", Automation::NotAutomated), Actor::System).is_err());
}

#[test]
fn the_notice_says_why_until_when_and_how_to_appeal_and_its_public_copy_names_nobody() {
    let measure = by_person("delay_settlement");
    let notice = &measure.notice;
    for text in [&notice.zh, &notice.en] {
        assert!(
            text.reason.contains("Anti-Fraud Law art. 18")
                && text.reason.contains("paid 12 strangers")
        );
        assert!(!text.materials.is_empty() && !text.remedy.is_empty());
    }
    let statement = &notice.statement;
    assert_eq!(
        statement.decision_monetary.as_deref(),
        Some("DECISION_MONETARY_SUSPENSION")
    );
    assert!(statement.end_date_monetary_restriction.is_some());
    let kinds: Vec<_> = measure
        .wish
        .signals
        .iter()
        .map(|signal| signal.kind)
        .collect();
    let public = serde_json::to_string(&statement.public_copy(&kinds)).unwrap();
    for personal in ["acc-7788990011", "paid 12 strangers", "layering"] {
        assert!(!public.contains(personal), "{personal} in {public}");
    }
    assert!(public.contains("STATEMENT_CATEGORY_SCAMS_AND_FRAUD") && public.contains("payment"));
    assert!(!format!("{measure:?}").contains("acc-7788990011"));
}

#[test]
fn only_a_reviewer_without_part_in_the_decision_is_one() {
    let measure = by_person("suspend");
    let appeal = Appeal::file(&measure, filing(None), &FairnessTerms::default()).unwrap();
    let of = |user: &User| Reviewer::of(user, &appeal, &measure).err();
    assert_eq!(of(&user(1, &[Role::Reviewer])), Some(AppealError::Decider));
    assert_eq!(
        of(&user(2, &[Role::Approver, Role::Analyst])),
        Some(AppealError::NotReviewer)
    );
    let gone = User {
        disabled_at: Some(now()),
        ..user(2, &[Role::Reviewer])
    };
    assert_eq!(of(&gone), Some(AppealError::NotReviewer));
    assert_eq!(of(&user(2, &[Role::Reviewer])), None);
    let by_phone = Filing {
        channel: AppealChannel::Phone { agent: person(3) },
        ..filing(None)
    };
    let phoned = Appeal::file(&measure, by_phone, &FairnessTerms::default()).unwrap();
    let entered = Reviewer::of(&user(3, &[Role::Reviewer]), &phoned, &measure);
    assert_eq!(entered.err(), Some(AppealError::Decider));
}

#[test]
fn a_reviewer_of_one_appeal_decides_no_other() {
    let measure = by_person("suspend");
    let terms = FairnessTerms::default();
    let first = Appeal::file(&measure, filing(None), &terms).unwrap();
    let other = Appeal::file(
        &measure,
        Filing {
            id: Id::from_digest([8; 16]),
            ..filing(None)
        },
        &terms,
    )
    .unwrap();
    let reviewer = Reviewer::of(&user(2, &[Role::Reviewer]), &first, &measure).unwrap();
    assert_eq!(
        other.take(reviewer, now()).err(),
        Some(AppealError::Decider)
    );
    let second = Reviewer::of(&user(4, &[Role::Reviewer]), &first, &measure).unwrap();
    let taken = first.take(reviewer, now()).unwrap();
    let decided = taken.decide(second, AppealOutcome::Rejected, "no".into(), now());
    assert_eq!(decided.err(), Some(AppealError::OtherReviewer));
}

#[test]
fn waiting_for_materials_stops_the_clock_and_ends_by_itself() {
    let measure = by_person("suspend");
    let terms = FairnessTerms::default();
    let appeal = Appeal::file(&measure, filing(None), &terms).unwrap();
    let reviewer = Reviewer::of(&user(2, &[Role::Reviewer]), &appeal, &measure).unwrap();
    let due = appeal.deadlines.decide_by;
    let asked = appeal
        .take(reviewer, now())
        .unwrap()
        .ask(reviewer, "一份工资单".into(), now(), &terms)
        .unwrap();
    let two_days = now().plus(Duration::from_days(2));
    let material = Material {
        name: "payslip.pdf".into(),
        media_type: "application/pdf".into(),
        size: 3,
        sha256: "00".into(),
        received_at: two_days,
    };
    let sent = asked.clone().add_material(material).unwrap();
    assert_eq!(sent.deadlines.decide_by, due.plus(Duration::from_days(2)));
    let never = asked.resume(now().plus(Duration::from_days(60)));
    assert_eq!(never.deadlines.decide_by, due.plus(Duration::from_days(14)));
    assert_eq!(never.state.as_str(), "under_review");
}

fn batch_wish(area: bool) -> BatchWish {
    serde_json::from_value(serde_json::json!({
        "kind": "limit_function", "scope": "paying out", "facts": "named in reports", "lasts_hours": 24, "hotline": "96110",
        "ground": {"basis": "illegal_content", "reference": "art. 18", "explanation": "signals of fraud"},
        "area": area.then(|| serde_json::json!({"regions": ["350200"], "national_approval": "2026-17"})),
    }))
    .unwrap()
}

fn batch_subject(signal: bool, current: &str, days: i64) -> BatchSubject {
    let signals = if signal {
        vec![serde_json::json!({"kind": "report", "detail": "named", "seen_at": now()})]
    } else {
        vec![]
    };
    serde_json::from_value(serde_json::json!({
        "subject": {"platform": "PF01", "kind": "account", "reference": "a1"}, "signals": signals,
        "residence": {"registered": "350203", "current": current, "since": now().minus(Duration::from_days(days))},
    }))
    .unwrap()
}

#[test]
fn a_dry_run_counts_travellers_and_refuses_where_only_the_region_speaks() {
    let wish = batch_wish(true);
    let run = |subjects: &[BatchSubject]| {
        let mut run = DryRun::default();
        subjects
            .iter()
            .for_each(|subject| run.add(wish.dry_line(subject, now())));
        run
    };
    let all = run(&[
        batch_subject(false, "350203", 400),
        batch_subject(true, "350203", 400),
        batch_subject(true, "440300", 3),
        batch_subject(false, "440300", 300),
    ]);
    let expected = DryRun {
        subjects: 4,
        hit: 1,
        without_signal: 2,
        outside_area: 2,
        travellers: 1,
        travellers_hit: 0,
        long_residents: 2,
        long_residents_hit: 1,
    };
    assert_eq!((all, all.refusal()), (expected, None));
    assert_eq!(
        run(&[batch_subject(false, "350203", 9)]).refusal(),
        Some(BatchRefusal::RegionSoleGround)
    );
    assert_eq!(
        run(&[batch_subject(true, "440300", 9)]).refusal(),
        Some(BatchRefusal::NobodyHit)
    );
    let mut unapproved = batch_wish(true);
    if let Some(area) = &mut unapproved.area {
        area.national_approval.clear();
    }
    assert_eq!(unapproved.faults().len(), 1);
}

#[test]
fn whoever_asks_for_a_batch_does_not_approve_it() {
    let mut run = DryRun::default();
    run.add(batch_wish(false).dry_line(&batch_subject(true, "350203", 9), now()));
    let batch = MeasureBatch::asked(
        Id::from_digest([1; 16]),
        batch_wish(false),
        person(1),
        now(),
        run,
    );
    assert_eq!(
        batch.clone().approve(person(1), now()),
        Err(BatchError::SamePerson)
    );
    let applied = batch
        .approve(person(2), now())
        .unwrap()
        .finish(now())
        .unwrap();
    assert!(applied.clone().approve(person(3), now()).is_err());
    assert_eq!(
        applied
            .roll_back(person(3), now(), "wrong list".into())
            .unwrap()
            .state
            .as_str(),
        "rolled_back"
    );
}

proptest! {
    /// Whatever is tried in whatever order: a measure that is over stays over, and one in force has an end.
    #[test]
    fn measures_only_end(steps in proptest::collection::vec((0u8..4, 0i64..200), 1..20)) {
        let mut measure = impose(wish("suspend", Automation::Fully), Actor::System).unwrap();
        for (step, hours) in steps {
            let at = now().plus(Duration::from_hours(hours));
            let was_over = !measure.is_in_force();
            let tried = match step {
                0 => measure.clone().confirm(person(2)),
                1 => measure.clone().ease(at, Id::from_digest([9; 16])),
                2 => measure.clone().expire(at),
                _ => measure.clone().lift(at, LiftCause::Withdrawn { by: person(3), reason: "x".into() }),
            };
            if let Ok(next) = tried {
                prop_assert!(!was_over, "{:?} came back", measure.state);
                prop_assert!(next.ends_at() <= Some(next.expires_at));
                measure = next;
            }
        }
    }
}

#[test]
fn every_statement_and_its_public_copy_keep_the_schema() {
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/schemas/statement.schema.json"
    );
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for kind in MeasureKind::ALL {
        for basis in ["illegal_content", "incompatible_content"] {
            let mut wanted = wish(kind.as_str(), Automation::NotAutomated);
            wanted.lasts_hours = 1;
            wanted.ground.basis = basis.parse().unwrap();
            if !kind.fits(wanted.subject.kind) {
                wanted.subject.kind = stanch_types::measure::SubjectKind::Content;
            }
            let statement = impose(wanted, Actor::User { id: person(1) })
                .unwrap()
                .notice
                .statement;
            for form in [statement.clone(), statement.public_copy(&[])] {
                let value = serde_json::to_value(&form).unwrap();
                assert!(validator.is_valid(&value), "{kind} {basis}: {value}");
            }
        }
    }
    assert!(!validator.is_valid(&serde_json::json!({"category": "x"})));
}
