//! Rows of the record in which a text stands, whatever table they are in.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::{Cell, Row, Sql};
use crate::error::StoreError;
use crate::rows::table::{BoundTable, KeyPart, TABLES, key_text};
use crate::tx::Tx;

/// A row of the record, decrypted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldRow {
    /// Its table.
    pub table: &'static str,
    /// Its key in the table; parts are joined by `/`.
    pub key: String,
    /// Its columns that are not NULL; those with JSON in them as that.
    pub columns: Map<String, Value>,
}

impl Tx {
    /// The rows of all tables but `passed_over` in whose texts `is_wanted` finds what is looked for. Reads everything.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn rows_that_say(
        &mut self,
        passed_over: &[&str],
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<HeldRow>, StoreError> {
        let mut held = Vec::new();
        for table in TABLES.iter() {
            if passed_over.contains(&table.name) {
                continue;
            }
            let mut after: Vec<KeyPart> = Vec::new();
            loop {
                let text = if after.is_empty() {
                    &table.first
                } else {
                    &table.next
                };
                let args: Vec<_> = after.iter().map(KeyPart::arg).collect();
                let rows = self.many(Sql("rows.page", text), &args).await?;
                if rows.is_empty() {
                    break;
                }
                for row in &rows {
                    let (key, columns) = self.columns(table, row)?;
                    let says = columns.values().any(|value| says(value, &is_wanted));
                    if says {
                        held.push(HeldRow {
                            table: table.name,
                            key: key_text(&key),
                            columns,
                        });
                    }
                    after = key;
                }
            }
        }
        Ok(held)
    }

    /// The key and the columns of a row.
    fn columns(
        &self,
        table: &BoundTable,
        row: &Row,
    ) -> Result<(Vec<KeyPart>, Map<String, Value>), StoreError> {
        let cells = row.cells()?;
        let key = table.key_of(&cells)?;
        let mut columns = Map::new();
        for (name, cell) in cells {
            let value = match cell {
                Cell::Text(bytes) => {
                    let text = String::from_utf8(bytes)
                        .map_err(|cause| StoreError::damaged("row", cause))?;
                    let text = match self.store().keyring() {
                        Some(keyring) => keyring.open_text(text)?,
                        None => text,
                    };
                    serde_json::from_str(&text)
                        .ok()
                        .filter(|value: &Value| value.is_object() || value.is_array())
                        .unwrap_or(Value::String(text))
                }
                Cell::Int(number) => number.into(),
                Cell::Real(number) => number.into(),
                // No personal data: digests and signatures.
                Cell::Bytes(_) => continue,
            };
            columns.insert(name, value);
        }
        Ok((key, columns))
    }
}

/// Whether a text of the value is wanted.
fn says(value: &Value, is_wanted: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_wanted(text),
        Value::Array(items) => items.iter().any(|item| says(item, is_wanted)),
        Value::Object(members) => members.values().any(|member| says(member, is_wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
