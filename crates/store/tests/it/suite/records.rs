use std::sync::Arc;

use serde_json::json;
use stanch_store::{
    CaseFilter, Cursor, FeedEvent, IDEMPOTENCY_KEPT, IDEMPOTENCY_LEASE, IdempotencyBegin,
    NewOutbox, PageRequest, ReportFilter, Session, StoreError, StoredResponse,
};
use stanch_types::case::CaseState;
use stanch_types::credential::SessionWay;
use stanch_types::institution::Institution;
use stanch_types::lead::{LeadState, OutcomeKind};
use stanch_types::plan::PlanState;
use stanch_types::report::{Priority, Report, ReportState};
use stanch_types::user::Actor;
use stanch_types::{Ctx, Duration, InstitutionKind};

use crate::fixture::Fixture;
use crate::sample;

/// Takes a stored report through every state; it comes back in the last.
async fn in_every_state(f: &Fixture, report: Report) -> Report {
    let mut tx = f.store.begin().await.unwrap();
    let case_id = f.ctx.new_id();
    let states = vec![
        ReportState::Received,
        ReportState::Triaged,
        ReportState::NeedsInfo {
            question: "?".into(),
        },
        ReportState::Merged { case_id },
        ReportState::NotFraud { reason: "x".into() },
        ReportState::Closed {
            reason: "x".into(),
            answer: "y".into(),
        },
        ReportState::LeadOpened {
            lead_id: f.ctx.new_id(),
        },
    ];
    let mut changed = tx.lock_report(report.id).await.unwrap();
    assert_eq!(changed, report);
    for state in states {
        changed.state = state;
        tx.update_report(&changed).await.unwrap();
        assert_eq!(tx.get_report(changed.id).await.unwrap(), changed);
    }
    tx.commit().await.unwrap();
    changed
}

pub async fn reports_come_back_as_stored(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut reports = Vec::new();
    for n in 0..5 {
        f.clock.advance(Duration::from_secs(n % 2));
        let report = sample::report(&f.ctx, Priority::ALL[usize::try_from(n).unwrap() % 4]);
        tx.insert_report(&report).await.unwrap();
        reports.push(report);
    }
    tx.commit().await.unwrap();
    reports[0] = in_every_state(&f, reports[0].clone()).await;

    let mut tx = f.store.read().await.unwrap();
    let mut page = PageRequest::new(2, None).unwrap();
    let mut listed = Vec::new();
    loop {
        let got = tx
            .list_reports(&ReportFilter::default(), &page)
            .await
            .unwrap();
        assert!(got.items.len() <= 2);
        listed.extend(got.items);
        let Some(next) = got.next else { break };
        page = PageRequest::new(2, Some(Cursor::from_text(next.as_str()))).unwrap();
    }
    reports.sort_by_key(|report| std::cmp::Reverse((report.received_at, report.id)));
    assert_eq!(listed, reports);
    let filter = ReportFilter {
        state: Some("received".into()),
        priority: None,
    };
    let received = tx
        .list_reports(&filter, &PageRequest::first())
        .await
        .unwrap();
    assert_eq!((received.items.len(), received.next), (4, None));
    let missing = tx.get_report(f.ctx.new_id()).await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound { what: "report", .. })
    ));
    assert_eq!(tx.lookup_report(f.ctx.new_id()).await.unwrap(), None);
    let bad = PageRequest::new(5, Some(Cursor::from_text("bm90IG91cnM"))).unwrap();
    let refused = tx.list_reports(&ReportFilter::default(), &bad).await;
    assert!(matches!(refused, Err(StoreError::BadCursor(_))));
}

