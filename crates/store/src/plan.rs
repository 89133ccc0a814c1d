//! Recovery plans.

use stanch_types::plan::Plan;
use stanch_types::{CaseId, PlanId};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "plan.insert",
    "INSERT INTO plans (org_id, id, case_id, version, state, created_at, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const LOOKUP: Sql = Sql(
    "plan.lookup",
    "SELECT body FROM plans WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "plan.lock",
    "UPDATE plans SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const LATEST: Sql = Sql(
    "plan.latest",
    "SELECT body FROM plans WHERE org_id = $1 AND case_id = $2 ORDER BY version DESC LIMIT 1",
);
const LIST: Sql = Sql(
    "plan.list",
    "SELECT body FROM plans WHERE org_id = $1 AND case_id = $2 ORDER BY version DESC LIMIT $3",
);
const UPDATE: Sql = Sql(
    "plan.update",
    "UPDATE plans SET state = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
/// Most versions of a case's plan that are listed.
const VERSIONS_LISTED_MAX: i64 = 1_000;

fn read(row: &Row) -> Result<Plan, StoreError> {
    row.json(0, "plan")
}

impl Tx {
    /// Stores a new version of a case's plan.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the case has that version, [`StoreError::Reference`].
    pub async fn insert_plan(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let (id, body) = (plan.id.to_string(), self.sealed(plan, "plan")?);
        let case = plan.case_id.to_string();
        self.change(
            INSERT,
            args![
                &id,
                &case,
                plan.version,
                plan.state.as_str(),
                plan.created_at,
                &body
            ],
        )
        .await
        .map(drop)
    }

    /// The plan `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_plan(&mut self, id: PlanId) -> Result<Plan, StoreError> {
        self.lookup_plan(id).await?.ok_or_else(|| not_found(id))
    }

    /// The plan `id`, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The plan `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_plan(&mut self, id: PlanId) -> Result<Plan, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// The newest version of a case's plan, if it has one.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn latest_plan(&mut self, case_id: CaseId) -> Result<Option<Plan>, StoreError> {
        let row = self.one(LATEST, args![&case_id.to_string()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The versions of a case's plan, newest first; at most 1,000.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_plans(&mut self, case_id: CaseId) -> Result<Vec<Plan>, StoreError> {
        let rows = self
            .many(LIST, args![&case_id.to_string(), VERSIONS_LISTED_MAX])
            .await?;
        rows.iter().map(read).collect()
    }

    /// Replaces a stored plan; its case and version stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_plan(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let (id, body) = (plan.id.to_string(), self.sealed(plan, "plan")?);
        let changed = self
            .change(UPDATE, args![&id, plan.state.as_str(), &body])
            .await?;
        if changed == 0 {
            return Err(not_found(plan.id));
        }
        Ok(())
    }
}

fn not_found(id: PlanId) -> StoreError {
    StoreError::NotFound {
        what: "plan",
        id: id.to_string(),
    }
}
