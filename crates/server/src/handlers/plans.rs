//! Recovery plans.

use crate::auth::caller::Caller;
use crate::extract::InPath;
use crate::personal::{reveal, shown_to};
use crate::state::App;
use axum::extract::State;
use axum::response::Response;
use stanch_casework::plan_case as plan_again;
use stanch_types::plan::Plan;
use stanch_types::{CaseId, PlanId};

use crate::error::{ApiResult, Problem};
use crate::page::PageView;

/// Plan again now; gives the newest plan, a new version only if it differs.
#[utoipa::path(post, path = "/v1/cases/{id}/plan", tag = "plans", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = Plan, description = "The newest plan"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "None of the case's payments is stored (`case.no_payments`), or the case is closed (`case.state`)"),
))]
pub async fn plan_case(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
) -> ApiResult<Response> {
    let mut tx = app.store().begin().await?;
    let plan = plan_again(&mut tx, app.ctx(), app.ledger(), id).await?;
    tx.commit().await?;
    shown_to(&caller, &plan)
}

/// The versions of a case's plan, newest first.
#[utoipa::path(get, path = "/v1/cases/{id}/plans", tag = "plans", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = PageView<Plan>, description = "All versions"),
))]
pub async fn list_plans(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    tx.get_case(id).await?;
    let plans = tx.list_plans(id).await?;
    reveal(&app, &caller, &id.to_string(), &PageView::whole(plans)).await
}

/// One version of a plan.
#[utoipa::path(get, path = "/v1/plans/{id}", tag = "plans", params(("id" = PlanId, Path, description = "The plan")), responses(
    (status = 200, body = Plan, description = "The plan"),
))]
pub async fn get_plan(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<PlanId>,
) -> ApiResult<Response> {
    let plan = app.store().read().await?.get_plan(id).await?;
    reveal(&app, &caller, &plan.case_id.to_string(), &plan).await
}
