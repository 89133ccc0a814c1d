//! Cases.

use stanch_types::case::{Case, CaseState};
use stanch_types::lead::Lead;
use stanch_types::report::{Priority, Report};
use stanch_types::{CaseId, UserId};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "case.insert",
    "INSERT INTO cases (org_id, id, number, lead_id, priority, state, opened_at, assigned_to, clock_runs, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const NEXT_NUMBER: Sql = Sql(
    "case.next_number",
    "INSERT INTO counters (org_id, name, value) VALUES ($1, $2, 1)
     ON CONFLICT (org_id, name) DO UPDATE SET value = counters.value + 1 RETURNING value",
);
const LOOKUP: Sql = Sql(
    "case.lookup",
    "SELECT body FROM cases WHERE org_id = $1 AND id = $2",
);
const LOOKUP_BY_NUMBER: Sql = Sql(
    "case.lookup_by_number",
    "SELECT body FROM cases WHERE org_id = $1 AND number = $2",
);
const LOCK: Sql = Sql(
    "case.lock",
    "UPDATE cases SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "case.update",
    "UPDATE cases SET priority = $3, state = $4, assigned_to = $5, clock_runs = $6, body = $7
     WHERE org_id = $1 AND id = $2",
);
const LIST: Sql = Sql(
    "case.list",
    "SELECT body FROM cases
     WHERE org_id = $1 AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR priority = $3)
       AND ($4 IS NULL OR assigned_to = $4)
       AND ($5 IS NULL OR priority > $5
            OR (priority = $5 AND (opened_at > $6 OR (opened_at = $6 AND id > $7))))
     ORDER BY priority, opened_at, id LIMIT $8",
);
const REPORT_OF: Sql = Sql(
    "case.report",
    "SELECT r.body FROM cases c
     JOIN leads l ON l.org_id = c.org_id AND l.id = c.lead_id
     JOIN reports r ON r.org_id = l.org_id AND r.id = l.report_id
     WHERE c.org_id = $1 AND c.id = $2",
);
const LEAD_OF: Sql = Sql(
    "case.lead",
    "SELECT l.body FROM cases c JOIN leads l ON l.org_id = c.org_id AND l.id = c.lead_id
     WHERE c.org_id = $1 AND c.id = $2",
);
const WITH_OPEN_CLOCK: Sql = Sql(
    "case.open_clock",
    "SELECT body FROM cases WHERE org_id = $1 AND clock_runs = 1 ORDER BY priority, opened_at, id LIMIT $2",
);
const LIST_NAME: &str = "cases";
/// Most cases whose clock is looked at in one go.
const OPEN_CLOCKS_MAX: i64 = 10_000;

/// Which cases are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only those in this state (the word of `CaseState`).
    pub state: Option<String>,
    /// Only those of this priority.
    pub priority: Option<Priority>,
    /// Only those that this person has.
    pub assigned_to: Option<UserId>,
}

fn read(row: &Row) -> Result<Case, StoreError> {
    row.json(0, "case")
}

/// Whether the golden hour still runs: the case is being worked on and no money is held yet.
fn clock_runs(case: &Case) -> i64 {
    let worked_on = match case.state {
        CaseState::Open | CaseState::Filed { .. } => true,
        CaseState::Solved
        | CaseState::Suspended { .. }
        | CaseState::Withdrawn { .. }
        | CaseState::Closed { .. } => false,
    };
    i64::from(worked_on && case.clock.executed_at.is_none())
}

impl Tx {
    /// Stores a new case. Its lead is stored before it.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`].
    pub async fn insert_case(&mut self, case: &Case) -> Result<(), StoreError> {
        let (id, body) = (case.id.to_string(), to_json(case, "case")?);
        let lead = case.lead_id.to_string();
        let assigned = case.assigned_to.map(|user| user.to_string());
        let words = (case.priority.as_str(), case.state.as_str());
        self.change(
            INSERT,
            args![
                &id,
                &case.number,
                &lead,
                words.0,
                words.1,
                case.opened_at,
                &assigned,
                clock_runs(case),
                &body
            ],
        )
        .await
        .map(drop)
    }

