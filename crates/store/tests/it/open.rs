//! Opening and closing: schema numbers, keys, several programs at once.

use std::sync::Arc;

use stanch_store::{Store, StoreConfig, StoreError, VerifyOptions, verify_audit};
use stanch_types::Ctx;

use crate::fixture::{self, Fixture};
use crate::sample;

async fn a_newer_schema_is_refused(f: Arc<Fixture>) {
    f.raw("UPDATE schema_version SET version = version + 10")
        .await;
    for outcome in [
        Store::open(&f.config, &f.ctx).await,
        Store::open_read_only(&f.config, &f.ctx).await,
    ] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, StoreError::SchemaNewer { .. }), "{error}");
    }
    f.raw("UPDATE schema_version SET version = version - 11")
        .await;
    let error = Store::open_read_only(&f.config, &f.ctx).await.unwrap_err();
    assert!(
        matches!(error, StoreError::SchemaOlder { found, known } if found == known - 1),
        "{error}"
    );
    f.raw("UPDATE schema_version SET version = version + 1")
        .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_on_sqlite() {
    fixture::sqlite(a_newer_schema_is_refused).await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_on_postgres() {
    fixture::postgres(a_newer_schema_is_refused).await;
}

/// Six programs find an empty database at the same time; all of them open, with one schema.
#[tokio::test(flavor = "multi_thread")]
async fn programs_may_start_together_on_postgres() {
    fixture::postgres(|f| async move {
        f.raw("DROP SCHEMA public CASCADE").await;
        f.raw("CREATE SCHEMA public").await;
        let mut starts = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let f = f.clone();
            starts.spawn(async move { f.reopen().await });
        }
        for store in starts.join_all().await {
            let mut tx = store.read().await.unwrap();
            assert_eq!(tx.audit_size().await.unwrap(), 0);
            drop(tx);
            store.close().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_what_is_durable_and_changes_nothing() {
    fixture::sqlite(|f| async move {
        let reader = Store::open_read_only(&f.config, &f.ctx).await.unwrap();
        let refused = reader.begin().await.unwrap_err();
        assert!(matches!(refused, StoreError::ReadOnly));
        let mut tx = f.store.begin().await.unwrap();
        tx.append_audit(&sample::audit(&f.ctx, "x")).await.unwrap();
        assert_eq!(reader.read().await.unwrap().audit_size().await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(reader.read().await.unwrap().audit_size().await.unwrap(), 1);
        let verdict = verify_audit(&reader, &VerifyOptions::default(), &mut |_, _| {}).await;
        assert!(verdict.unwrap().is_whole());
        reader.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn closing_signs_what_is_new_and_the_key_is_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig::sqlite(folder.path());
    let ctx = Ctx::system();
    let store = Store::open(&config, &ctx).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.append_audit(&sample::audit(&ctx, "x")).await.unwrap();
    tx.commit().await.unwrap();
    let key = store.audit_verifier_key();
    store.close().await.unwrap();
    assert!(matches!(
        store.begin().await,
        Err(StoreError::Database { .. })
    ));

    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&config.audit_key), 0o600);
    assert_eq!(mode(&folder.path().join("keys")), 0o700);
    assert_eq!(std::fs::read(&config.audit_key).unwrap().len(), 32);
    let store = Store::open_read_only(&config, &ctx).await.unwrap();
    assert_eq!(store.audit_verifier_key(), key);
    let verdict = verify_audit(&store, &VerifyOptions::default(), &mut |_, _| {})
        .await
        .unwrap();
    assert!(
        verdict.is_whole() && verdict.checkpoints == 1,
        "{verdict:?}"
    );
    store.close().await.unwrap();

    std::fs::write(&config.audit_key, b"short").unwrap();
    let refused = Store::open(&config, &ctx).await;
    assert!(matches!(refused, Err(StoreError::Key { .. })));
}

#[tokio::test]
async fn a_missing_record_is_not_made_by_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig::sqlite(folder.path());
    assert!(
        Store::open_read_only(&config, &Ctx::system())
            .await
            .is_err()
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
