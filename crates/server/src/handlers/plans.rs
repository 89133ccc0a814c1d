//! Recovery plans.

use axum::response::Response;
use stanch_types::plan::Plan;
use stanch_types::{CaseId, PlanId};

use crate::error::{ApiError, ApiResult, Problem};
use crate::page::{PageParams, PageView};

/// Plan again now; gives the newest plan, a new version only if it differs.
#[utoipa::path(post, path = "/v1/cases/{id}/plan", tag = "plans", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = Plan, description = "The newest plan"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "None of the case's payments is stored (`case.no_payments`), or the case is closed (`case.state`)"),
))]
pub async fn plan_case() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// The versions of a case's plan, newest first.
#[utoipa::path(get, path = "/v1/cases/{id}/plans", tag = "plans", params(("id" = CaseId, Path, description = "The case"), PageParams), responses(
    (status = 200, body = PageView<Plan>, description = "All versions"),
))]
pub async fn list_plans() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// One version of a plan.
#[utoipa::path(get, path = "/v1/plans/{id}", tag = "plans", params(("id" = PlanId, Path, description = "The plan")), responses(
    (status = 200, body = Plan, description = "The plan"),
))]
pub async fn get_plan() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
