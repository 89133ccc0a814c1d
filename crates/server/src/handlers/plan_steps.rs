//! Putting a plan forward, and the second person's word on it.

use crate::auth::caller::Caller;
use crate::extract::{InPath, JsonBody};
use crate::handlers::order_steps::must_be_second;
use crate::handlers::orders::summaries;
use crate::idempotency::{Begun, IdempotencyKey};
use crate::state::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_casework::{self as casework, PlanSubmission};
use stanch_store::{OrderFilter, PageRequest, Tx};
use stanch_types::PlanId;
use stanch_types::order::Order;
use stanch_types::plan::Plan;
use utoipa::ToSchema;

use crate::error::{ApiResult, Problem};
use crate::handlers::orders::OrderSummary;

/// Why something is declined or taken back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 500,
        example = "the account is the victim's own"
    )]
    pub reason: String,
}

/// A plan and the orders made from it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanWithOrders {
    /// The plan.
    pub plan: Plan,
    /// Its orders.
    pub orders: Vec<OrderSummary>,
}

/// Put orders of a plan forward; a second person approves them.
#[utoipa::path(post, path = "/v1/plans/{id}/submit", tag = "plans",
    params(("id" = PlanId, Path, description = "The plan"), ("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")),
    request_body = PlanSubmission, responses(
    (status = 200, body = PlanWithOrders, description = "Submitted; the orders are drafts"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "A newer plan took this one's place or it is decided (`plan.state`); the account was stopped twice (`order.stop_limit`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "An order breaks a rule (`order.invalid`, `order.no_authority`)"),
))]
pub async fn submit_plan(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<PlanId>,
    key: IdempotencyKey,
    JsonBody { value, sha256 }: JsonBody<PlanSubmission>,
) -> ApiResult<Response> {
    let (mut tx, slot) = match key.begin(&app, &caller, &sha256).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(tx, slot) => (tx, slot),
    };
    let (ctx, ledger, by) = (app.ctx(), app.ledger(), caller.id());
    let orders = casework::submit_plan(&mut tx, ctx, ledger, id, by, value).await?;
    let view = with_orders(&mut tx, id, orders).await?;
    slot.reply(tx, StatusCode::OK, &view).await
}

/// Approve a submitted plan as the second person; its orders are signed and sent.
#[utoipa::path(post, path = "/v1/plans/{id}/approve", tag = "plans", params(("id" = PlanId, Path, description = "The plan"), ("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")), responses(
    (status = 200, body = PlanWithOrders, description = "Approved; orders are on their way"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller submitted it (`order.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Not submitted, or decided already (`plan.state`)"),
))]
pub async fn approve_plan(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<PlanId>,
    key: IdempotencyKey,
) -> ApiResult<Response> {
    let (mut tx, slot) = match key.begin(&app, &caller, &[0; 32]).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(tx, slot) => (tx, slot),
    };
    for order in orders_of(&mut tx, id).await? {
        must_be_second(&caller, &order)?;
    }
    let orders = casework::approve_plan(&mut tx, app.ctx(), app.signer(), id, caller.id()).await?;
    let view = with_orders(&mut tx, id, orders).await?;
    slot.reply(tx, StatusCode::OK, &view).await
}

/// Decline a submitted plan; its draft orders are withdrawn.
#[utoipa::path(post, path = "/v1/plans/{id}/decline", tag = "plans", params(("id" = PlanId, Path, description = "The plan"), ("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")), request_body = Because, responses(
    (status = 200, body = PlanWithOrders, description = "Declined"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Not submitted, or decided already (`plan.state`)"),
))]
pub async fn decline_plan(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<PlanId>,
    key: IdempotencyKey,
    JsonBody { value, sha256 }: JsonBody<Because>,
) -> ApiResult<Response> {
    let (mut tx, slot) = match key.begin(&app, &caller, &sha256).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(tx, slot) => (tx, slot),
    };
    let by = caller.id();
    casework::decline_plan(&mut tx, app.ctx(), id, by, &value.reason).await?;
    let orders = orders_of(&mut tx, id).await?;
    let view = with_orders(&mut tx, id, orders).await?;
    slot.reply(tx, StatusCode::OK, &view).await
}

async fn orders_of(tx: &mut Tx, id: PlanId) -> ApiResult<Vec<Order>> {
    let filter = OrderFilter {
        plan_id: Some(id),
        ..Default::default()
    };
    Ok(tx.list_orders(&filter, &PageRequest::first()).await?.items)
}

async fn with_orders(tx: &mut Tx, id: PlanId, orders: Vec<Order>) -> ApiResult<PlanWithOrders> {
    Ok(PlanWithOrders {
        plan: tx.get_plan(id).await?,
        orders: summaries(tx, orders).await?,
    })
}
