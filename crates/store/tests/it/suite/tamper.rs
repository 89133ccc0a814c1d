use std::sync::Arc;

use stanch_store::{AuditBreak, Store, VerifyOptions, verify_audit};

use crate::fixture::Fixture;
use crate::suite::audit::append;

async fn broken(f: &Fixture, options: &VerifyOptions) -> Option<AuditBreak> {
    let verdict = verify_audit(&f.store, options, &mut |_, _| {}).await;
    verdict.unwrap().broken
}

/// Changes that a single statement makes, each undone after it, with the entry that the check must name.
const CHANGES: &[(&str, Option<u64>, &str)] = &[
    (
        "UPDATE audit_entries SET body = REPLACE(body, 'active', 'expire') WHERE seq = 700",
        Some(700),
        "leaf hash",
    ),
    (
        "UPDATE audit_entries SET leaf_hash = (SELECT leaf_hash FROM audit_entries WHERE seq = 3) WHERE seq = 5",
        Some(5),
        "leaf hash",
    ),
    (
        "UPDATE audit_entries SET subject = 'other' WHERE seq = 12",
        Some(12),
        "columns",
    ),
    (
        "UPDATE audit_entries SET at = at + 1 WHERE seq = 0",
        Some(0),
        "columns",
    ),
    (
        "UPDATE audit_entries SET actor = 'system' WHERE seq = 1",
        Some(1),
        "columns",
    ),
    (
        "UPDATE audit_entries SET action = 'x' WHERE seq = 2",
        Some(2),
        "columns",
    ),
    (
        "DELETE FROM audit_entries WHERE seq = 600",
        Some(600),
        "missing",
    ),
    (
        "DELETE FROM audit_entries WHERE seq = 799",
        Some(799),
        "missing",
    ),
    (
        "UPDATE audit_entries SET seq = 800 WHERE seq = 799",
        Some(799),
        "missing",
    ),
    (
        "UPDATE audit_nodes SET hash = (SELECT hash FROM audit_nodes WHERE level = 1 AND ix = 0) WHERE level = 2 AND ix = 3",
        None,
        "subtree 2/3",
    ),
    (
        "DELETE FROM audit_nodes WHERE level = 9 AND ix = 0",
        None,
        "subtree 9/0 is missing",
    ),
    ("UPDATE log_heads SET audit_size = 799", None, "edge"),
    (
        "UPDATE audit_checkpoints SET root = (SELECT leaf_hash FROM audit_entries WHERE seq = 3) WHERE size = 800",
        None,
        "signed as",
    ),
    (
        "UPDATE audit_checkpoints SET note = REPLACE(note, '800', '801') WHERE size = 800",
        None,
        "signature is wrong",
    ),
    (
        "DELETE FROM audit_checkpoints WHERE size = 790",
        None,
        "checkpoints are missing",
    ),
    (
        "UPDATE audit_checkpoints SET size = 799 WHERE size = 800",
        None,
        "signed as",
    ),
];

