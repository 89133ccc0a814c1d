//! Appeals against measures: written down by agents, decided by reviewers.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use stanch_casework::{
    Filed, ask_materials, decide_appeal, ease_now, file_appeal, go_outside, take_appeal,
};
use stanch_store::{AppealFilter, Tx};
use stanch_types::appeal::{
    Appeal, AppealChannel, AppealDeadlines, AppealOutcome, AppealState, Livelihood, Material,
};
use stanch_types::{AppealId, ErrorCode, MeasureId, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::Caller;
use crate::authz::Action;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, JsonBody, Params};
use crate::handlers::people::{Names, PersonView};
use crate::page::{PageView, page};
use crate::personal::{note_reading, reveal, shown_to};
use crate::state::App;

/// An appeal.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppealView {
    /// Identifier.
    pub id: AppealId,
    /// Against which measure.
    pub measure_id: MeasureId,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// How.
    #[serde(flatten)]
    pub channel: AppealChannel,
    /// What the filer says.
    pub says: String,
    /// What the filer sent.
    pub materials: Vec<Material>,
    /// What hangs on it.
    #[schema(required = true)]
    pub livelihood: Option<Livelihood>,
    /// By when what must have happened.
    pub deadlines: AppealDeadlines,
    /// When partial access was given.
    #[schema(required = true)]
    pub eased_at: Option<Timestamp>,
    /// Who has it or decided it.
    #[schema(required = true)]
    pub reviewer: Option<PersonView>,
    /// Where it stands.
    pub stands: AppealState,
}

impl AppealView {
    /// The view of `appeal`.
    #[must_use]
    pub fn new(names: &Names, appeal: Appeal) -> Self {
        let decided_by = appeal.state.decision().and_then(|decision| decision.by);
        Self {
            id: appeal.id,
            measure_id: appeal.measure_id,
            filed_at: appeal.filed_at,
            channel: appeal.channel,
            says: appeal.says,
            materials: appeal.materials,
            livelihood: appeal.livelihood,
            deadlines: appeal.deadlines,
            eased_at: appeal.eased_at,
            reviewer: appeal
                .state
                .reviewer()
                .or(decided_by)
                .map(|id| names.person(id)),
            stands: appeal.state,
        }
    }
}

/// Which appeals.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AppealParams {
    /// All, newest first, instead of those that wait for a decision: livelihood first, then the next deadline.
    pub all: Option<bool>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// An appeal that came by phone or on paper.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenDown {
    /// How it came.
    pub by: AgentChannel,
    /// What they say.
    #[schema(min_length = 1, max_length = 5000)]
    pub says: String,
    /// What hangs on it.
    #[serde(default)]
    pub livelihood: Option<Livelihood>,
}

/// How an appeal came to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentChannel {
    /// By phone.
    Phone,
    /// On paper.
    Paper,
}

/// What the filer is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    /// What; any one sufficient document will do.
    #[schema(min_length = 1, max_length = 2000)]
    pub asked: String,
}

/// A decision on an appeal.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// `upheld`, `partly` or `rejected`.
    pub outcome: ReviewOutcome,
    /// Why, told to the filer.
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// What a reviewer may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// The measure was wrong.
    Upheld,
    /// It went too far.
    Partly,
    /// It stays.
    Rejected,
}

/// Another body that has the matter now.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// Which: administrative review or a court.
    #[schema(min_length = 1, max_length = 2000)]
    pub body: String,
}

/// Write down an appeal that came by phone or on paper.
#[utoipa::path(post, path = "/v1/measures/{id}/appeals", tag = "appeals", params(("id" = MeasureId, Path, description = "The measure")), request_body = WrittenDown, responses(
    (status = 201, body = AppealView, description = "Filed and acknowledged"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Another appeal is open (`appeal.state`), or it is too late (`appeal.too_late`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "It says nothing (`appeal.invalid`)"),
))]
pub async fn file_for(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureId>,
    JsonBody { value, .. }: JsonBody<WrittenDown>,
) -> ApiResult<Response> {
    let agent = caller.id();
    let filed = Filed {
        channel: match value.by {
            AgentChannel::Phone => AppealChannel::Phone { agent },
            AgentChannel::Paper => AppealChannel::Paper { agent },
        },
        says: value.says,
        livelihood: value.livelihood,
    };
    let mut tx = app.store().begin().await?;
    let appeal = file_appeal(&mut tx, app.ctx(), &app.config().fairness, id, filed).await?;
    Ok((StatusCode::CREATED, answer(tx, appeal).await?).into_response())
}

