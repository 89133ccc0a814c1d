//! Leads: the ledger of what was opened from reports and what came of it.

use stanch_types::lead::{Lead, LeadState};
use stanch_types::report::Priority;
use stanch_types::{CaseId, LeadId, Timestamp, UserId};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "lead.insert",
    "INSERT INTO leads (org_id, id, report_id, case_id, priority, state, opened_at, owner, unit, due_at, merged_into,
       outcome, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);
const LOOKUP: Sql = Sql(
    "lead.lookup",
    "SELECT body FROM leads WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "lead.lock",
    "UPDATE leads SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
/// The unit stays when the state moves on: the funnel asks what came back from it.
const UPDATE: Sql = Sql(
    "lead.update",
    "UPDATE leads SET case_id = $3, priority = $4, state = $5, owner = $6, unit = COALESCE($7, unit), due_at = $8,
       merged_into = COALESCE($9, merged_into), outcome = $10, body = $11
     WHERE org_id = $1 AND id = $2",
);
const MERGED_INTO: Sql = Sql(
    "lead.merged_into",
    "SELECT body FROM leads WHERE org_id = $1 AND merged_into = $2 AND state = 'merged' ORDER BY id LIMIT $3",
);
const COUNT_OVERDUE: Sql = Sql(
    "lead.count_overdue",
    "SELECT COUNT(*) FROM leads WHERE org_id = $1 AND state = 'referred' AND due_at <= $2",
);
const LIST_NAME: &str = "leads";

/// The list of leads with a condition on `$2` that an index serves.
macro_rules! list {
    ($name:literal, $condition:literal) => {
        Sql(
            $name,
            concat!(
                "SELECT body FROM leads WHERE org_id = $1 AND ",
                $condition,
                " AND ($3 IS NULL OR state = $3) AND ($4 IS NULL OR priority = $4) AND ($5 IS NULL OR owner = $5)
       AND ($6 IS NULL OR unit = $6)
       AND ($7 IS NULL OR priority > $7
            OR (priority = $7 AND (opened_at > $8 OR (opened_at = $8 AND id > $9))))
     ORDER BY priority, opened_at, id LIMIT $10"
            ),
        )
    };
}
const LIST_ALL: Sql = list!("lead.list", "($2 IS NULL OR id = $2)");
const LIST_OF_STATE: Sql = list!("lead.list_of_state", "state = $2");
const LIST_OF_OWNER: Sql = list!("lead.list_of_owner", "owner = $2");
const LIST_OVERDUE: Sql = list!("lead.list_overdue", "state = 'referred' AND due_at <= $2");

/// Which leads are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Only those in this state (the word of [`LeadState`]).
    pub state: Option<String>,
    /// Only those of this priority.
    pub priority: Option<Priority>,
    /// Only those that this person has.
    pub owner: Option<UserId>,
    /// Only those that were referred to this unit.
    pub unit: Option<String>,
    /// Only referrals whose answer was due by then.
    pub overdue_at: Option<Timestamp>,
}

pub(crate) fn read(row: &Row) -> Result<Lead, StoreError> {
    row.json(0, "lead")
}

/// What a lead's row says besides its body.
struct Columns {
    id: String,
    case: String,
    owner: Option<String>,
    unit: Option<String>,
    due_at: Option<Timestamp>,
    merged_into: Option<String>,
    outcome: Option<&'static str>,
    body: String,
}

impl Columns {
    fn of(lead: &Lead) -> Result<Self, StoreError> {
        let mut columns = Self {
            id: lead.id.to_string(),
            case: lead.case_id.to_string(),
            owner: lead.state.owner().map(|user| user.to_string()),
            unit: None,
            due_at: None,
            merged_into: None,
            outcome: None,
            body: to_json(lead, "lead")?,
        };
        match &lead.state {
            LeadState::Referred { to, due_at, .. } => {
                columns.unit = Some(to.clone());
                columns.due_at = Some(*due_at);
            }
            LeadState::Merged { into, .. } => columns.merged_into = Some(into.to_string()),
            LeadState::OutcomeRecorded { kind, .. } => columns.outcome = Some(kind.as_str()),
            LeadState::New
            | LeadState::Assigned { .. }
            | LeadState::Investigating { .. }
            | LeadState::NoAction { .. } => {}
        }
        Ok(columns)
    }
}

