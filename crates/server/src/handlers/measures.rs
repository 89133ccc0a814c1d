//! Measures on accounts and content.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_casework::{confirm_measure, impose_measure, lift_measure, reexamine_measure};
use stanch_store::{MeasureFilter, Tx};
use stanch_types::effect::{Effect, EffectState, EffectVerb};
use stanch_types::measure::{LiftCause, Measure, MeasureState, MeasureWish};
use stanch_types::notice::Notice;
use stanch_types::{
    AppealId, CaseId, EffectId, ErrorCode, InstitutionCode, MeasureBatchId, MeasureId, OperationId,
    Timestamp,
};
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::Caller;
use crate::authz::Action;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, JsonBody, Params, check_text};
use crate::handlers::appeals::AppealView;
use crate::handlers::people::{ActorView, Names};
use crate::handlers::plan_steps::Because;
use crate::idempotency::{Begun, IdempotencyKey};
use crate::page::{PageView, page};
use crate::personal::{reveal, shown_to};
use crate::state::App;

/// A measure in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeasureView {
    /// Identifier.
    pub id: MeasureId,
    /// What was wanted: on what, what, why.
    pub wish: MeasureWish,
    /// Who decided.
    pub decided_by: ActorView,
    /// When.
    pub decided_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// The batch it came from.
    #[schema(required = true)]
    pub batch_id: Option<MeasureBatchId>,
    /// The upheld appeal that says to look at it again.
    #[schema(required = true)]
    pub reexamine: Option<AppealId>,
    /// Where it stands.
    pub state: MeasureState,
}

/// A measure with what the one it hits was told, what partners said, and the appeals against it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeasureDetail {
    /// The measure.
    #[serde(flatten)]
    pub measure: MeasureView,
    /// What the one it hits was told.
    pub notice: Notice,
    /// What partners were told, and their receipts.
    pub effects: Vec<EffectView>,
    /// Appeals against it.
    pub appeals: Vec<AppealView>,
}

/// What a partner was told of a measure.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EffectView {
    /// Identifier.
    pub id: EffectId,
    /// Who.
    pub partner: InstitutionCode,
    /// What to do.
    pub verb: EffectVerb,
    /// When it was decided.
    pub made_at: Timestamp,
    /// By when it is to have arrived.
    pub due_by: Timestamp,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// Why the last try failed.
    #[schema(required = true)]
    pub last_error: Option<String>,
    /// Where it stands.
    #[serde(flatten)]
    pub state: EffectState,
}

/// Which measures: one condition at most.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MeasureParams {
    /// Only those in this state.
    #[param(inline)]
    pub state: Option<MeasureStateWord>,
    /// Only those of this case.
    pub case_id: Option<CaseId>,
    /// Only those of this operation.
    pub operation_id: Option<OperationId>,
    /// Only those that an upheld appeal says to look at again.
    pub reexamine: Option<bool>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// Where a measure stands, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasureStateWord {
    /// A machine decided what only a person may.
    Provisional,
    /// It works.
    Active,
    /// It works in part.
    Eased,
    /// Its time was up.
    Expired,
    /// It was taken back.
    Lifted,
}

impl MeasureStateWord {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Active => "active",
            Self::Eased => "eased",
            Self::Expired => "expired",
            Self::Lifted => "lifted",
        }
    }
}

/// The answer to the wish to look at a measure again.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reexamined {
    /// Why it is lifted; without it the measure stays.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    pub lift_because: Option<String>,
}

/// Measures, newest first.
#[utoipa::path(get, path = "/v1/measures", tag = "measures", params(MeasureParams), responses(
    (status = 200, body = PageView<MeasureView>, description = "One page"),
))]
pub async fn list_measures(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<MeasureParams>,
) -> ApiResult<Response> {
    let state = params.state.map(|it| it.as_str().to_owned());
    let wanted = [
        state.map(MeasureFilter::State),
        params.case_id.map(MeasureFilter::Case),
        params.operation_id.map(MeasureFilter::Operation),
        (params.reexamine == Some(true)).then_some(MeasureFilter::Reexamine),
    ];
    let mut wanted = wanted.into_iter().flatten();
    let filter = wanted.next().unwrap_or_default();
    if wanted.next().is_some() {
        let why =
            "ask by state, by case, by operation or for re-examination, not by several of them";
        return Err(ApiError::new(ErrorCode::RequestInvalid, why));
    }
    let page = page(params.limit, params.cursor)?;
    let mut tx = app.store().read().await?;
    let found = tx.list_measures(&filter, &page).await?;
    let names = Names::of(&tx.list_users().await?);
    let views = found.items.into_iter();
    let items = views.map(|measure| measure_view(&names, measure)).collect();
    shown_to(&caller, &PageView::new(items, found.next))
}

