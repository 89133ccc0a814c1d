//! Collecting items and the steps of their custody. Each step is a link of the chain and an audit entry.

use serde_json::{Value, json};
use stanch_store::{AuditEntry, CustodyLink, EVIDENCE_ITEMS_MAX, Tx};
use stanch_types::evidence::{
    CollectionRecord, Collectors, CustodyAction, CustodyEvent, EvidenceItem, EvidenceState,
    NewEvidence, RELEASE_NOTICE_WITHIN,
};
use stanch_types::user::Actor;
use stanch_types::{CaseId, Ctx, EvidenceId, UserId};

use crate::error::EvidenceError;
use crate::format::EvidenceFormat;
use crate::manifest::canonical_bytes;
use crate::{ITEM_BYTES_MAX, digest};

/// What is to be collected.
#[derive(Debug)]
pub struct Collecting<'a> {
    /// The case.
    pub case_id: CaseId,
    /// The file's name.
    pub name: String,
    /// Its format.
    pub format: &'a EvidenceFormat,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Who collects.
    pub collectors: Collectors,
    /// The record of the collection.
    pub record: CollectionRecord,
}

/// An item and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemWithChain {
    /// The item.
    pub item: EvidenceItem,
    /// Its chain of custody, from the collection on.
    pub chain: Vec<CustodyLink>,
}

/// Takes a file into custody: bytes, item, first link and audit entry.
///
/// # Errors
/// [`EvidenceError::File`], [`EvidenceError::TooMuch`], [`EvidenceError::Refused`], [`EvidenceError::Store`].
pub async fn collect(
    tx: &mut Tx,
    ctx: &Ctx,
    new: Collecting<'_>,
) -> Result<ItemWithChain, EvidenceError> {
    if new.bytes.is_empty() {
        return Err(EvidenceError::File("is empty"));
    }
    if new.bytes.len() > ITEM_BYTES_MAX {
        return Err(EvidenceError::File("is larger than 64 MiB"));
    }
    if !new.format.fits(new.bytes) {
        return Err(EvidenceError::File("is not of the format it says"));
    }
    // Held until the end, so that two who collect at once do not pass the bound together.
    tx.lock_case(new.case_id).await?;
    let known = tx.list_evidence(new.case_id).await?.len();
    if i64::try_from(known).unwrap_or(i64::MAX) >= EVIDENCE_ITEMS_MAX {
        return Err(EvidenceError::TooMuch("1,000 items"));
    }
    let (item, first) = EvidenceItem::collect(NewEvidence {
        id: ctx.new_id(),
        case_id: new.case_id,
        name: new.name,
        category: new.format.category,
        format: new.format.media_type.to_owned(),
        digest: digest::of(new.bytes),
        acquired_at: ctx.now(),
        collectors: new.collectors,
        record: new.record,
    })?;
    tx.put_blob(new.bytes).await?;
    tx.insert_evidence(&item).await?;
    let link = add_link(tx, &item, first).await?;
    Ok(ItemWithChain {
        item,
        chain: vec![link],
    })
}

/// Hands an item from who has it to somebody else.
///
/// # Errors
/// [`EvidenceError::NotFound`], [`EvidenceError::Refused`] if `from` does not have it, [`EvidenceError::Store`].
pub async fn hand_over(
    tx: &mut Tx,
    ctx: &Ctx,
    id: EvidenceId,
    (from, to): (UserId, UserId),
    reason: String,
) -> Result<EvidenceItem, EvidenceError> {
    let action = CustodyAction::HandedOver { from, to, reason };
    step(tx, ctx, id, from, action).await
}

/// The bytes of an item, and a link that says who looked at them what for.
///
/// # Errors
/// [`EvidenceError::NotFound`], [`EvidenceError::Refused`], [`EvidenceError::Store`].
pub async fn view(
    tx: &mut Tx,
    ctx: &Ctx,
    id: EvidenceId,
    by: UserId,
    purpose: String,
) -> Result<(EvidenceItem, Vec<u8>), EvidenceError> {
    let item = step(tx, ctx, id, by, CustodyAction::Viewed { purpose }).await?;
    let bytes = tx.get_blob(&item.digest.sha256).await?;
    Ok((item, bytes))
}

