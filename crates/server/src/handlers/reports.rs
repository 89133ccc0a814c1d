//! Reports: what a victim, relative or bystander tells.

use axum::Json;
use axum::response::Response;
use serde::Serialize;
use stanch_types::report::{Priority, ReportContent, ReportState};
use stanch_types::{CaseId, ReportId, Timestamp};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};
use crate::page::{PageParams, PageView};

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
}

/// Take a report: triage, match its payments, open or join a case, start planning.
#[utoipa::path(post, path = "/v1/reports", tag = "reports", request_body = ReportContent,
    params(("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")),
    responses(
        (status = 201, body = ReportView, description = "Received"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The report breaks a rule of the form (`report.invalid`)"),
))]
pub async fn create_report() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Reports, newest first.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", params(PageParams), responses(
    (status = 200, body = PageView<ReportSummary>, description = "One page"),
))]
pub async fn list_reports() -> ApiResult<Json<PageView<ReportSummary>>> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// One report.
#[utoipa::path(get, path = "/v1/reports/{id}", tag = "reports", params(("id" = ReportId, Path, description = "The report")), responses(
    (status = 200, body = ReportView, description = "The report"),
))]
pub async fn get_report() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
