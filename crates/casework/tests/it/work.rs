//! The desk at work: the queue, shifts with hand-over, notes, tasks, operations, many cases at once.

use std::collections::BTreeSet;

use stanch_casework::{
    BulkAction, CaseStep, CaseworkError, HandOverWish, JOB_WAITING, add_note, claim_next,
    do_with_cases, end_operation, end_task, give_task, hand_over, run_job, set_team,
    start_operation, start_shift,
};
use stanch_store::PageRequest;
use stanch_types::case::Case;
use stanch_types::desk::{HandedCase, Shift, ShiftState, TaskState, Team, take_within};
use stanch_types::report::Priority;
use stanch_types::{Duration, ShiftId, UserId};

use crate::desk::{Desk, account, mule, start, yuan};

impl Desk {
    /// A case of its own, whose victim paid so many hours ago.
    async fn opened(&self, n: i64, hours_ago: i64) -> Case {
        let from = account("BK01", &format!("V{n}"));
        let at = (self.ctx.now().since(start()).as_secs() / 60) - hours_ago * 60;
        let tx_id = format!("W{n}");
        self.book(&[(&tx_id, at, from.clone(), mule(), 100 + n)]);
        let mut content = self.told();
        content.payments[0].tx_id = Some(tx_id);
        content.payments[0].from = from;
        content.payments[0].amount = yuan(100 + n);
        content.payments[0].occurred_at = start().plus(Duration::from_mins(at));
        self.report(content).await.unwrap().case
    }

    async fn claimed(&self, by: UserId) -> Option<Case> {
        let mut tx = self.store.begin().await.unwrap();
        let case = claim_next(&mut tx, &self.ctx, by).await.unwrap();
        tx.commit().await.unwrap();
        case
    }

    async fn team(&self) -> Team {
        let mut tx = self.store.begin().await.unwrap();
        let members = vec![self.operator, self.approver, self.operator];
        let team = set_team(
            &mut tx,
            &self.ctx,
            None,
            "night".into(),
            members,
            self.operator,
        );
        let team = team.await.unwrap();
        tx.commit().await.unwrap();
        team
    }

    async fn begun(&self, team: &Team, after: Option<ShiftId>) -> Result<Shift, CaseworkError> {
        let mut tx = self.store.begin().await.unwrap();
        let shift = start_shift(&mut tx, &self.ctx, team.id, after, self.operator).await?;
        tx.commit().await.unwrap();
        Ok(shift)
    }

    async fn ended(&self, shift: ShiftId, cases: &[&Case]) -> Result<Shift, CaseworkError> {
        let named = cases.iter().map(|case| HandedCase {
            case_id: case.id,
            note: "bank was called".into(),
        });
        let wish = HandOverWish {
            note: "busy".into(),
            cases: named.collect(),
        };
        let mut tx = self.store.begin().await.unwrap();
        let shift = hand_over(&mut tx, &self.ctx, shift, wish, self.operator).await?;
        tx.commit().await.unwrap();
        Ok(shift)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_analysts_never_get_the_same_case() {
    let desk = Desk::open().await;
    for n in 0..12 {
        desk.opened(n, n % 3).await;
    }
    let urgent = desk.claimed(desk.operator).await.unwrap();
    assert_eq!(urgent.priority, Priority::P0, "the most urgent first");
    let mut set = tokio::task::JoinSet::new();
    for n in 0..16 {
        let (store, ctx) = (desk.store.clone(), desk.ctx.clone());
        let by = if n % 2 == 0 {
            desk.operator
        } else {
            desk.approver
        };
        set.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let case = claim_next(&mut tx, &ctx, by).await.unwrap();
            tx.commit().await.unwrap();
            case.map(|case| (case.id, case.assigned_to == Some(by)))
        });
    }
    let got: Vec<_> = set.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<_> = got.iter().map(|(id, _)| *id).collect();
    assert_eq!((got.len(), distinct.len()), (11, 11));
    assert!(got.iter().all(|(_, own)| *own) && !distinct.contains(&urgent.id));
    assert!(desk.claimed(desk.operator).await.is_none());
}

