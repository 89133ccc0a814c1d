//! Rows of the record and the audit tree: every transaction that changes rows puts their digests, before and after,
//! into an entry of the tree, so that `stanch audit verify` finds what was changed without Stanch.
//!
//! It happens here for every statement: [`statement`] reads from the SQL text which rows of which bound table it
//! changes. A statement that changes rows of a bound table without naming them by their key is refused.

mod digest;
mod existing;
mod statement;
pub(crate) mod table;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use serde_json::{Value, json};
use stanch_types::user::Actor;

use crate::audit::AuditEntry;
use crate::audit::tree::Hash;
use crate::db::{Arg, Connection, Row, Sql};
use crate::error::StoreError;
use crate::tx::Tx;
use digest::row_digest;
pub(crate) use existing::BOUND;
use statement::{Change, Kind, Names};
use table::{BoundTable, KeyPart, key_text};

/// Most rows named in one entry: 256 bytes each, so that an entry stays near 64 KiB.
pub(crate) const ROWS_IN_ENTRY: usize = 200;
/// The member of an entry that names rows.
pub(crate) const ROWS: &str = "rows";
/// The digest before is not known: the row may have been there already.
pub(crate) const UNKNOWN: &str = "?";
/// The entry of a transaction that changes rows and says nothing else.
const CHANGED: &str = "record.changed";

