//! Batches of measures: tried dry, approved by a second person, taken back wholly or in part.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_casework::{
    Asked, approve_batch, ask_batch, decline_batch, roll_back_batch, roll_back_lines,
};
use stanch_store::{BatchLine, Tx};
use stanch_types::batch::{
    BatchState, BatchSubject, BatchWish, DryLine, DryRun, MeasureBatch, SubjectResult,
};
use stanch_types::{ErrorCode, MeasureBatchId, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::Caller;
use crate::authz::Action;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{
    InPath, JsonBody, Params, check_text, expect_media_type, parse_json, whole_body,
};
use crate::handlers::payments::NDJSON;
use crate::handlers::people::{Names, PersonView};
use crate::handlers::plan_steps::Because;
use crate::page::{PageParams, PageView, page};
use crate::personal::shown_to;
use crate::state::App;

/// A batch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BatchView {
    /// Identifier.
    pub id: MeasureBatchId,
    /// What is to be done.
    pub wish: BatchWish,
    /// Who asked.
    pub asked_by: PersonView,
    /// When.
    pub asked_at: Timestamp,
    /// What the dry run said.
    pub dry_run: DryRun,
    /// Where it stands.
    pub state: BatchState,
    /// What became of its subjects so far.
    pub results: Vec<ResultCount>,
}

/// How many subjects have a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResultCount {
    /// `excluded`, `waiting`, `imposed`, `failed` or `rolled_back`.
    pub result: String,
    /// How many.
    pub count: u64,
}

/// One subject of a batch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubjectView {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The subject.
    pub subject: BatchSubject,
    /// What the dry run said of it.
    pub dry: DryLine,
    /// What became of it.
    #[serde(flatten)]
    pub result: SubjectResult,
}

/// Which subjects of a batch.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SubjectParams {
    /// Only those with this result.
    #[param(inline)]
    pub result: Option<ResultWord>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// What became of a subject, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultWord {
    /// Never touched.
    Excluded,
    /// It would be hit.
    Waiting,
    /// It was hit.
    Imposed,
    /// It could not be.
    Failed,
    /// Its measure was taken back.
    RolledBack,
}

impl ResultWord {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::Waiting => "waiting",
            Self::Imposed => "imposed",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// Which subjects of a batch are taken back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Their lines in the file.
    #[schema(min_items = 1, max_items = 1000)]
    pub lines: Vec<u64>,
}

/// How many measures were lifted.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct LinesLifted {
    /// How many.
    pub lifted: u64,
}

/// Try a batch of measures dry: the first line of the body is what is to be done, each further line a subject. Nothing
/// is done to anybody before a second person approves.
#[utoipa::path(post, path = "/v1/measure-batches", tag = "measures",
    request_body(content = BatchWish, content_type = "application/x-ndjson", description = "A `BatchWish`, then a `BatchSubject` a line"), responses(
    (status = 201, body = BatchView, description = "What would become of each subject"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "It breaks a rule (`measure.invalid`)"),
))]
pub async fn add_batch(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> ApiResult<(StatusCode, Json<BatchView>)> {
    expect_media_type(&request, NDJSON)?;
    let bytes = whole_body(request.into_body(), app.config().limits.bulk_bytes).await?;
    let mut lines = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .zip(1u64..);
    let first = lines.next().map(|(line, _)| line).unwrap_or_default();
    let wish: BatchWish = parse_json(first)?;
    let mut subjects: Vec<BatchSubject> = Vec::new();
    for (line, number) in lines.filter(|(line, _)| !line.is_empty()) {
        let subject = parse_json(line).map_err(|error| {
            ApiError::new(ErrorCode::RequestInvalid, format!("line {number}: {error}"))
        })?;
        subjects.push(subject);
    }
    let mut tx = app.store().begin().await?;
    let asked = Asked {
        wish,
        subjects,
        by: caller.id(),
    };
    let batch = ask_batch(&mut tx, app.ctx(), asked).await?;
    let view = answer(tx, batch).await?;
    Ok((StatusCode::CREATED, view))
}

/// Batches, newest first.
#[utoipa::path(get, path = "/v1/measure-batches", tag = "measures", params(PageParams), responses(
    (status = 200, body = PageView<BatchView>, description = "One page"),
))]
pub async fn list_batches(
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<PageView<BatchView>>> {
    let page = params.page()?;
    let mut tx = app.store().read().await?;
    let found = tx.list_batches(&page).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for batch in found.items {
        items.push(view(&mut tx, batch).await?);
    }
    Ok(Json(PageView::new(items, found.next)))
}

/// One batch.
#[utoipa::path(get, path = "/v1/measure-batches/{id}", tag = "measures", params(("id" = MeasureBatchId, Path, description = "The batch")), responses(
    (status = 200, body = BatchView, description = "The batch"),
))]
pub async fn get_batch(
    State(app): State<App>,
    InPath(id): InPath<MeasureBatchId>,
) -> ApiResult<Json<BatchView>> {
    let mut tx = app.store().read().await?;
    let batch = tx.get_batch(id).await?;
    view(&mut tx, batch).await.map(Json)
}

