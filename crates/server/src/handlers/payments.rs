//! Payments in bulk.

use crate::extract::expect_media_type;
use crate::state::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use futures::StreamExt as _;
use serde::Serialize;
use stanch_ledger::{AppendReport, Refused, Reject, RejectCode, parse_ndjson_payments};
use stanch_types::Payment;
use stanch_types::{ErrorCode, InstitutionCode};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};

/// Most refused lines that are listed; all are counted.
pub const REFUSED_LISTED_MAX: usize = 1_000;

/// A line that was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusedLine {
    /// From 1.
    pub line: u64,
    /// Stable code, such as `payment.conflict`.
    pub code: String,
    /// What is wrong.
    pub detail: String,
}

/// What became of a bulk of payments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct BulkReport {
    /// Lines read, empty ones aside.
    pub read: u64,
    /// Payments stored; durable when this answer arrives.
    pub stored: u64,
    /// Payments that were stored before with the same content.
    pub unchanged: u64,
    /// Lines refused.
    pub refused_count: u64,
    /// The first 1,000 lines refused.
    pub refused: Vec<RefusedLine>,
}

/// Store payments: one `Payment` a line. Good lines are stored even if others are refused; sending again is safe.
#[utoipa::path(post, path = "/v1/payments", tag = "payments",
    request_body(content = Payment, content_type = "application/x-ndjson", description = "One payment a line, at most 64 MiB; a line at most 64 KiB"), responses(
    (status = 200, body = BulkReport, description = "What was stored and refused"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 64 MiB; lines before were stored (`request.too_large`)"),
))]
pub async fn post_payments(
    State(app): State<App>,
    request: Request,
) -> ApiResult<Json<BulkReport>> {
    expect_media_type(&request, NDJSON)?;
    let bytes_max = app.config().limits.bulk_bytes;
    let mut bulk = Bulk::new(app, None);
    bulk.take_body(request.into_body(), bytes_max).await?;
    Ok(Json(bulk.report))
}

/// The media type of payments in bulk.
pub const NDJSON: &str = "application/x-ndjson";
/// Bytes parsed and stored in one go.
const CHUNK_BYTES: usize = 1 << 20;

/// A bulk of payments being stored, chunk by chunk.
pub struct Bulk {
    app: App,
    /// If set, the institution that tells: every payment must be from or to an account of its own.
    only: Option<InstitutionCode>,
    lines: u64,
    /// What became of it so far.
    pub report: BulkReport,
}

impl Bulk {
    /// An empty bulk, told by `only` if by an institution.
    #[must_use]
    pub fn new(app: App, only: Option<InstitutionCode>) -> Self {
        Self {
            app,
            only,
            lines: 0,
            report: BulkReport::default(),
        }
    }

