//! Leads.

use stanch_types::LeadId;
use stanch_types::lead::Lead;

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "lead.insert",
    "INSERT INTO leads (org_id, id, report_id, case_id, priority, state, opened_at, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
const LOOKUP: Sql = Sql(
    "lead.lookup",
    "SELECT body FROM leads WHERE org_id = $1 AND id = $2",
);
const UPDATE: Sql = Sql(
    "lead.update",
    "UPDATE leads SET case_id = $3, priority = $4, state = $5, body = $6 WHERE org_id = $1 AND id = $2",
);

pub(crate) fn read(row: &Row) -> Result<Lead, StoreError> {
    row.json(0, "lead")
}

impl Tx {
    /// Stores a new lead. Its report is stored before it, its case after it.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`].
    pub async fn insert_lead(&mut self, lead: &Lead) -> Result<(), StoreError> {
        let (id, body) = (lead.id.to_string(), to_json(lead, "lead")?);
        let (report, case) = (lead.report_id.to_string(), lead.case_id.to_string());
        let words = (lead.priority.as_str(), lead.state.as_str());
        self.change(
            INSERT,
            args![&id, &report, &case, words.0, words.1, lead.opened_at, &body],
        )
        .await
        .map(drop)
    }

    /// The lead `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_lead(&mut self, id: LeadId) -> Result<Lead, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored lead.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_lead(&mut self, lead: &Lead) -> Result<(), StoreError> {
        let (id, body) = (lead.id.to_string(), to_json(lead, "lead")?);
        let case = lead.case_id.to_string();
        let words = (lead.priority.as_str(), lead.state.as_str());
        let changed = self
            .change(UPDATE, args![&id, &case, words.0, words.1, &body])
            .await?;
        if changed == 0 {
            return Err(not_found(lead.id));
        }
        Ok(())
    }
}

fn not_found(id: LeadId) -> StoreError {
    StoreError::NotFound {
        what: "lead",
        id: id.to_string(),
    }
}