/// Rows that a transaction changed, with what they were before it.
#[derive(Default)]
pub(crate) struct Touched(BTreeMap<(&'static str, Vec<KeyPart>), TouchedRow>);

struct TouchedRow {
    table: &'static BoundTable,
    was: Was,
    /// Digest after the change, if the statement's arguments give it.
    now: Option<Hash>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Was {
    Absent,
    Digest(Hash),
    Unknown,
}

/// What a statement is about to do to bound rows.
pub(crate) struct Intent {
    change: Arc<Change>,
    rows: Vec<(Vec<KeyPart>, Was, Option<Hash>)>,
}

type Shape = Result<Option<Arc<Change>>, &'static str>;

/// What is known of each statement's text, by where the text stands in memory: texts are constants.
static SHAPES: LazyLock<RwLock<HashMap<(usize, usize), Shape>>> = LazyLock::new(RwLock::default);

fn shape(sql: Sql) -> Result<Option<Arc<Change>>, StoreError> {
    let place = (sql.1.as_ptr() as usize, sql.1.len());
    let known = {
        let shapes = SHAPES.read().unwrap_or_else(PoisonError::into_inner);
        shapes.get(&place).cloned()
    };
    let shape = known.unwrap_or_else(|| {
        let shape = statement::parse(sql.1).map(|change| change.map(Arc::new));
        let mut shapes = SHAPES.write().unwrap_or_else(PoisonError::into_inner);
        shapes.insert(place, shape.clone());
        shape
    });
    shape.map_err(|why| StoreError::AuditEntry {
        action: sql.0.to_owned(),
        why,
    })
}

impl Tx {
    /// What the statement is about to do to bound rows, with what they are now; none if it changes no such row.
    pub(crate) async fn intent(
        &mut self,
        sql: Sql,
        args: &[Arg<'_>],
    ) -> Result<Option<Intent>, StoreError> {
        let Some(change) = shape(sql)? else {
            return Ok(None);
        };
        let mut rows = Vec::with_capacity(change.rows.len());
        for names in &change.rows {
            let key = names.key(args).ok_or_else(|| StoreError::AuditEntry {
                action: sql.0.to_owned(),
                why: "a key of the row is NULL",
            })?;
            let known = self
                .touched
                .0
                .contains_key(&(change.table.name, key.clone()));
            let was = match change.kind {
                Kind::Insert => Was::Absent,
                _ if known => Was::Unknown,
                Kind::Upsert => self.look(change.table, &key, Was::Unknown).await?,
                Kind::Rewrite => self.look(change.table, &key, Was::Absent).await?,
            };
            let now = match change.kind {
                Kind::Insert if !known => self.inserted(change.table, names, args),
                Kind::Insert | Kind::Upsert | Kind::Rewrite => None,
            };
            rows.push((key, was, now));
        }
        Ok(Some(Intent { change, rows }))
    }

    /// Notes that the statement did what it was about to do.
    pub(crate) fn touch(&mut self, intent: Intent, changed: usize) {
        let whole = intent.rows.len() == changed;
        for (key, was, now) in intent.rows {
            let table = intent.change.table;
            self.touched
                .0
                .entry((table.name, key))
                .and_modify(|row| row.now = None)
                .or_insert(TouchedRow {
                    table,
                    was,
                    now: now.filter(|_| whole),
                });
        }
    }

    /// Names the changed rows in the transaction's first entry, and in entries of their own what does not fit there.
    pub(crate) async fn name_rows(&mut self) -> Result<(), StoreError> {
        let touched = std::mem::take(&mut self.touched);
        let mut lines = Vec::with_capacity(touched.0.len());
        for ((name, key), row) in touched.0 {
            let now = match row.now {
                Some(now) => Some(now),
                None => self.read_digest(row.table, &key, false).await?,
            };
            let was = match row.was {
                Was::Absent => None,
                Was::Digest(was) => Some(was.to_string()),
                Was::Unknown => Some(UNKNOWN.to_owned()),
            };
            let now = now.map(|now| now.to_string());
            if was != now {
                lines.push(json!([name, key_text(&key), was, now]));
            }
        }
        let mut lines = lines.into_iter().peekable();
        let mut first = true;
        while lines.peek().is_some() {
            let chunk: Vec<Value> = lines.by_ref().take(ROWS_IN_ENTRY).collect();
            if first && let Some(entry) = self.audit.first_mut() {
                entry.name_rows(chunk);
            } else {
                self.append_rows(CHANGED, chunk).await?;
            }
            first = false;
        }
        Ok(())
    }

    /// Adds an entry that says nothing but which rows are what.
    async fn append_rows(
        &mut self,
        action: &'static str,
        rows: Vec<Value>,
    ) -> Result<(), StoreError> {
        self.append_audit(&AuditEntry {
            at: self.store().ctx().now(),
            actor: Actor::System,
            action,
            subject: "record".to_owned(),
            detail: Value::Null,
            personal: Vec::new(),
        })
        .await?;
        if let Some(entry) = self.audit.last_mut() {
            entry.name_rows(rows);
        }
        Ok(())
    }

    async fn look(
        &mut self,
        table: &'static BoundTable,
        key: &[KeyPart],
        otherwise: Was,
    ) -> Result<Was, StoreError> {
        let digest = self.read_digest(table, key, true).await?;
        Ok(digest.map_or(otherwise, Was::Digest))
    }

    /// The digest of a row as it stands. To be changed next, it is locked where several transactions write.
    async fn read_digest(
        &mut self,
        table: &'static BoundTable,
        key: &[KeyPart],
        to_change: bool,
    ) -> Result<Option<Hash>, StoreError> {
        let text = match self.connection() {
            Connection::Postgres(_) if to_change => &table.lock,
            Connection::Postgres(_) | Connection::Sqlite(_) => &table.read,
        };
        let args: Vec<Arg<'_>> = key.iter().map(KeyPart::arg).collect();
        let row = self.one_unbound(Sql("rows.read", text), &args).await?;
        row.map(|row| self.digest_of(table, &row)).transpose()
    }

    pub(crate) fn digest_of(&self, table: &BoundTable, row: &Row) -> Result<Hash, StoreError> {
        let cells = row.cells()?;
        Ok(row_digest(
            self.store().audit_key().rows(),
            table.name,
            &cells,
        ))
    }

    /// The digest of a row as its `INSERT` gives it, where the statement says every column that is not NULL.
    fn inserted(&self, table: &BoundTable, names: &Names, args: &[Arg<'_>]) -> Option<Hash> {
        let cells = (!table.has_defaults).then(|| names.cells(args)).flatten()?;
        Some(row_digest(
            self.store().audit_key().rows(),
            table.name,
            &cells,
        ))
    }
}
