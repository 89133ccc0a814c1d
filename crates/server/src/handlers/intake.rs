//! Reports as the desk takes them in: in bulk, with documents, with a claim code for the reporter; cases that share
//! something.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stanch_casework::{
    ATTACHMENT_BYTES_MAX, BULK_AT_ONCE, BulkOutcome, attach, give_claim, read_bulk, take_bulk,
};
use stanch_types::case::CaseState;
use stanch_types::report::Attachment;
use stanch_types::{CaseId, ClaimCode, ErrorCode, ReportId};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::Caller;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, Params, expect_media_type, whole_body};
use crate::handlers::documents::name_beside;
use crate::page::PageView;
use crate::personal::note_reading;
use crate::state::App;

/// Most related cases that are listed.
const RELATED_MAX: usize = 200;

/// A claim code that was given.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GivenClaim {
    /// To be read out to the reporter, once; only its digest is stored.
    pub claim_code: ClaimCode,
}

/// Which file.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileParams {
    /// Its SHA-256 as the report lists it.
    #[param(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
}

/// A case that shares something with another.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RelatedCase {
    /// The case.
    pub id: CaseId,
    /// Its short number.
    pub number: String,
    /// Where it stands.
    pub state: CaseState,
    /// What is shared and how often: `payment`, `account`, `phone`, `handle`, `domain`.
    pub shared: BTreeMap<String, u32>,
}

/// Take reports from a CSV file: one payment a line, lines with the same `external_id` one after another are one
/// report. Bad reports are refused and do not hold up the others; sending again is safe.
#[utoipa::path(post, path = "/v1/reports/bulk", tag = "reports",
    request_body(content = String, content_type = "text/csv", description = "At most 64 MiB; docs/formats/reports.md has the columns"), responses(
    (status = 200, body = BulkOutcome, description = "What was taken and refused"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 64 MiB; nothing was taken (`request.too_large`)"),
))]
pub async fn take_reports(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> ApiResult<Json<BulkOutcome>> {
    expect_media_type(&request, "text/csv")?;
    let body = whole_body(request.into_body(), app.config().limits.bulk_bytes).await?;
    let bad = |why: String| ApiError::new(ErrorCode::RequestInvalid, why);
    let mut reports = read_bulk(std::io::Cursor::new(body)).map_err(bad)?;
    let mut outcome = BulkOutcome::default();
    loop {
        let some: Vec<_> = reports.by_ref().take(BULK_AT_ONCE).collect();
        if some.is_empty() {
            return Ok(Json(outcome));
        }
        let mut tx = app.store().begin().await?;
        let (ctx, ledger) = (app.ctx(), app.ledger());
        take_bulk(&mut tx, ctx, ledger, &some, &caller.actor(), &mut outcome).await?;
        tx.commit().await?;
    }
}

/// Give the reporter a claim code, in place of the one before.
#[utoipa::path(post, path = "/v1/reports/{id}/claim", tag = "reports", params(("id" = ReportId, Path, description = "The report")), responses(
    (status = 201, body = GivenClaim, description = "The code; shown once"),
))]
pub async fn give_claim_code(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ReportId>,
) -> ApiResult<(StatusCode, Json<GivenClaim>)> {
    let mut tx = app.store().begin().await?;
    let claim_code = give_claim(&mut tx, app.ctx(), id, caller.actor()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(GivenClaim { claim_code })))
}

/// Add a picture or document to a report: PNG, JPEG, WebP, GIF, PDF or text in UTF-8, at most 10 MiB, ten a report.
#[utoipa::path(post, path = "/v1/reports/{id}/attachments", tag = "reports", params(("id" = ReportId, Path, description = "The report"),
        ("stanch-document-name" = Option<String>, Header, max_length = 1100, description = "The document's name, percent-encoded UTF-8")),
    request_body(content = String, content_type = "application/octet-stream"), responses(
    (status = 201, body = Vec<Attachment>, description = "The report's attachments"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The report is closed (`report.state`)"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 10 MiB (`request.too_large`)"),
))]
pub async fn add_attachment(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ReportId>,
    headers: HeaderMap,
    request: Request,
) -> ApiResult<(StatusCode, Json<Vec<Attachment>>)> {
    expect_media_type(&request, "application/octet-stream")?;
    let name = name_beside(&headers).unwrap_or_else(|| "file".to_owned());
    let bytes = whole_body(request.into_body(), ATTACHMENT_BYTES_MAX).await?;
    let mut tx = app.store().begin().await?;
    let report = attach(&mut tx, app.ctx(), id, &name, &bytes, caller.actor()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(report.attachments)))
}

/// The bytes of an attachment. Reading it is put on the audit record.
#[utoipa::path(get, path = "/v1/reports/{id}/attachment", tag = "reports", params(("id" = ReportId, Path, description = "The report"), FileParams), responses(
    (status = 200, content((String = "application/octet-stream")), description = "The bytes, to be saved and not shown"),
))]
pub async fn get_attachment(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ReportId>,
    Params(params): Params<FileParams>,
) -> ApiResult<Response> {
    caller.must_say_purpose()?;
    note_reading(&app, &caller, &id.to_string()).await?;
    let mut tx = app.store().read().await?;
    let report = tx.get_report(id).await?;
    let listed = report
        .attachments
        .iter()
        .any(|one| one.sha256 == params.sha256);
    if !listed {
        return Err(ApiError::of(ErrorCode::NotFound));
    }
    let bytes = tx.get_file(&id.to_string(), &params.sha256).await?;
    // A stranger's file is never shown by the browser in the name of this server.
    let headers: [(HeaderName, HeaderValue); 3] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// Cases that share a payment, a receiving account or a counterpart with this one, those that share most first. Only
/// what reporters let be matched is compared.
#[utoipa::path(get, path = "/v1/cases/{id}/related", tag = "cases", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = PageView<RelatedCase>, description = "At most 200"),
))]
pub async fn list_related(
    State(app): State<App>,
    InPath(id): InPath<CaseId>,
) -> ApiResult<Json<PageView<RelatedCase>>> {
    let mut tx = app.store().read().await?;
    tx.get_case(id).await?;
    let mut items = Vec::new();
    for (other, kinds) in tx.related_cases(id, RELATED_MAX).await? {
        let case = tx.get_case(other).await?;
        items.push(RelatedCase {
            id: other,
            number: case.number,
            state: case.state,
            shared: kinds
                .into_iter()
                .map(|(kind, count)| (kind.as_str().to_owned(), count))
                .collect(),
        });
    }
    Ok(Json(PageView::whole(items)))
}
