//! Writing an order's step: record, transition, audit entry and feed event, all in the caller's transaction.

use serde_json::{Value, json};
use stanch_store::{AuditEntry, FeedEvent, LockedOrder, NewJob, StoreError, Tx};
use stanch_types::case::CaseClock;
use stanch_types::institution::Institution;
use stanch_types::order::{Order, OrderAnswer, OrderTransition};
use stanch_types::user::Actor;
use stanch_types::{CaseId, Ctx, OrderId, Timestamp};

use crate::deliver::OrderJob;
use crate::error::OrdersError;

/// The feed event of every change of an order.
pub const FEED_ORDER_CHANGED: &str = "order.changed";

/// Why an order takes a step.
pub(crate) struct Cause {
    /// Who.
    pub actor: Actor,
    /// Audit action.
    pub action: &'static str,
    /// In words.
    pub reason: String,
    /// Digest of the document or message behind it.
    pub document_sha256: Option<String>,
    /// Further facts for the audit entry; no personal data.
    pub detail: Value,
}

impl Cause {
    pub(crate) fn new(actor: Actor, action: &'static str, reason: impl Into<String>) -> Self {
        Self {
            actor,
            action,
            reason: reason.into(),
            document_sha256: None,
            detail: json!({}),
        }
    }

    pub(crate) fn document(mut self, sha256: String) -> Self {
        self.document_sha256 = Some(sha256);
        self
    }

    pub(crate) fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Stores a new order.
pub(crate) async fn insert(
    tx: &mut Tx,
    ctx: &Ctx,
    order: &Order,
    cause: Cause,
) -> Result<(), OrdersError> {
    let first = transition(order, 1, None, ctx.now(), &cause);
    tx.insert_order(order, &first).await?;
    tell(tx, ctx, order, None, cause).await
}

/// Replaces `held` by `next`, one step further.
pub(crate) async fn step(
    tx: &mut Tx,
    ctx: &Ctx,
    held: &LockedOrder,
    next: Order,
    cause: Cause,
) -> Result<LockedOrder, OrdersError> {
    let last_seq = held.last_seq.saturating_add(1);
    let from = held.order.state.as_str();
    let transition = transition(&next, last_seq, Some(from.to_owned()), ctx.now(), &cause);
    tx.update_order(&next, &transition).await?;
    tell(tx, ctx, &next, Some(from), cause).await?;
    Ok(LockedOrder {
        order: next,
        last_seq,
    })
}

/// The order `id`, held until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: OrderId) -> Result<LockedOrder, OrdersError> {
    tx.lock_order(id).await.map_err(|error| {
        if matches!(error, StoreError::NotFound { .. }) {
            OrdersError::OrderNotFound
        } else {
            OrdersError::Store(error)
        }
    })
}

/// Sets a mark of the case's clock if `set` says that it changed.
pub(crate) async fn mark_clock(
    tx: &mut Tx,
    ctx: &Ctx,
    case_id: CaseId,
    set: impl FnOnce(&mut CaseClock) -> bool,
) -> Result<(), OrdersError> {
    let mut case = tx.lock_case(case_id).await?;
    if set(&mut case.clock) {
        tx.update_case(&case).await?;
        let event = FeedEvent {
            kind: "case.updated".into(),
            subject: case_id.to_string(),
            at: ctx.now(),
            data: json!({ "case_id": case_id }),
        };
        tx.append_feed(&event).await?;
    }
    Ok(())
}

/// Adds a job for an order. At most one job of this kind waits for it at a time.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    ctx: &Ctx,
    kind: &'static str,
    job: OrderJob,
    run_at: Timestamp,
) -> Result<(), OrdersError> {
    let new = NewJob {
        id: ctx.new_id(),
        kind: kind.into(),
        payload: json!({ "order_id": job.order_id, "attempt": job.attempt }),
        run_at,
        unique_key: Some(format!("{kind}:{}", job.order_id)),
    };
    tx.enqueue_job(&new).await?;
    Ok(())
}

/// Records an answer that came too late to change anything: kept, told, without effect (rule 7).
pub(crate) async fn note_late_answer(
    tx: &mut Tx,
    ctx: &Ctx,
    order: &Order,
    institution: &Institution,
    answer: &OrderAnswer,
) -> Result<(), OrdersError> {
    let actor = Actor::Institution {
        code: institution.code.clone(),
    };
    let cause = Cause::new(actor, "order.late_answer", "an answer that changes nothing")
        .detail(json!({ "answer_id": answer.id, "occurred_at": answer.occurred_at }));
    tell(tx, ctx, order, Some(order.state.as_str()), cause).await
}

/// Records that an institution acknowledged an order and never said what became of it.
pub(crate) async fn note_unanswered(
    tx: &mut Tx,
    ctx: &Ctx,
    order: &Order,
) -> Result<(), OrdersError> {
    let reason = "asked as often as allowed without a final answer";
    let cause = Cause::new(Actor::System, "order.unanswered", reason);
    tell(tx, ctx, order, Some(order.state.as_str()), cause).await
}

fn transition(
    order: &Order,
    seq: i32,
    from: Option<String>,
    at: Timestamp,
    cause: &Cause,
) -> OrderTransition {
    OrderTransition {
        order_id: order.id,
        seq,
        from,
        to: order.state.clone(),
        at,
        actor: cause.actor.clone(),
        reason: cause.reason.clone(),
        document_sha256: cause.document_sha256.clone(),
    }
}

async fn tell(
    tx: &mut Tx,
    ctx: &Ctx,
    order: &Order,
    from: Option<&str>,
    cause: Cause,
) -> Result<(), OrdersError> {
    let at = ctx.now();
    let state = order.state.as_str();
    let entry = AuditEntry {
        at,
        actor: cause.actor,
        action: cause.action,
        subject: order.id.to_string(),
        detail: json!({
            "application_id": order.application_id, "case_id": order.content.case_id, "from": from, "to": state,
            "kind": order.content.kind, "document_sha256": cause.document_sha256, "facts": cause.detail,
        }),
        personal: vec![("reason", cause.reason)],
    };
    tx.append_audit(&entry).await?;
    let event = FeedEvent {
        kind: FEED_ORDER_CHANGED.into(),
        subject: order.id.to_string(),
        at,
        data: json!({
            "order_id": order.id, "case_id": order.content.case_id, "plan_id": order.content.plan_id, "state": state,
        }),
    };
    tx.append_feed(&event).await?;
    Ok(())
}
