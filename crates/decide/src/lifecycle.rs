//! The life of a policy: pushed, asked for, approved by a second person, at work, rolled back. Every step is in the
//! audit tree; what decides changes by a block of the decision log only.

use serde_json::{Value, json};
use stanch_rules::PolicyFiles;
use stanch_store::{AuditEntry, FeedEvent, NewJob, Store, Tx};
use stanch_stream::Position;
use stanch_types::policy::{
    PolicyChange, PolicyChangeRefused, PolicyChangeState, PolicyStage, PolicyVersion,
};
use stanch_types::user::Actor;
use stanch_types::{Ctx, PolicyChangeId, Timestamp, UserId};

use crate::deployment::{Canary, Control, Deployment, WHOLE_BP};
use crate::engine::Engine;
use crate::error::DecideError;
use crate::shelf::{compile, pack};
use crate::watch::Consequence;

/// Kind of the job that lets an approved change take effect; its payload is `{"change_id"}`.
pub const DEPLOY_JOB: &str = "policy.deploy";
/// Kind of the job that ends a canary or rolls a policy back after an alarm; its payload is `{"position","alarm"}`.
pub const DEMOTE_JOB: &str = "policy.demote";
/// Most characters of a note or a reason.
pub const REASON_CHARS_MAX: usize = 500;

/// What a version is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Hash of the version.
    pub policy: String,
    /// What it is to do.
    pub stage: PolicyStage,
    /// Share in basis points, for a canary.
    pub share_bp: Option<u16>,
    /// Field that sorts events into the share, for a canary.
    pub key: Option<String>,
    /// Why.
    pub reason: String,
}

