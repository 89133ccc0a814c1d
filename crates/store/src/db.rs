//! One way to run a statement on either database: arguments, rows and the open transaction.
//!
//! sqlx's `Any` driver was weighed and left: it has no typed NULL for every column and reports unknown column types
//! as errors. This file is all that knows there are two drivers, besides opening and claiming jobs.

use std::collections::BTreeMap;
use std::pin::Pin;

use serde::de::DeserializeOwned;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Column as _, Postgres, Row as _, Sqlite, Transaction, TypeInfo as _, ValueRef};
use stanch_types::Timestamp;

use crate::error::StoreError;

/// What a statement of the database will give. Behind a pointer, so that sqlx's code is compiled in this crate once, and
/// not again in every crate that waits for it: bodies of `async fn` are.
pub(crate) type Soon<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A named statement. The name goes into errors and logs, the text to the database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql(pub &'static str, pub &'static str);

/// One argument of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    Text(Option<&'a str>),
    Int(Option<i64>),
    Bytes(Option<&'a [u8]>),
}

/// `args![a, b]`: the arguments of a statement, in the order of its placeholders.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Arg::from($value)),*] };
}
pub(crate) use args;

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}
impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text))
    }
}
impl<'a> From<Option<&'a str>> for Arg<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text)
    }
}
impl<'a> From<&'a Option<String>> for Arg<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self::Text(text.as_deref())
    }
}
impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}
impl From<i32> for Arg<'_> {
    fn from(number: i32) -> Self {
        Self::Int(Some(number.into()))
    }
}
impl From<Option<i64>> for Arg<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}
impl From<Timestamp> for Arg<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(Some(at.as_micros()))
    }
}
impl From<Option<Timestamp>> for Arg<'_> {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Int(at.map(Timestamp::as_micros))
    }
}
impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Some(bytes))
    }
}
impl<'a> From<Option<&'a [u8]>> for Arg<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        Self::Bytes(bytes)
    }
}

/// A value as the database holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(Vec<u8>),
    Int(i64),
    Real(f64),
    Bytes(Vec<u8>),
}

/// The database's name for the type of a value; none for NULL.
fn kind<'r, V: ValueRef<'r>>(value: Result<V, sqlx::Error>) -> Result<Option<String>, StoreError> {
    let value = value.map_err(|cause| StoreError::damaged("column", cause))?;
    Ok((!value.is_null()).then(|| value.type_info().name().to_owned()))
}

/// One row, columns by position.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Reads column `ix` of either row as `$type`, without sqlx's check of declared column types (SQLite has none).
macro_rules! column {
    ($self:expr, $ix:expr, $type:ty) => {
        match $self {
            Row::Sqlite(row) => row.try_get_unchecked::<$type, _>($ix),
            Row::Postgres(row) => row.try_get_unchecked::<$type, _>($ix),
        }
        .map_err(|cause| StoreError::damaged("column", cause))
    };
}

impl Row {
    pub fn text(&self, ix: usize) -> Result<String, StoreError> {
        column!(self, ix, String)
    }
    pub fn opt_text(&self, ix: usize) -> Result<Option<String>, StoreError> {
        column!(self, ix, Option<String>)
    }
    pub fn int(&self, ix: usize) -> Result<i64, StoreError> {
        column!(self, ix, i64)
    }
    pub fn opt_int(&self, ix: usize) -> Result<Option<i64>, StoreError> {
        column!(self, ix, Option<i64>)
    }
    pub fn bytes(&self, ix: usize) -> Result<Vec<u8>, StoreError> {
        column!(self, ix, Vec<u8>)
    }
    pub fn at(&self, ix: usize) -> Result<Timestamp, StoreError> {
        self.int(ix).map(Timestamp::from_micros)
    }
    pub fn opt_at(&self, ix: usize) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.opt_int(ix)?.map(Timestamp::from_micros))
    }
    /// All columns that are not NULL, by name, as the database holds them.
    pub fn cells(&self) -> Result<BTreeMap<String, Cell>, StoreError> {
        let names: Vec<String> = match self {
            Self::Sqlite(row) => row.columns().iter().map(|c| c.name().to_owned()).collect(),
            Self::Postgres(row) => row.columns().iter().map(|c| c.name().to_owned()).collect(),
        };
        let mut cells = BTreeMap::new();
        for (ix, name) in names.into_iter().enumerate() {
            let kind = match self {
                Self::Sqlite(row) => kind(row.try_get_raw(ix)),
                Self::Postgres(row) => kind(row.try_get_raw(ix)),
            }?;
            let cell = match kind.as_deref() {
                None => continue,
                Some("TEXT") => Cell::Text(self.bytes(ix)?),
                Some("INTEGER" | "INT8" | "BOOLEAN") => Cell::Int(self.int(ix)?),
                Some("REAL" | "FLOAT8") => Cell::Real(column!(self, ix, f64)?),
                Some("BLOB" | "BYTEA") => Cell::Bytes(self.bytes(ix)?),
                Some(other) => {
                    return Err(StoreError::damaged("column", format!("{name} is {other}")));
                }
            };
            cells.insert(name, cell);
        }
        Ok(cells)
    }
    /// A text column parsed as a word or identifier.
    pub fn parsed<T>(&self, ix: usize, what: &'static str) -> Result<T, StoreError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.text(ix)?;
        text.parse()
            .map_err(|cause: T::Err| StoreError::damaged(what, cause))
    }
    /// A JSON text column.
    pub fn json<T: DeserializeOwned>(
        &self,
        ix: usize,
        what: &'static str,
    ) -> Result<T, StoreError> {
        let text = self.text(ix)?;
        serde_json::from_str(&text).map_err(|cause| StoreError::damaged(what, cause))
    }
}