pub async fn cases_are_listed_by_urgency_page_by_page(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut cases = Vec::new();
    for n in [3, 1, 0, 2, 0, 1, 0] {
        f.clock.advance(Duration::from_millis(n));
        let priority = Priority::ALL[usize::try_from(n).unwrap()];
        cases.push(sample::stored_case(&mut tx, &f.ctx, priority).await);
    }
    tx.commit().await.unwrap();
    assert_eq!(cases[0].number, "2026-000001");
    assert_eq!(cases[6].number, "2026-000007");
    cases.sort_by_key(|case| (case.priority, case.opened_at, case.id));

    let mut tx = f.store.read().await.unwrap();
    for limit in [1, 2, 3, 7, 8, 200] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = PageRequest::new(limit, after.take()).unwrap();
            let got = tx.list_cases(&CaseFilter::default(), &page).await.unwrap();
            listed.extend(got.items);
            after = got.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, cases, "pages of {limit}");
    }
    let urgent = CaseFilter {
        priority: Some(Priority::P0),
        state: Some("open".into()),
        assigned_to: None,
    };
    let got = tx.list_cases(&urgent, &PageRequest::first()).await.unwrap();
    assert_eq!(got.items, cases[..3]);
    let nobody = CaseFilter {
        assigned_to: Some(sample::user_id(1)),
        ..CaseFilter::default()
    };
    let got = tx.list_cases(&nobody, &PageRequest::first()).await.unwrap();
    assert!(got.items.is_empty());
}

pub async fn a_case_knows_its_report_and_lead(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    let mut lead = tx.lead_of_case(case.id).await.unwrap();
    assert_eq!((lead.id, lead.case_id), (case.lead_id, case.id));
    let report = tx.report_of_case(case.id).await.unwrap();
    assert_eq!(report.id, lead.report_id);
    for state in [
        LeadState::Assigned {
            to: sample::user_id(1),
        },
        LeadState::Investigating {
            by: sample::user_id(1),
        },
        LeadState::Referred {
            to: "x".into(),
            by: sample::user_id(1),
            due_at: f.now(),
            escalated_at: None,
        },
        LeadState::NoAction {
            reason: "x".into(),
            by: sample::user_id(1),
        },
        LeadState::Merged {
            into: lead.id,
            by: sample::user_id(1),
        },
        LeadState::OutcomeRecorded {
            kind: OutcomeKind::Solved,
            detail: "x".into(),
            told_by: "x".into(),
            by: Actor::System,
            at: f.now(),
        },
    ] {
        lead.state = state;
        tx.update_lead(&lead).await.unwrap();
        assert_eq!(tx.get_lead(lead.id).await.unwrap(), lead);
    }
    let missing = tx.report_of_case(f.ctx.new_id()).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })));
}

pub async fn clocks_run_until_money_is_held(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut held = sample::stored_case(&mut tx, &f.ctx, Priority::P1).await;
    let open = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    f.clock.advance(Duration::from_secs(1));
    let mut done = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    let running = tx.cases_with_open_clock().await.unwrap();
    assert_eq!(running, [open.clone(), done.clone(), held.clone()]);
    held.clock.executed_at = Some(f.now());
    held.assigned_to = Some(sample::user_id(3));
    tx.update_case(&held).await.unwrap();
    for state in [
        CaseState::Filed {
            reference: "r".into(),
        },
        CaseState::Suspended { reason: "r".into() },
        CaseState::Withdrawn { reason: "r".into() },
        CaseState::Closed {
            outcome: "o".into(),
        },
        CaseState::Solved,
    ] {
        done.state = state;
        tx.update_case(&done).await.unwrap();
    }
    assert_eq!(tx.cases_with_open_clock().await.unwrap(), [open]);
    assert_eq!(tx.lock_case(held.id).await.unwrap(), held);
}

pub async fn plans_have_versions(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    assert_eq!(tx.latest_plan(case.id).await.unwrap(), None);
    let first = sample::plan(&f.ctx, case.id, 1);
    let mut second = sample::plan(&f.ctx, case.id, 2);
    tx.insert_plan(&first).await.unwrap();
    tx.insert_plan(&second).await.unwrap();
    let (by, at) = (sample::user_id(1), f.now());
    for state in [
        PlanState::Submitted { by, at },
        PlanState::Approved { by, at },
        PlanState::Superseded { at },
    ] {
        second.state = state;
        tx.update_plan(&second).await.unwrap();
    }
    assert_eq!(tx.latest_plan(case.id).await.unwrap(), Some(second.clone()));
    assert_eq!(tx.lock_plan(second.id).await.unwrap(), second);
    assert_eq!(tx.list_plans(case.id).await.unwrap(), [second, first]);
    tx.commit().await.unwrap();

    let mut tx = f.store.begin().await.unwrap();
    let again = tx.insert_plan(&sample::plan(&f.ctx, case.id, 2)).await;
    assert!(matches!(again, Err(StoreError::Exists { .. })), "{again:?}");
}

