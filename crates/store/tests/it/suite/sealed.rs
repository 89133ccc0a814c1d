//! Personal columns are unreadable without the data folder's key, and keys can be changed.

use std::sync::Arc;

use serde_json::json;
use stanch_store::{AuditEntry, Database, Store, StoreError, VerifyOptions, verify_audit};
use stanch_types::report::Priority;
use stanch_types::user::Actor;

use crate::fixture::Fixture;
use crate::sample;

/// Number of rows whose body begins with `mark`, found by setting a column to itself.
async fn marked(f: &Fixture, table: &str, column: &str, mark: &str) -> u64 {
    f.raw(&format!(
        "UPDATE {table} SET org_id = org_id WHERE {column} LIKE '{mark}%'"
    ))
    .await
}

pub async fn personal_columns_are_encrypted_and_keys_rotate(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let case = sample::stored_case(&mut tx, &f.ctx, Priority::P0).await;
    let order = sample::order(&f.ctx, case.id, "stop_payment", "6222000000000002");
    let step = sample::step(&f.ctx, &order, 1, None);
    tx.insert_order(&order, &step).await.unwrap();
    tx.append_audit(&AuditEntry {
        at: f.now(),
        actor: Actor::System,
        action: "report.received",
        subject: "report_1".to_owned(),
        detail: json!({}),
        personal: vec![("phone", "+8613800138000".to_owned())],
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    for (table, column) in [
        ("reports", "body"),
        ("orders", "body"),
        ("audit_personal", "value"),
    ] {
        assert_eq!(marked(&f, table, column, "enc1:1:").await, 1, "{table}");
    }
    let report = f
        .store
        .read()
        .await
        .unwrap()
        .report_of_case(case.id)
        .await
        .unwrap();
    let rotated = f.store.rotate_data_key().await.unwrap();
    assert_eq!((rotated.key, rotated.rows, rotated.destroyed), (2, 3, 1));
    for (table, column) in [
        ("reports", "body"),
        ("orders", "body"),
        ("audit_personal", "value"),
    ] {
        assert_eq!(marked(&f, table, column, "enc1:2:").await, 1, "{table}");
    }
    let again = f.reopen().await;
    let mut tx = again.read().await.unwrap();
    assert_eq!(tx.report_of_case(case.id).await.unwrap(), report);
    assert_eq!(tx.get_order(order.id).await.unwrap(), order);
    let entry = tx.lookup_audit(0).await.unwrap().unwrap();
    assert_eq!(entry.personal[0].value.as_deref(), Some("+8613800138000"));
    drop(tx);
    let verdict = verify_audit(&again, &VerifyOptions::default(), &mut |_, _| {}).await;
    assert!(verdict.unwrap().is_whole());
    again.close().await.unwrap();
    as_it_was_before(&f, &report).await;
    without_the_key(&f).await;
}

/// A row of before the encryption is read as it is, and encrypted by the next rotation.
async fn as_it_was_before(f: &Fixture, report: &stanch_types::report::Report) {
    let plain = serde_json::to_string(report).unwrap().replace('\'', "''");
    // PostgreSQL reads no escapes in plain literals; SQLite neither.
    f.raw(&format!("UPDATE reports SET body = '{plain}'")).await;
    let mut tx = f.store.read().await.unwrap();
    assert_eq!(&tx.get_report(report.id).await.unwrap(), report);
    drop(tx);
    assert_eq!(f.store.rotate_data_key().await.unwrap().rows, 3);
    assert_eq!(marked(f, "reports", "body", "enc1:3:").await, 1);
}

/// The database alone opens nothing.
async fn without_the_key(f: &Fixture) {
    let mut config = f.config.clone();
    config.data_key = f.folder.path().join("other.key");
    let refused = Store::open(&config, &f.ctx).await;
    assert!(
        matches!(refused, Err(StoreError::Key { .. })),
        "{refused:?}"
    );
    if let Database::Sqlite { path } = &f.config.database {
        let bytes = std::fs::read(path).unwrap();
        let name = "王小明".as_bytes();
        assert!(!bytes.windows(name.len()).any(|window| window == name));
    }
}
