//! Versions of the policy, and who lets them decide.

use crate::auth::caller::Caller;
use crate::authz::Action;
use crate::extract::{InPath, JsonBody, Params, check_text, parse_json, whole_body};
use crate::page::{PageParams, PageView};
use crate::state::App;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stanch_decide::lifecycle::{self, REASON_CHARS_MAX, Wish};
use stanch_decide::{DECISIONS, Deployment, decision_word};
use stanch_types::policy::{PolicyChange, PolicyStage, PolicyVersion};
use stanch_types::{ErrorCode, PolicyChangeId};
use utoipa::ToSchema;

use crate::error::{ApiResult, Problem};
use crate::handlers::policy_files::{PolicyDraft, PolicyFileBody, assemble};

/// A version of the policy.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// Its files; with a base, those that are new or different.
    #[serde(default)]
    #[schema(max_items = 2000)]
    pub files: Vec<PolicyFileBody>,
    /// Hash of a stored version whose files are kept where `files` and `removed` do not name them.
    #[serde(default)]
    pub base: Option<String>,
    /// Paths of files of the base that it does not have.
    #[serde(default)]
    #[schema(max_items = 2000)]
    pub removed: Vec<String>,
    /// What is new in it.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: String,
}

/// What a version is asked to do.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicyChange {
    /// Hash of the version.
    #[schema(example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub policy: String,
    /// What it is to do.
    pub stage: PolicyStage,
    /// Share in basis points; a canary needs it.
    #[schema(minimum = 1, maximum = 10000)]
    pub share_bp: Option<u16>,
    /// Field whose value sorts events into the share; a canary needs it.
    #[schema(max_length = 128)]
    pub key: Option<String>,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyReason {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Which policies are at work.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeploymentView {
    /// Hash of the policy that decides.
    pub live: Option<String>,
    /// Hash of the one that was live before; a roll-back returns to it at once.
    pub standby: Option<String>,
    /// Hash of the one that decides for comparison only.
    pub shadow: Option<String>,
    /// The one that decides about a share.
    pub canary: Option<CanaryView>,
    /// Events that the shadow policy decided about since the server started.
    pub shadow_decided: u64,
    /// Of these, events on which it came to another decision than was given.
    pub shadow_differs: u64,
    /// Events decided since the server started, by decision, mildest first.
    pub decided: Vec<DecidedCount>,
    /// Of these, events whose sender was told the fallback because the decision came too late.
    pub late: u64,
}

/// How often a decision was given.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecidedCount {
    /// The decision.
    #[schema(example = "hold")]
    pub decision: &'static str,
    /// Number of events.
    pub events: u64,
}

/// A policy that decides about a share of events.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CanaryView {
    /// Its hash.
    pub policy: String,
    /// The share in basis points.
    pub share_bp: u16,
    /// The field that sorts events into it.
    pub key: String,
}

/// Which policies are at work.
#[utoipa::path(get, path = "/v1/policies/deployment", tag = "policies", responses(
    (status = 200, body = DeploymentView, description = "What decides"),
))]
pub async fn get_deployment(State(app): State<App>) -> Json<DeploymentView> {
    Json(view(&app, app.engine().deployment()))
}