    /// The next case number of a calendar year, `2026-000123`. Numbers of undone transactions are given out again.
    ///
    /// # Errors
    /// [`StoreError::Contended`].
    pub async fn next_case_number(&mut self, year: i32) -> Result<String, StoreError> {
        self.must_write()?;
        let row = self
            .one(NEXT_NUMBER, args![&format!("case_number/{year}")])
            .await?
            .ok_or_else(|| StoreError::damaged("case number", "the counter gave nothing"))?;
        Ok(format!("{year}-{:06}", row.int(0)?))
    }

    /// The case `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_case(&mut self, id: CaseId) -> Result<Case, StoreError> {
        self.lookup_case(id).await?.ok_or_else(|| not_found(id))
    }

    /// The case `id`, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_case(&mut self, id: CaseId) -> Result<Option<Case>, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The case with this number, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_case_by_number(
        &mut self,
        number: &str,
    ) -> Result<Option<Case>, StoreError> {
        let row = self.one(LOOKUP_BY_NUMBER, args![number]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The case `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_case(&mut self, id: CaseId) -> Result<Case, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored case.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_case(&mut self, case: &Case) -> Result<(), StoreError> {
        let (id, body) = (case.id.to_string(), to_json(case, "case")?);
        let assigned = case.assigned_to.map(|user| user.to_string());
        let words = (case.priority.as_str(), case.state.as_str());
        let changed = self
            .change(
                UPDATE,
                args![&id, words.0, words.1, &assigned, clock_runs(case), &body],
            )
            .await?;
        if changed == 0 {
            return Err(not_found(case.id));
        }
        Ok(())
    }

    /// Cases, most urgent first, then longest open first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_cases(
        &mut self,
        filter: &CaseFilter,
        page: &PageRequest,
    ) -> Result<Page<Case>, StoreError> {
        let after = page.keys::<3>(LIST_NAME)?;
        let (after_priority, after_at, after_id) = match &after {
            Some([priority, at, id]) => (
                Some(priority.as_str()),
                Some(page.number(at)?),
                Some(id.as_str()),
            ),
            None => (None, None, None),
        };
        let state = filter.state.as_deref();
        let priority = filter.priority.map(Priority::as_str);
        let assigned = filter.assigned_to.map(|user| user.to_string());
        let rows = self
            .many(
                LIST,
                args![
                    state,
                    priority,
                    &assigned,
                    after_priority,
                    after_at,
                    after_id,
                    page.fetch_limit()
                ],
            )
            .await?;
        let cases = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(LIST_NAME, cases, |case| {
            vec![
                case.priority.as_str().to_owned(),
                case.opened_at.as_micros().to_string(),
                case.id.to_string(),
            ]
        }))
    }

    /// The report that the case was opened from.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn report_of_case(&mut self, id: CaseId) -> Result<Report, StoreError> {
        self.one(REPORT_OF, args![&id.to_string()])
            .await?
            .ok_or_else(|| not_found(id))?
            .json(0, "report")
    }

    /// The lead that the case was opened from.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lead_of_case(&mut self, id: CaseId) -> Result<Lead, StoreError> {
        let row = self.one(LEAD_OF, args![&id.to_string()]).await?;
        row.as_ref()
            .map(crate::lead::read)
            .ok_or_else(|| not_found(id))?
    }

    /// Open and filed cases without any money held yet, most urgent first; at most 10,000.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn cases_with_open_clock(&mut self) -> Result<Vec<Case>, StoreError> {
        let rows = self.many(WITH_OPEN_CLOCK, args![OPEN_CLOCKS_MAX]).await?;
        rows.iter().map(read).collect()
    }
}

fn not_found(id: CaseId) -> StoreError {
    StoreError::NotFound {
        what: "case",
        id: id.to_string(),
    }
}