pub async fn institutions_are_replaced(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut bank = Institution {
        code: "BK01".parse().unwrap(),
        name: "第一银行".into(),
        kind: InstitutionKind::Bank,
        endpoint: None,
        webhook_secret: Some(stanch_types::personal::Secret::new("whsec_x".into())),
        order_latency_ms: 900,
    };
    tx.upsert_institution(&bank).await.unwrap();
    for kind in InstitutionKind::ALL {
        bank.kind = *kind;
        tx.upsert_institution(&bank).await.unwrap();
    }
    assert_eq!(tx.get_institution(&bank.code).await.unwrap(), bank);
    assert_eq!(tx.list_institutions().await.unwrap(), [bank]);
    let other = "BK99".parse().unwrap();
    assert_eq!(tx.lookup_institution(&other).await.unwrap(), None);
}

pub async fn people_and_sessions(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut user = sample::user(1, "li.ming", f.now());
    tx.insert_user(&user).await.unwrap();
    tx.insert_user(&sample::user(2, "an", f.now()))
        .await
        .unwrap();
    user.disabled_at = Some(f.now());
    user.roles.clear();
    tx.update_user(&user).await.unwrap();
    assert_eq!(tx.get_user(user.id).await.unwrap(), user);
    assert_eq!(
        tx.lookup_user_by_login("li.ming").await.unwrap(),
        Some(user.clone())
    );
    for login in ["LI.MING", "li", "", "li.ming\0"] {
        assert_eq!(tx.lookup_user_by_login(login).await.unwrap(), None);
    }
    let logins: Vec<_> = tx
        .list_users()
        .await
        .unwrap()
        .into_iter()
        .map(|u| u.login)
        .collect();
    assert_eq!(logins, ["an", "li.ming"]);
    let session = |digest: &str, secs| Session {
        token_sha256: digest.repeat(32),
        id: stanch_types::SessionId::from_digest([digest.as_bytes()[0]; 16]),
        user_id: user.id,
        way: SessionWay::Password,
        created_at: f.now(),
        expires_at: f.now().plus(Duration::from_secs(secs)),
    };
    for (digest, secs) in [("aa", 10), ("bb", 20), ("cc", 30)] {
        tx.insert_session(&session(digest, secs)).await.unwrap();
    }
    assert!(tx.delete_session(&"bb".repeat(32)).await.unwrap());
    assert!(!tx.delete_session(&"bb".repeat(32)).await.unwrap());
    let end = f.now().plus(Duration::from_secs(10));
    assert_eq!(tx.delete_expired_sessions(end).await.unwrap(), 1);
    assert_eq!(tx.lookup_session(&"aa".repeat(32)).await.unwrap(), None);
    let left = tx.lookup_session(&"cc".repeat(32)).await.unwrap();
    assert_eq!(left, Some(session("cc", 30)));
    assert_eq!(tx.delete_sessions_of_user(user.id).await.unwrap(), 1);
    tx.commit().await.unwrap();

    let mut tx = f.store.begin().await.unwrap();
    let taken = tx.insert_user(&sample::user(3, "an", f.now())).await;
    assert!(matches!(taken, Err(StoreError::Exists { .. })));
    drop(tx);
    let mut tx = f.store.begin().await.unwrap();
    let stranger = Session {
        user_id: sample::user_id(9),
        ..session("dd", 1)
    };
    let refused = tx.insert_session(&stranger).await;
    assert!(
        matches!(refused, Err(StoreError::Reference { .. })),
        "{refused:?}"
    );
}