/// The subjects of a batch, in the order of the file.
#[utoipa::path(get, path = "/v1/measure-batches/{id}/subjects", tag = "measures", params(("id" = MeasureBatchId, Path, description = "The batch"), SubjectParams), responses(
    (status = 200, body = PageView<SubjectView>, description = "One page"),
))]
pub async fn list_subjects(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureBatchId>,
    Params(params): Params<SubjectParams>,
) -> ApiResult<Response> {
    let page = page(params.limit, params.cursor)?;
    let mut tx = app.store().read().await?;
    tx.get_batch(id).await?;
    let word = params.result.map(ResultWord::as_str);
    let found = tx.list_batch_lines(id, word, &page).await?;
    let items: Vec<SubjectView> = found.items.into_iter().map(SubjectView::from).collect();
    shown_to(&caller, &PageView::new(items, found.next))
}

/// Approve a batch as the second person; its subjects are done one by one.
#[utoipa::path(post, path = "/v1/measure-batches/{id}/approve", tag = "measures", params(("id" = MeasureBatchId, Path, description = "The batch")), responses(
    (status = 200, body = BatchView, description = "It is being carried out"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller asked for it (`batch.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Its dry run refused it, or it is decided (`batch.state`)"),
))]
pub async fn approve(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureBatchId>,
) -> ApiResult<Json<BatchView>> {
    let mut tx = app.store().begin().await?;
    let hands = [tx.get_batch(id).await?.asked_by];
    caller.must_be_second(
        Action::ConfirmMeasures,
        id,
        &hands,
        ErrorCode::BatchSamePerson,
    )?;
    let batch = approve_batch(&mut tx, app.ctx(), id, caller.id()).await?;
    answer(tx, batch).await
}

/// Say no to a batch.
#[utoipa::path(post, path = "/v1/measure-batches/{id}/decline", tag = "measures", params(("id" = MeasureBatchId, Path, description = "The batch")), request_body = Because, responses(
    (status = 200, body = BatchView, description = "Declined"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is decided (`batch.state`)"),
))]
pub async fn decline(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureBatchId>,
    JsonBody { value, .. }: JsonBody<Because>,
) -> ApiResult<Json<BatchView>> {
    check_text("/reason", &value.reason, 500)?;
    let mut tx = app.store().begin().await?;
    let batch = decline_batch(&mut tx, app.ctx(), id, caller.id(), value.reason).await?;
    answer(tx, batch).await
}

/// Take a whole batch back: what is not done yet is not done, what was done is lifted.
#[utoipa::path(post, path = "/v1/measure-batches/{id}/rollback", operation_id = "roll_back_batch", tag = "measures", params(("id" = MeasureBatchId, Path, description = "The batch")), request_body = Because, responses(
    (status = 200, body = BatchView, description = "Its measures are being lifted"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing was carried out (`batch.state`)"),
))]
pub async fn roll_back(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureBatchId>,
    JsonBody { value, .. }: JsonBody<Because>,
) -> ApiResult<Json<BatchView>> {
    check_text("/reason", &value.reason, 500)?;
    let mut tx = app.store().begin().await?;
    let batch = roll_back_batch(&mut tx, app.ctx(), id, caller.id(), value.reason).await?;
    answer(tx, batch).await
}

/// Take the measures on some subjects of a batch back.
#[utoipa::path(post, path = "/v1/measure-batches/{id}/subjects/rollback", tag = "measures", params(("id" = MeasureBatchId, Path, description = "The batch")), request_body = Lines, responses(
    (status = 200, body = LinesLifted, description = "Lifted"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "Too many lines (`measure.invalid`)"),
))]
pub async fn roll_back_subjects(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureBatchId>,
    JsonBody { value, .. }: JsonBody<Lines>,
) -> ApiResult<Json<LinesLifted>> {
    let mut tx = app.store().begin().await?;
    let (ctx, terms) = (app.ctx(), &app.config().fairness);
    let lifted = roll_back_lines(&mut tx, ctx, terms, id, &value.lines, caller.id()).await?;
    tx.commit().await?;
    Ok(Json(LinesLifted { lifted }))
}

async fn answer(mut tx: Tx, batch: MeasureBatch) -> ApiResult<Json<BatchView>> {
    let view = view(&mut tx, batch).await?;
    tx.commit().await?;
    Ok(Json(view))
}

async fn view(tx: &mut Tx, batch: MeasureBatch) -> ApiResult<BatchView> {
    let names = Names::of(&tx.list_users().await?);
    let results = tx.batch_results(batch.id).await?.into_iter();
    Ok(BatchView {
        id: batch.id,
        wish: batch.wish,
        asked_by: names.person(batch.asked_by),
        asked_at: batch.asked_at,
        dry_run: batch.dry_run,
        state: batch.state,
        results: results
            .map(|(result, count)| ResultCount { result, count })
            .collect(),
    })
}

impl From<BatchLine> for SubjectView {
    fn from(line: BatchLine) -> Self {
        Self {
            line: line.line,
            subject: line.subject,
            dry: line.dry,
            result: line.result,
        }
    }
}