/// Lets an item go; whoever it was taken from must be told within [`RELEASE_NOTICE_WITHIN`].
///
/// # Errors
/// [`EvidenceError::NotFound`], [`EvidenceError::Refused`], [`EvidenceError::Store`].
pub async fn release(
    tx: &mut Tx,
    ctx: &Ctx,
    id: EvidenceId,
    by: UserId,
    reason: String,
) -> Result<EvidenceItem, EvidenceError> {
    let notice_due_at = ctx.now().plus(RELEASE_NOTICE_WITHIN);
    let action = CustodyAction::Released {
        reason,
        notice_due_at,
    };
    step(tx, ctx, id, by, action).await
}

/// Records that whoever an item was taken from was told of its release.
///
/// # Errors
/// [`EvidenceError::NotFound`], [`EvidenceError::Refused`] if none is due, [`EvidenceError::Store`].
pub async fn give_notice(
    tx: &mut Tx,
    ctx: &Ctx,
    id: EvidenceId,
    by: UserId,
    to: String,
) -> Result<EvidenceItem, EvidenceError> {
    let item = tx.lookup_evidence(id).await?;
    let in_time = match item.ok_or(EvidenceError::NotFound)?.state {
        EvidenceState::Released { notice_due_at, .. } => ctx.now() <= notice_due_at,
        EvidenceState::InCustody { .. } => false,
    };
    step(tx, ctx, id, by, CustodyAction::NoticeGiven { to, in_time }).await
}

/// A case's items with their chains.
///
/// # Errors
/// [`EvidenceError::Store`].
pub async fn items_of_case(
    tx: &mut Tx,
    case_id: CaseId,
) -> Result<Vec<ItemWithChain>, EvidenceError> {
    let mut all = Vec::new();
    for item in tx.list_evidence(case_id).await? {
        let chain = tx.list_custody(item.id).await?;
        all.push(ItemWithChain { item, chain });
    }
    Ok(all)
}

/// Takes one step and writes it down: state, link, audit entry.
pub(crate) async fn step(
    tx: &mut Tx,
    ctx: &Ctx,
    id: EvidenceId,
    by: UserId,
    action: CustodyAction,
) -> Result<EvidenceItem, EvidenceError> {
    if tx.lookup_evidence(id).await?.is_none() {
        return Err(EvidenceError::NotFound);
    }
    let (item, now) = (tx.lock_evidence(id).await?, ctx.now());
    let moved = item.after(&action, now)?;
    tx.update_evidence(&moved).await?;
    let last = tx.last_custody(id).await?;
    let last = last.ok_or(EvidenceError::Package("an item has no chain"))?;
    let event = CustodyEvent {
        item_id: id,
        seq: last.event.seq.saturating_add(1),
        at: now,
        by,
        action,
        previous: Some(last.sha256),
    };
    add_link(tx, &moved, event).await?;
    Ok(moved)
}

async fn add_link(
    tx: &mut Tx,
    item: &EvidenceItem,
    event: CustodyEvent,
) -> Result<CustodyLink, EvidenceError> {
    let sha256 = event_sha256(&event).map_err(EvidenceError::Package)?;
    let link = CustodyLink { event, sha256 };
    tx.insert_custody(&link).await?;
    tx.append_audit(&AuditEntry {
        at: link.event.at,
        actor: Actor::User { id: link.event.by },
        action: audit_action(&link.event.action),
        subject: item.id.to_string(),
        detail: audit_detail(item, &link),
        personal: Vec::new(),
    })
    .await?;
    Ok(link)
}

/// SHA-256 of an event's canonical JSON, hexadecimal: what the next event holds.
pub(crate) fn event_sha256(event: &CustodyEvent) -> Result<String, &'static str> {
    Ok(digest::sha256_hex(&canonical_bytes(event)?))
}

/// What the audit tree says of a link.
pub(crate) fn audit_detail(item: &EvidenceItem, link: &CustodyLink) -> Value {
    json!({
        "case_id": item.case_id, "custody_seq": link.event.seq, "custody_sha256": link.sha256,
        "sha256": item.digest.sha256, "state": item.state.as_str(),
    })
}

/// The audit entry's action of a link.
pub(crate) const fn audit_action(action: &CustodyAction) -> &'static str {
    match action {
        CustodyAction::Collected { .. } => "evidence.collected",
        CustodyAction::HandedOver { .. } => "evidence.handed_over",
        CustodyAction::Viewed { .. } => "evidence.viewed",
        CustodyAction::Exported { .. } => "evidence.exported",
        CustodyAction::Released { .. } => "evidence.released",
        CustodyAction::NoticeGiven { .. } => "evidence.notice_given",
    }
}
