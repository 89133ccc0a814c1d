//! The rows of the record against the last entry that names each.
//!
//! The last digest of every row is kept while the entries are read: 48 bytes a row and the map's spare room. From
//! [`ROWS_AT_ONCE`] rows on they are taken in parts, each with a reading of the entries of its own.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use super::{BATCH, Stop, at, whole};
use crate::audit::log::to_i64;
use crate::audit::tree::Hash;
use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::rows::table::{BoundTable, TABLES, key_text, lookup};
use crate::rows::{BOUND, ROWS, UNKNOWN};
use crate::tx::Tx;

/// Rows whose digests are held in memory at one time.
const ROWS_AT_ONCE: u64 = 1 << 20;

const BODIES: Sql = Sql(
    "verify.bodies",
    "SELECT seq, body FROM audit_entries WHERE org_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq",
);

/// A row's name, short.
type Mark = [u8; 16];

/// What the entries read so far say about the rows of one part.
pub(super) struct RowLedger {
    part: u64,
    parts: u64,
    last: HashMap<Mark, Hash>,
    /// Whether an entry named rows after those that were there before.
    changed: bool,
    /// Whether an entry named rows that were there before.
    bound: bool,
}

/// A line of an entry.
struct Line<'a> {
    table: &'a str,
    key: &'a str,
    was: Option<&'a str>,
    now: Option<Hash>,
}

impl RowLedger {
    /// The ledger of the first part, for as many parts as there are rows for.
    pub async fn first(tx: &mut Tx) -> Result<Self, Stop> {
        let mut rows: u64 = 0;
        for table in TABLES.iter() {
            rows = rows.saturating_add(count(tx, table).await?);
        }
        Ok(Self::new(0, rows.div_ceil(ROWS_AT_ONCE).max(1)))
    }

    fn new(part: u64, parts: u64) -> Self {
        Self {
            part,
            parts,
            last: HashMap::new(),
            changed: false,
            bound: false,
        }
    }

    /// Takes the rows that an entry names; tells whether they are the first that were there before rows were bound.
    pub fn take(&mut self, seq: u64, object: &Value) -> Result<bool, Stop> {
        let Some(lines) = object.get(ROWS) else {
            return Ok(false);
        };
        let lines = lines
            .as_array()
            .ok_or_else(|| at(seq, "its rows are no list"))?;
        let binds = object.get("action").and_then(Value::as_str) == Some(BOUND);
        if binds && self.changed {
            return Err(at(seq, "rows were bound a second time"));
        }
        let first = binds && !self.bound;
        self.bound |= binds;
        self.changed |= !binds;
        for line in lines {
            let line =
                Line::read(line).ok_or_else(|| at(seq, "a row that it names is unusable"))?;
            if lookup(line.table).is_none() {
                return Err(at(
                    seq,
                    format!("it names a row of the unknown table {}", line.table),
                ));
            }
            self.take_line(seq, &line)?;
        }
        Ok(first)
    }

    fn take_line(&mut self, seq: u64, line: &Line<'_>) -> Result<(), Stop> {
        let mark = mark(line.table, line.key);
        if !self.is_ours(mark) {
            return Ok(());
        }
        let last = self.last.get(&mark).copied();
        let follows = match line.was {
            Some(UNKNOWN) => true,
            was => was.map(str::to_owned) == last.map(|last| last.to_string()),
        };
        if !follows && line.now != last {
            return Err(at(
                seq,
                format!(
                    "the row {}/{} had been changed before this entry, and no entry says so",
                    line.table, line.key
                ),
            ));
        }
        match line.now {
            Some(now) => self.last.insert(mark, now),
            None => self.last.remove(&mark),
        };
        Ok(())
    }

    fn is_ours(&self, mark: Mark) -> bool {
        let [a, b, c, d, ..] = mark;
        u64::from(u32::from_be_bytes([a, b, c, d])) % self.parts == self.part
    }

    /// Holds a row against what was said of it last.
    fn hold(&mut self, table: &str, key: &str, digest: Hash) -> Result<u64, Stop> {
        let mark = mark(table, key);
        if !self.is_ours(mark) {
            return Ok(0);
        }
        match self.last.remove(&mark) {
            Some(last) if last == digest => Ok(1),
            Some(_) => Err(whole(format!(
                "the row {table}/{key} is not what the tree says"
            ))),
            None => Err(whole(format!("the row {table}/{key} is not in the tree"))),
        }
    }
}