pub async fn what_is_undone_leaves_nothing(f: Arc<Fixture>) {
    let report = sample::report(&f.ctx, Priority::P0);
    for explicit in [true, false] {
        let mut tx = f.store.begin().await.unwrap();
        tx.insert_report(&report).await.unwrap();
        tx.append_audit(&sample::audit(&f.ctx, "x")).await.unwrap();
        tx.enqueue_job(&sample::job(&f.ctx, "k", None))
            .await
            .unwrap();
        if explicit {
            tx.rollback().await.unwrap();
        } else {
            drop(tx);
        }
    }
    let mut tx = f.store.begin().await.unwrap();
    assert_eq!(tx.lookup_report(report.id).await.unwrap(), None);
    assert_eq!(tx.audit_size().await.unwrap(), 0);
    assert_eq!(tx.count_jobs().await.unwrap().pending, 0);
}

pub async fn readers_cannot_write(f: Arc<Fixture>) {
    let mut tx = f.store.read().await.unwrap();
    let refused = tx
        .insert_report(&sample::report(&f.ctx, Priority::P0))
        .await;
    assert!(matches!(refused, Err(StoreError::ReadOnly)));
    let refused = tx.lock_report(f.ctx.new_id()).await;
    assert!(matches!(refused, Err(StoreError::ReadOnly)));
    let refused = tx.append_audit(&sample::audit(&f.ctx, "x")).await;
    assert!(matches!(refused, Err(StoreError::ReadOnly)));
}

pub async fn a_reader_sees_one_state(f: Arc<Fixture>) {
    let mut reader = f.store.read().await.unwrap();
    assert_eq!(reader.count_jobs().await.unwrap().pending, 0);
    let mut tx = f.store.begin().await.unwrap();
    tx.enqueue_job(&sample::job(&f.ctx, "k", None))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(reader.count_jobs().await.unwrap().pending, 0);
    drop(reader);
    let mut later = f.store.read().await.unwrap();
    assert_eq!(later.count_jobs().await.unwrap().pending, 1);
}

