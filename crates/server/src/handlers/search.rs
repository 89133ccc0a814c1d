//! Searching the record: what the caller may open is found, whatever stands in it.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stanch_search::{Excerpt, Hit, Query};
use stanch_store::{AuditEntry, Cursor};
use stanch_types::search::SearchKind;
use stanch_types::{CaseId, ErrorCode, Timestamp};
use utoipa::ToSchema;

use crate::auth::caller::Caller;
use crate::authz::Action;
use crate::error::{ApiError, ApiResult};
use crate::extract::JsonBody;
use crate::page::LIMIT_DEFAULT;
use crate::state::App;

/// Hits on a page, at most.
const HITS_MAX: u16 = 100;

/// What is searched for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchWish {
    /// Words, divided by blanks, all of which must stand in a record, each within one of its texts; or an identifier. Capitals
    /// and full width make no difference; a word's part is found. 1 to 8 words, at most 200 characters, one of them of two
    /// Chinese characters or three letters or digits that stand together.
    #[schema(min_length = 1, max_length = 200, example = "刷单 13800138000")]
    pub words: String,
    /// Only these kinds; all that the caller may open if left out.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub kinds: Vec<SearchKind>,
    /// Most hits to return; 50 if left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[serde(default)]
    #[schema(max_length = 16)]
    pub cursor: Option<String>,
}

/// A record that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct HitView {
    /// What it is.
    pub kind: SearchKind,
    /// Its identifier.
    pub id: String,
    /// The case it belongs to, if it belongs to one.
    #[schema(required = true)]
    pub case_id: Option<CaseId>,
    /// When it came to be.
    #[schema(required = true)]
    pub at: Option<Timestamp>,
    /// Where the words stand, at most four places; none for what was found by its identifier.
    pub excerpts: Vec<ExcerptView>,
}

/// A place where a word stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExcerptView {
    /// The members it stands under, joined by dots, such as `content.narrative`.
    pub field: String,
    /// At most 24 characters before it.
    pub before: String,
    /// The word as it stands there.
    pub found: String,
    /// At most 24 characters after it.
    pub after: String,
}

/// A page of what was found, what changed last first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchView {
    /// The records.
    pub items: Vec<HitView>,
    /// Give this as `cursor` to get the next page; null on the last. A page with few hits, or none, may have a next one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    /// Changes of the record that are not searched yet: 0 but for a second after a change, and while the index is made.
    pub behind: u64,
}

/// Search the record. It is put on the audit record who searched for what, with the purpose.
#[utoipa::path(post, path = "/v1/search", tag = "desk", request_body = SearchWish, responses(
    (status = 200, body = SearchView, description = "One page"),
))]
pub async fn search(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<SearchWish>,
) -> ApiResult<Json<SearchView>> {
    let purpose = caller.must_say_purpose()?;
    let limit = value.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=HITS_MAX).contains(&limit) {
        let why = format!("must be 1 to {HITS_MAX}");
        return Err(ApiError::of(ErrorCode::RequestInvalid).at("/limit", why));
    }
    let query = Query::parse(&value.words).map_err(|error| {
        let why = error.to_string();
        ApiError::from(error).at("/words", why)
    })?;
    let asked = |kind: &SearchKind| value.kinds.is_empty() || value.kinds.contains(kind);
    let kinds: Vec<SearchKind> = SearchKind::ALL
        .iter()
        .copied()
        .filter(|kind| asked(kind) && may_open(&caller, *kind))
        .collect();
    let cursor = value.cursor.map(Cursor::from_text);
    let mut tx = app.store().read().await?;
    let limit = usize::from(limit);
    let index = app.search();
    // Before the search: what is indexed meanwhile was not searched.
    let behind = index.behind(&mut tx).await?;
    let found = index
        .search(&mut tx, &query, &kinds, cursor.as_ref(), limit)
        .await?;
    drop(tx);
    let ids: Vec<&str> = found.hits.iter().map(|hit| hit.id.as_str()).collect();
    let mut tx = app.store().begin().await?;
    tx.append_audit(&AuditEntry {
        at: app.ctx().now(),
        actor: caller.actor(),
        action: "personal.searched",
        subject: caller.id().to_string(),
        detail: json!({ "purpose": purpose.as_str(), "kinds": kinds, "found": ids }),
        personal: vec![("words", value.words)],
    })
    .await?;
    tx.commit().await?;
    Ok(Json(SearchView {
        items: found.hits.into_iter().map(hit).collect(),
        next_cursor: found.next.map(|next| next.to_string()),
        behind,
    }))
}

/// Whether the caller may read records of this kind.
fn may_open(caller: &Caller, kind: SearchKind) -> bool {
    let action = match kind {
        SearchKind::Order => Action::ReadOrders,
        SearchKind::Measure | SearchKind::Appeal => Action::ReadMeasures,
        SearchKind::Report
        | SearchKind::Lead
        | SearchKind::Case
        | SearchKind::Evidence
        | SearchKind::Note
        | SearchKind::Task
        | SearchKind::Operation => Action::ReadCases,
    };
    caller.may(action, true)
}

fn hit(hit: Hit) -> HitView {
    HitView {
        kind: hit.kind,
        id: hit.id,
        case_id: hit.case_id,
        at: hit.at,
        excerpts: hit.excerpts.into_iter().map(excerpt).collect(),
    }
}

fn excerpt(excerpt: Excerpt) -> ExcerptView {
    ExcerptView {
        field: excerpt.field,
        before: excerpt.before,
        found: excerpt.found,
        after: excerpt.after,
    }
}