    /// Stores the lines of a body as they come, in chunks; memory stays bounded whatever the body's size.
    ///
    /// # Errors
    /// [`ErrorCode::RequestTooLarge`] after `bytes_max`; lines before that are stored.
    pub async fn take_body(&mut self, body: Body, bytes_max: usize) -> ApiResult<()> {
        let mut stream = body.into_data_stream();
        let (mut pending, mut taken, mut skipping) = (Vec::new(), 0_usize, false);
        while let Some(bytes) = stream.next().await {
            let mut bytes: &[u8] = &bytes
                .map_err(|_| ApiError::new(ErrorCode::RequestInvalid, "the body broke off"))?;
            taken = taken.saturating_add(bytes.len());
            if taken > bytes_max {
                return Err(ApiError::new(
                    ErrorCode::RequestTooLarge,
                    format!(
                        "the body may have at most {bytes_max} bytes; lines before were stored"
                    ),
                ));
            }
            if skipping {
                let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
                    continue;
                };
                bytes = bytes.get(end + 1..).unwrap_or_default();
                skipping = false;
            }
            pending.extend_from_slice(bytes);
            if pending.len() < CHUNK_BYTES {
                continue;
            }
            let rest = match pending.iter().rposition(|b| *b == b'\n') {
                Some(end) => pending.split_off(end + 1),
                None => {
                    // One line over a mebibyte: the parser refuses its start, the rest is passed over.
                    skipping = true;
                    Vec::new()
                }
            };
            self.take_chunk(std::mem::replace(&mut pending, rest))
                .await?;
        }
        self.take_chunk(pending).await
    }

    /// Stores the lines of one chunk.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn take_chunk(&mut self, chunk: Vec<u8>) -> ApiResult<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        let ledger = std::sync::Arc::clone(self.app.ledger());
        let only = self.only.clone();
        let first = self.lines;
        let done = tokio::task::spawn_blocking(move || store_chunk(&ledger, only.as_ref(), &chunk))
            .await
            .map_err(ApiError::internal)??;
        self.lines += done.lines;
        plan_again(&self.app, &done.payments).await?;
        let report = &mut self.report;
        report.read += done.read;
        report.stored += done.stored.stored;
        report.unchanged += done.stored.unchanged;
        for mut refused in done.refused {
            report.refused_count += 1;
            if report.refused.len() < REFUSED_LISTED_MAX {
                refused.line += first;
                report.refused.push(refused);
            }
        }
        Ok(())
    }
}

struct ChunkDone {
    lines: u64,
    read: u64,
    stored: AppendReport,
    refused: Vec<RefusedLine>,
    payments: Vec<Payment>,
}

/// Has the cases planned again whose money these payments may have moved.
async fn plan_again(app: &App, payments: &[Payment]) -> ApiResult<()> {
    if app.watch().touched(payments).is_empty() {
        return Ok(());
    }
    let mut tx = app.store().begin().await?;
    app.watch()
        .replan_affected(&mut tx, app.ctx(), payments)
        .await?;
    tx.commit().await?;
    Ok(())
}

fn store_chunk(
    ledger: &stanch_ledger::Ledger,
    only: Option<&InstitutionCode>,
    chunk: &[u8],
) -> ApiResult<ChunkDone> {
    let (parsed, rejects) = parse_ndjson_payments(chunk);
    let newlines = chunk.iter().filter(|b| **b == b'\n').count();
    let dangling = usize::from(!chunk.ends_with(b"\n"));
    let read = parsed.len() + rejects.len();
    let mut refused: Vec<RefusedLine> = rejects.into_iter().map(RefusedLine::from).collect();
    let (mut lines, mut payments) = (Vec::new(), Vec::new());
    for (line, payment) in parsed {
        let own = only.is_none_or(|code| {
            payment.from.institution == *code || payment.to.institution == *code
        });
        if own {
            lines.push(line);
            payments.push(payment);
        } else {
            refused.push(RefusedLine {
                line,
                code: "payment.foreign".to_owned(),
                detail: "neither account is one of the institution that signed".to_owned(),
            });
        }
    }
    let mut stored = ledger.append(&payments)?;
    let left_out = std::mem::take(&mut stored.conflicts)
        .into_iter()
        .chain(std::mem::take(&mut stored.invalid));
    for Refused {
        index,
        code,
        reason,
    } in left_out
    {
        refused.push(RefusedLine {
            line: lines.get(index).copied().unwrap_or_default(),
            code: code_text(code),
            detail: reason,
        });
    }
    refused.sort_by_key(|one| one.line);
    Ok(ChunkDone {
        lines: u64::try_from(newlines + dangling).unwrap_or(u64::MAX),
        read: u64::try_from(read).unwrap_or(u64::MAX),
        stored,
        refused,
        payments,
    })
}

impl From<Reject> for RefusedLine {
    fn from(reject: Reject) -> Self {
        Self {
            line: reject.line,
            code: code_text(reject.code),
            detail: reject.reason,
        }
    }
}

fn code_text(code: RejectCode) -> String {
    format!("payment.{code}")
}
