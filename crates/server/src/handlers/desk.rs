//! The desk: teams, shifts with hand-over, the queue, operations, steps with many cases at once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stanch_casework::{
    BulkAction, BulkResult, HandOverWish, claim_next, do_with_cases, end_operation, hand_over,
    set_team, start_operation, start_shift, take_by,
};
use stanch_types::case::{Case, CaseState};
use stanch_types::desk::{Operation, Shift, Team};
use stanch_types::report::Priority;
use stanch_types::{Amount, CaseId, OperationId, ShiftId, TeamId, Timestamp, UserId};
use utoipa::ToSchema;

use crate::auth::caller::Caller;
use crate::error::{ApiResult, Problem};
use crate::extract::{InPath, JsonBody, OptionalBody, Params};
use crate::handlers::cases::Nothing;
use crate::page::{PageParams, PageView};
use crate::state::App;

/// Shifts of a team that are listed.
const SHIFTS_LISTED: i64 = 100;
/// Cases of an operation that are listed.
const CASES_LISTED: i64 = 500;

/// A team as it is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamWish {
    /// Name, unique in the organisation.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// Who is in it.
    #[schema(max_items = 200)]
    pub members: Vec<UserId>,
}

/// A shift that begins.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftWish {
    /// The team's shift before, whose hand-over note was read; none for a team's first shift.
    #[serde(default)]
    pub acknowledges: Option<ShiftId>,
}

/// A case on the desk, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeskCase {
    /// Identifier.
    pub id: CaseId,
    /// Short number.
    pub number: String,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub state: CaseState,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What the victims lost.
    pub loss: Amount,
    /// By when somebody must have taken it.
    pub take_by: Timestamp,
    /// When it was found to have waited too long.
    #[schema(required = true)]
    pub escalated_at: Option<Timestamp>,
}

/// What was taken from the queue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Claimed {
    /// The case, now the caller's; null if nothing waits.
    #[schema(required = true)]
    pub case: Option<DeskCase>,
}

/// An operation that begins.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationWish {
    /// Name, unique in the organisation.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// What it is for.
    #[schema(min_length = 1, max_length = 5000)]
    pub purpose: String,
}

/// An operation with its cases.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OperationView {
    /// The operation.
    #[serde(flatten)]
    pub operation: Operation,
    /// Its cases, most urgent first; at most 500.
    pub cases: Vec<DeskCase>,
}

/// One thing to be done with many cases.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkWish {
    /// Which cases.
    #[schema(min_items = 1, max_items = 200)]
    pub case_ids: Vec<CaseId>,
    /// What.
    pub action: BulkAction,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

impl DeskCase {
    fn new(case: Case, escalated_at: Option<Timestamp>) -> Self {
        Self {
            take_by: take_by(&case),
            id: case.id,
            number: case.number,
            priority: case.priority,
            state: case.state,
            opened_at: case.opened_at,
            loss: case.loss,
            escalated_at,
        }
    }
}

/// Teams by name.
#[utoipa::path(get, path = "/v1/teams", tag = "desk", responses(
    (status = 200, body = PageView<Team>, description = "All teams"),
))]
pub async fn list_teams(State(app): State<App>) -> ApiResult<Json<PageView<Team>>> {
    let teams = app.store().read().await?.list_teams().await?;
    Ok(Json(PageView::whole(teams)))
}

/// Make a team.
#[utoipa::path(post, path = "/v1/teams", tag = "desk", request_body = TeamWish, responses(
    (status = 201, body = Team, description = "Made"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such member (`resource.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Another team has the name (`resource.conflict`)"),
))]
pub async fn add_team(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<TeamWish>,
) -> ApiResult<(StatusCode, Json<Team>)> {
    let mut tx = app.store().begin().await?;
    let (name, members) = (value.name, value.members);
    let team = set_team(&mut tx, app.ctx(), None, name, members, caller.id()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(team)))
}

/// Change a team's name and members.
#[utoipa::path(put, path = "/v1/teams/{id}", tag = "desk", params(("id" = TeamId, Path, description = "The team")), request_body = TeamWish, responses(
    (status = 200, body = Team, description = "Changed"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such team or member (`resource.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Another team has the name (`resource.conflict`)"),
))]
pub async fn put_team(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<TeamId>,
    JsonBody { value, .. }: JsonBody<TeamWish>,
) -> ApiResult<Json<Team>> {
    let mut tx = app.store().begin().await?;
    let (name, members) = (value.name, value.members);
    let team = set_team(&mut tx, app.ctx(), Some(id), name, members, caller.id()).await?;
    tx.commit().await?;
    Ok(Json(team))
}

/// The shifts of a team, newest first, with their hand-over notes.
#[utoipa::path(get, path = "/v1/teams/{id}/shifts", tag = "desk", params(("id" = TeamId, Path, description = "The team")), responses(
    (status = 200, body = PageView<Shift>, description = "The last 100"),
))]
pub async fn list_shifts(
    State(app): State<App>,
    InPath(id): InPath<TeamId>,
) -> ApiResult<Json<PageView<Shift>>> {
    let mut tx = app.store().read().await?;
    tx.get_team(id).await?;
    Ok(Json(PageView::whole(
        tx.list_shifts(id, SHIFTS_LISTED).await?,
    )))
}

