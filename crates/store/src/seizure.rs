//! Goods that were seized for cases.

use stanch_types::seizure::Seizure;
use stanch_types::{CaseId, SeizureId};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "seizure.insert",
    "INSERT INTO seizures (org_id, id, case_id, state, body) VALUES ($1, $2, $3, $4, $5)",
);
const LOCK: Sql = Sql(
    "seizure.lock",
    "UPDATE seizures SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "seizure.update",
    "UPDATE seizures SET state = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
const OF_CASE: Sql = Sql(
    "seizure.of_case",
    "SELECT body FROM seizures WHERE org_id = $1 AND case_id = $2 ORDER BY id LIMIT $3",
);
/// Most seizures of a case that are listed.
const LIST_MAX: i64 = 500;

fn read(row: &Row) -> Result<Seizure, StoreError> {
    row.json(0, "seizure")
}

fn not_found(id: SeizureId) -> StoreError {
    StoreError::NotFound {
        what: "seizure",
        id: id.to_string(),
    }
}

impl Tx {
    /// Stores a new seizure.
    ///
    /// # Errors
    /// [`StoreError::Reference`] if there is no such case.
    pub async fn insert_seizure(&mut self, seizure: &Seizure) -> Result<(), StoreError> {
        let (id, case) = (seizure.id.to_string(), seizure.case_id.to_string());
        let (state, body) = (seizure.state.as_str(), self.sealed(seizure, "seizure")?);
        self.change(INSERT, args![&id, &case, state, &body])
            .await
            .map(drop)
    }

    /// The seizure `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_seizure(&mut self, id: SeizureId) -> Result<Seizure, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored seizure.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_seizure(&mut self, seizure: &Seizure) -> Result<(), StoreError> {
        let (id, body) = (seizure.id.to_string(), self.sealed(seizure, "seizure")?);
        let rest = args![&id, seizure.state.as_str(), &body];
        if self.change(UPDATE, rest).await? == 0 {
            return Err(not_found(seizure.id));
        }
        Ok(())
    }

    /// The seizures of a case, oldest first, at most 500.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn seizures_of_case(&mut self, case: CaseId) -> Result<Vec<Seizure>, StoreError> {
        let case = case.to_string();
        let rows = self.many(OF_CASE, args![&case, LIST_MAX]).await?;
        rows.iter().map(read).collect()
    }
}
