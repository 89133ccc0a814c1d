//! What is held on a person is found, given out and erased; what is over is erased by itself.

use stanch_casework::{
    Erased, Over, Person, add_note, attach, erase, erase_over, give_task, held_on,
};
use stanch_store::{PageRequest, VerifyOptions, verify_audit};
use stanch_types::case::CaseState;
use stanch_types::user::Actor;
use stanch_types::{CaseId, Duration, ReportId};

use crate::desk::{Desk, mule, victim};

/// What the report comes with.
const CHAT: &[u8] = b"they said that my parcel was lost";
const CHAT_SHA256: &str = "49b6725dfb90969609a0034f8bac72d1539f0462206986d60600542b1e2cc192";

/// A report of a case and whether its case is over.
async fn reported(desk: &Desk, over: bool) -> ReportId {
    desk.book_theft();
    let mut told = desk.told();
    told.reporter.phone = Some("13800138000".parse().unwrap());
    let received = desk.report(told).await.unwrap();
    let mut tx = desk.store.begin().await.unwrap();
    let id = received.report.id;
    attach(&mut tx, &desk.ctx, id, "chat.txt", CHAT, Actor::Reporter)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    if over {
        let mut tx = desk.store.begin().await.unwrap();
        let mut case = received.case.clone();
        case.state = CaseState::Closed {
            outcome: "returned".to_owned(),
        };
        tx.update_case(&case).await.unwrap();
        tx.commit().await.unwrap();
    }
    received.report.id
}

#[tokio::test]
async fn a_person_is_found_and_erased_once_the_case_is_over() {
    let desk = Desk::open().await;
    let id = reported(&desk, false).await;
    let by = Actor::User { id: desk.approver };
    for name in [
        "13800138000",
        victim().account.expose(),
        mule().account.expose(),
    ] {
        let person = Person::parse(name).unwrap();
        let held = held_on(&mut desk.store.read().await.unwrap(), &person)
            .await
            .unwrap();
        assert_eq!(held.reports.len(), 1, "{name}");
        assert!(!held.audit_entries.is_empty());
    }
    let person = Person::parse("13800138000").unwrap();
    let done = erase(&desk.store, &desk.ctx, &person, &by, "asked")
        .await
        .unwrap();
    assert_eq!(
        (done.erased.len(), done.kept[0].id.clone()),
        (0, id.to_string())
    );

    let mut tx = desk.store.begin().await.unwrap();
    let lead = tx
        .list_cases(&Default::default(), &PageRequest::first())
        .await;
    let mut case = lead.unwrap().items.remove(0);
    case.state = CaseState::Closed {
        outcome: "returned".to_owned(),
    };
    tx.update_case(&case).await.unwrap();
    tx.commit().await.unwrap();
    // Asked for and not carried out: the keys are still there.
    let mut tx = desk.store.begin().await.unwrap();
    let stored = tx.forget_files(&id.to_string()).await.unwrap();
    drop(tx);
    assert!(!is_gone(&desk, &stored).await);
    let done = erase(&desk.store, &desk.ctx, &person, &by, "asked")
        .await
        .unwrap();
    assert_eq!(done.erased, [id.to_string()]);
    is_erased(&desk, id).await;
    assert!(is_gone(&desk, &stored).await, "the blob is deleted");
    let held = held_on(&mut desk.store.read().await.unwrap(), &person)
        .await
        .unwrap();
    assert!(held.reports.is_empty());
}

async fn is_gone(desk: &Desk, stored: &[String]) -> bool {
    let mut tx = desk.store.read().await.unwrap();
    tx.get_blob(&stored[0]).await.is_err()
}

/// Nothing personal is left, and the audit tree is whole.
async fn is_erased(desk: &Desk, id: ReportId) {
    let mut tx = desk.store.begin().await.unwrap();
    let owner = id.to_string();
    assert!(tx.get_file(&owner, CHAT_SHA256).await.is_err());
    assert!(tx.forget_files(&owner).await.unwrap().is_empty());
    drop(tx);
    let report = desk
        .store
        .read()
        .await
        .unwrap()
        .get_report(id)
        .await
        .unwrap();
    let text = serde_json::to_string(&report).unwrap();
    for gone in [
        "13800138000",
        victim().account.expose(),
        mule().account.expose(),
    ] {
        assert!(!text.contains(&format!("\"{gone}\"")), "{gone} in {text}");
    }
    assert!(report.content.reporter.name.is_none() && report.content.narrative == "erased");
    let verdict = verify_audit(&desk.store, &VerifyOptions::default(), &mut |_, _| {}).await;
    assert!(verdict.unwrap().is_whole());
}

