//! The steps of reports and cases.

use axum::extract::State;
use axum::response::Response;
use stanch_casework::{CaseStep, ReportStep, step_case, step_report};
use stanch_types::{CaseId, ReportId};

use crate::auth::caller::Caller;
use crate::error::{ApiResult, Problem};
use crate::extract::{InPath, JsonBody};
use crate::handlers::cases::{CaseView, case_view};
use crate::handlers::reports::{ReportView, report_view, works_on};
use crate::personal::shown_to_worker;
use crate::state::App;

/// Take a step with a report: ask, add, find no fraud, answer and close.
#[utoipa::path(post, path = "/v1/reports/{id}/steps", tag = "reports", params(("id" = ReportId, Path, description = "The report")),
    request_body = ReportStep, responses(
    (status = 200, body = ReportView, description = "The report after the step"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The report's state does not allow it (`report.state`)"),
))]
pub async fn take_report_step(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ReportId>,
    JsonBody { value, .. }: JsonBody<ReportStep>,
) -> ApiResult<Response> {
    let mut tx = app.store().begin().await?;
    let report = step_report(&mut tx, app.ctx(), id, value, caller.actor()).await?;
    let works = works_on(&mut tx, &caller, report.case_id).await?;
    let view = report_view(&mut tx, report).await?;
    tx.commit().await?;
    shown_to_worker(&caller, works, &view)
}

/// Take a step with a case: file, solve, suspend, withdraw, close. It is closed only when its lead has an outcome.
#[utoipa::path(post, path = "/v1/cases/{id}/steps", tag = "cases", params(("id" = CaseId, Path, description = "The case")),
    request_body = CaseStep, responses(
    (status = 200, body = CaseView, description = "The case after the step"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The case's state does not allow it (`case.state`), or its lead has no outcome (`case.lead_open`)"),
))]
pub async fn take_case_step(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
    JsonBody { value, .. }: JsonBody<CaseStep>,
) -> ApiResult<Response> {
    let mut tx = app.store().begin().await?;
    step_case(&mut tx, app.ctx(), id, value, caller.actor()).await?;
    let works = works_on(&mut tx, &caller, Some(id)).await?;
    let view = case_view(&mut tx, id).await?;
    tx.commit().await?;
    shown_to_worker(&caller, works, &view)
}