/// Take a measure. It works at once, has a notice and ends by itself; all partners are told.
#[utoipa::path(post, path = "/v1/measures", tag = "measures", request_body = MeasureWish,
    params(("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")),
    responses(
    (status = 201, body = MeasureDetail, description = "Taken"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "A partner is not registered (`institution.unknown`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "It breaks a rule (`measure.invalid`)"),
))]
pub async fn add_measure(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody { value, sha256 }: JsonBody<MeasureWish>,
) -> ApiResult<Response> {
    let (mut tx, slot) = match key.begin(&app, &caller, &sha256).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(tx, slot) => (tx, slot),
    };
    if let Some(case) = value.case_id {
        tx.get_case(case).await?;
    }
    let terms = &app.config().fairness;
    let imposed = impose_measure(&mut tx, app.ctx(), terms, value, caller.actor()).await?;
    let view = measure_detail(&mut tx, imposed.measure).await?;
    slot.reply(tx, StatusCode::CREATED, &view).await
}

/// One measure.
#[utoipa::path(get, path = "/v1/measures/{id}", tag = "measures", params(("id" = MeasureId, Path, description = "The measure")), responses(
    (status = 200, body = MeasureDetail, description = "The measure"),
))]
pub async fn get_measure(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    let measure = tx.get_measure(id).await?;
    let view = measure_detail(&mut tx, measure).await?;
    drop(tx);
    reveal(&app, &caller, &id.to_string(), &view).await
}

/// Make a provisional measure final, as the person that the law asks for.
#[utoipa::path(post, path = "/v1/measures/{id}/confirm", tag = "measures", params(("id" = MeasureId, Path, description = "The measure")), responses(
    (status = 200, body = MeasureDetail, description = "Final"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is not provisional (`measure.state`)"),
))]
pub async fn confirm(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureId>,
) -> ApiResult<Json<MeasureDetail>> {
    let mut tx = app.store().begin().await?;
    let terms = &app.config().fairness;
    let hands = tx.get_measure(id).await?.deciders();
    caller.must_be_second(Action::ConfirmMeasures, id, &hands, ErrorCode::Forbidden)?;
    let measure = confirm_measure(&mut tx, app.ctx(), terms, id, caller.id()).await?;
    answer(tx, measure).await
}

/// Take a measure back, at all partners.
#[utoipa::path(post, path = "/v1/measures/{id}/lift", tag = "measures", params(("id" = MeasureId, Path, description = "The measure")), request_body = Because, responses(
    (status = 200, body = MeasureDetail, description = "Lifted; partners are being told"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is over (`measure.state`)"),
))]
pub async fn lift(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureId>,
    JsonBody { value, .. }: JsonBody<Because>,
) -> ApiResult<Json<MeasureDetail>> {
    check_text("/reason", &value.reason, 500)?;
    let cause = LiftCause::Withdrawn {
        by: caller.id(),
        reason: value.reason,
    };
    let mut tx = app.store().begin().await?;
    let terms = &app.config().fairness;
    let measure = lift_measure(&mut tx, app.ctx(), terms, id, cause, caller.actor()).await?;
    answer(tx, measure).await
}

/// Answer the wish to look at a measure again: it stays, or it is lifted.
#[utoipa::path(post, path = "/v1/measures/{id}/reexamine", tag = "measures", params(("id" = MeasureId, Path, description = "The measure")), request_body = Reexamined, responses(
    (status = 200, body = MeasureDetail, description = "Looked at"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller had a part in it (`appeal.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing was asked of it (`measure.state`)"),
))]
pub async fn reexamine(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<MeasureId>,
    JsonBody { value, .. }: JsonBody<Reexamined>,
) -> ApiResult<Json<MeasureDetail>> {
    if let Some(reason) = &value.lift_because {
        check_text("/lift_because", reason, 500)?;
    }
    let mut tx = app.store().begin().await?;
    let terms = &app.config().fairness;
    let (ctx, lift) = (app.ctx(), value.lift_because);
    let measure = reexamine_measure(&mut tx, ctx, terms, id, &caller.user, lift).await?;
    answer(tx, measure).await
}

async fn answer(mut tx: Tx, measure: Measure) -> ApiResult<Json<MeasureDetail>> {
    let view = measure_detail(&mut tx, measure).await?;
    tx.commit().await?;
    Ok(Json(view))
}

async fn measure_detail(tx: &mut Tx, measure: Measure) -> ApiResult<MeasureDetail> {
    let effects = tx.effects_of_measure(measure.id).await?;
    let names = Names::of(&tx.list_users().await?);
    let appeals = tx.appeals_of_measure(measure.id).await?.into_iter();
    let appeals = appeals
        .map(|appeal| AppealView::new(&names, appeal))
        .collect();
    let notice = measure.notice.clone();
    Ok(MeasureDetail {
        measure: measure_view(&names, measure),
        notice,
        effects: effects.into_iter().map(EffectView::from).collect(),
        appeals,
    })
}

fn measure_view(names: &Names, measure: Measure) -> MeasureView {
    MeasureView {
        id: measure.id,
        decided_by: names.actor(&measure.decided_by),
        wish: measure.wish,
        decided_at: measure.decided_at,
        expires_at: measure.expires_at,
        batch_id: measure.batch_id,
        reexamine: measure.reexamine,
        state: measure.state,
    }
}

impl From<Effect> for EffectView {
    fn from(effect: Effect) -> Self {
        Self {
            id: effect.id,
            partner: effect.partner,
            verb: effect.verb,
            made_at: effect.made_at,
            due_by: effect.due_by,
            attempts: effect.attempts,
            last_error: effect.last_error,
            state: effect.state,
        }
    }
}
