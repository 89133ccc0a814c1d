//! Items of evidence and chains of custody.

use std::sync::Arc;

use serde_json::json;
use stanch_store::{CustodyLink, StoreError};
use stanch_types::evidence::{CustodyAction, CustodyEvent, EvidenceItem, EvidenceState};
use stanch_types::report::Priority;
use stanch_types::{CaseId, Ctx};

use crate::fixture::Fixture;
use crate::sample;

fn item(ctx: &Ctx, case_id: CaseId) -> EvidenceItem {
    serde_json::from_value(json!({
        "id": ctx.new_id::<stanch_types::id::Evidence>(), "case_id": case_id, "name": "截图.png",
        "category": "picture", "format": "image/png",
        "digest": {"size": 3, "sha256": "00".repeat(32), "sm3": "11".repeat(32)},
        "acquired_at": ctx.now(), "collectors": {"first": sample::user_id(1), "second": sample::user_id(2)},
        "record": {"matter": "m", "object": "o", "content": "c", "place": "p", "method": "m", "process": "p",
            "source": "s", "tool": "t", "witness": null},
        "state": {"state": "in_custody", "holder": sample::user_id(1)},
    }))
    .unwrap()
}

fn link(ctx: &Ctx, item: &EvidenceItem, seq: i32) -> CustodyLink {
    CustodyLink {
        event: CustodyEvent {
            item_id: item.id,
            seq,
            at: ctx.now(),
            by: sample::user_id(1),
            action: CustodyAction::Viewed {
                purpose: "比对".to_owned(),
            },
            previous: (seq > 1).then(|| "22".repeat(32)),
        },
        sha256: "33".repeat(32),
    }
}

pub async fn evidence_and_its_chain_come_back(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    let (first, second) = (item(&f.ctx, case.id), item(&f.ctx, case.id));
    for item in [&first, &second] {
        tx.insert_evidence(item).await.unwrap();
    }
    let links = [link(&f.ctx, &first, 1), link(&f.ctx, &first, 2)];
    for link in &links {
        tx.insert_custody(link).await.unwrap();
    }
    let held = tx.lock_evidence(first.id).await.unwrap();
    let moved = EvidenceItem {
        state: EvidenceState::InCustody {
            holder: sample::user_id(2),
        },
        ..held
    };
    tx.update_evidence(&moved).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = f.store.read().await.unwrap();
    // Made in one instant: the smaller identifier comes first.
    let mut both = [moved.clone(), second.clone()];
    both.sort_by_key(|item| item.id);
    assert_eq!(tx.list_evidence(case.id).await.unwrap(), both);
    assert_eq!(tx.lookup_evidence(first.id).await.unwrap(), Some(moved));
    assert_eq!(tx.list_custody(first.id).await.unwrap(), links);
    assert_eq!(
        tx.last_custody(first.id).await.unwrap(),
        Some(links[1].clone())
    );
    assert_eq!(tx.last_custody(second.id).await.unwrap(), None);
    drop(tx);
    refusals(&f, &first, &links[0]).await;
}

/// A link cannot stand twice or without its item, nor an item without its case.
async fn refusals(f: &Fixture, first: &EvidenceItem, again: &CustodyLink) {
    let mut tx = f.store.begin().await.unwrap();
    let refused = tx.insert_custody(again).await;
    assert!(matches!(refused, Err(StoreError::Exists { .. })));
    tx.rollback().await.unwrap();
    let mut tx = f.store.begin().await.unwrap();
    let stray = link(&f.ctx, &item(&f.ctx, first.case_id), 1);
    let refused = tx.insert_custody(&stray).await;
    assert!(matches!(refused, Err(StoreError::Reference { .. })));
    tx.rollback().await.unwrap();
    let mut tx = f.store.begin().await.unwrap();
    let refused = tx.insert_evidence(&item(&f.ctx, f.ctx.new_id())).await;
    assert!(matches!(refused, Err(StoreError::Reference { .. })));
    tx.rollback().await.unwrap();
}
