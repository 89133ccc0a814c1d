//! Reports: what a victim, relative or bystander tells.

use crate::auth::caller::Caller;
use crate::extract::{InPath, JsonBody, Params};
use crate::idempotency::{Begun, IdempotencyKey};
use crate::personal::{note_reading, shown_to_worker};
use crate::state::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_casework::receive_report;
use stanch_store::{ReportFilter, Tx};
use stanch_types::report::{
    Addition, Attachment, Prevented, Priority, Report, ReportContent, ReportState,
};
use stanch_types::{CaseId, ReportId, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiResult, Problem};
use crate::page::{PageView, page};

/// Which reports are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// Only reports in this state.
    #[param(inline)]
    pub state: Option<ReportStateFilter>,
    /// Only reports of this priority.
    #[param(inline)]
    pub priority: Option<Priority>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// Where a report stands, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportStateFilter {
    /// Received, not yet looked at.
    Received,
    /// Priority given.
    Triaged,
    /// Something is missing; the reporter was asked.
    NeedsInfo,
    /// Joined to an earlier report's case.
    Merged,
    /// A lead was opened from it.
    LeadOpened,
    /// Looked at and found not to be fraud.
    NotFraud,
    /// Answered and closed.
    Closed,
}

impl ReportStateFilter {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Triaged => "triaged",
            Self::NeedsInfo => "needs_info",
            Self::Merged => "merged",
            Self::LeadOpened => "lead_opened",
            Self::NotFraud => "not_fraud",
            Self::Closed => "closed",
        }
    }
}

/// A report without what was told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReportSummary {
    /// Identifier.
    pub id: ReportId,
    /// When Stanch received it (t1).
    pub received_at: Timestamp,
    /// How urgent triage found it.
    pub priority: Priority,
    /// Where it stands.
    pub state: ReportState,
    /// The case it belongs to, if any.
    #[schema(required = true)]
    pub case_id: Option<CaseId>,
    /// That case's short number.
    #[schema(required = true)]
    pub case_number: Option<String>,
}

/// A report. The content is personal: reading it is put on the audit record, auditors see it masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReportView {
    /// The report without what was told.
    #[serde(flatten)]
    pub summary: ReportSummary,
    /// What was told.
    pub content: ReportContent,
    /// What was told later, oldest first.
    pub additions: Vec<Addition>,
    /// Pictures and documents.
    pub attachments: Vec<Attachment>,
    /// Money that was not sent because somebody was warned in time.
    #[schema(required = true)]
    pub prevented: Option<Prevented>,
}

/// Take a report: triage, match its payments, open or join a case, start planning.
#[utoipa::path(post, path = "/v1/reports", tag = "reports", request_body = ReportContent,
    params(("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")),
    responses(
        (status = 201, body = ReportView, description = "Received"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The report breaks a rule of the form (`report.invalid`)"),
))]
pub async fn create_report(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody { value, sha256 }: JsonBody<ReportContent>,
) -> ApiResult<Response> {
    let (mut tx, slot) = match key.begin(&app, &caller, &sha256).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(tx, slot) => (tx, slot),
    };
    let received = receive_report(&mut tx, app.ctx(), app.ledger(), value, caller.actor()).await?;
    let case = (received.case.id, received.case.number);
    let view = ReportView::new(received.report, Some(case));
    slot.reply(tx, StatusCode::CREATED, &view).await
}

/// Reports, newest first.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", params(ReportParams), responses(
    (status = 200, body = PageView<ReportSummary>, description = "One page"),
))]
pub async fn list_reports(
    State(app): State<App>,
    Params(params): Params<ReportParams>,
) -> ApiResult<Json<PageView<ReportSummary>>> {
    let page = page(params.limit, params.cursor)?;
    let filter = ReportFilter {
        state: params.state.map(|state| state.as_str().to_owned()),
        priority: params.priority,
    };
    let mut tx = app.store().read().await?;
    let found = tx.list_reports(&filter, &page).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for report in &found.items {
        let case = case_of(&mut tx, report).await?;
        items.push(ReportSummary::new(report, case));
    }
    Ok(Json(PageView::new(items, found.next)))
}

/// One report.
#[utoipa::path(get, path = "/v1/reports/{id}", tag = "reports", params(("id" = ReportId, Path, description = "The report")), responses(
    (status = 200, body = ReportView, description = "The report"),
))]
pub async fn get_report(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ReportId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    let report = tx.get_report(id).await?;
    let works = works_on(&mut tx, &caller, report.case_id).await?;
    let view = report_view(&mut tx, report).await?;
    drop(tx);
    note_reading(&app, &caller, &id.to_string()).await?;
    shown_to_worker(&caller, works, &view)
}

impl ReportSummary {
    /// The view of `report`, which belongs to `case`.
    #[must_use]
    pub fn new(report: &Report, case: Option<(CaseId, String)>) -> Self {
        let (case_id, case_number) = case.unzip();
        Self {
            id: report.id,
            received_at: report.received_at,
            priority: report.priority,
            state: report.state.clone(),
            case_id,
            case_number,
        }
    }
}

impl ReportView {
    /// The view of `report`, which belongs to `case`.
    #[must_use]
    pub fn new(report: Report, case: Option<(CaseId, String)>) -> Self {
        Self {
            summary: ReportSummary::new(&report, case),
            content: report.content,
            additions: report.additions,
            attachments: report.attachments,
            prevented: report.prevented,
        }
    }
}

/// The view of `report`.
///
/// # Errors
/// Those of the record.
pub async fn report_view(tx: &mut Tx, report: Report) -> ApiResult<ReportView> {
    let case = case_of(tx, &report).await?;
    Ok(ReportView::new(report, case))
}

/// Whether the caller has the case or its lead. A report that belongs to no case is anybody's to work on.
///
/// # Errors
/// Those of the record.
pub async fn works_on(tx: &mut Tx, caller: &Caller, case: Option<CaseId>) -> ApiResult<bool> {
    let Some(case_id) = case else {
        return Ok(true);
    };
    if tx.get_case(case_id).await?.assigned_to == Some(caller.id()) {
        return Ok(true);
    }
    let lead = tx.lead_of_case(case_id).await?;
    Ok(lead.state.owner() == Some(caller.id()))
}

/// The case that a report belongs to.
///
/// # Errors
/// Those of the record.
pub async fn case_of(tx: &mut Tx, report: &Report) -> ApiResult<Option<(CaseId, String)>> {
    let Some(case_id) = report.case_id else {
        return Ok(None);
    };
    Ok(Some((case_id, tx.get_case(case_id).await?.number)))
}
