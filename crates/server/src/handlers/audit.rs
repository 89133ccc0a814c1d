//! Proof of what happened: entries, signed checkpoints, inclusion and consistency.

use crate::auth::caller::Caller;
use crate::extract::{InPath, Params};
use crate::handlers::people::Names;
use crate::page;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_store::{AuditFilter, AuditRecord};
use stanch_types::ErrorCode;
use stanch_types::Timestamp;
use stanch_types::user::Role;
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::people::ActorView;
use crate::page::PageView;

/// One entry of the audit tree. Personal data is outside of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditEntryView {
    /// Its place in the tree, from 0.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: ActorView,
    /// What was done.
    #[schema(example = "order.approved")]
    pub action: String,
    /// On what.
    #[schema(example = "order_0198f0c0a0007000800000000000002a")]
    pub subject: String,
    /// Facts of the action; never personal data.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// Leaf hash, hexadecimal.
    pub leaf_hash: String,
}

/// Proof that an entry is in the tree (RFC 9162 section 2.1.3).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InclusionView {
    /// The entry.
    pub seq: u64,
    /// Size of the tree the proof is for.
    pub size: u64,
    /// The entry's leaf hash, hexadecimal.
    pub leaf_hash: String,
    /// The tree's root hash, hexadecimal.
    pub root_hash: String,
    /// Hashes from the leaf to the root, hexadecimal.
    pub path: Vec<String>,
    /// The signed checkpoint (C2SP tlog-checkpoint) of that size.
    pub checkpoint: String,
}

/// Proof that a larger tree continues a smaller one (RFC 9162 section 2.1.4).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsistencyView {
    /// Size of the smaller tree.
    pub from: u64,
    /// Size of the larger tree.
    pub to: u64,
    /// Root hash of the smaller tree, hexadecimal.
    pub from_root_hash: String,
    /// Root hash of the larger tree, hexadecimal.
    pub to_root_hash: String,
    /// The proof's hashes, hexadecimal.
    pub path: Vec<String>,
}

/// Which entries.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntryParams {
    /// Only entries on this subject, such as an order's id. Analysts and approvers must name one.
    #[param(min_length = 1, max_length = 128)]
    pub subject: Option<String>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// Between which sizes.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyParams {
    /// Size of the smaller tree.
    #[param(minimum = 0)]
    pub from: u64,
    /// Size of the larger tree.
    #[param(minimum = 0)]
    pub to: u64,
}

/// The newest signed checkpoint of the audit tree.
#[utoipa::path(get, path = "/v1/audit/checkpoint", tag = "audit", responses(
    (status = 200, body = String, content_type = "text/plain", description = "A C2SP signed note"),
))]
pub async fn get_checkpoint(State(app): State<App>) -> ApiResult<Response> {
    let note = app.store().audit_checkpoint().await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// Entries, oldest first.
#[utoipa::path(get, path = "/v1/audit/entries", tag = "audit", params(EntryParams), responses(
    (status = 200, body = PageView<AuditEntryView>, description = "One page"),
))]
pub async fn list_entries(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<EntryParams>,
) -> ApiResult<Json<PageView<AuditEntryView>>> {
    if params.subject.is_none() && !caller.user.has(Role::Auditor) {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            "only auditors read all entries; name a `subject`",
        ));
    }
    let page = page::page(params.limit, params.cursor)?;
    if let Some(subject) = &params.subject {
        crate::extract::check_text("subject", subject, 128)?;
    }
    let filter = AuditFilter {
        subject: params.subject,
        ..AuditFilter::default()
    };
    let mut tx = app.store().read().await?;
    let names = Names::of(&tx.list_users().await?);
    let found = tx.list_audit(&filter, &page).await?;
    let items = found
        .items
        .into_iter()
        .map(|record| AuditEntryView::new(record, &names))
        .collect();
    Ok(Json(PageView::new(items, found.next)))
}

/// Proof that an entry is in the tree.
#[utoipa::path(get, path = "/v1/audit/entries/{seq}/proof", tag = "audit", params(("seq" = u64, Path, minimum = 0, description = "The entry")), responses(
    (status = 200, body = InclusionView, description = "The proof"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such entry (`audit.not_found`)"),
))]
pub async fn get_proof(
    State(app): State<App>,
    InPath(seq): InPath<u64>,
) -> ApiResult<Json<InclusionView>> {
    let mut tx = app.store().begin().await?;
    let size = tx.audit_size().await?;
    if seq >= size {
        return Err(ApiError::of(ErrorCode::AuditNotFound));
    }
    let checkpoint = tx.audit_checkpoint().await?;
    let proof = tx.audit_inclusion(seq, size).await?;
    tx.commit().await?;
    Ok(Json(InclusionView {
        seq: proof.seq,
        size: proof.size,
        leaf_hash: proof.leaf_hash.to_string(),
        root_hash: proof.root.to_string(),
        path: proof.path.iter().map(ToString::to_string).collect(),
        checkpoint,
    }))
}

/// Proof that the tree only grew.
#[utoipa::path(get, path = "/v1/audit/consistency", tag = "audit", params(ConsistencyParams), responses(
    (status = 200, body = ConsistencyView, description = "The proof"),
))]
pub async fn get_consistency(
    State(app): State<App>,
    Params(params): Params<ConsistencyParams>,
) -> ApiResult<Json<ConsistencyView>> {
    let refuse = |why: &str| ApiError::new(ErrorCode::RequestInvalid, why);
    if params.from > params.to {
        return Err(refuse("`from` must not be more than `to`"));
    }
    let mut tx = app.store().read().await?;
    if params.to > tx.audit_size().await? {
        return Err(refuse("the tree has fewer entries than `to`"));
    }
    let proof = tx.audit_consistency(params.from, params.to).await?;
    Ok(Json(ConsistencyView {
        from: proof.from,
        to: proof.to,
        from_root_hash: proof.from_root.to_string(),
        to_root_hash: proof.to_root.to_string(),
        path: proof.path.iter().map(ToString::to_string).collect(),
    }))
}

impl AuditEntryView {
    /// The view of `record`, without its personal values.
    #[must_use]
    pub fn new(record: AuditRecord, names: &Names) -> Self {
        Self {
            seq: record.seq,
            at: record.at,
            actor: names.actor(&record.actor),
            action: record.action,
            subject: record.subject,
            detail: record.detail,
            leaf_hash: record.leaf_hash.to_string(),
        }
    }
}
