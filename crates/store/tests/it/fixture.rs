//! A store of its own for every test, on either database.

use std::future::Future;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use stanch_store::{Database, Store, StoreConfig};
use stanch_types::{Ctx, ManualClock, Timestamp};

use crate::scratch::Scratch;

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
    let Some(database) = Scratch::create() else {
        return;
    };
    let fixture = fixture(|folder| StoreConfig::postgres(database.url(), folder)).await;
    let fixture = Arc::new(fixture);
    test(fixture.clone()).await;
    fixture.store.close().await.unwrap();
}
