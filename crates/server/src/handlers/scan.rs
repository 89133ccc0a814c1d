//! What texts say and where they lead: one text, or one a line. The same answers as `stanch scan`; nothing is stored.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stanch_detect::scan::{Answer, Desk, Judge};
use stanch_detect::text::model::Model;
use stanch_detect::url::UrlModel;
use stanch_types::ErrorCode;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{media_type, parse_json, whole_body};
use crate::handlers::payments::NDJSON;
use crate::state::App;

/// Largest body of many texts.
const BULK_BYTES_MAX: usize = 8 << 20;
/// Most texts of one request: their answers are kept until all are there.
const LINES_MAX: usize = 2_000;

/// Scans at once; each takes a core.
static SCANS: Semaphore = Semaphore::const_new(2);

/// A text to be scanned.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextToScan {
    /// The sender's id of the text, any JSON value; repeated in the answer.
    #[serde(default)]
    #[schema(example = "p-1")]
    pub id: Value,
    /// The text.
    #[schema(max_length = 8388608, example = "加薇 abc123")]
    pub text: String,
}

/// What a text says.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScannedText {
    /// The sender's id of the text; null without one.
    #[schema(example = "p-1")]
    pub id: Value,
    /// What it says.
    #[serde(flatten)]
    pub answer: Answer,
}

/// A line that was not scanned.
#[derive(Debug, Serialize)]
struct RefusedLine {
    line: usize,
    error: RefusedBecause,
}

#[derive(Debug, Serialize)]
struct RefusedBecause {
    code: &'static str,
    detail: String,
}

/// Scan a text, or many: one `{"id","text"}` a line (`application/x-ndjson`, at most 2,000 and 8 MiB), answered in the same order. A
/// line that is refused is answered `{"line","error":{"code","detail"}}`. Nothing is stored, and nothing is decided.
#[utoipa::path(post, path = "/v1/scan", tag = "decisions",
    request_body(content((TextToScan = "application/json"), (TextToScan = "application/x-ndjson"))), responses(
    (status = 200, content((ScannedText = "application/json"), (String = "application/x-ndjson")), description = "What it says, or one answer a line"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "Too large, or too many lines (`request.too_large`)"),
))]
pub async fn scan_texts(State(app): State<App>, request: Request) -> ApiResult<Response> {
    let limit = app.config().limits.body_bytes;
    match media_type(&request).to_ascii_lowercase().as_str() {
        "application/json" => {
            let text: TextToScan = parse_json(&whole_body(request.into_body(), limit).await?)?;
            let scanned = at_once(move || scan(&mut desk()?, text)).await??;
            Ok(axum::Json(scanned).into_response())
        }
        NDJSON => {
            let body = whole_body(request.into_body(), BULK_BYTES_MAX).await?;
            let answers = at_once(move || scan_lines(&body)).await??;
            Ok((StatusCode::OK, [(header::CONTENT_TYPE, NDJSON)], answers).into_response())
        }
        _ => Err(ApiError::new(
            ErrorCode::RequestMediaType,
            format!("this endpoint reads application/json and {NDJSON}"),
        )),
    }
}

/// Scans off the async threads, one for each turn.
async fn at_once<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
    let _turn = SCANS.acquire().await.map_err(ApiError::internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(ApiError::internal)
}

fn desk() -> ApiResult<Desk<'static>> {
    let model = Model::shipped().map_err(ApiError::internal)?;
    let links = UrlModel::shipped().map_err(ApiError::internal)?;
    Ok(Desk::new(Judge::Both(model), links, Arc::default()))
}

fn scan(desk: &mut Desk<'_>, text: TextToScan) -> ApiResult<ScannedText> {
    Ok(ScannedText {
        answer: desk.scan(&text.text),
        id: text.id,
    })
}

fn scan_lines(body: &Bytes) -> ApiResult<Vec<u8>> {
    let mut desk = desk()?;
    let mut out = Vec::new();
    let lines = || body.split(|byte| *byte == b'\n').zip(1_usize..);
    let is_text = |line: &[u8]| !line.trim_ascii().is_empty();
    if lines().filter(|(line, _)| is_text(line)).count() > LINES_MAX {
        let why = format!("at most {LINES_MAX} texts are scanned at once");
        return Err(ApiError::new(ErrorCode::RequestTooLarge, why));
    }
    for (line, number) in lines().filter(|(line, _)| is_text(line)) {
        let written = match serde_json::from_slice(line) {
            Ok(text) => serde_json::to_writer(&mut out, &scan(&mut desk, text)?),
            Err(error) => serde_json::to_writer(
                &mut out,
                &RefusedLine {
                    line: number,
                    error: RefusedBecause {
                        code: ErrorCode::RequestInvalid.as_str(),
                        detail: error.to_string(),
                    },
                },
            ),
        };
        written.map_err(ApiError::internal)?;
        out.push(b'\n');
    }
    Ok(out)
}
