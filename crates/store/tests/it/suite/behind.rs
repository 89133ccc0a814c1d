//! The database behind the store's back: what its tables hold, and random changes of it.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use stanch_store::Database;
use stanch_types::Ctx;

use crate::fixture::Fixture;

/// A connection that no rule of the schema holds back, as far as the database lets it.
pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A column: name and declared type.
pub struct Column {
    pub name: String,
    pub kind: String,
}

impl Raw {
    pub async fn open(f: &Fixture) -> Self {
        match &f.config.database {
            Database::Sqlite { path } => Self::sqlite(path).await.unwrap(),
            Database::Postgres { url, .. } => {
                let mut raw = Self::Postgres(PgConnection::connect(url).await.unwrap());
                raw.run("SET session_replication_role = replica")
                    .await
                    .unwrap();
                raw
            }
        }
    }

    pub async fn sqlite(path: &std::path::Path) -> Result<Self, sqlx::Error> {
        let url = format!("sqlite://{}", path.display());
        let mut raw = Self::Sqlite(SqliteConnection::connect(&url).await?);
        for pragma in [
            "foreign_keys = OFF",
            "ignore_check_constraints = ON",
            "synchronous = OFF",
        ] {
            raw.run(&format!("PRAGMA {pragma}")).await?;
        }
        Ok(raw)
    }

    pub async fn run(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(on) => sqlx::raw_sql(sql)
                .execute(on)
                .await
                .map(|done| done.rows_affected()),
            Self::Postgres(on) => sqlx::raw_sql(sql)
                .execute(on)
                .await
                .map(|done| done.rows_affected()),
        }
    }

    pub async fn texts(&mut self, sql: &str) -> Result<Vec<String>, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(on) => sqlx::query_scalar(sql).fetch_all(on).await,
            Self::Postgres(on) => sqlx::query_scalar(sql).fetch_all(on).await,
        }
    }

    pub async fn columns(&mut self, table: &str) -> Result<Vec<Column>, sqlx::Error> {
        let sql = match self {
            Self::Sqlite(_) => {
                format!("SELECT name || ' ' || type FROM pragma_table_info('{table}')")
            }
            Self::Postgres(_) => format!(
                "SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_name = '{table}'
                 AND table_schema = 'public'"
            ),
        };
        let split = |text: String| {
            let (name, kind) = text.split_once(' ').unwrap_or((&text, ""));
            let (name, kind) = (name.to_owned(), kind.to_uppercase());
            Column { name, kind }
        };
        Ok(self.texts(&sql).await?.into_iter().map(split).collect())
    }

    /// Everything in a table, whatever the order of its rows.
    pub async fn dump(&mut self, table: &str) -> Result<Vec<String>, sqlx::Error> {
        let sql = match self {
            Self::Sqlite(_) => {
                let columns = self.columns(table).await?;
                let quoted: Vec<String> = columns
                    .iter()
                    .map(|c| format!("quote({})", c.name))
                    .collect();
                format!(
                    "SELECT {} FROM {table} ORDER BY 1",
                    quoted.join(" || '|' || ")
                )
            }
            Self::Postgres(_) => format!("SELECT t::text FROM {table} t ORDER BY 1"),
        };
        self.texts(&sql).await
    }

    /// What names the rows of a table here.
    pub async fn handles(&mut self, table: &str) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => format!("SELECT 'rowid = ' || rowid FROM {table} ORDER BY rowid"),
            Self::Postgres(_) => {
                format!("SELECT 'ctid = ''' || ctid::text || '''::tid' FROM {table} ORDER BY 1")
            }
        };
        self.texts(&sql).await.unwrap()
    }

    fn hex(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("hex({column})"),
            Self::Postgres(_) => format!("encode({column}, 'hex')"),
        }
    }

    fn bytes(&self, hex: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("x'{hex}'"),
            Self::Postgres(_) => format!("decode('{hex}', 'hex')"),
        }
    }
}

/// Random numbers that a seed gives again.
pub struct Dice(pub Ctx);

impl Dice {
    pub fn below(&self, end: usize) -> usize {
        let number = u64::from_be_bytes(self.0.random_bytes());
        usize::try_from(number % u64::try_from(end).unwrap()).unwrap()
    }