#[tokio::test]
async fn what_is_over_is_erased_once_and_by_itself() {
    let desk = Desk::open().await;
    let id = reported(&desk, true).await;
    let sweep = async || {
        let before = desk.ctx.now().minus(Duration::from_days(30));
        let over = Over {
            reports: Some(before),
            ..Over::default()
        };
        erase_over(&desk.store, &desk.ctx, over).await.unwrap()
    };
    assert_eq!(sweep().await, 0, "its time is not over");
    desk.clock.advance(Duration::from_days(31));
    assert_eq!(sweep().await, 1);
    assert_eq!(sweep().await, 0);
    is_erased(&desk, id).await;

    let open = Desk::open().await;
    reported(&open, false).await;
    open.clock.advance(Duration::from_days(400));
    let all = Over {
        reports: Some(open.ctx.now()),
        ..Over::default()
    };
    let done = erase_over(&open.store, &open.ctx, all).await.unwrap();
    assert_eq!(done, 0, "its case is worked on");
}

/// Ends the case that the reports opened.
async fn end_case(desk: &Desk, id: CaseId) {
    let mut tx = desk.store.begin().await.unwrap();
    let mut case = tx.lock_case(id).await.unwrap();
    case.state = CaseState::Closed {
        outcome: "returned".to_owned(),
    };
    tx.update_case(&case).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn words_of_others_are_found_and_lose_a_persons_numbers_once_the_case_is_over() {
    let desk = Desk::open().await;
    desk.book_theft();
    let received = desk.report(desk.told()).await.unwrap();
    let case = received.case.id;
    let mut tx = desk.store.begin().await.unwrap();
    let says = |what: &str| format!("{what} 13912345678, not 139123456789");
    let by = desk.operator;
    let note = add_note(&mut tx, &desk.ctx, case, says("called"), vec![], by);
    let note = note.await.unwrap();
    let task = give_task(&mut tx, &desk.ctx, case, says("call"), by, None, by);
    let task = task.await.unwrap();
    tx.commit().await.unwrap();
    let person = Person::parse("+8613912345678").unwrap();
    let held = held_on(&mut desk.store.read().await.unwrap(), &person)
        .await
        .unwrap();
    let keys: Vec<_> = held
        .rows
        .iter()
        .map(|row| (row.table, row.key.clone()))
        .collect();
    let expected = [
        ("notes", note.id.to_string()),
        ("tasks", task.id.to_string()),
    ];
    assert_eq!(keys, expected);
    assert_eq!(held.rows[0].columns["body"]["text"], says("called"));
    let other = Person::parse("13912345679").unwrap();
    let none = held_on(&mut desk.store.read().await.unwrap(), &other).await;
    assert!(none.unwrap().rows.is_empty());

    let by = Actor::User { id: desk.approver };
    let erased = async || {
        let done = erase(&desk.store, &desk.ctx, &person, &by, "asked");
        done.await.unwrap()
    };
    let kept = erased().await.kept;
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|kept| kept.why == "its case is worked on"));
    end_case(&desk, case).await;
    assert_eq!(erased().await.erased, expected.map(|(_, key)| key));
    let mut tx = desk.store.read().await.unwrap();
    let tasks = tx.tasks_of_case(case).await.unwrap();
    assert_eq!(tasks[0].text, "call erased, not 139123456789");
    let notes = tx.list_notes(case, &PageRequest::first()).await.unwrap();
    assert_eq!(notes.items[0].text, "called erased, not 139123456789");
    assert_eq!(erased().await, Erased::default());
    let verdict = verify_audit(&desk.store, &VerifyOptions::default(), &mut |_, _| {}).await;
    assert!(verdict.unwrap().is_whole());
}

#[tokio::test]
async fn notes_on_cases_that_are_over_lose_their_words_in_time() {
    let desk = Desk::open().await;
    desk.book_theft();
    let case = desk.report(desk.told()).await.unwrap().case.id;
    let mut tx = desk.store.begin().await.unwrap();
    let text = "the victim is afraid".to_owned();
    add_note(&mut tx, &desk.ctx, case, text, vec![], desk.operator)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    desk.clock.advance(Duration::from_days(31));
    let over = Over {
        notes: Some(desk.ctx.now().minus(Duration::from_days(30))),
        ..Over::default()
    };
    let sweep = async || erase_over(&desk.store, &desk.ctx, over).await.unwrap();
    assert_eq!(sweep().await, 0, "its case is worked on");
    end_case(&desk, case).await;
    assert_eq!((sweep().await, sweep().await), (1, 0));
    let mut tx = desk.store.read().await.unwrap();
    let notes = tx.list_notes(case, &PageRequest::first()).await.unwrap();
    assert_eq!(notes.items[0].text, "erased");
}