pub async fn every_change_behind_the_back_is_found(f: Arc<Fixture>) {
    append_plain(&f, 790).await;
    let early = f.store.audit_checkpoint().await.unwrap();
    append_plain(&f, 10).await;
    f.store.audit_checkpoint().await.unwrap();
    let known = VerifyOptions {
        known_checkpoints: vec![early],
    };
    assert_eq!(broken(&f, &known).await, None);

    for table in [
        "audit_entries",
        "audit_nodes",
        "log_heads",
        "audit_checkpoints",
    ] {
        f.raw(&format!(
            "CREATE TABLE kept_{table} AS SELECT * FROM {table}"
        ))
        .await;
    }
    for (change, seq, what) in CHANGES {
        assert_eq!(f.raw(change).await, 1, "{change}");
        let found = broken(&f, &VerifyOptions::default()).await;
        let found = found.unwrap_or_else(|| panic!("not found: {change}"));
        assert!(found.seq == *seq || seq.is_none(), "{change}: {found:?}");
        assert!(found.what.contains(what), "{change}: {found:?}");
        for table in [
            "audit_entries",
            "audit_nodes",
            "log_heads",
            "audit_checkpoints",
        ] {
            f.raw(&format!("DELETE FROM {table}")).await;
            f.raw(&format!("INSERT INTO {table} SELECT * FROM kept_{table}"))
                .await;
        }
    }
    assert_eq!(broken(&f, &known).await, None, "the undoing is not whole");

    append(&f, 10).await;
    f.raw("UPDATE audit_personal SET value = '李四' WHERE seq = 805 AND name = 'name'")
        .await;
    let found = broken(&f, &known).await.unwrap();
    assert_eq!(found.seq, Some(805));
    f.raw("DELETE FROM audit_personal WHERE seq = 805").await;
    let found = broken(&f, &known).await.unwrap();
    assert_eq!(found.seq, Some(805));
    assert!(found.what.contains("no later entry says"), "{found:?}");
    assert!(f.store.erase_personal("order_2").await.unwrap() > 0);
    assert_eq!(broken(&f, &known).await, None, "erasure is allowed");
    cut_off_and_replaced(&f, &known).await;
}

/// Whoever can write the database but not sign cannot cut the tree short; who can also sign cannot once a
/// checkpoint is kept outside.
async fn cut_off_and_replaced(f: &Fixture, known: &VerifyOptions) {
    let mut other = f.config.clone();
    other.audit_key = f.folder.path().join("other.key");
    std::fs::write(&other.audit_key, [7; 32]).unwrap();
    let stranger = Store::open_read_only(&other, &f.ctx).await.unwrap();
    let verdict = verify_audit(&stranger, &VerifyOptions::default(), &mut |_, _| {})
        .await
        .unwrap();
    assert!(
        verdict
            .broken
            .unwrap()
            .what
            .contains("not signed by the wanted key")
    );
    stranger.close().await.unwrap();

    f.raw("DELETE FROM audit_checkpoints").await;
    f.raw("DELETE FROM audit_personal").await;
    f.raw("DELETE FROM audit_nodes").await;
    f.raw("DELETE FROM audit_entries").await;
    // (size 0 with an empty edge is a valid beginning)
    let empty = if matches!(f.config.database, stanch_store::Database::Sqlite { .. }) {
        "x''"
    } else {
        "''"
    };
    f.raw(&format!(
        "UPDATE log_heads SET audit_size = 0, audit_checkpoints = 0, audit_frontier = {empty}"
    ))
    .await;
    append_plain(f, 790).await;
    assert_eq!(broken(f, &VerifyOptions::default()).await, None);
    f.clock.advance(stanch_types::Duration::from_secs(1));
    append_plain(f, 3).await;
    assert_eq!(broken(f, &VerifyOptions::default()).await, None);
    // The forged tree starts with the same 790 entries here only because the test's clock stood still.
    let mut forged = known.clone();
    forged
        .known_checkpoints
        .push(f.store.audit_checkpoint().await.unwrap());
    assert_eq!(broken(f, &forged).await, None);
    f.raw("DELETE FROM audit_checkpoints").await;
    f.raw("DELETE FROM audit_nodes").await;
    f.raw("DELETE FROM audit_entries").await;
    f.raw(&format!(
        "UPDATE log_heads SET audit_size = 0, audit_checkpoints = 0, audit_frontier = {empty}"
    ))
    .await;
    append_plain(f, 795).await;
    let found = broken(f, known).await.unwrap();
    assert!(
        found.what.contains("kept outside checkpoint over 790"),
        "{found:?}"
    );
}

/// Entries without personal values (whose salts are random).
async fn append_plain(f: &Fixture, count: usize) {
    let mut tx = f.store.begin().await.unwrap();
    for n in 0..count {
        let entry = crate::sample::audit(&f.ctx, &format!("order_{}", n % 3));
        tx.append_audit(&entry).await.unwrap();
    }
    tx.commit().await.unwrap();
}