    pub fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Columns that no other row may have the same value in.
const UNIQUE: &[&str] = &[
    "login",
    "number",
    "application_id",
    "message_id",
    "version",
    "claim",
    "partner",
    "name",
    "team_id",
];

/// One random change of a table, as SQL: an edited cell, a deleted row, a copied row, two rows in each other's place.
pub async fn random_change(
    raw: &mut Raw,
    dice: &Dice,
    table: &str,
    key: &[&str],
) -> Option<(&'static str, String)> {
    let columns = raw.columns(table).await.unwrap();
    let rows = raw.handles(table).await;
    if rows.is_empty() {
        return None;
    }
    let row = dice.pick(&rows);
    match dice.below(8) {
        0 => Some(("deletion", format!("DELETE FROM {table} WHERE {row}"))),
        1 if table != "log_heads" => {
            let changed = |column: &Column| {
                let name = &column.name;
                let apart = key.last() == Some(&name.as_str()) || UNIQUE.contains(&name.as_str());
                match column.kind.as_str() {
                    "TEXT" if apart => format!("{name} || 'x'"),
                    "BIGINT" if apart => format!("{name} + 1000003"),
                    _ => name.clone(),
                }
            };
            let copied: Vec<String> = columns.iter().map(changed).collect();
            let sql = format!(
                "INSERT INTO {table} SELECT {} FROM {table} WHERE {row}",
                copied.join(", ")
            );
            Some(("insertion", sql))
        }
        2 | 3 => {
            let other = dice.pick(&rows);
            let moved: Vec<&str> = columns
                .iter()
                .map(|c| c.name.as_str())
                .filter(|name| !key.contains(name))
                .collect();
            // All of two rows but their keys, or one column of them.
            let moved = if dice.below(2) == 0 {
                moved
            } else {
                vec![*dice.pick(&moved)]
            };
            let sets: Vec<String> = moved
                .iter()
                .map(|name| format!("{name} = v.{name}"))
                .collect();
            let keys: Vec<String> = key
                .iter()
                .map(|name| format!("{table}.{name} <> v.{name}"))
                .collect();
            Some((
                "reordering",
                format!(
                    "UPDATE {table} SET {} FROM (SELECT * FROM {table} WHERE {row} OR {other}) v
                     WHERE (({}) OR ({})) AND ({})",
                    sets.join(", "),
                    format_args!("{table}.{row}"),
                    format_args!("{table}.{other}"),
                    keys.join(" OR ")
                ),
            ))
        }
        _ => Some((
            "edit",
            edit(raw, dice, table, row, dice.pick(&columns)).await,
        )),
    }
}

async fn edit(raw: &mut Raw, dice: &Dice, table: &str, row: &str, column: &Column) -> String {
    let name = &column.name;
    let read = match column.kind.as_str() {
        "TEXT" => format!("COALESCE({name}, 'null')"),
        "BIGINT" => "'number'".to_owned(),
        _ => format!("COALESCE({}, 'null')", raw.hex(name)),
    };
    let held = raw
        .texts(&format!("SELECT {read} FROM {table} WHERE {row}"))
        .await
        .unwrap();
    let held = held.first().cloned().unwrap_or_default();
    let value = match column.kind.as_str() {
        _ if dice.below(12) == 0 => "NULL".to_owned(),
        "BIGINT" => format!(
            "COALESCE({name}, 6) + ({})",
            i64::try_from(dice.below(2_000)).unwrap() - 1_000
        ),
        "TEXT" => {
            let mut chars: Vec<char> = held.chars().collect();
            match (dice.below(4), chars.is_empty()) {
                (0, _) | (_, true) => chars.push('0'),
                (1, _) => drop(chars.pop()),
                _ => {
                    let at = dice.below(chars.len());
                    chars[at] = *dice.pick(&['0', '1', 'a', 'z', '"', '可']);
                }
            }
            format!(
                "'{}'",
                chars.into_iter().collect::<String>().replace('\'', "''")
            )
        }
        _ => {
            let mut digits: Vec<char> = held.chars().filter(char::is_ascii_hexdigit).collect();
            if digits.len() < 2 {
                digits = vec!['0', '0'];
            }
            let at = dice.below(digits.len());
            digits[at] = *dice.pick(&['0', '7', 'a', 'f']);
            raw.bytes(&digits.into_iter().collect::<String>())
        }
    };
    format!("UPDATE {table} SET {name} = {value} WHERE {row}")
}