/// The JSON text of a record that is about to be stored.
pub(crate) fn to_json<T: serde::Serialize>(
    value: &T,
    what: &'static str,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|cause| StoreError::damaged(what, cause))
}

/// An open transaction on one of the databases. Dropping it rolls back.
pub(crate) enum Connection {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

fn sqlite_query(sql: Sql, args: &[Arg<'_>]) -> Query<'static, Sqlite, SqliteArguments> {
    args.iter()
        .fold(sqlx::query(sql.1), |query, arg| match *arg {
            Arg::Text(text) => query.bind(text),
            Arg::Int(number) => query.bind(number),
            Arg::Bytes(bytes) => query.bind(bytes),
        })
}

fn postgres_query(sql: Sql, args: &[Arg<'_>]) -> Query<'static, Postgres, PgArguments> {
    args.iter()
        .fold(sqlx::query(sql.1), |query, arg| match *arg {
            Arg::Text(text) => query.bind(text),
            Arg::Int(number) => query.bind(number),
            Arg::Bytes(bytes) => query.bind(bytes),
        })
}

impl Connection {
    /// Runs a statement and gives the number of rows it changed.
    pub fn execute<'a>(&'a mut self, sql: Sql, args: &'a [Arg<'a>]) -> Soon<'a, u64> {
        Box::pin(async move {
            match self {
                Self::Sqlite(tx) => sqlite_query(sql, args)
                    .execute(&mut **tx)
                    .await
                    .map(|done| done.rows_affected()),
                Self::Postgres(tx) => postgres_query(sql, args)
                    .execute(&mut **tx)
                    .await
                    .map(|done| done.rows_affected()),
            }
            .map_err(|source| StoreError::database(sql.0, source))
        })
    }

    /// Runs a statement that gives at most one row. All rows are read, so that a changing statement ends.
    pub async fn optional(
        &mut self,
        sql: Sql,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Runs a statement and gives all its rows. Statements bound their rows by `LIMIT` or by their key.
    pub fn all<'a>(&'a mut self, sql: Sql, args: &'a [Arg<'a>]) -> Soon<'a, Vec<Row>> {
        Box::pin(async move {
            match self {
                Self::Sqlite(tx) => sqlite_query(sql, args)
                    .fetch_all(&mut **tx)
                    .await
                    .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
                Self::Postgres(tx) => postgres_query(sql, args)
                    .fetch_all(&mut **tx)
                    .await
                    .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
            }
            .map_err(|source| StoreError::database(sql.0, source))
        })
    }

    /// Runs a script of several statements without arguments.
    pub fn script(&mut self, sql: Sql) -> Soon<'_, ()> {
        Box::pin(async move {
            match self {
                Self::Sqlite(tx) => sqlx::raw_sql(sql.1).execute(&mut **tx).await.map(drop),
                Self::Postgres(tx) => sqlx::raw_sql(sql.1).execute(&mut **tx).await.map(drop),
            }
            .map_err(|source| StoreError::database(sql.0, source))
        })
    }

    pub fn commit(self) -> Soon<'static, ()> {
        Box::pin(async move {
            match self {
                Self::Sqlite(tx) => tx.commit().await,
                Self::Postgres(tx) => tx.commit().await,
            }
            .map_err(|source| StoreError::database("commit", source))
        })
    }

    pub fn rollback(self) -> Soon<'static, ()> {
        Box::pin(async move {
            match self {
                Self::Sqlite(tx) => tx.rollback().await,
                Self::Postgres(tx) => tx.rollback().await,
            }
            .map_err(|source| StoreError::database("rollback", source))
        })
    }
}
