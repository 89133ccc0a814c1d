use std::sync::Arc;

use serde_json::json;
use stanch_store::audit::CHECKPOINT_EVERY;
use stanch_store::audit::note::{Checkpoint, Verifier};
use stanch_store::audit::tree::{self, Hash, verify_consistency, verify_inclusion};
use stanch_store::{AuditFilter, PageRequest, StoreError, VerifyOptions, verify_audit};
use stanch_types::user::Actor;

use crate::fixture::Fixture;
use crate::sample;
use crate::suite::behind::Raw;

/// Appends entries in one transaction.
pub async fn append(f: &Fixture, count: usize) {
    let mut tx = f.store.begin().await.unwrap();
    for n in 0..count {
        let mut entry = sample::audit(&f.ctx, &format!("order_{}", n % 3));
        entry.personal = vec![
            ("name", format!("张三{n}")),
            ("phone", "13800138000".into()),
        ];
        tx.append_audit(&entry).await.unwrap();
    }
    tx.commit().await.unwrap();
}

pub async fn entries_come_back(f: Arc<Fixture>) {
    append(&f, 7).await;
    let mut tx = f.store.begin().await.unwrap();
    let mut entry = sample::audit(&f.ctx, "case_1");
    entry.actor = Actor::Institution {
        code: "BK01".parse().unwrap(),
    };
    entry.action = "answer.received";
    tx.append_audit(&entry).await.unwrap();
    assert_eq!(
        tx.audit_size().await.unwrap(),
        7,
        "numbered before the commit"
    );
    assert_eq!(tx.commit().await.unwrap().first_audit_seq, Some(7));

    let mut tx = f.store.read().await.unwrap();
    let page = PageRequest::new(3, None).unwrap();
    let first = tx.list_audit(&AuditFilter::default(), &page).await.unwrap();
    let rest = page.following(first.next.unwrap());
    let rest = tx.list_audit(&AuditFilter::default(), &rest).await.unwrap();
    assert_eq!(
        rest.items.iter().map(|r| r.seq).collect::<Vec<_>>(),
        [3, 4, 5]
    );
    let about = AuditFilter {
        subject: Some("order_1".into()),
        ..AuditFilter::default()
    };
    let about = tx.list_audit(&about, &page).await.unwrap();
    assert_eq!(
        about.items.iter().map(|r| r.seq).collect::<Vec<_>>(),
        [1, 4]
    );
    assert_eq!(about.items[0].personal[0].value.as_deref(), Some("张三1"));
    assert!(
        !format!("{:?}", about.items[0]).contains("张三1"),
        "personal value in debug output"
    );

    let filter = AuditFilter {
        subject: None,
        action: Some("answer.received".into()),
        actor: Some(entry.actor.clone()),
    };
    let found = tx.list_audit(&filter, &page).await.unwrap().items.remove(0);
    assert_eq!(
        (found.seq, found.at, &found.actor),
        (7, entry.at, &entry.actor)
    );
    assert_eq!(
        (found.subject.as_str(), &found.detail),
        ("case_1", &entry.detail)
    );
    assert_eq!(tree::leaf_hash(found.canonical.as_bytes()), found.leaf_hash);
    assert!(!found.canonical.contains("13800138000"));
    assert_eq!(tx.lookup_audit(7).await.unwrap(), Some(found));
    assert_eq!(tx.lookup_audit(8).await.unwrap(), None);
    assert_eq!(tx.lookup_audit(u64::MAX).await.unwrap(), None);
}

fn checkpoint(f: &Fixture, note: &str) -> Checkpoint {
    let verifier = Verifier::parse(&f.store.audit_verifier_key()).unwrap();
    Checkpoint::verify(note, &verifier).unwrap()
}

pub async fn proofs_verify_against_signed_checkpoints(f: Arc<Fixture>) {
    let empty = checkpoint(&f, &f.store.audit_checkpoint().await.unwrap());
    assert_eq!((empty.size, empty.root), (0, tree::empty_root()));
    let mut checkpoints = vec![empty];
    for count in [1, 1, 3, 8, 2] {
        append(&f, count).await;
        let note = f.store.audit_checkpoint().await.unwrap();
        assert_eq!(
            f.store.audit_checkpoint().await.unwrap(),
            note,
            "signed once per size"
        );
        checkpoints.push(checkpoint(&f, &note));
    }
    let mut tx = f.store.read().await.unwrap();
    let latest = tx.latest_checkpoint().await.unwrap().unwrap();
    assert_eq!(checkpoint(&f, &latest), checkpoints[5]);
    for to in &checkpoints {
        for seq in 0..to.size {
            let proof = tx.audit_inclusion(seq, to.size).await.unwrap();
            let record = tx.lookup_audit(seq).await.unwrap().unwrap();
            let leaf = tree::leaf_hash(record.canonical.as_bytes());
            assert!(verify_inclusion(leaf, seq, to.size, &proof.path, to.root));
        }
        for from in checkpoints.iter().filter(|from| from.size <= to.size) {
            let proof = tx.audit_consistency(from.size, to.size).await.unwrap();
            assert!(verify_consistency(
                from.size,
                to.size,
                from.root,
                to.root,
                &proof.path
            ));
        }
    }
    for (seq, size) in [(15, 15), (0, 16), (0, 0), (u64::MAX, u64::MAX)] {
        let refused = tx.audit_inclusion(seq, size).await;
        assert!(matches!(refused, Err(StoreError::AuditRange { .. })));
    }
    for (from, to) in [(3, 2), (0, 16)] {
        let refused = tx.audit_consistency(from, to).await;
        assert!(matches!(refused, Err(StoreError::AuditRange { .. })));
    }
}

