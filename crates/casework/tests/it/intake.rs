//! Reports in bulk, with documents, by claim code; merging and linking through keys.

use stanch_casework::{
    BulkOutcome, CaseworkError, ReportStatus, attach, claimed_report, give_claim, read_bulk,
    take_bulk,
};
use stanch_store::{CaseKeyKind, file_digest};
use stanch_types::report::{AttachmentType, Consent, ReportContent};
use stanch_types::user::Actor;
use stanch_types::{ClaimCode, Duration};

use crate::desk::{Desk, account, mule, victim, yuan};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot really";

/// A told payment that no institution has recorded.
fn unrecorded(desk: &Desk, n: i64) -> ReportContent {
    let mut content = desk.told();
    content.consent = Consent::Matching;
    content.payments[0].amount = yuan(900 + n);
    content
}

#[tokio::test]
async fn suspects_link_cases_only_where_reporters_let_them() {
    let desk = Desk::open().await;
    let mut contents = Vec::new();
    for n in 0..4 {
        contents.push(unrecorded(&desk, n));
    }
    contents[0].counterpart = Some("@Fast_Gold".into());
    contents[1].counterpart = Some("ＦＡＳＴ_gold".into());
    contents[1].payments[0].to = account("BK01", "M2");
    contents[2].consent = Consent::ThisCase;
    contents[2].counterpart = Some("fast_gold".into());
    contents[3].payments[0].to = account("BK01", "M9");
    let mut cases = Vec::new();
    for content in contents {
        cases.push(desk.report(content).await.unwrap().case.id);
    }
    cases.dedup();
    assert_eq!(cases.len(), 4, "the same suspect is not the same case");
    let mut tx = desk.store.read().await.unwrap();
    let related = tx.related_cases(cases[0], 10).await.unwrap();
    assert_eq!(related.len(), 1, "{related:?}");
    assert_eq!(related[0].0, cases[1]);
    assert_eq!(
        related[0].1.keys().collect::<Vec<_>>(),
        [&CaseKeyKind::Handle]
    );
    assert!(tx.related_cases(cases[2], 10).await.unwrap().is_empty());
    assert!(tx.related_cases(cases[3], 10).await.unwrap().is_empty());
    drop(tx);
    // A receiving account links too.
    let fifth = desk.report(unrecorded(&desk, 9)).await.unwrap().case.id;
    let mut tx = desk.store.read().await.unwrap();
    let related = tx.related_cases(fifth, 10).await.unwrap();
    assert_eq!(related[0].0, cases[0]);
    assert_eq!(
        related[0].1.keys().collect::<Vec<_>>(),
        [&CaseKeyKind::Account]
    );
}

#[tokio::test]
async fn a_payment_found_later_joins_reports_to_its_case() {
    let desk = Desk::open().await;
    let first = desk.report(desk.told()).await.unwrap();
    assert!(first.case.victim_payments.is_empty());
    desk.book(&[("T1", 0, victim(), mule(), 1_000_000)]);
    desk.plan(first.case.id).await.unwrap();
    let second = desk.report(desk.told()).await.unwrap();
    assert_eq!(second.case.id, first.case.id, "planning noted the payment");
}

#[tokio::test]
async fn a_claim_code_opens_its_report_and_no_other_and_the_last_one_counts() {
    let desk = Desk::open().await;
    let received = desk.report(desk.told()).await.unwrap();
    let mut tx = desk.store.begin().await.unwrap();
    let id = received.report.id;
    let old = give_claim(&mut tx, &desk.ctx, id, Actor::Reporter)
        .await
        .unwrap();
    let new = give_claim(&mut tx, &desk.ctx, id, Actor::Reporter)
        .await
        .unwrap();
    let report = claimed_report(&mut tx, &new).await.unwrap();
    assert_eq!(report.id, id);
    let status = ReportStatus::from(&report);
    assert_eq!((status.state, status.question), ("lead_opened", None));
    for wrong in [old, ClaimCode::new(&desk.ctx)] {
        let refused = claimed_report(&mut tx, &wrong).await;
        assert!(matches!(refused, Err(CaseworkError::NoSuchClaim)));
    }
}