impl Tx {
    /// Stores a new lead. Its report is stored before it, its case after it.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`].
    pub async fn insert_lead(&mut self, lead: &Lead) -> Result<(), StoreError> {
        let columns = Columns::of(lead)?;
        let report = lead.report_id.to_string();
        self.change(
            INSERT,
            args![
                &columns.id,
                &report,
                &columns.case,
                lead.priority.as_str(),
                lead.state.as_str(),
                lead.opened_at,
                &columns.owner,
                &columns.unit,
                columns.due_at,
                &columns.merged_into,
                columns.outcome,
                &columns.body
            ],
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

    /// The lead `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_lead(&mut self, id: LeadId) -> Result<Lead, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored lead.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_lead(&mut self, lead: &Lead) -> Result<(), StoreError> {
        let columns = Columns::of(lead)?;
        let changed = self
            .change(
                UPDATE,
                args![
                    &columns.id,
                    &columns.case,
                    lead.priority.as_str(),
                    lead.state.as_str(),
                    &columns.owner,
                    &columns.unit,
                    columns.due_at,
                    &columns.merged_into,
                    columns.outcome,
                    &columns.body
                ],
            )
            .await?;
        if changed == 0 {
            return Err(not_found(lead.id));
        }
        Ok(())
    }

    /// Leads, most urgent first, then longest open first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_leads(
        &mut self,
        filter: &LeadFilter,
        page: &PageRequest,
    ) -> Result<Page<Lead>, StoreError> {
        let after = page.keys::<3>(LIST_NAME)?;
        let (after_priority, after_at, after_id) = match &after {
            Some([priority, at, id]) => (
                Some(priority.as_str()),
                Some(page.number(at)?),
                Some(id.as_str()),
            ),
            None => (None, None, None),
        };
        let owner = filter.owner.map(|user| user.to_string());
        let state = filter.state.as_deref();
        let rest = (
            state,
            filter.priority.map(Priority::as_str),
            filter.unit.as_deref(),
        );
        let (sql, first) = if let Some(at) = filter.overdue_at {
            (LIST_OVERDUE, crate::db::Arg::from(at))
        } else if let Some(owner) = &owner {
            (LIST_OF_OWNER, crate::db::Arg::from(owner))
        } else if let Some(state) = state {
            (LIST_OF_STATE, crate::db::Arg::from(state))
        } else {
            (LIST_ALL, crate::db::Arg::Text(None))
        };
        let rows = self
            .many(
                sql,
                &[
                    first,
                    rest.0.into(),
                    rest.1.into(),
                    (&owner).into(),
                    rest.2.into(),
                    after_priority.into(),
                    after_at.into(),
                    after_id.into(),
                    page.fetch_limit().into(),
                ],
            )
            .await?;
        let leads = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(LIST_NAME, leads, |lead| {
            vec![
                lead.priority.as_str().to_owned(),
                lead.opened_at.as_micros().to_string(),
                lead.id.to_string(),
            ]
        }))
    }

    /// Leads that were joined to `id` and wait for its outcome, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn leads_merged_into(
        &mut self,
        id: LeadId,
        limit: i64,
    ) -> Result<Vec<Lead>, StoreError> {
        let rows = self
            .many(MERGED_INTO, args![&id.to_string(), limit])
            .await?;
        rows.iter().map(read).collect()
    }

    /// Number of referrals whose answer was due by `now` and did not come.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_overdue_referrals(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let row = self.one(COUNT_OVERDUE, args![now]).await?;
        let count = row.map_or(Ok(0), |row| row.int(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The lead of the case `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_lead_of_case(&mut self, id: CaseId) -> Result<Lead, StoreError> {
        let lead = self.lead_of_case(id).await?;
        self.lock_lead(lead.id).await
    }
}

fn not_found(id: LeadId) -> StoreError {
    StoreError::NotFound {
        what: "lead",
        id: id.to_string(),
    }
}