/// Appeals.
#[utoipa::path(get, path = "/v1/appeals", tag = "appeals", params(AppealParams), responses(
    (status = 200, body = PageView<AppealView>, description = "One page"),
))]
pub async fn list_appeals(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<AppealParams>,
) -> ApiResult<Response> {
    let filter = if params.all == Some(true) {
        AppealFilter::All
    } else {
        AppealFilter::Open
    };
    let page = page(params.limit, params.cursor)?;
    let mut tx = app.store().read().await?;
    let found = tx.list_appeals(filter, &page).await?;
    let names = Names::of(&tx.list_users().await?);
    let items = found.items.into_iter();
    let items = items
        .map(|appeal| AppealView::new(&names, appeal))
        .collect();
    shown_to(&caller, &PageView::new(items, found.next))
}

/// One appeal.
#[utoipa::path(get, path = "/v1/appeals/{id}", tag = "appeals", params(("id" = AppealId, Path, description = "The appeal")), responses(
    (status = 200, body = AppealView, description = "The appeal"),
))]
pub async fn get_appeal(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<AppealId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    let appeal = tx.get_appeal(id).await?;
    let names = Names::of(&tx.list_users().await?);
    drop(tx);
    reveal(
        &app,
        &caller,
        &id.to_string(),
        &AppealView::new(&names, appeal),
    )
    .await
}

/// A document that was sent with an appeal, as it came.
#[utoipa::path(get, path = "/v1/appeals/{id}/materials/{nth}", tag = "appeals",
    params(("id" = AppealId, Path, description = "The appeal"), ("nth" = u16, Path, minimum = 1, maximum = 10, description = "Which, from 1")), responses(
    (status = 200, content_type = "application/octet-stream", description = "The document"),
))]
pub async fn get_material(
    State(app): State<App>,
    caller: Caller,
    Path((id, nth)): Path<(String, String)>,
) -> ApiResult<Response> {
    caller.must_say_purpose()?;
    let not_found = || ApiError::of(ErrorCode::AppealNotFound);
    let id: AppealId = id.parse().map_err(|_| not_found())?;
    let nth: usize = nth.parse().map_err(|_| not_found())?;
    let mut tx = app.store().read().await?;
    let appeal = tx.get_appeal(id).await?;
    let place = nth.checked_sub(1);
    let material = place.and_then(|place| appeal.materials.get(place));
    let material = material.ok_or_else(not_found)?;
    let bytes = tx.get_file(&id.to_string(), &material.sha256).await?;
    drop(tx);
    note_reading(&app, &caller, &id.to_string()).await?;
    // Never opened in the page: a stranger sent it.
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment"),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// Take an appeal to review it.
#[utoipa::path(post, path = "/v1/appeals/{id}/take", tag = "appeals", params(("id" = AppealId, Path, description = "The appeal")), responses(
    (status = 200, body = AppealView, description = "Taken"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller had a part in the measure (`appeal.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is decided (`appeal.state`)"),
))]
pub async fn take(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<AppealId>,
) -> ApiResult<Json<AppealView>> {
    let mut tx = app.store().begin().await?;
    must_review(&mut tx, &caller, id).await?;
    let appeal = take_appeal(&mut tx, app.ctx(), id, &caller.user).await?;
    answer(tx, appeal).await
}

/// Ask the filer for something; waiting for it does not count against the deadline.
#[utoipa::path(post, path = "/v1/appeals/{id}/ask", tag = "appeals", params(("id" = AppealId, Path, description = "The appeal")), request_body = Asking, responses(
    (status = 200, body = AppealView, description = "Asked"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller had a part in the measure (`appeal.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The caller does not have it (`appeal.state`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "Nothing is asked (`appeal.invalid`)"),
))]
pub async fn ask(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<AppealId>,
    JsonBody { value, .. }: JsonBody<Asking>,
) -> ApiResult<Json<AppealView>> {
    let mut tx = app.store().begin().await?;
    let terms = &app.config().fairness;
    must_review(&mut tx, &caller, id).await?;
    let appeal = ask_materials(&mut tx, app.ctx(), terms, id, &caller.user, value.asked).await?;
    answer(tx, appeal).await
}

