//! The same record in PostgreSQL, copied row by row from SQLite.

use std::path::Path;

use sqlx::postgres::PgPoolCopyExt as _;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, Row as _, SqliteConnection, ValueRef as _,
};
use stanch_store::{Store, StoreConfig};
use stanch_types::Ctx;

/// Rows read from SQLite at a time.
const ROWS: i64 = 20_000;
/// The database.
const NAME: &str = "stanch_bench_record";

/// The URL of a database with the rows of the record in `folder`; a copy of before is taken as it is.
pub async fn copied(server: &str, folder: &Path, ctx: &Ctx) -> String {
    let (base, _) = server.rsplit_once('/').unwrap();
    let url = format!("{base}/{NAME}");
    if folder.join("copied").exists() {
        return url;
    }
    let mut admin = PgConnection::connect(server).await.unwrap();
    for sql in [
        format!("DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"),
        format!("CREATE DATABASE {NAME}"),
    ] {
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut admin)
            .await
            .unwrap();
    }
    // The schema, and rows of its own that give way.
    let store = Store::open(&StoreConfig::postgres(&url, folder), ctx)
        .await
        .unwrap();
    store.close().await.unwrap();
    let pool = PgPool::connect(&url).await.unwrap();
    let from = SqliteConnectOptions::new()
        .filename(folder.join("stanch.db"))
        .read_only(true);
    let mut from = SqliteConnection::connect_with(&from).await.unwrap();
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                 AND name NOT IN ('schema_version', 'writers')";
    let mut tables = Vec::new();
    for row in sqlx::query(names).fetch_all(&mut from).await.unwrap() {
        tables.push(row.get::<String, _>(0));
    }
    let all = tables.join(", ");
    let empty = format!("TRUNCATE {all} CASCADE");
    sqlx::query(AssertSqlSafe(empty))
        .execute(&pool)
        .await
        .unwrap();
    // Referred rows come later than those that refer to them: the keys were kept by SQLite.
    let relax = "ALTER DATABASE stanch_bench_record SET session_replication_role = replica";
    sqlx::query(relax).execute(&pool).await.unwrap();
    pool.close().await;
    let pool = PgPool::connect(&url).await.unwrap();
    for table in &tables {
        let rows = copy(table, &mut from, &pool).await;
        println!("postgres: {rows} rows of {table}");
    }
    for sql in [
        "ALTER DATABASE stanch_bench_record RESET session_replication_role",
        "ANALYZE",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    std::fs::write(folder.join("copied"), NAME).unwrap();
    url
}

async fn copy(table: &str, from: &mut SqliteConnection, to: &PgPool) -> u64 {
    let columns = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns = sqlx::query(AssertSqlSafe(columns))
        .fetch_all(&mut *from)
        .await
        .unwrap();
    let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
    let names = columns.join(", ");
    let (mut last, mut copied) = (0_i64, 0);
    loop {
        let page = format!(
            "SELECT rowid, {names} FROM {table} WHERE rowid > {last} ORDER BY rowid LIMIT {ROWS}"
        );
        let rows = sqlx::query(AssertSqlSafe(page))
            .fetch_all(&mut *from)
            .await
            .unwrap();
        let Some(end) = rows.last() else {
            return copied;
        };
        last = end.get(0);
        let mut csv = String::new();
        for row in &rows {
            let cells: Vec<String> = (1..=columns.len()).map(|ix| cell(row, ix)).collect();
            csv.push_str(&cells.join(","));
            csv.push('\n');
        }
        let into = format!("COPY {table} ({names}) FROM STDIN (FORMAT csv)");
        let mut sink = to.copy_in_raw(&into).await.unwrap();
        sink.send(csv.as_bytes()).await.unwrap();
        copied += sink.finish().await.unwrap();
    }
}

/// A value as CSV; NULL is nothing, an empty text is quoted.
fn cell(row: &sqlx::sqlite::SqliteRow, ix: usize) -> String {
    let value = row.try_get_raw(ix).unwrap();
    if value.is_null() {
        return String::new();
    }
    let kind = sqlx::TypeInfo::name(&*value.type_info()).to_owned();
    match kind.as_str() {
        "INTEGER" => row.get_unchecked::<i64, _>(ix).to_string(),
        "BLOB" => format!("\\x{}", hex::encode(row.get_unchecked::<Vec<u8>, _>(ix))),
        _ => format!(
            "\"{}\"",
            row.get_unchecked::<String, _>(ix).replace('"', "\"\"")
        ),
    }
}
