//! The second person's word on a single order.

use crate::auth::caller::Caller;
use crate::authz::Action;
use crate::extract::{InPath, JsonBody};
use crate::handlers::orders::order_view;
use crate::idempotency::{Begun, IdempotencyKey};
use crate::state::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use stanch_orders::{approve, withdraw};
use stanch_types::order::Order;
use stanch_types::{ErrorCode, OrderId};

use crate::error::{ApiResult, Problem};
use crate::handlers::orders::OrderView;
use crate::handlers::plan_steps::Because;

/// Approve an order as the second person; it is signed and sent.
#[utoipa::path(post, path = "/v1/orders/{id}/approve", tag = "orders", params(("id" = OrderId, Path, description = "The order"), ("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")), responses(
    (status = 200, body = OrderView, description = "Approved; it is on its way"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller drafted it (`order.same_person`) or lacks the role (`auth.forbidden`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is not a draft (`order.state`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "No authority reference (`order.no_authority`)"),
))]
pub async fn approve_order(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<OrderId>,
    key: IdempotencyKey,
) -> ApiResult<Response> {
    let (mut tx, slot) = match key.begin(&app, &caller, &[0; 32]).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(tx, slot) => (tx, slot),
    };
    let order = tx.get_order(id).await?;
    must_be_second(&caller, &order)?;
    approve(&mut tx, app.ctx(), app.signer(), id, caller.id()).await?;
    let view = order_view(&mut tx, id).await?;
    slot.reply(tx, StatusCode::OK, &view).await
}

/// Take back or decline an order that is not signed yet.
#[utoipa::path(post, path = "/v1/orders/{id}/withdraw", tag = "orders", params(("id" = OrderId, Path, description = "The order"), ("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")), request_body = Because, responses(
    (status = 200, body = OrderView, description = "Withdrawn"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is signed already (`order.state`)"),
))]
pub async fn withdraw_order(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<OrderId>,
    key: IdempotencyKey,
    JsonBody { value, sha256 }: JsonBody<Because>,
) -> ApiResult<Response> {
    let (mut tx, slot) = match key.begin(&app, &caller, &sha256).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(tx, slot) => (tx, slot),
    };
    withdraw(&mut tx, app.ctx(), id, caller.id(), &value.reason).await?;
    let view = order_view(&mut tx, id).await?;
    slot.reply(tx, StatusCode::OK, &view).await
}

/// Lets through who may approve an order; an emergency stop needs no second person.
///
/// # Errors
/// [`ErrorCode::OrderSamePerson`].
pub fn must_be_second(caller: &Caller, order: &Order) -> ApiResult<()> {
    let author = [order.created_by];
    let hands = if order.is_emergency_stop() {
        &[]
    } else {
        &author[..]
    };
    caller.must_be_second(
        Action::ApproveOrders,
        order.id,
        hands,
        ErrorCode::OrderSamePerson,
    )
}
