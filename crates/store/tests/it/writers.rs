//! One installation at a time works on a PostgreSQL database, and only with the keys its tree is signed with.

use std::net::TcpListener;
use std::sync::Arc;

use stanch_store::{Instance, Store, StoreConfig, StoreError};
use stanch_types::Ctx;

use crate::fixture::{self, Fixture};
use crate::sample;

fn opened_by(f: &Fixture, name: &str) -> StoreConfig {
    f.config.clone().opened_by(Instance {
        name: name.to_owned(),
        told: format!("pid 1 of {name}"),
    })
}

async fn open(f: &Fixture, name: &str) -> Result<Store, StoreError> {
    Store::open(&opened_by(f, name), &f.ctx).await
}

async fn write_one(f: &Fixture, store: &Store) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.append_audit(&sample::audit(&f.ctx, "x")).await?;
    tx.commit().await.map(drop)
}

#[tokio::test]
async fn a_second_installation_waits_for_the_first_on_postgres() {
    fixture::postgres(|f| async move {
        let first = open(&f, "a").await.unwrap();
        let Err(StoreError::InUse { by, secs }) = open(&f, "b").await else {
            panic!("two installations at once");
        };
        assert!(
            by == "pid 1 of a" && (1..=31).contains(&secs),
            "{by} {secs}"
        );
        let reader = Store::open_read_only(&f.config, &f.ctx).await.unwrap();
        assert_eq!(reader.read().await.unwrap().audit_size().await.unwrap(), 0);
        reader.close().await.unwrap();
        write_one(&f, &first).await.unwrap();
        first.close().await.unwrap();
        let second = open(&f, "b").await.unwrap();
        assert_eq!(second.instance_name(), Some("b"));
        second.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn whoever_was_taken_for_dead_writes_no_more_on_postgres() {
    fixture::postgres(|f| async move {
        let first = open(&f, "a").await.unwrap();
        f.raw("UPDATE writers SET lease_until = 1").await;
        let second = open(&f, "b").await.unwrap();
        let refused = write_one(&f, &first).await;
        assert!(
            matches!(refused, Err(StoreError::WriterLost)),
            "{refused:?}"
        );
        first.writer_lost().await;
        write_one(&f, &second).await.unwrap();
        assert!(matches!(first.close().await, Err(StoreError::WriterLost)));
        let third = open(&f, "a").await;
        assert!(
            matches!(third, Err(StoreError::InUse { .. })),
            "closing the first let go of the second's claim"
        );
        second.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_restarted_installation_goes_on_at_once_on_postgres() {
    fixture::postgres(|f| async move {
        let died = open(&f, "a").await.unwrap();
        let restarted = open(&f, "a").await.unwrap();
        write_one(&f, &restarted).await.unwrap();
        assert!(write_one(&f, &died).await.is_err());
        restarted.close().await.unwrap();
    })
    .await;
}

/// Five starts at the same time of an empty database: one has it, the others are told so.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_start_together_one_wins_on_postgres() {
    fixture::postgres(|f| async move {
        f.raw("DROP SCHEMA public CASCADE").await;
        f.raw("CREATE SCHEMA public").await;
        let mut starts = tokio::task::JoinSet::new();
        for n in 0..5 {
            let f = f.clone();
            starts.spawn(async move { open(&f, &format!("i{n}")).await });
        }
        let mut won = Vec::new();
        for outcome in starts.join_all().await {
            match outcome {
                Ok(store) => won.push(store),
                Err(error) => assert!(matches!(error, StoreError::InUse { .. }), "{error:?}"),
            }
        }
        assert_eq!(won.len(), 1);
        write_one(&f, &won[0]).await.unwrap();
    })
    .await;
}

async fn another_key_is_refused(f: Arc<Fixture>) {
    let mut other = f.config.clone();
    other.audit_key = f.folder.path().join("elsewhere/audit.ed25519");
    let refused = Store::open(&other, &f.ctx).await;
    assert!(
        matches!(refused, Err(StoreError::OtherAuditKey { .. })),
        "{refused:?}"
    );
    assert!(
        !other.audit_key.exists(),
        "a key that may not sign was left"
    );
    std::fs::copy(&f.config.audit_key, &other.audit_key).unwrap();
    Store::open(&other, &f.ctx).await.unwrap();
}

#[tokio::test]
async fn another_key_is_refused_on_sqlite() {
    fixture::sqlite(another_key_is_refused).await;
}

#[tokio::test]
async fn another_key_is_refused_on_postgres() {
    fixture::postgres(another_key_is_refused).await;
}

fn words(error: &StoreError) -> String {
    let cause = std::error::Error::source(error);
    format!(
        "{error}: {}",
        cause.map_or_else(String::new, ToString::to_string)
    )
}

#[tokio::test]
async fn a_server_that_is_down_is_named_without_its_password() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://stanch:hunter2@127.0.0.1:{port}/record");
    let config = StoreConfig::postgres(url, folder.path());
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    std::fs::write(&config.audit_key, [7; 32]).unwrap();
    for outcome in [
        Store::open(&config, &Ctx::system()).await,
        Store::open_read_only(&config, &Ctx::system()).await,
    ] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        let text = words(&error);
        assert!(
            text.contains(&format!("`record` of PostgreSQL at 127.0.0.1:{port}")),
            "{text}"
        );
        assert!(
            !format!("{text} {error:?} {config:?}").contains("hunter2"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_missing_or_empty_database_is_told_on_postgres() {
    fixture::postgres(|f| async move {
        let stanch_store::Database::Postgres { url, .. } = &f.config.database else {
            panic!("not on PostgreSQL");
        };
        let missing = StoreConfig::postgres(format!("{url}_missing"), f.folder.path());
        let error = Store::open(&missing, &f.ctx).await.unwrap_err();
        assert!(words(&error).contains("does not exist"), "{error:?}");
        f.raw("DROP SCHEMA public CASCADE").await;
        f.raw("CREATE SCHEMA public").await;
        let error = Store::open_read_only(&f.config, &f.ctx).await.unwrap_err();
        assert!(
            matches!(error, StoreError::SchemaOlder { found: 0, .. }),
            "{error:?}"
        );
        f.reopen().await;
    })
    .await;
}

#[tokio::test]
async fn a_broken_connection_is_told_and_mended_on_postgres() {
    fixture::postgres(|f| async move {
        let store = open(&f, "a").await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.append_audit(&sample::audit(&f.ctx, "x")).await.unwrap();
        f.raw(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
        let broken = tx.commit().await;
        assert!(
            matches!(broken, Err(StoreError::Unreachable { .. })),
            "{broken:?}"
        );
        write_one(&f, &store).await.unwrap();
        let size = store.read().await.unwrap().audit_size().await.unwrap();
        assert_eq!(size, 1);
        store.close().await.unwrap();
    })
    .await;
}
