//! A PostgreSQL database of a test's own. Other crates' tests include this file by path.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Names the PostgreSQL server that tests may create databases on.
const POSTGRES_VARIABLE: &str = "STANCH_TEST_POSTGRES_URL";

/// An empty database, dropped with this value.
#[derive(Debug)]
pub struct Scratch {
    server: String,
    name: String,
}

impl Scratch {
    /// Creates a database if a server is named.
    pub fn create() -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let Ok(server) = std::env::var(POSTGRES_VARIABLE) else {
            println!("without PostgreSQL: {POSTGRES_VARIABLE} unset");
            return None;
        };
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let name = format!("stanch_scratch_{}_{number}", std::process::id());
        run(
            &server,
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        );
        run(&server, format!("CREATE DATABASE {name}"));
        Some(Self { server, name })
    }

    /// Its address.
    pub fn url(&self) -> String {
        let (base, _) = self.server.rsplit_once('/').unwrap();
        format!("{base}/{}", self.name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let name = &self.name;
        run(
            &self.server,
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        );
    }
}

/// Runs one statement, from tests with a runtime and from such without.
fn run(url: &str, sql: String) {
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(url).await.unwrap();
                let sql = AssertSqlSafe(sql);
                sqlx::query(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            });
        });
        work.join().unwrap();
    });
}