/// Begin a shift. It acknowledges the hand-over note of the shift before, which must have ended.
#[utoipa::path(post, path = "/v1/teams/{id}/shifts", tag = "desk", params(("id" = TeamId, Path, description = "The team")),
    request_body = Option<ShiftWish>, responses(
    (status = 201, body = Shift, description = "Begun"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The shift before did not hand over (`resource.conflict`)"),
))]
pub async fn add_shift(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<TeamId>,
    OptionalBody(wish): OptionalBody<ShiftWish>,
) -> ApiResult<(StatusCode, Json<Shift>)> {
    let mut tx = app.store().begin().await?;
    let shift = start_shift(&mut tx, app.ctx(), id, wish.acknowledges, caller.id()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shift)))
}

/// End a shift with its hand-over note. The note names each open P0 and P1 case of the team, or is refused.
#[utoipa::path(post, path = "/v1/shifts/{id}/hand-over", tag = "desk", params(("id" = ShiftId, Path, description = "The shift")),
    request_body = HandOverWish, responses(
    (status = 200, body = Shift, description = "Ended"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "The note leaves cases out (`request.invalid`)"),
))]
pub async fn end_shift(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ShiftId>,
    JsonBody { value, .. }: JsonBody<HandOverWish>,
) -> ApiResult<Json<Shift>> {
    let mut tx = app.store().begin().await?;
    let shift = hand_over(&mut tx, app.ctx(), id, value, caller.id()).await?;
    tx.commit().await?;
    Ok(Json(shift))
}

/// Cases that nobody has: P0 first, then by age, with the time by which somebody must take them.
#[utoipa::path(get, path = "/v1/queue", tag = "desk", params(PageParams), responses(
    (status = 200, body = PageView<DeskCase>, description = "One page"),
))]
pub async fn list_queue(
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<PageView<DeskCase>>> {
    let page = params.page()?;
    let found = app.store().read().await?.list_waiting(&page).await?;
    let items = found.items.into_iter();
    let items = items.map(|one| DeskCase::new(one.case, one.escalated_at));
    Ok(Json(PageView::new(items.collect(), found.next)))
}

/// Take the most urgent case that nobody has. Two people never get the same one.
#[utoipa::path(post, path = "/v1/queue/claim", tag = "desk", request_body = Option<Nothing>, responses(
    (status = 200, body = Claimed, description = "The case, or nothing"),
))]
pub async fn claim(
    State(app): State<App>,
    caller: Caller,
    OptionalBody(Nothing {}): OptionalBody<Nothing>,
) -> ApiResult<Json<Claimed>> {
    let mut tx = app.store().begin().await?;
    let case = claim_next(&mut tx, app.ctx(), caller.id()).await?;
    tx.commit().await?;
    let case = case.map(|case| DeskCase::new(case, None));
    Ok(Json(Claimed { case }))
}

/// Do one thing with many cases, for one reason. What a case does not allow is said and leaves it as it is.
#[utoipa::path(post, path = "/v1/cases/bulk", tag = "desk", request_body = BulkWish, responses(
    (status = 200, body = PageView<BulkResult>, description = "What became of each"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such person or operation (`resource.not_found`)"),
))]
pub async fn do_in_bulk(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<BulkWish>,
) -> ApiResult<Json<PageView<BulkResult>>> {
    let mut tx = app.store().begin().await?;
    let (ids, action, reason) = (&value.case_ids, &value.action, &value.reason);
    let results = do_with_cases(&mut tx, app.ctx(), ids, action, reason, caller.id()).await?;
    tx.commit().await?;
    Ok(Json(PageView::whole(results)))
}

/// Operations, newest first.
#[utoipa::path(get, path = "/v1/operations", tag = "desk", responses(
    (status = 200, body = PageView<Operation>, description = "The last 500"),
))]
pub async fn list_operations(State(app): State<App>) -> ApiResult<Json<PageView<Operation>>> {
    let operations = app.store().read().await?.list_operations().await?;
    Ok(Json(PageView::whole(operations)))
}

/// Begin an operation: a named campaign that groups cases.
#[utoipa::path(post, path = "/v1/operations", tag = "desk", request_body = OperationWish, responses(
    (status = 201, body = Operation, description = "Begun"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Another operation has the name (`resource.conflict`)"),
))]
pub async fn add_operation(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<OperationWish>,
) -> ApiResult<(StatusCode, Json<Operation>)> {
    let mut tx = app.store().begin().await?;
    let (name, purpose) = (value.name, value.purpose);
    let operation = start_operation(&mut tx, app.ctx(), name, purpose, caller.id()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(operation)))
}

/// An operation with its cases.
#[utoipa::path(get, path = "/v1/operations/{id}", tag = "desk", params(("id" = OperationId, Path, description = "The operation")), responses(
    (status = 200, body = OperationView, description = "The operation"),
))]
pub async fn get_operation(
    State(app): State<App>,
    InPath(id): InPath<OperationId>,
) -> ApiResult<Json<OperationView>> {
    let mut tx = app.store().read().await?;
    let operation = tx.get_operation(id).await?;
    let cases = tx.cases_of_operation(id, CASES_LISTED).await?.into_iter();
    let cases = cases.map(|case| DeskCase::new(case, None)).collect();
    Ok(Json(OperationView { operation, cases }))
}

/// End an operation; its cases go on.
#[utoipa::path(post, path = "/v1/operations/{id}/end", tag = "desk", params(("id" = OperationId, Path, description = "The operation")),
    request_body = Option<Nothing>, responses(
    (status = 200, body = Operation, description = "Ended"),
))]
pub async fn stop_operation(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<OperationId>,
    OptionalBody(Nothing {}): OptionalBody<Nothing>,
) -> ApiResult<Json<Operation>> {
    let mut tx = app.store().begin().await?;
    let operation = end_operation(&mut tx, app.ctx(), id, caller.id()).await?;
    tx.commit().await?;
    Ok(Json(operation))
}
