//! The files of a policy: as they come in a body, on top of a version that is stored, and as they go out again.

use crate::extract::InPath;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use stanch_decide::{DecideError, PolicyFiles, unpack};
use stanch_types::ErrorCode;
use stanch_types::policy::PolicyVersion;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};

/// Largest list file that is shown as text; larger ones are only measured. A draft on top of the version keeps them.
const LIST_SHOWN_BYTES_MAX: usize = 64 << 10;
/// Policies read, checked or tested for editors at once; each takes a core.
const AT_ONCE_MAX: usize = 2;
static AT_ONCE: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

/// A file of a policy.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyFileBody {
    /// Path inside the policy's folder, with `/`.
    #[schema(max_length = 512, example = "rules/payment.policy")]
    pub path: String,
    /// The content as text; or `base64`.
    #[serde(default)]
    pub text: Option<String>,
    /// The content in base64; or `text`.
    #[serde(default)]
    pub base64: Option<String>,
}

/// A policy that is being written: files, alone or on top of a stored version.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyDraft {
    /// Hash of the version whose files are kept where `files` and `removed` do not name them.
    #[serde(default)]
    #[schema(example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub base: Option<String>,
    /// Its files; with a base, those that are new or different.
    #[serde(default)]
    #[schema(max_items = 2000)]
    pub files: Vec<PolicyFileBody>,
    /// Paths of files of the base that it does not have.
    #[serde(default)]
    #[schema(max_items = 2000)]
    pub removed: Vec<String>,
}

/// A version of the policy with its files.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyBundle {
    /// The version.
    pub version: PolicyVersion,
    /// Its files by path.
    pub files: Vec<PolicyFileView>,
}

/// A stored file of a policy.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyFileView {
    /// Path inside the policy's folder, with `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The content; none for a list's file that is very large or not UTF-8.
    pub text: Option<String>,
}

/// A version of the policy with its files.
#[utoipa::path(get, path = "/v1/policies/{hash}", tag = "policies", params(("hash" = String, Path, description = "Hash of the version")), responses(
    (status = 200, body = PolicyBundle, description = "The version"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such version (`policy.not_found`)"),
))]
pub async fn get_policy(
    State(app): State<App>,
    InPath(hash): InPath<String>,
) -> ApiResult<Json<PolicyBundle>> {
    let (version, files) = stored(&app, &hash).await?;
    let files = files.files().iter().map(|file| {
        let is_shown = file.is_policy() || file.content().len() <= LIST_SHOWN_BYTES_MAX;
        let text = std::str::from_utf8(file.content());
        PolicyFileView {
            path: file.path().to_owned(),
            bytes: u64::try_from(file.content().len()).unwrap_or(u64::MAX),
            text: text.ok().filter(|_| is_shown).map(str::to_owned),
        }
    });
    Ok(Json(PolicyBundle {
        version,
        files: files.collect(),
    }))
}

/// A stored version and its files.
pub(crate) async fn stored(app: &App, hash: &str) -> ApiResult<(PolicyVersion, PolicyFiles)> {
    let mut tx = app.store().read().await?;
    let version = tx
        .lookup_policy(hash)
        .await?
        .ok_or_else(|| DecideError::PolicyUnknown(hash.chars().take(80).collect()))?;
    let bundle = tx.get_blob(&version.bundle_sha256).await?;
    drop(tx);
    let files = on_core(move || unpack(&bundle)).await??;
    Ok((version, files))
}

/// The files of a draft with those of its base.
pub(crate) async fn assemble(app: &App, draft: PolicyDraft) -> ApiResult<PolicyFiles> {
    let mut files = Vec::with_capacity(draft.files.len());
    for (file, number) in draft.files.into_iter().zip(0_usize..) {
        let content = match (file.text, file.base64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(text)) => STANDARD.decode(text).map_err(|_| wrong_file(number))?,
            _ => return Err(wrong_file(number)),
        };
        files.push((file.path, content));
    }
    if let Some(base) = &draft.base {
        let (_, kept) = stored(app, base).await?;
        let is_named = |path: &str| {
            files.iter().any(|(named, _)| named == path)
                || draft.removed.iter().any(|removed| removed == path)
        };
        let kept: Vec<_> = (kept.files().iter())
            .filter(|file| !is_named(file.path()))
            .map(|file| (file.path().to_owned(), file.content().to_vec()))
            .collect();
        files.extend(kept);
    }
    PolicyFiles::new(files)
        .map_err(|error| ApiError::new(ErrorCode::PolicyInvalid, error.to_string()))
}

/// Work on a whole policy, off the async threads and never more than [`AT_ONCE_MAX`] at once.
pub(crate) async fn on_core<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> ApiResult<T> {
    let _turn: SemaphorePermit<'_> = AT_ONCE.acquire().await.map_err(ApiError::internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(ApiError::internal)
}

fn wrong_file(number: usize) -> ApiError {
    let why = "a file has its content as `text` or as `base64`";
    ApiError::new(ErrorCode::RequestInvalid, why).at(format!("/files/{number}"), why)
}
