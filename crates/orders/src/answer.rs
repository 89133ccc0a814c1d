//! What institutions answer, and what follows from it for the order, its parent and the case.

use serde_json::json;
use stanch_store::{LockedOrder, Tx};
use stanch_types::institution::Institution;
use stanch_types::order::{
    AnswerOutcome, InvalidTransition, Order, OrderAnswer, OrderEffect, OrderKind, OrderState,
};
use stanch_types::user::Actor;
use stanch_types::{Amount, Ctx, OrderId, Timestamp};

use crate::deliver::{JOB_EXPIRE, JOB_QUERY, OrderJob};
use crate::document::sha256_hex;
use crate::error::{Finding, OrdersError};
use crate::message::OrderAnswerMessage;
use crate::record::{self, Cause};
use crate::schedule;

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerReceipt {
    /// The order it is about.
    pub order_id: OrderId,
    /// Whether it moved the order. For a repeated message, whether the first one did.
    pub applied: bool,
    /// Whether this message was received before.
    pub duplicate: bool,
}

/// Takes an institution's answer. Late, repeated and out-of-order answers are kept and change nothing (rule 7).
///
/// # Errors
/// [`OrdersError::OrderNotFound`] if the order does not exist or was not made to this institution;
/// [`OrdersError::Answer`] if the message breaks a rule; nothing is stored then.
pub async fn receive_answer(
    tx: &mut Tx,
    ctx: &Ctx,
    institution: &Institution,
    message_id: &str,
    message: OrderAnswerMessage,
) -> Result<AnswerReceipt, OrdersError> {
    let order = tx
        .lookup_order_by_application(message.application_id)
        .await?
        .filter(|order| order.content.target.institution == institution.code)
        .ok_or(OrdersError::OrderNotFound)?;
    let held = record::lock(tx, order.id).await?;
    let mut findings = message.findings();
    findings.extend(check_held(&held.order, &message));
    if !findings.is_empty() {
        return Err(OrdersError::Answer(findings));
    }
    if let Some(first) = tx.lookup_answer(&institution.code, message_id).await? {
        return Ok(AnswerReceipt {
            order_id: first.order_id,
            applied: first.applied,
            duplicate: true,
        });
    }
    let at = effective_at(tx, ctx, &held, message.occurred_at).await?;
    let next = match held.order.clone().answer(&message.outcome, at) {
        Ok(next) => Some(next),
        Err(InvalidTransition::State { .. }) => None,
        Err(other) => return Err(other.into()),
    };
    let answer = OrderAnswer {
        id: ctx.new_id(),
        message_id: message_id.to_owned(),
        order_id: held.order.id,
        occurred_at: message.occurred_at,
        received_at: ctx.now(),
        outcome: message.outcome.clone(),
        applied: next.is_some(),
    };
    tx.insert_answer(&answer).await?;
    let receipt = AnswerReceipt {
        order_id: held.order.id,
        applied: answer.applied,
        duplicate: false,
    };
    match next {
        Some(next) => apply(tx, ctx, &held, next, institution, &message).await?,
        None => record::note_late_answer(tx, ctx, &held.order, institution, &answer).await?,
    }
    Ok(receipt)
}

async fn apply(
    tx: &mut Tx,
    ctx: &Ctx,
    held: &LockedOrder,
    next: Order,
    institution: &Institution,
    message: &OrderAnswerMessage,
) -> Result<(), OrdersError> {
    let actor = Actor::Institution {
        code: institution.code.clone(),
    };
    let bytes = serde_json::to_vec(message).map_err(OrdersError::DocumentJson)?;
    let over_hold = is_over_hold(&held.order, message.held());
    let cause = Cause::new(actor, "order.answered", describe(&message.outcome))
        .document(sha256_hex(&bytes))
        .detail(json!({ "occurred_at": message.occurred_at, "over_hold": over_hold }));
    let answered = record::step(tx, ctx, held, next, cause).await?;
    match &answered.order.state {
        OrderState::Executed { at, .. } => carry_out(tx, ctx, &answered, *at, true).await,
        OrderState::PartiallyExecuted { at, .. } => carry_out(tx, ctx, &answered, *at, false).await,
        OrderState::Acked { .. } | OrderState::Executing { .. } => {
            ask_later(tx, ctx, answered.order.id, 0).await
        }
        OrderState::Draft
        | OrderState::Withdrawn { .. }
        | OrderState::Approved { .. }
        | OrderState::Signed { .. }
        | OrderState::Sent { .. }
        | OrderState::Refused { .. }
        | OrderState::Failed { .. }
        | OrderState::Active { .. }
        | OrderState::Expired { .. }
        | OrderState::Released { .. }
        | OrderState::Converted { .. }
        | OrderState::Returned { .. } => Ok(()),
    }
}

/// Schedules the next question about an order that is not finally answered; nothing after the last one.
pub(crate) async fn ask_later(
    tx: &mut Tx,
    ctx: &Ctx,
    order_id: OrderId,
    attempt: u32,
) -> Result<(), OrdersError> {
    if let Some(wait) = schedule::query_wait(attempt, ctx) {
        let job = OrderJob { order_id, attempt };
        record::enqueue(tx, ctx, JOB_QUERY, job, ctx.now().plus(wait)).await?;
    }
    Ok(())
}

/// What an order that was carried out brings about.
async fn carry_out(
    tx: &mut Tx,
    ctx: &Ctx,
    executed: &LockedOrder,
    at: Timestamp,
    in_full: bool,
) -> Result<(), OrdersError> {
    match executed.order.content.kind.effect() {
        OrderEffect::Holds => start_hold(tx, ctx, executed, at).await,
        OrderEffect::Extends => extend_parent(tx, ctx, &executed.order).await,
        // A release that was carried out in part leaves a hold in force.
        OrderEffect::Releases if in_full => release_parent(tx, ctx, &executed.order, at).await,
        OrderEffect::Releases => Ok(()),
    }
}

