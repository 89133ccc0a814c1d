//! Holds end by themselves, to the microsecond, also when Stanch was down at that moment.

use stanch_store::{LockedOrder, Tx};
use stanch_types::order::OrderState;
use stanch_types::user::Actor;
use stanch_types::{Ctx, OrderId};

use crate::error::OrdersError;
use crate::record::{self, Cause};

/// Most holds ended in one transaction.
pub const EXPIRE_BATCH_MAX: i64 = 200;

/// Ends every hold whose time is up, at most [`EXPIRE_BATCH_MAX`]; gives the orders ended. To be called again while
/// it gives that many. A hold ends at its deadline, whenever this runs.
///
/// # Errors
/// [`OrdersError::Store`].
pub async fn expire_due(tx: &mut Tx, ctx: &Ctx) -> Result<Vec<OrderId>, OrdersError> {
    let due = tx.list_holds_due(ctx.now(), EXPIRE_BATCH_MAX).await?;
    let mut ended = Vec::with_capacity(due.len());
    for order in due {
        if expire_one(tx, ctx, order.id).await? {
            ended.push(order.id);
        }
    }
    Ok(ended)
}

/// Ends the hold `id` if its time is up.
pub(crate) async fn expire_one(tx: &mut Tx, ctx: &Ctx, id: OrderId) -> Result<bool, OrdersError> {
    let held: LockedOrder = record::lock(tx, id).await?;
    let OrderState::Active { expires_at, .. } = held.order.state else {
        return Ok(false);
    };
    if ctx.now() < expires_at {
        return Ok(false);
    }
    let expired = held.order.clone().expire(expires_at)?;
    let cause = Cause::new(Actor::System, "order.expired", "the hold's time is up");
    record::step(tx, ctx, &held, expired, cause).await?;
    Ok(true)
}
