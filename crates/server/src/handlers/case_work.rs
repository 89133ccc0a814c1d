//! What people write on cases: notes with mentions, tasks; and what happened to a case, as one list.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use stanch_casework::{add_note, end_task, give_task, reassign_task};
use stanch_types::desk::{Note, Task};
use stanch_types::{CaseId, ErrorCode, NoteId, TaskId, Timestamp, UserId};
use utoipa::ToSchema;

use crate::auth::caller::Caller;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, JsonBody, OptionalBody, Params};
use crate::handlers::audit::AuditEntryView;
use crate::handlers::cases::Nothing;
use crate::handlers::people::Names;
use crate::page::{PageParams, PageView};
use crate::personal::reveal;
use crate::state::App;

/// A note to be written.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteWish {
    /// The words.
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
    /// Who is asked to read it.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub mentions: Vec<UserId>,
}

/// A task to be given.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskWish {
    /// What is to be done.
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
    /// By whom.
    pub assignee: UserId,
    /// By when.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
}

/// What becomes of a task.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum TaskStep {
    /// It is done.
    Done {},
    /// Somebody else is to do it.
    Reassign {
        /// Who.
        assignee: UserId,
    },
    /// It is not needed any more.
    Drop {
        /// Why.
        #[schema(min_length = 1, max_length = 500)]
        reason: String,
    },
}

/// The notes of a case, newest first.
#[utoipa::path(get, path = "/v1/cases/{id}/notes", tag = "desk", params(("id" = CaseId, Path, description = "The case"), PageParams), responses(
    (status = 200, body = PageView<Note>, description = "One page"),
))]
pub async fn list_notes(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
    Params(params): Params<PageParams>,
) -> ApiResult<Response> {
    let page = params.page()?;
    let mut tx = app.store().read().await?;
    tx.get_case(id).await?;
    let found = tx.list_notes(id, &page).await?;
    drop(tx);
    let view = PageView::new(found.items, found.next);
    reveal(&app, &caller, &id.to_string(), &view).await
}

/// Write a note on a case; those it mentions are told.
#[utoipa::path(post, path = "/v1/cases/{id}/notes", tag = "desk", params(("id" = CaseId, Path, description = "The case")), request_body = NoteWish, responses(
    (status = 201, body = Note, description = "Written"),
))]
pub async fn write_note(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
    JsonBody { value, .. }: JsonBody<NoteWish>,
) -> ApiResult<(StatusCode, Json<Note>)> {
    let mut tx = app.store().begin().await?;
    let (text, mentions) = (value.text, value.mentions);
    let note = add_note(&mut tx, app.ctx(), id, text, mentions, caller.id()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(note)))
}

/// Notes that mention the caller and were not read, oldest first.
#[utoipa::path(get, path = "/v1/mentions", tag = "desk", responses(
    (status = 200, body = PageView<Note>, description = "At most 500"),
))]
pub async fn list_mentions(State(app): State<App>, caller: Caller) -> ApiResult<Response> {
    let notes = app
        .store()
        .read()
        .await?
        .unread_mentions(caller.id())
        .await?;
    reveal(&app, &caller, "mentions", &PageView::whole(notes)).await
}

/// Say that a note that mentions the caller was read.
#[utoipa::path(post, path = "/v1/notes/{id}/read", tag = "desk", params(("id" = NoteId, Path, description = "The note")),
    request_body = Option<Nothing>, responses(
    (status = 204, description = "Read"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No unread note mentions the caller so (`resource.not_found`)"),
))]
pub async fn read_note(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<NoteId>,
    OptionalBody(Nothing {}): OptionalBody<Nothing>,
) -> ApiResult<StatusCode> {
    let mut tx = app.store().begin().await?;
    if !tx.read_mention(caller.id(), id, app.ctx().now()).await? {
        return Err(ApiError::of(ErrorCode::NotFound));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The tasks of a case, oldest first.
#[utoipa::path(get, path = "/v1/cases/{id}/tasks", tag = "desk", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = PageView<Task>, description = "At most 500"),
))]
pub async fn list_tasks(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    tx.get_case(id).await?;
    let tasks = tx.tasks_of_case(id).await?;
    drop(tx);
    reveal(&app, &caller, &id.to_string(), &PageView::whole(tasks)).await
}

/// Give somebody something to do on a case.
#[utoipa::path(post, path = "/v1/cases/{id}/tasks", tag = "desk", params(("id" = CaseId, Path, description = "The case")), request_body = TaskWish, responses(
    (status = 201, body = Task, description = "Given"),
))]
pub async fn add_task(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
    JsonBody { value, .. }: JsonBody<TaskWish>,
) -> ApiResult<(StatusCode, Json<Task>)> {
    let mut tx = app.store().begin().await?;
    let (who, due) = (value.assignee, value.due_at);
    let task = give_task(&mut tx, app.ctx(), id, value.text, who, due, caller.id()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(task)))
}

/// The caller's open tasks, the most pressing first.
#[utoipa::path(get, path = "/v1/tasks", tag = "desk", responses(
    (status = 200, body = PageView<Task>, description = "At most 500"),
))]
pub async fn my_tasks(State(app): State<App>, caller: Caller) -> ApiResult<Response> {
    let tasks = app.store().read().await?.open_tasks_of(caller.id()).await?;
    reveal(&app, &caller, "tasks", &PageView::whole(tasks)).await
}

/// End a task, or give it to somebody else.
#[utoipa::path(post, path = "/v1/tasks/{id}/steps", tag = "desk", params(("id" = TaskId, Path, description = "The task")), request_body = TaskStep, responses(
    (status = 200, body = Task, description = "Ended or given"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It has ended (`resource.conflict`)"),
))]
pub async fn take_task_step(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<TaskId>,
    JsonBody { value, .. }: JsonBody<TaskStep>,
) -> ApiResult<Json<Task>> {
    let mut tx = app.store().begin().await?;
    let (ctx, by) = (app.ctx(), caller.id());
    let task = match value {
        TaskStep::Done {} => end_task(&mut tx, ctx, id, None, by).await?,
        TaskStep::Drop { reason } => end_task(&mut tx, ctx, id, Some(reason), by).await?,
        TaskStep::Reassign { assignee } => reassign_task(&mut tx, ctx, id, assignee, by).await?,
    };
    tx.commit().await?;
    Ok(Json(task))
}

/// What happened to a case, its leads, reports, plans, orders, tasks and seizures, newest first.
#[utoipa::path(get, path = "/v1/cases/{id}/timeline", tag = "desk", params(("id" = CaseId, Path, description = "The case"), PageParams), responses(
    (status = 200, body = PageView<AuditEntryView>, description = "One page"),
))]
pub async fn get_timeline(
    State(app): State<App>,
    InPath(id): InPath<CaseId>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<PageView<AuditEntryView>>> {
    let page = params.page()?;
    let mut tx = app.store().read().await?;
    tx.get_case(id).await?;
    let names = Names::of(&tx.list_users().await?);
    let found = tx.case_timeline(id, &page).await?;
    let items = found.items.into_iter();
    let items = items.map(|record| AuditEntryView::new(record, &names));
    Ok(Json(PageView::new(items.collect(), found.next)))
}