#[tokio::test]
async fn a_case_nobody_takes_in_time_is_escalated_once() {
    let desk = Desk::open().await;
    let (taken, left) = (desk.opened(1, 0).await, desk.opened(2, 0).await);
    assert_eq!(desk.claimed(desk.operator).await.unwrap().id, taken.id);
    let run = || async {
        let mut tx = desk.store.begin().await.unwrap();
        let lease = Duration::from_secs(60);
        let jobs = tx.claim_jobs("t", desk.ctx.now(), lease, 50).await.unwrap();
        tx.commit().await.unwrap();
        for job in jobs.iter().filter(|job| job.kind == JOB_WAITING) {
            run_job(&desk.store, &desk.ctx, &desk.ledger, &desk.watch, job)
                .await
                .unwrap();
        }
    };
    let waiting = || async {
        let mut tx = desk.store.read().await.unwrap();
        tx.list_waiting(&PageRequest::first()).await.unwrap().items
    };
    run().await;
    assert_eq!(waiting().await[0].escalated_at, None, "not before its time");
    desk.clock.advance(take_within(Priority::P0));
    let at = desk.ctx.now();
    run().await;
    desk.clock.advance(Duration::from_hours(1));
    run().await;
    let waiting = waiting().await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].case.id, waiting[0].escalated_at),
        (left.id, Some(at))
    );
    let mut tx = desk.store.read().await.unwrap();
    let head = tx.feed_head().await.unwrap();
    let events = tx.list_feed_after(0, head).await.unwrap();
    let told = events.iter().filter(|one| one.event.kind == "case.overdue");
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn a_shift_ends_only_with_a_note_of_every_urgent_case_and_the_next_must_read_it() {
    let desk = Desk::open().await;
    let team = desk.team().await;
    assert_eq!(team.members.len(), 2);
    desk.clock.advance(Duration::from_hours(80));
    let (urgent, pressing, late) = (
        desk.opened(1, 0).await,
        desk.opened(2, 5).await,
        desk.opened(3, 50).await,
    );
    for _ in 0..3 {
        desk.claimed(desk.approver).await.unwrap();
    }
    let shift = desk.begun(&team, None).await.unwrap();
    let refused = desk.begun(&team, Some(shift.id)).await;
    assert!(
        matches!(refused, Err(CaseworkError::Step(_))),
        "one at a time"
    );
    let Err(CaseworkError::StepInvalid(missing)) = desk.ended(shift.id, &[&urgent]).await else {
        panic!("a case was left out");
    };
    assert_eq!(
        missing.len(),
        1,
        "P2 and later need no word: {}",
        late.number
    );
    assert!(missing[0].detail.contains(&pressing.number));
    let ended = desk.ended(shift.id, &[&urgent, &pressing]).await.unwrap();
    assert!(matches!(ended.state, ShiftState::HandedOver { .. }));
    let unread = desk.begun(&team, None).await;
    assert!(
        matches!(unread, Err(CaseworkError::StepInvalid(_))),
        "its note must be read"
    );
    let next = desk.begun(&team, Some(shift.id)).await.unwrap();
    assert_eq!(next.after, Some(shift.id));
    let mut tx = desk.store.read().await.unwrap();
    let shifts = tx.list_shifts(team.id, 10).await.unwrap();
    assert!(
        matches!(shifts.iter().find(|one| one.id == shift.id).unwrap().state,
        ShiftState::Acknowledged { by, .. } if by == desk.operator)
    );
}

/// A clock set back must not make an earlier shift the last one: nobody could begin any more.
#[tokio::test]
async fn shifts_follow_each_other_when_the_clock_is_set_back() {
    let desk = Desk::open().await;
    let team = desk.team().await;
    desk.clock.advance(Duration::from_hours(30));
    let mut last = desk.begun(&team, None).await.unwrap();
    let first_at = last.started_at;
    desk.clock
        .set(desk.ctx.now().minus(Duration::from_hours(24)));
    for _ in 0..3 {
        desk.ended(last.id, &[]).await.unwrap();
        let next = desk.begun(&team, Some(last.id)).await.unwrap();
        assert!(next.started_at > last.started_at, "it follows");
        last = next;
    }
    assert!(last.started_at.since(first_at) < Duration::from_secs(1));
}

