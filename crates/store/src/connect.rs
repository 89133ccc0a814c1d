//! Connecting to either database.

use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration as StdDuration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use crate::error::{POSTGRES_MIN, StoreError};

/// How long a transaction waits for a free connection or a lock before it gives up.
const WAIT_MAX: StdDuration = StdDuration::from_secs(20);
/// Readers of the embedded form.
const SQLITE_READERS: u32 = 4;
/// Prepared statements kept per connection; more than this crate has.
const STATEMENTS_KEPT: usize = 256;
/// How long the first connection to a PostgreSQL server may take.
const CONNECT_MAX: StdDuration = StdDuration::from_secs(10);
fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT_MAX)
        // Erased personal values must not survive in free pages.
        .pragma("secure_delete", "ON")
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging()
}

/// The one writer; makes the file.
pub(crate) fn sqlite_writer(path: &Path) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(WAIT_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(sqlite_options(path).create_if_missing(true))
}

/// Readers of a file that exists.
pub(crate) fn sqlite_readers(path: &Path) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(WAIT_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(
            sqlite_options(path)
                .create_if_missing(false)
                .pragma("query_only", "ON"),
        )
}

/// Looks at a file that exists by one connection, so that a damaged one is told at once: a pool would go on trying, and
/// the driver gives up its thread when it meets a schema that is not UTF-8.
pub(crate) async fn look_at_file(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::database("open", source);
    let mut connection = sqlite_options(path)
        .create_if_missing(false)
        .connect()
        .await
        .map_err(failed)?;
    let schema = "SELECT CAST(sql AS BLOB) FROM sqlite_schema WHERE sql IS NOT NULL";
    let rows = sqlx::query(schema)
        .fetch_all(&mut connection)
        .await
        .map_err(failed)?;
    for row in rows {
        let text: Vec<u8> = row.try_get_unchecked(0).map_err(failed)?;
        if std::str::from_utf8(&text).is_err() {
            return Err(StoreError::damaged("schema", "it is not UTF-8"));
        }
    }
    connection.close().await.map_err(failed)
}

/// Connections to a server that answers and is new enough.
pub(crate) async fn postgres_pool(url: &str, connections_max: u32) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|source| StoreError::database("read the address of", source))?
        .application_name("stanch")
        .statement_cache_capacity(STATEMENTS_KEPT)
        .options([
            ("lock_timeout", "20s"),
            ("idle_in_transaction_session_timeout", "300s"),
        ])
        .disable_statement_logging();
    look_at_server(&options).await?;
    Ok(PgPoolOptions::new()
        .max_connections(connections_max.max(2))
        .acquire_timeout(WAIT_MAX)
        .connect_lazy_with(options))
}

/// Connects once, so that a server that is down or too old is told at once and by name; a pool would go on trying.
async fn look_at_server(options: &PgConnectOptions) -> Result<(), StoreError> {
    let failed = |source| {
        let (host, port) = (options.get_host(), options.get_port());
        let (database, user) = (options.get_database(), options.get_username());
        let database = database.unwrap_or(user);
        StoreError::Unreachable {
            doing: format!("database `{database}` of PostgreSQL at {host}:{port} as `{user}`"),
            source,
        }
    };
    let connecting = PgConnection::connect_with(options);
    let connection = match tokio::time::timeout(CONNECT_MAX, connecting).await {
        Ok(outcome) => outcome.map_err(failed)?,
        Err(_) => return Err(failed(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))),
    };
    let version = connection.server_version_num();
    connection.close().await.map_err(failed)?;
    refuse_old(version)
}

/// `version` as in `server_version_num`: 150004 is 15.4. A server that does not say is given the benefit.
fn refuse_old(version: Option<u32>) -> Result<(), StoreError> {
    match version.map(|number| number / 10_000) {
        Some(major) if major < POSTGRES_MIN => Err(StoreError::ServerOld(major)),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_before_15_are_refused() {
        assert!(matches!(
            refuse_old(Some(140_011)),
            Err(StoreError::ServerOld(14))
        ));
        for version in [Some(150_000), Some(170_002), None] {
            assert!(refuse_old(version).is_ok(), "{version:?}");
        }
    }
}
