//! What is held on a person is found, given out and erased; what is over is erased by itself.

use stanch_casework::{Person, attach, erase, erase_over, held_on};
use stanch_store::{VerifyOptions, verify_audit};
use stanch_types::case::CaseState;
use stanch_types::user::Actor;
use stanch_types::{Duration, ReportId};

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
        .list_cases(&Default::default(), &stanch_store::PageRequest::first())
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
        erase_over(&desk.store, &desk.ctx, Some(before), None)
            .await
            .unwrap()
    };
    assert_eq!(sweep().await, (0, 0), "its time is not over");
    desk.clock.advance(Duration::from_days(31));
    assert_eq!(sweep().await, (1, 0));
    assert_eq!(sweep().await, (0, 0));
    is_erased(&desk, id).await;

    let open = Desk::open().await;
    reported(&open, false).await;
    open.clock.advance(Duration::from_days(400));
    let all = Some(open.ctx.now());
    let done = erase_over(&open.store, &open.ctx, all, None).await.unwrap();
    assert_eq!(done, (0, 0), "its case is worked on");
}