/// Checks and stores a version of the policy. Storing the same files again changes nothing.
///
/// # Errors
/// [`DecideError::PolicyInvalid`], those of the record.
pub async fn push(
    store: &Store,
    ctx: &Ctx,
    files: PolicyFiles,
    by: Actor,
    note: &str,
) -> Result<PolicyVersion, DecideError> {
    let prepared = tokio::task::spawn_blocking(move || {
        let policy = compile(&files)?;
        Ok::<_, DecideError>((policy, pack(&files)?))
    });
    let (policy, bundle) = prepared
        .await
        .map_err(|error| DecideError::Stopped(error.to_string()))??;
    let hash = policy.hash().to_string();
    let mut tx = store.begin().await?;
    if let Some(known) = tx.lookup_policy(&hash).await? {
        return Ok(known);
    }
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    let version = PolicyVersion {
        bundle_sha256: tx.put_blob(&bundle).await?,
        pushed_at: ctx.now(),
        pushed_by: by.clone(),
        note: note.chars().take(REASON_CHARS_MAX).collect(),
        rules: count(policy.program().rules.len()),
        features: count(policy.program().declared_features().count()),
        hash,
    };
    tx.insert_policy(&version).await?;
    let detail = json!({ "bundle_sha256": version.bundle_sha256, "rules": version.rules });
    audit(
        &mut tx,
        version.pushed_at,
        by,
        "policy.pushed",
        &version.hash,
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(version)
}

/// Asks for a version to be put to work.
///
/// # Errors
/// [`DecideError::PolicyUnknown`], [`DecideError::PolicyState`] for a canary without share or key.
pub async fn request(
    store: &Store,
    ctx: &Ctx,
    wish: Wish,
    by: UserId,
) -> Result<PolicyChange, DecideError> {
    let (share_bp, key) = match wish.stage {
        PolicyStage::Live | PolicyStage::Shadow => (None, None),
        PolicyStage::Canary => match (wish.share_bp, wish.key) {
            (Some(share @ 1..=WHOLE_BP), Some(key)) => (Some(share), Some(key)),
            _ => {
                let why = "a canary needs a share of 1 to 10000 basis points and a key field";
                return Err(DecideError::PolicyState(why.to_owned()));
            }
        },
    };
    let mut tx = store.begin().await?;
    if tx.lookup_policy(&wish.policy).await?.is_none() {
        return Err(DecideError::PolicyUnknown(wish.policy));
    }
    let change = PolicyChange {
        id: ctx.new_id(),
        policy: wish.policy,
        stage: wish.stage,
        share_bp,
        key,
        reason: wish.reason.chars().take(REASON_CHARS_MAX).collect(),
        requested_at: ctx.now(),
        requested_by: by,
        state: PolicyChangeState::Requested,
    };
    tx.insert_policy_change(&change).await?;
    let detail =
        json!({ "policy": change.policy, "stage": change.stage, "share_bp": change.share_bp });
    let actor = Actor::User { id: by };
    audit(
        &mut tx,
        change.requested_at,
        actor,
        "policy.change_requested",
        &change.id.to_string(),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(change)
}

/// A second person agrees; a job lets the change take effect.
///
/// # Errors
/// [`DecideError::SamePerson`], [`DecideError::PolicyState`], those of the record.
pub async fn approve(
    store: &Store,
    ctx: &Ctx,
    id: PolicyChangeId,
    by: UserId,
) -> Result<PolicyChange, DecideError> {
    let now = ctx.now();
    let mut tx = store.begin().await?;
    let change = tx.lock_policy_change(id).await?;
    let change = change.approve(by, now).map_err(refused)?;
    tx.update_policy_change(&change).await?;
    tx.enqueue_job(&NewJob {
        id: ctx.new_id(),
        kind: DEPLOY_JOB.to_owned(),
        payload: json!({ "change_id": id }),
        run_at: now,
        unique_key: Some(format!("{DEPLOY_JOB}/{id}")),
    })
    .await?;
    let actor = Actor::User { id: by };
    audit(
        &mut tx,
        now,
        actor,
        "policy.change_approved",
        &id.to_string(),
        json!({ "policy": change.policy }),
    )
    .await?;
    tx.commit().await?;
    Ok(change)
}

/// Declines a change that waits.
///
/// # Errors
/// [`DecideError::PolicyState`], those of the record.
pub async fn decline(
    store: &Store,
    ctx: &Ctx,
    id: PolicyChangeId,
    by: UserId,
    reason: &str,
) -> Result<PolicyChange, DecideError> {
    let now = ctx.now();
    let mut tx = store.begin().await?;
    let change = tx.lock_policy_change(id).await?;
    let change = change.decline(by, now).map_err(refused)?;
    tx.update_policy_change(&change).await?;
    let actor = Actor::User { id: by };
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    audit(
        &mut tx,
        now,
        actor,
        "policy.change_declined",
        &id.to_string(),
        json!({ "reason": reason }),
    )
    .await?;
    tx.commit().await?;
    Ok(change)
}

/// Lets an approved change take effect: computes the features of its version from the kept log, then changes what
/// decides. Doing it again is harmless.
///
/// # Errors
/// Those of [`Engine::deploy`] and of the record.
pub async fn carry_out(
    engine: &Engine,
    store: &Store,
    ctx: &Ctx,
    id: PolicyChangeId,
) -> Result<PolicyChange, DecideError> {
    let mut tx = store.begin().await?;
    let change = tx.lock_policy_change(id).await?;
    tx.rollback().await?;
    match change.state {
        PolicyChangeState::Approved { .. } => {}
        PolicyChangeState::Done { .. } => return Ok(change),
        // Nothing takes effect that two persons did not agree to.
        PolicyChangeState::Requested | PolicyChangeState::Declined { .. } => {
            let why = format!("the change is {}, not approved", change.state.word());
            return Err(DecideError::PolicyState(why));
        }
    }
    let deployment = deployment_of(&engine.deployment(), &change);
    let control = Control {
        at: ctx.now(),
        step: change.stage.as_str().to_owned(),
        change_id: Some(id.to_string()),
        deployment,
    };
    let position = engine.deploy(control).await?;
    let now = ctx.now();
    let mut tx = store.begin().await?;
    let change = tx.lock_policy_change(id).await?;
    let change = change.done(now, position.0).map_err(refused)?;
    tx.update_policy_change(&change).await?;
    let detail = json!({ "policy": change.policy, "stage": change.stage, "position": position.0 });
    audit(
        &mut tx,
        now,
        Actor::System,
        "policy.deployed",
        &id.to_string(),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(change)
}

/// The deployment with a change in effect.
#[must_use]
pub fn deployment_of(at_work: &Deployment, change: &PolicyChange) -> Deployment {
    match change.stage {
        PolicyStage::Live => at_work.with_live(&change.policy),
        PolicyStage::Shadow => Deployment {
            shadow: Some(change.policy.clone()),
            ..at_work.clone()
        },
        PolicyStage::Canary => Deployment {
            canary: Some(Canary {
                policy: change.policy.clone(),
                share_bp: change.share_bp.unwrap_or(1),
                key: change.key.clone().unwrap_or_default(),
            }),
            ..at_work.clone()
        },
    }
}

/// Puts the policy that was live before to work again, at once; ends any canary.
///
/// # Errors
/// [`DecideError::PolicyState`] when there is none; those of [`Engine::deploy`].
pub async fn roll_back(
    engine: &Engine,
    store: &Store,
    ctx: &Ctx,
    by: Actor,
    reason: &str,
) -> Result<Deployment, DecideError> {
    let at_work = engine.deployment();
    let deployment = at_work.rolled_back().ok_or_else(|| {
        DecideError::PolicyState(
            "no policy was live before: there is nothing to return to".to_owned(),
        )
    })?;
    change_directly(engine, store, ctx, "rollback", deployment, by, reason).await
}

/// Demotes the policy that an alarm is about, by the payload of a [`DEMOTE_JOB`]. Does nothing, and gives none, when
/// something else was deployed since: people were faster, or it was done before.
///
/// # Errors
/// [`DecideError::PolicyState`] for a payload that cannot be read; those of [`Engine::deploy`] and of the record.
pub async fn demote(
    engine: &Engine,
    store: &Store,
    ctx: &Ctx,
    payload: &Value,
) -> Result<Option<Deployment>, DecideError> {
    let unread = || DecideError::PolicyState("a demotion cannot be read".to_owned());
    let position = payload.get("position").and_then(Value::as_u64);
    let position = position.map(Position).ok_or_else(unread)?;
    let alarm = payload.get("alarm").ok_or_else(unread)?;
    let word = |name| alarm.get(name).and_then(Value::as_str);
    let policy = word("policy").ok_or_else(unread)?;
    let consequence = word("consequence").and_then(Consequence::of_word);
    let at_work = engine.deployment();
    let demoted = match consequence.ok_or_else(unread)? {
        Consequence::None => None,
        Consequence::EndCanary => at_work.without_canary(policy),
        Consequence::RollBack => at_work
            .rolled_back()
            .filter(|_| at_work.live.as_deref() == Some(policy)),
    };
    let Some(deployment) = demoted else {
        return Ok(None);
    };
    let now = ctx.now();
    let control = Control {
        at: now,
        step: "demote".to_owned(),
        change_id: None,
        deployment: deployment.clone(),
    };
    let Some(at) = engine.deploy_unless(control, Some(position)).await? else {
        return Ok(None);
    };
    let mut tx = store.begin().await?;
    let detail = json!({ "position": at.0, "live": deployment.live, "alarm": alarm });
    audit(
        &mut tx,
        now,
        Actor::System,
        "policy.demoted",
        policy,
        detail,
    )
    .await?;
    tx.append_feed(&FeedEvent {
        kind: "policy.demoted".to_owned(),
        subject: policy.to_owned(),
        at: now,
        data: json!({ "position": at.0 }),
    })
    .await?;
    tx.commit().await?;
    Ok(Some(deployment))
}

/// Lets the first policy of an installation decide, on the word of who starts the server.
///
/// # Errors
/// [`DecideError::PolicyState`] when one is live already.
pub async fn bootstrap(
    engine: &Engine,
    store: &Store,
    ctx: &Ctx,
    version: &PolicyVersion,
) -> Result<Deployment, DecideError> {
    if engine.deployment().live.is_some() {
        let why =
            "a policy is live already; another one takes a change approved by a second person";
        return Err(DecideError::PolicyState(why.to_owned()));
    }
    let deployment = Deployment::default().with_live(&version.hash);
    let reason = "first policy of the installation, given at the start of the server";
    change_directly(
        engine,
        store,
        ctx,
        "live",
        deployment,
        Actor::System,
        reason,
    )
    .await
}

/// Changes what decides without a change on record; the audit tree says who and why. Recorded before it is done:
/// a change that nobody can account for must not be.
async fn change_directly(
    engine: &Engine,
    store: &Store,
    ctx: &Ctx,
    step: &'static str,
    deployment: Deployment,
    by: Actor,
    reason: &str,
) -> Result<Deployment, DecideError> {
    let now = ctx.now();
    let live = deployment.live.clone().unwrap_or_default();
    let mut tx = store.begin().await?;
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    let detail = json!({ "step": step, "reason": reason });
    audit(&mut tx, now, by, "policy.switched", &live, detail).await?;
    tx.commit().await?;
    let control = Control {
        at: now,
        step: step.to_owned(),
        change_id: None,
        deployment: deployment.clone(),
    };
    engine.deploy(control).await?;
    Ok(deployment)
}

/// Says in the audit tree what became of `subject`; nothing in `detail` is of a person.
pub(crate) async fn audit(
    tx: &mut Tx,
    at: Timestamp,
    actor: Actor,
    action: &'static str,
    subject: &str,
    detail: Value,
) -> Result<(), DecideError> {
    let entry = AuditEntry {
        at,
        actor,
        action,
        subject: subject.to_owned(),
        detail,
        personal: Vec::new(),
    };
    Ok(tx.append_audit(&entry).await?)
}

fn refused(refusal: PolicyChangeRefused) -> DecideError {
    match refusal {
        PolicyChangeRefused::SamePerson => DecideError::SamePerson,
        PolicyChangeRefused::State(_) => DecideError::PolicyState(refusal.to_string()),
    }
}
