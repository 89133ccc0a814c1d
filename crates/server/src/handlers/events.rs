//! Events in, decisions out: one at a time or in bulk.

use std::sync::Arc;
use std::time::Duration;

use crate::extract::{media_type, whole_body};
use crate::metrics::Metric;
use crate::state::App;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use stanch_decide::{Answer, Checked, EVENT_BYTES_MAX, Engine, Fault, Queued, Refusal, check};
use stanch_types::{ErrorCode, Timestamp};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::payments::NDJSON;

/// Events of a bulk decided together.
const CHUNK_EVENTS: usize = 512;
/// Chunks of one bulk on their way at the same time; answers keep the order.
const CHUNKS_AHEAD: usize = 8;
/// Bytes of answers of one bulk that wait for their client; the rest of its events waits then.
const ANSWERS_BYTES: usize = 16 << 20;
/// Chunks of answers that wait likewise: their bytes are what binds.
const ANSWERS_CHUNKS: usize = 4_096;
/// Bytes after which a chunk is closed.
const CHUNK_BYTES: usize = 1 << 20;
/// Longest line that is looked for; what is longer is refused and passed over.
const LINE_BYTES_MAX: usize = EVENT_BYTES_MAX + 1024;

/// An event to be decided about. Its fields are those of its kind in the live policy.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewEvent {
    /// The sender's id of the event, 1 to 128 visible ASCII characters. The same id with the same content is answered as
    /// the first time.
    #[schema(min_length = 1, max_length = 128, example = "p-1")]
    pub event_id: String,
    /// Kind of event, as declared in the policy.
    #[schema(example = "payment")]
    pub kind: String,
    /// When it occurred: RFC 3339, or whole microseconds since 1970.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// Values of the kind's fields.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
    /// What it turned out to be, `fraud` or `good`; read by backtests only.
    #[schema(example = "good")]
    pub label: Option<String>,
}

/// A decision.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionBody {
    /// The event.
    pub event_id: String,
    /// Its kind.
    pub kind: String,
    /// When it occurred.
    pub occurred_at: Timestamp,
    /// `allow`, `warn`, `review`, `delay`, `hold` or `block`.
    #[schema(example = "hold")]
    pub decision: String,
    /// Rules that fired, in order of declaration.
    pub rules: Vec<String>,
    /// Sum of the scores of the rules that fired.
    pub score: i64,
    /// Features that were read, `name(key)`, and their values.
    #[schema(value_type = Object)]
    pub features: serde_json::Value,
    /// Measures that rules asked for.
    #[schema(value_type = Vec<Object>)]
    pub measures: Vec<serde_json::Value>,
    /// Why, in Chinese and English, with the operands of each rule that fired.
    #[schema(value_type = Object)]
    pub explanation: serde_json::Value,
    /// Hash of the policy that decided.
    #[schema(example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub policy: String,
    /// When it was decided; absent in a fallback.
    pub decided_at: Option<Timestamp>,
    /// The caller could not be answered in time and was told the fallback of the kind.
    pub late: bool,
}

/// Decide about an event, or about many: one event a line (`application/x-ndjson`), answered in the same order as they are
/// decided. What is answered is durable; sending again is safe. Answers come while events are sent; a client that reads none
/// before it has sent all may send some 10,000. A line that is refused is answered
/// `{"line","event_id","error":{"code","detail"}}`.
#[utoipa::path(post, path = "/v1/events", tag = "decisions",
    request_body(content((NewEvent = "application/json"), (NewEvent = "application/x-ndjson"))), responses(
    (status = 200, content((DecisionBody = "application/json"), (String = "application/x-ndjson")), description = "The decision, or one a line"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The id is known with other content (`event.conflict`); no policy is live (`policy.none_live`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The event does not fit the policy's schema (`event.invalid`)"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many events wait (`request.too_many`); see `retry-after`"),
))]
pub async fn post_events(State(app): State<App>, request: Request) -> ApiResult<Response> {
    match media_type(&request).to_ascii_lowercase().as_str() {
        "application/json" => one(&app, request.into_body()).await,
        NDJSON => many(app, request.into_body()),
        _ => Err(ApiError::new(
            ErrorCode::RequestMediaType,
            format!("this endpoint reads application/json and {NDJSON}"),
        )),
    }
}