/// Let through at once what livelihood needs, while the appeal is looked at.
#[utoipa::path(post, path = "/v1/appeals/{id}/ease", tag = "appeals", params(("id" = AppealId, Path, description = "The appeal")), responses(
    (status = 200, body = AppealView, description = "Partial access is given"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller had a part in the measure (`appeal.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is decided, or no livelihood hangs on it (`appeal.state`)"),
))]
pub async fn ease(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<AppealId>,
) -> ApiResult<Json<AppealView>> {
    let mut tx = app.store().begin().await?;
    let terms = &app.config().fairness;
    must_review(&mut tx, &caller, id).await?;
    let appeal = ease_now(&mut tx, app.ctx(), terms, id, &caller.user).await?;
    answer(tx, appeal).await
}

/// Decide an appeal. Upheld or partly: the measure is lifted at all partners at once.
#[utoipa::path(post, path = "/v1/appeals/{id}/decide", tag = "appeals", params(("id" = AppealId, Path, description = "The appeal")), request_body = Decided, responses(
    (status = 200, body = AppealView, description = "Decided"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller had a part in the measure (`appeal.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The caller does not have it (`appeal.state`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "No reason (`appeal.invalid`)"),
))]
pub async fn decide(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<AppealId>,
    JsonBody { value, .. }: JsonBody<Decided>,
) -> ApiResult<Json<AppealView>> {
    let outcome = match value.outcome {
        ReviewOutcome::Upheld => AppealOutcome::Upheld,
        ReviewOutcome::Partly => AppealOutcome::Partly,
        ReviewOutcome::Rejected => AppealOutcome::Rejected,
    };
    let mut tx = app.store().begin().await?;
    let (ctx, terms) = (app.ctx(), &app.config().fairness);
    let by = &caller.user;
    must_review(&mut tx, &caller, id).await?;
    let appeal = decide_appeal(&mut tx, ctx, terms, id, by, outcome, value.reason).await?;
    answer(tx, appeal).await
}

/// Put on record that another body has the matter now.
#[utoipa::path(post, path = "/v1/appeals/{id}/external", tag = "appeals", params(("id" = AppealId, Path, description = "The appeal")), request_body = Outside, responses(
    (status = 200, body = AppealView, description = "On record"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is not decided (`appeal.state`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "It names no body (`appeal.invalid`)"),
))]
pub async fn external(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<AppealId>,
    JsonBody { value, .. }: JsonBody<Outside>,
) -> ApiResult<Json<AppealView>> {
    let mut tx = app.store().begin().await?;
    let appeal = go_outside(&mut tx, app.ctx(), id, value.body, caller.actor()).await?;
    answer(tx, appeal).await
}

/// Lets through who may review an appeal: nobody with a part in the measure, and not who wrote the appeal down.
async fn must_review(tx: &mut Tx, caller: &Caller, id: AppealId) -> ApiResult<()> {
    let appeal = tx.get_appeal(id).await?;
    let mut hands = tx.get_measure(appeal.measure_id).await?.deciders();
    hands.extend(appeal.channel.agent());
    caller.must_be_second(
        Action::DecideAppeals,
        id,
        &hands,
        ErrorCode::AppealSamePerson,
    )
}

async fn answer(mut tx: Tx, appeal: Appeal) -> ApiResult<Json<AppealView>> {
    let names = Names::of(&tx.list_users().await?);
    tx.commit().await?;
    Ok(Json(AppealView::new(&names, appeal)))
}
