//! Counters by name: positions up to which something was done.

use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

/// Changes nothing when the counter is there already or past it.
const RAISE: Sql = Sql(
    "counter.raise",
    "INSERT INTO counters (org_id, name, value) VALUES ($1, $2, $3)
     ON CONFLICT (org_id, name) DO UPDATE SET value = excluded.value WHERE counters.value < excluded.value",
);
const READ: Sql = Sql(
    "counter.read",
    "SELECT value FROM counters WHERE org_id = $1 AND name = $2",
);

impl Tx {
    /// Raises the counter `name` to `value`; `false` if it is that high already.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn raise_counter(&mut self, name: &str, value: i64) -> Result<bool, StoreError> {
        Ok(self.change(RAISE, args![name, value]).await? != 0)
    }

    /// The counter `name`; 0 if it was never raised.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn counter(&mut self, name: &str) -> Result<i64, StoreError> {
        let row = self.one(READ, args![name]).await?;
        row.map_or(Ok(0), |row| row.int(0))
    }
}
