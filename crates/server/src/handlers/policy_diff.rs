//! What changed from one version of the policy to another.

use crate::extract::{InPath, Params};
use crate::state::App;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use stanch_rules::diff::{self, PolicyDiff};
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiResult, Problem};
use crate::handlers::policy_files::{on_core, stored};

/// Compared with what.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DifferenceParams {
    /// Hash of the older version.
    #[param(min_length = 71, max_length = 71)]
    pub from: String,
}

/// What changed from one policy to another. Layout, order and comments other than documentation do not count.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyDifference {
    /// Hash of the older one.
    pub old: String,
    /// Hash of the newer one.
    pub new: String,
    /// The declarations that differ, by kind and name.
    pub changes: Vec<DeclarationChange>,
}

/// A declaration that differs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeclarationChange {
    /// `event`, `feature`, `list`, `rule`, `ruleset`, `test` or `file` (a list's file).
    #[schema(example = "rule")]
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// `added`, `removed` or `changed`.
    #[schema(example = "changed")]
    pub change: &'static str,
    /// Its parts that differ.
    pub details: Vec<PartChange>,
}

/// A part of a declaration that differs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartChange {
    /// Which.
    #[schema(example = "when")]
    pub part: String,
    /// How it was; null when it is new.
    pub old: Option<String>,
    /// How it is; null when it is gone.
    pub new: Option<String>,
}

/// What changed from an older version to this one.
#[utoipa::path(get, path = "/v1/policies/{hash}/diff", tag = "policies", params(("hash" = String, Path, description = "Hash of the newer version"), DifferenceParams), responses(
    (status = 200, body = PolicyDifference, description = "What changed"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such version (`policy.not_found`)"),
))]
pub async fn diff_policies(
    State(app): State<App>,
    InPath(hash): InPath<String>,
    Params(params): Params<DifferenceParams>,
) -> ApiResult<Json<PolicyDifference>> {
    let (_, old) = stored(&app, &params.from).await?;
    let (_, new) = stored(&app, &hash).await?;
    let difference = on_core(move || diff::diff(&old, &new)).await?;
    Ok(Json(difference.into()))
}

impl From<PolicyDiff> for PolicyDifference {
    fn from(difference: PolicyDiff) -> Self {
        let changes = difference.changes.into_iter().map(|change| {
            let details = change.details.into_iter();
            DeclarationChange {
                kind: change.kind,
                name: change.name,
                change: change.change.as_str(),
                details: details
                    .map(|detail| PartChange {
                        part: detail.part,
                        old: detail.old,
                        new: detail.new,
                    })
                    .collect(),
            }
        });
        Self {
            old: difference.old,
            new: difference.new,
            changes: changes.collect(),
        }
    }
}
