//! Reports by anybody, without signing in. A claim code, shown once, opens the report again.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use stanch_casework::{
    ATTACHMENT_BYTES_MAX, NewReport, ReportStatus, add_to_report, attach, claimed_report,
    give_claim, receive_new_report,
};
use stanch_types::report::ReportContent;
use stanch_types::user::Actor;
use stanch_types::{ClaimCode, ErrorCode};
use utoipa::ToSchema;

use crate::error::{ApiResult, Problem};
use crate::extract::{JsonBody, expect_media_type, whole_body};
use crate::handlers::documents::{claim_beside, name_beside};
use crate::state::App;

/// A report was received.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReportReceipt {
    /// Opens the report again. Shown once; only its digest is stored.
    pub claim_code: ClaimCode,
    /// Where it stands.
    pub status: ReportStatus,
}

/// A claim code of a report.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportClaim {
    /// The code that was shown when the report was received.
    pub claim_code: ClaimCode,
}

/// What a reporter tells later.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportMore {
    /// The code that was shown when the report was received.
    pub claim_code: ClaimCode,
    /// The words.
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
}

/// Report a fraud without signing in. Answers a claim code, once.
#[utoipa::path(post, path = "/v1/public/reports", tag = "public", request_body = ReportContent, responses(
    (status = 201, body = ReportReceipt, description = "Received"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The report breaks a rule of the form (`report.invalid`)"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many requests from this address (`request.too_many`)"),
))]
pub async fn send_report(
    State(app): State<App>,
    JsonBody { value, .. }: JsonBody<ReportContent>,
) -> ApiResult<(StatusCode, Json<ReportReceipt>)> {
    let receipt = take_report(&app, value).await?;
    Ok((StatusCode::CREATED, Json(receipt)))
}

/// Takes a report of the public and gives its claim code.
///
/// # Errors
/// [`ErrorCode::ReportInvalid`]; those of the record.
pub async fn take_report(app: &App, content: ReportContent) -> ApiResult<ReportReceipt> {
    let new = NewReport {
        content,
        external_id: None,
    };
    let mut tx = app.store().begin().await?;
    let received =
        receive_new_report(&mut tx, app.ctx(), app.ledger(), new, Actor::Reporter).await?;
    let id = received.report.id;
    let claim_code = give_claim(&mut tx, app.ctx(), id, Actor::Reporter).await?;
    tx.commit().await?;
    Ok(ReportReceipt {
        claim_code,
        status: ReportStatus::from(&received.report),
    })
}

/// Where a report stands, what is asked for and what was answered; nothing else.
#[utoipa::path(post, path = "/v1/public/reports/status", tag = "public", request_body = ReportClaim, responses(
    (status = 200, body = ReportStatus, description = "The report's status"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No report has this code (`report.not_found`)"),
))]
pub async fn ask_status(
    State(app): State<App>,
    JsonBody { value, .. }: JsonBody<ReportClaim>,
) -> ApiResult<Json<ReportStatus>> {
    look_up(&app, &value.claim_code).await.map(Json)
}

/// The status of the report that a claim code opens.
///
/// # Errors
/// [`ErrorCode::ReportNotFound`].
pub async fn look_up(app: &App, code: &ClaimCode) -> ApiResult<ReportStatus> {
    let mut tx = app.store().read().await?;
    let report = claimed_report(&mut tx, code).await?;
    Ok(ReportStatus::from(&report))
}

/// Tell more, asked or not.
#[utoipa::path(post, path = "/v1/public/reports/additions", tag = "public", request_body = ReportMore, responses(
    (status = 200, body = ReportStatus, description = "Added"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No report has this code (`report.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The report is closed (`report.state`)"),
))]
pub async fn tell_more(
    State(app): State<App>,
    JsonBody { value, .. }: JsonBody<ReportMore>,
) -> ApiResult<Json<ReportStatus>> {
    add_text(&app, &value.claim_code, value.text)
        .await
        .map(Json)
}

/// Adds a text to the report that a claim code opens.
///
/// # Errors
/// [`ErrorCode::ReportNotFound`], [`ErrorCode::ReportState`], [`ErrorCode::RequestInvalid`].
pub async fn add_text(app: &App, code: &ClaimCode, text: String) -> ApiResult<ReportStatus> {
    let mut tx = app.store().begin().await?;
    let id = claimed_report(&mut tx, code).await?.id;
    let report = add_to_report(&mut tx, app.ctx(), id, text, Actor::Reporter).await?;
    tx.commit().await?;
    Ok(ReportStatus::from(&report))
}

/// Send a picture or document: PNG, JPEG, WebP, GIF, PDF or text in UTF-8, at most 10 MiB, ten a report.
#[utoipa::path(post, path = "/v1/public/reports/attachments", tag = "public",
    params(("stanch-claim-code" = String, Header, max_length = 64, description = "The code that was shown when the report was received"),
        ("stanch-document-name" = Option<String>, Header, max_length = 1100, description = "The document's name, percent-encoded UTF-8")),
    request_body(content = String, content_type = "application/octet-stream"), responses(
    (status = 201, body = ReportStatus, description = "It arrived"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No report has this code (`report.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The report is closed (`report.state`)"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 10 MiB (`request.too_large`)"),
))]
pub async fn send_attachment(
    State(app): State<App>,
    headers: HeaderMap,
    request: Request,
) -> ApiResult<(StatusCode, Json<ReportStatus>)> {
    expect_media_type(&request, "application/octet-stream")?;
    let code = claim_beside(&headers, ErrorCode::ReportNotFound)?;
    // Who has no claim may not make the server read ten megabytes.
    look_up(&app, &code).await?;
    let name = name_beside(&headers).unwrap_or_else(|| "file".to_owned());
    let bytes = whole_body(request.into_body(), ATTACHMENT_BYTES_MAX).await?;
    let status = add_file(&app, &code, &name, &bytes).await?;
    Ok((StatusCode::CREATED, Json(status)))
}

/// Adds a file to the report that a claim code opens.
///
/// # Errors
/// [`ErrorCode::ReportNotFound`], [`ErrorCode::ReportState`], [`ErrorCode::RequestInvalid`].
pub async fn add_file(
    app: &App,
    code: &ClaimCode,
    name: &str,
    bytes: &[u8],
) -> ApiResult<ReportStatus> {
    let mut tx = app.store().begin().await?;
    let id = claimed_report(&mut tx, code).await?.id;
    let report = attach(&mut tx, app.ctx(), id, name, bytes, Actor::Reporter).await?;
    tx.commit().await?;
    Ok(ReportStatus::from(&report))
}