#[tokio::test]
async fn notes_reach_those_they_mention_and_tasks_end_once() {
    let desk = Desk::open().await;
    let case = desk.opened(1, 0).await;
    let (by, to) = (desk.operator, desk.approver);
    let mut tx = desk.store.begin().await.unwrap();
    let note = add_note(
        &mut tx,
        &desk.ctx,
        case.id,
        "see page 2".into(),
        vec![to, to],
        by,
    );
    let note = note.await.unwrap();
    assert_eq!(
        tx.unread_mentions(to).await.unwrap(),
        std::slice::from_ref(&note)
    );
    assert!(tx.unread_mentions(by).await.unwrap().is_empty());
    let now = desk.ctx.now();
    assert!(tx.read_mention(to, note.id, now).await.unwrap());
    assert!(!tx.read_mention(to, note.id, now).await.unwrap());
    assert!(tx.unread_mentions(to).await.unwrap().is_empty());
    let task = give_task(
        &mut tx,
        &desk.ctx,
        case.id,
        "call the bank".into(),
        to,
        None,
        by,
    );
    let task = task.await.unwrap();
    assert_eq!(
        tx.open_tasks_of(to).await.unwrap(),
        std::slice::from_ref(&task)
    );
    let done = end_task(&mut tx, &desk.ctx, task.id, None, to)
        .await
        .unwrap();
    assert!(matches!(done.state, TaskState::Done { .. }));
    assert!(tx.open_tasks_of(to).await.unwrap().is_empty());
    let again = end_task(&mut tx, &desk.ctx, task.id, Some("x".into()), to).await;
    assert!(matches!(again, Err(CaseworkError::Step(_))));
    tx.commit().await.unwrap();
    let mut tx = desk.store.read().await.unwrap();
    let page = PageRequest::new(2, None).unwrap();
    let mut actions = Vec::new();
    let mut wanted = Some(page);
    while let Some(page) = wanted {
        let found = tx.case_timeline(case.id, &page).await.unwrap();
        actions.extend(found.items.into_iter().map(|one| one.action));
        wanted = found.next.map(|cursor| page.following(cursor));
    }
    let expected = [
        "task.done",
        "task.given",
        "case.noted",
        "report.triaged",
        "case.opened",
        "report.received",
    ];
    assert_eq!(actions, expected, "one list, newest first");
}

#[tokio::test]
async fn one_thing_is_done_with_many_cases_and_what_is_not_allowed_is_said() {
    let desk = Desk::open().await;
    let mut cases = Vec::new();
    for n in 0..3 {
        cases.push(desk.opened(n, 0).await.id);
    }
    let by = desk.operator;
    let mut tx = desk.store.begin().await.unwrap();
    let ctx = &desk.ctx;
    let operation = start_operation(&mut tx, ctx, "thunder".into(), "rebates".into(), by);
    let operation_id = operation.await.unwrap().id;
    let group = BulkAction::Group { operation_id };
    let done = do_with_cases(&mut tx, ctx, &cases, &group, "one gang", by).await;
    assert!(done.unwrap().iter().all(|one| one.refused.is_none()));
    assert_eq!(
        tx.cases_of_operation(operation_id, 10).await.unwrap().len(),
        3
    );
    let step = |step| BulkAction::Step { step };
    let reason = "told by mistake".to_owned();
    let withdraw = step(CaseStep::Withdraw { reason });
    let first = do_with_cases(&mut tx, ctx, &cases[..1], &withdraw, "duplicates", by).await;
    assert_eq!(first.unwrap()[0].refused, None);
    let all = do_with_cases(&mut tx, ctx, &cases, &withdraw, "duplicates", by)
        .await
        .unwrap();
    let refused: Vec<_> = all.iter().filter(|one| one.refused.is_some()).collect();
    assert_eq!(
        (all.len(), refused.len(), refused[0].case_id),
        (3, 1, cases[0])
    );
    let no_reason = do_with_cases(&mut tx, ctx, &cases, &withdraw, " ", by).await;
    assert!(matches!(no_reason, Err(CaseworkError::StepInvalid(_))));
    end_operation(&mut tx, ctx, operation_id, by).await.unwrap();
    let late = do_with_cases(&mut tx, ctx, &cases, &group, "one gang", by).await;
    assert!(matches!(late, Err(CaseworkError::StepInvalid(_))));
}