#[tokio::test]
async fn attachments_are_typed_by_their_bytes_counted_and_kept_once() {
    let desk = Desk::open().await;
    let received = desk.report(desk.told()).await.unwrap();
    let id = received.report.id;
    let mut tx = desk.store.begin().await.unwrap();
    let mut report = received.report;
    for name in ["a.exe", "b.png"] {
        report = attach(&mut tx, &desk.ctx, id, name, PNG, Actor::Reporter)
            .await
            .unwrap();
    }
    assert_eq!(report.attachments.len(), 1, "the same bytes once");
    let kept = report.attachments[0].clone();
    assert_eq!(
        (kept.file_name.as_str(), kept.media_type),
        ("a.exe", AttachmentType::Png)
    );
    let owner = id.to_string();
    assert_eq!(tx.get_file(&owner, &kept.sha256).await.unwrap(), PNG);
    let plain = tx.get_blob(&kept.sha256).await;
    assert!(plain.is_err(), "the file lies on the disk encrypted");
    let too_large = vec![b'a'; stanch_casework::ATTACHMENT_BYTES_MAX + 1];
    for bad in [b"MZ\x90\0".as_slice(), b"", &too_large] {
        let refused = attach(&mut tx, &desk.ctx, id, "x", bad, Actor::Reporter).await;
        assert!(matches!(refused, Err(CaseworkError::StepInvalid(_))));
    }
    for n in 1..10 {
        let text = format!("text {n}");
        attach(
            &mut tx,
            &desk.ctx,
            id,
            "t",
            text.as_bytes(),
            Actor::Reporter,
        )
        .await
        .unwrap();
    }
    let eleventh = attach(&mut tx, &desk.ctx, id, "t", b"one more", Actor::Reporter).await;
    assert!(matches!(eleventh, Err(CaseworkError::StepInvalid(_))));
    let kept = tx.get_file(&owner, &file_digest(b"one more")).await;
    assert!(kept.is_err(), "what was refused is not kept");
}

const HEADER: &str = "external_id,relation,consent,narrative,occurred_at,amount,currency,from_institution,from_account,to_institution,to_account,counterpart";

fn file() -> String {
    let line = |id: &str, amount: &str, from: &str| {
        format!(
            "{id},victim,matching,\"told, to pay\",2026-03-02T07:59:00Z,{amount},CNY,BK01,{from},BK02,M1,@x\n"
        )
    };
    let mut text = format!("{HEADER}\n");
    text += &line("A-1", "10.00", "V1");
    text += &line("A-1", "20.00", "V1");
    text += &line("A-2", "ten", "V1");
    text += "A-3,victim\n";
    text += &line("A-4", "5.00", "M1");
    text += &line("A-5", "7.00", "V1").replace("BK02,M1", "BK01,V1");
    text
}

async fn imported(desk: &Desk, text: &str) -> BulkOutcome {
    let reports: Vec<_> = read_bulk(text.as_bytes()).unwrap().collect();
    let mut outcome = BulkOutcome::default();
    let mut tx = desk.store.begin().await.unwrap();
    let actor = Actor::User { id: desk.operator };
    take_bulk(
        &mut tx,
        &desk.ctx,
        &desk.ledger,
        &reports,
        &actor,
        &mut outcome,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    outcome
}

#[tokio::test]
async fn a_file_of_reports_is_taken_line_by_line_and_again_without_effect() {
    let desk = Desk::open().await;
    desk.clock.advance(Duration::from_mins(10));
    let outcome = imported(&desk, &file()).await;
    assert_eq!(
        (outcome.taken, outcome.known, outcome.refused_count),
        (2, 0, 3)
    );
    let refused: Vec<_> = outcome
        .refused
        .iter()
        .map(|one| (one.line, one.external_id.as_str()))
        .collect();
    assert_eq!(refused, [(4, "A-2"), (5, ""), (7, "A-5")]);
    assert!(
        outcome.refused[2].detail.contains("/payments/0/to"),
        "{:?}",
        outcome.refused
    );
    let mut tx = desk.store.read().await.unwrap();
    let stored = tx
        .lookup_report_by_external_id("A-1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.content.payments.len(), 2);
    assert_eq!(stored.content.narrative, "told, to pay");
    drop(tx);
    let again = imported(&desk, &file()).await;
    assert_eq!((again.taken, again.known, again.refused_count), (0, 2, 3));
    let mistyped = file().replace("counterpart", "counterprat");
    let outcome = imported(&desk, &mistyped).await;
    assert_eq!(outcome.taken, 0, "a column that nobody reads is a mistake");
    assert!(read_bulk("a,b\n1,2\n".as_bytes()).is_err());
}