async fn start_hold(
    tx: &mut Tx,
    ctx: &Ctx,
    executed: &LockedOrder,
    at: Timestamp,
) -> Result<(), OrdersError> {
    let active = executed.order.clone().activate()?;
    let cause = Cause::new(Actor::System, "order.active", "the hold is in force");
    let active = record::step(tx, ctx, executed, active, cause).await?.order;
    enqueue_expiry(tx, ctx, &active).await?;
    record::mark_clock(tx, ctx, active.content.case_id, |clock| {
        let first = clock.executed_at.is_none();
        clock.executed_at = clock.executed_at.or(Some(at));
        first
    })
    .await?;
    let stop = match (active.content.kind, active.content.parent) {
        (OrderKind::Freeze, Some(stop)) => record::lock(tx, stop).await?,
        _ => return Ok(()),
    };
    // The stop may have ended meanwhile; then the freeze simply stands beside it.
    if let Ok(converted) = stop.order.clone().convert(at, active.id) {
        let cause = Cause::new(Actor::System, "order.converted", "a freeze took its place");
        record::step(tx, ctx, &stop, converted, cause).await?;
    }
    Ok(())
}

async fn extend_parent(tx: &mut Tx, ctx: &Ctx, extension: &Order) -> Result<(), OrdersError> {
    let Some(parent_id) = extension.content.parent else {
        return Ok(());
    };
    let parent = record::lock(tx, parent_id).await?;
    match parent.order.clone().extend() {
        Ok(extended) => {
            let cause = Cause::new(Actor::System, "order.extended", "prolonged")
                .detail(json!({ "by": extension.id }));
            let extended = record::step(tx, ctx, &parent, extended, cause).await?;
            enqueue_expiry(tx, ctx, &extended.order).await
        }
        Err(_) => Ok(()),
    }
}

async fn release_parent(
    tx: &mut Tx,
    ctx: &Ctx,
    release: &Order,
    at: Timestamp,
) -> Result<(), OrdersError> {
    let Some(parent_id) = release.content.parent else {
        return Ok(());
    };
    let parent = record::lock(tx, parent_id).await?;
    if let Ok(released) = parent.order.clone().release(at, release.id) {
        let cause = Cause::new(Actor::System, "order.released", "released");
        record::step(tx, ctx, &parent, released, cause).await?;
    }
    Ok(())
}

/// Sets the timer of a hold in force.
pub(crate) async fn enqueue_expiry(
    tx: &mut Tx,
    ctx: &Ctx,
    hold: &Order,
) -> Result<(), OrdersError> {
    if let OrderState::Active { expires_at, .. } = &hold.state {
        let job = OrderJob {
            order_id: hold.id,
            attempt: 0,
        };
        record::enqueue(tx, ctx, JOB_EXPIRE, job, *expires_at).await?;
    }
    Ok(())
}

/// The moment that counts: the institution's, but not before the order was sent and not after it was received, so
/// that a wrong clock there neither ends a hold at once nor keeps it for ever.
async fn effective_at(
    tx: &mut Tx,
    ctx: &Ctx,
    held: &LockedOrder,
    told: Timestamp,
) -> Result<Timestamp, OrdersError> {
    let now = ctx.now();
    let steps = tx.order_transitions(held.order.id).await?;
    let sent = steps
        .iter()
        .find(|step| matches!(step.to, OrderState::Sent { .. }))
        .map_or(held.order.created_at, |step| step.at);
    Ok(told.min(now).max(sent))
}

fn check_held(order: &Order, message: &OrderAnswerMessage) -> Vec<Finding> {
    let carried_out = matches!(
        message.outcome,
        AnswerOutcome::Executed { .. } | AnswerOutcome::PartiallyExecuted { .. }
    );
    let holds = order.content.kind.effect() == OrderEffect::Holds;
    let asked = asked_amount(order);
    match message.held() {
        None if carried_out && holds => {
            vec![Finding::new("/outcome/held", "say how much is held")]
        }
        Some(held) if asked.is_some_and(|asked| asked.currency() != held.currency()) => {
            vec![Finding::new(
                "/outcome/held/currency",
                "it is not the currency of the order",
            )]
        }
        None | Some(_) => Vec::new(),
    }
}

/// Whether more is held than was asked for: kept as told, and marked in the audit entry for a person to look at.
fn is_over_hold(order: &Order, held: Option<Amount>) -> bool {
    match (asked_amount(order), held) {
        (Some(asked), Some(held)) => held.minor() > asked.minor(),
        (None, _) | (_, None) => false,
    }
}

fn asked_amount(order: &Order) -> Option<Amount> {
    use stanch_types::order::HoldScope;
    match &order.content.scope {
        HoldScope::LimitedAmount { amount } | HoldScope::FundUnits { amount, .. } => Some(*amount),
        HoldScope::WholeAccount { .. } => None,
    }
}

fn describe(outcome: &AnswerOutcome) -> String {
    match outcome {
        AnswerOutcome::Acked { receipt } => format!("receipt {receipt}"),
        AnswerOutcome::Executing => "being carried out".to_owned(),
        AnswerOutcome::Executed { .. } => "carried out".to_owned(),
        AnswerOutcome::PartiallyExecuted { .. } => "carried out in part".to_owned(),
        AnswerOutcome::Refused { reason, detail } => format!("refused ({reason}): {detail}"),
        AnswerOutcome::Failed { detail } => format!("failed: {detail}"),
    }
}
