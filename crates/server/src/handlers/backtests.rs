//! Backtests: what a version of the policy would have decided about the events that arrived.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stanch_decide::backtests::{self, BacktestWish};
use stanch_types::backtest::{Backtest, BacktestReport};
use stanch_types::{BacktestId, Timestamp};
use utoipa::ToSchema;

use crate::auth::caller::Caller;
use crate::error::{ApiResult, Problem};
use crate::extract::{InPath, JsonBody, Params};
use crate::page::{PageParams, PageView};
use crate::state::App;

/// Which policy is tried on which events.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBacktest {
    /// Hash of the version that is tried.
    #[schema(
        max_length = 128,
        example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )]
    pub policy: String,
    /// `live`, or the hash of a version to compare with.
    #[serde(default)]
    #[schema(max_length = 128, example = "live")]
    pub against: Option<String>,
    /// Events that occurred at or after are judged.
    pub from: Timestamp,
    /// Events that occurred before are judged.
    pub to: Timestamp,
    /// Alerts that reviewers can look at in a day.
    #[serde(default)]
    #[schema(maximum = 4_294_967_295_u64)]
    pub capacity_a_day: Option<u32>,
}

/// A backtest and how far it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BacktestView {
    /// What was asked for and what became of it.
    #[serde(flatten)]
    pub backtest: Backtest,
    /// How far it is, while it is worked on.
    pub progress: Option<ProgressView>,
}

/// How far a backtest is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ProgressView {
    /// Events done.
    pub events: u64,
    /// Events that were there when work on it began; none while they are counted.
    pub events_total: Option<u64>,
    /// Of those done, the ones of before the server was started anew.
    pub resumed_events: u64,
}

/// A backtest with its report.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BacktestDetail {
    /// The backtest.
    #[serde(flatten)]
    pub view: BacktestView,
    /// What it found, once it is done.
    pub report: Option<BacktestReport>,
}

/// Try a version of the policy on the events that arrived. It runs beside live decisions, one backtest at a time.
#[utoipa::path(post, path = "/v1/backtests", tag = "policies", request_body = NewBacktest, responses(
    (status = 202, body = BacktestView, description = "Waits for those before it"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not of this form, or an empty range (`request.invalid`)"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such version (`policy.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Too many wait (`resource.conflict`); none is live to compare with (`policy.none_live`)"),
))]
pub async fn add_backtest(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<NewBacktest>,
) -> ApiResult<(StatusCode, Json<BacktestView>)> {
    let wish = BacktestWish {
        policy: value.policy,
        against: value.against,
        from: value.from,
        to: value.to,
        capacity_a_day: value.capacity_a_day.map(u64::from),
    };
    let (engine, store) = (app.engine(), app.store());
    let asked = backtests::request(engine, store, app.ctx(), wish, caller.id()).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, asked))))
}

/// Backtests, newest first.
#[utoipa::path(get, path = "/v1/backtests", tag = "policies", params(PageParams), responses(
    (status = 200, body = PageView<BacktestView>, description = "One page"),
))]
pub async fn list_backtests(
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<PageView<BacktestView>>> {
    let page = params.page()?;
    let found = app.store().read().await?.list_backtests(&page).await?;
    let items = found.items.into_iter().map(|one| view(&app, one)).collect();
    Ok(Json(PageView::new(items, found.next)))
}

/// A backtest, with its report once it is done.
#[utoipa::path(get, path = "/v1/backtests/{id}", tag = "policies", params(("id" = BacktestId, Path, description = "The backtest")), responses(
    (status = 200, body = BacktestDetail, description = "The backtest"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such backtest (`resource.not_found`)"),
))]
pub async fn get_backtest(
    State(app): State<App>,
    InPath(id): InPath<BacktestId>,
) -> ApiResult<Json<BacktestDetail>> {
    let found = app.store().read().await?.get_backtest(id).await?;
    let report = backtests::report_of(app.store(), &found).await?;
    let view = view(&app, found);
    Ok(Json(BacktestDetail { view, report }))
}

/// Call a backtest off that waits or is worked on.
#[utoipa::path(post, path = "/v1/backtests/{id}/cancel", tag = "policies", params(("id" = BacktestId, Path, description = "The backtest")), responses(
    (status = 200, body = BacktestView, description = "Called off"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such backtest (`resource.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is over (`resource.conflict`)"),
))]
pub async fn cancel_backtest(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<BacktestId>,
) -> ApiResult<Json<BacktestView>> {
    let (store, watch) = (app.store(), app.backtests());
    let cancelled = backtests::cancel(store, app.ctx(), watch, id, caller.id()).await?;
    Ok(Json(view(&app, cancelled)))
}

fn view(app: &App, backtest: Backtest) -> BacktestView {
    let how_far = app.backtests().how_far(backtest.id);
    BacktestView {
        progress: how_far.map(|how_far| ProgressView {
            events: how_far.events,
            events_total: how_far.events_total,
            resumed_events: how_far.resumed_events,
        }),
        backtest,
    }
}
