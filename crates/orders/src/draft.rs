//! Drafting an order: every rule that can be checked before anybody approves is checked here.

use stanch_store::{StoreError, Tx};
use stanch_types::case::CaseState;
use stanch_types::order::{
    InvalidTransition, Order, OrderContent, OrderEffect, OrderKind, OrderState,
    STOPS_PER_ACCOUNT_MAX,
};
use stanch_types::user::Actor;
use stanch_types::{AccountRef, CaseId, Ctx, OrderId, UserId};

use crate::error::{Finding, OrdersError};
use crate::record::{self, Cause};
use crate::rules::check_content;

/// Stores a new order as a draft of `by`.
///
/// # Errors
/// [`OrdersError::Content`] with every broken rule of form; [`OrdersError::InstitutionUnknown`];
/// [`OrdersError::StopLimit`]; [`OrdersError::Transition`] without an authority where one is needed, or when the
/// parent's state does not allow it; [`OrdersError::CaseState`]; [`OrdersError::ParentBusy`].
pub async fn draft(
    tx: &mut Tx,
    ctx: &Ctx,
    content: OrderContent,
    by: UserId,
) -> Result<Order, OrdersError> {
    let findings = check_content(&content);
    if !findings.is_empty() {
        return Err(OrdersError::Content(findings));
    }
    // The case is held so that two drafts cannot both be the second stop of an account.
    let case = tx.lock_case(content.case_id).await?;
    let worked_on = matches!(case.state, CaseState::Open | CaseState::Filed { .. });
    // A release is allowed whatever became of the case: people get their money back.
    if !worked_on && content.kind.effect() != OrderEffect::Releases {
        return Err(OrdersError::CaseState(case.state.as_str()));
    }
    let target = &content.target;
    let institution = tx.lookup_institution(&target.institution).await?;
    if institution.is_none_or(|known| known.endpoint.is_none()) {
        return Err(OrdersError::InstitutionUnknown(target.institution.clone()));
    }
    let order = Order {
        id: ctx.new_id(),
        application_id: ctx.new_id(),
        created_by: by,
        created_at: ctx.now(),
        state: OrderState::Draft,
        content,
    };
    if order.content.authority.is_none() && !order.is_emergency_stop() {
        return Err(InvalidTransition::NoAuthority.into());
    }
    check_stop_limit(tx, &order.content).await?;
    if let Some(parent) = order.content.parent {
        check_parent(tx, &order.content, parent).await?;
    }
    let cause = Cause::new(
        Actor::User { id: by },
        "order.drafted",
        order.content.reason.clone(),
    );
    record::insert(tx, ctx, &order, cause).await?;
    Ok(order)
}

/// Rule 1: the same account at most twice in a case, extensions included.
async fn check_stop_limit(tx: &mut Tx, content: &OrderContent) -> Result<(), OrdersError> {
    let is_stop = match content.kind {
        OrderKind::StopPayment | OrderKind::StopExtension => true,
        OrderKind::StopRelease
        | OrderKind::Freeze
        | OrderKind::FreezeExtension
        | OrderKind::FreezeRelease
        | OrderKind::RedemptionHold
        | OrderKind::RedemptionRelease => false,
    };
    if is_stop && !may_stop(tx, content.case_id, &content.target).await? {
        return Err(OrdersError::StopLimit);
    }
    Ok(())
}

/// Whether the account may be stopped once more in the case ([`STOPS_PER_ACCOUNT_MAX`]).
///
/// # Errors
/// [`StoreError`] when the record cannot be read.
pub async fn may_stop(
    tx: &mut Tx,
    case_id: CaseId,
    account: &AccountRef,
) -> Result<bool, StoreError> {
    Ok(tx.count_stops(case_id, account).await? < STOPS_PER_ACCOUNT_MAX)
}

/// The parent must be a hold in force, of the right kind, on the same account, and not be waiting for another such
/// order.
pub(crate) async fn check_parent(
    tx: &mut Tx,
    content: &OrderContent,
    parent_id: OrderId,
) -> Result<(), OrdersError> {
    let wrong = |detail: &str| OrdersError::Content(vec![Finding::new("/parent", detail)]);
    let parent = tx
        .lookup_order(parent_id)
        .await?
        .ok_or_else(|| wrong("no such order"))?;
    if Some(parent.content.kind) != content.kind.parent() {
        return Err(wrong("the parent is not of the kind that this order needs"));
    }
    if parent.content.case_id != content.case_id || parent.content.target != content.target {
        return Err(wrong("the parent is about another case or account"));
    }
    let OrderState::Active { extensions, .. } = parent.state else {
        let from = parent.state.as_str();
        return Err(InvalidTransition::State {
            from,
            to: content.kind.as_str(),
        }
        .into());
    };
    if content.kind == OrderKind::StopExtension && extensions >= 1 {
        return Err(InvalidTransition::StopLimit.into());
    }
    let busy = tx.child_orders(parent_id).await?.into_iter().any(|child| {
        let open = matches!(
            child.state,
            OrderState::Draft | OrderState::Approved { .. } | OrderState::Signed { .. }
        );
        child.content.kind == content.kind && (open || child.state.awaits_answer())
    });
    if busy {
        return Err(OrdersError::ParentBusy);
    }
    Ok(())
}
