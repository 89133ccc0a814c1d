//! Binding the rows that were there before rows were bound.

use serde_json::json;

use crate::audit::tree::Hash;
use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::rows::ROWS_IN_ENTRY;
use crate::rows::table::{BoundTable, KeyPart, TABLES, key_text};
use crate::store::Store;
use crate::tx::Tx;

/// The entry that names rows that were there before. The tree has it before any other that names rows.
pub(crate) const BOUND: &str = "record.bound";
/// Entries kept back before they are written.
const ENTRIES_KEPT: usize = 64;

const IS_BOUND: Sql = Sql(
    "rows.is_bound",
    "UPDATE log_heads SET rows_bound = rows_bound WHERE org_id = $1 RETURNING rows_bound",
);
const SET_BOUND: Sql = Sql(
    "rows.set_bound",
    "UPDATE log_heads SET rows_bound = 1,
       audit_checkpoints = (SELECT COUNT(*) FROM audit_checkpoints WHERE org_id = $1) WHERE org_id = $1",
);

impl Store {
    /// Binds the rows of a record made before rows were bound, once.
    pub(crate) async fn bind_existing(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let bound = tx.one(IS_BOUND, args![]).await?;
        if bound.map_or(Ok(None), |row| row.opt_int(0))?.is_some() {
            return tx.rollback().await;
        }
        for table in TABLES.iter() {
            tx.bind_table(table).await?;
        }
        tx.change(SET_BOUND, args![]).await?;
        tx.commit().await.map(drop)
    }
}

impl Tx {
    async fn bind_table(&mut self, table: &'static BoundTable) -> Result<(), StoreError> {
        let mut after = Vec::new();
        let mut lines = Vec::new();
        loop {
            let page = self.page_of_rows(table, &after).await?;
            let Some((last, _)) = page.last() else {
                break;
            };
            after.clone_from(last);
            for (key, digest) in page {
                lines.push(json!([
                    table.name,
                    key_text(&key),
                    null,
                    digest.to_string()
                ]));
                if lines.len() == ROWS_IN_ENTRY {
                    self.append_rows(BOUND, std::mem::take(&mut lines)).await?;
                }
            }
            if self.audit.len() >= ENTRIES_KEPT {
                Box::pin(self.write_logs()).await?;
            }
        }
        if !lines.is_empty() {
            self.append_rows(BOUND, lines).await?;
        }
        Ok(())
    }

    /// The next rows of a table in the order of their keys, with their digests.
    pub(crate) async fn page_of_rows(
        &mut self,
        table: &'static BoundTable,
        after: &[KeyPart],
    ) -> Result<Vec<(Vec<KeyPart>, Hash)>, StoreError> {
        let args: Vec<_> = after.iter().map(KeyPart::arg).collect();
        let text = if after.is_empty() {
            &table.first
        } else {
            &table.next
        };
        let rows = self.many(Sql("rows.page", text), &args).await?;
        rows.iter().map(|row| self.keyed(table, row)).collect()
    }

    fn keyed(
        &self,
        table: &'static BoundTable,
        row: &Row,
    ) -> Result<(Vec<KeyPart>, Hash), StoreError> {
        let key = table.key_of(&row.cells()?)?;
        Ok((key, self.digest_of(table, row)?))
    }
}