impl<'a> Line<'a> {
    fn read(line: &'a Value) -> Option<Self> {
        let [table, key, was, now] = line.as_array()?.as_slice() else {
            return None;
        };
        let now = match now {
            Value::Null => None,
            now => Some(Hash::from_hex(now.as_str()?)?),
        };
        let was = match was {
            Value::Null => None,
            was => Some(was.as_str()?),
        };
        Some(Self {
            table: table.as_str()?,
            key: key.as_str()?,
            was,
            now,
        })
    }
}

/// Goes through all rows. `ledger` is that of the first part, with all entries taken.
pub(super) async fn check(tx: &mut Tx, ledger: RowLedger, total: u64) -> Result<u64, Stop> {
    let parts = ledger.parts;
    let mut held = 0;
    let mut ledger = Some(ledger);
    for part in 0..parts {
        let mut ledger = match ledger.take() {
            Some(ledger) => ledger,
            None => reread(tx, RowLedger::new(part, parts), total).await?,
        };
        for table in TABLES.iter() {
            held += check_table(tx, table, &mut ledger).await?;
        }
        if let Some(mark) = ledger.last.keys().next() {
            return Err(missing(tx, *mark, total).await?);
        }
    }
    Ok(held)
}

async fn reread(tx: &mut Tx, mut ledger: RowLedger, total: u64) -> Result<RowLedger, Stop> {
    for start in (0..total).step_by(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
        for (seq, object) in bodies(tx, start, total).await? {
            ledger.take(seq, &object)?;
        }
    }
    Ok(ledger)
}

async fn bodies(tx: &mut Tx, start: u64, total: u64) -> Result<Vec<(u64, Value)>, Stop> {
    let end = total.min(start + BATCH);
    let mut found = Vec::new();
    for row in tx.many(BODIES, args![to_i64(start)?, to_i64(end)?]).await? {
        let seq = u64::try_from(row.int(0)?).unwrap_or(0);
        found.push((seq, row.json(1, "audit entry")?));
    }
    Ok(found)
}

async fn check_table(
    tx: &mut Tx,
    table: &'static BoundTable,
    ledger: &mut RowLedger,
) -> Result<u64, Stop> {
    let (mut after, mut seen, mut held) = (Vec::new(), 0_u64, 0);
    loop {
        let page = tx.page_of_rows(table, &after).await?;
        let Some((last, _)) = page.last() else {
            break;
        };
        after.clone_from(last);
        for (key, digest) in page {
            seen += 1;
            held += ledger.hold(table.name, &key_text(&key), digest)?;
        }
    }
    if count(tx, table).await? == seen {
        Ok(held)
    } else {
        Err(whole(format!(
            "the table {} has rows beside its keys",
            table.name
        )))
    }
}

async fn count(tx: &mut Tx, table: &'static BoundTable) -> Result<u64, StoreError> {
    let row = tx.one(Sql("verify.count", &table.count), args![]).await?;
    let count = row.map_or(Ok(0), |row| row.int(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Names the row that is missing: the last entry about it.
async fn missing(tx: &mut Tx, wanted: Mark, total: u64) -> Result<Stop, Stop> {
    let mut found = None;
    for start in (0..total).step_by(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
        for (seq, object) in bodies(tx, start, total).await? {
            let lines = object.get(ROWS).and_then(Value::as_array);
            for line in lines.into_iter().flatten().filter_map(Line::read) {
                if mark(line.table, line.key) == wanted {
                    found = Some((seq, format!("{}/{}", line.table, line.key)));
                }
            }
        }
    }
    Ok(match found {
        Some((seq, row)) => at(seq, format!("the row {row} is missing")),
        None => whole("a row is missing"),
    })
}

fn mark(table: &str, key: &str) -> Mark {
    let name = digest(&SHA256, format!("{table}/{key}").as_bytes());
    let mut mark = Mark::default();
    for (to, from) in mark.iter_mut().zip(name.as_ref()) {
        *to = *from;
    }
    mark
}