pub async fn personal_values_can_be_erased(f: Arc<Fixture>) {
    append(&f, 9).await;
    let mut tx = f.store.begin().await.unwrap();
    let before = tx.lookup_audit(1).await.unwrap().unwrap();
    drop(tx);
    let mut raw = Raw::open(&f).await;
    let stored = |of| format!("SELECT value FROM audit_personal WHERE subject = '{of}'");
    let erased = raw.texts(&stored("order_1")).await.unwrap();
    let kept = raw.texts(&stored("order_2")).await.unwrap();
    assert_eq!((erased.len(), kept.is_empty()), (6, false));
    drop(raw);
    assert_eq!(f.store.erase_personal("order_1").await.unwrap(), 6);
    assert_eq!(f.store.erase_personal("order_1").await.unwrap(), 0);
    let mut tx = f.store.read().await.unwrap();
    let after = tx.lookup_audit(1).await.unwrap().unwrap();
    drop(tx);
    assert_eq!(
        (&after.canonical, after.leaf_hash),
        (&before.canonical, before.leaf_hash)
    );
    assert!(
        after
            .personal
            .iter()
            .all(|personal| personal.value.is_none())
    );
    let mut last = (0, 0);
    let options = VerifyOptions::default();
    let mut progress = |done, all| last = (done, all);
    let verdict = verify_audit(&f.store, &options, &mut progress)
        .await
        .unwrap();
    assert!(verdict.is_whole(), "{verdict:?}");
    assert_eq!(
        (verdict.size, verdict.personal, verdict.personal_erased),
        (10, 18, 6)
    );
    assert_eq!(last, (10, 10), "the erasure is an entry, too");
    if let stanch_store::Database::Sqlite { path } = &f.config.database {
        let file = std::fs::read(path).unwrap();
        let holds = |text: &String| {
            file.windows(text.len())
                .any(|window| window == text.as_bytes())
        };
        assert!(
            kept.iter().all(holds) && !erased.iter().any(holds),
            "an erased value is still in the file"
        );
    }
}

pub async fn fractions_are_refused(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut entry = sample::audit(&f.ctx, "x");
    entry.detail = json!({"a": {"b": 0.5}});
    let refused = tx.append_audit(&entry).await;
    assert!(matches!(refused, Err(StoreError::AuditEntry { .. })));
    entry.detail = json!("x".repeat(70_000));
    let refused = tx.append_audit(&entry).await;
    assert!(matches!(refused, Err(StoreError::AuditEntry { .. })));
    entry.detail = json!(null);
    entry.personal = vec![("name", "a".into()), ("name", "b".into())];
    let refused = tx.append_audit(&entry).await;
    assert!(matches!(refused, Err(StoreError::AuditEntry { .. })));
}

pub async fn checkpoints_are_made_at_intervals(f: Arc<Fixture>) {
    let every = usize::try_from(CHECKPOINT_EVERY).unwrap();
    let mut tx = f.store.begin().await.unwrap();
    for _ in 0..every + 5 {
        tx.append_audit(&sample::audit(&f.ctx, "x")).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = f.store.read().await.unwrap();
    let latest = tx.latest_checkpoint().await.unwrap().unwrap();
    assert_eq!(checkpoint(&f, &latest).size, CHECKPOINT_EVERY + 5);
    let proof = tx.audit_inclusion(777, CHECKPOINT_EVERY + 5).await.unwrap();
    assert_eq!(proof.path.len(), 11);
    assert_ne!(proof.root, Hash::new([0; 32]));
    drop(tx);
    let verdict = verify_audit(&f.store, &VerifyOptions::default(), &mut |_, _| {})
        .await
        .unwrap();
    assert!(
        verdict.is_whole() && verdict.checkpoints == 1,
        "{verdict:?}"
    );
}
