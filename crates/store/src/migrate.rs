//! Brings a database to this program's schema: numbered scripts, each in one transaction with its number.

use crate::db::{Connection, Sql, args};
use crate::error::StoreError;

/// Script `n` (from 1) brings the schema from `n - 1` to `n`. Scripts are never changed once released.
const SCRIPTS: &[Sql] = &[
    Sql(
        "migrate.0001_record",
        include_str!("../migrations/0001_record.sql"),
    ),
    Sql(
        "migrate.0002_policies",
        include_str!("../migrations/0002_policies.sql"),
    ),
    Sql(
        "migrate.0003_writers",
        include_str!("../migrations/0003_writers.sql"),
    ),
    Sql(
        "migrate.0004_backtests",
        include_str!("../migrations/0004_backtests.sql"),
    ),
    Sql(
        "migrate.0005_labels",
        include_str!("../migrations/0005_labels.sql"),
    ),
    Sql(
        "migrate.0006_measures",
        include_str!("../migrations/0006_measures.sql"),
    ),
    Sql(
        "migrate.0007_evidence",
        include_str!("../migrations/0007_evidence.sql"),
    ),
    Sql(
        "migrate.0008_leads",
        include_str!("../migrations/0008_leads.sql"),
    ),
    Sql(
        "migrate.0009_intake",
        include_str!("../migrations/0009_intake.sql"),
    ),
    Sql(
        "migrate.0010_desk",
        include_str!("../migrations/0010_desk.sql"),
    ),
    Sql(
        "migrate.0011_data_keys",
        include_str!("../migrations/0011_data_keys.sql"),
    ),
    Sql(
        "migrate.0012_rows_bound",
        include_str!("../migrations/0012_rows_bound.sql"),
    ),
    Sql(
        "migrate.0013_numbers",
        include_str!("../migrations/0013_numbers.sql"),
    ),
    Sql(
        "migrate.0014_saved_views",
        include_str!("../migrations/0014_saved_views.sql"),
    ),
    Sql(
        "migrate.0015_credentials",
        include_str!("../migrations/0015_credentials.sql"),
    ),
    Sql(
        "migrate.0016_identities",
        include_str!("../migrations/0016_identities.sql"),
    ),
    Sql(
        "migrate.0017_prevented",
        include_str!("../migrations/0017_prevented.sql"),
    ),
    Sql(
        "migrate.0018_passkeys",
        include_str!("../migrations/0018_passkeys.sql"),
    ),
    Sql(
        "migrate.0019_seizures",
        include_str!("../migrations/0019_seizures.sql"),
    ),
    Sql(
        "migrate.0020_files",
        include_str!("../migrations/0020_files.sql"),
    ),
];
/// From this schema on a database says who works on it.
pub(crate) const KNOWS_WRITERS: i64 = 3;

const CREATE_VERSION: Sql = Sql(
    "migrate.create_version",
    "CREATE TABLE IF NOT EXISTS schema_version (
       id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL)",
);
const INSERT_VERSION: Sql = Sql(
    "migrate.insert_version",
    "INSERT INTO schema_version (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING",
);
/// Takes the row's lock, so that a second program that starts at the same time waits and then finds the work done.
const LOCK_VERSION: Sql = Sql(
    "migrate.lock_version",
    "UPDATE schema_version SET version = version WHERE id = 1 RETURNING version",
);
const SET_VERSION: Sql = Sql(
    "migrate.set_version",
    "UPDATE schema_version SET version = $1 WHERE id = 1",
);
const READ_VERSION: Sql = Sql(
    "migrate.read_version",
    "SELECT version FROM schema_version WHERE id = 1",
);

/// The schema number of this program.
pub(crate) fn known_version() -> i64 {
    i64::try_from(SCRIPTS.len()).unwrap_or(i64::MAX)
}

/// Finds out the database's schema number, in the given write transaction; keeps other programs from changing it.
pub(crate) async fn begin(tx: &mut Connection) -> Result<i64, StoreError> {
    tx.execute(CREATE_VERSION, &[]).await?;
    tx.execute(INSERT_VERSION, &[]).await?;
    let row = tx.optional(LOCK_VERSION, &[]).await?;
    let found = row.map_or(Ok(0), |row| row.int(0))?;
    refuse_newer(found)?;
    Ok(found)
}

/// Runs the scripts that a database of schema `found` lacks.
pub(crate) async fn run(tx: &mut Connection, found: i64) -> Result<(), StoreError> {
    let mut version = found;
    for script in SCRIPTS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.script(*script).await?;
        version = version.saturating_add(1);
        tx.execute(SET_VERSION, args![version]).await?;
    }
    if version != found {
        tracing::info!(schema.from = found, schema.to = version, "schema migrated");
    }
    Ok(())
}

/// Checks the schema number without changing anything, for a store that is open for reading.
pub(crate) async fn check(tx: &mut Connection) -> Result<(), StoreError> {
    let found = match tx.optional(READ_VERSION, &[]).await {
        Ok(row) => row.map_or(Ok(0), |row| row.int(0))?,
        Err(StoreError::Database { source, .. }) if is_undefined_table(&source) => 0,
        Err(error) => return Err(error),
    };
    refuse_newer(found)?;
    let known = known_version();
    if found < known {
        return Err(StoreError::SchemaOlder { found, known });
    }
    Ok(())
}

/// PostgreSQL's word for an empty database.
fn is_undefined_table(source: &sqlx::Error) -> bool {
    let code = source
        .as_database_error()
        .and_then(|refusal| refusal.code());
    code.is_some_and(|code| code == "42P01")
}

fn refuse_newer(found: i64) -> Result<(), StoreError> {
    let known = known_version();
    if found > known {
        return Err(StoreError::SchemaNewer { found, known });
    }
    Ok(())
}
