//! Reports.

use stanch_types::report::{Priority, Report};
use stanch_types::{CaseId, ClaimDigest, ReportId};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "report.insert",
    "INSERT INTO reports (org_id, id, received_at, priority, state, body, case_id, external_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
const LOOKUP: Sql = Sql(
    "report.lookup",
    "SELECT body, case_id FROM reports WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "report.lock",
    "UPDATE reports SET state = state WHERE org_id = $1 AND id = $2 RETURNING body, case_id",
);
const UPDATE: Sql = Sql(
    "report.update",
    "UPDATE reports SET priority = $3, state = $4, body = $5, case_id = $6, prevented_minor = $7,
       prevented_currency = $8, prevented_institution = $9, prevented_at = $10 WHERE org_id = $1 AND id = $2",
);
const LIST: Sql = Sql(
    "report.list",
    "SELECT body, case_id FROM reports
     WHERE org_id = $1 AND ($2 IS NULL OR priority = $2)
       AND ($3 IS NULL OR received_at < $3 OR (received_at = $3 AND id < $4))
     ORDER BY received_at DESC, id DESC LIMIT $5",
);
const LIST_OF_STATE: Sql = Sql(
    "report.list_of_state",
    "SELECT body, case_id FROM reports
     WHERE org_id = $1 AND ($2 IS NULL OR priority = $2)
       AND ($3 IS NULL OR received_at < $3 OR (received_at = $3 AND id < $4)) AND state = $6
     ORDER BY received_at DESC, id DESC LIMIT $5",
);
const OF_CASE: Sql = Sql(
    "report.of_case",
    "SELECT body, case_id FROM reports WHERE org_id = $1 AND case_id = $2 ORDER BY received_at, id LIMIT $3",
);
const SET_CLAIM: Sql = Sql(
    "report.set_claim",
    "UPDATE reports SET claim_sha256 = $3 WHERE org_id = $1 AND id = $2",
);
const BY_CLAIM: Sql = Sql(
    "report.by_claim",
    "SELECT body, case_id FROM reports WHERE org_id = $1 AND claim_sha256 = $2",
);
const BY_EXTERNAL_ID: Sql = Sql(
    "report.by_external_id",
    "SELECT body, case_id FROM reports WHERE org_id = $1 AND external_id = $2",
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

/// Reports stored before they knew their case have it in its column only.
pub(crate) fn read(row: &Row) -> Result<Report, StoreError> {
    let mut report: Report = row.json(0, "report")?;
    if report.case_id.is_none() && row.opt_text(1)?.is_some() {
        report.case_id = Some(row.parsed(1, "case id")?);
    }
    Ok(report)
}

impl Tx {
    /// Stores a new report.
    ///
    /// # Errors
    /// [`StoreError::Exists`].
    pub async fn insert_report(&mut self, report: &Report) -> Result<(), StoreError> {
        let (id, body) = (report.id.to_string(), self.sealed(report, "report")?);
        let words = (report.priority.as_str(), report.state.as_str());
        let case = report.case_id.map(|case| case.to_string());
        self.change(
            INSERT,
            args![
                &id,
                report.received_at,
                words.0,
                words.1,
                &body,
                &case,
                &report.external_id
            ],
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
        let (id, body) = (report.id.to_string(), self.sealed(report, "report")?);
        let words = (report.priority.as_str(), report.state.as_str());
        let case = report.case_id.map(|case| case.to_string());
        let prevented = report.prevented.as_ref();
        let minor = prevented.map(|it| it.amount.minor());
        let currency = prevented.map(|it| it.amount.currency().to_string());
        let institution = prevented.and_then(|it| it.institution.as_ref());
        let institution = institution.map(|code| code.as_str().to_owned());
        let at = prevented.map(|it| it.at);
        let args = args![
            &id,
            words.0,
            words.1,
            &body,
            &case,
            minor,
            &currency,
            &institution,
            at
        ];
        let changed = self.change(UPDATE, args).await?;
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
        let priority = filter.priority.map(Priority::as_str);
        let limit = page.fetch_limit();
        let rows = match filter.state.as_deref() {
            None => self.many(LIST, args![priority, at, id, limit]).await?,
            Some(state) => {
                self.many(LIST_OF_STATE, args![priority, at, id, limit, state])
                    .await?
            }
        };
        let reports = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(LIST_NAME, reports, |report| {
            vec![
                report.received_at.as_micros().to_string(),
                report.id.to_string(),
            ]
        }))
    }
}

impl Tx {
    /// Lets the reporter in by a claim code with this digest; an earlier code opens the report no more.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Exists`].
    pub async fn set_report_claim(
        &mut self,
        id: ReportId,
        claim: &ClaimDigest,
    ) -> Result<(), StoreError> {
        let changed = self
            .change(SET_CLAIM, args![&id.to_string(), claim.as_str()])
            .await?;
        if changed == 0 {
            return Err(not_found(id));
        }
        Ok(())
    }

    /// The report that a claim code opens.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_report_by_claim(
        &mut self,
        claim: &ClaimDigest,
    ) -> Result<Option<Report>, StoreError> {
        let row = self.one(BY_CLAIM, args![claim.as_str()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The report that its sender knows under this number.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_report_by_external_id(
        &mut self,
        external_id: &str,
    ) -> Result<Option<Report>, StoreError> {
        let row = self.one(BY_EXTERNAL_ID, args![external_id]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The reports of a case, whatever became of them, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn reports_of_case(
        &mut self,
        case: CaseId,
        limit: i64,
    ) -> Result<Vec<Report>, StoreError> {
        let rows = self.many(OF_CASE, args![&case.to_string(), limit]).await?;
        rows.iter().map(read).collect()
    }
}

fn not_found(id: ReportId) -> StoreError {
    StoreError::NotFound {
        what: "report",
        id: id.to_string(),
    }
}