/// Versions of the policy, newest first.
#[utoipa::path(get, path = "/v1/policies", tag = "policies", params(PageParams), responses(
    (status = 200, body = PageView<PolicyVersion>, description = "One page"),
))]
pub async fn list_policies(
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<PageView<PolicyVersion>>> {
    let page = params.page()?;
    let found = app.store().read().await?.list_policies(&page).await?;
    Ok(Json(PageView::new(found.items, found.next)))
}

/// Check and store a version of the policy. Nothing decides by it yet.
#[utoipa::path(post, path = "/v1/policies", tag = "policies", request_body = NewPolicy, responses(
    (status = 201, body = PolicyVersion, description = "Stored, or known before"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "The base is not stored (`policy.not_found`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "It has errors (`policy.invalid`)"),
))]
pub async fn push_policy(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> ApiResult<(StatusCode, Json<PolicyVersion>)> {
    crate::extract::expect_media_type(&request, "application/json")?;
    // Lists come with the policy, so it may be as large as other bulk.
    let bytes = whole_body(request.into_body(), app.config().limits.bulk_bytes).await?;
    let body: NewPolicy = parse_json(&bytes)?;
    let draft = PolicyDraft {
        base: body.base,
        files: body.files,
        removed: body.removed,
    };
    let files = assemble(&app, draft).await?;
    let version =
        lifecycle::push(app.store(), app.ctx(), files, caller.actor(), &body.note).await?;
    Ok((StatusCode::CREATED, Json(version)))
}

/// Ask for a version to be put to work; a second person must agree.
#[utoipa::path(post, path = "/v1/policy-changes", tag = "policies", request_body = NewPolicyChange, responses(
    (status = 201, body = PolicyChange, description = "Waits for a second person"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such version (`policy.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "A canary without share or key (`policy.state`)"),
))]
pub async fn request_change(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<NewPolicyChange>,
) -> ApiResult<(StatusCode, Json<PolicyChange>)> {
    check_text("/reason", &value.reason, REASON_CHARS_MAX)?;
    let wish = Wish {
        policy: value.policy,
        stage: value.stage,
        share_bp: value.share_bp,
        key: value.key,
        reason: value.reason,
    };
    let change = lifecycle::request(app.store(), app.ctx(), wish, caller.id()).await?;
    Ok((StatusCode::CREATED, Json(change)))
}

/// Changes that were asked for, newest first.
#[utoipa::path(get, path = "/v1/policy-changes", tag = "policies", params(PageParams), responses(
    (status = 200, body = PageView<PolicyChange>, description = "One page"),
))]
pub async fn list_changes(
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<PageView<PolicyChange>>> {
    let page = params.page()?;
    let found = app.store().read().await?.list_policy_changes(&page).await?;
    Ok(Json(PageView::new(found.items, found.next)))
}

/// Agree to a change as the second person. It takes effect once the features of its version are computed from history.
#[utoipa::path(post, path = "/v1/policy-changes/{id}/approve", tag = "policies", params(("id" = PolicyChangeId, Path, description = "The change")), responses(
    (status = 202, body = PolicyChange, description = "Takes effect soon"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller asked for it (`policy.same_person`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Decided before (`policy.state`)"),
))]
pub async fn approve_change(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<PolicyChangeId>,
) -> ApiResult<(StatusCode, Json<PolicyChange>)> {
    let asked = app.store().read().await?.get_policy_change(id).await?;
    let (action, same) = (Action::ApprovePolicies, ErrorCode::PolicySamePerson);
    caller.must_be_second(action, id, &[asked.requested_by], same)?;
    let change = lifecycle::approve(app.store(), app.ctx(), id, caller.id()).await?;
    Ok((StatusCode::ACCEPTED, Json(change)))
}

/// Decline a change.
#[utoipa::path(post, path = "/v1/policy-changes/{id}/decline", tag = "policies", params(("id" = PolicyChangeId, Path, description = "The change")), request_body = PolicyReason, responses(
    (status = 200, body = PolicyChange, description = "Declined"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Decided before (`policy.state`)"),
))]
pub async fn decline_change(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<PolicyChangeId>,
    JsonBody { value, .. }: JsonBody<PolicyReason>,
) -> ApiResult<Json<PolicyChange>> {
    check_text("/reason", &value.reason, REASON_CHARS_MAX)?;
    let (store, ctx) = (app.store(), app.ctx());
    let change = lifecycle::decline(store, ctx, id, caller.id(), &value.reason).await?;
    Ok(Json(change))
}

/// Return to the policy that was live before, at once; ends any canary.
#[utoipa::path(post, path = "/v1/policies/rollback", tag = "policies", request_body = PolicyReason, responses(
    (status = 200, body = DeploymentView, description = "What decides now"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing to return to (`policy.state`)"),
))]
pub async fn roll_back(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<PolicyReason>,
) -> ApiResult<Json<DeploymentView>> {
    check_text("/reason", &value.reason, REASON_CHARS_MAX)?;
    let (engine, by) = (app.engine(), caller.actor());
    let deployment =
        lifecycle::roll_back(engine, app.store(), app.ctx(), by, &value.reason).await?;
    Ok(Json(view(&app, deployment)))
}

fn view(app: &App, deployment: Deployment) -> DeploymentView {
    let counts = app.engine().counts();
    DeploymentView {
        live: deployment.live,
        standby: deployment.standby,
        shadow: deployment.shadow,
        canary: deployment.canary.map(|canary| CanaryView {
            policy: canary.policy,
            share_bp: canary.share_bp,
            key: canary.key,
        }),
        shadow_decided: counts.shadow_decided,
        shadow_differs: counts.shadow_differs,
        decided: (DECISIONS.iter().zip(counts.decided))
            .map(|(decision, events)| DecidedCount {
                decision: decision_word(*decision),
                events,
            })
            .collect(),
        late: counts.late,
    }
}
