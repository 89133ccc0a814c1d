//! Approving, signing and taking back orders.

use serde_json::json;
use stanch_store::{LockedOrder, Tx};
use stanch_types::order::{InvalidTransition, Order, OrderState};
use stanch_types::user::Actor;
use stanch_types::{AccountKind, Ctx, OrderId, UserId};

use crate::deliver::{JOB_SEND, OrderJob};
use crate::document::{DocumentParts, Officer, OrderDocument};
use crate::error::{Finding, OrdersError};
use crate::record::{self, Cause};
use crate::rules::REASON_CHARS_MAX;
use crate::signer::OrderSigner;

/// Approves an order as `by`, signs its document and has it sent: `draft -> approved -> signed`.
///
/// # Errors
/// [`OrdersError::Transition`] when the state or the two-person rule forbids it, or the hold that it is about is not
/// in force any more; [`OrdersError::OrderNotFound`].
pub async fn approve(
    tx: &mut Tx,
    ctx: &Ctx,
    signer: &OrderSigner,
    order_id: OrderId,
    by: UserId,
) -> Result<Order, OrdersError> {
    let draft = record::lock(tx, order_id).await?;
    let now = ctx.now();
    let approved = draft.order.clone().approve(by, now)?;
    let parent = match approved.content.parent {
        Some(id) => Some(tx.get_order(id).await?),
        None => None,
    };
    if let Some(parent) = &parent
        && !matches!(parent.state, OrderState::Active { .. })
    {
        let (from, to) = (parent.state.as_str(), approved.content.kind.as_str());
        return Err(InvalidTransition::State { from, to }.into());
    }
    let actor = Actor::User { id: by };
    let cause = Cause::new(actor, "order.approved", "approved");
    let approved = record::step(tx, ctx, &draft, approved, cause).await?;
    sign(tx, ctx, signer, approved, parent.as_ref(), by).await
}

async fn sign(
    tx: &mut Tx,
    ctx: &Ctx,
    signer: &OrderSigner,
    approved: LockedOrder,
    parent: Option<&Order>,
    approver: UserId,
) -> Result<Order, OrdersError> {
    let now = ctx.now();
    let order = &approved.order;
    let second_officer = if approver == order.created_by {
        None
    } else {
        Some(officer(tx, approver).await?)
    };
    let parts = DocumentParts {
        sender: signer.sender().clone(),
        case_number: tx.get_case(order.content.case_id).await?.number,
        account_kind: account_kind(tx, order).await?,
        parent_application_id: parent.map(|parent| parent.application_id),
        operator: officer(tx, order.created_by).await?,
        second_officer,
        starts_at: now,
    };
    let document = OrderDocument::new(order, parts).to_bytes()?;
    let sha256 = tx.put_blob(&document).await?;
    let id = order.application_id.to_string();
    // Ed25519 is deterministic: this signature can be made again from the key, the document and this second.
    let signature = signer.sign(&id, now.as_secs(), &document);
    let signed = order.clone().sign(now, sha256.clone())?;
    let cause = Cause::new(Actor::System, "order.signed", "document signed")
        .document(sha256)
        .detail(json!({
            "signature": signature, "signed_at_secs": now.as_secs(), "public_key": signer.public_key().to_string(),
        }));
    let signed = record::step(tx, ctx, &approved, signed, cause).await?;
    let job = OrderJob {
        order_id: signed.order.id,
        attempt: 0,
    };
    record::enqueue(tx, ctx, JOB_SEND, job, now).await?;
    Ok(signed.order)
}

/// Takes an order back (or declines it) before it is signed: `draft | approved -> withdrawn`.
///
/// # Errors
/// [`OrdersError::Content`] without a reason of 1 to 500 characters; [`OrdersError::Transition`];
/// [`OrdersError::OrderNotFound`].
pub async fn withdraw(
    tx: &mut Tx,
    ctx: &Ctx,
    order_id: OrderId,
    by: UserId,
    reason: &str,
) -> Result<Order, OrdersError> {
    let chars = reason.trim().chars().count();
    if !(1..=REASON_CHARS_MAX).contains(&chars) || reason.contains(char::is_control) {
        let finding = Finding::new(
            "/reason",
            "it has 1 to 500 characters, none of them control",
        );
        return Err(OrdersError::Content(vec![finding]));
    }
    let held = record::lock(tx, order_id).await?;
    let withdrawn = held
        .order
        .clone()
        .withdraw(by, ctx.now(), reason.to_owned())?;
    let cause = Cause::new(Actor::User { id: by }, "order.withdrawn", reason);
    Ok(record::step(tx, ctx, &held, withdrawn, cause).await?.order)
}

async fn officer(tx: &mut Tx, id: UserId) -> Result<Officer, OrdersError> {
    let user = tx.get_user(id).await?;
    Ok(Officer {
        id,
        name: user.name.chars().take(140).collect(),
    })
}

/// What kind of account the target is, if the order came from a plan that says so.
async fn account_kind(tx: &mut Tx, order: &Order) -> Result<Option<AccountKind>, OrdersError> {
    let Some(plan_id) = order.content.plan_id else {
        return Ok(None);
    };
    let plan = tx.get_plan(plan_id).await?;
    let target = &order.content.target;
    let line = plan.lines.into_iter().find(|line| line.target == *target);
    Ok(line.map(|line| line.account_kind))
}
