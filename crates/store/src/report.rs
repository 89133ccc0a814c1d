//! Reports.

use stanch_types::ReportId;
use stanch_types::report::{Priority, Report};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "report.insert",
    "INSERT INTO reports (org_id, id, received_at, priority, state, body) VALUES ($1, $2, $3, $4, $5, $6)",
);
const LOOKUP: Sql = Sql(
    "report.lookup",
    "SELECT body FROM reports WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "report.lock",
    "UPDATE reports SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "report.update",
    "UPDATE reports SET priority = $3, state = $4, body = $5 WHERE org_id = $1 AND id = $2",
);
const LIST: Sql = Sql(
    "report.list",
    "SELECT body FROM reports
     WHERE org_id = $1 AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR priority = $3)
       AND ($4 IS NULL OR received_at < $4 OR (received_at = $4 AND id < $5))
     ORDER BY received_at DESC, id DESC LIMIT $6",
);
const LIST_NAME: &str = "reports";

/// Which reports are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportFilter {
    /// Only those in this state (the word of `ReportState`).
    pub state: Option<String>,
    /// Only those of this priority.
    pub priority: Option<Priority>,
}

fn read(row: &Row) -> Result<Report, StoreError> {
    row.json(0, "report")
}

impl Tx {
    /// Stores a new report.
    ///
    /// # Errors
    /// [`StoreError::Exists`].
    pub async fn insert_report(&mut self, report: &Report) -> Result<(), StoreError> {
        let (id, body) = (report.id.to_string(), to_json(report, "report")?);
        let words = (report.priority.as_str(), report.state.as_str());
        self.change(
            INSERT,
            args![&id, report.received_at, words.0, words.1, &body],
        )
        .await
        .map(drop)
    }

    /// The report `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_report(&mut self, id: ReportId) -> Result<Report, StoreError> {
        self.lookup_report(id).await?.ok_or_else(|| not_found(id))
    }

    /// The report `id`, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_report(&mut self, id: ReportId) -> Result<Option<Report>, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The report `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_report(&mut self, id: ReportId) -> Result<Report, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored report.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_report(&mut self, report: &Report) -> Result<(), StoreError> {
        let (id, body) = (report.id.to_string(), to_json(report, "report")?);
        let words = (report.priority.as_str(), report.state.as_str());
        let changed = self
            .change(UPDATE, args![&id, words.0, words.1, &body])
            .await?;
        if changed == 0 {
            return Err(not_found(report.id));
        }
        Ok(())
    }

    /// Reports, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_reports(
        &mut self,
        filter: &ReportFilter,
        page: &PageRequest,
    ) -> Result<Page<Report>, StoreError> {
        let after = page.keys::<2>(LIST_NAME)?;
        let (at, id) = match &after {
            Some([at, id]) => (Some(page.number(at)?), Some(id.as_str())),
            None => (None, None),
        };
        let state = filter.state.as_deref();
        let priority = filter.priority.map(Priority::as_str);
        let rows = self
            .many(LIST, args![state, priority, at, id, page.fetch_limit()])
            .await?;
        let reports = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(LIST_NAME, reports, |report| {
            vec![
                report.received_at.as_micros().to_string(),
                report.id.to_string(),
            ]
        }))
    }
}

fn not_found(id: ReportId) -> StoreError {
    StoreError::NotFound {
        what: "report",
        id: id.to_string(),
    }
}