pub async fn blobs_are_kept_by_their_digest(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let abc = tx.put_blob(b"abc").await.unwrap();
    assert_eq!(
        abc,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(tx.put_blob(b"abc").await.unwrap(), abc);
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let large = tx.put_blob(&all).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = f.store.read().await.unwrap();
    assert_eq!(tx.get_blob(&abc).await.unwrap(), b"abc");
    assert_eq!(tx.get_blob(&large).await.unwrap(), all);
    for id in ["", "../../etc/passwd", &"0".repeat(64), &abc.to_uppercase()] {
        let missing = tx.get_blob(id).await;
        assert!(matches!(
            missing,
            Err(StoreError::NotFound { what: "blob", .. })
        ));
    }
    drop(tx);
    let path = f.folder.path().join("blobs").join("ba").join(&abc);
    if path.exists() {
        std::fs::write(&path, b"abd").unwrap();
    } else {
        f.raw("UPDATE blobs SET bytes = '\\x00' WHERE sha256 LIKE 'ba78%'")
            .await;
    }
    let mut tx = f.store.read().await.unwrap();
    let damaged = tx.get_blob(&abc).await;
    assert!(matches!(
        damaged,
        Err(StoreError::Damaged { what: "blob", .. })
    ));
}

pub async fn the_outbox_gives_each_effect_until_it_is_sent(f: Arc<Fixture>) {
    let effect = |ctx: &Ctx| NewOutbox {
        id: ctx.new_id(),
        kind: "order.document".into(),
        subject: "order_1".into(),
        payload: json!({"a": [1, null, "x"]}),
        created_at: ctx.now(),
    };
    let mut tx = f.store.begin().await.unwrap();
    let (first, second) = (effect(&f.ctx), effect(&f.ctx));
    tx.insert_outbox(&first).await.unwrap();
    tx.insert_outbox(&second).await.unwrap();
    assert!(tx.mark_outbox_sent(first.id, f.now()).await.unwrap());
    assert!(!tx.mark_outbox_sent(first.id, f.now()).await.unwrap());
    assert_eq!(tx.list_outbox_pending(10).await.unwrap(), [second]);
}

pub async fn feed_numbers_have_no_gaps(f: Arc<Fixture>) {
    let event = |n: i64| FeedEvent {
        kind: "order.changed".into(),
        subject: format!("order_{n}"),
        at: f.now(),
        data: json!({"n": n}),
    };
    let mut watch = f.store.feed_watch();
    assert_eq!(*watch.borrow_and_update(), 0);
    for n in 1..=3 {
        let mut tx = f.store.begin().await.unwrap();
        tx.append_feed(&event(2 * n - 1)).await.unwrap();
        tx.append_feed(&event(2 * n)).await.unwrap();
        let committed = tx.commit().await.unwrap();
        assert_eq!(committed.last_feed_id, Some(2 * n));
        let mut undone = f.store.begin().await.unwrap();
        undone.append_feed(&event(99)).await.unwrap();
    }
    assert_eq!(*watch.borrow_and_update(), 6);
    let mut tx = f.store.read().await.unwrap();
    assert_eq!(tx.feed_head().await.unwrap(), 6);
    let got = tx.list_feed_after(2, 3).await.unwrap();
    let ids: Vec<_> = got.iter().map(|record| record.id).collect();
    assert_eq!(ids, [3, 4, 5]);
    assert_eq!(got[0].event, event(3));
    drop(tx);
    assert_eq!(*f.reopen().await.feed_watch().borrow(), 6);
    let mut tx = f.store.begin().await.unwrap();
    assert_eq!(tx.delete_feed_before(f.now()).await.unwrap(), 0);
    let later = f.now().plus(Duration::from_secs(1));
    assert_eq!(tx.delete_feed_before(later).await.unwrap(), 6);
    assert_eq!(tx.feed_head().await.unwrap(), 6);
}

pub async fn idempotency_keys(f: Arc<Fixture>) {
    let response = StoredResponse {
        status: 201,
        content_type: "application/json".into(),
        body: b"{\"id\":1}\0\xff".to_vec(),
    };
    let now = f.now();
    let mut tx = f.store.begin().await.unwrap();
    let fresh = tx
        .begin_idempotent("u1 POST /v1/reports", "k", "d1", now)
        .await;
    assert_eq!(fresh.unwrap(), IdempotencyBegin::Fresh);
    let other_scope = tx
        .begin_idempotent("u2 POST /v1/reports", "k", "d2", now)
        .await;
    assert_eq!(other_scope.unwrap(), IdempotencyBegin::Fresh);
    tx.commit().await.unwrap();

    let scope = "u1 POST /v1/reports";
    let mut tx = f.store.begin().await.unwrap();
    let busy = tx.begin_idempotent(scope, "k", "d1", now).await.unwrap();
    assert_eq!(busy, IdempotencyBegin::InProgress);
    let other = tx.begin_idempotent(scope, "k", "d2", now).await.unwrap();
    assert_eq!(other, IdempotencyBegin::Mismatch);
    let crashed = now.plus(IDEMPOTENCY_LEASE);
    let again = tx
        .begin_idempotent(scope, "k", "d1", crashed)
        .await
        .unwrap();
    assert_eq!(again, IdempotencyBegin::Fresh);
    tx.finish_idempotent(scope, "k", &response).await.unwrap();
    let twice = tx.finish_idempotent(scope, "k", &response).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
    tx.commit().await.unwrap();

    let mut tx = f.store.begin().await.unwrap();
    let replay = tx
        .begin_idempotent(scope, "k", "d1", crashed)
        .await
        .unwrap();
    assert_eq!(replay, IdempotencyBegin::Replay(response));
    let other = tx
        .begin_idempotent(scope, "k", "d2", crashed)
        .await
        .unwrap();
    assert_eq!(other, IdempotencyBegin::Mismatch);
    tx.abandon_idempotent("u2 POST /v1/reports", "k")
        .await
        .unwrap();
    let freed = tx
        .begin_idempotent("u2 POST /v1/reports", "k", "d3", now)
        .await;
    assert_eq!(freed.unwrap(), IdempotencyBegin::Fresh);
    let end = crashed.plus(IDEMPOTENCY_KEPT);
    let forgotten = tx.begin_idempotent(scope, "k", "d2", end).await.unwrap();
    assert_eq!(forgotten, IdempotencyBegin::Fresh);
    assert_eq!(tx.delete_expired_idempotency(end).await.unwrap(), 1);
}