async fn one(app: &App, body: Body) -> ApiResult<Response> {
    let started = std::time::Instant::now();
    let line = whole_body(body, app.config().limits.body_bytes).await?;
    let engine = app.engine();
    let live = engine.live()?;
    let row = check(&live, &line)?;
    let deadline = Duration::from_millis(app.config().decide.deadline_ms);
    let answer = engine.decide(vec![row], deadline).await?.pop();
    Metric::DecideSeconds.observe(started.elapsed().as_secs_f64(), &[]);
    match answer {
        Some(Answer::Decided(json)) => Ok((
            StatusCode::OK,
            [(header::CONTENT_TYPE, "application/json")],
            json,
        )
            .into_response()),
        Some(Answer::Refused(refusal)) => Err(refusal.into()),
        None => Err(ApiError::internal("no answer to an event")),
    }
}

fn many(app: App, body: Body) -> ApiResult<Response> {
    // The stream outlives the handler: it counts as a request until it ends.
    let permit = app.request_permit()?;
    app.engine().live()?;
    let idle_max = Duration::from_secs(app.config().limits.request_secs);
    let engine = app.engine().clone();
    let checking = engine.clone();
    // Checked side by side, queued in the order of the lines, waited for side by side.
    let decided = chunks(body, idle_max)
        .map(move |chunk| check_lines(checking.clone(), chunk))
        .buffered(CHUNKS_AHEAD)
        .then(move |lines| queue_lines(engine.clone(), lines))
        .map(answer_lines)
        .buffered(CHUNKS_AHEAD);
    let answers = ahead(decided).map(move |answers| {
        let _held = &permit;
        answers.map_err(|error| std::io::Error::other(error.to_string()))
    });
    Ok((
        StatusCode::OK,
        [(header::CONTENT_TYPE, NDJSON)],
        Body::from_stream(answers),
    )
        .into_response())
}

/// Goes on with the work while nobody takes what is ready, up to [`ANSWERS_BYTES`]: a client that sends all of its events
/// before it reads an answer is served too. Ends when nobody can take any more.
fn ahead(
    work: impl Stream<Item = ApiResult<Bytes>> + Send + 'static,
) -> impl Stream<Item = ApiResult<Bytes>> {
    let room = Arc::new(Semaphore::new(ANSWERS_BYTES));
    let (out, ready) = mpsc::channel(ANSWERS_CHUNKS);
    tokio::spawn(async move {
        let mut work = std::pin::pin!(work);
        while let Some(answers) = work.next().await {
            let bytes = answers.as_ref().map_or(0, Bytes::len).min(ANSWERS_BYTES);
            let taken =
                Arc::clone(&room).acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX));
            let taken = tokio::select! {
                taken = taken => taken.ok(),
                () = out.closed() => return,
            };
            if out.send((answers, taken)).await.is_err() {
                return;
            }
        }
    });
    ReceiverStream::new(ready).map(|(answers, _taken)| answers)
}

/// Lines that came together.
struct Chunk {
    /// Number of the first, from 1.
    first: u64,
    bytes: Bytes,
}

/// Cuts a body into chunks of whole lines.
fn chunks(body: Body, idle_max: Duration) -> impl Stream<Item = ApiResult<Chunk>> {
    let state = Cutter {
        body: body.into_data_stream(),
        pending: Vec::new(),
        next_line: 1,
        ended: false,
        idle_max,
    };
    stream::try_unfold(state, |mut state| async move {
        let chunk = state.next().await?;
        Ok(chunk.map(|chunk| (chunk, state)))
    })
}

struct Cutter {
    body: axum::body::BodyDataStream,
    pending: Vec<u8>,
    next_line: u64,
    ended: bool,
    idle_max: Duration,
}

impl Cutter {
    async fn next(&mut self) -> ApiResult<Option<Chunk>> {
        loop {
            if let Some(end) = self.cut() {
                let rest = self.pending.split_off(end);
                let bytes = Bytes::from(std::mem::replace(&mut self.pending, rest));
                let newlines = bytes.iter().filter(|byte| **byte == b'\n').count();
                let dangling = usize::from(!bytes.ends_with(b"\n"));
                let first = self.next_line;
                self.next_line += u64::try_from(newlines + dangling).unwrap_or(0);
                return Ok(Some(Chunk { first, bytes }));
            }
            if self.ended {
                return Ok(None);
            }
            let part = tokio::time::timeout(self.idle_max, self.body.next())
                .await
                .map_err(|_| ApiError::of(ErrorCode::RequestTimeout))?;
            match part {
                Some(Ok(bytes)) => self.pending.extend_from_slice(&bytes),
                Some(Err(_)) => {
                    return Err(ApiError::new(
                        ErrorCode::RequestInvalid,
                        "the body broke off",
                    ));
                }
                None => self.ended = true,
            }
        }
    }

