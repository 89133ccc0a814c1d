//! A store of its own for every test, on either database.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use stanch_store::{Database, Store, StoreConfig};
use stanch_types::{Ctx, ManualClock, Timestamp};

/// Names the PostgreSQL server that tests may create databases on.
const POSTGRES_VARIABLE: &str = "STANCH_TEST_POSTGRES_URL";

pub struct Fixture {
    pub store: Store,
    pub ctx: Ctx,
    pub clock: Arc<ManualClock>,
    pub config: StoreConfig,
    pub folder: tempfile::TempDir,
}

impl Fixture {
    pub fn now(&self) -> Timestamp {
        self.ctx.now()
    }

    /// Runs SQL behind the store's back.
    pub async fn raw(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.config.database {
            Database::Sqlite { path } => {
                let url = format!("sqlite://{}", path.display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                done.rows_affected()
            }
            Database::Postgres { url, .. } => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                done.rows_affected()
            }
        }
    }

    /// A second store on the same record, as another process would have.
    pub async fn reopen(&self) -> Store {
        Store::open(&self.config, &self.ctx).await.unwrap()
    }
}

async fn fixture(config: impl FnOnce(&std::path::Path) -> StoreConfig) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_790_000_000)));
    let ctx = Ctx::seeded(clock.clone(), 1);
    let config = config(folder.path());
    let store = Store::open(&config, &ctx).await.unwrap();
    Fixture {
        store,
        ctx,
        clock,
        config,
        folder,
    }
}

pub async fn sqlite<F: Future<Output = ()>>(test: impl FnOnce(Arc<Fixture>) -> F) {
    let fixture = Arc::new(fixture(StoreConfig::sqlite).await);
    test(fixture.clone()).await;
    fixture.store.close().await.unwrap();
}

pub async fn postgres<F: Future<Output = ()>>(test: impl FnOnce(Arc<Fixture>) -> F) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let Ok(server) = std::env::var(POSTGRES_VARIABLE) else {
        println!("skipped: {POSTGRES_VARIABLE} unset");
        return;
    };
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let name = format!("stanch_test_{}_{number}", std::process::id());
    let admin = async |sql: String| {
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let sql = AssertSqlSafe(sql);
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    };
    admin(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    admin(format!("CREATE DATABASE {name}")).await;
    let (base, _) = server.rsplit_once('/').unwrap();
    let url = format!("{base}/{name}");
    let fixture = Arc::new(fixture(|folder| StoreConfig::postgres(url, folder)).await);
    test(fixture.clone()).await;
    fixture.store.close().await.unwrap();
    admin(format!("DROP DATABASE {name} WITH (FORCE)")).await;
}