    /// Where the next chunk ends, if there is one. What has come is handed on at once: a slow sender is answered
    /// line by line.
    fn cut(&self) -> Option<usize> {
        let mut lines = 0;
        let mut end = None;
        let window = self.pending.get(..CHUNK_BYTES).unwrap_or(&self.pending);
        for (at, byte) in window.iter().enumerate() {
            if *byte == b'\n' {
                end = Some(at + 1);
                lines += 1;
                if lines == CHUNK_EVENTS {
                    break;
                }
            }
        }
        match end {
            Some(end) => Some(end),
            // A line without an end is cut: its head is refused as too long, and so is each of its parts.
            None if self.pending.len() > LINE_BYTES_MAX => Some(LINE_BYTES_MAX),
            None if self.ended && !self.pending.is_empty() => Some(self.pending.len()),
            None => None,
        }
    }
}

/// A line of a bulk, checked.
enum Line {
    Checked(Box<Checked>),
    Refused(u64, Refusal),
}

async fn check_lines(engine: Engine, chunk: ApiResult<Chunk>) -> ApiResult<Vec<(u64, Line)>> {
    let (live, chunk) = (engine.live()?, chunk?);
    // Decoding hundreds of events is work for a thread of its own.
    tokio::task::spawn_blocking(move || check_chunk(&live, &chunk))
        .await
        .map_err(ApiError::internal)
}

/// Lines of which those that are events wait to be decided.
struct QueuedLines {
    /// By number: why a line was refused; none when it is an event.
    order: Vec<(u64, Option<Refusal>)>,
    events: Option<Queued>,
}

async fn queue_lines(engine: Engine, lines: ApiResult<Vec<(u64, Line)>>) -> ApiResult<QueuedLines> {
    let lines = lines?;
    let (mut rows, mut order) = (Vec::with_capacity(lines.len()), Vec::new());
    for (number, line) in lines {
        match line {
            Line::Checked(row) => {
                order.push((number, None));
                rows.push(*row);
            }
            Line::Refused(number, refusal) => order.push((number, Some(refusal))),
        }
    }
    let events = match rows.is_empty() {
        true => None,
        false => Some(engine.queue_in_turn(rows).await?),
    };
    Ok(QueuedLines { order, events })
}

async fn answer_lines(queued: ApiResult<QueuedLines>) -> ApiResult<Bytes> {
    let QueuedLines { order, events } = queued?;
    let answers = match events {
        Some(events) => events.answers().await?,
        None => Vec::new(),
    };
    let mut answers = answers.into_iter();
    let mut out = Vec::with_capacity(order.len() * 512);
    for (number, refused) in order {
        let refused = match refused {
            Some(refusal) => refusal,
            None => match answers.next() {
                Some(Answer::Decided(json)) => {
                    out.extend_from_slice(&json);
                    out.push(b'\n');
                    continue;
                }
                Some(Answer::Refused(refusal)) => refusal,
                None => return Err(ApiError::internal("an event was not answered")),
            },
        };
        let line = serde_json::json!({
            "line": number,
            "event_id": refused.event_id,
            "error": { "code": code_of(refused.fault).as_str(), "detail": refused.detail },
        });
        serde_json::to_writer(&mut out, &line).map_err(ApiError::internal)?;
        out.push(b'\n');
    }
    Ok(out.into())
}

fn check_chunk(live: &Arc<stanch_decide::Live>, chunk: &Chunk) -> Vec<(u64, Line)> {
    let mut lines = Vec::with_capacity(CHUNK_EVENTS);
    for (line, number) in chunk.bytes.split(|byte| *byte == b'\n').zip(chunk.first..) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let line = chunk.bytes.slice_ref(line);
        let checked = match check(live, &line) {
            Ok(row) => Line::Checked(Box::new(row)),
            Err(refusal) => Line::Refused(number, refusal),
        };
        lines.push((number, checked));
    }
    lines
}

const fn code_of(fault: Fault) -> ErrorCode {
    match fault {
        Fault::Invalid => ErrorCode::EventInvalid,
        Fault::Conflict => ErrorCode::EventConflict,
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::new(code_of(refusal.fault), refusal.detail)
    }
}
